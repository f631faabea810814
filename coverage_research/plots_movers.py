"""The figure of precedence: who tends to be ahead of whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coverage_research.plots import (
    GREY,
    INK,
    PALE,
    SMALL,
    axes,
    dots,
    finish,
    labels,
    no_interval,
    nothing,
)
from coverage_research.schema import ESTIMATE, require_columns

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_NEEDED: Final = ("n_matches", "wins", "losses", "ties", *ESTIMATE)
_NOT_GROUPS: Final = frozenset((*_NEEDED, "outlet_name"))


def plot_precedence(precedence: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how far each outlet tends to be ahead of the others.

    One row per outlet, with how often it was ahead of, behind and level with another. The axis has
    the strength as log-odds: two outlets one unit apart, the stronger is ahead in 73 % of the
    stories that both cover. A hollow dot has no interval; an outlet that no chain of stories ties
    to the others has no dot.

    Parameters
    ----------
    precedence : DataFrame
        From `precedence`; drawn as it is, in its order.
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
    Bradley, R. A. & Terry, M. E. (1952). Rank analysis of incomplete block designs. *Biometrika*
    39(3/4), 324-345.

    Examples
    --------
    >>> from coverage_research.schema import empty
    >>> ax = plot_precedence(empty({"outlet": "str", **{name: "float" for name in _NEEDED}}))
    >>> ax.texts[0].get_text()
    'nothing to draw: no story with two dated outlets'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    require_columns(precedence, _NEEDED, "precedence (from precedence)")
    table = precedence.reset_index(drop=True)
    if table.empty:
        return finish(nothing(axes(ax, 6, 2), "no story with two dated outlets"), precedence)
    n_rows = len(table)
    dense = n_rows > 25
    size = SMALL - dense * 0.5
    ax = axes(ax, 7.0, 1.4 + (0.2 if dense else 0.27) * n_rows)
    across = ax.get_yaxis_transform()
    ax.hlines(range(n_rows), 0, 1, color=PALE, lw=0.6, zorder=0, transform=across)
    ax.axvline(0, color=GREY, lw=0.8, zorder=1)
    dots(ax, table, range(n_rows), size=22 if dense else 36)
    ends = table[["estimate", "low", "high"]].abs().max().max()
    far = float(ends) * 1.1 if ends > 0 else 1.0
    ax.set_xlim(-far, far)
    for place, column in enumerate(("wins", "losses", "ties")):
        head = ("ahead", "behind", "level")[place]
        for height, number in enumerate([head, *table[column]], start=-1):
            ax.annotate(
                str(number),
                xy=(1.0, max(height, -0.5)),
                xycoords=across,
                xytext=(34 + 34 * place, 2 if height < 0 else 0),
                textcoords="offset points",
                ha="right",
                va="bottom" if height < 0 else "center",
                fontsize=SMALL - 1 if height < 0 else size,
                color=INK,
                annotation_clip=False,
            )
    named = [str(name) for name in table.columns if name not in _NOT_GROUPS]
    by = "outlet_name" if "outlet_name" in table.columns else named[0]
    ax.set_yticks(range(n_rows), labels(table[by].tolist()), fontsize=size)
    ax.set_ylim(n_rows - 0.5, -0.5)
    ax.tick_params(axis="x", labelsize=SMALL)
    line = "; line: 95 % interval" if table["low"].notna().any() else ""
    ax.set_xlabel(
        f"later  \N{LEFTWARDS ARROW}  precedence in log-odds{line}  \N{RIGHTWARDS ARROW}  earlier",
        fontsize=SMALL,
    )
    finish(ax, precedence, notes=[no_interval(precedence)])
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax
