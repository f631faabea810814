from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import frontmatter
import pytest
import yaml
from frontmatter.default_handlers import YAMLHandler
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coverage_research.block_style import NotPlainError, parse_block_style
from coverage_research.findings import shorten
from coverage_research.front_matter import (
    MAX_BODY,
    MAX_FRONT_MATTER,
    Parsed,
    RecordHandler,
    boundaries,
    parse,
)


def plain(text: str) -> object:
    """What the fast parser makes of a text, or `...` where it hands over."""
    try:
        return parse_block_style(text)
    except NotPlainError:
        return ...


def reference(text: str) -> object:
    """What PyYAML makes of it, or `...` where it refuses."""
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return ...


RECORD = """category: news
title: "Curbs  hit, twice: a report"
publishedDateTime: 2023-05-08T14:36:00Z
day: 2023-05-08
quality: 49
heat: -1
published: false
provider:
  name: Halden Chronicle
  domain: halden.example
  images:
    - url: https://halden.example/a.png
      width: 50

topics:
  - AI Hardware
  - AI
empty:
related:
- title: 'It''s here'
  provider:
    name: B
  images:
  - url: "https://b.example/x?a=1&b=2"
"""


def test_block_style_is_parsed_without_pyyaml() -> None:
    data = parse_block_style(RECORD)
    assert data == yaml.safe_load(RECORD)
    assert data["publishedDateTime"] == datetime(2023, 5, 8, 14, 36, tzinfo=UTC)
    assert data["title"] == "Curbs  hit, twice: a report"
    assert data["related"][0]["images"][0]["url"] == "https://b.example/x?a=1&b=2"


def test_all_real_records_take_the_fast_way(real_records: Path) -> None:
    files = [real_records / "seed.md", *real_records.glob("articles/*.md")]
    assert len(files) == 18
    for path in files:
        text = RecordHandler().split(path.read_text("utf-8").strip())[0]
        assert parse_block_style(text) == yaml.load(text, Loader=yaml.CSafeLoader), path.name


@pytest.mark.parametrize(
    "text",
    [
        "a: yes",
        "a: No",
        "a: ~",
        "a: null",
        "a: 0o7",
        "a: 012",
        "a: 0x1F",
        "a: 1_000",
        "a: 1e3",
        "a: .5",
        "a: -5",
        "a: +5",
        "a: 12:30:45",
        "a: 2023-05-08",
        'a: "2023-05-08"',
        "a: 2023-05-08 14:36:00",
        "a: 2023-05-08T14:36:00+08:00",
        "a: 2023-5-8T1:02:03Z",
        "a: ''",
        'a: ""',
        "a: 'it''s'",
        'a: "a\\tb"',
        'a: "say \\"hi\\""',
        'a: "\\u00e9"',
        "a: x # y",
        "a: x #y",
        "a: x#y",
        "a: x: y",
        "a: x:y",
        "a: x:",
        "a: [1, 2]",
        "a: {b: 1}",
        "a: *b",
        "a: &b c",
        "a: !!str 5",
        "a: |\n  text\n  more",
        "a: >\n  text",
        "a: one\n  two",
        'a: "one\n  two"',
        "a: one\n  b: two",
        "a: one\n  - two",
        "a:\n- 1\n- 2\nb: 3",
        "a:\n  - 1\n  - 2\nb: 3",
        "a:\n  - 1\n - 2",
        "a:\n  - b: 1\n    c: 2\n  - b: 3",
        "a:\n  - b: 1\n   c: 2",
        "a:\n  b:\n    c: 1\n  d: 2",
        "a:\n    b: 1\n  c: 2",
        "a:\n  - - 1",
        "a:\n  -\n    b: 1",
        "a:\n\tb: 1",
        "a: 1\na: 2",
        "a: 1\n\n\nb: 2",
        "  a: 1\n  b: 2",
        "a : 1",
        "? a\n: 1",
        "yes: 1",
        "<<: {a: 1}",
        "a: -",
        "a: - b",
        "a: ---",
        "a: --- b",
        "a: ...",
        "a: %b",
        "a: @b",
        "a: `b",
        "a: 'b",
        'a: "b',
        'a: "b" c',
        "a: b ",
        "a:  b",
        "a:b",
        "a",
        "- a",
        "- a: 1\n- b: 2",
        "# only a comment",
        "a: \u00a0b",
        "a: b\u0085c",
        "a: b\u2028c",
        "a: b\ufeffc",
        "a: \U0001f600",
        "a: \u201cquoted\u201d",
        "a: \x01",
        "a: =",
        "a: 99999999999999999999",
        "a: 2023-13-45T00:00:00Z",
        "",
    ],
)
def test_the_fast_way_equals_pyyaml_or_hands_over(text: str) -> None:
    fast = plain(text)
    if fast is not ...:
        expected = reference(text)
        assert fast == expected
        assert repr(fast) == repr(expected)


