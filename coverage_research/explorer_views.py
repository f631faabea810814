"""What the explorer shows of a part of a corpus: figures with their marks, passages, a table.

The figures are those of print, drawn with fewer draws of the bootstrap. Whatever comes from an
article is shown as the text that it is.
"""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import pandas as pd

from coverage_research.evidence import evidence
from coverage_research.frame_shares import frame_shares
from coverage_research.html_text import CALM, as_html, as_link, plain_line
from coverage_research.plots import order_open, spots
from coverage_research.plots_framing import plot_frame_shares
from coverage_research.plots_lanes import plot_lanes
from coverage_research.plots_sources import plot_sources
from coverage_research.plots_sourcing import plot_reuse
from coverage_research.plots_timeline import plot_timeline
from coverage_research.reuse import reuse_shares
from coverage_research.schema import carry
from coverage_research.source_shares import source_shares
from coverage_research.statistics import N_BOOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

    from coverage_research.explorer_data import Part

#: Draws of the bootstrap while exploring.
DRAWS: Final = 200
#: Articles of a page of the table.
PAGE: Final = 50
#: Rows and lanes of a figure while exploring.
MOST_ROWS: Final = 20
#: Passages that are shown of a mark.
MOST_PASSAGES: Final = 30
#: Points that a mark is wide and high at least, so that it can be hit.
_LEAST_SPOT: Final = 14.0
#: Points around a figure.
_MARGIN: Final = 7.0
#: Points to an inch.
_POINTS: Final = 72
_SVG: Final = re.compile(r'width="[^"]*" height="[^"]*" viewBox="[^"]*"')


def as_page(inner: str) -> str:
    """A piece of the page, in the style of the explorer and out of reach of MathJax."""
    return f'<div class="{" ".join(("coverage-explorer", *CALM))}">{inner}</div>'


def when(stamp: Any, precision: Any) -> str:
    """A stamp in UTC, as exact as it is known."""
    if pd.isna(stamp):
        return "no date"
    return f"{stamp:%Y-%m-%d %H:%M}" if precision == "minute" else f"{stamp:%Y-%m-%d}"


def passages_html(
    found: pd.DataFrame, total: int, labels: Iterable[str] = (), *, of_one: bool = False
) -> str:
    """Passages of `evidence` in their contexts, the match marked.

    Parameters
    ----------
    found : DataFrame
        From `evidence`.
    total : int
        Passages that there are, of which `found` may be the first.
    labels : iterable of str
        Columns of `found` to tell beside each.
    of_one : bool
        Whether all are of one article, which then is not named with each.
    """
    if found.empty:
        return "<p>No passage.</p>"
    items = []
    for row in found.to_dict("records"):
        marked = f"<mark>{as_html(row['match'])}</mark>"
        if isinstance(row["left"], str) and isinstance(row["right"], str):
            marked = as_html(row["left"]) + marked + as_html(row["right"])
        told = [
            f"{name.replace('_', ' ')}: {as_html(row[name])}"
            for name in labels
            if name in row and isinstance(row[name], str) and row[name]
        ]
        name = row["outlet_name"] if isinstance(row["outlet_name"], str) else row["outlet"]
        # Evidence has no precision of stamps, so no more than the day is told.
        about = (
            ""
            if of_one
            else (
                f"{as_html(name)}, {when(row['published_at'], 'day')}: "
                f"{as_link(row['url'], row['title'])} "
            )
        )
        items.append(
            f"<li>{about}({as_html(row['field'])})"
            f"<blockquote>{marked}{' - ' if told else ''}{'; '.join(told)}</blockquote></li>"
        )
    more = "" if len(found) == total else f" (the first {len(found)} of {total:,})"
    count = f"{total:,} passage{'s' if total != 1 else ''}{more}"
    return f"<p>{count}</p><ol>{''.join(items)}</ol>"


# --- figures ---

Cell = dict[str, Any]


class Mark(NamedTuple):
    """A mark of a figure: what it says, the rows behind it, and its row in the drawn table."""

    told: str
    cell: Cell
    row: int


class Made(NamedTuple):
    """What a figure will show: how it is drawn, its marks, and what is to be said below it."""

    draw: Callable[[], Axes]
    marks: list[Mark]
    note: str


