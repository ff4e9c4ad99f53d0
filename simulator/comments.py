"""What people and skimmers write beside a spot."""

import random

from simulator.lines import to_wire
from simulator.places import Place

_STATES = (
    "Ohio",
    "NY",
    "nY",
    "MI",
    "TN",
    "KY",
    "Philadelphia",
    "FL",
    "N. America",
    "JO31",
    "Tokyo",
    "SP",
    "GA",
)
_NAMES = ("Jim", "Günter", "Maria", "José", "Bob", "Tomáš", "Olli", "Köln", "Anna")
_FREE = """
cq | CQ | loud | big signal | nice sig | TNX QSO 73 | Thanks {name} | op {name} | up 5 | up 1-2 | up
59 in {state} | 59 {state} | 5-59 in {state} | 5/6 in {state} -73 | 59+ {state} | tnx 73 de {name}
POTA US-{n4} | POTA DE-{n4} | US-{n4}–{name} State Park | US-{n4} {state} | SOTA W4C/CM-{n3}
IOTA EU-{n3} | WWFF VKFF-{n4} | DLFF-{n4} | CQ CONTEST | CQ DX | QSX {qsx} | QRP 5W | new one! | 73
{here}<>{there} | {here}<>{there} | {here}<TR>{there} | {here} -> {there} | strong in {here4}
very weak but copied well in {state}, thanks | SES | lighthouse | @599 | {state} | pse QSY up, QRM
"""
_NAMING_THE_MODE = {
    "CW": "CW | CW | CW | CW test | cq CW | CW 579 | CW up 1 | tnx CW qso | CW POTA US-{n4} | 599 CW {state}",
    "SSB": "{side} | {side} | {side} | SSB | 59 SSB | {side} POTA US-{n4} | SSB QSX {qsx}"
    " | {side} loud in {here4}",
    "RTTY": "RTTY | RTTY | RTTY | CQ RTTY TEST | RTTY tnx {name}",
    "FT8": "FT8 | FT8 | TNX QSO FT8 | FT8 {snr} dB {offset} Hz | FT8 {snr}dB from {there4} {offset}Hz"
    " | FT8 {here}<>{there}",
    "FT4": "FT4 | FT4 | FT4 {snr} dB {offset} Hz | tnx/FT4",
    "FM": "FM | FM | FM | FM 59 | FM loud | fm simplex | FM 59 in {state} | FM {here}<>{there}",
}


def _choices(text: str) -> list[str]:
    return [choice for line in text.strip().splitlines() for choice in line.split(" | ")]


_FREE_CHOICES = _choices(_FREE)
_MODE_CHOICES = {mode: _choices(text) for mode, text in _NAMING_THE_MODE.items()}
_EMPTY = 1 / 3
_SILENT_ABOUT_MODE = 0.47


def human_comment(rng: random.Random, mode: str, hz: int, here: str, there: str) -> str:
    """A person at grid `here` about a station at grid `there`: a third say nothing, 47 % name no mode."""
    dice = rng.random()
    if mode == "FM":
        dice = 1 - dice / 3  # of real FM spots most say so: nobody expects FM on 10 m
    if dice < _EMPTY:
        return ""
    if dice < _SILENT_ABOUT_MODE:
        if hz > 50_000_000 and rng.random() < 0.5:
            return f"{here}<{rng.choice(('ES', 'TR', 'MS'))}>{there}"
        pattern = rng.choice(_FREE_CHOICES)
    else:
        pattern = rng.choice(_MODE_CHOICES[mode])
    if "{" not in pattern:
        return pattern
    text = pattern.format(
        state=rng.choice(_STATES),
        name=rng.choice(_NAMES),
        n3=f"{rng.randint(1, 250):03d}",
        n4=f"{rng.randint(1, 9999):04d}",
        qsx=f"{(hz + rng.randint(2, 12) * 1000) / 1e6:.3f}",
        here=here,
        there=there,
        here4=here[:4],
        there4=there[:4],
        side="LSB" if hz < 10_000_000 else "USB",
        snr=f"{rng.randint(-22, 9):+d}",
        offset=rng.randint(300, 2700),
    )
    return text.encode("latin-1", "replace").decode("latin-1") if rng.random() < 0.2 else to_wire(text)


def rbn_comment(rng: random.Random, mode: str, place: Place) -> str:
    """A skimmer's report as the Reverse Beacon Network sends it, 30 columns wide."""
    if mode == "CW":
        kind = "NCDXF B" if rng.random() < 0.01 else rng.choice(("CQ", "CQ", "CQ", "CQ", "DX"))
        return f"  CW   {rng.randint(2, 45):3d} dB  {rng.randint(15, 38):2d} WPM  {kind}"
    if mode == "RTTY":
        return f"  RTTY {rng.randint(5, 40):3d} dB  45 BPS  CQ"
    return f"  {mode:<4} {rng.randint(-23, 12):3d} dB          CQ"


def spider_comment(rng: random.Random, mode: str, place: Place) -> str:
    """A skimmer's report as DXSpider passes it on."""
    snr = rng.randint(2, 45) if mode in ("CW", "RTTY") else rng.randint(-23, 12)
    if rng.random() < 0.05:
        return f"{mode:<3} {snr:2d}dB **SEEME**"
    zones = ",".join(str(zone) for zone in sorted({place.cq, rng.choice((3, 4, 5, 14, 15, 16))}))
    return f"{mode:<3} {snr:2d}dB Q:{rng.randint(1, 9)}{rng.choice(('', '*'))} Z:{zones}"


def cc_comment(rng: random.Random, mode: str, place: Place) -> str:
    """A skimmer's report as CC Cluster passes it on."""
    if mode in ("CW", "RTTY"):
        return rbn_comment(rng, mode, place).strip()
    return f"{mode:<4} {rng.randint(-23, 12):3d} dB {rng.randint(300, 2700)} Hz"
