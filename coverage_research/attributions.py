"""Attributions: who is said to have said what, by rule.

An attribution has a source (who), a cue (the word that says so) and a content (what). The words are
in `cues.yaml`; there is no parser and no model. A pronoun stays a pronoun: nobody is looked up.
"""

from __future__ import annotations

import functools
import importlib.resources
import itertools
import re
from bisect import bisect_left, bisect_right
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from coverage_research.noun_phrases import is_headline
from coverage_research.schema import (
    COUNT,
    FLAG,
    SPAN,
    TEXT,
    TEXT_FIELDS,
    WHOLE,
    SchemaError,
    carry,
    from_rows,
    require_columns,
)
from coverage_research.text import Token, sentences, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

#: Columns of `find_attributions`.
ATTRIBUTIONS: Final = {
    **SPAN,
    "source_start": WHOLE,
    "source_end": WHOLE,
    "source": TEXT,
    "cue_start": COUNT,
    "cue_end": COUNT,
    "cue": TEXT,
    "cue_lemma": TEXT,
    "strength": TEXT,
    "form": TEXT,
    "is_named": FLAG,
    "source_kind": TEXT,
    "continues": FLAG,
}
#: Words that a subject may have; one look back is never longer.
_REACH: Final = 30
#: Words between a verb of saying and the quotation that it opens.
_BETWEEN: Final = 14
#: Characters of the title of a work, with its marks.
_TITLE: Final = 80
#: Words of a subject that ends its sentence.
_NOUN: Final = 9
#: Share of the words between quotation marks from which a content is direct speech.
_DIRECT: Final = 0.8
#: Words from which a quotation without a cue of its own is speech, not a name or a scare quote.
_SPEECH: Final = 3

_QUOTE: Final = re.compile(r"[\"\u201c\u201d]|''|\n[^\S\n]*\n")
#: What a headline has between single quotation marks.
_SINGLE: Final = re.compile(r"(?<!\S)['\u2018](?=\S)[^\u2018\n]{1,300}?(?<=\S)['\u2019](?!\w)")
_STOPS: Final = re.compile(r"[,;:()\u2014\u2013\u2015\n\"\u201c\u201d]|--|''|[!?](?=\s)")
_COLON: Final = re.compile(r"['\u2019\"\u201d]?(?::|\s+[-\u2013\u2014|]\s)")
_EDGE: Final = " \t\r\n\u00a0,;:.-\u2014\u2013\u2015\u200b"


#: Start and end of a stretch of characters.
_Span: TypeAlias = tuple[int, int]


class _Cue(NamedTuple):
    """What is known of a form of a verb."""

    lemma: str
    group: str  # say, stance or show
    strength: str
    shape: str  # base, third, past or ing


class _Unit(NamedTuple):
    """A sentence, not cut inside a quotation: characters, and its words from first to last."""

    start: int
    end: int
    first: int
    last: int  # one behind


class _Verb(NamedTuple):
    """A cue verb in its sentence, from the first word of its group, and the word behind it."""

    unit: _Unit
    first: int
    at: int
    cue: _Cue
    group: frozenset[str]  # auxiliaries and adverbs
    follows: str  # empty where a sign stands between

    @property
    def is_participle(self) -> bool:
        return self.cue.shape == "ing" and _listed("passive").isdisjoint(self.group)


class _Found(NamedTuple):
    """An attribution: spans of its content, source and cue; the verb's lemma and strength."""

    content: list[_Span]
    source: _Span | None
    cue: _Span
    lemma: str
    strength: str