class Drawn(NamedTuple):
    """A figure as an image: its address, which holds all of it, and where its marks are.

    A spot is left, top, width and height in percent of the image, and what the mark says.
    """

    source: str
    alt: str
    spots: list[tuple[float, float, float, float, str]]
    made: Made


def _framing(part: Part, _: str) -> Made:
    articles, note = part.largest()
    shares = frame_shares(part.brief("frames"), articles, _listed(part), n_boot=DRAWS)
    return Made(lambda: plot_frame_shares(shares), _share_marks(shares, "frame", "articles"), note)


def _sources(part: Part, _: str) -> Made:
    articles, note = part.largest()
    shares = source_shares(part.brief("sources"), articles, _listed(part), n_boot=DRAWS)
    marks = _share_marks(shares, "source_type", "attributions")
    return Made(lambda: plot_sources(shares), marks, note)


def _share_marks(shares: pd.DataFrame, kind: str, counted: str) -> list[Mark]:
    """A mark for each share above 0 of an outlet and a kind."""
    return [
        Mark(
            f"{named(row)}: {row['label']}, {row['k']:,} of {row['n']:,} {counted}",
            {"outlet": row["outlet"], kind: row[kind]},
            at,
        )
        for at, row in enumerate(shares.to_dict("records"))
        if row["k"] > 0
    ]


def _reuse(part: Part, _: str) -> Made:
    names = ["outlet", "other_outlet", "verdict"]
    of_article = part.numbered()
    pairs = part.brief("reuse")[["article_id", "other_outlet", "verdict"]].drop_duplicates()
    pairs = pairs.merge(of_article[["article_id", "outlet"]], on="article_id")
    sizes = pairs.value_counts(names)
    notes = ["the earlier article may lie outside the selection"]
    if len(sizes) > MOST_ROWS:
        # Intervals of rows that are not shown would cost more than all else.
        often = sizes.head(MOST_ROWS).index
        pairs = pairs[pd.MultiIndex.from_frame(pairs[names]).isin(often)]
        notes.append(f"the {MOST_ROWS} most frequent of {len(sizes):,} rows")
    pairs = carry(pairs.drop(columns="outlet"), part.table("reuse"))
    shares = reuse_shares(pairs, of_article, _listed(part), n_boot=DRAWS)
    shares["other_name"] = shares["other_outlet"].map(part.data.names).fillna(shares["other_name"])
    marks = [
        Mark(
            (
                f"{named(row)} {'and' if is_open else 'after'} "
                f"{plain_line(row['other_name'], 40)}: "
                f"{row['verdict'].replace('_', ' ')}, {row['k']:,} of {row['n']:,} articles"
            ),
            {name: row[name] for name in names},
            at,
        )
        for at, (row, is_open) in enumerate(
            zip(shares.to_dict("records"), order_open(shares), strict=True)
        )
    ]
    return Made(lambda: plot_reuse(shares), marks, "; ".join(notes))


def _listed(part: Part) -> pd.DataFrame:
    return part.brief("stories")[["story_id", "article_id"]]


def _of_story(part: Part, story: str) -> tuple[pd.DataFrame, list[Mark], str]:
    lags = part.table("lags")
    rows = lags[lags["story_id"] == story]
    first = carry(rows.head(MOST_ROWS).reset_index(drop=True), lags)
    some = len(first) < len(rows)
    note = f"the first {MOST_ROWS} of {len(rows):,} articles of the story" if some else ""
    marks = [
        Mark(
            (
                f"{when(row['published_at'], row['published_precision'])} {named(row)}: "
                f"{plain_line(row['title'], 60)}"
            ),
            {"article_id": row["article_id"]},
            at,
        )
        for at, row in enumerate(first.to_dict("records"))
    ]
    return first, marks, note


def _timeline(part: Part, story: str) -> Made:
    rows, marks, note = _of_story(part, story)
    lags = "lags behind the first article of the story in the whole corpus"
    return Made(lambda: plot_timeline(rows), marks, "; ".join(filter(None, (lags, note))))


