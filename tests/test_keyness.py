"""Distinctive words: the worked numbers of the literature, and tables small enough to count by hand."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, norm

from coverage_research.keyness import compare_counts, compare_words, count_words, dispersion
from coverage_research.keyness_scores import WORD_COMPARISON
from coverage_research.schema import ChoiceError, SchemaError
from coverage_research.statistics import benjamini_hochberg
from coverage_research.stories import FUNCTION_WORDS
from coverage_research.text import BREAK, tokens

D1 = "a a a b b c c c c c c d e f g h h"
D2 = "a a b c c d d d d e f h"
WORKED = pd.DataFrame({"d1": Counter(D1.split()), "d2": Counter(D2.split())}).fillna(0)
ARTICLES = pd.DataFrame(
    {
        "article_id": ["1", "2", "3", "4", "5"],
        "outlet": ["north.test", "north.test", "south.test", "south.test", "south.test"],
        "title": ["Race, race for chips", "The race", "Trade in chips", None, "Trade talks. Chips"],
        "excerpt": [None, "A race", "chips", "Trade!", None],
    }
)
LOOSE = {"min_count": 1, "min_words": 1, "min_articles": 1}


def worked(**settings):
    return compare_counts(WORKED, against="pairs", **settings).set_index("word")


def by_word(table, group):
    return table[table["group"] == group].set_index("word")


# Worked numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prior", "variance", "word", "delta", "z"),
    [
        ("flat", "two_term", "c", 0.977006, 1.221139),
        ("flat", "four_term", "c", 0.977006, 1.079547),
        ("flat", "two_term", "d", -1.967762, -1.832565),
        ("flat", "four_term", "d", -1.967762, -1.707669),
        ("informative", "two_term", "c", 0.304724, 0.735977),
        ("informative", "four_term", "c", 0.304724, 0.628681),
    ],
)
def test_log_odds_of_the_worked_example(prior, variance, word, delta, z):
    row = worked(prior=prior, variance=variance).loc[word]
    assert row["estimate"] == pytest.approx(delta, abs=1e-6)
    assert row["z"] == pytest.approx(z, abs=1e-6)
    assert row["se"] == pytest.approx(delta / z, rel=1e-5)
    half = norm.ppf(0.975) * row["se"]
    assert (row["low"], row["high"]) == pytest.approx((delta - half, delta + half), abs=1e-5)
    assert row["p"] == pytest.approx(2 * norm.sf(abs(z)), abs=1e-6)


def test_the_pooled_counts_as_a_table_are_the_informative_prior():
    pooled = WORKED.sum(axis=1)
    named = worked(prior="informative")
    for prior in (pooled, pooled.to_dict(), WORKED):
        assert worked(prior=prior).equals(named)
    twice = worked(prior=pooled, alpha=2 * pooled.sum())
    assert twice.equals(worked(prior=2 * pooled))
    assert (twice["estimate"].abs() <= named["estimate"].abs() + 1e-12).all()
    # A flat background is the flat prior.
    flat = worked(prior=pd.Series(7, index=WORKED.index), alpha=0.1 * len(WORKED))
    pd.testing.assert_frame_equal(flat, worked(alpha=0.1))


def test_words_that_the_background_lacks_count_as_seen_once():
    lacking = worked(prior={"a": 5, "c": 0})
    assert lacking.equals(worked(prior={"a": 5, **dict.fromkeys("bcdefgh", 1)}))


def test_chi_square_of_the_worked_example():
    found = worked(measure="chi2")
    assert found.loc[["g", "c", "d"], "estimate"].tolist() == pytest.approx(
        [0.731092, 0.467298, -2.040247], abs=1e-6
    )
    assert found.loc[["g", "c", "d"], "yates"].tolist() == [False, True, True]
    plain = worked(measure="chi2", yates=False)
    assert plain.loc[["c", "d"], "estimate"].tolist() == pytest.approx(
        [1.221872, -3.715033], abs=1e-6
    )
    assert not plain["yates"].any()


def test_likelihood_ratio_of_the_worked_example():
    found = worked(measure="g2")
    assert found.loc[["c", "d"], "estimate"].tolist() == pytest.approx(
        [1.274238, -3.779441], abs=1e-6
    )
    assert found[["se", "low", "high"]].isna().all(axis=None)
    assert found["yates"].isna().all()


def test_dispersion_of_the_worked_example():
    assert dispersion([1, 2, 3, 4, 5], [9, 10, 10, 10, 11]) == pytest.approx(0.18)
    table = pd.DataFrame([[1, 2, 3, 4, 5], [9, 10, 10, 10, 11], [0] * 5], index=["v", "w", "x"])
    found = dispersion(table, [9, 10, 10, 10, 11])
    assert found[["v", "w"]].tolist() == pytest.approx([0.18, 0])
    assert math.isnan(found["x"])
    assert dispersion([0, 3], [99, 1]) == pytest.approx(0.99)


def test_dispersion_refuses_what_is_no_corpus():
    with pytest.raises(ValueError, match="expected one for each of 2 parts"):
        dispersion([1, 2], [1, 2, 3])
    for sizes in ([0, 0], [-1, 2], [math.nan, 1]):
        with pytest.raises(ValueError, match="sizes: expected numbers of 0 or more"):
            dispersion([1, 2], sizes)
    with pytest.raises(ValueError, match="counts: expected numbers"):
        dispersion([-1, 2], [1, 2])


# Counts -------------------------------------------------------------------------------------------


def test_columns_and_dtypes_are_the_same_whatever_is_asked():
    for measure in ("log_odds", "g2", "chi2"):
        for counts in (WORKED, WORKED[["d1"]], WORKED.iloc[:0]):
            found = compare_counts(counts, measure=measure)
            assert list(found.columns) == list(WORD_COMPARISON)
            assert found.dtypes.astype(str).tolist() == list(WORD_COMPARISON.values())
    assert compare_counts(pd.DataFrame(index=["a"])).empty


def test_rates_and_ratios_by_hand():
    row = worked().loc["c"]
    assert row[["k", "k_other", "n", "n_other"]].tolist() == [6, 2, 17, 12]
    assert row["rate"] == pytest.approx(6e6 / 17)
    assert row["rate_other"] == pytest.approx(2e6 / 12)
    assert row["log_ratio"] == pytest.approx(math.log2(6 * 12 / (2 * 17)))
    assert worked().loc["g", "log_ratio"] == math.inf
    assert worked().loc["g", "rate_other"] == 0


def test_two_groups_against_the_rest_say_the_same_thing_twice():
    rest = compare_counts(WORKED)
    one, two = by_word(rest, "d1"), by_word(rest, "d2").loc[by_word(rest, "d1").index]
    assert set(rest["other"]) == {"rest"}
    np.testing.assert_allclose(one["estimate"], -two["estimate"])
    np.testing.assert_allclose(one["estimate"], worked()["estimate"])
    assert one["k"].tolist() == two["k_other"].tolist()


def test_rows_run_from_typical_of_the_group_to_typical_of_the_other():
    found = worked().reset_index()
    assert found["z"].is_monotonic_decreasing
    ties = found[found["word"].isin(["e", "f"])]
    assert ties["word"].tolist() == ["e", "f"]
    assert ties["z"].nunique() == 1


def test_q_counts_all_words_compared_also_those_not_shown():
    three = WORKED.assign(d3=[9, 0, 1, 0, 0, 2, 0, 4])
    everything = compare_counts(three)
    np.testing.assert_allclose(everything["q"], benjamini_hochberg(everything["p"]))
    few = compare_counts(three, most=3)
    assert few.groupby("group").size().tolist() == [3, 3, 3]
    both = few.merge(everything, on=["group", "word"], suffixes=("", "_all"))
    assert len(both) == 9
    assert both["q"].equals(both["q_all"])
    for group, rows in everything.groupby("group"):
        least = few.loc[few["group"] == group, "z"].abs().min()
        assert (rows["z"].abs() > least).sum() <= 2


def test_pairs_are_each_looked_at_once():
    three = WORKED.assign(d3=[9, 0, 1, 0, 0, 2, 0, 4])
    found = compare_counts(three, against="pairs", min_count=2)
    assert found.groupby(["group", "other"], sort=False).ngroups == 3
    assert ((found["k"] + found["k_other"]) >= 2).all()
    first = found[(found["group"] == "d1") & (found["other"] == "d2")].set_index("word")
    # The prior covers words that only the third group has, none here, so nothing else differs.
    assert first["estimate"].equals(worked().loc[first.index, "estimate"])


def test_totals_stand_for_words_not_listed():
    found = compare_counts(
        WORKED, totals={"d1": 1000, "d2": 500}, measure="g2", against="pairs"
    ).set_index("word")
    table = [[6, 2], [994, 498]]
    expected = chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic
    assert found.loc["c", "estimate"] == pytest.approx(expected)
    with pytest.raises(ChoiceError, match="totals: expected one for each group; missing d2"):
        compare_counts(WORKED, totals={"d1": 1000})
    with pytest.raises(ValueError, match="below the sum of the words listed in d1, d2"):
        compare_counts(WORKED, totals=pd.Series({"d1": 16, "d2": math.nan}))


def test_unusable_counts_are_refused_all_at_once():
    with pytest.raises(SchemaError, match="each word once; 1 repeat: 'a'"):
        compare_counts(pd.DataFrame({"x": [1, 2]}, index=["a", "a"]))
    bad = pd.DataFrame({"x": [1.5, 1], "y": [-1, 0], "z": ["a", "b"], "ok": [1, None]})
    with pytest.raises(SchemaError, match="not so in x, y, z$"):
        compare_counts(bad)
    with pytest.raises(SchemaError, match="prior: expected whole numbers"):
        compare_counts(WORKED, prior={"a": -1})


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("measure", "tfidf", "measure: expected log_odds, g2, chi2; found 'tfidf'"),
        ("against", "all", "against: expected rest, pairs; found 'all'"),
        ("variance", "three", "variance: expected two_term, four_term"),
        ("prior", "jeffreys", "prior: expected flat, informative or a table"),
        ("alpha", 0, "alpha: expected a number above 0"),
        ("alpha", math.inf, "alpha: expected a number above 0"),
        ("level", 1, "level: expected a number between 0 and 1"),
        ("min_count", 0, "min_count: expected at least 1"),
        ("min_words", 0, "min_words: expected at least 1"),
        ("most", 0, "most: expected at least 1"),
    ],
)
def test_settings_that_do_not_exist(setting, value, says):
    with pytest.raises(ValueError, match=says):
        compare_counts(WORKED, **{setting: value})
    with pytest.raises(ValueError, match=says):
        compare_words(ARTICLES, **{setting: value})


def test_a_comparison_with_nothing_is_refused_in_words():
    row = compare_counts(WORKED[["d1"]]).iloc[0]
    assert row["reason"] == "rest has 0 words; words are compared from 1 on"
    assert pd.isna(row["word"])
    assert row[["n", "n_other", "k"]].tolist() == [17, 0, 0]
    one_word = compare_counts(pd.DataFrame({"x": [3], "y": [4]}, index=["chip"]), against="pairs")
    assert one_word["reason"].tolist() == ["there is one word only; nothing to compare it with"]


counts_of_words = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).filter(any), min_size=2, max_size=12
).filter(lambda rows: all(sum(column) > 0 for column in zip(*rows, strict=True)))


@settings(max_examples=60)
@given(counts_of_words, st.randoms())
def test_statistics_are_scipys_and_change_sign_with_the_sides(rows, random):
    table = pd.DataFrame(rows, columns=["x", "y"], index=[f"w{n}" for n in range(len(rows))])
    g2 = compare_counts(table, measure="g2", against="pairs").set_index("word")
    chi2 = compare_counts(table, measure="chi2", against="pairs", yates=False).set_index("word")
    n1, n2 = table.sum()
    for word, (k1, k2) in zip(table.index, rows, strict=True):
        if k1 + k2 == n1 + n2:
            continue
        cells = [[k1, k2], [n1 - k1, n2 - k2]]
        for found, kind in ((g2, "log-likelihood"), (chi2, "pearson")):
            expected = chi2_contingency(cells, correction=False, lambda_=kind)
            assert abs(found.loc[word, "estimate"]) == pytest.approx(expected.statistic, abs=1e-7)
            assert found.loc[word, "p"] == pytest.approx(expected.pvalue, abs=1e-4)
    shuffled = table.sample(frac=1, random_state=random.randint(0, 99))[["y", "x"]]
    for measure in ("log_odds", "g2", "chi2"):
        one = compare_counts(table, measure=measure, against="pairs").set_index("word")
        two = compare_counts(shuffled, measure=measure, against="pairs").set_index("word")
        np.testing.assert_allclose(one["z"], -two["z"].loc[one.index], atol=1e-7)


@settings(max_examples=40)
@given(counts_of_words)
def test_yates_only_makes_smaller(rows):
    table = pd.DataFrame(rows, columns=["x", "y"], index=[f"w{n}" for n in range(len(rows))])
    corrected = compare_counts(table, measure="chi2", against="pairs").set_index("word")
    plain = compare_counts(table, measure="chi2", against="pairs", yates=False)
    plain = plain.set_index("word").loc[corrected.index]
    changed = corrected["yates"].fillna(value=False).astype(bool)
    assert corrected.loc[~changed, "estimate"].equals(plain.loc[~changed, "estimate"])
    smaller = corrected["estimate"].abs() < plain["estimate"].abs()
    assert smaller[changed].all()


# Words --------------------------------------------------------------------------------------------


def test_words_of_articles_are_counted_by_group():
    found = compare_words(ARTICLES, **LOOSE)
    north = by_word(found, "north.test")
    assert north.loc["race", ["k", "k_other", "n", "n_other"]].tolist() == [4, 0, 8, 8]
    assert north.loc["chips", ["k", "k_other"]].tolist() == [1, 3]
    assert north.loc["race", ["n_articles", "n_articles_other"]].tolist() == [2, 0]
    assert north.loc["trade", ["n_articles", "n_articles_other"]].tolist() == [0, 3]
    # Groups with most articles first.
    assert found["group"].unique().tolist() == ["south.test", "north.test"]
    assert found.loc[found["group"] == "north.test", "word"].iloc[0] == "race"


def test_words_and_their_counts_say_the_same():
    counts = count_words(ARTICLES)
    assert counts.loc["race"].to_dict() == {"south.test": 0, "north.test": 4}
    for measure in ("log_odds", "g2", "chi2"):
        told = compare_words(ARTICLES, measure=measure, prior="informative", **LOOSE)
        alone = compare_counts(counts, measure=measure, prior="informative")
        own = ["n_articles", "n_articles_other", "dp"]
        pd.testing.assert_frame_equal(told.drop(columns=own), alone.drop(columns=own))


def test_dp_is_that_of_the_articles_of_the_group():
    found = by_word(compare_words(ARTICLES, **LOOSE), "north.test")
    # Articles of north.test: four words of which race twice; four of which race twice.
    assert found.loc["race", "dp"] == pytest.approx(0)
    assert found.loc["for", "dp"] == pytest.approx(0.5)
    assert math.isnan(found.loc["trade", "dp"])
    south = by_word(compare_words(ARTICLES, **LOOSE), "south.test")
    assert south.loc["chips", "dp"] == pytest.approx(dispersion([2, 0, 1], [4, 1, 3]))


def test_a_prior_is_spread_over_all_words_also_those_not_shown():
    everything = compare_words(ARTICLES, **LOOSE)
    often = compare_words(ARTICLES, **(LOOSE | {"min_count": 4}))
    assert set(often["word"]) == {"race", "chips"}
    kept = everything[everything["word"].isin(["race", "chips"])].reset_index(drop=True)
    assert often.drop(columns="q").equals(kept.drop(columns="q"))
    assert (often["q"] <= kept["q"]).all()


def test_stop_words_are_not_shown_but_count():
    found = compare_words(ARTICLES, stop=FUNCTION_WORDS, **LOOSE)
    assert set(found["word"]) == {"race", "chips", "trade", "talks"}
    assert found["n"].unique().tolist() == [8]
    pairs = compare_words(ARTICLES, stop=["for", "chips"], ngrams=(2, 2), **LOOSE)
    assert "race for" in set(pairs["word"])
    assert "for chips" not in set(pairs["word"])


def test_ngrams_do_not_cross_sentences_fields_or_articles():
    found = set(compare_words(ARTICLES, ngrams=(2, 3), **LOOSE)["word"])
    assert {"race race", "race for chips", "trade talks", "trade in chips", "a race"} <= found
    assert not {"talks chips", "race a", "the race a", "chips trade", "chips chips"} & found
    paragraphs = pd.DataFrame(
        {"article_id": ["1", "2"], "outlet": ["a.test", "b.test"], "title": ["x y\n \nz", "x\ny z"]}
    )
    counts = count_words(paragraphs, ngrams=(2, 2))
    assert counts.to_dict("index") == {
        "x y": {"a.test": 1, "b.test": 1},
        "y z": {"a.test": 0, "b.test": 1},
    }


def test_ngrams_are_compared_with_those_of_their_length():
    found = compare_words(ARTICLES, ngrams=(1, 2), **LOOSE)
    sizes = found.groupby([found["group"], found["word"].str.count(" ")])["n"].unique()
    assert {key: sizes[key].tolist() for key in sizes.index} == {
        ("north.test", 0): [8],
        ("north.test", 1): [5],
        ("south.test", 0): [8],
        ("south.test", 1): [3],
    }
    # Each comparison in one piece.
    assert (found["group"] != found["group"].shift()).sum() == 2
    np.testing.assert_allclose(found["q"], benjamini_hochberg(found["p"]))


word = st.sampled_from(["chip", "Chips", "race,", "U.S.", "don't", "China's", "4.5", "end.", "\n\n", "x-y", "…", "芯片", "é"])  # fmt: skip


@settings(max_examples=60)
@given(
    st.lists(st.lists(word, max_size=12).map(" ".join), min_size=1, max_size=6), st.integers(1, 3)
)
def test_counts_are_those_of_the_tokenizer(texts, length):
    articles = pd.DataFrame(
        {"article_id": map(str, range(len(texts))), "outlet": "a.test", "title": texts}
    )
    expected: Counter[str] = Counter()
    for text in texts:
        forms = [token.form for token in tokens(text, breaks=True)]
        for at in range(len(forms) - length + 1):
            if BREAK not in forms[at : at + length]:
                expected[" ".join(forms[at : at + length])] += 1
    found = count_words(articles, ngrams=(length, length))
    assert found["a.test"].to_dict() == dict(expected)
    assert found.index.tolist() == sorted(expected)


def test_the_order_of_the_articles_and_repeated_ones_are_nothing():
    shuffled = pd.concat([ARTICLES.iloc[::-1], ARTICLES])
    assert compare_words(shuffled, **LOOSE).equals(compare_words(ARTICLES, **LOOSE))
    before = ARTICLES.copy(deep=True)
    compare_words(ARTICLES)
    assert ARTICLES.equals(before)


def test_texts_are_put_aside_in_batches_without_loss(monkeypatch):
    whole = compare_words(ARTICLES, ngrams=(1, 2), **LOOSE)
    monkeypatch.setattr("coverage_research.keyness_counts._FLUSH", 3)
    assert compare_words(ARTICLES, ngrams=(1, 2), **LOOSE).equals(whole)


def test_small_groups_are_refused_with_a_reason():
    found = compare_words(ARTICLES, **(LOOSE | {"min_articles": 3}))
    assert found["word"].isna().all()
    assert found["reason"].tolist() == [
        "rest has 2 articles; words are compared from 3 on",
        "north.test has 2 articles; words are compared from 3 on",
    ]
    assert found["estimate"].isna().all()
    words = compare_words(ARTICLES, **(LOOSE | {"min_words": 9}))
    assert words["reason"].str.endswith("has 8 words; words are compared from 9 on").all()
    third = pd.DataFrame({"article_id": ["6"], "outlet": ["lone.test"], "title": ["race"]})
    mixed = compare_words(pd.concat([ARTICLES, third]), **(LOOSE | {"min_articles": 2}))
    assert mixed.loc[mixed["reason"] != "", "group"].tolist() == ["lone.test"]
    # The articles of a group that is too small are still part of the rest of the others.
    assert by_word(mixed, "north.test").loc["race", "k_other"] == 1
    assert mixed.loc[mixed["reason"] != "", "p"].isna().all()


def test_nothing_to_count():
    assert compare_words(ARTICLES.iloc[:0]).equals(compare_words(ARTICLES.assign(outlet=None)))
    assert compare_words(ARTICLES.iloc[:0]).empty
    blank = compare_words(ARTICLES.assign(title=None, excerpt="  \n "), ngrams=(1, 2), **LOOSE)
    assert set(blank["reason"]) == {
        "south.test has 0 words; words are compared from 1 on",
        "north.test has 0 words; words are compared from 1 on",
    }
    assert count_words(ARTICLES.iloc[:0]).shape == (0, 0)


def test_hostile_texts_are_only_counted():
    texts = [
        "<script>alert('x')</script>",
        "a" * 10_000,
        "\u200bhidden\u200b",
        "🚀🚀 chips",
        "=1+1",
    ]
    articles = pd.DataFrame(
        {
            "article_id": list("abcde"),
            "outlet": ["x.test", "y.test"] * 2 + ["x.test"],
            "title": texts,
        }
    )
    found = count_words(articles, ngrams=(1, 2))
    assert {"script", "alert", "hidden", "chips", "1", "a" * 10_000} <= set(found.index)
    assert not [word for word in found.index if "<" in word or "\u200b" in word]


def test_several_columns_make_a_group():
    articles = ARTICLES.assign(year=[2023, 2023, 2023, 2024, 2024])
    found = count_words(articles, by=["outlet", "year"])
    assert found.columns.tolist() == ["north.test | 2023", "south.test | 2024", "south.test | 2023"]
    with pytest.raises(SchemaError, match="missing place"):
        compare_words(articles, by="place")
    with pytest.raises(ValueError, match="by: expected at least one"):
        compare_words(articles, by=[])


def test_fields_and_lengths_that_do_not_exist():
    with pytest.raises(
        SchemaError, match="fields: expected title, excerpt, body; found 'headline'"
    ):
        compare_words(ARTICLES, fields=["headline"])
    with pytest.raises(SchemaError, match="missing body"):
        compare_words(ARTICLES, fields=["body"])
    titles = count_words(ARTICLES, fields=["title", "title", "body"])
    assert titles.loc["race", "north.test"] == 3
    for ngrams in ((0, 1), (2, 1), (1, 6)):
        with pytest.raises(ValueError, match="ngrams: expected fewest and most words, 1 to 5"):
            compare_words(ARTICLES, ngrams=ngrams)


def test_invented_outlets_stay_marked():
    invented = ARTICLES.assign(outlet=ARTICLES["outlet"].str.replace(".test", ".example"))
    counts = count_words(invented)
    assert counts.attrs["invented"]
    assert compare_counts(counts).attrs["invented"]
    assert compare_words(invented, **LOOSE).attrs["invented"]
    assert "invented" not in compare_words(ARTICLES, **LOOSE).attrs
