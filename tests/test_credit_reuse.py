import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.credit_reuse import (
    CREDIT_REUSE,
    UNCREDITED,
    compare_credits,
    find_uncredited,
)
from coverage_research.credits import find_credits
from coverage_research.evidence import evidence
from coverage_research.origins import find_origins
from coverage_research.reuse import VERDICTS, find_reuse
from coverage_research.schema import ChoiceError, SchemaError, pandas_dtype

NO_CREDITS = pd.DataFrame({"article_id": [], "credited": []}, dtype="str")
COUNTS = ["reused_credited", "reused_only", "credited_only", "common_source"]


def made(*outlets):
    """Articles a, b, c ... of these outlets, one story each."""
    ids = [chr(ord("a") + number) for number in range(len(outlets))]
    articles = pd.DataFrame(
        {
            "article_id": ids,
            "outlet": [f"{name}.com" for name in outlets],
            "outlet_name": [name.upper() for name in outlets],
        }
    )
    return articles, pd.DataFrame({"story_id": ids, "article_id": ids})


def pairs(articles, *rows):
    """Reuse, given as later article, earlier article, verdict and containment."""
    outlet = dict(zip(articles["article_id"], articles["outlet"], strict=True))
    columns = ["article_id", "other_id", "verdict", "containment"]
    told = pd.DataFrame(rows, columns=columns).astype({"article_id": "str", "other_id": "str"})
    return told.assign(
        outlet=told["article_id"].map(outlet),
        other_outlet=told["other_id"].map(outlet),
        link="passage",
        lag_hours=1.0,
        field="body",
        start=0,
        end=10,
        rival="",
    )


def named(*rows):
    return pd.DataFrame(rows, columns=["article_id", "credited"], dtype="str")


def counted(reuse, credits, articles, coverage, **settings):
    found = compare_credits(reuse, credits, articles, coverage, **settings)
    keys = zip(found["outlet"].str[0], found["other_outlet"].str[0].fillna(""), strict=True)
    return dict(zip(keys, found[COUNTS].to_numpy().tolist(), strict=True))


def test_each_article_is_counted_by_what_it_does():
    # x is first; y repeats it twice, once with its name; z repeats nothing and names x.
    articles, coverage = made("x", "y", "y", "z", "x")
    reuse = pairs(articles, ("b", "a", "copy", 0.9), ("c", "a", "credited", 0.8))
    credits = named(("c", "x.com"), ("d", "x.com"))
    found = compare_credits(reuse, credits, articles, coverage)
    assert found[["outlet", "other_outlet", *COUNTS]].to_numpy().tolist() == [
        ["y.com", "x.com", 1, 1, 0, 0],
        ["z.com", "x.com", 0, 0, 1, 0],
    ]
    assert found["n"].tolist() == [2, 1]
    assert found["n_reused"].tolist() == [2, 0]
    assert found["n_stories"].tolist() == [2, 0]
    assert found["estimate"].tolist()[0] == 0.5
    assert np.isnan(found["estimate"].iloc[1])
    assert found["outlet_name"].tolist() == ["Y", "Z"]
    assert found["reason"].str.contains("at least 5").all()


def test_five_stories_have_an_interval():
    articles, coverage = made("x", *"yyyyyy")
    reuse = pairs(articles, *((later, "a", "copy", 0.9) for later in "bcdefg"))
    credits = named(("b", "x.com"), ("c", "x.com"), ("d", "x.com"))
    row = compare_credits(reuse, credits, articles, coverage).iloc[0]
    assert (row["reused_credited"], row["reused_only"], row["estimate"]) == (3, 3, 0.5)
    assert 0 < row["low"] < 0.5 < row["high"] < 1
    assert row["reason"] == ""
    # All uncredited: the exact bounds of six in six.
    row = compare_credits(reuse, NO_CREDITS, articles, coverage).iloc[0]
    assert row[["estimate", "high"]].tolist() == [1, 1]
    assert row["low"] == pytest.approx(0.025 ** (1 / 6))