def find_attributions(
    articles: pd.DataFrame, *, fields: Sequence[str] = TEXT_FIELDS, progress: bool = True
) -> pd.DataFrame:
    """Find who is said to have said or thought what.

    Direct speech between straight or curly quotation marks, indirect speech before or behind its
    verb, `according to`, and headlines with a colon. A few words between quotation marks without
    a cue, such as titles and scare quotes, are no attribution.

    Parameters
    ----------
    articles : DataFrame
        With article_id and at least one of the fields.
    fields : sequence of str
        Where to look, of title, excerpt and body; those that `articles` lacks are passed over.
    progress : bool
        Show a bar when it takes more than two seconds.

    Returns
    -------
    DataFrame, one row per attribution, by article, field and place; where a cue divides what was
    said, each further part has a row that `continues` the one with the same cue. Columns:
    article_id, field, start, end and match of the content (characters, text[start:end] == match);
    source_start, source_end, source (missing where nobody is named); cue_start, cue_end, cue,
    cue_lemma; strength of the cue (`neutral`, `assertive` or `doubting`); form (`direct`,
    `indirect` or `partial`, which mixes both); is_named (whether the source has a proper name);
    source_kind (`named`, `nominal`, `pronoun` or `none`); continues.

    Raises
    ------
    SchemaError
        If columns are missing or a field is none of the three.

    References
    ----------
    Newell, E., Margolin, D. & Ruths, D. (2018). An attribution relations corpus for political
    news. *LREC 2018*.
    Pareti, S. (2016). PARC 3.0: a corpus of attribution relations. *LREC 2016*.

    Examples
    --------
    >>> import pandas as pd
    >>> text = '"We are hiring," said Ann Lee. Critics warned that it was late.'
    >>> articles = pd.DataFrame({"article_id": ["a"], "body": [text]})
    >>> found = find_attributions(articles)
    >>> found[["source", "cue", "match", "form"]].to_numpy().tolist()
    ... # doctest: +NORMALIZE_WHITESPACE
    [['Ann Lee', 'said', '"We are hiring,"', 'direct'],
     ['Critics', 'warned', 'that it was late', 'indirect']]
    """
    from tqdm.auto import tqdm

    wrong = [field for field in fields if field not in TEXT_FIELDS]
    if wrong:
        raise SchemaError(
            f"fields: expected {', '.join(TEXT_FIELDS)}; found {', '.join(map(repr, wrong))}"
        )
    require_columns(articles, ["article_id"], "articles")
    present = [field for field in dict.fromkeys(fields) if field in articles.columns]
    if not present:
        require_columns(articles, fields, "articles")
    used = articles.drop_duplicates("article_id")
    rows: list[tuple[object, ...]] = []
    columns = [used[name].tolist() for name in ("article_id", *present)]
    bar = tqdm(
        zip(*columns, strict=True),
        total=len(used),
        unit=" articles",
        desc="attributing",
        delay=2,
        disable=not progress,
    )
    for article_id, *texts in bar:
        for field, text in zip(present, texts, strict=True):
            if isinstance(text, str) and text:
                rows += [(article_id, field, *row) for row in _rows(text, field == "title")]
    return carry(from_rows(rows, ATTRIBUTIONS), articles)


# Lists --------------------------------------------------------------------------------------------


@functools.cache
def _data() -> Mapping[str, Any]:
    """The file of word lists that the package ships."""
    import yaml

    text = importlib.resources.files(__package__).joinpath("cues.yaml").read_text("utf-8")
    return MappingProxyType(yaml.safe_load(text))


@functools.cache
def _listed(name: str) -> frozenset[str]:
    """Words of a list."""
    return frozenset(_data()[name].split())


@functools.cache
def _verbs() -> dict[str, _Cue]:
    """Forms of the cue verbs."""
    irregular = {line.split()[0]: line.split()[1:] for line in _data()["irregular"].splitlines()}
    forms: dict[str, _Cue] = {}
    for group, strengths in _data()["verbs"].items():
        for strength, lemmas in strengths.items():
            for lemma in lemmas.split():
                third, past, participle, ing = irregular.get(lemma) or _inflected(lemma)
                shapes = {"base": lemma, "third": third, "ing": ing, "past": past}
                for shape, form in shapes.items():
                    forms.setdefault(form, _Cue(lemma, group, strength, shape))
                forms.setdefault(participle, _Cue(lemma, group, strength, "past"))
    return {form: cue for form, cue in forms.items() if form not in _listed("no_cues")}


@functools.cache
def _followed() -> dict[str, list[str]]:
    """Words of which one must follow a verb, by its lemma."""
    lines = [line.split() for line in _data()["followed"].splitlines()]
    return {line[0]: line[1:] for line in lines}


def _inflected(lemma: str) -> list[str]:
    """Third person, past, participle and -ing form of a regular verb."""
    stem = lemma.removesuffix("e")
    ending = "es" if lemma.endswith(("s", "sh", "ch", "x", "z")) else "s"
    return [lemma + ending, stem + "ed", stem + "ed", stem + "ing"]


@functools.cache
def _phrases() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Phrases before a source, by their first word: all words, and the strength."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for strength, lines in _data()["phrases"].items():
        for line in lines.splitlines():
            parts = tuple(line.split())
            found.setdefault(parts[0], []).append((parts, strength))
    return found


# Texts --------------------------------------------------------------------------------------------


