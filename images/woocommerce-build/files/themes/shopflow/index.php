<?php
/**
 * Every page that is not WooCommerce's own: cart, checkout, account, and what the owner writes.
 */

defined('ABSPATH') || exit;

get_header();
if (is_search() || is_archive() || is_home()) {
	echo '<h1>' . esc_html(is_search() ? get_search_query() : wp_strip_all_tags((string) get_the_archive_title())) . '</h1>';
}
while (have_posts()) {
	the_post();
	if (is_singular()) {
		the_title('<h1>', '</h1>');
		$wide = is_cart() || is_checkout() || is_account_page();
		echo $wide ? '<div>' : '<div class="prose">';
		the_content();
		echo '</div>';
	} else {
		the_title('<h2><a href="' . esc_url((string) get_permalink()) . '">', '</a></h2>');
		the_excerpt();
	}
}
the_posts_pagination();
get_footer();
