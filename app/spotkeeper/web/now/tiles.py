"""What each band carries now, judged and in words."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from spotkeeper.db.search_wanted import Row
from spotkeeper.spots.bands import BANDS, edges_of
from spotkeeper.spots.modes import CW, DIGITAL, VOICE
from spotkeeper.spots.openings import (
    FM_KHZ,
    VOICE_SEGMENTS_KHZ,
    Evidence,
    Heard,
    State,
    by_spotters_near,
    by_voice_segment,
)
from spotkeeper.web.api import sums_answers, sums_conditions, sums_read
from spotkeeper.web.now import old_rule
from spotkeeper.web.now.here import Here
from spotkeeper.web.now.voices import voices_near
from spotkeeper.web.shown import CONTINENTS, age, metres

SHOWN = BANDS[BANDS.index("160m") : BANDS.index("2m") + 1]
OTHER_CLASSES = {CW: "CW", DIGITAL: "Digital"}
FM = "10m-fm"
NO_VOICE = "30m"
FM_HZ = range(1000 * FM_KHZ[0], 1000 * FM_KHZ[1] + 1)
# Stamps of spots are whole minutes: five minutes after one they may look like six.
SILENT = timedelta(minutes=6)
# Above, the ionosphere's layers bring nothing back: 6 m is the last band of a long skip.
HIGHEST_KHZ = edges_of("6m")[1] / 1000


class ModeClass(NamedTuple):
    """CW or digital, beside voice."""

    name: str
    state: State | None
    """None by the old rule, which knows no classes."""
    words: str


class Tile(NamedTuple):
    """A band; or FM on 10 m, which has a band to itself."""

    name: str
    """As "20m" or "10m-fm"."""
    band: str
    state: State
    """With voice; by the old rule, whatever the mode."""
    reason: str
    evidence: Evidence
    """For voice, near; by the old rule, in the segment."""
    counted: str
    """It, without its age, as "4 voice spots by 2 spotters"."""
    classes: Sequence[ModeClass]
    continents: Sequence[str]
    """Where the voices are that are heard near, the most frequent first; their names."""

    @property
    def title(self) -> str:
        """As "20 m"."""
        return f"{metres(self.band)} FM" if self.name == FM else metres(self.band)

    @property
    def between(self) -> dict[str, int]:
        """For page Spots, of what is known by its frequency and not by its mode."""
        return dict(zip(("min_khz", "max_khz"), FM_KHZ, strict=True)) if self.name == FM else {}


class Now(NamedTuple):
    """All of it, as of `until`."""

    until: datetime
    newest: datetime | None
    """The newest spot of all."""
    here: Here
    rule: str
    tiles: Sequence[Tile]
    voices: Sequence[Row]
    """Newest first."""
    highest_voice_khz: float | None
    """Heard near in the last half hour, on HF and 6 m, on a band that two spotters report."""
    highest_khz: float | None
    """The same, whatever the mode."""

    @property
    def is_silent(self) -> bool:
        """Whether spots have stopped to come, so that it is not known what is open."""
        return self.newest is None or self.until - self.newest > SILENT

    @property
    def open(self) -> list[Tile]:
        """The best one first: where most spotters hear voice; by the old rule, where most spots are."""
        most = ("evidence.spots",) if self.rule == "old" else ("evidence.spotters", "evidence.spots")
        return sorted(
            (tile for tile in self.tiles if tile.state == "open"), key=attrgetter(*most), reverse=True
        )


def now(here: Here, rule: str, units: str) -> Now:
    """By the rule `near` or `old`; made once for all who ask the same.

    Raises psycopg.OperationalError when the database is away.
    """
    key = ("tiles", here, rule, units)
    return sums_answers.made().get(key, sums_read.now(), lambda: _now(here, rule, units))


def _now(here: Here, rule: str, units: str) -> Now:
    near, region = sums_conditions.answer(**here.near), sums_conditions.answer(**here.region)
    voices = voices_near(here)
    words = _Words(here, units, near["until"])
    by_name = {band["band"]: band for band in region["bands"]}
    heard_of = sums_read.now().heard
    is_old = rule == "old"
    tiles = []
    for band in near["bands"]:
        name = band["band"]
        if name not in SHOWN:
            continue
        further = by_name.get(name, band)
        heard = {
            one: _heard(_of_class(band, one), _of_class(further, one)) for one in (VOICE, *OTHER_CLASSES)
        }
        continents = _continents(row for row in voices if row.band == name)
        old = old_rule.on_band(name, heard_of) if is_old else None
        tiles.append(_tile(name, name, old, heard, words, continents))
        if name == "10m":
            fm, fm_further = near["ten_metre_fm"], region["ten_metre_fm"]
            continents = _continents(row for row in voices if row.frequency_hz in FM_HZ)
            old = old_rule.on_ten_metre_fm(heard_of) if is_old else None
            tiles.append(_tile(FM, name, old, {VOICE: _heard(fm, fm_further)}, words, continents))
    return Now(
        near["until"],
        near["newest"],
        here,
        rule,
        tiles,
        voices,
        _highest(_near(_of_class(band, VOICE)) for band in near["bands"]),
        _highest(_near(band) for band in near["bands"]),
    )


class _Words(NamedTuple):
    here: Here
    units: str
    now: datetime

    def voice(self, name: str, heard: Heard) -> str:
        if heard.near.spots:
            near = self.here.near_words(self.units)
            return f"{_counted(heard.near)} {near}; {self._last(heard.near)}"
        if heard.region.spots:
            words = f"{_counted(heard.region)} {self.here.region_words(self.units)}"
            return f"No voice near you; {words}, {self._last(heard.region)}"
        if heard.anywhere.spots:
            return f"No voice near you; {_count(heard.anywhere.spots, 'voice spot')} further away"
        return "No voice here by the band plans" if name == NO_VOICE else "No voice spot"

    def others(self, heard: Heard) -> str:
        if heard.near.spots:
            last = self._last(heard.near).removeprefix("last ").removesuffix(" ago").removeprefix("just ")
            return f"{heard.near.spots:,} by {heard.near.spotters:,}, {last}"
        if heard.region.spots:
            return f"{heard.region.spots:,} by {heard.region.spotters:,} {self.here.region_words(self.units)}"
        return "further away" if heard.anywhere.spots else "no spot"

    def old(self, name: str, counted: old_rule.Counted) -> str:
        if not counted.every.spots:
            return "No spot"
        last = self._last(counted.every)
        if name in VOICE_SEGMENTS_KHZ:
            return f"{_inside(name, counted.inside)}, {counted.every.spots:,} in all; {last}"
        return f"{_inside(name, counted.every)}; {last}"

    def _last(self, evidence: Evidence) -> str:
        # Evidence with spots has a newest one.
        return f"last {age(evidence.latest or self.now, self.now)}"


def _tile(
    name: str,
    band: str,
    old: old_rule.Counted | None,
    heard: Mapping[str, Heard],
    words: _Words,
    continents: Sequence[str],
) -> Tile:
    """By the old rule where there is what it counts."""
    voice = heard[VOICE]
    return Tile(
        name,
        band,
        by_voice_segment(old.inside.spots, old.every.spots) if old else by_spotters_near(voice),
        words.old(name, old) if old else words.voice(name, voice),
        old.inside if old else voice.near,
        _inside(name, old.inside) if old else _counted(voice.near),
        [
            ModeClass(label, None if old else by_spotters_near(heard[one]), words.others(heard[one]))
            for one, label in OTHER_CLASSES.items()
            if one in heard
        ],
        continents,
    )


def _heard(near: Mapping[str, Any], region: Mapping[str, Any]) -> Heard:
    return Heard(_near(near), _near(region), _evidence(near))


def _near(of: Mapping[str, Any]) -> Evidence:
    """Where no place is known, everybody is near."""
    return _evidence(of if of["near"] is None else of["near"])


def _evidence(of: Mapping[str, Any]) -> Evidence:
    return Evidence(of["spots"], of["spotters"], of["latest"], of["max_khz"])


def _of_class(band: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(one for one in band["modes"] if one["mode_class"] == name)
    return found


def _highest(bands: Iterable[Evidence]) -> float | None:
    return max(
        (one.max_khz for one in bands if one.spotters >= 2 and one.max_khz and one.max_khz <= HIGHEST_KHZ),
        default=None,
    )


def _continents(rows: Iterable[Row]) -> list[str]:
    counts: dict[str, int] = {}
    for row in rows:
        if row.dx_continent:
            counts[row.dx_continent] = counts.get(row.dx_continent, 0) + 1
    return [CONTINENTS[one] for one in sorted(counts, key=lambda one: -counts[one])]


def _counted(evidence: Evidence) -> str:
    return f"{_count(evidence.spots, 'voice spot')} by {_count(evidence.spotters, 'spotter')}"


def _inside(name: str, evidence: Evidence) -> str:
    """By the old rule."""
    if name == FM:
        return f"{_count(evidence.spots, 'FM spot')} in {FM_KHZ[0]}–{FM_KHZ[1]} kHz"
    if name not in VOICE_SEGMENTS_KHZ:
        return f"{_count(evidence.spots, 'spot')} of any mode"
    low, high = VOICE_SEGMENTS_KHZ[name]
    return f"{_count(evidence.spots, 'spot')} in {low}–{high} kHz"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
