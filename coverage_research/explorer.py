"""Looking around in a corpus, in Jupyter or as a page: filters, linked views, passages. No science.

All views speak of one selection. A click on a mark of a figure, or on its line in the list below,
opens the passages behind it.
"""

from __future__ import annotations

import contextlib
import gc
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from coverage_research.explorer_data import KEPT, Data
from coverage_research.explorer_views import (
    FIGURES,
    PAGE,
    article_html,
    as_page,
    cell_html,
    draw_view,
    make_view,
    named,
    page_of,
    table_html,
)
from coverage_research.exports import write_tables
from coverage_research.html_text import CALM, as_html, plain_line
from coverage_research.paths import expanded
from coverage_research.schema import INVENTED_NOTE, CoverageError
from coverage_research.selection import Selection, snippet
from coverage_research.writing import write_text

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from coverage_research.corpus import Corpus
    from coverage_research.explorer_data import Part
    from coverage_research.explorer_views import Drawn, Mark

#: Class of the whole page.
_ROOT: Final = "coverage-explorer-page"
#: Stories that a list offers at once.
MOST_STORIES: Final = 300

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
    ".coverage-explorer .note{font-size:.9em}"
    ".coverage-explorer .wide{overflow-x:auto}"
    ".coverage-explorer .invented{color:#fff;background:#a33b00;padding:.1em .5em}</style>"
)
#: Tabs with the figures that each offers.
_TABS: Final[Mapping[str, tuple[str, ...]]] = {
    "Framing": ("Frames",),
    "Sourcing": ("Types of sources", "Reuse and credit"),
    "Timeline": ("Order of articles", "Lanes of outlets"),
}
#: What a control holds that filters nothing; lists hold nothing.
_UNSET: Final[Mapping[str, Any]] = {"text": "", "independent": False, "first": None, "last": None}
_TABLE: Final = "Articles"
_EXPORT: Final = "Export"
_NONE: Final = ("(none chosen)", None)


def explore(
    corpus: Corpus, *, to: str | os.PathLike[str] = "selection", progress: bool = True
) -> Any:
    """Look around in a corpus: filters, a table, figures and the passages behind each mark.

    Everything is measured once, when the page is made; filters then take part of it. Stories and
    lags are those of the whole corpus, so a lag can be one behind an article that is filtered out.
    A click on a mark of a figure opens its passages, and so does its line in the list below: the
    keyboard alone suffices. Nothing is loaded from another host.

    Parameters
    ----------
    corpus : Corpus
        With texts, or dehydrated.
    to : path-like
        Folder for the tables of a selection, written when the button is pressed: `articles`,
        `coverage`, `outlets` and each measure as CSV and Parquet, and `select.py`, which takes the
        same part again. Files of these names there are replaced.
    progress : bool
        Show what is being measured when it takes longer than a few seconds.

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
    return _Explorer(Data(corpus, progress=progress), expanded(to)).page


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
    folder = expanded(to)
    code = write_text(folder / "select.py", snippet(part.selection))
    return [*write_tables(tables, folder), code]


@contextlib.contextmanager
def _at_once() -> Iterator[None]:
    """Answer before the collector of garbage runs, which may take as long as the answer."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


