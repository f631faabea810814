import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.stats import beta, false_discovery_control, t

from coverage_research.statistics import (
    benjamini_hochberg,
    cluster_interval,
    difference_intervals,
    expanded_tail,
    fieller_intervals,
    permuted_sums,
    ratio_intervals,
    shared_ratio_intervals,
    too_few,
    wilson,
)

NAN = float("nan")


def test_the_estimate_pools_the_articles_of_all_stories():
    found = cluster_interval([0, 0, 0, 10], ["a", "a", "a", "b"], "mean")
    assert found.estimate == 2.5
    assert found.n_clusters == 2
    assert math.isnan(found.low)
    assert found.reason == "2 stories; a bootstrap clustered by story needs at least 5"


def test_no_interval_without_stories():
    assert too_few(0) == "0 stories; a bootstrap clustered by story needs at least 5"
    empty = cluster_interval([NAN], ["a"])
    assert (empty.n_clusters, bool(empty.reason)) == (0, True)
    assert math.isnan(empty.estimate)


def test_missing_values_and_their_clusters_do_not_count():
    found = cluster_interval([1, 2, 3, 4, 5, NAN], list("abcdef"), "median")
    assert found.n_clusters == 5
    assert found.estimate == 3
    assert (found.low, found.high) == (1.0, 5.0)


def test_copies_within_a_story_do_not_narrow_the_interval():
    values = [0, 1, 0, 1, 0, 1]
    once = cluster_interval(values, range(6))
    tenfold = cluster_interval(values * 10, list(range(6)) * 10)
    assert (once.low, once.high) == (tenfold.low, tenfold.high)
    naive = cluster_interval(values * 10, range(60))
    assert naive.high - naive.low < once.high - once.low


def test_the_mean_and_a_callable_mean_agree():
    values, clusters = [1.0, 2, 4, 8, 16, 32, 3], ["a", "b", "c", "d", "e", "f", "a"]
    named = cluster_interval(values, clusters, "mean", n_boot=4000)
    called = cluster_interval(values, clusters, lambda x: float(np.mean(x)), n_boot=4000)
    assert named.estimate == called.estimate
    assert named.low == pytest.approx(called.low, rel=0.1)
    assert named.high == pytest.approx(called.high, rel=0.1)


def test_the_median_of_uneven_clusters_is_that_of_the_pooled_values():
    found = cluster_interval([1, 2, 3, 4, 5, 100], list("aabcde"), "median")
    assert found.estimate == 3.5
    assert found.low <= 3.5 <= found.high


def test_the_interval_has_the_width_of_the_normal_one():
    values = np.random.default_rng(5).normal(size=400)
    found = cluster_interval(values, range(400))
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_the_seed_fixes_the_draws():
    values, clusters = list(range(30)), list(range(30))
    assert cluster_interval(values, clusters) == cluster_interval(values, clusters)
    assert cluster_interval(values, clusters) != cluster_interval(values, clusters, seed=1)


def test_unusable_arguments_are_refused():
    with pytest.raises(ValueError, match="expected mean, median or a callable; found 'mode'"):
        cluster_interval([1], ["a"], "mode")
    with pytest.raises(ValueError, match="expected a cluster for each of 2 values; found 1"):
        cluster_interval([1, 2], ["a"])
    with pytest.raises(ValueError, match="shape"):
        ratio_intervals([[1, 2]], [[1]])
    with pytest.raises(ValueError, match="one for each of 2 clusters"):
        ratio_intervals([[1], [1]], [1])
    with pytest.raises(ValueError, match="none below 0"):
        ratio_intervals([[1]], [-1])
    with pytest.raises(ValueError, match="none below 0"):
        ratio_intervals([[1]], [[-1]])


def test_ratios_are_sums_over_sums():
    found = ratio_intervals([[1, 0], [1, 2]], [[1, 0], [3, 4]])
    assert found["estimate"].tolist() == [0.5, 0.5]
    assert found["n_clusters"].tolist() == [2, 1]
    assert found["low"].isna().all()
    assert found["reason"].str.startswith(("2 stories;", "1 story;")).all()


