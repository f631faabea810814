"""One map of front matter to one record: a row of values, with its topics and images.

What a record says is checked on the way: whether it says anything, whether its address and time can
be used, and whether the two agree.
"""

from __future__ import annotations

import functools
import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from coverage_research import identity
from coverage_research.findings import Finding, shorten
from coverage_research.record_fields import RecordFields, json_text, json_value
from coverage_research.schema import ARTICLES, IMAGES

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Times of records are whole numbers of these since `EPOCH`.
MICROSECOND: Final = timedelta(microseconds=1)
_EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)

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

#: States the identifier of a record that was dehydrated, where it followed from what is left out.
IDENTITY_KEY: Final = "dehydratedId"
_IDENTIFIER: Final = re.compile("[0-9a-f]{16}", re.ASCII)

#: What a record fills: an article's columns but the outlet's readable name, which takes the whole
#: corpus, its place in the file, and whether the file lists related coverage.
FIELDS: Final = tuple(name for name in ARTICLES.columns if name != "outlet_name")
RECORD_COLUMNS: Final = (*FIELDS, "item", "lists")
TOPIC_COLUMNS: Final = ("item", "topic", "position")
IMAGE_COLUMNS: Final = ("item", *list(IMAGES.columns)[1:])


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


def _images(record: RecordFields, key: str = "images") -> list[tuple[Any, ...]]:
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
        image = RecordFields(item, record.prefix + place, record.notes)
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
        rows.append((*row, json_text(image.extra)))
    return rows


def take_record(  # noqa: PLR0917 - called for every record
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
    record = RecordFields(data, prefix, notes)
    record.unknown(_ITEM_KEYS if prefix else _LEAD_KEYS)
    provider = record.mapping("provider") if "provider" in data else {}
    maker = RecordFields(provider, prefix + "provider.", notes)
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
    extra = json_text(record.extra)

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
        article_id = _stated(record) or identity.article_id(key)
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
    stamp = None if published_at is None else (published_at - EPOCH) // MICROSECOND
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


def _stated(record: RecordFields) -> str | None:
    """The identifier that a dehydrated record states: it cannot be had from what is left."""
    stated = record.extra.get(IDENTITY_KEY)
    return stated if isinstance(stated, str) and _IDENTIFIER.fullmatch(stated) else None


def _featured(record: RecordFields) -> str | None:
    value = record.data.get("featuredContent")
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(json_value(value), ensure_ascii=False, sort_keys=True)


def _topics(record: RecordFields) -> list[str]:
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


def _outlet(maker: RecordFields, domain: str | None, canonical: str | None) -> str | None:
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


def _check_time(record: RecordFields, published_at: datetime, address: str | None) -> None:
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


_EXTRA: Final = RECORD_COLUMNS.index("extra")
_ITEM: Final = RECORD_COLUMNS.index("item")


def note_unknown_keys(rows: list[tuple[Any, ...]], notes: list[Finding]) -> None:
    """Say which keys of a file the format does not name."""
    if not any(row[_EXTRA] for row in rows):
        return
    found = set()
    for row in rows:
        for key, value in json.loads(row[_EXTRA] or "{}").items():
            if key == "provider" and isinstance(value, dict):
                found |= {f"provider.{name}" for name in value.keys() - _PROVIDER_KEYS}
            elif key not in _ITEM_KEYS and key != IDENTITY_KEY:
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
