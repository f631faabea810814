"""YAML of unknown origin to maps, lists and scalars.

Front matter is hostile input: nothing is constructed from tags, aliases may not expand beyond a
bound, and nesting is measured before the C parser, which would otherwise overflow its stack, sees
it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

from coverage_research.findings import Finding, shorten

if TYPE_CHECKING:
    from collections.abc import Callable


MAX_DEPTH: Final = 100
MAX_NODES: Final = 200_000

_SafeLoader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: What YAML does not allow, and what it reads as a line break, a byte order mark or a tab.
UNUSUAL: Final = re.compile(
    "[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_FORBIDDEN: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


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


#: What opens with a sign and must be closed by another.
_PAIRS: Final = {
    '"': ("the quotation", '"'),
    "'": ("the quotation", "'"),
    "[": ("the list", "]"),
    "{": ("the map", "}"),
}


def _never_closed(error: yaml.MarkedYAMLError, text: str) -> tuple[str, str] | None:
    """What was still open when the text ended, and the sign that closes it."""
    mark, start = error.problem_mark, error.context_mark
    if mark is None or start is None or text[mark.index :].strip():
        return None
    return _PAIRS.get(text[start.index : start.index + 1])


def _yaml_finding(error: yaml.MarkedYAMLError, text: str) -> Finding:
    mark = error.problem_mark or error.context_mark
    lines = text.split("\n")
    opened = _never_closed(error, text)
    if opened:
        mark = error.context_mark
    # The end of the text is on its last line, not on the one that would follow.
    last = text.rstrip().count("\n")
    line = min(mark.line, last) if mark else 0
    shown = lines[line] if line < len(lines) else ""
    column = 1 if mark is None else mark.column + 1 if mark.line == line else len(shown) + 1
    # The line itself is shown, since it is what must be mended, but never the aggregator's blob.
    key = next((one for one in reversed(lines[: line + 1]) if _KEY_LINE.match(one)), "")
    found = "" if "secured" in (key + shown).lower() else shorten(shown)
    if opened:
        what, closing = opened
        return Finding(
            "yaml",
            f"the front matter is not YAML: {what} that opens in this line, at column {column}, "
            "is not closed",
            f"a closing {closing}",
            found or "a line that is not shown",
            f"write the closing {closing} where it ends",
            line=line,
        )
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
