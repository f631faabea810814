"""Rules that find attributions in one text: which words are cues here, and what is said.

Cues are looked up first, and only the sentences that have one are looked at. The source is found
by `attribution_sources`; each attribution is whole when its three parts stand apart.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final

from coverage_research.attribution_forms import (
    is_noun_of_headline,
    of_adverb,
    of_document,
    of_headline,
    of_line,
    of_noun,
    of_passive,
)
from coverage_research.attribution_sources import (
    BETWEEN,
    REACH,
    Verb,
    is_inverted,
    kind_of,
    opening,
    participle_subject,
    phrase_end,
    subject,
    verb_at,
)
from coverage_research.attribution_texts import (
    COLON,
    COMMA,
    MARKS,
    STOP,
    Found,
    Span,
    TakenText,
    Unit,
)
from coverage_research.cues import (
    ASKED,
    AUXILIARY,
    BOUNDARY,
    CIRCUMSTANCE,
    CUE,
    DETERMINER,
    DOCUMENT,
    MODAL,
    NO_SUBJECT,
    NOT_BEHIND,
    NOT_BEHIND_STANCE,
    NOUN,
    OPENER,
    PASSIVE,
    PREPOSITION,
    PRONOUN,
    UNREAL,
    Cue,
    phrases,
    verbs,
)
from coverage_research.noun_phrases import is_headline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Characters of the title of a work, with its marks.
_TITLE: Final = 80
#: Share of the words between quotation marks from which a content is direct speech.
_DIRECT: Final = 0.8
#: Words of the least that a sentence says before a cue, unless more follows.
_OPENING: Final = 4
#: Words from which a quotation without a cue of its own is speech, not a name or a scare quote.
_SPEECH: Final = 3
#: Words before a comma that are no clause, unless they are all that a sentence says.
_FEW: Final = 3
#: What explains a source behind its head.
_EXPLAINS: Final = re.compile(r"[,;(]|\s(?:of|for|at|in|from|on|who|with)\s")
_WORD: Final = re.compile(r"[^\W_]+")
#: Lists of which a word must be for its sentence to be looked at.
_WORTH: Final = CUE | DOCUMENT
#: Subjects with which no base form agrees.
_SINGULAR: Final = frozenset("this it he she one another his her its their my our".split())
_HAVE: Final = frozenset("has have had do does did".split())
#: Words between a quotation and a verb of which it is the object.
_SUBJECT: Final = 8


def attribution_rows(
    text: str, *, is_title: bool, speakers: frozenset[str] = frozenset()
) -> Iterator[tuple[object, ...]]:
    """Attributions of a text: rows of `find_attributions` without article and field, by place.

    `speakers` are heads of sources that other texts of the article have, for a headline.
    """
    taken = TakenText(text, is_title=is_title, speakers=speakers)
    spans = [
        (start, end, number > 0, found)
        for found in _attributions(taken, is_title, speakers)
        for number, (start, end) in enumerate(found.content)
    ]
    spans.sort(key=lambda span: (*span[:2], span[3].cue))
    for start, end, continues, found in spans:
        source = found.source
        kind = kind_of(taken, source)
        yield (
            start,
            end,
            text[start:end],
            *((*source, text[source[0] : source[1]]) if source else (None, None, None)),
            *found.cue,
            text[found.cue[0] : found.cue[1]],
            found.lemma,
            found.strength,
            _form(taken, start, end),
            kind == "named",
            kind,
            continues,
        )


def heads(sources: Iterable[str]) -> frozenset[str]:
    """Last words of sources, before what explains them, in lower case.

    Examples
    --------
    >>> sorted(heads(["Ann Lee, a spokeswoman", "the head of the bank"]))
    ['head', 'lee']
    """
    words = (_WORD.findall(_EXPLAINS.split(source, maxsplit=1)[0].lower()) for source in sources)
    return frozenset(found[-1] for found in words if found)


def _form(taken: TakenText, start: int, end: int) -> str:
    first, last = taken.between(start, end)
    share = taken.inside.count(1, first, last) / max(1, last - first)
    return "direct" if share >= _DIRECT else "partial" if share else "indirect"


# Finding ------------------------------------------------------------------------------------------


def _attributions(taken: TakenText, is_title: bool, speakers: frozenset[str]) -> list[Found]:
    """All attributions of a text, each of whose three parts stand apart."""
    inside = taken.inside
    cues = [at for at, bits in enumerate(taken.flags) if bits & _WORTH and not inside[at]]
    lines = not is_title and ":" in taken.text
    divided = is_title and any(map(COLON.__and__, taken.signs))
    if not (cues or divided or lines):
        return []
    taken.divide()
    found: list[Found] = []
    waiting: list[Span] = []  # paragraphs of a quotation whose cue stands behind its last one
    n_cues, done = len(cues), 0
    for number, unit in enumerate(taken.units):
        new: list[Found] = []
        begin = done
        while done < n_cues and cues[done] < unit.last:
            done += 1
        if done > begin:
            new = _of_unit(taken, unit, cues[begin:done])
        if divided:
            opens = unit.start if found else 0
            new = of_headline(taken, unit, speakers, opens) or new
        elif lines:
            new += of_line(taken, unit)
        if found and not new and _goes_on(taken, unit, taken.units[number - 1], found[-1]):
            # Speech that goes on in a sentence or paragraph of its own.
            found[-1].content.append(_whole(taken, unit))
            continue
        if waiting and new and _opens_quoted(taken, unit, new[0]):
            new[0].content[:0] = waiting
        if _is_unclosed(taken, unit):
            waiting.append(_whole(taken, unit))
        else:
            waiting = []
        found += new
    parts = [whole for one in found if (whole := _apart(one)) is not None]
    return _outermost(parts)


def _outermost(found: list[Found]) -> list[Found]:
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


def _goes_on(taken: TakenText, unit: Unit, before: Unit, last: Found) -> bool:
    """Whether a sentence goes on with what the last attribution says."""
    if not last.content:
        return last.cue[0] >= before.start
    return (
        last.goes_on
        and last.source is not None
        and before.start <= max(last.content[-1][1], last.cue[1])
        and unit.last - unit.first >= _SPEECH
        and taken.all_inside(unit.first, unit.last)
    )


def _is_unclosed(taken: TakenText, unit: Unit) -> bool:
    """Whether all of a unit is a quotation that no mark closes, as before a further paragraph."""
    if not taken.all_inside(unit.first, unit.last):
        return False
    quote = taken.quote_at(taken.starts[unit.first])
    return quote is not None and taken.text[taken.quotes[quote][1] - 1] not in MARKS


def _opens_quoted(taken: TakenText, unit: Unit, one: Found) -> bool:
    """Whether an attribution has the quotation that its unit opens with."""
    return bool(one.content) and one.content[0][0] == unit.start and bool(taken.inside[unit.first])


def _whole(taken: TakenText, unit: Unit) -> Span:
    quote = taken.quote_at(taken.starts[unit.first])
    start = unit.start if quote is None else min(unit.start, taken.quotes[quote][0])
    return start, unit.end


def _apart(found: Found) -> Found | None:
    """The attribution with what overlaps source or cue left out; None if nothing is left."""
    taboo = [found.cue] + ([found.source] if found.source else [])
    if found.source and found.source[0] < found.cue[1] and found.cue[0] < found.source[1]:
        return None
    content = [
        (start, end)
        for start, end in found.content
        if end > start and all(end <= first or start >= last for first, last in taboo)
    ]
    return found._replace(content=content) if content else None


def _of_unit(taken: TakenText, unit: Unit, cues: list[int]) -> list[Found]:
    """Attributions whose cue stands in a sentence."""
    found: list[Found] = []
    shared: Span | None = None  # subject of the last verb, which a participle shares
    cuts = _cuts(taken, unit, cues)
    for at in cues:
        one = _of_phrase(taken, unit, at) or _of_verb(taken, unit, at, shared, cuts)
        speaker = one.source if one else None
        one = one or of_noun(taken, unit, at) or of_adverb(taken, unit, at)
        if one is None:
            continue
        if found and _holds(one, found[-1].cue) and _holds(found[-1], one.cue):
            found.pop()  # the later one says what the earlier one is
        found.append(one)
        shared = speaker or shared
    if not found:
        documents = (of_document(taken, unit, at) for at in cues if taken.flags[at] & DOCUMENT)
        found += [one for one in documents if one is not None][:1]
    return found


def _holds(found: Found, cue: Span) -> bool:
    """Whether a cue stands in the content of an attribution."""
    return any(start <= cue[0] < end for start, end in found.content)


def _cuts(taken: TakenText, unit: Unit, cues: list[int]) -> list[int]:
    """Words at which what was said before ends: a further cue that the same speaker has."""
    cuts = []
    for at in cues:
        if at == unit.first:
            continue
        cue = verbs().get(taken.forms[at])
        if cue is None:
            if taken.forms[at] == "according":
                cuts.append(at)
        elif cue.followed and taken.forms[at + 1] not in cue.followed:
            continue
        elif cue.shape == "ing":
            if taken.signs[at] & COMMA:
                cuts.append(at)
        elif cue.shape != "base" and taken.forms[at - 1] in ("and", "but"):
            cuts.append(at - 1)
    return cuts


def _of_phrase(taken: TakenText, unit: Unit, at: int) -> Found | None:
    """An attribution by `according to`."""
    for phrase in phrases().get(taken.forms[at], ()):
        behind = at + 2
        first = behind - len(phrase.words)
        if (
            first < unit.first
            or behind >= unit.last
            or taken.forms[first:behind] != list(phrase.words)
            or taken.inside[first]
        ):
            continue
        end = phrase_end(taken, unit, behind)
        source = taken.trim(taken.starts[behind], taken.ends[end - 1])
        cue = (taken.starts[first], taken.ends[behind - 1])
        content = taken.trimmed(opening(taken, unit), cue[0])
        if not content or (end < unit.last and taken.signs[end] & COMMA):
            content += taken.stretch(unit, end, unit.last)
        if source and content:
            return Found(content, source, cue, " ".join(phrase.words), phrase.strength, True)
    return None


def _of_verb(
    taken: TakenText, unit: Unit, at: int, shared: Span | None, cuts: list[int]
) -> Found | None:
    """An attribution by a verb, if the verb has a subject and something is said."""
    cue = verbs().get(taken.forms[at])
    if cue is None or (cue.shape == "base" and _is_no_verb(taken, unit, at, cue)):
        return None
    if taken.gaps[at] == "-" or taken.gaps[at + 1] == "-":  # the union-backed plan
        return None
    verb = verb_at(taken, unit, at, cue)
    if verb.cue.shape == "past" and (unsourced := of_passive(taken, verb)):
        return unsourced
    if _reports_nothing(taken, verb):
        return None
    content = None
    if is_inverted(taken, verb):
        end = phrase_end(taken, unit, at + 1)
        source = taken.trim(taken.starts[at + 1], taken.ends[end - 1])
        content = taken.trimmed(opening(taken, unit), taken.starts[verb.first])
        content += _quoted_later(taken, unit, end)
    else:
        source, content = _of_subject(taken, verb, shared, cuts)
        announced = at + 1 == unit.last and ":" in taken.gaps[at + 1][:40]
        if source is None or not (content or announced):
            return None
    span = (taken.starts[verb.first], taken.ends[at])
    return Found(content, source, span, cue.lemma, cue.strength, cue.group == "say")


def _is_no_verb(taken: TakenText, unit: Unit, at: int, cue: Cue) -> bool:
    """Whether a base form is a noun or an infinitive, as most are, by the word before it."""
    before = taken.flags[at - 1]
    if at == unit.first or taken.signs[at] & STOP:
        return False
    if before & PRONOUN:
        return taken.forms[at - 1] in _SINGULAR
    if taken.forms[at - 1] == "to" and verb_at(taken, unit, at, cue).first < at - 1:
        return False
    return bool(before & (MODAL | PREPOSITION | DETERMINER))


def _of_subject(
    taken: TakenText, verb: Verb, shared: Span | None, cuts: list[int]
) -> tuple[Span | None, list[Span]]:
    """Source and content of a verb with its subject before it."""
    unit = verb.unit
    begin, until = None, unit.last
    if verb.is_participle:
        says = verb.cue.group == "say"
        source, until = participle_subject(taken, unit, verb.first, shared, says=says)
    else:
        source, begin = subject(taken, verb, shared)
    if source is None or _is_subordinate(taken, unit, source):
        return None, []
    if is_noun_of_headline(taken, verb, begin):
        return None, []
    if begin is not None and _stands_behind(taken, verb, begin):
        content = taken.trimmed(opening(taken, unit), taken.starts[begin])
        return source, content + _goes_on_behind(taken, verb, begin, cuts)
    return source, _content_behind(taken, verb, source, until, cuts)


def _reports_nothing(taken: TakenText, verb: Verb) -> bool:
    """Whether the words around a verb show that nobody is said to have said or thought."""
    cue = verb.cue
    past = cue.shape == "past"
    by = past and verb.follows == "by"
    if by or verb.behind & NOT_BEHIND:
        # "...," Ann Lee said by telephone. But not: the "pact" written by Ann Lee.
        quotes = (cue.inverts or cue.quotes) and (not by or cue.lemma == "say")
        if not (quotes and _is_behind_quotation(taken, verb)):
            return True
    return bool(
        (past and verb.group & PASSIVE)
        or (verb.first > verb.unit.first and taken.forms[verb.first - 1] == "to")
        or verb.group & MODAL
        or (cue.followed and verb.follows not in cue.followed)
        or verb.follows in cue.particles
        or (cue.group == "stance" and verb.behind & NOT_BEHIND_STANCE)
    )


def _is_behind_quotation(taken: TakenText, verb: Verb) -> bool:
    """Whether a quotation stands before a verb, with no more than a subject between them."""
    begin, first = verb.unit.first, verb.first - 1
    while first > begin and verb.first - first < _SUBJECT and not taken.stops(first):
        first -= 1
    return first > max(begin, verb.first - _SUBJECT) and bool(taken.inside[first - 1])


# Contents -----------------------------------------------------------------------------------------


def _content_behind(
    taken: TakenText, verb: Verb, source: Span, until: int, cuts: list[int]
) -> list[Span]:
    """What is said behind a verb, up to the word `until` at most."""
    begin = _begin(taken, verb)
    at_comma = verb.cue.group != "say" or _is_dependent(taken, verb.unit, source)
    last = min(until, _last(taken, verb.unit, begin, cuts, at_comma=at_comma))
    cue = verb.cue
    is_quoted = taken.any_inside(begin, last)
    if (
        (cue.names and _is_named_so(taken, verb, source, begin))
        or (is_quoted and _is_title(taken, verb.at + 1, begin))
        or (cue.quotes and not is_quoted)
        or (cue.clausal and not is_quoted and not _has_clause(taken, begin, last))
        or (cue.group == "show" and _shows_object(taken, source, begin, last))
    ):
        return []
    return taken.stretch(verb.unit, begin, last)


def _has_clause(taken: TakenText, first: int, last: int) -> bool:
    """Whether words begin with one that opens a clause, or hold the form of a verb."""
    if taken.flags[first] & (BOUNDARY | ASKED):
        return True
    for at in range(first, min(last, first + REACH)):
        verb = taken.flags[at] & (PASSIVE | MODAL) or taken.forms[at] in _HAVE
        if verb and not taken.capital(at):  # in May
            return True
        if taken.forms[at].endswith(("ed", "'s", "n't", "'re", "'ll")):
            return True
        cue = verbs().get(taken.forms[at])
        if cue is not None and cue.shape in ("past", "third") and at > first:
            return True
    return False


def _shows_object(taken: TakenText, source: Span, first: int, last: int) -> bool:
    """Whether somebody shows a thing: Ann Lee showed courage. But: The Lee poll showed a lead."""
    head = taken.starting(source[1]) - 1
    if not taken.capital(head) or taken.opens_unit(head) or _has_clause(taken, first, last):
        return False
    words = range(taken.starting(source[0]), head + 1)
    return not any(taken.flags[at] & DOCUMENT for at in words)


def _is_named_so(taken: TakenText, verb: Verb, source: Span, first: int) -> bool:
    """Whether a verb gives the name of what it stands behind: a firm called Ito Labs."""
    if verb.cue.shape != "past" or verb.first < verb.at or not taken.capital(first):
        return False
    if taken.forms[taken.starting(source[0])] in ("a", "an"):
        return True
    before = taken.forms[max(verb.unit.first, verb.first - _SUBJECT) : verb.first]
    return not taken.capital(verb.first - 1) and ("a" in before or "an" in before)


def _stands_behind(taken: TakenText, verb: Verb, begin: int) -> bool:
    """Whether subject and verb stand behind what was said."""
    unit, behind = verb.unit, verb.at + 1
    if begin == unit.first or not taken.stops(begin):
        return False
    opens = behind < unit.last and taken.inside[behind]
    if taken.inside[begin - 1]:
        return not (opens and not taken.gaps[behind].strip(' "\u201c'))
    if verb.cue.group == "stance" or not taken.signs[begin] & COMMA:
        return False
    sets_out = taken.flags[unit.first] & (PREPOSITION | BOUNDARY)
    addresses = verb.cue.addresses and not sets_out and _is_addressee(taken, behind, unit.last)
    if begin - unit.first < _FEW:
        # Chips ran out, Ann Lee said. But not: Meanwhile, Ann Lee said.
        opened = sets_out or taken.flags[unit.first] & (OPENER | CIRCUMSTANCE)
        return not opened and (behind >= unit.last or addresses)
    stops = behind < unit.last and taken.stops(behind) and not opens
    if behind >= unit.last or addresses or (stops and ":" not in taken.gaps[behind][:40]):
        return True
    # Exports would fall, Ann Lee said in a report.
    return bool(
        verb.behind & CIRCUMSTANCE
        and not sets_out
        and begin - unit.first > _FEW + 1
        and not taken.any_inside(behind, unit.last)
        and "that" not in taken.forms[behind : min(unit.last, behind + BETWEEN)]
    )


def _is_addressee(taken: TakenText, first: int, last: int) -> bool:
    """Whether words behind a verb say no more than to whom, where and when."""
    clause = AUXILIARY | BOUNDARY | NO_SUBJECT | NOUN
    if last - first > BETWEEN or taken.flags[first] & (clause | CIRCUMSTANCE):
        return False
    return not any(
        taken.stops(at)
        or taken.inside[at]
        or taken.forms[at] in ("to", "of", "about")
        or (taken.flags[at] & (clause | PRONOUN) and not taken.flags[at] & DETERMINER)
        for at in range(first + 1, last)
    )


def _quoted_later(taken: TakenText, unit: Unit, first: int) -> list[Span]:
    """A quotation that goes on behind its cue in the same sentence."""
    at = taken.inside.find(1, first, max(first, min(unit.last, first + BETWEEN)))
    return taken.stretch(unit, at, unit.last) if at >= 0 else []


def _goes_on_behind(taken: TakenText, verb: Verb, begin: int, cuts: list[int]) -> list[Span]:
    """What is said behind a cue that stands in the middle: In May, Ann Lee said, exports fell."""
    unit, behind = verb.unit, verb.at + 1
    divides = behind < unit.last and taken.signs[behind] & COMMA and not taken.inside[begin - 1]
    bits = taken.flags[unit.first]
    opens = bits & (PREPOSITION | BOUNDARY | OPENER) or begin - unit.first <= _OPENING
    other = taken.flags[behind] & BOUNDARY or taken.forms[behind] in ("and", "but", "or")
    if not divides or not opens or other or taken.any_inside(behind, unit.last):
        return _quoted_later(taken, unit, behind)
    number = bisect_left(cuts, behind)
    last = cuts[number] if number < len(cuts) else unit.last
    return taken.stretch(unit, behind, last)


def _is_title(taken: TakenText, behind: int, first: int) -> bool:
    """Whether a quotation right behind a verb is the title of a work."""
    if behind != first or not taken.inside[first] or set(taken.gaps[first][:40]) & set(",:"):
        return False
    quote = taken.quotes[taken.quote_at(taken.starts[first]) or 0]
    shown = taken.text[quote[0] : quote[1]]
    return len(shown) < _TITLE and shown[-2:-1] not in ".,!?" and is_headline(shown)


def _begin(taken: TakenText, verb: Verb) -> int:
    """First word of what is said behind a verb."""
    unit, first = verb.unit, verb.at + 1
    if first >= unit.last or taken.inside[first]:
        return first
    addresses = verb.cue.addresses
    passes = verb.cue.group == "say" and taken.flags[first] & CIRCUMSTANCE
    if addresses or passes:
        for number in range(first, min(unit.last, first + BETWEEN)):
            if taken.inside[number] or taken.forms[number] == "that":
                return number
    return _behind_addressee(taken, unit, first) if addresses else first


def _behind_addressee(taken: TakenText, unit: Unit, first: int) -> int:
    """The word behind whom a verb addresses: a noun or a name."""
    at = first + bool(taken.flags[first] & DETERMINER)
    limit = min(unit.last, at + BETWEEN)
    while at + 1 < limit and taken.capital(at) and taken.capital(at + 1):
        at += 1
    return min(at + 1, unit.last)


def _last(taken: TakenText, unit: Unit, begin: int, cuts: list[int], *, at_comma: bool) -> int:
    """The word behind the last of what is said from a word on."""
    number = bisect_right(cuts, begin)
    last = cuts[number] if number < len(cuts) else unit.last
    if at_comma:
        for at in range(begin + 1, min(last, begin + 2 * REACH)):
            if taken.stops(at) and not taken.inside[at - 1] and not taken.inside[at]:
                return at
    return last


def _is_subordinate(taken: TakenText, unit: Unit, source: Span) -> bool:
    """Whether a subject stands in a clause that states no fact by itself, as behind `if`."""
    at = taken.starting(source[0])
    return at > unit.first and bool(taken.flags[at - 1] & UNREAL) and not taken.stops(at)


def _is_dependent(taken: TakenText, unit: Unit, source: Span) -> bool:
    """Whether a subject is that of a relative clause, or of one before the main clause."""
    at = taken.starting(source[0])
    relative = taken.forms[at] in ("who", "which", "that")
    opens = at - 1 == unit.first and bool(taken.flags[at - 1] & BOUNDARY)
    return relative or opens
