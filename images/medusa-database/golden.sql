-- Completes the golden database: no traces of the build, no secrets, and a note of what each store changes in its copy.
DELETE FROM workflow_execution;
-- Each store sets its own before its database accepts connections. Until then no password fits, and the key is known to everyone.
UPDATE provider_identity SET provider_metadata = '{"password": "*"}';
UPDATE api_key SET token = 'pk_' || repeat('0', 64), redacted = 'pk_000***000' WHERE type = 'publishable';

-- What a store personalizes: which row, and the digest of what was written there last ('' is: nothing yet). A store's own
-- later changes (a new password, a new name) are kept, because a value is written only when the wanted one has changed.
CREATE SCHEMA shopflow;
CREATE TABLE shopflow.personal (
  item text PRIMARY KEY,
  row_id text NOT NULL,
  digest text NOT NULL DEFAULT ''
);
INSERT INTO shopflow.personal (item, row_id) SELECT 'email', id FROM "user";
INSERT INTO shopflow.personal (item, row_id) SELECT 'password', id FROM provider_identity;
INSERT INTO shopflow.personal (item, row_id) SELECT 'key', id FROM api_key WHERE type = 'publishable';
INSERT INTO shopflow.personal (item, row_id) SELECT 'name', id FROM store;
