<?php
// A check buys in a shop that lives, beside its customers, with the platform's token in all its requests (machine.php). The cart, the
// checkout and the order are real. What is not: the order takes no number and no stock of the customers', and tells no one. Without the
// token this address is a customer's like any other.

defined('ABSPATH') || exit;

use Automattic\WooCommerce\StoreApi\Exceptions\RouteException;
use Automattic\WooCommerce\StoreApi\Utilities\CartTokenUtils;

const SHOPFLOW_CHECK_EMAIL = 'check-of-sale@shopflow.invalid';
/** The key of the check's session. Customers have random ones. */
const SHOPFLOW_CHECK_SESSION = 't_shopflow_check';
/** The option with the number of every check's order. */
const SHOPFLOW_CHECK_ORDER = 'shopflow_check_order';

/**
 * Reserves the number of the checks' orders: one that the counter of wp_posts has passed and no row has. An order that is inserted with it
 * does not move the counter. InnoDB never draws a number twice, even if the transaction that drew it is rolled back.
 */
function shopflow_reserve_check_order(): void
{
	global $wpdb;
	$texts = array_fill_keys(['post_content', 'post_title', 'post_excerpt', 'to_ping', 'pinged', 'post_content_filtered'], '');
	$wpdb->query('START TRANSACTION');
	$drawn = $wpdb->insert($wpdb->posts, ['post_type' => 'shop_order_placehold', 'post_status' => 'draft'] + $texts);
	$number = $wpdb->insert_id;
	$wpdb->query('ROLLBACK');
	if (!$drawn || $number < 1) {
		throw new RuntimeException("Cannot reserve a number for checks: $wpdb->last_error");
	}
	update_option(SHOPFLOW_CHECK_ORDER, $number, false);
}

function shopflow_check_order_number(): int
{
	return (int) get_option(SHOPFLOW_CHECK_ORDER) ?: throw new RuntimeException('No number is reserved for checks.');
}

function shopflow_is_check_order(mixed $order): bool
{
	return $order instanceof WC_Order && $order->get_billing_email() === SHOPFLOW_CHECK_EMAIL
		&& $order->get_id() === (int) get_option(SHOPFLOW_CHECK_ORDER);
}

/** Reports whether an order is a check's, or will be. */
function shopflow_is_check(mixed $order): bool
{
	return shopflow_is_machine() || shopflow_is_check_order($order);
}

function shopflow_show_check_order(int $id): array|WP_Error
{
	$order = wc_get_order($id);
	if (!shopflow_is_check_order($order)) {
		return shopflow_machine_failed('There is no such order of a check.', 404);
	}
	return [
		'id' => (string) $order->get_id(),
		'number' => $order->get_order_number(),
		'email' => $order->get_billing_email(),
		'currency' => strtolower($order->get_currency()),
		'total' => (float) $order->get_total(),
		'items' => array_map(fn (WC_Order_Item_Product $item): array => [
			'product' => (string) ($item->get_variation_id() ?: $item->get_product_id()),
			'quantity' => $item->get_quantity(),
		], array_values($order->get_items())),
	];
}

// Orders among the posts, and the placeholder of those that are not, get their number from wp_posts.
add_filter('wp_insert_post_data', function (array $data, array $given, array $raw, bool $update): array {
	if ($update || !in_array($data['post_type'], ['shop_order_placehold', 'shop_order'], true) || !shopflow_is_machine()) {
		return $data;
	}
	return ['ID' => shopflow_check_order_number()] + $data;
}, PHP_INT_MAX, 4);

// No stock, neither reserved nor sold.
add_filter('woocommerce_order_hold_stock_minutes', fn ($minutes, $order) => shopflow_is_check($order) ? 0 : $minutes, 99, 2);
add_filter('woocommerce_can_reduce_order_stock', fn (bool $can, $order): bool => $can && !shopflow_is_check($order), 99, 2);

// No notifications and no statistics.
add_action('woocommerce_email', function (WC_Emails $emails): void {
	foreach ($emails->get_emails() as $email) {
		add_filter("woocommerce_email_enabled_{$email->id}", fn ($enabled, $order) => $enabled && !shopflow_is_check($order), 99, 2);
	}
});
add_filter('woocommerce_email_log_enabled', fn (bool $log, $id, WC_Email $email): bool => $log && !shopflow_is_check($email->object), 99, 3);
add_filter('woocommerce_webhook_should_deliver', fn (bool $should, $webhook, $subject): bool => $should
	&& !shopflow_is_check(is_numeric($subject) ? wc_get_order((int) $subject) : null), 99, 3);
add_filter('woocommerce_analytics_is_test_order', fn (bool $test, $order): bool => $test || shopflow_is_check($order), 99, 2);

if (!shopflow_is_machine()) {
	return;
}
// One check at a time, as there is one number. WooCommerce hides why an order was not saved, so this comes before and after it.
add_action('woocommerce_store_api_checkout_update_customer_from_request', function (WC_Customer $customer): void {
	global $wpdb;
	if ($customer->get_billing_email() !== SHOPFLOW_CHECK_EMAIL) {
		throw new RouteException('shopflow_check', 'A check buys with its own address.', 400);
	}
	if ($wpdb->get_var($wpdb->prepare("SELECT ID FROM $wpdb->posts WHERE ID = %d", shopflow_check_order_number()))) {
		throw new RouteException('shopflow_check', 'The order of another check is still there.', 409);
	}
}, 99);
add_action('woocommerce_store_api_checkout_order_created', function (WC_Order $order): void {
	if ($order->get_id() !== shopflow_check_order_number()) {
		throw new RouteException('shopflow_check', 'The order of the check could not be saved.', 500);
	}
}, 1);
// Nothing is scheduled: it would outlive the order.
foreach (['pre_as_enqueue_async_action', 'pre_as_schedule_single_action', 'pre_as_schedule_recurring_action', 'pre_as_schedule_cron_action'] as $shopflow_hook) {
	add_filter($shopflow_hook, fn (): int => 0, 99);
}
unset($shopflow_hook);
add_filter('woocommerce_order_step_logging_enabled', '__return_false');
add_action('init', function (): void {
	foreach (['completed', 'processing', 'on-hold'] as $status) {
		remove_action("woocommerce_order_status_$status", 'wc_update_total_sales_counts');
	}
});
// The session has a known key, so that it is found again without its token.
add_action('plugins_loaded', function (): void {
	if (class_exists(CartTokenUtils::class)) {
		$_SERVER['HTTP_CART_TOKEN'] = CartTokenUtils::get_cart_token(SHOPFLOW_CHECK_SESSION);
	}
});
// What an owner can decide without breaking the shop: customers need an account, are limited in number, or have to wait for the opening.
add_filter('woocommerce_checkout_registration_required', '__return_false', 99);
add_filter('woocommerce_store_api_rate_limit_options', fn (array $options): array => ['enabled' => false] + $options, 99);
add_filter('woocommerce_coming_soon_exclude', '__return_true', 99);
// An order that is fulfilled at once has rows in further tables.
foreach (['downloadable', 'virtual'] as $shopflow_kind) {
	add_filter("pre_option_auto_fulfill_$shopflow_kind", fn (): string => 'no');
}
unset($shopflow_kind);
