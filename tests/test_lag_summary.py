import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_research.lag_summary import _earliest_of, arrivals, lag_curve, lag_summary
from coverage_research.plots_timeline import plot_lags
from coverage_research.schema import ChoiceError, SchemaError
from coverage_research.statistics import benjamini_hochberg
from coverage_research.timeline import story_lags

START = pd.Timestamp("2030-01-01", tz="UTC")


def told(*stories, day=()):
    """Lags and coverage: each story a dict of outlet to hours, or to a list of hours; `day` names outlets whose stamps are days."""
    rows = []
    for number, story in enumerate(stories):
        for outlet, hours in story.items():
            for count, hour in enumerate(hours if isinstance(hours, list) else [hours]):
                at = START + pd.Timedelta(days=30 * number) + pd.Timedelta(hours=hour)
                rows.append(
                    (
                        f"s{number:03}",
                        f"{number:03}{outlet}{count}",
                        outlet,
                        at,
                        "day" if outlet in day else "minute",
                    )
                )
    table = pd.DataFrame(
        rows, columns=["story_id", "article_id", "outlet", "published_at", "published_precision"]
    )
    coverage = table[["story_id", "article_id"]].assign(role="related")
    return story_lags(table.drop(columns="story_id"), coverage), coverage


def row(found, name, by="outlet"):
    return found.set_index(by).loc[name]


def test_medians_with_interval_and_the_columns_of_the_figure():
    lags, coverage = told(*({"x": 0, "y": lag} for lag in (1, 2, 3, 4, 100)))
    found = lag_summary(lags, coverage)
    y = row(found, "y")
    assert (y["estimate"], y["low"], y["high"], y["n"], y["n_stories"]) == (3, 1, 100, 5, 5)
    assert (y["median_low"], y["median_high"], y["n_first"], y["reason"]) == (3, 3, 0, "")
    assert row(found, "x")["n_first"] == 5
    assert found["outlet"].tolist() == ["x", "y"]
    assert [label.get_text() for label in plot_lags(found).get_yticklabels()] == ["x", "y"]


def test_days_give_bounds_of_the_median_and_widen_the_interval():
    lags, coverage = told(*({"x": 0, "y": lag} for lag in (24, 24, 48, 72, 72)), day="y")
    y = row(lag_summary(lags, coverage), "y")
    assert (y["median_low"], y["estimate"], y["median_high"]) == (48, 60, 72)
    assert (y["low"], y["high"]) == (24, 96)


def test_always_second_of_two_in_six_stories():
    # All orders of six stories: y is last in all of them once, and once it is first in all: 2 / 64.
    lags, coverage = told(*({"x": 0, "y": 5} for _ in range(6)))
    found = lag_summary(lags, coverage)
    # The median of six is above 0 as soon as three of the six are 5: 42 of 64 have it at 5 or 2.5 ...
    at_most_zero = sum(math.comb(6, k) for k in range(3)) / 64
    five = sum(math.comb(6, k) for k in range(4, 7)) / 64
    assert at_most_zero == five
    assert row(found, "y")["p"] == pytest.approx(2 * five)
    assert row(found, "x")["p"] == pytest.approx(2 * at_most_zero)
    assert found["q"].tolist() == benjamini_hochberg(found["p"]).tolist()


def exhaustive(stories, outlet):
    """P of the median over all ways to give the articles of each story to the outlets."""
    first = [
        min(hour for value in story.values() for hour in np.atleast_1d(value)) for story in stories
    ]
    own = np.median(
        [
            min(np.atleast_1d(story[outlet])) - start
            for story, start in zip(stories, first, strict=True)
        ]
    )
    drawn = []
    for story, start in zip(stories, first, strict=True):
        hours = [hour - start for value in story.values() for hour in np.atleast_1d(value)]
        drawn.append(
            [
                min(chosen)
                for chosen in itertools.combinations(hours, len(np.atleast_1d(story[outlet])))
            ]
        )
    medians = np.median(list(itertools.product(*drawn)), axis=1)
    return min(1, 2 * min((medians <= own).mean(), (medians >= own).mean()))


