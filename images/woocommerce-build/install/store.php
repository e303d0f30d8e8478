<?php
// The shop: pages, payment, shipping, theme, products. Writes the marker of a complete installation last.

require_once ABSPATH . 'wp-admin/includes/file.php';
require_once ABSPATH . 'wp-admin/includes/image.php';
require_once ABSPATH . 'wp-admin/includes/media.php';

const PICTURES = '/srv/shopflow/pictures';

function set_up_pages(): void
{
	WC_Install::create_pages();
	update_option('show_on_front', 'page');
	update_option('page_on_front', wc_get_page_id('shop'));
	delete_option('woocommerce_admin_notices');
	update_option('woocommerce_admin_install_timestamp', 1);
}

function set_up_payment(): void
{
	update_option('woocommerce_cod_settings', [
		'enabled' => 'yes',
		'title' => 'Cash on delivery',
		'description' => 'Pay with cash when your order arrives.',
		'instructions' => 'Pay with cash when your order arrives.',
		'enable_for_methods' => [],
		'enable_for_virtual' => 'yes',
	]);
}

function set_up_shipping(): void
{
	$home = new WC_Shipping_Zone();
	$home->set_zone_name('United States');
	$home->add_location('US', 'country');
	$home->save();
	add_flat_rate($home, 'Standard', '6');
	add_flat_rate($home, 'Express', '18');
	add_flat_rate(new WC_Shipping_Zone(0), 'Standard', '12');
}

function add_flat_rate(WC_Shipping_Zone $zone, string $title, string $cost): void
{
	$id = $zone->add_shipping_method('flat_rate');
	update_option("woocommerce_flat_rate_{$id}_settings", ['title' => $title, 'tax_status' => 'none', 'cost' => $cost]);
}

/** Adds a picture to the media library and returns its id. */
function add_picture(string $name, string $title): int
{
	$copy = wp_tempnam($name);
	copy(PICTURES . "/$name.webp", $copy);
	$id = media_handle_sideload(['name' => "$name.webp", 'tmp_name' => $copy], 0, $title);
	if (is_wp_error($id)) {
		throw new RuntimeException("$name: " . $id->get_error_message());
	}
	update_post_meta($id, '_wp_attachment_image_alt', $title);
	return $id;
}

function attribute(string $name, array $values, bool $choice): WC_Product_Attribute
{
	$attribute = new WC_Product_Attribute();
	$attribute->set_name($name);
	$attribute->set_options($values);
	$attribute->set_visible(true);
	$attribute->set_variation($choice);
	return $attribute;
}

function add_product(array $sample, int $order): void
{
	$choice = count($sample['variants']) > 1;
	$product = $choice ? new WC_Product_Variable() : new WC_Product_Simple();
	$product->set_name($sample['name']);
	$product->set_slug($sample['slug']);
	$product->set_short_description($sample['subtitle']);
	$product->set_description($sample['description']);
	$product->set_weight((string) $sample['weight']);
	$product->set_menu_order($order);
	$product->set_category_ids([category($sample['category'])]);
	$product->set_image_id(add_picture($sample['slug'], $sample['name']));
	$product->set_gallery_image_ids([add_picture($sample['slug'] . '-2', $sample['name'])]);
	$attributes = [attribute('Material', [$sample['material']], false)];
	if ($choice) {
		$attributes[] = attribute($sample['option'], array_keys($sample['variants']), true);
	}
	$product->set_attributes($attributes);
	if (!$choice) {
		sell($product, ...array_values($sample['variants'])[0]);
		return;
	}
	$id = $product->save();
	$position = 0;
	foreach ($sample['variants'] as $value => [$sku, $price]) {
		$variation = new WC_Product_Variation();
		$variation->set_parent_id($id);
		$variation->set_menu_order($position++);
		$variation->set_attributes([sanitize_title($sample['option']) => $value]);
		sell($variation, $sku, $price);
	}
	WC_Product_Variable::sync($id);
}

function sell(WC_Product $product, string $sku, int $price): void
{
	$product->set_sku($sku);
	$product->set_regular_price((string) $price);
	$product->set_manage_stock(true);
	$product->set_stock_quantity(SHOPFLOW_STOCK);
	$product->save();
}

function category(string $name): int
{
	$term = term_exists($name, 'product_cat') ?: wp_insert_term($name, 'product_cat');
	return (int) $term['term_id'];
}

/** Records the values that the platform has set, so that only later changes are written again (see personalize.sh). */
function set_up_marks(): void
{
	global $wpdb;
	$wpdb->query('CREATE TABLE shopflow_settings (name VARCHAR(64) NOT NULL PRIMARY KEY, value VARCHAR(191) NOT NULL)');
	$marks = ['installed' => WC_VERSION];
	if (getenv('SHOPFLOW_GOLDEN') !== 'true') {
		$marks['title'] = hash('sha256', wanted('STORE_NAME'));
		$marks['email'] = hash('sha256', wanted('ADMIN_EMAIL'));
	}
	foreach ($marks as $name => $value) {
		$wpdb->insert('shopflow_settings', ['name' => $name, 'value' => $value]);
	}
}

wp_set_current_user(1);
WC_Install::newly_installed();
update_option('woocommerce_custom_orders_table_enabled', 'yes');
if (get_option('woocommerce_custom_orders_table_enabled') !== 'yes') {
	throw new RuntimeException('WooCommerce stores orders among the posts');
}
switch_theme(is_readable(get_theme_root() . '/shopflow/style.css') ? 'shopflow' : 'twentytwentyfive');
set_up_pages();
set_up_payment();
set_up_shipping();
foreach (require __DIR__ . '/catalog.php' as $order => $sample) {
	add_product($sample, $order);
}
update_option('woocommerce_email_from_name', get_option('blogname'));
foreach (['woocommerce_email_from_address', 'woocommerce_stock_email_recipient', 'woocommerce_pos_store_email'] as $option) {
	update_option($option, wanted('ADMIN_EMAIL'));
}
update_option('uploads_use_yearmonth_folders', '1');
delete_transient('_wc_activation_redirect');
delete_transient('woocommerce_activated_plugin');
foreach (['wc_admin_notes', 'wc_admin_note_actions', 'wc_product_download_directories'] as $table) {
	$wpdb->query("DELETE FROM {$wpdb->prefix}$table");
}
flush_rewrite_rules();
shopflow_reserve_check_order();
set_up_marks();
