"""Who tells what others told before: pairs of articles that are alike, inside a window of lags.

Likeness of words and the order in time say that news may have flowed from the earlier article to
the later one, not that it did: both may have had it from a third.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.schema import (
    COUNT,
    FLAG,
    REAL,
    TEXT,
    TEXT_FIELDS,
    ChoiceError,
    SchemaError,
    carry,
    conform,
    empty,
    fields_of,
    plain,
    require_columns,
)
from coverage_research.statistics import LEVEL, N_BOOT, ratio_intervals
from coverage_research.stories import content_stems
from coverage_research.text import BREAK, running_text, sentences
from coverage_research.timeline import time_bounds
from coverage_research.token_batches import batches, read_tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

Similarity = Literal["cosine", "overlap"]
Weighting = Literal["tfidf", "raw"]
Words = Literal["stems", "forms"]
Lag = str | pd.Timedelta
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

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

#: News says first what it is about: sentences of the running text that are read, and signs at most.
OPENING_SENTENCES: Final = 5
OPENING_SIGNS: Final = 2_000
#: Similarity from which Welbers et al. (2018) found that articles address the same event.
MIN_SIMILARITY: Final = 0.4

_HOUR: Final = 3_600_000_000
_DAY: Final = 24 * _HOUR
#: Rows of a block times rows that they are compared with: bounds the memory of a product.
_CELLS: Final = 4_000_000
#: Candidates whose similarity is computed at once.
_CANDIDATES: Final = 100_000
#: Share of the least similarity that the terms which are not looked up can make up. Looking up few
#: terms is fast, but then almost every pair that shares one must be computed in full.
_NOT_LOOKED_UP: Final = 0.7
#: Sums of floats in another order differ by less than this.
_SLACK: Final = 1e-9
_SAME: Final = 1e-12


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
    longest = _microseconds("window", window)
    table = plain(articles)
    first = ~table["article_id"].duplicated().to_numpy()
    used = first & (table["published_at"].notna() & table["outlet"].notna()).to_numpy()
    if used.sum() < 2:
        _counts(articles, first, terms, words, n_sentences)  # for what it raises
        return carry(empty(FLOW), *sources)
    counts = _counts(articles, first, terms, words, n_sentences)
    dated = table[used].reset_index(drop=True)
    low, high = time_bounds(dated)
    order = np.lexsort((dated["article_id"], high, low))
    dated, low, high = dated.iloc[order].reset_index(drop=True), low[order], high[order]
    weights = _weigh(counts, weighting)[np.flatnonzero(used[first])][order]
    if max_spread is not None:
        even = (
            _spread(counts[np.flatnonzero(used[first])][order], low // _DAY) <= max_spread + _SAME
        )
        weights = weights[:, np.flatnonzero(even)]
    outlet, outlets = pd.factorize(dated["outlet"].astype(TEXT))
    stamps = _Stamps(low, high, outlet, longest, _shortest(min_lag, outlet, outlets))
    pairs = _compared(
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
    inside = _range("min_lag and window", min_lag, window)
    outside = _outside(inside, infeasible, given=sources is not None)
    times = plain(articles)[usable]
    asked = {sources} if isinstance(sources, str) else set(sources or ())
    if sources is not None and not asked & set(times["outlet"]):
        raise ChoiceError(
            f"sources: expected outlets of the articles; found {', '.join(sorted(asked)) or 'none'}"
        )
    within = bool(settings.get("within_outlet", False))
    exposed = _exposure(times, inside, outside, asked, within=within)
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
    result = _by_threshold(
        found, tried, (can, cannot), exposed, times, n_boot=n_boot, level=level, seed=seed
    )
    return carry(conform(result, THRESHOLDS), articles)


# Terms --------------------------------------------------------------------------------------------


def _counts(
    articles: pd.DataFrame, first: Flags, terms: Any, words: Words, n_sentences: int | None
) -> Any:
    """Counts of terms, a sparse row for each article that is the first of its article_id."""
    from scipy import sparse

    if terms is None:
        fields_of(articles, TEXT_FIELDS)
        return _read(articles[first], words, n_sentences)
    if isinstance(terms, pd.DataFrame):
        require_columns(terms, ("article_id", "term", "n"), "terms")
        ids = articles.loc[first, "article_id"].astype(TEXT)
        row = pd.Series(np.arange(len(ids)), index=ids)
        place = terms["article_id"].astype(TEXT).map(row)
        known = place.notna().to_numpy()
        column, found = pd.factorize(terms["term"][known])
        values = pd.to_numeric(terms["n"][known], errors="coerce").to_numpy(dtype=np.float64)
        at = (place[known].to_numpy(dtype=np.int64), column)
        counts = sparse.csr_array((values, at), shape=(len(ids), max(len(found), 1)))
    elif sparse.issparse(terms):
        if terms.shape[0] != len(articles):
            raise SchemaError(
                f"terms: expected a row for each of {len(articles)} articles; found "
                f"{terms.shape[0]}"
            )
        counts = sparse.csr_array(terms, dtype=np.float64)[np.flatnonzero(first)]
    else:
        raise SchemaError(
            "terms: expected a table with article_id, term and n, or a sparse array; found "
            f"{type(terms).__name__}"
        )
    wrong = int((~(counts.data >= 0) | np.isinf(counts.data)).sum())
    if wrong:
        raise SchemaError(f"terms: expected counts of 0 or more; found {wrong} others")
    counts.sum_duplicates()
    counts.eliminate_zeros()
    return counts


def _read(articles: pd.DataFrame, words: Words, n_sentences: int | None) -> Any:
    """Count the words of headline and opening, a sparse row for each article."""
    from scipy import sparse

    texts = conform(
        articles[articles.columns.intersection(list(TEXT_FIELDS))], dict.fromkeys(TEXT_FIELDS, TEXT)
    )
    opening = running_text(texts).fillna("").tolist()
    if n_sentences is not None:
        if not n_sentences >= 0:
            raise ValueError(f"n_sentences: expected 0 or more, or None; found {n_sentences}")
        opening = [_opening(text, n_sentences) for text in opening]
        titles = texts["title"].fillna("").str[:OPENING_SIGNS].tolist()
    else:
        titles = texts["title"].fillna("").tolist()
    read = (f"{title}\n\n{text}" for title, text in zip(titles, opening, strict=True))
    number: dict[str, int] = {}
    forms: list[Ints] = []
    rows: list[Ints] = []
    done = 0
    for batch in batches(read):
        codes, row = _numbered(batch, number)
        forms.append(codes)
        rows.append(row + done)
        done += len(batch)
    of_form, n_columns = _columns(list(number), words)
    column = of_form[np.concatenate([np.empty(0, np.int64), *forms])]
    row = np.concatenate([np.empty(0, np.int64), *rows])
    kept = column >= 0
    counts = sparse.csr_array(
        (np.ones(int(kept.sum())), (row[kept], column[kept])), shape=(len(texts), max(n_columns, 1))
    )
    counts.sum_duplicates()
    return counts


def _opening(text: str, n_sentences: int) -> str:
    text = text[:OPENING_SIGNS]
    ends = [end for _, end in sentences(text)[:n_sentences]]
    return text[: ends[-1]] if ends else ""


def _numbered(texts: list[str], number: dict[str, int]) -> tuple[Ints, Ints]:
    """Give the number of the form of each token of a batch, and the text it stands in."""
    batch = read_tokens(texts)
    forms = batch.joined.replace(BREAK, "").split()
    row = np.searchsorted(batch.offsets, batch.starts, side="right") - 1
    if "us" in forms:
        # A pronoun in small letters only; in capitals, the country.
        for at, form in enumerate(forms):
            if form == "us":
                start, end = (int(side[at] - batch.offsets[row[at]]) for side in batch[2:4])
                forms[at] = "us" if texts[row[at]][start:end] == "us" else "US"
    codes = [number.setdefault(form, len(number)) for form in forms]
    return np.array(codes, dtype=np.int64), row.astype(np.int64)


def _columns(forms: list[str], words: Words) -> tuple[Ints, int]:
    """Number the terms; a form that is none has -1."""
    terms = [" ".join(content_stems(form)) for form in forms] if words == "stems" else forms
    named = pd.Series(terms, dtype=TEXT).str.lower() if words == "forms" else pd.Series(terms)
    codes, found = pd.factorize(named.mask(named == ""))
    return codes.astype(np.int64), len(found)


def _weigh(counts: Any, weighting: Weighting) -> Any:
    if weighting == "raw":
        return counts
    having = np.bincount(counts.indices, minlength=counts.shape[1])
    weights = counts.copy()
    weights.data = counts.data * np.log10(counts.shape[0] / np.maximum(having, 1))[counts.indices]
    weights.eliminate_zeros()
    return weights


def _spread(counts: Any, days: Ints) -> Floats:
    """Entropy of the days of each term over that of the days of an even term."""
    from scipy import sparse

    day, found = pd.factorize(days)
    if len(found) < 2:
        return np.zeros(counts.shape[1])
    by_day = sparse.csr_array((np.ones(len(day)), (day, np.arange(len(day))))) @ counts
    by_day.sum_duplicates()
    total = np.asarray(by_day.sum(axis=0)).ravel()
    share = by_day.data / total[by_day.indices]
    bits = np.bincount(by_day.indices, -share * np.log2(share), minlength=counts.shape[1])
    result: Floats = bits / np.log2(len(found))
    return result


# Pairs --------------------------------------------------------------------------------------------


class _Stamps(NamedTuple):
    """Articles in the order of time: bounds of their times, outlets, and the lags that count."""

    low: Any
    high: Any
    outlet: Any
    longest: int
    shortest: Any


class _Sides(NamedTuple):
    """Weights such that similarity is a product of rows, and what of the later to look up."""

    later: Any
    earlier: Any
    rare: Any
    rest: Any


def _microseconds(name: str, lag: Lag) -> int:
    result = int(pd.Timedelta(lag) // pd.Timedelta(1, "us"))
    if result < 0:
        raise ValueError(f"{name}: expected 0 or more; found {lag}")
    return result


def _shortest(min_lag: Lag | Mapping[str, Lag], outlet: Any, outlets: pd.Index) -> Any:
    """Shortest lag of each article as the later one."""
    if not isinstance(min_lag, Mapping):
        return np.full(len(outlet), _microseconds("min_lag", min_lag), dtype=np.int64)
    unknown = sorted(set(min_lag) - set(outlets))
    if unknown:
        raise ChoiceError(
            f"min_lag: expected outlets of the articles; found {', '.join(map(repr, unknown))}"
        )
    of_outlet = [_microseconds("min_lag", min_lag.get(name, "0h")) for name in outlets]
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


def _sides(weights: Any, similarity: Similarity, least: float) -> _Sides:
    from scipy import sparse

    power = 2 if similarity == "cosine" else 1
    row = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
    size = np.bincount(row, weights.data**power, minlength=weights.shape[0]) ** (1 / power)
    later = weights.copy()
    later.data = weights.data / size[row]
    earlier = later
    if similarity == "overlap":
        earlier = weights.copy()
        earlier.data = np.ones(len(weights.data))
    # The commonest terms first, since looking them up costs most.
    having = np.bincount(weights.indices, minlength=weights.shape[1])
    order = np.lexsort((-having[weights.indices], row))
    mass = np.cumsum(later.data[order] ** power)
    begin = np.append(0, mass)[weights.indptr[:-1]]
    mass -= begin[row[order]]
    left_out = mass < (_NOT_LOOKED_UP * least) ** power
    rest = np.zeros(weights.shape[0])
    np.maximum.at(rest, row[order][left_out], mass[left_out])
    kept = order[~left_out]
    rare = sparse.csr_array((later.data[kept], (row[kept], weights.indices[kept])), weights.shape)
    return _Sides(later, earlier, rare, np.maximum(rest, 0) ** (1 / power))


def _compared(
    weights: Any,
    stamps: _Stamps,
    *,
    similarity: Similarity,
    least: float,
    within_outlet: bool,
    stories: Any,
    progress: bool,
) -> tuple[Ints, Ints, Floats]:
    """Later and earlier row of each pair, and its similarity."""
    from tqdm.auto import tqdm

    sides = _sides(weights, similarity, least)
    found: list[tuple[Any, Any, Any]] = [(np.empty(0, np.int64), np.empty(0, np.int64), [])]
    with tqdm(
        total=len(stamps.low), desc="comparing", unit=" articles", delay=2, disable=not progress
    ) as bar:
        for block in _blocks(stamps):
            later, earlier = _candidates(sides, stamps, block, least, within_outlet=within_outlet)
            for start in range(0, len(later), _CANDIDATES):
                part = slice(start, start + _CANDIDATES)
                one, two = later[part], earlier[part]
                value = np.asarray((sides.later[one] * sides.earlier[two]).sum(axis=1)).ravel()
                kept = value >= least - _SAME
                if stories is not None:
                    shared = np.asarray((stories[one] * stories[two]).sum(axis=1)).ravel()
                    kept &= shared > 0
                found.append((one[kept], two[kept], np.minimum(value[kept], 1.0)))
            bar.update(block[1] - block[0])
    later, earlier, value = (np.concatenate(side) for side in zip(*found, strict=True))
    return later, earlier, value


def _blocks(stamps: _Stamps) -> Iterator[tuple[int, int, int]]:
    """First and last row of each block, and the first row that it can be later than."""
    latest = np.maximum.accumulate(stamps.high)
    first, n = 0, len(stamps.low)
    while first < n:
        begin = int(np.searchsorted(latest, stamps.low[first] - stamps.longest))
        # A block of b rows is compared with w + b rows, w of them before it.
        before = first - begin
        size = max(1, int((np.sqrt(before**2 + 4 * _CELLS) - before) / 2))
        last = min(n, first + size)
        yield first, last, begin
        first = last


def _candidates(
    sides: _Sides,
    stamps: _Stamps,
    block: tuple[int, int, int],
    least: float,
    *,
    within_outlet: bool,
) -> tuple[Ints, Ints]:
    """Later and earlier row of the pairs of a block that can reach the similarity."""
    first, last, begin = block
    product = (sides.rare[first:last] @ sides.earlier[begin:last].T).tocsr()
    row = np.repeat(np.arange(first, last), np.diff(product.indptr))
    can = product.data >= (least - _SLACK) - sides.rest[row]
    later, earlier = row[can], begin + product.indices[can].astype(np.int64)
    can = earlier < later
    can &= stamps.low[later] - stamps.high[earlier] <= stamps.longest
    can &= stamps.high[later] - stamps.low[earlier] >= stamps.shortest[later]
    if not within_outlet:
        can &= stamps.outlet[later] != stamps.outlet[earlier]
    return later[can], earlier[can]


def _told(
    dated: pd.DataFrame, stamps: _Stamps, later: Ints, earlier: Ints, value: Floats
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


# Thresholds ---------------------------------------------------------------------------------------


def _range(name: str, shortest: Lag, longest: Lag) -> tuple[int, int]:
    """Bounds of lags in microseconds. Equal stamps have no order, so a lag is above 0."""
    low, high = _microseconds(name, shortest), _microseconds(name, longest)
    if low >= high:
        raise ValueError(
            f"{name}: expected a shorter and a longer lag; found {shortest}, {longest}"
        )
    return max(low, 1), high


def _outside(
    inside: tuple[int, int], infeasible: tuple[Lag, Lag] | None, *, given: bool
) -> tuple[int, int]:
    if infeasible is not None:
        outside = _range("infeasible", *infeasible)
        if not given and outside[0] <= inside[1] and inside[0] <= outside[1]:
            raise ValueError(
                "infeasible: expected lags outside the window, unless sources are named; found "
                f"{infeasible[0]} to {infeasible[1]}"
            )
        return outside
    return inside if given else (4 * inside[1], 8 * inside[1])


def _exposure(
    times: pd.DataFrame,
    inside: tuple[int, int],
    outside: tuple[int, int],
    sources: set[str],
    *,
    within: bool,
) -> tuple[int, int]:
    """How many pairs are compared at feasible lags, and at others."""
    stamp = np.sort(time_bounds(times)[0])

    def pairs(earlier: Any, later: Any, lags: tuple[int, int]) -> int:
        ends = np.searchsorted(earlier, later - lags[0], side="right")
        return int((ends - np.searchsorted(earlier, later - lags[1])).sum())

    if sources:
        is_source = times["outlet"].isin(sources).to_numpy()
        own, others = (np.sort(time_bounds(times[part])[0]) for part in (is_source, ~is_source))
        return pairs(own, others, inside), pairs(others, own, outside)
    result = [pairs(stamp, stamp, lags) for lags in (inside, outside)]
    if not within:
        for _, rows in times.groupby("outlet"):
            own = np.sort(time_bounds(rows)[0])
            result = [
                all_of - pairs(own, own, lags)
                for all_of, lags in zip(result, (inside, outside), strict=True)
            ]
    return result[0], result[1]


def _by_threshold(
    found: pd.DataFrame,
    tried: Floats,
    kinds: tuple[Flags, Flags],
    exposed: tuple[int, int],
    times: pd.DataFrame,
    **settings: Any,
) -> pd.DataFrame:
    """Matches, noise and what follows from them, for each threshold."""
    days = pd.Series(time_bounds(times)[0] // _DAY, index=times["article_id"].astype(TEXT))
    day, names = pd.factorize(found["article_id"].map(days))
    reached = np.searchsorted(tried, found["similarity"].to_numpy() + _SAME, side="right")
    # Matches that reach a threshold reach all below it.
    by_day = []
    for kind in kinds:
        table = np.zeros((len(names), len(tried) + 1))
        np.add.at(table, (day[kind], reached[kind]), 1)
        by_day.append(table[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:])
    can, cannot = by_day
    scale = exposed[0] / exposed[1] if exposed[1] else np.nan
    intervals = ratio_intervals(cannot, can + cannot, **settings)
    n_can, n_cannot = can.sum(axis=0), cannot.sum(axis=0)
    noise = n_cannot * scale
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.clip(1 - noise / n_can, 0, 1)
        bounds = [
            np.clip(1 - scale * share / (1 - share), 0, 1)
            for share in (intervals["high"].to_numpy(), intervals["low"].to_numpy())
        ]
        true = np.maximum(n_can - noise, 0)
        recall = true / np.nanmax(true, initial=0) if np.nanmax(true, initial=0) else true * np.nan
        f1 = 2 * precision * recall / (precision + recall)
    result = pd.DataFrame(
        {
            "threshold": tried,
            "n_feasible": n_can,
            "n_infeasible": n_cannot,
            "pairs_feasible": exposed[0],
            "pairs_infeasible": exposed[1],
            "noise": noise,
            "precision": precision,
            "low": bounds[0],
            "high": bounds[1],
            "recall": recall,
            "f1": f1,
            "chosen": False,
        }
    )
    reason = intervals["reason"].str.replace("stories", "days").str.replace("story", "day")
    result["reason"] = reason.mask(n_can == 0, "no match at a feasible lag")
    if not exposed[1]:
        result["reason"] = "no pair at an infeasible lag; the corpus is too short for these lags"
    if np.isfinite(f1).any():
        result.loc[int(np.nanargmax(f1)), "chosen"] = True
    return result