@given(st.lists(st.tuples(*[st.integers(0, 20)] * 4), min_size=5, max_size=5))
@settings(max_examples=8)
def test_few_permutations_are_all_of_them(hours):
    stories = [{"x": [a, b], "y": c, "z": d} for a, b, c, d in hours]
    found = lag_summary(*told(*stories), n_boot=1, n_permutations=4**5)
    for outlet in "xyz":
        assert row(found, outlet)["p"] == pytest.approx(exhaustive(stories, outlet))


def test_many_permutations_are_drawn():
    rng = np.random.default_rng(1)
    stories = [dict(zip("abcdef", rng.permutation(6).tolist(), strict=True)) for _ in range(6)]
    drawn = lag_summary(*told(*stories), n_boot=1)
    exact = lag_summary(*told(*stories), n_boot=1, n_permutations=6**6)
    assert (drawn["p"] - exact["p"]).abs().max() < 0.05
    assert (drawn["p"] * 1000 % 1).round(6).isin([0, 1]).all()  # (b + 1) / 1000, twice


def test_more_ways_than_numbers_can_count():
    stories = [
        {"x": 0, **{f"o{number:02}": number + 1 for number in range(29)}}
    ] * 220  # 30 ** 220 is no float
    found = row(lag_summary(*told(*stories), n_boot=1), "x")
    assert found["p"] == 2 / 1000


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n))))
def test_the_earliest_of_k(nk):
    n, k = nk
    counted = np.bincount([min(chosen) for chosen in itertools.combinations(range(n), k)])
    assert _earliest_of(n, k) == pytest.approx(counted / math.comb(n, k))


def test_a_day_is_no_evidence_of_speed():
    # Whatever the hours of y's days were, z's are known: y may be first or last.
    sharp = {"y": 0, "z": 12, "w": 13}
    lags, coverage = told(*[sharp] * 8, day="y")
    assert row(lag_summary(lags, coverage, n_boot=1), "y")["p"] == 1
    lags, coverage = told(*[sharp] * 8)
    assert row(lag_summary(lags, coverage, n_boot=1), "y")["p"] < 0.2
    # A day of the first article shifts all alike and does not blur the order of the others.
    stories = [{"a": 0, "y": 30, "z": 40, "w": 50}] * 8
    p = {day: row(lag_summary(*told(*stories, day=day), n_boot=1), "w")["p"] for day in ("", "a")}
    assert p[""] == p["a"]


def test_too_few_stories_have_no_p():
    found = lag_summary(*told({"x": 0, "y": 5}))
    assert found[["p", "q", "low", "high", "km_median", "km_low"]].isna().all(axis=None)
    assert found["reason"].str.startswith("1 story;").all()
    assert found["km_reason"].str.startswith("1 story;").all()


def test_kaplan_and_meier_by_hand():
    # z reaches 3 of 6 stories, after 1, 2 and 3 hours; the others are watched to the end of all.
    stories = [{"x": 0, "y": 10, "z": lag} for lag in (1, 2, 3)] + [{"x": 0, "y": 10}] * 3
    z = row(lag_summary(*told(*stories)), "z")
    assert (z["n_observed"], z["share_covered"], z["km_median"]) == (6, 0.5, 3)
    assert z["estimate"] == 2
    # Watched to the end of the story, 10 hours, the same; watched for two hours, never half of them.
    assert row(lag_summary(*told(*stories), horizon="story"), "z")["km_median"] == 3
    short = row(lag_summary(*told(*stories), horizon=2.5), "z")
    assert math.isnan(short["km_median"])
    assert short["km_reason"] == "half of the stories are never reached"


def test_a_story_that_ended_early_is_not_held_against_anybody():
    # Stories of an hour end before z comes elsewhere, after 5: of 3 at risk 1 is reached.
    stories = [{"x": 0, "y": 1}] * 3 + [{"x": 0, "y": 8}] * 2 + [{"x": 0, "y": 8, "z": 5}]
    curve = lag_curve(*told(*stories), horizon="story", groups="z")
    last = curve.iloc[-1]
    assert (last["hours"], last["n_at_risk"], last["n_reached"]) == (5, 3, 1)
    assert last["share"] == pytest.approx(1 / 3)
    whole = lag_curve(*told(*stories), groups="z").iloc[-1]
    # The last story is watched for 8 hours, all others longer.
    assert whole["share"] == pytest.approx(1 / 6)


