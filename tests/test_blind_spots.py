import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_research.blind_spots import blind_spots, independent_odds
from coverage_research.schema import ChoiceError, SchemaError

START = pd.Timestamp("2030-01-01", tz="UTC")


def made(table, days=None, names=None):
    """Coverage and articles of a table of zeros and ones; story i is told on day i."""
    table = np.asarray(table)
    days = range(len(table)) if days is None else days
    names = names or [f"o{number}" for number in range(table.shape[1])]
    rows = [
        (
            f"s{story:03}",
            f"a{story:03}{names[outlet]}",
            names[outlet],
            START + pd.Timedelta(days=days[story], minutes=int(outlet)),
            "minute",
        )
        for story, outlet in zip(*np.nonzero(table), strict=True)
    ]
    articles = pd.DataFrame(
        rows, columns=["story_id", "article_id", "outlet", "published_at", "published_precision"]
    )
    return articles[["story_id", "article_id"]], articles.drop(columns="story_id")


def cell(found, story, outlet):
    return found.set_index(["story_id", "outlet"]).loc[(f"s{story:03}", outlet)]


def test_without_differences_between_stories_it_is_the_rate():
    # Two stories by each pair of four outlets: all alike, half of the cells.
    table = [[k in pair for k in range(4)] for pair in itertools.combinations(range(4), 2)]
    assert independent_odds(table) == pytest.approx(np.full((6, 4), 0.5))


def test_two_by_two_odds_multiply():
    # Many copies of a 2 x 2 world with the chances of odds (4, 1) x (1, 1/4): 4, 1, 1, 1/4.
    chance = np.array([[0.8, 0.5], [0.5, 0.2]])
    rng = np.random.default_rng(0)
    table = np.block([[rng.random((200, 200)) < p for p in row] for row in chance])
    found = independent_odds(table)
    blocks = [
        [found[i * 200 : i * 200 + 200, j * 200 : j * 200 + 200].mean() for j in (0, 1)]
        for i in (0, 1)
    ]
    assert np.array(blocks) == pytest.approx(chance, abs=0.02)


def test_rows_without_variation_are_certain():
    found = independent_odds([[1, 1, 1], [1, 0, 0], [0, 0, 0], [1, 1, 0]])
    assert found.tolist() == [[1, 1, 1], [1, 0, 0], [0, 0, 0], [1, 1, 0]]


tables = st.integers(2, 7).flatmap(
    lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=2, max_size=8)
)


@given(tables, st.randoms())
@settings(max_examples=60)
def test_sums_are_those_of_the_table(table, random):
    seen = np.array(table)
    possible = np.array([[random.random() < 0.8 for _ in row] for row in table])
    found = independent_odds(seen, possible)
    assert ((found >= 0) & (found <= 1)).all()
    assert (found[~possible] == 0).all()
    np.testing.assert_allclose(found.sum(axis=0), (seen & possible).sum(axis=0), atol=1e-2)
    np.testing.assert_allclose(found.sum(axis=1), (seen & possible).sum(axis=1), atol=1e-2)
    rows, columns = (
        random.sample(range(len(seen)), len(seen)),
        random.sample(range(seen.shape[1]), seen.shape[1]),
    )
    turned = independent_odds(seen[rows][:, columns], possible[rows][:, columns])
    np.testing.assert_allclose(turned, found[rows][:, columns], atol=1e-2)


