<?php
// Changes the shop's title, as the database does at its start (personalize.sh): the digest that both record says what is written already.

defined('ABSPATH') || exit;

const SHOPFLOW_TITLE_LENGTH = 100;

function shopflow_set_title(mixed $title): array|WP_Error
{
	global $wpdb;
	if (!is_string($title) || trim($title) === '' || mb_strlen($title) > SHOPFLOW_TITLE_LENGTH) {
		return shopflow_machine_failed('A title has 1 to ' . SHOPFLOW_TITLE_LENGTH . ' characters.', 400);
	}
	$wpdb->query('START TRANSACTION');
	foreach ([
		// WordPress stores the title escaped for HTML.
		$wpdb->prepare("UPDATE $wpdb->options SET option_value = %s WHERE option_name IN ('blogname', 'woocommerce_email_from_name')", htmlspecialchars($title, ENT_QUOTES)),
		$wpdb->prepare("INSERT INTO shopflow_settings (name, value) VALUES ('title', %s) ON DUPLICATE KEY UPDATE value = VALUES(value)", hash('sha256', $title)),
		'COMMIT',
	] as $statement) {
		if ($wpdb->query($statement) === false) {
			$failure = $wpdb->last_error;
			$wpdb->query('ROLLBACK');
			throw new RuntimeException($failure);
		}
	}
	shopflow_drop_pages();
	return ['title' => $title];
}
