from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage_research import articles
from coverage_research.articles import (
    Article,
    Image,
    ReadError,
    printable_path,
    read_article,
    read_rows,
)
from coverage_research.findings import Problem
from coverage_research.records import FIELDS
from coverage_research.schema import PROBLEMS
from coverage_research.writing import write_article, write_bytes

Write = Callable[..., Path]


def problems(path: Path) -> list[tuple[str, str, str]]:
    rows = read_rows(path.read_bytes(), path.name)
    assert rows is not None
    for problem in rows.problems:
        assert problem.source_path == path.name
        assert problem.message
        assert problem.expected
        assert problem.found
        assert problem.hint
    return [(problem.field, problem.check, problem.severity) for problem in rows.problems]


BASE = "title: Chips\nwebUrl: https://a.example/chips\n"


@pytest.mark.parametrize(
    ("front_matter", "expected"),
    [
        (BASE, []),
        (BASE + "related: null", [("related", "no_related", "info")]),
        (BASE + "related: []", [("related", "no_related", "info")]),
        (BASE + "related: ''", [("related", "no_related", "error")]),
        (
            BASE + "related: 3",
            [("related", "wrong_type", "error"), ("related[0]", "wrong_type", "error")],
        ),
        (
            BASE + "related:\n  title: b\n  webUrl: https://b.example/x",
            [("related", "wrong_type", "warning")],
        ),
        (BASE + "related:\n  - just text", [("related[0]", "wrong_type", "error")]),
        (BASE + "related:\n  -\n", [("related[0]", "wrong_type", "error")]),
        (BASE + "related:\n  - {}", [("related[0]", "no_content", "error")]),
        (
            BASE + "related:\n  - webUrl: https://b.example/x",
            [("related[0].title", "no_title", "warning")],
        ),
        (BASE + "related:\n  - title: b", [("related[0].webUrl", "no_url", "warning")]),
        (
            BASE + "related:\n  - title: b\n    webUrl: not an address",
            [("related[0].webUrl", "wrong_type", "error"), ("related[0].webUrl", "no_url", "info")],
        ),
        (
            BASE + "related:\n  - title: x\n    webUrl: http://www.a.example/chips/",
            [("related[0]", "repeated_article", "warning")],
        ),
        (BASE + "quality: high", [("quality", "wrong_type", "error")]),
        (BASE + 'quality: "84"', [("quality", "wrong_type", "info")]),
        (BASE + "quality: 84.0", []),
        (BASE + "quality: 84.5", [("quality", "wrong_type", "error")]),
        (BASE + "quality: true", [("quality", "wrong_type", "error")]),
        (BASE + "quality: 101", [("quality", "wrong_type", "error")]),
        (BASE + "quality: -1", [("quality", "wrong_type", "error")]),
        (BASE + "quality: .nan", [("quality", "wrong_type", "error")]),
        (BASE + "heat: -1", []),
        (BASE + "heat: -2", [("heat", "wrong_type", "error")]),
        (BASE + "heat: [1]", [("heat", "wrong_type", "error")]),
        (BASE + "published: maybe", [("published", "wrong_type", "error")]),
        (BASE + "published: 1", [("published", "wrong_type", "error")]),
        (BASE + "provider: The Chronicle", [("provider", "wrong_type", "error")]),
        (BASE + "provider: [a]", [("provider", "wrong_type", "error")]),
        (BASE + "provider:\n  name: 5", [("provider.name", "wrong_type", "warning")]),
        (BASE + "provider:\n  domain: no domain", [("provider.domain", "wrong_type", "error")]),
        (BASE + "topics: AI", [("topics", "wrong_type", "warning")]),
        (BASE + "topics: 5", [("topics", "wrong_type", "error")]),
        (
            BASE + "topics: [AI, [x], null]",
            [("topics[1]", "wrong_type", "error"), ("topics[2]", "wrong_type", "error")],
        ),
        (
            BASE + "images: https://a.example/x.png",
            [("images", "wrong_type", "warning"), ("images[0]", "wrong_type", "warning")],
        ),
        (BASE + "images:\n  url: https://a.example/x.png", [("images", "wrong_type", "warning")]),
        (BASE + "images: [3]", [("images[0]", "wrong_type", "error")]),
        (BASE + "images:\n  - width: wide", [("images[0].width", "wrong_type", "error")]),
        (BASE + "images:\n  - isCached: maybe", [("images[0].isCached", "wrong_type", "error")]),
        (BASE + "originalUrl: mailto:x@a.example", [("originalUrl", "wrong_type", "error")]),
        (
            BASE + "ampWebUrl: 5",
            [("ampWebUrl", "wrong_type", "warning"), ("ampWebUrl", "wrong_type", "error")],
        ),
        (BASE + "category: [a]", [("category", "wrong_type", "error")]),
        (BASE + "excerpt: 2023-05-08", [("excerpt", "wrong_type", "warning")]),
        (BASE + "type: yes", [("type", "wrong_type", "warning")]),
        (BASE + "colour: red", [("", "unknown_key", "info")]),
        (BASE + "publishedDateTime: 2023-05-08T14:36:00Z", []),
        (BASE + "publishedDateTime: 2023-05-08", []),
        (BASE + "publishedDateTime: '2023-05-08'", []),
        (BASE + "publishedDateTime: '2023-05-08T14:36Z'", []),
        (BASE + "publishedDateTime: 2023-05-08T14:36:00+08:00", []),
        (
            BASE + "publishedDateTime: 2023-05-08T14:36:00",
            [("publishedDateTime", "no_offset", "info")],
        ),
        (BASE + "publishedDateTime: 20230508", [("publishedDateTime", "wrong_type", "error")]),
        (BASE + "publishedDateTime: yesterday", [("publishedDateTime", "wrong_type", "error")]),
        (
            BASE + "publishedDateTime: 2023-13-45T00:00:00Z",
            [("publishedDateTime", "wrong_type", "error")],
        ),
        (BASE + "publishedDateTime: [2023-05-08]", [("publishedDateTime", "wrong_type", "error")]),
        (
            BASE + "publishedDateTime: 9999-12-31T23:59:59-12:00",
            [("publishedDateTime", "wrong_type", "error")],
        ),
        (BASE + "publishedDateTime: 2999-01-01", [("publishedDateTime", "future", "warning")]),
        (
            BASE + "publishedDateTime: 1970-01-01T00:00:00Z",
            [("publishedDateTime", "too_early", "warning")],
        ),
        (
            "title: x\nwebUrl: https://a.example/2023/05/10/x\npublishedDateTime: 2023-05-09T14:06:00Z",
            [("publishedDateTime", "url_date", "info")],
        ),
        ("title: only", [("webUrl", "no_url", "warning")]),
        ("secured: x", [("", "no_content", "error")]),
    ],
)
def test_each_wrong_field_is_one_problem(
    write: Write, front_matter: str, expected: list[tuple[str, str, str]]
) -> None:
    assert problems(write(front_matter)) == expected


