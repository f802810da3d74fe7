DROP TABLE scheduled_changes;
DROP TABLE idempotency;
DROP TABLE events;
DROP TABLE audit;
DELETE FROM totals WHERE kind IN ('organization', 'settings_set');
CREATE TABLE memberships_without_flags (
  account_id UUID NOT NULL,
  group_id UUID NOT NULL,
  user_id UUID NOT NULL,
  PRIMARY KEY (account_id, group_id, user_id),
  FOREIGN KEY (account_id, group_id) REFERENCES groups(account_id, id) ON DELETE CASCADE,
  FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id) ON DELETE CASCADE
);
DELETE FROM groups WHERE is_default = TRUE;
INSERT INTO memberships_without_flags
  SELECT account_id, group_id, user_id FROM memberships m
  WHERE EXISTS (SELECT 1 FROM groups g WHERE g.account_id = m.account_id AND g.id = m.group_id);
DROP TABLE memberships;
ALTER TABLE memberships_without_flags RENAME TO memberships;
CREATE INDEX memberships_by_user ON memberships(account_id, user_id, group_id);
DROP INDEX groups_default;
ALTER TABLE groups DROP COLUMN grants_admin;
ALTER TABLE groups DROP COLUMN roles;
ALTER TABLE groups DROP COLUMN archived;
ALTER TABLE groups DROP COLUMN is_default;
DROP TABLE removed_users;
DROP INDEX user_emails_by_value;
CREATE INDEX user_emails_by_value ON user_emails(account_id, value_key, user_id);
DROP INDEX users_admins;
DROP INDEX users_invited;
DROP INDEX users_by_organization;
DROP INDEX users_by_username;
ALTER TABLE users DROP COLUMN previous_user_id;
ALTER TABLE users DROP COLUMN is_admin;
ALTER TABLE users DROP COLUMN direct_admin;
ALTER TABLE users DROP COLUMN grants;
ALTER TABLE users DROP COLUMN username_key;
ALTER TABLE users DROP COLUMN organization_origin;
ALTER TABLE users DROP COLUMN organization_id;
ALTER TABLE users DROP COLUMN status;
DROP TABLE organizations;
DROP TABLE settings_sets;
ALTER TABLE admin_keys DROP COLUMN user_id;
ALTER TABLE tokens DROP COLUMN user_id;
ALTER TABLE connections DROP COLUMN version;
ALTER TABLE connections DROP COLUMN rules;
ALTER TABLE connections DROP COLUMN settings;
ALTER TABLE accounts DROP COLUMN default_group_id;
ALTER TABLE accounts DROP COLUMN default_organization_id;
ALTER TABLE accounts DROP COLUMN version;
ALTER TABLE accounts DROP COLUMN roles;
ALTER TABLE accounts DROP COLUMN policies;
