# Starts the golden database and a cache for scripts that source this, and has what they start Medusa with. Ends all of it at exit.
export PATH="$(echo /usr/lib/postgresql/*/bin):$PATH"

port() { node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
as_postgres() { setpriv --reuid=10001 --regid=10001 --clear-groups "$@"; }
now() { node -p 'Date.now()'; }

# Ports are free ones, because the build may share its network with others; passwords last as long as this script.
secret=$(node -e 'console.log(require("node:crypto").randomBytes(16).toString("hex"))')
export DATABASE_HOST=127.0.0.1 CACHE_HOST=127.0.0.1 DATABASE_PORT="$(port)" CACHE_PORT="$(port)"
export DATABASE_PASSWORD="$secret" CACHE_PASSWORD="$secret" JWT_SECRET="$secret" COOKIE_SECRET="$secret"
export UPLOADS_FOLDER=/tmp/uploads MACHINE_FOLDER=/tmp/machine STORE_URL=http://store.localhost:8080 PGPORT="$DATABASE_PORT"
mkdir -p "$MACHINE_FOLDER"
printf %s "$secret" >"$MACHINE_FOLDER/token"

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
exercise() { node /build/exercise.js "http://127.0.0.1:$PORT" "$PUBLISHABLE_KEY" owner@golden.invalid "$secret" "$secret"; }
stop() {
	kill "$1"
	wait "$1" || [ $? -eq 143 ]
}