class _Text:
    """A text taken apart into words, quotations and sentences."""

    def __init__(self, text: str, *, is_title: bool) -> None:
        self.text = text
        self.words: list[Token] = tokens(text)
        self.starts = [word.start for word in self.words]
        self.quotes = _quotations(text)
        if is_title and not self.quotes:
            self.quotes = [found.span() for found in _SINGLE.finditer(text)]
        self.quote_starts = [start for start, _ in self.quotes]
        self.inside = self._inside()
        self.n_inside = [0, *itertools.accumulate(self.inside)]
        self.units = self._units()
        self.opening = {unit.first for unit in self.units}
        self.names = {
            word.form
            for at, word in enumerate(self.words)
            if word.text[0].isupper() and at not in self.opening
        }

    def gap(self, at: int) -> str:
        """What stands before a word, up to the word before it."""
        start = self.words[at - 1].end if at else 0
        end = self.words[at].start if at < len(self.words) else len(self.text)
        return self.text[start:end] if end - start <= 40 else self.text[start : start + 40]

    def any_inside(self, first: int, last: int) -> bool:
        """Whether any of some words stands in a quotation."""
        return last > first and self.n_inside[last] > self.n_inside[first]

    def lower(self, at: int) -> str:
        return self.words[at].form if 0 <= at < len(self.words) else ""

    def _inside(self) -> list[bool]:
        """Whether each word stands in a quotation."""
        inside = [False] * len(self.words)
        for start, end in self.quotes:
            for at in range(bisect_left(self.starts, start), bisect_left(self.starts, end)):
                inside[at] = True
        return inside

    def _units(self) -> list[_Unit]:
        units: list[_Unit] = []
        begin = None
        for start, end in sentences(self.text):
            begin = start if begin is None else begin
            if self.quote_at(end - 1) is not None and self.quote_at(end) is not None:
                continue
            units.append(self._unit(begin, end))
            begin = None
        if begin is not None:
            units.append(self._unit(begin, len(self.text.rstrip())))
        return [unit for unit in units if unit.first < unit.last]

    def _unit(self, start: int, end: int) -> _Unit:
        return _Unit(start, end, bisect_left(self.starts, start), bisect_left(self.starts, end))

    def quote_at(self, place: int) -> int | None:
        """Number of the quotation that a character belongs to, its marks included."""
        number = bisect_right(self.quote_starts, place) - 1
        return number if number >= 0 and place < self.quotes[number][1] else None

    def trim(self, start: int, end: int) -> _Span | None:
        """A stretch without white space and signs at its ends; None if no word is left."""
        while start < end and self.text[start] in _EDGE:
            start += 1
        while end > start and self.text[end - 1] in _EDGE:
            end -= 1
        first = bisect_left(self.starts, start)
        if first >= len(self.words) or self.words[first].start >= end:
            return None
        return start, end


def _quotations(text: str) -> list[_Span]:
    """Start and end of what stands between double quotation marks, the marks included.

    A quotation ends with its paragraph at the latest, so that one mark too many or too few spoils
    one paragraph only.
    """
    found = []
    start = None
    for match in _QUOTE.finditer(text):
        mark, at = match[0], match.start()
        if mark[0] == "\n":
            if start is not None:
                found.append((start, at))
            start = None
        elif start is None:
            before, behind = text[at - 1 : at], text[match.end() : match.end() + 1]
            if mark == "\u201c" or (mark != "\u201d" and behind.strip() and not before.isalnum()):
                start = at
        elif mark != "\u201c":
            found.append((start, match.end()))
            start = None
    if start is not None:
        found.append((start, len(text.rstrip())))
    return [(start, end) for start, end in found if start < end]


# Rows ---------------------------------------------------------------------------------------------


def _rows(text: str, is_title: bool) -> Iterator[tuple[object, ...]]:
    """Rows of a text without its article and field."""
    taken = _Text(text, is_title=is_title)
    spans = []
    for found in _attributions(taken, is_title):
        for number, (start, end) in enumerate(found.content):
            spans.append((start, end, number > 0, found))
    for start, end, continues, found in sorted(spans, key=lambda span: (*span[:2], span[3].cue)):
        source = text[found.source[0] : found.source[1]] if found.source else None
        kind = _kind(taken, found.source)
        yield (
            start,
            end,
            text[start:end],
            found.source[0] if found.source else None,
            found.source[1] if found.source else None,
            source,
            *found.cue,
            text[found.cue[0] : found.cue[1]],
            found.lemma,
            found.strength,
            _form(taken, start, end),
            kind == "named",
            kind,
            continues,
        )


def _form(taken: _Text, start: int, end: int) -> str:
    first, last = bisect_left(taken.starts, start), bisect_left(taken.starts, end)
    share = (taken.n_inside[last] - taken.n_inside[first]) / max(1, last - first)
    return "direct" if share >= _DIRECT else "partial" if share else "indirect"


def _kind(taken: _Text, source: _Span | None) -> str:
    """Whether a source is named, a noun or a pronoun."""
    if source is None:
        return "none"
    first, last = bisect_left(taken.starts, source[0]), bisect_left(taken.starts, source[1])
    own = taken.words[first:last]
    if len(own) == 1 and own[0].form in _listed("pronouns"):
        return "pronoun"
    for at, word in enumerate(own, first):
        if word.text[0].isupper() and _is_name(taken, at, alone=len(own) == 1):
            return "named"
    return "nominal"


def _is_name(taken: _Text, at: int, *, alone: bool) -> bool:
    """Whether a word with a capital is a name; that of a first word means little."""
    word = taken.words[at]
    if word.form in _listed("determiners") | _listed("speakers") | _listed("pronouns"):
        return False
    if at not in taken.opening or word.form in taken.names | _listed("agencies"):
        return True
    return alone and not word.form.endswith("s")


