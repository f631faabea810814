"""Measures of keyness, word by word, and the table of all comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.keyness_sides import Part, Settings, Side, Variance, opposed
from coverage_research.schema import COUNT, FLAG, REAL, TEXT, WHOLE, conform, empty, pandas_dtype
from coverage_research.statistics import benjamini_hochberg

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float64]

#: Columns of `compare_words` and `compare_counts`.
WORD_COMPARISON: Final = {
    "group": TEXT,
    "other": TEXT,
    "word": TEXT,
    "k": COUNT,
    "k_other": COUNT,
    "n": COUNT,
    "n_other": COUNT,
    "rate": REAL,
    "rate_other": REAL,
    "log_ratio": REAL,
    "measure": TEXT,
    "estimate": REAL,
    "se": REAL,
    "low": REAL,
    "high": REAL,
    "z": REAL,
    "p": REAL,
    "q": REAL,
    "n_articles": WHOLE,
    "n_articles_other": WHOLE,
    "dp": REAL,
    "yates": FLAG,
    "reason": TEXT,
}

_TEXT: Final = pandas_dtype(TEXT)
_PER: Final = 1_000_000


def compare_parts(parts: Sequence[Part], settings: Settings) -> pd.DataFrame:
    """Compare the sides of each part, and adjust the p values of all of it together."""
    blocks: list[tuple[int, int, dict[str, Any]]] = []
    tested: list[Floats] = []
    for number, part in enumerate(parts):
        for rank, (one, other) in enumerate(opposed(part, settings.against)):
            about = {"group": one.name, "other": other.name, "n": one.n, "n_other": other.n}
            reason = _refusal(one, other, part.n_kinds, settings)
            if reason:
                blocks.append((rank, number, about | {"reason": reason}))
                continue
            pick = np.arange(len(part.words))
            if settings.against == "pairs":
                pick = np.flatnonzero(one.k + other.k >= settings.min_count)
            block = _block(one, other, part, pick, settings)
            tested.append(block["p"])
            block["place"] = pick
            show = _order(block["z"], settings.most)
            blocks.append((rank, number, about | {name: v[show] for name, v in block.items()}))
    if tested:
        # Equal p have equal q, and sorting the p alone is far faster than ranking them.
        rising = np.sort(np.concatenate(tested))
        adjusted = benjamini_hochberg(rising)
        for _, _, block in blocks:
            if "p" in block:
                block["q"] = adjusted[np.searchsorted(rising, block["p"])]
    # All of a comparison in one piece, its words before its pairs of words.
    blocks.sort(key=lambda block: block[:2])
    return _table(blocks, parts, settings)


def _refusal(one: Side, other: Side, n_kinds: int, settings: Settings) -> str:
    """Why two sides are not compared; empty where they are."""
    for side in (one, other):
        if side.articles is not None and side.articles < settings.min_articles:
            found = f"{side.articles} article" + ("" if side.articles == 1 else "s")
            return f"{side.name} has {found}; words are compared from {settings.min_articles} on"
        if side.n < settings.min_words:
            found = f"{side.n:.0f} word" + ("" if side.n == 1 else "s")
            return f"{side.name} has {found}; words are compared from {settings.min_words} on"
    if n_kinds < 2:
        return "there is one word only; nothing to compare it with"
    return ""


def _block(one: Side, other: Side, part: Part, pick: Any, settings: Settings) -> dict[str, Any]:
    """Compute the columns of one comparison, for the words picked."""
    from scipy.special import erfc

    y1, y2 = one.k[pick], other.k[pick]
    block: dict[str, Any] = {"k": y1, "k_other": y2}
    if settings.measure == "log_odds":
        prior = (part.alphas[pick], part.mass)
        estimate, se = _log_odds((y1, y2), (one.n, other.n), prior, settings.variance)
        z = estimate / se
        block |= {"estimate": estimate, "se": se}
    else:
        statistic, corrected = (
            _chi2(y1, y2, one.n, other.n, yates=settings.yates)
            if settings.measure == "chi2"
            else (_g2(y1, y2, one.n, other.n), None)
        )
        if corrected is not None:
            block["yates"] = corrected
        sign = np.sign(y1 * other.n - y2 * one.n)
        z = sign * np.sqrt(statistic)
        block["estimate"] = sign * statistic
    block |= {"z": z, "p": erfc(np.abs(z) * np.sqrt(0.5))}
    if one.n_articles is not None:
        block["n_articles"] = one.n_articles[pick]
        block["n_articles_other"] = other.n_articles[pick]
        block["dp"] = one.dp[pick]
    return block


def _log_odds(
    k: tuple[Floats, Floats],
    n: tuple[float, float],
    prior: tuple[Floats, float],
    variance: Variance,
) -> tuple[Floats, Floats]:
    """Log-odds ratios and their standard errors."""
    each, mass = prior
    use1, use2 = k[0] + each, k[1] + each
    rest1, rest2 = (n[0] + mass) - use1, (n[1] + mass) - use2
    square = 1 / use1 + 1 / use2
    if variance == "four_term":
        square += 1 / rest1 + 1 / rest2
    return np.log(use1 * rest2 / (rest1 * use2)), np.sqrt(square)


def _chi2(y1: Floats, y2: Floats, n1: float, n2: float, *, yates: bool) -> tuple[Floats, Any]:
    """Chi-square of the two-by-two tables, and where it was corrected."""
    both, whole = y1 + y2, n1 + n2
    apart = np.abs(y1 * n2 - y2 * n1)
    expected = np.minimum(both, whole - both) * (min(n1, n2) / whole)
    corrected = (apart >= whole / 2) & (expected < 5) & yates
    apart = np.where(corrected, apart - whole / 2, apart)
    return whole * apart**2 / (n1 * n2 * both * (whole - both)), corrected


def _g2(y1: Floats, y2: Floats, n1: float, n2: float) -> Floats:
    """Log-likelihood ratios of the two-by-two tables."""
    from scipy.special import xlogy

    both, whole = y1 + y2, n1 + n2
    used, rest = both / whole, (whole - both) / whole
    sums = (
        xlogy(y1, y1 / (n1 * used))
        + xlogy(y2, y2 / (n2 * used))
        + xlogy(n1 - y1, (n1 - y1) / (n1 * rest))
        + xlogy(n2 - y2, (n2 - y2) / (n2 * rest))
    )
    # Never below 0 but for rounding.
    found: Floats = np.maximum(2 * sums, 0.0)
    return found


def _order(z: Floats, most: int | None) -> Any:
    """Places of the words to show, from the highest z to the lowest; equal ones stay in order."""
    if most is None or most >= len(z):
        return np.argsort(-z, kind="stable")
    size = np.abs(z)
    least = np.partition(size, len(size) - most)[len(size) - most]
    near = np.flatnonzero(size >= least)
    near = np.sort(near[np.argsort(-size[near], kind="stable")][:most])
    return near[np.argsort(-z[near], kind="stable")]


def _table(
    blocks: list[tuple[int, int, dict[str, Any]]], parts: Sequence[Part], settings: Settings
) -> pd.DataFrame:
    """Put the blocks, one per comparison, into one table."""
    if not blocks:
        return empty(WORD_COMPARISON)
    only = [block for _, _, block in blocks]
    sizes = np.array([len(block.get("place", (0,))) for block in only])
    columns: dict[str, Any] = {}
    for name in ("group", "other", "reason"):
        columns[name] = _labels([str(block.get(name, "")) for block in only], sizes)
    for name in ("n", "n_other"):
        columns[name] = np.repeat([block[name] for block in only], sizes).astype(np.int64)
    for name in ("k", "k_other"):
        columns[name] = _joined(name, only, 0).astype(np.int64)
    for name in ("estimate", "se", "z", "p", "q", "dp"):
        columns[name] = _joined(name, only, np.nan)
    for name, kind in (("n_articles", WHOLE), ("n_articles_other", WHOLE), ("yates", FLAG)):
        missing = np.repeat([name not in block for block in only], sizes)
        if not missing.all():
            columns[name] = pd.array(_joined(name, only, 0), dtype=kind)
            columns[name][missing] = pd.NA
    before = np.cumsum([0] + [len(part.words) for part in parts])
    places = [
        block["place"] + before[number] if "place" in block else np.array([-1])
        for _, number, block in blocks
    ]
    every = [word for part in parts for word in part.words]
    place = np.concatenate(places)
    shown, at = np.unique(place[place >= 0], return_inverse=True)
    words: Any = pd.array([every[number] for number in shown.tolist()], dtype=_TEXT)
    within = np.full(len(place), -1)
    within[place >= 0] = at
    columns["word"] = words.take(within, allow_fill=True)
    columns["measure"] = _labels([settings.measure], np.array([sizes.sum()]))
    with np.errstate(divide="ignore", invalid="ignore"):
        for side in ("", "_other"):
            columns["rate" + side] = columns["k" + side] * _PER / columns["n" + side]
        columns["log_ratio"] = np.log2(columns["rate"] / columns["rate_other"])
    refused = np.repeat(["place" not in block for block in only], sizes)
    columns["log_ratio"][refused] = np.nan
    columns["low"] = columns["high"] = columns["se"]
    if settings.measure == "log_odds":
        half = columns["se"] * _quantile(settings.level)
        columns["low"] = columns["estimate"] - half
        columns["high"] = columns["estimate"] + half
    return conform(pd.DataFrame(columns, copy=False), WORD_COMPARISON)


def _labels(values: list[str], sizes: Any) -> Any:
    """Give each block its label, in all of its rows."""
    labels: Any = pd.array(values, dtype=_TEXT)
    return labels.take(np.repeat(np.arange(len(values)), sizes))


def _joined(name: str, blocks: list[dict[str, Any]], missing: float) -> Any:
    """Join the values of a column, one for a comparison that was refused."""
    return np.concatenate(
        [
            block.get(name, np.full(len(block.get("place", (0,))), missing, dtype=np.float64))
            for block in blocks
        ]
    )


def _quantile(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))
