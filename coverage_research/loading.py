"""Many files to raw Arrow tables: in parallel, through the cache, resumable.

Nothing here knows what a record means; that is `articles` before and `merging` after.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from coverage_research.articles import file_problem, read_bytes, read_rows
from coverage_research.files import File, is_companion
from coverage_research.findings import Problem
from coverage_research.records import IMAGE_COLUMNS, RECORD_COLUMNS, TOPIC_COLUMNS
from coverage_research.schema import ARTICLES, COUNT, FLAG, IMAGES, PROBLEMS, TIME, TOPICS, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from coverage_research.cache import Cache

#: Files that one task of a worker reads.
CHUNK: Final = 250
#: Below this number of files, starting processes costs more than it saves.
PARALLEL_FROM: Final = 1500

_ARROW: Final = {
    TIME: pa.timestamp("us", "UTC"),
    WHOLE: pa.int64(),
    COUNT: pa.int32(),
    FLAG: pa.bool_(),
}


def _schema(names: Iterable[str], kinds: Mapping[str, str]) -> pa.Schema:
    own = {"item": COUNT, "lists": FLAG, "file": COUNT}
    kinds = {**kinds, **own}
    return pa.schema(
        [(name, _ARROW.get(kinds[name], pa.large_string())) for name in (*names, "file")]
    )


#: Raw tables: one row per record, topic, image and problem of each file; `file` counts the files.
RAW: Final[Mapping[str, pa.Schema]] = {
    "records": _schema(RECORD_COLUMNS, ARTICLES.columns),
    "record_topics": _schema(TOPIC_COLUMNS, TOPICS.columns),
    "record_images": _schema(IMAGE_COLUMNS, IMAGES.columns),
    "record_problems": _schema(Problem._fields, PROBLEMS.columns),
}
FILES: Final = pa.schema(
    [
        ("path", pa.large_binary()),
        ("source_path", pa.large_string()),
        ("size", pa.int64()),
        ("modified", pa.int64()),
        ("certain", pa.bool_()),
    ]
)
#: In the cache: also which segment of the raw tables holds a file's rows, and under which number.
_PLACED: Final = FILES.append(pa.field("segment", pa.int32())).append(
    pa.field("number", pa.int32())
)
#: From this number of segments on, all are written as one.
MAX_SEGMENTS: Final = 8
_MANY_RUNS: Final = 4000

Tables = dict[str, pa.Table]


def read_chunk(first: int, files: Sequence[File]) -> Tables:
    """Raw tables of some files, of which the first has the number `first`."""
    # Millions of small objects and no cycles: collecting would cost a quarter of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _read_chunk(first, files)
    finally:
        if collecting:
            gc.enable()


def _read_chunk(first: int, files: Sequence[File]) -> Tables:
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in RAW}
    for number, file in enumerate(files, first):
        try:
            data = read_bytes(file.path)
        except OSError as error:
            rows["record_problems"].append((*file_problem(file.source_path, error), number))
            continue
        if isinstance(data, int):
            rows["record_problems"].append((*file_problem(file.source_path, data), number))
            continue
        found = read_rows(data, file.source_path, certain=file.certain)
        if found is None:
            continue
        rows["records"] += [(*row, number) for row in found.records]
        rows["record_topics"] += [(*row, number) for row in found.topics]
        rows["record_images"] += [(*row, number) for row in found.images]
        rows["record_problems"] += [(*_mild(problem), number) for problem in found.problems]
    return {name: _table(rows[name], RAW[name]) for name in RAW}


def _mild(problem: Problem) -> Problem:
    """A README without front matter is no broken record."""
    if problem.check == "no_front_matter" and is_companion(problem.source_path):
        return problem._replace(
            severity="info", check="not_a_record", hint="nothing to do; it was passed over"
        )
    return problem


def _table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    if not rows:
        return schema.empty_table()
    columns = zip(*rows, strict=True)
    return pa.table(
        [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)],
        schema=schema,
    )


def files_table(files: Sequence[File]) -> pa.Table:
    """The files as a table that tells which of them changed."""
    if not files:
        return FILES.empty_table()
    paths, *others = zip(*files, strict=True)
    columns = [[os.fsencode(path) for path in paths], *others]
    return pa.table(
        [pa.array(column, kind) for column, kind in zip(columns, FILES.types, strict=True)],
        schema=FILES,
    )


def worker_count(asked: int | None, n_files: int) -> int:
    """How many processes read `n_files` files.

    By default one where that is faster, and one where other processes could only be started by
    running the user's script again.
    """
    if asked is not None:
        return max(1, min(asked, -(-n_files // CHUNK)))
    if n_files < PARALLEL_FROM or multiprocessing.parent_process() is not None:
        return 1
    if _context().get_start_method() != "fork" and hasattr(sys.modules["__main__"], "__file__"):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _context() -> Any:
    # fork costs nothing and works in notebooks and plain scripts; macOS and Windows cannot do it
    # safely.
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def read_files(
    files: Sequence[File], numbers: Sequence[int], *, workers: int, progress: bool
) -> Iterator[Tables]:
    """Raw tables of the files with these numbers, chunk by chunk as they are done."""
    from tqdm.auto import tqdm

    chunks = list(_chunks(files, numbers))
    bar = tqdm(total=len(numbers), unit=" files", desc="reading", delay=1, disable=not progress)
    with bar:
        if workers == 1 or len(chunks) == 1:
            for chunk in chunks:
                yield _renumber(read_chunk(0, [files[i] for i in chunk]), chunk)
                bar.update(len(chunk))
            return
        pool = ProcessPoolExecutor(workers, mp_context=_context())
        try:
            with warnings.catch_warnings():
                # Python 3.12 warns of every fork beside threads; the workers take no lock of the
                # parent.
                warnings.simplefilter("ignore", DeprecationWarning)
                tasks = {
                    pool.submit(read_chunk, 0, [files[i] for i in chunk]): chunk for chunk in chunks
                }
            for task in as_completed(tasks):
                chunk = tasks.pop(task)
                yield _renumber(task.result(), chunk)
                bar.update(len(chunk))
                del task
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _chunks(files: Sequence[File], numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """Runs of at most `CHUNK` files and some megabytes."""
    start, size = 0, 0
    for place, number in enumerate(numbers):
        size += files[number].size
        if place - start >= CHUNK or size > 8_000_000:
            if place > start:
                yield numbers[start:place]
            start, size = place, files[number].size
    if start < len(numbers):
        yield numbers[start:]


def _renumber(tables: Tables, numbers: Sequence[int]) -> Tables:
    lookup = pa.array(numbers, pa.int32())
    return {
        name: table.set_column(
            table.schema.get_field_index("file"), "file", lookup.take(table["file"])
        )
        for name, table in tables.items()
    }


# --- with a cache --------------------------------------------------------------------------------
#
# Raw tables are kept in segments: one of the first reading, and one of each later reading, which
# holds only the files that had changed by then. So a change of a few files writes a few rows.


class _Known(NamedTuple):
    """What the cache knows of the files found: for each, its segment and number there, or -1."""

    segment: npt.NDArray[np.int32]
    number: npt.NDArray[np.int32]

    def segments(self) -> list[int]:
        """The segments that hold a file which did not change."""
        return [int(one) for one in np.unique(self.segment[self.segment >= 0])]


def read_raw(
    files: Sequence[File], store: Cache | None, *, workers: int | None, progress: bool
) -> tuple[Tables, int]:
    """Raw tables of all files, of which only those that changed since `store` are read.

    Interrupted, it keeps in `store` what it has read, so that the next call goes on from there.

    Returns
    -------
    tables : dict of str to pyarrow.Table
        By the names of `RAW`.
    n_read : int
        How many files were read.
    """
    known = _known(files, store)
    with ThreadPoolExecutor(1) as aside:
        # The cached tables are loaded, which takes no Python, while what changed is read; but not
        # while processes are forked, which would inherit the locks of that thread.
        loading = aside.submit(_load_segments, store, known)
        if worker_count(workers, int((known.segment < 0).sum())) > 1:
            loading.result()
        fresh = _read_unknown(files, store, known, workers=workers, progress=progress)
        cached = loading.result()
    if cached is None:
        known = _nothing(files)
        cached = []
        fresh = _read_unknown(files, store, known, workers=workers, progress=progress)
    new = _join(fresh)
    numbers = np.flatnonzero(known.segment < 0).tolist()
    if store is not None and (numbers or len(cached) >= MAX_SEGMENTS):
        _store(store, files, known, cached, new, numbers)
    return _join([*cached, new]), len(numbers)


def _read_unknown(
    files: Sequence[File],
    store: Cache | None,
    known: _Known,
    *,
    workers: int | None,
    progress: bool,
) -> list[Tables]:
    """Read the files that the cache does not know; interrupted, store those that are read."""
    numbers = np.flatnonzero(known.segment < 0).tolist()
    count = worker_count(workers, len(numbers))
    fresh: list[Tables] = []
    try:
        # Not extend: what is done when Ctrl-C comes must be in the list.
        for tables in read_files(files, numbers, workers=count, progress=progress):
            fresh.append(tables)  # noqa: PERF402
    except KeyboardInterrupt:
        cached = _load_segments(store, known)
        if store is not None and fresh and cached is not None:
            new = _join(fresh)
            done = np.unique(np.concatenate([new[name]["file"].to_numpy() for name in RAW]))
            _store(store, files, known, cached, new, done.tolist())
        raise
    return fresh


def _join(parts: Sequence[Tables]) -> Tables:
    return {
        name: pa.concat_tables([schema.empty_table(), *(part[name] for part in parts)])
        for name, schema in RAW.items()
    }


def _nothing(files: Sequence[File]) -> _Known:
    nothing = np.full(len(files), -1, dtype=np.int32)
    return _Known(nothing, nothing)


def _known(files: Sequence[File], store: Cache | None) -> _Known:
    """Which files did not change since the cache was made."""
    old = store.load("files") if store is not None else None
    if old is None or not old["files"].schema.equals(_PLACED) or not files:
        return _nothing(files)
    before, now = old["files"].combine_chunks(), files_table(files)
    place = pc.index_in(now["path"].combine_chunks(), before["path"].combine_chunks())
    unchanged = pc.is_valid(place)
    for name in FILES.names:
        same = pc.equal(before[name].take(place), now[name]).combine_chunks()
        unchanged = pc.and_(unchanged, pc.fill_null(same, fill_value=False))
    unchanged = unchanged.to_numpy(zero_copy_only=False)
    rows = pc.fill_null(place, 0).to_numpy()
    return _Known(
        np.where(unchanged, before["segment"].to_numpy()[rows], -1).astype(np.int32),
        np.where(unchanged, before["number"].to_numpy()[rows], -1).astype(np.int32),
    )


def _load_segments(store: Cache | None, known: _Known) -> list[Tables] | None:
    """Raw tables of the files that did not change; None where the cache is damaged."""
    tables: list[Tables] = []
    for one in known.segments():
        part = _segment(store, one) if store is not None else None
        if part is None:
            return None
        mine = np.flatnonzero(known.segment == one)
        highest = max(pc.max(table["file"]).as_py() or 0 for table in part.values())
        lookup = np.full(max(highest, known.number[mine].max()) + 1, -1, dtype=np.int32)
        lookup[known.number[mine]] = mine
        tables.append({name: _select(table, lookup) for name, table in part.items()})
    return tables


def _segment(store: Cache, one: int) -> Tables | None:
    loaded = store.load(*(f"{name}-{one}" for name in RAW))
    part = {name: loaded[f"{name}-{one}"] for name in RAW} if loaded else {}
    whole = part and all(part[name].schema.equals(schema) for name, schema in RAW.items())
    return part if whole else None


def _select(table: pa.Table, lookup: npt.NDArray[np.int32]) -> pa.Table:
    """Rows of files that are still current, under their present numbers."""
    numbers = lookup[table["file"].to_numpy()]
    column = table.schema.get_field_index("file")
    table = table.set_column(column, "file", pa.array(numbers, pa.int32()))
    keep = numbers >= 0
    if keep.all():
        return table
    edges = np.flatnonzero(np.diff(keep, prepend=False, append=False))
    if len(edges) > _MANY_RUNS:
        return table.filter(pa.array(keep))
    # Few files changed, and the rows of a file stand together: the others are not copied.
    runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return pa.concat_tables([table.slice(start, end - start) for start, end in runs])


def _store(  # noqa: PLR0917
    store: Cache,
    files: Sequence[File],
    known: _Known,
    cached: list[Tables],
    new: Tables,
    numbers: Sequence[int],
) -> None:
    """Add a segment of the files with these numbers, or write all as one segment."""
    segment, number = known.segment.copy(), known.number.copy()
    live = {f"-{one}" for one in known.segments()}
    kept = [name for name in store.names() if name[name.find("-") :] in live]
    if len(cached) >= MAX_SEGMENTS:
        new, kept = _join([*cached, new]), []
        numbers = [*np.flatnonzero(segment >= 0).tolist(), *numbers]
    own = 1 + max((int(name.rsplit("-", 1)[1]) for name in kept), default=-1)
    segment[numbers], number[numbers] = own, numbers
    placed = np.flatnonzero(segment >= 0)
    table = files_table([files[i] for i in placed.tolist()])
    table = table.append_column(_PLACED.field("segment"), pa.array(segment[placed]))
    table = table.append_column(_PLACED.field("number"), pa.array(number[placed]))
    store.store(
        {"files": table, **{f"{name}-{own}": part for name, part in new.items()}}, keep=kept
    )


def is_current(store: Cache, files: Sequence[File]) -> bool:
    """Whether the cache was made of exactly these files."""
    old = store.load("files")
    return (
        old is not None
        and old["files"].schema.equals(_PLACED)
        and old["files"].select(FILES.names).equals(files_table(files))
    )
