import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_research.cascade import cascade, cascade_shares, half_lives
from coverage_research.cascade_places import cascade_frames, compare_cascade
from coverage_research.schema import SchemaError
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


def frames(*ids, frame="market"):
    return pd.DataFrame({"article_id": list(ids), "frame": frame})


def test_steps_by_hand():
    steps = cascade(*told({"x": [0, 9], "y": 2, "z": 2, "w": 6}))
    assert steps["hours"].tolist() == [0, 2, 6]
    assert steps["n_low"].tolist() == steps["n_high"].tolist() == [1, 3, 4]
    assert steps["share"].tolist() == [0.25, 0.75, 1]
    assert (steps["n_outlets"] == 4).all()


def test_days_are_there_between_two_hours():
    steps = cascade(*told({"x": 0, "y": 24, "z": 30}, day="y"))
    assert steps["hours"].tolist() == [0, 24, 30, 48]
    assert steps["n_low"].tolist() == [1, 1, 2, 3]
    assert steps["n_high"].tolist() == [1, 2, 3, 3]
    assert steps["share"].isna().tolist() == [False, True, True, False]
    assert steps["share_low"].iloc[2] == pytest.approx(2 / 3)


def test_somebody_was_first_even_if_nobody_knows_who():
    steps = cascade(*told({"x": 0, "y": 5}, day="xy"))
    assert steps.loc[steps["hours"] == 0, ["n_low", "n_high"]].to_numpy().tolist() == [[1, 2]]
    assert steps.iloc[-1][["hours", "n_low"]].tolist() == [24, 2]


def test_half_of_those_that_followed():
    stories = [
        {"a": 0},
        {"a": 0, "b": 5},
        {"a": 0, "b": 5, "c": 7},
        {"a": 0, "b": 5, "c": 7, "d": 9},
    ]
    lives = half_lives(*told(*stories))
    assert lives["half_hours"].fillna(-1).tolist() == [-1, 5, 5, 7]
    assert lives["reason"].tolist() == ["1 outlet, and none that followed", "", "", ""]
    assert lives["n_outlets"].tolist() == [1, 2, 3, 4]
    doubtful = half_lives(*told({"a": 0, "b": 24, "c": 30}, day="b")).iloc[0]
    assert (doubtful["half_low"], doubtful["half_high"]) == (24, 30)
    assert np.isnan(doubtful["half_hours"])


def test_stories_weigh_the_same():
    stories = [{"a": 0, "b": 1}] * 3 + [{"a": 0, "b": 10, "c": 20, "d": 30}] * 3 + [{"a": 0}]
    shares = cascade_shares(*told(*stories), hours=[0, 1, 10, 30]).set_index("hours")
    assert shares["estimate"].tolist() == pytest.approx(
        [(0.5 + 0.25) / 2, (1 + 0.25) / 2, (1 + 0.5) / 2, 1]
    )
    assert (shares["n"] == 18).all()
    assert (shares["n_stories"] == 6).all()
    assert ((shares["low"] <= shares["estimate"]) & (shares["estimate"] <= shares["high"])).all()
    few = cascade_shares(*told(*stories[:2]), hours=[0])
    assert few["low"].isna().all()
    assert few["reason"].str.startswith("2 stories;").all()
    assert cascade_shares(*told({"a": 0})).empty


def test_days_widen_the_mean():
    shares = cascade_shares(*told(*[{"x": 0, "y": 24}] * 6, day="y"), hours=[0, 30, 48])
    assert shares["share_low"].tolist() == [0.5, 0.5, 1]
    assert shares["share_high"].tolist() == [0.5, 1, 1]
    assert shares.loc[1, ["low", "estimate", "high"]].tolist() == [0.5, 0.75, 1]


stories_drawn = st.lists(
    st.dictionaries(
        st.sampled_from("abcd"), st.lists(st.integers(0, 60), min_size=1, max_size=2), min_size=1
    ),
    min_size=1,
    max_size=7,
)


