"""What the telnet port says about itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class Metrics:
    """The metrics `spotkeeper_node_…` in `registry`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.clients = Gauge("spotkeeper_node_clients", "Connections that are logged in.", registry=registry)
        self.refused = Counter(
            "spotkeeper_node_refused_total",
            "Connections that were not let in, by why.",
            ["reason"],
            registry=registry,
        )
        self.dropped = Counter(
            "spotkeeper_node_dropped_total",
            "Connections that were ended because they did not read what was sent.",
            registry=registry,
        )
        self.spots_told = Counter(
            "spotkeeper_node_spots_told_total", "Spots told to those who follow.", registry=registry
        )
        self.database_up = Gauge(
            "spotkeeper_node_database_up", "1 while listening to PostgreSQL.", registry=registry
        )
