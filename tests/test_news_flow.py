import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from coverage_research import flow_pairs
from coverage_research.news_flow import FLOW, THRESHOLDS, flow_threshold, news_flow
from coverage_research.schema import ChoiceError, SchemaError, is_invented
from coverage_research.statistics import ratio_intervals

START = pd.Timestamp("2030-01-01", tz="UTC")


def table(*rows):
    """Articles from (article_id, outlet, hours, title)."""
    return pd.DataFrame(
        {
            "article_id": [row[0] for row in rows],
            "outlet": [row[1] for row in rows],
            "title": [row[3] for row in rows],
            "published_at": [START + pd.Timedelta(hours=row[2]) for row in rows],
            "published_precision": "minute",
        }
    )


def pairs(flow):
    return list(zip(flow["article_id"], flow["other_id"], strict=True))


RAW = {"weighting": "raw", "words": "forms"}
LETTERS = table(
    ("one", "x.com", 0, "a b c d e"),
    ("two", "y.com", 1, "e f g h i j k"),
    ("three", "z.com", 2, "a b c"),
)


# Similarity ---------------------------------------------------------------------------------------


def test_raw_cosines_of_three_texts():
    found = news_flow(LETTERS, min_similarity=0.01, **RAW)
    assert pairs(found) == [("three", "one"), ("two", "one")]
    assert found["similarity"].tolist() == pytest.approx([0.774597, 0.169031], abs=1e-6)


def test_overlap_is_the_share_of_the_later_that_the_earlier_has():
    found = news_flow(LETTERS, similarity="overlap", min_similarity=0.01, **RAW)
    assert found["similarity"].tolist() == pytest.approx([1.0, 1 / 7])
    turned = LETTERS.assign(published_at=LETTERS["published_at"].tolist()[::-1])
    found = news_flow(turned, similarity="overlap", min_similarity=0.01, **RAW)
    assert pairs(found) == [("one", "three"), ("one", "two")]
    assert found["similarity"].tolist() == pytest.approx([3 / 5, 1 / 5])


def test_overlap_weighs_the_terms_of_the_later():
    articles = table(("a", "x.com", 0, "p"), ("b", "y.com", 1, "p p p q"))
    found = news_flow(articles, similarity="overlap", **RAW)
    assert found["similarity"].tolist() == [0.75]


def test_tf_idf_by_hand():
    articles = table(
        ("a", "x.com", 0, "p q"), ("b", "y.com", 1, "p r"), ("c", "z.com", 90, "s"),
        ("d", "z.com", 91, "t"),
    )  # fmt: skip
    # p stands in two of four articles, q and r in one.
    common, rare = np.log10(4 / 2), np.log10(4)
    found = news_flow(articles, words="forms", min_similarity=0.1)
    assert pairs(found) == [("b", "a")]
    assert found["similarity"].tolist() == pytest.approx([common**2 / (common**2 + rare**2)])


def test_articles_without_a_time_count_for_the_weights():
    articles = table(("a", "x.com", 0, "p q"), ("b", "y.com", 1, "p r"), ("c", "z.com", 2, "s"))
    articles.loc[2, "published_at"] = pd.NaT
    with_third = news_flow(articles, words="forms", min_similarity=0.01)
    assert pairs(with_third) == [("b", "a")]
    # Of two articles both have p, so it weighs nothing.
    assert news_flow(articles[:2], words="forms", min_similarity=0.01).empty


def test_the_least_similarity_itself_is_enough():
    articles = table(("a", "x.com", 0, "p q"), ("b", "y.com", 1, "p r"))
    assert len(news_flow(articles, min_similarity=0.5, **RAW)) == 1
    assert news_flow(articles, min_similarity=0.5001, **RAW).empty
    same = table(("a", "x.com", 0, "p q r"), ("b", "y.com", 1, "p r q"))
    assert news_flow(same, min_similarity=1, **RAW)["similarity"].tolist() == [1.0]


