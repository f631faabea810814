import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t

from coverage_research.movers import bradley_terry, first_movers, precedence, precedence_pairs
from coverage_research.schema import ChoiceError, SchemaError
from coverage_research.statistics import wilson
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


def test_races_won_and_expected_by_hand():
    # x has 2 of 3 articles in five stories and wins four; y one of three.
    stories = [{"x": [0, 2], "y": 1}] * 4 + [{"x": [1, 2], "y": 0}]
    found = first_movers(*told(*stories))
    x, y = row(found, "x"), row(found, "y")
    assert (x["n_races"], x["n_first"], x["n_possible"], x["n"], x["n_stories"]) == (5, 4, 4, 10, 5)
    assert x["expected"] == pytest.approx(10 / 3)
    assert x["estimate"] == pytest.approx(4 / (10 / 3))
    assert (x["share_low"], x["share_high"], y["share_low"]) == (0.8, 0.8, 0.2)
    # Binomial of 5 with 2/3: 4 or more 112/243.
    assert x["p"] == pytest.approx(2 * 112 / 243)
    assert y["p"] == pytest.approx(2 * 112 / 243)  # at most 1 with 1/3 is the same
    assert x["low"] < x["estimate"] < x["high"]
    assert found["outlet"].tolist() == ["x", "y"]


def test_all_and_none_have_exact_bounds():
    found = first_movers(*told(*[{"x": 0, "y": 1}] * 6))
    x, y = row(found, "x"), row(found, "y")
    assert (x["estimate"], y["estimate"]) == (2, 0)
    doubt = 0.025 ** (1 / 6)
    assert (x["low"], x["high"]) == (pytest.approx(2 * doubt), 2)
    assert (y["low"], y["high"]) == (0, pytest.approx(2 * (1 - doubt)))
    assert x["p"] == y["p"] == pytest.approx(2 / 64)


def test_a_day_makes_nobody_first():
    stories = [{"x": 0, "y": 10, "z": 40}] * 6
    found = first_movers(*told(*stories, day="x"))
    assert found.set_index("outlet")[["n_first", "n_possible"]].T.to_dict("list") == {
        "x": [0, 6],
        "y": [0, 6],
        "z": [0, 0],
    }
    assert found.set_index("outlet")["estimate"].to_dict() == pytest.approx(
        {"x": 1.5, "y": 1.5, "z": 0}
    )
    x = row(found, "x")
    assert (x["low"], x["high"], x["p"]) == (0, pytest.approx(3), 1)
    # A day whose last moment is before all others is as good as a minute.
    assert row(first_movers(*told(*[{"x": 0, "y": 24}] * 6, day="x")), "x")["n_first"] == 6


def test_a_tie_has_no_winner():
    found = first_movers(*told(*[{"x": 0, "y": 0}] * 5))
    assert found["n_first"].tolist() == [0, 0]
    assert found["n_possible"].tolist() == [5, 5]
    assert found["estimate"].tolist() == [1, 1]
    # But two articles of one outlet at the same time are not two outlets.
    assert row(first_movers(*told({"x": [0, 0], "y": 1})), "x")["n_first"] == 1


def test_separate_races_have_the_interval_of_a_share():
    # x has one of two articles in each story: the ratio is twice the share of races won.
    found = first_movers(*told(*[{"x": 0, "y": 1}] * 9 + [{"x": 1, "y": 0}] * 3))
    for name, won in (("x", 9), ("y", 3)):
        low, high = wilson(won, 12)
        assert row(found, name)[["low", "high"]].tolist() == pytest.approx([2 * low, 2 * high])
    # With unequal chances a bound is as far from what is expected there as chance may take it.
    found = first_movers(*told(*[{"x": [0, 2], "y": 1}, {"x": 1, "y": 0, "z": 3}] * 6))
    x = row(found, "x")
    chances = np.array([2 / 3, 1 / 3] * 6)
    for ratio in (x["low"], x["high"]):
        error = math.sqrt((ratio * chances * (1 - ratio * chances)).sum())
        assert abs(6 - ratio * chances.sum()) / error == pytest.approx(1.959964)


