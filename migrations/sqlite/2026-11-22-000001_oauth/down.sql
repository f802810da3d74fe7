DROP INDEX tokens_by_expiry;
ALTER TABLE tokens DROP COLUMN replaced_by;
DROP TABLE signing_keys;
DROP TABLE used_assertions;
DROP TABLE trusted_issuers;
DROP TABLE oauth_secrets;
DROP TABLE oauth_clients;
