# The program that `make build` made. It has to be static: the image holds nothing else.
install -m 0755 "$ROOT/bin/shopflow" "$CONTEXT/shopflow"
