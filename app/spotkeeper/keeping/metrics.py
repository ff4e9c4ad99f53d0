"""What `spotkeeper keep` leaves for Prometheus: a file that the node exporter serves."""

from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from spotkeeper.keeping.storage import Storage


def write(file: Path, storage: Storage, months_ahead: int) -> None:
    """Replace the file at once. Raises OSError when its directory takes none."""
    registry = CollectorRegistry()

    def gauge(name: str, help: str, value: float | None) -> None:
        if value is not None:
            Gauge(name, help, registry=registry).set(value)

    gauge(
        "spotkeeper_keep_last_success_timestamp_seconds",
        "When spotkeeper keep last did all it had to.",
        storage.last_keep.timestamp() if storage.last_keep else None,
    )
    gauge("spotkeeper_keep_months_ahead", "Months after this one that have partitions.", months_ahead)
    gauge(
        "spotkeeper_keep_months_shortened",
        "Months dropped for want of room that the policy would have kept.",
        len(storage.shortened),
    )
    gauge(
        "spotkeeper_keep_lacking_bytes",
        "What should be free on the disk besides, with no month left that may be dropped.",
        storage.lacking_bytes,
    )
    gauge("spotkeeper_database_bytes", "Size of the database.", storage.database_bytes)
    gauge("spotkeeper_database_disk_bytes", "Size of its disk.", storage.disk_bytes)
    gauge("spotkeeper_database_disk_free_bytes", "Free on its disk.", storage.free_bytes)
    gauge("spotkeeper_database_disk_wanted_free_bytes", "What shall be free.", storage.wanted_free_bytes)
    stored = Gauge(
        "spotkeeper_stored_bytes", "Spots with their indexes, on disk.", ["source"], registry=registry
    )
    for source in ("human", "machine"):
        stored.labels(source).set(
            sum(month.table_bytes + month.index_bytes for month in storage.months if month.source == source)
        )
    write_to_textfile(str(file), registry)
