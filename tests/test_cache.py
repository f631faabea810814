from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

from coverage_research import Corpus, cache, clear_cache, loading, read_corpus
from coverage_research.files import File, list_files
from coverage_research.loading import read_chunk, read_files, worker_count

Write = Callable[..., Path]


def record(number: int, title: str = "A title") -> str:
    return (
        f"title: {title}\nwebUrl: https://a.example/{number}\ntopics: [AI]\nquality: 5\nrelated:\n"
        f"  - title: x\n    webUrl: https://b.example/{number}\n    images:\n      - url: https://b.example/{number}.png"
    )


@pytest.fixture
def folder(write: Write) -> Path:
    for number in range(6):
        path = write(record(number), f"{number}.md")
    write('title: "broken', "z.md")
    return path.parent


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were read."""
    seen: list[str] = []
    original = loading.read_bytes

    def spy(path: str) -> Any:
        seen.append(Path(path).name)
        return original(path)

    monkeypatch.setattr(loading, "read_bytes", spy)
    return seen


def same(one: Corpus, other: Corpus) -> None:
    for name, table in one.tables().items():
        assert_frame_equal(table, other.tables()[name], obj=name)


def test_the_second_time_no_file_is_read(folder: Path, opened: list[str]) -> None:
    fresh = read_corpus(folder, cache=False)
    first = read_corpus(folder)
    opened.clear()
    second = read_corpus(folder)
    assert opened == []
    same(fresh, first)
    same(fresh, second)
    assert second.invented


def test_only_files_that_changed_are_read_again(
    folder: Path, opened: list[str], write: Write
) -> None:
    read_corpus(folder)
    opened.clear()
    write(record(1, "Another title, longer"), "1.md")
    write(record(7), "0-new.md")
    (folder / "3.md").unlink()
    corpus = read_corpus(folder)
    assert sorted(opened) == ["0-new.md", "1.md"]
    same(corpus, read_corpus(folder, cache=False))
    opened.clear()
    same(corpus, read_corpus(folder))
    assert opened == []


def test_the_time_of_modification_alone_tells(folder: Path, opened: list[str]) -> None:
    read_corpus(folder)
    opened.clear()
    os.utime(folder / "2.md", ns=(1, 1))
    read_corpus(folder)
    assert opened == ["2.md"]


def cached_files() -> list[Path]:
    return [path for path in cache.cache_root().rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "damage", ["cut", "garbage", "flip", "empty", "gone", "pointer", "columns"]
)
def test_a_damaged_cache_is_built_again(folder: Path, damage: str) -> None:  # noqa: C901
    expected = read_corpus(folder)
    for path in cached_files():
        data = path.read_bytes()
        if damage == "pointer":
            if path.name == "current":
                path.write_bytes(b"../../../etc")
        elif path.name == "current":
            continue
        elif damage == "cut":
            path.write_bytes(data[: len(data) // 2])
        elif damage == "flip":
            # One letter of a headline, which only a checksum tells.
            path.write_bytes(data.replace(b"A title", b"B title"))
        elif damage == "garbage":
            path.write_bytes(bytes(reversed(data)))
        elif damage == "empty":
            path.write_bytes(b"")
        elif damage == "gone":
            path.unlink()
        elif path.name != "files.parquet":
            shutil.copy(path.parent / "files.parquet", path)
    same(expected, read_corpus(folder))
    same(expected, read_corpus(folder))


def test_another_version_has_another_cache(
    folder: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read_corpus(folder)
    opened.clear()
    monkeypatch.setattr(cache, "SCHEMA_VERSION", 999)
    read_corpus(folder)
    assert len(opened) == 7


def test_a_cache_that_cannot_be_written_is_no_reason_to_fail(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("COVERAGE_RESEARCH_CACHE", str(tmp_path / "file"))
    assert len(read_corpus(folder).articles) == 12


def test_only_one_state_is_kept(folder: Path, write: Write) -> None:
    for number in range(3):
        write(record(number, "Changed " * (number + 2)), f"{number}.md")
        read_corpus(folder)
    states = [path for path in cache.cache_root().glob("*/*") if path.is_dir()]
    assert len(states) == 1


def test_many_small_changes_are_written_together_now_and_then(
    folder: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "MAX_SEGMENTS", 3)
    most = 0
    for number in range(12):
        write(record(number, f"Change {number}"), f"{number % 5}.md")
        same(read_corpus(folder), read_corpus(folder, cache=False))
        segments = [path for path in cached_files() if path.name.startswith("records-")]
        most = max(most, len(segments))
    assert most == 3


def test_a_change_writes_only_what_changed(folder: Path, write: Write) -> None:
    read_corpus(folder)
    before = {path.name: path.stat().st_ino for path in cached_files()}
    write(record(1, "Another title, longer"), "1.md")
    read_corpus(folder)
    after = {path.name: path.stat().st_ino for path in cached_files()}
    assert after["records-0.parquet"] == before["records-0.parquet"]
    assert (
        pq.read_table(next(p for p in cached_files() if p.name == "records-1.parquet")).num_rows
        == 2
    )


def test_a_file_system_without_links_gets_copies(
    folder: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(cache.os, "link", refuse)
    read_corpus(folder)
    write(record(1, "Another title, longer"), "1.md")
    same(read_corpus(folder), read_corpus(folder, cache=False))
    same(read_corpus(folder), read_corpus(folder, cache=False))


def test_clear_cache(folder: Path) -> None:
    read_corpus(folder)
    assert cached_files()
    assert clear_cache() == cache.cache_root()
    assert not cached_files()


def test_the_cache_lies_in_the_users_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COVERAGE_RESEARCH_CACHE")
    assert cache.cache_root().name == "coverage_research"


def test_interrupted_reading_goes_on_where_it_stopped(
    folder: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "CHUNK", 2)
    original = read_chunk
    calls = []

    def interrupt(first: int, files: list[File]) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return original(first, files)

    monkeypatch.setattr(loading, "read_chunk", interrupt)
    with pytest.raises(KeyboardInterrupt):
        read_corpus(folder, workers=1)
    assert len(opened) == 4
    monkeypatch.setattr(loading, "read_chunk", original)
    opened.clear()
    corpus = read_corpus(folder)
    assert len(opened) == 3
    same(corpus, read_corpus(folder, cache=False))


def test_processes_read_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "CHUNK", 2)
    same(read_corpus(folder, cache=False, workers=1), read_corpus(folder, cache=False, workers=2))


def test_chunks_stop_at_some_megabytes(folder: Path) -> None:
    files = [file._replace(size=5_000_000) for file in list_files([folder]).files]
    assert [len(chunk) for chunk in loading._chunks(files, range(len(files)))] == [1] * 7


def test_read_files_tells_its_progress(folder: Path) -> None:
    files = list_files([folder]).files
    parts: Iterator[Any] = read_files(files, [0, 2, 4], workers=1, progress=False)
    numbers = [number for part in parts for number in part["records"]["file"].to_pylist()]
    assert sorted(set(numbers)) == [0, 2, 4]


def test_how_many_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert worker_count(3, 10**6) == 3
    assert worker_count(3, 1) == 1  # no more than there are chunks
    assert worker_count(0, 1) == 1
    assert worker_count(None, 10) == 1
    assert worker_count(None, 10**6) == len(os.sched_getaffinity(0))
    # Where a process could only be started by running the user's script again, none is.
    monkeypatch.setattr(loading.sys, "platform", "darwin")
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "script.py", raising=False)
    assert worker_count(None, 10**6) == 1
