-- Grafana's database user: reads what the Station dashboard shows, and nothing of the accounts.

GRANT USAGE ON SCHEMA public TO grafana;
GRANT SELECT ON spots, solar, unparsed_lines TO grafana;
