"""Parquet copies of what was read, so that a corpus is read once.

A cache may vanish, be damaged or come from another version at any time: `load` then answers None
and the files are read again. Each state is written whole under a new name before a pointer moves to
it, so that two processes or an interrupted one never leave half a state behind.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coverage_research._version import __version__
from coverage_research.paths import expanded
from coverage_research.schema import SCHEMA_VERSION
from coverage_research.writing import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyarrow as pa

#: Set this variable to move the cache, or to keep it off a shared home folder.
CACHE_VARIABLE: Final = "COVERAGE_RESEARCH_CACHE"


def cache_root() -> Path:
    """The folder of all caches: the user's cache folder, or where `CACHE_VARIABLE` points."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return expanded(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("coverage_research", appauthor=False))


#: Columns in which few values recur, which a dictionary makes small.
_FEW_VALUES: Final = (
    "outlet",
    "outlet_name",
    "provider_name",
    "provider_domain",
    "type",
    "category",
    "published_precision",
    "source_path",
    "role",
    "kind",
)


class Cache:
    """The cached tables of one set of paths.

    Parameters
    ----------
    paths : iterable of str
        Absolute paths that were asked for; another set has another cache.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        versions = (
            __version__,
            SCHEMA_VERSION,
            importlib.metadata.version("pyarrow"),
            _outlets_stamp(),
        )
        key = json.dumps([versions, *sorted(paths)])
        digest = hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
        self.folder = cache_root() / digest

    def load(self, *names: str) -> dict[str, pa.Table] | None:
        """The tables of these names, all of one state; None where there is no such state."""
        import pyarrow.parquet as pq

        try:
            state = self._state()
            return {
                name: pq.read_table(
                    state / f"{name}.parquet", memory_map=True, page_checksum_verification=True
                )
                for name in names
            }
        except Exception:  # noqa: BLE001 - whatever is wrong with a cache, the answer is to read again
            return None

    def names(self) -> list[str]:
        """Names of the tables of the current state."""
        try:
            return sorted(path.stem for path in self._state().glob("*.parquet"))
        except (OSError, ValueError):
            return []

    def store(self, tables: Mapping[str, pa.Table], *, keep: Iterable[str] = ()) -> None:
        """Write a new state of these tables; tables to `keep` are taken over from the current one.

        A cache that cannot be written (a full disk, a read-only home) is no reason to fail: nothing
        happens.
        """
        import pyarrow.parquet as pq

        state = self.folder / uuid.uuid4().hex
        try:
            state.mkdir(parents=True)
            for name, table in tables.items():
                pq.write_table(
                    table,
                    state / f"{name}.parquet",
                    compression="lz4",
                    use_dictionary=[name for name in _FEW_VALUES if name in table.column_names],
                    write_statistics=False,
                    row_group_size=65_536,
                    write_page_checksum=True,
                )
            for name in keep:
                _link(self._state() / f"{name}.parquet", state / f"{name}.parquet")
            write_text(self.folder / "current", state.name)
        except (OSError, ValueError):
            shutil.rmtree(state, ignore_errors=True)
            return
        for other in self.folder.iterdir():
            if other.is_dir() and other != state:
                shutil.rmtree(other, ignore_errors=True)

    def _state(self) -> Path:
        name = (self.folder / "current").read_text("ascii")
        if len(name) != 32 or not name.isalnum():
            raise ValueError("damaged pointer")
        return self.folder / name


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # not every file system has links
        shutil.copyfile(source, target)


def _outlets_stamp() -> str:
    path = Path(__file__).with_name("outlets.yaml")
    return hashlib.blake2b(path.read_bytes(), digest_size=8).hexdigest()


def clear_cache() -> Path:
    """Delete every cached corpus and return the folder that held them."""
    root = cache_root()
    shutil.rmtree(root, ignore_errors=True)
    return root
