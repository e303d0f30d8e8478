<?php
// The proof of sale buys like any guest, with a reserved address. Its orders send no notifications, and an administrator can remove
// them without a trace:
//
//   DELETE /wp-json/shopflow/v1/proof-orders  ->  {"orders": 1, "carts": 1, "stock": 2, "next": 24}

defined('ABSPATH') || exit;

const SHOPFLOW_PROOF_EMAIL = 'proof-of-sale@shopflow.invalid';
const SHOPFLOW_PROOF_AGENT = 'shopflow-shopper';

function shopflow_is_proof(mixed $order): bool
{
	return $order instanceof WC_Order && $order->get_billing_email() === SHOPFLOW_PROOF_EMAIL;
}

// No notifications: no mail, no low-stock note, no webhook.
add_action('woocommerce_email', function (WC_Emails $emails): void {
	foreach ($emails->get_emails() as $email) {
		add_filter("woocommerce_email_enabled_{$email->id}", fn ($enabled, $order) => $enabled && !shopflow_is_proof($order), 10, 2);
	}
});
add_filter('woocommerce_can_reduce_order_stock', function (bool $can, $order): bool {
	$tell = shopflow_is_proof($order) ? '__return_false' : '__return_true';
	foreach (['low', 'no'] as $kind) {
		remove_all_filters("woocommerce_should_send_{$kind}_stock_notification", 99);
		if ($tell === '__return_false') {
			add_filter("woocommerce_should_send_{$kind}_stock_notification", $tell, 99);
		}
	}
	return $can;
}, 10, 2);
add_filter('woocommerce_webhook_should_deliver', function (bool $should, $webhook, $subject): bool {
	return $should && !(is_numeric($subject) && shopflow_is_proof(wc_get_order((int) $subject)));
}, 10, 3);

// Its session is short.
add_filter('auth_cookie_expiration', fn (int $seconds): int => ($_SERVER['HTTP_USER_AGENT'] ?? '') === SHOPFLOW_PROOF_AGENT
	? min($seconds, 5 * MINUTE_IN_SECONDS)
	: $seconds);

add_action('rest_api_init', function (): void {
	register_rest_route('shopflow/v1', '/proof-orders', [
		'methods' => 'DELETE',
		'permission_callback' => fn (): bool => current_user_can('manage_options') && current_user_can('manage_woocommerce'),
		'callback' => function () {
			require_once __DIR__ . '/remove-proof.php';
			try {
				return (new ShopFlow_Remove_Proof())->run();
			} catch (Throwable $failure) {
				error_log('proof-orders: ' . $failure->getMessage());
				return new WP_Error('shopflow_proof_orders', 'The orders of the proof could not be removed.', ['status' => 500]);
			}
		},
	]);
});
