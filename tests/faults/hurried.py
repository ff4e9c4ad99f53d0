"""`spotkeeper` that waits FACTOR times shorter before it calls a node again: `hurried.py FACTOR ARGUMENT...`.

The waits are a matter of manners towards sysops, so no setting shortens them.
"""

import sys
from typing import Any

from spotkeeper.cli import main
from spotkeeper.scraper.backoff import Backoff

if __name__ == "__main__":
    factor = float(sys.argv[1])
    after = Backoff.after

    def hurried(self: Backoff, reason: Any, session_seconds: float, *others: Any) -> float:
        return after(self, reason, session_seconds * factor, *others) / factor

    Backoff.after = hurried  # type: ignore[assignment,method-assign]
    main(sys.argv[2:])
