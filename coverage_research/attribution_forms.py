"""Attributions without a verb and its subject: passives, questions, nouns, what a colon divides.

Nobody is named in most passives (it was reported that ...), so they have no source. A noun has the
source that owns it (her claim that ...), if any.
"""

from __future__ import annotations

import functools
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from coverage_research.attribution_sources import REACH, Verb, backwards, opening, phrase_end
from coverage_research.attribution_texts import (
    COLON,
    COMMA,
    OWNS,
    STOP,
    Found,
    Span,
    TakenText,
    Unit,
)
from coverage_research.cues import (
    AGENCY,
    ASKED,
    AUXILIARY,
    BODY,
    BOUNDARY,
    CIRCUMSTANCE,
    CUE,
    DETERMINER,
    DOCUMENT,
    HOMOGRAPH,
    LABEL,
    MODAL,
    NO_SUBJECT,
    NOUN,
    NOUN_CUE,
    OFFICE,
    OPENER,
    PASSIVE,
    PREPOSITION,
    PRONOUN,
    REASON,
    SPEAKER,
    TITLE,
    adverbs,
    flags,
    nouns,
    verbs,
    word_list,
    word_lists,
)
from coverage_research.gazetteer import ends_with_actor
from coverage_research.noun_phrases import is_headline, usual_tag

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Words of a name before a colon.
_NAME: Final = 5
#: Documents that report what others say.
_SURVEYS: Final = frozenset({"poll", "survey"})
#: Behind a document that says what stands before it: in a report released by the bank.
_RELEASED: Final = frozenset("released published issued unveiled seen obtained".split())
#: Words of what stands before the name of a document.
_TITLES: Final = 10
#: Words of who is named before and behind the colon of a headline.
_BEFORE: Final = 6
_BEHIND: Final = 4
#: Words of the shortest clause, and of the longest name that nothing but its clause shows.
_CLAUSE: Final = 5
_SHORT: Final = 2
#: Nouns that speak in headlines.
_ROLES: Final = SPEAKER | OFFICE | DOCUMENT
_VERBS: Final = PASSIVE | MODAL
_HAVE: Final = frozenset("has have had do does did".split())
#: No subjects, so that a verb stands before them.
_OBJECTS: Final = frozenset("him them us me himself herself themselves there".split())
#: More words behind a noun that are no object of a verb.
_BESIDE: Final = frozenset(
    "behind beyond around ahead across near beneath again anew aside back here there too once "
    "over surrounding regarding following due".split()
)
_FIRST: Final = frozenset("i i'm i've i'll i'd we we're we've we'll my our me".split())
#: What stands before a colon: somebody with a role, a name, one that the article or a title shows
#: to be that of a speaker, a short one.
_ROLE, _NAMED, _KNOWN, _BRIEF = (1 << bit for bit in range(4))
#: What stands behind it: a quotation, a statement, no preposition or conjunction at its beginning,
#: a first person, a verb, quotation marks, as many words as a clause.
_QUOTES, _TELLS, _OPENS, _UTTERS, _STATES, _MARKED, _LONG = (1 << bit for bit in range(7))
#: Who is said to say what.
_SAYS: Final = (
    (_ROLE, _QUOTES),  # Minister: 'Chips are scarce'
    (_NAMED, _QUOTES),
    (_ROLE, _TELLS),  # Minister: chips are scarce
    (_NAMED, _TELLS | _UTTERS),  # Lee: I was wrong
    (_NAMED | _KNOWN, _TELLS | _OPENS | _STATES),
    (_NAMED | _KNOWN, _TELLS | _OPENS | _MARKED),
    (_NAMED | _KNOWN, _TELLS | _OPENS | _LONG),
    (_NAMED | _BRIEF, _TELLS | _OPENS | _STATES | _MARKED),  # Lee: chips are 'scarce'
)
#: Words of whoever wrote or said what a noun names.
_AUTHOR: Final = 8
#: Words of the least that a line says.
_SPEECH: Final = 3
#: Adjectives between a noun and what owns it.
_ADJECTIVES: Final = 2
_POSSESSIVES: Final = frozenset({"his", "her", "their", "its", "my", "our"})