def test_a_cell_without_any_article_has_no_estimate():
    found = ratio_intervals([[0]], [0]).iloc[0]
    assert math.isnan(found["estimate"])
    assert found["reason"].startswith("0 stories")


def test_none_of_ten_stories_leaves_room_for_some():
    # Clopper-Pearson: 1 - 0.025 ** (1/10) = 0.3085
    never, always = ratio_intervals([[0, 1]] * 10, [1] * 10).itertuples(index=False)
    assert (never.low, round(never.high, 4)) == (0, 0.3085)
    assert (round(always.low, 4), always.high) == (0.6915, 1)


def test_sparse_and_dense_say_the_same():
    above = np.array([[1, 0], [0, 2], [1, 0], [1, 1], [0, 0], [2, 1], [1, 0]])
    below = above + 1
    dense = ratio_intervals(above, below)
    thin = ratio_intervals(sparse.csr_array(above), sparse.coo_array(below))
    assert dense.equals(thin)


def test_a_cell_does_not_depend_on_its_neighbours():
    above, size = np.array([[1, 5], [0, 0], [1, 2], [0, 1], [2, 0], [1, 1]]), [2, 5, 2, 1, 2, 1]
    both = ratio_intervals(above, size)
    alone = ratio_intervals(above[:, :1], size)
    assert both.iloc[0].equals(alone.iloc[0])


clusters_of_counts = st.lists(
    st.integers(1, 9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=5,
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(clusters_of_counts, st.randoms())
def test_a_share_lies_in_its_interval_and_the_order_is_nothing(counts, random):
    above, below = zip(*counts, strict=True)
    found = ratio_intervals(np.array(above)[:, None], below, n_boot=500)
    row = found.iloc[0]
    assert 0 <= row["low"] <= row["estimate"] + 1e-12
    assert row["estimate"] - 1e-12 <= row["high"] <= 1
    random.shuffle(counts)
    above, below = zip(*counts, strict=True)
    assert ratio_intervals(np.array(above)[:, None], below, n_boot=500).equals(found)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 8)), min_size=8, max_size=25),
    st.sampled_from(["mean", "median"]),
    st.randoms(),
)
def test_neither_order_nor_names_of_clusters_matter(rows, statistic, random):
    values, clusters = zip(*rows, strict=True)
    found = cluster_interval(values, clusters, statistic, n_boot=100, min_clusters=1)
    random.shuffle(rows)
    values, clusters = zip(*rows, strict=True)
    renamed = [f"s{8 - cluster}" for cluster in clusters]
    assert cluster_interval(values, renamed, statistic, n_boot=100, min_clusters=1) == found
    assert min(values) <= found.low <= found.high <= max(values)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 8)), min_size=5, max_size=40),
    st.integers(0, 99),
)
def test_medians_are_those_of_the_values_of_all_drawn_clusters(rows, seed):
    values, clusters = zip(*rows, strict=True)
    kept = {"n_boot": 60, "min_clusters": 1, "seed": seed}
    slow = cluster_interval(values, clusters, lambda pooled: float(np.median(pooled)), **kept)
    assert cluster_interval(values, clusters, "median", **kept) == slow


def test_many_draws_are_taken_in_parts(monkeypatch):
    rng = np.random.default_rng(8)
    values, clusters = rng.normal(size=90), rng.integers(0, 30, 90)
    above, below = rng.integers(0, 3, (30, 4)), rng.integers(2, 6, 30)
    whole = cluster_interval(values, clusters, "median"), shared_ratio_intervals(above, below)
    monkeypatch.setattr("coverage_research.statistics._CHUNK", 700)
    monkeypatch.setattr("coverage_research.statistics._NEAR", 700)
    assert cluster_interval(values, clusters, "median") == whole[0]
    assert shared_ratio_intervals(above, below).equals(whole[1])