def test_the_curve_of_a_published_sample():
    # Kalbfleisch & Prentice and many after them: remission of leukemia, 6-MP group (Freireich 1963), weeks.
    reached = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    left = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    # A story ends with its last article, so one of y's stands where the patient was last seen.
    stories = [{"x": 0, "y": 40, "z": hours} for hours in reached] + [
        {"x": 0, "y": hours} for hours in left
    ]
    curve = lag_curve(*told(*stories), horizon="story", groups=["z"]).set_index("hours")
    survival = (1 - curve["share"]).round(3).to_dict()
    assert survival == {
        0: 1,
        6: 0.857,
        7: 0.807,
        10: 0.753,
        13: 0.69,
        16: 0.627,
        22: 0.538,
        23: 0.448,
    }
    assert curve["n_at_risk"].tolist() == [21, 21, 17, 15, 12, 11, 7, 6]
    z = row(lag_summary(*told(*stories), horizon="story", n_boot=1), "z")
    assert (z["km_median"], z["km_low"]) == (23, 13)  # log-log: 13 to without end
    assert math.isnan(z["km_high"])


def test_days_bound_the_curve():
    stories = [{"x": 0, "y": 48}] * 6
    curve = lag_curve(*told(*stories, day="y"), groups="y")
    assert curve["hours"].tolist() == [0, 48, 60, 72]
    assert curve["share"].tolist() == [0, 0, 1, 1]
    assert curve["low"].tolist() == [0, 0, 0, 0]
    assert curve["high"].round(4).tolist() == [0.4593, 1, 1, 1]  # 1 - 0.025 ** (1 / 6)


def test_an_article_without_a_time_is_no_absence():
    stories = [{"x": 0, "y": 5, "z": 3}] * 5 + [{"x": 0, "y": 5}]
    lags, coverage = told(*stories)
    hidden = pd.DataFrame(
        {"article_id": ["zz"], "outlet": ["z"], "published_at": pd.to_datetime([None], utc=True)}
    )
    listed = pd.concat(
        [coverage, pd.DataFrame({"story_id": ["s005"], "article_id": ["zz"], "role": "related"})]
    )
    assert row(lag_summary(lags, listed), "z")["share_covered"] == pytest.approx(5 / 6)
    told_of = row(lag_summary(lags, listed, hidden), "z")
    assert (told_of["share_covered"], told_of["n_observed"]) == (1, 5)


def test_an_article_in_two_stories_and_a_story_told_twice_count_once():
    lags, coverage = told(*({"x": 0, "y": lag} for lag in (1, 2, 3, 4, 5)))
    twice = pd.concat([lags, lags.assign(story_id="t" + lags["story_id"])])
    both = pd.concat([coverage, coverage.assign(story_id="t" + coverage["story_id"])])
    pd.testing.assert_frame_equal(lag_summary(twice, both), lag_summary(lags, coverage))
    pd.testing.assert_frame_equal(lag_curve(twice, both), lag_curve(lags, coverage))
    assert len(arrivals(twice, both)) == 10


def test_stories_that_share_articles_are_one_for_the_curve():
    lags, coverage = told(*({"x": 0, "y": lag} for lag in (1, 2, 3, 4, 5)))
    extra = lags[lags["story_id"].eq("s000") & lags["outlet"].eq("x")].assign(story_id="t")
    other = extra.assign(article_id="new", outlet="w")
    more = pd.concat([lags, extra, other])
    listed = pd.concat(
        [
            coverage,
            pd.DataFrame({"story_id": "t", "article_id": ["000x0", "new"], "role": "related"}),
        ]
    )
    found = lag_summary(more, listed)
    assert row(found, "y")["n_observed"] == 5
    assert row(found, "x")["n_stories"] == 5
    assert row(found, "x")["n"] == 5