@pytest.mark.parametrize(
    ("line", "key", "kept"),
    [
        ("quality: high", "quality", "high"),
        ("publishedDateTime: yesterday", "publishedDateTime", "yesterday"),
        ("publishedDateTime: 20230508", "publishedDateTime", 20230508),
        ("category: [a, b]", "category", ["a", "b"]),
        ("provider: The Chronicle", "provider", "The Chronicle"),
        ("originalUrl: none", "originalUrl", "none"),
        ("colour: {a: 2023-05-08}", "colour", {"a": "2023-05-08"}),
        ("5: five", "5", "five"),
    ],
)
def test_what_cannot_be_used_is_kept(write: Write, line: str, key: str, kept: object) -> None:
    article = read_article(write(BASE + line))
    assert json.loads(article.extra or "{}") == {key: kept}


def test_the_blob_is_kept_nowhere(write: Write) -> None:
    path = write(
        BASE
        + "secured: BLOB\nmore:\n  secured: BLOB\n  x: [{secured: BLOB}]\nprovider:\n  secured: BLOB\n"
        + "images:\n  - url: https://a.example/i.png\n    secured: BLOB\n"
        + "related:\n  - title: b\n    webUrl: https://b.example/x\n    secured: BLOB"
    )
    article = read_article(path)
    assert "BLOB" not in repr(article)
    write_article(article, path)
    assert "BLOB" not in path.read_text()
    assert "secured" not in path.read_text()


