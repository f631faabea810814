"""Codebooks: frames as data.

A codebook is a YAML file that says what a frame is (definition, include and exclude rules,
examples) and by which terms a dictionary finds it. The same file serves the dictionary, the hand
coding and the report of their agreement.

A term is a word (`sanction`), a prefix (`sanction*`), a phrase (`chip ban`) or a phrase with a gap
(`cut off ... chips`: at most five tokens between, another number as `gap:`). It is matched on the
tokens of `text.tokens`, case-insensitive unless marked (`{term: US, case: true}`), and never
across the end of a sentence or clause.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import yaml

from coverage_research.paths import expanded, looked_for
from coverage_research.schema import COUNT, TEXT, CoverageError, from_rows
from coverage_research.terms import GAP, Term, parse_term

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

#: The frame for what fits no other. Coders need it; it may be without terms, and then no share of
#: it is reported, since a dictionary cannot find it.
RESIDUAL: Final = "other"

MAX_GAP: Final = 50
MAX_BYTES: Final = 1_000_000
#: A codebook needs five levels; anything much deeper is a mistake or an attack.
MAX_DEPTH: Final = 12

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_YAML: Final = "tag:yaml.org,2002:"
_SCALARS: Final = frozenset(
    _YAML + kind for kind in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge")
)
_ID: Final = re.compile(r"[a-z][a-z0-9_]*")

_BOOK_KEYS: Final = ("name", "version", "title", "source", "language", "frames")
_FRAME_KEYS: Final = (
    "id",
    "label",
    "definition",
    "include",
    "exclude",
    "examples",
    "terms",
    "not_terms",
)
_TERM_KEYS: Final = ("term", "case", "gap")

#: Columns of `codebook_table`.
CODEBOOK_COLUMNS: Final = {
    "frame": TEXT,
    "label": TEXT,
    "definition": TEXT,
    "include": TEXT,
    "exclude": TEXT,
    "examples": TEXT,
    "n_terms": COUNT,
    "terms": TEXT,
    "not_terms": TEXT,
}


class CodebookError(CoverageError, ValueError):
    """A codebook cannot be used; the message names every fault and its line.

    Attributes
    ----------
    problems : tuple of (int, str)
        Line (0 where the whole file is meant) and what is wrong there.
    """

    def __init__(self, where: str, problems: Iterable[tuple[int, str]]) -> None:
        self.problems = tuple(sorted(problems))
        told = [f"line {line}: {what}" if line else what for line, what in self.problems]
        head = f"codebook {where}: "
        super().__init__(
            head + told[0]
            if len(told) == 1
            else f"{head}{len(told)} problems\n  " + "\n  ".join(told)
        )


@dataclass(frozen=True)
class Frame:
    """A frame: what it is for a human coder, and its terms for the dictionary."""

    id: str
    label: str
    definition: str
    include: str
    exclude: str
    examples: tuple[str, ...]
    terms: tuple[Term, ...]
    not_terms: tuple[Term, ...] = ()


@dataclass(frozen=True)
class Codebook:
    """A named and versioned list of frames."""

    name: str
    version: str
    title: str
    source: str
    language: str
    frames: tuple[Frame, ...]


# Reading ------------------------------------------------------------------------------------------


def codebook_names() -> list[str]:
    """Names of the codebooks that come with the package.

    Examples
    --------
    >>> "ai_hardware" in codebook_names()
    True
    """
    folder = resources.files("coverage_research") / "codebooks"
    return sorted(
        entry.name.removesuffix(".yaml")
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    )


def load_codebook(name_or_path: str | Path) -> Codebook:
    """Read and check a codebook.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a codebook of the package (see `codebook_names`), or path of a YAML file with the
        keys name, version, title, source, language and frames; each frame with id, label,
        definition, include, exclude, examples (two or more), terms and, if needed, not_terms. A
        frame `other` may have an empty list of terms: it is for coders only.

    Returns
    -------
    Codebook

    Raises
    ------
    CodebookError
        Naming every fault with its line: missing, unknown or repeated keys, repeated frames or
        terms, unreadable terms. Files above 1 MB, aliases, tags and deep nesting are refused.

    References
    ----------
    Krippendorff, K. (2019). *Content Analysis: An Introduction to Its Methodology* (4th ed.),
    chapter 7. Sage.

    Examples
    --------
    >>> [frame.id for frame in load_codebook("ai_hardware").frames][:3]
    ['containment', 'self_reliance', 'race']
    """
    name = str(name_or_path)
    if _ID.fullmatch(name) and name in codebook_names():
        source = resources.files("coverage_research") / "codebooks" / f"{name}.yaml"
        with source.open("rb") as stream:
            return _checked(stream.read(MAX_BYTES + 1), name)
    path = expanded(name_or_path)
    if not path.is_file():
        known = codebook_names()
        what = f"neither a file nor a codebook of the package ({', '.join(known)})"
        # A name such as ai_hardware is looked for in no folder.
        where = repr(name) if _ID.fullmatch(name) else looked_for(path)
        raise CodebookError(where, [(0, what + did_you_mean(name, known))])
    with path.open("rb") as stream:
        return _checked(stream.read(MAX_BYTES + 1), name)


def codebook_table(codebook: Codebook | str | Path) -> pd.DataFrame:
    """Turn a codebook into a table, for reading, for coders and for an appendix.

    Parameters
    ----------
    codebook : Codebook, str or Path
        A codebook, its name or its path.

    Returns
    -------
    DataFrame, one row per frame: frame (its id), label, definition, include, exclude, examples
    (joined by ' | '), n_terms, terms and not_terms (joined by ' | ').

    Examples
    --------
    >>> codebook_table("ai_hardware")["frame"].tolist()[-2:]
    ['state_steering', 'setback']
    """
    return from_rows(
        [
            (
                frame.id,
                frame.label,
                frame.definition,
                frame.include,
                frame.exclude,
                " | ".join(frame.examples),
                len(frame.terms),
                " | ".join(term.text for term in frame.terms),
                " | ".join(term.text for term in frame.not_terms),
            )
            for frame in as_codebook(codebook).frames
        ],
        CODEBOOK_COLUMNS,
    )


def as_codebook(codebook: Codebook | str | Path) -> Codebook:
    """Take the codebook itself, or load the one of that name or path."""
    return codebook if isinstance(codebook, Codebook) else load_codebook(codebook)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about a name that there is not: the nearest that there is, if any.

    Examples
    --------
    >>> did_you_mean("word", ["lags", "words"])
    "; did you mean 'words'?"
    """
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def _checked(raw: bytes, where: str) -> Codebook:
    """Read the codebook in the bytes of a file."""
    if len(raw) > MAX_BYTES:
        raise CodebookError(where, [(0, f"larger than {MAX_BYTES:,} bytes")])
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CodebookError(where, [(line, "not UTF-8")]) from None
    try:
        problem = _bounded(content)
        node = None if problem else yaml.compose(content, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise CodebookError(where, [_told(error, content)]) from None
    if problem:
        raise CodebookError(where, [problem])
    reader = _Reader()
    book = reader.codebook(node)
    if book is None or reader.problems:
        raise CodebookError(where, reader.problems)
    return book


def _told(error: yaml.YAMLError, content: str) -> tuple[int, str]:
    """Line and words of a YAML error."""
    mark: Any = getattr(error, "problem_mark", None)
    if mark is not None and "nesting depth" in str(error):
        # libyaml has a limit of its own, and meets it before the events tell of any level.
        return mark.line + 1, f"nested more than {MAX_DEPTH} levels deep"
    if mark is not None:
        return mark.line + 1, f"not valid YAML: {getattr(error, 'problem', None) or error}"
    position = getattr(error, "position", None)
    line = content.count("\n", 0, position) + 1 if isinstance(position, int) else 0
    return line, f"not valid YAML: {getattr(error, 'reason', None) or error}"


def _bounded(content: str) -> tuple[int, str] | None:
    """Find what makes a file unsafe to compose, in its events, which never nest."""
    depth = documents = 0
    for event in yaml.parse(content, Loader=_LOADER):
        mark: Any = event.start_mark
        line = mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            return line, f"aliases (*{event.anchor}) are not allowed; write the value out"
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                return line, "a second document starts; one file holds one codebook"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                return line, f"nested more than {MAX_DEPTH} levels deep"
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


class _Reader:
    """Reads nodes, which know their lines, and notes every fault instead of stopping at one."""

    def __init__(self) -> None:
        self.problems: list[tuple[int, str]] = []

    def fault(self, node: yaml.Node | None, what: str) -> None:
        self.problems.append((node.start_mark.line + 1 if node is not None else 1, what))

    def mapping(
        self, node: yaml.Node | None, keys: tuple[str, ...], optional: tuple[str, ...], what: str
    ) -> dict[str, yaml.Node] | None:
        """Keys and nodes of a mapping; faults for unknown, repeated and missing keys."""
        if not isinstance(node, yaml.MappingNode) or node.tag != _YAML + "map":
            self.fault(node, f"{what}: expected a mapping with the keys {', '.join(keys)}")
            return None
        found: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is None:
                self.fault(key_node, f"{what}: a key must be a word")
            elif key not in keys:
                self.fault(key_node, f"{what}: unknown key {key!r}{did_you_mean(key, keys)}")
            elif key in found:
                self.fault(key_node, f"{what}: key {key!r} is given twice")
            else:
                found[key] = value
        lacking = [key for key in keys if key not in found and key not in optional]
        if lacking:
            self.fault(node, f"{what}: missing {', '.join(lacking)}")
        return found

    def scalar(self, node: yaml.Node | None, what: str) -> str | None:
        """Text of a scalar, as written: `no` and `2023-05-08` stay words."""
        if node is None:
            return None  # already told as missing
        if not isinstance(node, yaml.ScalarNode) or node.tag not in _SCALARS:
            self.fault(node, f"{what}: expected plain text")
            return None
        text = "" if node.tag == _YAML + "null" else " ".join(node.value.split())
        if not text:
            self.fault(node, f"{what}: is empty")
            return None
        return text

    def items(self, node: yaml.Node | None, at_least: int, what: str) -> list[yaml.Node]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode) or node.tag != _YAML + "seq":
            self.fault(node, f"{what}: expected a list")
            return []
        if len(node.value) < at_least:
            self.fault(node, f"{what}: expected {at_least} or more, found {len(node.value)}")
        return list(node.value)

    def identifier(self, node: yaml.Node | None, what: str) -> str | None:
        text = self.scalar(node, what)
        if text is not None and not _ID.fullmatch(text):
            self.fault(node, f"{what}: expected lower-case letters, digits and _, found {text!r}")
            return None
        return text

    def codebook(self, node: yaml.Node | None) -> Codebook | None:
        found = self.mapping(node, _BOOK_KEYS, (), "codebook")
        if found is None:
            return None
        name = self.identifier(found.get("name"), "name")
        texts = {
            key: self.scalar(found.get(key), key)
            for key in ("version", "title", "source", "language")
        }
        frames: list[Frame] = []
        seen: set[str] = set()
        for number, item in enumerate(self.items(found.get("frames"), 1, "frames"), 1):
            frame = self.frame(item, number, seen)
            if frame is not None:
                frames.append(frame)
        if self.problems:
            return None
        return Codebook(
            name=name or "",
            **{key: text or "" for key, text in texts.items()},
            frames=tuple(frames),
        )

    def frame(self, node: yaml.Node, number: int, seen: set[str]) -> Frame | None:
        found = self.mapping(node, _FRAME_KEYS, ("not_terms",), f"frame {number}")
        if found is None:
            return None
        frame_id = self.identifier(found.get("id"), f"frame {number}: id")
        what = f"frame {frame_id or number}"
        if frame_id in seen:
            self.fault(found["id"], f"{what}: this id is given to an earlier frame")
        if frame_id is not None:
            seen.add(frame_id)
        texts = {
            key: self.scalar(found.get(key), f"{what}: {key}")
            for key in ("label", "definition", "include", "exclude")
        }
        examples = [
            self.scalar(item, f"{what}: example")
            for item in self.items(found.get("examples"), 2, f"{what}: examples")
        ]
        # One memory for both lists: a term that counts and does not count is a fault as well.
        known: dict[object, str] = {}
        # What is left when nothing else fits has no words of its own: `terms: []` says so.
        least = 0 if frame_id == RESIDUAL else 1
        terms = self.terms(found.get("terms"), least, f"{what}: terms", known)
        not_terms = self.terms(found.get("not_terms"), 0, f"{what}: not_terms", known)
        return Frame(
            id=frame_id or "",
            **{key: text or "" for key, text in texts.items()},
            examples=tuple(example or "" for example in examples),
            terms=tuple(terms),
            not_terms=tuple(not_terms),
        )

    def terms(
        self, node: yaml.Node | None, at_least: int, what: str, known: dict[object, str]
    ) -> list[Term]:
        terms: list[Term] = []
        for item in self.items(node, at_least, what):
            term = self.term(item, what)
            if term is None:
                continue
            try:
                pattern = parse_term(term)
            except ValueError as error:
                self.fault(item, f"{what}: {error}")
                continue
            key = (pattern.parts, pattern.case)
            if key in known:
                self.fault(item, f"{what}: {term.text!r} repeats {known[key]}")
            known.setdefault(key, f"{term.text!r} of line {item.start_mark.line + 1}")
            terms.append(term)
        return terms

    def term(self, node: yaml.Node, what: str) -> Term | None:
        if not isinstance(node, yaml.MappingNode):
            text = self.scalar(node, what)
            return None if text is None else Term(text)
        found = self.mapping(node, _TERM_KEYS, ("case", "gap"), what)
        if found is None:
            return None
        text = self.scalar(found.get("term"), f"{what}: term")
        case = self.scalar(found.get("case"), f"{what}: case") or "false"
        if case.lower() not in ("true", "false"):
            self.fault(found["case"], f"{what}: case: expected true or false, found {case!r}")
        gap = self.scalar(found.get("gap"), f"{what}: gap") or str(GAP)
        if not re.fullmatch(r"[0-9]{1,2}", gap) or int(gap) > MAX_GAP:
            self.fault(found["gap"], f"{what}: gap: expected 0 to {MAX_GAP}, found {gap!r}")
            return None
        return None if text is None else Term(text, case.lower() == "true", int(gap))
