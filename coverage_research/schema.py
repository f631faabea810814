"""The tables of the package: their columns, dtypes and meaning, declared once.

Every other module takes its column lists from here. A table is described by a
`Table`; `conform` gives a frame the declared columns, order and dtypes, `check_table`
returns a frame that has them and raises one error naming all that is wrong otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TEXT: Final = "str"
TIME: Final = "datetime64[us, UTC]"
WHOLE: Final = "Int64"
COUNT: Final = "int64"
REAL: Final = "float64"
FLAG: Final = "boolean"

#: Version of the tables. Caches and exports made under another version are not reused.
SCHEMA_VERSION: Final = 1

ROLES: Final = ("lead", "related")
TEXT_FIELDS: Final = ("title", "excerpt", "body")

#: RFC 2606 reserves this ending for documentation, so nothing published under it is real.
INVENTED_DOMAIN: Final = ".example"
INVENTED_NOTE: Final = "Invented demonstration data"


class CoverageError(Exception):
    """Base of every error that the package raises on purpose."""


class SchemaError(CoverageError, ValueError):
    """A table lacks columns or holds values that it must not hold."""


class ChoiceError(CoverageError, ValueError):
    """A name or setting that does not exist; the message lists those that do."""


@dataclass(frozen=True)
class Table:
    """Columns of one table.

    Parameters
    ----------
    name : str
        Name of the table.
    columns : mapping of str to str
        Column name to pandas dtype, in the order in which they are shown.
    about : mapping of str to str
        Column name to one line of meaning.
    unique : sequence of str
        Columns that together identify a row; empty where rows may repeat.
    """

    name: str
    columns: Mapping[str, str]
    about: Mapping[str, str]
    unique: tuple[str, ...] = ()


def _table(name: str, *columns: tuple[str, str, str], unique: Sequence[str] = ()) -> Table:
    return Table(
        name,
        MappingProxyType({column: dtype for column, dtype, _ in columns}),
        MappingProxyType({column: about for column, _, about in columns}),
        tuple(unique),
    )


ARTICLES: Final = _table(
    "articles",
    ("article_id", TEXT, "16 hexadecimal digits of the canonical URL's hash"),
    ("title", TEXT, "headline"),
    ("excerpt", TEXT, "the aggregator's excerpt, often cut"),
    ("body", TEXT, "text below the front matter"),
    ("published_at", TIME, "time of publication, UTC"),
    ("published_precision", TEXT, "minute, day (a date without a time) or unknown"),
    ("url", TEXT, "address as in the file (`webUrl`)"),
    ("canonical_url", TEXT, "host and path without scheme, www., AMP, tracking and fragment"),
    ("original_url", TEXT, "`originalUrl`"),
    ("amp_url", TEXT, "`ampWebUrl`"),
    ("cdn_amp_url", TEXT, "`cdnAmpWebUrl`"),
    ("outlet", TEXT, "registered domain of the outlet"),
    ("outlet_name", TEXT, "readable name of the outlet"),
    ("provider_name", TEXT, "name of the outlet as in the file"),
    ("provider_domain", TEXT, "domain of the outlet as in the file"),
    ("type", TEXT, "article or video"),
    ("category", TEXT, "`category`"),
    ("quality", WHOLE, "the aggregator's score, 0 to 100"),
    ("heat", WHOLE, "the aggregator's heat; missing where the file says -1"),
    ("is_published", FLAG, "`published`, the aggregator's flag"),
    ("featured_content", TEXT, "`featuredContent`"),
    ("extra", TEXT, "JSON of the keys that the format does not name and of unusable values"),
    ("source_path", TEXT, "file that gave the fullest record"),
    unique=["article_id"],
)

COVERAGE: Final = _table(
    "coverage",
    ("story_id", TEXT, "s- and the lead's article_id"),
    ("article_id", TEXT, "article that belongs to the story"),
    ("role", TEXT, "lead or related"),
    ("position", COUNT, "0 for the lead, then the order of the list"),
    ("source_path", TEXT, "file that lists it"),
    unique=["story_id", "article_id"],
)

OUTLETS: Final = _table(
    "outlets",
    ("outlet", TEXT, "registered domain"),
    ("outlet_name", TEXT, "readable name"),
    ("aliases", TEXT, "other names found in files or listed in the outlets file, joined by ' | '"),
    ("n_articles", COUNT, "distinct articles"),
    unique=["outlet"],
)

TOPICS: Final = _table(
    "topics",
    ("article_id", TEXT, "article"),
    ("topic", TEXT, "topic as in the file"),
    ("position", COUNT, "order in the file, from 0"),
    unique=["article_id", "topic"],
)

IMAGES: Final = _table(
    "images",
    ("article_id", TEXT, "article"),
    ("kind", TEXT, "article (its own image) or provider (the outlet's logo)"),
    ("position", COUNT, "order in the file, from 0"),
    ("url", TEXT, "address of the image"),
    ("host", TEXT, "host of the image, which can betray where an article came from"),
    ("width", WHOLE, "pixels"),
    ("height", WHOLE, "pixels"),
    ("title", TEXT, "`title` of the image"),
    ("is_cached", FLAG, "`isCached`"),
    ("extra", TEXT, "JSON of the other keys"),
    unique=["article_id", "kind", "position"],
)

PROBLEMS: Final = _table(
    "problems",
    ("source_path", TEXT, "file"),
    ("field", TEXT, "field in dotted form, for instance related[3].quality"),
    ("line", WHOLE, "line in the file, where known"),
    ("severity", TEXT, "error (a value or file is not used), warning (used but doubtful), info"),
    ("check", TEXT, "short name of the thing that is wrong"),
    ("message", TEXT, "what is wrong, in a sentence"),
    ("expected", TEXT, "what was expected"),
    ("found", TEXT, "what was found, shortened"),
    ("hint", TEXT, "what to do"),
)

CORPUS_TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {table.name: table for table in (ARTICLES, COVERAGE, OUTLETS, TOPICS, IMAGES, PROBLEMS)}
)

#: One row per finding of `audit`.
FINDINGS: Final = _table(
    "findings",
    ("check", TEXT, "short name of the finding"),
    ("severity", TEXT, "error, warning or info"),
    ("n", COUNT, "units concerned"),
    ("of", COUNT, "units looked at"),
    ("share", REAL, "n / of"),
    (
        "unit",
        TEXT,
        "what is counted: articles, stories, files, outlets, listings (an article under a lead)",
    ),
    ("examples", TEXT, "up to three of them"),
    ("weakens", TEXT, "analyses that the finding weakens"),
    ("advice", TEXT, "what to do"),
    unique=["check"],
)

#: Columns by which every evidence table points into a text: text[start:end] == match.
SPAN: Final[Mapping[str, str]] = MappingProxyType(
    {"article_id": TEXT, "field": TEXT, "start": COUNT, "end": COUNT, "match": TEXT}
)

#: Columns by which every aggregate states an estimate and how far to trust it.
ESTIMATE: Final[Mapping[str, str]] = MappingProxyType(
    {"n": COUNT, "n_stories": COUNT, "estimate": REAL, "low": REAL, "high": REAL, "reason": TEXT}
)


def pandas_dtype(name: str) -> Any:
    """The pandas dtype behind a declared one."""
    return pd.StringDtype(na_value=np.nan) if name == TEXT else name


def empty(columns: Mapping[str, str]) -> pd.DataFrame:
    """A frame without rows that has the given columns and dtypes.

    Examples
    --------
    >>> list(empty(TOPICS.columns))
    ['article_id', 'topic', 'position']
    """
    return pd.DataFrame(
        {name: pd.Series([], dtype=pandas_dtype(kind)) for name, kind in columns.items()}
    )


def conform(rows: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Give a frame the declared columns, their order and dtypes.

    Absent columns become missing, but counts, which cannot be, must be there. Columns that are not
    declared follow behind, as they are.
    """
    counts = [name for name, kind in columns.items() if kind == COUNT]
    require_columns(rows, counts, "rows")
    out = {
        name: rows[name].astype(pandas_dtype(kind))
        if name in rows.columns
        else pd.Series(
            np.nan if kind == REAL else pd.NA, index=rows.index, dtype=pandas_dtype(kind)
        )
        for name, kind in columns.items()
    }
    rest = {name: rows[name] for name in rows.columns if name not in columns}
    result = pd.DataFrame({**out, **rest}, index=rows.index)
    result.attrs.update(rows.attrs)
    return result


