-- Answers that are given again when a request is repeated with its Idempotency-Key.
CREATE TABLE idempotency (
  account_id UUID NOT NULL,
  idempotency_key TEXT COLLATE "C" NOT NULL,
  request_hash BYTEA NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  etag TEXT,
  at BIGINT NOT NULL,
  PRIMARY KEY (account_id, idempotency_key)
);
