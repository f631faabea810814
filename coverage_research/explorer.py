"""Looking around in a corpus, in Jupyter or as a page: filters, linked views, passages. No science.

All views speak of one selection. The figures are those of print, drawn with fewer draws of the
bootstrap, which each of them says; below each stands a list of its marks, and choosing one opens
the passages behind it. Whatever comes from an article is shown as the text that it is.
"""

from __future__ import annotations

import base64
import html
import io
import re
import textwrap
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from urllib.parse import urlsplit

import pandas as pd

from coverage_research.articles import write_text
from coverage_research.evidence import evidence
from coverage_research.exports import write_tables
from coverage_research.frame_shares import frame_shares
from coverage_research.framing import frames_of
from coverage_research.plots_framing import plot_frame_shares
from coverage_research.plots_lanes import plot_lanes
from coverage_research.plots_sources import plot_sources
from coverage_research.plots_sourcing import plot_reuse
from coverage_research.plots_timeline import plot_timeline
from coverage_research.reuse import reuse_shares
from coverage_research.schema import INVENTED_NOTE, CoverageError, carry
from coverage_research.selection import Selection, folded, narrowed, no_copies, selected, snippet
from coverage_research.sharing import measure
from coverage_research.source_shares import source_shares
from coverage_research.statistics import N_BOOT
from coverage_research.timeline import story_lags

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from coverage_research.corpus import Corpus
    from coverage_research.selection import Flags

#: Draws of the bootstrap while exploring.
DRAWS: Final = 200
#: Articles of a page of the table.
PAGE: Final = 50
#: Outlets, rows and lanes of a figure while exploring.
MOST_OUTLETS: Final = 10
MOST_ROWS: Final = 20
#: Stories that the filter and the timeline offer, the largest.
MOST_STORIES: Final = 300
#: Passages that are shown of a mark.
MOST_PASSAGES: Final = 30
#: Points of the note below a figure.
_NOTE: Final = 7.0
#: Figures that are kept, so that going back costs nothing.
KEPT: Final = 64

_MEASURES: Final = ("frames", "sources", "credits", "origins", "reuse", "stories")
#: What could open a formula for MathJax, which looks for it in one piece of text at a time.
_MATH: Final = re.compile(r"[$\\]")
_STYLE: Final = (
    "<style>.coverage-explorer{line-height:1.4}"
    ".coverage-explorer table{border-collapse:collapse;width:100%}"
    ".coverage-explorer td:first-child{white-space:nowrap}"
    ".coverage-explorer th,.coverage-explorer td"
    "{padding:.2em .6em;text-align:left;vertical-align:top;border-bottom:1px solid #767676}"
    ".coverage-explorer caption{text-align:left;font-weight:bold;padding:.2em .6em}"
    ".coverage-explorer a{color:inherit;text-decoration:underline}"
    ".coverage-explorer mark{background:#ffe08a;color:#1a1a1a}"
    ".coverage-explorer blockquote{margin:.2em 0 .8em 1em;white-space:pre-wrap}"
    ".coverage-explorer img{background:#fff;max-width:100%}"
    ".coverage-explorer .wide{overflow-x:auto}"
    ".coverage-explorer .invented{color:#fff;background:#a33b00;padding:.1em .5em}</style>"
)


# --- text to HTML ---------------------------------------------------------------------------------


def plain_line(text: Any, width: int = 90) -> str:
    r"""A text as one line of a list: no control signs, none that turn the direction, cut.

    Examples
    --------
    >>> plain_line("Chips\u202e\x07 and  <b>curbs</b>")
    'Chips and <b>curbs</b>'
    """
    told = text if isinstance(text, str) else "" if pd.isna(text) else str(text)
    kept = "".join(
        " " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign
        for sign in told
        if unicodedata.category(sign) not in ("Cf", "Cs")
    )
    line = " ".join(kept.split())
    return line if len(line) <= width else line[: width - 3].rstrip() + "..."


def as_html(text: Any) -> str:
    """A text as HTML that shows it and does nothing else.

    Markup is escaped, signs that could open a formula stand apart, and the direction of the text
    ends with it.

    Examples
    --------
    >>> as_html("<b> & $x$")
    '<bdi>&lt;b&gt; &amp; <span>$</span>x<span>$</span></bdi>'
    """
    told = text if isinstance(text, str) else "" if pd.isna(text) else str(text)
    visible = "".join(
        "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(sign) == "Cs"
        or (unicodedata.category(sign) == "Cc" and sign not in "\n\t")
        else sign
        for sign in told
    )
    apart = _MATH.sub(r"<span>\g<0></span>", html.escape(visible))
    return f"<bdi>{apart}</bdi>"