def test_terms_that_are_spread_over_the_days_can_be_left_out():
    rows = [("a", 0, "p q"), ("b", 1, "p q"), ("c", 24, "p"), ("d", 25, "p"), ("e", 26, "p r")]
    articles = table(*[(key, f"{key}.com", hour, text) for key, hour, text in rows])
    settings = {**RAW, "min_similarity": 0.99}
    assert ("d", "c") in pairs(news_flow(articles, **settings))
    # p is on both days, 2 and 3 times: .971 bits of the 1 that are possible; q on one day.
    assert ("d", "c") in pairs(news_flow(articles, max_spread=0.98, **settings))
    assert pairs(news_flow(articles, max_spread=0.97, **settings)) == [("b", "a")]
    even = table(("a", "x.com", 0, "p"), ("b", "y.com", 24, "p"))
    assert len(news_flow(even, max_spread=1, **settings)) == 1
    assert len(news_flow(even[:1].assign(article_id="c"), max_spread=0, **settings)) == 0


def test_one_day_has_no_spread():
    articles = table(("a", "x.com", 0, "p"), ("b", "y.com", 1, "p"))
    assert len(news_flow(articles, max_spread=0, **RAW)) == 1


# Words --------------------------------------------------------------------------------------------


def test_stems_without_function_words():
    articles = table(
        ("a", "x.com", 0, "The makers of chips"), ("b", "y.com", 1, "A chip and its maker")
    )
    assert news_flow(articles, weighting="raw")["similarity"].tolist() == pytest.approx([1])
    assert news_flow(articles, **RAW).empty


def test_the_country_is_no_pronoun():
    articles = table(("a", "x.com", 0, "US"), ("b", "y.com", 1, "U.S."), ("c", "z.com", 2, "us"))
    assert pairs(news_flow(articles, weighting="raw")) == [("b", "a")]
    assert len(news_flow(articles, **RAW)) == 3


def test_sentences_that_are_read():
    articles = table(("a", "x.com", 0, "p"), ("b", "y.com", 1, "p"))
    articles["body"] = ["One two. Three four. Five six.", "Seven. Three four. Five six."]
    settings = {**RAW, "min_similarity": 0.01}

    def of(n):
        return news_flow(articles, n_sentences=n, **settings)["similarity"].iloc[0]

    assert of(0) == 1.0
    assert of(1) == pytest.approx(1 / np.sqrt(3 * 2))
    assert of(2) == pytest.approx(3 / np.sqrt(5 * 4))
    assert of(None) == of(5) == pytest.approx(5 / np.sqrt(7 * 6))
    with pytest.raises(ValueError, match="n_sentences: expected 0 or more"):
        of(-1)


def test_the_body_goes_before_the_excerpt():
    articles = table(("a", "x.com", 0, None), ("b", "y.com", 1, None))
    articles["excerpt"], articles["body"] = ["p", "q"], [None, "p"]
    assert len(news_flow(articles, **RAW)) == 1


def test_hostile_texts():
    texts = [
        "<b>chips</b> & \U0001f916\u200b chips\x00", None, "", "x" * 100_000, "\u202e chips", "\u200b",
        "chips " * 5_000, "=1+1 $x$ chips",
    ]  # fmt: skip
    articles = table(*[(str(n), f"{n}.com", n, text) for n, text in enumerate(texts)])
    for words in ("stems", "forms"):
        found = news_flow(articles, weighting="raw", words=words, min_similarity=0.01)
        assert {"0", "4", "6", "7"} == set(found["article_id"]) | set(found["other_id"])
        assert found["similarity"].between(0.01, 1).all()


# Terms --------------------------------------------------------------------------------------------

COUNTS = pd.DataFrame(
    {
        "article_id": ["one", "one", "two", "three", "elsewhere"],
        "term": ["p", "q", "p", "q", "p"],
        "n": [1, 2, 3, 1, 9],
    }
)


def test_own_terms_as_a_table_and_as_a_matrix():
    settings = {"weighting": "raw", "min_similarity": 0.1}
    bare = LETTERS.drop(columns="title")
    found = news_flow(bare, terms=COUNTS, **settings)
    assert pairs(found) == [("three", "one"), ("two", "one")]
    assert found["similarity"].tolist() == pytest.approx([2 / np.sqrt(5), 1 / np.sqrt(5)])
    matrix = sparse.csr_array([[1, 2], [3, 0], [0, 1]])
    pd.testing.assert_frame_equal(news_flow(bare, terms=matrix, **settings), found)
    # A row that repeats an article is left out with its row of the matrix; a term may be split.
    twice = pd.concat([bare[:1], bare], ignore_index=True)
    longer = sparse.csr_array([[1, 2], [7, 7], [3, 0], [0, 1]])
    pd.testing.assert_frame_equal(news_flow(twice, terms=longer, **settings), found)
    split = pd.concat([COUNTS.assign(n=COUNTS["n"] - 1), COUNTS.assign(n=1)])
    pd.testing.assert_frame_equal(news_flow(bare, terms=split, **settings), found)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        (COUNTS.assign(n=[1, -1, 0, 1, 1]), "counts of 0 or more; found 1"),
        (COUNTS.assign(n=[1, None, np.inf, 1, 1]), "found 2"),
        (COUNTS.drop(columns="n"), "missing n"),
        (sparse.csr_array((2, 2)), "a row for each of 3 articles; found 2"),
        (np.ones((3, 2)), "found ndarray"),
    ],
)
def test_terms_that_are_none(terms, message):
    with pytest.raises(SchemaError, match=message):
        news_flow(LETTERS, terms=terms)
    with pytest.raises(SchemaError):
        news_flow(LETTERS.assign(published_at=pd.NaT), terms=terms)