# Finding ------------------------------------------------------------------------------------------


def _attributions(taken: _Text, is_title: bool) -> list[_Found]:
    """All attributions of a text, each of whose three parts stand apart."""
    found: list[_Found] = []
    for number, unit in enumerate(taken.units):
        new = _of_unit(taken, unit)
        if is_title and not new:
            new = _of_colon(taken, unit)
        if found and not new and _goes_on(taken, unit, taken.units[number - 1], found[-1]):
            # Speech that goes on in a sentence or paragraph of its own.
            found[-1].content.append(_whole(taken, unit))
            continue
        found += new
    parts = [whole for one in found if (whole := _apart(taken, one)) is not None]
    return _outermost(parts)


def _outermost(found: list[_Found]) -> list[_Found]:
    """The attributions whose cue stands in no content of another one."""
    spans = sorted(span for one in found for span in one.content)
    starts = [start for start, _ in spans]
    ends: list[int] = []
    for _, end in spans:
        ends.append(max(end, ends[-1]) if ends else end)
    outer = []
    for one in found:
        number = bisect_right(starts, one.cue[0]) - 1
        if number < 0 or ends[number] <= one.cue[0]:
            outer.append(one)
    return outer


def _goes_on(taken: _Text, unit: _Unit, before: _Unit, last: _Found) -> bool:
    """Whether a sentence goes on with what the last attribution says."""
    if not last.content:
        return last.cue[0] >= before.start
    whole = unit.last - unit.first >= _SPEECH and all(taken.inside[unit.first : unit.last])
    near = before.start <= max(last.content[-1][1], last.cue[1])
    cue = _verbs().get(taken.text[last.cue[0] : last.cue[1]].split()[-1].lower())
    return whole and near and last.source is not None and (cue is None or cue.group == "say")


def _whole(taken: _Text, unit: _Unit) -> _Span:
    quote = taken.quote_at(taken.words[unit.first].start)
    start = unit.start if quote is None else min(unit.start, taken.quotes[quote][0])
    return start, unit.end


def _apart(taken: _Text, found: _Found) -> _Found | None:
    """The attribution with what overlaps source or cue left out; None if nothing is left."""
    taboo = [found.cue] + ([found.source] if found.source else [])
    if found.source and found.source[0] < found.cue[1] and found.cue[0] < found.source[1]:
        return None
    content = []
    for start, end in found.content:
        if end > start and all(end <= first or start >= last for first, last in taboo):
            content.append((start, end))
    return found._replace(content=content) if content else None


def _of_unit(taken: _Text, unit: _Unit) -> list[_Found]:
    """Attributions whose cue stands in a sentence."""
    found: list[_Found] = []
    subject: _Span | None = None  # of the last verb, which a participle shares
    cuts = _cuts(taken, unit)
    for at in range(unit.first, unit.last):
        if taken.inside[at]:
            continue
        form = taken.lower(at)
        if form in _phrases():
            one = _of_phrase(taken, unit, at)
        elif form in _verbs():
            one = _of_verb(taken, unit, at, subject, cuts)
        else:
            continue
        if one is not None:
            found.append(one)
            subject = one.source or subject
    return found


def _cuts(taken: _Text, unit: _Unit) -> list[int]:
    """Words at which what was said before ends: a further cue that the same speaker has."""
    cuts = []
    for at in range(unit.first + 1, unit.last):
        if taken.inside[at]:
            continue
        form = taken.lower(at)
        cue = _verbs().get(form)
        if form == "according" or (cue and cue.shape == "ing" and "," in taken.gap(at)):
            cuts.append(at)
        elif cue and cue.shape in ("past", "third") and taken.lower(at - 1) in ("and", "but"):
            cuts.append(at - 1)
    return cuts


def _of_phrase(taken: _Text, unit: _Unit, at: int) -> _Found | None:
    """An attribution by `according to`."""
    for parts, strength in _phrases()[taken.lower(at)]:
        behind = at + len(parts)
        if behind >= unit.last or any(
            taken.lower(at + number) != part for number, part in enumerate(parts)
        ):
            continue
        end = _phrase_end(taken, unit, behind)
        source = taken.trim(taken.words[behind].start, taken.words[end - 1].end)
        cue = (taken.words[at].start, taken.words[behind - 1].end)
        content = _earlier(taken, unit, cue[0])
        if not content or (end < unit.last and "," in taken.gap(end)):
            content += _later(taken, unit, end, unit.last)
        if source and content:
            return _Found(content, source, cue, " ".join(parts), strength)
    return None


