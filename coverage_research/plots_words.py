"""The figures of wording: distinctive words, labels of actors, tone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from coverage_research.plots import (
    GREY,
    INK,
    MARKERS,
    OKABE_ITO,
    PALE,
    SMALL,
    axes,
    dots,
    finish,
    labels,
    no_interval,
    nothing,
    share_axis,
    shorten,
)
from coverage_research.schema import ESTIMATE, SchemaError, require_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

_WORDS: Final = ("group", "other", "word", "k", "k_other", "n", "n_other", "measure", "estimate")
_TONE: Final = ("lexicon", "agreement", *ESTIMATE)
_LABELS: Final = ("target", "label", "k", *ESTIMATE)
_NOT_GROUPS: Final = (*_LABELS, *_TONE, "form", "outlet_name")
_LEXICONS: Final = {
    "vader": ("VADER", OKABE_ITO["blue"], MARKERS[0]),
    "pattern": ("Pattern", OKABE_ITO["vermilion"], MARKERS[2]),
}
_MEASURES: Final = {
    "log_odds": "log-odds ratio of the word, in natural log units",
    "g2": "signed log-likelihood ratio G2",
    "chi2": "signed chi-square",
}
_ROW: Final = 0.2


def plot_words(compared: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the words that set each group apart, with their intervals.

    One row per word, under the group that it is typical of; beside it how often the group and the
    other side use it. Filled dots have an adjusted p of .05 or less.

    Parameters
    ----------
    compared : DataFrame
        From `compare_words(..., most=...)`; drawn as it is, in its order. Comparisons that were
        refused are named below the figure. A column outlet_name, if any, is shown instead of group.
    ax : Axes, optional
        Where to draw; a new figure by default, as large as the table needs.

    Returns
    -------
    Axes

    Raises
    ------
    SchemaError
        If columns are missing, or the rows are of several measures.

    References
    ----------
    Monroe, B. L., Colaresi, M. P. & Quinn, K. M. (2008). Fightin' words. *Political Analysis*
    16(4), 372-403.

    Examples
    --------
    >>> from coverage_research.keyness_scores import WORD_COMPARISON
    >>> from coverage_research.schema import empty
    >>> plot_words(empty(WORD_COMPARISON)).texts[0].get_text()
    'nothing to draw: no groups'
    >>> import matplotlib.pyplot as plt
    >>> plt.close("all")
    """
    require_columns(compared, [*_WORDS, "low", "high", "q", "reason"], "compared (compare_words)")
    if len(set(compared["measure"])) > 1:
        raise SchemaError("compared: expected one measure; found several. Take the rows of one.")
    table = compared[compared["word"].notna()].reset_index(drop=True)
    refused = compared[compared["word"].isna()]
    told = _refusals(refused)
    if table.empty:
        return finish(nothing(axes(ax, 6, 2), told or "no groups"), compared)
    first = table.drop_duplicates(["group", "other"])
    heads = [
        f"{shorten(name, 30)} (n = {row.n:,})"
        + ("" if row.other == "rest" else f" against {shorten(row.other, 30)}")
        for name, row in zip(_shown_groups(first), first.itertuples(), strict=True)
    ]
    counts = [f"{k:,} : {other:,}" for k, other in zip(table["k"], table["k_other"], strict=True)]
    ax, heights = _listing(
        _sized(ax, len(table), len(heads)),
        table["word"].tolist(),
        heads,
        first.index.tolist(),
        counts,
    )
    ax.axvline(0, color=GREY, lw=0.8, zorder=1)
    lines = table["low"].notna()
    ax.hlines(heights[lines], table.loc[lines, "low"], table.loc[lines, "high"], color=GREY, lw=1.3)
    sure = (table["q"] <= 0.05).to_numpy()
    for filled in (True, False):
        rows = sure == filled
        ax.scatter(
            table.loc[rows, "estimate"],
            heights[rows],
            s=26,
            facecolors=OKABE_ITO["blue"] if filled else "white",
            edgecolors=OKABE_ITO["blue"],
            linewidths=1.2,
            zorder=3,
        )
    measure = str(table["measure"].iloc[0])
    ax.set_xlabel(
        _MEASURES.get(measure, measure) + ("; line: 95 % interval" if lines.any() else ""),
        fontsize=SMALL,
    )
    notes = [
        "Right: times in the group : on the other side. n: words of the group.",
        "Filled: q of .05 or less; words of one text are not independent, so read q as an order.",
        told,
    ]
    return _without_spine(finish(ax, compared, notes=notes))


