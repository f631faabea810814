"""Which files a path stands for. Files are opened only to see whether front matter opens them."""

from __future__ import annotations

import os
import stat
from collections import Counter
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final, NamedTuple

from coverage_research.articles import file_problem, printable_path
from coverage_research.findings import Finding, Problem
from coverage_research.front_matter import opens_front_matter

if TYPE_CHECKING:
    from collections.abc import Iterable

MARKDOWN: Final = frozenset({".md", ".markdown"})
#: Files that accompany a corpus without being records.
COMPANIONS: Final = frozenset({"readme", "license", "licence", "changelog", "contributing"})


class File(NamedTuple):
    """A file that may hold a record: its place, its name in the tables, what tells of a change.

    `certain` says whether it is meant as a record by its ending or because it was named.
    """

    path: str
    source_path: str
    size: int
    modified: int
    certain: bool


class Listing(NamedTuple):
    """The files found, what was wrong on the way, and how many other files there were by ending."""

    files: list[File]
    problems: list[Problem]
    others: Counter[str]


def list_files(paths: Iterable[Path]) -> Listing:
    """Files below the paths that may hold records, each once, ordered by name.

    Parameters
    ----------
    paths : iterable of pathlib.Path
        Existing files and folders. Folders are searched to any depth; hidden files and folders are
        passed over; links are followed, but no folder is entered twice.
    """
    listing = Listing([], [], Counter())
    entered: set[tuple[int, int]] = set()
    paths = list(paths)
    base = _base(paths)
    for path in paths:
        # Absolute, with no links resolved.
        place = os.path.abspath(path)  # noqa: PTH100
        if path.is_dir():
            _walk(place, base, entered, listing)
        else:
            _add(place, base, listing, named=True)
    unique = {file.path: file for file in listing.files}
    files = sorted(unique.values(), key=lambda file: file.source_path)
    return listing._replace(files=files)


def _base(paths: list[Path]) -> str:
    """The folder to which the names in the tables are relative."""
    folders = [path if path.is_dir() else path.parent for path in paths]
    try:
        return os.path.commonpath([os.path.abspath(folder) for folder in folders])  # noqa: PTH100
    except ValueError:  # on different drives
        return ""


def _name(path: str, base: str) -> str:
    if base and path.startswith(base):
        path = path[len(base) :].lstrip(os.sep)
    name = path if os.sep == "/" else PurePath(path).as_posix()
    return name if name.isascii() else printable_path(name)


def _walk(folder: str, base: str, entered: set[tuple[int, int]], listing: Listing) -> None:
    pending = [folder]
    while pending:
        folder = pending.pop()
        try:
            status = os.stat(folder)  # noqa: PTH116
            mark = (status.st_dev, status.st_ino)
            if mark in entered:
                listing.problems.append(_loop(_name(folder, base)))
                continue
            entered.add(mark)
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if _is_folder(entry):
                        pending.append(entry.path)
                    else:
                        _add(entry.path, base, listing, entry=entry)
        except OSError as error:
            listing.problems.append(file_problem(_name(folder, base), error))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _loop(source_path: str) -> Problem:
    return Finding(
        "link_loop",
        "the link leads to a folder that is already read; it was not followed",
        "each folder once",
        "a link to a folder above or beside it",
        "nothing to do, or remove the link",
        "info",
    ).at(source_path)


def _add(
    path: str,
    base: str,
    listing: Listing,
    *,
    named: bool = False,
    entry: os.DirEntry[str] | None = None,
) -> None:
    source_path = _name(path, base)
    dot = path.rfind(".")
    ending = path[dot:].lower() if dot > path.rfind(os.sep) else ""
    certain = named or ending in MARKDOWN
    try:
        status = entry.stat() if entry is not None else os.stat(path)  # noqa: PTH116
        if not stat.S_ISREG(status.st_mode):
            return
        if not certain:
            listing.others[ending or "no ending"] += 1
            with open(path, "rb") as file:  # noqa: PTH123
                if not opens_front_matter(file.read(64)):
                    return
    except OSError as error:
        if certain:
            listing.problems.append(file_problem(source_path, error))
        return
    listing.files.append(File(path, source_path, status.st_size, status.st_mtime_ns, certain))


def is_companion(source_path: str) -> bool:
    """Whether a file is a README or the like, which a folder of records may hold."""
    return PurePath(source_path).stem.lower() in COMPANIONS