class _Explorer:
    """The widgets, and what happens when one of them changes."""

    def __init__(self, data: Data, to: Path) -> None:
        import ipywidgets

        from coverage_research.controls import Keys, Status

        self.ui = ipywidgets
        self.data = data
        self.to = to
        self.number = 0
        self.quiet = False
        self.drawn: OrderedDict[tuple[Selection, str, str], Drawn] = OrderedDict()
        self.part = data.part(Selection())
        self.listed = data.stories(data.tables["lags"])
        self.find = ipywidgets.Text(
            description="Find story",
            placeholder="letters of its headline, then Enter",
            continuous_update=False,
            layout=ipywidgets.Layout(width="26em"),
            style={"description_width": "7em"},
        )
        self.find.observe(lambda _: self.narrow(), "value")
        self.filters = self._filters()
        self.narrow()
        self.status = Status()
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
                ipywidgets.Box([*self._placed(), clear], layout=grid),
                self.status,
                self.views,
                self.shown,
                Keys(root=_ROOT),
            ]
        )
        for name in (_ROOT, *CALM):
            self.page.add_class(name)
        self.changed()

    def _html(self, inner: str = "") -> Any:
        return self.ui.HTML(as_page(inner))

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
            "stories": ("Stories", []),
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

    def _placed(self) -> list[Any]:
        """The filters in the order of the page, the line that finds stories above their list."""
        stories = self.ui.VBox([self.find, self.filters["stories"]])
        return [stories if name == "stories" else made for name, made in self.filters.items()]

    def narrow(self) -> None:
        """Offer the stories whose headline has the letters looked for; chosen ones stay."""
        control, wanted = self.filters["stories"], self.find.value.casefold()
        chosen = set(control.value)
        found = [pair for pair in self.listed if wanted in pair[0].casefold()]
        kept = [pair for pair in self.listed if pair[1] in chosen]
        offered = dict.fromkeys([*kept, *found[: max(MOST_STORIES - len(kept), 0)]])
        self.quiet = True
        try:
            control.options = list(offered)
            control.value = tuple(key for _, key in offered if key in chosen)
        finally:
            self.quiet = False
        some = len(found) - len(set(found) & set(offered))
        self.find.placeholder = (
            f"{some:,} smaller stories not listed: type letters, then Enter"
            if some
            else "letters of a headline, then Enter"
        )

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
                control.value = _UNSET.get(name, ())
            self.find.value = ""
        finally:
            self.quiet = False
        self.changed()

    def changed(self) -> None:
        """A filter changed: tell what is left, then draw what is seen."""
        if self.quiet:
            return
        with _at_once():
            self._answer()

    def _answer(self) -> None:
        try:
            self.part = self.data.part(self.selection())
        except CoverageError as error:
            self.status.tell(plain_line(str(error), 1000), urgent=True)
            return
        self.number = 0
        articles, whole = self.part.articles, self.data.corpus.articles
        told = (
            f"{len(articles):,} of {len(whole):,} articles, "
            f"{self.part.table('stories')['story_id'].nunique():,} stories, "
            f"{articles['outlet'].nunique():,} outlets"
        )
        self.status.tell(told)
        self.show()

    def show(self) -> None:
        """Show the chosen view of the selection; the others wait until they are asked for."""
        view = self.views.value
        with _at_once():
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
        parts["table"].value = as_page(table_html(part, self.number))
        parts["where"].value = f"Page {self.number + 1:,} of {last + 1:,}"
        parts["back"].disabled, parts["on"].disabled = self.number == 0, self.number == last
        rows = page_of(part, self.number)
        fill(
            parts["choose"],
            [
                (f"{named(row)}: {plain_line(row['title'])}", row["article_id"])
                for row in rows[["outlet", "outlet_name", "title", "article_id"]].to_dict("records")
            ],
        )
        parts["passages"].value = as_page("")
        pager = self.ui.HBox([parts["back"], parts["where"], parts["on"]])
        self.put(parts["table"], pager, parts["choose"], parts["passages"])

    def _open_article(self, change: Any) -> None:
        chosen = change["new"]
        inner = "" if chosen is None else article_html(self.part, chosen)
        self.tables["passages"].value = as_page(inner)

    def _show_export(self) -> None:
        parts = self.export
        parts["code"].value = snippet(self.part.selection)
        parts["written"].value = as_page(f"<p>Folder: {as_html(str(self.to))}</p>")
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
        self.export["written"].value = as_page(told)


