<?php
// What the platform may do in a shop that lives, and neither a customer nor an administrator. It shows a token from the Secret that is
// mounted here: files, because these change without a restart.
//
//   GET    /wp-json/shopflow/v1/check/orders/24  ->  {"id": "24", "number": "24", "email": "…", "currency": "usd", "total": 30.5,
//                                                     "items": [{"product": "11", "quantity": 1}]}
//   DELETE /wp-json/shopflow/v1/check/orders     ->  {"orders": 1, "carts": 1}
//   PUT    /wp-json/shopflow/v1/title            ->  {"title": "Demo"}

defined('ABSPATH') || exit;

const SHOPFLOW_MACHINE = '/etc/shopflow/machine';

/** Reports whether the platform sent this request. */
function shopflow_is_machine(): bool
{
	static $is = null;
	return $is ??= shopflow_has_token((string) ($_SERVER['HTTP_SHOPFLOW_MACHINE'] ?? ''));
}

/** Compares with the token and with the one before it, which is valid while requests with it are on their way. */
function shopflow_has_token(string $given): bool
{
	$found = false;
	foreach (['token', 'previous'] as $name) {
		$known = trim((string) @file_get_contents(SHOPFLOW_MACHINE . "/$name"));
		$found = ($known !== '' && hash_equals($known, $given)) || $found;
	}
	return $found;
}

/** Answers with a status, and logs why. */
function shopflow_machine_failed(string $message, int $status, ?Throwable $why = null): WP_Error
{
	if ($why !== null) {
		error_log("$message " . $why->getMessage());
	}
	return new WP_Error('shopflow_machine', $message, ['status' => $status]);
}

add_action('rest_api_init', function (): void {
	foreach ([
		'/check/orders/(?P<id>\d+)' => ['GET', 'check.php', fn (WP_REST_Request $request) => shopflow_show_check_order((int) $request['id'])],
		'/check/orders' => ['DELETE', 'remove-check.php', fn (): array => (new ShopFlow_Remove_Check())->run()],
		'/title' => ['PUT', 'title.php', fn (WP_REST_Request $request) => shopflow_set_title($request['title'])],
	] as $route => [$method, $file, $answer]) {
		register_rest_route('shopflow/v1', $route, [
			'methods' => $method,
			'show_in_index' => false,
			'permission_callback' => fn () => shopflow_is_machine() ?: shopflow_machine_failed('This is for the platform.', 401),
			'callback' => function (WP_REST_Request $request) use ($file, $answer) {
				require_once __DIR__ . "/$file";
				try {
					return $answer($request);
				} catch (Throwable $failure) {
					return shopflow_machine_failed('The shop could not do this.', 500, $failure);
				}
			},
		]);
	}
});
