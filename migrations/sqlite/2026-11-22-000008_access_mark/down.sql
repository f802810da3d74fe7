DROP TRIGGER tokens_end_access;
DROP TRIGGER tokens_change_access;
DROP TRIGGER connections_end_access;
DROP TRIGGER connections_change_access;
DROP TRIGGER accounts_change_access;
ALTER TABLE accounts DROP COLUMN access_mark;