@given(stories_drawn, st.sampled_from(["", "a", "abcd"]), st.randoms())
@settings(max_examples=25)
def test_cascades_rise_to_all_and_hold_every_hour(stories, day, random):
    lags, coverage = told(*stories, day=day)
    steps, lives = cascade(lags, coverage), half_lives(lags, coverage)
    assert (steps["n_low"] <= steps["n_high"]).all()
    for _, part in steps.groupby("story_id"):
        assert part["n_low"].is_monotonic_increasing
        assert part["n_high"].is_monotonic_increasing
        assert part[["n_low", "n_high"]].iloc[-1].tolist() == [part["n_outlets"].iloc[0]] * 2
    order = list(range(len(lags)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(steps, cascade(lags.iloc[order], coverage.iloc[order]))
    pd.testing.assert_frame_equal(lives, half_lives(lags.iloc[order], coverage.iloc[order]))
    pooled = cascade_shares(lags, coverage, n_boot=10)
    pd.testing.assert_frame_equal(
        pooled, cascade_shares(lags.iloc[order], coverage.iloc[order], n_boot=10)
    )
    assert pooled["share_low"].is_monotonic_increasing
    # Whatever the hours of the days were, the truth lies between the bounds.
    stamp = lags["published_at"].where(
        lags["published_precision"] == "minute",
        lags["published_at"].dt.floor("D") + pd.Timedelta(hours=random.randrange(24)),
    )
    sharp = story_lags(
        lags.drop(columns=["story_id", "role"]).assign(
            published_at=stamp, published_precision="minute"
        ),
        coverage,
    )
    truth = half_lives(sharp, coverage).merge(lives, on="story_id", suffixes=("_sharp", ""))
    known = truth[truth["reason"] == ""]
    assert (known["half_low"] - 1e-6 <= known["half_hours_sharp"]).all()
    assert (known["half_hours_sharp"] <= known["half_high"] + 1e-6).all()


def test_places_by_hand():
    lags, coverage = told({"a": 0, "b": 1, "c": 2, "d": 3, "e": 4})
    found = cascade_frames(lags, frames("000a0", "000b0", "000e0"), coverage).set_index("place")
    assert found["n"].to_dict() == {"first": 1, "early": 2, "late": 2}
    assert found["estimate"].to_dict() == {"first": 1, "early": 0.5, "late": 0.5}
    assert (found["n_unplaced"] == 0).all()
    assert found["reason"].str.startswith("1 story;").all()


def test_what_a_day_leaves_open_has_no_place():
    # b may be the first or the third of four, c and a come before d for certain.
    lags, coverage = told({"a": 5, "b": 0, "c": 8, "d": 30}, day="b")
    found = cascade_frames(lags, frames("000d0"), coverage).set_index("place")
    assert found["n"].to_dict() == {"first": 0, "early": 1, "late": 1}
    assert (found["n_unplaced"] == 2).all()
    assert found["estimate"].fillna(-1).to_dict() == {"first": -1, "early": 0, "late": 1}
    # At the same minute neither is the first, but both are early.
    tied = cascade_frames(
        *told({"a": 0, "b": 0, "c": 1, "d": 2})[:1],
        frames("000a0"),
        told({"a": 0, "b": 0, "c": 1, "d": 2})[1],
    )
    assert tied.set_index("place")["n"].to_dict() == {"first": 0, "early": 2, "late": 2}


def test_places_by_hours():
    lags, coverage = told({"a": 0, "b": 5.9, "c": 6, "d": 24, "e": 100}, day="d")
    found = cascade_frames(lags, frames("000c0", "000e0"), coverage, hours=[0, 6, 30])
    assert found["place"].tolist() == ["0-6 h", "6-30 h", "30 h and later"]
    assert found["n"].tolist() == [2, 1, 1]  # d appeared after 24 to 48 hours
    assert found["estimate"].tolist() == [0, 1, 1]
    assert (found["n_unplaced"] == 1).all()
    with pytest.raises(ValueError, match="hours: expected numbers that rise from 0"):
        cascade_frames(lags, frames("000c0"), coverage, hours=[6, 24])
    with pytest.raises(ValueError, match="hours: expected one or more"):
        cascade_shares(lags, coverage, hours=[-1])


def test_halves_that_differ_in_every_story():
    stories = [{"a": 0, "b": 1, "c": 2, "d": 3}] * 6
    lags, coverage = told(*stories)
    late = frames(*(f"{story:03}{outlet}0" for story in range(6) for outlet in "cd"))
    both = pd.concat(
        [
            late,
            frames(*(f"{story:03}a0" for story in range(6)), frame="race"),
            frames("000b0", "000b0", frame="rare"),
        ]
    )
    found = compare_cascade(lags, both, coverage).set_index("measure")
    assert found.index.tolist() == ["market", "race", "rare"]
    market = found.loc["market"]
    assert market[["n_early", "early", "n_late", "late", "n", "n_stories"]].tolist() == [
        12,
        0,
        12,
        1,
        24,
        6,
    ]
    assert market[["estimate", "low", "high"]].tolist() == [1, 1, 1]
    assert market["p"] == 1 / 1000  # 2 of 6 ** 6 ways
    assert found.loc["race", "estimate"] == -0.5
    # Six coins that show the same: 2 in 64.
    assert found.loc["race", "p"] == pytest.approx(2 / 64, abs=0.02)
    assert found.loc["rare", "p"] == 1
    assert (found["q"] >= found["p"]).all()


def test_the_p_of_numbers_is_that_of_all_permutations():
    rng = np.random.default_rng(3)
    stories = [{"a": 0, "b": 1, "c": 2}] * 5
    lags, coverage = told(*stories)
    tone = pd.DataFrame(
        {
            "article_id": lags["article_id"],
            "tone": rng.normal(size=15).round(2) + (lags["rank"] == 3),
        }
    )
    row = compare_cascade(lags, tone, coverage, value="tone", n_permutations=5000).iloc[0]
    values = tone["tone"].to_numpy().reshape(5, 3)
    observed = values[:, 2].mean() - values[:, :2].mean()
    assert row["estimate"] == pytest.approx(observed)
    drawn = np.array(
        [values[range(5), chosen].sum() for chosen in itertools.product(range(3), repeat=5)]
    )
    differences = drawn / 5 - (values.sum() - drawn) / 10
    assert row["p"] == pytest.approx((np.abs(differences) >= abs(observed) - 1e-9).mean(), abs=0.02)
    assert (row["n_early"], row["n_late"]) == (10, 5)


def test_articles_without_a_value_do_not_count():
    lags, coverage = told(*[{"a": 0, "b": 1}] * 6)
    tone = pd.DataFrame({"article_id": lags["article_id"], "tone": 0.5, "other": -1.0})
    tone.loc[0, "tone"] = None
    tone = tone[tone["article_id"] != "001b0"]
    found = cascade_frames(lags, tone, coverage, value=["tone", "other"])
    counted = found.set_index(["measure", "place"])["n"].to_dict()
    assert counted == {
        ("tone", "first"): 5,
        ("tone", "early"): 0,
        ("tone", "late"): 5,
        ("other", "first"): 6,
        ("other", "early"): 0,
        ("other", "late"): 5,
    }
    assert found.loc[found["n"] > 0, "estimate"].tolist() == [0.5, 0.5, -1, -1]
    row = compare_cascade(lags, tone, coverage, value="tone").iloc[0]
    assert row[["n_early", "n_late", "estimate", "p"]].tolist() == [5, 5, 0, 1]


def test_few_articles_are_not_compared():
    found = compare_cascade(
        *told(*[{"a": 0, "b": 1}] * 4)[:1], frames("000a0"), told(*[{"a": 0, "b": 1}] * 4)[1]
    ).iloc[0]
    assert found["reason"] == "4 articles in one half; at least 5 are needed"
    assert found[["p", "q", "low", "high"]].isna().all()
    lags, coverage = told({"a": 0, "b": 5}, day="ab")
    nobody = compare_cascade(lags, frames("000a0"), coverage).iloc[0]
    assert (nobody["n_unplaced"], nobody["n"], nobody["n_stories"]) == (2, 0, 0)
    assert compare_cascade(lags, frames(), coverage).empty
    assert cascade_frames(lags, frames(), coverage).empty


def test_an_article_in_two_stories_counts_once():
    lags, coverage = told(*[{"a": 0, "b": 1, "c": 2}] * 6)
    twice = pd.concat([lags, lags.assign(story_id="t" + lags["story_id"])])
    both = pd.concat([coverage, coverage.assign(story_id="t" + coverage["story_id"])])
    found = frames("000a0", "001c0", "001c0")
    for measure in (cascade_frames, compare_cascade):
        pd.testing.assert_frame_equal(measure(twice, found, both), measure(lags, found, coverage))
    for measure in (cascade, half_lives, cascade_shares):
        pd.testing.assert_frame_equal(measure(twice, both), measure(lags, coverage))
    # Second in one story, first in another: it has its place where its lag is longer.
    extra = lags[lags["article_id"].isin(["000b0", "000c0"])].assign(
        story_id="u", lag_low=[0.0, 1.0], lag_high=[0.0, 1.0]
    )
    listed = pd.concat([coverage, extra[["story_id", "article_id"]].assign(role="related")])
    placed = cascade_frames(pd.concat([lags, extra]), found, listed).set_index("place")
    assert placed["n"].to_dict() == {"first": 6, "early": 6, "late": 6}
    assert placed["n_stories"].max() == 6


@given(stories_drawn, st.sampled_from(["", "a"]), st.randoms())
@settings(max_examples=25)
def test_places_are_all_articles_and_order_is_nothing(stories, day, random):
    lags, coverage = told(*stories, day=day)
    ids = random.sample(lags["article_id"].tolist(), (len(lags) + 1) // 2)
    found = frames(*ids)
    shares = cascade_frames(lags, found, coverage, n_boot=10)
    in_company = lags.groupby("story_id")["article_id"].transform("size") > 1
    assert shares["n"].sum() + shares["n_unplaced"].iloc[0] == in_company.sum()
    order = list(range(len(lags)))
    random.shuffle(order)
    settings_ = {"n_boot": 10, "n_permutations": 9}
    compared = compare_cascade(lags, found, coverage, **settings_)
    again = compare_cascade(
        lags.iloc[order], found.sample(frac=1, random_state=1), coverage.iloc[order], **settings_
    )
    pd.testing.assert_frame_equal(compared, again)
    assert compared["n"].sum() == shares["n"].sum()


def test_unusable_input_is_refused():
    lags, coverage = told({"a": 0, "b": 1})
    with pytest.raises(SchemaError, match="1 are not, for instance 000b0"):
        cascade(lags, coverage.iloc[:1])
    with pytest.raises(SchemaError, match="missing frame"):
        cascade_frames(lags, lags[["article_id"]], coverage)
    with pytest.raises(
        SchemaError, match="found: expected one row per article; 1 have several, for instance 000a0"
    ):
        compare_cascade(
            lags, pd.DataFrame({"article_id": ["000a0"] * 2, "tone": 1.0}), coverage, value="tone"
        )
    with pytest.raises(ValueError, match="n_permutations"):
        compare_cascade(lags, frames("000a0"), coverage, n_permutations=0)
    assert cascade(lags.assign(kind=None), coverage, by="kind").empty
    assert half_lives(lags.iloc[:0], coverage).empty


def test_invented_outlets_stay_marked():
    lags, coverage = told({"x.example": 0, "y.example": 1})
    found = frames(lags["article_id"].iloc[0])
    for table in (
        cascade(lags, coverage),
        cascade_shares(lags, coverage),
        half_lives(lags, coverage),
        cascade_frames(lags, found, coverage),
        compare_cascade(lags, found, coverage),
    ):
        assert table.attrs["invented"]
