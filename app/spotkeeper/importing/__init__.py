"""Spots of former times: from the old system's tables, logs, CSV files and the days of the RBN."""
