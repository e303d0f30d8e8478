-- Completes the golden database: no traces of the build that could disturb a store.
-- Transients that expire, or that contain the address of the installed shop. Those without a timeout come from the code.
DELETE kept FROM wp_options kept JOIN wp_options time ON time.option_name = REPLACE(kept.option_name, '_transient_', '_transient_timeout_')
  WHERE kept.option_name LIKE '%\_transient\_%';
DELETE FROM wp_options WHERE option_name LIKE '%\_transient\_timeout\_%'
  OR option_name LIKE '%\_transient\_%' AND (option_value LIKE '%shop.invalid%' OR option_name LIKE '%\_doing\_cron');
DELETE FROM wp_options WHERE option_name IN ('woocommerce_store_id', 'jetpack_secrets');
-- A queue to cut the pictures for the theme, which they are already.
DELETE FROM wp_options WHERE option_name LIKE 'wp\_1\_wc\_regenerate\_images\_batch\_%';
DELETE FROM wp_usermeta WHERE meta_key = 'session_tokens';
DELETE FROM wp_actionscheduler_actions WHERE status IN ('complete', 'canceled', 'failed');
DELETE FROM wp_actionscheduler_logs WHERE action_id NOT IN (SELECT action_id FROM wp_actionscheduler_actions);
DELETE FROM wp_actionscheduler_claims;
DELETE FROM wp_woocommerce_sessions;
DELETE FROM wp_woocommerce_log;
-- What WooCommerce draws at random: each store draws its own name for a file that strangers must not guess, and all stores are in the
-- same cohorts, the last ones to which it rolls features out.
DELETE FROM wp_options WHERE option_name = 'woocommerce_maxmind_geolocation_settings';
UPDATE wp_options SET option_value = '120' WHERE option_name = 'woocommerce_remote_variant_assignment';
UPDATE wp_options SET option_value = '12' WHERE option_name = 'woocommerce_inbox_variant_assignment';
-- No account of the golden data can sign in.
UPDATE wp_users SET user_pass = '*';
ALTER USER woocommerce@'%' ACCOUNT LOCK;
