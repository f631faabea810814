"""The figure of a cascade: what share of the outlets had a story by when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.ticker import FuncFormatter

from coverage_research.plots import (
    GREY,
    OKABE_ITO,
    SMALL,
    axes,
    finish,
    no_interval,
    nothing,
    share_axis,
)
from coverage_research.schema import ESTIMATE, require_columns

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_STEPS: Final = ("story_id", "hours", "n_outlets", "share_low", "share_high")
_SHARES: Final = ("hours", "share_low", "share_high", *ESTIMATE)
#: Beyond this many stories a story's line is faint.
_MANY: Final = 12
#: Hours up to which the axis is linear, before it becomes logarithmic.
_LINEAR: Final = 1.0


def plot_cascade(
    steps: pd.DataFrame, *, shares: pd.DataFrame | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the share of its outlets that each story had reached, hour by hour.

    A line per story that climbs with each outlet; a band where stamps of a day only leave the
    climb open. With `shares` the mean over stories is drawn on top, filled where it has an
    interval. The axis of hours is linear up to one hour and logarithmic beyond.

    Parameters
    ----------
    steps : DataFrame
        From `cascade`; drawn as it is.
    shares : DataFrame, optional
        From `cascade_shares`.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes

    Raises
    ------
    SchemaError
        If columns are missing.

    References
    ----------
    Rogers, E. M. (2003). *Diffusion of Innovations* (5th ed.). Free Press.

    Examples
    --------
    >>> from coverage_research.schema import empty
    >>> ax = plot_cascade(empty({name: "str" for name in _STEPS}))
    >>> ax.texts[0].get_text()
    'nothing to draw: no story with a dated outlet'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    require_columns(steps, _STEPS, "steps (from cascade)")
    if shares is not None:
        require_columns(shares, _SHARES, "shares (from cascade_shares)")
    if steps.empty:
        return finish(nothing(axes(ax, 6, 2), "no story with a dated outlet"), steps)
    ax = axes(ax, 6.2, 3.8)
    n_stories = steps["story_id"].nunique()
    many = n_stories > _MANY
    longest = float(steps["hours"].max())
    end = max(longest * 1.15, 2 * _LINEAR)
    for number, (_, rows) in enumerate(steps.groupby("story_id", sort=False)):
        hours = np.append(rows["hours"].to_numpy(), end)
        low = np.append(rows["share_low"].to_numpy(), rows["share_low"].iloc[-1])
        high = np.append(rows["share_high"].to_numpy(), rows["share_high"].iloc[-1])
        colour = GREY if n_stories > 1 else OKABE_ITO["blue"]
        ax.fill_between(
            hours, low, high, step="post", color=colour, alpha=0.12 if many else 0.2, lw=0
        )
        ax.step(
            hours,
            low,
            where="post",
            color=colour,
            lw=0.6 if many else 1.1,
            alpha=0.5 if many else 0.9,
            label="one story" if number == 0 and n_stories > 1 else None,
        )
    notes = [_said(steps)]
    if shares is not None and len(shares):
        _mean(ax, shares)
        notes.append(no_interval(shares))
    ax.set_xscale("symlog", linthresh=_LINEAR, linscale=0.5)
    ax.set_xlim(0, end)
    ticks = [hour for hour in (0, 1, 3, 6, 12, 24, 72, 168, 720, 2160) if hour <= end]
    ax.set_xticks(ticks)
    ax.set_xticks([], minor=True)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda hour, _: _time(hour)))
    share_axis(ax, "y")
    ax.tick_params(labelsize=SMALL)
    ax.grid(axis="y", color="#EDEDED", lw=0.7)
    ax.set_xlabel("Time after the first article (logarithmic from one hour on)", fontsize=SMALL)
    ax.set_ylabel("Share of the story's outlets", fontsize=SMALL)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="lower right", frameon=False, fontsize=SMALL)
    return finish(ax, steps, notes=notes)


def _mean(ax: Axes, shares: pd.DataFrame) -> None:
    """Draw the mean over stories, with its intervals."""
    colour = OKABE_ITO["blue"]
    known = shares["low"].notna() & shares["high"].notna()
    ax.plot(shares["hours"], shares["estimate"], color=colour, lw=1.6, zorder=3)
    ax.vlines(
        shares.loc[known, "hours"],
        shares.loc[known, "low"],
        shares.loc[known, "high"],
        color=colour,
        lw=1.4,
        zorder=3,
    )
    line = " (line: 95 % interval)" if known.any() else ""
    for sure, face in ((True, colour), (False, "white")):
        rows = shares[known == sure]
        ax.scatter(
            rows["hours"],
            rows["estimate"],
            s=26,
            facecolors=face,
            edgecolors=colour,
            zorder=4,
            clip_on=False,
            label=f"mean of the stories{line}" if sure == bool(known.any()) else None,
        )


def _said(steps: pd.DataFrame) -> str:
    """How many stories and outlets the lines stand for."""
    sizes = steps.drop_duplicates("story_id")["n_outlets"]
    stories = "1 story" if len(sizes) == 1 else f"{len(sizes):,} stories"
    low, high = int(sizes.min()), int(sizes.max())
    each = f"{high}" if low == high else f"{low} to {high}"
    return f"{stories} of {each} outlets; 100 % are those that covered it in the end."


def _time(hours: float) -> str:
    """Hours, or days from 72 hours on.

    Examples
    --------
    >>> _time(6), _time(72)
    ('6 h', '3 d')
    """
    return f"{hours / 24:g} d" if hours >= 72 else f"{hours:g} h"
