-- Each start of the scraper and each import used up a number for every node and place that had one already, and there are
-- 32,767 of them. They go on behind the last one that is in use.

SELECT setval(pg_get_serial_sequence('nodes', 'id'), coalesce(max(id), 0) + 1, false) FROM nodes;
SELECT setval(pg_get_serial_sequence('places', 'id'), coalesce(max(id), 0) + 1, false) FROM places;
