"""Codebooks: frames as data, and the matcher that finds their terms in a text.

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
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import accumulate
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import ahocorasick
import yaml

from coverage_research.schema import COUNT, TEXT, CoverageError, from_rows
from coverage_research.text import BREAK, Token, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

Overlap = Literal["codebook", "frame"]

#: Tokens that the gap of a term may hold unless the term says otherwise.
GAP: Final = 5
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
_GAP_MARK: Final = re.compile(r"\s*(?:\.{3}|\u2026)\s*")
_MIN_PREFIX: Final = 2

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
class Term:
    """A term of a frame.

    Parameters
    ----------
    text : str
        As written in the codebook.
    case : bool
        Whether the case of the letters must be that of `text`.
    gap : int
        Tokens that each `...` may stand for, at most.
    """

    text: str
    case: bool = False
    gap: int = GAP


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
        definition, include, exclude, examples (two or more), terms and, if needed, not_terms.

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
    path = Path(name_or_path)
    if not path.is_file():
        known = codebook_names()
        what = f"neither a file nor a codebook of the package ({', '.join(known)})"
        raise CodebookError(repr(name), [(0, what + _meant(name, known))])
    with path.open("rb") as stream:
        return _checked(stream.read(MAX_BYTES + 1), name)


def codebook_table(codebook: Codebook | str | Path) -> pd.DataFrame:
    """A codebook as a table, for reading, for coders and for an appendix.

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
    """The codebook itself, or the one of that name or path."""
    return codebook if isinstance(codebook, Codebook) else load_codebook(codebook)


