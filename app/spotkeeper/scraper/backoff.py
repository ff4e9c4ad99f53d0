"""How long to wait before a node is called again, as its sysop wants it."""

import random
from dataclasses import dataclass

from spotkeeper.scraper.dialect import EndReason, Refusal

FIRST_SECONDS = 10.0
MOST_SECONDS = 300.0
QUICK_SECONDS = 1.0
# After so many refusals in a row the next one is taken for an answer, and asked again by the hour only.
REFUSALS_BEFORE_TAKEN = 3
REFUSED_SECONDS = 3600.0
# A wrong password does not become right by itself.
PASSWORD_SECONDS = 86_400.0
HEALTHY_SECONDS = 60.0


@dataclass
class Backoff:
    """Of one node: grows from 10 s to 5 min, and starts anew after a spot or a minute of session."""

    _next: float = FIRST_SECONDS
    _refusals: int = 0

    @property
    def given_up(self) -> bool:
        """Whether the node has refused so often that it is asked only now and then."""
        return self._refusals > REFUSALS_BEFORE_TAKEN

    def after(
        self, reason: EndReason, session_seconds: float, spots: int, refusal: Refusal | None = None
    ) -> float:
        """Seconds to wait, with jitter, after a session that ended for `reason`; 0 s when there was none."""
        # A session that only waited for its death is no healthy one, however long that took.
        healthy = session_seconds >= HEALTHY_SECONDS and (spots > 0 or reason != "silent")
        if healthy or spots:
            self._next = FIRST_SECONDS
            self._refusals = 0
        if reason in ("refused", "bumped"):
            self._refusals += 1
            wait = MOST_SECONDS
            if self.given_up:
                wait = PASSWORD_SECONDS if refusal == "password" else REFUSED_SECONDS
        elif healthy:
            wait = QUICK_SECONDS
        else:
            wait = self._next
            self._next = min(2 * wait, MOST_SECONDS)
        return wait * random.uniform(1, 1.5)  # noqa: S311
