from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from coverage_research import dehydrate, load_demo, read_corpus
from coverage_research.articles import Article, ReadError, read_article
from coverage_research.codebook import load_codebook
from coverage_research.coder_files import CoderError, read_coder
from coverage_research.coding_entries import CodingError
from coverage_research.coding_files import coding_problems, read_codings
from coverage_research.coding_log import open_log
from coverage_research.exports import write_csv, write_parquet, write_tables
from coverage_research.paths import expanded, looked_for
from coverage_research.writing import write_article


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder, and another folder to work in."""
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


def test_the_home_folder(home: Path) -> None:
    assert expanded("~") == home
    assert expanded(Path("~/a/~")) == home / "a" / "~"
    for same in ("./~", "a/~", "a~", "/a", "~nobody-of-this-name/a", ""):
        assert expanded(same) == Path(same)


def test_every_path_may_start_at_home(home: Path) -> None:
    table = pd.DataFrame({"a": [1]})
    article = Article(title="Chips", url="https://halden.example/chips", body="A text.")
    assert write_article(article, "~/rec/a.md") == home / "rec" / "a.md"
    assert read_article("~/rec/a.md").title == "Chips"
    for path in ("~/rec", Path("~/rec/a.md"), ["~/rec/a.md", Path("~/rec")]):
        assert read_corpus(path, cache=False).articles["title"].tolist() == ["Chips"]
    assert write_csv(table, "~/a.csv").parent == home
    assert write_parquet(table, "~/a.parquet").parent == home
    assert {path.parent for path in write_tables({"t": table}, "~/tables")} == {home / "tables"}
    book = load_codebook("ai_hardware")
    open_log("~/cod", "Ann", book).decide("a1", {"race": "1", "market": "0"})
    assert len(read_codings("~/cod")) == 2
    assert coding_problems("~/cod").empty
    (home / "book.yaml").write_bytes(b"x")
    with pytest.raises(ValueError, match="book.yaml"):  # found, and no codebook
        load_codebook("~/book.yaml")
    (home / "coder.npz").write_bytes(b"x")
    with pytest.raises(CoderError, match="damaged, or not a coder"):
        read_coder("~/coder.npz")
    assert not list(Path.cwd().iterdir())


def test_a_dehydrated_copy_at_home(home: Path) -> None:
    (home / "copy").mkdir()
    (home / "copy" / "mine.txt").write_text("mine")
    with pytest.raises(ReadError, match="expected a new or empty folder"):
        dehydrate(load_demo(), "~/copy")
    assert not list(Path.cwd().iterdir())


def test_a_path_that_is_not_there_names_the_working_directory() -> None:
    here = f"(in the working directory {Path.cwd()})"
    with pytest.raises(ReadError) as error:
        read_corpus(["records", Path("more/a.md")])
    assert str(error.value) == f"no such file or folder: records, more/a.md {here}"
    with pytest.raises(ReadError) as error:
        read_corpus(Path.cwd() / "records")
    assert str(error.value) == f"no such file or folder: {Path.cwd() / 'records'}"
    with pytest.raises(ReadError) as error:
        read_article("a.md")
    assert str(error.value).startswith(f"a.md {here}: cannot be read")
    with pytest.raises(CodingError) as error_coding:
        read_codings("codings")
    assert str(error_coding.value) == f"codings {here}: no such folder"
    with pytest.raises(CoderError) as error_coder:
        read_coder("a.npz")
    assert str(error_coder.value) == f"a.npz {here}: there is no such file"


def test_a_working_directory_that_was_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Path:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "cwd", gone)
    assert looked_for(Path("a"), Path("b")) == "a, b"