def fill(chooser: Any, options: list[tuple[str, Any]]) -> None:
    """Give a list other options, with nothing chosen; equal names get numbers."""
    chooser.options = [_NONE, *((f"{n}. {name}", key) for n, (name, key) in enumerate(options, 1))]
    chooser.index = 0


class _Tab:
    """A figure with the list of its marks and the passages of the one that is chosen."""

    def __init__(self, explorer: _Explorer, figures: tuple[str, ...]) -> None:
        from coverage_research.controls import Picture

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
        self.picture = Picture()
        self.caption = ui.HTML(as_page(""))
        self.list = explorer.list_of("Marks")
        self.passages = ui.HTML(as_page(""))
        self.marks: list[Mark] = []
        self.figure.observe(lambda _: self.show(), "value")
        self.story.observe(lambda _: self.draw(), "value")
        self.list.observe(self._open, "value")
        self.picture.observe(self._clicked, "chosen")
        self.by_story = FIGURES[figures[0]][1] == "lags"
        above = ([self.figure] if len(figures) > 1 else []) + [self.story] * self.by_story
        # The passages stand beside the list where there is room, so that they are seen at once.
        self.list.layout = ui.Layout(flex="1 1 26em", width="auto")
        self.passages.layout = ui.Layout(flex="2 1 30em", width="auto", min_width="0")
        opened = ui.Box(
            [self.list, self.passages], layout=ui.Layout(display="flex", flex_flow="row wrap")
        )
        self.children = (*above, self.picture, self.caption, opened)
        self.filling = False

    def show(self) -> None:
        """Offer the stories of the selection, and draw."""
        if self.by_story:
            former = self.story.value
            stories = self.explorer.data.stories(self.explorer.part.table("lags"))
            offered = stories[:MOST_STORIES]
            known = [story for _, story in offered]
            options = [(f"{n}. {told}", key) for n, (told, key) in enumerate(offered, 1)]
            self.filling = True
            try:
                self.story.options = options or [_NONE]
                self.story.index = known.index(former) if former in known else 0
            finally:
                self.filling = False
        self.draw()

    def draw(self) -> None:
        """Draw the figure, or take it from those drawn lately."""
        if self.filling:
            return
        with _at_once():
            self._draw()

    def _draw(self) -> None:
        explorer, part = self.explorer, self.explorer.part
        story = (self.story.value or "") if self.by_story else ""
        key = (part.selection, self.figure.value, story)
        explorer.put(*self.children)
        self.passages.value = as_page("")
        if key not in explorer.drawn:
            made = make_view(part, key[1], story)
            self._offer(made.marks)  # they can be read while the figure is drawn
            explorer.drawn[key] = draw_view(made, FIGURES[key[1]][2])
        explorer.drawn.move_to_end(key)
        if len(explorer.drawn) > KEPT:
            explorer.drawn.popitem(last=False)
        drawn = explorer.drawn[key]
        self._offer(drawn.made.marks)
        self.picture.show(drawn.source, drawn.alt, drawn.spots)
        some = part.table("lags")["story_id"].nunique() - MOST_STORIES if self.by_story else 0
        more = f"; {some:,} smaller stories are not in the list, filters bring them in"
        note = drawn.made.note + (more if some > 0 else "")
        self.caption.value = as_page(f'<p class="note">{as_html(note)}</p>')

    def _offer(self, marks: list[Mark]) -> None:
        if marks is not self.marks:
            self.marks = marks
            fill(self.list, [(mark.told, place) for place, mark in enumerate(marks)])

    def _clicked(self, change: Any) -> None:
        if change["new"] >= 0:
            self.list.index = change["new"] + 1

    def _open(self, change: Any) -> None:
        chosen = change["new"]
        self.picture.chosen = -1 if chosen is None else chosen
        name = FIGURES[self.figure.value][1]
        inner = (
            "" if chosen is None else cell_html(self.explorer.part, name, self.marks[chosen].cell)
        )
        self.passages.value = as_page(inner)