def from_rows(
    rows: Iterable[Sequence[object] | Mapping[str, object]], columns: Mapping[str, str]
) -> pd.DataFrame:
    """A frame of the declared columns from rows, given as sequences in order or as mappings."""
    rows = list(rows)
    if not rows:
        return empty(columns)
    return conform(pd.DataFrame(rows, columns=list(columns)), columns)


def require_columns(table: pd.DataFrame, columns: Iterable[str], what: str) -> pd.DataFrame:
    """Return `table` if it has all `columns`; raise one `SchemaError` naming those that lack.

    Parameters
    ----------
    what : str
        What the table is and where it comes from, for the error's sentence.
    """
    if not isinstance(table, pd.DataFrame):
        raise SchemaError(
            f"{what}: expected a table; found {type(table).__name__}. Of a corpus name the table, "
            "for instance corpus.articles."
        )
    lacking = [name for name in columns if name not in table.columns]
    if lacking:
        raise SchemaError(
            f"{what}: expected the columns {', '.join(columns)}; "
            f"missing {', '.join(lacking)}; found {', '.join(map(str, table.columns)) or 'none'}."
        )
    return table


def fields_of(articles: pd.DataFrame, fields: str | Iterable[str]) -> list[str]:
    """The fields of text to look into, each once, that the articles have.

    Raises
    ------
    SchemaError
        If `articles` has no article_id or none of the fields, or a field is none of title, excerpt
        and body.

    Examples
    --------
    >>> fields_of(pd.DataFrame({"article_id": ["a"], "title": ["A race"]}), ["title", "body"])
    ['title']
    """
    asked = [fields] if isinstance(fields, str) else list(dict.fromkeys(fields))
    wrong = [field for field in asked if field not in TEXT_FIELDS]
    if wrong or not asked:
        found = ", ".join(map(repr, wrong)) or "none"
        raise SchemaError(f"fields: expected {', '.join(TEXT_FIELDS)}; found {found}")
    require_columns(articles, ["article_id"], "articles")
    if pd.api.types.is_numeric_dtype(articles["article_id"]):
        raise SchemaError(
            f"articles: article_id: expected text; found {articles['article_id'].dtype}. Use "
            "articles.assign(article_id=articles['article_id'].astype(str)), and likewise in "
            "the other tables."
        )
    present = [field for field in asked if field in articles.columns]
    if not present:
        require_columns(articles, asked, "articles")
    return present