@settings(max_examples=40, deadline=None)
@given(clusters_of_counts, st.integers(0, 99))
def test_shared_draws_are_gone_through_one_by_one(counts, seed):
    above, below = np.array(counts).T
    cells = np.column_stack([above, above * 0, below])
    found = shared_ratio_intervals(cells, below, n_boot=40, seed=seed)
    alone = ratio_intervals(cells, below, n_boot=40, seed=seed)
    same = ["estimate", "n_clusters", "reason"]
    assert found[same].equals(alone[same])
    assert found.iloc[1:].equals(alone.iloc[1:])
    halves = (above != 0) & (above != below)
    if halves.any() or (0 < (above != 0).sum() < len(above) and len(set(below)) > 1):
        rng = np.random.default_rng(seed)
        draws = []
        for _ in range(40):
            drawn = rng.integers(0, len(counts), len(counts))
            draws.append(above[drawn].sum() / below[drawn].sum())
        tail = expanded_tail(0.95, len(counts))
        assert found.iloc[0][["low", "high"]].tolist() == pytest.approx(
            np.quantile(draws, [tail, 1 - tail]).tolist()
        )


def test_shared_draws_say_what_draws_for_each_cell_say():
    rng = np.random.default_rng(4)
    below = rng.integers(1, 40, 50)
    above = rng.binomial(below[:, None], [0.05, 0.4, 0.9])
    below[7], above[7] = 0, 0  # a cluster without any does not count
    together = shared_ratio_intervals(sparse.coo_array(above), below, n_boot=20_000)
    alone = ratio_intervals(above, below, n_boot=20_000)
    assert together["n_clusters"].tolist() == [49] * 3
    for bound in ("low", "high"):
        assert together[bound].tolist() == pytest.approx(alone[bound].tolist(), abs=0.004)


def test_few_clusters_and_unusable_tables_of_shared_draws():
    found = shared_ratio_intervals([[1, 0]] * 4, [1] * 4)
    assert found["reason"].tolist() == [too_few(4)] * 2
    assert found[["low", "high"]].isna().all(axis=None)
    assert shared_ratio_intervals(np.zeros((0, 2)), [])["estimate"].isna().tolist() == [True, True]
    with pytest.raises(ValueError, match="one for each of 2 clusters"):
        shared_ratio_intervals([[1], [1]], [1])
    with pytest.raises(ValueError, match="none below 0"):
        shared_ratio_intervals([[1]], [-1])


def test_equal_denominators_give_the_interval_of_a_mean():
    values = np.array([0.0, 2, 1, 4, 3, 3, 0, 2])
    found = fieller_intervals(values[:, None] * 5, np.full((8, 1), 5.0), largest=9).iloc[0]
    half = t.ppf(0.975, 7) * values.std(ddof=1) / np.sqrt(8)
    assert found["estimate"] == values.mean()
    assert [found["low"], found["high"]] == pytest.approx(
        [values.mean() - half, values.mean() + half]
    )


counts_of_clusters = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=5, max_size=20
)


@given(counts_of_clusters)
def test_bounds_are_where_the_t_test_just_does_not_refuse(counts):
    above, below = np.array(counts, dtype=float).T
    above = np.minimum(above, below)
    found = fieller_intervals(above[:, None], below[:, None]).iloc[0]
    used = below > 0
    assert found["n_clusters"] == used.sum()
    if used.sum() < 5:
        assert found["reason"] == too_few(int(used.sum()), what="an interval")
        return
    assert 0 <= found["low"] <= found["estimate"] <= found["high"] <= 1
    if found["estimate"] in (0, 1):
        doubt = 0.025 ** (1 / used.sum())
        exact = [doubt, 1] if found["estimate"] else [0, 1 - doubt]
        assert [found["low"], found["high"]] == pytest.approx(exact)
        return
    for bound in (found["low"], found["high"]):
        scores = (above - bound * below)[used]
        error = scores.std(ddof=1) / np.sqrt(len(scores))
        if 0 < bound < 1 and error > 1e-9:
            assert abs(scores.mean()) / error == pytest.approx(
                t.ppf(0.975, len(scores) - 1), rel=1e-5
            )


def test_one_large_cluster_leaves_everything_open():
    above, below = [[30], [0], [1], [0], [1]], [[60], [1], [1], [1], [1]]
    found = fieller_intervals(above, below).iloc[0]
    assert (found["low"], found["high"]) == (0, 1)


