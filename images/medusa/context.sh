# The storefront's sources, without the results of local builds.
mkdir -p "$CONTEXT/storefront"
tar -C "$ROOT/storefront" --exclude=./node_modules --exclude=./dist -cf - . | tar -C "$CONTEXT/storefront" -xf -
