<?php defined('ABSPATH') || exit; ?>
</main>
<footer class="footer">
	<div class="footer-in">
		<a class="brand" href="<?php echo esc_url(home_url('/')); ?>"><?php echo esc_html(get_bloginfo('name', 'display')); ?></a>
		<nav aria-label="<?php esc_attr_e('Footer', 'shopflow'); ?>">
			<a href="<?php echo esc_url(home_url('/')); ?>"><?php esc_html_e('Shop', 'shopflow'); ?></a>
			<a href="<?php echo esc_url(wc_get_cart_url()); ?>"><?php esc_html_e('Cart', 'shopflow'); ?></a>
			<a href="<?php echo esc_url(wc_get_page_permalink('myaccount')); ?>"><?php esc_html_e('My account', 'shopflow'); ?></a>
		</nav>
	</div>
</footer>
<?php wp_footer(); ?>
</body>
</html>
