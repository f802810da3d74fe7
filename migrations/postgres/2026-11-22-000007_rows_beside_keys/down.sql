DROP INDEX users_by_display_name;
DROP INDEX users_by_username;
DROP INDEX users_admins;
CREATE INDEX users_by_display_name ON users(account_id, display_name_key);
CREATE UNIQUE INDEX users_by_username ON users(account_id, organization_id, username_key);
CREATE INDEX users_admins ON users(account_id, is_admin, status, organization_id, id);
