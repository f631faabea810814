"""Decisions of all coders in a folder as a table of codings, and what is wrong with the files."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from coverage_research.coding_entries import (
    PATTERN,
    CodingError,
    Entry,
    codebook_hash,
    coder_file,
    in_force,
    problem_row,
    read_logs,
)
from coverage_research.codings import CODINGS
from coverage_research.paths import expanded, looked_for
from coverage_research.schema import FLAG, PROBLEMS, conform, from_rows

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from coverage_research.codebook import Codebook

#: What `read_codings` says beside the columns of `CODINGS`.
_MORE: Final = {
    "is_unsure": FLAG,  # the coder could not decide: no value, so not coded
    "is_current": FLAG,  # made by the same version and wording of the codebook
}


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
    >>> read_codings("/nowhere")
    Traceback (most recent call last):
    coverage_research.coding_entries.CodingError: /nowhere: no such folder
    """
    folder = expanded(folder)
    logs = _checked_logs(folder)
    decisions = [
        entry
        for entries in _by_coder(logs).values()
        for entry in {entry.unit: entry for entry in in_force(entries)}.values()
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
    than the latest, and one per entry whose number another has already.

    Raises
    ------
    CodingError
        If there is no such folder or it holds no decisions' file.
    """
    logs = _checked_logs(expanded(folder))
    rows: list[tuple[Any, ...]] = [row for _, _, problems in logs for row in problems]
    files = Counter(coder for _, entries, _ in logs for coder in {entry.coder for entry in entries})
    for coder, count in files.items():
        if count > 1:
            rows.append(
                problem_row(
                    folder,
                    None,
                    "split",
                    message=f"decisions of {coder!r} are in {count} files",
                    expected="one file a coder",
                    found=f"{count} files",
                    hint="delete copies; entries that are in several files count once",
                )
            )
    rows += _two_of_a_number(logs)
    standing = [entry for entries in _by_coder(logs).values() for entry in in_force(entries)]
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
            problem_row(
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


def _two_of_a_number(
    logs: Sequence[tuple[Path, list[Entry], Any]],
) -> list[tuple[Any, ...]]:
    """A row for each entry that has the session and number of another and says something else."""
    rows = []
    known: dict[tuple[str, tuple[str, int]], Entry] = {}
    for path, entries, _ in logs:
        for entry in entries:
            first = known.setdefault((entry.coder, entry.key), entry)
            if first != entry:
                rows.append(
                    problem_row(
                        path.name,
                        None,
                        "number",
                        message=f"two entries of {entry.coder!r} have one number; the first counts",
                        expected="each number of a session once",
                        found=f"{entry.kind} on {entry.unit!r}, number {entry.number}, again",
                        hint="give the later line a number of its own",
                    )
                )
    return rows


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
        raise CodingError(f"{looked_for(folder)}: no such folder")
    logs = read_logs(folder)
    if not logs:
        raise CodingError(f"{folder}: no file {PATTERN}; nobody has coded into it yet")
    return logs
