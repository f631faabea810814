"""What kind of source a passage stands on: official, company, expert, and so on, by rule.

The phrase that names a source is looked at alone. Its head noun decides by the terms of a
codebook; names decide by the gazetteer of the package; a bare name takes the type that a fuller
phrase of the same article has. Nothing is looked up elsewhere.
"""

from __future__ import annotations

import functools
import importlib.resources
import itertools
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from coverage_research.codebook import as_codebook
from coverage_research.identity import known_outlets
from coverage_research.matching import Matcher
from coverage_research.outlet_names import is_ordinary
from coverage_research.schema import (
    REAL,
    TEXT,
    TEXT_FIELDS,
    SchemaError,
    carry,
    conform,
    plain,
    require_columns,
)
from coverage_research.text import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from coverage_research.codebook import Codebook
    from coverage_research.text import Token

#: Columns that `source_type` adds.
TYPED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "source_type": TEXT,
        "source_name": TEXT,
        "type_confidence": REAL,
        "type_rule": TEXT,
        "type_term": TEXT,
    }
)
UNKNOWN: Final = "unknown"
#: Different phrases decided by each rule in one half of the news that the rules were written on,
#: and how many of these decisions were right when read. No rule is surer than its (right + 1) /
#: (read + 2); `docs/validity.md` has what the rules do in the half that was not read.
_READ: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "gazetteer": (80, 82),
        "head noun": (44, 53),
        "collective": (35, 35),
        "role before a name": (13, 13),
        "role and whom it serves": (13, 13),
        "apposition": (26, 31),
        "name and its body": (3, 3),
        "party and state": (1, 1),
        "name withheld": (6, 6),
        "earlier mention": (12, 15),
        "later mention": (3, 4),
        "former role": (1, 1),
    }
)
#: What `type_confidence` says of each rule.
CONFIDENCE: Final[Mapping[str, float]] = MappingProxyType(
    {rule: round((right + 1) / (read + 2), 2) for rule, (right, read) in _READ.items()}
)
#: Words of a phrase that are looked at; what names a source is shorter.
_LONGEST: Final = 60
_DEEPEST: Final = 3

_BREAK: Final = re.compile(r"[,;:()\[\]|\n\u2013\u2014\u2015]|\s-\s|--")
_PARTY: Final = re.compile(
    r"\(?\b[RDI]-\s?(?:[A-Z][A-Za-z]*\.?\s?)+|\b(?:Republican|Democrat)\s+of\s+[A-Z]"
)
_UNSEEN: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")
_DETERMINERS: Final = frozenset(
    "a an the this that these those his her its their our my your no any each every some another "
    "such several many few most more other certain both all one two three four five".split()
)
_PREPOSITIONS: Final = frozenset(
    "of in on at by for from with about to into over under against between during among inside "
    "within near behind outside across".split()
)
_RELATIVES: Final = frozenset("who whom whose which that where when".split())
#: Behind a place, by a hyphen: Beijing-based.
_TIED_ON: Final = frozenset("based backed born led made style".split())
_PRONOUNS: Final = frozenset("he she they we it i you this there".split())


class _Actor(NamedTuple):
    """A named actor: its canonical name, its type, and how its name counts."""

    name: str
    type: str
    kind: str  # actor, country, person
    alone: bool  # counts only as a whole name
    shown: str  # how an abbreviation or a word of the language must be written, else empty


class _Span(NamedTuple):
    """Words from first to one behind the last that a term or an actor stands on."""

    first: int
    last: int
    type: str
    term: str
    actor: _Actor | None


class _Decision(NamedTuple):
    """The type of a source, and why; `person` is the name that later mentions may use."""

    type: str = UNKNOWN
    name: str | None = None
    rule: str = "nothing tells"
    term: str | None = None
    person: tuple[str, ...] = ()


class _Lexicon(NamedTuple):
    """Small words and names of the gazetteer."""

    serving: frozenset[str]
    tying: frozenset[str]
    former: frozenset[str]
    courtesy: frozenset[str]
    particles: frozenset[str]
    participles: frozenset[str]
    quantifiers: frozenset[str]
    countries: frozenset[str]
    actors: Mapping[str, tuple[tuple[tuple[str, ...], _Actor], ...]]  # by first word, longest first


