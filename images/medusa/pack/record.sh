# Creates the tree that a store runs, $1, from the full one in /app: records what a store loads, and packs it.
set -eu
out=$1
. /build/services.sh

cp /build/start.js /app/start.js
cd /app
RECORD_FILE=/tmp/worker.json run record-worker worker node -r /build/record.js start.js
worker=$pid
RECORD_FILE=/tmp/server.json run record-server server node -r /build/record.js start.js
exercise
stop "$pid"
stop "$worker"

node /build/pack.js /app "$out" /tmp/server.json /tmp/worker.json
cp -a package.json medusa-config.js src public storefront "$out/"
rm -rf "$out/src/scripts"
cp /build/loader.js /build/start.js "$out/"
du -sm "$out" "$out"/*
