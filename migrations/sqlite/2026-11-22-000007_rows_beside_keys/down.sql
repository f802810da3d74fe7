ALTER TABLE audit RENAME TO old_audit;
ALTER TABLE removed_users RENAME TO old_removed_users;
ALTER TABLE user_emails RENAME TO old_user_emails;
ALTER TABLE memberships RENAME TO old_memberships;
ALTER TABLE users RENAME TO old_users;

CREATE TABLE users (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  connection_id BLOB NOT NULL,
  user_name_key TEXT NOT NULL,
  external_id TEXT,
  display_name_key TEXT,
  active BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  last_modified BIGINT NOT NULL,
  body TEXT NOT NULL,
  search TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'active',
  organization_id BLOB,
  organization_origin TEXT NOT NULL DEFAULT 'fallback',
  username_key TEXT,
  grants TEXT NOT NULL DEFAULT '[]',
  direct_admin BOOLEAN NOT NULL DEFAULT FALSE,
  is_admin BOOLEAN NOT NULL DEFAULT FALSE,
  previous_user_id BLOB,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
INSERT INTO users
  SELECT account_id, id, connection_id, user_name_key, external_id, display_name_key, active, version, last_modified, body,
    search, status, organization_id, organization_origin, username_key, grants, direct_admin, is_admin, previous_user_id
  FROM old_users;

CREATE TABLE user_emails (
  account_id BLOB NOT NULL,
  user_id BLOB NOT NULL,
  position INTEGER NOT NULL,
  value_key TEXT,
  type_key TEXT,
  display_key TEXT,
  is_primary TEXT,
  PRIMARY KEY (account_id, user_id, position),
  FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
INSERT INTO user_emails SELECT * FROM old_user_emails;
DROP TABLE old_user_emails;
CREATE INDEX user_emails_by_value ON user_emails(account_id, value_key, user_id, is_primary, position);

CREATE TABLE memberships (
  account_id BLOB NOT NULL,
  group_id BLOB NOT NULL,
  user_id BLOB NOT NULL,
  is_primary BOOLEAN NOT NULL,
  group_admin BOOLEAN NOT NULL,
  can_send BOOLEAN NOT NULL,
  origins TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (account_id, user_id, group_id),
  FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
INSERT INTO memberships SELECT * FROM old_memberships;
DROP TABLE old_memberships;
CREATE INDEX memberships_by_group ON memberships(
  account_id, group_id, user_id, is_primary, group_admin, can_send, origins, since
);
CREATE UNIQUE INDEX memberships_primary ON memberships(account_id, user_id) WHERE is_primary = TRUE;

DROP TABLE old_users;
CREATE UNIQUE INDEX users_by_user_name ON users(account_id, user_name_key);
CREATE UNIQUE INDEX users_by_external_id ON users(account_id, external_id, connection_id);
CREATE INDEX users_by_last_modified ON users(account_id, last_modified, id);
CREATE INDEX users_inactive ON users(account_id, id) WHERE active = FALSE;
CREATE INDEX users_by_organization ON users(account_id, organization_id, id);
CREATE INDEX users_invited ON users(account_id, status, id) WHERE status = 'invited';
CREATE INDEX users_by_employee_number ON users(
  account_id, connection_id,
  substr((search->'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'->>'employeeNumber'), 1, 100), id
) WHERE (search->'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'->>'employeeNumber') IS NOT NULL;
CREATE INDEX users_by_display_name ON users(account_id, display_name_key);
CREATE UNIQUE INDEX users_by_username ON users(account_id, organization_id, username_key);
CREATE INDEX users_admins ON users(account_id, is_admin, status, organization_id, id);

CREATE TABLE removed_users (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  connection_id BLOB NOT NULL,
  user_name_key TEXT NOT NULL,
  external_id TEXT,
  version BIGINT NOT NULL,
  removed_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
INSERT INTO removed_users SELECT * FROM old_removed_users;
DROP TABLE old_removed_users;
CREATE INDEX removed_users_by_user_name ON removed_users(account_id, user_name_key, id);

CREATE TABLE audit (
  account_id BLOB NOT NULL,
  id BLOB NOT NULL,
  actor TEXT NOT NULL,
  request_id TEXT NOT NULL,
  connection_id BLOB,
  action TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  changes TEXT NOT NULL,
  why TEXT,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
INSERT INTO audit SELECT * FROM old_audit;
DROP TABLE old_audit;
CREATE INDEX audit_by_subject ON audit(account_id, subject_id, id);