def chained(stories, size):
    """Lags and coverage in which every `size` stories in a row share an article of an outlet s."""
    lags, _ = told(*stories)
    shared = lags["outlet"] == "s"
    number = lags["story_id"].str[1:].astype(int) // size
    lags["article_id"] = lags["article_id"].where(~shared, "shared" + number.astype(str))
    return lags, lags[["story_id", "article_id"]]


def test_races_of_one_cluster_are_one_case():
    # Of five races in each of six clusters x wins four, one, four, one, three and none.
    sums = np.array([4, 1, 4, 1, 3, 0])
    wins = [race < won for won in sums for race in range(5)]
    stories = [{"x": int(not won), "y": int(won), "s": 9} for won in wins]
    apart, together = first_movers(*told(*stories)), first_movers(*chained(stories, 5))
    x, tangled = row(apart, "x"), row(together, "x")
    assert (x["n_stories"], tangled["n_stories"]) == (30, 6)
    assert [x["estimate"], tangled["estimate"]] == pytest.approx([1.3, 1.3])
    half = t.ppf(0.975, 5) * sums.std(ddof=1) / math.sqrt(6) / (5 / 3)
    assert tangled[["low", "high"]].tolist() == pytest.approx([1.3 - half, 1.3 + half])
    assert tangled["low"] < x["low"] < x["high"] < tangled["high"]


def test_few_stories_have_neither_interval_nor_p():
    found = first_movers(*told(*[{"x": 0, "y": 1}] * 4))
    assert found[["low", "high", "p", "q"]].isna().all(axis=None)
    assert found["reason"].str.startswith("4 stories;").all()


stories_drawn = st.lists(
    st.dictionaries(
        st.sampled_from("abcd"), st.lists(st.integers(0, 40), min_size=1, max_size=3), min_size=1
    ),
    min_size=1,
    max_size=7,
)


@given(stories_drawn, st.sampled_from(["", "b", "abcd"]), st.randoms())
@settings(max_examples=30)
def test_expected_wins_sum_to_races(stories, day, random):
    lags, coverage = told(*stories, day=day)
    found = first_movers(lags, coverage)
    races = sum(len(story) > 1 for story in stories)
    assert found["expected"].sum() == pytest.approx(races)
    assert found["n_first"].sum() <= races <= found["n_possible"].sum() or races == 0
    assert (found["n_first"] <= found["n_possible"]).all()
    assert (found["n_possible"] <= found["n_races"]).all()
    order = list(range(len(lags)))
    random.shuffle(order)
    again = first_movers(lags.iloc[order], coverage.iloc[order])
    pd.testing.assert_frame_equal(found, again)


def chance_of_wins(stories, outlet):
    """Distribution of the races won, by going through all orders of the articles of each story."""
    chances = {0: 1.0}
    for story in stories:
        pool = [name for name, hours in story.items() for _ in hours]
        share = np.mean([order[0] == outlet for order in itertools.permutations(pool)])
        step = {}
        for won, chance in chances.items():
            step[won] = step.get(won, 0) + chance * (1 - share)
            step[won + 1] = step.get(won + 1, 0) + chance * share
        chances = step
    return chances


@given(
    st.lists(
        st.tuples(st.integers(1, 2), st.integers(1, 2), st.permutations(range(5))),
        min_size=5,
        max_size=6,
    )
)
@settings(max_examples=15)
def test_p_is_that_of_all_orders(drawn):
    stories = []
    for n_x, n_y, hours in drawn:
        stories.append({"x": hours[:n_x], "y": hours[2 : 2 + n_y], "z": hours[4:]})
    found = first_movers(*told(*stories))
    for outlet in "xyz":
        won, chances = row(found, outlet)["n_first"], chance_of_wins(stories, outlet)
        over = sum(chance for k, chance in chances.items() if k >= won)
        under = sum(chance for k, chance in chances.items() if k <= won)
        assert row(found, outlet)["p"] == pytest.approx(min(1, 2 * min(over, under)))