def groups_by(by: str | Iterable[str], reserved: Iterable[str]) -> list[str]:
    """The columns that name the groups, if none of them is a column of the result.

    Raises
    ------
    ChoiceError
        If there is none, one is named twice, or one has the name of a column that the result has.

    Examples
    --------
    >>> groups_by("outlet", ["n"])
    ['outlet']
    """
    names = [by] if isinstance(by, str) else list(by)
    if not names or len(set(names)) < len(names):
        raise ChoiceError(f"by: expected one or more different columns; found {names}")
    taken = [name for name in names if name in {"article_id", "story_id", *reserved}]
    if taken:
        raise ChoiceError(
            f"by: {', '.join(map(repr, taken))} is a column of the result; rename it first, "
            f"for instance to {taken[0] + '_of'!r}"
        )
    return names


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """The table with categories as the values that they stand for."""
    coded = [name for name, kind in table.dtypes.items() if isinstance(kind, pd.CategoricalDtype)]
    if not coded:
        return table
    shown = table.astype({name: table[name].cat.categories.dtype for name in coded})
    shown.attrs.update(table.attrs)
    return shown


def check_table(table: pd.DataFrame, declared: Table) -> pd.DataFrame:
    """Return `table` if it is what `declared` says.

    Raises
    ------
    SchemaError
        Naming every missing column, wrong dtype and repeated key at once.
    """
    require_columns(table, declared.columns, f"table {declared.name!r}")
    wrong = [
        f"column {name!r}: expected {kind}, found {table[name].dtype}"
        for name, kind in declared.columns.items()
        if table[name].dtype != pandas_dtype(kind)
    ]
    if declared.unique:
        repeated = table[table.duplicated(list(declared.unique), keep=False)]
        if len(repeated):
            keys = repeated[list(declared.unique)].drop_duplicates().head(5)
            shown = "; ".join("/".join(map(str, key)) for key in keys.itertuples(index=False))
            wrong.append(f"{len(repeated)} rows repeat {'/'.join(declared.unique)}: {shown}")
    if wrong:
        raise SchemaError(f"table {declared.name!r}: " + "; ".join(wrong))
    return table


def is_invented(table: pd.DataFrame) -> bool:
    """Whether a table speaks of invented outlets, of which every display must warn.

    A table is invented if it was derived from one that is (`attrs`), or if one of its outlets lies
    under `.example`.
    """
    if table.attrs.get("invented"):
        return True
    if "outlet" not in table.columns:
        return False
    return bool(table["outlet"].astype(pandas_dtype(TEXT)).str.endswith(INVENTED_DOMAIN).any())


def carry(result: pd.DataFrame, *sources: pd.DataFrame) -> pd.DataFrame:
    """Mark `result` as invented if any of its `sources` is, and return it."""
    if any(is_invented(source) for source in sources):
        result.attrs["invented"] = True
    return result
