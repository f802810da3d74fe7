-- Another number whenever something has changed that decides who may come and as whom: the account, its connections, or
-- its tokens. Who was here before is confirmed by this alone. The database changes it, so that no way of changing the
-- others can miss it; a random number does not come again, also when an older copy of the database is put back.
ALTER TABLE accounts ADD COLUMN access_mark BIGINT NOT NULL DEFAULT 0;

CREATE TRIGGER accounts_change_access AFTER UPDATE OF
    name, name_key, preset, policies, roles, version, default_organization_id, default_group_id ON accounts
BEGIN
    UPDATE accounts SET access_mark = random() WHERE id = NEW.id;
END;

CREATE TRIGGER connections_change_access AFTER UPDATE ON connections
BEGIN
    UPDATE accounts SET access_mark = random() WHERE id = OLD.account_id;
END;

CREATE TRIGGER connections_end_access AFTER DELETE ON connections
BEGIN
    UPDATE accounts SET access_mark = random() WHERE id = OLD.account_id;
END;

-- To be used is no change.
CREATE TRIGGER tokens_change_access AFTER UPDATE OF
    hash, id, account_id, connection_id, created_at, expires_at, revoked_at, user_id, replaced_by ON tokens
BEGIN
    UPDATE accounts SET access_mark = random() WHERE id = OLD.account_id;
END;

CREATE TRIGGER tokens_end_access AFTER DELETE ON tokens
BEGIN
    UPDATE accounts SET access_mark = random() WHERE id = OLD.account_id;
END;