def source_type(
    attributions: pd.DataFrame,
    *,
    codebook: str | Path | Codebook = "source_types",
    outlets: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Say what kind of source each attribution has.

    Of the terms of the codebook that end with the head noun of the phrase the longest wins.
    Words that only say for whom somebody speaks (`spokesman`, `official`, `director`) take the
    type of whom they serve, if that is known. A withheld name (`people familiar with the matter`,
    `an official who asked not to be named`) makes a source anonymous, whatever else is said of it;
    is_named is a coordinate of its own. Who is said to have left an office is an expert. A bare
    name takes the type of a fuller phrase that names a source of the same article, unless two such
    phrases disagree. A pronoun stays unknown.

    Parameters
    ----------
    attributions : DataFrame
        From `find_attributions`.
    codebook : str, Path or Codebook
        Types as frames. Those that are called as in `source_types` are taken to mean the same, and
        known names have these types whatever the codebook. Names of one's own go there as terms
        with `case: true`.
    outlets : DataFrame, optional
        With outlet, outlet_name and aliases (joined by ' | '); the outlets file and the gazetteer
        of the package are used besides.

    Returns
    -------
    DataFrame, the rows and columns of `attributions` and behind them: source_type (a frame of the
    codebook, or `unknown`), source_name (canonical name of the actor in the gazetteer, missing if
    there is none), type_confidence (share of such decisions that were right when read, 0 to 1; 0
    where unknown), type_rule (which rule decided) and type_term (the term or name that did). All
    are missing where there is no source.

    Raises
    ------
    SchemaError
        If columns are missing, or `attributions` has one of the new columns.
    CodebookError
        If the codebook cannot be used.

    Notes
    -----
    The confidence is a property of the rule, measured on few sources by one reader, and not of the
    single row. Deciding needs the phrase only, so each different phrase is decided once.

    References
    ----------
    Sigal, L. V. (1973). *Reporters and Officials*. D. C. Heath.
    Gans, H. J. (1979). *Deciding What's News*. Pantheon.

    Examples
    --------
    >>> from coverage_research.attributions import find_attributions
    >>> text = (
    ...     "A spokesman for Nvidia said sales rose. Ann Lee, an analyst, said they fell. "
    ...     "Lee warned of a slump. People familiar with the matter said nothing would change."
    ... )
    >>> found = find_attributions(pd.DataFrame({"article_id": ["a"], "body": [text]}))
    >>> source_type(found)[["source_type", "type_rule", "type_term"]].values.tolist()
    ... # doctest: +NORMALIZE_WHITESPACE
    [['company', 'role and whom it serves', 'Nvidia'], ['expert', 'apposition', 'analyst'],
     ['expert', 'earlier mention', 'Ann Lee'], ['anonymous', 'name withheld', 'people familiar']]
    """
    needed = ("article_id", "field", "source_start", "source", "source_kind")
    require_columns(attributions, needed, "attributions (from find_attributions)")
    taken = [name for name in TYPED if name in attributions.columns]
    if taken:
        raise SchemaError(
            f"attributions: {', '.join(map(repr, taken))} would be overwritten; rename it first, "
            f"for instance to {taken[0] + '_before'!r}"
        )
    table = plain(attributions)
    has_source = np.array([isinstance(source, str) for source in table["source"]], dtype=bool)
    used = table.loc[has_source]
    pronoun = (used["source_kind"] == "pronoun").fillna(value=False).to_numpy(dtype=bool)
    is_name = (used["source_kind"] == "named").fillna(value=False).to_numpy(dtype=bool)
    phrases = list(zip(used["source"].tolist(), is_name.tolist(), strict=True))
    place = {phrase: at for at, phrase in enumerate(dict.fromkeys(phrases))}
    number = [place[phrase] for phrase in phrases]
    decider = _Decider(as_codebook(codebook), outlets)
    decided = decider.decide_all(list(place))
    result = [
        _Decision(rule="pronoun: not resolved", term=source) if alone else decided[at]
        for at, alone, source in zip(number, pronoun.tolist(), used["source"].tolist(), strict=True)
    ]
    _resolve(used, result)
    typed = pd.DataFrame(index=table.index)
    for name, values in (
        ("source_type", [one.type for one in result]),
        ("source_name", [one.name for one in result]),
        ("type_rule", [one.rule for one in result]),
        ("type_term", [one.term for one in result]),
    ):
        column = np.full(len(table), None, dtype=object)
        column[has_source] = values
        typed[name] = column
    confidence = np.full(len(table), np.nan)
    confidence[has_source] = [
        0.0 if one.type == UNKNOWN else CONFIDENCE[one.rule] for one in result
    ]
    typed["type_confidence"] = confidence
    whole = attributions.copy()
    typed = conform(typed, TYPED)
    for name in TYPED:
        whole[name] = typed[name]
    whole.attrs.update(attributions.attrs)
    return carry(whole, attributions)


# Names --------------------------------------------------------------------------------------------


@functools.cache
def _data() -> Mapping[str, Any]:
    """The gazetteer of the package."""
    import yaml

    text = importlib.resources.files(__package__).joinpath("gazetteer.yaml").read_text("utf-8")
    loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return MappingProxyType(loaded)


def _forms(name: str) -> tuple[str, ...]:
    """Words of a name, without its article."""
    found = tuple(token.form for token in tokens(name))
    return found[1:] if found[:1] == ("the",) and len(found) > 1 else found


def _lexicon(outlets: pd.DataFrame | None) -> _Lexicon:
    if outlets is None:
        return _usual_lexicon()
    require_columns(outlets, ("outlet", "outlet_name", "aliases"), "outlets")
    own = {}
    named = outlets["outlet_name"].fillna(outlets["outlet"])
    others = outlets["aliases"].astype("str").fillna("")
    for domain, name, aliases in zip(outlets["outlet"], named, others, strict=True):
        names = [str(name), *(alias for alias in aliases.split(" | ") if alias)]
        own[str(domain)] = (str(name), names)
    return _build(own)


@functools.cache
def _usual_lexicon() -> _Lexicon:
    return _build({})


def _build(own: Mapping[str, tuple[str, list[str]]]) -> _Lexicon:
    """The small words and names, those of the user's own outlets behind those of the gazetteer."""
    data = _data()
    words = {name: frozenset(held.split()) for name, held in data.items() if isinstance(held, str)}
    package = {
        domain: (entry.name, [entry.name, *entry.aliases])
        for domain, entry in known_outlets().items()
    }
    outlets = {**package, **own}
    found: dict[tuple[str, ...], _Actor] = {}
    for form, actor in itertools.chain(_of_gazetteer(data), _of_outlets(outlets, words)):
        key = _forms(form)
        if sum(map(len, key)) > 1:
            found.setdefault(key, actor)
    by_first: dict[str, list[tuple[tuple[str, ...], _Actor]]] = {}
    for key, actor in found.items():
        by_first.setdefault(key[0], []).append((key, actor))
    actors = {
        first: tuple(sorted(held, key=lambda one: -len(one[0]))) for first, held in by_first.items()
    }
    return _Lexicon(
        countries=frozenset(entry["name"] for entry in data["countries"]),
        actors=MappingProxyType(actors),
        **{name: held for name, held in words.items() if name in _Lexicon._fields},
    )


def _short(form: str) -> str:
    """A name that counts only as it is written, else an empty string."""
    return form if len(form) < 6 and form.isupper() else ""


def _of_gazetteer(data: Mapping[str, Any]) -> Iterator[tuple[str, _Actor]]:
    for kind, entries in (("actor", "actors"), ("country", "countries"), ("person", "people")):
        for entry in data[entries]:
            alone = entry.get("alone", ())
            for form in (entry["name"], *entry.get("aliases", ()), *alone):
                whole = form in alone or form.startswith("the ")
                yield form, _Actor(entry["name"], entry["type"], kind, whole, _short(form))


def _of_outlets(
    outlets: Mapping[str, tuple[str, list[str]]], words: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, _Actor]]:
    for domain, (name, forms) in outlets.items():
        kind = "agency" if domain in words["agencies"] else "outlet"
        kind = "expert" if domain in words["analysts"] else kind
        for form in forms:
            alone = is_ordinary("".join(_forms(form)))
            yield form, _Actor(name, kind, "actor", alone, _short(form))


