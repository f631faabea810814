"""Who tells what others told before: pairs of articles that are alike, inside a window of lags.

Likeness of words and the order in time say that news may have flowed from the earlier article to
the later one, not that it did: both may have had it from a third.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.flow_noise import (
    compared_pairs,
    infeasible_range,
    lag_range,
    noise_by_threshold,
)
from coverage_research.flow_pairs import Lag, Similarity, Stamps, alike_pairs, microseconds
from coverage_research.flow_terms import flow_counts, spread
from coverage_research.schema import (
    COUNT,
    FLAG,
    REAL,
    TEXT,
    ChoiceError,
    carry,
    conform,
    empty,
    plain,
    require_columns,
)
from coverage_research.statistics import LEVEL, N_BOOT
from coverage_research.timeline import time_bounds
from coverage_research.vectors import SAME, Weights, weighted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from coverage_research.stems import Words

Weighting = Literal["tfidf", "raw"]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FLOW: Final[Mapping[str, str]] = {
    "article_id": TEXT,
    "other_id": TEXT,
    "outlet": TEXT,
    "other_outlet": TEXT,
    "lag_hours": REAL,
    "lag_low": REAL,
    "lag_high": REAL,
    "similarity": REAL,
    "is_later": FLAG,
}
THRESHOLDS: Final[Mapping[str, str]] = {
    "threshold": REAL,
    "n_feasible": COUNT,
    "n_infeasible": COUNT,
    "pairs_feasible": COUNT,
    "pairs_infeasible": COUNT,
    "noise": REAL,
    "precision": REAL,
    "low": REAL,
    "high": REAL,
    "recall": REAL,
    "f1": REAL,
    "chosen": FLAG,
    "reason": TEXT,
}

#: News says first what it is about: sentences of the running text that are read.
OPENING_SENTENCES: Final = 5
#: Similarity from which Welbers et al. (2018) found that articles address the same event.
MIN_SIMILARITY: Final = 0.4

_WEIGHTS: Final[Mapping[str, Weights]] = {"tfidf": "idf", "raw": "count"}
_HOUR: Final = 3_600_000_000
_DAY: Final = 24 * _HOUR


def news_flow(
    articles: pd.DataFrame,
    *,
    window: Lag = "36h",
    min_lag: Lag | Mapping[str, Lag] = "0h",
    similarity: Similarity = "cosine",
    min_similarity: float = MIN_SIMILARITY,
    weighting: Weighting = "tfidf",
    words: Words = "stems",
    n_sentences: int | None = OPENING_SENTENCES,
    max_spread: float | None = None,
    terms: Any = None,
    within_outlet: bool = False,
    coverage: pd.DataFrame | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Find pairs of articles that are alike, the later within a window of lags after the earlier.

    Every pair of the window that reaches `min_similarity` is listed: nothing is sampled or hashed.
    Articles without a time or without an outlet are left out, but they count for the weights.

    Parameters
    ----------
    articles : DataFrame
        With article_id, outlet, published_at, published_precision; title, excerpt and body, of
        which at least one, unless `terms` are given.
    window : str or Timedelta
        Longest lag. A pair whose lag is an interval is listed if it can lie in the window.
    min_lag : str, Timedelta or mapping
        Shortest lag, or one for each outlet of the later article (0 where it is not named): a
        printed paper cannot follow what appeared after its deadline.
    similarity : {"cosine", "overlap"}
        Cosine of the weights, the same both ways; or the share of the later article's weights whose
        terms the earlier has too.
    min_similarity : float
        From which similarity a pair is listed; above 0, at most 1.
    weighting : {"tfidf", "raw"}
        Count times log10(articles / articles with the term), over all of `articles`; or the count.
        With a handful of articles use ``raw``: a term that all of them have gets no weight.
    words : {"stems", "forms"}
        English stems without function words; or all forms as they are. Without effect on `terms`.
    n_sentences : int, optional
        Sentences of the running text that are read besides the headline (of each 2,000 signs at
        most); None for all of the text. Without effect on `terms`.
    max_spread : float, optional
        Leave out terms that are spread over the days more evenly than this: entropy of the days of
        a term over that of the days of an even term, 0 (all on one day) to 1 (as often on each).
    terms : DataFrame or scipy sparse array, optional
        Own counts of terms instead of those of the texts: a table with article_id, term and n, or a
        matrix with a row for each row of `articles`.
    within_outlet : bool
        Also compare articles of the same outlet.
    coverage : DataFrame, optional
        With story_id and article_id; then only pairs that share a story are listed.
    progress : bool
        Show a bar when it takes more than two seconds.

    Returns
    -------
    DataFrame with one row per pair, by later and earlier article: article_id (the later), other_id
    (the earlier), outlet, other_outlet; lag_low, lag_high (hours; they differ where a stamp gives
    only the day) and lag_hours (missing where they differ); similarity (0 to 1); is_later (whether
    article_id is later at all moments that the stamps allow; False for equal stamps too).

    Raises
    ------
    SchemaError
        If columns are missing, or counts of `terms` are missing or below 0.
    ChoiceError
        If there is no such similarity, weighting or kind of words.
    ValueError
        If a number is out of range.

    Notes
    -----
    The recipe of Welbers et al. reads nouns and names of headline and five sentences; here all
    content words are read. Their limit of .1 for the entropy of a term in bits over the number of
    days is a `max_spread` of .1 d / log2(d) for d days; over a month that is .61.

    A pair of similarity t must share a term beyond those of an article's commonest ones whose
    weight together is below t (Bayardo et al. 2007). So only the others are looked up, block by
    block in the order of time, and what is found is computed in full.

    References
    ----------
    Welbers, K., van Atteveldt, W., Kleinnijenhuis, J. & Ruigrok, N. (2018). A gatekeeper among
    gatekeepers. *Journalism Studies* 19(3), 315-333.
    Salton, G. & Buckley, C. (1988). Term-weighting approaches in automatic text retrieval.
    *Information Processing & Management* 24(5), 513-523.
    Bayardo, R. J., Ma, Y. & Srikant, R. (2007). Scaling up all pairs similarity search. *WWW 2007*,
    131-140.

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b"],
    ...         "outlet": ["one.example", "two.example"],
    ...         "title": ["Curbs hit chip makers", "Chip makers fear the curbs"],
    ...         "published_at": pd.to_datetime(["2030-01-01 08:00", "2030-01-01 09:30"], utc=True),
    ...         "published_precision": "minute",
    ...     }
    ... )
    >>> found = news_flow(articles, weighting="raw")
    >>> found[["article_id", "other_id", "lag_hours", "similarity"]].round(2).values.tolist()
    [['b', 'a', 1.5, 0.75]]
    """
    for name, value, known in (
        ("similarity", similarity, ("cosine", "overlap")),
        ("weighting", weighting, ("tfidf", "raw")),
        ("words", words, ("stems", "forms")),
    ):
        if value not in known:
            raise ChoiceError(f"{name}: expected {' or '.join(map(repr, known))}; found {value!r}")
    if not 0 < min_similarity <= 1:
        raise ValueError(f"min_similarity: expected above 0 and at most 1; found {min_similarity}")
    if max_spread is not None and not 0 <= max_spread <= 1:
        raise ValueError(f"max_spread: expected 0 to 1, or None; found {max_spread}")
    require_columns(
        articles, ("article_id", "outlet", "published_at", "published_precision"), "articles"
    )
    sources = [articles] if coverage is None else [articles, coverage]
    longest = microseconds("window", window)
    table = plain(articles)
    first = ~table["article_id"].duplicated().to_numpy()
    used = first & (table["published_at"].notna() & table["outlet"].notna()).to_numpy()
    if used.sum() < 2:
        flow_counts(articles, first, terms, words, n_sentences)  # for what it raises
        return carry(empty(FLOW), *sources)
    counts = flow_counts(articles, first, terms, words, n_sentences)
    dated = table[used].reset_index(drop=True)
    low, high = time_bounds(dated)
    order = np.lexsort((dated["article_id"], high, low))
    dated, low, high = dated.iloc[order].reset_index(drop=True), low[order], high[order]
    rows = np.flatnonzero(used[first])[order]
    weights = weighted(counts, _WEIGHTS[weighting])[rows]
    if max_spread is not None:
        uneven = spread(counts[rows], low // _DAY) <= max_spread + SAME
        weights = weights[:, np.flatnonzero(uneven)]
    outlet, outlets = pd.factorize(dated["outlet"].astype(TEXT))
    stamps = Stamps(low, high, outlet, longest, _shortest(min_lag, outlet, outlets))
    pairs = alike_pairs(
        weights,
        stamps,
        similarity=similarity,
        least=min_similarity,
        within_outlet=within_outlet,
        stories=None if coverage is None else _stories(dated, coverage),
        progress=progress,
    )
    return carry(_told(dated, stamps, *pairs), *sources)


def flow_threshold(
    articles: pd.DataFrame,
    *,
    thresholds: Sequence[float] = tuple(np.linspace(0.2, 0.8, 13).round(2).tolist()),
    window: Lag = "36h",
    min_lag: Lag = "0h",
    infeasible: tuple[Lag, Lag] | None = None,
    sources: str | Collection[str] | None = None,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
    **settings: Any,
) -> pd.DataFrame:
    """Estimate without coding how trustworthy the matches of each threshold are.

    What is alike by chance is alike at any lag. Matches at lags at which news does not flow, scaled
    to as many compared pairs, therefore estimate how many of those inside the window are noise.

    Parameters
    ----------
    articles : DataFrame
        As in `news_flow`. Only articles whose stamp gives the minute are used.
    thresholds : sequence of float
        Similarities to try.
    window, min_lag : str or Timedelta
        Longest and shortest lag at which news can flow. Equal stamps are no flow.
    infeasible : pair of str or Timedelta, optional
        Shortest and longest lag at which it cannot; four to eight times the window by default. With
        `sources` the window itself by default, since there the order is what is not feasible.
    sources : str or collection of str, optional
        Outlets from which news flows and that take none, such as an agency. Then only pairs of a
        source and another outlet count: feasible with the source first, infeasible with it last.
    n_boot, level, seed
        Of the bootstrap clustered by the UTC day of the later article.
    **settings
        Further settings of `news_flow`.

    Returns
    -------
    DataFrame with one row per threshold, rising: threshold, n_feasible and n_infeasible (matches),
    pairs_feasible and pairs_infeasible (pairs compared), noise (n_infeasible scaled to
    pairs_feasible), precision (1 - noise / n_feasible, at least 0), low, high (its interval),
    recall (n_feasible less noise, over the largest of any threshold), f1, chosen (True for the
    threshold of the largest f1, the lowest of several), reason (why there is no interval or
    estimate, else empty).

    Raises
    ------
    ValueError
        If a threshold or lag is out of range.
    ChoiceError
        If `sources` names no outlet of `articles`.

    Notes
    -----
    Recall is relative: matches below the lowest threshold are not known. A story that goes on
    beyond the window makes infeasible matches that are no noise, so the precision is rather too low
    than too high; what recurs at short lags only, such as formulaic reports of the day, is noise
    that this does not see.

    References
    ----------
    Welbers, K., van Atteveldt, W., Kleinnijenhuis, J. & Ruigrok, N. (2018). A gatekeeper among
    gatekeepers. *Journalism Studies* 19(3), 315-333.
    Welbers, K. & van Atteveldt, W. RNewsflow: Tools for comparing text messages across time and
    media. R package (the plot of thresholds by the share of matches within the range of lags).

    Examples
    --------
    >>> hours = pd.to_timedelta([0, 1, 200, 201], "h")
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": list("abcd"),
    ...         "outlet": ["one.example", "two.example"] * 2,
    ...         "title": ["chip curbs", "chip curbs", "robot bread", "robot cake"],
    ...         "published_at": pd.Timestamp("2030-01-01", tz="UTC") + hours,
    ...         "published_precision": "minute",
    ...     }
    ... )
    >>> found = flow_threshold(articles, thresholds=[0.1, 0.5], infeasible=("150h", "250h"))
    >>> found[["threshold", "n_feasible", "n_infeasible", "precision", "chosen"]].values.tolist()
    [[0.1, 2, 0, 1.0, True], [0.5, 1, 0, 1.0, False]]
    """
    tried = np.unique(np.asarray(list(thresholds), dtype=np.float64))
    if not len(tried) or not ((tried > 0) & (tried <= 1)).all():
        raise ValueError(f"thresholds: expected numbers above 0, at most 1; found {thresholds}")
    if "min_similarity" in settings:
        raise ValueError("min_similarity: give the similarities to try as thresholds")
    if settings.get("coverage") is not None:
        raise ValueError("coverage: noise shows between stories; compare all articles")
    require_columns(
        articles, ("article_id", "outlet", "published_at", "published_precision"), "articles"
    )
    exact = articles["published_precision"].eq("minute") & articles["published_at"].notna()
    usable = exact & articles["outlet"].notna() & ~articles["article_id"].duplicated()
    inside = lag_range("min_lag and window", min_lag, window)
    outside = infeasible_range(inside, infeasible, given=sources is not None)
    times = plain(articles)[usable]
    asked = {sources} if isinstance(sources, str) else set(sources or ())
    if sources is not None and not asked & set(times["outlet"]):
        raise ChoiceError(
            f"sources: expected outlets of the articles; found {', '.join(sorted(asked)) or 'none'}"
        )
    within = bool(settings.get("within_outlet", False))
    exposed = compared_pairs(times, inside, outside, asked, within=within)
    found = news_flow(
        # What has no minute stays for the weights and cannot be in a pair.
        articles.assign(published_at=articles["published_at"].where(exact)),
        window=pd.Timedelta(max(inside[1], outside[1]), "us"),
        min_similarity=float(tried[0]),
        **settings,
    )
    lag = np.round(found["lag_hours"].to_numpy() * _HOUR).astype(np.int64)
    can = (lag >= inside[0]) & (lag <= inside[1])
    cannot = (lag >= outside[0]) & (lag <= outside[1])
    if asked:
        earlier, later = found["other_outlet"].isin(asked), found["outlet"].isin(asked)
        can &= (earlier & ~later).to_numpy()
        cannot &= (later & ~earlier).to_numpy()
    result = noise_by_threshold(
        found, tried, (can, cannot), exposed, times, n_boot=n_boot, level=level, seed=seed
    )
    return carry(conform(result, THRESHOLDS), articles)


def _shortest(min_lag: Lag | Mapping[str, Lag], outlet: Any, outlets: pd.Index) -> Any:
    """Shortest lag of each article as the later one."""
    if not isinstance(min_lag, Mapping):
        return np.full(len(outlet), microseconds("min_lag", min_lag), dtype=np.int64)
    unknown = sorted(set(min_lag) - set(outlets))
    if unknown:
        raise ChoiceError(
            f"min_lag: expected outlets of the articles; found {', '.join(map(repr, unknown))}"
        )
    of_outlet = [microseconds("min_lag", min_lag.get(name, "0h")) for name in outlets]
    return np.array(of_outlet, dtype=np.int64)[outlet]


def _stories(articles: pd.DataFrame, coverage: pd.DataFrame) -> Any:
    """Which stories list which article."""
    from scipy import sparse

    require_columns(coverage, ("story_id", "article_id"), "coverage")
    row = pd.Series(np.arange(len(articles)), index=articles["article_id"].astype(TEXT))
    place = coverage["article_id"].astype(TEXT).map(row)
    known = place.notna().to_numpy()
    story, found = pd.factorize(coverage["story_id"][known])
    return sparse.csr_array(
        (np.ones(len(story)), (place[known].to_numpy(dtype=np.int64), story)),
        shape=(len(articles), max(len(found), 1)),
    )


def _told(
    dated: pd.DataFrame, stamps: Stamps, later: Ints, earlier: Ints, value: Floats
) -> pd.DataFrame:
    """The pairs as a table."""
    low, high = stamps.low, stamps.high
    last = np.where(high > low, high - 1, high)
    ids, outlets = (dated[name].astype(TEXT) for name in ("article_id", "outlet"))
    lag_low = (low[later] - high[earlier]) / _HOUR
    lag_high = (high[later] - low[earlier]) / _HOUR
    result = pd.DataFrame(
        {
            "article_id": ids.iloc[later].to_numpy(),
            "other_id": ids.iloc[earlier].to_numpy(),
            "outlet": outlets.iloc[later].to_numpy(),
            "other_outlet": outlets.iloc[earlier].to_numpy(),
            "lag_hours": np.where(lag_low == lag_high, lag_low, np.nan),
            "lag_low": lag_low,
            "lag_high": lag_high,
            "similarity": value,
            "is_later": last[earlier] < low[later],
        }
    )
    # Identifiers are sorted once; pairs are many, and comparing their text is slow.
    rank = np.empty(len(ids), dtype=np.int64)
    rank[np.argsort(ids.to_numpy(dtype=object), kind="stable")] = np.arange(len(ids))
    order = np.lexsort((rank[earlier], rank[later]))
    return conform(result.iloc[order].reset_index(drop=True), FLOW)