def _meant(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def _checked(raw: bytes, where: str) -> Codebook:
    """The codebook in the bytes of a file."""
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
    if mark is not None:
        return mark.line + 1, f"not valid YAML: {getattr(error, 'problem', None) or error}"
    position = getattr(error, "position", None)
    line = content.count("\n", 0, position) + 1 if isinstance(position, int) else 0
    return line, f"not valid YAML: {getattr(error, 'reason', None) or error}"


def _bounded(content: str) -> tuple[int, str] | None:
    """What makes a file unsafe to compose; looked for in the events, which never nest."""
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
                self.fault(key_node, f"{what}: unknown key {key!r}{_meant(key, keys)}")
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
        terms = self.terms(found.get("terms"), 1, f"{what}: terms", known)
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
                pattern = _pattern(term)
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


# Terms as patterns --------------------------------------------------------------------------------


class _Part(NamedTuple):
    """Tokens in a row, of which the last may be a prefix, and the gap allowed before them."""

    forms: tuple[str, ...]
    cased: tuple[str, ...]
    prefix: bool
    gap: int

    @property
    def key(self) -> str:
        """The part as it stands in a string of tokens that each have a space before them."""
        return " " + " ".join(self.forms) + ("" if self.prefix else " ")


class _Pattern(NamedTuple):
    parts: tuple[_Part, ...]
    case: bool

    @property
    def n_tokens(self) -> int:
        return sum(len(part.forms) for part in self.parts)

    @property
    def n_letters(self) -> int:
        return sum(len(form) for part in self.parts for form in part.forms)


def _pattern(term: Term) -> _Pattern:
    """The parts of a term; ValueError says what is wrong with it."""
    parts: list[_Part] = []
    for number, stretch in enumerate(_GAP_MARK.split(term.text)):
        if not stretch:
            raise ValueError(f"{term.text!r}: words are needed on both sides of a gap")
        gap = term.gap if number else 0
        forms: list[str] = []
        cased: list[str] = []
        for piece in stretch.split():
            prefix = piece.endswith("*")
            if "*" in piece[:-1]:
                raise ValueError(f"{term.text!r}: * stands at the end of a word only")
            found = tokens(piece.removesuffix("*"))
            if not found or (prefix and len(found[-1].form) < _MIN_PREFIX):
                least = f"at least {_MIN_PREFIX} letters" if prefix else "letters or digits"
                raise ValueError(f"{term.text!r}: {piece!r} needs {least}")
            forms += [token.form for token in found]
            cased += [_cased(token.form, token.text) for token in found]
            if prefix:
                parts.append(_Part(tuple(forms), tuple(cased), True, gap))
                forms, cased, gap = [], [], 0
        if forms:
            parts.append(_Part(tuple(forms), tuple(cased), False, gap))
    shown = tuple(part if term.case else part._replace(cased=part.forms) for part in parts)
    return _Pattern(shown, term.case)


def _cased(form: str, shown: str) -> str:
    """A token with the case that it has in the text: `U.S.` is `US`, not `us`."""
    straight = shown.replace("\u2019", "'")
    return straight if straight.lower() == form else shown.replace(".", "")


# Matching -----------------------------------------------------------------------------------------


_PARAGRAPH: Final = re.compile(r"\n\s*\n")
_RUN: Final = re.compile(r"\n\s*\n|\S+")


class Hit(NamedTuple):
    """A term found in a text: text[start:end] == match."""

    start: int
    end: int
    match: str
    frame: str
    term: str


class _Rule(NamedTuple):
    """A pattern and what it speaks for."""

    pattern: _Pattern
    frame: int
    term: str
    counts: bool  # False: on the frame's exclusion list


class _Found(NamedTuple):
    """A match in tokens: first and last."""

    first: int
    last: int
    rule: int


class _Sizes(dict[str, int]):
    """Number of tokens in each run."""

    def __init__(self, chunks: _Chunks) -> None:
        super().__init__()
        self._chunks = chunks

    def __missing__(self, chunk: str) -> int:
        size = self[chunk] = self._chunks[chunk].count(" ")
        return size


class _Chunks(dict[str, str]):
    """Tokens of a run of signs without white space, each behind a space; remembered.

    No token reaches across white space, so a text is the sum of its runs, and since most runs come
    back again and again, looking them up is many times faster than taking each text apart.
    """

    limit: Final = 200_000

    def __init__(self) -> None:
        super().__init__()
        self.sizes = _Sizes(self)

    def __missing__(self, chunk: str) -> str:
        joined = "".join([" " + token.form for token in tokens(chunk, breaks=True)])
        if len(self) >= self.limit:
            self.clear()
            self.sizes.clear()
        self[chunk] = joined
        return joined


class _Taken(dict[str, list[Token]]):
    """Tokens of the runs in which matches begin or end; remembered, since terms come back."""

    limit: Final = 20_000

    def __missing__(self, chunk: str) -> list[Token]:
        found = tokens(chunk, breaks=True)
        if len(self) >= self.limit:
            self.clear()
        self[chunk] = found
        return found


class _Places:
    """Where the tokens of a text stand, by number; only the runs asked for are taken apart."""

    def __init__(self, text: str, chunks: _Chunks, taken: _Taken) -> None:
        self._taken = taken
        self._runs = text.split()
        n_runs = len(self._runs)
        if len(text) - sum(map(len, self._runs)) == n_runs - 1:
            # One white space between runs and no other: the lengths say where each run starts.
            before = accumulate(map(len, self._runs[:-1]), initial=0)
            self._starts = list(map(add, before, range(n_runs)))
            self._upto = list(accumulate(map(chunks.sizes.__getitem__, self._runs)))
            return
        found = list(_RUN.finditer(text))
        self._runs = [run.group() for run in found]
        self._starts = [run.start() for run in found]
        self._upto = list(
            accumulate(1 if run[0].isspace() else chunks.sizes[run] for run in self._runs)
        )

    def span(self, number: int) -> tuple[int, int]:
        """Start and end of a token."""
        at = bisect_right(self._upto, number)
        token = self._taken[self._runs[at]][number - (self._upto[at - 1] if at else 0)]
        return self._starts[at] + token.start, self._starts[at] + token.end


class _Uses(NamedTuple):
    """What a key of the automaton stands for."""

    inner: int  # spaces inside the key: its tokens less one
    length: int
    whole: tuple[int, ...]  # rules of which it is all
    opens: tuple[int, ...]  # rules of which it is the first part
    later: dict[int, tuple[int, ...]]  # rules of which it is a later part, and which


#: A part of a term that was found: first and last token, start and end in the joined string.
_Piece = tuple[int, int, int, int]


class Matcher:
    """Finds the terms of a codebook in texts, many at a time.

    Rules
    -----
    Of matches that overlap the one with most tokens wins (a gap does not count), then the one that
    starts first, then the one with more letters of its own, then the one listed first. With
    `overlap="codebook"` this holds among all frames, so that a passage speaks for one frame; with
    `overlap="frame"` within each frame only. A match that touches an excluded span of its frame
    does not count, unless it is longer and contains it.

    Parameters
    ----------
    codebook : Codebook
        What to look for.
    overlap : {"codebook", "frame"}
        Among which matches the longest wins.

    References
    ----------
    Aho, A. V. & Corasick, M. J. (1975). Efficient string matching: an aid to bibliographic search.
    *Communications of the ACM* 18(6), 333-340.

    Examples
    --------
    >>> matcher = Matcher(load_codebook("ai_hardware"))
    >>> [(hit.match, hit.frame) for hit in matcher.find("New export controls upset the race.")]
    [('export controls', 'containment'), ('race', 'race')]
    """

    def __init__(self, codebook: Codebook, *, overlap: Overlap = "codebook") -> None:
        if overlap not in ("codebook", "frame"):
            raise ValueError(f"overlap: expected 'codebook' or 'frame'; found {overlap!r}")
        self.codebook = codebook
        self.overlap = overlap
        self._frames = [frame.id for frame in codebook.frames]
        self._rules = [
            _Rule(_pattern(term), number, term.text, counts)
            for number, frame in enumerate(codebook.frames)
            for counts, terms in ((True, frame.terms), (False, frame.not_terms))
            for term in terms
        ]
        self._excluding = any(not rule.counts for rule in self._rules)
        self._cased = any(rule.pattern.case for rule in self._rules)
        users: dict[str, list[tuple[int, int]]] = {}
        for number, rule in enumerate(self._rules):
            for position, part in enumerate(rule.pattern.parts):
                users.setdefault(part.key, []).append((number, position))
        self._automaton = ahocorasick.Automaton()
        for key, uses in users.items():
            self._automaton.add_word(key, self._uses(key, uses))
        if users:
            self._automaton.make_automaton()
        self._chunks = _Chunks()
        self._taken = _Taken()

    def find(self, text: str) -> list[Hit]:
        """Matches in a text that count, in the order of their start."""
        if not self._rules:
            return []
        joined = self._joined(text)
        found = self._found(joined, text)
        if not found:
            return []
        if self._excluding:
            found = self._included(found)
        kept = self._longest(found)
        places = _Places(text, self._chunks, self._taken)
        hits = []
        for first, last, number in kept:
            start, end = places.span(first)
            if last > first:
                end = places.span(last)[1]
            rule = self._rules[number]
            hits.append(Hit(start, end, text[start:end], self._frames[rule.frame], rule.term))
        return hits

    def _joined(self, text: str) -> str:
        """The token forms of a text, breaks among them, each behind a space."""
        look_up = self._chunks.__getitem__
        if "\n" in text:
            pieces = _PARAGRAPH.split(text)
            return f" {BREAK}".join("".join(map(look_up, part.split())) for part in pieces) + " "
        return "".join(map(look_up, text.split())) + " "

    def _uses(self, key: str, uses: list[tuple[int, int]]) -> _Uses:
        parts = {number: len(self._rules[number].pattern.parts) for number, _ in uses}
        later: dict[int, tuple[int, ...]] = {}
        for number, position in uses:
            if position:
                later[number] = (*later.get(number, ()), position)
        return _Uses(
            inner=key.count(" ", 0, -1) - 1,
            length=len(key),
            whole=tuple(number for number, _ in uses if parts[number] == 1),
            opens=tuple(number for number, at in uses if parts[number] > 1 and not at),
            later=later,
        )

    def _found(self, joined: str, text: str) -> list[_Found]:
        """Every match of every term, whether it counts or not."""
        found: list[_Found] = []
        open_rules: dict[int, dict[int, list[_Piece]]] = {}
        seen = at = 0
        for end, (inner, length, whole, opens, later) in self._automaton.iter(joined):
            # The number of spaces before a place in the string is the number of its token.
            seen += joined.count(" ", at, end)
            at = end
            last = seen - 1
            first = last - inner
            if whole:
                found += [_Found(first, last, number) for number in whole]
            if later and open_rules:
                for number, pieces in open_rules.items():
                    for position in later.get(number, ()):
                        piece = (first, last, end - length + 1, end)
                        pieces.setdefault(position, []).append(piece)
            for number in opens:
                piece = (first, last, end - length + 1, end)
                open_rules.setdefault(number, {}).setdefault(0, []).append(piece)
        for number, pieces in open_rules.items():
            parts = self._rules[number].pattern.parts
            if len(pieces) == len(parts):
                found += [
                    _Found(first, last, number) for first, last in _bridged(parts, pieces, joined)
                ]
        if self._cased and any(self._rules[match.rule].pattern.case for match in found):
            places = tokens(text, breaks=True)
            found = [match for match in found if self._has_case(match, places)]
        return found

    def _has_case(self, match: _Found, places: list[Token]) -> bool:
        """Whether a match has the case that its term asks for."""
        pattern = self._rules[match.rule].pattern
        if not pattern.case:
            return True
        shown = [_cased(token.form, token.text) for token in places[match.first : match.last + 1]]
        return _in_case(pattern.parts, shown)

    def _included(self, found: list[_Found]) -> list[_Found]:
        """The matches that count, without those that an exclusion list takes out."""
        rules = self._rules
        barred = [match for match in found if not rules[match.rule].counts]
        kept = [match for match in found if rules[match.rule].counts]
        if not barred:
            return kept
        by_frame: dict[int, list[_Found]] = {}
        for match in barred:
            by_frame.setdefault(rules[match.rule].frame, []).append(match)
        return [
            match
            for match in kept
            if not any(
                _touches(match, bar) and not _exceeds(match, bar)
                for bar in by_frame.get(rules[match.rule].frame, ())
            )
        ]

    def _longest(self, found: list[_Found]) -> list[_Found]:
        """Matches left when of those that overlap only the longest stays, in order."""
        if len(found) > 1:
            rules = self._rules
            found = sorted(
                found,
                key=lambda match: (
                    -rules[match.rule].pattern.n_tokens,
                    match.first,
                    match.last,
                    -rules[match.rule].pattern.n_letters,
                    match.rule,
                ),
            )
            taken: dict[int, set[int]] = {}
            kept = []
            for match in found:
                frame = -1 if self.overlap == "codebook" else rules[match.rule].frame
                used = taken.setdefault(frame, set())
                covered = range(match.first, match.last + 1)
                if used.isdisjoint(covered):
                    used.update(covered)
                    kept.append(match)
            found = sorted(kept)
        return found


@lru_cache(maxsize=8)
def matcher(codebook: Codebook, overlap: Overlap = "codebook") -> Matcher:
    """The matcher of a codebook, compiled once.

    Examples
    --------
    >>> book = load_codebook("ai_hardware")
    >>> matcher(book) is matcher(book)
    True
    """
    return Matcher(codebook, overlap=overlap)


def _touches(one: _Found, other: _Found) -> bool:
    return one.first <= other.last and other.first <= one.last


def _exceeds(one: _Found, other: _Found) -> bool:
    """Whether the first is longer than the second and contains it."""
    return (
        one.first <= other.first
        and other.last <= one.last
        and one.last - one.first > other.last - other.first
    )


def _bridged(
    parts: tuple[_Part, ...], pieces: dict[int, list[_Piece]], joined: str
) -> list[tuple[int, int]]:
    """First and last token of each shortest stretch that holds all parts in order."""
    stretches = {(piece[0], piece[1], piece[3]) for piece in pieces[0]}
    for position, part in enumerate(parts[1:], 1):
        following = pieces[position]
        further: set[tuple[int, int, int]] = set()
        for first, before, place in stretches:
            at = bisect_left(following, (before + 1,))
            while at < len(following) and following[at][0] <= before + part.gap + 1:
                _, last, start, end = following[at]
                at += 1
                if joined.find(BREAK, place, start) < 0:
                    further.add((first, last, end))
        stretches = further
    reach = [(first, last) for first, last, _ in stretches]
    # Of stretches that end together the last to start is the shortest, and likewise the other way.
    by_end: dict[int, int] = {}
    for first, last in reach:
        by_end[last] = max(first, by_end.get(last, first))
    by_start: dict[int, int] = {}
    for last, first in by_end.items():
        by_start[first] = min(last, by_start.get(first, last))
    return sorted(by_start.items())


def _in_case(parts: tuple[_Part, ...], shown: list[str]) -> bool:
    """Whether the parts stand in the tokens, in order, from the first to the last of them."""

    def fits(part: _Part, at: int) -> bool:
        here = shown[at : at + len(part.cased)]
        if len(here) < len(part.cased):
            return False
        *whole, end = zip(here, part.cased, strict=True)
        same = end[0].startswith(end[1]) if part.prefix else end[0] == end[1]
        return same and all(token == wanted for token, wanted in whole)

    reach = {0} if fits(parts[0], 0) else set()
    ends = {at + len(parts[0].cased) for at in reach}
    for part in parts[1:]:
        ends = {
            at + len(part.cased)
            for end in ends
            for at in range(end, end + part.gap + 1)
            if fits(part, at)
        }
    return len(shown) in ends
