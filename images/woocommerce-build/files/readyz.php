<?php
// Answers 200 when the store can sell: its database is there, WooCommerce is installed in it, and it is personalized.
// WordPress is not loaded, because this is called every second. With ?wait the answer is delayed until the store is ready, for two
// seconds at most, so that a startup probe sees it at once.
const PATIENCE_SECONDS = 2.0;

require_once '/srv/www/wp-content/mu-plugins/shopflow/pages.php';

mysqli_report(MYSQLI_REPORT_OFF);
header('Content-Type: text/plain');
header('Cache-Control: no-store');

function shopflow_unready(): ?string
{
	$database = mysqli_init();
	$database->options(MYSQLI_OPT_CONNECT_TIMEOUT, 2);
	// As in WordPress, a port or the path of a socket can follow after a colon.
	[$host, $at] = explode(':', getenv('DB_HOST'), 2) + [1 => ''];
	$socket = str_starts_with($at, '/') ? $at : null;
	if (!@$database->real_connect($host, getenv('DB_USER'), getenv('DB_PASSWORD'), getenv('DB_NAME'), (int) $at, $socket)) {
		return 'the database does not answer';
	}
	$result = @$database->query("SELECT (SELECT COUNT(*) FROM wp_options WHERE option_name = 'woocommerce_db_version' AND option_value <> ''),
		(SELECT COUNT(*) FROM shopflow_settings WHERE name = 'installed' AND value <> ''),
		(SELECT value FROM shopflow_settings WHERE name = 'title')");
	[$shop, $installed, $title] = $result ? $result->fetch_row() : [0, 0, ''];
	if ($shop != 1 || $installed != 1) {
		return 'the store is not installed';
	}
	shopflow_follow_title((string) $title);
	return null;
}

/** Loads the bytecode that a shop needs first into memory, once, while the database starts. */
function shopflow_warm(): void
{
	if (!is_readable('/srv/opcache/warm.list') || !@mkdir('/tmp/opcache/warm')) {
		return;
	}
	foreach (file('/srv/opcache/warm.list', FILE_IGNORE_NEW_LINES) as $script) {
		@opcache_compile_file($script);
	}
}

$deadline = microtime(true) + (isset($_GET['wait']) ? PATIENCE_SECONDS : 0);
while (($unready = shopflow_unready()) !== null && microtime(true) < $deadline) {
	shopflow_warm();
	usleep(20_000);
}
http_response_code($unready === null ? 200 : 503);
echo $unready ?? 'ok', "\n";