@pytest.mark.parametrize("verdict", VERDICTS)
def test_only_reuse_whose_direction_is_known_counts(verdict):
    articles, coverage = made("x", "y")
    found = counted(pairs(articles, ("b", "a", verdict, 0.9)), NO_CREDITS, articles, coverage)
    expected = {
        "copy": [0, 1, 0, 0],
        "credited": [1, 0, 0, 0],
        "common_source": [0, 0, 0, 1],
    }
    assert found == ({("y", "x"): expected[verdict]} if verdict in expected else {})


def test_a_pair_needs_a_passage_that_is_long_enough():
    articles, coverage = made("x", "y")
    reuse = pairs(articles, ("b", "a", "copy", 0.4))
    assert counted(reuse, NO_CREDITS, articles, coverage) == {}
    low = counted(reuse, NO_CREDITS, articles, coverage, containment=0.4)
    assert low == {("y", "x"): [0, 1, 0, 0]}
    by_title = reuse.assign(containment=1.0, link="title")
    assert counted(by_title, NO_CREDITS, articles, coverage) == {}
    # A short passage with a credit is a credit.
    credits = named(("b", "x.com"))
    assert counted(reuse, credits, articles, coverage) == {("y", "x"): [0, 0, 1, 0]}
    # What the verdict knows of a credit counts as well.
    credited = reuse.assign(verdict="credited", link="credit", containment=0.0)
    assert counted(credited, NO_CREDITS, articles, coverage) == {("y", "x"): [0, 0, 1, 0]}


def test_the_mark_of_an_agency_is_a_credit():
    articles, coverage = made("x", "y")
    marks = pd.DataFrame({"article_id": ["b"], "origin": ["agency"], "name": ["X"]})
    reuse = pairs(articles, ("b", "a", "copy", 0.9))
    settings = {"origins": marks}
    assert counted(reuse, NO_CREDITS, articles, coverage, **settings) == {("y", "x"): [1, 0, 0, 0]}
    none = reuse.iloc[:0]
    assert counted(none, NO_CREDITS, articles, coverage, **settings) == {("y", "x"): [0, 0, 1, 0]}
    own = {"origins": marks.assign(origin="own")}
    assert counted(reuse, NO_CREDITS, articles, coverage, **own) == {("y", "x"): [0, 1, 0, 0]}


@pytest.mark.parametrize("marked", ["a", "b"])
def test_text_of_somebody_else_is_not_uncredited(marked):
    articles, coverage = made("x", "y")
    marks = pd.DataFrame({"article_id": [marked], "origin": ["agency"], "name": ["Reuters"]})
    reuse = pairs(articles, ("b", "a", "copy", 0.9))
    found = counted(reuse, NO_CREDITS, articles, coverage, origins=marks)
    assert found == {("y", "x"): [0, 0, 0, 1]}
    assert find_uncredited(reuse, NO_CREDITS, articles, origins=marks).empty


def test_a_credit_covers_others_that_print_the_same_text():
    # c names x and repeats it whole; y printed the same text in between.
    articles, coverage = made("x", "y", "z")
    reuse = pairs(articles, ("c", "a", "credited", 0.9), ("c", "b", "copy", 0.9))
    found = counted(reuse, NO_CREDITS, articles, coverage)
    assert found == {("z", "x"): [1, 0, 0, 0], ("z", "y"): [0, 0, 0, 1]}
    # More of y than of x: not all of it is credited.
    reuse = pairs(articles, ("c", "a", "credited", 0.6), ("c", "b", "copy", 0.9))
    assert counted(reuse, NO_CREDITS, articles, coverage)["z", "y"] == [0, 1, 0, 0]


