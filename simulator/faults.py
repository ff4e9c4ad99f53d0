"""How a node can misbehave."""

import math
from dataclasses import dataclass

KINDS = {
    "none": "behave",
    "silent": "accept connections and send nothing, keep open ones open",
    "freeze": "the same, and read nothing either, as a process that hangs",
    "half": "go through the login, then send nothing",
    "close": "end each session after SECONDS (close:SECONDS, default 5)",
    "bump": "tell each session after SECONDS that its call has logged in anew (bump:SECONDS, default 0)",
    "reset": "send half a spot, then reset the connection",
    "refuse": "end all sessions and refuse every log-in (refuse:invalid, registered, elsewhere, locked)",
    "garbage": "put a line of random bytes before every spot",
    "random": "put up to 4 KB of any bytes before every spot, line ends and telnet's 255 among them",
    "slow-prompt": "send the login prompt a byte at a time (slow-prompt:SECONDS in all, default 2)",
    "banner-trap": "send a banner with the words login, call and password before the prompt",
    "iac": "send telnet negotiation within the prompt, a byte at a time, and before every spot",
    "flood": "after the login send 10 MB without a newline",
    "late-history": "answer sh/dx SECONDS after the next prompt (late-history:SECONDS, default 2)",
    "no-history": "do not answer sh/dx at all",
}
FOR_A_TIME = "KIND@SECONDS lasts so long, then the node behaves: refuse:registered@600, reset@1"
_SECONDS = {"close": 5.0, "bump": 0.0, "slow-prompt": 2.0, "late-history": 2.0}
REFUSALS = {
    "invalid": "Sorry {call} is an invalid callsign",
    "registered": "Sorry, you need to be registered",
    "elsewhere": "Sorry {call} you are connected to me on another port",
    "locked": "",
}
_REFUSAL = "registered"
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
    """One kind of misbehaviour; `seconds` and `refusal` matter to the kinds that have them.

    It ends after `lasts` seconds, or when another one is told.
    """

    kind: str = "none"
    seconds: float = 0.0
    refusal: str = _REFUSAL
    lasts: float = math.inf

    @classmethod
    def read(cls, text: str) -> "Fault":
        """A fault from `KIND`, `KIND:VALUE`, and either with `@SECONDS`.

        Raises ValueError with a sentence that says what is wrong.
        """
        what, at, lasts = text.partition("@")
        kind, colon, value = what.partition(":")
        if kind not in KINDS:
            raise ValueError(f"misbehaviour {kind!r} is not one of {', '.join(KINDS)}")
        if kind == "refuse":
            if colon and value not in REFUSALS:
                raise ValueError(f"refusal {value!r} is not one of {', '.join(REFUSALS)}")
        elif colon and kind not in _SECONDS:
            raise ValueError(f"misbehaviour {kind!r} takes no value, but {value!r} was given")
        number = value if colon and kind in _SECONDS else str(_SECONDS.get(kind, 0.0))
        return cls(
            kind,
            read_number(number, f"seconds of {kind}"),
            value if kind == "refuse" and colon else _REFUSAL,
            read_number(lasts, "the seconds after @") if at else math.inf,
        )

    def __str__(self) -> str:
        text = self.kind
        if self.kind == "refuse":
            text += f":{self.refusal}"
        elif self.kind in _SECONDS:
            text += f":{self.seconds:g}"
        return text if math.isinf(self.lasts) else f"{text}@{self.lasts:g}"


def read_number(text: str, name: str) -> float:
    """A finite number from 0 up. Raises ValueError with a sentence that names it."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise ValueError(f"{name} must be a number from 0 up, not {text!r}")
    return number
