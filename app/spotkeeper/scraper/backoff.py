"""How long to wait before a node is called again, as its sysop wants it."""

import random
from dataclasses import dataclass

from spotkeeper.scraper.dialect import EndReason

FIRST_SECONDS = 10.0
MOST_SECONDS = 300.0
QUICK_SECONDS = 1.0
REFUSED_SECONDS = 3600.0
# So many refusals in a row are taken for an answer, and asked again by the hour only.
REFUSALS_TAKEN = 3
HEALTHY_SECONDS = 60.0


@dataclass
class Backoff:
    """Of one node: grows from 10 s to 5 min, and starts anew after a spot or a minute of session."""

    _next: float = FIRST_SECONDS
    _refusals: int = 0

    def after(self, reason: EndReason, session_seconds: float, spots: int) -> float:
        """Seconds to wait, with jitter, after a session that ended for `reason`; 0 s when there was none."""
        healthy = session_seconds >= HEALTHY_SECONDS
        if healthy or spots:
            self._next = FIRST_SECONDS
            self._refusals = 0
        if reason in ("refused", "bumped"):
            self._refusals += 1
            wait = MOST_SECONDS if self._refusals < REFUSALS_TAKEN else REFUSED_SECONDS
        elif healthy:
            wait = QUICK_SECONDS
        else:
            wait = self._next
            self._next = min(2 * wait, MOST_SECONDS)
        return wait * random.uniform(1, 1.5)  # noqa: S311
