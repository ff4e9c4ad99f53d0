"""Whether a band counts as open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spotkeeper.spots.openings import Evidence, Heard, State, by_spotters_near, by_voice_segment

RANK: dict[State, int] = {"closed": 0, "marginal": 1, "open": 2}


@st.composite
def evidence(draw: st.DrawFn) -> Evidence:
    spotters = draw(st.integers(0, 50))
    return Evidence(draw(st.integers(spotters, 500)) if spotters else 0, spotters)


@st.composite
def heard(draw: st.DrawFn) -> Heard:
    """Near ones are in the region, those of the region among all."""
    near = draw(evidence())
    region = _more(near, draw(evidence()))
    return Heard(near, region, _more(region, draw(evidence())))


def _more(some: Evidence, others: Evidence) -> Evidence:
    return Evidence(some.spots + others.spots, some.spotters + others.spotters)


@pytest.mark.parametrize(
    ("near", "region", "state"),
    [
        (0, 0, "closed"),
        (0, 1, "closed"),
        (0, 2, "marginal"),
        (1, 1, "marginal"),
        (1, 9, "marginal"),
        (2, 2, "open"),
    ],
)
def test_spotters_near_make_a_band_open(near: int, region: int, state: State) -> None:
    found = Heard(Evidence(near * 3, near), Evidence(region * 3, region), Evidence(999, 99))
    assert by_spotters_near(found) == state


@given(heard(), evidence())
def test_more_spotters_never_close_a_band(before: Heard, more: Evidence) -> None:
    after = Heard(*(_more(ring, more) for ring in before))
    assert RANK[by_spotters_near(after)] >= RANK[by_spotters_near(before)]


@given(heard(), st.integers(1, 10_000))
def test_a_single_spotter_counts_once_however_much_it_sends(found: Heard, more: int) -> None:
    louder = Heard(*(ring._replace(spots=ring.spots + more) if ring.spotters else ring for ring in found))
    assert by_spotters_near(louder) == by_spotters_near(found)


@given(heard(), evidence())
def test_what_is_heard_far_away_does_not_open_a_band(found: Heard, far: Evidence) -> None:
    assert by_spotters_near(found._replace(anywhere=_more(found.anywhere, far))) == by_spotters_near(found)


@given(heard())
def test_open_means_two_receivers_near(found: Heard) -> None:
    assert (by_spotters_near(found) == "open") == (found.near.spotters >= 2)


@pytest.mark.parametrize(
    ("in_segment", "spots", "state"),
    [(0, 0, "closed"), (0, 500, "marginal"), (1, 1, "marginal"), (2, 2, "open"), (2, 900, "open")],
)
def test_the_old_rule(in_segment: int, spots: int, state: State) -> None:
    assert by_voice_segment(in_segment, spots) == state