def test_a_story_told_twice_is_one_race():
    lags, coverage = told(*[{"x": 0, "y": 1}] * 5)
    twice = pd.concat([lags, lags.assign(story_id="t" + lags["story_id"])])
    both = pd.concat([coverage, coverage.assign(story_id="t" + coverage["story_id"])])
    pd.testing.assert_frame_equal(first_movers(twice, both), first_movers(lags, coverage))
    pd.testing.assert_frame_equal(precedence(twice, both), precedence(lags, coverage))


def test_stories_that_share_articles_are_drawn_together():
    # Each race stands there again with one more article of z: won together or not at all, nearly.
    lags, _ = told(*[{"x": 0, "y": 1}] * 8)
    again = lags.assign(story_id="t" + lags["story_id"])
    more = again[again["outlet"] == "y"].copy()
    more["article_id"], more["outlet"], more["published_at"] = (
        "z" + more["article_id"],
        "z",
        more["published_at"] + pd.Timedelta(hours=3),
    )
    lags = pd.concat([lags, again, more])
    listed = lags[["story_id", "article_id"]]
    x = row(first_movers(lags, listed), "x")
    assert (x["n_races"], x["n_stories"], x["n_first"]) == (16, 8, 16)
    assert x["expected"] == pytest.approx(8 / 2 + 8 / 3)
    # First of three implies first of two: a third of the time both, 3 ** -8. As if they were
    # strangers it would be 6 ** -8; both are below what 999 draws can show.
    assert x["p"] == pytest.approx(2 / 1000)
    few = row(
        first_movers(
            lags[lags["story_id"].str[-1].isin(list("01234"))], listed, n_permutations=20_000
        ),
        "x",
    )
    assert few["p"] == pytest.approx(2 * 3**-5, rel=0.3)


def test_articles_without_a_group_are_rivals_without_a_row():
    lags, coverage = told(*[{"x": 1, "y": 0}] * 5)
    lags["kind"] = lags["outlet"].map({"x": "paper"})
    found = first_movers(lags, coverage, by="kind")
    assert found["kind"].tolist() == ["paper"]
    assert (found["n_races"].iloc[0], found["n_first"].iloc[0], found["expected"].iloc[0]) == (
        5,
        0,
        2.5,
    )
    assert first_movers(lags.assign(kind=None), coverage, by="kind").empty
    assert precedence(lags, coverage, by="kind").empty
    assert first_movers(*told({"x": 0})).empty


# Agresti, Categorical Data Analysis, American League 1987: wins of the row over the column.
TEAMS = ["Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore"]
WINS = [
    [0, 7, 9, 7, 7, 9, 11],
    [6, 0, 7, 5, 11, 9, 9],
    [4, 6, 0, 7, 7, 8, 12],
    [6, 8, 6, 0, 6, 7, 10],
    [6, 2, 6, 7, 0, 7, 12],
    [4, 4, 5, 6, 6, 0, 6],
    [2, 4, 1, 3, 1, 7, 0],
]
STRENGTHS = [1.581, 1.436, 1.294, 1.248, 1.108, 0.684, 0]


def test_strengths_of_the_published_season():
    found = bradley_terry(WINS)
    assert found - found[-1] == pytest.approx(STRENGTHS, abs=5e-4)
    assert found.sum() == pytest.approx(0)


def test_strengths_of_a_season_of_stories():
    stories = [
        {TEAMS[one]: 0, TEAMS[two]: 1}
        for one, two in itertools.permutations(range(7), 2)
        for _ in range(WINS[one][two])
    ]
    found = precedence(*told(*stories), prior=0).set_index("outlet").loc[TEAMS]
    assert (found["estimate"] - found["estimate"].iloc[-1]).tolist() == pytest.approx(
        STRENGTHS, abs=5e-4
    )
    assert found["wins"].tolist() == [sum(wins) for wins in WINS]
    assert (found["n_matches"] == 78).all()
    assert (
        found["reason"]
        .eq("without a prior a strength need not exist where a story is left out")
        .all()
    )
    drawn = precedence(*told(*stories)).set_index("outlet").loc[TEAMS]
    assert ((drawn["low"] < drawn["estimate"]) & (drawn["estimate"] < drawn["high"])).all()
    # A prior of one tie in 79 matches draws together, a little.
    assert 0.95 < drawn["estimate"].std() / found["estimate"].std() < 1
    # About the width of the published standard errors of contrasts with Baltimore, 0.34.
    assert (drawn["high"] - drawn["low"]).mean() == pytest.approx(2 * 1.96 * 0.2, rel=0.2)


