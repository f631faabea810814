"""Decisions on the disk: whole or not there, never overwritten, and readable whatever came between."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_research import coding_log as module
from coverage_research.codebook import Codebook, load_codebook
from coverage_research.coding_entries import (
    ChangedError,
    CodingError,
    clean_name,
    codebook_hash,
    coder_file,
)
from coverage_research.coding_files import coding_problems, read_codings
from coverage_research.coding_log import open_log
from coverage_research.codings import CODINGS
from coverage_research.reliability import krippendorff_alpha
from coverage_research.schema import PROBLEMS, TEXT, TIME, ChoiceError, pandas_dtype

BOOK = load_codebook("ai_hardware")


def changed(book: Codebook = BOOK, **more: object) -> Codebook:
    return dataclasses.replace(book, **more)  # type: ignore[arg-type]


def values(folder: Path) -> dict[tuple[str, str, str], str]:
    table = read_codings(folder)
    return table.set_index(["unit_id", "coder", "variable"])["value"].to_dict()


def test_the_latest_decision_counts_and_the_table_is_one_of_codings(tmp_path: Path) -> None:
    log = open_log(tmp_path, "Ann", BOOK)
    first = log.decide("a1", {"race": "1", "market": "0"}, note="é $x$")
    log.decide("a2", {"race": "0", "market": "0"})
    log.decide("a1", {"race": "0", "market": "1"}, replaces=first)
    table = read_codings(tmp_path)
    assert list(table.columns) == [*CODINGS, "is_unsure", "is_current"]
    assert table[["unit_id", "variable", "value"]].to_numpy().tolist() == [
        ["a1", "market", "1"],
        ["a1", "race", "0"],
        ["a2", "market", "0"],
        ["a2", "race", "0"],
    ]
    assert table["coded_at"].dtype == TIME
    assert table["value"].dtype == pandas_dtype(TEXT)
    assert (table["codebook_version"] == BOOK.version).all()
    assert table["is_current"].all()
    assert coding_problems(tmp_path).empty


def test_an_undone_decision_is_gone_and_the_earlier_one_stands_again(tmp_path: Path) -> None:
    log = open_log(tmp_path, "Ann", BOOK)
    first = log.decide("a1", {"race": "1"})
    log.decide("a1", {"race": "0"}, replaces=first)
    size = log.path.stat().st_size
    assert log.undo() is not None
    assert log.path.stat().st_size > size
    assert values(tmp_path) == {("a1", "Ann", "race"): "1"}
    log.undo()
    assert log.undo() is None
    assert read_codings(tmp_path).empty
    assert list(read_codings(tmp_path).columns) == [*CODINGS, "is_unsure", "is_current"]


def test_undo_keeps_to_the_units_given(tmp_path: Path) -> None:
    log = open_log(tmp_path, "Ann", BOOK)
    log.decide("a1", {"race": "1"})
    log.decide("b1", {"race": "1"})
    gone = log.undo(["a1"])
    assert gone is not None
    assert gone.unit == "a1"
    assert set(log.decisions()) == {"b1"}


def test_unsure_counts_as_not_coded(tmp_path: Path) -> None:
    for coder, codes in {"Ann": "110?", "Ben": "1100"}.items():
        log = open_log(tmp_path, coder, BOOK)
        for unit, code in enumerate(codes):
            log.decide(f"a{unit}", {"race": code.replace("?", "1")}, is_unsure=code == "?")
    table = read_codings(tmp_path)
    assert table["value"].isna().sum() == table["is_unsure"].sum() == 1
    alpha = krippendorff_alpha(table)
    assert alpha["n"].iloc[0] == 3
    assert alpha["estimate"].iloc[0] == 1


def test_agreement_is_that_of_the_worked_table(tmp_path: Path) -> None:
    for coder, codes in {"Ann": "0100000010", "Ben": "1110010000"}.items():
        log = open_log(tmp_path, coder, BOOK)
        for unit, code in enumerate(codes):
            log.decide(f"a{unit}", {"race": code})
    assert krippendorff_alpha(read_codings(tmp_path))["estimate"].iloc[0] == pytest.approx(
        0.095238, abs=1e-6
    )


# Cut off, damaged, full -------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.data())
def test_wherever_the_file_is_cut_all_whole_lines_are_read(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = open_log(folder, "Ann", BOOK)
        for unit in range(3):
            log.decide(f"a{unit}", {"race": "1"}, note='{"}\n')
        raw = log.path.read_bytes()
        cut = data.draw(st.integers(0, len(raw)))
        log.path.write_bytes(raw[:cut])
        whole = raw[: cut + 1].count(b"\n")
        assert read_codings(folder)["unit_id"].nunique() == whole
        rest = raw[:cut].rpartition(b"\n")[2]
        torn = int(bool(rest) and raw[cut : cut + 1] != b"\n")
        assert len(coding_problems(folder)) == torn
        # A new session heals the end: its decision and all before are read.
        again = open_log(folder, "Ann", BOOK)
        assert len(again.decisions()) == whole
        again.decide("b", {"race": "0"})
        assert read_codings(folder)["unit_id"].nunique() == whole + 1
        assert len(coding_problems(folder)) == torn


def test_a_decision_is_on_the_disk_when_the_program_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "from coverage_research.codebook import load_codebook\n"
        "from coverage_research.coding_log import open_log\n"
        "log = open_log(sys.argv[1], 'Ann', load_codebook('ai_hardware'))\n"
        "for unit in range(10_000):\n"
        "    log.decide(f'a{unit}', {'race': '1'})\n"
        "    print(unit, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for _ in range(20):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    told = 20 + len(process.stdout.read().splitlines())
    process.wait()
    process.stdout.close()
    kept = read_codings(tmp_path)["unit_id"].nunique()
    assert told <= kept <= told + 1


HOSTILE = [
    b"",
    b"null",
    b"[" * 100_000,
    b'{"format": 1}',
    b"\x00" * 50,
    b'{"format": 1, "kind": "decision", "at": 5}',
    b'{"a": 1' + b"0" * 5000 + b"}",
    b"\xff\xfe",
]


def test_lines_that_are_no_decisions_cost_no_others(tmp_path: Path) -> None:
    log = open_log(tmp_path, "Ann", BOOK)
    log.decide("a1", {"race": "1"})
    good = json.loads(log.path.read_text())
    bad = [
        {"unit": "\ud800"},
        {"unit": ""},
        {"codes": {}},
        {"codes": {"race": 1}},
        {"codes": []},
        {"is_unsure": "no"},
        {"number": True},
        {"at": "2026-01-01T00:00:00"},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"at": "never"},
        {"coder": "Ann\u202e"},
        {"format": 2},
        {"kind": "undo", "of": ["x"]},
        {"kind": "burn"},
        {"note": None},
        {"note": "x" * 2_000_000},
    ]
    lines = [*HOSTILE, *(json.dumps(good | change).encode() for change in bad)]
    with log.path.open("ab") as stream:
        stream.write(b"\n".join(lines) + b"\n")
    open_log(tmp_path, "Ann", BOOK).decide("a2", {"race": "0"})
    assert values(tmp_path) == {("a1", "Ann", "race"): "1", ("a2", "Ann", "race"): "0"}
    problems = coding_problems(tmp_path)
    assert list(problems.columns) == list(PROBLEMS.columns)
    assert len(problems) == len(lines) - 1  # an empty line is nothing
    assert problems["line"].tolist() == list(range(3, len(lines) + 2))


def test_a_full_disk_is_told_and_half_a_line_harms_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(tmp_path, "Ann", BOOK)
    log.decide("a1", {"race": "1"})
    real = os.write
    calls = []

    def full(descriptor: int, data: bytes) -> int:
        calls.append(data)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return real(descriptor, data[:10])

    monkeypatch.setattr(module.os, "write", full)
    with pytest.raises(CodingError, match="not saved .No space left"):
        log.decide("a2", {"race": "1"})
    monkeypatch.setattr(module.os, "write", real)
    assert "a2" not in log.decisions()
    log.decide("a2", {"race": "0"})
    assert values(tmp_path)["a2", "Ann", "race"] == "0"
    assert coding_problems(tmp_path)["check"].tolist() == ["unreadable"]


def test_a_line_of_which_the_disk_says_that_it_failed_may_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(tmp_path, "Ann", BOOK)
    log.decide("a1", {"race": "1"})

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(module.os, "fsync", fail)
    with pytest.raises(CodingError, match="Input/output"):
        log.decide("a2", {"race": "1"})
    monkeypatch.undo()
    log.catch_up()
    log.decide("a2", {"race": "0"}, replaces=log.decisions()["a2"])
    assert values(tmp_path)["a2", "Ann", "race"] == "0"


def test_each_line_is_forced_to_the_disk_before_the_call_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(tmp_path, "Ann", BOOK)
    real, sizes = os.fsync, []

    def sync(descriptor: int) -> None:
        sizes.append(
            os.fstat(descriptor).st_size
            if os.path.samestat(os.fstat(descriptor), log.path.stat())
            else 0
        )
        real(descriptor)

    monkeypatch.setattr(module.os, "fsync", sync)
    log.decide("a1", {"race": "1"})
    log.skip("a2")
    log.undo()
    ends = [len(line) for line in log.path.read_bytes().splitlines(keepends=True)]
    assert [size for size in sizes if size] == [sum(ends[:n]) for n in (1, 2, 3)]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    log = open_log(tmp_path, "Ann", BOOK)
    log.path.mkdir()
    with pytest.raises(CodingError, match="cannot be read"):
        log.catch_up()
    with pytest.raises(CodingError, match="not saved"):
        log.decide("a1", {"race": "1"})


def test_a_file_that_lost_lines_is_not_written_on(tmp_path: Path) -> None:
    log = open_log(tmp_path, "Ann", BOOK)
    log.decide("a1", {"race": "1"})
    log.path.write_bytes(b"")
    with pytest.raises(CodingError, match="shorter than it was"):
        log.decide("a2", {"race": "1"})


# Several coders and sessions --------------------------------------------------------------------


def _code(folder: str, coder: str, start: int) -> None:
    log = open_log(folder, coder, BOOK)
    for unit in range(start, start + 40):
        log.decide(f"a{unit}", {"race": "1"}, note="x" * 5000)


def test_coders_and_sessions_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    jobs = [("Ann", 0), ("Ann", 40), ("Ben", 0)]
    processes = [context.Process(target=_code, args=(str(tmp_path), *job)) for job in jobs]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert read_codings(tmp_path).groupby("coder")["unit_id"].nunique().to_dict() == {
        "Ann": 80,
        "Ben": 40,
    }
    assert coding_problems(tmp_path).empty


def test_a_decision_that_the_coder_has_not_seen_is_not_replaced(tmp_path: Path) -> None:
    one, two = open_log(tmp_path, "Ann", BOOK), open_log(tmp_path, "Ann", BOOK)
    theirs = one.decide("a1", {"race": "1"})
    with pytest.raises(ChangedError, match="another session of Ann"):
        two.decide("a1", {"race": "0"})
    assert values(tmp_path) == {("a1", "Ann", "race"): "1"}
    two.decide("a1", {"race": "0"}, replaces=theirs)
    assert [entry.session for entry in one.catch_up()] == [two.session]
    assert one.decisions()["a1"].codes == {"race": "0"}
    one.undo()
    two.catch_up()
    assert two.decisions()["a1"].codes == {"race": "1"}


@pytest.mark.parametrize(
    ("first", "second"), [("Ann Lee", "ann lee"), ("Ann Lee", "Ann-Lee"), ("Zoë", "ZOË")]
)
def test_names_that_are_too_like_are_refused(tmp_path: Path, first: str, second: str) -> None:
    assert coder_file(first) == coder_file(second)
    early = open_log(tmp_path, second, BOOK)
    open_log(tmp_path, first, BOOK).decide("a1", {"race": "1"})
    with pytest.raises(CodingError, match="too like"):
        open_log(tmp_path, second, BOOK)
    with pytest.raises(CodingError, match="too like"):
        early.decide("a1", {"race": "0"})
    assert values(tmp_path) == {("a1", first, "race"): "1"}


@given(st.text(min_size=1, max_size=60))
def test_names_of_files_are_safe_and_names_survive(name: str) -> None:
    try:
        clean = clean_name(name)
    except ChoiceError:
        return
    file = coder_file(name)
    assert set(file) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert file.startswith("coder-")
    assert file.count(".") == 1
    assert len(file) < 70
    assert clean_name(clean) == clean


@pytest.mark.parametrize("name", ["../../etc/passwd", "CON", "a/b", "李", "." * 50, "x" * 100])
def test_a_name_never_leaves_the_folder(tmp_path: Path, name: str) -> None:
    log = open_log(tmp_path / "in", name, BOOK)
    log.decide("a1", {"race": "1"})
    assert [path.parent for path in tmp_path.rglob("*.jsonl")] == [tmp_path / "in"]
    assert read_codings(tmp_path / "in")["coder"].unique().tolist() == [name]
    assert coder_file("李") != coder_file("王")


@pytest.mark.parametrize("name", ["", " ", "\u200b", "x" * 101, 7, None])
def test_names_that_are_none_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ChoiceError, match="coder"):
        open_log(tmp_path, name, BOOK)


def test_copies_of_a_file_count_once(tmp_path: Path) -> None:
    log = open_log(tmp_path, "Ann", BOOK)
    log.decide("a1", {"race": "1"})
    raw = log.path.read_bytes()
    log.decide("a2", {"race": "1"})
    (tmp_path / "coder-ann (1).jsonl").write_bytes(raw)
    assert len(read_codings(tmp_path)) == 2
    assert coding_problems(tmp_path)["check"].tolist() == ["split"]


# Codebooks --------------------------------------------------------------------------------------


def test_decisions_by_another_version_are_flagged(tmp_path: Path) -> None:
    open_log(tmp_path, "Ann", changed(version="0.9")).decide("a1", {"race": "1"})
    time.sleep(0.002)
    log = open_log(tmp_path, "Ben", BOOK)
    log.decide("a1", {"race": "1"})
    assert read_codings(tmp_path).set_index("coder")["is_current"].to_dict() == {
        "Ann": False,
        "Ben": True,
    }
    told = read_codings(tmp_path, codebook=changed(version="0.9"))
    assert told.set_index("coder")["is_current"].to_dict() == {"Ann": True, "Ben": False}
    (problem,) = coding_problems(tmp_path).to_dict("records")
    assert problem["check"] == "codebook"
    assert problem["source_path"] == "coder-ann.jsonl"
    assert "0.9" in problem["found"]


def test_the_hash_is_of_what_coders_read() -> None:
    frame = BOOK.frames[0]
    fewer = dataclasses.replace(frame, terms=frame.terms[:1])
    other = dataclasses.replace(frame, exclude="Nothing.")
    same = codebook_hash(BOOK)
    assert codebook_hash(changed(frames=(fewer, *BOOK.frames[1:]))) == same
    assert codebook_hash(changed(frames=(other, *BOOK.frames[1:]))) != same
    assert codebook_hash(changed(version="9")) != same


def test_a_folder_is_for_one_codebook_and_one_way_of_coding(tmp_path: Path) -> None:
    open_log(tmp_path, "Ann", BOOK).decide("a1", {"race": "1"})
    with pytest.raises(CodingError, match="one folder for each codebook"):
        open_log(tmp_path, "Ben", load_codebook("generic_news"))
    with pytest.raises(CodingError, match="several frames a unit; found one"):
        open_log(tmp_path, "Ben", BOOK, multiple=False)
    other = tmp_path / "other"
    open_log(other, "Ben", load_codebook("generic_news")).decide("a1", {"conflict": "1"})
    (other / "coder-ben.jsonl").rename(tmp_path / "coder-ben.jsonl")
    with pytest.raises(CodingError, match="found ai_hardware, generic_news"):
        read_codings(tmp_path)


def test_folders_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    with pytest.raises(CodingError, match="no such folder"):
        read_codings(tmp_path / "none")
    with pytest.raises(CodingError, match="nobody has coded"):
        read_codings(tmp_path)
    with pytest.raises(CodingError, match="nobody has coded"):
        coding_problems(tmp_path)
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(CodingError, match="found a file"):
        open_log(file, "Ann", BOOK)
    with pytest.raises(CodingError, match="cannot be made"):
        open_log(file / "below", "Ann", BOOK)
    log = open_log(tmp_path, "Ann", BOOK)
    with pytest.raises(CodingError, match="1,000,000 bytes"):
        log.decide("a1", {"race": "1"}, note="x" * 1_000_001)


def test_what_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    log = open_log(tmp_path, "Ann", BOOK)
    for unit, codes in (
        ("", {"race": "1"}),
        ("a1", {}),
        ("a1", {"race": ""}),
        ("\ud800", {"r": "1"}),
    ):
        with pytest.raises(CodingError, match="could not be read again"):
            log.decide(unit, codes)
    log.decide("a1", {"race": "1"}, note="half \ud83d, whole \ud83d\ude00")
    assert read_codings(tmp_path)["note"].tolist() == ["half \ufffd, whole 😀"]
    assert coding_problems(tmp_path).empty


def test_invented_codings_say_so(tmp_path: Path) -> None:
    log = open_log(tmp_path, "Ann", BOOK)
    log.decide("a1", {"race": "1"})
    assert "invented" not in read_codings(tmp_path).attrs
    log.decide("a2", {"race": "1"}, invented=True)
    assert read_codings(tmp_path).attrs["invented"] is True
    assert isinstance(read_codings(tmp_path), pd.DataFrame)


def test_no_new_file_takes_the_place_of_one_that_vanished(tmp_path: Path) -> None:
    log = open_log(tmp_path, "Ann", BOOK)
    log.decide("a1", {"race": "1"})
    log.path.rename(tmp_path / "elsewhere")
    with pytest.raises(CodingError, match="the file is gone"):
        log.decide("a2", {"race": "1"})
    assert not log.path.exists()
    (tmp_path / "elsewhere").rename(log.path)
    log.decide("a2", {"race": "1"})
    assert {unit for unit, _, _ in values(tmp_path)} == {"a1", "a2"}


def test_two_entries_of_one_number_are_told(tmp_path: Path) -> None:
    log = open_log(tmp_path, "Ann", BOOK)
    log.decide("a1", {"race": "1"})
    log.decide("a2", {"race": "1"})
    raw = log.path.read_bytes()
    log.path.write_bytes(raw + raw)
    assert coding_problems(tmp_path).empty, "a copy of the same is no contradiction"
    log.path.write_bytes(raw.replace(b'"number": 2', b'"number": 1'))
    found = coding_problems(tmp_path)
    assert found["check"].tolist() == ["number"]
    assert "on 'a2', number 1" in found["found"].iloc[0]
    assert {unit for unit, _, _ in values(tmp_path)} == {"a1"}
