"""Bursts: the published example, brute force, and what must not matter."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coverage_research.bursts import (
    BURSTS,
    _cheapest,
    find_bursts,
    kleinberg,
    kleinberg_counts,
)
from coverage_research.schema import ChoiceError, SchemaError

#: From the documentation of the R package bursts.
EXAMPLE = [
    *range(0, 401, 100), *range(410, 451, 5), *range(451, 470, 2), *range(480, 601, 5), 700,
    *range(710, 801, 5), 900, 1000,
]  # fmt: skip


def spans(times, **options):
    moments = sorted(times)
    return [(b.level, moments[b.first], moments[b.last]) for b in kleinberg(moments, **options)]


def test_the_published_example():
    assert spans(EXAMPLE) == [(1, 410, 600), (2, 450, 469), (1, 710, 800)]


def test_a_dearer_climb_finds_less_and_one_state_nothing():
    assert len(spans(EXAMPLE, gamma=3)) < 3
    assert spans(EXAMPLE, n_states=1) == []
    assert {level for level, *_ in spans(EXAMPLE, n_states=2)} == {1}


def test_the_cheapest_states_are_those_of_trying_all():
    rng = np.random.default_rng(4)
    for _ in range(40):
        costs, up = rng.normal(size=(5, 3)), rng.uniform(0, 2)

        def price(states, costs=costs, up=up):
            climbs = [max(b - a, 0) for a, b in itertools.pairwise((0, *states))]
            return up * sum(climbs) + sum(costs[t, state] for t, state in enumerate(states))

        best = min(itertools.product(range(3), repeat=5), key=price)
        assert price(tuple(_cheapest(costs, up))) == pytest.approx(price(best))


STREAM = st.lists(st.integers(0, 3_000), min_size=3, max_size=60)


@settings(max_examples=150, deadline=None)
@given(STREAM, st.integers(-10_000, 10_000), st.sampled_from([2, 3, 60]))
def test_neither_unit_nor_beginning_nor_order_of_time_matters(times, shift, scale):
    told = [burst[:3] for burst in kleinberg(times)]
    moved = [burst[:3] for burst in kleinberg([scale * time + shift for time in times[::-1]])]
    assert moved == told


@settings(max_examples=150, deadline=None)
@given(STREAM)
def test_each_burst_lies_in_one_of_the_level_below_and_saves_something(times):
    found = kleinberg(times)
    for burst in found:
        assert burst.weight > -1e-9
        assert 0 <= burst.first < burst.last < len(times)
        if burst.level > 1:
            assert any(
                other.level == burst.level - 1
                and other.first <= burst.first
                and burst.last <= other.last
                for other in found
            )


def test_ties_and_equal_moments():
    assert kleinberg([5, 5, 5]) == []
    tied = [0, 100, 200, 300, 300, 300, 300, 300, 300, 400, 500, 600]
    assert {(first, last) for _, first, last in spans(tied)} == {(300, 300)}


def test_counts_by_hand():
    """Ten of twenty where one of twenty is usual saves more than the climb of ln 6 costs."""
    relevant = [1, 1, 10, 1, 1, 1]
    (burst, *rest) = kleinberg_counts(relevant, [20] * 6)
    assert burst[:3] == (1, 2, 2)
    base = 15 / 120
    saved = 10 * math.log(2) + 10 * math.log((1 - 2 * base) / (1 - base))
    assert burst.weight == pytest.approx(saved)
    assert all(other[1:3] == (2, 2) for other in rest)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=20))
def test_periods_without_items_say_nothing_and_levels_nest(drawn):
    relevant = [min(pair) for pair in drawn]
    total = [max(pair) for pair in drawn]
    assume(0 < sum(relevant) < sum(total))
    for burst in kleinberg_counts(relevant, total):
        assert sum(relevant[burst.first : burst.last + 1]) > 0
        assert burst.weight > -1e-9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kleinberg([1, 2, 3], s=1), "s: expected above 1"),
        (lambda: kleinberg([1, 2, 3], gamma=0), "gamma"),
        (lambda: kleinberg([1, 2, 3], n_states=0), "n_states"),
        (lambda: kleinberg([1, np.nan, 3]), "missing"),
        (lambda: kleinberg_counts([1, 2], [1]), "same number"),
        (lambda: kleinberg_counts([3, 0], [2, 2]), "0 to their total"),
    ],
)
def test_bad_input_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def articles(hours, precision="minute", **columns):
    stamps = pd.Timestamp("2030-01-01", tz="UTC") + pd.to_timedelta(hours, unit="h")
    table = pd.DataFrame({"article_id": [f"a{n}" for n in range(len(hours))]})
    return table.assign(published_at=stamps, published_precision=precision, **columns)


def test_bursts_of_articles_by_group():
    table = articles(EXAMPLE, outlet="x.example")
    quiet = articles(range(0, 1000, 100), outlet="y.example").assign(
        article_id=[f"b{n}" for n in range(10)]
    )
    found = find_bursts(pd.concat([table, quiet]).sample(frac=1, random_state=0), by="outlet")
    assert list(found.columns) == ["outlet", *BURSTS]
    assert found["outlet"].unique().tolist() == ["x.example"]
    hours = (found["start"] - pd.Timestamp("2030-01-01", tz="UTC")) / pd.Timedelta("1h")
    assert hours.tolist() == [410, 450, 710]
    assert found["n_group"].tolist() == [len(EXAMPLE)] * 3
    assert found["n"].iloc[1] == sum(450 <= hour <= 469 for hour in EXAMPLE)
    assert (found["rate"] > 1).all()


def test_day_only_stamps_are_left_out_of_gaps_and_counted():
    table = articles(EXAMPLE)
    days = articles([24 * day for day in range(40)], "day").assign(
        article_id=[f"d{n}" for n in range(40)]
    )
    alone, mixed = find_bursts(table), find_bursts(pd.concat([table, days]))
    assert (mixed["n_day_only"] == 40).all()
    pd.testing.assert_frame_equal(
        alone.drop(columns="n_day_only"), mixed.drop(columns="n_day_only")
    )


def test_a_busy_day_is_no_burst_of_a_frame():
    """Five of twenty a day; on one day 20 of 80: more, and the same share."""
    hours = [24 * day for day in range(10) for _ in range(80 if day == 5 else 20)]
    table = articles(hours)
    fourth = table.iloc[::4][["article_id"]].assign(frame="race")
    assert find_bursts(table, matches=fourth, by="frame", variant="binomial").empty
    more = pd.concat([fourth, table[np.equal(hours, 72)][["article_id"]].assign(frame="race")])
    found = find_bursts(table, matches=more, by="frame", variant="binomial")
    assert found[["frame", "level", "n"]].to_numpy().tolist() == [["race", 1, 20]]
    assert found["start"].iloc[0] == pd.Timestamp("2030-01-04", tz="UTC")
    assert found["end"].iloc[0] == pd.Timestamp("2030-01-05", tz="UTC")
    whole = find_bursts(table, variant="binomial")
    assert whole["start"].iloc[0] == pd.Timestamp("2030-01-06", tz="UTC")


def test_weeks_and_empty_days_are_periods():
    hours = [24 * day for day in (0, 7, 14, 21, 21, 21, 21, 21, 21, 28, 35)]
    found = find_bursts(articles(hours), variant="binomial", period="W-MON")
    assert found["n"].tolist()[0] == 6


@pytest.mark.parametrize("variant", ["continuous", "binomial"])
def test_a_gap_in_collection_is_no_silence(variant):
    """An article every six hours for ten days, nothing collected for fifty, and so on."""
    hours = [6 * n for n in range(40)] + [1440 + 6 * n for n in range(40)]
    table = articles(hours)
    start, end = (pd.Timestamp("2030-01-01", tz="UTC") + pd.Timedelta(h, "h") for h in (234, 1440))
    gaps = pd.DataFrame({"start": [start], "end": [end]})
    assert len(find_bursts(table, variant=variant))
    assert find_bursts(table, variant=variant, gaps=gaps).empty


def hours(*values):
    return [pd.Timestamp("2030-01-01", tz="UTC") + pd.Timedelta(value, "h") for value in values]


def test_no_burst_crosses_a_gap_however_it_is_told():
    """A crowd before and one after forty days without collecting are two crowds."""
    crowd = [*range(0, 400, 20), *np.arange(400, 410, 0.5)]
    table = articles(sorted([*crowd, *(1820 - hour for hour in crowd)]))
    gap = pd.DataFrame({"start": hours(409.5), "end": hours(1410.5)})
    double = pd.concat([gap, pd.DataFrame({"start": hours(500), "end": hours(1300)})])
    for told in (gap, double):
        found = find_bursts(table, gaps=told)
        assert len(found) >= 2
        crosses = (found["start"] < gap["end"].iloc[0]) & (found["end"] > gap["start"].iloc[0])
        assert not crosses.any()
        assert found["n"].max() <= 21


def test_days_alone_are_refused_by_gaps():
    table = articles([24 * day for day in range(40)], "day")
    with pytest.raises(SchemaError, match="variant='binomial'"):
        find_bursts(table)


def test_odd_input():
    table = articles([1.0, 2.0])
    assert find_bursts(table.iloc[:0]).empty
    assert find_bursts(table.iloc[:0], variant="binomial").empty
    assert find_bursts(table.assign(published_at=pd.NaT)).empty
    with pytest.raises(ChoiceError, match="no variant"):
        find_bursts(table, variant="other")
    with pytest.raises(ChoiceError, match="a day or longer"):
        find_bursts(table, variant="binomial", period="h")
    with pytest.raises(SchemaError, match="outlet"):
        find_bursts(table, by="outlet")