def world(seed=0, n_stories=40, n_outlets=12):
    """A table after the model, with one story of all outlets but the busiest."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(0, 0.7, (n_stories, 1)) + np.linspace(-1.5, 1.5, n_outlets)
    table = rng.random(logit.shape) < 1 / (1 + np.exp(-logit))
    table[:, -1] = True
    table[7] = True
    table[7, -1] = False
    table[[0, -1]] = True
    return table


def test_a_planted_blind_spot_is_on_top():
    coverage, articles = made(world())
    found = blind_spots(coverage, articles)
    top = found.iloc[0]
    assert (top["story_id"], top["outlet"], top["state"]) == ("s007", "o11", "absent")
    assert top["is_notable"]
    assert top["p"] == pytest.approx(1 - top["expected"])
    assert (top["n_stories"], top["n_outlets"]) == (39, 11)
    assert top["residual"] == pytest.approx(-np.sqrt(top["expected"] / (1 - top["expected"])))
    assert found["state"].eq("covered").sum() == world().sum()
    assert (found.loc[~found["is_notable"], "state"] == "covered").all()
    whole = blind_spots(coverage, articles, all_cells=True)
    assert len(whole) == world().size
    assert whole["is_notable"].sum() == found["is_notable"].sum()
    assert whole["q"].notna().sum() == (whole["expected"] >= 0.95).sum()
    assert found.attrs["by_chance"] == pytest.approx(
        (1 - whole.loc[whole["expected"] >= 0.95, "expected"]).sum()
    )


def test_chance_makes_as_many_as_it_says():
    found = expected = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        logit = rng.normal(0, 1, (60, 1)) + rng.normal(0.5, 1.5, 25)
        cells = blind_spots(*made(rng.random(logit.shape) < 1 / (1 + np.exp(-logit))))
        found, expected = found + cells["is_notable"].sum(), expected + cells.attrs["by_chance"]
    assert expected > 40
    assert abs(found - expected) < 3 * np.sqrt(expected)


def test_who_was_not_there_is_not_absent():
    table = np.ones((20, 4), dtype=bool)
    table[10:, 3] = False  # o3 ends with day 9
    coverage, articles = made(table)
    found = blind_spots(coverage, articles, all_cells=True)
    # One article a day: its slack is a day, so the story of day 10 is still in its time.
    assert cell(found, 10, "o3")["state"] == "absent"
    assert (
        found.loc[found["outlet"] == "o3", "state"].tolist()
        == ["covered"] * 10 + ["absent"] + ["outside"] * 9
    )
    outside = cell(found, 15, "o3")
    assert outside["reason"] == "not known to have been active"
    assert outside[["expected", "residual", "p", "q"]].isna().all()
    assert not outside["is_notable"]
    wider = blind_spots(coverage, articles, slack_days=5.5, all_cells=True)
    assert (wider["state"] == "absent").sum() == 5
    none = blind_spots(coverage, articles, slack_days=0, all_cells=True)
    assert (none["state"] == "absent").sum() == 0
    # Articles beyond the stories show that it was active.
    more = pd.DataFrame(
        {
            "article_id": ["late"],
            "outlet": ["o3"],
            "published_at": [START + pd.Timedelta(days=19)],
            "published_precision": ["day"],
        }
    )
    late = blind_spots(coverage, pd.concat([articles, more]), all_cells=True)
    assert (late["state"] == "absent").sum() == 10


def test_seen_once_or_without_a_time_nobody_knows_when():
    table = np.ones((8, 4), dtype=bool)
    table[1:, 2] = False
    coverage, articles = made(table)
    articles.loc[articles["outlet"] == "o3", "published_at"] = pd.NaT
    coverage = coverage[
        ~((coverage["story_id"] == "s004") & coverage["article_id"].str.endswith("o3"))
    ]
    found = blind_spots(coverage, articles, all_cells=True)
    for outlet in ("o2", "o3"):
        rows = found[found["outlet"] == outlet]
        assert set(rows["state"]) == {"covered", "outside"}
        assert rows["p"].isna().all()
        assert (
            rows["reason"].eq("fewer than two dated articles: not known when it was active").all()
        )


def test_few_stories_have_no_p():
    found = blind_spots(*made([[1, 1, 0], [1, 1, 1], [1, 0, 1], [1, 1, 1]]), all_cells=True)
    assert found["p"].isna().all()
    assert (
        found.loc[found["state"] != "outside", "reason"]
        .str.endswith("stories in its time; at least 5 are needed")
        .all()
    )
    assert not found["is_notable"].any()
    assert found["expected"].sum() == pytest.approx(10)
    assert found["state"].value_counts().to_dict() == {"covered": 10, "absent": 1, "outside": 1}


def test_an_article_in_two_stories_covers_both_and_a_story_told_twice_is_one():
    coverage, articles = made(world())
    twice = pd.concat([coverage, coverage.assign(story_id="t" + coverage["story_id"]), coverage])
    pd.testing.assert_frame_equal(blind_spots(twice, articles), blind_spots(coverage, articles))
    shared = pd.concat(
        [
            coverage,
            pd.DataFrame(
                {"story_id": ["u", "u"], "article_id": coverage["article_id"].iloc[[0, 40]]}
            ),
        ]
    )
    found = blind_spots(shared, articles)
    assert found["state"].eq("covered").sum() == world().sum() + 2


@given(st.integers(0, 100), st.randoms())
@settings(max_examples=10)
def test_order_and_names_are_nothing(seed, random):
    coverage, articles = made(world(seed, 15, 6))
    found = blind_spots(coverage, articles, all_cells=True)
    order = list(range(len(articles)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(
        found, blind_spots(coverage.iloc[order], articles.iloc[order], all_cells=True)
    )
    names = {f"o{number}": f"o{5 - number}" for number in range(6)}
    other = blind_spots(
        coverage, articles.assign(outlet=articles["outlet"].map(names)), all_cells=True
    )
    other["outlet"] = other["outlet"].map(names)
    keys = ["story_id", "outlet"]
    left, right = (
        t.sort_values(keys, ignore_index=True).drop(columns="outlet_name") for t in (found, other)
    )
    pd.testing.assert_frame_equal(left, right, atol=1e-6, check_like=True)


def test_groups_other_than_outlets_and_none():
    coverage, articles = made(np.ones((6, 3), dtype=bool))
    articles["kind"] = articles["outlet"].map({"o0": "paper", "o1": "blog"})
    found = blind_spots(coverage, articles, by="kind", all_cells=True)
    assert found["kind"].unique().tolist() == ["blog", "paper"]
    assert "outlet_name" not in found.columns
    assert blind_spots(coverage, articles.assign(kind=None), by="kind").empty
    assert blind_spots(coverage.iloc[:0], articles).empty


def test_unusable_input_is_refused():
    coverage, articles = made(np.ones((2, 2), dtype=bool))
    with pytest.raises(SchemaError, match="missing published_precision"):
        blind_spots(coverage, articles.drop(columns="published_precision"))
    with pytest.raises(SchemaError, match="missing story_id"):
        blind_spots(coverage.drop(columns="story_id"), articles)
    with pytest.raises(ChoiceError, match="'state' is a column of the result"):
        blind_spots(coverage, articles.assign(state="a"), by="state")
    with pytest.raises(ValueError, match="threshold: expected between 0 and 1; found 1"):
        blind_spots(coverage, articles, threshold=1)
    with pytest.raises(ValueError, match="slack_days: expected at least 0; found -1"):
        blind_spots(coverage, articles, slack_days=-1)


def test_invented_outlets_stay_marked_and_named():
    coverage, articles = made(np.ones((5, 2), dtype=bool), names=["x.example", "y.example"])
    found = blind_spots(coverage, articles.assign(outlet_name="Name"))
    assert found.attrs["invented"]
    assert found["outlet_name"].unique().tolist() == ["Name"]