def of_passive(taken: TakenText, verb: Verb) -> Found | None:
    """An attribution in the passive or by a question: its source is named behind `by` or not."""
    if not verb.follows or verb.group & MODAL:
        return None
    unit, behind = verb.unit, verb.at + 1
    source, content, end = None, [], taken.ends[verb.at]
    if verb.cue.lemma == "ask":
        if _asks(taken, verb):
            content = _clause(taken, unit, behind)
    elif not verb.group & PASSIVE or verb.cue.followed:
        return None
    elif verb.follows == "by":
        end = taken.ends[behind]
        source = _agent(taken, unit, behind + 1)
        content = _before(taken, verb) if source else []
    elif verb.follows == "that" and "that" in verb.cue.passive:
        content = _clause(taken, unit, behind)
    elif (verb.follows == "to" and "to" in verb.cue.passive) or (
        verb.behind & REASON and "of" in verb.cue.passive
    ):
        content = _before(taken, verb) + _clause(taken, unit, behind)
    if not content:
        return None
    cue = (taken.starts[verb.first], end)
    return Found(content, source, cue, verb.cue.lemma, verb.cue.strength, False)


def _asks(taken: TakenText, verb: Verb) -> bool:
    """Whether somebody was asked something: Asked whether ..., was asked about ..."""
    if not verb.behind & ASKED:
        return False
    opens = verb.first == verb.unit.first or taken.stops(verb.first)
    return bool(verb.group & PASSIVE or opens or taken.flags[verb.first - 1] & BOUNDARY)


def _agent(taken: TakenText, unit: Unit, first: int) -> Span | None:
    """Who stands behind `by`."""
    if first >= unit.last or taken.stops(first):
        return None
    return taken.trim(taken.starts[first], taken.ends[phrase_end(taken, unit, first) - 1])


def _before(taken: TakenText, verb: Verb) -> list[Span]:
    """Of whom or what something is said: the noun phrase before a passive."""
    if verb.first == verb.unit.first or taken.stops(verb.first):
        return []
    if taken.flags[verb.first - 1] & NO_SUBJECT:
        return []
    source, _ = backwards(taken, verb.unit, verb.first)
    return [source] if source else []


def _clause(taken: TakenText, unit: Unit, first: int) -> list[Span]:
    """From a word to the next sign outside of quotations."""
    last = first + 1
    while last < unit.last and last - first < 2 * REACH:
        if taken.signs[last] & STOP and not (taken.inside[last - 1] or taken.inside[last]):
            break
        last += 1
    return taken.stretch(unit, first, min(last, unit.last))


def of_noun(taken: TakenText, unit: Unit, at: int) -> Found | None:
    """An attribution by a noun and what follows it: her claim that ..., warnings by Lee of ..."""
    behind = at + 1
    if not taken.flags[at] & NOUN_CUE or behind + 1 >= unit.last or taken.stops(behind):
        return None
    noun = nouns()[taken.forms[at]]
    source, end = _author(taken, unit, behind)
    if end >= unit.last:
        return None
    if taken.forms[end] == "that":
        content = _clause(taken, unit, end)
    elif taken.forms[end] in noun.followed:
        content = _phrase(taken, unit, end)
    else:
        return None
    if source is None:
        is_own, source = _owned_by(taken, unit, at)
        if not is_own or (source is None and taken.forms[end] != "that"):
            return None
    cue = (taken.starts[at], taken.ends[at])
    return Found(content, source, cue, noun.lemma, noun.strength, False) if content else None


