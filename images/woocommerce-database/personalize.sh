# Prints the SQL that personalizes the copy of the golden database: the administrator, the title. One transaction; a value that was
# written before is not written again, so that later changes by the owner stay until the wanted value changes. A running shop records a
# title that it is given in the same way (title.php).
#
#   STORE_NAME, ADMIN_EMAIL, ADMIN_PASSWORD_HASH

: "${STORE_NAME:?is not set}" "${ADMIN_EMAIL:?is not set}" "${ADMIN_PASSWORD_HASH:?is not set}"
cat <<SQL
USE \`$DB_NAME\`;
CREATE TEMPORARY TABLE wanted (name VARCHAR(64) PRIMARY KEY, value LONGTEXT NOT NULL) DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_bin;
START TRANSACTION;
INSERT INTO wanted VALUES
  ('title', $(hex "$STORE_NAME")),
  ('email', $(hex "$ADMIN_EMAIL")),
  ('password', $(hex "$ADMIN_PASSWORD_HASH"));
DELETE wanted FROM wanted JOIN shopflow_settings done ON done.name = wanted.name AND done.value = SHA2(wanted.value, 256);
INSERT INTO shopflow_settings SELECT name, SHA2(value, 256) FROM wanted ON DUPLICATE KEY UPDATE value = SHA2(wanted.value, 256);
-- WordPress stores the title escaped for HTML.
UPDATE wanted SET value = REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(value, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#039;')
  WHERE name = 'title';
-- An address that another user of the store uses by now is not taken from them.
DELETE wanted FROM wanted JOIN wp_users ON wp_users.user_email = wanted.value WHERE wanted.name = 'email' AND wp_users.ID <> 1;
UPDATE wp_users, wanted SET user_pass = value WHERE ID = 1 AND name = 'password';
UPDATE wp_users, wanted SET user_email = value WHERE ID = 1 AND name = 'email';
UPDATE wp_options, wanted SET option_value = value
  WHERE name = 'title' AND option_name IN ('blogname', 'woocommerce_email_from_name');
UPDATE wp_options, wanted SET option_value = value
  WHERE name = 'email' AND option_name IN ('admin_email', 'woocommerce_email_from_address', 'woocommerce_stock_email_recipient', 'woocommerce_pos_store_email');
-- The clock of the golden data stood still on its first day. What counts from the installation starts with the store: when WordPress
-- asks the owner to confirm the address (after half a year), and how old the shop is.
UPDATE wp_options SET option_value = UNIX_TIMESTAMP() + 180 * 86400
  WHERE option_name = 'admin_email_lifespan' AND option_value < UNIX_TIMESTAMP('2026-07-01');
UPDATE wp_options SET option_value = UNIX_TIMESTAMP()
  WHERE option_name = 'woocommerce_admin_install_timestamp' AND option_value < UNIX_TIMESTAMP('2026-01-02');
COMMIT;
DROP TEMPORARY TABLE wanted;
SQL
