"""Decisions of coders as lines of files: what a line is, how it is written and read again.

A line is one decision on one unit, whole. Taking a decision back is one more line.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from coverage_research.codebook import Codebook, as_codebook
from coverage_research.schema import ChoiceError, CoverageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

#: Name of the variable where a unit carries one frame.
VARIABLE: Final = "frame"
_FORMAT: Final = 1
_KINDS: Final = ("decision", "undo", "skip")
#: What a decision holds besides who decided on what and when.
_DECIDED: Final = (
    "codes",
    "is_unsure",
    "note",
    "shown",
    "codebook",
    "codebook_version",
    "codebook_hash",
    "blind",
    "invented",
)
#: Bytes of a line and of a file beyond which it is none of ours.
_MAX_LINE: Final = 1_000_000
_MAX_FILE: Final = 256_000_000
#: What goes wrong with a line that is no entry.
_UNREADABLE: Final = (ValueError, TypeError, KeyError, RecursionError, OverflowError)
_PREFIX: Final = "coder-"
_ENDING: Final = ".jsonl"
#: Names of files of decisions.
PATTERN: Final = f"{_PREFIX}*{_ENDING}"


class CodingError(CoverageError, ValueError):
    """Decisions cannot be kept or read as they should; the message says why and what to do."""


class ChangedError(CodingError):
    """Another session of the same coder has decided on the unit meanwhile; nothing was written."""


@dataclass(frozen=True)
class Entry:
    """One line of a log: a decision, the mark of a unit put off, or a decision taken back."""

    kind: str
    session: str
    number: int
    at: datetime
    coder: str
    unit: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    is_unsure: bool = False
    note: str = ""
    codebook: str = ""
    codebook_version: str = ""
    codebook_hash: str = ""
    shown: Sequence[str] = ()
    blind: bool = False
    invented: bool = False
    of: tuple[str, int] | None = None

    @property
    def key(self) -> tuple[str, int]:
        """What names the entry among all of its coder: session and number."""
        return self.session, self.number


def codebook_hash(codebook: Codebook | str | Path) -> str:
    """16 hexadecimal digits of what a coder reads in a codebook: its version and its wording.

    The terms of the dictionary do not count, since nobody codes by them.

    Examples
    --------
    >>> len(codebook_hash("ai_hardware"))
    16
    """
    book = as_codebook(codebook)
    read = [
        [frame.id, frame.label, frame.definition, frame.include, frame.exclude, *frame.examples]
        for frame in book.frames
    ]
    text = json.dumps([book.name, book.version, book.title, read])
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def clean_name(coder: str) -> str:
    """The name of a coder without what cannot be seen: composed, blanks single, no controls.

    Raises
    ------
    ChoiceError
        If nothing is left, or it is longer than 100 characters.

    Examples
    --------
    >>> clean_name("  Ann   Lee ")
    'Ann Lee'
    """
    if not isinstance(coder, str):
        raise ChoiceError(f"coder: expected a name; found {coder!r}")
    text = unicodedata.normalize("NFC", coder)
    seen = "".join(
        " " if mark.isspace() else mark
        for mark in text
        if mark.isspace() or unicodedata.category(mark)[0] != "C"
    )
    name = " ".join(seen.split())
    if not 1 <= len(name) <= 100:
        raise ChoiceError(f"coder: expected a name of 1 to 100 characters; found {coder[:120]!r}")
    return name


def coder_file(coder: str) -> str:
    """Name of the file of a coder: small letters, digits and hyphens, safe on every system.

    Names that differ only by case or by marks between words share a file name, and `open_log`
    refuses the second; where letters are lost otherwise, a hash of the name keeps them apart.

    Examples
    --------
    >>> coder_file("Ann Lee"), coder_file("../Zoe").startswith("coder-zoe-")
    ('coder-ann-lee.jsonl', True)
    """
    name = unicodedata.normalize("NFKC", clean_name(coder)).casefold()
    stem = re.sub(r"[^a-z0-9]+", "-", name).strip("-")
    if not re.fullmatch(r"[a-z0-9]+(?:[ _.'-][a-z0-9]+)*", name) or len(stem) > 40:
        digest = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
        stem = f"{stem[:40].strip('-')}-{digest}".strip("-")
    return f"{_PREFIX}{stem}{_ENDING}"


def as_line(entry: Entry) -> bytes:
    """An entry as one line of ASCII."""
    told: dict[str, Any] = {
        "format": _FORMAT,
        "kind": entry.kind,
        "session": entry.session,
        "number": entry.number,
        "at": entry.at.isoformat(timespec="microseconds"),
        "coder": entry.coder,
        "unit": entry.unit,
    }
    if entry.kind == "decision":
        told |= {
            "codes": dict(entry.codes),
            "is_unsure": entry.is_unsure,
            "note": entry.note,
            "codebook": entry.codebook,
            "codebook_version": entry.codebook_version,
            "codebook_hash": entry.codebook_hash,
            "shown": list(entry.shown),
            "blind": entry.blind,
            "invented": entry.invented,
        }
    if entry.of is not None:
        told["of"] = list(entry.of)
    line = json.dumps(told).encode("ascii") + b"\n"
    if len(line) > _MAX_LINE:
        raise CodingError(
            f"a decision may take {_MAX_LINE:,} bytes; found {len(line):,} (the note)"
        )
    try:
        _entry(line)
    except _UNREADABLE as error:
        raise CodingError(
            f"unit {entry.unit!r}: expected a unit, one or more codes and a codebook, all of them "
            "text that is not empty; what was found could not be read again"
        ) from error
    return line


def in_force(entries: Sequence[Entry]) -> list[Entry]:
    """Decisions that were not taken back, in order."""
    gone = {entry.of for entry in entries if entry.kind == "undo"}
    return [entry for entry in entries if entry.kind == "decision" and entry.key not in gone]


def read_logs(folder: Path) -> list[tuple[Path, list[Entry], list[tuple[Any, ...]]]]:
    """Path, entries and problems of each file of decisions in a folder."""
    found = []
    for path in sorted(folder.glob(PATTERN)):
        if not path.is_file():
            continue
        if path.stat().st_size > _MAX_FILE:
            raise CodingError(f"{path}: larger than {_MAX_FILE:,} bytes, so no file of decisions")
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise CodingError(f"{path}: cannot be read ({error.strerror or error})") from error
        found.append((path, *parse_lines(raw, path.name)))
    return found


def parse_lines(raw: bytes, name: str) -> tuple[list[Entry], list[tuple[Any, ...]]]:
    """Entries and problems of lines; a bad line costs no other."""
    entries: list[Entry] = []
    problems = []
    lines = raw.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entries.append(_entry(line))
        except _UNREADABLE:
            cut = number == len(lines)
            problems.append(
                problem_row(
                    name,
                    number,
                    "cut off" if cut else "unreadable",
                    message="the last line was cut off"
                    if cut
                    else "a line is no decision and is not used",
                    expected="one decision, as JSON",
                    found=line[:60].decode("ascii", "backslashreplace"),
                    hint="code the unit again if it is missing",
                )
            )
    return entries, problems


def problem_row(
    place: object,
    line: int | None,
    check: str,
    *,
    message: str,
    expected: str,
    found: str,
    hint: str,
) -> tuple[Any, ...]:
    """One row of `PROBLEMS` on a line of a file, or on all of it."""
    severity = "warning" if check in ("codebook", "split") else "error"
    return (str(place), "", line, severity, check, message, expected, found, hint)


def _entry(line: bytes) -> Entry:
    """The entry in a line, if it is one throughout."""
    told = json.loads(line)
    _require(len(line) <= _MAX_LINE and isinstance(told, dict))
    # Half of a pair of surrogates can stand in JSON, and in no table.
    json.dumps(told, ensure_ascii=False).encode()
    kind, at = told["kind"], datetime.fromisoformat(told["at"])
    _require(told["format"] == _FORMAT and kind in _KINDS and at.tzinfo is not None)
    _require(_are_texts([told["session"], told["coder"], told["unit"]]))
    _require(told["coder"] == clean_name(told["coder"]) and _is_whole(told["number"]))
    more: dict[str, Any] = {}
    if kind == "undo":
        session, number = told["of"]
        _require(isinstance(session, str) and _is_whole(number))
        more = {"of": (session, number)}
    elif kind == "decision":
        more = {name: told[name] for name in _DECIDED}
        _require(isinstance(more["codes"], dict) and isinstance(more["shown"], list))
        _require(bool(more["codes"]) and isinstance(more["note"], str))
        _require(_are_texts([*more["codes"], *more["codes"].values(), *more["shown"]]))
        _require(_are_texts([more[name] for name in _DECIDED[4:7]]))
        _require(all(isinstance(more[name], bool) for name in ("is_unsure", "blind", "invented")))
    return Entry(
        kind,
        told["session"],
        told["number"],
        at.astimezone(UTC),
        told["coder"],
        told["unit"],
        **more,
    )


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError("not a decision")


def _are_texts(values: Sequence[object]) -> bool:
    return all(isinstance(value, str) and value for value in values)


def _is_whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)
