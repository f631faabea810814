"""The explorer in a browser, in Voila and JupyterLab: what a reader can see and do, and what cannot run."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import (
    ROOT,
    browsing,
    lab,
    looking,
    low_contrasts,
    run_cell,
    use_theme,
    voila,
    write_notebook,
)

pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning", "default::ResourceWarning")

#: Titles that would run, load or typeset something if any view took them for more than text.
EVIL = (
    '<img src="http://evil.test/x.png" onerror="window.ran=1"><script>window.ran=2</script>',
    "</textarea></select><svg onload='window.ran=3'> $\\alpha$ \\(x^2\\) \u202egnp.exe",
)
SOURCE = f"""
import pathlib
pathlib.Path("ran").write_text("")
from dataclasses import replace
from coverage_research.explorer import explore
from coverage_research.samples import load_demo

demo = load_demo()
articles = demo.articles.sort_values("published_at", ignore_index=True)
articles.loc[[0, 1], "title"] = {list(EVIL)!a}
articles.loc[0, "url"] = "javascript:window.ran=4"
articles.loc[[0, 1], "outlet_name"] = {EVIL[0]!a}
body = articles.loc[0, "body"]
articles.loc[0, "body"] = {EVIL[1]!a} + " race " + {EVIL[0]!a} + " " + body
explore(replace(demo, articles=articles))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as started:
        yield started


