-- Which of the spots somebody follows live. The dashboard writes it down when a stream begins, the notifier publishes
-- what fits on the channel of that name.
CREATE TABLE followed (
    channel text        PRIMARY KEY COLLATE "C",
    wanted  text        NOT NULL,                 -- the search in JSON
    until   timestamptz NOT NULL                  -- nobody can still be listening after this
);

GRANT SELECT, INSERT, UPDATE, DELETE ON followed TO dashboard;
GRANT SELECT ON followed TO notifier;
-- What the telnet port is asked about the past.
GRANT SELECT ON hours, dxcc_hours, calls, solar TO notifier;