def as_link(url: Any, text: Any) -> str:
    """A link to a page of the web; the text alone where the address is of another kind.

    Examples
    --------
    >>> as_link("javascript:alert(1)", "Chips")
    '<bdi>Chips</bdi>'
    >>> as_link("https://chips.example/a", "Chips")  # doctest: +NORMALIZE_WHITESPACE
    '<a href="https://chips.example/a" target="_blank"
    rel="noopener noreferrer"><bdi>Chips</bdi></a>'
    """
    shown = as_html(text)
    if not isinstance(url, str) or any(sign.isspace() or ord(sign) < 32 for sign in url):
        return shown
    try:
        parts = urlsplit(url)
    except ValueError:
        return shown
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return shown
    address = _MATH.sub(lambda sign: f"%{ord(sign[0]):02X}", html.escape(url))
    return f'<a href="{address}" target="_blank" rel="noopener noreferrer">{shown}</a>'


def _page(inner: str) -> str:
    return f'<div class="coverage-explorer mathjax_ignore tex2jax_ignore">{inner}</div>'


def _when(stamp: Any, precision: Any) -> str:
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
                f"{as_html(name)}, {_when(row['published_at'], 'day')}: "
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


# --- the part of the corpus that is looked at -----------------------------------------------------


@dataclass
class Part:
    """A selection of the corpus, with the measures that were taken of all of it."""

    data: Data
    selection: Selection
    kept: Flags
    articles: pd.DataFrame
    _tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    def corpus(self) -> Corpus:
        """The selection as a corpus."""
        return narrowed(self.data.corpus, self.kept)

    def table(self, name: str) -> pd.DataFrame:
        """Rows of a measure that speak of selected articles."""
        if name not in self._tables:
            whole = self.data.tables[name]
            left = whole[self.kept[self.data.rows[name]]].reset_index(drop=True)
            left.attrs.update(whole.attrs)
            self._tables[name] = left
        return self._tables[name]

    def largest(self) -> tuple[pd.DataFrame, str]:
        """Articles of the largest outlets, and a note where others are left out."""
        named = self.articles[["article_id", "outlet", "outlet_name"]]
        sizes = named["outlet"].value_counts()
        if len(sizes) <= MOST_OUTLETS:
            return carry(named, self.articles), ""
        kept = named[named["outlet"].isin(sizes.index[:MOST_OUTLETS])]
        note = f"the largest {MOST_OUTLETS} of {len(sizes):,} outlets"
        return carry(kept.reset_index(drop=True), self.articles), note


class Data:
    """A corpus and all that was measured of it once, with the selections made lately."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self.tables = {name: measure(corpus, name) for name in _MEASURES}
        self.tables["lags"] = story_lags(corpus.articles, self.tables["stories"])
        place = pd.Index(corpus.articles["article_id"])
        #: Of each row of a measure the row of its article.
        self.rows = {n: place.get_indexer(t["article_id"]) for n, t in self.tables.items()}
        self.alone = no_copies(corpus, self.tables["reuse"])
        self.frames = frames_of(self.tables["frames"])[1]
        self.texts = folded(corpus.articles)
        self.names = _outlet_names(corpus.articles)
        self.carried = _joined(self.tables["frames"], "frame", self.frames)
        self.marked = _joined(self.tables["origins"], "origin", {})
        self._parts: OrderedDict[Selection, Part] = OrderedDict()

    def part(self, selection: Selection) -> Part:
        """The selected part, kept for when it is asked again."""
        if selection not in self._parts:
            kept = selected(
                self.corpus, selection, measured=self.tables, texts=self.texts, alone=self.alone
            )
            articles = self.corpus.articles
            if not kept.all():
                articles = carry(articles[kept].reset_index(drop=True), articles)
            self._parts[selection] = Part(self, selection, kept, articles)
        self._parts.move_to_end(selection)
        if len(self._parts) > KEPT:
            self._parts.popitem(last=False)
        return self._parts[selection]

    def stories(self, lags: pd.DataFrame) -> list[tuple[str, str]]:
        """Largest stories of a table of lags: what to show and the id, headline of the earliest."""
        sizes = lags["story_id"].value_counts().head(MOST_STORIES)
        known = self.tables["lags"].drop_duplicates("story_id").set_index("story_id")["title"]
        return [
            (f"{plain_line(known[story], 60)} ({n:,})", story)
            for story, n in sizes.items()
            if isinstance(story, str)
        ]


def _outlet_names(articles: pd.DataFrame) -> dict[str, str]:
    """Name of each outlet, with its domain where another has the same name."""
    first = articles.drop_duplicates("outlet").dropna(subset=["outlet"])
    named = first["outlet_name"].fillna(first["outlet"])
    same = named.duplicated(keep=False)
    named = named.mask(same, named + " [" + first["outlet"] + "]")
    return dict(zip(first["outlet"], named, strict=True))


def _joined(table: pd.DataFrame, column: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Of each article the values of a column, joined."""
    pairs = table[["article_id", column]].dropna().drop_duplicates()
    told = pairs[column].map(lambda name: labels.get(name, str(name)))
    joined = told.groupby(pairs["article_id"]).agg(", ".join)
    return dict(zip(joined.index, joined, strict=True))