def _owned_by(taken: TakenText, unit: Unit, at: int) -> tuple[bool, Span | None]:
    """Whether a noun has an article or owner before it, and the owner: Ann Lee's repeated claim."""
    first = at
    while first > unit.first and at - first <= _ADJECTIVES and not taken.signs[first] & STOP:
        word = taken.forms[first - 1]
        if taken.signs[first] & OWNS:
            return True, _owner(taken, unit, first)
        if word in _POSSESSIVES:
            return True, (taken.starts[first - 1], taken.ends[first - 1])
        if taken.flags[first - 1] & DETERMINER:
            return word not in ("that", "this", "these", "those"), None
        first -= 1
    return False, None


def _owner(taken: TakenText, unit: Unit, last: int) -> Span:
    """The name or noun phrase that ends with a possessive 's before a word."""
    first = last - 1
    is_name = taken.capital(first)
    none = PREPOSITION | BOUNDARY | AUXILIARY | PRONOUN | CUE
    while first > unit.first and last - first < _AUTHOR and not taken.stops(first):
        bits = taken.flags[first - 1]
        if is_name and not taken.capital(first - 1):
            break
        if taken.inside[first - 1] or (bits & none and not bits & DETERMINER):
            break
        first -= 1
        if bits & DETERMINER:
            break
    return taken.starts[first], taken.ends[last - 1]


def _author(taken: TakenText, unit: Unit, first: int) -> tuple[Span | None, int]:
    """Whose a noun is by what follows it, and the word behind that: the claim by Lee that ..."""
    if taken.forms[first] not in ("by", "from"):
        return None, first
    end = first + 1
    while end < unit.last and end - first < _AUTHOR and not taken.stops(end):
        if taken.flags[end] & PREPOSITION or taken.forms[end] == "that":
            break
        end += 1
    if end == first + 1:
        return None, first
    return taken.trim(taken.starts[first + 1], taken.ends[end - 1]), end


def _phrase(taken: TakenText, unit: Unit, first: int) -> list[Span]:
    """From a preposition to the end of its noun phrase, as far as words show it."""
    last = first + 1
    ends = 0 if taken.forms[first] == "to" else AUXILIARY | BOUNDARY
    while last < unit.last and last - first < REACH:
        is_quoted = taken.inside[last - 1] or taken.inside[last]
        if taken.flags[last] & ends or (taken.signs[last] & STOP and not is_quoted):
            break
        last += 1
    return taken.stretch(unit, first, last)


def of_adverb(taken: TakenText, unit: Unit, at: int) -> Found | None:
    """An attribution by an adverb, of the clause it stands in: The firm reportedly paid."""
    adverb = adverbs().get(taken.forms[at]) if taken.forms[at][-2:] == "ly" else None
    behind = at + 1
    if adverb is None or behind >= unit.last or taken.flags[behind] & CUE:
        return None
    first = at
    while first > unit.first and at - first < REACH and not taken.stops(first):
        if taken.flags[first - 1] & BOUNDARY or taken.forms[first - 1] in ("and", "but", "or"):
            break
        first -= 1
    content = taken.stretch(unit, first, at) + _clause(taken, unit, behind)
    cue = (taken.starts[at], taken.ends[at])
    return Found(content, None, cue, adverb.lemma, adverb.strength, False) if content else None


def of_document(taken: TakenText, unit: Unit, at: int) -> Found | None:
    """An attribution by a document that a clause stands beside: In a report by the bank, ..."""
    first = _before_document(taken, unit, at)
    if first is None:
        return None
    end = phrase_end(taken, unit, first + 1)
    source = taken.trim(taken.starts[first + 1], taken.ends[end - 1])
    cue = (taken.starts[first], taken.ends[first])
    content: list[Span] = []
    if first == unit.first or (first == unit.first + 1 and taken.flags[unit.first] & OPENER):
        if end < unit.last and taken.signs[end] & COMMA:
            content = taken.stretch(unit, end, unit.last)
    elif taken.forms[first + 1] in ("a", "an", "one") and (
        taken.forms[at] in _SURVEYS or taken.forms[at + 1] in _RELEASED
    ):
        content = taken.trimmed(opening(taken, unit), cue[0])
    return Found(content, source, cue, "in", "neutral", False) if source and content else None


