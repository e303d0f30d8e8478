# Creates the bytecode cache $1, and in it warm.list, the names of the scripts that a shop needs first: runs the shop on a copy of
# the golden data, does what shoppers and owners do, and does it again from the cache.
set -eu
out=$1
socket=/run/mysqld/mysqld.sock

secret() { head -c 16 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
now() { date +%s%3N; }

# Sockets only: the build may share its network with others.
export STORE_URL=http://shop.invalid STORE_NAME=Shop ADMIN_EMAIL=owner@shop.invalid
export DB_HOST="localhost:$socket" DB_NAME=woocommerce DB_USER=woocommerce
DB_PASSWORD=$(secret) ADMIN_PASSWORD=$(secret) WORDPRESS_SALT=$(secret)
ADMIN_PASSWORD_HASH=$(php -r '
	echo "\$wp", password_hash(base64_encode(hash_hmac("sha384", $argv[1], "wp-sha384", true)), PASSWORD_BCRYPT, ["cost" => 5]);' "$ADMIN_PASSWORD")
export DB_PASSWORD ADMIN_PASSWORD ADMIN_PASSWORD_HASH WORDPRESS_SALT
sed -i 's|listen 8080 [^;]*;|listen unix:/run/nginx.sock;|' /etc/shopflow/nginx.conf

install -d -o 10004 -g 10004 /data /run/mysqld
install -d -o 33 -g 33 /srv/www/wp-content/uploads
chmod 1777 /run
setpriv --reuid=10004 --regid=10004 --clear-groups start-database --skip-networking >/tmp/database.log 2>&1 &
database=$!
setpriv --reuid=33 --regid=33 --clear-groups start-nginx 2>/tmp/nginx.log &
nginx=$!
trap 'cat /tmp/*.log >&2; kill $database $nginx $php || true' EXIT

php=
# run ROUND: does everything, on a PHP that has just started.
run() {
	install -o 33 -m 0644 /dev/null "/tmp/php-$1.log"
	setpriv --reuid=33 --regid=33 --clear-groups start-php 2>"/tmp/php-$1.log" &
	php=$!
	begun=$(now)
	php /build/exercise.php
	kill -QUIT "$php"
	wait "$php"
	rm -rf /tmp/nginx/pages/*
	echo "$1: $(($(now) - begun)) ms, $(find /tmp/opcache/ -type f | wc -l) scripts"
}
cp /build/loaded.php /srv/www/
run record
run again
scripts=$(find /tmp/opcache/ -type f | wc -l)
run check
# A scheduled job can load a few more scripts; a cache that is not found again doubles.
grown=$(($(find /tmp/opcache/ -type f | wc -l) - scripts))
[ "$grown" -lt 50 ] || { echo "the cache grows with each start, now by $grown scripts" >&2; exit 1; }

trap - EXIT
kill "$database" "$nginx"
wait "$database" "$nginx" || true
mkdir -p "$out"
cp -a /tmp/opcache/. "$out/"
rm -rf "$out/warm" "$out"/*/srv/www/loaded.php.bin
grep '^/srv/www/' /tmp/warm.list | sort >"$out/warm.list"
chown -R 0:0 "$out"
chmod -R u+rwX,go=rX "$out"
du -sm "$out"
