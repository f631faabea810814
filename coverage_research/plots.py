"""What all figures share: colours, axes, notes, labels. No figure is drawn here.

Every `plot_*` function opens its axes with `axes`, ends with `finish`, and says what it cannot
show with `nothing`, so that all figures of the package look and warn alike.
"""

from __future__ import annotations

import math
import re
import textwrap
import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import dates
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from coverage_research.schema import INVENTED_NOTE, TIME, is_invented

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

#: Eight colours that stay apart under the common forms of colour blindness (Okabe & Ito 2008).
OKABE_ITO: Final[Mapping[str, str]] = MappingProxyType(
    {
        "blue": "#0072B2",
        "vermilion": "#D55E00",
        "green": "#009E73",
        "purple": "#CC79A7",
        "orange": "#E69F00",
        "sky": "#56B4E9",
        "yellow": "#F0E442",
        "black": "#000000",
    }
)
#: Marker shapes in the order of the colours, so that no figure tells groups by colour alone.
MARKERS: Final = ("o", "s", "D", "^", "v", "P", "X", "*")
INK: Final = "#333333"
GREY: Final = "#8C8C8C"
PALE: Final = "#E3E3E3"
#: Points; journals ask for no less than about seven.
SMALL: Final = 8.0


class Look(NamedTuple):
    """How a kind of tie between two articles is told and drawn; never by colour alone."""

    words: str
    colour: str
    marker: str
    dashes: Any


#: The verdicts of reuse, in the order of their certainty.
TIES: Final[Mapping[str, Look]] = MappingProxyType(
    {
        "credited": Look("credits it", OKABE_ITO["blue"], MARKERS[0], "solid"),
        "copy": Look("repeats its text", OKABE_ITO["vermilion"], MARKERS[1], (0, (5, 1.5))),
        "common_source": Look(
            "same agency or release", OKABE_ITO["green"], MARKERS[2], (0, (1, 1.2))
        ),
        "simultaneous": Look(
            "shares text, order unknown", OKABE_ITO["purple"], MARKERS[3], (0, (5, 1.5, 1, 1.5))
        ),
        "undecided": Look("shares a passage", "#6B6B6B", MARKERS[4], (0, (3, 3))),
    }
)
#: Of axes where the rows of their table stand, in units of the axes.
_SPOTS: Final[WeakKeyDictionary[Axes, Floats]] = WeakKeyDictionary()
_DAY: Final = 86_400_000_000  # microseconds
_NOTE: Final = "coverage_research.note"
_STORIES: Final = re.compile(r"(?P<n>\d+) stor(?:y|ies)(?P<rest>\b.*)", re.DOTALL)


def axes(ax: Axes | None, width: float = 7.0, height: float = 4.0) -> Axes:
    """Take the given axes, or those of a new figure of `width` x `height` inches.

    Examples
    --------
    >>> ax = axes(None, 5, 3)
    >>> axes(ax) is ax
    True
    >>> plt.close(ax.figure)
    """
    if ax is not None:
        return ax
    _, made = plt.subplots(figsize=(width, height), layout="constrained")
    return made


def set_spots(
    ax: Axes, left: npt.ArrayLike, right: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike
) -> None:
    """Remember where each row of the drawn table stands, in units of the axes, for `spots`."""
    ends = (np.asarray(end, dtype=np.float64) for end in (left, right, low, high))
    _SPOTS[ax] = np.column_stack(np.broadcast_arrays(*ends))


def spots(ax: Axes) -> pd.DataFrame:
    """Where each row of the drawn table stands, so that a click can find it.

    Returns
    -------
    DataFrame, one row per row of the table in its order: left, right, low and high of a box in
    pixels of the figure, counted from its lower left corner. Empty where nothing is known.

    Examples
    --------
    >>> ax = axes(None, 5, 3)
    >>> set_spots(ax, [0.0], 0.5, 0.0, 1.0)
    >>> box = spots(ax).loc[0]
    >>> bool(box["right"] - box["left"] == ax.bbox.width / 2)
    True
    >>> plt.close(ax.figure)
    """
    known = _SPOTS.get(ax, np.empty((0, 4)))
    one, other = (ax.transData.transform(known[:, corner]) for corner in ([0, 2], [1, 3]))
    least, most = np.minimum(one, other), np.maximum(one, other)
    columns = {"left": least[:, 0], "right": most[:, 0], "low": least[:, 1], "high": most[:, 1]}
    return pd.DataFrame(columns)


def tie_look(verdict: str) -> Look:
    """How a verdict is drawn; one that is not known goes by its own name.

    Examples
    --------
    >>> tie_look("copy").words, tie_look("other").words
    ('repeats its text', 'other')
    """
    return TIES.get(verdict, Look(verdict, GREY, MARKERS[5], "solid"))


def in_order(verdicts: pd.Series) -> list[str]:
    """The verdicts that occur, those of `TIES` first and in its order.

    Examples
    --------
    >>> in_order(pd.Series(["copy", "mine", "credited"]))
    ['credited', 'copy', 'mine']
    """
    found = verdicts.dropna().unique().tolist()
    return [name for name in TIES if name in found] + [name for name in found if name not in TIES]