# --- views ----------------------------------------------------------------------------------------

Cell = dict[str, Any]


class Made(NamedTuple):
    """What a figure will show: how it is drawn, its marks, and what is to be said below it."""

    draw: Callable[[], Axes]
    cells: list[tuple[str, Cell]]
    note: str


#: Columns that shares are counted by; to copy the others takes longer than to count.
_COUNTED: Final[Mapping[str, tuple[str, ...]]] = {
    "frames": ("article_id", "codebook", "frame"),
    "sources": ("article_id", "field", "start", "end", "continues", "source_type"),
}


def _brief(part: Part, name: str) -> pd.DataFrame:
    whole = part.table(name)
    brief = whole[list(_COUNTED[name])]
    brief.attrs.update(whole.attrs)
    return brief


def _framing(part: Part, _: str) -> Made:
    articles, note = part.largest()
    shares = frame_shares(_brief(part, "frames"), articles, _listed(part), n_boot=DRAWS)
    cells = [
        (
            f"{_named(row)}: {row['label']}, {row['k']:,} of {row['n']:,} articles",
            {"outlet": row["outlet"], "frame": row["frame"]},
        )
        for row in shares[shares["k"] > 0].to_dict("records")
    ]
    return Made(lambda: plot_frame_shares(shares), cells, note)


def _sources(part: Part, _: str) -> Made:
    articles, note = part.largest()
    shares = source_shares(_brief(part, "sources"), articles, _listed(part), n_boot=DRAWS)
    cells = [
        (
            f"{_named(row)}: {row['label']}, {row['k']:,} of {row['n']:,} attributions",
            {"outlet": row["outlet"], "source_type": row["source_type"]},
        )
        for row in shares[shares["k"] > 0].to_dict("records")
    ]
    return Made(lambda: plot_sources(shares), cells, note)


def _reuse(part: Part, _: str) -> Made:
    names = ["outlet", "other_outlet", "verdict"]
    pairs = part.table("reuse")[["article_id", *names]].drop_duplicates()
    sizes = pairs.value_counts(names)
    notes = ["the earlier article may lie outside the selection"]
    if len(sizes) > MOST_ROWS:
        # Intervals of rows that are not shown would cost more than all else.
        often = sizes.head(MOST_ROWS).index
        pairs = pairs[pd.MultiIndex.from_frame(pairs[names]).isin(often)]
        notes.append(f"the {MOST_ROWS} most frequent of {len(sizes):,} rows")
    articles = part.articles[["article_id", "outlet", "outlet_name"]]
    shares = reuse_shares(carry(pairs, part.table("reuse")), articles, _listed(part), n_boot=DRAWS)
    shares["other_name"] = shares["other_outlet"].map(part.data.names).fillna(shares["other_name"])
    cells = [
        (
            (
                f"{_named(row)} after {plain_line(row['other_name'], 40)}: "
                f"{row['verdict'].replace('_', ' ')}, {row['k']:,} of {row['n']:,} articles"
            ),
            {name: row[name] for name in names},
        )
        for row in shares.to_dict("records")
    ]
    return Made(lambda: plot_reuse(shares), cells, "; ".join(notes))


def _listed(part: Part) -> pd.DataFrame:
    return part.table("stories")[["story_id", "article_id"]]


