from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import coverage_research
from coverage_research import cli
from coverage_research.articles import ReadError
from coverage_research.schema import ChoiceError

Write = Callable[..., Path]

RECORD = "title: {title}\nwebUrl: https://a.example/1\nexcerpt: A sentence.\npublishedDateTime: 2024-03-05T10:01:00Z"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_version_and_help() -> None:
    assert run("--version") == (0, f"coverage-research {coverage_research.__version__}\n")
    status, text = run("--help")
    assert status == 0
    assert re.search("(?s)check.*tables.*figures.*dehydrate.*Example:", text)
    for command in ("check", "tables", "figures", "dehydrate"):
        status, text = run(command, "--help")
        assert status == 0
        assert f"Example:  coverage-research {command}" in text


def test_check_tells_what_is_wrong_and_fails_on_errors(write: Write) -> None:
    folder = write(RECORD.format(title="Chips")).parent
    status, text = run("check", str(folder))
    assert status == 0
    assert "Errors and warnings in files (invented demonstration data): none" in text
    assert "(invented demonstration data)" in text
    assert "few_stories" in text
    write(RECORD.format(title="More").replace("/1", "/2") + "\nquality: high", "b.md")
    status, text = run("check", str(folder))
    assert status == 1
    assert (
        "b.md\t\tquality\terror\tquality is not a whole number from 0 to 100 and is not used\thigh (text)"
        in text
    )


def test_check_lists_notes_on_request(write: Write) -> None:
    path = write(RECORD.format(title="Chips") + "\ncolour: red")
    assert "and 1 more that --all lists" in run("check", str(path))[1]
    assert "colour" in run("check", str(path), "--all")[1]


def test_tables(write: Write, tmp_path: Path) -> None:
    path = write(RECORD.format(title="'=1+1'"))
    status, text = run("tables", str(path), "--to", str(tmp_path / "out"))
    assert status == 0
    names = {Path(line).name for line in text.splitlines()}
    assert {"articles.csv", "articles.parquet", "audit.csv", "problems.parquet"} <= names
    assert "'=1+1" in (tmp_path / "out" / "articles.csv").read_text()


def test_figures_of_the_sample_and_of_records(tmp_path: Path) -> None:
    status, text = run("figures", "--to", str(tmp_path / "sample"), "--only", "lags")
    assert status == 0
    assert "lags\tnew" in text
    assert sorted(path.name for path in (tmp_path / "sample").iterdir()) == [
        "lags.csv",
        "lags.json",
        "lags.png",
        "lags.svg",
    ]
    assert json.loads((tmp_path / "sample" / "lags.json").read_text())["articles"] == 12
    assert "lags\tsame" in run("figures", "--to", str(tmp_path / "sample"), "--only", "lags")[1]
    status, text = run("figures", "--demo", "--to", str(tmp_path / "demo"), "--only", "lags")
    assert status == 0
    assert "invented" in text
    assert run("figures", "x", "--demo")[0] == 2


def test_the_names_of_figures_are_checked_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ChoiceError, match=r"no figure word; there are .*did you mean 'words'\?$"):
        run("figures", str(tmp_path / "nowhere"), "--only", "word")
    with pytest.raises(ReadError, match="no such file or folder"):
        run("figures", str(tmp_path / "nowhere"), "--only", "words")


def test_dehydrate(write: Write, tmp_path: Path) -> None:
    path = write(RECORD.format(title="Chips"))
    status, text = run("dehydrate", str(path), "--to", str(tmp_path / "out"))
    assert (status, text.strip()) == (0, str(tmp_path / "out"))
    assert "A sentence" not in "".join(p.read_text() for p in (tmp_path / "out").rglob("*.*"))


def shell(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "coverage_research.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload, no-any-return]


def test_an_error_is_one_sentence_and_no_traceback(tmp_path: Path) -> None:
    done = shell("check", str(tmp_path / "gone"))
    assert done.returncode == 2
    assert done.stderr == f"coverage-research: no such file or folder: {tmp_path / 'gone'}\n"
    done = shell("figures", "--only", "nonsense", "--to", str(tmp_path))
    assert done.returncode == 2
    assert (
        "no figure nonsense; there are frames, frame_matrix, words, labels, tone, sources, reuse"
        in done.stderr
    )
    assert "Traceback" not in done.stderr


def test_hostile_headlines_do_not_reach_the_terminal(write: Write) -> None:
    path = write(
        'title: "[red]x[/red] \\e[31mred\\e]0;owned\\a"\nwebUrl: https://a.example/1\nquality: "\\e[2J"'
    )
    main, child = pty.openpty()
    command = [sys.executable, "-m", "coverage_research.cli", "check", str(path), "--all"]
    with subprocess.Popen(
        command, stdout=child, stderr=child, env={**os.environ, "COLUMNS": "200", "TERM": "dumb"}
    ) as process:
        os.close(child)
        shown = b""
        while True:
            try:
                part = os.read(main, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
    os.close(main)
    assert process.returncode == 1
    assert b"\x1b]0" not in shown
    assert b"\x1b[2J" not in shown
    assert b"\x1b[31m" not in shown
    assert b"[red]" in shown


def test_hostile_headlines_do_not_break_the_lines_of_a_pipe(write: Write) -> None:
    path = write(
        'title: "a\\tb\\nc\\e[31md"\nwebUrl: https://a.example/1\nexcerpt: It breaks off in the'
    )
    lines = run("check", str(path))[1].splitlines()
    (cut,) = [line for line in lines if line.startswith("cut_excerpt")]
    assert cut.count("\t") == 6
    assert "a b c\ufffd[31md" in cut


def test_main_ends_quietly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["coverage-research", "check", "/nowhere/at/all"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("coverage-research: no such file or folder")
