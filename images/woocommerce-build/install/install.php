<?php
// Installs a shop in steps, each in a process of its own (a plugin is not fully loaded in the process that activates it):
//
//   php install.php reset    drops what an earlier attempt left; exits with 99 when the shop is installed already
//   php install.php core     WordPress
//   php install.php plugin   WooCommerce
//   php install.php store    settings, sample products, and the marker of a complete installation
//   php install.php settle   what WooCommerce has scheduled; optional: a running shop does it in its first minutes

const PATIENCE_SECONDS = 120;

// Without a database WordPress prints a page for visitors and exits with 0: only a step that reaches its end has succeeded.
register_shutdown_function(function (): void {
	if (!defined('SHOPFLOW_STEP_DONE')) {
		fwrite(STDERR, "install: the step did not complete\n");
		exit(1);
	}
});

function wanted(string $name): string
{
	$value = (string) getenv($name);
	if ($value === '') {
		fwrite(STDERR, "install: $name is not set\n");
		exit(78);
	}
	return $value;
}

/** Connects to the database as soon as it answers. As in WordPress, the path of a socket can follow after a colon. */
function connect(): mysqli
{
	mysqli_report(MYSQLI_REPORT_OFF);
	[$host, $socket] = explode(':', wanted('DB_HOST'), 2) + [1 => null];
	// Not time(): while golden data is built, that clock stands still.
	$deadline = hrtime(true) + PATIENCE_SECONDS * 1_000_000_000;
	while (true) {
		$database = mysqli_init();
		if (@$database->real_connect($host, wanted('DB_USER'), wanted('DB_PASSWORD'), wanted('DB_NAME'), 0, $socket)) {
			return $database;
		}
		if (hrtime(true) > $deadline) {
			fwrite(STDERR, 'install: the database does not answer: ' . mysqli_connect_error() . "\n");
			exit(1);
		}
		usleep(100_000);
	}
}

function reset_database(): void
{
	$database = connect();
	$tables = array_column($database->query('SHOW TABLES')->fetch_all(), 0);
	if (in_array('shopflow_settings', $tables, true)) {
		define('SHOPFLOW_STEP_DONE', true);
		exit(99);
	}
	foreach ($tables as $table) {
		$database->query("DROP TABLE `$table`");
	}
}

$step = $argv[1] ?? '';
$_SERVER += ['HTTP_HOST' => parse_url(wanted('STORE_URL'), PHP_URL_HOST), 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REMOTE_ADDR' => '127.0.0.1'];

switch ($step) {
	case 'reset':
		reset_database();
		break;
	case 'core':
		connect();
		define('WP_INSTALLING', true);
		require '/srv/www/wp-load.php';
		require __DIR__ . '/core.php';
		break;
	case 'plugin':
		connect();
		require '/srv/www/wp-load.php';
		require __DIR__ . '/plugin.php';
		break;
	case 'store':
		connect();
		require '/srv/www/wp-load.php';
		require __DIR__ . '/store.php';
		break;
	case 'settle':
		connect();
		require '/srv/www/wp-load.php';
		require __DIR__ . '/settle.php';
		break;
	default:
		fwrite(STDERR, "install: no step \"$step\"\n");
		exit(64);
}
define('SHOPFLOW_STEP_DONE', true);
