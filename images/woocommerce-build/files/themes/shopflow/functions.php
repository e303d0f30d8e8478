<?php
/**
 * Sets WordPress and WooCommerce up for the theme: one style sheet, and no script that a page does not need.
 */

defined('ABSPATH') || exit;

add_action('after_setup_theme', static function (): void {
	add_theme_support('title-tag');
	add_theme_support('post-thumbnails');
	add_theme_support('html5', ['search-form', 'gallery', 'caption', 'style', 'script']);
	add_theme_support('woocommerce');
});

add_action('wp_enqueue_scripts', static function (): void {
	$version = wp_get_theme()->get('Version');
	wp_enqueue_style('shopflow', get_stylesheet_uri(), [], $version);
	wp_enqueue_script('shopflow-cart', get_theme_file_uri('cart.js'), [], $version, ['strategy' => 'defer']);
	wp_add_inline_script('shopflow-cart', 'const shopflowCart = ' . wp_json_encode(['url' => rest_url('wc/store/v1/cart')]) . ';', 'before');
}, 20);

// The theme styles WooCommerce's pages itself.
add_filter('woocommerce_enqueue_styles', '__return_empty_array');

// A link that adds to the cart works without a script.
add_filter('option_woocommerce_enable_ajax_add_to_cart', static fn(): string => 'no');

// Only the cart and the checkout contain blocks; the other pages need neither their styles nor jQuery.
add_action('wp_enqueue_scripts', static function (): void {
	if (is_cart() || is_checkout() || is_account_page()) {
		return;
	}
	foreach (['wp-block-library', 'wc-blocks-style', 'global-styles', 'classic-theme-styles', 'brands-styles'] as $style) {
		wp_dequeue_style($style);
	}
	if (!is_product()) {
		foreach (['woocommerce', 'wc-add-to-cart', 'wc-jquery-blockui', 'jquery-blockui', 'wc-js-cookie', 'js-cookie'] as $script) {
			wp_dequeue_script($script);
		}
	}
}, 100);
add_action('wp_head', static function (): void {
	if (!has_site_icon()) {
		echo '<link rel="icon" type="image/svg+xml" href="' . esc_url(get_theme_file_uri('icon.svg')) . '">' . "\n";
	}
});
remove_action('wp_head', 'print_emoji_detection_script', 7);
remove_action('wp_print_styles', 'print_emoji_styles');

// The shop is the front page, and small enough for one page.
remove_action('woocommerce_sidebar', 'woocommerce_get_sidebar');
remove_action('woocommerce_before_shop_loop', 'woocommerce_result_count', 20);
remove_action('woocommerce_before_main_content', 'woocommerce_breadcrumb', 20);
add_action('wp', static function (): void {
	if (is_shop() && !is_search()) {
		remove_action('woocommerce_before_shop_loop', 'woocommerce_catalog_ordering', 30);
		add_filter('woocommerce_show_page_title', '__return_false');
	}
});

// The grid uses uncropped pictures: the style sheet crops them to 4:5.
add_filter('single_product_archive_thumbnail_size', static fn(): string => 'woocommerce_single');

// The payment method is already above the table of an order, so its last line is the total.
add_filter('woocommerce_get_order_item_totals', static function (array $rows): array {
	if (is_wc_endpoint_url('order-received') || is_wc_endpoint_url('view-order')) {
		unset($rows['payment_method']);
	}
	return $rows;
});

/** Returns two products with a picture for the top of the shop, not the first ones of the grid. */
function shopflow_hero_products(): array
{
	$products = wc_get_products(['limit' => 6, 'status' => 'publish', 'stock_status' => 'instock', 'orderby' => 'menu_order', 'order' => 'ASC']);
	$pictured = array_values(array_filter($products, static fn(WC_Product $product): bool => (bool) $product->get_image_id()));
	return count($pictured) > 4 ? [$pictured[4], $pictured[2]] : array_slice($pictured, 0, 2);
}