def _before_document(taken: TakenText, unit: Unit, at: int) -> int | None:
    """The word `in` before the phrase that names a document."""
    first = at
    while first > unit.first and at - first < _TITLES:
        if taken.stops(first) or taken.inside[first]:
            return None
        first -= 1
        if taken.flags[first] & (BOUNDARY | PREPOSITION | AUXILIARY):
            break
    behind = at + 1
    is_head = (
        behind >= unit.last
        or taken.stops(behind)
        or taken.flags[behind] & (PREPOSITION | CIRCUMSTANCE)
        or taken.forms[behind] in _RELEASED
    )
    return first if is_head and taken.forms[first] == "in" and first + 1 < at else None


# Nouns of headlines -------------------------------------------------------------------------------


def is_noun_of_headline(taken: TakenText, verb: Verb, begin: int | None) -> bool:
    """Whether what may be a verb is a noun in a headline: Security fears behind the ban.

    A verb has a subject that can speak, which begins at a word, and behind it an object or clause
    and no verb of its own: Recession fears grip markets.
    """
    if begin is None or begin >= verb.at or not _may_be_noun(taken, verb):
        return False
    behind, head = verb.at + 1, verb.at - 1
    if taken.gaps[verb.at][:1] in ("'", "\u2019") and not taken.inside[head]:
        return True  # lawmakers' fears
    is_quoted = bool(taken.inside[behind])
    if verb.follows or (behind < verb.unit.last and is_quoted):
        opens = flags().get(taken.forms[behind].partition("'")[0], 0) & (DETERMINER | PRONOUN)
        is_object = is_quoted or taken.forms[behind] in _OBJECTS
        if is_object or (opens and verb.follows != "that"):
            return False  # no noun can stand before those
        said = _is_object(taken, verb)
    else:  # Chips are scarce, Lee claims. But: Recession fears: what we know
        said = behind == verb.unit.last and begin > verb.unit.first and taken.stops(begin)
    return not (said and _can_speak(taken, begin, head, verb))


def _may_be_noun(taken: TakenText, verb: Verb) -> bool:
    """Whether a verb of a headline has a form that is a noun as well."""
    form = taken.forms[verb.at]
    if not taken.is_title or verb.first < verb.at or form in word_list("headline_verbs"):
        return False
    return bool(taken.flags[verb.at] & NOUN) or form in word_list("headline_nouns")


def _can_speak(taken: TakenText, begin: int, head: int, verb: Verb) -> bool:
    """Whether words before what may be a noun are who speaks: a name, a role, a body, people."""
    words = range(begin, head + 1)
    first = next((at - 1 for at in words[1:] if taken.flags[at] & PREPOSITION), head)
    if verb.cue.lemma in _compounds().get(taken.forms[head], ()):
        return False
    if (
        _speaks(taken, head)
        or _speaks(taken, first)
        or taken.forms[head] in taken.speakers
        or ends_with_actor(taken.words[begin : head + 1])
    ):
        return True
    if not (taken.capital(head) and usual_tag(taken.forms[head])):
        return taken.capital(head)  # a name is no word of the language
    if is_headline(taken.text) or taken.words[head].isupper():
        return head > begin and taken.capital(head - 1) and not usual_tag(taken.forms[head - 1])
    # It stands where a word would have no capital.
    return head > begin or not taken.opens_unit(head)


def _speaks(taken: TakenText, at: int) -> bool:
    """Whether a word is that of a role, a body, people or an outlet."""
    word = taken.forms[at]
    listed = word_list("headline_speakers") | word_list("positions")
    for form in (word, word.removesuffix("s"), word + "s"):
        if flags().get(form, 0) & (_ROLES | TITLE | AGENCY | BODY | PRONOUN) or form in listed:
            return True
    return word.endswith(tuple(word_list("headline_endings")))