def test_by_outlet_an_article_counts_once():
    articles, coverage = made("x", "y", "z", "z")
    reuse = pairs(articles, ("c", "a", "copy", 0.9), ("c", "b", "copy", 0.8))
    credits = named(("d", "x.com"), ("d", "y.com"))
    assert counted(reuse, credits, articles, coverage) == {
        ("z", "x"): [0, 1, 1, 0],
        ("z", "y"): [0, 1, 1, 0],
    }
    found = compare_credits(reuse, credits, articles, coverage, by="outlet")
    assert found[["outlet", *COUNTS, "n"]].to_numpy().tolist() == [["z.com", 0, 1, 1, 0, 2]]
    assert found["other_outlet"].isna().all()
    assert found["other_name"].isna().all()


def test_outlets_without_articles_and_own_names_are_no_pairs():
    articles, coverage = made("x", "y")
    credits = named(("b", "elsewhere.com"), ("b", "y.com"))
    assert compare_credits(pairs(articles), credits, articles, coverage).empty
    same = pairs(articles, ("b", "a", "copy", 0.9)).assign(other_outlet="y.com")
    assert compare_credits(same, NO_CREDITS, articles, coverage).empty


def test_articles_in_no_story_are_not_counted():
    articles, coverage = made("x", "y", "y")
    reuse = pairs(articles, ("b", "a", "copy", 0.9), ("c", "a", "copy", 0.9))
    assert counted(reuse, NO_CREDITS, articles, coverage.iloc[:2]) == {("y", "x"): [0, 1, 0, 0]}


def test_rows_may_repeat_and_change_places():
    articles, coverage = made("x", "y", "y", "z")
    reuse = pairs(articles, ("b", "a", "copy", 0.9), ("c", "a", "copy", 0.9))
    credits = named(("c", "x.com"), ("d", "x.com"))
    once = compare_credits(reuse, credits, articles, coverage)
    tables = [
        pd.concat([table, table]).iloc[::-1] for table in (reuse, credits, articles, coverage)
    ]
    pd.testing.assert_frame_equal(compare_credits(*tables), once)


def test_the_pairs_behind_the_counts():
    articles, _ = made("x", "y", "z")
    reuse = pairs(articles, ("b", "a", "copy", 0.7), ("c", "a", "copy", 0.9))
    found = find_uncredited(reuse, named(("b", "z.com"), ("b", "q.com")), articles)
    assert found.dtypes.to_dict() == {k: pandas_dtype(v) for k, v in UNCREDITED.items()}
    assert found[["article_id", "missing", "named"]].to_numpy().tolist() == [
        ["c", "X is not named, nor is any other outlet", ""],
        ["b", "X is not named, but Z, q.com", "Z | q.com"],
    ]
    credits = named(("b", "x.com"), ("c", "x.com"))
    assert find_uncredited(reuse, credits, articles).empty
    shown = evidence(found, articles.assign(body="A fab opens in Halden"), outlet="z.com")
    assert shown["match"].tolist() == ["A fab open"]
    assert shown["missing"].tolist() == ["X is not named, nor is any other outlet"]


def test_empty_tables_have_their_columns():
    articles, coverage = made("x", "y")
    for by in ("pair", "outlet"):
        found = compare_credits(pairs(articles), NO_CREDITS, articles, coverage, by=by)
        assert found.dtypes.to_dict() == {k: pandas_dtype(v) for k, v in CREDIT_REUSE.items()}
    full = compare_credits(pairs(articles, ("b", "a", "copy", 0.9)), NO_CREDITS, articles, coverage)
    assert full.dtypes.to_dict() == {k: pandas_dtype(v) for k, v in CREDIT_REUSE.items()}


def test_errors_say_what_was_expected():
    articles, coverage = made("x", "y")
    reuse = pairs(articles, ("b", "a", "copy", 0.9))
    with pytest.raises(ChoiceError, match="expected pair or outlet; found 'story'"):
        compare_credits(reuse, NO_CREDITS, articles, coverage, by="story")
    for wrong in (0, 1.5, float("nan")):
        with pytest.raises(ValueError, match="above 0 and at most 1"):
            compare_credits(reuse, NO_CREDITS, articles, coverage, containment=wrong)
    with pytest.raises(SchemaError, match="missing link"):
        compare_credits(reuse.drop(columns="link"), NO_CREDITS, articles, coverage)
    with pytest.raises(SchemaError, match="missing credited"):
        find_uncredited(reuse, NO_CREDITS[["article_id"]], articles)
    with pytest.raises(SchemaError, match="missing start"):
        find_uncredited(reuse.drop(columns="start"), NO_CREDITS, articles)


