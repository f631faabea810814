"""Tone by two lexicons side by side, and how far they agree.

VADER was made for social media, Pattern for reviews; neither knows news. Where they agree, a
difference between outlets is worth reading the texts for; where they do not, it is an artefact of
a word list. Neither is ever reported alone.
"""

from __future__ import annotations

import functools
import importlib.metadata
import math
import warnings
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.schema import (
    COUNT,
    ESTIMATE,
    FLAG,
    REAL,
    TEXT,
    ChoiceError,
    carry,
    conform,
    empty,
    from_rows,
    groups_by,
    require_columns,
)
from coverage_research.statistics import cluster_interval
from coverage_research.stories import story_clusters
from coverage_research.text import running_text, sentences
from coverage_research.units import units_of_articles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Floats = npt.NDArray[np.float64]

LEXICONS: Final = ("vader", "pattern")
#: Columns of `score_tone`.
TONE: Final = {
    "article_id": TEXT,
    "n_sentences": COUNT,
    "vader": REAL,
    "pattern": REAL,
    "subjectivity": REAL,
    "agree": FLAG,
}
#: From here on a tone is positive, and below its negative it is negative (Hutto & Gilbert 2014).
NEUTRAL: Final = 0.05
#: Resamples; each costs a rank correlation.
_N_BOOT: Final = 500
#: VADER's time grows with the square of a sentence's length.
_MOST_WORDS: Final = 120
_LONGEST_WORD: Final = 60


def score_tone(articles: pd.DataFrame, *, progress: bool = True) -> pd.DataFrame:
    """Score the tone of each article by two lexicons.

    Headline and running text (body, else excerpt) are scored sentence by sentence, and the tone of
    the article is the mean of its sentences: VADER's score of a whole text mostly says how long it
    is.

    Parameters
    ----------
    articles : DataFrame
        With article_id and title; excerpt and body if there are any.
    progress : bool
        Show a bar when it takes more than two seconds.

    Returns
    -------
    DataFrame, one row per article: article_id, n_sentences, vader (compound score of the package
    vaderSentiment, -1 to 1), pattern (polarity by the Pattern lexicon of TextBlob, -1 to 1),
    subjectivity (by the same, 0 to 1), agree (whether both are positive, both negative or both
    neutral, that is within .05 of 0). Scores of an article without text are missing.
    `attrs["lexicons"]` has the versions.

    Raises
    ------
    SchemaError
        If columns are missing.

    References
    ----------
    Hutto, C. J. & Gilbert, E. (2014). VADER: a parsimonious rule-based model for sentiment analysis
    of social media text. *Proc. ICWSM* 8(1), 216-225.
    De Smedt, T. & Daelemans, W. (2012). Pattern for Python. *Journal of Machine Learning Research*
    13, 2063-2067.
    van Atteveldt, W., van der Velden, M. & Boukes, M. (2021). The validity of sentiment analysis.
    *Communication Methods and Measures* 15(2), 121-140 (dictionaries disagree with coders and with
    one another).

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {"article_id": ["a"], "title": ["VADER is smart, handsome, and funny."]}
    ... )
    >>> score_tone(articles)[["vader", "pattern", "agree"]].round(4).values.tolist()
    [[0.8316, 0.3214, True]]
    """
    from tqdm.auto import tqdm

    require_columns(articles, ["article_id", "title"], "articles")
    used = articles.drop_duplicates("article_id")
    text = pd.Series(pd.NA, index=used.index, dtype="str")
    if {"excerpt", "body"} & set(used.columns):
        # A blank body is none: then the excerpt is read.
        longer = used.reindex(columns=["excerpt", "body"]).astype("str")
        text = running_text(longer.where(longer.apply(lambda part: part.str.strip() != "")))
    vader, pattern = _vader(), _pattern()
    rows: list[tuple[object, ...]] = []
    for article_id, *texts in tqdm(
        zip(used["article_id"], used["title"], text, strict=True),
        total=len(used),
        unit=" articles",
        desc="tone",
        delay=2,
        disable=not progress,
    ):
        pieces = [piece for told in texts if isinstance(told, str) for piece in _pieces(told)]
        if not pieces:
            rows.append((article_id, 0, math.nan, math.nan, math.nan, None))
            continue
        one = float(np.mean([vader(piece) for piece in pieces]))
        other, subjective = np.mean([pattern(piece) for piece in pieces], axis=0).tolist()
        rows.append((article_id, len(pieces), one, other, subjective, _sign(one) == _sign(other)))
    scored = from_rows(rows, TONE)
    scored.attrs["lexicons"] = {
        name: f"{package} {importlib.metadata.version(package)}"
        for name, package in zip(LEXICONS, ("vaderSentiment", "textblob"), strict=True)
    }
    return carry(scored, articles)


