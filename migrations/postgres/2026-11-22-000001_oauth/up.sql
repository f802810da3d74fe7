-- OAuth: clients of connections with their secrets, issuers whose tokens are believed, assertions that were used, and the
-- keys that sign access tokens.

-- `trust` is JSON that only the program reads: whose assertions the client may show.
CREATE TABLE oauth_clients (
  id UUID NOT NULL PRIMARY KEY,
  account_id UUID NOT NULL,
  connection_id UUID NOT NULL,
  name TEXT NOT NULL,
  trust TEXT,
  trust_version BIGINT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT,
  last_used_at BIGINT,
  FOREIGN KEY (account_id, connection_id) REFERENCES connections(account_id, id)
);
CREATE INDEX oauth_clients_by_connection ON oauth_clients(account_id, connection_id, id);

CREATE TABLE oauth_secrets (
  hash BYTEA NOT NULL PRIMARY KEY,
  id UUID NOT NULL CONSTRAINT oauth_secrets_by_id UNIQUE,
  account_id UUID NOT NULL,
  client_id UUID NOT NULL REFERENCES oauth_clients(id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  revoked_at BIGINT,
  last_used_at BIGINT
);
CREATE INDEX oauth_secrets_by_client ON oauth_secrets(account_id, client_id, id);
CREATE INDEX oauth_secrets_by_expiry ON oauth_secrets(expires_at);

-- A token of the issuer for the audience must not be one of two connections. `subject` is empty for everybody's.
CREATE TABLE trusted_issuers (
  id UUID NOT NULL PRIMARY KEY,
  account_id UUID NOT NULL,
  connection_id UUID NOT NULL,
  issuer TEXT NOT NULL,
  audience TEXT NOT NULL,
  subject TEXT NOT NULL,
  trust TEXT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT,
  last_used_at BIGINT,
  FOREIGN KEY (account_id, connection_id) REFERENCES connections(account_id, id)
);
CREATE INDEX trusted_issuers_by_connection ON trusted_issuers(account_id, connection_id, id);
CREATE UNIQUE INDEX trusted_issuers_live ON trusted_issuers(issuer, audience, subject) WHERE revoked_at IS NULL;

CREATE TABLE used_assertions (
  hash BYTEA NOT NULL PRIMARY KEY,
  expires_at BIGINT NOT NULL
);
CREATE INDEX used_assertions_by_expiry ON used_assertions(expires_at);

-- `created_at` says from when on a key signs and how long its tokens can be around.
CREATE TABLE signing_keys (
  id TEXT NOT NULL PRIMARY KEY,
  private_key BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);

-- The token that was made in its place, while both are good.
ALTER TABLE tokens ADD COLUMN replaced_by UUID;
CREATE INDEX tokens_by_expiry ON tokens(expires_at);
