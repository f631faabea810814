"""Rules that say by its phrase what kind of source somebody is.

The head noun of a phrase decides by the terms of a codebook, names decide by the gazetteer.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from coverage_research.gazetteer import Actor, lexicon_with
from coverage_research.matching import Matcher
from coverage_research.text import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from coverage_research.codebook import Codebook
    from coverage_research.text import Token

UNKNOWN: Final = "unknown"
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


class Span(NamedTuple):
    """Words from first to one behind the last that a term or an actor stands on."""

    first: int
    last: int
    type: str
    term: str
    actor: Actor | None


class Decision(NamedTuple):
    """The type of a source, and why; `person` is the name that later mentions may use."""

    type: str = UNKNOWN
    name: str | None = None
    rule: str = "nothing tells"
    term: str | None = None
    person: tuple[str, ...] = ()


class _Phrase:
    """The words of a source, where it breaks, and the terms and names in it."""

    def __init__(self, text: str, words: list[Token], spans: list[Span]) -> None:
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

    def inside(self, at: int) -> Span | None:
        """The actor on which a word stands, unless it is its first."""
        for span in self.spans:
            if span.actor is not None and span.first < at < span.last:
                return span
        return None


class Decider:
    """Decides on phrases by the terms of a codebook and by names."""

    def __init__(self, codebook: Codebook, outlets: pd.DataFrame | None) -> None:
        self.lexicon = lexicon_with(outlets)
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

    def decide_all(self, sources: list[tuple[str, bool]]) -> list[Decision]:
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

    def _roles(self, words: list[Token]) -> list[Span]:
        """Words that only say for whom somebody speaks."""
        return [
            Span(at, at + 1, UNKNOWN, word.form, None)
            for at, word in enumerate(words)
            if word.form in self.lexicon.serving
        ]

    def _actors(self, words: list[Token], titles: set[int]) -> list[Span]:
        """Names in a phrase, from the left, the longest first."""
        found = []
        at = 0
        while at < len(words):
            span = self._actor_at(words, at, titles)
            if span is not None:
                found.append(span)
            at = span.last if span is not None else at + 1
        return found

    def _actor_at(self, words: list[Token], at: int, titles: set[int]) -> Span | None:
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
            return Span(at, last, actor.type, actor.name, actor)
        return None

    def _is_alone(
        self, words: list[Token], place: tuple[int, int], actor: Actor, titles: set[int]
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

    def _whole(self, phrase: _Phrase) -> Decision:
        """Decide on a whole phrase."""
        n = len(phrase.words)
        if not n:
            return Decision()
        if phrase.form(0) in _PRONOUNS and n > 1 and phrase.form(1) != "of":
            return Decision(rule="no noun phrase")
        withheld = [s for s in phrase.spans if s.type == "anonymous" and s.last - s.first > 1]
        if withheld:
            one = withheld[0]
            term = phrase.shown(one.first, one.last).lower()
            return Decision("anonymous", None, "name withheld", term)
        return self._decide(phrase, 0, n, 0)

    def _decide(self, phrase: _Phrase, first: int, last: int, depth: int) -> Decision:
        """Decide on the noun phrase that begins with a word, its appositions included."""
        skipped = _DETERMINERS | {"and", "but", "or"}
        opens = {span.first for span in phrase.spans if span.last - span.first > 1}
        while first < last - 1 and phrase.form(first) in skipped and first not in opens:
            first += 1
        if first >= last or depth > _DEEPEST:
            return Decision()
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

    def _is_body(self, tied: Decision) -> bool:
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
    ) -> Decision:
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
            return Decision(rule="name: not known", person=self._person(phrase, first, end))
        if name == first:
            return Decision(rule="name: not known", person=self._person(phrase, first, end))
        return Decision()

    def _by_role(
        self, phrase: _Phrase, before: list[Span], rest: tuple[int, int], depth: int
    ) -> Decision | None:
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
        return Decision(role.type, role.term, rule, role.term)

    def _named(self, phrase: _Phrase, own: list[Span], head: Span, first: int) -> Decision:
        """Decide on a phrase that ends with a known name."""
        actor = head.actor
        assert actor is not None  # noqa: S101  (the caller looked)
        others = {span.type for span in own if span.actor is not None}
        joined = any(phrase.form(at) == "and" for at in range(first, head.first))
        if joined and len(others) > 1:
            return Decision(rule="several types", term=phrase.shown(first, head.last))
        name = None if joined else actor.name
        person: tuple[str, ...] = ()
        if actor.kind == "person":
            person = self._person(phrase, head.first, head.last)
        shown = phrase.shown(head.first, head.last)
        return Decision(actor.type, name, "gazetteer", shown, person)

    def _by_head(
        self, phrase: _Phrase, own: list[Span], head: Span, rest: tuple[int, int], depth: int
    ) -> Decision:
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
        decision = Decision(head.type, name, rule, term)
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

    def _served(self, served: Decision, before: list[Span]) -> Decision | None:
        """The decision for somebody who speaks for what is named behind or before the role."""
        rule = "role and whom it serves"
        if served.type not in (UNKNOWN, "document", "anonymous", "public"):
            return served._replace(rule=rule, person=())
        for span in reversed(before):
            if span.type not in (UNKNOWN, "document", "anonymous", "public"):
                name = span.actor.name if span.actor and span.actor.kind == "actor" else None
                return Decision(span.type, name, rule, span.term)
        return None

    def _complement(self, phrase: _Phrase, first: int, last: int, depth: int) -> Decision:
        """Decide on what stands behind a preposition."""
        return self._decide(phrase, first, last, depth + 1) if first < last else Decision()

    def _apposed(self, phrase: _Phrase, first: int, last: int, depth: int) -> Decision | None:
        """The first decision on what stands behind commas and in relative clauses."""
        for decision in self._appositions(phrase, first, last, depth):
            if decision.type != UNKNOWN:
                kept = decision.rule in ("party and state", "former role")
                return decision._replace(rule=decision.rule if kept else "apposition")
        return None

    def _appositions(
        self, phrase: _Phrase, first: int, last: int, depth: int
    ) -> Iterator[Decision]:
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

    def _left(self, decision: Decision, *, former: bool) -> Decision:
        """What somebody is who has left what the decision says."""
        left = ("official", "company", "organisation", "outlet")
        if former and decision.type in left and "expert" in self.types:
            return decision._replace(type="expert", rule="former role")
        return decision


def _on_words(words: list[Token], hits: list[tuple[int, int, str, str]]) -> list[Span]:
    """Matches of terms, counted in words."""
    first = {word.start: number for number, word in enumerate(words)}
    last = {word.end: number + 1 for number, word in enumerate(words)}
    return [
        Span(first[start], last[end], kind, shown, None)
        for start, end, kind, shown in hits
        if start in first and end in last
    ]


def _kept(actors: list[Span], terms: list[Span], roles: list[Span]) -> list[Span]:
    """Names, terms and roles in order; of those that overlap the longer, of equals the first."""
    spans: list[Span] = []
    for one in sorted([*actors, *terms, *roles], key=lambda span: span.first - span.last):
        if all(one.last <= other.first or one.first >= other.last for other in spans):
            spans.append(one)
    return sorted(spans, key=lambda span: span.first)
