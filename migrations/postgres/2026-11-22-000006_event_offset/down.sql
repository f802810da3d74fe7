DROP SEQUENCE event_offset;