def order_open(ties: pd.DataFrame) -> pd.Series:
    """Whether a tie leaves open which of its two sides was earlier, so that it has no direction.

    A credit says itself who draws on whom, whatever the times are.

    Parameters
    ----------
    ties : DataFrame
        With verdict; where it has `is_later`, or lag_low and lag_high in hours, these tell more.

    Returns
    -------
    Series of bool, on the rows of `ties`.

    Examples
    --------
    >>> ties = pd.DataFrame({"verdict": ["copy", "common_source", "credited"]})
    >>> order_open(ties.assign(lag_low=[2.0, -3.0, -3.0], lag_high=[2.0, 21.0, 21.0])).tolist()
    [False, True, False]
    >>> order_open(pd.DataFrame({"verdict": ["copy", "simultaneous"]})).tolist()
    [False, True]
    """
    unknown = ties["verdict"].eq("simultaneous").fillna(value=False).astype(bool)
    if "is_later" in ties.columns:
        unknown |= ~ties["is_later"].fillna(value=False).astype(bool)
    if "lag_low" in ties.columns and "lag_high" in ties.columns:
        # A missing lag, that of a pair without a time, leaves the order open as well.
        unknown |= ~(ties["lag_low"].gt(0) | ties["lag_high"].lt(0)).astype(bool)
    return unknown & ~ties["verdict"].eq("credited").fillna(value=False).astype(bool)


def share_axis(ax: Axes, axis: str = "x") -> None:
    """Let an axis hold shares: all of 0 to 100 %, with a little room for the marks at its ends."""
    scale = ax.xaxis if axis == "x" else ax.yaxis
    (ax.set_xlim if axis == "x" else ax.set_ylim)(-0.02, 1.02)
    scale.set_ticks([0.0, 0.25, 0.5, 0.75, 1.0])
    scale.set_major_formatter(PercentFormatter(xmax=1.0, decimals=0))