# Phrases ------------------------------------------------------------------------------------------


class _Phrase:
    """The words of a source, where it breaks, and the terms and names in it."""

    def __init__(self, text: str, words: list[Token], spans: list[_Span]) -> None:
        self.text = text
        self.words = words
        self.spans = spans
        self.breaks = [False] + [
            bool(_BREAK.search(text, one.end, other.start))
            for one, other in itertools.pairwise(words)
        ]

    def form(self, at: int) -> str:
        return self.words[at].form if 0 <= at < len(self.words) else ""

    def is_name(self, at: int, particles: frozenset[str]) -> bool:
        """Whether a word can be part of a person's name."""
        word = self.words[at]
        return word.text[0].isupper() or word.form in particles

    def is_adverb(self, at: int) -> bool:
        return self.words[at].text.islower() and self.form(at).endswith("ly")

    def shown(self, first: int, last: int) -> str:
        return self.text[self.words[first].start : self.words[last - 1].end]

    def inside(self, at: int) -> _Span | None:
        """The actor on which a word stands, unless it is its first."""
        for span in self.spans:
            if span.actor is not None and span.first < at < span.last:
                return span
        return None


class _Decider:
    """Decides on phrases by the terms of a codebook and by names."""

    def __init__(self, codebook: Codebook, outlets: pd.DataFrame | None) -> None:
        self.lexicon = _lexicon(outlets)
        self.types = [frame.id for frame in codebook.frames]
        self.matcher = Matcher(codebook)
        self.cased = {
            (frame.id, term.text) for frame in codebook.frames for term in frame.terms if term.case
        }
        self.countries = {
            key
            for held in self.lexicon.actors.values()
            for key, actor in held
            if actor.kind == "country"
        }

    def decide_all(self, sources: list[tuple[str, bool]]) -> list[_Decision]:
        """Decide on each of several phrases, given with whether it has a proper name."""
        clean = [_UNSEEN.sub("", source)[:1000] for source, _ in sources]
        hits = self.matcher.find_all(clean)
        bounds = np.searchsorted(hits.text, np.arange(len(clean) + 1)).tolist()
        start, end = hits.start.tolist(), hits.end.tolist()
        frame = self.matcher.frame_of[hits.rule].tolist()
        decided = []
        for number, text in enumerate(clean):
            words = tokens(text)[:_LONGEST]
            found: Sequence[int] = range(bounds[number], bounds[number + 1])
            if len(words) == 1 and sources[number][1]:
                # Banks, who is a person: a word that its text shows to be a name.
                found = [at for at in found if self._names(hits.rule[at])]
            terms = _on_words(
                words,
                [
                    (start[at], end[at], self.types[frame[at]], text[start[at] : end[at]].lower())
                    for at in found
                ],
            )
            actors = self._actors(words, {n for one in terms for n in range(one.first, one.last)})
            spans = _kept(actors, terms, self._roles(words))
            decided.append(self._whole(_Phrase(text, words, spans)))
        return decided

    def _names(self, rule: int) -> bool:
        """Whether a term may be a name by itself: Democrats, or what a codebook has with case."""
        kind = self.types[int(self.matcher.frame_of[rule])]
        cased = (kind, self.matcher.term_of[rule]) in self.cased
        return cased or kind in ("official", "organisation")

    def _roles(self, words: list[Token]) -> list[_Span]:
        """Words that only say for whom somebody speaks."""
        return [
            _Span(at, at + 1, UNKNOWN, word.form, None)
            for at, word in enumerate(words)
            if word.form in self.lexicon.serving
        ]

    def _actors(self, words: list[Token], titles: set[int]) -> list[_Span]:
        """Names in a phrase, from the left, the longest first."""
        found = []
        at = 0
        while at < len(words):
            span = self._actor_at(words, at, titles)
            if span is not None:
                found.append(span)
            at = span.last if span is not None else at + 1
        return found

    def _actor_at(self, words: list[Token], at: int, titles: set[int]) -> _Span | None:
        for key, actor in self.lexicon.actors.get(words[at].form, ()):
            last = at + len(key)
            own = words[at:last]
            if tuple(word.form for word in own) != key or (
                last < len(words) and words[last].form in _TIED_ON
            ):
                continue
            shown = " ".join(word.text for word in own)
            if actor.shown:
                if shown.replace(".", "") != actor.shown.replace(".", ""):
                    continue
            elif not any(word.text[0].isupper() for word in own):
                continue
            if actor.alone and not self._is_alone(words, (at, last), actor, titles):
                continue
            return _Span(at, last, actor.type, actor.name, actor)
        return None

    def _is_alone(
        self, words: list[Token], place: tuple[int, int], actor: _Actor, titles: set[int]
    ) -> bool:
        """Whether a name is not part of a longer one."""
        first, last = place
        if actor.kind != "person":
            before = {word.form for word in words[:first]}
            return last == len(words) and before <= self.lexicon.courtesy | {"the"}
        if last < len(words) and words[last].text[0].isupper() and last not in titles:
            return False
        word = words[first - 1] if first else None
        return (
            word is None
            or not word.text[0].isupper()
            or first - 1 in titles
            or word.form in self.lexicon.courtesy | self.lexicon.serving | _DETERMINERS
            or (word.form,) in self.countries
        )

    # Deciding -------------------------------------------------------------------------------------

    def _whole(self, phrase: _Phrase) -> _Decision:
        """Decide on a whole phrase."""
        n = len(phrase.words)
        if not n:
            return _Decision()
        if phrase.form(0) in _PRONOUNS and n > 1 and phrase.form(1) != "of":
            return _Decision(rule="no noun phrase")
        withheld = [s for s in phrase.spans if s.type == "anonymous" and s.last - s.first > 1]
        if withheld:
            one = withheld[0]
            term = phrase.shown(one.first, one.last).lower()
            return _Decision("anonymous", None, "name withheld", term)
        return self._decide(phrase, 0, n, 0)

    def _decide(self, phrase: _Phrase, first: int, last: int, depth: int) -> _Decision:
        """Decide on the noun phrase that begins with a word, its appositions included."""
        skipped = _DETERMINERS | {"and", "but", "or"}
        opens = {span.first for span in phrase.spans if span.last - span.first > 1}
        while first < last - 1 and phrase.form(first) in skipped and first not in opens:
            first += 1
        if first >= last or depth > _DEEPEST:
            return _Decision()
        end, complement, behind = self._parts(phrase, first, last)
        counts = all(phrase.form(at) in self.lexicon.quantifiers for at in range(first, end))
        if counts and complement < behind and phrase.form(complement - 1) == "of":
            return self._decide(phrase, complement, last, depth + 1)
        core = self._core(phrase, first, end, (complement, behind), depth)
        if core.type != UNKNOWN:
            return core
        apposed = self._apposed(phrase, behind, last, depth)
        if apposed is not None:
            return apposed._replace(person=core.person)
        party = _PARTY.search(phrase.text, phrase.words[first].end, phrase.words[last - 1].end)
        if party and depth == 0 and "official" in self.types:
            return core._replace(type="official", rule="party and state", term=party[0].strip("( "))
        tied = self._complement(phrase, complement, behind, depth)
        is_body = core.person and self._is_body(tied)
        return tied._replace(rule="name and its body", person=core.person) if is_body else core

    def _is_body(self, tied: _Decision) -> bool:
        """Whether somebody can belong to what stands behind the name."""
        loose = (UNKNOWN, "document", "anonymous", "public")
        return tied.type not in loose and tied.name not in self.lexicon.countries

    def _parts(self, phrase: _Phrase, first: int, last: int) -> tuple[int, int, int]:
        """Ends of the core; first word of its complement; end of the segment."""
        behind = first + 1
        while behind < last:
            if phrase.inside(behind) is None and (
                phrase.breaks[behind]
                or phrase.form(behind) in _RELATIVES
                or self._is_participle(phrase, behind)
            ):
                break
            behind += 1
        end = first + 1
        while end < behind and (
            phrase.form(end) not in _PREPOSITIONS or phrase.inside(end) is not None
        ):
            end += 1
        complement = min(end + 1, behind)
        while end > first + 1 and phrase.is_adverb(end - 1):
            end -= 1  # Americans recently surveyed
        return end, complement, behind

    def _is_participle(self, phrase: _Phrase, at: int) -> bool:
        """Whether a participle tells more of the noun before it; not in Beijing-based."""
        joined = at > 0 and phrase.words[at].start - phrase.words[at - 1].end == 1
        hyphen = joined and phrase.text[phrase.words[at].start - 1] == "-"
        return phrase.form(at) in self.lexicon.participles and not hyphen

    def _core(
        self, phrase: _Phrase, first: int, end: int, rest: tuple[int, int], depth: int
    ) -> _Decision:
        """Decide on a noun phrase up to its preposition."""
        own = [span for span in phrase.spans if first <= span.first and span.last <= end]
        head = next((span for span in reversed(own) if span.last == end), None)
        former = any(phrase.form(at) in self.lexicon.former for at in range(first, end))
        if head is not None and head.actor is not None:
            return self._named(phrase, own, head, first)
        if head is not None:
            decision = self._by_head(phrase, own, head, rest, depth)
            return self._left(decision, former=former)
        name = self._name(phrase, first, end)
        before = [span for span in own if span.last <= name]
        if before and before[-1].last == name < end:
            by_role = self._by_role(phrase, before, rest, depth)
            if by_role is not None:
                by_role = self._left(by_role, former=former)
                return by_role._replace(person=self._person(phrase, name, end))
            return _Decision(rule="name: not known", person=self._person(phrase, first, end))
        if name == first:
            return _Decision(rule="name: not known", person=self._person(phrase, first, end))
        return _Decision()

    def _by_role(
        self, phrase: _Phrase, before: list[_Span], rest: tuple[int, int], depth: int
    ) -> _Decision | None:
        """Decide by what stands right before a name; None if that is part of the name."""
        role = before[-1]
        if role.type in ("document", "anonymous"):
            return None
        rule = "role before a name"
        if role.actor is None:
            decision = self._by_head(phrase, before, role, rest, depth)
            return decision._replace(rule=rule if decision.type != UNKNOWN else decision.rule)
        if role.actor.kind != "actor":
            return None
        return _Decision(role.type, role.term, rule, role.term)

    def _named(self, phrase: _Phrase, own: list[_Span], head: _Span, first: int) -> _Decision:
        """Decide on a phrase that ends with a known name."""
        actor = head.actor
        assert actor is not None  # noqa: S101  (the caller looked)
        others = {span.type for span in own if span.actor is not None}
        joined = any(phrase.form(at) == "and" for at in range(first, head.first))
        if joined and len(others) > 1:
            return _Decision(rule="several types", term=phrase.shown(first, head.last))
        name = None if joined else actor.name
        person: tuple[str, ...] = ()
        if actor.kind == "person":
            person = self._person(phrase, head.first, head.last)
        shown = phrase.shown(head.first, head.last)
        return _Decision(actor.type, name, "gazetteer", shown, person)

    def _by_head(
        self, phrase: _Phrase, own: list[_Span], head: _Span, rest: tuple[int, int], depth: int
    ) -> _Decision:
        """Decide by a term that is the head of a phrase, or by whom it serves."""
        word = phrase.form(head.last - 1)
        term = phrase.shown(head.first, head.last).lower()
        plural = word.endswith("s") and not word.endswith("ss")
        rule = "name withheld" if head.type == "anonymous" else "head noun"
        if plural and head.type not in ("anonymous", "document"):
            rule = "collective"
        before = [span for span in own if span.last <= head.first]
        actors = [s.actor for s in before if s.actor is not None and s.actor.kind != "country"]
        name = actors[-1].name if actors else None
        decision = _Decision(head.type, name, rule, term)
        if head.type == "anonymous":
            return decision._replace(name=None)
        serving = word in self.lexicon.serving
        if not serving and head.type != "expert":
            return decision
        served = self._complement(phrase, *rest, depth)
        if not serving:
            is_scholar = served.type == "academic"
            return served._replace(rule="role and whom it serves") if is_scholar else decision
        return self._served(served, before) or decision

    def _served(self, served: _Decision, before: list[_Span]) -> _Decision | None:
        """The decision for somebody who speaks for what is named behind or before the role."""
        rule = "role and whom it serves"
        if served.type not in (UNKNOWN, "document", "anonymous", "public"):
            return served._replace(rule=rule, person=())
        for span in reversed(before):
            if span.type not in (UNKNOWN, "document", "anonymous", "public"):
                name = span.actor.name if span.actor and span.actor.kind == "actor" else None
                return _Decision(span.type, name, rule, span.term)
        return None

    def _complement(self, phrase: _Phrase, first: int, last: int, depth: int) -> _Decision:
        """Decide on what stands behind a preposition."""
        return self._decide(phrase, first, last, depth + 1) if first < last else _Decision()

    def _apposed(self, phrase: _Phrase, first: int, last: int, depth: int) -> _Decision | None:
        """The first decision on what stands behind commas and in relative clauses."""
        for decision in self._appositions(phrase, first, last, depth):
            if decision.type != UNKNOWN:
                kept = decision.rule in ("party and state", "former role")
                return decision._replace(rule=decision.rule if kept else "apposition")
        return None

    def _appositions(
        self, phrase: _Phrase, first: int, last: int, depth: int
    ) -> Iterator[_Decision]:
        """Decisions on what stands behind commas and in relative clauses."""
        at = first
        while at < last:
            behind = at + 1
            while behind < last and not (phrase.breaks[behind] and phrase.inside(behind) is None):
                behind += 1
            begin = at
            if self._is_participle(phrase, at):
                begin = min(at + 1, behind)
            elif phrase.form(at) in _RELATIVES:
                ties = [n for n in range(at, behind) if phrase.form(n) in self.lexicon.tying]
                begin = self._tied(phrase, ties[0] + 1, behind) if ties else behind
            if begin < behind:
                yield self._decide(phrase, begin, behind, depth + 1)
            at = behind

    def _tied(self, phrase: _Phrase, first: int, last: int) -> int:
        """Where the last name of a clause begins, else its first word."""
        actors = [
            span.first
            for span in phrase.spans
            if span.actor is not None and span.actor.kind == "actor" and first <= span.first < last
        ]
        return actors[-1] if actors else first

    def _name(self, phrase: _Phrase, first: int, end: int) -> int:
        """Where the name begins with which a phrase ends."""
        at = end
        while at > first and phrase.is_name(at - 1, self.lexicon.particles):
            if any(span.last == at and span.first >= first for span in phrase.spans):
                break
            at -= 1
        while at < end and not phrase.words[at].text[0].isupper():
            at += 1
        return at

    def _person(self, phrase: _Phrase, first: int, end: int) -> tuple[str, ...]:
        skipped = self.lexicon.courtesy | _DETERMINERS
        while first < end and phrase.form(first) in skipped:
            first += 1
        own = phrase.words[first:end]
        return tuple(word.text for word in own) if 0 < len(own) <= 5 else ()

    def _left(self, decision: _Decision, *, former: bool) -> _Decision:
        """What somebody is who has left what the decision says."""
        left = ("official", "company", "organisation", "outlet")
        if former and decision.type in left and "expert" in self.types:
            return decision._replace(type="expert", rule="former role")
        return decision


