"""A folder of records to the tables of a `Corpus`.

Files are read in parallel and cached; then records of the same article, which may be the lead of
one file and related coverage in eleven others, become one row.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from coverage_research.articles import ReadError
from coverage_research.files import MARKDOWN, Listing, list_files
from coverage_research.findings import Finding, Problem
from coverage_research.paths import expanded, looked_for
from coverage_research.schema import CORPUS_TABLES, PROBLEMS, from_rows, is_invented

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from coverage_research.cache import Cache

#: Folder beside dehydrated records that holds what was measured on their texts.
MEASURES_FOLDER = "measures"


@dataclass(frozen=True, eq=False, repr=False)
class Corpus:
    """The tables of a corpus.

    Parameters
    ----------
    articles, coverage, outlets, topics, images, problems : DataFrame
        The tables of `schema.CORPUS_TABLES`.
    measures : mapping of str to DataFrame
        Evidence that was measured on texts which this corpus does not hold; see `dehydrate`.
    n_files : int
        Files that were read as records, with those that turned out to be broken.
    """

    articles: pd.DataFrame
    coverage: pd.DataFrame
    outlets: pd.DataFrame
    topics: pd.DataFrame
    images: pd.DataFrame
    problems: pd.DataFrame
    measures: Mapping[str, pd.DataFrame] = field(default_factory=lambda: MappingProxyType({}))
    n_files: int = 0

    def __post_init__(self) -> None:
        if is_invented(self.articles):
            for table in self.tables().values():
                table.attrs["invented"] = True

    @property
    def invented(self) -> bool:
        """Whether the corpus holds articles of invented outlets (under `.example`)."""
        return is_invented(self.articles)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The six tables by name."""
        return {name: getattr(self, name) for name in CORPUS_TABLES}

    def summary(self) -> pd.DataFrame:
        """One row per fact about the corpus: what a reader asks first.

        Returns
        -------
        DataFrame
            `what`, `value`, both str.
        """
        times = self.articles["published_at"].dropna()
        severity = self.problems["severity"].value_counts()
        # What a file lists is not yet a story: figures go by what the articles say.
        n_lists = self.coverage["story_id"].nunique()
        span = (
            f"{times.min():%Y-%m-%d %H:%M} to {times.max():%Y-%m-%d %H:%M} UTC"
            if len(times)
            else "none"
        )
        facts = {
            "articles": f"{len(self.articles):,}",
            "lists": f"{n_lists:,} {'list' if n_lists == 1 else 'lists'} of coverage",
            "outlets": f"{len(self.outlets):,}",
            "published": span,
            "with excerpt": f"{self.articles['excerpt'].notna().sum():,}",
            "with body": f"{self.articles['body'].notna().sum():,}",
            "problems": ", ".join(
                f"{severity.get(name, 0):,} {label}{'' if severity.get(name, 0) == 1 else 's'}"
                for name, label in (("error", "error"), ("warning", "warning"), ("info", "note"))
            ),
        }
        if self.invented:
            facts["invented"] = "yes: outlets under .example do not exist"
        return pd.DataFrame(facts.items(), columns=["what", "value"]).astype("str")

    def __repr__(self) -> str:
        return "Corpus\n" + "\n".join(
            f"  {what:<13} {value}" for what, value in self.summary().itertuples(index=False)
        )

    def _repr_html_(self) -> str:
        return self.summary().to_html(index=False, header=False, escape=True, border=0)


# --- reading --------------------------------------------------------------------------------------


def read_corpus(
    path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    strict: bool = False,
    cache: bool = True,
    workers: int | None = None,
    progress: bool = True,
) -> Corpus:
    """Read news records into tables.

    Parameters
    ----------
    path : path-like or iterable of path-like
        Files and folders. A folder is searched to any depth for `.md` and `.markdown` files and for
        any other text file that opens with front matter.
    strict : bool
        Raise if any file has a problem of severity `error`, with all of them.
    cache : bool
        Keep a Parquet copy in the user's cache folder and read only files whose size or time of
        modification changed.
    workers : int, optional
        Processes that read; by default as many as there are cores, and one for small corpora.
    progress : bool
        Show a progress bar when reading takes longer than a second.

    Returns
    -------
    Corpus
        Records of the same article are one row; whatever is wrong in a file is a row of `problems`.

    Raises
    ------
    ReadError
        If the path does not exist or holds no record at all, and with `strict` for any error.

    Examples
    --------
    >>> from coverage_research import load_sample, read_corpus
    >>> len(load_sample().articles)
    12
    """
    asked = [path] if isinstance(path, str | os.PathLike) else list(path)
    paths = [expanded(part) for part in asked]
    missing = [part for part in paths if not part.exists() and not part.is_symlink()]
    if missing:
        raise ReadError(f"no such file or folder: {looked_for(*missing)}")
    if not paths:
        raise ReadError("no such file or folder: an empty list was given")
    listing = list_files(paths)
    tables = _read_tables(paths, listing, cache=cache, workers=workers, progress=progress)
    n_files = _count_files(listing, tables)
    measures, problems = _read_measures(paths)
    if listing.problems or problems:
        seen = from_rows([*listing.problems, *problems], PROBLEMS.columns)
        tables["problems"] = pd.concat([seen, tables["problems"]], ignore_index=True)
    corpus = Corpus(**tables, measures=measures, n_files=n_files)
    _check_result(corpus, listing, paths, strict=strict)
    return corpus


