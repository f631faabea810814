from __future__ import annotations

import base64
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research import explorer
from coverage_research.corpus import Corpus, read_corpus
from coverage_research.evidence import evidence
from coverage_research.explorer import (
    DRAWS,
    FIGURES,
    MOST_OUTLETS,
    PAGE,
    Data,
    _Explorer,
    article_html,
    as_html,
    as_link,
    cell_html,
    explore,
    image_html,
    make_view,
    page_of,
    passages_html,
    plain_line,
    table_html,
    write_part,
)
from coverage_research.samples import load_demo, load_sample
from coverage_research.selection import Selection, select
from coverage_research.statistics import N_BOOT

EVIL = "<script>x()</script><img src=//e.test onerror=y()> $\\frac12$ \u202eexe.\x00\"'>&amp;"


@pytest.fixture(scope="module")
def data() -> Data:
    return Data(load_demo())


@pytest.fixture
def page(data: Data, tmp_path: Path) -> _Explorer:
    return _Explorer(data, tmp_path / "out")


@pytest.fixture(autouse=True)
def _no_figure_stays_open() -> Iterator[None]:
    yield
    assert plt.get_fignums() == []


class Seen(HTMLParser):
    """Tags, attributes and text of a piece of HTML, as a browser takes it."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.pieces: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @property
    def text(self) -> str:
        return "".join(self.pieces)


ALLOWED = set(
    "a b bdi blockquote caption div h3 h4 img li mark ol p span style table tbody td th thead tr ul".split()
)


def check_harmless(markup: str) -> Seen:
    """Known tags only, no handler, no address but of the web, nothing that opens a formula."""
    seen = Seen(markup)
    assert set(seen.tags) <= ALLOWED
    for name, value in seen.attributes:
        assert not name.startswith("on")
        if name == "href":
            assert str(value).startswith(("http://", "https://"))
        if name == "src":
            assert str(value).startswith("data:image/svg+xml;base64,")
    for piece in seen.pieces:
        assert len(piece) == 1 or not set(piece) & {"$", "\\"}
    return seen


def hostile(demo: Corpus) -> Corpus:
    articles = demo.articles.copy()
    for column in ("title", "excerpt", "outlet_name"):
        articles[column] = EVIL
    articles["body"] = EVIL + " race " + articles["body"] + EVIL
    articles["url"] = "javascript:alert(1)//https://a.test"
    return replace(demo, articles=articles, measures={})


# --- text to HTML


def test_a_hostile_text_is_shown_as_it_is() -> None:
    seen = check_harmless(as_html(EVIL))
    assert seen.text == EVIL.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    assert seen.tags[0] == "bdi"
    assert as_html(None) == as_html(np.nan) == "<bdi></bdi>"
    assert as_html("\ud800") == "<bdi>\N{REPLACEMENT CHARACTER}</bdi>"


@given(st.text(), st.text())
def test_any_text_and_address_are_harmless(text: str, url: str) -> None:
    check_harmless(as_html(text))
    check_harmless(as_link(url, text))
    check_harmless(as_link("https://a.test/" + url, text))
    assert "\n" not in plain_line(text)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        " https://a.test",
        "https://a.test/a b",
        "data:text/html,<script>",
        "vbscript:x",
        "//a.test",
        "a.test",
        "https:",
        "https://[",
        "file:///etc/passwd",
        None,
        np.nan,
        3,
    ],
)
def test_no_link_but_to_the_web(url: Any) -> None:
    assert Seen(as_link(url, "Chips")).tags == ["bdi"]


def test_a_link_cannot_leave_its_attribute() -> None:
    seen = check_harmless(as_link("https://a.test/\"onclick='x'>$<b>", EVIL))
    assert dict(seen.attributes) == {
        "href": "https://a.test/\"onclick='x'>%24<b>",
        "target": "_blank",
        "rel": "noopener noreferrer",
    }


def test_a_line_of_a_list() -> None:
    assert plain_line("a\r\n\u2028\u202eb\u200b\x1b[31m  c") == "a b [31m c"
    assert plain_line("x" * 100, 10) == "xxxxxxx..."
    assert plain_line(None) == plain_line(pd.NA) == ""
    assert plain_line("$5 <b>") == "$5 <b>"


def test_passages_are_marked_where_they_stand() -> None:
    articles = pd.DataFrame(
        {
            "article_id": ["a", "b"],
            "title": ["A <race> on", None],
            "outlet": "o.example",
            "outlet_name": "One",
        }
    )
    matches = pd.DataFrame(
        {
            "article_id": ["a", "b"],
            "field": "title",
            "start": [3, 0],
            "end": [7, 4],
            "match": ["race", "gone"],
            "frame": "race",
        }
    )
    seen = check_harmless(passages_html(evidence(matches, articles), 7, ["frame"]))
    assert seen.tags.count("mark") == 2
    assert "7 passages (the first 2 of 7)" in seen.text
    assert "A <race> on - frame: race" in seen.text
    assert "no date" in seen.text
    assert passages_html(evidence(matches.head(0), articles), 0) == "<p>No passage.</p>"


# --- views


def test_a_part_holds_what_select_holds(data: Data) -> None:
    for selection in (
        Selection(),
        Selection(outlets="dailyklaxon.example", text="chip"),
        Selection(frames="race", independent=True),
    ):
        part = data.part(selection)
        expected = select(data.corpus, selection)
        pd.testing.assert_frame_equal(part.articles, expected.articles)
        pd.testing.assert_frame_equal(part.corpus().coverage, expected.coverage)
        ids = set(expected.articles["article_id"])
        for name, whole in data.tables.items():
            table = part.table(name)
            assert table["article_id"].tolist() == [i for i in whole["article_id"] if i in ids]
            assert table.attrs == whole.attrs
    assert data.part(Selection(text="chip")) is data.part(Selection(text="chip"))


def svg(markup: str) -> ET.Element:
    source = dict(Seen(markup).attributes)["src"]
    return ET.fromstring(base64.b64decode(str(source).partition(",")[2]))


def story_of(data: Data, figure: str) -> str:
    return data.stories(data.tables["lags"])[0][1] if FIGURES[figure][1] == "lags" else ""


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_says_what_it_is_of(data: Data, figure: str) -> None:
    part = data.part(Selection(text="chip"))
    made = make_view(part, figure, story_of(data, figure))
    assert made.cells
    markup = image_html(made, "Who?")
    check_harmless(markup)
    text = " ".join("".join(svg(markup).itertext()).split())
    assert "Invented demonstration data" in text
    assert f"{len(part.articles)} of 54 articles" in text
    assert (f"{DRAWS} draws of the bootstrap, in print {N_BOOT:,}" in text) == (
        FIGURES[figure][1] != "lags"
    )
    assert dict(Seen(markup).attributes)["alt"] == (
        f"Who? {len(made.cells)} marks, listed below the figure."
    )
    assert image_html(made, "Who?") == markup


@pytest.mark.parametrize("figure", FIGURES)
def test_each_mark_opens_as_many_articles_as_it_says(data: Data, figure: str) -> None:
    part = data.part(Selection())
    made = make_view(part, figure, story_of(data, figure))
    name = FIGURES[figure][1]
    for told, cell in made.cells:
        seen = check_harmless(cell_html(part, name, cell))
        if name == "lags":
            assert seen.tags.count("h3") == 1
            continue
        k = int(told.rpartition(", ")[2].split()[0])
        rows = part.table(name)
        found = evidence(rows, part.articles, **cell)
        counted = found if name == "sources" else found.drop_duplicates("article_id")
        if name == "sources":
            counted = counted[~counted["continues"].fillna(value=False).astype(bool)]
        assert len(counted) == k, told
        assert seen.tags.count("mark") == min(len(found), explorer.MOST_PASSAGES)


def test_large_corpora_show_the_largest_outlets(data: Data) -> None:
    many = MOST_OUTLETS + 3
    names = [f"o{n % many:02}.example" for n in range(54)]
    articles = data.corpus.articles.assign(outlet=names, outlet_name="Same name")
    crowded = Data(replace(data.corpus, articles=articles))
    part = crowded.part(Selection())
    made = make_view(part, "Frames")
    assert f"the largest {MOST_OUTLETS} of {many} outlets" in made.note
    assert len({cell["outlet"] for _, cell in made.cells}) <= MOST_OUTLETS
    assert crowded.names["o01.example"] == "Same name [o01.example]"


def test_the_table_by_pages(data: Data) -> None:
    part = data.part(Selection())
    pages = [page_of(part, number) for number in range(3)]
    assert [len(rows) for rows in pages] == [PAGE, 54 - PAGE, 0]
    whole = pd.concat(pages)
    assert sorted(whole["article_id"]) == sorted(part.articles["article_id"])
    known = whole["published_at"].dropna()
    assert known.is_monotonic_increasing
    assert whole["published_at"].isna().to_numpy()[: len(known)].sum() == 0
    seen = check_harmless(table_html(part, 1))
    assert seen.tags.count("tr") == 1 + 54 - PAGE
    assert "Articles 51 to 54 of 54" in seen.text


def test_every_view_of_a_hostile_corpus_is_harmless(data: Data) -> None:
    evil = Data(hostile(data.corpus))
    part = evil.part(Selection())
    shown = check_harmless(table_html(part, 0))
    assert shown.text.count("<script>x()</script>") >= PAGE
    assert "a" not in shown.tags
    ids = part.articles["article_id"].head(5)
    for article_id in ids:
        assert "<script>x()</script>" in check_harmless(article_html(part, article_id)).text
    for figure, (_, name, question) in FIGURES.items():
        made = make_view(part, figure, story_of(evil, figure))
        drawn = svg(image_html(made, question))
        assert not [part.tag for part in drawn.iter() if part.tag.endswith("script")]
        for told, cell in made.cells[:5]:
            assert "\u202e" not in told
            check_harmless(cell_html(part, name, cell))


# --- widgets


def widgets_of(box: Any) -> list[Any]:
    found = [box]
    for child in getattr(box, "children", ()):
        found += widgets_of(child)
    return found


def test_filters_change_what_is_shown(page: _Explorer) -> None:
    assert "54 of 54 articles" in page.status.value
    page.filters["outlets"].value = ("dailyklaxon.example",)
    assert "6 of 54 articles" in page.status.value
    assert Seen(page.tables["table"].value).tags.count("tr") == 7
    assert len(page.tables["choose"].options) == 7
    page.filters["text"].value = "no such words"
    assert "0 of 54 articles" in page.status.value
    page.clear()
    assert "54 of 54 articles" in page.status.value
    assert page.selection() == Selection()


def test_clearing_draws_once(page: _Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    page.filters["text"].value = "chip"
    page.filters["frames"].value = ("race",)
    calls: list[int] = []
    monkeypatch.setattr(page, "show", lambda: calls.append(1))
    page.clear()
    assert calls == [1]


def test_only_what_is_seen_is_drawn(page: _Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    draw = explorer.image_html
    monkeypatch.setattr(
        explorer, "image_html", lambda *given: drawn.append(given[1]) or draw(*given)
    )
    page.filters["text"].value = "chip"
    assert drawn == []
    page.views.value = "Framing"
    page.filters["text"].value = "export"
    page.filters["text"].value = "chip"
    assert drawn == [FIGURES["Frames"][2]] * 2, "going back costs nothing"
    assert "data:image/svg" in page.tabs["Framing"].image.value


def test_a_mark_opens_and_a_filter_closes_it(page: _Explorer) -> None:
    page.views.value = "Framing"
    tab = page.tabs["Framing"]
    assert tab.marks.options[0] == ("(none chosen)", None)
    tab.marks.index = 1
    assert "<mark>" in tab.passages.value
    page.filters["outlets"].value = ("hashledger.example",)
    assert "<mark>" not in tab.passages.value
    assert tab.marks.value is None
    assert all("Hash & Ledger" in told for told, _ in tab.marks.options[1:])


def test_an_article_opens(page: _Explorer) -> None:
    page.tables["choose"].index = 1
    assert "<h3>" in page.tables["passages"].value
    page.turn(1)
    assert "<h3>" not in page.tables["passages"].value
    assert page.tables["where"].value == "Page 2 of 2"
    assert page.tables["on"].disabled
    page.turn(1)
    assert page.tables["where"].value == "Page 2 of 2"


def test_the_timeline_keeps_its_story(page: _Explorer) -> None:
    page.views.value = "Timeline"
    tab = page.tabs["Timeline"]
    first, second = (key for _, key in tab.story.options[:2])
    assert tab.story.value == first
    tab.story.value = second
    assert len(tab.marks.options) == 1 + len(page.part.table("lags").query("story_id == @second"))
    outlet = page.part.table("lags").query("story_id == @second")["outlet"].iloc[0]
    page.filters["outlets"].value = (outlet,)
    assert tab.story.value == second
    other = page.part.table("lags").query("story_id != @second")["outlet"]
    assert len(other)
    page.filters["text"].value = "no such words"
    assert tab.story.value is None
    page.clear()
    assert tab.story.value == first


def test_dates_in_the_wrong_order_are_told(page: _Explorer) -> None:
    import datetime as dt

    page.filters["first"].value = dt.date(2024, 3, 5)
    left = page.status.value
    page.filters["last"].value = dt.date(2024, 3, 1)
    assert 'role="alert"' in page.status.value
    assert "before the last" in Seen(page.status.value).text
    page.filters["last"].value = None
    assert page.status.value == left


def test_every_control_is_named_and_within_reach(page: _Explorer) -> None:
    for view in page.views.options:
        page.views.value = view
        for widget in widgets_of(page.page):
            if type(widget).__name__ in ("HTML", "Label", "VBox", "HBox", "Box"):
                continue
            assert widget.description, type(widget).__name__
            assert (
                not widget.description_allow_html
                if hasattr(widget, "description_allow_html")
                else True
            )
            assert widget.tabbable is not False


def test_a_selection_is_written(page: _Explorer, data: Data, tmp_path: Path) -> None:
    page.filters["outlets"].value = ("dailyklaxon.example",)
    page.views.value = "Export"
    assert "outlets=['dailyklaxon.example']" in page.export["code"].value
    page.write()
    folder = tmp_path / "out"
    names = {"articles", "coverage", "outlets", *data.tables}
    files = {f"{name}.{ending}" for name in names for ending in ("csv", "parquet")}
    assert {path.name for path in folder.iterdir()} == files | {"select.py"}
    assert f"{len(files) + 1} files written" in page.export["written"].value
    articles = pd.read_parquet(folder / "articles.parquet")
    assert set(articles["outlet"]) == {"dailyklaxon.example"}
    assert articles["invented"].all()
    assert pd.read_csv(folder / "frames.csv")["article_id"].isin(articles["article_id"]).all()
    assert (folder / "select.py").read_text() == page.export["code"].value
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_part(page.part, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_cannot_be_written_is_told(data: Data, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    page = _Explorer(data, tmp_path / "file")
    page.write()
    assert "Not written" in Seen(page.export["written"].value).text
    assert (tmp_path / "file").read_text() == "mine"


def test_a_corpus_without_texts_and_one_without_articles(tmp_path: Path) -> None:
    sample = explore(load_sample())
    assert "12 of 12 articles" in "".join(w.value for w in sample.children if hasattr(w, "value"))
    (tmp_path / "a.md").write_bytes(b"")
    page = _Explorer(Data(read_corpus(tmp_path / "a.md", cache=False)), tmp_path)
    for view in page.views.options:
        page.views.value = view
    assert "0 of 0 articles" in page.status.value
    assert "Invented" not in page.page.children[0].value.partition("</style>")[2]