def _on_words(words: list[Token], hits: list[tuple[int, int, str, str]]) -> list[_Span]:
    """Matches of terms, counted in words."""
    first = {word.start: number for number, word in enumerate(words)}
    last = {word.end: number + 1 for number, word in enumerate(words)}
    return [
        _Span(first[start], last[end], kind, shown, None)
        for start, end, kind, shown in hits
        if start in first and end in last
    ]


def _kept(actors: list[_Span], terms: list[_Span], roles: list[_Span]) -> list[_Span]:
    """Names, terms and roles in order; of those that overlap the longer, of equals the first."""
    spans: list[_Span] = []
    for one in sorted([*actors, *terms, *roles], key=lambda span: span.first - span.last):
        if all(one.last <= other.first or one.first >= other.last for other in spans):
            spans.append(one)
    return sorted(spans, key=lambda span: span.first)


# Articles -----------------------------------------------------------------------------------------


def _resolve(used: pd.DataFrame, decided: list[_Decision]) -> None:
    """Give bare names the decision on a fuller phrase of the same article, in place."""
    rank = {field: number for number, field in enumerate(TEXT_FIELDS)}
    ids = pd.factorize(used["article_id"])[0].tolist()
    fields = [rank.get(field, len(rank)) for field in used["field"]]
    starts = used["source_start"].fillna(-1).tolist()
    place = list(zip(fields, starts, strict=True))
    fuller: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    single: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    for row, one in enumerate(decided):
        if one.type == UNKNOWN or not one.person:
            continue
        person = _lower(one.person)
        for key in _parts_of(person):
            fuller.setdefault((ids[row], key), []).append(row)
        if len(person) == 1:
            single.setdefault((ids[row], person), []).append(row)
    changed: dict[int, _Decision] = {}
    for row, one in enumerate(decided):
        if one.type != UNKNOWN or not one.person:
            continue
        person = _lower(one.person)
        rows = fuller.get((ids[row], person)) or single.get((ids[row], person[-1:])) or []
        if len({decided[at].type for at in rows}) != 1:
            continue
        other = min(rows, key=lambda at: place[at])
        rule = "earlier mention" if place[other] < place[row] else "later mention"
        term = " ".join(decided[other].person)
        changed[row] = decided[other]._replace(rule=rule, term=term)
    for row, one in changed.items():
        decided[row] = one


def _lower(person: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.lower() for word in person)


def _parts_of(person: tuple[str, ...]) -> set[tuple[str, ...]]:
    """Shorter forms of a name: its last words, or its first."""
    return {person[at:] for at in range(len(person))} | {person[:1]}
