-- The number of an event begins with that of its transaction. Restored into another cluster a database finds transactions
-- numbered lower, so a server adds this, and raises it when it starts and finds events above.
CREATE SEQUENCE event_offset MINVALUE 0 START 0;
