<?php
// Uses the shop behind /run/nginx.sock as shoppers and owners do, and fails on an unexpected response.

const PROOF = 'proof-of-sale@shopflow.invalid';

/** A browser: it keeps cookies and speaks to the shop's socket. */
final class Browser
{
	private CurlHandle $curl;
	/** @var array<string, string> headers of the last answer, by their names in lower case */
	public array $headers = [];

	public function __construct()
	{
		$this->curl = curl_init();
		curl_setopt_array($this->curl, [
			CURLOPT_UNIX_SOCKET_PATH => '/run/nginx.sock',
			CURLOPT_RETURNTRANSFER => true,
			CURLOPT_COOKIEFILE => '',
			CURLOPT_TIMEOUT => 120,
			CURLOPT_HEADERFUNCTION => function (CurlHandle $curl, string $line): int {
				if (str_contains($line, ':')) {
					[$name, $value] = explode(':', $line, 2);
					$this->headers[strtolower($name)] = trim($value);
				}
				return strlen($line);
			},
		]);
	}

	/** Requests a path and returns the body of the response. Any status but $status is an error. */
	public function ask(string $method, string $path, int $status = 200, mixed $body = null, array $headers = []): string
	{
		$this->headers = [];
		if (is_array($body) && !isset($body['log'])) {
			$headers[] = 'Content-Type: application/json';
			$body = json_encode($body);
		}
		curl_setopt_array($this->curl, [
			CURLOPT_URL => getenv('STORE_URL') . $path,
			CURLOPT_CUSTOMREQUEST => $method,
			CURLOPT_POSTFIELDS => is_array($body) ? http_build_query($body) : $body,
			CURLOPT_HTTPHEADER => $headers,
		]);
		$text = curl_exec($this->curl);
		$got = curl_getinfo($this->curl, CURLINFO_RESPONSE_CODE);
		if ($got !== $status) {
			throw new RuntimeException("$method $path: $got instead of $status: " . curl_error($this->curl) . substr((string) $text, 0, 2000));
		}
		return $text;
	}

	public function json(string $method, string $path, int $status = 200, mixed $body = null, array $headers = []): array
	{
		return json_decode($this->ask($method, $path, $status, $body, $headers), true, flags: JSON_THROW_ON_ERROR);
	}
}

function wait_until_ready(): void
{
	$browser = new Browser();
	for ($deadline = time() + 60; ; usleep(50_000)) {
		try {
			$browser->ask('GET', '/readyz');
			return;
		} catch (RuntimeException $failure) {
			if (time() > $deadline) {
				throw $failure;
			}
		}
	}
}

function look_around(): void
{
	$browser = new Browser();
	foreach (['/', '/shop/', '/product/stoneware-mug/', '/product/linen-apron/', '/product-category/kitchen/', '/cart/', '/my-account/',
		'/?s=the&post_type=product', '/wp-sitemap.xml', '/robots.txt', '/wp-json/wc/store/v1/products', '/wp-json/'] as $path) {
		$browser->ask('GET', $path);
	}
	$browser->ask('GET', '/nothing-here/', 404);
	$browser->ask('GET', '/wp-cron.php?doing_wp_cron');
}

/** Buys with a cart token, as programs do, and in a browser's session. */
function buy(): int
{
	$shopper = new Browser();
	$store = '/wp-json/wc/store/v1';
	$product = $shopper->json('GET', "$store/products?sku=MUG-350")[0]['id'];
	$shopper->json('GET', "$store/cart");
	$token = ['Cart-Token: ' . $shopper->headers['cart-token']];
	$shopper->json('POST', "$store/cart/add-item", 201, ['id' => $product, 'quantity' => 2], $token);
	$address = ['first_name' => 'Proof', 'last_name' => 'Of Sale', 'company' => '', 'address_1' => '1 Main Street', 'address_2' => '',
		'city' => 'Portland', 'state' => 'OR', 'postcode' => '97201', 'country' => 'US', 'phone' => '5035550100'];
	$addresses = ['billing_address' => $address + ['email' => PROOF], 'shipping_address' => $address];
	$shopper->json('POST', "$store/cart/update-customer", 200, $addresses, $token);
	$order = $shopper->json('POST', "$store/checkout", 200, $addresses + ['payment_method' => 'cod', 'payment_data' => []], $token);
	$shopper->json('GET', "$store/order/{$order['order_id']}?key={$order['order_key']}&billing_email=" . PROOF);
	$shopper->ask('GET', "/checkout/order-received/{$order['order_id']}/?key={$order['order_key']}");

	$visitor = new Browser();
	$visitor->ask('GET', "/product/market-tote/?add-to-cart=" . $visitor->json('GET', "$store/products?sku=TOTE-1")[0]['id']);
	$visitor->ask('GET', '/cart/');
	$visitor->ask('GET', '/checkout/');
	$visitor->ask('GET', '/?wc-ajax=get_refreshed_fragments');
	return $order['order_id'];
}

/** Signs the owner in, and returns the browser and the header for the REST API. */
function sign_in(): array
{
	$owner = new Browser();
	$owner->ask('GET', '/wp-login.php');
	$owner->ask('POST', '/wp-login.php', 302, ['log' => getenv('ADMIN_EMAIL'), 'pwd' => getenv('ADMIN_PASSWORD'), 'testcookie' => '1', 'wp-submit' => 'Log In'],
		['Cookie: wordpress_test_cookie=WP%20Cookie%20check']);
	return [$owner, ['X-WP-Nonce: ' . $owner->ask('GET', '/wp-admin/admin-ajax.php?action=rest-nonce')]];
}

function administrate(Browser $owner, array $nonce, int $order): void
{
	foreach (['', 'edit.php?post_type=product', 'post-new.php?post_type=product', 'admin.php?page=wc-orders', "admin.php?page=wc-orders&action=edit&id=$order",
		'admin.php?page=wc-settings', 'admin.php?page=wc-admin', 'admin.php?page=wc-status', 'upload.php', 'edit.php?post_type=page', 'options-general.php', 'profile.php'] as $page) {
		$owner->ask('GET', "/wp-admin/$page");
	}
	$owner->json('GET', '/wp-json/wc/v3/products', 200, null, $nonce);
	$removed = $owner->json('DELETE', '/wp-json/shopflow/v1/proof-orders', 200, null, $nonce);
	if ($removed['orders'] !== 1 || $removed['stock'] !== 2) {
		throw new RuntimeException('proof-orders: ' . json_encode($removed));
	}
}

wait_until_ready();
look_around();
$order = buy();
[$owner, $nonce] = sign_in();
$owner->json('GET', "/wp-json/wc/v3/orders/$order", 200, null, $nonce);
// What a shop needs in its first seconds.
file_put_contents('/tmp/warm.list', $owner->ask('GET', '/loaded.php'));
administrate($owner, $nonce, $order);
