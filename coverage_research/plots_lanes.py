"""The figure of swim lanes: a lane for each outlet along one axis of time, and arcs of reuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch

from coverage_research.plots import (
    INK,
    OKABE_ITO,
    PALE,
    SMALL,
    axes,
    days,
    finish,
    in_order,
    labels,
    nothing,
    order_open,
    set_spots,
    tie_look,
    utc_axis,
)
from coverage_research.schema import SchemaError, require_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NEEDED: Final = (
    "article_id",
    "outlet",
    "role",
    "published_at",
    "published_precision",
    "is_first",
)
_TIES: Final = ("article_id", "other_id", "verdict")
#: Beyond this many articles a mark is a thin stroke, so that crowds stay countable by eye.
_CROWD: Final = 150
#: Beyond this many ties they become pale.
_MANY_TIES: Final = 40
_COLOURS: Final = {"lead": OKABE_ITO["vermilion"], "related": OKABE_ITO["blue"]}


def plot_lanes(
    lags: pd.DataFrame, *, ties: pd.DataFrame | None = None, ax: Axes | None = None
) -> Axes:
    """Draw when each outlet wrote, one lane per outlet, and arcs from an article to its takers.

    A mark is a stamp to the minute, a bar the day within which an article appeared whose stamp
    gives only that. Leads are squares, a ring marks who was certainly first in a story. An arc runs
    from the earlier to the later article of a tie, in the colour and dashes of its verdict; it has
    no head where the stamps leave open which was earlier, and nobody is credited.

    Parameters
    ----------
    lags : DataFrame
        From `story_lags`; lanes stand in the order in which their outlets appear in it.
    ties : DataFrame, optional
        From `find_reuse`. Ties of articles that `lags` lacks cannot be drawn; their number is told.
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
    Tufte, E. R. (1990). *Envisioning Information*. Graphics Press.

    Examples
    --------
    >>> from coverage_research.schema import empty
    >>> ax = plot_lanes(empty({name: "str" for name in _NEEDED}))
    >>> ax.texts[0].get_text()
    'nothing to draw: no article has a time'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    require_columns(lags, _NEEDED, "lags (from story_lags)")
    if ties is not None:
        require_columns(ties, _TIES, "ties (from find_reuse)")
    table = lags.reset_index(drop=True)
    if table.empty:
        return finish(nothing(axes(ax, 6, 2), "no article has a time"), lags)
    if table["published_at"].isna().any():
        raise SchemaError("lags: expected a time in every row; some have none")
    table["lane"], outlets = pd.factorize(table["outlet"])
    table["at"] = days(table["published_at"])
    n_lanes = len(outlets)
    dense = n_lanes > 25
    ax = axes(ax, 7.2, 1.5 + (0.2 if dense else 0.3) * n_lanes)
    ax.hlines(
        range(n_lanes), 0, 1, color=PALE, lw=0.6, zorder=0, transform=ax.get_yaxis_transform()
    )
    handles = _marks(ax, table, dense=dense)
    exact, at = table["published_precision"].eq("minute"), table["at"]
    set_spots(
        ax,
        at.where(exact, at // 1),
        at.where(exact, at // 1 + 1),
        table["lane"] - 0.3,
        table["lane"] + 0.3,
    )
    missing = 0
    if ties is not None:
        tied, missing = _arcs(ax, table, ties)
        handles += tied
    ax.set_yticks(range(n_lanes), _names(table), fontsize=SMALL - dense * 0.5)
    ax.set_ylim(n_lanes - 0.4, -0.6)
    _time(ax, table)
    ax.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=4,
        frameon=False,
        fontsize=SMALL,
        handletextpad=0.4,
        columnspacing=1.2,
        borderaxespad=0.2,
    )
    finish(
        ax,
        lags,
        notes=[
            "" if table["is_first"].any() else "The stamps do not tell which article was first.",
            f"{missing:,} ties of articles that are not drawn." if missing else "",
        ],
    )
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax


def _marks(ax: Axes, table: pd.DataFrame, *, dense: bool) -> list[Any]:
    """Draw the articles, and give the marks for the legend."""
    exact = table["published_precision"].eq("minute")
    crowd = len(table) > _CROWD
    area = 22 if dense or crowd else 36
    handles: list[Any] = []
    for role, marker in (("lead", "s"), ("related", "o")):
        rows = table[table["role"].eq(role) if role == "lead" else ~table["role"].eq("lead")]
        if rows.empty:
            continue
        colour = _COLOURS[role]
        points, days = rows[exact[rows.index]], rows[~exact[rows.index]]
        drawn = ax.scatter(
            points["at"],
            points["lane"],
            s=area,
            marker="|" if crowd and role == "related" else marker,
            color=colour,
            alpha=0.6 if crowd else 1.0,
            linewidths=1.0,
            zorder=3,
            label=role,
        )
        if len(points):
            handles.append(drawn)
        elif role == "lead":
            handles.append(Patch(facecolor=colour, edgecolor=colour, alpha=0.3, label=role))
        ax.barh(
            days["lane"],
            1.0,
            left=days["at"] // 1,
            height=0.4,
            color=colour,
            alpha=0.3,
            edgecolor=colour,
            zorder=2,
        )
    first = table[table["is_first"].fillna(value=False).astype(bool)]
    # Of a day only its middle can carry the ring; its beginning would look like a time.
    ring = ax.scatter(
        first["at"].where(exact[first.index], first["at"] // 1 + 0.5),
        first["lane"],
        s=area * 3.4,
        facecolors="none",
        edgecolors=INK,
        linewidths=1.0,
        zorder=4,
        label="first of its story",
        clip_on=False,
    )
    if len(first):
        handles.append(ring)
    if not exact.all():
        colour = _COLOURS["related"]
        handles.append(
            Patch(facecolor=colour, edgecolor=colour, alpha=0.3, label="some time that day")
        )
    return handles


def _arcs(ax: Axes, table: pd.DataFrame, ties: pd.DataFrame) -> tuple[list[Any], int]:
    """Draw an arc for each tie; give handles for the legend and how many could not be drawn."""
    place = table.drop_duplicates("article_id").set_index("article_id")
    known = ties["article_id"].isin(place.index) & ties["other_id"].isin(place.index)
    drawn = ties[known]
    pale = len(drawn) > _MANY_TIES
    exact = place["published_precision"].eq("minute")
    middle = place["at"].where(exact, place["at"] // 1 + 0.5)
    begin, end = place["at"].where(exact, place["at"] // 1), place["at"].where(exact, middle + 0.5)
    one, other = drawn["article_id"], drawn["other_id"]
    unknown = order_open(
        drawn.assign(
            lag_low=begin.loc[one].to_numpy() - end.loc[other].to_numpy(),
            lag_high=end.loc[one].to_numpy() - begin.loc[other].to_numpy(),
        )
    )
    for later, earlier, verdict, headless in zip(
        one, other, drawn["verdict"], unknown, strict=True
    ):
        look = tie_look(str(verdict))
        ax.add_patch(
            FancyArrowPatch(
                (middle[earlier], place["lane"][earlier]),
                (middle[later], place["lane"][later]),
                connectionstyle="arc3,rad=-0.25",
                arrowstyle="-" if headless else "-|>",
                mutation_scale=6 if pale else 8,
                lw=0.7 if pale else 1.1,
                color=look.colour,
                linestyle=look.dashes,
                alpha=0.35 if pale else 0.8,
                shrinkA=3,
                shrinkB=4,
                zorder=2.5,
                clip_on=False,
                label=f"_{earlier} {'-' if headless else '>'} {later}: {verdict}",
            )
        )
    handles = [
        Line2D([], [], color=look.colour, ls=look.dashes, lw=1.4, label=look.words)
        for look in map(tie_look, in_order(drawn["verdict"]))
    ]
    return handles, int((~known).sum())


def _names(table: pd.DataFrame) -> list[str]:
    """Outlet of each lane, with its number of articles where it has several."""
    name = table["outlet"]
    if "outlet_name" in table.columns:
        name = table["outlet_name"].fillna(name)
    heads = (
        table.assign(name=name)
        .groupby("lane")
        .agg(name=("name", "first"), n=("article_id", "nunique"))
    )
    shown = labels(heads["name"].tolist(), 30)
    if (heads["n"] == 1).all():
        return shown
    return [f"{label}  n={n:,}" for label, n in zip(shown, heads["n"], strict=True)]


def _time(ax: Axes, table: pd.DataFrame) -> None:
    """Axis of UTC time over all marks and bars."""
    exact = table["published_precision"].eq("minute")
    low = float(table["at"].where(exact, table["at"] // 1).min())
    high = float(table["at"].where(exact, table["at"] // 1 + 1).max())
    room = max(high - low, 1 / 24)
    ax.set_xlim(low - 0.03 * room, high + 0.03 * room)
    utc_axis(ax)
    ax.set_xlabel("Time of publication (UTC)", fontsize=SMALL)
