# Creates the tree that runs, $1, from the full one in /app: records what a store loads, packs it, and lets V8 write its bytecode
# while the packed tree serves the same requests. Starts it once more in the end and checks that the bytecode is accepted.
set -eu
out=$1
export PATH="$(echo /usr/lib/postgresql/*/bin):$PATH"

port() { node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
as_postgres() { setpriv --reuid=10001 --regid=10001 --clear-groups "$@"; }
now() { node -p 'Date.now()'; }

# Ports are free ones, because the build may share its network with others; passwords last as long as this script.
secret=$(node -e 'console.log(require("node:crypto").randomBytes(16).toString("hex"))')
export DATABASE_HOST=127.0.0.1 CACHE_HOST=127.0.0.1 DATABASE_PORT="$(port)" CACHE_PORT="$(port)"
export DATABASE_PASSWORD="$secret" CACHE_PASSWORD="$secret" JWT_SECRET="$secret" COOKIE_SECRET="$secret"
export UPLOADS_FOLDER=/tmp/uploads STORE_URL=http://store.localhost:8080 PGPORT="$DATABASE_PORT"

install -d -m 0700 -o 10001 -g 10001 /tmp/postgres /tmp/socket
cp -a /golden/. /tmp/postgres/
printf 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n' >/tmp/postgres/pg_hba.conf
chmod 0700 /tmp/postgres
chown -R 10001:10001 /tmp/postgres
as_postgres pg_ctl start --silent --wait --pgdata=/tmp/postgres --log=/tmp/socket/log --options="-c listen_addresses=127.0.0.1 \
	-c unix_socket_directories=/tmp/socket -c dynamic_shared_memory_type=mmap -c fsync=off -c max_connections=60 -c jit=off"
valkey-server --port "$CACHE_PORT" --bind 127.0.0.1 --requirepass "$secret" --save '' --daemonize yes \
	--pidfile /tmp/socket/valkey.pid --logfile /tmp/socket/valkey.log
processes=""
stop_all() {
	# shellcheck disable=SC2086 # words on purpose
	kill $processes "$(cat /tmp/socket/valkey.pid)" 2>/dev/null || true
	as_postgres pg_ctl stop --silent --mode=immediate --pgdata=/tmp/postgres || true
}
trap stop_all EXIT

sql() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --host=/tmp/socket --username=postgres --dbname=medusa "$@"; }
sql --command="ALTER ROLE medusa PASSWORD '$secret'"
PUBLISHABLE_KEY=$(sql --command="SELECT token FROM api_key WHERE type = 'publishable'")
export PUBLISHABLE_KEY
hash=$(node /build/password.js "$secret")
sql --command="UPDATE provider_identity SET provider_metadata = jsonb_build_object('password', '$hash')"

# run NAME MODE COMMAND...: starts a process of Medusa on a free port, and waits until it answers.
run() {
	name=$1 mode=$2
	shift 2
	PORT=$(port)
	begun=$(now)
	MEDUSA_WORKER_MODE=$mode PORT=$PORT "$@" >"/tmp/$name.log" 2>&1 &
	pid=$!
	processes="$processes $pid"
	node /build/wait.js "http://127.0.0.1:$PORT/health" "$pid" || { tail -n 50 "/tmp/$name.log" >&2; exit 1; }
	echo "$name answers after $(($(now) - begun)) ms"
}
exercise() { node /build/exercise.js "http://127.0.0.1:$PORT" "$PUBLISHABLE_KEY" owner@golden.invalid "$secret"; }
stop() {
	kill "$1"
	wait "$1" || [ $? -eq 143 ]
}

echo "-- record"
cp /build/start.js /app/start.js
cd /app
RECORD_FILE=/tmp/worker.json run record-worker worker node -r /build/record.js start.js
worker=$pid
RECORD_FILE=/tmp/server.json run record-server server node -r /build/record.js start.js
exercise
stop "$pid"
stop "$worker"

echo "-- pack"
node /build/pack.js /app "$out" /tmp/server.json /tmp/worker.json
cp -a package.json medusa-config.js src public storefront "$out/"
rm -rf "$out/src/scripts"
cp /build/loader.js /build/start.js "$out/"

# The pack holds for the path that it runs at.
mv /app /full
mv "$out" /app
cp /build/medusa /usr/local/bin/medusa
chmod 0755 /usr/local/bin/medusa

echo "-- bytecode"
cd /app
PACK_WRITE_CACHE=/tmp/code run write shared medusa
exercise
exercise
kill -USR2 "$pid"
node /build/wait.js file:/tmp/code.json "$pid"
stop "$pid"
tail -n 1 /tmp/write.log
mv /tmp/code.cache /tmp/code.json pack/

echo "-- check"
run check-worker worker medusa
worker=$pid
run check-server server medusa
exercise
grep -h 'bytecode of another' /tmp/check-*.log && exit 1
stop "$pid"
stop "$worker"
cd /
mv /app "$out"
mv /full /app
du -sm "$out" "$out"/*