# Lags ---------------------------------------------------------------------------------------------


def same(*stamps):
    """Articles with the same words from (hours, precision), each of its own outlet."""
    articles = table(*[(f"a{n}", f"o{n}.com", stamp[0], "p q") for n, stamp in enumerate(stamps)])
    return articles.assign(published_precision=[stamp[1] for stamp in stamps])


def test_the_window_holds_its_ends():
    articles = same((0, "minute"), (36, "minute"))
    found = news_flow(articles, **RAW)
    assert found["lag_hours"].tolist() == found["lag_low"].tolist() == [36.0]
    assert news_flow(articles, window="35h", **RAW).empty
    assert len(news_flow(articles, min_lag="36h", **RAW)) == 1
    assert news_flow(articles, min_lag="36.1h", **RAW).empty


def test_the_shortest_lag_of_an_outlet():
    articles = same((0, "minute"), (5, "minute"), (6, "minute"))
    paper = {"o1.com": "6h", "o2.com": pd.Timedelta("6h")}
    assert pairs(news_flow(articles, min_lag=paper, **RAW)) == [("a2", "a0")]
    assert len(news_flow(articles, min_lag={"o1.com": "6h"}, **RAW)) == 2
    with pytest.raises(ChoiceError, match=r"min_lag: expected outlets.*'o9.com'"):
        news_flow(articles, min_lag={"o9.com": "1h"}, **RAW)


def test_a_day_leaves_lags_between_bounds():
    found = news_flow(same((0, "day"), (20, "minute")), **RAW).iloc[0]
    assert (found["lag_low"], found["lag_high"], found["is_later"]) == (-4, 20, False)
    assert pd.isna(found["lag_hours"])
    found = news_flow(same((0, "day"), (24, "minute")), **RAW).iloc[0]
    assert (found["lag_low"], found["lag_high"], found["is_later"]) == (0, 24, True)
    found = news_flow(same((0, "day"), (30, "day")), **RAW).iloc[0]
    assert (found["lag_low"], found["lag_high"], found["is_later"]) == (0, 48, True)
    # It can lie in the window: the first at the end of its day.
    far = same((0, "day"), (59, "minute"))
    assert len(news_flow(far, window="35h", **RAW)) == 1
    assert news_flow(far, window="34h", **RAW).empty
    assert len(news_flow(far, min_lag="59h", window="60h", **RAW)) == 1
    assert news_flow(far, min_lag="60h", window="60h", **RAW).empty


def test_equal_stamps_are_one_pair_without_an_order():
    found = news_flow(same((3, "minute"), (3, "minute")), **RAW)
    assert pairs(found) == [("a1", "a0")]
    assert found["is_later"].tolist() == [False]
    assert found["lag_hours"].tolist() == [0]


def test_within_an_outlet_only_if_asked():
    articles = same((0, "minute"), (1, "minute")).assign(outlet="x.com")
    assert news_flow(articles, **RAW).empty
    assert len(news_flow(articles, within_outlet=True, **RAW)) == 1


def test_only_within_stories():
    articles = same((0, "minute"), (1, "minute"), (2, "minute"))
    coverage = pd.DataFrame(
        {"story_id": ["s", "s", "t", "t", "s"], "article_id": ["a0", "a2", "a1", "a9", "a0"]}
    )
    assert pairs(news_flow(articles, coverage=coverage, **RAW)) == [("a2", "a0")]
    assert news_flow(articles, coverage=coverage[2:3], **RAW).empty
    assert news_flow(articles, coverage=coverage[:0], **RAW).empty
    with pytest.raises(SchemaError, match="coverage"):
        news_flow(articles, coverage=articles, **RAW)