def _lanes(part: Part, story: str) -> Made:
    rows, marks, note = _of_story(part, story)
    ties = part.table("reuse")[["article_id", "other_id", "verdict"]]
    here = set(rows["article_id"])
    ties = ties[ties["article_id"].isin(here) & ties["other_id"].isin(here)]
    return Made(lambda: plot_lanes(rows, ties=ties), marks, note)


def named(row: Mapping[Any, Any]) -> str:
    """Name of the outlet of a row, for a list."""
    name = row.get("outlet_name")
    return plain_line(name if isinstance(name, str) else row["outlet"], 40)


#: The figures of each tab: name shown, how it is made, the measure behind its marks, its question.
FIGURES: Final[Mapping[str, tuple[Callable[..., Any], str, str]]] = {
    "Frames": (_framing, "frames", "In which terms does each outlet tell the story?"),
    "Types of sources": (_sources, "sources", "On whose word does each outlet's coverage stand?"),
    "Reuse and credit": (_reuse, "reuse", "Who repeats or credits whom?"),
    "Order of articles": (_timeline, "lags", "Who was first, and who followed when?"),
    "Lanes of outlets": (_lanes, "lags", "Who wrote when, and who drew on whom?"),
}
#: Columns that are told beside a passage.
_LABELS: Final[Mapping[str, tuple[str, ...]]] = {
    "frames": ("frame", "term"),
    "sources": ("source", "source_type", "cue"),
    "credits": ("credited", "cue"),
    "origins": ("origin", "name"),
    "reuse": ("other_outlet", "verdict", "rival"),
}


def make_view(part: Part, figure: str, option: str = "") -> Made:
    """What a figure shows of a selection, not drawn yet.

    Parameters
    ----------
    figure : str
        One of `FIGURES`.
    option : str
        The story of a timeline.
    """
    made: Made = FIGURES[figure][0](part, option)
    told = f"{len(part.articles):,} of {len(part.data.corpus.articles):,} articles"
    if FIGURES[figure][1] != "lags":
        told += f"; while exploring {DRAWS} draws of the bootstrap, in print {N_BOOT:,}"
    return made._replace(note="; ".join(filter(None, (told, made.note))))