def _read_tables(
    paths: list[Path], listing: Listing, *, cache: bool, workers: int | None, progress: bool
) -> dict[str, pd.DataFrame]:
    # pyarrow is imported here, where the first file is read, and not with the package.
    from coverage_research.cache import Cache
    from coverage_research.loading import read_raw
    from coverage_research.merging import arrow_table, merge

    store = Cache(os.path.abspath(path) for path in paths) if cache else None  # noqa: PTH100
    if store is not None:
        warm = _from_cache(store, listing)
        if warm is not None:
            return warm
    raw, n_read = read_raw(listing.files, store, workers=workers, progress=progress)
    tables = merge(raw)
    # After a change of some files the next is likely, so the tables are kept once it did not come.
    if store is not None and n_read in (0, len(listing.files)):
        kept = {name: arrow_table(table) for name, table in tables.items()}
        store.store(kept, keep=[name for name in store.names() if name not in kept])
    return tables


def _from_cache(store: Cache, listing: Listing) -> dict[str, pd.DataFrame] | None:
    from coverage_research.loading import is_current
    from coverage_research.merging import frame

    if not is_current(store, listing.files):
        return None
    loaded = store.load(*CORPUS_TABLES)
    if loaded is None or any(
        loaded[name].column_names != list(table.columns) for name, table in CORPUS_TABLES.items()
    ):
        return None
    return {name: frame(loaded[name], table.columns) for name, table in CORPUS_TABLES.items()}


def _count_files(listing: Listing, tables: Mapping[str, pd.DataFrame]) -> int:
    """Files that were read as records, and those that could not be read."""
    passed_over = tables["problems"]["check"] == "not_a_record"
    unreadable = sum(problem.severity == "error" for problem in listing.problems)
    certain = sum(file.certain for file in listing.files)
    n_files = certain + unreadable - int(passed_over.sum())
    # Of files that may be anything, those that gave a record are known by the tables.
    maybe = {file.source_path for file in listing.files if not file.certain}
    if maybe:
        named = (tables[name]["source_path"] for name in ("articles", "coverage", "problems"))
        n_files += len(maybe.intersection(*[set().union(*(one.dropna() for one in named))]))
    return n_files


def _check_result(corpus: Corpus, listing: Listing, paths: list[Path], *, strict: bool) -> None:
    problems = corpus.problems
    errors = problems[problems["severity"] == "error"]
    where = ", ".join(map(str, paths))
    if strict and len(errors):
        raise ReadError(f"{where}: {describe_problems(errors)}", problems)
    if corpus.articles.empty and errors.empty:
        endings = " and ".join(sorted(MARKDOWN))
        others = ", ".join(f"{n} {ending}" for ending, n in listing.others.most_common(5))
        raise ReadError(
            f"{where}: no news record. Looked for {endings} files with YAML front matter, "
            f"and for any other text file that opens with a line ---, at any depth but in hidden "
            f"folders. Found {others or 'no other file'}.",
            problems,
        )


def describe_problems(problems: pd.DataFrame, *, most: int = 50) -> str:
    """Problems as lines of text, one a problem, for an error's message."""
    lines = [f"{len(problems):,} problem{'s' if len(problems) != 1 else ''}"]
    shown = problems.head(most).astype("object").fillna("")
    for row in shown.to_dict("records"):
        line = f":{row['line']}" if row["line"] != "" else ""
        place = f" {row['field']}:" if row["field"] else ""
        lines.append(
            f"  {row['source_path']}{line}:{place} {row['message']} "
            f"(expected {row['expected']}, found {row['found']}; {row['hint']})"
        )
    if len(problems) > most:
        lines.append(f"  and {len(problems) - most:,} more in the error's `problems`")
    return "\n".join(lines)


def _read_measures(paths: list[Path]) -> tuple[Mapping[str, pd.DataFrame], list[Problem]]:
    """Measures that lie beside dehydrated records, and what is wrong with them."""
    folder = paths[0] / MEASURES_FOLDER
    if len(paths) != 1 or not (folder / "texts.csv").is_file():
        return MappingProxyType({}), []
    found, problems = {}, []
    for file in sorted(folder.glob("*.csv")):
        settings = file.with_suffix(".json")
        try:
            # Identifiers and hashes are text, also where they are digits alone.
            names = pd.read_csv(file, nrows=0).columns
            kinds = {name: "str" for name in names if name.endswith(("_id", "sha256"))}
            # Only what is empty is missing: an article may well say "none" or "null".
            table = pd.read_csv(file, keep_default_na=False, na_values=[""], dtype=kinds)
            if settings.exists():
                table.attrs["settings"] = json.loads(settings.read_text("utf-8"))["settings"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            finding = Finding(
                "measure",
                "a stored measure cannot be read and is not used",
                "a CSV and a JSON file as `dehydrate` writes them",
                type(error).__name__,
                "get the file again, or delete it",
            )
            problems.append(finding.at(f"{MEASURES_FOLDER}/{file.name}"))
            continue
        found[file.stem] = table
    return MappingProxyType(found), problems