def compare_tone(
    tone: pd.DataFrame,
    articles: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    by: str = "outlet",
    seed: int = 0,
) -> pd.DataFrame:
    """Mean tone of each outlet by both lexicons, with intervals.

    Parameters
    ----------
    tone : DataFrame
        From `score_tone`.
    articles : DataFrame
        With article_id and the column of `by`.
    coverage : DataFrame
        With story_id and article_id.
    by : str
        What to compare.
    seed : int
        Seed of the bootstrap clustered by story.

    Returns
    -------
    DataFrame, one row per group and lexicon, largest groups first: the column of `by`, outlet_name
    where it is the outlet, lexicon (`vader` or `pattern`), n (articles with a score), n_stories,
    estimate (mean, -1 to 1), low, high (95 % interval), reason (why there is none, else empty) and
    agreement (share of the group's articles in which both lexicons have the same sign).

    Raises
    ------
    SchemaError
        If columns are missing.

    References
    ----------
    As `score_tone`; Davison, A. C. & Hinkley, D. V. (1997). *Bootstrap Methods*, 3.8.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a", "b"], "outlet": "chips.example",
    ...                          "title": ["A great success", "A terrible failure"]})
    >>> coverage = pd.DataFrame({"story_id": "s", "article_id": ["a", "b"]})
    >>> compare_tone(score_tone(articles), articles, coverage)[["lexicon", "n", "agreement"]].values
    array([['vader', 2, 1.0],
           ['pattern', 2, 1.0]], dtype=object)
    """
    by, *more = groups_by(by, ("lexicon", *TONE, *ESTIMATE, "agreement", "cluster"))
    if more:
        raise ChoiceError(f"by: expected one column; found {', '.join((by, *more))}")
    require_columns(tone, list(TONE), "tone (from score_tone)")
    require_columns(articles, ["article_id", by], "articles")
    units = units_of_articles(articles, coverage, [by])
    kinds = {**units.schema(), "lexicon": TEXT, **ESTIMATE, "agreement": REAL}
    scored = tone[tone["vader"].notna()]
    row, unit = units.join(scored["article_id"])
    units, unit = units.part(unit)
    if units.groups.empty:
        return carry(empty(kinds), tone, articles, coverage)
    scored = scored.iloc[row].assign(cluster=units.cluster[unit])
    found = []
    for _, part in scored.groupby(units.group[unit]):
        beside = {"n": len(part), "agreement": part["agree"].mean()}
        for lexicon in LEXICONS:
            interval = cluster_interval(part[lexicon], part["cluster"], "mean", seed=seed)
            found.append(asdict(interval) | beside)
    numbers = pd.DataFrame(found).rename(columns={"n_clusters": "n_stories"})
    result = pd.concat([units.named({"lexicon": LEXICONS}), numbers], axis=1)
    return carry(conform(result, kinds), tone, articles, coverage)


