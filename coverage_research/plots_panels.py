"""Panels of shares: groups as rows, one panel per kind, a scale from 0 to 100 % in each."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.plots import (
    GREY,
    INK,
    OKABE_ITO,
    PALE,
    SMALL,
    axes,
    finish,
    labels,
    no_interval,
    nothing,
    room,
    set_spots,
    shorten,
)
from coverage_research.schema import SchemaError

if TYPE_CHECKING:
    from collections.abc import Collection

    from matplotlib.axes import Axes

Numbers = npt.NDArray[np.integer[Any]]

#: Width of a panel and the space behind it, in units of its scale from 0 to 1.
_STEP: Final = 1.4
#: What the numbers of the scales are known by among the texts of the axes.
SCALE: Final = "scale"


def share_panels(
    shares: pd.DataFrame,
    kind: str,
    *,
    by: Collection[str],
    what: str,
    zero: str,
    missing: str,
    ax: Axes | None,
) -> Axes:
    """Draw an aggregate with a row per group and one panel per kind.

    A filled dot has an interval; a hollow dot has none, and has k/n beside it, so that one of one
    does not look like a finding.

    Parameters
    ----------
    shares : DataFrame
        With `kind`, the columns `by`, k, n, estimate, low, high, reason; label (of the kind) and
        outlet_name if any.
    kind : str
        Column whose values have a panel each.
    by : collection of str
        Columns that name the group, which has a row.
    what : str
        What the scale counts; `{line}` becomes the words on intervals.
    zero : str
        Note on grey marks.
    missing : str
        What to say of an empty table.

    Raises
    ------
    SchemaError
        If a group has two rows for one kind.
    """
    table = shares.reset_index(drop=True)
    if table.empty:
        return finish(nothing(axes(ax, 6, 2), missing), shares)
    by = list(by)
    if by:
        row = table.groupby(by, dropna=False, sort=False).ngroup().to_numpy()
    else:
        row = np.zeros(len(table), dtype=np.int64)
    column, kinds = pd.factorize(table[kind])
    twice = pd.DataFrame({"row": row, "column": column}).duplicated()
    if twice.any():
        repeated = table.loc[twice, [*by, kind]].iloc[0]
        raise SchemaError(
            f"shares: expected one row per group and {kind}; {int(twice.sum())} more, "
            f"the first for {' / '.join(map(str, repeated))}."
        )
    n_rows, n_columns = int(row.max()) + 1, len(kinds)
    height = 0.27 if n_rows <= 25 else 0.2
    heads = table.assign(row=row).drop_duplicates("row")
    is_narrow = ax is not None and room(ax) < 0.92 * n_columns + 1.9
    names = _names(heads, by, 22 if is_narrow else 32)
    # Letters of the sans serif faces are about 0.56 of their size wide.
    beside = 0.2 + max(map(len, names)) * SMALL * 0.56 / 72
    ax = axes(ax, max(beside + 0.92 * n_columns, 4.6), 1.5 + height * n_rows)
    inches = max((room(ax) - beside) / n_columns, 0.3)
    size = SMALL if inches >= 0.85 else SMALL - 1.5
    _panels(ax, n_rows, n_columns, size)
    _dots(ax, table, row, column, size=size, area=20 if n_rows <= 25 else 11)
    set_spots(ax, column * _STEP - 0.1, column * _STEP + 1.1, row - 0.5, row + 0.5)
    first = table.drop_duplicates(kind)
    titles = first["label"] if "label" in first.columns else first[kind]
    signs = max(8, int(inches * 72 / size / 0.56))
    for number, title in enumerate(titles):
        ax.annotate(
            "\n".join(textwrap.wrap(shorten(title, 40), signs, break_long_words=False)),
            (number * _STEP + 0.5, -0.5),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=size,
            color=INK,
            annotation_clip=False,
        )
    ax.set_yticks(range(n_rows), names, fontsize=SMALL)
    line = "; line: 95 % interval" if table["low"].notna().any() else ""
    signs = max(30, int(inches * n_columns * 72 / SMALL / 0.55))
    ax.set_xlabel(
        "\n".join(textwrap.wrap(what.format(line=line), signs)), fontsize=SMALL, labelpad=size + 6
    )
    finish(ax, shares, notes=[zero if (table["k"] == 0).any() else "", no_interval(shares)])
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.tick_params(length=0)
    return ax


def _panels(ax: Axes, n_rows: int, n_columns: int, size: float) -> None:
    """Scales of the panels: bands behind every other row, lines at 0, 50 and 100 %."""
    for number in range(0, n_rows, 2):
        ax.axhspan(number - 0.5, number + 0.5, color="#F4F4F4", lw=0, zorder=0)
    lefts = np.arange(n_columns) * _STEP
    for share, colour in ((0.0, GREY), (0.5, PALE), (1.0, PALE)):
        ax.vlines(lefts + share, -0.5, n_rows - 0.5, colors=colour, lw=0.8, zorder=1)
        for left in lefts:
            # Not ticks: each panel has a scale of its own, and ticks take much longer to draw.
            ax.annotate(
                f"{share * 100:.0f}" + ("%" if share == 1 else ""),
                (left + share, n_rows - 0.5),
                xytext=(0, -3),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=size - 1,
                color=INK,
                annotation_clip=False,
                gid=SCALE,
            )
    ax.set_xticks([])
    ax.set_xlim(-0.12, (n_columns - 1) * _STEP + 1.3)
    ax.set_ylim(n_rows - 0.5, -0.5)


def _dots(
    ax: Axes,
    table: pd.DataFrame,
    row: Numbers,
    column: Numbers,
    *,
    size: float,
    area: float,
) -> None:
    """Draw a dot in each cell, with its interval or with k/n."""
    left = column * _STEP
    known = (table["low"].notna() & table["high"].notna()).to_numpy()
    drawn = table["estimate"].notna().to_numpy()
    zero = (table["k"] == 0).to_numpy()
    share = table["estimate"].to_numpy(dtype="float64")
    colours = np.where(zero, GREY, OKABE_ITO["blue"])
    low, high = (table[name].to_numpy(dtype="float64") for name in ("low", "high"))
    ax.hlines(
        row[known],
        (left + low)[known],
        (left + high)[known],
        colors=colours[known].tolist(),
        lw=1.4,
        zorder=2,
    )
    for sure in (True, False):
        cells = drawn & (known == sure)
        ax.scatter(
            (left + share)[cells],
            row[cells],
            s=area,
            marker="o",
            facecolors=colours[cells].tolist() if sure else "white",
            edgecolors=colours[cells].tolist(),
            linewidths=1.1,
            zorder=3,
            label="with interval" if sure else "without interval",
        )
    for cell in np.flatnonzero(drawn & ~known):
        # Beside the dot, on the side where the panel has more room.
        after = share[cell] <= 0.5
        ax.annotate(
            f"{table['k'].iloc[cell]}/{table['n'].iloc[cell]}",
            (left[cell] + share[cell], row[cell]),
            xytext=(4.5 if after else -4.5, -0.4),
            textcoords="offset points",
            ha="left" if after else "right",
            va="center_baseline",
            fontsize=size - 0.5,
            color=GREY if zero[cell] else INK,
            zorder=4,
        )


def _names(heads: pd.DataFrame, by: list[str], width: int) -> list[str]:
    """Labels of the rows: the group, and of how many articles it speaks."""
    parts = []
    for name in by or [""]:
        if name == "outlet" and "outlet_name" in heads.columns:
            parts.append(heads["outlet_name"].fillna(heads["outlet"]))
        else:
            parts.append(heads[name] if name else pd.Series("all", heads.index))
    words = [
        " / ".join("(none)" if pd.isna(part) else str(part) for part in group)
        for group in zip(*parts, strict=True)
    ]
    shown = zip(labels(words, width if len(parts) == 1 else width + 12), heads["n"], strict=True)
    return [f"{word}  n={n}" for word, n in shown]
