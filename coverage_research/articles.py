"""One file to the record that it holds, checked field by field.

A value that cannot be used is never dropped: it stays, as it was, in the record's `extra`, and a
row of `problems` says which field of which file it was, what was expected, what was found and what
to do.
"""

from __future__ import annotations

import functools
import json
import math
import os
import re
import tempfile
import time
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import frontmatter

from coverage_research import identity
from coverage_research.parsing import UNUSUAL, Finding, Problem, kind_of, parse, shorten
from coverage_research.schema import ARTICLES, IMAGES, CoverageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
#: Files larger than this are not opened (bytes).
MAX_FILE: Final = 64_000_000

#: Keys of a record. Others go to `extra`; `secured` goes nowhere.
_ITEM_KEYS: Final = frozenset(
    "category title excerpt publishedDateTime originalUrl webUrl ampWebUrl cdnAmpWebUrl type "
    "quality heat published featuredContent provider topics images secured".split()
)
_LEAD_KEYS: Final = _ITEM_KEYS | {"related"}
_USUAL_IMAGE: Final = frozenset({"url", "width", "height", "isCached"})
_WIDEST: Final = 1_000_000
_IMAGE_KEYS: Final = frozenset({"url", "width", "height", "title", "isCached"})
_PROVIDER_KEYS: Final = frozenset({"name", "domain", "images"})

#: What a record fills: an article's columns but the outlet's readable name, which takes the whole
#: corpus, its place in the file, and whether the file lists related coverage.
FIELDS: Final = tuple(name for name in ARTICLES.columns if name != "outlet_name")
RECORD_COLUMNS: Final = (*FIELDS, "item", "lists")
TOPIC_COLUMNS: Final = ("item", "topic", "position")
IMAGE_COLUMNS: Final = ("item", *list(IMAGES.columns)[1:])


class ReadError(CoverageError, ValueError):
    """Files could not be read as they should; `problems` holds one row for each reason."""

    def __init__(self, message: str, problems: pd.DataFrame | None = None) -> None:
        super().__init__(message)
        self.problems = problems


class FileRows(NamedTuple):
    """What one file adds to the tables, as plain tuples.

    `records` are rows of `RECORD_COLUMNS`, the time as microseconds since 1970, `item` 0 for the
    lead and then the place in the list; `topics` and `images` are rows of `TOPIC_COLUMNS` and
    `IMAGE_COLUMNS`, which name their record by `item`.
    """

    records: list[tuple[Any, ...]]
    topics: list[tuple[int, str, int]]
    images: list[tuple[Any, ...]]
    problems: list[Problem]


@dataclass(frozen=True)
class Image:
    """An image of an article, or of its outlet."""

    url: str | None = None
    width: int | None = None
    height: int | None = None
    title: str | None = None
    is_cached: bool | None = None
    extra: str | None = None


@dataclass(frozen=True)
class Article:
    """One record: an article as a file describes it, with the coverage that it lists.

    The fields are the columns of the table `articles`; `related` holds records of the same kind.
    """

    title: str | None = None
    excerpt: str | None = None
    body: str | None = None
    published_at: datetime | None = None
    published_precision: str = "unknown"
    url: str | None = None
    original_url: str | None = None
    amp_url: str | None = None
    cdn_amp_url: str | None = None
    provider_name: str | None = None
    provider_domain: str | None = None
    type: str | None = None
    category: str | None = None
    quality: int | None = None
    heat: int | None = None
    is_published: bool | None = None
    featured_content: str | None = None
    topics: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    provider_images: tuple[Image, ...] = ()
    related: tuple[Article, ...] | None = None
    extra: str | None = None
    article_id: str | None = None
    canonical_url: str | None = None
    outlet: str | None = None
    source_path: str | None = None
    problems: tuple[Problem, ...] = ()


# --- checking the fields --------------------------------------------------------------------------


