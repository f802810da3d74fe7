DROP INDEX users_by_employee_number;
DROP TABLE connection_quirks;
-- What had no value has the same default there; null is not known there.
UPDATE connections SET settings = replace(replace(replace(settings,
  '"onConflict":null,', ''), '"unknownMembers":null,', ''), '"attributes":null,', '');