# The definition, pair by pair ----------------------------------------------------------------------

drawn_articles = st.lists(
    st.tuples(
        st.lists(st.integers(0, 3), min_size=5, max_size=5),
        st.integers(0, 80),
        st.sampled_from(["x.com", "y.com", "z.com"]),
        st.sampled_from(["minute", "minute", "day"]),
    ),
    min_size=2,
    max_size=9,
)


def by_definition(rows, *, window, min_lag, similarity, min_similarity, weighting, within_outlet):
    """Pairs with their similarity, computed one by one."""
    counts = np.array([row[0] for row in rows], dtype=float)
    if weighting == "tfidf":
        having = (counts > 0).sum(axis=0)
        counts *= np.log10(len(rows) / np.maximum(having, 1))
    bounds = [
        (hour, hour) if precision == "minute" else (hour // 24 * 24, hour // 24 * 24 + 24)
        for _, hour, _, precision in rows
    ]
    order = sorted(range(len(rows)), key=lambda n: (*bounds[n], f"a{n}"))
    found = {}
    for at, early in enumerate(order):
        for late in order[at + 1 :]:
            a, b = counts[early], counts[late]
            if similarity == "cosine":
                size = np.sqrt((a @ a) * (b @ b))
                value = a @ b / size if size else 0.0
            else:
                value = b[a > 0].sum() / b.sum() if b.sum() else 0.0
            if (
                value >= min_similarity - 1e-12
                and bounds[late][0] - bounds[early][1] <= window
                and bounds[late][1] - bounds[early][0] >= min_lag
                and (within_outlet or rows[early][2] != rows[late][2])
            ):
                found[f"a{late}", f"a{early}"] = value
    return found


drawn_settings = st.fixed_dictionaries(
    {
        "window": st.sampled_from([0, 5, 30, 200]),
        "min_lag": st.sampled_from([0, 3]),
        "similarity": st.sampled_from(["cosine", "overlap"]),
        "min_similarity": st.sampled_from([0.05, 0.4, 0.7, 1.0]),
        "weighting": st.sampled_from(["raw", "tfidf"]),
        "within_outlet": st.booleans(),
    }
)


@given(drawn_articles, drawn_settings, st.sampled_from([1, 20, 4_000_000]), st.randoms())
def test_pairs_are_those_of_the_definition(rows, drawn, cells, random):
    articles = same(*[(row[1], row[3]) for row in rows]).assign(outlet=[row[2] for row in rows])
    terms = sparse.csr_array(np.array([row[0] for row in rows]))
    settings = {**drawn, **{name: f"{drawn[name]}h" for name in ("window", "min_lag")}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flow_pairs, "_CELLS", cells)
        patch.setattr(flow_pairs, "_CANDIDATES", 1 + cells % 7)
        found = news_flow(articles, terms=terms, **settings)
    expected = by_definition(rows, **drawn)
    got = dict(zip(pairs(found), found["similarity"], strict=True))
    assert got == pytest.approx(expected)
    assert pairs(found) == sorted(expected)
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = news_flow(articles.iloc[order], terms=terms[order], **settings)
    pd.testing.assert_frame_equal(shuffled, found)


# Tables -------------------------------------------------------------------------------------------


def test_shape_of_the_result_and_input_unchanged():
    before = LETTERS.copy(deep=True)
    found = news_flow(LETTERS, min_similarity=0.01, **RAW)
    pd.testing.assert_frame_equal(LETTERS, before)
    assert list(found.columns) == list(FLOW)
    for nothing in (LETTERS[:0], LETTERS[:1], LETTERS.assign(published_at=pd.NaT)):
        none = news_flow(nothing, **RAW)
        assert none.empty
        assert none.dtypes.equals(found.dtypes)
    assert news_flow(LETTERS.assign(title=None), **RAW).dtypes.equals(found.dtypes)


def test_articles_that_cannot_be_in_a_pair():
    articles = same((0, "minute"), (1, "minute"), (2, "minute"), (3, "minute"))
    articles.loc[1, "published_at"] = pd.NaT
    articles.loc[2, "outlet"] = None
    assert pairs(news_flow(articles, **RAW)) == [("a3", "a0")]
    repeated = pd.concat([articles, articles.assign(title="other", outlet="z.com")])
    assert pairs(news_flow(repeated, **RAW)) == [("a3", "a0")]
    coded = articles.astype({"outlet": "category", "published_precision": "category"})
    assert pairs(news_flow(coded, **RAW)) == [("a3", "a0")]


def test_invented_articles_stay_so():
    assert not is_invented(news_flow(LETTERS, **RAW))
    invented = LETTERS.assign(outlet=["x.example", "y.example", "z.example"])
    assert news_flow(invented, **RAW).attrs["invented"]
    assert news_flow(invented[:0].assign(outlet="x.com"), **RAW).attrs == {}
    assert flow_threshold(invented, **RAW).attrs["invented"]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"similarity": "jaccard"}, ChoiceError, "similarity: expected 'cosine' or 'overlap'"),
        ({"weighting": "idf"}, ChoiceError, "weighting: expected 'tfidf' or 'raw'"),
        ({"words": "nouns"}, ChoiceError, "words: expected 'stems' or 'forms'"),
        ({"min_similarity": 0}, ValueError, "above 0 and at most 1; found 0"),
        ({"min_similarity": 1.1}, ValueError, r"found 1\.1"),
        ({"min_similarity": float("nan")}, ValueError, "found nan"),
        ({"max_spread": 2}, ValueError, "max_spread: expected 0 to 1"),
        ({"window": "-1h"}, ValueError, "window: expected 0 or more"),
        ({"min_lag": "-1h"}, ValueError, "min_lag: expected 0 or more"),
    ],
)
def test_settings_that_do_not_exist(settings, error, message):
    with pytest.raises(error, match=message):
        news_flow(LETTERS, **settings)


