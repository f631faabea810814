"""The figures of the timeline: one story article by article, and outlets by their usual lag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from coverage_research.plots import (
    INK,
    OKABE_ITO,
    PALE,
    SMALL,
    axes,
    dots,
    finish,
    labels,
    no_interval,
    nothing,
    set_spots,
    shorten,
)
from coverage_research.schema import ESTIMATE, SchemaError, require_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LAGS: Final = (
    "story_id",
    "article_id",
    "outlet",
    "role",
    "published_at",
    "published_precision",
    "lag_hours",
    "lag_low",
    "lag_high",
    "is_first",
)
_BOUNDS: Final = ("median_low", "median_high")
_NOT_GROUPS: Final = frozenset(("outlet_name", "n_first", *_BOUNDS, *ESTIMATE))
#: Beyond this many hours an axis counts days.
_LONG: Final = 20 * 24.0

_RELATED: Final = OKABE_ITO["blue"]
_LEAD: Final = OKABE_ITO["vermilion"]


def plot_timeline(
    lags: pd.DataFrame, *, story_id: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw when each article of one story appeared after the first.

    One row per article. A mark is a stamp to the minute, a bar the time within which an article
    appeared whose stamp (or that of the first) gives only the day. The lead is a square, and a
    ring marks the article that was certainly first.

    Parameters
    ----------
    lags : DataFrame
        Rows of one story from `story_lags`; drawn as they are, in their order.
    story_id : str, optional
        The story that the rows are expected to be of.
    ax : Axes, optional
        Where to draw; a new figure by default, as large as the table needs.

    Returns
    -------
    Axes

    Raises
    ------
    SchemaError
        If columns are missing, or the rows are of several stories or of another than `story_id`.

    References
    ----------
    Cleveland, W. S. (1993). *Visualizing Data*. Hobart Press.

    Examples
    --------
    >>> from coverage_research.schema import empty
    >>> ax = plot_timeline(empty({name: "str" for name in _LAGS}))
    >>> ax.texts[0].get_text()
    'nothing to draw: no article has a time'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    require_columns(lags, _LAGS, "lags (from story_lags)")
    found = [str(story) for story in lags["story_id"].unique()]
    if len(found) > 1 or (story_id is not None and found not in ([], [story_id])):
        raise SchemaError(
            f"lags: expected the rows of {'one story' if story_id is None else story_id}; found "
            f"{len(found)}: {', '.join(found[:3])}. Take its rows first: "
            f"lags[lags['story_id'] == ...]."
        )
    table = lags.reset_index(drop=True)
    if table.empty:
        return finish(nothing(axes(ax, 6, 2), "no article has a time"), lags)
    n_rows = len(table)
    dense = n_rows > 25
    ax = axes(ax, 7.2, 1.4 + (0.21 if dense else 0.29) * n_rows)
    unit, hours = _unit(float(table["lag_high"].max()))
    ax.hlines(range(n_rows), 0, 1, color=PALE, lw=0.6, zorder=0, transform=ax.get_yaxis_transform())
    area = 24 if dense else 40
    exact = table["lag_hours"].notna()
    is_lead = table["role"].eq("lead")
    for lead, colour, marker, words in (
        (True, _LEAD, "s", "lead"),
        (False, _RELATED, "o", "related"),
    ):
        of_role = table[is_lead == lead]
        points = of_role[of_role["lag_hours"].notna()]
        spans = of_role[of_role["lag_hours"].isna()]
        if len(of_role):
            ax.scatter(
                points["lag_hours"] / hours,
                points.index,
                s=area,
                marker=marker,
                color=colour,
                zorder=3,
                label=words,
            )
        if len(spans):
            ax.barh(
                spans.index,
                (spans["lag_high"] - spans["lag_low"]) / hours,
                left=spans["lag_low"] / hours,
                height=0.42,
                color=colour,
                alpha=0.35,
                edgecolor=colour,
                hatch="////" if lead else None,
                zorder=2,
            )
    first = table[table["is_first"].fillna(value=False).astype(bool)]
    ax.scatter(
        first["lag_low"] / hours,
        first.index,
        s=area * 3.6,
        marker="o",
        facecolors="none",
        edgecolors=INK,
        linewidths=1.1,
        zorder=4,
        label="first" if len(first) else None,
        clip_on=False,
    )
    ax.set_yticks(range(n_rows), _rows(table), fontsize=SMALL - (dense * 0.5))
    ax.set_ylim(n_rows - 0.5, -0.5)
    _time_axis(ax, float(table["lag_high"].max()) / hours)
    set_spots(ax, *ax.get_xlim(), table.index - 0.5, table.index + 0.5)
    stamp = ""
    if len(first) and first["published_precision"].iloc[0] == "minute":
        at = pd.Timestamp(first["published_at"].iloc[0])
        stamp = f" ({at.day} {at:%B %Y, %H:%M} UTC)"
    ax.set_xlabel(f"{unit.capitalize()} after the first article{stamp}", fontsize=SMALL)
    handles: list[Any] = list(ax.get_legend_handles_labels()[0])
    if not exact.all():
        handles.append(
            Patch(facecolor=_RELATED, edgecolor=_RELATED, alpha=0.35, label="some time in the bar")
        )
    _legend(ax, handles)
    none = "" if len(first) else "The stamps do not tell which article was first."
    finish(ax, lags, notes=[none])
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax


def plot_lags(summary: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the median lag of each outlet behind the first article of its stories.

    One row per outlet, with its number of stories and how often it was first. A filled dot has an
    interval; a hollow dot has none. A pale bar is where the median lies if stamps that give only
    the day are early or late in it; the dot is then no more than its middle case.

    Parameters
    ----------
    summary : DataFrame
        From `lag_summary`; drawn as it is, in its order.
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
    >>> ax = plot_lags(empty({"outlet": "str", "n_first": "int64", **ESTIMATE}))
    >>> ax.texts[0].get_text()
    'nothing to draw: no story with two dated outlets'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    require_columns(summary, ("n_first", *ESTIMATE), "summary (from lag_summary)")
    table = summary.reset_index(drop=True)
    if table.empty:
        ax = nothing(axes(ax, 6, 2), "no story with two dated outlets")
        return finish(ax, summary)
    n_rows = len(table)
    dense = n_rows > 25
    size = SMALL - (dense * 0.5)
    ax = axes(ax, 7.2, 1.3 + (0.2 if dense else 0.27) * n_rows)
    bounded = _bounded(table)
    longest = float(table[["estimate", "high"]].max().max())
    longest = max(longest, float(bounded["median_high"].max())) if len(bounded) else longest
    unit, hours = _unit(longest)
    scaled = table.assign(**{name: table[name] / hours for name in ("estimate", "low", "high")})
    ax.hlines(range(n_rows), 0, 1, color=PALE, lw=0.6, zorder=0, transform=ax.get_yaxis_transform())
    if len(bounded):
        ax.barh(
            bounded.index,
            (bounded["median_high"] - bounded["median_low"]) / hours,
            left=bounded["median_low"] / hours,
            height=0.5,
            color=_RELATED,
            alpha=0.22,
            lw=0,
            zorder=1,
        )
    dots(ax, scaled, range(n_rows), size=22 if dense else 36)
    for place, column in enumerate(("n", "n_stories", "n_first")):
        head = ("articles", "stories", "first")[place]
        for height, number in enumerate([head, *table[column]], start=-1):
            # Hung on the axes in points, so that the columns keep apart on any width.
            ax.annotate(
                str(number),
                xy=(1.0, max(height, -0.5)),
                xycoords=ax.get_yaxis_transform(),
                xytext=(38 + 37 * place, 2 if height < 0 else 0),
                textcoords="offset points",
                ha="right",
                va="bottom" if height < 0 else "center",
                fontsize=SMALL - 1 if height < 0 else size,
                color=INK,
                annotation_clip=False,
            )
    named = [name for name in table.columns if name not in _NOT_GROUPS]
    by = "outlet_name" if "outlet_name" in table.columns else named[0] if named else None
    names = table[by].tolist() if by else ["all"] * n_rows
    ax.set_yticks(range(n_rows), labels(names), fontsize=size)
    ax.set_ylim(n_rows - 0.5, -0.5)
    _time_axis(ax, longest / hours)
    line = "; line: 95 % interval" if table["low"].notna().any() else ""
    ax.set_xlabel(f"Median {unit} after the first article{line}", fontsize=SMALL)
    bar = "Pale bar: the median lies within it, since some stamps give only the day."
    finish(ax, summary, notes=[bar if len(bounded) else "", no_interval(summary)])
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax


def _bounded(table: pd.DataFrame) -> pd.DataFrame:
    """Rows whose median has two bounds that differ."""
    if not set(_BOUNDS) <= set(table.columns):
        return pd.DataFrame({name: pd.Series(dtype="float64") for name in _BOUNDS})
    low, high = (table[name] for name in _BOUNDS)
    return table.loc[low.notna() & high.notna() & low.ne(high), list(_BOUNDS)]


def _unit(longest: float) -> tuple[str, float]:
    """Name of the unit of the axis, and its hours."""
    return ("days", 24.0) if longest > _LONG else ("hours", 1.0)


def _time_axis(ax: Axes, longest: float) -> None:
    room = longest if longest > 0 else 1.0
    ax.set_xlim(-0.03 * room, 1.04 * room)
    ax.xaxis.set_major_locator(MaxNLocator(7, integer=room >= 4))
    ax.tick_params(axis="x", labelsize=SMALL)


def _rows(table: pd.DataFrame) -> list[str]:
    """Outlet and headline of each article."""
    name = table["outlet"]
    if "outlet_name" in table.columns:
        name = table["outlet_name"].fillna(name)
    if "title" not in table.columns:
        return labels(name.tolist())
    return [
        f"{shorten(outlet, 24)}: {shorten(title, 40)}"
        if isinstance(title, str)
        else shorten(outlet)
        for outlet, title in zip(name, table["title"], strict=True)
    ]


def _legend(ax: Axes, handles: list[Any]) -> None:
    ax.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=4,
        frameon=False,
        fontsize=SMALL,
        handletextpad=0.3,
        columnspacing=1.2,
        borderaxespad=0.2,
    )
