"""Decisions of coders in files: one a coder, to which lines are added and of which none is changed.

A line is one decision on one unit, whole: it is on the disk before the call returns, and whatever
ends the program afterwards, it can be read. Taking a decision back is one more line.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import unicodedata
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from coverage_research.codebook import Codebook, as_codebook
from coverage_research.reliability import CODINGS
from coverage_research.schema import FLAG, PROBLEMS, ChoiceError, CoverageError, conform, from_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

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
#: What `read_codings` says beside the columns of `CODINGS`.
_MORE: Final = {
    "is_unsure": FLAG,  # the coder could not decide: no value, so not coded
    "is_current": FLAG,  # made by the same version and wording of the codebook
}


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


# Writing ------------------------------------------------------------------------------------------


class CodingLog:
    """The decisions of one coder, as they are on the disk; made by `open_log`.

    Several sessions of a coder may have a log open: each adds whole lines at the end, under a lock
    where the system has one, and sees those of the others before it adds its own.

    Attributes
    ----------
    path : Path
        The file.
    coder : str
        Whose decisions they are.
    session : str
        Name of this session, in each line that it adds.
    """

    def __init__(self, path: Path, coder: str, codebook: Codebook) -> None:
        self.path = path
        self.coder = coder
        self.session = uuid.uuid4().hex[:12]
        self._book = codebook
        self._hash = codebook_hash(codebook)
        self._entries: list[Entry] = []
        self._size = 0
        self._number = 0

    def catch_up(self) -> list[Entry]:
        """Entries that other sessions have added since this one last looked."""
        if not self.path.exists():
            return []
        try:
            with self.path.open("rb") as stream:
                return self._read_new(stream)
        except OSError as error:
            raise CodingError(f"{self.path}: cannot be read ({error.strerror or error})") from error

    def decisions(self) -> dict[str, Entry]:
        """The decision that stands for each unit, in the order in which they were made."""
        standing: dict[str, Entry] = {}
        for entry in _standing(self._entries):
            standing.pop(entry.unit, None)
            standing[entry.unit] = entry
        return standing

    def skipped(self) -> set[str]:
        """Units that were put off and not decided on since."""
        return {entry.unit for entry in self._entries if entry.kind == "skip"} - set(
            self.decisions()
        )

    def is_current(self, entry: Entry) -> bool:
        """Whether a decision was made by the codebook as it is now."""
        return entry.codebook_hash == self._hash

    def decide(
        self,
        unit: str,
        codes: Mapping[str, str],
        *,
        is_unsure: bool = False,
        note: str = "",
        shown: Sequence[str] = (),
        blind: bool = False,
        invented: bool = False,
        replaces: Entry | None = None,
    ) -> Entry:
        """Add the decision on a unit: the value of each variable.

        Parameters
        ----------
        unit : str
            What was coded, an article_id.
        codes : mapping of str to str
            Value of each variable.
        is_unsure : bool
            Whether the coder could not decide; the codes are kept, and count as missing.
        note : str
            What the coder remarks.
        shown : sequence of str
            Fields of the article that the coder saw.
        blind : bool
            Whether outlet and date were hidden.
        invented : bool
            Whether the article is invented.
        replaces : Entry, optional
            The decision on the unit that the coder has seen; none by default.

        Raises
        ------
        ChangedError
            If another decision than `replaces` stands, for instance one of another session.
        CodingError
            If the line cannot be written; what is in the file stays as it is.
        """
        return self._add(
            "decision",
            unit,
            replaces,
            codes=dict(codes),
            is_unsure=is_unsure,
            # Half of a pair of surrogates, which nothing could read again, gives way to a mark.
            note=note.encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
            shown=tuple(shown),
            blind=blind,
            invented=invented,
            codebook=self._book.name,
            codebook_version=self._book.version,
            codebook_hash=self._hash,
        )

    def skip(self, unit: str) -> Entry:
        """Note that a unit was put off."""
        return self._add("skip", unit)

    def undo(self, units: Sequence[str] | None = None) -> Entry | None:
        """Take back the last decision that stands, among `units` if they are given.

        An earlier decision on the same unit stands again.

        Returns
        -------
        Entry or None
            The decision that was taken back; None if there is none.
        """
        self.catch_up()
        among = None if units is None else set(units)
        last = [e for e in _standing(self._entries) if among is None or e.unit in among][-1:]
        if not last:
            return None
        self._add("undo", last[0].unit, of=last[0].key)
        return last[0]

    def _add(self, kind: str, unit: str, replaces: Entry | None = None, **more: Any) -> Entry:
        # Counted first: a line of which the disk says that it failed may be there all the same.
        self._number += 1
        entry = Entry(kind, self.session, self._number, datetime.now(UTC), self.coder, unit, **more)
        line = _as_line(entry)
        try:
            descriptor = os.open(
                self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666
            )
            with os.fdopen(descriptor, "r+b", buffering=0) as stream, _locked(descriptor):
                self._read_new(stream)
                if kind == "decision":
                    self._refuse_changed(unit, replaces)
                # The end of a line that was cut off stays alone with what there is of it.
                whole = stream.seek(0, os.SEEK_END) == 0 or _last_byte(stream) == b"\n"
                _write_all(descriptor, line if whole else b"\n" + line)
                os.fsync(descriptor)
                self._size = stream.seek(0, os.SEEK_END)
            if self._number == 1:
                _sync_folder(self.path.parent)
        except OSError as error:
            raise CodingError(
                f"{self.path}: not saved ({error.strerror or error}). Make room or get leave to "
                "write there, then save again."
            ) from error
        self._entries.append(entry)
        return entry

    def _refuse_changed(self, unit: str, replaces: Entry | None) -> None:
        stands = self.decisions().get(unit)
        if (stands and stands.key) != (replaces and replaces.key):
            when = f" at {stands.at:%H:%M:%S} UTC" if stands else ""
            raise ChangedError(
                f"another session of {self.coder} has decided on this unit{when}; look at it and "
                "save again to replace it"
            )

    def _read_new(self, stream: Any) -> list[Entry]:
        """Read what lies behind the last place looked at, up to the end of a line."""
        if stream.seek(0, os.SEEK_END) < self._size:
            raise CodingError(
                f"{self.path}: is shorter than it was when this session began, so decisions are "
                "gone from it. Put the file back, then call hand_code again."
            )
        stream.seek(self._size)
        raw = stream.read()
        end = raw.rfind(b"\n") + 1
        # A line without its end is being written, or was cut off; if all of it is there, it counts.
        tail, _ = _parsed(raw[end:], self.path.name)
        raw = raw if tail else raw[:end]
        self._size += len(raw)
        found, _ = _parsed(raw, self.path.name)
        strange = {entry.coder for entry in found} - {self.coder}
        if strange:
            raise CodingError(
                f"{self.path}: holds decisions of {', '.join(map(repr, sorted(strange)))} too. "
                f"Found {self.coder!r}, which is too like it: use a different name."
            )
        self._entries += found
        return [entry for entry in found if entry.session != self.session]


def open_log(
    folder: str | os.PathLike[str], coder: str, codebook: Codebook, *, multiple: bool = True
) -> CodingLog:
    """Open the decisions of a coder to add to them; the file appears with the first decision.

    Parameters
    ----------
    folder : path
        Where the files of all coders lie; made if it is not there.
    coder : str
        Name of the coder.
    codebook : Codebook
        By which the coder decides.
    multiple : bool
        Whether a unit can carry several frames.

    Returns
    -------
    CodingLog

    Raises
    ------
    CodingError
        If the file belongs to a coder of another name, or the folder holds decisions by another
        codebook or by the same one coded in another way (one frame a unit against several).
    ChoiceError
        If the name cannot be used.

    Examples
    --------
    >>> import tempfile
    >>> from coverage_research.codebook import load_codebook
    >>> book = load_codebook("ai_hardware")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     log = open_log(folder, "Ann", book)
    ...     entry = log.decide("a1", {"race": "1", "market": "0"})
    ...     read_codings(folder)[["unit_id", "variable", "value"]].values.tolist()
    [['a1', 'market', '0'], ['a1', 'race', '1']]
    """
    name = clean_name(coder)
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise CodingError(f"{folder}: expected a folder; found a file")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CodingError(f"{folder}: cannot be made ({error.strerror or error})") from error
    log = CodingLog(folder / coder_file(name), name, codebook)
    for path, entries, _ in _logs(folder):
        owners = {entry.coder for entry in entries}
        if path == log.path and owners - {name}:
            raise CodingError(
                f"{path}: belongs to the coder {', '.join(map(repr, sorted(owners)))}; found "
                f"{name!r}, which is too like it. Use the same name, or a different one."
            )
        books = {entry.codebook for entry in entries if entry.kind == "decision"}
        if books - {codebook.name}:
            raise CodingError(
                f"{path}: holds decisions by {', '.join(map(repr, sorted(books)))}; found "
                f"{codebook.name!r}. Use one folder for each codebook."
            )
        if any(_is_single(entry) == multiple for entry in entries if entry.kind == "decision"):
            ways = ("one frame a unit", "several frames a unit")
            raise CodingError(
                f"{path}: holds decisions with {ways[not multiple]}; found {ways[multiple]}. Use "
                "another folder, or code in the same way."
            )
    log.catch_up()
    return log


def _is_single(entry: Entry) -> bool:
    """Whether a decision names the one frame of its unit."""
    return set(entry.codes) == {VARIABLE} and entry.codes[VARIABLE] not in ("0", "1")


def _as_line(entry: Entry) -> bytes:
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


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of the bytes: the system may take fewer at a time."""
    while data:
        data = data[os.write(descriptor, data) :]


