"""What a line of a node can mean."""

from typing import Literal

from msgspec import Struct

from spotkeeper.spots.countries import Place

LONGEST_CALL = 24
"""Characters; what is longer is no call."""


class Spot(Struct, frozen=True, gc=False):
    """One report that a station was heard or worked; a value the line does not give for sure is None."""

    time: int
    """The node's stamp: Unix seconds, whole minutes."""
    dx: str
    spotter: str
    """Without the "-#" that marks a machine."""
    frequency_hz: int
    band: str | None
    """As "20m"; None outside the amateur bands."""
    mode: str | None
    mode_source: Literal["said", "guessed"] | None
    """Said by the comment, or guessed from the frequency; None when the mode is."""
    source: Literal["human", "machine"]
    snr_db: int | None
    wpm: int | None
    dx_grid: str | None
    spotter_grid: str | None
    comment: str
    """Without control characters, stripped."""
    recovered: bool
    """Came as history (sh/dx), not live."""
    dx_place: Place | None = None
    """What the country file says of the call."""
    spotter_place: Place | None = None
    distance_km: int | None = None
    """Along the great circle."""
    bearing: int | None = None
    """Degrees, 0 to 359, from the spotter to the DX."""
    place_source: Literal["grid", "country"] | None = None
    """How well both ends are known: "country" when one of them is only known by its country."""
    report: str | None = None
    """The signal report as it was said: "599", "5-9", "-14"."""
    propagation: str | None = None
    """ADIF's PROP_MODE: "ES", "TR", "AUR"."""
    satellite: str | None = None
    """As "QO-100"."""
    qsx_hz: int | None = None
    """Where the DX listens."""
    references: tuple[str, ...] = ()
    """As "POTA:US-0001", "SOTA:W6/CT-001", "IOTA:EU-005", "WWFF:DLFF-0001"."""
    beacon: bool = False

    @property
    def dx_dxcc(self) -> int | None:
        """ADIF's number of the DXCC entity."""
        return self.dx_place.dxcc if self.dx_place is not None else None

    @property
    def spotter_dxcc(self) -> int | None:
        """ADIF's number of the DXCC entity."""
        return self.spotter_place.dxcc if self.spotter_place is not None else None


class Solar(Struct, frozen=True, gc=False):
    """A solar and geomagnetic bulletin; a figure it does not hold is None, 0 is a value."""

    time: int
    """The hour of the bulletin, Unix seconds."""
    kind: Literal["WWV", "WCY"]
    station: str
    sfi: int | None
    a_index: int | None
    k_index: int | None
    expected_k: int | None
    sunspots: int | None
    text: str
    """Storms, aurora: what the bulletin says besides the figures, in its own words."""


class Unparsed(Struct, frozen=True, gc=False):
    """A line that looks like a spot or a bulletin and is none, or is no text at all."""

    reason: str
