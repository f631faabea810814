"""The figure of blind spots: which outlet covered which story, and which absences are notable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from coverage_research.plots import (
    GREY,
    OKABE_ITO,
    SMALL,
    axes,
    finish,
    foot,
    labels,
    nothing,
    shorten,
)
from coverage_research.schema import SchemaError, require_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NEEDED: Final = ("story_id", "state", "expected", "is_notable")
_STATES: Final = ("absent", "covered", "outside")
_SHADES: Final = ("#FFFFFF", OKABE_ITO["blue"], "#DDDDDD")
_WORDS: Final = {
    "covered": "covered",
    "absent": "not covered",
    "outside": "outside its known time",
}
_NOT_GROUPS: Final = frozenset(
    (*_NEEDED, "outlet_name", "covered", "residual", "p", "q", "n_stories", "n_outlets", "reason")
)
#: More cells than this have no number.
_NUMBERED: Final = 400


def plot_blind_spots(
    cells: pd.DataFrame, *, titles: pd.Series | None = None, ax: Axes | None = None
) -> Axes:
    """Draw stories by outlets: covered, not covered, and where that is notable.

    Outlets stand in the order of the table, as do stories. In a white cell the number is the
    probability, in per cent, with which the outlet would have been expected there; a notable
    absence has a cross.

    Parameters
    ----------
    cells : DataFrame
        From `blind_spots` with `all_cells=True`; drawn as it is.
    titles : Series, optional
        What to call each story, on story_id.
    ax : Axes, optional
        Where to draw; a new figure by default, as large as the table needs.

    Returns
    -------
    Axes

    Raises
    ------
    SchemaError
        If columns are missing, or a story and group have two rows.

    References
    ----------
    Bertin, J. (1983). *Semiology of Graphics*. University of Wisconsin Press.

    Examples
    --------
    >>> from coverage_research.schema import empty
    >>> ax = plot_blind_spots(empty({name: "str" for name in (*_NEEDED, "outlet")}))
    >>> ax.texts[0].get_text()
    'nothing to draw: no story and outlet'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    require_columns(cells, _NEEDED, "cells (from blind_spots)")
    table = cells.reset_index(drop=True)
    if table.empty:
        return finish(nothing(axes(ax, 6, 2), "no story and outlet"), cells)
    by = next(str(name) for name in table.columns if name not in _NOT_GROUPS)
    if table.duplicated(["story_id", by]).any():
        raise SchemaError(f"cells: expected one row per story and {by}; some are repeated")
    row, groups = pd.factorize(table[by], sort=False)
    column, stories = pd.factorize(table["story_id"], sort=True)
    n_rows, n_columns = len(groups), len(stories)
    name = table["outlet_name"].fillna(table[by]) if "outlet_name" in table.columns else table[by]
    names = labels(name.groupby(row).first().tolist(), 30)
    beside = 0.3 + max(map(len, names)) * SMALL * 0.56 / 72
    wide = 0.6 if n_columns <= 12 else 0.3 if n_columns <= 30 else 0.16
    high = 0.27 if n_rows <= 30 else 0.16
    ax = axes(ax, max(beside + wide * n_columns + 2.4, 6.2), 2.0 + high * n_rows)
    picture = np.full((n_rows, n_columns), np.nan)
    picture[row, column] = table["state"].map(_STATES.index).to_numpy()
    ax.imshow(picture, cmap=ListedColormap(_SHADES), vmin=0, vmax=2, aspect="auto")
    notable = table["is_notable"].fillna(value=False).astype(bool).to_numpy()
    if len(table) <= _NUMBERED:
        _numbers(ax, table, row, column, notable)
    ax.scatter(
        column[notable],
        row[notable],
        marker="x",
        s=26 if len(table) <= _NUMBERED else 10,
        color=OKABE_ITO["vermilion"],
        linewidths=1.4,
        zorder=4,
    )
    told = pd.Series(stories).map(titles) if titles is not None else pd.Series(stories)
    heads = [shorten(title, 34) for title in told.fillna(pd.Series(stories))]
    step = max(1, round(n_columns / 40))
    ax.set_xticks(range(0, n_columns, step), heads[::step], fontsize=SMALL - 1, rotation=40)
    for label in ax.get_xticklabels():
        label.set_horizontalalignment("left")
        label.set_rotation_mode("anchor")
    ax.tick_params(axis="x", top=True, bottom=False, labeltop=True, labelbottom=False)
    ax.set_yticks(range(n_rows), names, fontsize=SMALL)
    ax.set_xticks(np.arange(n_columns - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(n_rows - 1) + 0.5, minor=True)
    ax.grid(which="minor", color="#E0E0E0", lw=0.5)
    ax.tick_params(which="minor", length=0, top=False)
    _key(ax, table, n_notable=int(notable.sum()))
    finish(ax, cells)
    chance = cells.attrs.get("by_chance")
    expected = f" ({chance:.1f} expected by chance)" if chance is not None else ""
    plural = "" if notable.sum() == 1 else "s"
    notes = [
        "Number: probability of coverage in %, given how much outlet and story are covered.",
        f"{int(notable.sum())} notable absence{plural}{expected}.",
    ]
    foot(ax, notes, below=22 if any(text.get_gid() for text in ax.texts) else 6)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
    return ax


def _numbers(ax: Axes, table: pd.DataFrame, row: Any, column: Any, notable: Any) -> None:
    """Write into white cells how probable coverage was."""
    for cell in np.flatnonzero(table["state"].eq("absent") & table["expected"].notna() & ~notable):
        ax.text(
            column[cell],
            row[cell],
            f"{table['expected'].iloc[cell] * 100:.0f}",
            ha="center",
            va="center",
            fontsize=SMALL - 1.5,
            color=GREY,
        )


def _key(ax: Axes, table: pd.DataFrame, *, n_notable: int) -> None:
    handles: list[Any] = [
        Patch(facecolor=shade, edgecolor=GREY, lw=0.4, label=_WORDS[state])
        for state, shade in zip(_STATES, _SHADES, strict=True)
        if table["state"].eq(state).any()
    ]
    if n_notable:
        handles.append(
            ax.scatter([], [], marker="x", color=OKABE_ITO["vermilion"], label="notable absence")
        )
    ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        frameon=False,
        fontsize=SMALL - 0.5,
        handlelength=1.2,
        columnspacing=1.2,
    )
