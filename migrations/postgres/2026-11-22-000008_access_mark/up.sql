-- Another number whenever something has changed that decides who may come and as whom: the account, its connections, or
-- its tokens. Who was here before is confirmed by this alone. The database changes it, so that no way of changing the
-- others can miss it; a random number does not come again, also when an older copy of the database is put back.
ALTER TABLE accounts ADD COLUMN access_mark BIGINT NOT NULL DEFAULT 0;

CREATE FUNCTION new_access_mark() RETURNS BIGINT LANGUAGE SQL VOLATILE AS $$
    SELECT (random() * 9007199254740991)::bigint
$$;

CREATE FUNCTION change_access_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.access_mark := new_access_mark();
    RETURN NEW;
END
$$;

CREATE FUNCTION change_access() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE accounts SET access_mark = new_access_mark() WHERE id = OLD.account_id;
    RETURN NULL;
END
$$;

CREATE TRIGGER accounts_change_access BEFORE UPDATE OF
    name, name_key, preset, policies, roles, version, default_organization_id, default_group_id ON accounts
    FOR EACH ROW EXECUTE FUNCTION change_access_of_account();

CREATE TRIGGER connections_change_access AFTER UPDATE OR DELETE ON connections
    FOR EACH ROW EXECUTE FUNCTION change_access();

-- To be used is no change.
CREATE TRIGGER tokens_change_access AFTER DELETE OR UPDATE OF
    hash, id, account_id, connection_id, created_at, expires_at, revoked_at, user_id, replaced_by ON tokens
    FOR EACH ROW EXECUTE FUNCTION change_access();