@pytest.fixture(scope="module")
def shown(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    notebook = write_notebook(tmp_path_factory.mktemp("explorer") / "explore.ipynb", SOURCE)
    with voila(notebook) as address, looking(browser, address) as (found, asked):
        told(found, "54 of 54 articles").wait_for()
        found.asked = asked
        found.folder = notebook.parent
        yield found


@pytest.fixture
def page(shown: Any) -> Iterator[Any]:
    """Each test starts with all articles and the table, and none leaves anything that ran."""
    page = shown
    page.get_by_role("button", name="Clear filters", exact=True).click()
    told(page, "54 of 54 articles").wait_for()
    see(page, "Articles")
    page.get_by_role("table").wait_for()
    yield page
    assert page.evaluate("window.ran") is None
    assert page.locator(".coverage-explorer script, .coverage-explorer svg").count() == 0
    assert low_contrasts(page, ".coverage-explorer-page") == []
    assert page.locator("mjx-container, .MathJax").count() == 0
    # The page itself asks nobody; Voila's template asks for a font of icons.
    assert all("fontawesome" in address for address in page.asked)


def told(page: Any, text: str) -> Any:
    """The line that says how many articles are left."""
    return page.get_by_role("status").filter(has_text=text)


def chosen(page: Any) -> str:
    """The chosen line of the list of marks."""
    line: str = page.get_by_label("Marks").locator("option:checked").inner_text()
    return line.replace("\xa0", " ")


def see(page: Any, view: str) -> None:
    page.get_by_role("button", name=view, exact=True).click()


def titles(page: Any) -> list[str]:
    found: list[str] = page.locator(".coverage-explorer tbody td:nth-child(3)").all_inner_texts()
    return found


def shown_titles() -> list[str]:
    """The hostile titles as they are to be read: a mark that would turn them is replaced."""
    return [title.replace("\u202e", "\N{REPLACEMENT CHARACTER}") for title in EVIL]


def picture(page: Any, tmp_path: Path, name: str) -> None:
    page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
    assert (tmp_path / f"{name}.png").stat().st_size > 10_000


def test_a_hostile_title_is_text(page: Any, tmp_path: Path) -> None:
    shown = titles(page)
    assert len(shown) == 50
    assert shown[:2] == shown_titles()
    first = page.locator(".coverage-explorer tbody tr").first
    assert first.locator("a").count() == 0
    assert first.locator("img").count() == 0
    link = page.locator(".coverage-explorer tbody a").first
    assert link.get_attribute("href").startswith("https://")
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert link.get_attribute("target") == "_blank"
    picture(page, tmp_path, "articles")


def test_a_filter_changes_the_table(page: Any) -> None:
    page.get_by_label("Search text").fill("SMUGGLE")
    page.get_by_label("Search text").press("Enter")
    told(page, "of 54 articles").filter(has_not_text="54 of 54").wait_for()
    line = told(page, "articles").inner_text()
    assert len(titles(page)) == int(line.split()[0]) < 54
    page.get_by_label("Search text").fill("")
    page.get_by_label("Search text").press("Enter")
    told(page, "54 of 54 articles").wait_for()
    page.get_by_label("Outlets").select_option(label="The Daily Klaxon (6)")
    told(page, "6 of 54 articles").wait_for()
    outlets = page.locator(".coverage-explorer tbody td:nth-child(2)").all_inner_texts()
    assert set(outlets) == {"The Daily Klaxon"}
    page.get_by_label("From").fill("2030-01-01")
    told(page, "0 of 54 articles").wait_for()


def test_pages_of_the_table(page: Any) -> None:
    before = page.get_by_role("button", name="Previous page")
    assert before.is_disabled()
    page.get_by_role("button", name="Next page").click()
    page.get_by_text("Articles 51 to 54 of 54").wait_for()
    assert len(titles(page)) == 4
    before.click()
    page.get_by_text("Articles 1 to 50 of 54").wait_for()


def test_a_mark_opens_its_passages(page: Any, tmp_path: Path) -> None:
    see(page, "Framing")
    image = page.locator(".coverage-picture img")
    image.wait_for()
    assert image.get_attribute("src").startswith("data:image/svg+xml;base64,")
    assert page.evaluate("document.querySelector('.coverage-picture img').naturalWidth") > 300
    page.get_by_label("Marks").select_option(index=1)
    page.locator(".coverage-explorer mark").first.wait_for()
    assert page.locator(".coverage-picture button[data-chosen]").count() == 1
    assert "articles" in page.get_by_label("Marks").locator("option").nth(1).inner_text()
    picture(page, tmp_path, "framing")


def test_a_click_on_the_figure_opens_its_passages(page: Any, tmp_path: Path) -> None:
    see(page, "Framing")
    spot = page.get_by_role("button", name="Hash & Ledger: Technological race")
    spot.wait_for()
    box, image = spot.bounding_box(), page.locator(".coverage-picture img").bounding_box()
    assert image["x"] < box["x"] < box["x"] + box["width"] < image["x"] + image["width"]
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator(".coverage-explorer blockquote").first.wait_for()
    line = chosen(page)
    n = int(line.split(", ")[-1].split()[0])
    ledger = page.locator(".coverage-explorer li").filter(has_text="Hash & Ledger")
    assert ledger.count() >= n
    assert page.locator(".coverage-explorer blockquote").filter(has_text="frame: race").count() >= n
    picture(page, tmp_path, "clicked")
    see(page, "Timeline")
    page.locator(".coverage-picture button").nth(2).click()
    page.get_by_role("heading", name="Marks of origin").wait_for()


def test_the_passages_of_a_hostile_article_are_text(page: Any, tmp_path: Path) -> None:
    page.get_by_label("Article", exact=True).select_option(index=1)
    page.get_by_role("heading", name="window.ran=1").wait_for()
    passage = page.locator(".coverage-explorer blockquote").filter(has_text="race").first
    assert "window.ran" in passage.inner_text()
    assert passage.locator("mark").inner_text() == "race"
    passage.scroll_into_view_if_needed()
    picture(page, tmp_path, "article")


@pytest.mark.parametrize(
    ("view", "names"),
    [
        ("Sourcing", ["Types of sources", "Reuse and credit"]),
        ("Timeline", ["Order of articles", "Lanes of outlets"]),
    ],
)
def test_each_figure_is_drawn(page: Any, tmp_path: Path, view: str, names: list[str]) -> None:
    see(page, view)
    figures = page.get_by_label("Figure")
    figures.wait_for()
    offered = figures.locator("option").all_inner_texts()
    assert [name.replace("\xa0", " ") for name in offered] == names
    former = ""
    for number, name in enumerate(names):
        figures.select_option(index=number)
        page.wait_for_function(
            "old => { const img = document.querySelector('.coverage-picture img');"
            " return img && img.src !== old && img.naturalWidth > 300; }",
            arg=former,
        )
        former = page.locator(".coverage-picture img").get_attribute("src")
        assert page.get_by_label("Marks").locator("option").count() > 3
        picture(page, tmp_path, name)


def test_keys_alone_suffice(page: Any) -> None:
    page.get_by_label("Outlets").focus()
    reached = []
    for _ in range(16):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(e => (e.labels && e.labels[0] ? e.labels[0].textContent : e.textContent).trim())"
                "(document.activeElement)"
            )
        )
    for name in ("Stories", "Frames", "Source types", "Origins", "Search text", "Clear filters"):
        assert any(label.startswith(name) for label in reached), (name, reached)
    page.get_by_role("button", name="Framing", exact=True).focus()
    page.keyboard.press("Enter")
    page.locator(".coverage-picture img").wait_for()
    page.get_by_label("Marks").focus()
    page.keyboard.press("ArrowDown")
    page.locator(".coverage-explorer mark").first.wait_for()


