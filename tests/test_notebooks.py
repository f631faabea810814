"""The notebooks: committed as executed, and running top to bottom in a fresh kernel, on the sample and on other records."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning", "default::ResourceWarning")


def code_cells(path: Path) -> list[Any]:
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_the_notebooks_are_there() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "01_corpus",
        "02_framing",
        "03_sourcing",
        "04_timeline",
        "05_explore",
        "06_coding",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_as_executed(path: Path) -> None:
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not any(
        output.output_type in ("error", "stream") for cell in cells for output in cell.outputs
    )
    assert sum(bool(cell.outputs) for cell in cells) >= 5
    assert ["parameters"] in [cell.metadata.get("tags") for cell in cells]
    text = path.read_text("utf-8")
    assert not re.search(r"/(home|root|Users|tmp|work)/", text)
    assert not any(re.search(r"^\s*(def|class) ", cell.source, re.MULTILINE) for cell in cells)
    # Each code cell is introduced by a sentence, and the figures are in it.
    assert text.count('"image/png"') >= (path.stem != "01_corpus")


def run(path: Path, folder: Path | None) -> list[Any]:
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    if folder is not None:
        (cell,) = (cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
        cell.source = f"FOLDER = {str(folder)!r}"
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell: Any) -> list[str]:
    return [
        output["data"]["text/plain"]
        for output in cell.outputs
        if output.output_type == "execute_result"
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_on_the_sample_and_shows_what_is_committed(path: Path) -> None:
    fresh = run(path, None)
    assert len(fresh) > 3
    for new, old in zip(fresh, code_cells(path), strict=True):
        assert shown(new) == shown(old), f"{new.source}\nrun `make notebooks`"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_on_other_records(path: Path) -> None:
    cells = run(path, ROOT / "data" / "demo")
    text = "".join(str(cell.outputs) for cell in cells)
    assert "invented" in text
    assert "The Halden Chronicle" in text
