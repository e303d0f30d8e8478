# Copies MariaDB, and the libraries that it needs and the base lacks (/base-libraries), to $1.
set -eu
out=$1 share=/usr/share/mariadb

mkdir -p "$out/usr/sbin" "$out/usr/bin" "$out$share/english"
cp -a /usr/sbin/mariadbd "$out/usr/sbin/"
cp -a /usr/bin/mariadb /usr/bin/mariadb-dump /usr/bin/mariadb-upgrade /usr/bin/mariadb-check "$out/usr/bin/"
cp -a "$share/english/errmsg.sys" "$out$share/english/"
cp -a "$share/charsets" "$share"/mariadb_system_tables.sql "$share"/mariadb_performance_tables.sql \
	"$share"/mariadb_system_tables_data.sql "$share"/maria_add_gis_sp_bootstrap.sql "$share"/mariadb_sys_schema.sql "$out$share/"

find "$out/usr/sbin" "$out/usr/bin" -type f -exec ldd {} + | awk '$2 == "=>" && $3 ~ /^\// {print $3}' | sort -u |
	while read -r library; do
		if ! grep -qxF "$(basename "$library")" /base-libraries; then
			mkdir -p "$out/usr/lib/libraries"
			cp -L "$library" "$out/usr/lib/libraries/$(basename "$library")"
		fi
	done
mkdir -p "$out/etc/ld.so.conf.d"
echo /usr/lib/libraries >"$out/etc/ld.so.conf.d/libraries.conf"
