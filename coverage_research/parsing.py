"""One file's bytes to front matter and body, with everything that is wrong on the way.

python-frontmatter splits and parses, through a handler on PyYAML's C loader. Because nine tenths of
the time of reading a corpus is spent in YAML, the handler first tries `parse_block_style`, which
knows only the plain block style in which such records are written and hands over to PyYAML at the
first line that it does not know; what it returns equals what PyYAML returns.

Front matter is hostile input: nothing is constructed from tags, aliases may not expand beyond a
bound, and nesting is measured before the C parser, which would otherwise overflow its stack, sees
it.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Front matter longer than this is not parsed (characters).
MAX_FRONT_MATTER: Final = 4_000_000
#: A body longer than this is left out (characters); no news article comes near.
MAX_BODY: Final = 10_000_000
MAX_DEPTH: Final = 100
MAX_NODES: Final = 200_000

_SafeLoader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Problem(NamedTuple):
    """A row of the table `problems`."""

    source_path: str
    field: str
    line: int | None
    severity: str
    check: str
    message: str
    expected: str
    found: str
    hint: str


class Finding(NamedTuple):
    """A problem before it is known which file it is in."""

    check: str
    message: str
    expected: str
    found: str
    hint: str
    severity: str = "error"
    field: str = ""
    line: int | None = None

    def at(self, source_path: str) -> Problem:
        """The row of `problems` for this finding in a file."""
        return Problem(
            source_path,
            self.field,
            self.line,
            self.severity,
            self.check,
            self.message,
            self.expected,
            self.found,
            self.hint,
        )


class Parsed(NamedTuple):
    """Front matter and body of a file.

    `metadata` is None where the file holds no usable record; `findings` then says why.
    """

    metadata: dict[Any, Any] | None
    body: str
    findings: list[Finding]


class NotPlainError(Exception):
    """The text is beyond the fast parser; PyYAML must see it."""


# --- from bytes to text ---------------------------------------------------------------------------

_PRINTABLE_ASCII: Final = bytes(range(0x20, 0x7F)) + b"\n"
#: What YAML does not allow, and what it reads as a line break, a byte order mark or a tab.
UNUSUAL: Final = re.compile(
    "[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_FORBIDDEN: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def decode(data: bytes) -> tuple[str, list[Finding]]:
    r"""Text of a file, whatever its encoding, and notes on what was not plain UTF-8.

    Returns
    -------
    text : str
        With `\\n` line ends, without byte order mark and without NUL.
    findings : list of Finding
    """
    findings: list[Finding] = []
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
        findings.append(
            _note("encoding", "the file is UTF-16", "UTF-8", "a UTF-16 byte order mark")
        )
    elif data.count(b"\0", 0, 400) > 0.3 * min(len(data), 400):
        order = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
        text = data.decode(order, "replace")
        findings.append(
            _note("encoding", "the file looks like UTF-16", "UTF-8", "every other byte is NUL")
        )
    else:
        if data.startswith(b"\xef\xbb\xbf"):
            data = data[3:]
            findings.append(
                _note(
                    "byte_order_mark", "the file opens with a byte order mark", "UTF-8", "UTF-8 BOM"
                )
            )
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            text, finding = _decode_western(data, error)
            findings.append(finding)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        findings.append(_note("line_ends", "the lines end as on Windows", "LF", "CRLF or CR"))
    if "\0" in text:
        found = f"{text.count(chr(0))} NUL characters"
        text = text.replace("\0", "\ufffd")
        findings.append(
            Finding(
                "nul",
                "the file holds NUL characters; each was replaced by U+FFFD",
                "text",
                found,
                "look whether the file was damaged in transfer",
                "warning",
            )
        )
    return text, findings


def _decode_western(data: bytes, error: UnicodeDecodeError) -> tuple[str, Finding]:
    try:
        text, name = data.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        text, name = data.decode("latin-1"), "Latin-1"
    return text, Finding(
        "encoding",
        f"the file is not UTF-8 and was read as {name}",
        "UTF-8",
        f"byte 0x{data[error.start]:02x} at offset {error.start}",
        "save the file as UTF-8, and check the accents and quotation marks",
        "warning",
        line=data.count(b"\n", 0, error.start) + 1,
    )


def _note(check: str, message: str, expected: str, found: str) -> Finding:
    return Finding(check, message + "; it was converted", expected, found, "nothing to do", "info")


# --- the fast parser ------------------------------------------------------------------------------

_LINE: Final = re.compile(
    r"""^([ ]*)(-[ ])?                          # indent, hyphen of a list
        (?:([A-Za-z_][A-Za-z0-9_-]*):          # key
           (?:[ ](?:("[^"\\\n]*")|(.+)))?$    # value in quotation marks, or another
         |(.*)$)                               # or an entry without a key""",
    re.MULTILINE | re.VERBOSE,
)
_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_KEYWORDS: Final = frozenset(
    form
    for word in ("yes", "no", "true", "false", "on", "off", "null")
    for form in (word, word.capitalize(), word.upper())
)


def _scalar(value: str) -> Any:
    """What PyYAML makes of a scalar that stands alone on its line."""
    try:
        loader = RecordLoader(value)
        result = loader.get_single_data()
    except yaml.YAMLError as error:
        raise NotPlainError from error
    if loader.controls:
        raise NotPlainError
    if isinstance(result, dict | list) or (result is None and value not in _NULLS):
        raise NotPlainError
    return result


_NULLS: Final = frozenset({"null", "Null", "NULL", "~"})


@lru_cache(maxsize=16_384)
def _value(value: str) -> Any:
    """A value that does not stand in plain quotation marks; many recur in every file."""
    first = value[0]
    if first.isalpha() and value[-1] != " ":
        if value in _KEYWORDS:
            return _scalar(value)
        if ": " in value or " #" in value or value[-1] == ":":
            raise NotPlainError
        return value
    if first.isdigit() and first.isascii():
        if _STAMP.fullmatch(value):
            try:
                return datetime.fromisoformat(value)
            except ValueError as error:
                raise NotPlainError from error
        return _scalar(value)
    if first in "\"'" or (first == "-" and value[1:2].isdigit()):
        return _scalar(value)
    raise NotPlainError


def parse_block_style(text: str) -> dict[str, Any]:  # noqa: C901, PLR0912, PLR0915 - one pass
    """Front matter in plain block style: maps, lists of maps or scalars, one line a value.

    Parameters
    ----------
    text : str
        YAML.

    Returns
    -------
    dict
        Equal to what PyYAML's safe loader makes of `text`.

    Raises
    ------
    NotPlainError
        At the first thing that is not certain: flow style, anchors, tags, block scalars, values
        over several lines, comments, repeated keys, tabs, special characters.
    """
    # Only what is not printable ASCII is left to look at, and that is little or nothing.
    unusual = text.encode("utf-8", "surrogatepass").translate(None, _PRINTABLE_ASCII)
    if unusual and UNUSUAL.search(unusual.decode("utf-8", "surrogatepass")):
        raise NotPlainError
    root: dict[str, Any] = {}
    indents: list[int] = [0]
    holders: list[Any] = [root]
    waiting: tuple[dict[str, Any], str, int] | None = None
    for spaces, dash, key, quoted, value, rest in _LINE.findall(text):
        if not key and not dash and not rest:
            continue
        indent = len(spaces)
        if waiting is not None:
            parent, name, outer = waiting
            waiting = None
            if indent > outer or (dash and indent == outer):
                holder: Any = [] if dash else {}
                parent[name] = holder
                indents.append(indent)
                holders.append(holder)
        while indents[-1] > indent:
            indents.pop()
            holders.pop()
        if not dash and type(holders[-1]) is list:
            # A list may stand at its parent's indent; the next key then belongs to the parent.
            indents.pop()
            holders.pop()
        holder = holders[-1]
        if indents[-1] != indent:
            raise NotPlainError
        if dash:
            if type(holder) is not list:
                raise NotPlainError
            if not key:
                if not rest:
                    raise NotPlainError
                holder.append(_value(rest))
                continue
            item: dict[str, Any] = {}
            holder.append(item)
            holder = item
            indent += 2
            indents.append(indent)
            holders.append(item)
        elif not key or type(holder) is not dict:
            raise NotPlainError
        if key in holder or key in _KEYWORDS:
            raise NotPlainError
        if quoted:
            holder[key] = quoted[1:-1]
        elif value:
            holder[key] = _value(value)
        else:
            holder[key] = None
            waiting = (holder, key, indent)
    if not root:
        raise NotPlainError
    return root


# --- PyYAML, made safe ----------------------------------------------------------------------------


class RecordLoader(_SafeLoader):  # type: ignore[misc]
    """PyYAML's safe loader that keeps as text what it cannot make a value of.

    A date such as 2023-13-45 stays the text that it is instead of ending the file, and a tag such
    as `!!python/object` is ignored: its node becomes the plain text, list or map that it holds.
    """

    #: Whether a text held control characters, which were replaced.
    controls = False


_MANY_BITS: Final = 4096
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


def _text(loader: Any, node: yaml.Node) -> str:
    """Text, in which escapes put no control character."""
    value = loader.construct_scalar(node)
    if not _CONTROL.search(value):
        return str(value)
    loader.controls = True
    return _CONTROL.sub("\ufffd", value)


def _tolerant(tag: str) -> None:
    original: Callable[[Any, Any], Any] = _SafeLoader.yaml_constructors[tag]

    def construct(loader: Any, node: yaml.Node) -> Any:
        try:
            value = original(loader, node)
            # Python refuses to print a number of more than some thousand digits.
            huge = isinstance(value, int) and value.bit_length() > _MANY_BITS
            return loader.construct_scalar(node) if huge else value
        except (ValueError, KeyError, AttributeError, IndexError, TypeError, OverflowError):
            return loader.construct_scalar(node)

    RecordLoader.add_constructor(tag, construct)


def _untagged(loader: Any, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


for _name in ("int", "float", "bool", "timestamp"):
    _tolerant(f"tag:yaml.org,2002:{_name}")
RecordLoader.add_constructor("tag:yaml.org,2002:str", _text)
for _tag in (None, *(f"tag:yaml.org,2002:{_name}" for _name in ("binary", "set", "omap", "pairs"))):
    RecordLoader.add_constructor(_tag, _untagged)

#: Tags that plain YAML gives to `<<` and `=`.
_HARMLESS: Final = ("tag:yaml.org,2002:merge", "tag:yaml.org,2002:value")
_DEEP_PREFIX: Final = re.compile(rf"^[ \t?:-]{{{2 * MAX_DEPTH},}}", re.MULTILINE)
_SURROGATES: Final = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


class _RefusedError(Exception):
    """The YAML is well-formed but must not be loaded."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def _refuse(check: str, message: str, expected: str, found: str, line: int) -> _RefusedError:
    hint = "look where the file came from; news records need nothing like it"
    return _RefusedError(Finding(check, message, expected, found, hint, line=line))


def _check_nesting(text: str) -> None:
    # The C parser recurses once per level when it composes; its events do not.
    if text.count("[") + text.count("{") <= MAX_DEPTH and not _DEEP_PREFIX.search(text):
        return
    depth = 0
    try:
        for event in yaml.parse(text, Loader=RecordLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    raise _too_deep(event.start_mark)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.MarkedYAMLError as error:
        # libyaml has a limit of its own, and meets it before the events tell of any level.
        if "nesting depth" in str(error):
            raise _too_deep(error.problem_mark) from None
        raise


def _too_deep(mark: Any) -> _RefusedError:
    return _refuse(
        "nesting",
        "the front matter is nested too deeply",
        f"at most {MAX_DEPTH} levels",
        f"more than {MAX_DEPTH} levels",
        mark.line if mark else 0,
    )


def _check_nodes(root: yaml.Node) -> list[Finding]:
    """Bound what aliases expand to; note repeated keys and unknown tags."""
    findings: list[Finding] = []
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()
    hidden: set[int] = set()
    stack: list[tuple[yaml.Node, bool]] = [(root, False)]
    while stack:
        node, done = stack.pop()
        children = _children(node)
        if done:
            open_nodes.discard(id(node))
            sizes[id(node)] = size = 1 + sum(sizes.get(id(child), 1) for child in children)
            if size > MAX_NODES:
                raise _refuse(
                    "alias_bomb",
                    "the aliases of the front matter expand to too many values",
                    f"at most {MAX_NODES:,} values",
                    f"{size:,} values or more",
                    node.start_mark.line,
                )
            continue
        if id(node) in sizes:
            continue
        if id(node) in open_nodes:
            raise _refuse(
                "alias_loop",
                "the front matter contains itself through an alias",
                "a tree of values",
                "a loop",
                node.start_mark.line,
            )
        open_nodes.add(id(node))
        if id(node) in hidden:
            hidden.update(map(id, children))
        else:
            findings += _node_findings(node)
            hidden.update(_secured(node))
        stack.append((node, True))
        stack += [
            (child, False)
            for child in children
            if id(child) in open_nodes or id(child) not in sizes
        ]
    return findings


def _secured(node: yaml.Node) -> list[int]:
    """What stands under `secured`, and so is never spoken of."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return [id(value) for key, value in pairs if key.value == "secured"]


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _node_findings(node: yaml.Node) -> list[Finding]:
    findings = []
    line = node.start_mark.line
    constructor = RecordLoader.yaml_constructors.get(node.tag, _untagged)
    if constructor is _untagged and node.tag not in _HARMLESS:
        findings.append(
            Finding(
                "tag",
                "a YAML tag was ignored and nothing was run",
                "plain values",
                shorten(node.tag),
                "remove the tag; look where the file came from",
                line=line,
            )
        )
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for place, (key, _) in enumerate(node.value):
            if not isinstance(key, yaml.ScalarNode) or key.tag in _HARMLESS:
                continue
            # A key is what is written: 1 and 0x1, or null and ~, are not the same.
            key.tag = "tag:yaml.org,2002:str"
            if key.value in seen:
                former, unused = node.value[seen[key.value]]
                if key.value != "secured":
                    # Under another name the value that is not used is kept in `extra`.
                    other = f"{key.value} (repeated, line {former.start_mark.line + 1})"
                    renamed = yaml.ScalarNode(former.tag, other, former.start_mark)
                    node.value[seen[key.value]] = (renamed, unused)
                shown = "" if key.value == "secured" else f"; the first was {_node_text(unused)}"
                findings.append(
                    Finding(
                        "duplicate_key",
                        f"the key {key.value!r} stands twice; the last value is used",
                        "each key once",
                        f"{key.value!r} again{shown}",
                        "delete the value that is wrong",
                        field=shorten(key.value),
                        line=key.start_mark.line,
                    )
                )
            seen[key.value] = place
    return findings


def _node_text(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return shorten(node.value)
    return "a map" if isinstance(node, yaml.MappingNode) else "a list"


def load_yaml(text: str) -> tuple[Any, list[Finding]]:
    """Data of a YAML text through PyYAML, without tags, bombs or loops.

    Returns
    -------
    data : object
        Maps, lists and scalars; None where nothing could be used.
    findings : list of Finding
        With line numbers counted from 0 in `text`.
    """
    findings: list[Finding] = []
    bad = _FORBIDDEN.search(text)
    if bad:
        findings.append(
            Finding(
                "control_character",
                "the front matter holds control characters; each was replaced by U+FFFD",
                "text",
                f"U+{ord(bad.group()):04X}",
                "look whether the file was damaged",
                "warning",
                line=text.count("\n", 0, bad.start()),
            )
        )
        text = _FORBIDDEN.sub("\ufffd", text)
    text = _SURROGATES.sub(_join_surrogates, text)
    loader = None
    try:
        _check_nesting(text)
        loader = RecordLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None, findings
        findings += _check_nodes(node)
        data = loader.construct_document(node)
    except _RefusedError as refused:
        return None, [*findings, refused.finding]
    except yaml.MarkedYAMLError as error:
        return None, [*findings, _yaml_finding(error, text)]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        finding = Finding(
            "yaml",
            f"the front matter is not YAML: {type(error).__name__}",
            "YAML",
            shorten(str(error)),
            "correct the front matter in an editor",
        )
        return None, [*findings, finding]
    finally:
        if loader is not None:
            loader.dispose()
    if loader.controls:
        findings.append(
            Finding(
                "control_character",
                "a text holds control characters as escapes; each was replaced by U+FFFD",
                "text",
                "an escape such as \\e or \\0",
                "look whether the file was damaged",
                "warning",
            )
        )
    return data, findings


def _join_surrogates(match: re.Match[str]) -> str:
    return bytes.fromhex(match[1] + match[2]).decode("utf-16-be")


_KEY_LINE: Final = re.compile(r"""\s*(?:- )?\{?["']?[\w-]+["']?\s*:""")


def _yaml_finding(error: yaml.MarkedYAMLError, text: str) -> Finding:
    mark = error.problem_mark or error.context_mark
    line = mark.line if mark else 0
    lines = text.split("\n")
    shown = lines[line] if line < len(lines) else ""
    column = mark.column + 1 if mark else 1
    # The line itself is shown, since it is what must be mended, but never the aggregator's blob.
    key = next((one for one in reversed(lines[: line + 1]) if _KEY_LINE.match(one)), "")
    found = "" if "secured" in (key + shown).lower() else shorten(shown)
    hint = (
        "a tab where spaces are due" if "\t" in shown else "quotation marks, colons and indentation"
    )
    return Finding(
        "yaml",
        f"the front matter is not YAML at column {column}: "
        f"{error.problem or error.context or 'no reason given'}",
        "YAML",
        found or "a line that is not shown",
        f"look at this line for {hint}",
        line=line,
    )


def shorten(value: object, width: int = 80) -> str:
    r"""A value as one short line of printable text, for `problems`.

    Examples
    --------
    >>> shorten(" a  line ")
    'a line'
    """
    text = value if isinstance(value, str) else repr(value)
    text = "".join(char if char.isprintable() else " " for char in text[: 4 * width])
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 3] + "..."


# --- python-frontmatter on top --------------------------------------------------------------------


class RecordHandler(YAMLHandler):
    """python-frontmatter's YAML handler, fast where it can be and safe everywhere.

    After `frontmatter.parse`, `data` is what the front matter held, of whatever type, and
    `findings` what was wrong in it. The file's two boundaries are found once, by `boundaries`, and
    reused.
    """

    def __init__(self) -> None:
        super().__init__()
        self.data: Any = None
        self.findings: list[Finding] = []

    def split(self, text: str) -> tuple[str, str]:
        """Front matter and content, as python-frontmatter splits them but without a scan."""
        opening, closing = boundaries(text)
        if opening is None or closing is None:
            raise ValueError("no front matter")
        return text[opening.end() : closing.start()], text[closing.end() :]

    def load(self, fm: str, **_: object) -> Any:
        """Parse front matter; see `parse_block_style` and `load_yaml`."""
        self.findings = []
        try:
            self.data = parse_block_style(fm)
        except NotPlainError:
            self.data, self.findings = load_yaml(fm)
        if isinstance(self.data, dict):
            self.data.pop("secured", None)
        return self.data


_BOUNDARY: Final[re.Pattern[str]] = YAMLHandler.FM_BOUNDARY


def boundaries(text: str) -> tuple[re.Match[str] | None, re.Match[str] | None]:
    """The lines `---` that open and close front matter at the start of a text, or None."""
    opening = _BOUNDARY.match(text)
    if opening is None:
        return None, None
    place = text.find("\n---", opening.end())
    while place >= 0:
        closing = _BOUNDARY.match(text, place + 1)
        if closing is not None:
            return opening, closing
        place = text.find("\n---", place + 4)
    return opening, None


def opens_front_matter(head: bytes) -> bool:
    r"""Whether a file that starts with these bytes opens with front matter.

    Examples
    --------
    >>> opens_front_matter(b"---\\ntitle: x")
    True
    """
    return decode(head)[0].lstrip().startswith("---")


def parse(data: bytes) -> Parsed:
    """Front matter and body of one file.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    Parsed
        Never raises on any bytes; what is wrong stands in `findings`.
    """
    text, findings = decode(data)
    stripped = text.strip()
    if not stripped:
        finding = Finding(
            "empty", "the file is empty", "front matter", "nothing", "delete or fill it"
        )
        return Parsed(None, "", [*findings, finding])
    opening, closing = boundaries(stripped)
    if opening is None:
        shown = stripped[:400].split("\n", 1)[0]
        finding = Finding(
            "no_front_matter",
            "the file does not open with front matter",
            "a first line ---",
            "a line that is not shown" if "secured" in shown.lower() else shorten(shown),
            "put the record between two lines --- at the top",
            line=1,
        )
        return Parsed(None, stripped[:MAX_BODY], [*findings, finding])
    # Findings in the YAML count lines from 0, from where the opening boundary ends.
    first_line = 1 + text.count("\n", 0, text.find("---")) + opening.group().count("\n")
    length = (closing.start() if closing else len(stripped)) - opening.end()
    if length > MAX_FRONT_MATTER:
        finding = Finding(
            "too_large",
            "the front matter is too large to be a news record and was not read",
            f"at most {MAX_FRONT_MATTER:,} characters",
            f"{length:,} characters",
            "split the file, or move the text below the closing ---",
            line=first_line,
        )
        return Parsed(None, "", [*findings, finding])
    if closing is None:
        findings.append(
            Finding(
                "unclosed",
                "the front matter is not closed; the file was read as YAML to its end",
                "a second line ---",
                "the end of the file",
                "add a line --- below the last key",
                line=first_line,
            )
        )
        stripped += "\n---\n"
    handler = RecordHandler()
    _, body = frontmatter.parse(stripped, handler=handler)
    findings += [_shift(finding, first_line) for finding in handler.findings]
    if len(body) > MAX_BODY:
        findings.append(
            Finding(
                "too_large",
                "the text below the front matter is too large for an article and was left out",
                f"at most {MAX_BODY:,} characters",
                f"{len(body):,} characters",
                "split the file if it holds several articles",
                field="body",
            )
        )
        body = ""
    if not isinstance(handler.data, dict):
        if not any(finding.severity == "error" for finding in handler.findings):
            findings.append(
                Finding(
                    "wrong_type",
                    "the front matter is not a map",
                    "keys and values, such as title: ...",
                    kind_of(handler.data),
                    "write one key a line",
                    line=first_line + 1,
                )
            )
        return Parsed(None, body, findings)
    return Parsed(handler.data, body, findings)


def _shift(finding: Finding, lines: int) -> Finding:
    return finding if finding.line is None else finding._replace(line=finding.line + lines)


def kind_of(value: object) -> str:
    """The type of a value in the words of a file's author, for `problems`."""
    if value is None:
        return "nothing"
    names: Mapping[type, str] = {list: "a list", dict: "a map", str: "text"}
    return names.get(type(value), type(value).__name__)