def test_tables_that_are_none():
    with pytest.raises(SchemaError, match="missing outlet"):
        news_flow(LETTERS.drop(columns="outlet"))
    with pytest.raises(SchemaError, match="title, excerpt, body"):
        news_flow(LETTERS.drop(columns="title"))
    with pytest.raises(SchemaError, match="article_id: expected text"):
        news_flow(LETTERS.assign(article_id=[1, 2, 3]))


def test_a_bar_shows_only_if_asked(capsys, monkeypatch):
    monkeypatch.setattr(flow_pairs, "_CELLS", 1)
    news_flow(LETTERS, progress=False)
    assert capsys.readouterr().err == ""


# Thresholds ---------------------------------------------------------------------------------------


def test_a_threshold_by_hand():
    # Two pairs at 1 h of which one is alike in full, and at 150 h one pair that shares a word.
    articles = table(
        ("a", "x.com", 0, "p q"), ("b", "y.com", 1, "p q"),
        ("c", "x.com", 150, "r p"), ("d", "y.com", 151, "r s"),
    )  # fmt: skip
    found = flow_threshold(
        articles, thresholds=[1, 0.5], window="2h", infeasible=("149.5h", "160h"), **RAW
    )
    assert found["threshold"].tolist() == [0.5, 1]
    assert found["n_feasible"].tolist() == [2, 1]
    # a-d (151 h) and b-c (149 h is too short): only a-d lies there, and shares nothing.
    assert found["pairs_feasible"].tolist() == [2, 2]
    assert found["pairs_infeasible"].tolist() == [1, 1]
    assert found["n_infeasible"].tolist() == [0, 0]
    wider = flow_threshold(
        articles, thresholds=[0.5, 1], window="2h", infeasible=("140h", "160h"), **RAW
    )
    # b-c shares p with cosine 1/2: of 2 pairs there 1 is alike, so 1 of the 2 inside is noise.
    assert wider["n_infeasible"].tolist() == [1, 0]
    assert wider["noise"].tolist() == [1, 0]
    assert wider["precision"].tolist() == [0.5, 1]
    assert wider["recall"].tolist() == [1, 1]
    assert wider["f1"].tolist() == pytest.approx([2 / 3, 1])
    assert wider["chosen"].tolist() == [False, True]
    assert wider["reason"].str.contains("days; a bootstrap clustered by day").any()
    assert list(wider.columns) == list(THRESHOLDS)