class _Record:
    """Takes the fields of one map, one call a field, and keeps what it cannot take."""

    __slots__ = ("data", "extra", "notes", "prefix")

    def __init__(self, data: dict[Any, Any], prefix: str, notes: list[Finding]) -> None:
        self.data = data
        self.prefix = prefix
        self.notes = notes
        self.extra: dict[str, Any] = {}

    def note(  # noqa: PLR0917 - a row of `problems`, in its order
        self,
        key: str,
        check: str,
        message: str,
        expected: str,
        found: object,
        hint: str,
        severity: str = "error",
    ) -> None:
        field = (self.prefix + key).rstrip(".")
        finding = Finding(check, message, expected, _shown(found), hint, severity, field)
        self.notes.append(finding)

    def reject(self, key: str, value: object, expected: str, hint: str) -> None:
        """The value cannot be used: say so, and keep it."""
        self.extra[key] = value
        found = f"{_shown(value)} ({kind_of(value)})"
        message = f"{key} is not {expected} and is not used"
        self.note(key, "wrong_type", message, expected, found, hint)

    def text(self, key: str) -> str | None:
        value = self.data.get(key)
        if type(value) is str:
            return value or None
        return None if value is None else self._odd_text(key, value)

    def texts(self, *keys: str) -> list[str | None]:
        get = self.data.get
        return [
            value if type(value := get(key)) is str and value else self.text(key) for key in keys
        ]

    def _odd_text(self, key: str, value: object) -> str | None:
        if isinstance(value, list | dict):
            self.reject(key, value, "text", "write one value in quotation marks")
            return None
        text = value.isoformat() if isinstance(value, date) else str(value)
        text = text.lower() if isinstance(value, bool) else text
        self.note(
            key,
            "wrong_type",
            f"{key} is not text; it was read as {text!r}",
            "text",
            f"{_shown(value)} ({kind_of(value)})",
            "put the value in quotation marks",
            "warning",
        )
        return text

    def whole(self, key: str, low: int, high: int) -> int | None:
        value = self.data.get(key)
        if value is None:
            return None
        if type(value) is float and value.is_integer():
            value = int(value)
        elif type(value) is str and re.fullmatch(r"-?\d{1,9}", value, re.ASCII):
            self.note(
                key,
                "wrong_type",
                f"{key} is text; it was read as a number",
                "a whole number",
                f"{value!r}",
                "remove the quotation marks",
                "info",
            )
            value = int(value)
        if type(value) is int and low <= value <= high:
            return value
        expected = f"a whole number from {low} to {high}"
        self.reject(key, value, expected, "correct the number or delete the line")
        return None

    def flag(self, key: str) -> bool | None:
        value = self.data.get(key)
        if value is None or type(value) is bool:
            return value
        self.reject(key, value, "true or false", "write true or false without quotation marks")
        return None

    def address(self, key: str) -> str | None:
        value = self.text(key)
        if value is not None and identity.host_of(value) is None:
            self.reject(key, value, "a web address", "give the full address, https://...")
            return None
        return value

    def mapping(self, key: str) -> dict[Any, Any]:
        value = self.data.get(key)
        if type(value) is dict:
            return value
        if value is not None:
            self.reject(key, value, "a map", "write keys and values below it, indented")
        return {}

    def sequence(self, key: str) -> list[Any]:
        value = self.data.get(key)
        if type(value) is list:
            return value
        if value is None:
            return []
        self.note(
            key,
            "wrong_type",
            f"{key} is not a list; it was read as a list of one",
            "a list",
            f"{_shown(value)} ({kind_of(value)})",
            "write each entry on a line that starts with a hyphen",
            "warning" if isinstance(value, str | dict) else "error",
        )
        return [value]

    def time(self, key: str) -> tuple[datetime | None, str]:
        value = self.data.get(key)
        if type(value) is datetime:
            return self._stamp(key, value)
        if value is None:
            return None, "unknown"
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=UTC), "day"
        if type(value) is str:
            return self._stamp_text(key, value)
        hint = "write it as 2023-05-08T14:36:00Z"
        self.reject(key, value, "a time", hint)
        return None, "unknown"

    def _stamp_text(self, key: str, value: str) -> tuple[datetime | None, str]:
        text = value.strip()
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
                return datetime.fromisoformat(text).replace(tzinfo=UTC), "day"
            if re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", text, re.ASCII):
                return self._stamp(key, datetime.fromisoformat(text))
        except ValueError:
            pass
        self.reject(key, value, "a time", "write it as 2023-05-08T14:36:00Z")
        return None, "unknown"

    def _stamp(self, key: str, value: datetime) -> tuple[datetime | None, str]:
        if value.tzinfo is None:
            self.note(
                key,
                "no_offset",
                f"{key} names no offset; it was taken as UTC",
                "a time that ends in Z or an offset",
                value.isoformat(),
                "add Z, or the outlet's offset such as +08:00",
                "info",
            )
            return value.replace(tzinfo=UTC), "minute"
        if value.tzinfo is UTC:
            return value, "minute"
        try:
            return value.astimezone(UTC), "minute"
        except OverflowError:
            self.reject(key, value, "a time", "write it as 2023-05-08T14:36:00Z")
            return None, "unknown"

    def unknown(self, known: frozenset[str]) -> None:
        """Keep the keys that the format does not name."""
        if self.data.keys() <= known:
            return
        for key, value in self.data.items():
            if key not in known:
                self.extra[str(key)] = value


