"""Passages by local alignment: worked by hand, held against the whole matrix, on hostile texts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.alignment import align_words
from coverage_research.anchor_chains import ANCHOR
from coverage_research.passages import PASSAGES, find_passages
from coverage_research.reuse import find_reuse
from coverage_research.schema import SchemaError
from coverage_research.text import words

PASSAGE = "the quiet fab on the hill made its very first chip on a rainy monday"
OTHER = "bakers in the harbour town sell out of rye bread before noon each friday"
FILLER = " ".join(f"f{n}" for n in range(150))


def pair(later, earlier, titles=("", ""), field="excerpt"):
    articles = pd.DataFrame(
        {"article_id": ["b", "a"], "title": list(titles), "excerpt": None, "body": None}
    )
    return articles.assign(**{field: [later, earlier]})


REUSE = pd.DataFrame({"article_id": ["b"], "other_id": ["a"]})


def found(later, earlier, **settings):
    return find_passages(pair(later, earlier), REUSE, **settings)


def spans_fit(articles, table):
    by_id = articles.drop_duplicates("article_id").set_index("article_id")
    for row in table.itertuples():
        assert by_id.loc[row.article_id, row.field][row.start : row.end] == row.match
        other = by_id.loc[row.other_id, row.other_field]
        assert other[row.other_start : row.other_end] == row.other_match
        assert row.score == 2 * row.n_words - row.n_gaps
        lengths = len(words(row.match)), len(words(row.other_match))
        # Each change takes a word of one text, or of both.
        assert max(lengths) <= row.n_words + row.n_gaps <= sum(lengths) - row.n_words
    for article, start, end in (
        (["article_id", "field"], "start", "end"),
        (["other_id", "other_field"], "other_start", "other_end"),
    ):
        for _, rows in table.groupby(["article_id", "other_id", *article[1:]]):
            ordered = rows.sort_values(start)
            assert (ordered[end].to_numpy()[:-1] <= ordered[start].to_numpy()[1:]).all()


# Alignment ----------------------------------------------------------------------------------------


def test_the_worked_example():
    aligned = align_words("this is a match", "this is a good match")
    assert aligned.a == ["this", "is", "a", "####", "match"]
    assert aligned.b == ["this", "is", "a", "good", "match"]
    assert aligned.score == 4 * 2 - 1
    turned = align_words("this is a good match", "this is a match")
    assert (turned.a, turned.b) == (aligned.b, aligned.a)


def test_a_word_changed_stands_beside_its_change():
    aligned = align_words("so the old fab opens", "then the new fab opens today")
    assert aligned.a == ["the", "old", "fab", "opens"]
    assert aligned.b == ["the", "new", "fab", "opens"]
    assert aligned.score == 3 * 2 - 1


def test_words_may_be_given_and_scores_chosen():
    assert align_words(["A", "B"], ["A", "x", "B"]).b == ["A", "x", "B"]
    strict = align_words(["A", "B"], ["A", "x", "B"], gap=-5, mismatch=-5)
    assert (strict.a, strict.score) == (["A"], 2)
    assert align_words(["A", "B"], ["A", "x", "B"], gap=0).score == 4


def test_nothing_equal_is_nothing_aligned():
    assert align_words("one two", "three four") == ([], [], 0)
    assert align_words("", "three") == ([], [], 0)
    assert align_words([], []) == ([], [], 0)


def test_wrong_scores_and_texts_too_long_are_refused():
    with pytest.raises(ValueError, match="found 0, -1 and -1"):
        align_words("a", "b", match=0)
    with pytest.raises(ValueError, match="found 2, 1 and -1"):
        align_words("a", "b", mismatch=1)
    with pytest.raises(ValueError, match=r"found 6,000 and 6,000 words. find_passages aligns"):
        align_words(["a"] * 6000, ["a"] * 6000)


letters = st.lists(st.sampled_from("abc"), max_size=7)


def best_by_loops(a, b):
    """The score of Smith and Waterman, cell by cell."""
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            table[i, j] = max(
                0,
                table[i - 1, j - 1] + (2 if a[i - 1] == b[j - 1] else -1),
                table[i - 1, j] - 1,
                table[i, j - 1] - 1,
            )
    return int(table.max())


@given(letters, letters)
def test_alignments_have_the_best_score_and_are_what_they_say(a, b):
    aligned = align_words(a, b)
    assert aligned.score == best_by_loops(a, b)
    assert len(aligned.a) == len(aligned.b)
    equal = sum(one == other for one, other in zip(aligned.a, aligned.b, strict=True))
    assert aligned.score == 2 * equal - (len(aligned.a) - equal)
    for shown, given_words in ((aligned.a, a), (aligned.b, b)):
        kept = "".join(word for word in shown if not word.startswith("#"))
        assert kept in "".join(given_words)


# Passages -----------------------------------------------------------------------------------------


def test_one_word_apart_is_one_passage_with_one_change():
    later = f"Today: {PASSAGE.replace('first', 'second').capitalize()}!"
    table = found(later, f"So {PASSAGE}.")
    assert len(table) == 1
    row = table.iloc[0]
    assert (row["n_words"], row["n_gaps"], row["score"]) == (14, 1, 27)
    assert (row["field"], row["other_field"]) == ("excerpt", "excerpt")
    assert row["match"] == later[7:-1]
    assert row["other_match"] == PASSAGE
    assert list(table) == list(PASSAGES)


@pytest.mark.parametrize(
    ("change", "n_words", "n_gaps"),
    [
        (lambda text: text.replace("very ", ""), 14, 1),
        (lambda text: text.replace("very", "very very"), 15, 1),
        (lambda text: text.replace("its very", "a rather small"), 13, 3),
        (lambda text: text.replace("hill made", "hill, made"), 15, 0),
    ],
)
def test_changes_are_counted_by_word(change, n_words, n_gaps):
    row = found(change(PASSAGE), PASSAGE).iloc[0]
    assert (row["n_words"], row["n_gaps"]) == (n_words, n_gaps)


def test_passages_far_apart_are_several():
    later = f"{PASSAGE} {FILLER} {OTHER}"
    articles = pair(later, f"{OTHER} and then {PASSAGE}")
    table = find_passages(articles, REUSE)
    assert table["n_words"].tolist() == [15, 14]
    assert table["start"].tolist() == [0, later.index(OTHER)]
    assert table["other_start"].tolist() == [len(OTHER) + 10, 0]
    spans_fit(articles, table)
    assert find_passages(articles, REUSE, min_words=15)["n_words"].tolist() == [15]
    assert find_passages(articles, REUSE, min_words=16).empty


def test_no_word_belongs_to_two_passages():
    articles = pair(f"{PASSAGE} {FILLER} {PASSAGE}", PASSAGE)
    table = find_passages(articles, REUSE)
    # The earlier text has the passage once, so that it can be taken once.
    assert table["n_words"].tolist() == [15]
    twice = find_passages(pair(f"{PASSAGE} {FILLER} {PASSAGE}", f"{PASSAGE} x1 {PASSAGE}"), REUSE)
    assert sorted(twice["n_words"].tolist()) == [15, 15]


def test_headline_and_text_are_compared_crosswise_and_none_runs_across():
    articles = pair(f"x1 {PASSAGE}", "nothing", titles=("Nothing", PASSAGE))
    row = find_passages(articles, REUSE).iloc[0]
    assert (row["field"], row["other_field"], row["start"]) == ("excerpt", "title", 3)
    head, tail = PASSAGE.split()[:7], PASSAGE.split()[7:14]
    split = pair(" ".join(tail), PASSAGE, titles=(" ".join(head), "x1"))
    assert find_passages(split, REUSE).empty
    table = find_passages(split, REUSE, min_words=7)
    assert table["field"].tolist() == ["title", "excerpt"]
    assert table["n_words"].tolist() == [7, 7]


def test_headlines_that_link_are_aligned_whatever_their_length():
    articles = pair(None, None, titles=("Fab on hill wins", "Fab on a hill wins"))
    assert find_passages(articles, REUSE).empty
    row = find_passages(articles, REUSE.assign(link="title")).iloc[0]
    assert (row["field"], row["n_words"], row["n_gaps"]) == ("title", 4, 1)
    assert find_passages(articles, REUSE.assign(link=[None])).empty
    apart = pair(None, None, titles=("One", "Two"))
    assert find_passages(apart, REUSE.assign(link="title")).empty


def test_a_passage_needs_words_in_a_row():
    broken = " ".join(
        word if number % ANCHOR else f"x{number}" for number, word in enumerate(PASSAGE.split())
    )
    assert found(broken, PASSAGE).empty
    assert not found(PASSAGE, PASSAGE).empty


def test_long_bodies_are_not_compared_word_by_word():
    rng = np.random.default_rng(5)
    later, earlier = (rng.integers(0, 5_000, 50_000).tolist() for _ in range(2))
    later[1_000:31_000] = earlier[500:30_500]
    for place in range(1_050, 31_000, 100):
        later[place] = "changed"
    later, earlier = (" ".join(f"w{word}" for word in text) for text in (later, earlier))
    articles = pair(later, earlier, field="body")
    table = find_passages(articles, REUSE)
    assert (table["n_words"].iloc[0], table["n_gaps"].iloc[0]) == (29_700, 300)
    assert set(table["field"]) == {"body"}
    spans_fit(articles, table)


def test_texts_that_repeat_themselves_end():
    table = found("ha " * 20_000, "ha " * 20_000 + PASSAGE)
    assert table.empty
    table = found("ha " * 2_000 + PASSAGE, "ha " * 20_000 + PASSAGE)
    assert table["n_words"].iloc[0] >= 15


def test_hostile_texts_and_absent_ones():
    texts = [f"<p>{PASSAGE}</p> \U0001f680", f"\u200b{PASSAGE}\u200b $x$", None, "x" * 100_000, ""]
    articles = pd.DataFrame(
        {"article_id": list("edcba"), "title": [None, "T", "T", "T", "T"], "excerpt": texts}
    )
    every = [(one, other) for one in "edcba" for other in "edcba" if one != other]
    reuse = pd.DataFrame([*every, ("e", "nowhere")], columns=["article_id", "other_id"])
    table = find_passages(pd.concat([articles, articles]), reuse)
    assert table[["article_id", "other_id"]].to_numpy().tolist() == [["e", "d"], ["d", "e"]]
    assert table["match"].tolist() == [PASSAGE, PASSAGE]
    spans_fit(articles, table)
    empty = find_passages(articles, reuse.iloc[:0])
    assert empty.empty
    assert empty.dtypes.equals(table.dtypes)
    assert find_passages(articles.iloc[:0], reuse).empty
    with pytest.raises(SchemaError, match="missing other_id"):
        find_passages(articles, reuse.drop(columns="other_id"))
    with pytest.raises(ValueError, match="min_words: expected at least 1; found 0"):
        find_passages(articles, reuse, min_words=0)


def test_the_mark_of_invented_data_is_carried():
    articles = pair(PASSAGE, PASSAGE).assign(
        outlet=["y.example", "x.example"],
        published_at=pd.to_datetime(["2030-01-02", "2030-01-01"], utc=True),
        published_precision="minute",
    )
    table = find_passages(articles, find_reuse(articles))
    assert len(table) == 1
    assert table.attrs["invented"]


@given(
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=30),
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=30),
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(4, 12),
)
def test_passages_are_alignments_and_never_better_than_the_best(later, earlier, at, other, n):
    earlier[other:other] = (shared := [f"s{number}" for number in range(n)])
    later[at:at] = shared
    articles = pair(" ".join(later), " ".join(earlier))
    table = find_passages(articles, REUSE, min_words=ANCHOR)
    spans_fit(articles, table)
    best = best_by_loops(later, earlier)
    assert 2 * n <= table["score"].max() <= best
    for row in table.itertuples():
        assert align_words(row.match, row.other_match).score >= row.score