def test_unusable_tables_have_no_fieller_interval():
    with pytest.raises(ValueError, match="one shape"):
        fieller_intervals([[1, 1]], [[1]])
    with pytest.raises(ValueError, match="none below 0"):
        fieller_intervals([[-1]], [[1]])
    few = fieller_intervals([[1]] * 4, [[2]] * 4).iloc[0]
    assert (few["estimate"], few["reason"]) == (0.5, "4 stories; an interval needs at least 5")
    assert math.isnan(few["low"])


BH_ORACLE = [.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .324, .4262, .5719, .6528, .759, 1]  # fmt: skip


def test_benjamini_hochberg_rejects_four_of_the_worked_example() -> None:
    adjusted = benjamini_hochberg(BH_ORACLE)
    assert (adjusted <= 0.05).sum() == 4
    assert adjusted[3] == pytest.approx(0.0095 * 15 / 4)


@given(st.lists(st.floats(0, 1) | st.just(float("nan")), max_size=30))
def test_benjamini_hochberg_is_scipys(p: list[float]) -> None:
    adjusted = benjamini_hochberg(p)
    known = ~np.isnan(np.asarray(p, dtype=float))
    assert np.isnan(adjusted[~known]).all()
    if known.any():
        expected = false_discovery_control(np.asarray(p)[known])
        np.testing.assert_allclose(adjusted[known], expected)


def test_benjamini_hochberg_refuses_what_is_no_p_value() -> None:
    with pytest.raises(ValueError, match="0 to 1"):
        benjamini_hochberg([0.5, 1.5])


@pytest.mark.parametrize(
    ("hits", "n", "bounds"),
    # Newcombe (1998), Table I, method 3.
    [(81, 263, (0.2553, 0.3662)), (15, 148, (0.0624, 0.1605)), (0, 20, (0, 0.1611)), (1, 29, (0.0061, 0.1718))],
)  # fmt: skip
def test_wilson_is_the_published_one(hits, n, bounds):
    assert wilson(hits, n) == pytest.approx(bounds, abs=5e-5)
    assert wilson(n - hits, n) == pytest.approx((1 - bounds[1], 1 - bounds[0]), abs=5e-5)
    assert wilson(0, 0) == (0, 1)


def test_a_difference_that_every_story_has_is_sure():
    ones, zeros = [[1]] * 6, [[0]] * 6
    found = difference_intervals(ones, ones, zeros, ones).iloc[0]
    assert found[["estimate", "low", "high", "n_clusters"]].tolist() == [1, 1, 1, 6]
    assert found["reason"] == ""


def test_stories_are_drawn_for_both_sides_together():
    # What a story does to both sides cancels: 0 to 1 between the stories, always .5 within.
    both = np.linspace(0, 0.5, 8)[:, None]
    found = difference_intervals(both + 0.5, np.ones((8, 1)), both, np.ones((8, 1))).iloc[0]
    assert found["low"] == pytest.approx(0.5)
    assert found["high"] == pytest.approx(0.5)


def test_few_stories_and_empty_sides_have_no_interval():
    found = difference_intervals([[1]] * 4, [[1]] * 4, [[0]] * 4, [[1]] * 4).iloc[0]
    assert found["estimate"] == 1
    assert np.isnan(found["low"])
    assert found["reason"] == too_few(4)
    empty = difference_intervals([[0]] * 6, [[0]] * 6, [[0]] * 6, [[1]] * 6).iloc[0]
    assert np.isnan(empty[["estimate", "low", "high"]].astype(float)).all()


@given(st.integers(0, 2**31 - 1))
@settings(max_examples=25)
def test_permuting_within_stories_keeps_what_each_story_holds(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 30))
    outcomes = rng.integers(0, 3, (n, 2)).astype(float)
    groups, clusters = rng.integers(0, 4, n), rng.integers(0, 5, n)
    sums = np.zeros((groups.max() + 1, 2))
    np.add.at(sums, groups, outcomes)
    for drawn in permuted_sums(outcomes, groups, clusters, n_permutations=5, seed=seed):
        np.testing.assert_allclose(drawn.sum(axis=0), outcomes.sum(axis=0))
    apart = permuted_sums(outcomes, groups, np.arange(n), n_permutations=2)
    for drawn in apart:  # each article a story of its own: nothing can move
        np.testing.assert_allclose(drawn, sums)


