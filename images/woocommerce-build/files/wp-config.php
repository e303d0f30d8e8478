<?php
// The configuration of every store: what differs between stores comes from the environment.
//
//   STORE_URL                                   the address that the browser uses, with its scheme and port
//   DB_HOST, DB_NAME, DB_USER, DB_PASSWORD      the database
//   WORDPRESS_SALT                              the secret that keys and salts are derived from

foreach (['STORE_URL', 'DB_HOST', 'DB_NAME', 'DB_USER', 'DB_PASSWORD', 'WORDPRESS_SALT'] as $shopflow_name) {
	if ((string) getenv($shopflow_name) === '') {
		http_response_code(500);
		error_log("$shopflow_name is not set");
		exit(78);
	}
}

define('WP_HOME', rtrim(getenv('STORE_URL'), '/'));
define('WP_SITEURL', WP_HOME);

// The proxy in front sets the browser's scheme. Without it, the scheme of the store's address applies.
if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? parse_url(WP_HOME, PHP_URL_SCHEME)) === 'https') {
	$_SERVER['HTTPS'] = 'on';
} else {
	unset($_SERVER['HTTPS']);
}

define('DB_HOST', getenv('DB_HOST'));
define('DB_NAME', getenv('DB_NAME'));
define('DB_USER', getenv('DB_USER'));
define('DB_PASSWORD', getenv('DB_PASSWORD'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
$table_prefix = 'wp_';

foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $shopflow_name) {
	define($shopflow_name, hash_hmac('sha256', $shopflow_name, getenv('WORDPRESS_SALT')));
}
unset($shopflow_name);

// The image owns the code; the cron container calls wp-cron.php.
define('DISALLOW_FILE_MODS', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true);
define('WP_POST_REVISIONS', 5);
define('WP_MEMORY_LIMIT', '128M');
define('WP_MAX_MEMORY_LIMIT', '192M');
define('WP_DEBUG', false);
define('WP_TEMP_DIR', '/tmp');

if (!defined('ABSPATH')) {
	define('ABSPATH', '/srv/www/');
}
require_once ABSPATH . 'wp-settings.php';
