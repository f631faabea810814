from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from harmless import EVIL, Seen, check_harmless

from coverage_research import explorer
from coverage_research.corpus import Corpus, read_corpus
from coverage_research.evidence import evidence
from coverage_research.explorer import _Explorer, explore, write_part
from coverage_research.explorer_data import MOST_OUTLETS, Data
from coverage_research.explorer_views import (
    DRAWS,
    FIGURES,
    MOST_PASSAGES,
    PAGE,
    _listed,
    article_html,
    cell_html,
    draw_view,
    make_view,
    page_of,
    passages_html,
    table_html,
)
from coverage_research.frame_shares import frame_shares
from coverage_research.samples import load_demo, load_sample
from coverage_research.selection import Selection, select
from coverage_research.source_shares import source_shares
from coverage_research.statistics import N_BOOT


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


def hostile(demo: Corpus) -> Corpus:
    articles = demo.articles.copy()
    for column in ("title", "excerpt", "outlet_name"):
        articles[column] = EVIL
    articles["body"] = EVIL + " race " + articles["body"] + EVIL
    articles["url"] = "javascript:alert(1)//https://a.test"
    return replace(demo, articles=articles, measures={})


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


def svg(source: str) -> ET.Element:
    kind, _, data = source.partition(",")
    assert kind == "data:image/svg+xml;base64"
    return ET.fromstring(base64.b64decode(data))


def story_of(data: Data, figure: str) -> str:
    return data.stories(data.tables["lags"])[0][1] if FIGURES[figure][1] == "lags" else ""


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_says_what_it_is_of(data: Data, figure: str) -> None:
    part = data.part(Selection(text="chip"))
    made = make_view(part, figure, story_of(data, figure))
    assert made.marks
    drawn = draw_view(made, "Who?")
    text = " ".join("".join(svg(drawn.source).itertext()).split())
    assert "Invented demonstration data" in text
    assert f"{len(part.articles)} of 54 articles" in made.note
    assert (f"{DRAWS} draws of the bootstrap, in print {N_BOOT:,}" in made.note) == (
        FIGURES[figure][1] != "lags"
    )
    assert drawn.alt == f"Who? {len(made.marks)} marks, listed below the figure."
    assert draw_view(made, "Who?") == drawn


@pytest.mark.parametrize("figure", FIGURES)
def test_each_mark_has_its_spot_in_the_image(data: Data, figure: str) -> None:
    made = make_view(data.part(Selection()), figure, story_of(data, figure))
    drawn = draw_view(made, "Who?")
    assert [told for *_, told in drawn.spots] == [mark.told for mark in made.marks]
    boxes = np.array([place for *place, _ in drawn.spots])
    assert (boxes[:, 2:] > 0).all()
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 0] + boxes[:, 2] <= 100).all()
    assert (boxes[:, 1] + boxes[:, 3] <= 100).all()
    assert len(np.unique(boxes, axis=0)) == len(boxes)
    # The view box is what the spots are counted in: texts of the image lie inside it.
    left, top, width, height = map(float, svg(drawn.source).attrib["viewBox"].split())
    assert svg(drawn.source).attrib["width"] == f"{width}pt"
    for part in svg(drawn.source).iter("{http://www.w3.org/2000/svg}text"):
        found = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", part.get("transform", ""))
        x, y = found.groups() if found else (part.get("x"), part.get("y"))
        assert left <= float(x) <= left + width
        assert top <= float(y) <= top + height


def test_a_spot_is_where_its_dot_is(data: Data) -> None:
    """The row of an outlet and the column of a frame, as the marks are told."""
    made = make_view(data.part(Selection()), "Frames")
    placed = [
        (mark.cell["outlet"], mark.cell["frame"], *spot[:2])
        for mark, spot in zip(made.marks, draw_view(made, "").spots, strict=True)
    ]
    table = pd.DataFrame(placed, columns=["outlet", "frame", "left", "top"])
    assert (table.groupby("outlet")["top"].nunique() == 1).all()
    assert (table.groupby("frame")["left"].nunique() == 1).all()
    shares = frame_shares(
        data.tables["frames"], data.corpus.articles, data.tables["stories"], n_boot=1
    )
    rows = table.drop_duplicates("outlet").sort_values("top")["outlet"].tolist()
    assert rows == [name for name in shares["outlet"].unique() if name in set(rows)]
    columns = table.drop_duplicates("frame").sort_values("left")["frame"].tolist()
    assert columns == [name for name in shares["frame"].unique() if name in set(columns)]