def test_the_selection_is_written(page: Any, tmp_path: Path) -> None:
    page.get_by_label("Search text").fill("chip")
    page.get_by_label("Search text").press("Enter")
    told(page, "54 of 54 articles").wait_for(state="detached")
    see(page, "Export")
    code = page.get_by_label("Python")
    code.wait_for()
    end = time.monotonic() + 10
    while "text='chip'" not in code.input_value() and time.monotonic() < end:
        page.wait_for_timeout(50)
    assert "text='chip'" in code.input_value()
    page.get_by_role("button", name="Write CSV and Parquet").click()
    page.get_by_text("files written").wait_for()
    folder = page.folder / "selection"
    assert {"articles.csv", "articles.parquet", "frames.csv", "select.py"} <= {
        path.name for path in folder.iterdir()
    }
    assert "text='chip'" in (folder / "select.py").read_text("utf-8")
    picture(page, tmp_path, "export")


def test_in_jupyterlab(browser: Any, tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "root" / "explore.ipynb", SOURCE)
    with lab(notebook) as address, looking(browser, address, height=1400) as (page, asked):
        run_cell(page, notebook.parent / "ran")
        told(page, "54 of 54 articles").wait_for()
        assert titles(page)[:2] == shown_titles()
        page.get_by_label("Search text").fill("chip")
        page.get_by_label("Search text").press("Enter")
        told(page, "54 of 54 articles").wait_for(state="detached")
        see(page, "Framing")
        spots = page.locator(".coverage-picture button")
        spots.first.click()
        page.locator(".coverage-explorer mark").first.wait_for()
        assert chosen(page).endswith(spots.first.get_attribute("aria-label"))
        picture(page, tmp_path, "lab-light")
        # Letters on a control are not the notebook's: two would delete its cell.
        page.get_by_label("Independent coverage only").focus()
        page.keyboard.press("d")
        page.keyboard.press("d")
        page.keyboard.press("Space")
        page.get_by_label("Independent coverage only").and_(page.locator(":checked")).wait_for()
        assert page.locator(".jp-CodeCell").count() == 1
        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            use_theme(page, theme)
            for view in ("Articles", "Sourcing", "Export"):
                see(page, view)
                page.wait_for_timeout(500)
                assert low_contrasts(page, ".coverage-explorer-page") == [], (theme, view)
        see(page, "Sourcing")
        page.locator(".coverage-picture img").wait_for()
        picture(page, tmp_path, "lab-dark")
        assert page.evaluate("window.ran") is None
        assert page.locator(".coverage-explorer script, mjx-container").count() == 0
        assert [url for url in asked if not url.startswith("http://127.0.0.1")] == []


def test_the_notebook_is_a_page(browser: Any, tmp_path: Path) -> None:
    notebook = tmp_path / "page" / "05_explore.ipynb"
    notebook.parent.mkdir()
    shutil.copy(ROOT / "notebooks" / notebook.name, notebook)
    with voila(notebook) as address, looking(browser, address) as (page, asked):
        told(page, "54 of 54 articles").wait_for()
        page.get_by_label("Frames").select_option(label="Technological race")
        told(page, "54 of 54 articles").wait_for(state="detached")
        assert 0 < len(titles(page)) < 54
        assert page.get_by_text("read_corpus").count() == 0, "a page shows no code"
        page.locator("h1").first.scroll_into_view_if_needed()
        picture(page, tmp_path, "notebook")
        assert all("fontawesome" in address for address in asked)
