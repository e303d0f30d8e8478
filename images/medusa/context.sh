# The storefront's sources, without what its own builds left there.
mkdir -p "$CONTEXT/storefront"
tar -C "$ROOT/storefront" --exclude=./node_modules --exclude=./dist -cf - . | tar -C "$CONTEXT/storefront" -xf -
