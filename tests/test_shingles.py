"""Runs of words as numbers: pairs, counts and longest runs are those of comparing everything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research import overlaps, set_similarity, shared_runs, shingles
from coverage_research.overlaps import overlap
from coverage_research.set_similarity import alike_sets, distinct_sets, set_jaccard
from coverage_research.shared_runs import common_runs, pairs_sharing
from coverage_research.shingles import mix, read_words, run_hashes, sorted_once
from coverage_research.text import tokens

HOSTILE = [
    "",
    "U.S. curbs hit China's chip-makers, twice. 4.5 don't",
    "\u4e2d\u56fd\u82af\u7247 \U0001f680\U0001f680 \u0130stanbul \u03a3\u03a3 na\u00efve\u200bword",
    "<b>bold</b> &amp; $x_1$ \x1e \x00 x" + "y" * 5000,
    " \n\n \t",
    "\ud800 lone",
]


def unpacked(words, text):
    """Codes and places of one text."""
    first, last = words.bounds[text], words.bounds[text + 1]
    assert words.codes[last - 1] == 0
    inside = slice(first, last - 1)
    return (
        words.codes[inside].tolist(),
        list(zip(words.starts[inside].tolist(), words.ends[inside].tolist(), strict=True)),
    )


def assert_as_tokens(texts):
    words = read_words(texts)
    number = {}
    for at, text in enumerate(texts):
        codes, spans = unpacked(words, at)
        told = tokens(text)
        assert spans == [(token.start, token.end) for token in told]
        for code, token in zip(codes, told, strict=True):
            assert code > 0
            assert number.setdefault(token.form, code) == code
    assert len(set(number.values())) == len(number)


def test_words_are_those_of_the_tokenizer():
    assert_as_tokens(HOSTILE)
    assert_as_tokens(HOSTILE[:2])


@given(st.lists(st.text(max_size=40), max_size=5))
def test_words_of_any_text(texts):
    assert_as_tokens(texts)


def test_a_word_has_the_same_number_in_every_batch(monkeypatch):
    monkeypatch.setattr(shingles, "batches", lambda texts: ([text] for text in texts))
    # The second text needs more than a byte a sign, the first does not.
    words = read_words(["chip maker", "chip \u4e2d maker"])
    first, second = (unpacked(words, at)[0] for at in (0, 1))
    assert first == [second[0], second[2]]


def test_the_same_signs_in_another_order_are_another_word():
    codes = read_words(["stop post spot tops opts stops"]).codes.tolist()
    assert len(set(codes)) == 7  # with the 0 at the end


def test_plain_words_are_runs_of_word_characters():
    words = read_words(["U.S. don't", "a_b  \u00c9t\u00e9"], tokenizer="plain")
    assert unpacked(words, 0)[1] == [(0, 1), (2, 3), (5, 8), (9, 10)]
    assert unpacked(words, 1)[1] == [(0, 3), (5, 8)]
    assert unpacked(words, 1)[0][1] == read_words(["\u00e9t\u00e9"]).codes[0]


def test_nothing_read():
    words = read_words([])
    assert (len(words.codes), words.bounds.tolist()) == (0, [0])
    assert run_hashes(words.codes, 3)[1].tolist() == []


def test_no_run_reaches_across_a_zero():
    codes = np.array([1, 2, 3, 0, 1, 2, 0, 2, 3, 1, 2, 3, 0], dtype=np.uint64)
    value, place = run_hashes(codes, 3)
    assert place.tolist() == [0, 7, 8, 9]
    assert value[0] == value[3]
    assert len(set(value.tolist())) == 3
    # A run the other way round is another run.
    assert len(set(run_hashes(np.array([1, 2, 1, 0], dtype=np.uint64), 2)[0].tolist())) == 2


def test_numbers_are_spread():
    found = mix(np.arange(100_000))
    assert len(np.unique(found)) == 100_000
    assert 0.49 < (found >> np.uint64(63)).mean() < 0.51


# Pairs --------------------------------------------------------------------------------------------

rows_of_runs = st.lists(st.lists(st.integers(0, 12), max_size=8), min_size=1, max_size=8)


def flat(rows):
    value = mix(np.array([run for row in rows for run in row], dtype=np.int64))
    return value, np.repeat(np.arange(len(rows)), [len(row) for row in rows])


def windowed(n, reach):
    at = np.arange(n)
    return np.maximum(at - reach, 0), np.minimum(at + reach + 1, n)


def expected_pairs(rows, window, group, marks):
    """By the definition, pair by pair."""
    sets = [set(row) for row in rows]
    found = {}
    for i in range(len(rows)):
        for j in range(i + 1, window[1][i]):
            shared = sets[i] & sets[j]
            if not shared or (group is not None and group[i] == group[j]):
                continue
            rare = any((i, run) not in marks and (j, run) not in marks for run in shared)
            if rare or 2 * len(shared) >= min(len(sets[i]), len(sets[j])):
                found[i, j] = len(shared)
    return found


def flags(rows, marks):
    return np.array([(i, run) in marks for i, row in enumerate(rows) for run in row], dtype=bool)


@given(
    rows_of_runs,
    st.integers(0, 8),
    st.sets(st.tuples(st.integers(0, 7), st.integers(0, 12)), max_size=80),
    st.booleans(),
    st.data(),
)
def test_pairs_are_those_of_the_definition(rows, reach, marks, grouped, data):
    n = len(rows)
    group = None
    if grouped:
        drawn = data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
        group = np.array(drawn, dtype=np.int64)
    window = windowed(n, reach)
    found = pairs_sharing(*flat(rows), window, group=group, marked=flags(rows, marks))
    expected = expected_pairs(rows, window, group, marks)
    assert list(zip(found.early.tolist(), found.late.tolist(), strict=True)) == sorted(expected)
    shared = [expected[pair] for pair in sorted(expected)]
    assert all(0 < links <= n for links, n in zip(found.links.tolist(), shared, strict=True))
    found = pairs_sharing(*flat(rows), window, group=group)
    expected = expected_pairs(rows, window, group, set())
    assert found.links.tolist() == [expected[pair] for pair in sorted(expected)]


@given(
    rows_of_runs, st.integers(0, 8), st.integers(1, 4), st.sampled_from([(1, 1), (3, 1), (3, 2)])
)
def test_common_runs_are_those_of_the_definition(rows, reach, common, sizes):
    size, part = sizes
    codes = np.array([word + 1 for row in rows for word in [*row, -1]], dtype=np.uint64)
    row = np.repeat(np.arange(len(rows)), [len(words) + 1 for words in rows])
    window = windowed(len(rows), reach)
    parts = [
        {tuple(words[at : at + part]) for at in range(len(words) - part + 1)} for words in rows
    ]
    expected = [
        any(
            sum(
                tuple(words[place : place + part]) in parts[j]
                for j in range(window[0][i], window[1][i])
            )
            > common
            for place in range(at, at + size - part + 1)
        )
        for i, words in enumerate(rows)
        for at in range(len(words) - size + 1)
    ]
    assert common_runs(codes, row, window, sizes, common).tolist() == expected


def test_pairs_in_pieces_are_the_same(monkeypatch):
    rng = np.random.default_rng(1)
    rows = [rng.integers(0, 30, 10).tolist() for _ in range(40)]
    marks = {(i, run) for i in range(40) for run in range(0, 30, 2)}
    args = (*flat(rows), windowed(40, 15))
    whole = [pairs_sharing(*args), pairs_sharing(*args, marked=flags(rows, marks))]
    assert len(whole[1].early) < len(whole[0].early)
    monkeypatch.setattr(shared_runs, "HELD", 7)
    found = [pairs_sharing(*args), pairs_sharing(*args, marked=flags(rows, marks))]
    for one, other in zip(found, whole, strict=True):
        assert [part.tolist() for part in one] == [part.tolist() for part in other]


def test_boilerplate_costs_nothing_and_reprints_stay():
    # 3,000 rows under the same three runs of boilerplate, each with ten of its own; rows 10 and 20
    # share another one; rows 30 to 33 have nothing besides.
    rows = [[0, 1, 2, *range(100 + 10 * n, 110 + 10 * n)] for n in range(3000)]
    rows[20][5] = rows[10][5]
    for n in range(30, 34):
        rows[n] = [0, 1, 2]
    marks = {(n, run) for n in range(3000) for run in (0, 1, 2)}
    found = pairs_sharing(*flat(rows), windowed(3000, 3000), marked=flags(rows, marks))
    pairs = set(zip(found.early.tolist(), found.late.tolist(), strict=True))
    short = set(range(30, 34))
    assert (10, 20) in pairs
    # A row that is nothing but the notice shares all of itself with each.
    assert pairs == {(10, 20)} | {
        (min(one, other), max(one, other)) for one in short for other in range(3000) if one != other
    }


# Sets ---------------------------------------------------------------------------------------------


@given(
    st.lists(st.sets(st.integers(0, 14), max_size=9), min_size=1, max_size=8),
    st.sampled_from([0.1, 0.5, 0.75, 0.8, 1.0]),
    st.integers(1, 4),
    st.integers(0, 8),
    st.sampled_from([3, 40]),
)
def test_alike_sets_are_those_of_the_definition(drawn, threshold, at_least, reach, short):
    rows = [sorted(row) for row in drawn]
    codes, row = flat(rows)
    sets = distinct_sets(codes, row, len(rows))
    assert sets.sizes.tolist() == [len(one) for one in rows]
    window = windowed(len(rows), reach)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(set_similarity, "_SHORT", short)
        one, other = alike_sets(sets, window, threshold=threshold, at_least=at_least)
    expected = {}
    for i in range(len(rows)):
        for j in range(i + 1, len(rows)):
            union = drawn[i] | drawn[j]
            alike = len(drawn[i] & drawn[j]) / len(union) if union else 0.0
            expected[i, j] = alike
    assert set(zip(one.tolist(), other.tolist(), strict=True)) == {
        (i, j)
        for (i, j), alike in expected.items()
        if alike >= threshold - 1e-12
        and min(len(drawn[i]), len(drawn[j])) >= at_least
        and j - i <= reach
    }
    if expected:
        i, j = np.array(list(expected)).T
        assert set_jaccard(sets, i, j).tolist() == pytest.approx(list(expected.values()))


def test_a_set_that_many_have_is_left_out():
    rows = [[1, 2, 3, 4]] * 6 + [[5, 6, 7, 8]] * 2 + [[1, 2, 3, 4, 5]]
    sets = distinct_sets(*flat(rows), len(rows))
    found = alike_sets(sets, windowed(9, 9), threshold=0.8, at_least=4, common=5)
    assert [part.tolist() for part in found] == [[6], [7]]
    assert len(alike_sets(sets, windowed(9, 9), threshold=0.8, at_least=4)[0]) == 15 + 1 + 6


# Overlap ------------------------------------------------------------------------------------------


def by_hand(a, b, size):
    """Shared shingles, those of each, covered words, longest run: by loops."""
    in_a = {tuple(a[i : i + size]) for i in range(len(a) - size + 1)}
    in_b = {tuple(b[i : i + size]) for i in range(len(b) - size + 1)}
    covered = {
        i + step
        for i in range(len(b) - size + 1)
        if tuple(b[i : i + size]) in in_a
        for step in range(size)
    }
    best = (0, 0)
    for start in range(len(b)):
        for n in range(size, len(b) - start + 1):
            run = b[start : start + n]
            if any(a[at : at + n] == run for at in range(len(a) - n + 1)) and n > best[1]:
                best = (start, n)
    return [len(in_a & in_b), len(in_a), len(in_b), len(covered), *best]


@given(
    st.lists(st.lists(st.integers(1, 4), max_size=12), min_size=2, max_size=4),
    st.integers(1, 4),
    st.sampled_from([0, 3, 2_000_000]),
)
def test_overlap_is_that_of_the_definition(rows, size, many):
    codes = np.array([code for row in rows for code in [*row, 0]], dtype=np.uint64)
    bounds = np.concatenate([[0], np.cumsum([len(row) + 1 for row in rows])])
    pairs = [(i, j) for i in range(len(rows)) for j in range(len(rows)) if i != j]
    one, other = np.array(pairs).T
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlaps, "MANY_PLACES", many)
        patch.setattr(overlaps, "HELD", 16)
        found = overlap(codes, bounds, one, other, size)
    told = np.stack(found, axis=1).tolist()
    for (i, j), row in zip(pairs, told, strict=True):
        assert row == by_hand(rows[i], rows[j], size)


def test_texts_that_repeat_themselves_ten_thousand_times():
    codes = np.array([1] * 10_000 + [0] + [2] + [1] * 9_000 + [0], dtype=np.uint64)
    found = overlap(codes, np.array([0, 10_001, 19_003]), np.array([0]), np.array([1]), 5)
    assert [part.tolist() for part in found] == [[1], [1], [2], [9000], [1], [9000]]


def test_each_value_once():
    assert sorted_once(np.array([3, 1, 3, 2])).tolist() == [1, 2, 3]
    assert sorted_once(np.zeros(0, dtype=np.int64)).tolist() == []
