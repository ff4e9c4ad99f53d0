-- Grafana's database user: reads what the Station dashboard shows, and nothing of the accounts.

DO $$ BEGIN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO grafana', current_database());
END $$;
GRANT USAGE ON SCHEMA public TO grafana;
GRANT SELECT ON spots, solar, unparsed_lines TO grafana;
