from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from coverage_research import read_corpus, write_csv, write_tables
from coverage_research.exports import csv_bytes, neutral
from coverage_research.schema import CORPUS_TABLES, check_table


def cells(table: pd.DataFrame) -> list[list[str]]:
    return list(csv.reader(io.StringIO(csv_bytes(table).decode("utf-8"))))


def test_formulas_are_neutralised_and_nothing_else_changes() -> None:
    hostile = [
        "=cmd|'/c calc'!A1",
        "+1",
        "-1+2",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "Chips = more\r=1",
        "'quoted",
        "",
        "a-b",
    ]
    table = pd.DataFrame({"title": hostile, "n": range(-5, 5)})
    rows = cells(table)[1:]
    assert [row[0] for row in rows[:6]] == ["'" + text.replace("\r", "\n") for text in hostile[:6]]
    assert [row[0] for row in rows[6:]] == [text.replace("\r", "\n") for text in hostile[6:]]
    assert [int(row[1]) for row in rows] == list(range(-5, 5))
    assert table["title"].tolist() == hostile


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=10), min_size=1))
def test_no_cell_starts_like_a_formula(texts: list[str]) -> None:
    for text in neutral(pd.DataFrame({"t": pd.array(texts, dtype="str")}))["t"]:
        assert not text.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_times_missing_values_and_lines() -> None:
    table = pd.DataFrame(
        {
            "at": pd.to_datetime(["2024-03-05T10:00:00Z", None]),
            "title": pd.array(["two\nlines", None], dtype="str"),
            "n": pd.array([1, None], dtype="Int64"),
        }
    )
    assert csv_bytes(table) == b'at,title,n\n2024-03-05T10:00:00Z,"two\nlines",1\n,,\n'


def test_invented_data_say_so_in_every_file(tmp_path: Path) -> None:
    table = pd.DataFrame({"n": [1, 2]})
    table.attrs["invented"] = True
    assert write_csv(table, tmp_path / "a.csv").read_text() == "invented,n\nTrue,1\nTrue,2\n"
    write_tables({"a": table}, tmp_path)
    assert pd.read_parquet(tmp_path / "a.parquet")["invented"].all()
    assert list(table.columns) == ["n"]


def test_parquet_keeps_the_dtypes(tmp_path: Path) -> None:
    record = tmp_path / "in" / "a.md"
    record.parent.mkdir()
    record.write_text(
        "---\ntitle: x\nwebUrl: https://www.wsj.com/1\nquality: 5\npublishedDateTime: 2024-01-01\n---\n"
    )
    corpus = read_corpus(record, cache=False)
    written = write_tables(corpus.tables(), tmp_path / "out")
    assert sorted(path.name for path in written) == sorted(
        f"{name}.{ending}" for name in CORPUS_TABLES for ending in ("csv", "parquet")
    )
    for name, table in CORPUS_TABLES.items():
        check_table(pd.read_parquet(tmp_path / "out" / f"{name}.parquet"), table)
