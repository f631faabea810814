"""The figure of who draws on whom: givers at the left, takers at the right, a band for each tie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from coverage_research.plots import (
    INK,
    SMALL,
    axes,
    finish,
    in_order,
    labels,
    nothing,
    order_open,
    tie_look,
)
from coverage_research.schema import require_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

_NEEDED: Final = ("outlet", "outlet_name", "other_outlet", "other_name", "verdict", "k")
_THICKEST: Final = 4.5
#: What stands above the bands: place, alignment, words.
_DIRECTED: Final = ((-0.02, "right", "is drawn on"), (1.02, "left", "draws on it"))
_OPEN: Final = ((0.5, "center", "order unknown: the sides say nothing of who was first"),)

#: Giver, taker, verdict, number of articles.
_Tie: TypeAlias = tuple[str, str, str, int]


def plot_network(shares: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the network of credits and reuse: who is drawn on at the left, by whom at the right.

    A network of outlets whose ties have a direction, drawn so that every name can be read: an
    outlet that gives and takes stands on both sides. The width of a band is the number of articles
    (its area grows with it), its colour and dashes the verdict. Both sides are ordered so that few
    bands cross. Ties of which nobody knows which side was earlier stand below the others, and their
    sides mean nothing.

    Parameters
    ----------
    shares : DataFrame
        From `reuse_shares`: one row per later outlet, earlier outlet and verdict.
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
    Sugiyama, K., Tagawa, S. & Toda, M. (1981). Methods for visual understanding of hierarchical
    system structures. *IEEE Transactions on Systems, Man and Cybernetics* 11(2), 109-125 (the order
    of both sides by barycentres).

    Examples
    --------
    >>> from coverage_research.schema import empty
    >>> ax = plot_network(empty({name: "str" for name in _NEEDED}))
    >>> ax.texts[0].get_text()
    'nothing to draw: no outlet draws on another'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    require_columns(shares, _NEEDED, "shares (from reuse_shares)")
    table = shares.reset_index(drop=True)
    if table.empty:
        return finish(nothing(axes(ax, 6, 2), "no outlet draws on another"), shares)
    unknown = order_open(table)
    parts = [_Part(rows, *_sides(rows)) for rows in (table[~unknown], table[unknown]) if len(rows)]
    # Each part has a line of words above it; a second one keeps apart from the first.
    length = sum(part.size for part in parts) + 1.3 * (len(parts) - 1)
    dense = length > 25
    ax = axes(ax, 7.2, 1.3 + (0.2 if dense else 0.3) * length)
    most = int(table["k"].max())
    font = SMALL - dense * 0.5
    top = 0.0
    for part in parts:
        _bands(ax, part, top, most)
        _ends(ax, part, top, font)
        _words(ax, top - 0.75, font, directed=not bool(unknown[part.rows.index].any()))
        top += part.size + 1.3
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(length - 0.4, -1.0)
    shown = [tie_look(verdict) for verdict in in_order(table["verdict"])]
    ax.legend(
        handles=[
            Line2D([], [], color=look.colour, ls=look.dashes, lw=2.2, label=look.words)
            for look in shown
        ],
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=min(len(shown), 3) or 1,
        frameon=False,
        fontsize=SMALL,
        handlelength=2.8,
    )  # fmt: skip
    one = "1 article" if most == 1 else f"{most:,} articles"
    finish(
        ax,
        shares,
        notes=[
            f"Width of a band: number of articles of the outlet at the right; widest: {one}.",
            "A tie is no proof of direction: the table has each verdict's rival explanation.",
        ],
    )
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_xticks([])
    ax.set_yticks([])
    return ax


class _Part(NamedTuple):
    """Ties that are drawn together, and the outlets of both sides with their names."""

    rows: pd.DataFrame
    left: dict[str, str]
    right: dict[str, str]

    @property
    def size(self) -> int:
        return max(len(self.left), len(self.right))

    def heights(self, top: float) -> tuple[dict[str, float], dict[str, float]]:
        """Where the outlets of both sides stand."""
        return _spread(list(self.left), self.size, top), _spread(list(self.right), self.size, top)


def _bands(ax: Axes, part: _Part, top: float, most: int) -> None:
    """Draw a band for each tie."""
    left, right = part.heights(top)
    ties = _ties(part.rows)
    starts, ends = _ports(ties, left, right, 0, 1), _ports(ties, right, left, 1, 0)
    sign = "-" if order_open(part.rows).any() else ">"
    for (giver, taker, verdict, k), start, end in zip(ties, starts, ends, strict=True):
        look = tie_look(verdict)
        path = Path(
            [(0, start), (0.4, start), (0.6, end), (1, end)],
            [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4],
        )
        band = PathPatch(
            path,
            fill=False,
            edgecolor=look.colour,
            lw=max(_THICKEST * k / most, 1.0),
            linestyle=look.dashes,
            alpha=0.85,
            capstyle="butt",
            label=f"_{giver} {sign} {taker}: {verdict} {k}",
        )
        ax.add_patch(band)


def _ends(ax: Axes, part: _Part, top: float, font: float) -> None:
    """Write the outlets at both ends of the bands."""
    for x, at, align, names, heights in zip(
        (-0.02, 1.02), (0, 1), ("right", "left"), part[1:], part.heights(top), strict=True
    ):
        shown = labels(list(names.values()), 30)
        for outlet, name in zip(names, shown, strict=True):
            height = heights[outlet]
            ax.plot([at], [height], "o", color=INK, ms=3, zorder=4)
            ax.text(x, height, name, ha=align, va="center", fontsize=font, color=INK)


def _words(ax: Axes, height: float, font: float, *, directed: bool) -> None:
    """Say above a part what its sides mean."""
    told = _DIRECTED if directed else _OPEN
    for x, align, words in told:
        ax.text(x, height, words, ha=align, va="center", fontsize=font, color=INK, style="italic")


def _sides(table: pd.DataFrame) -> tuple[dict[str, str], dict[str, str]]:
    """Givers and takers with their names, each ordered by where its ties lead."""
    matrix = table.pivot_table(
        index="other_outlet", columns="outlet", values="k", aggfunc="sum", fill_value=0
    )
    givers = matrix.sum(axis=1).sort_values(ascending=False, kind="stable").index
    takers = matrix.sum(axis=0).sort_values(ascending=False, kind="stable").index
    ties = matrix.loc[givers, takers].to_numpy(dtype="float64")
    left, right = np.arange(len(givers)), np.arange(len(takers))
    for _ in range(12):
        place = np.empty(len(left))
        place[left] = np.linspace(0, 1, len(left))
        right = np.argsort(place @ ties / ties.sum(axis=0), kind="stable")
        place = np.empty(len(right))
        place[right] = np.linspace(0, 1, len(right))
        left = np.argsort(ties @ place / ties.sum(axis=1), kind="stable")
    names = dict(zip(table["outlet"], table["outlet_name"].fillna(table["outlet"]), strict=True))
    others = table["other_name"].fillna(table["other_outlet"])
    named = dict(zip(table["other_outlet"], others, strict=True))
    return (
        {str(outlet): str(named[outlet]) for outlet in givers[left]},
        {str(outlet): str(names[outlet]) for outlet in takers[right]},
    )


def _spread(outlets: list[str], size: int, top: float) -> dict[str, float]:
    """Heights of one side, spread evenly over that of the longer one."""
    step = size / len(outlets)
    return {outlet: top + (number + 0.5) * step - 0.5 for number, outlet in enumerate(outlets)}


def _ties(table: pd.DataFrame) -> list[_Tie]:
    """Giver, taker, verdict and articles; broad bands first, so that narrow ones are not hidden."""
    columns = (table["other_outlet"], table["outlet"], table["verdict"], table["k"])
    found = [
        (str(giver), str(taker), str(verdict), int(k))
        for giver, taker, verdict, k in zip(*columns, strict=True)
    ]
    return sorted(found, key=lambda tie: -tie[3])


def _ports(
    ties: list[_Tie], own: Mapping[str, float], far: Mapping[str, float], side: int, other: int
) -> list[float]:
    """Where each tie leaves its outlet: spread around it in the order of their other ends."""
    places = [0.0] * len(ties)
    for outlet, height in own.items():
        leaving = [number for number, tie in enumerate(ties) if tie[side] == outlet]
        leaving.sort(key=lambda number: (far[str(ties[number][other])], ties[number][2]))
        step = min(0.16, 0.7 / max(len(leaving), 1))
        for place, number in enumerate(leaving):
            places[number] = height + (place - (len(leaving) - 1) / 2) * step
    return places
