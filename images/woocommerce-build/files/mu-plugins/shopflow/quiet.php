<?php
// No mail without a mail server, no calls to other servers, no advertisements. The image owns the code, so nothing is updated here.

defined('ABSPATH') || exit;

// There is no mail server: each attempt would log an error.
add_filter('pre_wp_mail', '__return_false');

// The only outgoing calls are the webhooks that the owner has set up.
add_filter('woocommerce_webhook_http_args', fn (array $args): array => ['shopflow_allowed' => true] + $args);
add_filter('pre_http_request', fn ($response, array $args) => isset($args['shopflow_allowed'])
	? $response
	: new WP_Error('shopflow_blocked', 'Outgoing calls are blocked in this store.'), 10, 2);

// What checks wordpress.org for updates.
foreach (['wp_version_check', 'wp_update_plugins', 'wp_update_themes', 'wp_maybe_auto_update'] as $shopflow_hook) {
	remove_all_actions($shopflow_hook);
	add_filter("pre_schedule_event", fn ($result, object $event) => $event->hook === $shopflow_hook ? false : $result, 10, 2);
}
unset($shopflow_hook);
foreach (['core', 'plugins', 'themes'] as $shopflow_kind) {
	add_filter("pre_site_transient_update_$shopflow_kind", fn () => (object) [
		'last_checked' => time(),
		'version_checked' => $GLOBALS['wp_version'],
		'updates' => [],
		'response' => [],
		'no_update' => [],
		'translations' => [],
		'checked' => [],
	]);
}
unset($shopflow_kind);
add_action('init', function (): void {
	remove_action('init', 'wp_schedule_update_checks');
	remove_action('admin_init', '_maybe_update_core');
	remove_action('admin_init', '_maybe_update_plugins');
	remove_action('admin_init', '_maybe_update_themes');
}, 1);
add_filter('site_status_tests', function (array $tests): array {
	unset($tests['direct']['plugin_version'], $tests['direct']['theme_version'], $tests['direct']['plugin_theme_auto_updates']);
	unset($tests['async']['background_updates'], $tests['async']['dotorg_communication'], $tests['async']['loopback_requests']);
	return $tests;
});
add_action('wp_dashboard_setup', function (): void {
	remove_meta_box('dashboard_primary', 'dashboard', 'side');
	remove_meta_box('dashboard_quick_press', 'dashboard', 'side');
	remove_meta_box('wc_admin_dashboard_setup', 'dashboard', 'normal');
	remove_action('welcome_panel', 'wp_welcome_panel');
});

// WooCommerce's wizard, marketplace, tracking and suggestions.
add_filter('woocommerce_prevent_automatic_wizard_redirect', '__return_true');
add_filter('woocommerce_enable_setup_wizard', '__return_false');
add_filter('woocommerce_allow_marketplace_suggestions', '__return_false');
add_filter('woocommerce_apply_user_tracking', '__return_false');
add_filter('woocommerce_apply_tracking', '__return_false');
add_filter('woocommerce_show_addons_page', '__return_false');
add_filter('woocommerce_helper_suppress_admin_notices', '__return_true');
add_filter('woocommerce_admin_get_feature_config', function (array $features): array {
	$unwanted = ['marketing', 'onboarding', 'onboarding-tasks', 'remote-inbox-notifications', 'remote-free-extensions',
		'payment-gateway-suggestions', 'wc-pay-promotion', 'wc-pay-welcome-page', 'shipping-smart-defaults',
		'shipping-setting-tour', 'shipping-label-banner', 'mobile-app-banner', 'store-alerts', 'subscriptions', 'wc-addons'];
	return array_merge($features, array_fill_keys(array_intersect($unwanted, array_keys($features)), false));
});