def draw_view(made: Made, question: str) -> Drawn:
    """Draw a figure as an image that holds all of itself, and find its marks."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    settings: Any = {
        "svg.hashsalt": "coverage_research",
        "svg.fonttype": "none",
        "figure.autolayout": False,
        "figure.constrained_layout.use": False,
    }
    with mpl.rc_context(settings):
        ax = made.draw()
        figure = cast("Figure", ax.get_figure(root=True))
        try:
            image, bounds = _svg(figure)
            # Before it is closed, which gives a figure its former scale.
            at = _spots(ax, bounds, made.marks)
        finally:
            plt.close(figure)
    data = base64.b64encode(image).decode("ascii")
    alt = f"{question} {len(made.marks)} marks, listed below the figure."
    return Drawn(f"data:image/svg+xml;base64,{data}", alt, at, made)


def _svg(figure: Figure) -> tuple[bytes, Bbox]:
    """A figure as SVG, and what of it is seen, in points from its lower left corner.

    Drawn once: the image is cut to what was drawn by its view box, where `savefig` would draw twice
    more to lay out and to cut.
    """
    from matplotlib.backends.backend_svg import RendererSVG

    figure.set_layout_engine(None)
    figure.set_dpi(_POINTS)
    width, height = figure.get_size_inches() * _POINTS
    buffer = io.StringIO()
    make: Any = RendererSVG
    renderer = make(width, height, buffer, None, _POINTS, metadata={"Date": None})
    figure.draw(renderer)
    found = figure.get_tightbbox(renderer)
    renderer.finalize()
    bounds = found.transformed(figure.dpi_scale_trans).padded(_MARGIN)
    size = f'width="{bounds.width:.1f}pt" height="{bounds.height:.1f}pt"'
    seen = f"{bounds.x0:.1f} {height - bounds.y1:.1f} {bounds.width:.1f} {bounds.height:.1f}"
    image = _SVG.sub(f'{size} viewBox="{seen}"', buffer.getvalue(), count=1)
    return image.encode(), bounds


def _spots(
    ax: Axes, bounds: Bbox, marks: list[Mark]
) -> list[tuple[float, float, float, float, str]]:
    """Where the marks are in the image, in percent."""
    boxes = spots(ax)
    wide, high = boxes["right"] - boxes["left"], boxes["high"] - boxes["low"]
    beside, above = ((_LEAST_SPOT - size).clip(lower=0) / 2 for size in (wide, high))
    left = (boxes["left"] - beside - bounds.x0) / bounds.width * 100
    top = (bounds.y1 - boxes["high"] - above) / bounds.height * 100
    width = (wide + 2 * beside) / bounds.width * 100
    height = (high + 2 * above) / bounds.height * 100
    table = list(zip(*(side.round(2) for side in (left, top, width, height)), strict=True))
    return [(*table[mark.row], mark.told) for mark in marks]


def cell_html(part: Part, name: str, cell: Cell) -> str:
    """The passages behind a mark, of the measure of that name."""
    if name == "lags":
        return article_html(part, str(cell["article_id"]))
    rows = part.table(name)
    inside = pd.Series(data=True, index=rows.index)
    for column, value in cell.items():
        if column in rows.columns:
            inside &= rows[column].eq(value).fillna(value=False).astype(bool)
        else:
            articles = part.articles
            ids = articles.loc[articles[column] == value, "article_id"]
            inside &= rows["article_id"].isin(ids)
    found = carry(rows[inside].reset_index(drop=True), rows)
    return _passages(part, found, name)


def _passages(part: Part, rows: pd.DataFrame, name: str, *, of_one: bool = False) -> str:
    spans = rows[rows["start"].notna()] if "start" in rows.columns else rows
    first = spans.head(MOST_PASSAGES)
    about = part.articles[part.articles["article_id"].isin(first["article_id"])]
    return passages_html(evidence(first, about), len(spans), _LABELS[name], of_one=of_one)


def article_html(part: Part, article_id: str) -> str:
    """One article and every passage that was found in it, by measure."""
    articles = part.articles
    (row,) = articles[articles["article_id"] == article_id].to_dict("records")
    stamp = when(row["published_at"], row["published_precision"])
    name = row["outlet_name"] if isinstance(row["outlet_name"], str) else row["outlet"]
    parts = [f"<h3>{as_link(row['url'], row['title'])}</h3><p>{as_html(name)}, {stamp} UTC</p>"]
    for measured, title in (
        ("frames", "Frames"),
        ("sources", "Sources"),
        ("credits", "Credits"),
        ("origins", "Marks of origin"),
        ("reuse", "Passages shared with an earlier article"),
    ):
        rows = part.table(measured)
        own = carry(rows[rows["article_id"] == article_id].reset_index(drop=True), rows)
        parts.append(f"<h4>{title}</h4>{_passages(part, own, measured, of_one=True)}")
    return "".join(parts)


def table_html(part: Part, page: int) -> str:
    """A page of the articles as a table, the earliest first."""
    rows = page_of(part, page)
    first = page * PAGE
    data = part.data
    body = "".join(
        f"<tr><td>{when(row['published_at'], row['published_precision'])}</td>"
        f"<td>{as_html(data.names.get(row['outlet'], row['outlet']))}</td>"
        f"<td>{as_link(row['url'], row['title'])}</td>"
        f"<td>{as_html(data.carried.get(row['article_id'], ''))}</td>"
        f"<td>{as_html(data.marked.get(row['article_id'], ''))}</td></tr>"
        for row in rows.to_dict("records")
    )
    heads = ("Published (UTC)", "Outlet", "Headline", "Frames", "Marks of origin")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    shown = f"{first + 1:,} to {first + len(rows):,} of " if len(rows) else ""
    return (
        '<div class="wide" role="region" tabindex="0" aria-label="Table of articles"><table>'
        f"<caption>Articles {shown}{len(part.articles):,}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def page_of(part: Part, page: int) -> pd.DataFrame:
    """Articles of a page, counted from 0, by time; those without a time last."""
    times = part.articles["published_at"].reset_index(drop=True)
    order = times.sort_values(kind="stable", na_position="last").index
    return part.articles.iloc[order[page * PAGE : (page + 1) * PAGE]]