def _of_verb(
    taken: _Text, unit: _Unit, at: int, shared: _Span | None, cuts: list[int]
) -> _Found | None:
    """An attribution by a verb, if the verb has a subject and something is said."""
    first = _group(taken, unit, at)
    follows = taken.lower(at + 1) if at + 1 < unit.last and not _stops(taken, at + 1) else ""
    group = frozenset(taken.lower(number) for number in range(first, at))
    verb = _Verb(unit, first, at, _verbs()[taken.lower(at)], group, follows)
    if _reports_nothing(taken, verb):
        return None
    span = (taken.words[first].start, taken.words[at].end)
    if _is_inverted(taken, verb):
        end = _phrase_end(taken, unit, at + 1)
        source = taken.trim(taken.words[at + 1].start, taken.words[end - 1].end)
        content = _earlier(taken, unit, span[0]) + _quoted_later(taken, unit, end)
        return _Found(content, source, span, verb.cue.lemma, verb.cue.strength)
    before, until = None, unit.last
    if verb.is_participle:
        source, until = _participle_subject(taken, unit, first, shared)
    else:
        source, before = _subject(taken, verb, shared)
    if source is None or _is_subordinate(taken, unit, source):
        return None
    if before is not None and _stands_behind(taken, verb, before):
        content = _earlier(taken, unit, taken.words[before].start)
        content += _quoted_later(taken, unit, at + 1)
    else:
        content = _content_behind(taken, verb, source, until, cuts)
    announced = at + 1 == unit.last and ":" in taken.gap(at + 1)
    if not content and not announced:
        return None
    return _Found(content, source, span, verb.cue.lemma, verb.cue.strength)


def _reports_nothing(taken: _Text, verb: _Verb) -> bool:
    """Whether the words around a verb show that nobody is said to have said or thought."""
    past = verb.cue.shape == "past"
    return (
        (past and not _listed("passive").isdisjoint(verb.group))
        or (past and verb.follows == "by")
        or (verb.first > verb.unit.first and taken.lower(verb.first - 1) == "to")
        or not _listed("modals").isdisjoint(verb.group)
        or verb.follows in _listed("not_behind")
        or verb.follows not in _followed().get(verb.cue.lemma, (verb.follows,))
        or (verb.cue.group == "stance" and verb.follows in _listed("not_behind_stance"))
    )


def _content_behind(
    taken: _Text, verb: _Verb, source: _Span, until: int, cuts: list[int]
) -> list[_Span]:
    """What is said behind a verb, up to the word `until` at most."""
    begin = _begin(taken, verb)
    at_comma = verb.cue.group != "say" or _is_dependent(taken, verb.unit, source)
    last = min(until, _last(taken, verb.unit, begin, cuts, at_comma=at_comma))
    if taken.any_inside(begin, last):
        if _is_title(taken, verb.at + 1, begin):
            return []
    elif verb.cue.lemma in _listed("quoting"):
        return []
    return _later(taken, verb.unit, begin, last)


def _group(taken: _Text, unit: _Unit, at: int) -> int:
    """First word of a verb with its auxiliaries and adverbs."""
    while at > unit.first and not _stops(taken, at) and not taken.inside[at - 1]:
        word = taken.lower(at - 1)
        if word not in _listed("auxiliaries") and not (
            word.endswith(("ly", "n't")) and word not in ("family", "ally", "only")
        ):
            break
        at -= 1
    return at


def _stops(taken: _Text, at: int) -> bool:
    """Whether a sign that divides clauses stands before a word."""
    return _STOPS.search(taken.gap(at)) is not None


def _is_inverted(taken: _Text, verb: _Verb) -> bool:
    """Whether the subject stands behind the verb: "...," said Ann Lee."""
    unit, first, behind = verb.unit, verb.first, verb.at + 1
    if (
        verb.cue.lemma not in _listed("inverted")
        or verb.cue.shape not in ("past", "third")
        or first == unit.first
        or not verb.follows
    ):
        return False
    if taken.inside[first - 1]:
        return taken.lower(behind) not in _listed("circumstances") | {"that"}
    if "," not in taken.gap(first) or first - unit.first < 3:
        return False
    return _ends_with_name(taken, unit, behind) or _ends_with_noun(taken, unit, first, behind)


def _ends_with_name(taken: _Text, unit: _Unit, at: int) -> bool:
    """Whether a name stands at a word, and nothing behind it that it could be the subject of."""
    first = at
    while at < unit.last and at - first < _REACH and taken.words[at].text[0].isupper():
        at += 1
        if at < unit.last and _stops(taken, at):
            return True
    return at > first and (at == unit.last or taken.lower(at) in _listed("behind_names"))