@pytest.mark.parametrize("selection", [Selection(), Selection(text="chip", independent=True)])
def test_counting_by_number_is_counting_by_name(
    data: Data, selection: Selection, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = data.part(selection)
    listed = part.table("stories")[["story_id", "article_id"]]
    articles = part.articles[["article_id", "outlet", "outlet_name"]]
    for figure, count, name in (
        ("Frames", frame_shares, "frames"),
        ("Types of sources", source_shares, "sources"),
    ):
        named = count(part.table(name), articles, listed, n_boot=DRAWS)
        told = [f"{k:,} of {n:,}" for k, n in zip(named["k"], named["n"], strict=True) if k]
        marks = make_view(part, figure).marks
        assert [re.search(r"[\d,]+ of [\d,]+", mark.told)[0] for mark in marks] == told
        numbered = count(part.brief(name), part.numbered(), _listed(part), n_boot=DRAWS)
        pd.testing.assert_frame_equal(numbered, named)


@pytest.mark.parametrize("figure", FIGURES)
def test_each_mark_opens_as_many_articles_as_it_says(data: Data, figure: str) -> None:
    part = data.part(Selection())
    made = make_view(part, figure, story_of(data, figure))
    name = FIGURES[figure][1]
    for told, cell, _ in made.marks:
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
        assert seen.tags.count("mark") == min(len(found), MOST_PASSAGES)


def test_large_corpora_show_the_largest_outlets(data: Data) -> None:
    many = MOST_OUTLETS + 3
    names = [f"o{n % many:02}.example" for n in range(54)]
    articles = data.corpus.articles.assign(outlet=names, outlet_name="Same name")
    crowded = Data(replace(data.corpus, articles=articles))
    part = crowded.part(Selection())
    made = make_view(part, "Frames")
    assert f"the largest {MOST_OUTLETS} of {many} outlets" in made.note
    assert len({mark.cell["outlet"] for mark in made.marks}) <= MOST_OUTLETS
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
        drawn = svg(draw_view(made, question).source)
        assert not [part.tag for part in drawn.iter() if part.tag.endswith("script")]
        for told, cell, _ in made.marks[:5]:
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
    draw = explorer.draw_view
    monkeypatch.setattr(
        explorer, "draw_view", lambda *given: drawn.append(given[1]) or draw(*given)
    )
    page.filters["text"].value = "chip"
    assert drawn == []
    page.views.value = "Framing"
    page.filters["text"].value = "export"
    page.filters["text"].value = "chip"
    assert drawn == [FIGURES["Frames"][2]] * 2, "going back costs nothing"
    assert "data:image/svg" in page.tabs["Framing"].picture.source


def test_a_mark_opens_and_a_filter_closes_it(page: _Explorer) -> None:
    page.views.value = "Framing"
    tab = page.tabs["Framing"]
    assert tab.list.options[0] == ("(none chosen)", None)
    tab.list.index = 1
    assert "<mark>" in tab.passages.value
    page.filters["outlets"].value = ("hashledger.example",)
    assert "<mark>" not in tab.passages.value
    assert tab.list.value is None
    assert all("Hash & Ledger" in told for told, _ in tab.list.options[1:])


def test_a_click_on_a_mark_opens_it(page: _Explorer) -> None:
    page.views.value = "Framing"
    tab = page.tabs["Framing"]
    tab.picture.chosen = 2  # what the browser says of a click on the third spot
    assert tab.list.value == 2
    told = tab.list.options[3][0]
    assert told == f"3. {tab.picture.spots[2][4]}"
    assert "<mark>" in tab.passages.value
    tab.list.index = 1
    assert tab.picture.chosen == 0, "the spot of the chosen line is outlined"
    page.filters["text"].value = "chip"
    assert tab.picture.chosen == -1
    assert tab.passages.value.count("<mark>") == 0


def test_stories_beyond_the_list_are_found_by_their_headline(
    page: _Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explorer, "MOST_STORIES", 3)
    page.narrow()
    stories = page.filters["stories"]
    assert len(stories.options) == 3
    assert page.find.placeholder.startswith(f"{len(page.listed) - 3} smaller stories not listed")
    rare, key = page.listed[-1]
    page.find.value = rare.rpartition(" (")[0].upper()
    assert (rare, key) in stories.options
    stories.value = (key,)
    n = int(rare.rpartition("(")[2].rstrip(")"))
    assert f"{n} of 54 articles" in page.status.value
    page.find.value = "no such headline"
    assert stories.options == ((rare, key),), "what is chosen stays"
    assert stories.value == (key,)
    page.views.value = "Timeline"
    assert "smaller stories" not in page.tabs["Timeline"].caption.value
    page.clear()
    assert len(stories.options) == 3
    assert "smaller stories are not in the list" in page.tabs["Timeline"].caption.value


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
    assert len(tab.list.options) == 1 + len(page.part.table("lags").query("story_id == @second"))
    outlet = page.part.table("lags").query("story_id == @second")["outlet"].iloc[0]
    page.filters["outlets"].value = (outlet,)
    assert tab.story.value == second
    other = page.part.table("lags").query("story_id != @second")["outlet"]
    assert len(other)
    page.filters["text"].value = "no such words"
    assert tab.story.value is None
    page.clear()
    assert tab.story.value == first


def test_nothing_left_is_an_answer_in_every_view(page: _Explorer) -> None:
    for view, figures in (("Framing", ["Frames"]), ("Sourcing", list(FIGURES)[1:3])):
        page.views.value = view
        page.filters["text"].value = ""
        for figure in figures:
            page.tabs[view].figure.value = figure
            page.filters["text"].value = "no such words"
            assert "0 of 54 articles" in page.status.value
            assert page.tabs[view].list.options == (("(none chosen)", None),)
            assert page.tabs[view].picture.spots == []
            assert "nothing to draw" in "".join(svg(page.tabs[view].picture.source).itertext())
            page.filters["text"].value = ""


def test_dates_in_the_wrong_order_are_told(page: _Explorer) -> None:
    import datetime as dt

    page.filters["first"].value = dt.date(2024, 3, 5)
    left = page.status.value
    page.filters["last"].value = dt.date(2024, 3, 1)
    assert page.status.urgent
    assert "before the last" in page.status.value
    page.filters["last"].value = None
    assert page.status.value == left


def test_every_control_is_named_and_within_reach(page: _Explorer) -> None:
    for view in page.views.options:
        page.views.value = view
        for widget in widgets_of(page.page):
            if type(widget).__name__ in (
                "HTML",
                "Label",
                "VBox",
                "HBox",
                "Box",
                "Keys",
                "Picture",
                "Status",
            ):
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
