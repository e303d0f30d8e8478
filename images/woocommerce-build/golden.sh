# Creates the golden data directory $1 and the sample shop's uploads $2: installed, settled, the same in each build, small, and
# stopped cleanly.
set -eu
data=$1 uploads=$2
socket=/run/mysqld/mysqld.sock

secret() { head -c 16 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
sql() { setpriv --reuid=10004 --regid=10004 --clear-groups mariadb --batch --skip-column-names "$@"; }
# The clock of the shop stands still, in PHP and in its connections to the database, so that each build writes the same times. In PHP
# it ticks by a microsecond each time it is read, because uniqid() waits for the next one.
epoch='2026-01-01 00:00:00'
server() {
	exec setpriv --reuid=10004 --regid=10004 --clear-groups env DB_NAME=woocommerce DB_USER=woocommerce "DB_PASSWORD=$DB_PASSWORD" \
		start-database --skip-networking "--init-connect=SET timestamp = UNIX_TIMESTAMP('$epoch')"
}
web() {
	setpriv --reuid=33 --regid=33 --clear-groups env LD_PRELOAD=/build/libfaketime.so.1 "FAKETIME=@$epoch i0.000001" \
		FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1 "$@"
}

# The shop of the golden data has an address that cannot exist, and passwords that last as long as this script. The salt is fixed:
# stores have their own, and hashes that are made with it must be the same in each build.
export STORE_URL=http://shop.invalid STORE_NAME=Shop ADMIN_EMAIL=owner@shop.invalid SHOPFLOW_GOLDEN=true
export DB_HOST="localhost:$socket" DB_NAME=woocommerce DB_USER=woocommerce
DB_PASSWORD=$(secret) ADMIN_PASSWORD=$(secret) WORDPRESS_SALT=golden
export DB_PASSWORD ADMIN_PASSWORD WORDPRESS_SALT

install -d -o 10004 -g 10004 -m 0755 /data /run/mysqld
server >/tmp/database.log 2>&1 &
pid=$!
trap 'cat /tmp/database.log >&2; kill "$pid"' EXIT
web install-store
# Runs what WordPress and WooCommerce have scheduled, so that no store has to. WooCommerce's own runner would never end: it repeats an
# action until its time is up.
web php -r '$_GET["doing_wp_cron"] = ""; require "/srv/www/wp-load.php"; remove_all_actions("action_scheduler_run_queue"); require "/srv/www/wp-cron.php";'
web php /srv/shopflow/install/install.php settle
# Opens each kind of page once, so that what is computed from the code alone is stored.
for page in / /product/linen-apron/ /product/stoneware-mug/ /product-category/home/ /cart/ /wp-json/wc/store/v1/products; do
	web php -r '$_SERVER = ["REQUEST_URI" => $argv[1], "HTTP_HOST" => "shop.invalid", "SERVER_NAME" => "shop.invalid", "SERVER_PORT" => "80",
		"REQUEST_METHOD" => "GET", "SERVER_PROTOCOL" => "HTTP/1.1", "REMOTE_ADDR" => "127.0.0.1", "SCRIPT_NAME" => "/index.php",
		"PHP_SELF" => "/index.php", "QUERY_STRING" => ""] + $_SERVER; require "/srv/www/index.php";' "$page" >/tmp/page
	[ -s /tmp/page ]
done
sql --database=woocommerce </build/golden.sql
sql --execute='SET GLOBAL innodb_fast_shutdown = 0'
trap - EXIT
kill "$pid"
wait "$pid"
mkdir -p "$(dirname "$data")"
mv /data/mariadb "$data"
rm -f "$data"/ib_buffer_pool "$data"/tc.log "$data"/multi-master.info "$data"/ddl_recovery.log "$data"/ddl_recovery-backup.log
rm -f /srv/www/wp-content/uploads/wc-logs/*.log
cp -a /srv/www/wp-content/uploads "$uploads"
du -sm "$data" "$uploads"
