# Creates the golden data directory $1: migrated, seeded, the same in each build, small, and stopped cleanly.
set -eu
golden=$1
export PATH="$(echo /usr/lib/postgresql/*/bin):$PATH"

port() { node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
as_postgres() { setpriv --reuid=10001 --regid=10001 --clear-groups "$@"; }
sql() { as_postgres psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --host=/tmp/socket --username=postgres "$@"; }
medusa() { (cd /app && node --require=/build/ordered-ids.js node_modules/@medusajs/cli/cli.js "$@"); }
create_database() { sql --dbname=postgres --command='CREATE DATABASE medusa OWNER medusa'; }

# The build may share its network with others: ports are free ones and passwords last as long as this script.
export DATABASE_HOST=127.0.0.1 CACHE_HOST=127.0.0.1
DATABASE_PORT=$(port) CACHE_PORT=$(port)
DATABASE_PASSWORD=$(node -e 'console.log(require("node:crypto").randomBytes(16).toString("hex"))')
CACHE_PASSWORD=$DATABASE_PASSWORD JWT_SECRET=$DATABASE_PASSWORD COOKIE_SECRET=$DATABASE_PASSWORD
export DATABASE_PORT CACHE_PORT DATABASE_PASSWORD CACHE_PASSWORD JWT_SECRET COOKIE_SECRET

install -d -m 0700 -o 10001 -g 10001 "$golden" /tmp/socket
as_postgres initdb --pgdata="$golden" --username=postgres --auth=trust --wal-segsize=1 --no-sync \
	--encoding=UTF8 --locale-provider=builtin --locale=C.UTF-8 --builtin-locale=C.UTF-8 >/dev/null
as_postgres pg_ctl start --silent --wait --pgdata="$golden" --log=/tmp/socket/log --options="-p $DATABASE_PORT \
	-c listen_addresses=127.0.0.1 -c unix_socket_directories=/tmp/socket -c dynamic_shared_memory_type=mmap -c fsync=off \
	-c wal_level=minimal -c max_wal_senders=0 -c max_connections=60 -c jit=off -c autovacuum=off -c timezone=UTC"
valkey-server --port "$CACHE_PORT" --bind 127.0.0.1 --requirepass "$CACHE_PASSWORD" --save '' --daemonize yes \
	--pidfile /tmp/socket/valkey.pid --logfile /tmp/socket/valkey.log
export PGPORT="$DATABASE_PORT"
trap 'as_postgres pg_ctl stop --silent --mode=immediate --pgdata="$golden"; kill "$(cat /tmp/socket/valkey.pid)"' EXIT

sql --dbname=postgres --command="CREATE ROLE medusa LOGIN PASSWORD '$DATABASE_PASSWORD'"
create_database
medusa db:migrate
medusa user --email owner@golden.invalid --password "$DATABASE_PASSWORD"
medusa exec ./src/scripts/seed.js
sql --dbname=medusa --file=/build/golden.sql

# Medusa draws ids at random and notes the time: the database is filled again with fixed ones.
as_postgres pg_dump --host=/tmp/socket --username=postgres --restrict-key=golden medusa >/tmp/medusa.sql
node /build/fixed-rows.js </tmp/medusa.sql >/tmp/fixed.sql
sql --dbname=postgres --command='DROP DATABASE medusa'
create_database
sql --dbname=medusa --single-transaction --file=/tmp/fixed.sql >/dev/null
sql --dbname=medusa --command='VACUUM (FREEZE, ANALYZE)'
sql --dbname=postgres --command='ALTER ROLE medusa PASSWORD NULL' --command='VACUUM (FREEZE, ANALYZE)'

kill "$(cat /tmp/socket/valkey.pid)"
trap - EXIT
as_postgres pg_ctl stop --silent --wait --mode=fast --pgdata="$golden"
as_postgres pg_resetwal --force --pgdata="$golden"
rm -f "$golden"/postmaster.opts "$golden"/pg_hba.conf "$golden"/pg_ident.conf
du -sm "$golden"
