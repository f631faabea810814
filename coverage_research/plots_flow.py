"""The figure of news flow: whose items are followed by whom, as a matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap

from coverage_research.plots import (
    GREY,
    INK,
    SMALL,
    axes,
    finish,
    foot,
    labels,
    no_interval,
    nothing,
    room,
)
from coverage_research.schema import ESTIMATE, SchemaError, require_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

_NEEDED: Final = ("outlet", "other_outlet", "direction", "first_only", "k", *ESTIMATE)
#: Direction to the words at the rows, at the columns, and of what a cell is the share.
_WORDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "from": ("earlier", "later", "items of the row's outlet that the column's outlet followed"),
    "to": ("later", "earlier", "items of the row's outlet that followed the column's outlet"),
}
#: One hue from white to dark; its darkness alone tells the share.
_SHADES: Final = LinearSegmentedColormap.from_list(
    "blues", ["#FFFFFF", "#C6DBEF", "#6BAED6", "#2171B5", "#08306B"]
)
_CELL: Final = 0.62
#: More outlets than this have no numbers in their cells.
_NUMBERED: Final = 14


def plot_flow(shares: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw which share of an outlet's items another outlet follows, or followed.

    One row and one column per outlet. A cell's darkness is the share, and its number says it in
    per cent, with the interval below it where there is one. The scale ends at the largest share,
    which is written beside it. Cells of an outlet with itself are crossed out.

    Parameters
    ----------
    shares : DataFrame
        From `flow_shares`, of one direction and one kind of match; drawn as it is, in its order.
    ax : Axes, optional
        Where to draw; a new figure by default, as large as the table needs.

    Returns
    -------
    Axes

    Raises
    ------
    SchemaError
        If columns are missing, or a pair of outlets has several rows.

    References
    ----------
    Bertin, J. (1983). *Semiology of Graphics*. University of Wisconsin Press.

    Examples
    --------
    >>> from coverage_research.schema import empty
    >>> ax = plot_flow(empty({name: "str" for name in _NEEDED}))
    >>> ax.texts[0].get_text()
    'nothing to draw: no outlet follows another'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    require_columns(shares, _NEEDED, "shares (from flow_shares)")
    table = shares.reset_index(drop=True)
    if table.empty:
        return finish(nothing(axes(ax, 6, 2), "no outlet follows another"), shares)
    if table.duplicated(["outlet", "other_outlet"]).any():
        raise SchemaError(
            "shares: expected one row per pair of outlets; found several. Keep one direction and "
            "one value of first_only, such as shares[shares['direction'].eq('from')]."
        )
    names = _outlets(table)
    place = {outlet: number for number, outlet in enumerate(names)}
    row, column = table["outlet"].map(place), table["other_outlet"].map(place)
    size = len(names)
    picture = np.full((size, size), np.nan)
    picture[row, column] = table["estimate"]
    shown = labels(list(names.values()), 24)
    beside = 0.3 + max(map(len, shown)) * SMALL * 0.56 / 72
    ax = axes(ax, beside + 1.0 + _CELL * size, beside * 0.75 + 1.0 + _CELL * 0.72 * size)
    highest = max(float(np.nanmax(picture, initial=0.0)), 0.01)
    ax.imshow(picture, cmap=_SHADES, vmin=0, vmax=highest, aspect="auto")
    for number in range(size):
        ax.plot([number - 0.5, number + 0.5], [number - 0.5, number + 0.5], color="#D0D0D0", lw=0.7)
    inches = max((room(ax) - beside - 1.0) / size, 0.1)
    if size <= _NUMBERED and inches > 0.4:
        _numbers(ax, table, row.to_numpy(), column.to_numpy(), highest)
    direction = str(table["direction"].iloc[0])
    at_rows, at_columns, what = _WORDS.get(direction, ("outlet", "other outlet", "share"))
    ax.set_xticks(range(size), shown, fontsize=SMALL, rotation=45, ha="left", color=INK)
    ax.set_yticks(range(size), _counted(shown, table, names), fontsize=SMALL, color=INK)
    ax.tick_params(top=True, bottom=False, labeltop=True, labelbottom=False, length=0)
    ax.set_xticks(np.arange(size - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(size - 1) + 0.5, minor=True)
    ax.grid(which="minor", color="#E8E8E8", lw=0.6)
    ax.tick_params(which="minor", length=0, top=False)
    ax.set_ylabel(f"{at_rows} (rows)", fontsize=SMALL, color=INK)
    ax.xaxis.set_label_position("top")
    ax.set_xlabel(f"{at_columns} (columns)", fontsize=SMALL, color=INK)
    first = " by its first match" if bool(table["first_only"].iloc[0]) else ""
    interval = "; below it the 95 % interval" if table["low"].notna().any() else ""
    found = bool((picture > 0).any())
    darkest = f"Darkest: {highest:.0%}." if found else "No pair found."
    scale = f"Cell: {what}{first}, in % of the row's n{interval}. {darkest}"
    why = no_interval(shares).replace("Hollow: no", "No")
    finish(ax, shares)
    foot(ax, [scale, why], below=22 if any(text.get_gid() for text in ax.texts) else 6)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
    return ax


def _outlets(table: pd.DataFrame) -> dict[str, str]:
    """Outlets in the order of their rows, those that are columns only behind them, with names."""
    named: dict[str, str] = {}
    for outlet, name in (("outlet", "outlet_name"), ("other_outlet", "other_name")):
        shown = table[name] if name in table.columns else table[outlet]
        for key, value in zip(table[outlet], shown.fillna(table[outlet]), strict=True):
            named.setdefault(str(key), str(value))
    return named


def _counted(shown: list[str], table: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    """Labels of the rows, each with its number of items."""
    sizes = table.drop_duplicates("outlet").set_index("outlet")["n"]
    return [
        f"{label}  n={sizes[outlet]:,}" if outlet in sizes.index else label
        for label, outlet in zip(shown, names, strict=True)
    ]


def _numbers(ax: Axes, table: pd.DataFrame, row: Any, column: Any, highest: float) -> None:
    """Write shares and intervals, in white where the cell is dark."""
    known = (table["low"].notna() & table["high"].notna()).to_numpy()
    for cell, (share, low, high) in enumerate(
        zip(table["estimate"], table["low"], table["high"], strict=True)
    ):
        if pd.isna(share):
            continue
        text = f"{share * 100:.0f}"
        if known[cell]:
            text += f"\n{low * 100:.0f}-{high * 100:.0f}"
        ax.text(
            column[cell],
            row[cell],
            text,
            ha="center",
            va="center",
            linespacing=1.0,
            fontsize=SMALL - 1,
            color="white" if share > 0.55 * highest else GREY if share == 0 else INK,
        )