def _last_byte(stream: Any) -> bytes:
    stream.seek(-1, os.SEEK_END)
    last: bytes = stream.read(1)
    return last


@contextlib.contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    """Hold the file against other sessions, where the system and its disk can."""
    try:
        import fcntl
    except ImportError:  # Windows: a line is added in one go all the same
        yield
        return
    held = False
    # Some network disks have no locks.
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        held = True
    try:
        yield
    finally:
        if held:
            fcntl.flock(descriptor, fcntl.LOCK_UN)


def _sync_folder(folder: Path) -> None:
    """Have the name of a new file on the disk too, where the system lets a folder be opened."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# Reading ------------------------------------------------------------------------------------------


def read_codings(
    folder: str | os.PathLike[str], *, codebook: Codebook | str | Path | None = None
) -> pd.DataFrame:
    """Read the decisions of all coders in a folder: the latest on each unit, none taken back.

    Parameters
    ----------
    folder : path
        Where `hand_code` put them.
    codebook : Codebook, str or Path, optional
        By which `is_current` is judged; otherwise the one of the latest decision in the folder.

    Returns
    -------
    DataFrame, one row per unit, coder and variable: the columns of a table of codings (unit_id,
    coder, variable, value, coded_at, note, codebook, codebook_version), then is_unsure (the coder
    could not decide; value is missing, so the unit counts as not coded) and is_current (made by the
    same version and wording of the codebook). Where units can carry several frames, each frame is a
    variable with the values 1 and 0; otherwise the variable is `frame`, its values ids of frames or
    `none`. `coding_problems` has what could not be read.

    Raises
    ------
    CodingError
        If there is no such folder, it holds no decisions' file, or it mixes codebooks.

    Examples
    --------
    >>> read_codings("nowhere")
    Traceback (most recent call last):
    coverage_research.coding_files.CodingError: nowhere: no such folder
    """
    folder = Path(folder)
    logs = _checked_logs(folder)
    decisions = [
        entry
        for entries in _by_coder(logs).values()
        for entry in {entry.unit: entry for entry in _standing(entries)}.values()
    ]
    books = sorted({entry.codebook for entry in decisions})
    if len(books) > 1:
        raise CodingError(
            f"{folder}: expected decisions by one codebook; found {', '.join(books)}. Put the "
            "files of each into a folder of its own."
        )
    if codebook is not None:
        current = codebook_hash(codebook)
    else:
        current = max(decisions, key=lambda entry: entry.at).codebook_hash if decisions else ""
    rows = [
        (
            entry.unit,
            entry.coder,
            variable,
            None if entry.is_unsure else value,
            entry.at,
            entry.note or None,
            entry.codebook,
            entry.codebook_version,
            entry.is_unsure,
            entry.codebook_hash == current,
        )
        for entry in decisions
        for variable, value in entry.codes.items()
    ]
    table = from_rows(rows, {**CODINGS, **_MORE})
    table = table.sort_values(["unit_id", "coder", "variable"], ignore_index=True)
    table = conform(table, {**CODINGS, **_MORE})
    if any(entry.invented for entry in decisions):
        table.attrs["invented"] = True
    return table


def coding_problems(folder: str | os.PathLike[str]) -> pd.DataFrame:
    """What is wrong with the files of decisions in a folder.

    Parameters
    ----------
    folder : path
        Where `hand_code` put them.

    Returns
    -------
    DataFrame with the columns of a corpus's problems, one row per line that could not be read (one
    that was cut off when the program was killed, or that was changed by hand), per coder whose
    decisions are in several files, and per coder with decisions by another version of the codebook
    than the latest.

    Raises
    ------
    CodingError
        If there is no such folder or it holds no decisions' file.
    """
    logs = _checked_logs(Path(folder))
    rows: list[tuple[Any, ...]] = [row for _, _, problems in logs for row in problems]
    files = Counter(coder for _, entries, _ in logs for coder in {entry.coder for entry in entries})
    for coder, count in files.items():
        if count > 1:
            rows.append(
                _problem(
                    folder,
                    None,
                    "split",
                    message=f"decisions of {coder!r} are in {count} files",
                    expected="one file a coder",
                    found=f"{count} files",
                    hint="delete copies; entries that are in several files count once",
                )
            )
    standing = [entry for entries in _by_coder(logs).values() for entry in _standing(entries)]
    if not standing:
        return from_rows(rows, PROBLEMS.columns)
    latest = max(standing, key=lambda entry: entry.at)
    other = Counter(
        (entry.coder, entry.codebook, entry.codebook_version)
        for entry in standing
        if entry.codebook_hash != latest.codebook_hash
    )
    for (coder, book, version), count in sorted(other.items()):
        rows.append(
            _problem(
                coder_file(coder),
                None,
                "codebook",
                message=f"{count} decisions of {coder!r} were made by another codebook",
                expected=f"{latest.codebook} {latest.codebook_version}, as the latest decision",
                found=f"{book} {version}",
                hint="show them again with hand_code, or leave out rows where is_current is False",
            )
        )
    return from_rows(rows, PROBLEMS.columns)


def _standing(entries: Sequence[Entry]) -> list[Entry]:
    """Decisions that were not taken back, in order."""
    gone = {entry.of for entry in entries if entry.kind == "undo"}
    return [entry for entry in entries if entry.kind == "decision" and entry.key not in gone]


def _by_coder(logs: Sequence[tuple[Path, list[Entry], Any]]) -> dict[str, list[Entry]]:
    """Entries of each coder, each once, in the order in which they were made."""
    found: dict[str, dict[tuple[str, int], Entry]] = {}
    split = Counter(coder for _, entries, _ in logs for coder in {entry.coder for entry in entries})
    for _, entries, _ in logs:
        for entry in entries:
            found.setdefault(entry.coder, {}).setdefault(entry.key, entry)
    return {
        # In a file its order holds, since clocks are set back; between files there is only time.
        coder: sorted(own.values(), key=lambda entry: entry.at)
        if split[coder] > 1
        else list(own.values())
        for coder, own in found.items()
    }


def _checked_logs(folder: Path) -> list[tuple[Path, list[Entry], list[tuple[Any, ...]]]]:
    if not folder.is_dir():
        raise CodingError(f"{folder}: no such folder")
    logs = _logs(folder)
    if not logs:
        raise CodingError(f"{folder}: no file {_PREFIX}*{_ENDING}; nobody has coded into it yet")
    return logs


def _logs(folder: Path) -> list[tuple[Path, list[Entry], list[tuple[Any, ...]]]]:
    """Path, entries and problems of each file of decisions in a folder."""
    found = []
    for path in sorted(folder.glob(f"{_PREFIX}*{_ENDING}")):
        if not path.is_file():
            continue
        if path.stat().st_size > _MAX_FILE:
            raise CodingError(f"{path}: larger than {_MAX_FILE:,} bytes, so no file of decisions")
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise CodingError(f"{path}: cannot be read ({error.strerror or error})") from error
        found.append((path, *_parsed(raw, path.name)))
    return found


def _parsed(raw: bytes, name: str) -> tuple[list[Entry], list[tuple[Any, ...]]]:
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
                _problem(
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


def _problem(
    place: object,
    line: int | None,
    check: str,
    *,
    message: str,
    expected: str,
    found: str,
    hint: str,
) -> tuple[Any, ...]:
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
