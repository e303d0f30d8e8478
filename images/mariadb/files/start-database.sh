#!/bin/sh
# Fills the data directory, writes what MariaDB prepares in it, and becomes MariaDB. It can be killed at any point: the next start
# continues from there.
#
#   DB_NAME, DB_USER, DB_PASSWORD   the application's database and user
#   DATABASE_GOLDEN=false           start with an empty database, although the image has golden data
#
# Its arguments are MariaDB's.
set -eu
umask 077
trap 'exit 143' TERM INT

: "${DB_NAME:?is not set}" "${DB_USER:?is not set}" "${DB_PASSWORD:?is not set}"
case $DB_NAME$DB_USER in
*[!a-z0-9_]*)
	echo "database: DB_NAME and DB_USER must consist of lowercase letters, digits and underscores" >&2
	exit 64
	;;
esac
data=/data/mariadb golden=/usr/share/shopflow/golden ballast=/data/ballast
if [ ! -d "$golden" ] || [ "${DATABASE_GOLDEN:-true}" != true ]; then
	golden=
fi

# Free space on the volume, in KiB.
free() { df -Pk /data | awk 'NR == 2 {print $4}'; }

# The data directory is renamed into place, so it appears only when it is complete and on disk.
fill() {
	rm -rf "$data.new"
	if [ -n "$golden" ]; then
		cp -a "$golden" "$data.new"
	else
		mkdir "$data.new"
		{
			printf 'CREATE DATABASE mysql;\nUSE mysql;\n'
			share=/usr/share/mariadb
			printf 'SET @auth_root_socket = NULL;\n'
			cat "$share/mariadb_system_tables.sql" "$share/mariadb_performance_tables.sql" "$share/mariadb_system_tables_data.sql" \
				/usr/share/shopflow/empty.sql
		} | mariadbd --bootstrap --datadir="$data.new" --log-warnings=0
	fi
	sync -f "$data.new"
	mv "$data.new" "$data"
	sync -f "$data"
	echo "database: data directory filled"
}

# A full volume stops MariaDB. Reserved space is released then, so that the owner can delete something.
keep_ballast() {
	if [ -e "$ballast" ] && [ "$(free)" -lt 4096 ]; then
		rm -f "$ballast"
		echo "database: the volume is full; the 8 MiB reserve is in use now. Delete data or enlarge the volume" >&2
	elif [ ! -e "$ballast" ] && [ "$(free)" -gt 65536 ]; then
		fallocate --length 8M "$ballast" || head -c 8388608 /dev/zero >"$ballast" || rm -f "$ballast"
	fi
}

# hex TEXT: the text as a literal that it cannot break out of.
hex() { printf "CONVERT(X'%s' USING utf8mb4)" "$(printf %s "$1" | od -An -v -tx1 | tr -d ' \n')"; }

# The user and its database. Runs at each start, before connections are accepted.
prepare() {
	cat <<SQL
SET NAMES utf8mb4;
CREATE DATABASE IF NOT EXISTS $DB_NAME;
CREATE USER IF NOT EXISTS $DB_USER@'%';
EXECUTE IMMEDIATE CONCAT('ALTER USER $DB_USER@''%'' IDENTIFIED BY ', QUOTE($(hex "$DB_PASSWORD")), ' ACCOUNT UNLOCK');
GRANT ALL PRIVILEGES ON $DB_NAME.* TO $DB_USER@'%';
SQL
	# Only a database with an installed shop has this table.
	if [ -f /usr/share/shopflow/personalize.sh ] && [ -f "$data/$DB_NAME/shopflow_settings.frm" ]; then
		. /usr/share/shopflow/personalize.sh
	fi
}

# One container at a time. Locks that a killed one left are stale then.
exec 9>/data/lock
flock --timeout 60 9
rm -f /run/mysqld/mysqld.sock /run/mysqld/mysqld.pid

[ -d "$data" ] || fill
keep_ballast
prepare >/run/mysqld/prepare.sql
unset DB_PASSWORD ADMIN_PASSWORD_HASH
exec mariadbd --init-file=/run/mysqld/prepare.sql "$@"