def test_times_become_utc(write: Write) -> None:
    stamps = {
        "2023-05-08T14:36:00+08:00": (datetime(2023, 5, 8, 6, 36, tzinfo=UTC), "minute"),
        "2023-05-08T14:36:00": (datetime(2023, 5, 8, 14, 36, tzinfo=UTC), "minute"),
        "2023-05-08": (datetime(2023, 5, 8, tzinfo=UTC), "day"),
        "'2023-05-08'": (datetime(2023, 5, 8, tzinfo=UTC), "day"),
        "'2023-05-08 14:36+02:00'": (datetime(2023, 5, 8, 12, 36, tzinfo=UTC), "minute"),
        "garbage": (None, "unknown"),
        "": (None, "unknown"),
    }
    for written, expected in stamps.items():
        article = read_article(write(BASE + f"publishedDateTime: {written}"))
        assert (article.published_at, article.published_precision) == expected, written


def test_outlet_and_identifier(write: Write) -> None:
    article = read_article(
        write(
            "title: x\nwebUrl: https://markets.businessinsider.com/a/amp?utm_source=x\n"
            "provider:\n  name: BI\n  domain: markets.businessinsider.com"
        )
    )
    assert article.outlet == "businessinsider.com"
    assert article.canonical_url == "markets.businessinsider.com/a"
    without = read_article(write("title: x\nwebUrl: https://www.thesun.co.uk/a"))
    assert without.outlet == "thesun.co.uk"


def test_a_record_without_address_keeps_its_identifier(write: Write) -> None:
    one = read_article(write("title: x\npublishedDateTime: 2023-05-08", "a.md"))
    two = read_article(write("publishedDateTime: 2023-05-08\ntitle: x\nquality: 5", "b.md"))
    other = read_article(write("title: y\npublishedDateTime: 2023-05-08", "c.md"))
    assert one.article_id == two.article_id != other.article_id


def test_read_article_gives_the_lead_with_its_related(real_records: Path) -> None:
    article = read_article(real_records / "seed.md")
    assert article.outlet == "globaltimes.cn"
    assert article.related is not None
    assert len(article.related) == 11
    assert article.related[0].published_at == datetime(2023, 5, 7, 13, tzinfo=UTC)
    assert article.topics == ("AI Hardware", "AI")
    assert article.images[0].width == 800
    assert article.heat is None
    assert article.is_published is False


def test_a_file_that_cannot_be_read(write: Write, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"no\.md: cannot be read: No such file"):
        read_article(tmp_path / "no.md")
    with pytest.raises(ReadError, match="does not open with front matter"):
        read_article(write(b"plain"))
    with pytest.raises(ReadError, match="says nothing"):
        read_article(write("secured: x"))


def test_a_file_of_many_bytes_is_not_opened(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(articles, "MAX_FILE", 40)
    with pytest.raises(ReadError, match="too large"):
        read_article(write(BASE))


_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\n\t\x85"),
    min_size=1,
    max_size=30,
)
_LINES = _TEXT.map(str.strip).filter(lambda text: text and "\0" not in text)
_ADDRESS = st.from_regex(r"https://[a-z]{2,6}\.example/[a-z0-9/]{0,12}", fullmatch=True)
_IMAGES = st.lists(
    st.builds(
        Image,
        url=_ADDRESS,
        width=st.none() | st.integers(0, 9999),
        height=st.none() | st.integers(0, 9999),
        title=st.none() | _TEXT,
        is_cached=st.none() | st.booleans(),
        extra=st.none() | st.just('{"credit": "desk"}'),
    ),
    max_size=2,
).map(tuple)
_TIMES = st.one_of(
    st.just((None, "unknown")),
    st.datetimes(datetime(1991, 1, 1), datetime(2026, 1, 1)).map(
        lambda when: (when.replace(tzinfo=UTC), "minute")
    ),
    st.dates(datetime(1991, 1, 1).date(), datetime(2026, 1, 1).date()).map(
        lambda day: (datetime(day.year, day.month, day.day, tzinfo=UTC), "day")
    ),
)


