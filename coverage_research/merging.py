"""Records of many files to one row per article.

An article is the lead of one file and related coverage in others. The fullest record wins field by
field, and where records contradict each other a row of `problems` says so.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research import identity
from coverage_research.findings import Finding, Problem, shorten
from coverage_research.records import FIELDS
from coverage_research.schema import (
    ARTICLES,
    COUNT,
    COVERAGE,
    IMAGES,
    OUTLETS,
    PROBLEMS,
    ROLES,
    TEXT,
    TOPICS,
    conform,
    empty,
    from_rows,
    pandas_dtype,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

Codes = npt.NDArray[np.intp]

#: Fields in which records of the same article should agree, and how grave it is if they do not.
_COMPARED: Final[Mapping[str, str]] = {
    "title": "warning",
    "published_at": "warning",
    "outlet": "warning",
    "excerpt": "info",
    "body": "info",
    "type": "info",
    "category": "info",
    "quality": "info",
    "heat": "info",
    "is_published": "info",
    "featured_content": "info",
    "original_url": "info",
    "amp_url": "info",
    "cdn_amp_url": "info",
}


#: What a record has beside the fields of an article.
_OWN: Final = {"item": COUNT, "file": COUNT, "lists": "boolean"}
#: Columns of the records that are still needed when the articles are made.
_LATER: Final = ("article_id", "outlet", "provider_name", "source_path", *_OWN)


def frame(table: pa.Table, kinds: Mapping[str, str] | None = None) -> pd.DataFrame:
    """An Arrow table as a frame of the declared dtypes, without copying its text."""
    kinds = kinds or {}
    columns: dict[str, Any] = {}
    for name in table.column_names:
        kind = kinds.get(name)
        dtype: Any = pd.api.types.pandas_dtype(pandas_dtype(kind)) if kind else None
        if hasattr(dtype, "__from_arrow__") and not isinstance(dtype, pd.DatetimeTZDtype):
            columns[name] = dtype.__from_arrow__(table[name])
        else:
            values = table[name].to_pandas()
            columns[name] = values.astype(COUNT) if kind == COUNT else values
    return pd.DataFrame(columns, copy=False)


def arrow_table(table: pd.DataFrame) -> pa.Table:
    """A frame as an Arrow table; `frame` is the way back."""
    import pyarrow as pa

    return pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)


def merge(raw: dict[str, pa.Table]) -> dict[str, pd.DataFrame]:
    """The tables of a corpus from the raw tables of its files.

    Parameters
    ----------
    raw : dict of str to pyarrow.Table
        As `loading.read_raw` returns them. It is emptied on the way: records and articles together
        would need twice the memory.

    Returns
    -------
    dict of str to DataFrame
        The tables of `schema.CORPUS_TABLES`; the result does not depend on the order of files.
    """
    table = raw.pop("records")
    keys = _as_numbers(table["article_id"])
    records = frame(table, {**ARTICLES.columns, **_OWN})
    del table
    file_problems = frame(raw["record_problems"], {**PROBLEMS.columns, "file": COUNT})
    file_problems = file_problems.sort_values("file", kind="stable").drop(columns="file")
    if records.empty:
        tables = {t.name: empty(t.columns) for t in (ARTICLES, COVERAGE, OUTLETS, TOPICS, IMAGES)}
        return {
            **tables,
            "problems": conform(file_problems.reset_index(drop=True), PROBLEMS.columns),
        }
    codes, ids = pd.factorize(keys)
    alone = len(ids) == len(records)
    order = np.arange(len(records)) if alone else _by_fullness(records, codes)
    ranked = _in_time(records, codes, ids, order)
    place = np.empty(len(ids), dtype=np.intp)
    place[ranked] = np.arange(len(ids))
    # From here on an article is known by its place in the table.
    codes = place[codes]
    order = order[np.argsort(codes[order], kind="stable")]
    # Where every article has one record, that record fills all fields.
    rows = {
        name: order if alone else _first_filled(records[name].array, codes, len(ids), order)
        for name in FIELDS
    }
    extra, notes = ({}, []) if alone else _disagreements(records, codes, rows)
    columns = {name: records[name].array for name in FIELDS}
    records = records[list(_LATER)]
    articles = _filled(columns, rows, extra)
    outlets, names = _outlets(records, articles)
    articles = conform(articles.assign(outlet_name=names), ARTICLES.columns)
    coverage, more = _coverage(records, codes, len(ids))
    problems = from_rows([*notes, *more], PROBLEMS.columns)
    problems = pd.concat([file_problems, problems], ignore_index=True)
    attached = _Attached(records, codes, order, articles["article_id"].array)
    return {
        "articles": articles,
        "coverage": coverage,
        "outlets": outlets,
        "topics": attached.of(raw.pop("record_topics"), TOPICS.columns),
        "images": attached.of(raw.pop("record_images"), IMAGES.columns),
        "problems": conform(problems, PROBLEMS.columns),
    }


def _by_fullness(records: pd.DataFrame, codes: Codes) -> Codes:
    """Rows ordered by article and, within it, from the fullest record to the emptiest."""
    filled = np.zeros(len(records), dtype=np.int32)
    for name in FIELDS:
        filled += records[name].notna().to_numpy()
    length = np.zeros(len(records), dtype=np.int64)
    for name in ("excerpt", "body"):
        length += records[name].str.len().fillna(0).to_numpy(dtype=np.int64)
    return np.lexsort(
        (records["item"], records["file"], records["item"] > 0, -length, -filled, codes)
    )


def _first_filled(values: Any, codes: Codes, n: int, order: Codes) -> Codes:
    """For each article, the row that gives a field: the first in order that has it; else -1."""
    filled = order[~pd.isna(values)[order]]
    owners = codes[filled]
    first = np.ones(len(filled), dtype=bool)
    first[1:] = owners[1:] != owners[:-1]
    rows = np.full(n, -1, dtype=np.intp)
    rows[owners[first]] = filled[first]
    return rows


def _filled(
    columns: dict[str, Any], rows: Mapping[str, Codes], extra: Mapping[int, str]
) -> pd.DataFrame:
    """Articles, each field from the row that fills it; `columns` is emptied on the way."""

    def take(name: str) -> Any:
        # The column of the records is let go as soon as that of the articles is there.
        return columns.pop(name).take(rows[name], allow_fill=True)

    # Most of the time of a merge is the copying of text, which two threads halve.
    with ThreadPoolExecutor(2) as pool:
        fields: dict[str, Any] = dict(zip(FIELDS, pool.map(take, FIELDS), strict=True))
    if extra:
        joined = pd.Series(fields["extra"])
        for code, text in extra.items():
            joined.iloc[code] = text
        fields["extra"] = joined.array
    return pd.DataFrame(fields, copy=False)


def _disagreements(
    records: pd.DataFrame, codes: Codes, rows: Mapping[str, Codes]
) -> tuple[dict[int, str], list[Problem]]:
    """Unknown keys of articles with several records, joined; and where such records contradict."""
    several = np.flatnonzero(np.bincount(codes)[codes] > 1)
    notes: list[Problem] = []
    for name in _COMPARED:
        notes += _contradictions(records, name, several, rows[name][codes[several]])
    return _joined_extra(records, codes, several), notes


def _contradictions(
    records: pd.DataFrame, name: str, several: Codes, winners: Codes
) -> list[Problem]:
    values = records[name]
    own = values.iloc[several].reset_index(drop=True)
    won = pd.Series(values.array.take(winners, allow_fill=True), index=own.index)
    differ = np.flatnonzero((own.notna() & won.notna() & (own != won)).to_numpy(dtype=bool))
    notes = []
    seen = set()
    for place in differ:
        row, winner = several[place], winners[place]
        found, kept = own.iloc[place], won.iloc[place]
        if name in ("excerpt", "body") and _is_cut(str(found), str(kept)):
            continue
        source_path = records["source_path"].iloc[row]
        key = (source_path, records["article_id"].iloc[row], str(found))
        if key in seen:
            continue
        seen.add(key)
        item = records["item"].iloc[row]
        finding = Finding(
            "contradiction",
            f"files disagree about {name} of {shorten(records['url'].iloc[row], 60)!r}; "
            f"the fuller record in {records['source_path'].iloc[winner]} was taken",
            shorten(str(kept)),
            shorten(str(found)),
            "correct the file that is wrong",
            _COMPARED[name],
            f"related[{item - 1}].{name}" if item else name,
        )
        notes.append(finding.at(source_path))
    return notes


def _is_cut(one: str, other: str) -> bool:
    """Whether one text is the beginning of the other, cut with dots."""
    short, long = sorted((one.rstrip(" .\u2026"), other.rstrip(" .\u2026")), key=len)
    return long.startswith(short)


def _joined_extra(records: pd.DataFrame, codes: Codes, several: Codes) -> dict[int, str]:
    """Unknown keys of an article over all its records; values that disagree become a list."""
    extra = records["extra"].iloc[several]
    extra = extra[extra.notna()]
    joined: dict[int, dict[str, Any]] = {}
    for row, text in sorted(
        zip(extra.index.tolist(), extra.tolist(), strict=True),
        key=lambda pair: (codes[pair[0]], pair[1]),
    ):
        own = joined.setdefault(int(codes[row]), {})
        for key, value in json.loads(text).items():
            if key in own and own[key] != value:
                former = own[key] if isinstance(own[key], list) else [own[key]]
                value = former if value in former else [*former, value]  # noqa: PLW2901
            own[key] = value
    return {
        code: json.dumps(value, ensure_ascii=False, sort_keys=True)
        for code, value in joined.items()
    }


def _outlets(records: pd.DataFrame, articles: pd.DataFrame) -> tuple[pd.DataFrame, Any]:
    """The table `outlets`, and the readable name of each article's outlet."""
    known = identity.known_outlets()
    used = (
        records.loc[records["provider_name"].notna(), ["outlet", "provider_name"]]
        .value_counts()
        .reset_index()
    )
    names: dict[str, list[tuple[int, str]]] = {}
    for outlet, name, count in used.itertuples(index=False):
        names.setdefault(outlet, []).append((-count, name))
    counts = articles["outlet"].value_counts()
    rows = []
    for outlet in sorted(map(str, counts.index)):
        stated = [name for _, name in sorted(names.get(outlet, []))]
        entry = known.get(outlet)
        readable = [name for name in stated if not _looks_like_domain(name)]
        chosen = entry.name if entry else (readable or [outlet])[0]
        aliases = {*stated, *(entry.aliases if entry else ())} - {chosen}
        rows.append((outlet, chosen, " | ".join(sorted(aliases)) or None, counts[outlet]))
    outlets = from_rows(rows, OUTLETS.columns)
    return outlets, articles["outlet"].map(
        dict(zip(outlets["outlet"], outlets["outlet_name"], strict=True))
    ).astype(pandas_dtype(TEXT))


