# The program, static: the image holds nothing else.
(cd "$ROOT" && CGO_ENABLED=0 go build -ldflags "-s -w" -o "$CONTEXT/poster" ./test/thirdengine/image)