@st.composite
def records(draw: st.DrawFn, *, lead: bool = True) -> Article:
    published_at, precision = draw(_TIMES)
    text = st.none() | _TEXT
    return Article(
        title=draw(_TEXT),
        excerpt=draw(text),
        body=draw(st.none() | _LINES) if lead else None,
        published_at=published_at,
        published_precision=precision,
        url=draw(_ADDRESS),
        original_url=draw(st.none() | _ADDRESS),
        amp_url=draw(st.none() | _ADDRESS),
        provider_name=draw(text),
        provider_domain=draw(st.none() | st.just("a.example")),
        type=draw(st.sampled_from([None, "article", "video"])),
        category=draw(text),
        quality=draw(st.none() | st.integers(0, 100)),
        heat=draw(st.none() | st.integers(0, 500)),
        is_published=draw(st.none() | st.booleans()),
        featured_content=draw(text),
        topics=tuple(draw(st.lists(_TEXT, max_size=2, unique=True))),
        images=draw(_IMAGES),
        provider_images=draw(_IMAGES),
        extra=draw(st.none() | st.just('{"colour": ["red", 1, null, true]}')),
        related=tuple(draw(st.lists(records(lead=False), max_size=2)))
        if lead and draw(st.booleans())
        else None,
    )


_DERIVED = ("article_id", "canonical_url", "outlet", "source_path", "problems")


def stated(article: Article) -> Article:
    """Only what a file says, without what follows from it."""
    empty = {field.name: field.default for field in fields(Article) if field.name in _DERIVED}
    related = article.related and tuple(stated(item) for item in article.related)
    return replace(article, **empty, related=related)


@settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(article=records())
def test_what_is_written_is_read_back(article: Article, tmp_path: Path) -> None:
    path = write_article(article, tmp_path / "a.md")
    again = read_article(path)
    assert stated(again) == stated(article)
    assert all(p.severity == "info" or p.check == "repeated_article" for p in again.problems)
    # A second round changes nothing, nor does it change a single byte.
    first = path.read_bytes()
    write_article(again, path)
    assert path.read_bytes() == first


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(
            "title excerpt webUrl publishedDateTime provider topics images related quality heat "
            "published featuredContent type category originalUrl x".split()
        ),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats()
            | st.text(max_size=8)
            | st.dates(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["url", "name", "domain", "title", "webUrl", "images", "width"]
                    ),
                    inner,
                    max_size=3,
                )
            ),
            max_leaves=6,
        ),
    )
)
def test_no_front_matter_breaks_the_reader(data: dict[str, object]) -> None:
    import yaml

    text = f"---\n{yaml.safe_dump(data, allow_unicode=True)}---\n"
    rows = read_rows(text.encode("utf-8", "replace"), "a.md")
    assert rows is not None
    for record in rows.records:
        assert len(record) == len(FIELDS) + 2
        assert record[0]
    assert rows.records or any(problem.severity == "error" for problem in rows.problems)


def test_a_file_of_another_kind_is_passed_over() -> None:
    assert read_rows(b"---\nlayout: page\n---\n", "x.txt", certain=False) is None
    assert read_rows(b"---\ntitle: x\n---\n", "x.txt", certain=False) is not None


def test_files_appear_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "a.txt"
    write_bytes(path, b"one")
    assert path.read_bytes() == b"one"
    assert path.stat().st_mode & 0o600 == 0o600

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(path, b"two")
    assert path.read_bytes() == b"one"
    assert os.listdir(path.parent) == ["a.txt"]  # noqa: PTH208


def test_a_file_name_that_is_no_text() -> None:
    assert printable_path(os.fsdecode(b"caf\xe9.md")) == "caf\\udce9.md"


