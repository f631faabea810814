"""Terms of many texts at once are those of each text by itself."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research import stories
from coverage_research.stems import FUNCTION_WORDS, content_stems, count_terms, texts_of
from coverage_research.text import words as forms_of
from coverage_research.token_batches import BATCH_SIGNS

#: What the rules turn on, among words that recur.
PIECES = [
    "chips", "chip's", "curbs", "U.S.", "US", "us", "Us", "us's", "u.s.", "the", "It's", "it\u2019s",
    "3.5", "a.b", "\u0130stanbul", "\u0391\u03a3", "x's's", "\ud800", "\U0001f916", "\u200b", "\x00", "\x1e",
    "\n\n", ".", "<b>", "\u202e", "don\u2019t", "\u017f", "'", "$x$", "=1+1",
]  # fmt: skip
TEXT = st.one_of(st.text(max_size=20), st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join))


def named(counts):
    """For each text the terms that it has, with how often."""
    dense, terms = counts.matrix.toarray(), counts.terms
    return [{terms[at]: row[at] for at in np.flatnonzero(row)} for row in dense]


def with_pairs(words):
    return Counter(words) + Counter(f"{one} {two}" for one, two in itertools.pairwise(words))


def test_counts_by_hand():
    counts = count_terms(["The US curbs", "", "curbs curb us, U.S. curbs"])
    assert counts.terms == ["us", "curb"]
    assert counts.matrix.toarray().tolist() == [[1, 1], [0, 0], [1, 3]]
    assert counts.words == ["us", "curb"]
    assert counts.parts.tolist() == [[0, -1], [1, -1]]


def test_forms_are_counted_as_they_are():
    counts = count_terms(["The US curbs us", "curb"], words="forms")
    assert counts.terms == ["the", "us", "curbs", "curb"]
    assert counts.matrix.toarray().tolist() == [[1, 2, 1, 0], [0, 0, 0, 1]]


def test_pairs_reach_across_what_is_left_out_and_not_into_the_next_text():
    counts = count_terms(["chips of the curbs. Bread", "chips"], pairs=True)
    assert counts.terms == ["chip", "curb", "bread", "chip curb", "curb bread"]
    assert counts.matrix.toarray().tolist() == [[1, 1, 1, 1, 1], [1, 0, 0, 0, 0]]
    assert counts.parts.tolist() == [[0, -1], [1, -1], [2, -1], [0, 1], [1, 2]]


def test_a_pair_is_no_word_and_has_an_order():
    counts = count_terms(["bread chip", "chip bread", "bread"], pairs=True)
    assert counts.terms == ["bread", "chip", "bread chip", "chip bread"]
    assert counts.matrix.toarray().tolist() == [[1, 1, 1, 0], [1, 1, 0, 1], [1, 0, 0, 0]]


@pytest.mark.parametrize("texts", [[], [""], ["the of", "\u200b"], iter(["", "and"])])
@pytest.mark.parametrize("pairs", [False, True])
def test_no_word_at_all(texts, pairs):
    texts = list(texts)
    counts = count_terms(iter(texts), pairs=pairs)
    assert counts.terms == []
    assert counts.matrix.shape == (len(texts), 1)
    assert counts.matrix.nnz == 0


@given(st.lists(TEXT, max_size=6))
def test_stems_are_those_of_each_text(texts):
    stems = [content_stems(text) for text in texts]
    assert named(count_terms(texts)) == [Counter(found) for found in stems]
    assert named(count_terms(texts, pairs=True)) == [with_pairs(found) for found in stems]


@given(st.lists(TEXT, max_size=6))
def test_forms_are_those_of_each_text(texts):
    forms = [forms_of(text) for text in texts]
    assert named(count_terms(texts, words="forms")) == [Counter(found) for found in forms]
    found = count_terms(texts, words="forms", pairs=True)
    assert named(found) == [with_pairs(each) for each in forms]


@given(st.lists(TEXT, min_size=1, max_size=6), st.booleans())
def test_terms_stand_in_the_order_in_which_they_appear(texts, pairs):
    counts = count_terms(texts, pairs=pairs)
    expected: dict[str, None] = {}
    for text in texts:
        stems = content_stems(text)
        expected |= dict.fromkeys(stems)
        if pairs:
            expected |= dict.fromkeys(f"{one} {two}" for one, two in itertools.pairwise(stems))
    assert counts.terms == list(expected)
    assert counts.matrix.has_canonical_format
    assert (counts.matrix.data >= 1).all()


def test_numbers_go_on_from_batch_to_batch():
    long = "chips curbs " * (BATCH_SIGNS // 12 + 1)
    n = BATCH_SIGNS // 12 + 1
    counts = count_terms(["bread chips", long, "bread", long + "bread us US"], pairs=True)
    single = count_terms(["bread chips", "chips curbs"])
    assert single.terms == ["bread", "chip", "curb"]
    dense = counts.matrix.toarray()
    assert counts.terms[:4] == ["bread", "chip", "bread chip", "curb"]
    assert dense[:, counts.terms.index("bread")].tolist() == [1, 0, 1, 1]
    assert dense[:, counts.terms.index("chip")].tolist() == [1, n, 0, n]
    assert dense[:, counts.terms.index("curb chip")].tolist() == [0, n - 1, 0, n - 1]
    assert dense[:, counts.terms.index("bread us")].tolist() == [0, 0, 0, 1]


def test_a_huge_token_is_one_word():
    counts = count_terms(["x" * 300_000 + " chips"])
    assert counts.matrix.toarray().tolist() == [[1, 1]]


def test_texts_of_articles():
    articles = pd.DataFrame(
        {
            "title": ["Curbs", None, "Bread"],
            "excerpt": ["A race.", "Who?", None],
            "body": [None, "Robots bake.", None],
        },
        index=[5, 5, 7],
    )
    before = articles.copy(deep=True)
    assert list(texts_of(articles)) == ["Curbs\n\nA race.", "\n\nRobots bake.", "Bread\n\n"]
    cut = texts_of(articles, headline=lambda text: text[:2], opening=lambda text: text[:3])
    assert list(cut) == ["Cu\n\nA r", "\n\nRob", "Br\n\n"]
    assert list(texts_of(articles[["title"]])) == ["Curbs\n\n", "\n\n", "Bread\n\n"]
    assert list(texts_of(articles[["excerpt"]].iloc[:1])) == ["\n\nA race."]
    assert list(texts_of(articles[:0])) == []
    pd.testing.assert_frame_equal(articles, before)


def test_function_words_are_known_by_the_stories_too():
    assert stories.FUNCTION_WORDS is FUNCTION_WORDS
    assert stories.content_stems is content_stems
