"""The figure of volume: articles per period, with the gaps in collection and the bursts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

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


def plot_volume(
    volume: pd.DataFrame, *, bursts: pd.DataFrame | None = None, ax: Axes | None = None
) -> Axes:
    """Draw how many articles appeared in each period, one lane per group.

    A bar is a period. All lanes have the same scale, whose largest number stands beside the first.
    Where nothing was collected the ground is hatched: no bar there is no zero. The line is the
    rolling mean. Bursts are lines above the bars, thicker and higher the higher their level.

    Parameters
    ----------
    volume : DataFrame
        From `volume`; drawn as it is.
    bursts : DataFrame, optional
        From `find_bursts`, by the same groups.
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
    table = volume.reset_index(drop=True)
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
    handles: list[Any] = [Patch(color=OKABE_ITO["sky"], label="articles in a period")]
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
    _axes(ax, table, by, lane, most)
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
    finish(ax, volume, notes=[f"{day_only:,} articles have a day only." if day_only else ""])
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax


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


def _axes(ax: Axes, table: pd.DataFrame, by: list[str], lane: pd.Series, most: float) -> None:
    """Names of lanes, their common scale, and the axis of time."""
    n_lanes = int(lane.max()) + 1
    heads = table.assign(lane=lane).drop_duplicates("lane")
    if by == ["outlet"] and "outlet_name" in heads.columns:
        names = heads["outlet_name"].fillna(heads["outlet"]).tolist()
    elif "label" in heads.columns:
        names = heads["label"].tolist()
    else:
        names = heads[by].astype("str").agg(" / ".join, axis=1).tolist() if by else ["all"]
    shown = labels(names, 26)
    ax.set_yticks([n_lanes - 1.0 - number for number in range(n_lanes)], shown, fontsize=SMALL)
    top = n_lanes - 1 + _TALL
    ax.annotate(
        f"{most:,.0f}",
        xy=(0.0, top),
        xycoords=ax.get_yaxis_transform(),
        xytext=(-3, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=SMALL - 1,
        color=INK,
        annotation_clip=False,
    )
    ax.set_ylim(-0.06, n_lanes)
    utc_axis(ax)
    zone = str(table["period"].dt.tz)
    where = "UTC" if zone == "UTC" else f"UTC; periods begin at midnight in {zone}"
    ax.set_xlabel(f"Time of publication ({where})", fontsize=SMALL)
