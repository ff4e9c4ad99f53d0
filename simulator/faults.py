"""How a node can misbehave."""

import math
from dataclasses import dataclass

KINDS = {
    "none": "behave",
    "silent": "accept connections and send nothing, keep open ones open",
    "half": "go through the login, then send nothing",
    "close": "end each session after SECONDS (close:SECONDS, default 5)",
    "reset": "send half a spot, then reset the connection",
    "refuse": "end all sessions and refuse every log-in (refuse:invalid, registered, elsewhere, locked)",
    "garbage": "put a line of random bytes before every spot",
    "slow-prompt": "send the login prompt a byte at a time (slow-prompt:SECONDS in all, default 2)",
    "banner-trap": "send a banner with the words login, call and password before the prompt",
    "iac": "send telnet negotiation within the prompt and before every spot",
    "flood": "after the login send 10 MB without a newline",
}
_SECONDS = {"close": 5.0, "slow-prompt": 2.0}
REFUSALS = {
    "invalid": "Sorry {call} is an invalid callsign",
    "registered": "Sorry, you need to be registered",
    "elsewhere": "Sorry {call} you are connected to me on another port",
    "locked": "",
}
BANNER_TRAP = (
    "Welcome! To login: enter your callsign. Do not enter a password here.",
    "login: is asked below, password: only of registered users",
    "Please enter your call: after this banner",
    "",
)
IAC_BEFORE_PROMPT = b"\xff\xfb\x01\xff\xfb\x03\xff\xfd\x18\xff\xfa\x18\x01\xff\xf0"
IAC_WITHIN = b"\xff\xfd\x1f\xff\xf1"
FLOOD_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of misbehaviour; `seconds` and `refusal` matter to the kinds that have them."""

    kind: str = "none"
    seconds: float = 0.0
    refusal: str = "registered"

    @classmethod
    def read(cls, text: str) -> "Fault":
        """A fault from `KIND` or `KIND:VALUE`. Raises ValueError with a sentence that says what is wrong."""
        kind, colon, value = text.partition(":")
        if kind not in KINDS:
            raise ValueError(f"misbehaviour {kind!r} is not one of {', '.join(KINDS)}")
        if not colon:
            return cls(kind, _SECONDS.get(kind, 0.0))
        if kind == "refuse" and value in REFUSALS:
            return cls(kind, refusal=value)
        if kind == "refuse":
            raise ValueError(f"refusal {value!r} is not one of {', '.join(REFUSALS)}")
        if kind not in _SECONDS:
            raise ValueError(f"misbehaviour {kind!r} takes no value, but {value!r} was given")
        return cls(kind, read_number(value, f"seconds of {kind}"))

    @property
    def mute(self) -> bool:
        return self.kind in ("silent", "half")

    def __str__(self) -> str:
        if self.kind == "refuse":
            return f"{self.kind}:{self.refusal}"
        return f"{self.kind}:{self.seconds:g}" if self.kind in _SECONDS else self.kind


def read_number(text: str, name: str) -> float:
    """A finite number from 0 up. Raises ValueError with a sentence that names it."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise ValueError(f"{name} must be a number from 0 up, not {text!r}")
    return number
