-- For PostgreSQL only: here the number of an event is one more than the highest.
SELECT 1;
