"""From the nodes' sockets to PostgreSQL: session, spool, writer, service."""
