"""The figure of two texts side by side, with the words that they share marked."""

from __future__ import annotations

import functools
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextToPath

from coverage_research.plots import INK, OKABE_ITO, SMALL, axes, finish, nothing, room, shorten
from coverage_research.reuse import SIMULTANEOUS_HOURS
from coverage_research.schema import require_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

_NEEDED: Final = ("side", "outlet_name", "published_at", "field", "kind", "text")
#: Behind words that both texts have.
_GROUND: Final = "#FBD9B5"
_WIDTH: Final = 7.2
_LEADING: Final = 1.45
_GAP: Final = 0.3
#: Lines of a column; what follows is left out and said to be.
_LINES: Final = 60


class _Word(NamedTuple):
    """A word in its place: points from the left of its column, number of its line, kind."""

    text: str
    left: float
    width: float
    line: int
    kind: str


def plot_passages(passages: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw two texts side by side, the earlier at the left, with what they share marked.

    Shared words have a coloured ground; words inside a shared passage that differ are underlined.
    Where there is a column published_precision, a day is not drawn as a time, and neither side is
    called the earlier if the stamps do not tell.

    Parameters
    ----------
    passages : DataFrame
        From `side_by_side`; drawn as it is, in its order.
    ax : Axes, optional
        Where to draw; a new figure by default, as long as the texts need.

    Returns
    -------
    Axes

    Raises
    ------
    SchemaError
        If columns are missing.

    Examples
    --------
    >>> from coverage_research.schema import empty
    >>> ax = plot_passages(empty({name: "str" for name in _NEEDED}))
    >>> ax.texts[0].get_text()
    'nothing to draw: no shared passage'
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    require_columns(passages, _NEEDED, "passages (from side_by_side)")
    table = passages.reset_index(drop=True)
    if table.empty:
        return finish(nothing(axes(ax, 6, 2), "no shared passage"), passages)
    inches = _WIDTH if ax is None else room(ax)
    column = (inches - _GAP - 0.2) / 2 * 72
    flowed = {
        side: list(_flow(table[table["side"] == side], column)) for side in ("earlier", "later")
    }
    known = _order_known(table)
    cut = any(words and words[-1].line >= _LINES for words in flowed.values())
    n_lines = max(
        min(max((word.line for word in words), default=0) + 1, _LINES) for words in flowed.values()
    )
    line = SMALL * _LEADING
    head = 3 * line
    ax = axes(ax, inches, (head + n_lines * line) / 72 + 0.55)
    ax.set_xlim(0, 2 * column + _GAP * 72)
    ax.set_ylim(head + n_lines * line, 0)
    for number, (side, words) in enumerate(flowed.items()):
        left = number * (column + _GAP * 72)
        _head(ax, table[table["side"] == side], left, column, known=known)
        for word, behind in zip_longest(words, words[1:]):
            if word.line < _LINES:
                ends = (behind.line, behind.kind) != (word.line, word.kind) if behind else True
                reach = word.left + word.width if ends else behind.left
                _draw(ax, word, left, head + word.line * line, reach - word.left)
    ax.set_axis_off()
    finish(
        ax,
        passages,
        notes=[
            "Coloured: the same words in both. Underlined: words that differ inside a passage.",
            f"Cut after {_LINES} lines." if cut else "",
        ],
    )
    return ax


def _order_known(table: pd.DataFrame) -> bool:
    """Whether the stamps tell which text was earlier; without their precision they are believed."""
    heads = table.drop_duplicates("side").set_index("side")
    if "published_precision" not in heads.columns or len(heads) < 2:
        return True
    if heads["published_at"].isna().any():
        return False
    exact = heads["published_precision"].eq("minute")
    begin = heads["published_at"].where(exact, heads["published_at"].dt.normalize())
    end = begin.where(exact, begin + pd.Timedelta(days=1))
    lag = begin["later"] - end["earlier"]
    return bool(lag >= pd.Timedelta(hours=SIMULTANEOUS_HOURS))


def _head(ax: Axes, rows: pd.DataFrame, left: float, column: float, *, known: bool) -> None:
    """Outlet and time above a column."""
    if rows.empty:
        return
    line, side = SMALL * _LEADING, rows["side"].iloc[0]
    time = rows["published_at"].iloc[0]
    exact = "published_precision" not in rows or rows["published_precision"].iloc[0] == "minute"
    when = "no time" if pd.isna(time) else f"{time:{'%Y-%m-%d %H:%M' if exact else '%Y-%m-%d'}} UTC"
    name = shorten(rows["outlet_name"].iloc[0], max(int(column / SMALL / 0.62), 10))
    ax.text(left, 0.9 * line, name, fontsize=SMALL + 0.5, fontweight="bold", color=INK)
    ax.text(
        left,
        1.9 * line,
        f"{side if known else 'order unknown'}, {when}",
        fontsize=SMALL - 0.5,
        color=INK,
    )
    ax.plot([left, left + column], [2.35 * line] * 2, color=INK, lw=0.7)


def _flow(rows: pd.DataFrame, column: float) -> Iterator[_Word]:
    """Words in lines that are no wider than the column; a new field begins a new paragraph."""
    space = _width(" ")
    at, line, field, ended = 0.0, 0, None, True
    for kind, text, where in zip(rows["kind"], rows["text"], rows["field"], strict=True):
        if field is not None and where != field:
            at, line = 0.0, line + 2
        elif not ended and not str(text)[:1].isspace():
            at = max(at - space, 0.0)  # a comma belongs to the word before it
        field, ended = where, str(text)[-1:].isspace()
        for written in str(text).split():
            for word in _pieces(shorten(written, 400), column):
                width = _width(word)
                if at and at + width > column:
                    at, line = 0.0, line + 1
                if line > _LINES:
                    return
                yield _Word(word, at, width, line, str(kind))
                at += width + space


def _pieces(word: str, column: float) -> Iterator[str]:
    """The word, or parts of it that fit the column."""
    while _width(word) > column and len(word) > 1:
        fits = max(1, int(len(word) * column / _width(word)) - 1)
        yield word[:fits]
        word = word[fits:]
    yield word


def _draw(ax: Axes, word: _Word, left: float, top: float, reach: float) -> None:
    """Write a word, on coloured ground as far as `reach` if it is shared."""
    x, line = left + word.left, SMALL * _LEADING
    if word.kind == "shared":
        ax.add_patch(Rectangle((x - 1.0, top), reach + 1.2, line, color=_GROUND, lw=0))
    elif word.kind == "changed":
        foot = top + 0.86 * line
        ax.plot([x, x + reach], [foot, foot], color=OKABE_ITO["vermilion"], lw=1.1)
    ax.text(x, top + 0.72 * line, word.text, fontsize=SMALL, color=INK, gid=word.kind)


@functools.lru_cache(maxsize=16_384)
def _width(word: str) -> float:
    """Points that a word is wide."""
    measured: Any = TextToPath().get_text_width_height_descent(
        word, FontProperties(size=SMALL), ismath=False
    )
    return float(measured[0])