def _of_story(part: Part, story: str) -> tuple[pd.DataFrame, list[tuple[str, Cell]], str]:
    lags = part.table("lags")
    rows = lags[lags["story_id"] == story]
    first = carry(rows.head(MOST_ROWS).reset_index(drop=True), lags)
    some = len(first) < len(rows)
    note = f"the first {MOST_ROWS} of {len(rows):,} articles of the story" if some else ""
    cells = [
        (
            (
                f"{_when(row['published_at'], row['published_precision'])} {_named(row)}: "
                f"{plain_line(row['title'], 60)}"
            ),
            {"article_id": row["article_id"]},
        )
        for row in first.to_dict("records")
    ]
    return first, cells, note


def _timeline(part: Part, story: str) -> Made:
    rows, cells, note = _of_story(part, story)
    lags = "lags behind the first article of the story in the whole corpus"
    return Made(lambda: plot_timeline(rows), cells, "; ".join(filter(None, (lags, note))))


def _lanes(part: Part, story: str) -> Made:
    rows, cells, note = _of_story(part, story)
    ties = part.table("reuse")[["article_id", "other_id", "verdict"]]
    here = set(rows["article_id"])
    ties = ties[ties["article_id"].isin(here) & ties["other_id"].isin(here)]
    return Made(lambda: plot_lanes(rows, ties=ties), cells, note)


def _named(row: Mapping[Any, Any]) -> str:
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


def image_html(made: Made, question: str) -> str:
    """Draw a figure, as an image that holds all of itself."""
    import matplotlib as mpl

    settings: Any = {
        "svg.hashsalt": "coverage_research",
        "svg.fonttype": "none",
        "figure.autolayout": False,
        "figure.constrained_layout.use": False,
    }
    with mpl.rc_context(settings):
        image = _svg(cast("Figure", made.draw().get_figure(root=True)), made.note)
    data = base64.b64encode(image).decode("ascii")
    alt = html.escape(f"{question} {len(made.cells)} marks, listed below the figure.", quote=True)
    return f'<img alt="{alt}" src="data:image/svg+xml;base64,{data}">'


def _svg(figure: Figure, note: str) -> bytes:
    """A figure as SVG, in one pass: its bounds are taken from what it draws."""
    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.transforms import Bbox

    try:
        # Laying out means drawing twice more, and the crop makes it needless.
        figure.set_layout_engine(None)
        canvas: Any = FigureCanvasAgg(figure)
        found = figure.get_tightbbox(canvas.get_renderer())
        width, height = figure.get_size_inches()
        lines = textwrap.wrap(note, max(40, int(found.width * 72 / (_NOTE * 0.58))))
        figure.text(
            found.x0 / width,
            found.y0 / height - 0.08 / height,
            "\n".join(lines),
            fontsize=_NOTE,
            color="#595959",
            va="top",
            parse_math=False,
        )
        below = 0.16 + len(lines) * _NOTE * 1.3 / 72
        bounds = Bbox.from_extents(found.x0 - 0.1, found.y0 - below, found.x1 + 0.1, found.y1 + 0.1)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", bbox_inches=bounds, metadata={"Date": None})
        return buffer.getvalue()
    finally:
        plt.close(figure)


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
    when = _when(row["published_at"], row["published_precision"])
    name = row["outlet_name"] if isinstance(row["outlet_name"], str) else row["outlet"]
    parts = [f"<h3>{as_link(row['url'], row['title'])}</h3><p>{as_html(name)}, {when} UTC</p>"]
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
        f"<tr><td>{_when(row['published_at'], row['published_precision'])}</td>"
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


# --- the page -------------------------------------------------------------------------------------


#: Tabs with the figures that each offers.
_TABS: Final[Mapping[str, tuple[str, ...]]] = {
    "Framing": ("Frames",),
    "Sourcing": ("Types of sources", "Reuse and credit"),
    "Timeline": ("Order of articles", "Lanes of outlets"),
}
_TABLE: Final = "Articles"
_EXPORT: Final = "Export"
_NONE: Final = ("(none chosen)", None)


