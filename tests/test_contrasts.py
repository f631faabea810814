"""One test for every comparison of shares between groups, small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_research.contrasts import COMPARED, compare_groups, contrasts
from coverage_research.units import Units, units_of_articles


def made(stories: list[tuple[int, str]]) -> Units:
    """Units of articles, each given by its story and its outlet."""
    ids = list(range(len(stories)))
    articles = pd.DataFrame({"article_id": ids, "outlet": [outlet for _, outlet in stories]})
    coverage = pd.DataFrame({"article_id": ids, "story_id": [story for story, _ in stories]})
    return units_of_articles(articles, coverage, ["outlet"])


def compared(units: Units, held: list[list[float]], **changes: object) -> pd.DataFrame:
    given = {
        "unit": np.arange(len(held)),
        "pairs": contrasts(len(units.groups)),
        "what": "apples",
        "min_articles": 1,
        "n_permutations": 99,
        "n_boot": 50,
        "seed": 0,
    }
    return compare_groups(units, held=np.array(held, dtype=np.float64), **(given | changes))  # type: ignore[arg-type]


def test_numbers_of_two_groups_by_hand() -> None:
    units = made([(story, outlet) for story in range(6) for outlet in "xy"])
    # x has the first kind in 5 of its 6 articles, y in 1 of 6; the second kind is the rest.
    held = [[one, 1 - one, 1] for one in [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1]]
    found = compared(units, held)
    assert set(found.columns) == set(COMPARED) - {"q"}
    first = found.iloc[0]
    assert units.groups["outlet"].tolist() == ["x", "y"]
    assert first[["k", "n", "k_other", "n_other"]].tolist() == [5, 6, 1, 6]
    assert first["estimate"] == pytest.approx(4 / 6)
    assert first["effect"] == pytest.approx(
        2 * np.arcsin(np.sqrt(5 / 6)) - 2 * np.arcsin(np.sqrt(1 / 6))
    )
    assert first[["n_shared", "n_stories", "reason"]].tolist() == [6, 6, ""]
    assert 0 <= first["low"] < 4 / 6 < first["high"] <= 1
    # Of the 2 ** 6 ways to change places within the stories 7 and their mirror images are as far.
    many = compared(units, held, n_permutations=2000)
    assert many["p"][0] == pytest.approx(14 / 64, abs=0.04)
    # What holds for one kind and group holds for the other the other way round.
    assert found["estimate"].tolist() == pytest.approx([4 / 6, -4 / 6, -4 / 6, 4 / 6])
    assert found["p"].nunique() == 1


def test_shares_are_of_the_last_column() -> None:
    units = made([(story, outlet) for story in range(5) for outlet in "xy"])
    found = compared(units, [[1, 4], [2, 2]] * 5)
    assert found[["k", "n", "share"]].to_numpy().tolist() == [[5, 20, 0.25], [10, 10, 1]]
    assert found[["low", "high"]].to_numpy().tolist() == [[-0.75, -0.75], [0.75, 0.75]]


def test_refusals_say_why() -> None:
    apart = compared(made([(0, "x"), (1, "y")] * 3), [[1, 1], [0, 1]] * 3)
    assert apart["p"].isna().all()
    told = "2 stories; a bootstrap clustered by story needs at least 5"
    assert apart["reason"].tolist() == [f"no story with apples of both; {told}"] * 2
    few = compared(made([(0, "x"), (0, "y"), (0, "y")]), [[1, 1], [0, 1], [1, 1]], min_articles=2)
    assert few["reason"].tolist() == ["1 article on one side; at least 2 are needed"] * 2
    assert few[["p", "low", "high"]].isna().all(axis=None)
    assert few["estimate"].tolist() == [-0.5, 0.5]


def test_groups_without_anything_to_compare_have_no_share() -> None:
    units = made([(0, "x"), (0, "x"), (0, "y"), (0, "y"), (0, "z")])
    found = compared(units, [[1, 1], [0, 1]], unit=np.array([0, 2]))
    assert found["n"].tolist() == [1, 1, 0]
    assert found["share"].fillna(-1).tolist() == [1, 0, -1]
    assert found["reason"].tolist()[2] == "0 articles on one side; at least 1 are needed"


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.sampled_from("xyz"), st.integers(0, 3), st.integers(0, 3)),
        min_size=1,
        max_size=25,
    )
)
def test_a_group_and_the_rest_are_all_and_pairs_are_pairs(
    rows: list[tuple[int, str, int, int]],
) -> None:
    units = made([row[:2] for row in rows])
    # The units stand in the order of the articles.
    held = [[k, k + more] for *_, k, more in rows]
    n_groups = len(units.groups)
    changes = {"n_permutations": 3, "n_boot": 5}
    pairs = contrasts(n_groups, "pairs")
    assert len(pairs) == n_groups * (n_groups - 1) / 2
    if n_groups < 2:
        return
    rest = compared(units, held, **changes)
    assert (rest["k"] + rest["k_other"]).tolist() == [sum(k for k, _ in held)] * n_groups
    assert (rest["n"] + rest["n_other"]).tolist() == [sum(n for _, n in held)] * n_groups
    both = compared(units, held, pairs=pairs, **changes)
    assert both["k"].tolist() == rest["k"].to_numpy()[pairs[:, 0]].tolist()
    assert both["k_other"].tolist() == rest["k"].to_numpy()[pairs[:, 1]].tolist()
    known = rest["p"].dropna()
    assert known.between(1 / 4, 1).all()