_VALUES = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=12),
    st.sampled_from(
        [
            "yes",
            "1",
            "-1",
            "2023-05-08",
            "a: b",
            "x #y",
            "'a'",
            '"a"',
            "- a",
            "null",
            "~",
            "",
            "[a]",
            "&a",
            "a:",
        ]
    ),
    st.integers().map(str),
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(
        lambda when: when.isoformat() + "Z"
    ),
)
_LINES = st.builds(
    lambda indent, dash, key, value: " " * indent + dash + key + value,
    st.integers(0, 5),
    st.sampled_from(["", "", "- "]),
    st.sampled_from(["", "a: ", "b: ", "c:", "d: ", "title: ", "key:"]),
    _VALUES,
)


@settings(max_examples=600)
@given(st.lists(_LINES, min_size=1, max_size=6).map("\n".join))
def test_any_lines_equal_pyyaml_or_are_handed_over(text: str) -> None:
    fast = plain(text)
    if fast is not ...:
        assert fast == reference(text)


_TREES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**9), 10**9),
        st.text(st.characters(codec="utf-8"), max_size=20),
        st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(
            lambda when: when.replace(tzinfo=UTC)
        ),
        st.dates(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["title", "webUrl", "x", "yes"]), inner, max_size=3),
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(
    st.dictionaries(st.sampled_from(["title", "webUrl", "related", "a"]), _TREES, min_size=1),
    st.booleans(),
)
def test_what_pyyaml_writes_is_read_back(data: dict[str, object], wide: bool) -> None:
    text = yaml.safe_dump(
        data, allow_unicode=True, sort_keys=False, width=1_000_000 if wide else 80
    )
    fast = plain(text)
    if fast is not ...:
        assert fast == yaml.load(text, Loader=yaml.CSafeLoader)


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            ["---", "---- ", "--- ", "a: 1", "", " ---", "--", "---x", "text", "...", "- --- "]
        ),
        max_size=8,
    ).map("\n".join)
)
def test_boundaries_are_those_of_python_frontmatter(text: str) -> None:
    text = text.strip()
    opening, closing = boundaries(text)
    usual = YAMLHandler()
    assert (opening is not None) == usual.detect(text)
    if opening is not None:
        if closing is None:
            with pytest.raises(ValueError, match="unpack"):
                usual.split(text)
            with pytest.raises(ValueError, match="no front matter"):
                RecordHandler().split(text)
        else:
            assert RecordHandler().split(text) == usual.split(text)


def found(data: bytes | str) -> tuple[Parsed, list[str]]:
    result = parse(data.encode() if isinstance(data, str) else data)
    return result, [finding.check for finding in result.findings]


@pytest.mark.parametrize(
    ("data", "check", "line"),
    [
        (b"", "empty", None),
        (b" \n\n", "empty", None),
        (b"plain text", "no_front_matter", 1),
        (b"---\n- a\n- b\n---\n", "wrong_type", 2),
        (b"---\njust text\n---\n", "wrong_type", 2),
        (b"---\n---\nbody", "wrong_type", 2),
        (b"---\ntitle: a\nx:\n\ty: 1\n---\n", "yaml", 4),
        (b'---\ntitle: "a\nx: b\n---\n', "yaml", 2),
        (b"\n\n---\ntitle: a: b\n---\n", "yaml", 4),
        (b"---\n\n\ntitle: a: b\n---\n", "yaml", 4),
        (b"---\nx: &a [*a]\n---\n", "alias_loop", 2),
        (b"---\n" + b"[" * 5000 + b"\n---\n", "nesting", 2),
        (b"---\n" + b"{a: " * 5000 + b"\n---\n", "nesting", 2),
        (b"---\n" + b"- " * 50_000 + b"\n---\n", "nesting", 2),
        (b"---\n" + b"? " * 50_000 + b"\n---\n", "nesting", 2),
    ],
)
def test_what_holds_no_record(data: bytes, check: str, line: int | None) -> None:
    result, checks = found(data)
    assert result.metadata is None
    assert checks == [check]
    finding = result.findings[0]
    assert finding.severity == "error"
    assert finding.line == line
    assert finding.message
    assert finding.expected
    assert finding.found
    assert finding.hint


