"""Shares, diversity and cues of sources: tables small enough to count by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_research.schema import ChoiceError, SchemaError
from coverage_research.source_shares import (
    KINDS,
    MEASURES,
    compare_cues,
    source_diversity,
    source_shares,
)

ARTICLES = pd.DataFrame(
    {
        "article_id": ["a", "b", "c", "d"],
        "outlet": ["north.test", "north.test", "south.test", "south.test"],
        "outlet_name": ["North", "North", "South", "South"],
        "desk": ["x", "y", "x", "x"],
    }
)
COVERAGE = pd.DataFrame(
    {
        "story_id": ["s1", "s1", "s2", "s2", "s2"],
        "article_id": ["a", "c", "b", "c", "d"],
        "role": ["lead", "related", "lead", "related", "related"],
    }
)
TYPED = pd.DataFrame(
    {
        "article_id": ["a", "a", "a", "b", "c", "c", "z"],
        "source_type": ["official", "official", "company", "unknown", "expert", None, "official"],
        "is_named": [True, False, True, False, True, False, True],
        "source_kind": ["named", "nominal", "named", "pronoun", "named", "none", "named"],
        "strength": ["neutral", "assertive", "neutral", "doubting", "neutral", None, "neutral"],
        "form": ["direct"] * 7,
        "continues": [False] * 7,
    }
)


def cell(table: pd.DataFrame, **keys: object) -> pd.Series:
    found = table
    for name, value in keys.items():
        found = found[found[name] == value]
    assert len(found) == 1
    return found.iloc[0]


def many(n: int, types: list[list[str]], outlets: list[str]) -> tuple[pd.DataFrame, ...]:
    """Stories of one article per outlet, each with the attributions that its outlet has."""
    rows = [
        (f"{outlet}{story}", outlet, f"s{story}", kinds)
        for story in range(n)
        for outlet, kinds in zip(outlets, types, strict=True)
    ]
    articles = pd.DataFrame({"article_id": [r[0] for r in rows], "outlet": [r[1] for r in rows]})
    coverage = pd.DataFrame({"story_id": [r[2] for r in rows], "article_id": [r[0] for r in rows]})
    pairs = [(r[0], kind) for r in rows for kind in r[3]]
    typed = pd.DataFrame(pairs, columns=["article_id", "source_type"])
    return typed, articles, coverage


# Shares -------------------------------------------------------------------------------------------


def test_shares_of_attributions_by_hand() -> None:
    shares = source_shares(TYPED, ARTICLES, COVERAGE)
    assert len(shares) == 2 * len(KINDS["source_type"])
    expected = {
        ("north.test", "official"): (2, 4, 0.5),
        ("north.test", "company"): (1, 4, 0.25),
        ("north.test", "unknown"): (1, 4, 0.25),
        ("north.test", "expert"): (0, 4, 0.0),
        ("south.test", "expert"): (1, 1, 1.0),
    }
    for (outlet, kind), (k, n, estimate) in expected.items():
        row = cell(shares, outlet=outlet, source_type=kind)
        assert (row["k"], row["n"], row["estimate"]) == (k, n, estimate)
    # c stands in both stories: one cluster.
    assert set(shares["n_stories"]) == {1}
    assert set(shares["reason"]) == {"1 story; a bootstrap clustered by story needs at least 5"}
    # The source that has no type is left out; z is in no story and in no article.
    assert shares.attrs == {"unit": "attribution", "left_out": 1}
    assert list(shares.columns) == [
        "outlet",
        "outlet_name",
        "source_type",
        "label",
        "k",
        "n",
        "n_stories",
        "estimate",
        "low",
        "high",
        "reason",
    ]
    assert shares["outlet_name"].drop_duplicates().tolist() == ["North", "South"]


def test_shares_of_articles_by_hand() -> None:
    shares = source_shares(TYPED, ARTICLES, COVERAGE, unit="article")
    # Two officials in a count once; d has no attribution and counts all the same.
    for outlet, kind, k, n in (
        ("north.test", "official", 1, 2),
        ("north.test", "unknown", 1, 2),
        ("south.test", "expert", 1, 2),
        ("south.test", "official", 0, 2),
    ):
        assert cell(shares, outlet=outlet, source_type=kind)[["k", "n"]].tolist() == [k, n]
    assert shares.attrs["unit"] == "article"


def test_the_share_unnamed_is_one_call() -> None:
    shares = source_shares(TYPED, ARTICLES, COVERAGE, of="is_named")
    assert str(shares["is_named"].dtype) == "boolean"
    unnamed = shares[~shares["is_named"]]
    assert unnamed["label"].tolist() == ["unnamed", "unnamed"]
    assert unnamed[["k", "n"]].to_numpy().tolist() == [[2, 4], [1, 2]]


@pytest.mark.parametrize("of", ["source_kind", "form", "strength"])
def test_other_kinds(of: str) -> None:
    shares = source_shares(TYPED, ARTICLES, COVERAGE, of=of)
    assert shares[of].drop_duplicates().tolist() == list(KINDS[of])
    assert shares.groupby("outlet")["estimate"].sum().tolist() == [1, 1]


def test_parts_that_continue_count_once() -> None:
    more = TYPED.iloc[[0]].assign(continues=True)
    shares = source_shares(pd.concat([TYPED, more]), ARTICLES, COVERAGE)
    assert cell(shares, outlet="north.test", source_type="official")["k"] == 2


def test_by_columns_of_articles_coverage_and_evidence() -> None:
    by_desk = source_shares(TYPED, ARTICLES, COVERAGE, by="desk")
    assert cell(by_desk, desk="x", source_type="official")[["k", "n"]].tolist() == [2, 4]
    # c is related in both stories and counts once there.
    by_role = source_shares(TYPED, ARTICLES, COVERAGE, by="role")
    assert cell(by_role, role="related", source_type="expert")[["k", "n"]].tolist() == [1, 1]
    by_kind = source_shares(TYPED, ARTICLES, COVERAGE, by=["outlet", "source_kind"])
    row = cell(by_kind, outlet="north.test", source_kind="named", source_type="company")
    assert row[["k", "n", "estimate"]].tolist() == [1, 2, 0.5]
    in_articles = source_shares(TYPED, ARTICLES, COVERAGE, by="source_kind", unit="article")
    row = cell(in_articles, source_kind="named", source_type="official")
    assert row[["k", "n"]].tolist() == [1, 2]


def test_a_group_without_attributions_is_told() -> None:
    shares = source_shares(TYPED[TYPED["article_id"] == "a"], ARTICLES, COVERAGE)
    south = shares[shares["outlet"] == "south.test"]
    assert south["n"].tolist() == [0] * len(KINDS["source_type"])
    assert south["estimate"].isna().all()
    assert south["reason"].str.startswith("0 stories").all()


def test_types_of_ones_own_come_last() -> None:
    typed = TYPED.assign(source_type="miller")
    assert source_shares(typed, ARTICLES, COVERAGE)["source_type"].tolist()[10:12] == [
        "unknown",
        "miller",
    ]


def test_intervals_with_enough_stories() -> None:
    data = many(40, [["official", "company"]], ["north.test"])
    typed = data[0].copy()
    typed.loc[typed.index % 8 == 0, "source_type"] = "expert"
    row = cell(source_shares(typed, *data[1:]), source_type="expert")
    assert (row["k"], row["n"], row["n_stories"], row["reason"]) == (10, 80, 40, "")
    assert 0.04 <= row["low"] < 0.125 < row["high"] <= 0.22
    wide = cell(source_shares(typed, *data[1:], level=0.5), source_type="expert")
    assert row["low"] < wide["low"] < wide["high"] < row["high"]


def test_what_shares_refuse() -> None:
    with pytest.raises(ChoiceError, match="unit: expected 'attribution' or 'article'"):
        source_shares(TYPED, ARTICLES, COVERAGE, unit="term")
    with pytest.raises(ChoiceError, match="of: expected one of source_type"):
        source_shares(TYPED, ARTICLES, COVERAGE, of="cue")
    with pytest.raises(ChoiceError, match="'source_type' is a column of the result"):
        source_shares(TYPED, ARTICLES, COVERAGE, by="source_type")
    with pytest.raises(SchemaError, match="missing source_type"):
        source_shares(TYPED.drop(columns="source_type"), ARTICLES, COVERAGE)
    with pytest.raises(SchemaError, match="missing desks"):
        source_shares(TYPED, ARTICLES, COVERAGE, by="desks")


def test_nothing_in_nothing_out() -> None:
    for make in (source_shares, source_diversity, compare_cues):
        made = make(TYPED[:0], ARTICLES, COVERAGE[:0])
        full = make(TYPED, ARTICLES, COVERAGE)
        assert len(made) == 0
        assert list(made.columns) == [name for name in full.columns if name != "outlet_name"] or (
            list(made.columns) == list(full.columns)
        )


def test_hostile_tables() -> None:
    articles = pd.concat([ARTICLES, ARTICLES])
    odd = TYPED.assign(source_type=["official", "\u200b", "<b>", "", "\U0001f600", None, "x"])
    before = odd.copy()
    shares = source_shares(odd, articles, COVERAGE)
    assert shares.groupby("outlet")["estimate"].sum().round(9).tolist() == [1, 1]
    pd.testing.assert_frame_equal(odd, before)
    coded = source_shares(TYPED.astype({"source_type": "category"}), articles, COVERAGE)
    assert cell(coded, outlet="north.test", source_type="official")["k"] == 2
    nameless = ARTICLES.assign(outlet=[None, "y.test", "y.test", "y.test"])
    groups = source_shares(TYPED, nameless, COVERAGE)["outlet"].drop_duplicates()
    assert groups.iloc[0] == "y.test"
    assert pd.isna(groups.iloc[1])


def test_invented_data_stay_marked() -> None:
    articles = ARTICLES.assign(outlet="north.example")
    for make in (source_shares, source_diversity, compare_cues):
        assert make(TYPED, articles, COVERAGE).attrs["invented"] is True


# Diversity ----------------------------------------------------------------------------------------


def test_diversity_by_hand() -> None:
    typed = pd.DataFrame(
        {"article_id": "a", "source_type": ["official"] * 2 + ["company", "expert"]}
    )
    found = source_diversity(typed, ARTICLES[:1], COVERAGE)
    assert found["measure"].tolist() == list(MEASURES)
    # Shares 1/2, 1/4, 1/4: H = 1.5 ln 2, exp H = 2 ** 1.5; pairs alike 2 of 12.
    assert found["estimate"].tolist() == pytest.approx([1.5 * math.log(2), 2**1.5, 1 - 2 / 12])
    assert found[["n", "n_types", "n_stories"]].drop_duplicates().to_numpy().tolist() == [[4, 3, 1]]
    corrected = source_diversity(typed, ARTICLES[:1], COVERAGE, corrected=True)
    # (3 - 1) / (2 * 4) is added.
    assert corrected["estimate"].tolist() == pytest.approx(
        [1.5 * math.log(2) + 0.25, 2**1.5 * math.exp(0.25), 1 - 2 / 12]
    )


def test_two_types_that_are_equally_frequent() -> None:
    data = many(10, [["official", "company"]], ["north.test"])
    found = source_diversity(*data).set_index("measure")
    assert found.loc["shannon", "estimate"] == pytest.approx(math.log(2))
    assert found.loc["effective", "estimate"] == pytest.approx(2)
    # Ten of each: 1 - 2 * 10 * 9 / (20 * 19).
    assert found.loc["simpson", "estimate"] == pytest.approx(1 - 180 / 380)
    assert found["reason"].tolist() == ["", "", ""]


def test_one_type_has_no_diversity_and_no_interval() -> None:
    found = source_diversity(*many(10, [["official"] * 2], ["north.test"]))
    assert found["estimate"].tolist() == [0, 1, 0]
    assert found["low"].isna().all()
    assert set(found["reason"]) == {"all of one type; resampling cannot show what was not seen"}


def test_unknown_types_do_not_count_and_one_attribution_is_no_pair() -> None:
    typed = TYPED[TYPED["article_id"].isin(["b", "c"])]
    found = source_diversity(typed, ARTICLES, COVERAGE).set_index(["outlet", "measure"])
    assert found.loc[("south.test", "simpson"), "reason"] == (
        "1 attribution; two are needed for a pair"
    )
    assert np.isnan(found.loc[("south.test", "simpson"), "estimate"])
    assert found.loc[("south.test", "shannon"), "estimate"] == 0
    assert found.loc[("north.test", "shannon"), "n"] == 0
    assert np.isnan(found.loc[("north.test", "shannon"), "estimate"])
    assert found.loc[("north.test", "simpson"), "reason"].startswith("0 attributions")


@settings(max_examples=30)
@given(
    st.lists(
        st.lists(st.sampled_from(["official", "company", "expert"]), min_size=1, max_size=4),
        min_size=6,
        max_size=12,
    )
)
def test_diversity_lies_in_its_interval_and_within_its_bounds(stories: list[list[str]]) -> None:
    ids = [f"a{at}" for at in range(len(stories))]
    articles = pd.DataFrame({"article_id": ids, "outlet": "north.test"})
    coverage = pd.DataFrame({"story_id": ids, "article_id": ids})
    pairs = [(key, kind) for key, kinds in zip(ids, stories, strict=True) for kind in kinds]
    typed = pd.DataFrame(pairs, columns=["article_id", "source_type"])
    found = source_diversity(typed, articles, coverage, n_boot=200)
    h, effective, simpson = found["estimate"]
    n_types = found["n_types"].iloc[0]
    assert -1e-12 <= h <= math.log(n_types) + 1e-12
    assert effective == pytest.approx(math.exp(h))
    assert -1e-12 <= simpson <= 1 + 1e-12
    if n_types > 1:
        assert (found["low"] <= found["estimate"] + 1e-9).all()
        assert (found["high"] >= found["estimate"] - 1e-9).all()
    shuffled = source_diversity(typed[::-1], articles[::-1], coverage[::-1], n_boot=200)
    pd.testing.assert_frame_equal(shuffled, found)


# Cues ---------------------------------------------------------------------------------------------


def cues(n: int, north: list[str], south: list[str]) -> tuple[pd.DataFrame, ...]:
    typed, articles, coverage = many(n, [north, south], ["north.test", "south.test"])
    return typed.rename(columns={"source_type": "strength"}), articles, coverage


def test_cues_by_hand() -> None:
    found = compare_cues(*cues(8, ["neutral", "doubting"], ["neutral"] * 4))
    row = cell(found, outlet="north.test", strength="doubting")
    assert row[["k", "n", "share", "k_other", "n_other", "share_other"]].tolist() == [
        8,
        16,
        0.5,
        0,
        32,
        0.0,
    ]
    assert row[["n_shared", "n_stories", "estimate", "low", "high"]].tolist() == [
        8,
        8,
        0.5,
        0.5,
        0.5,
    ]
    # 2 arcsin(sqrt(.5)) = pi / 2
    assert row["effect"] == pytest.approx(math.pi / 2)
    # Of the 256 ways to swap outlets within eight stories two are as far apart.
    assert 0.001 <= row["p"] <= 0.025
    assert row["q"] >= row["p"]
    assert row["other"] == "rest"
    mirrored = cell(found, outlet="south.test", strength="doubting")
    assert mirrored["estimate"] == -0.5
    assert cell(found, outlet="north.test", strength="assertive")["p"] == 1


def test_cues_that_do_not_differ() -> None:
    found = compare_cues(*cues(8, ["neutral", "assertive"], ["neutral", "assertive"]))
    assert found["estimate"].tolist() == [0] * 6
    assert found["p"].tolist() == [1] * 6


def test_cues_without_strength_are_left_out_and_counted() -> None:
    attributions, articles, coverage = cues(8, ["neutral", "doubting"], ["neutral"])
    more = attributions[:3].assign(strength=None)
    found = compare_cues(pd.concat([attributions, more]), articles, coverage)
    assert found.attrs["left_out"] == 3
    assert cell(found, outlet="north.test", strength="neutral")["n"] == 16


def test_cues_that_cannot_be_compared() -> None:
    few = compare_cues(*cues(3, ["neutral"], ["doubting"]))
    assert set(few["reason"]) == {"3 articles on one side; at least 5 are needed"}
    assert few[["p", "q", "low", "high"]].isna().all(axis=None)
    attributions, articles, coverage = cues(6, ["neutral"], ["doubting"])
    apart = compare_cues(attributions, articles, coverage.assign(story_id=coverage["article_id"]))
    assert set(apart["reason"]) == {"no story with attributions of both"}
    assert apart["p"].isna().all()
    assert apart["low"].notna().all()
    alone = compare_cues(attributions, articles.assign(outlet="north.test"), coverage)
    assert len(alone) == 0
    with pytest.raises(ValueError, match="min_articles: expected at least 1; found 0"):
        compare_cues(attributions, articles, coverage, min_articles=0)


def test_cues_by_type_of_source() -> None:
    ids = [f"a{at}" for at in range(8)]
    articles = pd.DataFrame({"article_id": ids, "outlet": "north.test"})
    coverage = pd.DataFrame({"story_id": ids, "article_id": ids})
    typed = pd.DataFrame(
        {
            "article_id": ids * 2,
            "source_type": ["official"] * 8 + ["company"] * 8,
            "strength": ["neutral"] * 8 + ["doubting"] * 8,
        }
    )
    found = compare_cues(typed, articles, coverage, by="source_type")
    row = cell(found, source_type="company", strength="doubting")
    assert row[["k", "n", "k_other", "n_other", "estimate", "n_shared"]].tolist() == [
        8,
        8,
        0,
        8,
        1,
        8,
    ]
    assert row["p"] < 0.05


@settings(max_examples=25)
@given(st.data())
def test_counts_of_cues_add_up(data: st.DataObject) -> None:
    strengths = st.lists(st.sampled_from(KINDS["strength"]), max_size=3)
    table = cues(6, data.draw(strengths), data.draw(strengths))
    found = compare_cues(*table, n_permutations=9, n_boot=20)
    total = len(table[0])
    assert (found["n"] + found["n_other"] == total).all()
    assert (found.groupby("outlet")["k"].sum() == found.groupby("outlet")["n"].first()).all()
    assert found["p"].dropna().between(0.1, 1).all()