def tone_agreement(tone: pd.DataFrame, coverage: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """How far the two lexicons agree on the articles.

    Parameters
    ----------
    tone : DataFrame
        From `score_tone`.
    coverage : DataFrame
        With story_id and article_id.
    seed : int
        Seed of the bootstrap clustered by story.

    Returns
    -------
    DataFrame, one row per measure: measure (`spearman`, the rank correlation; `same_sign`, the
    share of articles on which both are positive, negative or neutral; `alpha`, Krippendorff's
    nominal alpha of that sign, which takes out what chance would give), n (articles), n_stories,
    estimate, low, high (95 % interval), reason.

    Raises
    ------
    SchemaError
        If columns are missing.

    References
    ----------
    Krippendorff, K. (2019). *Content Analysis* (4th ed.), chapter 12. Sage.

    Examples
    --------
    >>> tone = pd.DataFrame({"article_id": list("abcd"), "vader": [0.9, 0.4, 0.0, -0.6],
    ...                      "pattern": [0.5, 0.6, 0.0, -0.1]})
    >>> coverage = pd.DataFrame({"story_id": "s", "article_id": list("abcd")})
    >>> tone_agreement(tone, coverage)[["measure", "n", "estimate"]].round(3).values.tolist()
    [['spearman', 4, 0.8], ['same_sign', 4, 1.0], ['alpha', 4, 1.0]]
    """
    require_columns(tone, ["article_id", *LEXICONS], "tone (from score_tone)")
    require_columns(coverage, ["story_id", "article_id"], "coverage")
    used = tone[tone["vader"].notna() & tone["pattern"].notna()]
    used = used.merge(story_clusters(coverage), on="article_id")
    scores = used[list(LEXICONS)].to_numpy(dtype=np.float64)
    measures: dict[str, Callable[[Floats], float]] = {
        "spearman": _spearman,
        "same_sign": lambda part: float((_signs(part[:, 0]) == _signs(part[:, 1])).mean()),
        "alpha": lambda part: _alpha(_signs(part)),
    }
    kinds = {"measure": TEXT, **ESTIMATE}
    rows = []
    for name, compute in measures.items():
        found = cluster_interval(
            np.arange(len(scores)),
            used["cluster"],
            lambda at, compute=compute: compute(scores[at.astype(np.int64)]),  # type: ignore[misc]
            n_boot=_N_BOOT,
            seed=seed,
        )
        rows.append(
            (
                name,
                len(scores),
                found.n_clusters,
                found.estimate,
                found.low,
                found.high,
                found.reason,
            )
        )
    return carry(from_rows(rows, kinds), tone, coverage)


def _pieces(text: str) -> Iterator[str]:
    """Sentences of a text; those that go on and on are cut."""
    for start, end in sentences(text):
        # VADER spells emoji out, so a run of them is long as well.
        words = [word[:_LONGEST_WORD] for word in text[start:end].split()]
        for first in range(0, len(words), _MOST_WORDS):
            yield " ".join(words[first : first + _MOST_WORDS])


@functools.cache
def _vader() -> Callable[[str], float]:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()

    def score(sentence: str) -> float:
        return float(analyzer.polarity_scores(sentence)["compound"])

    return score


@functools.cache
def _pattern() -> Callable[[str], Sequence[float]]:
    with warnings.catch_warnings():
        # TextBlob reads its word lists without closing the files.
        warnings.simplefilter("ignore", ResourceWarning)
        from textblob.en import sentiment

        sentiment("load the lexicon")

    def score(sentence: str) -> Sequence[float]:
        polarity, subjectivity = sentiment(sentence)
        return float(polarity), float(subjectivity)

    return score


def _sign(value: float) -> int:
    return int(value >= NEUTRAL) - int(value <= -NEUTRAL)


def _signs(values: Floats) -> npt.NDArray[np.int64]:
    return (values >= NEUTRAL).astype(np.int64) - (values <= -NEUTRAL).astype(np.int64)


def _spearman(scores: Floats) -> float:
    ranks = pd.DataFrame(scores).rank().to_numpy()
    if len(ranks) < 2 or (ranks.std(axis=0) == 0).any():
        return math.nan
    return float(np.corrcoef(ranks.T)[0, 1])


def _alpha(signs: npt.NDArray[np.int64]) -> float:
    """Krippendorff's nominal alpha of two coders without missing codes."""
    n_values = signs.size
    if n_values < 2:
        return math.nan
    counts = np.unique(signs, return_counts=True)[1]
    expected = n_values * n_values - (counts * counts).sum()
    if expected == 0:
        return math.nan  # one code throughout: nothing to agree on
    observed = 2 * (signs[:, 0] != signs[:, 1]).sum()
    return float(1 - (n_values - 1) * observed / expected)
