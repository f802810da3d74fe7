DROP TRIGGER tokens_change_access ON tokens;
DROP TRIGGER connections_change_access ON connections;
DROP TRIGGER accounts_change_access ON accounts;
DROP FUNCTION change_access();
DROP FUNCTION change_access_of_account();
DROP FUNCTION new_access_mark();
ALTER TABLE accounts DROP COLUMN access_mark;
