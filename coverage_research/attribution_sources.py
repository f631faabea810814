"""Whose word it is: the noun phrase that a verb of saying has as its subject, by rule.

There is no parser. A subject before its verb is read backwards to the word that must end it; one
behind it forwards. A pronoun stays a pronoun.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from coverage_research.attribution_texts import (
    CLOSES,
    COMMA,
    DASH,
    OPENS,
    OWNS,
    STOP,
    Span,
    TakenText,
    Unit,
)
from coverage_research.cues import (
    AGENCY,
    ASPECT,
    AUXILIARY,
    BEHIND_NAME,
    BODY,
    BOUNDARY,
    CIRCUMSTANCE,
    CUE,
    DETERMINER,
    DOCUMENT,
    HOMOGRAPH,
    NO_SUBJECT,
    NOUN,
    OPENER,
    PASSIVE,
    PLURAL,
    PREPOSITION,
    PRONOUN,
    SPEAKER,
    Cue,
    flags,
    verbs,
    word_list,
)

#: Words that a subject may have; one look back is never longer.
REACH: Final = 30
#: Words between a verb of saying and the quotation that it opens.
BETWEEN: Final = 14
#: Words of a subject that ends its sentence.
_NOUN_PHRASE: Final = 9

#: Words up to the one that says what somebody is.
_POSITION: Final = 6

#: Ends the noun phrase that comes to its head before.
_BEHIND_HEADS: Final = frozenset(
    "who which whose including himself herself itself themselves also".split()
)
#: Before a form in -ing that has the subject of the verb before it.
_BEFORE_GERUND: Final = frozenset(("by", "before"))
_GO: Final = frozenset({"go", "goes", "going", "gone", "went"})
#: Words of the place and date of a report, and letters of what is no place.
_PLACE: Final = 8
_SHORT: Final = 2
_DATELINE: Final = re.compile(r"--|[\u2013\u2014\u2015]|\) ?-")


class Verb(NamedTuple):
    """A cue verb in its sentence, from the first word of its group, and the word behind it."""

    unit: Unit
    first: int
    at: int
    cue: Cue
    group: int  # bits of the auxiliaries and adverbs before it
    follows: str  # empty where a sign stands between
    behind: int  # its bits

    @property
    def is_participle(self) -> bool:
        """Whether the verb is a form in -ing without an auxiliary."""
        return self.cue.shape == "ing" and not self.group & PASSIVE


def verb_at(taken: TakenText, unit: Unit, at: int, cue: Cue) -> Verb:
    """The verb at a word, with its auxiliaries and adverbs."""
    first, bits = at, 0
    while first > unit.first and not taken.stops(first) and not taken.inside[first - 1]:
        word = taken.forms[first - 1]
        if word == "to" and (begin := _aspect(taken, unit, first - 1)) is not None:
            first = begin
            continue
        if not taken.flags[first - 1] & AUXILIARY and not (
            word.endswith(("ly", "n't")) and word not in ("family", "ally", "only")
        ):
            break
        first -= 1
        bits |= taken.flags[first]
    follows = at + 1 < unit.last and not taken.stops(at + 1)
    return Verb(
        unit,
        first,
        at,
        cue,
        bits,
        taken.forms[at + 1] if follows else "",
        taken.flags[at + 1] if follows else 0,
    )


def _aspect(taken: TakenText, unit: Unit, to: int) -> int | None:
    """First word of what stands before `to` in: went on to say, continued to argue."""
    first = to - 1
    if first > unit.first and taken.forms[first] == "on" and taken.forms[first - 1] in _GO:
        return first - 1
    is_aspect = first > unit.first and taken.flags[first] & ASPECT
    return first if is_aspect and not taken.flags[first - 1] & PASSIVE else None


def kind_of(taken: TakenText, source: Span | None) -> str:
    """Whether a source is named, a noun or a pronoun."""
    if source is None:
        return "none"
    first, last = taken.between(*source)
    if last - first == 1 and taken.flags[first] & PRONOUN:
        return "pronoun"
    end = _head(taken, first, last) + 1
    if end > first and _names(taken, first, end, alone=last - first == 1):
        return "named"
    # An aide to the minister, Ann Lee.
    for at in range(end, last):
        apposed = taken.signs[at] & COMMA and taken.capital(at)
        if apposed and _names(taken, at, _head(taken, at, last) + 1, alone=False):
            return "named"
    return "nominal"


def _head(taken: TakenText, first: int, last: int) -> int:
    """The word that a noun phrase is about: the last before a preposition, clause or sign."""
    at = first
    while at + 1 < last:
        bits = taken.flags[at + 1]
        if taken.stops(at + 1) or bits & (PREPOSITION | BOUNDARY | DETERMINER):
            break
        if taken.forms[at + 1] in _BEHIND_HEADS:
            break
        if taken.forms[at + 1] in ("and", "or") and taken.capital(at):
            break
        at += 1
    return at


def _names(taken: TakenText, first: int, end: int, *, alone: bool) -> bool:
    """Whether the head of a noun phrase, its last word, is a name or a body that has one."""
    if taken.flags[end - 1] & BODY and any(
        taken.capital(at) and _is_name(taken, at, alone=False) for at in range(first, end - 1)
    ):
        return True
    return taken.capital(end - 1) and _is_name(taken, end - 1, alone=alone)


def _is_name(taken: TakenText, at: int, *, alone: bool) -> bool:
    """Whether a word with a capital is a name; that of a first word means little."""
    if taken.flags[at] & (DETERMINER | PRONOUN):
        return False
    if taken.flags[at] & SPEAKER and (alone or not taken.capital(at - 1)):
        return False
    if not taken.opens_unit(at) or taken.flags[at] & AGENCY or taken.is_name_elsewhere(at):
        return True
    return alone and not taken.forms[at].endswith("s")


# Behind the verb ----------------------------------------------------------------------------------


def is_inverted(taken: TakenText, verb: Verb) -> bool:
    """Whether the subject stands behind the verb: "...," said Ann Lee."""
    unit, first, behind = verb.unit, verb.first, verb.at + 1
    if (
        not verb.cue.inverts
        or verb.cue.shape == "ing"
        or (verb.cue.shape == "base" and not _opens_plural(taken, unit, behind))
        or first == unit.first
        or not verb.follows
    ):
        return False
    if taken.inside[first - 1]:
        return not verb.behind & CIRCUMSTANCE and verb.follows != "that"
    if not taken.signs[first] & COMMA or first - unit.first < 3 or verb.behind & PREPOSITION:
        return False
    return _ends_with_name(taken, unit, behind) or _ends_with_noun(taken, unit, first, behind)


def _ends_with_name(taken: TakenText, unit: Unit, at: int) -> bool:
    """Whether a name stands at a word, and nothing behind it that it could be the subject of."""
    first = at
    while at < unit.last and at - first < REACH and taken.capital(at):
        at += 1
        if at < unit.last and taken.stops(at):
            return True
    return at > first and (at == unit.last or bool(taken.flags[at] & BEHIND_NAME))


def _opens_plural(taken: TakenText, unit: Unit, first: int) -> bool:
    """Whether a noun phrase in the plural begins with a word: say officials, say some voters."""
    cue = verbs().get(taken.forms[first])
    if cue is not None and cue.shape == "third" and not taken.flags[first] & NOUN:
        return False  # report says
    end = phrase_end(taken, unit, first)
    head = min(_head(taken, first, end), first + BETWEEN)
    return _is_plural(taken.forms[head]) or bool(taken.flags[head] & PLURAL)


def _ends_with_noun(taken: TakenText, unit: Unit, first: int, behind: int) -> bool:
    """Whether a sentence ends with a noun phrase, and no apposition stands before the verb."""
    comma = first - 1
    while comma > unit.first and first - comma < REACH and not taken.signs[comma] & COMMA:
        comma -= 1
    apposed = taken.flags[comma] & DETERMINER or taken.forms[comma] in ("who", "which", "whose")
    if comma > unit.first and apposed:
        return False
    last = behind + 1
    while last < unit.last and taken.forms[last] not in ("who", "whose"):
        last += 1
        if last - behind > 2 * _NOUN_PHRASE:
            return False
    clause = any(
        taken.flags[at] & (AUXILIARY | NO_SUBJECT) or taken.forms[at] in ("it", "they", "there")
        for at in range(behind, last)
    )
    end = min(phrase_end(taken, unit, behind), last)
    whole = end == last or taken.flags[end] & PREPOSITION
    return bool(whole) and end - behind <= _NOUN_PHRASE and not clause


def phrase_end(taken: TakenText, unit: Unit, first: int) -> int:
    """Where the noun phrase ends that begins with a word: number of the word behind it."""
    at = first + 1
    while at < unit.last and at - first < REACH:
        word = taken.forms[at]
        if taken.signs[at] & STOP:
            if not taken.signs[at] & COMMA or at - first > 6 or taken.inside[at]:
                break
            if word not in ("a", "an", "the", "who"):
                behind = _behind_position(taken, unit, at)
                if behind is None:
                    break
                at = behind
                continue
        elif word in ("on", "in", "during", "when", "while", "as", "after", "that"):
            break
        at += 1
    return at


def _behind_position(taken: TakenText, unit: Unit, first: int) -> int | None:
    """The word behind what somebody is, without an article, up to the next sign.

    Lin Oba, chief executive of Nimbra.
    """
    end = first + 1
    while end < unit.last and not taken.signs[end] & STOP:
        end += 1
        if end - first > _NOUN_PHRASE + _POSITION:
            return None
    words = word_list("positions")
    limit = min(end, first + _POSITION)
    prepositions = (at for at in range(first, limit) if taken.flags[at] & PREPOSITION)
    held = [at for at in range(first, next(prepositions, limit)) if taken.forms[at] in words]
    if not held or taken.any_inside(first, end):
        return None
    # What stands before it says which: vice president, Nimbra's head. No verb, no further clause.
    at, none = held[-1], BOUNDARY | AUXILIARY | PRONOUN
    if any(taken.flags[word] & (none | DETERMINER) for word in range(first, at)):
        return None
    if any(taken.flags[word] & none for word in range(at + 1, end)):
        return None
    is_whole = at + 1 == end or taken.forms[at + 1] in ("of", "at", "for")
    return end if is_whole else None


# Before the verb ----------------------------------------------------------------------------------


def subject(taken: TakenText, verb: Verb, shared: Span | None) -> tuple[Span | None, int | None]:
    """What stands as subject before a verb, and its first word; (None, None) if nothing does."""
    first, head = verb.first, verb.first - 1
    if first == verb.unit.first:
        return None, None
    if taken.stops(first):
        return _before_sign(taken, verb.unit, first)
    word = taken.forms[head]
    bits = taken.flags[head]
    if "'" in word:
        word = word.split("'")[0]
        bits = flags().get(word, 0)
    if word in ("and", "but", "or"):
        return _shared(taken, verb, shared), None
    asks = word == "who" and head == verb.unit.first
    if asks or bits & NO_SUBJECT or taken.inside[head] or not _agrees(taken, verb):
        return None, None
    if not bits & PRONOUN:
        return _noun_subject(taken, verb)
    return (taken.starts[head], taken.starts[head] + len(word)), head


def _shared(taken: TakenText, verb: Verb, shared: Span | None) -> Span | None:
    """The subject of a verb behind `and`: that of the verb before it, else of the main clause."""
    if verb.cue.shape not in ("past", "third"):
        return None
    return shared or _opening(taken, verb.unit, _main(taken, verb.unit, verb.first), verb.first)


def _before_sign(taken: TakenText, unit: Unit, first: int) -> tuple[Span | None, int | None]:
    """The subject before an apposition or what stands in brackets: Ann Lee (R-Ohio) said."""
    if taken.signs[first] & COMMA:
        return _apposed(taken, unit, first)
    if taken.signs[first] & DASH:
        return _between_dashes(taken, unit, first)
    if not taken.signs[first] & CLOSES:
        return None, None
    for at in range(first - 1, max(unit.first, first - BETWEEN), -1):
        if taken.signs[at] & OPENS:
            source, begin = backwards(taken, unit, at)
            end = taken.ends[first - 1] + taken.gaps[first].index(")") + 1
            return (source[0], end) if source else None, begin
    return None, None


def _between_dashes(taken: TakenText, unit: Unit, first: int) -> tuple[Span | None, int | None]:
    """The subject before what stands between dashes: Ann Lee -- a spokeswoman -- said."""
    for at in range(first - 1, max(unit.first, first - REACH), -1):
        if taken.inside[at]:
            break
        if taken.signs[at] & DASH:
            source, begin = backwards(taken, unit, at)
            return (source[0], taken.ends[first - 1]) if source else None, begin
    return None, None


def _noun_subject(taken: TakenText, verb: Verb) -> tuple[Span | None, int | None]:
    """The noun phrase before a verb, unless that is a noun itself."""
    head = verb.first - 1
    bits = taken.flags[head]
    if taken.signs[verb.first] & OWNS or bits & (DETERMINER | PREPOSITION | BOUNDARY):
        return None, None
    if taken.flags[verb.at] & NOUN and not (taken.capital(head) or bits & (SPEAKER | DOCUMENT)):
        return None, None
    source, begin = backwards(taken, verb.unit, verb.first)
    if begin is not None and begin > verb.unit.first and taken.flags[begin] & PREPOSITION:
        # Ann Lee, a spokeswoman, on Sunday said ...
        return _apposed(taken, verb.unit, begin) if taken.signs[begin] & COMMA else (None, None)
    return source, begin


def _agrees(taken: TakenText, verb: Verb) -> bool:
    """Whether the number of the word before a verb fits its form."""
    if verb.first < verb.at or verb.cue.shape in ("past", "ing"):
        return True
    head = verb.first - 1
    word = taken.forms[head]
    listed = bool(taken.flags[head] & PLURAL)
    if verb.cue.shape == "third":
        return not listed and (not _is_plural(word) or taken.capital(head))
    if _is_plural(word) or listed or word in ("who", "which"):
        return True
    # Voters in Ohio say; 42 percent say; Ann Lee and Bob Ray say.
    return not taken.flags[verb.at] & (NOUN | HOMOGRAPH) and any(
        _is_plural(taken.forms[at])
        or taken.flags[at] & PLURAL
        or taken.forms[at] in ("and", "percent")
        or taken.forms[at].isdigit()
        for at in _back(taken, verb.unit, head)
    )


def _is_plural(word: str) -> bool:
    return word.endswith("s") and not word.endswith("ss")


def _back(taken: TakenText, unit: Unit, at: int) -> range:
    """Words up to one, from what may begin its noun phrase."""
    first = at
    while first > unit.first and at - first < _NOUN_PHRASE:
        if taken.signs[first] & STOP or taken.flags[first - 1] & (BOUNDARY | AUXILIARY):
            break
        first -= 1
    return range(first, at + 1)


def backwards(taken: TakenText, unit: Unit, last: int) -> tuple[Span | None, int | None]:
    """The noun phrase that ends before a word."""
    flags, forms = taken.flags, taken.forms
    first = last
    while first > unit.first and last - first < REACH:
        before = first - 1
        if (first < last and taken.signs[first] & STOP) or flags[before] & BOUNDARY:
            break
        if forms[before] in ("and", "or", "but") and not _joins(taken, first, unit):
            break
        if taken.inside[before]:
            break
        if forms[before] in ("which", "whom") and flags[before - 1] & PREPOSITION:
            break
        first = before
    while first < last and (
        flags[first] & OPENER or (forms[first].endswith("ly") and not taken.words[first].istitle())
    ):
        first += 1
    if first == last:
        return None, None
    return (taken.starts[first], taken.ends[last - 1]), first


def _joins(taken: TakenText, behind: int, unit: Unit) -> bool:
    """Whether `and` before a word stands between two names, or two adjectives or nouns."""
    before = behind - 2
    if before < unit.first:
        return False
    if taken.capital(behind) and taken.capital(before):
        return True
    # Current and former officials: no more than an adjective or a noun stands before it.
    if before > unit.first and taken.flags[before - 1] & DETERMINER and not taken.stops(before):
        before -= 1
    none = AUXILIARY | BOUNDARY | CUE | NO_SUBJECT | PRONOUN | PREPOSITION
    clear = not taken.flags[behind - 2] & none and not taken.inside[before]
    return clear and (before == unit.first or taken.stops(before))


def _apposed(taken: TakenText, unit: Unit, first: int) -> tuple[Span | None, int | None]:
    """The subject before an apposition: Ann Lee, a spokeswoman, said."""
    comma = first - 1
    while (
        comma > unit.first
        and first - comma < REACH
        and (not taken.signs[comma] & COMMA or taken.flags[comma] & PREPOSITION)
    ):
        if not taken.signs[comma] & COMMA and (taken.stops(comma) or taken.inside[comma]):
            return None, None
        comma -= 1
    if comma == unit.first or not taken.signs[comma] & COMMA or taken.inside[comma - 1]:
        return None, None
    source, begin = backwards(taken, unit, comma)
    if source is None:
        return None, None
    if begin is not None and taken.forms[begin] in ("who", "whose", "which"):
        # Ann Lee, who runs a firm, the largest, said.
        if not taken.signs[begin] & COMMA:
            return None, None
        source, begin = backwards(taken, unit, begin)
        return (source[0], taken.ends[first - 1]) if source else None, begin
    clause = taken.forms[comma] in ("who", "which", "whose", "where", "when")
    return (source[0], source[1] if clause else taken.ends[first - 1]), begin


# Of a participle ----------------------------------------------------------------------------------


def participle_subject(
    taken: TakenText, unit: Unit, first: int, shared: Span | None, *, says: bool
) -> tuple[Span | None, int]:
    """Whose participle it is, and the word at which what it says ends at the latest."""
    opens = first == unit.first
    word, bits = ("", 0) if opens else (taken.forms[first - 1], taken.flags[first - 1])
    if first - unit.first <= 1 and (opens or bits & BOUNDARY or word in ("in", "by")):
        # While praising the plan, Ann Lee ...
        for at in range(first + 2, min(unit.last, first + REACH)):
            if taken.signs[at] & COMMA and not taken.inside[at]:
                source = _opening(taken, unit, at, unit.last)
                if source is not None:
                    return source, at
        return None, unit.last
    if says and word in _BEFORE_GERUND and not taken.stops(first):
        # Ann Lee replied by saying ...
        return shared or _opening(taken, unit, _main(taken, unit, first), first), unit.last
    if not bits & (PREPOSITION | BOUNDARY):
        if taken.stops(first) or word in ("and", "but", "or"):
            return shared or _opening(taken, unit, _main(taken, unit, first), first), unit.last
        owned = taken.signs[first] & OWNS or bits & DETERMINER
        if not (owned or taken.inside[first - 1]):
            return backwards(taken, unit, first)[0], unit.last
    return None, unit.last


def _main(taken: TakenText, unit: Unit, limit: int) -> int:
    """Where the main clause begins, behind what is set before it: In May, ..."""
    first = _behind_dateline(taken, unit, limit)
    participle = taken.forms[first].endswith("ing") and not taken.is_name_elsewhere(first)
    if participle or taken.flags[first] & (PREPOSITION | BOUNDARY):
        for at in range(first + 1, min(limit, first + REACH)):
            if taken.signs[at] & COMMA:
                return at
    return first


def _behind_dateline(taken: TakenText, unit: Unit, limit: int) -> int:
    """First word of a sentence, behind the place of a report: LONDON (Wire) - ..."""
    first = unit.first
    if not taken.words[first].isupper() or len(taken.words[first]) <= _SHORT:
        return first
    for at in range(first + 1, min(limit, first + _PLACE)):
        if _DATELINE.search(taken.gaps[at]):
            return at if taken.capital(at) or taken.inside[at] else first
        if not taken.capital(at) and not taken.forms[at].isdigit():
            break
    return first


def opening(taken: TakenText, unit: Unit) -> int:
    """The character at which a sentence begins, behind the place of a report."""
    first = _behind_dateline(taken, unit, unit.last)
    if first == unit.first:
        return unit.start
    gap = taken.gaps[first]
    dash = _DATELINE.search(gap)
    return taken.starts[first] - len(gap) + (dash.end() if dash else 0)


def _opening(taken: TakenText, unit: Unit, first: int, limit: int) -> Span | None:
    """The noun phrase that a clause begins with, as far as its words show it."""
    while first < limit and taken.flags[first] & OPENER:
        first += 1
    if first >= limit or taken.inside[first]:
        return None
    last = first + 1
    bits = taken.flags[first]
    if bits & (PREPOSITION | BOUNDARY):
        return None
    if bits & DETERMINER and last < limit:
        last += 1
    while (
        not bits & PRONOUN
        and last < min(limit, first + REACH)
        and taken.capital(last)
        and not taken.stops(last)
    ):
        last += 1
    return taken.starts[first], taken.ends[last - 1]