@pytest.mark.parametrize(
    ("text", "line", "what", "shown"),
    [
        ('title: "a\nx: b', 2, "the quotation that opens in this line, at column 8,", 'title: "a'),
        ("x: b\ntitle: 'it\ny: c", 3, "the quotation that opens in this line, at", "title: 'it"),
        ("x: 1\ntopics: [a,\n  b", 3, "the list that opens in this line, at col", "topics: [a,"),
        (
            "provider: {name: a",
            2,
            "the map that opens in this line, at col",
            "provider: {name: a",
        ),
        ("é: ü\n😀: 'b", 3, "the quotation that opens in this line, at column 4,", "😀: 'b"),
        ('secured: "blob', 2, "the quotation that opens", "a line that is not shown"),
        ("x: 1\nprovider: {name: a,", 3, "not YAML at column 20", "provider: {name: a,"),
        ("title: a\nx: &\n\n", 3, "not YAML at column 5", "x: &"),
    ],
)
def test_what_is_not_closed_is_told_where_it_opens(
    text: str, line: int, what: str, shown: str
) -> None:
    result, checks = found(f"---\n{text}\n---\n")
    assert checks == ["yaml"]
    finding = result.findings[0]
    assert finding.line == line
    assert what in finding.message
    assert finding.found == shown
    assert ("is not closed" in finding.message) == ("that opens" in what)


def test_broken_yaml_names_the_column() -> None:
    result, _ = found("---\ntitle: a: b\n---\n")
    assert "column 9" in result.findings[0].message
    assert result.findings[0].found == "title: a: b"


@pytest.mark.parametrize(
    ("data", "metadata", "body", "check", "severity"),
    [
        ("---\ntitle: a\n", {"title": "a"}, "", "unclosed", "error"),
        (
            "---\ntitle: a\ntitle: b\n---\n",
            {"title (repeated, line 2)": "a", "title": "b"},
            "",
            "duplicate_key",
            "error",
        ),
        (
            "---\ntitle: !!python/object/apply:os.system ['true']\n---\n",
            {"title": ["true"]},
            "",
            "tag",
            "error",
        ),
        ("---\ntitle: !mine x\n---\n", {"title": "x"}, "", "tag", "error"),
        ("---\ntitle: a\x02b\n---\n", {"title": "a\ufffdb"}, "", "control_character", "warning"),
        (b"\xef\xbb\xbf---\ntitle: a\n---\nb", {"title": "a"}, "b", "byte_order_mark", "info"),
        (b"---\r\ntitle: a\r\n---\r\nb\r\nc", {"title": "a"}, "b\nc", "line_ends", "info"),
        (b"---\rtitle: a\r---\rb", {"title": "a"}, "b", "line_ends", "info"),
        ("---\ntitle: \u00e9\n---\n".encode("utf-16"), {"title": "\u00e9"}, "", "encoding", "info"),
        (
            "---\ntitle: \u00e9\n---\n".encode("utf-16-le"),
            {"title": "\u00e9"},
            "",
            "encoding",
            "info",
        ),
        (
            "---\ntitle: \u00e9\n---\n".encode("utf-16-be"),
            {"title": "\u00e9"},
            "",
            "encoding",
            "info",
        ),
        (
            "---\ntitle: \u00e9\n---\n".encode("latin-1"),
            {"title": "\u00e9"},
            "",
            "encoding",
            "warning",
        ),
        (b"---\ntitle: \x81\xe9\n---\n", {"title": "\ufffd\u00e9"}, "", "encoding", "warning"),
        (b"---\ntitle: a\n---\nb\0c", {"title": "a"}, "b\ufffdc", "nul", "warning"),
    ],
)
def test_what_is_mended_and_said(
    data: bytes | str, metadata: dict[str, object], body: str, check: str, severity: str
) -> None:
    result, checks = found(data)
    assert result.metadata == metadata
    assert result.body == body
    assert check in checks
    assert result.findings[checks.index(check)].severity == severity