def test_one_outlet_alone_is_no_race_and_no_name_no_group():
    found = lag_summary(*told({"x": [0, 3]}))
    assert found.empty
    assert lag_curve(*told({"x": [0, 3]})).empty
    lags, coverage = told(*[{"x": 0, "y": 1}] * 5)
    lags["kind"] = lags["outlet"].map({"y": "blog"})
    by_kind = lag_summary(lags, coverage, by="kind")
    assert by_kind["kind"].tolist() == ["blog"]
    assert by_kind["estimate"].tolist() == [1]
    assert "outlet_name" not in by_kind.columns
    assert lag_summary(lags.assign(kind=None), coverage, by="kind").empty


def test_unusable_input_is_refused():
    lags, coverage = told({"x": 0, "y": 1})
    with pytest.raises(SchemaError, match="1 are not, for instance 000y0"):
        lag_summary(lags, coverage.iloc[:1])
    with pytest.raises(SchemaError, match="missing published_at"):
        lag_summary(lags.drop(columns="published_at"), coverage)
    with pytest.raises(ChoiceError, match="horizon: expected 'corpus', 'story' or a number"):
        lag_summary(lags, coverage, horizon="week")
    with pytest.raises(ChoiceError, match="found 0"):
        lag_curve(lags, coverage, horizon=0)
    with pytest.raises(ChoiceError, match="groups: expected some of x, y; found 'z'"):
        lag_curve(lags, coverage, groups="z")
    with pytest.raises(ChoiceError, match="'p' is a column of the result"):
        lag_summary(lags.assign(p="a"), coverage, by="p")
    with pytest.raises(ValueError, match="n_permutations: expected at least 1"):
        lag_summary(lags, coverage, n_permutations=0)


def test_invented_outlets_stay_marked():
    lags, coverage = told({"x.example": 0, "y.example": 1})
    assert lag_summary(lags, coverage).attrs["invented"]
    assert lag_curve(lags, coverage).attrs["invented"]


drawn_stories = st.lists(
    st.dictionaries(
        st.sampled_from("abcd"), st.lists(st.integers(0, 60), min_size=1, max_size=2), min_size=1
    ),
    min_size=1,
    max_size=8,
)


@given(drawn_stories, st.sampled_from(["", "a", "abcd"]), st.randoms())
@settings(max_examples=20)
def test_order_of_rows_is_nothing_and_the_numbers_are_in_order(stories, day, random):
    lags, coverage = told(*stories, day=day)
    found = lag_summary(lags, coverage, n_boot=20, n_permutations=20)
    order = list(range(len(lags)))
    random.shuffle(order)
    again = lag_summary(lags.iloc[order], coverage.iloc[order], n_boot=20, n_permutations=20)
    pd.testing.assert_frame_equal(found, again)
    assert (found["median_low"] <= found["estimate"]).all()
    assert (found["estimate"] <= found["median_high"]).all()
    known = found.dropna(subset="low")
    assert (known["low"] <= known["high"]).all()
    assert found["p"].dropna().between(0, 1).all()
    curve = lag_curve(lags, coverage)
    for _, part in curve.groupby("outlet"):
        assert part["share"].is_monotonic_increasing
        assert part["share"].between(0, 1).all()
        inside = part.dropna(subset="low")
        assert (inside["low"] <= inside["share"] + 1e-9).all()
        assert (inside["share"] <= inside["high"] + 1e-9).all()


@given(drawn_stories)
@settings(max_examples=10)
def test_names_are_nothing(stories):
    names = dict(zip("abcd", "dcba", strict=True))
    found = lag_summary(*told(*stories), n_boot=20, n_permutations=300)
    other = lag_summary(
        *told(*({names[o]: h for o, h in story.items()} for story in stories)),
        n_boot=20,
        n_permutations=300,
    )
    other["outlet"] = other["outlet"].map(names)
    columns = ["estimate", "low", "high", "n", "n_stories", "km_median", "share_covered", "reason"]
    left, right = (t.set_index("outlet").sort_index()[columns] for t in (found, other))
    pd.testing.assert_frame_equal(left, right)