def _shown(value: object) -> str:
    """A value for `problems`, without the aggregator's blob."""
    return value if isinstance(value, str) and len(value) < 100 else shorten(_plain(value))


def _plain(value: Any) -> Any:
    """A value as JSON can hold it, without the aggregator's blob at any depth."""
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items() if key != "secured"}
    if isinstance(value, list | tuple | set):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def _json(extra: dict[str, Any]) -> str | None:
    if not extra:
        return None
    return json.dumps(_plain(extra), ensure_ascii=False, sort_keys=True)


def _usual_image(item: Any) -> tuple[Any, ...] | None:
    """The row of an image with just the usual fields of the usual types; most are like that."""
    if type(item) is not dict or item.keys() != _USUAL_IMAGE:
        return None
    url, width, height, cached = item["url"], item["width"], item["height"], item["isCached"]
    if (
        type(url) is not str
        or not url
        or type(width) is not int
        or type(height) is not int
        or type(cached) is not bool
        or not (0 <= width <= _WIDEST and 0 <= height <= _WIDEST)
    ):
        return None
    return url, width, height, None, cached, None


def _images(record: _Record, key: str = "images") -> list[tuple[Any, ...]]:
    """Rows of url, width, height, title, is_cached and extra."""
    rows: list[tuple[Any, ...]] = []
    for number, item in enumerate(record.sequence(key)):
        usual = _usual_image(item)
        if usual is not None:
            rows.append(usual)
            continue
        place = f"{key}[{number}]."
        if type(item) is not dict:
            if isinstance(item, str):
                item = {"url": item}  # noqa: PLW2901
                record.note(
                    f"{key}[{number}]",
                    "wrong_type",
                    "an image is not a map; the text was taken as its address",
                    "url: https://...",
                    item["url"],
                    "write url: before the address",
                    "warning",
                )
            else:
                record.reject(f"{key}[{number}]", item, "a map", "write url: https://...")
                continue
        image = _Record(item, record.prefix + place, record.notes)
        image.unknown(_IMAGE_KEYS)
        row = (
            image.text("url"),
            image.whole("width", 0, _WIDEST),
            image.whole("height", 0, _WIDEST),
            image.text("title"),
            image.flag("isCached"),
        )
        unknown = image.extra.keys() - _IMAGE_KEYS
        if unknown:
            record.note(
                f"{key}[{number}]",
                "unknown_key",
                "an image has keys that the format does not name; they are kept in extra",
                "url, width, height, title, isCached",
                ", ".join(sorted(unknown)),
                "nothing to do, or correct the key if it is misspelt",
                "info",
            )
        rows.append((*row, _json(image.extra)))
    return rows


