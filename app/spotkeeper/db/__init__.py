"""The database: connections, migrations and every SQL query, by table."""
