"""The figure of articles by frames in the order of time."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from coverage_research.plots import GREY, INK, SMALL, axes, finish, labels, nothing, room, shorten
from coverage_research.schema import SchemaError, require_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Places = npt.NDArray[np.integer[Any]]

_NEEDED: Final = ("row", "published_at", "frame", "label", "n", "n_articles", "k", "words")
#: One hue from pale to dark, apart also in grey and for every common colour blindness.
_SHADES: Final = ("#FFFFFF", "#C6DBEF", "#6BAED6", "#2171B5")
_NAMES: Final = ("1", "2", "3 or more")
_CELL: Final = 0.86
_LINE: Final = 0.33
_THIN: Final = 0.115


def plot_frame_matrix(matrix: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw which article speaks in which frames, in the order of time.

    Where each row is an article, a cell shows the most frequent words of its matches, and its shade
    how many there are. Where articles share a row, the shade is their share that carries the frame.

    Parameters
    ----------
    matrix : DataFrame
        From `frame_matrix`; drawn as it is, in its order.
    ax : Axes, optional
        Where to draw; a new figure by default, as large as the table needs.

    Returns
    -------
    Axes

    Raises
    ------
    SchemaError
        If columns are missing, or a row has two cells for one frame.

    References
    ----------
    Bertin, J. (1983). *Semiology of Graphics*. University of Wisconsin Press.

    Examples
    --------
    >>> from coverage_research.frame_matrix import MATRIX
    >>> from coverage_research.schema import empty
    >>> plot_frame_matrix(empty(MATRIX)).texts[0].get_text()
    'nothing to draw: no articles'
    >>> import matplotlib.pyplot as plt
    >>> plt.close("all")
    """
    require_columns(matrix, _NEEDED, "matrix (from frame_matrix)")
    table = matrix.reset_index(drop=True)
    if table.empty:
        return finish(nothing(axes(ax, 6, 2), "no articles"), matrix)
    row, _ = pd.factorize(table["row"])
    column, frames = pd.factorize(table["frame"])
    if pd.DataFrame({"row": row, "column": column}).duplicated().any():
        raise SchemaError("matrix: expected one cell per row and frame; some are repeated")
    heads = table.drop_duplicates("row").reset_index(drop=True)
    n_rows, n_columns = len(heads), len(frames)
    alone = bool((table["n"] <= 1).all())
    names = _names(heads) if alone else _times(heads)
    beside = 0.3 + max(map(len, names)) * SMALL * 0.55 / 72
    ax = axes(
        ax,
        beside + _CELL * n_columns + (0.0 if alone else 1.2),
        1.4 + (_LINE if alone else _THIN) * n_rows,
    )
    inches = max((room(ax) - beside - (0.0 if alone else 1.2)) / n_columns, 0.3)
    if alone:
        _cells(ax, table["k"].clip(upper=len(_SHADES) - 1), row, column)
        _words(ax, table, row, column, int(inches * 72 / (SMALL - 1.5) / 0.55))
        ax.set_yticks(range(n_rows), names, fontsize=SMALL, color=INK)
        ax.set_yticks(np.arange(n_rows - 1) + 0.5, minor=True)
        note = "In each cell the most frequent words, and how many others."
    else:
        _shares(ax, table["n_articles"] / table["n"], row, column)
        step = max(1, round(n_rows / 12))
        ax.set_yticks(range(0, n_rows, step), names[::step], fontsize=SMALL, color=INK)
        low, high = int(heads["n"].min()), int(heads["n"].max())
        ax.set_ylabel("first article of the row (UTC)", fontsize=SMALL, color=INK)
        each = f"{high:,}" if low == high else f"{high:,} (the last {int(heads['n'].iloc[-1]):,})"
        note = (
            f"{int(heads['n'].sum()):,} articles in the order of time, {each} in each row; "
            "rows do not last equally long."
        )
    first = table.drop_duplicates("frame")
    signs = max(8, int(inches * 72 / (SMALL - 1) / 0.56))
    titles = [
        "\n".join(textwrap.wrap(shorten(label, 40), signs, break_long_words=False))
        for label in first["label"].fillna(first["frame"])
    ]
    ax.set_xticks(range(n_columns), titles, fontsize=SMALL - 1, color=INK)
    ax.tick_params(axis="x", top=True, bottom=False, labeltop=True, labelbottom=False)
    ax.set_xticks(np.arange(n_columns - 1) + 0.5, minor=True)
    ax.grid(which="minor", color="#E8E8E8", lw=0.6)
    ax.tick_params(which="minor", length=0)
    finish(ax, matrix, notes=[note])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
    return ax