def _take(  # noqa: PLR0917 - called for every record
    data: dict[Any, Any],
    body: str | None,
    source_path: str,
    prefix: str,
    number: int,
    notes: list[Finding],
    images: list[tuple[Any, ...]],
    topics: list[tuple[int, str, int]],
) -> tuple[Any, ...] | None:
    """One record's values for `FIELDS`; its images and topics are appended to the lists given."""
    record = _Record(data, prefix, notes)
    record.unknown(_ITEM_KEYS if prefix else _LEAD_KEYS)
    provider = record.mapping("provider") if "provider" in data else {}
    maker = _Record(provider, prefix + "provider.", notes)
    maker.unknown(_PROVIDER_KEYS)
    title, excerpt, kind, category = record.texts("title", "excerpt", "type", "category")
    published_at, precision = record.time("publishedDateTime")
    url = record.address("webUrl")
    original_url = record.address("originalUrl") if "originalUrl" in data else None
    amp_url = record.address("ampWebUrl") if "ampWebUrl" in data else None
    cdn_amp_url = record.address("cdnAmpWebUrl") if "cdnAmpWebUrl" in data else None
    address = url or original_url or amp_url or cdn_amp_url
    canonical = identity.canonical_url(address) if address else None
    name, domain = maker.texts("name", "domain")
    outlet = _outlet(maker, domain, canonical)
    heat = record.whole("heat", -1, 1_000_000_000) if "heat" in data else None
    quality = record.whole("quality", 0, 100)
    is_published = record.flag("published") if "published" in data else None
    featured = _featured(record) if "featuredContent" in data else None
    if maker.extra:
        record.extra["provider"] = maker.extra
    elif "provider" in record.extra and isinstance(record.extra["provider"], str):
        name = name or record.extra["provider"]
    own_images = _images(record) if "images" in data else []
    maker_images = _images(maker) if "images" in provider else []
    own_topics = _topics(record) if "topics" in data else []
    extra = _json(record.extra)

    if published_at is not None:
        _check_time(record, published_at, address)
    if canonical is None and not any((title, excerpt, body, published_at, extra)):
        record.note(
            "",
            "no_content",
            "the record says nothing: no title, address, text or time",
            "at least title and webUrl",
            data or "an empty map",
            "fill it or delete it",
        )
        return None
    if canonical is None:
        record.note(
            "webUrl",
            "no_url",
            "the record has no address; it is known by its outlet, title and time instead",
            "webUrl: https://...",
            shorten(title or excerpt or "no title"),
            "add webUrl, or the same article in another file will count as another",
            "warning" if "webUrl" not in record.extra else "info",
        )
        known = title and (outlet or published_at)
        rest = None if known else (excerpt, body, extra)
        key = "\0".join(map(str, (outlet, title, published_at, record.extra.get("webUrl"), rest)))
        article_id = identity.article_id(key)
    else:
        article_id = identity.article_id(canonical)
    if title is None:
        record.note(
            "title",
            "no_title",
            "the record has no title",
            "title: ...",
            shorten(address or excerpt or "no address"),
            "add the headline",
            "warning",
        )
    for place, topic in enumerate(own_topics):
        topics.append((number, topic, place))
    for label, rows in (("article", own_images), ("provider", maker_images)):
        for place, image in enumerate(rows):
            host = identity.host_of(image[0]) if image[0] else None
            images.append((number, label, place, image[0], host, *image[1:]))
    stamp = None if published_at is None else (published_at - EPOCH) // _MICROSECOND
    return (
        article_id,
        title,
        excerpt,
        body,
        stamp,
        precision,
        url,
        canonical,
        original_url,
        amp_url,
        cdn_amp_url,
        outlet,
        name,
        domain,
        kind,
        category,
        quality,
        None if heat == -1 else heat,
        is_published,
        featured,
        extra,
        source_path,
    )


def _featured(record: _Record) -> str | None:
    value = record.data.get("featuredContent")
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True)


def _topics(record: _Record) -> list[str]:
    topics: list[str] = []
    for number, item in enumerate(record.sequence("topics")):
        if isinstance(item, list | dict) or item is None:
            record.reject(f"topics[{number}]", item, "text", "write one topic a line")
        elif str(item) not in topics:
            topics.append(str(item))
    return topics


_DOMAIN: Final = re.compile(r"(?:[\w-]+\.)+[\w-]{2,}")


