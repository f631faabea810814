"""Weights by hand and as scikit-learn has them; cosines block by block against all at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from coverage_research.stems import count_terms
from coverage_research.vectors import (
    blocks,
    mean_cosine,
    products,
    row_of,
    unit,
    weighted,
)

COUNTS = sparse.csr_array([[1.0, 2.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]])


def drawn(most_rows=12, columns=5):
    row = st.lists(st.integers(0, 3), min_size=columns, max_size=columns)
    return st.lists(row, min_size=1, max_size=most_rows).map(
        lambda rows: sparse.csr_array(np.array(rows, dtype=np.float64))
    )


# Weights ------------------------------------------------------------------------------------------


def test_weights_by_hand():
    # Of three texts two have the first term, one has the second, none the third.
    assert weighted(COUNTS, "count") is COUNTS
    log = [[1, 1 + np.log(2), 0], [1 + np.log(3), 0, 0], [0, 0, 0]]
    assert weighted(COUNTS, "log").toarray() == pytest.approx(np.array(log))
    often, rare = np.log10(3 / 2), np.log10(3)
    idf = [[often, 2 * rare, 0], [3 * often, 0, 0], [0, 0, 0]]
    assert weighted(COUNTS, "idf").toarray() == pytest.approx(np.array(idf))
    smooth = np.array([1 + np.log(4 / 3), 1 + np.log(4 / 2), 1])
    assert weighted(COUNTS, "log-idf").toarray() == pytest.approx(np.array(log) * smooth)


def test_what_all_have_weighs_nothing_or_little():
    counts = sparse.csr_array([[2.0, 1.0], [1.0, 0.0]])
    assert weighted(counts, "idf").nnz == 1
    assert weighted(counts, "log-idf").toarray()[1].tolist() == [1.0, 0.0]


@given(st.lists(st.lists(st.sampled_from("chip curb robot bread".split())), min_size=1))
def test_smooth_weights_are_those_of_scikit_learn(texts):
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [" ".join(words) for words in [*texts, ["chip"]]]
    counts = count_terms(texts)
    made = TfidfVectorizer(sublinear_tf=True, vocabulary=counts.terms).fit_transform(texts)
    assert (unit(weighted(counts.matrix, "log-idf")).toarray() == made.toarray()).all()


@given(drawn())
def test_counts_stay_as_they_were(counts):
    before = counts.copy()
    for weights in ("count", "log", "idf", "log-idf"):
        unit(weighted(counts, weights))
        mean_cosine(unit(counts), np.zeros(counts.shape[0], dtype=np.int64))
        assert (counts != before).nnz == 0


# Lengths ------------------------------------------------------------------------------------------


def test_lengths_by_hand():
    matrix = sparse.csr_array([[3.0, 4.0], [0.0, 0.0], [0.0, 2.0]])
    assert row_of(matrix).tolist() == [0, 0, 2]
    assert unit(matrix).toarray().tolist() == [[0.6, 0.8], [0, 0], [0, 1]]
    assert unit(matrix, power=1).toarray()[0].tolist() == [3 / 7, 4 / 7]


@given(drawn())
def test_rows_have_length_one_or_none(counts):
    has = (np.diff(counts.indptr) > 0).astype(float)
    squares = unit(counts).toarray() ** 2
    assert squares.sum(axis=1) == pytest.approx(has)
    assert unit(counts, power=1).toarray().sum(axis=1) == pytest.approx(has)


# Groups -------------------------------------------------------------------------------------------


@given(drawn(), st.randoms(use_true_random=False))
def test_mean_cosines_are_those_of_all_pairs(counts, random):
    units = unit(counts)
    n = counts.shape[0]
    group = np.array([random.randrange(3) for _ in range(n)])
    cosine = (units @ units.T).toarray()
    found = mean_cosine(units, group)
    for row in range(n):
        others = [cosine[row, at] for at in range(n) if at != row and group[at] == group[row]]
        if others:
            assert found[row] == pytest.approx(np.mean(others))
        else:
            assert np.isnan(found[row])


# Windows ------------------------------------------------------------------------------------------

stretches = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=1, max_size=30).map(
    lambda steps: (
        np.cumsum([step for step, _ in steps]),
        np.maximum.accumulate(np.cumsum([step for step, _ in steps]) + [more for _, more in steps]),
    )
)


@given(stretches, st.integers(1, 9), st.integers(1, 60))
def test_blocks_hold_every_row_once_and_its_stretch(drawn_stretches, rows, cells):
    begins, ends = drawn_stretches
    found = list(blocks(begins, ends, rows=rows, cells=cells))
    assert [at for block, _ in found for at in range(len(begins))[block]] == list(
        range(len(begins))
    )
    for block, columns in found:
        height, width = block.stop - block.start, columns.stop - columns.start
        assert columns.start <= begins[block].min()
        assert columns.stop >= ends[block].max()
        assert 1 <= height <= rows
        assert height == 1 or height * width <= cells
        assert width <= 2 * (ends[block.start] - begins[block.start]) + rows or height == 1


def test_a_block_ends_where_its_rows_are_far_apart():
    begins = np.array([0, 0, 0, 1_000, 1_000])
    ends = np.array([10, 10, 10, 1_010, 1_010])
    found = list(blocks(begins, ends, rows=100, cells=10_000))
    assert found == [(slice(0, 3), slice(0, 10)), (slice(3, 5), slice(1_000, 1_010))]
    assert list(blocks(begins[:0], ends[:0], rows=1, cells=1)) == []


def test_products_by_hand():
    left = sparse.csr_array([[1.0, 0.0], [0.6, 0.8]])
    right = sparse.csr_array([[9.0, 9.0], [1.0, 0.0], [0.0, 1.0]])
    row, column, value = products(left, right, slice(1, 3), least=0.7)
    assert (row.tolist(), column.tolist(), value.tolist()) == ([0, 1], [1, 2], [1.0, 0.8])
    # A limit for each row of the left.
    row, column, value = products(left, right, slice(1, 3), least=np.array([2.0, 0.1]))
    found = sorted(zip(row.tolist(), column.tolist(), value.tolist(), strict=True))
    assert found == [(1, 1, 0.6), (1, 2, 0.8)]
    # Sums of 2 and of 4 vectors have half a quarter of the product as their mean.
    sizes = (np.array([2.0, 1.0]), np.array([1.0, 4.0, 1.0]))
    row, column, value = products(left, right, slice(1, 2), least=0.01, sizes=sizes)
    assert (row.tolist(), column.tolist()) == ([0, 1], [1, 1])
    assert value.tolist() == pytest.approx([1 / 8, 0.6 / 4])
    assert len(products(left, right, slice(1, 1), least=0.1)[0]) == 0
    assert len(products(left[:0], right, slice(0, 3), least=0.1)[0]) == 0


@given(
    drawn(),
    st.lists(st.integers(0, 40), min_size=12, max_size=12),
    st.integers(0, 15),
    st.sampled_from([0.05, 0.5, 0.9]),
    st.tuples(st.integers(1, 8), st.integers(1, 40)),
)
def test_cosines_of_a_window_are_those_of_all_pairs(counts, times, window, least, bounds):
    units = unit(weighted(counts, "log"))
    time = np.sort(np.array(times[: counts.shape[0]]))
    begins = np.searchsorted(time, time - window)
    ends = np.searchsorted(time, time + window, side="right")
    found = {}
    for block, columns in blocks(begins, ends, rows=bounds[0], cells=bounds[1]):
        row, column, value = products(units[block], units, columns, least=least)
        pairs = list(zip((row + block.start).tolist(), column.tolist(), strict=True))
        assert found.keys().isdisjoint(pairs)
        found |= dict(zip(pairs, value.tolist(), strict=True))
    cosine = units.toarray() @ units.toarray().T
    assert found == pytest.approx({pair: cosine[pair] for pair in found})
    assert min(found.values(), default=1) >= least
    # A block may hold pairs beyond the window; inside it none lacks, but where rounding decides.
    inside = np.abs(time[:, None] - time) <= window
    rows, columns = np.nonzero(inside & (cosine >= least + 1e-9))
    assert found.keys() >= set(zip(rows.tolist(), columns.tolist(), strict=True))