def test_the_interval_of_a_strength_is_that_of_the_jackknife():
    orders = ["abc", "acb", "bac", "cab", "abc", "bca", "acb"]
    lags, coverage = told(*[dict(zip(order, range(3), strict=True)) for order in orders])
    found = precedence(lags, coverage).set_index("outlet")

    def strengths(kept):
        wins = np.zeros((3, 3))
        for order in kept:
            for one, two in itertools.combinations(order, 2):
                wins["abc".index(one), "abc".index(two)] += 1
        return bradley_terry(wins, prior=1)

    whole = strengths(orders)
    left = [strengths(orders[:place] + orders[place + 1 :]) for place in range(7)]
    half = t.ppf(0.975, 6) * np.sqrt(6 / 7 * ((left - whole) ** 2).sum(axis=0))
    assert found.loc[list("abc"), "estimate"].tolist() == pytest.approx(whole.tolist())
    assert found.loc[list("abc"), "low"].tolist() == pytest.approx((whole - half).tolist())
    assert found.loc[list("abc"), "high"].tolist() == pytest.approx((whole + half).tolist())


def test_a_few_large_clusters_are_worth_no_interval():
    stories = [{"a": 0, "b": 1, "s": 2}, {"b": 0, "s": 1, "a": 2}, {"s": 0, "a": 1, "b": 2}] * 8
    lags, coverage = chained(stories, 3)
    even = precedence(lags, coverage).set_index("outlet")
    assert (even["n_stories"] == 8).all()
    assert even["low"].notna().all()
    # Twenty stories of one cluster and four of their own: 400 / 404 of all squares are in one.
    alone = lags["story_id"] > "s019"
    names = np.where(alone, lags["story_id"], "one")
    shared = lags["outlet"] == "s"
    lags["article_id"] = lags["article_id"].where(~shared, "shared" + pd.Series(names))
    uneven = precedence(lags, lags[["story_id", "article_id"]]).set_index("outlet")
    assert uneven["estimate"].tolist() == pytest.approx(even["estimate"].tolist())
    assert uneven["low"].isna().all()
    assert uneven["n_stories"].tolist() == [5, 5, 5]
    assert uneven["reason"].eq(
        "most matches are in few clusters of stories that share articles, worth 1.4 equal ones; "
        "an interval needs at least 3"
    ).all()  # fmt: skip


def test_an_outlet_in_four_stories_has_a_strength_and_no_interval():
    stories = [{"a": 0, "b": 1}, {"b": 0, "a": 1}] * 4 + [{"c": 0, "a": 1}, {"a": 0, "c": 1}] * 2
    found = precedence(*told(*stories)).set_index("outlet")
    assert found["estimate"].notna().all()
    assert found["low"].notna().to_dict() == {"a": True, "b": True, "c": False}
    assert found.loc["c", "reason"].startswith("4 stories;")