@functools.cache
def _compounds() -> Mapping[str, frozenset[str]]:
    """Verbs of saying whose nouns a noun stands before that otherwise could speak: court claims."""
    lines = map(str.split, word_lists()["headline_compounds"].splitlines())
    return MappingProxyType({line[0]: frozenset(line[1:]) for line in lines})


def _is_object(taken: TakenText, verb: Verb) -> bool:
    """Whether the words behind what may be a verb are its object or clause."""
    unit, at = verb.unit, verb.at + 1
    word, bits = taken.forms[at], taken.flags[at]
    asks = bits & ASKED and word not in ("if", "when", "where")
    if asks or word == "that" or taken.gaps[at + 1] == "-":  # cut-price chips
        return True
    if word == "to":
        return at + 1 < unit.last and not taken.stops(at + 1)
    if bits & (PREPOSITION | BOUNDARY) or word in _BESIDE:
        return verb.cue.lemma in _framed().get(word, ())
    while at + 1 < unit.last and not taken.stops(at + 1) and usual_tag(word) == "RB":
        at += 1  # Recession fears finally fade
        word, bits = taken.forms[at], taken.flags[at]
    if (bits & _VERBS and not _is_month(taken, at)) or word in _HAVE:
        return False
    return not _is_predicate(taken, verb, at)


@functools.cache
def _framed() -> Mapping[str, frozenset[str]]:
    """Verbs of saying that may have a preposition behind them which their nouns have not."""
    lines = map(str.split, word_lists()["headline_frames"].splitlines())
    return MappingProxyType({line[0]: frozenset(line[1:]) for line in lines})


def _is_month(taken: TakenText, at: int) -> bool:
    return taken.forms[at] == "may" and taken.capital(at) and not is_headline(taken.text)


def _is_predicate(taken: TakenText, verb: Verb, at: int) -> bool:
    """Whether a word is the verb of the noun before it: fears grip markets, a report shows."""
    word, behind = taken.forms[at], at + 1
    ends = behind >= verb.unit.last or taken.stops(behind)
    bits = 0 if ends else taken.flags[behind]
    beside = bool(bits & (PREPOSITION | BOUNDARY | CIRCUMSTANCE)) or taken.forms[behind] in _BESIDE
    if word.endswith("ed"):
        return usual_tag(word) in ("VBD", "VBN", "") and (ends or beside)
    if verb.cue.shape == "base":  # Jobs report shows ...
        cue = verbs().get(word)
        third = cue is not None and cue.shape == "third" and not taken.flags[at] & NOUN
        return third or usual_tag(word) in ("VBZ", "VBD")
    if word in word_list("headline_hits"):
        return not (ends or beside)
    if word in word_list("headline_moves"):
        return ends or (beside and taken.forms[behind] not in ("in", "of", "for"))
    is_object = taken.flags[at] & (NOUN | HOMOGRAPH) or word in word_list("headline_objects")
    is_verb = not is_object and usual_tag(word) in ("VB", "VBP", "VBD")
    return is_verb or word in word_list("headline_predicates")


# Colons -------------------------------------------------------------------------------------------


def of_headline(taken: TakenText, unit: Unit, speakers: frozenset[str], begin: int) -> list[Found]:
    """An attribution by a colon or dash in a headline, of what stands there from `begin` on.

    `speakers` are the heads of the sources that the text below it has.
    """
    first, last = unit.first, _headline_end(taken, unit)
    colons = [at for at in range(first + 1, last) if taken.signs[at] & COLON]
    if colons and _is_label(taken, first, colons[0]):  # Exclusive: minister: chips are scarce
        first = colons.pop(0)
        begin = taken.starts[first]
    for at in colons[:1] + colons[1:][-1:]:
        gap = taken.gaps[at]
        colon = taken.ends[at - 1] + len(gap) - len(gap.lstrip(" '\u2019\"\u201d"))
        if ":" in gap and gap[0] == " ":
            continue  # the outlet: Chips run short : NPR
        if _is_named_behind(taken, at, last, speakers):
            source = taken.trim(taken.starts[at], taken.ends[last - 1])
            content = taken.trimmed(begin, colon)
        elif ":" in gap and (end := _named_before(taken, first, at, last, speakers)):
            source = taken.trim(taken.starts[first], taken.ends[end - 1])
            content = taken.stretch(unit._replace(last=last), at, last)
        else:
            continue
        if source and content:
            return [Found(content, source, (colon, colon + 1), ":", "neutral", True)]
    return []


