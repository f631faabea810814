"""Many files to raw Arrow tables: in parallel, through the cache, resumable.

Nothing here knows what a record means; that is `articles` before and `merging` after.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from coverage_research.articles import (
    IMAGE_COLUMNS,
    RECORD_COLUMNS,
    TOPIC_COLUMNS,
    file_problem,
    read_bytes,
    read_rows,
)
from coverage_research.files import File, is_companion
from coverage_research.parsing import Problem
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

Tables = dict[str, pa.Table]


def read_chunk(first: int, files: Sequence[File]) -> Tables:
    """Raw tables of some files, of which the first has the number `first`."""
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
        return max(1, asked)
    if n_files < PARALLEL_FROM or multiprocessing.parent_process() is not None:
        return 1
    if _context().get_start_method() != "fork" and hasattr(sys.modules["__main__"], "__file__"):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _context() -> Any:
    # fork costs nothing and works in notebooks and plain scripts; macOS and Windows cannot do it
    # safely.
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def _start_worker() -> None:
    # A worker builds millions of small objects and no cycles; collecting them costs a quarter of
    # its time.
    gc.disable()
    gc.freeze()


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
        pool = ProcessPoolExecutor(workers, mp_context=_context(), initializer=_start_worker)
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


# --- with a cache
# ------------------------------------------------------------------------------------


def read_raw(
    files: Sequence[File], store: Cache | None, *, workers: int | None, progress: bool
) -> Tables:
    """Raw tables of all files, of which only those that changed since `store` are read.

    Interrupted, it keeps in `store` what it has read, so that the next call goes on from there.
    """
    kept, known = _unchanged(files, store)
    numbers = [number for number in range(len(files)) if not known[number]]
    parts = [kept] if kept else []
    done = known
    try:
        count = worker_count(workers, len(numbers))
        # Not extend: what is done when Ctrl-C comes must be in the list.
        for tables in read_files(files, numbers, workers=count, progress=progress):
            parts.append(tables)  # noqa: PERF402
    except KeyboardInterrupt:
        if store is not None and parts:
            raw = _join(parts)
            for name in raw:
                done[np.unique(raw[name]["file"].to_numpy())] = True
            _store_partial(store, files, raw, done)
        raise
    return _join(parts)


def _join(parts: Sequence[Tables]) -> Tables:
    if not parts:
        return {name: schema.empty_table() for name, schema in RAW.items()}
    return {name: pa.concat_tables([part[name] for part in parts]) for name in RAW}


def _unchanged(files: Sequence[File], store: Cache | None) -> tuple[Tables | None, Any]:
    """Cached raw tables of the files that did not change, and which files those are."""
    known = np.zeros(len(files), dtype=bool)
    old = store.load("files", *RAW) if store is not None else None
    if old is None or any(not old[name].schema.equals(schema) for name, schema in RAW.items()):
        return None, known
    places = {
        row: number
        for number, row in enumerate(
            zip(*(c.to_pylist() for c in old["files"].columns), strict=True)
        )
    }
    new_numbers = np.full(max(1, len(places)), -1, dtype=np.int32)
    for number, file in enumerate(files):
        place = places.get((os.fsencode(file.path), *file[1:]))
        if place is not None:
            new_numbers[place] = number
            known[number] = True
    kept = {}
    for name in RAW:
        table = old[name]
        numbers = new_numbers[table["file"].to_numpy()]
        column = table.schema.get_field_index("file")
        table = table.set_column(column, "file", pa.array(numbers, pa.int32()))
        kept[name] = (
            table if (numbers >= 0).all() else table.filter(pc.greater_equal(table["file"], 0))
        )
    return kept, known


def _store_partial(store: Cache, files: Sequence[File], raw: Tables, done: Any) -> None:
    numbers = np.flatnonzero(done)
    new_numbers = np.full(len(files), -1, dtype=np.int32)
    new_numbers[numbers] = np.arange(len(numbers))
    tables = {
        name: table.set_column(
            table.schema.get_field_index("file"),
            "file",
            pa.array(new_numbers[table["file"].to_numpy()], pa.int32()),
        )
        for name, table in raw.items()
    }
    store.store({"files": files_table([files[i] for i in numbers.tolist()]), **tables})
