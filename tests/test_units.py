"""The units behind every aggregate: which articles are counted, in which group, in which cluster."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.schema import SchemaError
from coverage_research.stories import story_clusters
from coverage_research.units import (
    Units,
    add_shares,
    places,
    repeat_cells,
    units_of_articles,
)

ARTICLES = pd.DataFrame(
    {
        "article_id": ["a", "b", "c", "d", "e", "a"],
        "outlet": ["x", "y", "y", None, "x", "y"],
        "outlet_name": ["The X", "The Y", "Y again", None, "X again", "Y"],
        "paid": [True, False, False, True, True, True],
    }
)
#: Article c stands in two stories, which are one cluster; e is not listed, z is not known.
COVERAGE = pd.DataFrame(
    {
        "story_id": ["s", "s", "t", "t", "u", "v"],
        "article_id": ["c", "a", "c", "b", "d", "z"],
        "role": ["lead", "related", "related", "lead", "lead", "lead"],
    }
)


def named(units: Units) -> list[tuple[object, ...]]:
    """Each unit by its article, its group and its cluster."""
    groups = units.groups[units.by].astype("object").where(units.groups[units.by].notna(), None)
    return [
        (units.ids[article], *groups.iloc[group], cluster)
        for article, group, cluster in zip(units.article, units.group, units.cluster, strict=True)
    ]


def test_units_are_the_articles_of_both_tables_each_once() -> None:
    units = units_of_articles(ARTICLES, COVERAGE, ["outlet"])
    assert named(units) == [("c", "y", 0), ("a", "x", 0), ("b", "y", 0), ("d", None, 1)]
    # Clusters are those of coverage; that of z has no article that is known.
    assert units.n_clusters == 3


def test_groups_by_size_then_by_name_the_missing_one_last_with_the_first_name_of_each_outlet() -> (
    None
):
    groups = units_of_articles(ARTICLES, COVERAGE, ["outlet"]).groups
    assert list(groups.columns) == ["outlet", "outlet_name", "n"]
    assert groups["outlet"].fillna("-").tolist() == ["y", "x", "-"]
    assert groups["outlet_name"].fillna("-").tolist() == ["The Y", "The X", "-"]
    assert groups["n"].tolist() == [2, 1, 1]


def test_columns_that_articles_lack_come_from_coverage_and_may_part_an_article() -> None:
    units = units_of_articles(ARTICLES, COVERAGE, ["role", "paid"])
    assert named(units) == [
        ("c", "lead", False, 0),
        ("a", "related", True, 0),
        ("c", "related", False, 0),
        ("b", "lead", False, 0),
        ("d", "lead", True, 1),
    ]
    assert units.groups.to_numpy().tolist() == [
        ["lead", False, 2],
        ["lead", True, 1],
        ["related", False, 1],
        ["related", True, 1],
    ]
    assert units.schema() == {"role": "str", "paid": "bool"}


def test_without_columns_all_articles_are_one_group() -> None:
    units = units_of_articles(ARTICLES, COVERAGE, [])
    assert units.groups.to_dict("list") == {"n": [4]}
    assert units.group.tolist() == [0, 0, 0, 0]


def test_outlets_of_coverage_have_no_names() -> None:
    listed = COVERAGE.assign(outlet="x")
    units = units_of_articles(ARTICLES.drop(columns="outlet"), listed, ["outlet"])
    assert units.groups.to_dict("list") == {"outlet": ["x"], "n": [4]}


def test_numbers_and_categories_as_identifiers() -> None:
    number = pd.Series({name: at for at, name in enumerate("zdcbae")})
    texts = units_of_articles(ARTICLES, COVERAGE, ["outlet"])
    for kind in ("int64", "category"):
        articles, coverage = (
            table.assign(article_id=table["article_id"].map(number).astype(kind))
            for table in (ARTICLES, COVERAGE)
        )
        units = units_of_articles(articles, coverage, ["outlet"])
        pd.testing.assert_frame_equal(units.groups, texts.groups)
        assert units.ids[units.article].tolist() == number.loc[["c", "a", "b", "d"]].tolist()


def test_tables_without_rows_give_no_units() -> None:
    for articles, coverage in (
        (ARTICLES.iloc[:0], COVERAGE),
        (ARTICLES, COVERAGE.iloc[:0]),
        (ARTICLES.iloc[:0], COVERAGE.iloc[:0]),
    ):
        units = units_of_articles(articles, coverage, ["outlet"])
        assert units.groups.empty
        assert len(units.group) == 0
        assert units.schema() == {"outlet": "str", "outlet_name": "str"}
        assert [part.tolist() for part in units.join(ARTICLES["article_id"])] == [[], []]
        assert units.sizes().shape == (units.n_clusters, 0)


def test_what_cannot_be_joined_is_said() -> None:
    with pytest.raises(SchemaError, match="article_id: expected the same kind.* str and int64"):
        units_of_articles(ARTICLES.assign(article_id=range(6)), COVERAGE, ["outlet"])
    gaps = COVERAGE.assign(article_id=COVERAGE["article_id"].where(COVERAGE.index > 1))
    with pytest.raises(SchemaError, match="an article_id in each row; found 2 rows without"):
        units_of_articles(ARTICLES, gaps, ["outlet"])
    with pytest.raises(SchemaError, match="missing nothing_like_it"):
        units_of_articles(ARTICLES, COVERAGE, ["outlet", "nothing_like_it"])


def test_a_row_is_there_for_each_group_of_its_article_in_the_order_of_the_table() -> None:
    units = units_of_articles(ARTICLES, COVERAGE, ["role"])
    row, unit = units.join(pd.Series(["b", "nobody", "c", None, "b", "c"]))
    assert row.tolist() == [0, 2, 2, 4, 5, 5]
    found = named(units)
    assert [found[at][:2] for at in unit] == [
        ("b", "lead"),
        ("c", "lead"),
        ("c", "related"),
        ("b", "lead"),
        ("c", "lead"),
        ("c", "related"),
    ]


def test_a_part_has_groups_of_its_own() -> None:
    units = units_of_articles(ARTICLES, COVERAGE, ["outlet"])
    some, number = units.part(np.array([3, 1, 3]))
    assert named(some) == [("d", None, 1), ("a", "x", 0)]
    assert number.tolist() == [0, 1, 0]
    assert some.groups["n"].tolist() == [1, 1]
    # Sums of a part and of the whole have the same rows.
    assert some.part(np.array([1]))[0].sizes().toarray().tolist() == [[1], [0], [0]]
    assert some.groups["outlet_name"].fillna("-").tolist() == ["The X", "-"]


def test_further_columns_part_the_articles() -> None:
    units = units_of_articles(ARTICLES, COVERAGE, ["outlet"])
    more = pd.DataFrame({"kind": ["p", "q", "q", "p"]})
    parted, number = units.part(np.array([0, 0, 2, 0]), more, by=["kind", "outlet"])
    assert named(parted) == [("c", "p", "y", 0), ("c", "q", "y", 0), ("b", "q", "y", 0)]
    assert number.tolist() == [0, 1, 2, 0]
    assert list(parted.groups.columns) == ["kind", "outlet", "outlet_name", "n"]
    assert parted.groups[["kind", "n"]].to_numpy().tolist() == [["q", 2], ["p", 1]]


def test_sums_names_and_shares_by_hand() -> None:
    units = units_of_articles(ARTICLES, COVERAGE, ["outlet"])
    # Units c, a, b, d of the groups y, x, y and none: c has kind 1 twice, a has kind 0.
    above = units.sums(np.array([0, 0, 1]), np.array([1, 1, 0]), 2)
    assert above.toarray().tolist() == [[0, 2, 1, 0, 0, 0], [0] * 6, [0] * 6]
    weighed = units.sums(np.array([0, 3]), np.array([0, 0]), 1, [0.5, 2])
    assert weighed.toarray().tolist() == [[0.5, 0, 0], [0, 0, 2], [0, 0, 0]]
    below = repeat_cells(units.sizes(), 2)
    assert below.toarray().tolist() == [[2, 2, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1], [0] * 6]
    rows = units.named({"kind": ["p", "q"]})
    assert rows["kind"].tolist() == ["p", "q"] * 3
    assert rows["outlet"].fillna("-").tolist() == ["y", "y", "x", "x", "-", "-"]
    shares = add_shares(rows, above, below, n_boot=10)
    assert shares["k"].tolist() == [0, 2, 1, 0, 0, 0]
    assert shares["n"].tolist() == [2, 2, 1, 1, 1, 1]
    assert shares["estimate"].tolist() == [0, 1, 1, 0, 0, 0]
    assert shares["n_stories"].tolist() == [1] * 6
    two = units.named({"kind": ["p"]}, np.array([1, 1]))
    assert two["outlet"].tolist() == ["x", "x"]


def test_places_of_values_among_others() -> None:
    known = pd.Index(["p", "q"])
    for kind in ("str", "object", "category"):
        assert places(pd.Series(["q", "r", None, "q"], dtype=kind), known).tolist() == [
            1,
            -1,
            -1,
            1,
        ]
    assert places(pd.Series([], dtype="int64"), known).tolist() == []
    assert places(pd.Series(["q"]), pd.Index([], dtype="int64")).tolist() == [-1]


LISTS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 9), st.sampled_from("lr")), max_size=30
)
OUTLETS = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["x", "y", None])), min_size=1, max_size=15
)


@given(
    listed=LISTS, known=OUTLETS, found=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 2)))
)
def test_sums_over_clusters_are_plain_sums_and_clusters_never_part_an_article(
    listed: list[tuple[int, int, str]],
    known: list[tuple[int, str | None]],
    found: list[tuple[int, int]],
) -> None:
    coverage = pd.DataFrame(listed, columns=["story_id", "article_id", "role"]).astype(
        {"story_id": "int64", "article_id": "int64", "role": "str"}
    )
    articles = pd.DataFrame(known, columns=["article_id", "outlet"])
    units = units_of_articles(articles, coverage, ["outlet", "role"])
    # Every pair of an article and a role that coverage lists, if the article is known.
    outlets = dict(reversed(known))
    pairs = {(article, role) for _, article, role in listed if article in outlets}
    rows = named(units)
    assert sorted(row[0:3:2] for row in rows) == sorted(pairs)
    assert all(row[1] == outlets[row[0]] for row in rows)
    clusters = story_clusters(coverage).set_index("article_id")["cluster"]
    assert all(row[3] == clusters[row[0]] for row in rows)
    # A story lies in one cluster with all of its articles.
    for story in {story for story, *_ in listed}:
        within = {article for one, article, _ in listed if one == story}
        assert len({row[3] for row in rows if row[0] in within}) <= 1

    evidence = pd.DataFrame(found, columns=["article_id", "kind"]).astype("int64")
    row, unit = units.join(evidence["article_id"])
    sums = units.sums(unit, evidence["kind"].to_numpy()[row], 3).toarray()
    for group, names in enumerate(units.groups[["outlet", "role"]].itertuples(index=False)):
        outlet = None if pd.isna(names[0]) else names[0]
        own = {article for article, role in pairs if (outlets[article], role) == (outlet, names[1])}
        assert units.groups["n"][group] == len(own)
        for kind in range(3):
            plain = sum(article in own and one == kind for article, one in found)
            assert sums[:, group * 3 + kind].sum() == plain
    assert units.sizes().sum() == len(pairs)
    n_of_group = units.groups["n"].tolist()
    assert n_of_group == sorted(n_of_group, reverse=True)
