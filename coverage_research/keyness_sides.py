"""What a comparison of words is given: its settings, checked, and the counts of its sides.

A side is a group, or all others together, with how often it uses each word; the prior gives each
word pseudo-counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.keyness_counts import Grams, rows_between
from coverage_research.schema import ChoiceError, SchemaError

Measure = Literal["log_odds", "g2", "chi2"]
Against = Literal["rest", "pairs"]
Variance = Literal["two_term", "four_term"]
Prior = Literal["flat", "informative"] | Mapping[str, float] | pd.Series | pd.DataFrame

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Pseudo-count that a flat prior gives to each word.
FLAT: Final = 0.1
#: Words that a group must have so that its words are compared.
MIN_WORDS: Final = 100

# Settings -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Settings:
    """What to compute, checked."""

    measure: Measure
    against: Against
    prior: Any  # "flat", "informative" or a mapping of word to count
    alpha: float | None
    variance: Variance
    yates: bool
    min_count: int
    min_words: int
    min_articles: int
    level: float
    most: int | None


def checked_settings(*values: Any) -> Settings:
    """Return the settings, in their order, or say what is wrong with them."""
    asked = Settings(*values)
    for name, kind in (("measure", Measure), ("against", Against), ("variance", Variance)):
        known, found = get_args(kind), getattr(asked, name)
        if found not in known:
            raise ChoiceError(f"{name}: expected {', '.join(known)}; found {found!r}")
    prior = asked.prior
    if isinstance(prior, str):
        if prior not in ("flat", "informative"):
            raise ChoiceError(
                f"prior: expected flat, informative or a table of counts; found {prior!r}"
            )
    else:
        prior = _background(prior)
    if asked.alpha is not None and not (np.isfinite(asked.alpha) and asked.alpha > 0):
        raise ValueError(f"alpha: expected a number above 0; found {asked.alpha}")
    if not 0 < asked.level < 1:
        raise ValueError(f"level: expected a number between 0 and 1; found {asked.level}")
    at_least("min_count", asked.min_count, 1)
    at_least("min_words", asked.min_words, 1)
    at_least("min_articles", asked.min_articles, 0)
    if asked.most is not None:
        at_least("most", asked.most, 1)
    return Settings(asked.measure, asked.against, prior, *values[3:])


def at_least(name: str, found: int, least: int) -> None:
    """Refuse a number that is too small."""
    if found < least:
        raise ValueError(f"{name}: expected at least {least}; found {found}")


def checked_counts(counts: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return a table of counts, or say what is wrong with it."""
    repeated = counts.index[counts.index.duplicated()].unique()
    if len(repeated):
        shown = ", ".join(map(repr, repeated[:5].tolist()))
        raise SchemaError(f"{what}: expected each word once; {len(repeated)} repeat: {shown}")
    wrong = [
        str(name)
        for name, column in counts.items()
        if not pd.api.types.is_numeric_dtype(column)
        or not ((column.dropna() >= 0) & (column.dropna() % 1 == 0)).all()
    ]
    if wrong:
        raise SchemaError(
            f"{what}: expected whole numbers of 0 or more; not so in {', '.join(wrong)}"
        )
    return counts


def _background(prior: Any) -> dict[str, float]:
    """Counts of a background corpus by word."""
    table = prior if isinstance(prior, pd.DataFrame) else pd.Series(prior).to_frame("prior")
    summed = checked_counts(table, "prior").sum(axis=1)
    return {str(word): float(count) for word, count in summed.items()}


def checked_totals(
    totals: Mapping[str, float] | pd.Series, groups: list[Any], sums: Floats
) -> Floats:
    """Words of each group, if all are there and enough for the words listed."""
    lacking = [str(group) for group in groups if group not in totals]
    if lacking:
        raise ChoiceError(f"totals: expected one for each group; missing {', '.join(lacking)}")
    found = np.array([float(totals[group]) for group in groups])
    small = [str(group) for group, bad in zip(groups, ~(found >= sums), strict=True) if bad]
    if small:
        raise ValueError(f"totals: below the sum of the words listed in {', '.join(small)}")
    return found


# Sides --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """One side of a comparison: counts by word, words in all, articles by word and in all."""

    name: str
    k: Any
    n: float
    n_articles: Any = None
    articles: int | None = None
    dp: Any = None


