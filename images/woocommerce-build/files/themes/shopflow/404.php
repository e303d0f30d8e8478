<?php
defined('ABSPATH') || exit;

get_header();
?>
<div class="content-head prose">
	<h1><?php esc_html_e('Page not found', 'shopflow'); ?></h1>
	<p class="quiet"><?php esc_html_e('It may have moved, or the product is no longer available.', 'shopflow'); ?></p>
	<p><a class="button" href="<?php echo esc_url(home_url('/')); ?>"><?php esc_html_e('Back to the shop', 'shopflow'); ?></a></p>
</div>
<?php
get_footer();
