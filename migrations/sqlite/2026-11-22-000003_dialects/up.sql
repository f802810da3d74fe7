-- What clients send otherwise than the RFCs say, counted for each connection.
CREATE TABLE connection_quirks (
  account_id BLOB NOT NULL,
  connection_id BLOB NOT NULL,
  name TEXT NOT NULL,
  first_seen BIGINT NOT NULL,
  last_seen BIGINT NOT NULL,
  count BIGINT NOT NULL,
  sample TEXT NOT NULL,
  PRIMARY KEY (account_id, connection_id, name)
) WITHOUT ROWID;

-- A connection that takes a POST for a known user as an update finds him by his employee number, too. Of a long number
-- only the beginning is indexed.
CREATE INDEX users_by_employee_number ON users(
  account_id, connection_id,
  substr((search->'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'->>'employeeNumber'), 1, 100), id
) WHERE (search->'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'->>'employeeNumber') IS NOT NULL;

-- What nobody chose is from now on chosen by the dialect. Settings that said no more than the default were written along
-- with others.
UPDATE connections SET settings = replace(replace(replace(settings,
  '"onConflict":"refuse",', ''), '"unknownMembers":"reject",', ''), '"attributes":"lenient",', '');
