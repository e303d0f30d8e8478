-- Personalizes the copy of the golden database: the administrator, the publishable key, the name. One transaction; a value that was
-- written before is not written again.
\getenv database_name DATABASE_NAME
\connect :"database_name"

SELECT to_regclass('shopflow.personal') IS NOT NULL AS golden \gset
\if :golden
\getenv admin_email ADMIN_EMAIL
\getenv admin_password_hash ADMIN_PASSWORD_HASH
\getenv publishable_key PUBLISHABLE_KEY
\getenv store_name STORE_NAME
\getenv database_user DATABASE_USER

-- Medusa notes a title that the platform gives the shop while it sells.
GRANT USAGE ON SCHEMA shopflow TO :"database_user";
GRANT SELECT, UPDATE (digest) ON shopflow.personal TO :"database_user";

BEGIN;

CREATE TEMPORARY TABLE changed ON COMMIT DROP AS
SELECT item, row_id, value, encode(sha256(convert_to(value, 'UTF8')), 'hex') AS digest
FROM shopflow.personal
JOIN (
  VALUES
    ('email', :'admin_email'),
    ('password', :'admin_password_hash'),
    ('key', :'publishable_key'),
    ('name', :'store_name')
) AS wanted (item, value) USING (item)
WHERE personal.digest <> encode(sha256(convert_to(value, 'UTF8')), 'hex');

-- An address that another administrator of the store uses by now is not taken from them.
DELETE FROM changed WHERE item = 'email' AND EXISTS (
  SELECT FROM "user" WHERE email = changed.value AND id <> changed.row_id AND deleted_at IS NULL);

UPDATE "user" SET email = value FROM changed WHERE item = 'email' AND id = row_id;
UPDATE provider_identity SET entity_id = value FROM changed
WHERE item = 'email' AND id = (SELECT row_id FROM shopflow.personal WHERE item = 'password');
UPDATE provider_identity SET provider_metadata = jsonb_build_object('password', value) FROM changed
WHERE item = 'password' AND id = row_id;
UPDATE api_key SET token = value, redacted = left(value, 6) || '***' || right(value, 3) FROM changed
WHERE item = 'key' AND id = row_id;
UPDATE store SET name = value FROM changed WHERE item = 'name' AND id = row_id;

UPDATE shopflow.personal SET digest = changed.digest FROM changed WHERE changed.item = personal.item;

COMMIT;
\endif
