<?php
// WordPress itself, without its sample texts.

/** Replaces the function of WordPress that sends a mail about the new site. */
function wp_new_blog_notification(): void
{
}

require_once ABSPATH . 'wp-admin/includes/upgrade.php';

wp_install(wanted('STORE_NAME'), 'owner', wanted('ADMIN_EMAIL'), true, '', wanted('ADMIN_PASSWORD'), 'en_US');

foreach (get_posts(['post_type' => ['post', 'page'], 'post_status' => 'any', 'numberposts' => -1]) as $post) {
	wp_delete_post($post->ID, true);
}
wp_update_user(['ID' => 1, 'user_url' => '']);

foreach ([
	'blogdescription' => '',
	'timezone_string' => 'UTC',
	'ping_sites' => '',
	'default_pingback_flag' => '0',
	'default_ping_status' => 'closed',
	'default_comment_status' => 'closed',
	'users_can_register' => '0',
	'uploads_use_yearmonth_folders' => '0',
	'auto_update_core_dev' => 'disabled',
	'auto_update_core_minor' => 'disabled',
	'auto_update_core_major' => 'disabled',
	'show_avatars' => '0',
] as $option => $value) {
	update_option($option, $value);
}
$GLOBALS['wp_rewrite']->set_permalink_structure('/%postname%/');