def plot_labels(shares: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw what each outlet puts before an actor.

    One row per outlet under each label, with the share of its articles about the actor that use it.

    Parameters
    ----------
    shares : DataFrame
        From `label_shares`; drawn as it is, in its order.
    ax : Axes, optional
        Where to draw; a new figure by default, as large as the table needs.

    Returns
    -------
    Axes

    Raises
    ------
    SchemaError
        If columns are missing.

    References
    ----------
    Hamborg, F., Zhukova, A. & Gipp, B. (2019). Automated identification of media bias by word
    choice and labeling in news articles. *JCDL 2019*, 196-205.

    Examples
    --------
    >>> from coverage_research.schema import empty
    >>> nothing_found = empty({"target": "str", "label": "str", "k": "int64", **ESTIMATE})
    >>> plot_labels(nothing_found).texts[0].get_text()
    'nothing to draw: no labels'
    >>> import matplotlib.pyplot as plt
    >>> plt.close("all")
    """
    require_columns(shares, _LABELS, "shares (from label_shares)")
    table = shares.reset_index(drop=True)
    if table.empty:
        return finish(nothing(axes(ax, 6, 2), "no labels"), shares)
    first = table.drop_duplicates(["target", "label"])
    shown = first["form"].fillna(first["label"]) if "form" in first.columns else first["label"]
    heads = [
        f"\u201c{shorten(label, 36)}\u201d before {shorten(target, 30)}"
        for label, target in zip(shown, first["target"], strict=True)
    ]
    counts = [f"{k:,}/{n:,}" for k, n in zip(table["k"], table["n"], strict=True)]
    ax, heights = _listing(
        _sized(ax, len(table), len(heads)), _groups(table), heads, first.index.tolist(), counts
    )
    share_axis(ax)
    dots(ax, table, heights.tolist(), size=24)
    line = "; line: 95 % interval" if table["low"].notna().any() else ""
    ax.set_xlabel(f"Articles about the actor that use the label{line}", fontsize=SMALL)
    notes = ["Right: with the label / all.", no_interval(shares)]
    return _without_spine(finish(ax, shares, notes=notes))


def plot_tone(compared: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the mean tone of each outlet by both lexicons.

    Two marks per row, never one: where they disagree, the tone is one of the word list.

    Parameters
    ----------
    compared : DataFrame
        From `compare_tone`; drawn as it is, in its order.
    ax : Axes, optional
        Where to draw; a new figure by default, as large as the table needs.

    Returns
    -------
    Axes

    Raises
    ------
    SchemaError
        If columns are missing, or a lexicon is not known.

    References
    ----------
    van Atteveldt, W., van der Velden, M. & Boukes, M. (2021). The validity of sentiment analysis.
    *Communication Methods and Measures* 15(2), 121-140.

    Examples
    --------
    >>> from coverage_research.schema import empty
    >>> nothing_found = empty({"lexicon": "str", "agreement": "float64", **ESTIMATE})
    >>> plot_tone(nothing_found).texts[0].get_text()
    'nothing to draw: no articles with text'
    >>> import matplotlib.pyplot as plt
    >>> plt.close("all")
    """
    require_columns(compared, _TONE, "compared (from compare_tone)")
    table = compared.reset_index(drop=True)
    if table.empty:
        return finish(nothing(axes(ax, 6, 2), "no articles with text"), compared)
    unknown = sorted(set(table["lexicon"]) - set(_LEXICONS))
    if unknown:
        raise SchemaError(
            f"compared: expected the lexicons {', '.join(_LEXICONS)}; found {', '.join(unknown)}"
        )
    by = _by(table, (*_TONE, "outlet_name"))
    row = table.groupby(by, dropna=False, sort=False).ngroup().to_numpy()
    heads = table.loc[~pd.Series(row).duplicated()]
    names = [
        f"{name}  n={n}  agree {agree:.0%}"
        for name, n, agree in zip(
            labels(_groups(heads), 28), heads["n"], heads["agreement"], strict=True
        )
    ]
    n_rows = len(names)
    ax = axes(ax, 6.6, 1.5 + 0.3 * n_rows)
    ax.axvspan(-0.05, 0.05, color="#F0F0F0", zorder=0)
    ax.axvline(0, color=GREY, lw=0.8, zorder=1)
    for number, (lexicon, (name, colour, marker)) in enumerate(_LEXICONS.items()):
        of = table["lexicon"].eq(lexicon).to_numpy()
        heights = row[of] + (-0.14 if number == 0 else 0.14)
        dots(ax, table[of], heights.tolist(), colour=colour, marker=marker, size=26, label=name)
    ax.set_yticks(range(n_rows), names, fontsize=SMALL)
    ax.set_ylim(n_rows - 0.4, -0.6)
    ax.tick_params(axis="x", labelsize=SMALL)
    bounds = np.nanmax(np.abs(table[["estimate", "low", "high"]].to_numpy(dtype=np.float64)))
    reach = min(1.0, np.ceil(max(bounds, 0.2) * 4) / 4)
    ax.set_xlim(-reach, reach)
    line = "; line: 95 % interval" if table["low"].notna().any() else ""
    ax.set_xlabel(f"Mean tone of the articles, scale -1 to 1{line}", fontsize=SMALL)
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=SMALL)
    notes = [
        "Grey band: neutral. Agree: articles in which both lexicons see the same sign.",
        no_interval(compared),
    ]
    return finish(ax, compared, notes=notes)