def test_cells_that_do_not_fit_at_once_have_the_same_intervals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    below = rng.integers(0, 4, (30, 9))
    above = np.minimum(below, rng.integers(0, 3, below.shape))
    whole = ratio_intervals(above, below, n_boot=40)
    alone = [ratio_intervals(above[:, [cell]], below[:, [cell]], n_boot=40) for cell in range(9)]
    pd.testing.assert_frame_equal(pd.concat(alone, ignore_index=True), whole, check_exact=True)
    monkeypatch.setattr("coverage_research.statistics._CHUNK", 100)
    parts = ratio_intervals(above, below, n_boot=40)
    pd.testing.assert_frame_equal(parts, whole, check_exact=True)


def test_the_interval_of_a_mean_is_that_of_student():
    values = np.random.default_rng(1).normal(size=8)
    found = cluster_interval(values, range(8), n_boot=200_000)
    half = t.ppf(0.975, 7) * values.std(ddof=1) / np.sqrt(8)
    # Resamples of normal values are a little lighter in their tails than Student's t.
    assert found.high - found.low == pytest.approx(2 * half, rel=0.1)
    drawn = np.random.default_rng(0).integers(0, 8, (20_000, 8))
    plain = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    assert found.high - found.low > 1.15 * (plain[1] - plain[0])


def test_clusters_of_all_or_nothing_are_trials():
    found = ratio_intervals([[1], [0], [1], [0], [1], [0]], [1] * 6).iloc[0]
    assert (found["low"], found["high"]) == pytest.approx(
        (beta.ppf(0.025, 3, 4), beta.ppf(0.975, 4, 3))
    )
    twice = ratio_intervals([[2], [0], [2], [0], [2], [0]], [2] * 6).iloc[0]
    assert twice[["low", "high"]].tolist() == found[["low", "high"]].tolist()
    unequal = ratio_intervals([[2], [0], [1], [0], [1], [0]], [2, 1, 1, 1, 1, 1]).iloc[0]
    assert unequal[["low", "high"]].tolist() != found[["low", "high"]].tolist()


@pytest.mark.parametrize("level", [0, 1, -1, 95, float("nan")])
def test_a_level_is_a_share(level):
    for call in (
        lambda: cluster_interval([1, 2], [1, 2], level=level),
        lambda: ratio_intervals([[1]], [1], level=level),
        lambda: shared_ratio_intervals([[1]], [1], level=level),
        lambda: fieller_intervals([[1]], [[1]], level=level),
    ):
        with pytest.raises(ValueError, match="level: expected a share"):
            call()


@pytest.mark.parametrize("strange", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(strange):
    for call in (
        lambda: ratio_intervals([[strange]], [1]),
        lambda: shared_ratio_intervals([[1]], [strange]),
        lambda: fieller_intervals([[strange]], [[1]]),
        lambda: fieller_intervals([[1]], [[1]], largest=strange),
    ):
        with pytest.raises(ValueError, match="expected finite numbers"):
            call()
    with pytest.raises(ValueError, match="largest: expected at least every ratio"):
        fieller_intervals([[3]] * 6, [[2]] * 6)


@pytest.mark.parametrize(
    ("above", "below"),
    [([2, 0, 1, 22, 0, 1, 1], [4, 2, 2, 30, 3, 5, 2]), ([2, 5, 1, 2, 0, 1], [50, 40, 2, 10, 4, 3])],
)
def test_fieller_by_brute_force(above, below):
    above, below = np.array(above, float), np.array(below, float)
    ratios = np.linspace(0, 1, 20_001)
    scores = above[:, None] - below[:, None] * ratios
    error = scores.std(axis=0, ddof=1) / np.sqrt(len(above))
    kept = ratios[np.abs(scores.mean(axis=0)) <= t.ppf(0.975, len(above) - 1) * error]
    found = fieller_intervals(above[:, None], below[:, None]).iloc[0]
    assert found["low"] == pytest.approx(kept.min(), abs=1e-4)
    assert found["high"] == pytest.approx(kept.max(), abs=1e-4)
