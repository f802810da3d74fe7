-- Hardly anybody is an administrator, and not everybody has a username: an index of those alone costs the others nothing.
DROP INDEX users_by_display_name;
DROP INDEX users_by_username;
DROP INDEX users_admins;
CREATE INDEX users_by_display_name ON users(account_id, display_name_key, id);
CREATE UNIQUE INDEX users_by_username ON users(account_id, organization_id, username_key) WHERE username_key IS NOT NULL;
CREATE INDEX users_admins ON users(account_id, status, organization_id, id) WHERE is_admin;
