# The program that `make build` built. It must be static, because the image contains nothing else.
install -m 0755 "$ROOT/bin/shopflow" "$CONTEXT/shopflow"