def explore(corpus: Corpus, *, to: str | os.PathLike[str] = "selection") -> Any:
    """Look around in a corpus: filters, a table, figures and the passages behind each mark.

    Everything is measured once, when the page is made; filters then take part of it. Stories and
    lags are those of the whole corpus, so a lag can be one behind an article that is filtered out.
    Keyboard alone suffices; nothing is loaded from another host.

    Parameters
    ----------
    corpus : Corpus
        With texts, or dehydrated.
    to : path-like
        Folder for the tables of a selection, written when the button is pressed: `articles`,
        `coverage`, `outlets` and each measure as CSV and Parquet, and `select.py`, which takes the
        same part again. Files of these names there are replaced.

    Returns
    -------
    ipywidgets.VBox
        To be shown in Jupyter or, through Voila, as a page.

    Examples
    --------
    >>> from coverage_research.samples import load_demo
    >>> page = explore(load_demo())
    >>> type(page).__name__
    'VBox'
    """
    return _Explorer(Data(corpus), Path(to)).page


def write_part(part: Part, to: str | os.PathLike[str]) -> list[Path]:
    """Write a selection: its tables as CSV and Parquet, and the Python that takes it again.

    Returns
    -------
    list of pathlib.Path
        The files, each written whole or not at all.
    """
    corpus = part.corpus()
    tables = {name: getattr(corpus, name) for name in ("articles", "coverage", "outlets")}
    tables |= {name: part.table(name) for name in part.data.tables}
    code = write_text(Path(to) / "select.py", snippet(part.selection))
    return [*write_tables(tables, to), code]


