-- Ends the making of the golden database: nothing of its making stays that a store could stumble over.
-- What WordPress keeps for a time, or with the address of the shop that was installed. What it keeps for good comes from the code.
DELETE kept FROM wp_options kept JOIN wp_options time ON time.option_name = REPLACE(kept.option_name, '_transient_', '_transient_timeout_')
  WHERE kept.option_name LIKE '%\_transient\_%';
DELETE FROM wp_options WHERE option_name LIKE '%\_transient\_timeout\_%'
  OR option_name LIKE '%\_transient\_%' AND (option_value LIKE '%shop.invalid%' OR option_name LIKE '%\_doing\_cron');
DELETE FROM wp_options WHERE option_name IN ('woocommerce_store_id', 'jetpack_secrets');
DELETE FROM wp_usermeta WHERE meta_key = 'session_tokens';
DELETE FROM wp_actionscheduler_actions WHERE status IN ('complete', 'canceled', 'failed');
DELETE FROM wp_actionscheduler_logs WHERE action_id NOT IN (SELECT action_id FROM wp_actionscheduler_actions);
DELETE FROM wp_actionscheduler_claims;
DELETE FROM wp_woocommerce_sessions;
DELETE FROM wp_woocommerce_log;
-- Nobody comes in with what the golden data knows.
UPDATE wp_users SET user_pass = '*';
ALTER USER woocommerce@'%' ACCOUNT LOCK;