def _ends_with_noun(taken: _Text, unit: _Unit, first: int, behind: int) -> bool:
    """Whether a sentence ends with a noun phrase, and no apposition stands before the verb."""
    comma = first - 1
    while comma > unit.first and first - comma < _REACH and "," not in taken.gap(comma):
        comma -= 1
    apposed = _listed("determiners") | {"who", "which", "whose"}
    if comma > unit.first and taken.lower(comma) in apposed:
        return False
    if unit.last - behind > 2 * _NOUN:
        return False
    verbs = _listed("auxiliaries") | _listed("no_subjects") | {"it", "they", "there"}
    clause = any(taken.lower(at) in verbs for at in range(behind, unit.last))
    end = _phrase_end(taken, unit, behind)
    whole = end == unit.last or taken.lower(end) in _listed("prepositions")
    return whole and end - behind <= _NOUN and not clause


def _subject(taken: _Text, verb: _Verb, shared: _Span | None) -> tuple[_Span | None, int | None]:
    """What stands as subject before a verb, and its first word; (None, None) if nothing does."""
    first, head = verb.first, verb.first - 1
    word = taken.lower(head).split("'")[0]
    if first == verb.unit.first:
        return None, None
    if _stops(taken, first):
        return _before_sign(taken, verb.unit, first)
    if word in ("and", "but", "or"):
        return (shared if verb.cue.shape in ("past", "third") else None), None
    asks = word == "who" and head == verb.unit.first
    none = asks or word in _listed("no_subjects")
    if none or taken.inside[head] or not _agrees(taken, verb):
        return None, None
    if word not in _listed("pronouns"):
        return _noun_subject(taken, verb)
    return (taken.words[head].start, taken.words[head].start + len(word)), head


def _before_sign(taken: _Text, unit: _Unit, first: int) -> tuple[_Span | None, int | None]:
    """The subject before an apposition or what stands in brackets: Ann Lee (R-Ohio) said."""
    gap = taken.gap(first)
    if "," in gap:
        return _apposed(taken, unit, first)
    if gap.strip() != ")":
        return None, None
    for at in range(first - 1, max(unit.first, first - _BETWEEN), -1):
        if "(" in taken.gap(at):
            source, begin = _backwards(taken, unit, at)
            end = taken.words[first - 1].end + gap.index(")") + 1
            return (source[0], end) if source else None, begin
    return None, None


def _noun_subject(taken: _Text, verb: _Verb) -> tuple[_Span | None, int | None]:
    """The noun phrase before a verb, unless that is a noun itself."""
    head = verb.first - 1
    word = taken.words[head]
    possessor = "'s" in taken.gap(verb.first).replace("\u2019", "'")
    none = _listed("determiners") | _listed("prepositions") | _listed("boundaries")
    named = word.text[0].isupper() or word.form in _listed("speakers")
    if possessor or word.form in none or (taken.lower(verb.at) in _listed("nouns") and not named):
        return None, None
    source, begin = _backwards(taken, verb.unit, verb.first)
    if (
        begin is not None
        and begin > verb.unit.first
        and taken.lower(begin) in _listed("prepositions")
    ):
        # Ann Lee, a spokeswoman, on Sunday said ...
        return _apposed(taken, verb.unit, begin) if "," in taken.gap(begin) else (None, None)
    return source, begin


def _agrees(taken: _Text, verb: _Verb) -> bool:
    """Whether the number of the word before a verb fits its form."""
    if verb.first < verb.at or verb.cue.shape in ("past", "ing"):
        return True
    word = taken.words[verb.first - 1]
    plural = word.form.endswith("s") and not word.form.endswith("ss")
    if verb.cue.shape == "third":
        return word.form not in _listed("plurals") and (not plural or word.text[0].isupper())
    return plural or word.form in _listed("plurals") | {"who", "which"}


def _backwards(taken: _Text, unit: _Unit, last: int) -> tuple[_Span | None, int | None]:
    """The noun phrase that ends before a word."""
    first = last
    while first > unit.first and last - first < _REACH:
        word = taken.lower(first - 1)
        if (first < last and _stops(taken, first)) or word in _listed("boundaries"):
            break
        if word in ("and", "or", "but") and not _joins(taken, first, unit):
            break
        if taken.inside[first - 1]:
            break
        first -= 1
    while first < last and (
        taken.lower(first) in _listed("openers")
        or (taken.lower(first).endswith("ly") and not taken.words[first].text.istitle())
    ):
        first += 1
    if first == last:
        return None, None
    return (taken.words[first].start, taken.words[last - 1].end), first


def _joins(taken: _Text, behind: int, unit: _Unit) -> bool:
    """Whether `and` before a word stands between two names."""
    if behind - 2 < unit.first:
        return False
    names = (taken.words[behind].text[0].isupper(), taken.words[behind - 2].text[0].isupper())
    return all(names)


