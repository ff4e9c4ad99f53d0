"""What is said of the last hour against what is usual."""

import pytest
from spotkeeper.web.bands.usual import Comparison, headline

EVERY = "Every band is about as busy as usual at this hour."
NONE_FAR = "No band with spots enough to tell is far from the usual at this hour."
TOO_FEW = "Too few spots to tell."


def comparison(band: str, now: int, median: float) -> Comparison:
    return Comparison(band, now, median, median, median)


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ([], ""),
        ([(9, 9), (100, 110)], EVERY),
        ([(9, 9), (0, 0)], EVERY),
        ([(0, 9), (0, 9), (0, 9)], TOO_FEW),
        ([(9, 9), (0, 9)], TOO_FEW),
        ([(3, 0)], TOO_FEW),
        ([(5, 14)], TOO_FEW),
        ([(1000, 1000), (0, 9)], NONE_FAR),
        ([(130, 100), (100, 100)], NONE_FAR),
        ([(300, 900), (0, 9)], "20\N{NO-BREAK SPACE}m: quiet, 33 % of the usual at this hour."),
        (
            [(300, 900), (24, 10), (1000, 1000)],
            "40\N{NO-BREAK SPACE}m: 2.4 times as busy as usual at this hour."
            " 20\N{NO-BREAK SPACE}m: quiet, 33 % of the usual at this hour.",
        ),
    ],
)
def test_the_headline_says_no_more_than_the_bands_do(hours: list[tuple[int, float]], words: str) -> None:
    """Of spots now and usually."""
    bands = zip(("20m", "40m", "15m"), hours, strict=False)
    assert headline([comparison(band, *spots) for band, spots in bands]) == words


@pytest.mark.parametrize(
    ("median", "usual", "words"),
    [
        (0.5, "0.5", "silent; usually 0.5 spots at this hour"),
        (1, "1", "silent; usually 1 spot at this hour"),
        (1.5, "1.5", "silent; usually 1.5 spots at this hour"),
        (2, "2", "silent; usually 2 spots at this hour"),
        (10.5, "10", "silent; usually 10 spots at this hour"),
        (1234, "1,234", "silent; usually 1,234 spots at this hour"),
        (0.2, "0.2", "silent, as usual"),
        (0, "0", "silent, as usual"),
    ],
)
def test_what_is_usual_of_few_spots(median: float, usual: str, words: str) -> None:
    few = comparison("20m", 0, median)
    assert (few.usual, few.words) == (usual, words)