@dataclass(frozen=True)
class _Thin:
    """A side whose counts are kept only where there are any."""

    name: str
    at: Any
    k: Any
    n: float
    n_articles: Any
    articles: int
    dp: Any

    def side(self, size: int) -> Side:
        """Give the side with a count for each of so many words."""
        dp = np.full(size, np.nan)
        k, n_articles = np.zeros(size), np.zeros(size)
        k[self.at], n_articles[self.at], dp[self.at] = self.k, self.n_articles, self.dp
        return Side(self.name, k, self.n, n_articles, self.articles, dp)


@dataclass(frozen=True)
class Part:
    """N-grams of one length: names of those shown, sides, pseudo-counts, and of how many kinds."""

    words: list[str]
    sides: Sequence[Side | _Thin]
    alphas: Floats
    mass: float
    n_kinds: int

    def side(self, place: int) -> Side:
        """Give one side with a count for each word."""
        found = self.sides[place]
        return found if isinstance(found, Side) else found.side(len(self.words))


def pseudo_counts(
    pooled: Any, names: Any, settings: Settings, hidden: Any = None
) -> tuple[Any, Floats, float]:
    """Words to show, their pseudo-counts, and the pseudo-counts of all words together."""
    enough = pooled >= settings.min_count
    shown = np.flatnonzero(enough if hidden is None else enough & ~hidden)
    if isinstance(settings.prior, str) and settings.prior == "flat":
        each = FLAT if settings.alpha is None else settings.alpha
        return shown, np.full(len(shown), each), each * len(pooled)
    if isinstance(settings.prior, str):
        counts = pooled
    else:
        known = settings.prior
        counts = np.array(
            [max(known.get(name, 0.0), 1.0) for name in names(np.arange(len(pooled)))]
        )
    mass = float(counts.sum())
    scale = 1.0 if settings.alpha is None or not mass else settings.alpha / mass
    return shown, counts[shown] * scale, mass * scale


def counted(
    grams: Grams, groups: list[str], sizes: Ints, stop: Iterable[str], settings: Settings
) -> Part:
    """Counts of each group by n-gram, from counts of each article."""
    matrix, n_kinds = grams.matrix, grams.n_kinds
    unwanted = set(stop)
    barred = np.array([word in unwanted for word in grams.vocabulary], dtype=bool)
    hidden = barred[grams.parts].all(axis=1)
    shown, alphas, mass = pseudo_counts(matrix.sum(axis=0), grams.names, settings, hidden)
    names = grams.names(shown)
    order = sorted(range(len(names)), key=names.__getitem__)
    shown = shown[order]
    lengths = matrix.sum(axis=1)
    bounds = np.append(0, np.cumsum(sizes))
    sides = []
    for place, (kinds, counts, of_row) in enumerate(rows_between(matrix, bounds)):
        n = lengths[bounds[place] : bounds[place + 1]]
        k = np.bincount(kinds, counts, n_kinds)
        # |v - s| summed over the articles: those without the word add s each, the rest is here.
        share = (n / max(n.sum(), 1))[of_row]
        uneven = np.bincount(kinds, np.abs(counts / k[kinds] - share) - share, n_kinds)[shown]
        texts = np.bincount(kinds, minlength=n_kinds)[shown]
        k = k[shown]
        at = np.flatnonzero(k)
        dp = np.maximum((1 + uneven[at]) / 2, 0.0)
        sides.append(
            _Thin(groups[place], at, k[at], float(n.sum()), texts[at], int(sizes[place]), dp)
        )
    return Part([names[place] for place in order], sides, alphas[order], mass, n_kinds)


def opposed(part: Part, against: Against) -> Iterator[tuple[Side, Side]]:
    """Sides that are compared with each other."""
    if against == "rest":
        yield from _rest(part)
        return
    for place, other in combinations(range(len(part.sides)), 2):
        yield part.side(place), part.side(other)


def _rest(part: Part) -> Iterator[tuple[Side, Side]]:
    """Each side, and all others together."""
    size = len(part.words)
    k, n_articles, n, articles = np.zeros(size), np.zeros(size), 0.0, 0
    for side in part.sides:
        at = side.at if isinstance(side, _Thin) else slice(None)
        k[at] += side.k
        n += side.n
        if side.n_articles is not None:
            n_articles[at] += side.n_articles
            articles += side.articles or 0
    for place in range(len(part.sides)):
        one = part.side(place)
        with_articles = one.n_articles is not None
        yield (
            one,
            Side(
                "rest",
                k - one.k,
                n - one.n,
                n_articles - one.n_articles if with_articles else None,
                articles - (one.articles or 0) if with_articles else None,
            ),
        )
