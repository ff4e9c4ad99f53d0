"""The time in which a node was not heard, and what of it the node could still tell."""

from typing import Literal

import msgspec

from spotkeeper.scraper.dialect import EndReason


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Spooled as JSON under the kind "gap"; `began` and `ended` are Unix seconds by the node's clock.

    `asked` and `answered` are spots of history, both 0 where the node keeps none; `unrepaired_seconds` is the
    part at the beginning that the answer does not reach back to.
    """

    began: float
    ended: float
    reason: EndReason | Literal["restart"]
    asked: int
    answered: int
    unrepaired_seconds: float
