"""The figure of sourcing: who repeats or credits whom, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coverage_research.plots import (
    INK,
    PALE,
    SMALL,
    axes,
    dots,
    finish,
    in_order,
    labels,
    no_interval,
    nothing,
    order_open,
    set_spots,
    share_axis,
    tie_look,
)
from coverage_research.schema import ESTIMATE, require_columns

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_NEEDED: Final = ("outlet", "outlet_name", "other_outlet", "other_name", "verdict", "k", *ESTIMATE)
_DRAWS_ON: Final = "\N{LEFTWARDS ARROW}"
_NO_ORDER: Final = "\N{EN DASH}"


def plot_reuse(shares: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw what share of an outlet's articles repeats or credits another outlet.

    One row per later outlet, earlier outlet (behind the arrow) and verdict, with the number of
    articles at the right. A dash stands for the arrow where nobody knows which was earlier. A
    hollow mark has no interval.

    Parameters
    ----------
    shares : DataFrame
        From `reuse_shares`; drawn as it is, in its order.
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
    Cleveland, W. S. & McGill, R. (1984). Graphical perception. *Journal of the American
    Statistical Association* 79(387), 531-554.

    Examples
    --------
    >>> from coverage_research.schema import empty
    >>> ax = plot_reuse(empty({name: "str" for name in _NEEDED}))
    >>> ax.texts[0].get_text()
    'nothing to draw: no outlet repeats another'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    require_columns(shares, _NEEDED, "shares (from reuse_shares)")
    table = shares.reset_index(drop=True)
    if table.empty:
        ax = nothing(axes(ax, 6, 2), "no outlet repeats another")
        return finish(ax, shares)
    n_rows = len(table)
    dense = n_rows > 25
    ax = axes(ax, 7.2, 1.5 + (0.21 if dense else 0.29) * n_rows)
    ax.hlines(range(n_rows), 0, 1, color=PALE, lw=0.6, zorder=0)
    shown = in_order(table["verdict"])
    for verdict in shown:
        look = tie_look(verdict)
        rows = table[table["verdict"] == verdict]
        dots(
            ax,
            rows,
            rows.index.tolist(),
            colour=look.colour,
            marker=look.marker,
            size=22 if dense else 36,
            label=look.words,
        )
    for height, (k, n) in enumerate(zip(table["k"], table["n"], strict=True)):
        ax.text(
            1.02,
            height,
            f"{k} of {n}",
            transform=ax.get_yaxis_transform(),
            va="center",
            fontsize=SMALL - (dense * 0.5),
            color=INK,
        )
    pairs = zip(
        labels(table["outlet_name"].tolist(), 26),
        labels(table["other_name"].tolist(), 26),
        order_open(table),
        strict=True,
    )
    names = [
        f"{later} {_NO_ORDER if unknown else _DRAWS_ON} {earlier}"
        for later, earlier, unknown in pairs
    ]
    ax.set_yticks(range(n_rows), names, fontsize=SMALL - (dense * 0.5))
    ax.set_ylim(n_rows - 0.5, -0.5)
    set_spots(ax, 0.0, 1.0, table.index - 0.5, table.index + 0.5)
    share_axis(ax)
    ax.tick_params(axis="x", labelsize=SMALL)
    line = "; line: 95 % interval" if table["low"].notna().any() else ""
    ax.set_xlabel(f"Share of the articles of the outlet named first{line}", fontsize=SMALL)
    ax.legend(
        loc="lower right",
        bbox_to_anchor=(1.01, 1.0),
        ncols=min(len(shown), 3),
        frameon=False,
        fontsize=SMALL,
        handletextpad=0.2,
        columnspacing=1.2,
        borderaxespad=0.2,
    )
    finish(ax, shares, notes=[no_interval(shares)])
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax
