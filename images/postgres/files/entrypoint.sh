#!/bin/sh
# Fills the data directory, prepares what is in it, and becomes PostgreSQL. It can be killed at any point: the next start
# continues from there.
#
#   DATABASE_NAME, DATABASE_USER, DATABASE_PASSWORD   the application's database and role
#   DATABASE_GOLDEN=false                             start with an empty database, although the image has golden data
set -eu
umask 077
trap 'exit 143' TERM INT

: "${DATABASE_NAME:?is not set}" "${DATABASE_USER:?is not set}" "${DATABASE_PASSWORD:?is not set}"
golden=/usr/share/shopflow/golden
settings='-c config_file=/etc/postgresql/postgresql.conf -c hba_file=/etc/postgresql/pg_hba.conf -c ident_file=/etc/postgresql/pg_ident.conf'

# The data directory is renamed into place, so it appears only when it is complete and on disk.
fill() {
	rm -rf "$PGDATA.new"
	if [ -d "$golden" ] && [ "${DATABASE_GOLDEN:-true}" = true ]; then
		cp -a "$golden" "$PGDATA.new"
	else
		initdb --pgdata="$PGDATA.new" --username=postgres --auth=peer --wal-segsize=1 --no-sync \
			--encoding=UTF8 --locale-provider=builtin --locale=C.UTF-8 --builtin-locale=C.UTF-8 >/dev/null
	fi
	sync -f "$PGDATA.new"
	mv "$PGDATA.new" "$PGDATA"
	sync -f "$PGDATA"
	echo "database: data directory filled"
}

# A server that only this container can reach runs the statements. It does not log them, because they contain secrets.
prepare() {
	pg_ctl start --silent --wait --timeout=300 \
		--options="$settings -c listen_addresses= -c log_min_messages=fatal"
	psql --no-psqlrc --quiet --tuples-only --host=/run/postgresql --username=postgres --dbname=postgres \
		--set=ON_ERROR_STOP=1 --set=VERBOSITY=terse $(printf -- '--file=%s ' /etc/postgresql/prepare/*.sql)
	pg_ctl stop --silent --wait --timeout=300 --mode=fast
	echo "database: prepared"
}

# One container at a time. Locks that a killed one left are stale then, whatever process id they name.
exec 9>"$(dirname "$PGDATA")/lock"
flock --timeout 60 9
rm -f "$PGDATA/postmaster.pid" /run/postgresql/.s.PGSQL.*

[ -d "$PGDATA" ] || fill
chmod 0700 "$PGDATA"
prepare
unset DATABASE_PASSWORD
# shellcheck disable=SC2086 # words on purpose
exec postgres $settings