def shorten(label: Any, width: int = 32) -> str:
    """Make a label of at most `width` characters, safe to draw.

    It is cut at a word border; control characters are dropped, and dollar signs are escaped since
    matplotlib would read what stands between two of them as a formula.

    Examples
    --------
    >>> shorten("The Chip and Circuit Gazette of the Northern Isles", 24)
    'The Chip and Circuit...'
    """
    text = label if isinstance(label, str) else "" if pd.isna(label) else str(label)
    text = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text)
    text = " ".join(text.split())
    if len(text) > width:
        cut = text[: max(width - 3, 1)]
        border = cut.rfind(" ")
        text = (cut[:border] if border > width // 2 else cut).rstrip(" ,;:-") + "..."
    return text.replace("$", r"\$")


def labels(names: Sequence[Any], width: int = 32) -> list[str]:
    """Labels of several rows: shortened, but those that would look alike keep their ends.

    Examples
    --------
    >>> labels(["The Gazette of the Isles, north", "The Gazette of the Isles, south"], 20)
    ['The Gazett... north', 'The Gazett... south']
    """
    short = [shorten(name, width) for name in names]
    seen: dict[str, set[str]] = {}
    for name, label in zip(names, short, strict=True):
        seen.setdefault(label, set()).add(str(name))
    tail = max(width // 3, 1)
    return [
        f"{shorten(str(name)[: width - tail - 3], width)}... {shorten(str(name)[-tail:]).lstrip()}"
        if len(seen[label]) > 1
        else label
        for name, label in zip(names, short, strict=True)
    ]


def no_interval(table: pd.DataFrame) -> str:
    """One sentence on why rows of an aggregate have no interval; empty if all have one.

    Reasons that differ by their number of stories only are told as one; of more than three the
    rest is counted.

    Examples
    --------
    >>> few = "a bootstrap clustered by story needs at least 5"
    >>> no_interval(pd.DataFrame({"reason": ["", f"1 story; {few}", f"3 stories; {few}"]}))
    'Hollow: no interval: 1 to 3 stories; a bootstrap clustered by story needs at least 5'
    """
    if "reason" not in table.columns:
        return ""
    counts: dict[str, list[int]] = {}
    for reason in table["reason"].dropna().unique():
        counted = _STORIES.fullmatch(str(reason))
        if counted:
            counts.setdefault(counted["rest"], []).append(int(counted["n"]))
        elif reason:
            counts.setdefault(str(reason), [])
    if not counts:
        return ""
    told = []
    for rest, numbers in counts.items():
        if not numbers:
            told.append(shorten(rest, 160))
            continue
        low, high = min(numbers), max(numbers)
        several = f"{low} to {high}" if low < high else str(high)
        told.append(f"{several} {'story' if high == 1 else 'stories'}{shorten(rest, 160)}")
    more = f" | and {len(told) - 3} more in the table" if len(told) > 3 else ""
    return f"Hollow: no interval: {' | '.join(told[:3])}{more}"


def dots(
    ax: Axes,
    table: pd.DataFrame,
    at: Sequence[float],
    *,
    colour: str = OKABE_ITO["blue"],
    marker: str = "o",
    size: float = 36.0,
    label: str | None = None,
) -> None:
    """Draw the rows of an aggregate as dots at the heights `at`, each with its interval.

    A row without an interval is hollow, so that it does not look as sure as the others.

    Parameters
    ----------
    table : DataFrame
        With estimate, low and high.
    """
    heights = pd.Series(list(at), index=table.index, dtype="float64")
    known = table["low"].notna() & table["high"].notna()
    ax.hlines(
        heights[known], table.loc[known, "low"], table.loc[known, "high"], color=colour, lw=1.6
    )
    for sure, face in ((True, colour), (False, "white")):
        rows = known if sure else ~known & table["estimate"].notna()
        ax.scatter(
            table.loc[rows, "estimate"],
            heights[rows],
            s=size,
            marker=marker,
            facecolors=face,
            edgecolors=colour,
            linewidths=1.3,
            zorder=3,
            label=label if sure == bool(known.any()) else None,
        )


def nothing(ax: Axes, why: str) -> Axes:
    """Say on an empty figure that there is nothing to draw, and why."""
    ax.set_axis_off()
    sentence = "\n".join(textwrap.wrap(f"nothing to draw: {shorten(why, 400)}", 56))
    ax.text(0.5, 0.5, sentence, transform=ax.transAxes, ha="center", va="center", color=INK)
    return ax


def room(ax: Axes) -> float:
    """Inches that the axes and their labels have side by side."""
    figure = ax.get_figure(root=True)
    inches = float(figure.get_size_inches()[0]) if isinstance(figure, Figure) else 7.0
    spec = ax.get_subplotspec()
    if spec is not None:
        inches *= len(spec.colspan) / spec.get_gridspec().ncols
    return inches


def finish(ax: Axes, table: pd.DataFrame, *, notes: Iterable[str] = ()) -> Axes:
    """Tidy the axes, put the notes below them, and warn if the data are invented.

    Parameters
    ----------
    table : DataFrame
        What the figure draws.
    notes : iterable of str
        Sentences for below the figure; empty ones are left out.
    """
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(GREY)
    ax.tick_params(color=GREY)
    ax.set_axisbelow(True)
    for old in [text for text in ax.texts if text.get_gid() == _NOTE]:
        old.remove()
    lines = [(note, INK, "normal") for note in notes if note]
    if is_invented(table):
        lines.insert(0, (INVENTED_NOTE, OKABE_ITO["vermilion"], "bold"))
    hangs = ax.axison and ax.xaxis.get_label_position() == "bottom"
    above = ax.xaxis.label if hangs else ax.patch
    signs = max(30, math.floor(room(ax) * 72 / (SMALL * 0.56)))
    for note, colour, weight in lines:
        # Hung below what stands above it, so that neither labels nor other notes are overprinted,
        # and right-aligned, so that it runs out below the row labels rather than off the page.
        above = ax.annotate(
            "\n".join(textwrap.wrap(note, signs)),
            xy=(1.0, 0.0),
            xycoords=("axes fraction", above),
            xytext=(0, -4),
            textcoords="offset points",
            ha="right",
            va="top",
            multialignment="left",
            fontsize=SMALL,
            color=colour,
            fontweight=weight,
            annotation_clip=False,
            gid=_NOTE,
        )
    return ax


def foot(ax: Axes, notes: Iterable[str], *, below: float = 6.0) -> None:
    """Put notes below axes whose labels stand above them, `below` points under their edge.

    Left of a matrix there is room for row labels; notes may run out there and take none from it.
    """
    signs = max(48, math.floor(0.88 * room(ax) * 72 / (SMALL * 0.56)))
    lines = [line for note in notes if note for line in textwrap.wrap(note, signs)]
    ax.annotate(
        "\n".join(lines),
        xy=(1.0, 0.0),
        xycoords="axes fraction",
        xytext=(0, -below),
        textcoords="offset points",
        ha="right",
        va="top",
        multialignment="left",
        fontsize=SMALL,
        color=INK,
        annotation_clip=False,
    )


def days(stamps: pd.Series) -> pd.Series:
    """Days since 1970 in UTC, the unit of matplotlib's axes of time.

    Examples
    --------
    >>> days(pd.Series(pd.to_datetime(["1970-01-02 12:00"], utc=True))).tolist()
    [1.5]
    """
    found: pd.Series = stamps.dt.tz_convert("UTC").astype(TIME).astype("int64") / _DAY
    return found


def utc_axis(ax: Axes) -> None:
    """Let the horizontal axis, which holds `days`, show dates and hours of UTC."""
    # matplotlib's dates are not typed.
    locator: Any = dates.AutoDateLocator(tz="UTC", minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    formatter: Any = dates.ConciseDateFormatter(locator, tz="UTC")  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_formatter(formatter)
    ax.tick_params(axis="x", labelsize=SMALL)
    ax.xaxis.get_offset_text().set_fontsize(SMALL)