def test_with_sources_the_order_is_what_is_feasible():
    articles = table(
        ("a", "agency.com", 0, "p"), ("b", "paper.com", 1, "p"), ("c", "agency.com", 2, "p"),
        ("d", "blog.com", 1.5, "p"),
    )  # fmt: skip
    found = flow_threshold(articles, thresholds=[0.5], sources="agency.com", **RAW)
    # a before b and d; b and d before c; b and d do not count.
    assert found[["n_feasible", "n_infeasible"]].to_numpy().tolist() == [[2, 2]]
    assert found[["pairs_feasible", "pairs_infeasible"]].to_numpy().tolist() == [[2, 2]]
    assert found["precision"].tolist() == [0]
    assert found["recall"].isna().all()
    assert not found["chosen"].any()
    both = flow_threshold(articles, thresholds=[0.5], sources=["agency.com", "no.com"], **RAW)
    pd.testing.assert_frame_equal(both, found)
    with pytest.raises(ChoiceError, match=r"sources: expected outlets.*no\.com"):
        flow_threshold(articles, sources="no.com", **RAW)


def test_intervals_of_the_precision():
    # Ten days with an alike pair each; the words of the first two come again five days later.
    rows = []
    for day in range(10):
        word = f"w{day - 5 if day in (5, 6) else day}"
        rows += [(f"a{day}", "x.com", 24 * day, word), (f"b{day}", "y.com", 24 * day + 1, word)]
    found = flow_threshold(
        table(*rows), thresholds=[0.5], window="2h", infeasible=("118h", "122h"), **RAW
    ).iloc[0]
    assert found[["n_feasible", "n_infeasible"]].tolist() == [10, 4]
    assert found[["pairs_feasible", "pairs_infeasible"]].tolist() == [10, 10]
    assert found["precision"] == pytest.approx(0.6)
    # Of a day's matches the share at infeasible lags is 0 or 2 of 3; precision falls with it.
    wrong, every = [0] * 8 + [2, 2], [1] * 8 + [3, 3]
    share = ratio_intervals([[k] for k in wrong], every).iloc[0]
    assert share["estimate"] == pytest.approx(4 / 14)
    bounds = [max(0, 1 - share[end] / (1 - share[end])) for end in ("high", "low")]
    assert found[["low", "high"]].tolist() == pytest.approx(bounds)
    assert bounds[0] < 0.6 < bounds[1]
    assert found["reason"] == ""


def test_only_minutes_count_for_a_threshold():
    articles = same((0, "minute"), (1, "minute"), (2, "day"), (3, "minute"))
    articles.loc[3, "published_at"] = pd.NaT
    found = flow_threshold(articles, thresholds=[0.5], **RAW).iloc[0]
    assert (found["n_feasible"], found["pairs_feasible"]) == (1, 1)
    assert found["reason"].startswith("no pair at an infeasible lag")
    assert np.isnan(found["precision"])
    assert not found["chosen"]
    ties = flow_threshold(same((0, "minute"), (0, "minute")), thresholds=[0.5], **RAW).iloc[0]
    assert (ties["n_feasible"], ties["pairs_feasible"]) == (0, 0)
    nothing = flow_threshold(articles[:0], **RAW)
    assert (nothing["n_feasible"] == 0).all()


@given(drawn_articles, st.booleans(), st.booleans())
def test_compared_pairs_are_counted_as_matches_are(rows, with_sources, within):
    articles = same(*[(row[1], "minute") for row in rows]).assign(outlet=[row[2] for row in rows])
    sources = "x.com" if with_sources and "x.com" in set(articles["outlet"]) else None
    found = flow_threshold(
        articles,
        thresholds=[0.5],
        window="10h",
        infeasible=("11h", "70h"),
        sources=sources,
        within_outlet=within,
        n_boot=1,
        **RAW,
    ).iloc[0]
    # All have the same words, so whatever is compared matches.
    assert found["n_feasible"] == found["pairs_feasible"]
    assert found["n_infeasible"] == found["pairs_infeasible"]
    if not found["n_feasible"]:
        assert np.isnan(found["precision"])
        assert found["reason"].startswith("no ")
    elif found["n_infeasible"]:
        assert found["precision"] == pytest.approx(0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"thresholds": []}, "thresholds: expected"),
        ({"thresholds": [0, 0.5]}, "thresholds: expected"),
        ({"min_similarity": 0.1}, "min_similarity: give"),
        ({"coverage": LETTERS}, "coverage: noise"),
        ({"window": "1h", "min_lag": "2h"}, "a shorter and a longer lag"),
        ({"infeasible": ("3h", "2h")}, "infeasible: expected a shorter"),
        ({"infeasible": ("3h", "99h")}, "outside the window"),
    ],
)
def test_thresholds_that_do_not_exist(settings, message):
    with pytest.raises(ValueError, match=message):
        flow_threshold(LETTERS, **settings)