IDS = list("abcdef")
rows = st.lists(
    st.tuples(
        st.sampled_from(IDS),
        st.sampled_from(IDS),
        st.sampled_from(VERDICTS),
        st.sampled_from([0.2, 0.5, 0.9]),
    ),
    max_size=12,
)
credit_rows = st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(["x.com", "z.com"])))


@given(rows, credit_rows)
def test_counts_add_up(reuse_rows, names):
    articles, coverage = made(*"xyzxyz")
    reuse = pairs(articles, *(row for row in reuse_rows if row[0] != row[1]))
    credits = named(*names)
    by_pair = compare_credits(reuse, credits, articles, coverage)
    by_outlet = compare_credits(reuse, credits, articles, coverage, by="outlet")
    for found in (by_pair, by_outlet):
        assert (found["n_reused"] == found["reused_credited"] + found["reused_only"]).all()
        assert (found["n"] == found["n_reused"] + found["credited_only"]).all()
        assert found["estimate"].dropna().between(0, 1).all()
        assert (found["estimate"].isna() == (found["n_reused"] == 0)).all()
        assert (found["outlet"] != found["other_outlet"]).all()
    # An outlet has two articles, each counted once.
    assert (by_outlet[COUNTS].sum(axis=1) <= 2).all()
    assert set(by_outlet["outlet"]) == set(by_pair["outlet"])
    missing = find_uncredited(reuse, credits, articles)
    left = missing.groupby(["outlet", "other_outlet"])["article_id"].nunique()
    told = by_pair.set_index(["outlet", "other_outlet"])["reused_only"]
    # One article may repeat two of the same outlet, with a credit that covers both.
    assert (told[told > 0] <= left.reindex(told[told > 0].index)).all()


def test_from_texts_to_the_table():
    text = "The quiet fab on the hill made its very first chip on a rainy monday morning"
    articles = pd.DataFrame(
        {
            "article_id": ["a", "b", "c"],
            "outlet": ["reuters.com", "y.com", "z.com"],
            "outlet_name": ["Reuters", "Y", "Z"],
            "title": ["A fab opens", "Opening", "On the hill"],
            "excerpt": [text, text, f"OSLO, May 4 (Reuters) - {text}"],
            "published_at": pd.to_datetime(
                ["2030-01-01 08:00", "2030-01-01 10:00", "2030-01-01 12:00"], utc=True
            ),
            "published_precision": "minute",
        }
    )
    coverage = pd.DataFrame({"story_id": "s", "article_id": list("abc")})
    credits, origins = find_credits(articles), find_origins(articles)
    reuse = find_reuse(
        articles, credits=credits, origins=origins, coverage=coverage, progress=False
    )
    found = counted(reuse, credits, articles, coverage, origins=origins)
    assert found == {
        ("y", "r"): [0, 1, 0, 0],
        ("z", "r"): [1, 0, 0, 0],
        ("z", "y"): [0, 0, 0, 1],
    }
    missing = find_uncredited(reuse, credits, articles, origins=origins)
    assert missing[["article_id", "other_id"]].to_numpy().tolist() == [["b", "a"]]
    assert missing["end"].iloc[0] - missing["start"].iloc[0] == len(text)


def test_invented_outlets_stay_marked():
    articles, coverage = made("x", "y")
    articles["outlet"] = articles["outlet"].str.replace(".com", ".example", regex=False)
    reuse = pairs(articles, ("b", "a", "copy", 0.9))
    assert compare_credits(reuse, NO_CREDITS, articles, coverage).attrs["invented"]
    assert find_uncredited(reuse, NO_CREDITS, articles).attrs["invented"]
