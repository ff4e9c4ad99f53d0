"""What the notifier says about itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

DELAY_BUCKETS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)


class Metrics:
    """The metrics `spotkeeper_notifier_…` in `registry`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.spots_published = Counter(
            "spotkeeper_notifier_spots_published_total", "Spots handed to nchan.", registry=registry
        )
        self.spots_skipped = Counter(
            "spotkeeper_notifier_spots_skipped_total",
            "Spots never published: refused by nchan, or too many were waiting.",
            registry=registry,
        )
        self.publish_failures = Counter(
            "spotkeeper_notifier_publish_failures_total",
            "Attempts to publish that failed.",
            registry=registry,
        )
        self.delay = Histogram(
            "spotkeeper_notifier_delay_seconds",
            "From the line read at the socket to the spot published.",
            buckets=DELAY_BUCKETS,
            registry=registry,
        )
        self.database_up = Gauge(
            "spotkeeper_notifier_database_up", "1 while listening to PostgreSQL.", registry=registry
        )
