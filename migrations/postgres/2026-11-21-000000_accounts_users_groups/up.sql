-- Identifiers are UUIDs of version 7 in 16 bytes; times are milliseconds since 1970. A `_key` column holds the text
-- that comparisons and uniqueness use: folded by the program, because databases disagree on lower('É').
-- Every table of an account leads its primary key with the account: no index serves two accounts.

CREATE TABLE accounts (
  id UUID NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT COLLATE "C" NOT NULL CONSTRAINT accounts_by_name UNIQUE,
  preset TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE connections (
  account_id UUID NOT NULL REFERENCES accounts(id),
  id UUID NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT COLLATE "C" NOT NULL,
  dialect TEXT NOT NULL,
  role_ceiling TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX connections_by_name ON connections(account_id, name_key);

-- A credential is found by the hash of what the client sends; the plain text is nowhere.
CREATE TABLE tokens (
  hash BYTEA NOT NULL PRIMARY KEY,
  id UUID NOT NULL CONSTRAINT tokens_by_id UNIQUE,
  account_id UUID NOT NULL,
  connection_id UUID NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  revoked_at BIGINT,
  last_used_at BIGINT,
  FOREIGN KEY (account_id, connection_id) REFERENCES connections(account_id, id)
);
CREATE INDEX tokens_by_connection ON tokens(account_id, connection_id);

CREATE TABLE admin_keys (
  hash BYTEA NOT NULL PRIMARY KEY,
  id UUID NOT NULL CONSTRAINT admin_keys_by_id UNIQUE,
  account_id UUID NOT NULL REFERENCES accounts(id),
  created_at BIGINT NOT NULL,
  revoked_at BIGINT,
  last_used_at BIGINT
);
CREATE INDEX admin_keys_by_account ON admin_keys(account_id);

-- When a resource was created stands in its id. `body` is what a client reads, without what others decide (groups,
-- address, version); `search` holds the folded values of attributes that have no column of their own.
-- No foreign key to accounts and connections: on PostgreSQL every insert would lock the same row.
CREATE TABLE users (
  account_id UUID NOT NULL,
  id UUID NOT NULL,
  connection_id UUID NOT NULL,
  user_name_key TEXT COLLATE "C" NOT NULL,
  external_id TEXT COLLATE "C",
  display_name_key TEXT COLLATE "C",
  active BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  last_modified BIGINT NOT NULL,
  body TEXT NOT NULL,
  search JSONB NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX users_by_user_name ON users(account_id, user_name_key);
CREATE UNIQUE INDEX users_by_external_id ON users(account_id, external_id, connection_id);
CREATE INDEX users_by_display_name ON users(account_id, display_name_key);
CREATE INDEX users_by_last_modified ON users(account_id, last_modified, id);
CREATE INDEX users_inactive ON users(account_id, id) WHERE active = FALSE;

CREATE TABLE user_emails (
  account_id UUID NOT NULL,
  user_id UUID NOT NULL,
  position INTEGER NOT NULL,
  value_key TEXT COLLATE "C",
  type_key TEXT COLLATE "C",
  display_key TEXT COLLATE "C",
  is_primary TEXT,
  PRIMARY KEY (account_id, user_id, position),
  FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id) ON DELETE CASCADE
);
CREATE INDEX user_emails_by_value ON user_emails(account_id, value_key, user_id);

CREATE TABLE groups (
  account_id UUID NOT NULL,
  id UUID NOT NULL,
  connection_id UUID NOT NULL,
  display_name TEXT NOT NULL,
  display_name_key TEXT COLLATE "C" NOT NULL,
  external_id TEXT COLLATE "C",
  member_count BIGINT NOT NULL,
  version BIGINT NOT NULL,
  last_modified BIGINT NOT NULL,
  body TEXT NOT NULL,
  search JSONB NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX groups_by_display_name ON groups(account_id, display_name_key);
CREATE UNIQUE INDEX groups_by_external_id ON groups(account_id, external_id, connection_id);
CREATE INDEX groups_by_last_modified ON groups(account_id, last_modified, id);

CREATE TABLE memberships (
  account_id UUID NOT NULL,
  group_id UUID NOT NULL,
  user_id UUID NOT NULL,
  PRIMARY KEY (account_id, group_id, user_id),
  FOREIGN KEY (account_id, group_id) REFERENCES groups(account_id, id) ON DELETE CASCADE,
  FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id) ON DELETE CASCADE
);
CREATE INDEX memberships_by_user ON memberships(account_id, user_id, group_id);

-- How many users and groups an account has, and how often one was removed: the first answers totalResults, the
-- second tells whether remembered places in a list still hold. Several rows each, because one would be a hot spot.
CREATE TABLE totals (
  account_id UUID NOT NULL,
  kind TEXT NOT NULL,
  shard INTEGER NOT NULL,
  live BIGINT NOT NULL,
  removed BIGINT NOT NULL,
  PRIMARY KEY (account_id, kind, shard)
);

-- Secrets that all replicas share, made by the first one that starts.
CREATE TABLE secrets (
  name TEXT NOT NULL PRIMARY KEY,
  value BYTEA NOT NULL
);
