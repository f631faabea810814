"""Attributions without a verb and its subject: passives, questions, nouns, what a colon divides.

Nobody is named in most passives (it was reported that ...), so they have no source. A noun has the
source that owns it (her claim that ...), if any.
"""

from __future__ import annotations

from typing import Final

from coverage_research.attribution_sources import REACH, Verb, backwards, phrase_end
from coverage_research.attribution_texts import (
    COLON,
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
    BOUNDARY,
    CUE,
    DETERMINER,
    LABEL,
    MODAL,
    NO_SUBJECT,
    NOUN_CUE,
    PASSIVE,
    PREPOSITION,
    PRONOUN,
    REASON,
    SPEAKER,
    nouns,
)

#: Words of a name before a colon.
_NAME: Final = 5
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
    elif not verb.group & PASSIVE:
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
    """An attribution by a noun that a clause follows: her claim that ..."""
    behind = at + 1
    if (
        not taken.flags[at] & NOUN_CUE
        or behind + 1 >= unit.last
        or taken.forms[behind] != "that"
        or taken.stops(behind)
    ):
        return None
    first = at
    while first > unit.first and at - first <= _ADJECTIVES and not taken.signs[first] & STOP:
        if taken.signs[first] & OWNS:
            source, _ = backwards(taken, unit, first)
        elif taken.forms[first - 1] in _POSSESSIVES:
            source = (taken.starts[first - 1], taken.ends[first - 1])
        elif taken.forms[first - 1] in ("that", "this", "these", "those"):
            return None
        elif taken.flags[first - 1] & DETERMINER:
            source = None
        else:
            first -= 1
            continue
        content = _clause(taken, unit, behind)
        cue = (taken.starts[at], taken.ends[at])
        return Found(content, source, cue, *nouns()[taken.forms[at]], False) if content else None
    return None


# Colons -------------------------------------------------------------------------------------------


def of_headline(taken: TakenText, unit: Unit) -> list[Found]:
    """An attribution by a colon or dash in a headline."""
    colons = [at for at in range(unit.first + 1, unit.last) if taken.signs[at] & COLON]
    for at in colons[:1] + colons[1:][-1:]:
        gap = taken.gaps[at]
        colon = taken.ends[at - 1] + len(gap) - len(gap.lstrip(" '\u2019\"\u201d"))
        if unit.last - at <= 3 and taken.flags[unit.last - 1] & (SPEAKER | AGENCY):
            source = taken.trim(taken.starts[at], unit.end)
            content = taken.trimmed(unit.start, colon)
        elif at - unit.first <= 4 and (
            taken.flags[at - 1] & (SPEAKER | AGENCY) or taken.inside[at]
        ):
            source = taken.trim(unit.start, colon)
            content = taken.stretch(unit, at, unit.last)
        else:
            continue
        if source and content:
            return [Found(content, source, (colon, colon + 1), ":", "neutral", True)]
    return []


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
    if len(words) == 1 and taken.flags[words[0]] & (SPEAKER | AGENCY):
        return True
    if any(
        taken.flags[at] & (CUE | LABEL | PREPOSITION | BOUNDARY | PRONOUN) or not taken.capital(at)
        for at in words
    ):
        return False
    return quoted or _in_capitals(taken, words) or all(taken.is_name_elsewhere(at) for at in words)


def _in_capitals(taken: TakenText, words: range) -> bool:
    return all(taken.words[at].isupper() and len(taken.words[at]) > 2 for at in words)
