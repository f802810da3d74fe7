-- Answers that are given again when a request is repeated with its Idempotency-Key.
CREATE TABLE idempotency (
  account_id BLOB NOT NULL,
  idempotency_key TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  etag TEXT,
  at BIGINT NOT NULL,
  PRIMARY KEY (account_id, idempotency_key)
) WITHOUT ROWID;
