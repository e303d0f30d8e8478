<?php defined('ABSPATH') || exit; ?>
<!doctype html>
<html <?php language_attributes(); ?>>
<head>
	<meta charset="<?php bloginfo('charset'); ?>">
	<meta name="viewport" content="width=device-width, initial-scale=1">
	<?php wp_head(); ?>
</head>
<body <?php body_class(); ?>>
<?php wp_body_open(); ?>
<a class="skip-link screen-reader-text" href="#content"><?php esc_html_e('Skip to the content', 'shopflow'); ?></a>
<header class="header">
	<div class="header-in">
		<a class="brand" href="<?php echo esc_url(home_url('/')); ?>"><?php echo esc_html(get_bloginfo('name', 'display')); ?></a>
		<nav class="nav" aria-label="<?php esc_attr_e('Shop', 'shopflow'); ?>">
			<a class="nav-wide" href="<?php echo esc_url(wc_get_page_permalink('myaccount')); ?>" <?php echo is_account_page() ? 'aria-current="page"' : ''; ?>><?php esc_html_e('My account', 'shopflow'); ?></a>
			<a href="<?php echo esc_url(wc_get_cart_url()); ?>" <?php echo is_cart() ? 'aria-current="page"' : ''; ?>>
				<svg width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.5" aria-hidden="true"><path d="M5 8h14l1 12H4zM9 8V7a3 3 0 0 1 6 0v1"/></svg>
				<?php esc_html_e('Cart', 'shopflow'); ?>
				<span class="badge" data-cart-count data-label="<?php esc_attr_e('in the cart', 'shopflow'); ?>" hidden></span>
			</a>
		</nav>
	</div>
</header>
<main id="content" class="content">
