# Lets V8 write its bytecode while the packed tree in /app serves the requests that were recorded. Starts it once more in the end and
# checks that the bytecode is accepted.
set -eu
. /build/services.sh

cd /app
PACK_WRITE_CACHE=/tmp/code run write shared medusa
exercise
exercise
kill -USR2 "$pid"
node /build/wait.js file:/tmp/code.json "$pid"
stop "$pid"
tail -n 1 /tmp/write.log
mv /tmp/code.cache /tmp/code.json pack/

run check-worker worker medusa
worker=$pid
run check-server server medusa
exercise
grep -h 'bytecode of another' /tmp/check-*.log && exit 1
stop "$pid"
stop "$worker"
du -sm pack