def _apposed(taken: _Text, unit: _Unit, first: int) -> tuple[_Span | None, int | None]:
    """The subject before an apposition: Ann Lee, a spokeswoman, said."""
    comma = first - 1
    while (
        comma > unit.first
        and first - comma < _REACH
        and ("," not in taken.gap(comma) or taken.lower(comma) in _listed("prepositions"))
    ):
        if "," not in taken.gap(comma) and (_stops(taken, comma) or taken.inside[comma]):
            return None, None
        comma -= 1
    if comma == unit.first or "," not in taken.gap(comma) or taken.inside[comma - 1]:
        return None, None
    source, begin = _backwards(taken, unit, comma)
    if source is None:
        return None, None
    clause = taken.lower(comma) in ("who", "which", "whose", "where", "when")
    return (source[0], source[1] if clause else taken.words[first - 1].end), begin


def _participle_subject(
    taken: _Text, unit: _Unit, first: int, shared: _Span | None
) -> tuple[_Span | None, int]:
    """Whose participle it is, and the word at which what it says ends at the latest."""
    word = taken.lower(first - 1) if first > unit.first else ""
    if first - unit.first <= 1 and (not word or word in _listed("boundaries") | {"in", "by"}):
        # While praising the plan, Ann Lee ...
        for at in range(first + 2, min(unit.last, first + _REACH)):
            if "," in taken.gap(at) and not taken.inside[at]:
                source = _opening(taken, unit, at, unit.last)
                if source is not None:
                    return source, at
        return None, unit.last
    if word not in _listed("prepositions") | _listed("boundaries"):
        if _stops(taken, first) or word in ("and", "but", "or"):
            return shared or _opening(taken, unit, _main(taken, unit, first), first), unit.last
        possessor = "'s" in taken.gap(first).replace("\u2019", "'")
        if not (possessor or word in _listed("determiners") or taken.inside[first - 1]):
            return _backwards(taken, unit, first)[0], unit.last
    return None, unit.last


def _main(taken: _Text, unit: _Unit, limit: int) -> int:
    """Where the main clause begins, behind what is set before it: In May, ..."""
    first = unit.first
    if taken.words[first].text.isupper() and len(taken.words[first].text) > 2:
        # LONDON (Wire) - ...
        for at in range(first + 1, min(limit, first + 8)):
            if re.search(r"--|[\u2013\u2014\u2015]|\) ?-", taken.gap(at)):
                first = at
                break
    if taken.lower(first) in _listed("prepositions") | _listed("boundaries"):
        for at in range(first + 1, min(limit, first + _REACH)):
            if "," in taken.gap(at):
                return at
    return first


def _opening(taken: _Text, unit: _Unit, first: int, limit: int) -> _Span | None:
    """The noun phrase that a clause begins with, as far as its words show it."""
    while first < limit and taken.lower(first) in _listed("openers"):
        first += 1
    if first >= limit or taken.inside[first]:
        return None
    last = first + 1
    if taken.lower(first) in _listed("prepositions") | _listed("boundaries"):
        return None
    if taken.lower(first) in _listed("determiners") and last < limit:
        last += 1
    while (
        taken.lower(first) not in _listed("pronouns")
        and last < min(limit, first + _REACH)
        and taken.words[last].text[0].isupper()
        and not _stops(taken, last)
    ):
        last += 1
    return taken.words[first].start, taken.words[last - 1].end


def _phrase_end(taken: _Text, unit: _Unit, first: int) -> int:
    """Where the noun phrase ends that begins with a word: number of the word behind it."""
    at = first + 1
    while at < unit.last and at - first < _REACH:
        if _stops(taken, at):
            apposed = "," in taken.gap(at) and taken.lower(at) in ("a", "an", "the", "who")
            if not apposed or at - first > 6 or taken.inside[at]:
                break
        elif taken.lower(at) in ("on", "in", "during", "when", "while", "as", "after", "that"):
            break
        at += 1
    return at


# Contents -----------------------------------------------------------------------------------------


def _stands_behind(taken: _Text, verb: _Verb, begin: int) -> bool:
    """Whether subject and verb stand behind what was said."""
    unit, behind = verb.unit, verb.at + 1
    if begin == unit.first or not _stops(taken, begin):
        return False
    gap = taken.gap(behind)
    opens = behind < unit.last and taken.inside[behind]
    if taken.inside[begin - 1]:
        return not (opens and not gap.strip(' "\u201c'))
    if verb.cue.group == "stance" or "," not in taken.gap(begin) or begin - unit.first < 3:
        return False
    if behind >= unit.last or (_stops(taken, behind) and not opens and ":" not in gap):
        return True
    # Exports would fall, Ann Lee said in a report.
    set_before = _listed("prepositions") | _listed("boundaries")
    return (
        verb.follows in _listed("circumstances")
        and taken.lower(unit.first) not in set_before
        and begin - unit.first > 4
        and not taken.any_inside(behind, unit.last)
        and "that"
        not in {taken.lower(at) for at in range(behind, min(unit.last, behind + _BETWEEN))}
    )


def _earlier(taken: _Text, unit: _Unit, end: int) -> list[_Span]:
    """What a sentence says before a place."""
    return _tidy(taken, unit.start, end)


