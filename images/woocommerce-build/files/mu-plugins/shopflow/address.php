<?php
// Updates what WooCommerce stores of the store's address in the database when the address changes.

defined('ABSPATH') || exit;

use Automattic\WooCommerce\Internal\ProductDownloads\ApprovedDirectories\Register;

// The folders that downloadable products can come from: by path, and by the store's address.
add_action('admin_init', function (): void {
	$uploads = wp_get_upload_dir();
	if (!function_exists('wc_get_container') || get_option('shopflow_downloads') === $uploads['baseurl']) {
		return;
	}
	$register = wc_get_container()->get(Register::class);
	foreach (["file://{$uploads['basedir']}", $uploads['baseurl']] as $folder) {
		if (!$register->approved_directory_exists("$folder/woocommerce_uploads/")) {
			$register->add_approved_directory("$folder/woocommerce_uploads/");
		}
	}
	update_option('shopflow_downloads', $uploads['baseurl']);
});
