-- What identity providers asked and what became of it. Entries are written all the time and hardly ever read, so there is
-- no index but the key: `id` is the id of the request and begins with its time.

-- `size` stands before the long columns: retention reads it and nothing behind it.
CREATE TABLE provisioning_log (
  account_id UUID NOT NULL,
  connection_id UUID NOT NULL,
  id UUID NOT NULL,
  size BIGINT NOT NULL,
  status INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  micros BIGINT NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  query TEXT,
  filter TEXT,
  resource_type TEXT,
  resource_id TEXT,
  user_agent TEXT,
  credential_id UUID NOT NULL,
  client_address TEXT,
  scim_type TEXT,
  code TEXT,
  detail TEXT,
  quirks TEXT NOT NULL,
  changes TEXT NOT NULL,
  body_bytes BIGINT NOT NULL,
  body_cut BOOLEAN NOT NULL,
  body TEXT,
  failures TEXT,
  PRIMARY KEY (account_id, connection_id, id)
);

-- How much each connection has in the log, so that retention reads no entry that stays.
CREATE TABLE provisioning_log_totals (
  account_id UUID NOT NULL,
  connection_id UUID NOT NULL,
  bytes BIGINT NOT NULL,
  PRIMARY KEY (account_id, connection_id)
);
