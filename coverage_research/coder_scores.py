"""A trained coder beside the dictionary and the most frequent frame, on stories it has not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.framing import dominant_frame, find_frames
from coverage_research.schema import (
    COUNT,
    ESTIMATE,
    REAL,
    TEXT,
    ChoiceError,
    carry,
    conform,
    fields_of,
)
from coverage_research.statistics import LEVEL, N_BOOT, ratio_intervals, too_few
from coverage_research.stories import story_clusters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from coverage_research.codebook import Codebook

from coverage_research.coder import (
    NGRAMS,
    C,
    Coder,
    Known,
    check_settings,
    content,
    decide,
    fit,
    known_codes,
    probabilities,
    texts_read,
)

Floats = npt.NDArray[np.float64]

#: With fewer coded articles a frame has no score of its own.
MIN_CODED: Final = 5
#: Share of content words in common from which two texts are copies of each other.
COPY: Final = 0.6
#: Numbers held at once while resampling or comparing texts.
_CHUNK: Final = 4_000_000

#: Columns of `compare_coders`.
COMPARISON: Final = {
    "method": TEXT,
    "frame": TEXT,
    "measure": TEXT,
    "k": COUNT,
    "found": COUNT,
    "hits": COUNT,
    "precision": REAL,
    "recall": REAL,
    **ESTIMATE,
    "versus": TEXT,
    "difference": REAL,
    "difference_low": REAL,
    "difference_high": REAL,
}
_REALS: Final = [name for name, kind in COMPARISON.items() if kind == REAL]


def compare_coders(
    articles: pd.DataFrame,
    codes: pd.DataFrame,
    *,
    coverage: pd.DataFrame | None = None,
    codebook: str | Path | Codebook | None = None,
    fields: Sequence[str] = ("title",),
    kind: Literal["auto", "single", "multiple"] = "auto",
    none: str | None = None,
    strength: float = C,
    ngrams: tuple[int, int] = NGRAMS,
    folds: int = 5,
    n_boot: int = N_BOOT,
    seed: int = 0,
) -> pd.DataFrame:
    """Score a trained coder on hand codes beside the dictionary and the most frequent frame.

    The coded articles are dealt into `folds` parts, and each part is coded by a coder that was
    trained on the others. Articles of one cluster of stories, and articles with nearly the same
    words in one of the fields, are never on both sides: a copy of an article that it has learned
    is no test of a coder.

    Parameters
    ----------
    articles, codes, fields, kind, none, strength, ngrams
        As in `train_coder`.
    coverage : DataFrame, optional
        With story_id and article_id. Without it each article is a story of its own.
    codebook : str, Path or Codebook, optional
        Whose terms are the dictionary; frames of the codes are frames of it. Without it the trained
        coder is compared with the most frequent frame alone.
    folds : int
        Parts, 2 or more.
    n_boot, seed : int
        Resamples of the bootstrap, and the seed of them and of the dealing.

    Returns
    -------
    DataFrame, one row per method, frame and measure. method is `trained`, `dictionary` (the frame
    with most matches among those that were coded, the first in the codebook of several; of multiple
    frames all with a match) or
    `majority` (the most frequent frame of the training part; of multiple frames those that most of
    its articles have). frame and measure: `f1` of each frame; and, frame missing, `accuracy` (share
    of articles with all frames right), `macro_f1` (mean over frames) and, for single frames,
    `kappa` (Cohen's). k (times coded), found (times given by the method), hits (times both),
    precision and recall; n (articles), n_stories (clusters of stories and copies), estimate, low
    and high (95 % interval), reason (why a number is missing, else empty); versus (another method),
    difference (estimate less that of the other), difference_low and difference_high: an interval
    that holds 0 leaves open which is better.

    Of single frames, an article about which a method says nothing gets the most frequent frame of
    the training part, so that all methods answer for all articles. A frame of fewer than 5 articles
    or of one cluster has no score of its own and does not count in macro F1, but its articles count
    in accuracy.

    Raises
    ------
    SchemaError
        If columns are missing or codes cannot be used.
    ChoiceError
        If a setting does not exist.

    Notes
    -----
    Intervals and paired differences resample clusters and leave the coders as they are, so they
    do not hold the doubt that comes from training on these articles and not on others. The
    dictionary is not cross-validated: where its terms were written or tuned on the coded articles,
    its scores are too good, and only articles coded later tell which to trust.

    References
    ----------
    Kohavi, R. (1995). A study of cross-validation and bootstrap for accuracy estimation and model
    selection. *IJCAI-95*, 1137-1143.
    Roberts, D. R. et al. (2017). Cross-validation strategies for data with temporal, spatial,
    hierarchical, or phylogenetic structure. *Ecography* 40(8), 913-929.
    Cohen, J. (1960). A coefficient of agreement for nominal scales. *Educational and Psychological
    Measurement* 20(1), 37-46.
    Davison, A. C. & Hinkley, D. V. (1997). *Bootstrap Methods and their Application*, 3.8.

    Examples
    --------
    >>> what = ["chip race", "share price"]
    >>> articles = pd.DataFrame({"article_id": list("abcdefghij"), "title": [
    ...     f"{what[n % 2]} {word}" for n, word in enumerate("one two six ten ice fog sea sky oak"
    ...     " elm".split())]})
    >>> codes = pd.DataFrame({"article_id": list("abcdefghij"), "frame": ["race", "market"] * 5})
    >>> found = compare_coders(articles, codes)
    >>> found.loc[found["measure"] == "accuracy", ["method", "n", "estimate"]].values.tolist()
    [['trained', 10, 1.0], ['majority', 10, 0.5]]
    """
    check_settings(strength, ngrams)
    if folds < 2:
        raise ChoiceError(f"folds: expected 2 or more; found {folds!r}")
    fields = tuple(fields_of(articles, fields))
    known = known_codes(articles, codes, codebook, kind, none)
    texts = texts_read(articles, fields, known.article_ids)
    group = _groups(articles, known.article_ids, fields, coverage)
    n_groups = int(group.max()) + 1
    sources = [articles, codes, *([] if coverage is None else [coverage])]
    methods = ["trained", *(["dictionary"] if known.codebook else []), "majority"]
    if n_groups < folds:
        told = "1 cluster" if n_groups == 1 else f"{n_groups} clusters"
        reason = f"{told} of stories and copies; {folds} folds need at least {folds}"
        return carry(_refused(methods, known, n_groups, reason), *sources)
    part = _deal(known.given, group, folds, seed)

    def trained(inside: list[str], given: npt.NDArray[np.bool_]) -> Coder:
        return fit(inside, known._replace(given=given), fields, strength, ngrams)

    answers = _answers(texts, known, part, trained)
    if known.codebook is not None:
        answers["dictionary"] = _by_dictionary(articles, known, known.codebook, fields)
    if known.kind == "single":
        for given in answers.values():
            silent = ~given.any(axis=1)
            given[silent] = answers["majority"][silent]
    answers = {method: answers[method] for method in methods}
    return carry(_scored(answers, known, group, n_boot, seed), *sources)


def _groups(
    articles: pd.DataFrame,
    article_ids: Sequence[str],
    fields: Sequence[str],
    coverage: pd.DataFrame | None,
) -> npt.NDArray[np.int64]:
    """Number the clusters of articles that share a story or nearly all words of a field."""
    from scipy import sparse
    from scipy.sparse import csgraph

    n = len(article_ids)
    left, right = [], []
    for field in fields:
        for one, other in _copies(texts_read(articles, [field], article_ids)):
            left.append(one)
            right.append(other)
    if coverage is not None:
        # All coverage, since two coded articles may hang together by one that nobody coded.
        cluster = story_clusters(coverage).set_index("article_id")["cluster"]
        own = cluster.reindex(list(article_ids)).to_numpy(dtype=np.float64, na_value=np.nan)
        listed = np.flatnonzero(~np.isnan(own))
        first: dict[float, int] = {}
        for number in listed.tolist():
            left.append(first.setdefault(own[number], number))
            right.append(number)
    edges = sparse.coo_array((np.ones(len(left)), (left, right)), shape=(n, n))
    component = csgraph.connected_components(edges, directed=False)[1]
    return np.asarray(pd.factorize(component)[0], dtype=np.int64)


def _copies(texts: list[str]) -> list[tuple[int, int]]:
    """Pairs of texts that have most of their distinct content words in common (Jaccard)."""
    from scipy import sparse

    bags = [sorted(set(content(text).split())) for text in texts]
    sizes = np.array([len(bag) for bag in bags], dtype=np.float64)
    number = pd.factorize(pd.Series([form for bag in bags for form in bag], dtype="str"))[0]
    row = np.repeat(np.arange(len(bags)), sizes.astype(np.int64))
    shape = (len(bags), int(number.max(initial=-1)) + 1)
    matrix = sparse.csr_array((np.ones(len(row)), (row, number)), shape=shape)
    step = max(1, _CHUNK // max(len(bags), 1))
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(bags), step):
        common = (matrix[start : start + step] @ matrix.T).tocoo()
        one, other = common.row + start, common.col
        alike = (common.data >= COPY * (sizes[one] + sizes[other] - common.data)) & (one < other)
        pairs += zip(one[alike].tolist(), other[alike].tolist(), strict=True)
    return pairs


def _deal(
    given: npt.NDArray[np.bool_], group: npt.NDArray[np.int64], folds: int, seed: int
) -> npt.NDArray[np.int64]:
    """Deal whole groups into parts so that each part has its share of articles and frames."""
    counted = np.column_stack([given, np.ones(len(given))]).astype(np.float64)
    sums = np.zeros((int(group.max()) + 1, counted.shape[1]))
    np.add.at(sums, group, counted)
    shuffled = np.random.default_rng(seed).permutation(len(sums))
    order = shuffled[np.argsort(-sums[shuffled, -1], kind="stable")]
    held = np.zeros((folds, sums.shape[1]))
    total = np.maximum(sums.sum(axis=0), 1)
    part_of = np.empty(len(sums), dtype=np.int64)
    for number in order.tolist():
        # To the part that has least of what the group brings; of equals to the smallest.
        crowded = (held / total**2) @ sums[number]
        part = min(range(folds), key=lambda at: (round(float(crowded[at]), 12), held[at, -1]))
        part_of[number] = part
        held[part] += sums[number]
    return part_of[group]


def _answers(
    texts: list[str],
    known: Known,
    part: npt.NDArray[np.int64],
    train: Callable[[list[str], npt.NDArray[np.bool_]], Coder],
) -> dict[str, npt.NDArray[np.bool_]]:
    """What is learned from the other parts says of each article, articles x frames."""
    trained = np.zeros_like(known.given)
    usual = np.zeros_like(known.given)
    for at in sorted(set(part.tolist())):
        test = part == at
        inside = [text for text, out in zip(texts, test, strict=True) if not out]
        outside = [text for text, out in zip(texts, test, strict=True) if out]
        given = known.given[~test]
        share = given.mean(axis=0)
        usual[test] = (
            np.arange(len(share)) == share.argmax() if known.kind == "single" else share > 0.5
        )
        if any(map(content, inside)):
            coder = train(inside, given)
            trained[test] = decide(probabilities(outside, coder), coder)
    return {"trained": trained, "majority": usual}


def _by_dictionary(
    articles: pd.DataFrame, known: Known, book: Codebook, fields: Sequence[str]
) -> npt.NDArray[np.bool_]:
    """Frames that the terms of the codebook give each article."""
    used = articles.assign(article_id=articles["article_id"].astype(str))
    used = used[used["article_id"].isin(known.article_ids)]
    matches = find_frames(used, book, fields=fields)
    # Coders choose among the frames that were coded, and so must the dictionary.
    matches = matches[matches["frame"].isin(known.frames)]
    if known.kind == "single":
        matches = dominant_frame(matches, used, ties="first").dropna(subset=["frame"])
    given = np.zeros_like(known.given)
    row = {article_id: number for number, article_id in enumerate(known.article_ids)}
    column = {frame: number for number, frame in enumerate(known.frames)}
    for article_id, frame in zip(matches["article_id"], matches["frame"], strict=True):
        given[row[article_id], column[frame]] = True
    return given


def _measured(known: Known) -> list[tuple[str | None, str]]:
    """Frame and name of each measure, in the order of their columns."""
    overall = ["accuracy", "macro_f1", *(["kappa"] if known.kind == "single" else [])]
    return [*((frame, "f1") for frame in known.frames), *((None, name) for name in overall)]


def _refused(methods: list[str], known: Known, n_groups: int, reason: str) -> pd.DataFrame:
    """Give a comparison without a number, and say why."""
    of_frame = known.given.sum(axis=0).tolist()
    k = [*of_frame, *[sum(of_frame)] * (len(_measured(known)) - len(of_frame))]
    rows = [
        (method, frame, measure, coded)
        for method in methods
        for (frame, measure), coded in zip(_measured(known), k, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["method", "frame", "measure", "k"])
    n = len(known.article_ids)
    table = table.assign(found=0, hits=0, n=n, n_stories=n_groups, reason=reason)
    return conform(table, COMPARISON)


def _scored(
    answers: dict[str, npt.NDArray[np.bool_]],
    known: Known,
    group: npt.NDArray[np.int64],
    n_boot: int,
    seed: int,
) -> pd.DataFrame:
    """Score the answers of all methods on the same resamples of clusters."""
    spread = [len(set(group[has].tolist())) for has in known.given.T]
    coded = known.given.sum(axis=0)
    scorable = (coded >= MIN_CODED) & (np.array(spread) >= 2)
    refused = [
        ""
        if well
        else f"{_counted(k, 'article')} in {_counted(in_, 'cluster')} of stories and "
        f"copies; a score needs {MIN_CODED} in 2"
        for well, k, in_ in zip(scorable, coded.tolist(), spread, strict=True)
    ]
    counts = {method: _counts(known.given, given, group) for method, given in answers.items()}
    estimates = {
        method: _measures(c.sum(axis=0)[None], scorable)[0] for method, c in counts.items()
    }
    draws = _draws(counts, scorable, n_boot, seed)
    methods = list(answers)
    tables = []
    for method, rival in zip(methods, [*methods[1:], None], strict=True):
        table = _table(counts[method], known, refused, n_boot, seed)
        table.insert(0, "method", method)
        table["estimate"] = estimates[method][: len(table)]
        if draws:
            # Neither macro F1 nor kappa is a ratio of sums.
            rest = slice(len(known.frames) + 1, len(table))
            table.loc[table.index[rest], ["low", "high"]] = _bounds(draws[method][:, rest])
        if rival is not None:
            table["versus"] = rival
            table["difference"] = (estimates[method] - estimates[rival])[: len(table)]
        if rival is not None and draws:
            apart = _bounds((draws[method] - draws[rival])[:, : len(table)])
            apart[table["low"].isna()] = np.nan
            table[["difference_low", "difference_high"]] = apart
        tables.append(table)
    return conform(pd.concat(tables, ignore_index=True), COMPARISON)


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _counts(
    gold: npt.NDArray[np.bool_], given: npt.NDArray[np.bool_], group: npt.NDArray[np.int64]
) -> Floats:
    """Sums of each cluster: hits, coded and found of each frame, right articles, articles."""
    right = (gold == given).all(axis=1)
    each = np.column_stack([gold & given, gold, given, right, np.ones(len(gold))])
    sums = np.zeros((int(group.max()) + 1, each.shape[1]))
    np.add.at(sums, group, each.astype(np.float64))
    return sums


def _measures(sums: Floats, scorable: npt.NDArray[np.bool_]) -> Floats:
    """F1 of each frame, accuracy, macro F1 and kappa of rows of sums."""
    size = len(scorable)
    hits, coded, found = sums[:, :size], sums[:, size : 2 * size], sums[:, 2 * size : 3 * size]
    right, n = sums[:, -2], sums[:, -1]
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = np.where(scorable, 2 * hits / (coded + found), np.nan)
        count = (~np.isnan(f1)).sum(axis=1)
        macro = np.nansum(f1, axis=1) / np.where(count > 0, count, np.nan)
        chance = (coded * found).sum(axis=1) / n**2
        accuracy = right / n
        kappa = (accuracy - chance) / (1 - chance)
    return np.column_stack([f1, accuracy, macro, kappa])


def _draws(
    counts: dict[str, Floats], scorable: npt.NDArray[np.bool_], n_boot: int, seed: int
) -> dict[str, Floats]:
    """Measures of each method in resamples of clusters, the same resamples for all."""
    n_groups = len(next(iter(counts.values())))
    if too_few(n_groups):
        return {}
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // n_groups)
    even = np.full(n_groups, 1 / n_groups)
    parts: dict[str, list[Floats]] = {method: [] for method in counts}
    for first in range(0, n_boot, step):
        weights = rng.multinomial(n_groups, even, size=min(step, n_boot - first)).astype(np.float64)
        for method, sums in counts.items():
            parts[method].append(_measures(weights @ sums, scorable))
    return {method: np.concatenate(part) for method, part in parts.items()}


def _bounds(draws: Floats) -> Floats:
    """Lower and upper bound of each column, missing where it has no draw, columns x 2."""
    bounds = np.full((draws.shape[1], 2), np.nan)
    drawn = ~np.isnan(draws).all(axis=0)
    level = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    bounds[drawn] = np.nanquantile(draws[:, drawn], level, axis=0).T
    return bounds


def _table(
    counts: Floats, known: Known, refused: list[str], n_boot: int, seed: int
) -> pd.DataFrame:
    """Counts of one method, and the intervals of its ratios of sums."""
    size = len(known.frames)
    hits, coded, found = np.split(counts[:, : 3 * size], 3, axis=1)
    table = pd.DataFrame(_measured(known), columns=["frame", "measure"])
    table[_REALS] = np.nan
    rest = len(table) - size
    for name, part in (("k", coded), ("found", found), ("hits", hits)):
        sums = part.sum(axis=0)
        table[name] = np.append(sums, [sums.sum()] * rest).astype(np.int64)
    of_frame = table["frame"].notna()
    table["precision"] = (table["hits"] / table["found"].where(table["found"] > 0)).where(of_frame)
    table["recall"] = (table["hits"] / table["k"].where(table["k"] > 0)).where(of_frame)
    table["n"] = int(counts[:, -1].sum())
    table["n_stories"] = len(counts)
    above = np.column_stack([2 * hits, counts[:, -2]])
    below = np.column_stack([coded + found, counts[:, -1]])
    found_ = ratio_intervals(above, below, n_boot=n_boot, seed=seed)
    table[["low", "high"]] = found_[["low", "high"]].reindex(table.index)
    reason = [own or other for own, other in zip(refused, found_["reason"], strict=False)]
    of_all = [too_few(len(counts))] * rest
    if all(refused):
        of_all[1] = "no frame has a score"
    table["reason"] = [*reason, *of_all]
    table.loc[[bool(own) for own in refused] + [False] * rest, ["low", "high"]] = np.nan
    return table
