"""Decisions of one coder on the disk: a file to which lines are added and of which none is changed.

A line is on the disk before the call returns, and whatever ends the program afterwards, it can be
read.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from coverage_research.coding_entries import (
    VARIABLE,
    ChangedError,
    CodingError,
    Entry,
    as_line,
    clean_name,
    codebook_hash,
    coder_file,
    in_force,
    parse_lines,
    read_logs,
)
from coverage_research.paths import expanded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from coverage_research.codebook import Codebook


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
        for entry in in_force(self._entries):
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
        last = [e for e in in_force(self._entries) if among is None or e.unit in among][-1:]
        if not last:
            return None
        self._add("undo", last[0].unit, of=last[0].key)
        return last[0]

    def _add(self, kind: str, unit: str, replaces: Entry | None = None, **more: Any) -> Entry:
        # Counted first: a line of which the disk says that it failed may be there all the same.
        self._number += 1
        entry = Entry(kind, self.session, self._number, datetime.now(UTC), self.coder, unit, **more)
        line = as_line(entry)
        # Where decisions were, a new and empty file would stand in the way of the one that is gone.
        create = 0 if self._size else os.O_CREAT
        try:
            descriptor = os.open(
                self.path, os.O_RDWR | os.O_APPEND | create | getattr(os, "O_BINARY", 0), 0o666
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
        except FileNotFoundError as error:
            raise CodingError(
                f"{self.path}: not saved, the file is gone. Put it back, then save again."
            ) from error
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
        tail, _ = parse_lines(raw[end:], self.path.name)
        raw = raw if tail else raw[:end]
        self._size += len(raw)
        found, _ = parse_lines(raw, self.path.name)
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
    >>> from coverage_research.coding_files import read_codings
    >>> book = load_codebook("ai_hardware")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     log = open_log(folder, "Ann", book)
    ...     entry = log.decide("a1", {"race": "1", "market": "0"})
    ...     read_codings(folder)[["unit_id", "variable", "value"]].values.tolist()
    [['a1', 'market', '0'], ['a1', 'race', '1']]
    """
    name = clean_name(coder)
    folder = expanded(folder)
    if folder.exists() and not folder.is_dir():
        raise CodingError(f"{folder}: expected a folder; found a file")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CodingError(f"{folder}: cannot be made ({error.strerror or error})") from error
    log = CodingLog(folder / coder_file(name), name, codebook)
    for path, entries, _ in read_logs(folder):
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