def _cells(ax: Axes, shade: pd.Series, row: Places, column: Places) -> None:
    """Shade the cells of articles, with a key of what the shades mean."""
    picture = np.zeros((row.max() + 1, column.max() + 1))
    picture[row, column] = shade
    ax.imshow(picture, cmap=ListedColormap(_SHADES), vmin=0, vmax=len(_SHADES) - 1, aspect="auto")
    ax.legend(
        handles=[
            Patch(facecolor=colour, label=name, edgecolor=GREY, lw=0.4)
            for colour, name in zip(_SHADES[1:], _NAMES, strict=True)
        ],
        title="matches of the frame in the article",
        alignment="left",
        fontsize=SMALL - 0.5,
        title_fontsize=SMALL - 0.5,
        ncols=3,
        loc="upper right",
        bbox_to_anchor=(0, 0),
        frameon=False,
        borderaxespad=0.2,
        handlelength=1.2,
    )


def _shares(ax: Axes, share: pd.Series, row: Places, column: Places) -> None:
    """Shade the cells of rows of several articles by share, with a scale."""
    picture = np.zeros((row.max() + 1, column.max() + 1))
    picture[row, column] = share
    highest = max(float(share.max()), 0.01)
    drawn = ax.imshow(
        picture,
        cmap=LinearSegmentedColormap.from_list("blues", [*_SHADES, "#08306B"]),
        vmin=0,
        vmax=highest,
        aspect="auto",
        interpolation="nearest",
    )
    figure = ax.get_figure(root=True)
    if isinstance(figure, Figure):
        scale = figure.colorbar(drawn, ax=ax, fraction=0.03, pad=0.02, format=PercentFormatter(1.0))
        scale.set_label("share with the frame", fontsize=SMALL)
        scale.ax.tick_params(labelsize=SMALL, length=0)
        scale.outline.set_visible(False)


def _words(ax: Axes, table: pd.DataFrame, row: Places, column: Places, signs: int) -> None:
    """Write the first words of each cell, and how many more there are."""
    for place in np.flatnonzero(table["k"] > 0):
        told, *more = str(table["words"].iloc[place]).split(", ")
        rest = f" +{len(more)}" if more else ""
        lines = textwrap.wrap(shorten(told, 2 * signs - len(rest) - 2) + rest, max(signs, 6))
        ax.text(
            column[place],
            row[place],
            "\n".join(lines[:2]),
            ha="center",
            va="center",
            fontsize=SMALL - 1.5,
            linespacing=0.95,
            color="white" if table["k"].iloc[place] >= len(_SHADES) - 1 else "#1A1A1A",
        )


def _names(heads: pd.DataFrame) -> list[str]:
    """Outlet and time of each article, and of a stamp that gives only the day no more than that."""
    outlets = heads["article_id"]
    for name in ("outlet", "outlet_name"):
        if name in heads.columns:
            outlets = heads[name].fillna(outlets)
    times = heads["published_at"].dt.strftime("%Y-%m-%d %H:%M")
    if "published_precision" in heads.columns:
        precision = heads["published_precision"]
        times = times.where(precision.isna() | precision.eq("minute"), _days(heads))
    times = times.fillna("no time")
    shown = labels(outlets.tolist(), 26)
    return [f"{name}  {time}" for name, time in zip(shown, times, strict=True)]


def _times(heads: pd.DataFrame) -> list[str]:
    """Day of the first article of each row."""
    return [str(day) for day in _days(heads).fillna("no time")]


def _days(heads: pd.DataFrame) -> pd.Series:
    days: pd.Series = heads["published_at"].dt.strftime("%Y-%m-%d")
    return days