def _headline_end(taken: TakenText, unit: Unit) -> int:
    """The word behind a headline, before the section or outlet that a bar sets off."""
    bars = (at for at in range(unit.first + 1, unit.last) if "|" in taken.gaps[at])
    return next(bars, unit.last)


def _is_label(taken: TakenText, first: int, last: int) -> bool:
    """Whether words before a colon say what kind of text follows."""
    if last - first > _BEFORE:
        return False
    begin = first if last - first <= _SHORT else last - 1
    return any(taken.flags[at] & LABEL for at in range(begin, last))


def _is_named_behind(taken: TakenText, at: int, last: int, speakers: frozenset[str]) -> bool:
    """Whether what stands behind a colon or dash is who says what stands before it."""
    none = ASKED | BOUNDARY | PREPOSITION | OPENER | _VERBS
    if last - at > _BEHIND or not _is_phrase(taken, at, last, none):
        return False
    bits = taken.flags[last - 1]
    if bits & _ROLES or (bits & AGENCY and ":" in taken.gaps[at]):
        return True
    is_name = all(taken.capital(word) for word in range(at, last))
    return is_name and (taken.forms[last - 1] in speakers or _has_title(taken, at, last))


def _named_before(
    taken: TakenText, first: int, at: int, last: int, speakers: frozenset[str]
) -> int:
    """The word behind who says what stands behind a colon; 0 if nobody does."""
    if at - first > _BEFORE or last - at < _SHORT or _is_label(taken, first, at):
        return 0
    if not _is_phrase(taken, first, at, ASKED | _VERBS):
        return 0
    end = _before_topic(taken, first, at)
    who = _who(taken, first, end, speakers)
    what = _what(taken, at, last)
    if end - first <= _SHORT and end == at and not taken.inside[first]:
        who |= _BRIEF
    says = any(who & one == one and what & other == other for one, other in _SAYS)
    return end if says else 0


def _who(taken: TakenText, first: int, end: int, speakers: frozenset[str]) -> int:
    """What the words before a colon show of who they name, as the bits named above."""
    head = next((at for at in range(first + 1, end) if taken.flags[at] & PREPOSITION), end) - 1
    bits = taken.flags[head]
    is_known = taken.forms[head] in speakers
    has_role = (bits & (_ROLES | AGENCY) and not bits & LABEL) or (bits & BODY and is_known)
    is_name = all(taken.capital(at) or taken.flags[at] & PREPOSITION for at in range(first, end))
    return (
        (_ROLE if has_role else 0)
        | (_NAMED if is_name else 0)
        | (_KNOWN if is_known or _has_title(taken, first, end) else 0)
    )


def _what(taken: TakenText, at: int, last: int) -> int:
    """What the words behind a colon show of being said, as the bits named above."""
    bits, words = taken.flags[at], range(at, last)
    opens = not bits & (DETERMINER | PRONOUN)
    asks = bits & ASKED or "?" in taken.gaps[last]
    return (
        (_QUOTES if taken.inside[at] and not taken.inside[at - 1] else 0)
        | (0 if asks or taken.inside[at] else _TELLS)
        | (0 if bits & (PREPOSITION | BOUNDARY) else _OPENS)
        | (_UTTERS if any(taken.forms[word] in _FIRST for word in words) else 0)
        | (_STATES if any(taken.flags[word] & _VERBS for word in words) else 0)
        | (_MARKED if taken.any_inside(at, last) else 0)
        | (_LONG if last - at >= _CLAUSE and opens else 0)
    )