def _looks_like_domain(name: str) -> bool:
    return "." in name and " " not in name and name == name.lower()


def _as_numbers(article_ids: pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    """Identifiers, which are 16 hexadecimal digits, as numbers of the same order: faster by far."""
    digits = b"".join(
        chunk.buffers()[2].slice(16 * chunk.offset, 16 * len(chunk)).to_pybytes()
        for chunk in article_ids.chunks
        if len(chunk)
    )
    return np.frombuffer(bytes.fromhex(digits.decode("ascii")), dtype=">u8").astype(np.uint64)


def _in_time(
    records: pd.DataFrame, codes: Codes, ids: npt.NDArray[np.uint64], order: Codes
) -> Codes:
    """Articles from the earliest to the latest, those without a time last."""
    rows = _first_filled(records["published_at"].array, codes, len(ids), order)
    times = records["published_at"].to_numpy(dtype="datetime64[us]").astype(np.int64)[rows]
    times = np.where(rows < 0, np.iinfo(np.int64).max, times)
    return np.lexsort((ids, times))


def _coverage(
    records: pd.DataFrame, codes: Codes, n_articles: int
) -> tuple[pd.DataFrame, list[Problem]]:
    """Stories: a file that lists coverage opens one, and so does one that no other file lists."""
    item = records["item"].to_numpy()
    file = records["file"].to_numpy()
    lists = records["lists"].to_numpy(dtype=bool)
    order = np.lexsort((item, file))
    opens = np.ones(len(order), dtype=bool)
    opens[1:] = file[order][1:] != file[order][:-1]
    first_row = order[opens]
    listed = np.zeros(n_articles, dtype=bool)
    listed[codes[item > 0]] = True
    is_story = lists[first_row] | ~listed[codes[first_row]]
    lead_of_file = np.full(file.max() + 1, -1, dtype=np.intp)
    lead_of_file[file[first_row[is_story]]] = codes[first_row[is_story]]
    lead = lead_of_file[file]
    rows = order[lead[order] >= 0]
    table = pd.DataFrame(
        {
            "lead": lead[rows],
            "article": codes[rows],
            "item": item[rows],
            "file": file[rows],
            "row": rows,
        }
    )
    table = table.iloc[np.lexsort((table["file"], table["item"], table["lead"]))]
    notes = _repeated_leads(records, table)
    table = table[~table.duplicated(["lead", "article"])]
    rows = table["row"].to_numpy()
    ids = records["article_id"].array
    owner = np.empty(n_articles, dtype=np.intp)
    owner[codes] = np.arange(len(codes))
    story, leads = pd.factorize(table["lead"].to_numpy())
    names = ("s-" + pd.Series(ids.take(owner[leads]))).array
    roles = pd.array(list(ROLES), dtype=pandas_dtype(TEXT))
    coverage = pd.DataFrame(
        {
            "story_id": names.take(story),
            "article_id": ids.take(rows),
            "role": roles.take((table["item"].to_numpy() > 0).astype(np.intp)),
            "position": table["item"].to_numpy(),
            "source_path": records["source_path"].array.take(rows),
        }
    )
    return conform(coverage, COVERAGE.columns), notes


def _repeated_leads(records: pd.DataFrame, table: pd.DataFrame) -> list[Problem]:
    leads = table[table["item"] == 0]
    repeated = leads[leads.duplicated("lead")]
    first = leads.drop_duplicates("lead").set_index("lead")["row"]
    paths = records["source_path"]
    return [
        Finding(
            "repeated_lead",
            "another file has the same lead; both are one story",
            "one file a lead",
            paths.iloc[first[lead]],
            "delete the file that is older, if it is a copy",
            "info",
        ).at(paths.iloc[row])
        for lead, row in repeated[["lead", "row"]].itertuples(index=False)
    ]


_WIDE: Final = 1 << 20


class _Attached:
    """Topics and images of each article: those of the fullest record that has any.

    Parameters
    ----------
    records : DataFrame
        With file and item, by which topics and images name their record.
    codes : array
        Article of each record.
    order : array
        Records by article, the fullest first.
    ids : array
        Identifier of each article.
    """

    def __init__(self, records: pd.DataFrame, codes: Codes, order: Codes, ids: Any) -> None:
        keys = records["file"].to_numpy(dtype=np.int64) * _WIDE + records["item"].to_numpy()
        self.rows = np.argsort(keys, kind="stable")
        self.keys = keys[self.rows]
        self.codes = codes
        self.rank = np.empty(len(order), dtype=np.intp)
        self.rank[order] = np.arange(len(order))
        self.ids = ids

    def of(self, raw: pa.Table, columns: Mapping[str, str]) -> pd.DataFrame:
        """The table of topics or of images."""
        table = frame(raw, {**columns, "item": COUNT, "file": COUNT})
        if table.empty:
            return empty(columns)
        wanted = table["file"].to_numpy(dtype=np.int64) * _WIDE + table["item"].to_numpy()
        row = self.rows[np.searchsorted(self.keys, wanted)]
        table = table.assign(_article=self.codes[row], _rank=self.rank[row])
        group = ["_article", "kind"] if "kind" in columns else ["_article"]
        if len(self.ids) < len(self.codes):
            best = table.groupby(group, sort=False)["_rank"].transform("min")
            table = table[table["_rank"] == best]
        kinds = (table[name] == "provider" for name in group[1:])
        table = table.iloc[np.lexsort((table["position"], *kinds, table["_article"]))]
        table = table.assign(article_id=self.ids.take(table["_article"].to_numpy()))
        table = table.drop(columns=["item", "file", "_article", "_rank"])
        return conform(table.reset_index(drop=True), columns)
