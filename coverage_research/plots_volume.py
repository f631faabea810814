"""The figure of volume: articles per period, with the gaps in collection and the bursts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from coverage_research.plots import (
    GREY,
    INK,
    OKABE_ITO,
    SMALL,
    axes,
    days,
    finish,
    labels,
    nothing,
    utc_axis,
)
from coverage_research.publication_times import after_tomorrow
from coverage_research.schema import SchemaError, require_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NEEDED: Final = ("period", "period_end", "n", "state")
_NOT_GROUPS: Final = frozenset(
    (*_NEEDED, "outlet_name", "n_day_only", "cumulative", "rolling", "hours_observed", "label")
)
_BURSTS: Final = ("level", "start", "end")
#: Part of a lane that the tallest bar fills; above it stand the bursts.
_TALL: Final = 0.72
_LEVEL: Final = 0.05
#: Units, and the days from which on a period is one; a day of the clock can have 23 hours.
_UNITS: Final = (("year", 360), ("quarter", 89), ("month", 27.5), ("week", 6.9), ("day", 0.9))


def plot_volume(
    volume: pd.DataFrame,
    *,
    bursts: pd.DataFrame | None = None,
    now: pd.Timestamp | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how many articles appeared in each period, one lane per group.

    A bar is a period. All lanes have the same scale; several have it at the right. Where nothing
    was collected the ground is hatched: no bar there is no zero. The line is the rolling mean.
    Bursts are lines above the bars, thicker and higher the higher their level.

    Periods later than tomorrow are left out if others are not, and what they count is told below:
    a stamp with a wrong year would press all others together.

    Parameters
    ----------
    volume : DataFrame
        From `volume`; drawn as it is.
    bursts : DataFrame, optional
        From `find_bursts`, by the same groups.
    now : Timestamp, optional
        The present, with a zone; that of the clock unless given.
    ax : Axes, optional
        Where to draw; a new figure by default, as large as the table needs.

    Returns
    -------
    Axes

    Raises
    ------
    SchemaError
        If columns are missing, or a group has two rows for one period.

    References
    ----------
    Tufte, E. R. (1990). *Envisioning Information*. Graphics Press (small multiples).

    Examples
    --------
    >>> from coverage_research.schema import empty
    >>> ax = plot_volume(empty({name: "str" for name in _NEEDED}))
    >>> ax.texts[0].get_text()
    'nothing to draw: no article has a time'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    require_columns(volume, _NEEDED, "volume (from volume)")
    table, later = _until_tomorrow(volume.reset_index(drop=True), now)
    if table.empty:
        return finish(nothing(axes(ax, 6, 2), "no article has a time"), volume)
    by = [str(name) for name in table.columns if name not in _NOT_GROUPS]
    lane = table.groupby(by, sort=False, dropna=False).ngroup() if by else pd.Series(0, table.index)
    if table.assign(lane=lane).duplicated(["lane", "period"]).any():
        raise SchemaError("volume: expected one row per group and period; some are repeated")
    n_lanes = int(lane.max()) + 1
    ax = axes(ax, 7.4, 1.5 + (1.6 if n_lanes == 1 else 0.62) * n_lanes)
    begin, end = (days(table[name]) for name in ("period", "period_end"))
    most = max(float(table["n"].max()), 1.0)
    foot = n_lanes - 1.0 - lane
    height = table["n"].astype("float64").fillna(0.0) / most * _TALL
    ax.bar(
        begin, height, width=(end - begin) * 0.96, bottom=foot, align="edge", lw=0,
        color=OKABE_ITO["sky"], zorder=2,
    )  # fmt: skip
    unit = _unit(table)
    handles: list[Any] = [Patch(color=OKABE_ITO["sky"], label=f"articles per {unit}")]
    closed = table["state"].eq("gap")
    if closed.any():
        ax.bar(
            begin[closed], 0.9, width=(end - begin)[closed], bottom=foot[closed], align="edge",
            facecolor="#F3F3F3", edgecolor="#C4C4C4", hatch="///", lw=0, zorder=1,
        )  # fmt: skip
        handles.append(
            Patch(facecolor="#F3F3F3", edgecolor="#C4C4C4", hatch="///", label="no data")
        )
    handles += _rolling(ax, table, lane, most)
    ax.hlines(range(n_lanes), begin.min(), end.max(), color=GREY, lw=0.6, zorder=3)
    if bursts is not None and len(bursts):
        handles += _bursts(ax, bursts, table, by, lane)
    _axes(ax, table, by, lane, most, unit=unit)
    ax.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=4,
        frameon=False,
        fontsize=SMALL,
        columnspacing=1.2,
        borderaxespad=0.2,
    )
    day_only = int(table["n_day_only"].sum()) if "n_day_only" in table.columns else 0
    later.append(f"{day_only:,} articles have a day only." if day_only else "")
    finish(ax, volume, notes=later)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax


def _until_tomorrow(
    table: pd.DataFrame, now: pd.Timestamp | None
) -> tuple[pd.DataFrame, list[str]]:
    """Periods up to the last one with an article that is no later than tomorrow, and what is left.

    Where all lie ahead, none of them can be told to be wrong.
    """
    gone = int(table.attrs.get("n_future", 0))
    are = "articles are" if gone > 1 else "article is"
    told = [f"Left out: {gone:,} {are} stamped later than tomorrow."] if gone else []
    late = after_tomorrow(table["period"], now=now) if len(table) else pd.Series(dtype=bool)
    counted = table["n"].astype("float64").fillna(0.0)
    if "n_day_only" in table.columns:
        counted = counted + table["n_day_only"]
    used = counted.gt(0)
    if not (used & late).any() or not (used & ~late).any():
        return table, told
    rest = table[table["period"] <= table.loc[used & ~late, "period"].max()].reset_index(drop=True)
    told.append(f"Left out: periods later than tomorrow, which count {int(counted[late].sum()):,}.")
    return rest, told


def _unit(table: pd.DataFrame) -> str:
    """What a period is: the longest unit that is no longer than it."""
    lasts = float((days(table["period_end"]) - days(table["period"])).median())
    for name, days_at_least in _UNITS:
        if lasts >= days_at_least:
            return name
    return "hour"


def _rolling(ax: Axes, table: pd.DataFrame, lane: pd.Series, most: float) -> list[Any]:
    """Draw the rolling mean of each lane; it breaks where there is none."""
    if "rolling" not in table.columns or table["rolling"].notna().sum() < 2:
        return []
    n_lanes = int(lane.max()) + 1
    for number, rows in table.groupby(lane):
        middle = (days(rows["period"]) + days(rows["period_end"])) / 2
        mean = rows["rolling"].astype("float64") / most * _TALL
        foot = n_lanes - 1.0 - float(str(number))
        ax.plot(middle, foot + mean, color=OKABE_ITO["blue"], lw=1.1, zorder=4)
    return [Line2D([], [], color=OKABE_ITO["blue"], lw=1.1, label="rolling mean")]


def _bursts(
    ax: Axes, bursts: pd.DataFrame, table: pd.DataFrame, by: list[str], lane: pd.Series
) -> list[Any]:
    """Draw bursts above the bars of their lane."""
    require_columns(bursts, (*_BURSTS, *by), "bursts (from find_bursts)")
    n_lanes = int(lane.max()) + 1
    keys = table[by].astype("str").agg("\0".join, axis=1) if by else pd.Series("", table.index)
    number = dict(zip(keys, lane, strict=True))
    own = bursts[by].astype("str").agg("\0".join, axis=1) if by else pd.Series("", bursts.index)
    colour = OKABE_ITO["vermilion"]
    for key, level, start, end in zip(
        own, bursts["level"], days(bursts["start"]), days(bursts["end"]), strict=True
    ):
        if key not in number:
            continue
        height = n_lanes - 1.0 - number[key] + _TALL + 0.04 + _LEVEL * min(int(level) - 1, 3)
        ax.plot([start, end], [height, height], color=colour, lw=2.0, zorder=5, gid="burst",
                solid_capstyle="butt", marker="|", ms=4)  # fmt: skip
    return [Line2D([], [], color=colour, lw=2.0, label="burst (higher: stronger)")]


def _axes(
    ax: Axes, table: pd.DataFrame, by: list[str], lane: pd.Series, most: float, *, unit: str
) -> None:
    """Names of lanes, their common scale, and the axis of time."""
    n_lanes = int(lane.max()) + 1
    bursts = any(line.get_gid() == "burst" for line in ax.lines)
    ax.set_ylim(-0.06, n_lanes - (0.0 if bursts or n_lanes > 1 else 1.0 - _TALL - 0.06))
    ax.set_ylabel(f"Articles per {unit}", fontsize=SMALL, color=INK)
    utc_axis(ax)
    zone = str(table["period"].dt.tz)
    where = "UTC" if zone == "UTC" else f"UTC; periods begin at midnight in {zone}"
    ax.set_xlabel(f"Time of publication ({where})", fontsize=SMALL)
    if not by:
        counts = [int(count) for count in MaxNLocator(5, integer=True).tick_values(0, most)]
        counts = sorted({count for count in counts if 0 <= count <= most})
        places = [count / most * _TALL for count in counts]
        ax.set_yticks(places, [f"{count:,}" for count in counts], fontsize=SMALL)
        return
    heads = table.assign(lane=lane).drop_duplicates("lane")
    if by == ["outlet"] and "outlet_name" in heads.columns:
        names = heads["outlet_name"].fillna(heads["outlet"]).tolist()
    elif "label" in heads.columns:
        names = heads["label"].tolist()
    else:
        names = heads[by].astype("str").agg(" / ".join, axis=1).tolist()
    feet = [n_lanes - 1.0 - number for number in range(n_lanes)]
    ax.set_yticks([foot + _TALL / 2 for foot in feet], labels(names, 26), fontsize=SMALL)
    for foot in feet:
        ax.plot([1.0, 1.0], [foot, foot + _TALL], transform=ax.get_yaxis_transform(), color=GREY,
                lw=0.6, gid="scale", clip_on=False)  # fmt: skip
        for share in (0.0, 1.0):
            ax.annotate(
                f"{share * most:,.0f}",
                xy=(1.0, foot + share * _TALL),
                xycoords=ax.get_yaxis_transform(),
                xytext=(4, 0),
                textcoords="offset points",
                ha="left",
                va="center",
                fontsize=SMALL - 1,
                color=INK,
                annotation_clip=False,
            )