@functools.lru_cache(maxsize=65_536)
def _registered(domain: str) -> str | None:
    host = domain if _DOMAIN.fullmatch(domain) else identity.host_of(domain)
    return identity.registered_domain(host) if host else None


def _outlet(maker: _Record, domain: str | None, canonical: str | None) -> str | None:
    """Registered domain: of the provider's domain, else of the address."""
    if domain is not None:
        known = _registered(domain)
        if known:
            return known
        maker.reject("domain", domain, "a domain", "write it as wsj.com")
    return (
        identity.registered_domain(re.split("[/?]", canonical, maxsplit=1)[0])
        if canonical
        else None
    )


@functools.lru_cache(maxsize=1)
def _latest(hours: int) -> datetime:
    """A day after that hour since 1970: clocks differ, but not by more."""
    return EPOCH + timedelta(hours=hours + 25)


def _check_time(record: _Record, published_at: datetime, address: str | None) -> None:
    late = published_at > _latest(int(time.time()) // 3600)
    if late or published_at < _EARLIEST:
        record.note(
            "publishedDateTime",
            "future" if late else "too_early",
            "the time lies in the future" if late else "the time lies before there was news online",
            "the time of publication",
            published_at.isoformat(),
            "correct it: it decides who was first",
            "warning",
        )
        return
    named = identity.url_date(address) if address else None
    if named is not None and named != published_at.date():
        record.note(
            "publishedDateTime",
            "url_date",
            "the day in the address is not the stated day",
            named.isoformat(),
            published_at.date().isoformat(),
            "the stated time may be the aggregator's, or local and not UTC",
            "info",
        )


# --- a file ---------------------------------------------------------------------------------------


def _items(metadata: dict[Any, Any], notes: list[Finding]) -> Iterable[tuple[str, dict[Any, Any]]]:
    """The lead and each related item of a file, with the prefix that names its fields."""
    yield "", metadata
    if "related" not in metadata:
        return
    listed = metadata["related"]
    if not listed:
        shown = "an empty list" if isinstance(listed, list) else kind_of(listed)
        notes.append(
            Finding(
                "no_related",
                "related is there but lists nothing",
                "related coverage, or no such key",
                shown,
                "nothing to do if no other outlet wrote about it",
                "info" if listed is None or isinstance(listed, list) else "error",
                "related",
            )
        )
        return
    for number, item in enumerate(_Record(metadata, "", notes).sequence("related")):
        if type(item) is dict:
            yield f"related[{number}].", item
            continue
        notes.append(
            Finding(
                "wrong_type",
                "a related item is not a map and is not used",
                "title:, webUrl: and so on",
                f"{_shown(item)} ({kind_of(item)})",
                "write its keys below the hyphen, indented",
                field=f"related[{number}]",
            )
        )


def read_rows(data: bytes, source_path: str, *, certain: bool = True) -> FileRows | None:
    """What the bytes of one file add to the tables.

    Parameters
    ----------
    data : bytes
        The file.
    source_path : str
        Its name, for the tables.
    certain : bool
        Whether the file is certainly meant as a record (by its ending, or because it was named).
        One that is not is passed over in silence unless it holds at least a title or an address.

    Returns
    -------
    FileRows or None
        None where the file is not meant as a record.
    """
    metadata, body, notes = parse(data)
    if not certain and not ({"title", "webUrl"} & (metadata or {}).keys()):
        return None
    if metadata is None:
        return FileRows([], [], [], [finding.at(source_path) for finding in notes])
    records: list[tuple[Any, ...]] = []
    topics: list[tuple[int, str, int]] = []
    images: list[tuple[Any, ...]] = []
    seen: dict[str, str] = {}
    text: str | None = body or None
    lists = bool(metadata.get("related"))
    for number, (prefix, item) in enumerate(_items(metadata, notes)):
        row = _take(item, text, source_path, prefix, number, notes, images, topics)
        text = None
        if row is None:
            continue
        records.append((*row, number, lists))
        if row[0] in seen:
            first = seen[row[0]] or "the lead"
            notes.append(
                Finding(
                    "repeated_article",
                    "the same article stands twice in the file; it counts once",
                    "each address once",
                    shorten(row[7] or row[1]),
                    f"delete this entry or correct its webUrl (first: {first})",
                    "warning",
                    prefix.rstrip("."),
                )
            )
        else:
            seen[row[0]] = prefix.rstrip(".")
    _note_unknown_keys(records, notes)
    return FileRows(records, topics, images, [finding.at(source_path) for finding in notes])


_EXTRA: Final = RECORD_COLUMNS.index("extra")
_ITEM: Final = RECORD_COLUMNS.index("item")


def _note_unknown_keys(rows: list[tuple[Any, ...]], notes: list[Finding]) -> None:
    if not any(row[_EXTRA] for row in rows):
        return
    found = set()
    for row in rows:
        for key, value in json.loads(row[_EXTRA] or "{}").items():
            if key == "provider" and isinstance(value, dict):
                found |= {f"provider.{name}" for name in value.keys() - _PROVIDER_KEYS}
            elif key not in _ITEM_KEYS:
                found.add(f"related.{key}" if row[_ITEM] else key)
    names = sorted(name for name in found if not name.endswith("]"))
    if names:
        notes.append(
            Finding(
                "unknown_key",
                "the file has keys that the format does not name; they are kept in extra",
                "the keys of the data format",
                shorten(", ".join(names)),
                "nothing to do, or correct the key if it is misspelt",
                "info",
            )
        )


def file_problem(source_path: str, error: OSError | int) -> Problem:
    """The row of `problems` for a file that could not be opened or is too large (its size)."""
    if isinstance(error, int):
        finding = Finding(
            "too_large",
            "the file is too large to be a news record and was not opened",
            f"at most {MAX_FILE:,} bytes",
            f"{error:,} bytes",
            "split the file; one file holds one article and its related coverage",
        )
    else:
        finding = Finding(
            "unreadable",
            "the file could not be read",
            "a readable file",
            shorten(error.strerror or type(error).__name__),
            "check that the file is still there and that you may read it",
        )
    return finding.at(source_path)


def read_bytes(path: Path | str) -> bytes | int:
    """Bytes of a file, or its size where it is larger than `MAX_FILE`."""
    with open(path, "rb") as file:  # noqa: PTH123 - half the time of Path.open, and called for each file
        data = file.read(MAX_FILE + 1)
    return data if len(data) <= MAX_FILE else os.stat(path).st_size  # noqa: PTH116


def read_article(path: str | os.PathLike[str]) -> Article:
    """Read one record.

    Parameters
    ----------
    path : path-like
        A Markdown file with YAML front matter.

    Returns
    -------
    Article
        With its related coverage, and with `problems` naming what could not be taken as it was.

    Raises
    ------
    ReadError
        If the file cannot be read or holds no record.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> article = Article(title="Chips", url="https://halden.example/chips")
    >>> path = write_article(article, folder / "a.md")
    >>> read_article(path).outlet
    'halden.example'
    """
    path = Path(path)
    name = printable_path(path.name)
    try:
        data = read_bytes(path)
    except OSError as error:
        raise ReadError(f"{path}: cannot be read: {error.strerror}") from error
    if isinstance(data, int):
        raise ReadError(f"{path}: {file_problem(name, data).message} ({data:,} bytes)")
    metadata, body, notes = parse(data)
    records: list[Article] = []
    text: str | None = body or None
    for prefix, item in _items(metadata, notes) if metadata is not None else ():
        topics: list[tuple[int, str, int]] = []
        images: list[tuple[Any, ...]] = []
        row = _take(item, text, name, prefix, 0, notes, images, topics)
        text = None
        if row is not None:
            records.append(_article(row, images, topics))
        elif not prefix:
            break
    problems = tuple(finding.at(name) for finding in notes)
    if not records:
        told = "; ".join(problem.message for problem in problems if problem.severity == "error")
        raise ReadError(f"{path}: no record: {told}")
    listed = None if metadata is None or "related" not in metadata else tuple(records[1:])
    return replace(records[0], related=listed, problems=problems)


def _article(
    row: tuple[Any, ...], images: list[tuple[Any, ...]], topics: list[tuple[int, str, int]]
) -> Article:
    values = dict(zip(FIELDS, row, strict=True))
    stamp = values["published_at"]
    values["published_at"] = None if stamp is None else EPOCH + stamp * _MICROSECOND
    own: dict[str, list[Image]] = {"article": [], "provider": []}
    for _, label, _, url, _, *rest in images:
        own[label].append(Image(url, *rest))
    return Article(
        **values,
        topics=tuple(topic for _, topic, _ in topics),
        images=tuple(own["article"]),
        provider_images=tuple(own["provider"]),
    )


def printable_path(path: str) -> str:
    """A file name that may hold bytes that are no text, as text."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")


# --- the way back ---------------------------------------------------------------------------------

_KEYS: Final = (
    ("category", "category"),
    ("title", "title"),
    ("excerpt", "excerpt"),
    ("published_at", "publishedDateTime"),
    ("original_url", "originalUrl"),
    ("url", "webUrl"),
    ("amp_url", "ampWebUrl"),
    ("cdn_amp_url", "cdnAmpWebUrl"),
    ("type", "type"),
    ("quality", "quality"),
    ("heat", "heat"),
    ("is_published", "published"),
    ("featured_content", "featuredContent"),
)
_IMAGE_NAMES: Final = {"is_cached": "isCached"}


def to_metadata(article: Article) -> dict[str, Any]:
    """The front matter of a record, in the order in which such files are written."""
    data: dict[str, Any] = {
        key: getattr(article, name) for name, key in _KEYS if getattr(article, name) is not None
    }
    if article.published_at is not None and article.published_precision == "day":
        data["publishedDateTime"] = article.published_at.date()
    provider = {
        "name": article.provider_name,
        "domain": article.provider_domain,
        "images": [_image_data(image) for image in article.provider_images] or None,
    }
    provider = {key: value for key, value in provider.items() if value is not None}
    if provider:
        data["provider"] = provider
    if article.topics:
        data["topics"] = list(article.topics)
    if article.images:
        data["images"] = [_image_data(image) for image in article.images]
    extra = json.loads(article.extra) if article.extra else {}
    for key, value in extra.items():
        if key == "provider" and isinstance(value, dict):
            data.setdefault("provider", {}).update(value)
        elif "[" not in key:
            data[key] = value
    if article.related is not None:
        data["related"] = [to_metadata(item) for item in article.related]
    return data


def _image_data(image: Image) -> dict[str, Any]:
    data = {
        _IMAGE_NAMES.get(field.name, field.name): getattr(image, field.name)
        for field in fields(image)
        if field.name != "extra" and getattr(image, field.name) is not None
    }
    return {**data, **(json.loads(image.extra) if image.extra else {})}


def write_article(article: Article, path: str | os.PathLike[str]) -> Path:
    """Write a record as Markdown with YAML front matter; the way back of `read_article`.

    The file appears whole or not at all. `article_id`, `outlet` and the like are not written: they
    follow from the rest.

    Returns
    -------
    pathlib.Path
        The file.
    """
    import yaml

    class Dumper(yaml.SafeDumper):
        pass

    Dumper.add_representer(
        datetime,
        lambda dumper, value: dumper.represent_scalar(
            "tag:yaml.org,2002:timestamp", value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        ),
    )
    # PyYAML folds a next-line character into a space unless the text stands in double quotation
    # marks.
    Dumper.add_representer(
        str,
        lambda dumper, value: dumper.represent_scalar(
            "tag:yaml.org,2002:str", value, style='"' if UNUSUAL.search(value) else None
        ),
    )
    post = frontmatter.Post(article.body or "")
    post.metadata = to_metadata(article)
    text = frontmatter.dumps(post, Dumper=Dumper, sort_keys=False, width=1_000_000)
    return write_text(path, text + "\n")


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """Write a text file that appears whole or not at all."""
    return write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str | os.PathLike[str], data: bytes) -> Path:
    """Write a file that appears whole or not at all, beside its place and then moved there."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}-", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