class _Explorer:
    """The widgets, and what happens when one of them changes."""

    def __init__(self, data: Data, to: Path) -> None:
        import ipywidgets

        self.ui = ipywidgets
        self.data = data
        self.to = to
        self.number = 0
        self.quiet = False
        self.drawn: OrderedDict[tuple[Selection, str, str], tuple[str, list[Any]]] = OrderedDict()
        self.part = data.part(Selection())
        self.filters = self._filters()
        self.status = self._html()
        self.tables = self._table_tab()
        self.tabs = {name: _Tab(self, figures) for name, figures in _TABS.items()}
        self.export = self._export_tab()
        self.views = ipywidgets.ToggleButtons(
            options=[_TABLE, *self.tabs, _EXPORT],
            description="View",
            tooltips=[
                "The selected articles, 50 at a time",
                *(f"Figure: {' or '.join(figures)}" for figures in _TABS.values()),
                "Tables and code of the selection",
            ],
        )
        self.views.observe(lambda _: self.show(), "value")
        self.shown = ipywidgets.VBox()
        mark = f'<b class="invented">{INVENTED_NOTE}</b>' if data.corpus.invented else ""
        clear = ipywidgets.Button(description="Clear filters", tooltip="Show all articles again")
        clear.on_click(lambda _: self.clear())
        grid = ipywidgets.Layout(display="flex", flex_flow="row wrap")
        self.page = ipywidgets.VBox(
            [
                self._html(_STYLE + mark),
                ipywidgets.Box([*self.filters.values(), clear], layout=grid),
                self.status,
                self.views,
                self.shown,
            ]
        )
        self.page.add_class("coverage-explorer-page")
        self.changed()

    def _html(self, inner: str = "") -> Any:
        return self.ui.HTML(_page(inner))

    def _filters(self) -> dict[str, Any]:
        """A control for each filter, by the name that `Selection` gives it."""
        ui, data = self.ui, self.data
        sizes = data.corpus.articles["outlet"].value_counts()
        typed = data.tables["sources"]["source_type"].dropna().unique().tolist()
        marks = data.tables["origins"]["origin"].dropna().unique().tolist()
        choices: dict[str, tuple[str, list[tuple[str, str]]]] = {
            "outlets": (
                "Outlets",
                [
                    (f"{plain_line(data.names[name], 60)} ({n:,})", name)
                    for name, n in zip(sizes.index, sizes, strict=True)
                ],
            ),
            "stories": ("Stories", data.stories(data.tables["lags"])),
            "frames": ("Frames", [(plain_line(told), name) for name, told in data.frames.items()]),
            "source_types": ("Source types", [(plain_line(name), name) for name in sorted(typed)]),
            "origins": ("Origins", [(plain_line(name), name) for name in sorted(marks)]),
        }
        wide = ui.Layout(width="26em")
        style = {"description_width": "7em"}
        controls: dict[str, Any] = {
            name: ui.SelectMultiple(
                options=options, description=told, rows=5, layout=wide, style=style
            )
            for name, (told, options) in choices.items()
        }
        narrow = ui.Layout(width="17em")
        for name, told in (("first", "From"), ("last", "To")):
            controls[name] = ui.DatePicker(description=told, layout=narrow, style=style)
        controls["text"] = ui.Text(
            description="Search text",
            placeholder="letters, then Enter",
            continuous_update=False,
            layout=wide,
            style=style,
        )
        controls["independent"] = ui.Checkbox(
            description="Independent coverage only (no copies)", indent=False, layout=wide
        )
        for control in controls.values():
            control.observe(lambda _: self.changed(), "value")
        return controls

    def _table_tab(self) -> dict[str, Any]:
        ui = self.ui
        parts = {
            "table": self._html(),
            "back": ui.Button(description="Previous page", tooltip="Earlier articles"),
            "on": ui.Button(description="Next page", tooltip="Later articles"),
            "where": ui.Label(),
            "choose": self.list_of("Article"),
            "passages": self._html(),
        }
        parts["back"].on_click(lambda _: self.turn(-1))
        parts["on"].on_click(lambda _: self.turn(1))
        parts["choose"].observe(self._open_article, "value")
        return parts

    def list_of(self, what: str) -> Any:
        """A list to choose from, and to open the passages of what was chosen."""
        return self.ui.Select(
            options=[_NONE],
            description=what,
            rows=8,
            layout=self.ui.Layout(width="100%", max_width="60em"),
            style={"description_width": "7em"},
        )

    def _export_tab(self) -> dict[str, Any]:
        ui = self.ui
        parts = {
            "code": ui.Textarea(
                description="Python",
                rows=10,
                layout=ui.Layout(width="100%", max_width="60em"),
                style={"description_width": "7em"},
            ),
            "write": ui.Button(
                description="Write CSV and Parquet",
                tooltip="Write the tables of the selection and the code above",
                layout=ui.Layout(width="16em"),
            ),
            "written": self._html(),
        }
        parts["write"].on_click(lambda _: self.write())
        return parts

    # What happens.

    def selection(self) -> Selection:
        """What the controls say."""
        controls = self.filters
        first, last = controls["first"].value, controls["last"].value
        return Selection(
            **{name: controls[name].value for name in ("outlets", "stories", "frames")},
            source_types=controls["source_types"].value,
            origins=controls["origins"].value,
            period=None if first is None and last is None else (first, last),
            text=controls["text"].value,
            independent=controls["independent"].value,
        )

    def clear(self) -> None:
        """Take all filters off, at once."""
        self.quiet = True
        try:
            for name, control in self.filters.items():
                control.value = (
                    ""
                    if name == "text"
                    else False
                    if name == "independent"
                    else None
                    if name in ("first", "last")
                    else ()
                )
        finally:
            self.quiet = False
        self.changed()

    def changed(self) -> None:
        """A filter changed: tell what is left, then draw what is seen."""
        if self.quiet:
            return
        try:
            self.part = self.data.part(self.selection())
        except CoverageError as error:
            self.status.value = _page(f'<p role="alert">{as_html(str(error))}</p>')
            return
        self.number = 0
        articles, whole = self.part.articles, self.data.corpus.articles
        told = (
            f"{len(articles):,} of {len(whole):,} articles, "
            f"{self.part.table('stories')['story_id'].nunique():,} stories, "
            f"{articles['outlet'].nunique():,} outlets"
        )
        self.status.value = _page(f'<p role="status" aria-live="polite"><b>{told}</b></p>')
        self.show()

    def show(self) -> None:
        """Show the chosen view of the selection; the others wait until they are asked for."""
        view = self.views.value
        if view == _TABLE:
            self._show_table()
        elif view == _EXPORT:
            self._show_export()
        else:
            self.tabs[view].show()

    def put(self, *children: Any) -> None:
        """Let these widgets be what is shown below the filters."""
        if self.shown.children != children:
            self.shown.children = children

    def turn(self, by: int) -> None:
        """Turn to another page of the table."""
        self.number += by
        self._show_table()

    def _show_table(self) -> None:
        parts, part = self.tables, self.part
        last = max(-(-len(part.articles) // PAGE) - 1, 0)
        self.number = min(max(self.number, 0), last)
        parts["table"].value = _page(table_html(part, self.number))
        parts["where"].value = f"Page {self.number + 1:,} of {last + 1:,}"
        parts["back"].disabled, parts["on"].disabled = self.number == 0, self.number == last
        rows = page_of(part, self.number)
        fill(
            parts["choose"],
            [
                (f"{_named(row)}: {plain_line(row['title'])}", row["article_id"])
                for row in rows[["outlet", "outlet_name", "title", "article_id"]].to_dict("records")
            ],
        )
        parts["passages"].value = _page("")
        pager = self.ui.HBox([parts["back"], parts["where"], parts["on"]])
        self.put(parts["table"], pager, parts["choose"], parts["passages"])

    def _open_article(self, change: Any) -> None:
        chosen = change["new"]
        inner = "" if chosen is None else article_html(self.part, chosen)
        self.tables["passages"].value = _page(inner)

    def _show_export(self) -> None:
        parts = self.export
        parts["code"].value = snippet(self.part.selection)
        parts["written"].value = _page(f"<p>Folder: {as_html(str(self.to))}</p>")
        self.put(parts["code"], parts["write"], parts["written"])

    def write(self) -> None:
        """Write the selection, and say what was written or why not."""
        try:
            files = write_part(self.part, self.to)
        except OSError as error:
            told = f'<p role="alert">Not written: {as_html(error.strerror or str(error))}</p>'
        else:
            names = "".join(f"<li>{as_html(str(file))}</li>" for file in files)
            told = f'<p role="status">{len(files)} files written:</p><ul>{names}</ul>'
        self.export["written"].value = _page(told)


def fill(chooser: Any, options: list[tuple[str, Any]]) -> None:
    """Give a list other options, with nothing chosen; equal names get numbers."""
    chooser.options = [_NONE, *((f"{n}. {name}", key) for n, (name, key) in enumerate(options, 1))]
    chooser.index = 0


class _Tab:
    """A figure with the list of its marks and the passages of the one that is chosen."""

    def __init__(self, explorer: _Explorer, figures: tuple[str, ...]) -> None:
        ui = explorer.ui
        self.explorer = explorer
        self.figure = ui.Dropdown(
            options=figures, description="Figure", style={"description_width": "7em"}
        )
        self.story = ui.Dropdown(
            options=[_NONE],
            description="Story",
            layout=ui.Layout(width="100%", max_width="60em"),
            style={"description_width": "7em"},
        )
        self.image = ui.HTML(_page(""))
        self.marks = explorer.list_of("Marks")
        self.passages = ui.HTML(_page(""))
        self.cells: list[tuple[str, Cell]] = []
        self.figure.observe(lambda _: self.show(), "value")
        self.story.observe(lambda _: self.draw(), "value")
        self.marks.observe(self._open, "value")
        self.by_story = FIGURES[figures[0]][1] == "lags"
        above = ([self.figure] if len(figures) > 1 else []) + [self.story] * self.by_story
        self.children = (*above, self.image, self.marks, self.passages)
        self.filling = False

    def show(self) -> None:
        """Offer the stories of the selection, and draw."""
        if self.by_story:
            former = self.story.value
            stories = self.explorer.data.stories(self.explorer.part.table("lags"))
            known = [story for _, story in stories]
            self.filling = True
            try:
                options = [(f"{n}. {told}", key) for n, (told, key) in enumerate(stories, 1)]
                self.story.options = options or [_NONE]
                self.story.index = known.index(former) if former in known else 0
            finally:
                self.filling = False
        self.draw()

    def draw(self) -> None:
        """Draw the figure, or take it from those drawn lately."""
        if self.filling:
            return
        explorer, part = self.explorer, self.explorer.part
        story = (self.story.value or "") if self.by_story else ""
        key = (part.selection, self.figure.value, story)
        explorer.put(*self.children)
        self.passages.value = _page("")
        if key not in explorer.drawn:
            made = make_view(part, key[1], story)
            self._offer(made.cells)  # the marks can be read while the figure is drawn
            drawn = image_html(made, FIGURES[key[1]][2])
            explorer.drawn[key] = (drawn, made.cells)
        explorer.drawn.move_to_end(key)
        if len(explorer.drawn) > KEPT:
            explorer.drawn.popitem(last=False)
        image, cells = explorer.drawn[key]
        self._offer(cells)
        self.image.value = _page(f'<div class="wide">{image}</div>')

    def _offer(self, cells: list[tuple[str, Cell]]) -> None:
        if cells is not self.cells:
            self.cells = cells
            fill(self.marks, [(name, n) for n, (name, _) in enumerate(cells)])

    def _open(self, change: Any) -> None:
        chosen = change["new"]
        name = FIGURES[self.figure.value][1]
        inner = "" if chosen is None else cell_html(self.explorer.part, name, self.cells[chosen][1])
        self.passages.value = _page(inner)