def test_a_clock_a_little_fast_is_no_future(write: Write) -> None:
    soon = datetime.now(UTC) + timedelta(hours=5)
    assert problems(write(BASE + f"publishedDateTime: {soon:%Y-%m-%dT%H:%M:%SZ}")) == []


def test_a_problem_is_a_row_of_the_table() -> None:
    assert list(Problem._fields) == list(PROBLEMS.columns)


BLOBS = [
    "excerpt: {secured: BLOB}",
    "topics: [{secured: BLOB}]",
    "webUrl: {secured: BLOB}",
    "related:\n  - secured: BLOB",
    "related:\n  - - secured: BLOB",
    "secured: {a: BLOB, a: 2}",
    "secured: !BLOB x",
    'secured: "abc\n  BLOB \\q x"',
    "secured: [BLOB",
]


@pytest.mark.parametrize("line", BLOBS)
def test_the_blob_is_in_no_problem(write: Write, line: str) -> None:
    rows = read_rows(write(f"title: T\n{line}").read_bytes(), "a.md")
    assert rows is not None
    assert "BLOB" not in repr(rows)


def test_the_blob_is_in_no_problem_of_a_file_without_front_matter(write: Write) -> None:
    assert "BLOB" not in repr(read_rows(write(b"secured: BLOB").read_bytes(), "a.md"))


@pytest.mark.parametrize("number", ["0x" + "f" * 4000, ":".join(["1"] * 3000), "9" * 5000])
@pytest.mark.parametrize("key", ["quality", "title", "colour", "publishedDateTime", "published"])
def test_numbers_beyond_measure_stay_text(write: Write, key: str, number: str) -> None:
    path = write(f"webUrl: https://a.example/1\n{key}: {number}")
    assert problems(path) or key == "title"
    article = read_article(path)
    assert number in (article.title, *json.loads(article.extra or "{}").values())


def test_a_value_that_another_replaces_is_kept(write: Write) -> None:
    article = read_article(write(BASE + "excerpt: the first\nexcerpt: the last"))
    assert article.excerpt == "the last"
    assert json.loads(article.extra or "{}") == {"excerpt (repeated, line 4)": "the first"}


def test_keys_are_what_is_written(write: Write) -> None:
    article = read_article(write(BASE + "1: one\n0x1: two\n~: three\nnull: four"))
    assert json.loads(article.extra or "{}") == {
        "1": "one",
        "0x1": "two",
        "~": "three",
        "null": "four",
    }


def test_escapes_put_no_control_characters(write: Write) -> None:
    path = write('title: "a\\e[31m\\x07\\0b"\nwebUrl: https://a.example/1')
    assert ("", "control_character", "warning") in problems(path)
    assert read_article(path).title == "a\ufffd[31m\ufffd\ufffdb"


def test_plain_merges_are_no_tags(write: Write) -> None:
    assert problems(write(BASE + "a: &a {k: 1}\nb:\n  <<: *a\ncategory: =")) == [
        ("", "unknown_key", "info")
    ]


def test_an_address_with_a_query_and_no_path(write: Write) -> None:
    article = read_article(write("title: x\nwebUrl: https://shop.other.example?id=5"))
    assert article.outlet == "other.example"


def test_records_with_different_unusable_addresses_stay_apart(write: Write) -> None:
    one = read_article(write("title: T\nwebUrl: 'javascript:a'", "a.md", "One."))
    two = read_article(write("title: T\nwebUrl: 'ftp://x.example/2'", "b.md", "Two."))
    assert one.article_id != two.article_id


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ("provider: {nmae: Foo}", "provider.nmae"),
        (
            "related:\n  - title: b\n    webUrl: https://b.example/1\n    related: [x]",
            "related.related",
        ),
    ],
)
def test_misspelt_keys_are_named(write: Write, lines: str, named: str) -> None:
    rows = read_rows(write(BASE + lines).read_bytes(), "a.md")
    assert rows is not None
    assert [p.found for p in rows.problems if p.check == "unknown_key"] == [named]
