"""Every prefix and every exception of the country file, against pyhamtools.

It wants the file in another form, cty.plist, which is made here from cty.csv. The numbers of the entities are
its own, by their names.
"""

import json
import plistlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyhamtools
import pytest
from pyhamtools import Callinfo, LookupLib
from spotkeeper.spots.countries import Countries

COUNTRY_FILE = Path("/usr/share/hamradio-files/cty.csv")

Known = tuple[int, str, int, int] | None
Difference = tuple[str, Known, Known]

# What may differ, and why ours is meant.
EXPLAINED: dict[str, Callable[[str, Known, Known], bool]] = {
    "Bear Island belongs to Svalbard (259); pyhamtools counts it for Norway": (
        lambda call, ours, theirs: ours == (259, "EU", 40, 18) and theirs == (266, "EU", 40, 18)
    ),
    "KG4 is Guantanamo with two letters behind it, else the United States": (
        lambda call, ours, theirs: bool(re.fullmatch("KG4[A-Z]([A-Z]{2})?", call)) and ours and ours[0] == 291
    ),
    "VK9 and three letters, the second of which names no island, is not Norfolk for sure": (
        lambda call, ours, theirs: bool(re.fullmatch("(AX|VI|VK)9[A-Z]{3}", call)) and ours is None
    ),
}  # fmt: skip


def aliases() -> list[tuple[str, bool, dict[str, Any]]]:
    """Each prefix or call, whether it is a whole call, and its entry in a plist."""
    mapping = json.loads((Path(pyhamtools.__file__).parent / "countryfilemapping.json").read_text())
    by_number = {number: name for name, number in mapping.items()}
    found = []
    for record in COUNTRY_FILE.read_text().split(";\n"):
        if not record:
            continue
        _, name, number, continent, cq, itu, latitude, longitude, _, listed = record.split(",")
        for alias in listed.split():
            entry = {
                "Country": name if name in mapping else by_number[int(number)],
                "Continent": continent,
                "CQZone": int(cq),
                "ITUZone": int(itu),
                "Latitude": float(latitude),
                "Longitude": float(longitude),
                "ExactCallsign": alias.startswith("="),
            }
            if zone := re.search(r"\((\d+)\)", alias):
                entry["CQZone"] = int(zone[1])
            if zone := re.search(r"\[(\d+)\]", alias):
                entry["ITUZone"] = int(zone[1])
            found.append((re.split(r"[(\[<{~]", alias.removeprefix("="))[0], alias.startswith("="), entry))
    return found


def differences(
    calls: list[str], entries: dict[str, dict[str, Any]], folder: Path
) -> tuple[list[Difference], set[str]]:
    """Those that nothing explains, and what explains the others."""
    path = folder / "cty.plist"
    path.write_bytes(plistlib.dumps(entries))
    oracle = Callinfo(LookupLib(lookuptype="countryfile", filename=str(path)))
    countries = Countries(COUNTRY_FILE.read_text())
    left, why = [], set()
    for call in calls:
        place = countries.find(call)
        ours = (place.dxcc, place.continent, place.cq_zone, place.itu_zone) if place else None
        theirs = known_to(oracle, call)
        if ours != theirs:
            reasons = [reason for reason, holds in EXPLAINED.items() if holds(call, ours, theirs)]
            if reasons:
                why.update(reasons)
            else:
                left.append((call, ours, theirs))
    return left, why


def known_to(oracle: Callinfo, call: str) -> Known:
    try:
        found = oracle.get_all(call)
    except KeyError:
        return None
    # 998 and 999: in the air and at sea.
    return None if found["adif"] >= 998 else (found["adif"], found["continent"], found["cqz"], found["ituz"])


@pytest.mark.slow
def test_every_exception(tmp_path: Path) -> None:
    listed = aliases()
    entries = {call: entry for call, _, entry in sorted(listed, key=lambda alias: alias[1])}
    calls = [call for call, whole, _ in listed if whole]
    assert len(calls) > 15_000
    assert differences(calls, entries, tmp_path)[0] == []


@pytest.mark.slow
def test_every_prefix(tmp_path: Path) -> None:
    entries = {call: entry for call, whole, entry in aliases() if not whole}
    assert len(entries) > 5_000
    # Calls that the file does not list as exceptions: those are the other test's.
    listed = {call for call, whole, _ in aliases() if whole}
    calls = [
        prefix + end
        for prefix in entries
        for end in (("ABC", "AB", "A") if prefix[-1].isdigit() else ("1ABC", "1AB", "AB"))
        if prefix + end not in listed
    ]
    left, why = differences(calls, entries, tmp_path)
    assert left == []
    assert len(why) == 2
