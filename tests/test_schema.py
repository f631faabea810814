from __future__ import annotations

import pandas as pd
import pytest

from coverage_research.schema import (
    CORPUS_TABLES,
    ESTIMATE,
    SPAN,
    TOPICS,
    SchemaError,
    carry,
    check_table,
    conform,
    empty,
    from_rows,
    is_invented,
    require_columns,
)


def test_every_table_is_described() -> None:
    for table in CORPUS_TABLES.values():
        assert set(table.about) == set(table.columns)
        assert all(table.about.values())
        assert set(table.unique) <= set(table.columns)
        check_table(empty(table.columns), table)


def test_conform_gives_columns_order_and_dtypes_and_loses_none() -> None:
    rows = pd.DataFrame({"more": [1], "position": [0.0], "article_id": ["a"]})
    rows.attrs["invented"] = True
    table = conform(rows, TOPICS.columns)
    assert list(table.columns) == ["article_id", "topic", "position", "more"]
    assert check_table(table, TOPICS)["topic"].isna().all()
    assert table.attrs["invented"]
    assert rows.columns.tolist() == ["more", "position", "article_id"]
    with pytest.raises(SchemaError, match="missing position"):
        conform(rows.drop(columns="position"), TOPICS.columns)


def test_rows_become_a_table() -> None:
    table = from_rows([("a", "AI", 0)], TOPICS.columns)
    check_table(table, TOPICS)
    assert from_rows([], ESTIMATE).dtypes.equals(empty(ESTIMATE).dtypes)
    assert from_rows([{"article_id": "a", "topic": "AI", "position": 0}], TOPICS.columns).equals(
        table
    )


def test_absent_columns_become_missing_but_counts_must_be_there() -> None:
    table = conform(pd.DataFrame({"n": [1], "n_stories": [1]}), ESTIMATE)
    assert table[["estimate", "low", "high", "reason"]].isna().all(axis=None)
    assert table.dtypes.equals(empty(ESTIMATE).dtypes)
    with pytest.raises(SchemaError, match="missing n_stories"):
        conform(pd.DataFrame({"n": [1]}), ESTIMATE)


def test_missing_columns_are_named_all_at_once() -> None:
    with pytest.raises(
        SchemaError,
        match="matches: expected the columns .* missing field, start, end, match; found article_id",
    ):
        require_columns(pd.DataFrame({"article_id": []}), SPAN, "matches")


def test_a_wrong_table_is_told_apart_all_at_once() -> None:
    table = from_rows([("a", "AI", 0), ("a", "AI", 1)], TOPICS.columns).astype(
        {"position": "float64"}
    )
    with pytest.raises(SchemaError) as error:
        check_table(table, TOPICS)
    assert "column 'position': expected int64, found float64" in str(error.value)
    assert "2 rows repeat article_id/topic: a/AI" in str(error.value)


def test_invented_data_are_known_by_their_outlets_or_their_origin() -> None:
    real = pd.DataFrame({"outlet": ["wsj.com", None]})
    invented = pd.DataFrame({"outlet": ["wsj.com", "halden.example"]})
    assert not is_invented(real)
    assert is_invented(invented)
    assert not is_invented(pd.DataFrame({"n": [1]}))
    total = carry(pd.DataFrame({"n": [1]}), real, invented)
    assert is_invented(total)
    assert not is_invented(carry(pd.DataFrame({"n": [1]}), real))