def _without_spine(ax: Axes) -> Axes:
    """Take away the line that would run through the headings."""
    ax.spines["left"].set_visible(False)
    return ax


def _sized(ax: Axes | None, n_rows: int, n_heads: int) -> Axes:
    return axes(ax, 6.6, 1.5 + _ROW * (n_rows + 1.2 * n_heads))


def _listing(
    ax: Axes,
    names: Sequence[Any],
    heads: Sequence[str],
    starts: Sequence[int],
    right: Sequence[str],
) -> tuple[Axes, Any]:
    """Lay out rows under headings, with a text to the right of each; heights of the rows."""
    heights = np.arange(len(names), dtype=np.float64)
    for start in starts:
        heights[start:] += 1.2
    ax.set_yticks(heights, labels(list(names), 34), fontsize=SMALL)
    ax.set_ylim(heights[-1] + 0.7, -0.5)
    for start, head in zip(starts, heads, strict=True):
        ax.annotate(
            head,
            (0, heights[start] - 1),
            xycoords=ax.get_yaxis_transform(),
            xytext=(-4, 0),
            textcoords="offset points",
            ha="left",
            va="center",
            fontsize=SMALL,
            fontweight="bold",
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
            annotation_clip=False,
        )
    for height, told in zip(heights, right, strict=True):
        ax.annotate(
            told,
            (1, height),
            xycoords=ax.get_yaxis_transform(),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL - 1,
            color=INK,
            annotation_clip=False,
        )
    ax.hlines(heights, 0, 1, color=PALE, lw=0.5, zorder=0, transform=ax.get_yaxis_transform())
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", labelsize=SMALL)
    return ax, heights


def _by(table: pd.DataFrame, known: Sequence[str]) -> list[str]:
    """Columns that name the groups: those that no measure made."""
    return [str(name) for name in table.columns if name not in known]


def _groups(table: pd.DataFrame) -> list[str]:
    """Name of the group in each row."""
    by = _by(table, _NOT_GROUPS)
    shown = table[by].astype("str").fillna("(none)")
    if "outlet_name" in table.columns and "outlet" in by:
        shown["outlet"] = table["outlet_name"].fillna(shown["outlet"])
    return [" / ".join(row) for row in shown.itertuples(index=False)]


def _shown_groups(compared: pd.DataFrame) -> pd.Series:
    """What the groups are called."""
    if "outlet_name" not in compared.columns:
        return compared["group"]
    return compared["outlet_name"].fillna(compared["group"])


def _refusals(refused: pd.DataFrame) -> str:
    """One sentence on the comparisons that were not made."""
    if refused.empty:
        return ""
    reasons = refused["reason"].value_counts()
    names = ", ".join(shorten(name, 24) for name in _shown_groups(refused).head(4))
    more = f" and {len(refused) - 4} more" if len(refused) > 4 else ""
    return f"Not compared: {names}{more} ({shorten(reasons.index[0], 120)})."