def test_intervals_hold_the_truth_where_stories_share_articles():
    # Thirty stories in six clusters, of which each takes half of its articles from the one before;
    # all eight outlets are equally fast.
    rng = np.random.default_rng(1)
    held = {first_movers: [], precedence: []}
    for _ in range(15):
        rows, articles = [], []
        for story in range(30):
            size = int(rng.integers(3, 9))
            old = [] if story % 5 == 0 else list(rng.permutation(rows[-1])[: size // 2])
            new = list(range(len(articles), len(articles) + size - len(old)))
            articles += [(f"o{rng.integers(8)}", rng.random()) for _ in new]
            rows.append(old + new)
        table = pd.DataFrame(articles, columns=["outlet", "hours"])
        table["article_id"] = [f"a{place:03}" for place in range(len(table))]
        table["published_at"] = START + pd.to_timedelta((table["hours"] * 1e6).astype(int), "s")
        table["published_precision"] = "minute"
        coverage = pd.DataFrame(
            [(f"s{story:02}", f"a{place:03}") for story, row in enumerate(rows) for place in row],
            columns=["story_id", "article_id"],
        ).assign(role="related")
        lags = story_lags(table.drop(columns="hours"), coverage)
        for function, truth in ((first_movers, 1), (precedence, 0)):
            settings = {"n_permutations": 1} if function is first_movers else {}
            found = function(lags, coverage, **settings).dropna(subset="low")
            held[function] += ((found["low"] <= truth) & (truth <= found["high"])).tolist()
    for inside in held.values():
        assert len(inside) > 60
        assert np.mean(inside) > 0.92


def test_two_players_by_hand():
    assert bradley_terry([[0, 3], [1, 0]]).tolist() == pytest.approx(
        [math.log(3) / 2, -math.log(3) / 2]
    )
    # With a prior the slope vanishes: 3 - 4 / (1 + e^-2s) + 1/2 - 1 / (1 + e^-s) = 0.
    strength = bradley_terry([[0, 3], [1, 0]], prior=1)[0]
    assert 3 - 4 / (1 + math.exp(-2 * strength)) + 0.5 - 1 / (
        1 + math.exp(-strength)
    ) == pytest.approx(0, abs=1e-9)


def test_who_always_or_never_wins_has_no_strength():
    found = bradley_terry([[0, 1, 2, 1], [0, 0, 3, 1], [0, 1, 0, 1], [0, 0, 0, 0]])
    assert np.isnan(found).tolist() == [True, False, False, True]
    assert found[1] == pytest.approx(math.log(3) / 2)
    stories = (
        [{"a": 0, "b": 1, "c": 2}] * 3
        + [{"a": 0, "c": 1, "b": 2}] * 3
        + [{"b": 0, "d": 5}, {"e": 0, "f": 0}]
    )
    table = precedence(*told(*stories), ties="omit").set_index("outlet")
    assert table["estimate"].notna().to_dict() == dict(
        zip("abcdef", [False, True, True, False, False, False], strict=True)
    )
    assert table.loc["a", "reason"] == "never later than another"
    assert table.loc["d", "reason"] == "never earlier than another"
    assert table.loc["e", "reason"] == "no match that the stamps decide"
    assert table.loc[["b", "c"], "reason"].tolist() == ["", ""]
    assert table.loc[["b", "c"], "estimate"].tolist() == pytest.approx([0, 0])
    assert table.loc["e", "ties"] == 1


def test_two_leagues_without_a_link():
    stories = [{"a": 0, "b": 1}, {"a": 1, "b": 0}] * 4 + [{"c": 0, "d": 1}, {"c": 1, "d": 0}]
    table = precedence(*told(*stories)).set_index("outlet")
    assert table["estimate"].notna().tolist() == [True, True, False, False]
    assert table.loc["c", "reason"] == "not linked by wins and losses to the largest set of outlets"
    ordered = precedence(*told(*[{"a": 0, "b": 1}] * 6))
    assert ordered["estimate"].isna().all()
    assert set(ordered["reason"]) == {"never later than another", "never earlier than another"}


def test_days_are_ties():
    stories = [{"x": 5, "y": 0, "z": 30}] * 3
    lags, coverage = told(*stories, day="y")
    pairs = precedence_pairs(lags, coverage).set_index(["outlet", "other"])
    assert pairs.loc[("x", "y"), ["wins", "losses", "ties", "estimate"]].tolist() == [0, 0, 3, 0.5]
    assert pairs.loc[("y", "z"), ["wins", "losses", "ties", "estimate"]].tolist() == [3, 0, 0, 1]
    half = precedence(lags, coverage).set_index("outlet")
    assert half["ties"].tolist() == [3, 3, 0]
    # x and y are linked by ties that count half; z never wins.
    assert half["estimate"].notna().tolist() == [True, True, False]
    omitted = precedence(lags, coverage, ties="omit").set_index("outlet")
    assert omitted["estimate"].isna().all()
    assert omitted["ties"].tolist() == [3, 3, 0]


def test_order_between_two_holds_when_the_first_is_uncertain():
    # The first of all has a day only: lags of y and z overlap, but y was before z for certain.
    lags, coverage = told({"x": 0, "y": 30, "z": 31}, day="x")
    assert (
        lags.set_index("outlet").loc["y", "lag_high"] > lags.set_index("outlet").loc["z", "lag_low"]
    )
    pairs = precedence_pairs(lags, coverage).set_index(["outlet", "other"])
    assert pairs.loc[("y", "z"), "wins"] == 1


@given(stories_drawn, st.sampled_from(["", "b", "abcd"]), st.randoms())
@settings(max_examples=30)
def test_every_win_is_a_loss_and_strengths_sum_to_zero(stories, day, random):
    lags, coverage = told(*stories, day=day)
    found = precedence(lags, coverage)
    pairs = precedence_pairs(lags, coverage)
    assert (
        found["wins"].sum() == found["losses"].sum() == pairs["wins"].sum() == pairs["losses"].sum()
    )
    assert found["ties"].sum() == pairs["ties"].sum()
    matches = sum(math.comb(len(story), 2) for story in stories)
    assert found["n_matches"].sum() == 2 * matches == pairs["n"].sum()
    assert found["estimate"].sum() == pytest.approx(0, abs=1e-9)
    assert found["estimate"].dropna().is_monotonic_decreasing
    assert (found["estimate"].isna() <= (found["reason"] != "")).all()
    order = list(range(len(lags)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(found, precedence(lags.iloc[order], coverage.iloc[order]))
    names = dict(zip("abcd", "dcba", strict=True))
    other = precedence(lags.assign(outlet=lags["outlet"].map(names)), coverage)
    other["outlet"] = other["outlet"].map(names)
    left, right = (t.set_index("outlet")["estimate"].sort_index() for t in (found, other))
    tied = found["estimate"].notna().sum() * 2 == len(found)  # two sets as large as each other
    if not tied:
        pd.testing.assert_series_equal(left, right, atol=1e-7)


@given(st.lists(st.lists(st.integers(0, 4), min_size=4, max_size=4), min_size=4, max_size=4))
def test_at_the_estimate_expected_wins_are_the_observed(table):
    wins = np.array(table, dtype=float)
    np.fill_diagonal(wins, 0)
    found = bradley_terry(wins)
    inside = ~np.isnan(found)
    cut, strength = wins[np.ix_(inside, inside)], found[inside]
    chance = 1 / (1 + np.exp(strength[None, :] - strength[:, None]))
    np.testing.assert_allclose(((cut + cut.T) * chance).sum(axis=1), cut.sum(axis=1), atol=1e-6)


def test_unusable_input_is_refused():
    lags, coverage = told({"x": 0, "y": 1})
    with pytest.raises(SchemaError, match="1 are not, for instance 000y0"):
        first_movers(lags, coverage.iloc[:1])
    with pytest.raises(SchemaError, match="missing published_at"):
        precedence(lags.drop(columns="published_at"), coverage)
    with pytest.raises(ChoiceError, match="'n_first' is a column of the result"):
        first_movers(lags.assign(n_first="a"), coverage, by="n_first")
    with pytest.raises(ChoiceError, match="ties: expected 'half' or 'omit'; found 'no'"):
        precedence(lags, coverage, ties="no")
    with pytest.raises(ValueError, match="n_permutations"):
        first_movers(lags, coverage, n_permutations=0)
    with pytest.raises(ValueError, match="prior: expected at least 0; found -1"):
        precedence(lags, coverage, prior=-1)
    with pytest.raises(ValueError, match="square"):
        bradley_terry([[0, 1]])
    with pytest.raises(ValueError, match="prior"):
        bradley_terry([[0, 1], [1, 0]], prior=-1)


def test_names_and_the_mark_of_invention_are_kept():
    lags, coverage = told({"x.example": 0, "y.example": 1})
    lags["outlet_name"] = lags["outlet"].map({"x.example": "X"})
    for found in (
        first_movers(lags, coverage),
        precedence(lags, coverage),
        precedence_pairs(lags, coverage),
    ):
        assert found.attrs["invented"]
        assert found.set_index("outlet")["outlet_name"].to_dict() == {
            "x.example": "X",
            "y.example": "y.example",
        }
    assert precedence_pairs(lags, coverage)["other_name"].tolist() == ["y.example", "X"]
