"""The facts of the car page as a sentence to be heard."""

from collections.abc import Sequence

from spotkeeper.web.now.tiles import FM, Now, Tile
from spotkeeper.web.shown import khz


def spoken(now: Now) -> str:
    """Short: a driver listens."""
    open_ones = [tile for tile in now.tiles if tile.state == "open"]
    marginal = [tile for tile in now.tiles if tile.state == "marginal"]
    sentences = []
    if open_ones:
        sentences.append(f"Open: {_listed(open_ones)}.")
        if len(open_ones) > 1:
            sentences.append(f"Best is {_listed(now.open[:1])}.")
    elif marginal:
        sentences.append(f"No band is open. Perhaps {_listed(marginal)}.")
    else:
        sentences.append("No band is open.")
    if now.voices:
        newest = now.voices[0]
        frequency = khz(newest.frequency_hz).removesuffix(".0")
        sentences.append(f"Newest voice: {' '.join(newest.dx)} on {frequency} kilohertz.")
    return " ".join(sentences)


def _listed(tiles: Sequence[Tile]) -> str:
    """As "20, 17 and 15 metres"."""
    numbers = [_number(tile) for tile in tiles]
    words = f"{', '.join(numbers[:-1])} and {numbers[-1]}" if len(numbers) > 1 else numbers[0]
    return words if tiles[-1].name == FM else f"{words} metres"


def _number(tile: Tile) -> str:
    return "10 metre F M" if tile.name == FM else tile.band.removesuffix("m")