def _later(taken: _Text, unit: _Unit, first: int, last: int) -> list[_Span]:
    """What a sentence says from one word up to another."""
    if first >= last:
        return []
    start = taken.words[first].start
    quote = taken.quote_at(start)
    if quote is not None and not taken.inside[first - 1 if first else 0]:
        start = max(unit.start, min(start, taken.quotes[quote][0]))
    end = taken.words[last - 1].end
    if last == unit.last:
        end = max(end, unit.end)
    else:
        own = taken.quote_at(end)
        if own is not None:
            end = min(taken.quotes[own][1], taken.words[last].start)
    return _tidy(taken, start, end)


def _quoted_later(taken: _Text, unit: _Unit, first: int) -> list[_Span]:
    """A quotation that goes on behind its cue in the same sentence."""
    for at in range(first, min(unit.last, first + _BETWEEN)):
        if taken.inside[at]:
            return _later(taken, unit, at, unit.last)
    return []


def _is_title(taken: _Text, behind: int, first: int) -> bool:
    """Whether a quotation right behind a verb is the title of a work."""
    if behind != first or not taken.inside[first] or set(taken.gap(first)) & set(",:"):
        return False
    quote = taken.quotes[taken.quote_at(taken.words[first].start) or 0]
    shown = taken.text[quote[0] : quote[1]]
    return len(shown) < _TITLE and shown[-2:-1] not in ".,!?" and is_headline(shown)


def _tidy(taken: _Text, start: int, end: int) -> list[_Span]:
    """A content without signs and white space at its ends, but with its quotation marks."""
    span = taken.trim(start, end)
    if span is None:
        return []
    return [span]


def _begin(taken: _Text, verb: _Verb) -> int:
    """First word of what is said behind a verb."""
    unit, first = verb.unit, verb.at + 1
    if first >= unit.last or taken.inside[first]:
        return first
    addresses = verb.cue.lemma in _listed("addressed")
    passes = verb.cue.group == "say" and taken.lower(first) in _listed("circumstances")
    if addresses or passes:
        for number in range(first, min(unit.last, first + _BETWEEN)):
            if taken.inside[number] or taken.lower(number) == "that":
                return number
    return _behind_addressee(taken, unit, first) if addresses else first


def _behind_addressee(taken: _Text, unit: _Unit, first: int) -> int:
    """The word behind whom a verb addresses: a noun or a name."""
    at = first + (taken.lower(first) in _listed("determiners"))
    limit = min(unit.last, at + _BETWEEN)
    while at + 1 < limit and all(word.text[0].isupper() for word in taken.words[at : at + 2]):
        at += 1
    return min(at + 1, unit.last)


def _last(taken: _Text, unit: _Unit, begin: int, cuts: list[int], *, at_comma: bool) -> int:
    """The word behind the last of what is said from a word on."""
    number = bisect_right(cuts, begin)
    last = cuts[number] if number < len(cuts) else unit.last
    if at_comma:
        for at in range(begin + 1, min(last, begin + 2 * _REACH)):
            if not taken.inside[at - 1] and not taken.inside[at] and _stops(taken, at):
                return at
    return last


def _is_subordinate(taken: _Text, unit: _Unit, source: tuple[int, int]) -> bool:
    """Whether a subject stands in a clause that states no fact by itself, as behind `if`."""
    at = bisect_left(taken.starts, source[0])
    return at > unit.first and taken.lower(at - 1) in _listed("unreal") and not _stops(taken, at)


def _is_dependent(taken: _Text, unit: _Unit, source: tuple[int, int]) -> bool:
    """Whether a subject is that of a relative clause, or of one before the main clause."""
    at = bisect_left(taken.starts, source[0])
    relative = taken.lower(at) in ("who", "which", "that")
    opens = at - 1 == unit.first and taken.lower(at - 1) in _listed("boundaries")
    return relative or opens


def _of_colon(taken: _Text, unit: _Unit) -> list[_Found]:
    """An attribution by a colon in a headline."""
    colons = [at for at in range(unit.first + 1, unit.last) if _COLON.match(taken.gap(at))]
    speakers = _listed("speakers") | _listed("agencies")
    for at in colons[:1] + colons[1:][-1:]:
        gap = taken.gap(at)
        colon = taken.words[at - 1].end + len(gap) - len(gap.lstrip(" '\u2019\"\u201d"))
        if unit.last - at <= 3 and taken.lower(unit.last - 1) in speakers:
            source = taken.trim(taken.words[at].start, unit.end)
            content = _tidy(taken, unit.start, colon)
        elif at - unit.first <= 4 and (taken.lower(at - 1) in speakers or taken.inside[at]):
            source = taken.trim(unit.start, colon)
            content = _later(taken, unit, at, unit.last)
        else:
            continue
        if source and content:
            return [_Found(content, source, (colon, colon + 1), ":", "neutral")]
    return []