def _is_phrase(taken: TakenText, first: int, last: int, none: int) -> bool:
    """Whether words before or behind a colon are one noun phrase, as far as lists show it."""
    form = taken.forms[first]
    is_participle = form.endswith("ing") and form != "acting"  # Bombing Syria: ...
    if is_participle or taken.flags[first] & (PREPOSITION | BOUNDARY | (none & OPENER)):
        return False
    return not any(
        _is_beside(taken, at, none & ~OPENER, is_first=at == first) for at in range(first, last)
    )


def _is_beside(taken: TakenText, at: int, none: int, *, is_first: bool) -> bool:
    """Whether a word shows that it belongs to no noun phrase, or to another one."""
    bits, form = taken.flags[at], taken.forms[at].partition("'")[0]
    if not is_first:
        determined = bits & DETERMINER and not taken.flags[at - 1] & PREPOSITION
        if determined or bits & OPENER or taken.signs[at] & (STOP | COLON):
            return True  # Defend the police
    if flags().get(form, 0) & (none | PRONOUN) and not bits & OFFICE:
        return True
    cue = verbs().get(form)
    return cue is not None and cue.shape in ("past", "third") and not bits & _ROLES


def _before_topic(taken: TakenText, first: int, last: int) -> int:
    """The word behind a name, before what it speaks of or to: Lee on chips, Lee to critics."""
    for at in range(first + 1, last):
        if taken.flags[at] & PREPOSITION and taken.forms[at] not in ("of", "for"):
            return at
    return last


def _has_title(taken: TakenText, first: int, last: int) -> bool:
    """Whether a name stands behind the title or office of who has it."""
    if any(taken.signs[at] & OWNS for at in range(first + 1, last)):
        return False
    titles = (at for at in range(first, last - 1) if taken.flags[at] & TITLE)
    return any(all(taken.capital(at) for at in range(title, last)) for title in titles)


def of_line(taken: TakenText, unit: Unit) -> list[Found]:
    """An attribution by a name and a colon at the beginning of a line, as transcripts have it."""
    at = unit.first + 1
    limit = min(unit.last, unit.first + _NAME + 1)
    while at < limit and not taken.signs[at] & STOP:
        at += 1
    if at >= limit or not taken.signs[at] & COLON or taken.gaps[at].lstrip(" ")[:1] != ":":
        return []
    words = range(unit.first, at)
    if unit.last - at < _SPEECH:
        return []
    if taken.inside[unit.first] or not _is_speaker(taken, words, quoted=bool(taken.inside[at])):
        return []
    start = taken.starts[unit.first]
    if taken.text[:start].rstrip(" \t")[-1:] not in ("", "\n"):
        return []
    end = unit.end
    if _in_capitals(taken, words):  # a transcript, where all of a line is said
        end = max(end, taken.text.find("\n", taken.starts[at]))
    colon = taken.ends[at - 1] + taken.gaps[at].index(":")
    source = taken.trim(start, taken.ends[at - 1])
    content = taken.trimmed(taken.ends[at - 1] + len(taken.gaps[at].rstrip(' "\u201c')), end)
    if not source or not content:
        return []
    return [Found(content, source, (colon, colon + 1), ":", "neutral", True)]


def _is_speaker(taken: TakenText, words: range, *, quoted: bool) -> bool:
    """Whether words before a colon name somebody who speaks."""
    bits = taken.flags[words[0]]
    if len(words) == 1 and bits & (SPEAKER | AGENCY) and not bits & LABEL:
        return True
    if any(
        taken.flags[at] & (CUE | LABEL | PREPOSITION | BOUNDARY | PRONOUN) or not taken.capital(at)
        for at in words
    ):
        return False
    return quoted or _in_capitals(taken, words) or all(taken.is_name_elsewhere(at) for at in words)


def _in_capitals(taken: TakenText, words: range) -> bool:
    return all(taken.words[at].isupper() and len(taken.words[at]) > 2 for at in words)
