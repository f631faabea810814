"""What the tests share: where the real records lie, a cache of their own, and how records are written by hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import settings

mpl.use("Agg")
# How long an example takes is no property of the code; benchmarks/ has the times.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COVERAGE_RESEARCH_CACHE", str(tmp_path_factory.mktemp("cache")))


def _beside(name: str, what: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        message = f"the {what} are not beside this checkout ({folder})"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def real_records() -> Path:
    """The folder of real records, which is not part of the project."""
    return _beside("corpus", "real records")


@pytest.fixture(scope="session")
def datasets() -> Path:
    """The folder of data coded by other people, which is not part of the project."""
    return _beside("datasets", "gold data")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of front matter, given as text or bytes, below a folder of its own."""

    def _write(front_matter: str | bytes, name: str = "a.md", body: str = "") -> Path:
        path = tmp_path / "records" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(front_matter, str):
            front_matter = f"---\n{front_matter}\n---\n{body}".encode()
        path.write_bytes(front_matter)
        return path

    return _write
