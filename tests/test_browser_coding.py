"""The coding panel in a browser: decisions reach the disk, a killed kernel loses none, texts stay texts."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from browser import (
    browsing,
    lab,
    looking,
    low_contrasts,
    run_cell,
    use_theme,
    voila,
    write_notebook,
)

from coverage_research.coding_files import coding_problems, read_codings
from coverage_research.hand_coding import hand_code

pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning", "default::ResourceWarning")

TITLE = (
    "<img src=x onerror=\"document.title='taken'\"><script>alert(1)</script> $x^2$ \\(y\\) "
    "</bdi></div><b id=injected>bold</b> \u202eturned"
)
ARTICLES = f"""
import os, pathlib
pathlib.Path("pid").write_text(str(os.getpid()))
import pandas as pd
from coverage_research.hand_coding import adjudicate, hand_code
articles = pd.DataFrame({{
    "article_id": ["a1", "a2", "a3"],
    "title": [{TITLE!r}, "The second", "The third"],
    "body": ["A text to be coded.\\n\\n" * 60] * 3,
    "outlet": "halden.example",
    "url": ["https://halden.example/1", "javascript:alert(2)", "https://halden.example/3"],
}})
plan = pd.DataFrame({{"unit_id": articles["article_id"], "coder": "Ann", "order": [1, 2, 3]}})
"""
CODE = 'hand_code(articles, "ai_hardware", coder="Ann", folder="codings", sample=plan, blind=False)'
PANEL = ".coverage-coding-panel"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as started:
        yield started


def told(page: Any, text: str) -> None:
    """Wait until the panel says it."""
    page.get_by_role("status").filter(has_text=text).last.wait_for(timeout=10_000)


def marked(folder: Path) -> dict[str, list[str]]:
    """Frames that each unit carries, as they are on the disk."""
    codings = read_codings(folder)
    return codings[codings["value"] == "1"].groupby("unit_id")["variable"].agg(list).to_dict()


def start(page: Any, pid: Path) -> None:
    """Run the cell until its panel is there."""
    run_cell(page, pid)
    page.get_by_role("button", name="Save and next").wait_for(timeout=30_000)


def test_coding_in_jupyterlab(browser: Any, tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "root" / "coding.ipynb", ARTICLES + CODE)
    root = notebook.parent
    dialogs: list[str] = []
    with lab(notebook) as address, looking(browser, address, height=1100) as (page, asked):
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        start(page, root / "pid")
        output = page.locator(".jp-OutputArea-output")

        # The hostile headline is there, letter by letter, and nothing that it asks for.
        article = page.get_by_role("region", name="Article")
        heading = article.get_by_role("heading")
        assert heading.inner_text() == TITLE.replace("\u202e", "\ufffd")
        assert output.locator("img, script, #injected, iframe, mjx-container").count() == 0
        link = article.get_by_role("link")
        assert link.get_attribute("href") == "https://halden.example/1"
        assert link.get_attribute("rel") == "noopener noreferrer"
        assert "Invented demonstration data" in article.inner_text()

        # A definition unfolds, a frame is marked by mouse; the article scrolls in its own place.
        page.get_by_text("What it is: Technological race").click()
        page.get_by_role("checkbox", name="3 Technological race").check()
        box = article.bounding_box()
        assert box is not None
        assert box["height"] < 500
        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            use_theme(page, theme)
            assert low_contrasts(page, PANEL) == [], theme
            page.screenshot(path=tmp_path / f"{theme.split()[1]}.png")
        page.get_by_role("button", name="Save and next").click()
        told(page, "Saved unit 1.")
        assert marked(root / "codings") == {"a1": ["race"]}
        assert heading.inner_text() == "The second"
        assert article.get_by_role("link").count() == 0

        # The keyboard alone: Space and Tab on the controls, text in the note, keys in their line.
        page.get_by_role("checkbox", name="1 Containment").focus()
        page.keyboard.press("Space")
        page.get_by_role("checkbox", name="1 Containment").and_(page.locator(":checked")).wait_for()
        note = page.get_by_role("textbox", name="Note")
        note.focus()
        page.keyboard.type("seen 3 times, u know")
        note.press("Tab")
        assert page.evaluate("document.activeElement.innerText") == "Save and next"
        page.keyboard.press("Space")
        told(page, "Saved unit 2.")
        second = read_codings(root / "codings").query("unit_id == 'a2'")
        assert second.loc[second["value"] == "1", "variable"].tolist() == ["containment"]
        assert set(second["note"]) == {"seen 3 times, u know"}

        # Single keys: the notebook sees none of them, two of which would delete the cell.
        page.get_by_role("checkbox", name="1 Containment").focus()
        page.keyboard.type("ddu")
        told(page, "Taken back")
        assert set(read_codings(root / "codings")["unit_id"]) == {"a1"}
        assert heading.inner_text() == "The second"
        assert page.locator(".jp-CodeCell").count() == 1

        # The kernel dies while a unit is half coded: what was saved is there, and coding goes on.
        page.get_by_role("checkbox", name="5 Market").check()
        os.kill(int((root / "pid").read_text()), signal.SIGKILL)
        page.get_by_text("appears to have died").wait_for(timeout=20_000)
        page.get_by_role("button", name="Ok").click()
        start(page, root / "pid")
        told(page, "Welcome back, Ann. 1 of 3 units are coded")
        assert heading.last.inner_text() == "The second"
        page.get_by_role("textbox", name="Keys").last.focus()
        page.keyboard.type("2 4 s")
        page.keyboard.press("Enter")
        told(page, "Saved unit 2.")
        # A click on the text gives the panel the focus, and it keeps it when the text changes.
        heading.last.click()
        page.keyboard.type("u")
        told(page, "Taken back")
        page.keyboard.type("24s")
        told(page, "Saved unit 2.")
        page.keyboard.type("?s")
        told(page, "Saved unit 3.")
        page.screenshot(path=tmp_path / "resumed.png")
        assert page.locator(".jp-CodeCell").count() == 1
        assert [url for url in asked if not url.startswith("http://127.0.0.1")] == []
    assert marked(root / "codings") == {"a1": ["race"], "a2": ["self_reliance", "workaround"]}
    assert coding_problems(root / "codings").empty
    lines = (root / "codings" / "coder-ann.jsonl").read_text().splitlines()
    kinds = ["decision", "decision", "undo", "decision", "undo", "decision", "decision"]
    assert [json.loads(line)["kind"] for line in lines] == kinds
    assert not dialogs
    for name in ("Light.png", "Dark.png", "resumed.png"):
        assert (tmp_path / name).stat().st_size > 20_000


SETTLE = """
from IPython.display import display
display(adjudicate(articles, "ai_hardware", folder="codings"))
"""


def test_settling_sentences_in_voila(browser: Any, tmp_path: Path) -> None:
    """What two coders said of a sentence stands below it; keys settle it, as a page without cells."""
    from coverage_research.coding_units import coding_units

    notebook = write_notebook(tmp_path / "root" / "settle.ipynb", ARTICLES + SETTLE)
    folder = notebook.parent / "codings"
    table = pd.DataFrame(
        {"article_id": ["a1", "a2", "a3"], "title": "x", "body": "A text to be coded.\n\n" * 60}
    )
    units = coding_units(table, "sentence", fields="body").groupby("article_id").head(1)
    for coder, key in (("Ann", "3 s"), ("<b>Ben", "5 s")):
        panel = hand_code(table, "ai_hardware", coder=coder, folder=folder, units=units)
        for _ in panel.units:
            panel.run(key)
    with voila(notebook) as address, looking(browser, address) as (page, asked):
        page.get_by_role("button", name="Save and next").wait_for()
        article = page.get_by_role("region", name="Article")
        assert article.locator("mark").inner_text() == "A text to be coded."
        assert "Ann: race" in article.inner_text()
        assert "Ben: market" in article.inner_text()
        assert low_contrasts(page, PANEL) == []
        page.screenshot(path=tmp_path / "settle.png", full_page=True)
        first = article.get_by_role("heading").inner_text()
        page.get_by_role("checkbox", name="3 Technological race").focus()
        page.keyboard.type("3s")
        told(page, "Saved unit 1.")
        assert article.get_by_role("heading").inner_text() != first
        page.keyboard.type("5s")
        told(page, "Saved unit 2.")
        assert page.locator(f"{PANEL} script, {PANEL} #injected, mjx-container").count() == 0
        assert all("fontawesome" in url for url in asked)
    settled = read_codings(folder).query("coder == 'settled' and value == '1'")
    assert sorted(settled["variable"]) == ["market", "race"]
    assert settled["unit_id"].str.contains(":body:0-19").all()
