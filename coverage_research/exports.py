"""Tables to files: CSV that a spreadsheet cannot run, and Parquet."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_research.paths import expanded
from coverage_research.schema import is_invented
from coverage_research.writing import write_bytes

if TYPE_CHECKING:
    import os
    from pathlib import Path

#: A cell that starts so is run as a formula by spreadsheets, whoever wrote the headline.
_FORMULA: Final = r"^(?=[=+\-@\t\r\n])"


def neutral(table: pd.DataFrame) -> pd.DataFrame:
    """A copy in which no text starts like a formula: an apostrophe is set before it.

    Spreadsheets show such a cell as the text that it is, without the apostrophe.

    Examples
    --------
    >>> neutral(pd.DataFrame({"title": ["=1+1", "Chips"]}))["title"].tolist()
    ["'=1+1", 'Chips']
    """
    texts = [
        name
        for name in table.columns
        if pd.api.types.is_string_dtype(table[name].dtype) or table[name].dtype == object
    ]
    # A bare carriage return is a line's end to a spreadsheet, but is not quoted as one.
    safe = {
        name: table[name]
        .astype("str")
        .str.replace(r"\r\n?", "\n", regex=True)
        .str.replace(_FORMULA, "'", regex=True)
        for name in texts
    }
    return table.assign(**safe)


def _marked(table: pd.DataFrame) -> pd.DataFrame:
    """With a first column that says so where the table speaks of invented outlets."""
    if not is_invented(table) or "invented" in table.columns:
        return table
    marked = table.copy()
    marked.insert(0, "invented", True)
    return marked


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as CSV: UTF-8, LF, times in ISO 8601, missing as empty, formulas neutralised."""
    text = neutral(_marked(table)).to_csv(
        index=False, lineterminator="\n", date_format="%Y-%m-%dT%H:%M:%SZ"
    )
    return text.encode("utf-8", "replace")


def write_csv(table: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Write a table as CSV; see `csv_bytes`. The file appears whole or not at all.

    Returns
    -------
    pathlib.Path
        The file.
    """
    return write_bytes(path, csv_bytes(table))


def write_parquet(table: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Write a table as Parquet, with its dtypes. The file appears whole or not at all.

    Returns
    -------
    pathlib.Path
        The file.
    """
    buffer = io.BytesIO()
    marked = _marked(table)
    marked.attrs = {}
    marked.to_parquet(buffer, index=False)
    return write_bytes(path, buffer.getvalue())


def write_tables(tables: dict[str, pd.DataFrame], to: str | os.PathLike[str]) -> list[Path]:
    """Write each table as `<name>.csv` and `<name>.parquet` into a folder.

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    folder = expanded(to)
    written = []
    for name, table in tables.items():
        written += [
            write_csv(table, folder / f"{name}.csv"),
            write_parquet(table, folder / f"{name}.parquet"),
        ]
    return written
