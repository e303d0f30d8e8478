<?php
// Hides what WordPress tells strangers by default.

defined('ABSPATH') || exit;

remove_action('wp_head', 'wp_generator');
remove_action('wp_head', 'rsd_link');
remove_action('wp_head', 'wlwmanifest_link');
add_filter('the_generator', '__return_empty_string');
add_filter('xmlrpc_enabled', '__return_false');
add_filter('woocommerce_hide_woocommerce_generator', '__return_true');
add_action('init', function (): void {
	remove_action('get_the_generator_html', 'wc_generator_tag');
	remove_action('get_the_generator_xhtml', 'wc_generator_tag');
});
add_filter('wp_headers', function (array $headers): array {
	unset($headers['X-Pingback']);
	return $headers;
});

// The names of users who can sign in: no author pages, no list of users, no sitemap of them.
add_action('parse_request', function (WP $request): void {
	if (!is_admin() && (isset($request->query_vars['author']) || isset($request->query_vars['author_name']))) {
		$request->query_vars = ['error' => '404'];
	}
}, 1);
add_filter('rest_endpoints', function (array $endpoints): array {
	if (!current_user_can('list_users')) {
		foreach (array_keys($endpoints) as $route) {
			if (preg_match('{^/wp/v2/users($|/\(\?P<id>)}', $route)) {
				unset($endpoints[$route]);
			}
		}
	}
	return $endpoints;
});
add_filter('wp_sitemaps_add_provider', fn ($provider, string $name) => $name === 'users' ? false : $provider, 10, 2);
add_filter('oembed_response_data', function (array $data): array {
	unset($data['author_name'], $data['author_url']);
	return $data;
});

// One answer for a wrong name and a wrong password.
add_filter('login_errors', fn (string $errors): string => isset($_POST['log']) && (string) ($_GET['action'] ?? '') === ''
	? '<strong>Error:</strong> The username or password is incorrect.'
	: $errors);

// The platform generates the owner's first password, so a cheaper hash is safe: it is not replaced at the first sign-in.
add_filter('password_needs_rehash', fn (bool $needs, string $hash): bool => $needs && !preg_match('/^\$wp\$2[aby]\$1\d\$/', $hash), 10, 2);
