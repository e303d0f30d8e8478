-- Ends the making of the golden database: nothing of its making stays that a store could stumble over.
DELETE FROM wp_options WHERE option_name LIKE '\_transient\_%' OR option_name LIKE '\_site\_transient\_%';
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
