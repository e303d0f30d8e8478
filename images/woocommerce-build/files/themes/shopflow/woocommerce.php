<?php
/**
 * The shop, its categories and searches, and a product.
 */

defined('ABSPATH') || exit;

get_header();
if (is_shop() && !is_search() && !is_paged()) :
	?>
	<section class="hero">
		<div class="hero-text">
			<?php if (get_bloginfo('description') !== '') : ?>
				<h1><?php echo esc_html(get_bloginfo('description')); ?></h1>
			<?php else : ?>
				<h1><?php esc_html_e('Useful things,', 'shopflow'); ?> <em><?php esc_html_e('beautifully made.', 'shopflow'); ?></em></h1>
			<?php endif; ?>
			<p><?php esc_html_e('A small, considered collection.', 'shopflow'); ?></p>
			<p><a class="button" href="#collection"><?php esc_html_e('See the collection', 'shopflow'); ?></a></p>
		</div>
		<div class="hero-art">
			<?php foreach (shopflow_hero_products() as $product) : ?>
				<a href="<?php echo esc_url($product->get_permalink()); ?>">
					<?php echo $product->get_image('woocommerce_single', ['alt' => '', 'loading' => 'eager']); // phpcs:ignore -- WordPress's own markup. ?>
					<span><?php echo esc_html($product->get_name()); ?></span>
				</a>
			<?php endforeach; ?>
		</div>
	</section>
	<div class="collection-head" id="collection"><h2><?php esc_html_e('The collection', 'shopflow'); ?></h2></div>
	<?php
endif;
woocommerce_content();
get_footer();
