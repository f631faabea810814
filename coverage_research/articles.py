"""One file to the record that it holds, checked field by field.

A value that cannot be used is never dropped: it stays, as it was, in the record's `extra`, and a
row of `problems` says which field of which file it was, what was expected, what was found and what
to do.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from coverage_research.findings import Finding, Problem, kind_of, shorten
from coverage_research.front_matter import parse
from coverage_research.paths import expanded, looked_for
from coverage_research.record_fields import RecordFields, shown_value
from coverage_research.records import EPOCH, FIELDS, MICROSECOND, note_unknown_keys, take_record
from coverage_research.schema import CoverageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    import pandas as pd


#: Files larger than this are not opened (bytes).
MAX_FILE: Final = 64_000_000


class ReadError(CoverageError, ValueError):
    """Files could not be read as they should; `problems` holds one row for each reason."""

    def __init__(self, message: str, problems: pd.DataFrame | None = None) -> None:
        super().__init__(message)
        self.problems = problems


class FileRows(NamedTuple):
    """What one file adds to the tables, as plain tuples.

    `records` are rows of `RECORD_COLUMNS`, the time as microseconds since 1970, `item` 0 for the
    lead and then the place in the list; `topics` and `images` are rows of `TOPIC_COLUMNS` and
    `IMAGE_COLUMNS`, which name their record by `item`.
    """

    records: list[tuple[Any, ...]]
    topics: list[tuple[int, str, int]]
    images: list[tuple[Any, ...]]
    problems: list[Problem]


@dataclass(frozen=True)
class Image:
    """An image of an article, or of its outlet."""

    url: str | None = None
    width: int | None = None
    height: int | None = None
    title: str | None = None
    is_cached: bool | None = None
    extra: str | None = None


@dataclass(frozen=True)
class Article:
    """One record: an article as a file describes it, with the coverage that it lists.

    The fields are the columns of the table `articles`; `related` holds records of the same kind.
    """

    title: str | None = None
    excerpt: str | None = None
    body: str | None = None
    published_at: datetime | None = None
    published_precision: str = "unknown"
    url: str | None = None
    original_url: str | None = None
    amp_url: str | None = None
    cdn_amp_url: str | None = None
    provider_name: str | None = None
    provider_domain: str | None = None
    type: str | None = None
    category: str | None = None
    quality: int | None = None
    heat: int | None = None
    is_published: bool | None = None
    featured_content: str | None = None
    topics: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    provider_images: tuple[Image, ...] = ()
    related: tuple[Article, ...] | None = None
    extra: str | None = None
    article_id: str | None = None
    canonical_url: str | None = None
    outlet: str | None = None
    source_path: str | None = None
    problems: tuple[Problem, ...] = ()


def _items(metadata: dict[Any, Any], notes: list[Finding]) -> Iterable[tuple[str, dict[Any, Any]]]:
    """The lead and each related item of a file, with the prefix that names its fields."""
    yield "", metadata
    if "related" not in metadata:
        return
    listed = metadata["related"]
    if not listed:
        shown = "an empty list" if isinstance(listed, list) else kind_of(listed)
        notes.append(
            Finding(
                "no_related",
                "related is there but lists nothing",
                "related coverage, or no such key",
                shown,
                "nothing to do if no other outlet wrote about it",
                "info" if listed is None or isinstance(listed, list) else "error",
                "related",
            )
        )
        return
    for number, item in enumerate(RecordFields(metadata, "", notes).sequence("related")):
        if type(item) is dict:
            yield f"related[{number}].", item
            continue
        notes.append(
            Finding(
                "wrong_type",
                "a related item is not a map and is not used",
                "title:, webUrl: and so on",
                f"{shown_value(item)} ({kind_of(item)})",
                "write its keys below the hyphen, indented",
                field=f"related[{number}]",
            )
        )


def read_rows(data: bytes, source_path: str, *, certain: bool = True) -> FileRows | None:
    """What the bytes of one file add to the tables.

    Parameters
    ----------
    data : bytes
        The file.
    source_path : str
        Its name, for the tables.
    certain : bool
        Whether the file is certainly meant as a record (by its ending, or because it was named).
        One that is not is passed over in silence unless it holds at least a title or an address.

    Returns
    -------
    FileRows or None
        None where the file is not meant as a record.
    """
    metadata, body, notes = parse(data)
    if not certain and not ({"title", "webUrl"} & (metadata or {}).keys()):
        return None
    if metadata is None:
        return FileRows([], [], [], [finding.at(source_path) for finding in notes])
    records: list[tuple[Any, ...]] = []
    topics: list[tuple[int, str, int]] = []
    images: list[tuple[Any, ...]] = []
    seen: dict[str, str] = {}
    text: str | None = body or None
    lists = bool(metadata.get("related"))
    for number, (prefix, item) in enumerate(_items(metadata, notes)):
        row = take_record(item, text, source_path, prefix, number, notes, images, topics)
        text = None
        if row is None:
            continue
        records.append((*row, number, lists))
        if row[0] in seen:
            first = seen[row[0]] or "the lead"
            notes.append(
                Finding(
                    "repeated_article",
                    "the same article stands twice in the file; it counts once",
                    "each address once",
                    shorten(row[7] or row[1]),
                    f"delete this entry or correct its webUrl (first: {first})",
                    "warning",
                    prefix.rstrip("."),
                )
            )
        else:
            seen[row[0]] = prefix.rstrip(".")
    note_unknown_keys(records, notes)
    return FileRows(records, topics, images, [finding.at(source_path) for finding in notes])


def file_problem(source_path: str, error: OSError | int) -> Problem:
    """The row of `problems` for a file that could not be opened or is too large (its size)."""
    if isinstance(error, int):
        finding = Finding(
            "too_large",
            "the file is too large to be a news record and was not opened",
            f"at most {MAX_FILE:,} bytes",
            f"{error:,} bytes",
            "split the file; one file holds one article and its related coverage",
        )
    else:
        finding = Finding(
            "unreadable",
            "the file could not be read",
            "a readable file",
            shorten(error.strerror or type(error).__name__),
            "check that the file is still there and that you may read it",
        )
    return finding.at(source_path)


def read_bytes(path: Path | str) -> bytes | int:
    """Bytes of a file, or its size where it is larger than `MAX_FILE`."""
    with open(path, "rb") as file:  # noqa: PTH123 - half the time of Path.open, and called for each file
        data = file.read(MAX_FILE + 1)
    return data if len(data) <= MAX_FILE else os.stat(path).st_size  # noqa: PTH116


def read_article(path: str | os.PathLike[str]) -> Article:
    """Read one record.

    Parameters
    ----------
    path : path-like
        A Markdown file with YAML front matter.

    Returns
    -------
    Article
        With its related coverage, and with `problems` naming what could not be taken as it was.

    Raises
    ------
    ReadError
        If the file cannot be read or holds no record.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from coverage_research.writing import write_article
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> article = Article(title="Chips", url="https://halden.example/chips")
    >>> path = write_article(article, folder / "a.md")
    >>> read_article(path).outlet
    'halden.example'
    """
    path = expanded(path)
    name = printable_path(path.name)
    try:
        data = read_bytes(path)
    except OSError as error:
        where = looked_for(path) if isinstance(error, FileNotFoundError) else path
        raise ReadError(f"{where}: cannot be read: {error.strerror}") from error
    if isinstance(data, int):
        raise ReadError(f"{path}: {file_problem(name, data).message} ({data:,} bytes)")
    metadata, body, notes = parse(data)
    records: list[Article] = []
    text: str | None = body or None
    for prefix, item in _items(metadata, notes) if metadata is not None else ():
        topics: list[tuple[int, str, int]] = []
        images: list[tuple[Any, ...]] = []
        row = take_record(item, text, name, prefix, 0, notes, images, topics)
        text = None
        if row is not None:
            records.append(_article(row, images, topics))
        elif not prefix:
            break
    problems = tuple(finding.at(name) for finding in notes)
    if not records:
        told = "; ".join(problem.message for problem in problems if problem.severity == "error")
        raise ReadError(f"{path}: no record: {told}")
    listed = None if metadata is None or "related" not in metadata else tuple(records[1:])
    return replace(records[0], related=listed, problems=problems)


def _article(
    row: tuple[Any, ...], images: list[tuple[Any, ...]], topics: list[tuple[int, str, int]]
) -> Article:
    values = dict(zip(FIELDS, row, strict=True))
    stamp = values["published_at"]
    values["published_at"] = None if stamp is None else EPOCH + stamp * MICROSECOND
    own: dict[str, list[Image]] = {"article": [], "provider": []}
    for _, label, _, url, _, *rest in images:
        own[label].append(Image(url, *rest))
    return Article(
        **values,
        topics=tuple(topic for _, topic, _ in topics),
        images=tuple(own["article"]),
        provider_images=tuple(own["provider"]),
    )


def printable_path(path: str) -> str:
    """A file name that may hold bytes that are no text, as text."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")