def test_values_that_pyyaml_would_die_of_stay_text() -> None:
    result, checks = found(
        "---\na: 2023-13-45T00:00:00Z\nb: 0b_\nc: !!bool x\nd: !!timestamp x\ne: !!int x\n---\n"
    )
    assert result.metadata == {
        "a": "2023-13-45T00:00:00Z",
        "b": "0b_",
        "c": "x",
        "d": "x",
        "e": "x",
    }
    assert checks == []


def test_escaped_surrogates_are_joined() -> None:
    assert found('---\na: "\\ud83d\\ude00"\n---\n')[0].metadata == {"a": "\U0001f600"}


@pytest.mark.parametrize("merge", [False, True])
def test_an_alias_bomb_is_bounded(merge: bool) -> None:
    form = "{{<<: [{}]}}" if merge else "[{}]"
    lines = ["a: &a {k: 1}"] if merge else ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{name}: &{name} " + form.format(", ".join([f"*{former}"] * 10))
        for former, name in zip("abcdefghi", "bcdefghij", strict=True)
    ]
    start = time.perf_counter()
    result, checks = found("---\n" + "\n".join(lines) + "\n---\n")
    assert checks == ["alias_bomb"]
    assert result.metadata is None
    assert time.perf_counter() - start < 5


def test_aliases_that_do_no_harm_are_followed() -> None:
    assert found("---\na: &x {k: 1}\nb: *x\nc:\n  <<: *x\n---\n")[0].metadata == {
        "a": {"k": 1},
        "b": {"k": 1},
        "c": {"k": 1},
    }


def test_the_blob_of_the_aggregator_never_leaves_the_parser() -> None:
    for text in (
        '---\ntitle: a\nsecured: "BLOB"\n---\n',
        "---\ntitle: [a]\nsecured: BLOB\n---\n",
        "---\ntitle: a\nsecured: BLOB\nsecured: BLOB\n---\n",
        "---\ntitle: a\nsecured: BLOB: BLOB\n---\n",
    ):
        assert "BLOB" not in repr(parse(text.encode()))


def test_too_large_a_front_matter_is_not_parsed() -> None:
    result, checks = found("---\ntitle: " + "a" * MAX_FRONT_MATTER + "\n---\n")
    assert checks == ["too_large"]
    assert result.metadata is None


def test_too_large_a_body_leaves_the_record() -> None:
    result, checks = found("---\ntitle: a\n---\n" + "b" * (MAX_BODY + 1))
    assert (result.metadata, result.body, checks) == ({"title": "a"}, "", ["too_large"])


@settings(max_examples=500)
@given(st.binary(max_size=200))
@example(b"---\n? - ? -\n---\n")
@example(b"---\n\xff\n---\n")
def test_no_bytes_break_the_parser(data: bytes) -> None:
    for text in (data, b"---\n" + data, b"---\n" + data + b"\n---\n"):
        result = parse(text)
        assert result.metadata is None or isinstance(result.metadata, dict)
        if result.metadata is None:
            assert any(finding.severity == "error" for finding in result.findings)


@settings(max_examples=300)
@given(st.text(st.sampled_from("ab:-?&*!|>'\"[]{},#% \n\t0"), max_size=60))
def test_no_yaml_breaks_the_parser(text: str) -> None:
    result = parse(f"---\n{text}\n---\n".encode())
    assert result.metadata is None or isinstance(result.metadata, dict)


def test_parse_agrees_with_python_frontmatter() -> None:
    text = f"---\n{RECORD}---\n\nA body.\n\n---\n\nAfter a rule.\n"
    metadata, body = frontmatter.parse(text)
    assert parse(text.encode()).metadata == metadata
    assert parse(text.encode()).body == body


def test_shorten() -> None:
    assert shorten("a\x1b[31m\nb") == "a [31m b"
    assert len(shorten("x" * 500)) == 80
