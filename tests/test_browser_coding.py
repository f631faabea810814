"""The panel in JupyterLab and a browser: decisions reach the disk, a killed kernel loses none, texts stay texts."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from browser import browser_path, free_port, server

from coverage_research.coding_files import coding_problems, read_codings

pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning", "default::ResourceWarning")

TITLE = (
    "<img src=x onerror=\"document.title='taken'\"><script>alert(1)</script> $x^2$ \\(y\\) "
    "</bdi></div><b id=injected>bold</b> \u202eturned"
)
CELL = f"""
import os, pathlib
pathlib.Path("pid").write_text(str(os.getpid()))
import pandas as pd
from coverage_research.hand_coding import hand_code
articles = pd.DataFrame({{
    "article_id": ["a1", "a2", "a3"],
    "title": [{TITLE!r}, "The second", "The third"],
    "body": ["A text to be coded.\\n\\n" * 60] * 3,
    "outlet": "halden.example",
    "url": ["https://halden.example/1", "javascript:alert(2)", "https://halden.example/3"],
}})
plan = pd.DataFrame({{"unit_id": articles["article_id"], "coder": "Ann", "order": [1, 2, 3]}})
hand_code(articles, "ai_hardware", coder="Ann", folder="codings", sample=plan, blind=False)
"""


@contextmanager
def _lab(folder: Path) -> Iterator[str]:
    """Serve a folder with JupyterLab and give the address of its notebook."""
    port = free_port()
    command = ["jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root"]
    command += ["--ServerApp.port_retries=0", "--IdentityProvider.token=token"]
    command += [f"--ServerApp.root_dir={folder}", "--LabApp.news_url=None"]
    with server(command, port, folder):
        yield f"http://127.0.0.1:{port}/lab/workspaces/t/tree/coding.ipynb?reset&token=token"


def _run(page: Any, pid: Path) -> None:
    """Run the only cell of the notebook, which writes a file, until its panel is there."""
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=40_000)
    pid.unlink(missing_ok=True)
    for _ in range(8):
        page.locator(".jp-CodeCell .cm-content").click()
        page.keyboard.press("Control+Enter")
        # While the page still arranges itself, a key can get lost.
        for _ in range(40):
            if pid.exists():
                break
            page.wait_for_timeout(100)
        if pid.exists():
            break
    page.get_by_role("button", name="Save and next").wait_for(timeout=30_000)


def _told(page: Any, text: str) -> None:
    page.get_by_role("status").filter(has_text=text).last.wait_for(timeout=10_000)


def test_coding_in_a_browser(tmp_path: Path) -> None:
    path = browser_path()
    import nbformat
    from playwright.sync_api import sync_playwright

    root = tmp_path / "root"
    root.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    # Without the name of a kernel, JupyterLab asks for one.
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    nbformat.write(notebook, root / "coding.ipynb")
    dialogs: list[str] = []
    asked: list[str] = []
    with _lab(root) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        page = browser.new_page(viewport={"width": 1280, "height": 1100})
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        _run(page, root / "pid")
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
        page.screenshot(path=tmp_path / "coding.png")
        page.get_by_role("button", name="Save and next").click()
        _told(page, "Saved unit 1.")
        first = read_codings(root / "codings")
        assert first.loc[first["value"] == "1", "variable"].tolist() == ["race"]
        assert heading.inner_text() == "The second"
        assert article.get_by_role("link").count() == 0

        # The keyboard alone: Space and Tab on the controls, then keys in their line.
        page.get_by_role("checkbox", name="1 Containment").focus()
        page.keyboard.press("Space")
        page.get_by_role("checkbox", name="1 Containment").and_(page.locator(":checked")).wait_for()
        note = page.get_by_role("textbox", name="Note")
        note.fill("to be seen again")
        note.press("Tab")
        assert page.evaluate("document.activeElement.innerText") == "Save and next"
        page.keyboard.press("Space")
        _told(page, "Saved unit 2.")
        second = read_codings(root / "codings").query("unit_id == 'a2'")
        assert second.loc[second["value"] == "1", "variable"].tolist() == ["containment"]
        assert set(second["note"]) == {"to be seen again"}
        page.get_by_role("textbox", name="Keys").focus()
        page.keyboard.type("u")
        page.keyboard.press("Enter")
        _told(page, "Taken back")
        assert set(read_codings(root / "codings")["unit_id"]) == {"a1"}
        assert heading.inner_text() == "The second"

        # The kernel dies while a unit is half coded: what was saved is there, and coding goes on.
        page.get_by_role("checkbox", name="5 Market").check()
        os.kill(int((root / "pid").read_text()), signal.SIGKILL)
        page.get_by_text("appears to have died").wait_for(timeout=20_000)
        page.get_by_role("button", name="Ok").click()
        _run(page, root / "pid")
        _told(page, "Welcome back, Ann. 1 of 3 units are coded")
        assert heading.last.inner_text() == "The second"
        page.get_by_role("textbox", name="Keys").last.focus()
        page.keyboard.type("2 4 s")
        page.keyboard.press("Enter")
        _told(page, "Saved unit 2.")
        page.screenshot(path=tmp_path / "resumed.png")
        browser.close()
    codings = read_codings(root / "codings")
    marked = codings[codings["value"] == "1"].groupby("unit_id")["variable"].agg(list).to_dict()
    assert marked == {"a1": ["race"], "a2": ["self_reliance", "workaround"]}
    assert coding_problems(root / "codings").empty
    lines = (root / "codings" / "coder-ann.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines] == [
        "decision",
        "decision",
        "undo",
        "decision",
    ]
    assert not dialogs
    outside = [url for url in asked if not url.startswith(("http://127.0.0.1", "data:", "blob:"))]
    assert not outside
    for name in ("coding.png", "resumed.png"):
        assert (tmp_path / name).stat().st_size > 20_000
