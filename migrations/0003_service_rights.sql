-- What each service may do, and nothing more. The roles themselves are made by the postgresql role of the
-- playbook; the schema belongs to `owner`, under which `spotkeeper migrate` runs.

REVOKE ALL ON SCHEMA public FROM PUBLIC;
DO $$ BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO scraper, dashboard, notifier, exporter', current_database());
    -- The staging table.
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO scraper', current_database());
END $$;
GRANT USAGE ON SCHEMA public TO scraper, dashboard, notifier;

-- SELECT is what ON CONFLICT and RETURNING need.
GRANT SELECT, INSERT ON spots, solar TO scraper;
GRANT SELECT, INSERT, DELETE ON unparsed_lines TO scraper;
GRANT EXECUTE ON FUNCTION ensure_spots_partition TO scraper;

GRANT SELECT ON spots TO notifier;

GRANT SELECT ON spots, solar, users TO dashboard;
GRANT UPDATE (password_hash) ON users TO dashboard;
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_sessions TO dashboard;
GRANT SELECT, INSERT, DELETE ON sign_in_attempts TO dashboard;
GRANT SELECT, INSERT, UPDATE ON user_settings TO dashboard;
