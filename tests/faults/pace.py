"""How long faults last: as long as an owner may meet them, or FACTOR times shorter."""

from dataclasses import dataclass

FACTOR = 60
# What no factor shortens: a log-in, a start of the process, a commit, on a machine that has more to do.
SLACK_SECONDS = 10.0
# Less than this no fault lasts: it must be seen before it is over.
LEAST_SECONDS = 4.0


@dataclass(frozen=True)
class Pace:
    """`factor` is 1 in the full form."""

    factor: int

    @property
    def full(self) -> bool:
        return self.factor == 1

    def lasting(self, seconds: float) -> float:
        """How long a fault lasts that lasts `seconds` in the full form."""
        return max(seconds / self.factor, LEAST_SECONDS)

    def wait(self, seconds: float) -> float:
        """How long a wait of the scraper's takes that is `seconds` in the full form."""
        return seconds / self.factor

    @property
    def silence_seconds(self) -> int:
        return 180 // self.factor

    @property
    def probe_seconds(self) -> int:
        return max(30 // self.factor, 1)


FULL = Pace(1)
SHORT = Pace(FACTOR)
