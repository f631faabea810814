"""Noun phrases: which words before a place belong to it, and how they divide into labels.

Words are classed by a lexicon of the most usual part of speech, by the lists of
`label_words.yaml`, by their endings and by their neighbours. There is no parser.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from coverage_research.schema import CoverageError
from coverage_research.stories import FUNCTION_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Characters before and after a target that are looked at.
_LEFT: Final = 160
_RIGHT: Final = 80
#: Share of the words that begin with a capital above which a text is a headline.
_CAPITALS: Final = 0.8
#: Letters up to which a word in capitals is an acronym, whatever it is in lower case.
_ACRONYM: Final = 4
#: Words between quotation marks that still are a label, not speech.
_QUOTED: Final = 3

_STOP_TAGS: Final = frozenset("CC DT EX IN MD PDT POS PRP PRP$ TO UH WDT WP WP$ WRB".split())
_NEVER: Final = _STOP_TAGS | {"CD", "RB", "RBR", "VBZ"}
_PARTICIPLES: Final = frozenset("VBD VBG VBN".split())
_FINITE: Final = frozenset("VB VBP VBZ VBD VBN".split())
_ADJECTIVES: Final = frozenset("JJ JJR JJS".split())

_HYPHEN: Final = "-\u2010\u2011"
_HYPHENS: Final = re.compile(f"[{_HYPHEN}]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_CONTENT: Final = re.compile(r"[^\W\d_]{3,}")
_POSSESSIVE: Final = re.compile(r"(?:['\u2019][sS]|(?<=[sS])['\u2019])$")
_CONTRACTED: Final = re.compile(r"(?:'(?:ll|re|ve|d|m)|n't)$")  # he'll, don't
_DOTTED: Final = re.compile(r"\b((?:[^\W\d_]\.){2,})")
_ABBREVIATED: Final = re.compile(
    r"(?:(?<=\s[A-Z])|(?<=\b(?:Dr|Jr|Lt|Mr|Ms|Sr|St))|(?<=\b(?:Mrs|Gen|Gov|Sen|Rep)))\.(?= [A-Z])"
)
_MARKS: Final = frozenset("\"'\u201c\u2018\u201d\u2019\u00ab\u00bb")
_OPENING: Final = frozenset({".", "!", "?", ":", ";", '"', "\u201c", "("})


class Label(NamedTuple):
    """A label: its place in the text, and whether it is an adjective, noun or possessor."""

    start: int
    end: int
    kind: str


class _Word(NamedTuple):
    """A word or sign of the left context: as shown, lower case, its tag, and where it stands."""

    shown: str
    lower: str
    tag: str  # a Penn tag; "," and other signs stand for themselves
    start: int
    end: int

    @property
    def modifies(self) -> bool:
        return self.tag in _ADJECTIVES or self.tag in _PARTICIPLES

    @property
    def grades(self) -> bool:
        return self.modifies or self.tag == "RB"

    @property
    def owns(self) -> bool:
        return _POSSESSIVE.search(self.shown) is not None


def labels_before(text: str, start: int, end: int) -> list[Label] | None:
    """Labels before text[start:end], in order; None where that heads no noun phrase.

    Examples
    --------
    >>> text = "They trust the heavily indebted chip giant Intel."
    >>> [text[label.start : label.end] for label in labels_before(text, 43, 48)]
    ['heavily indebted', 'chip giant']
    """
    before = text[max(0, start - _LEFT) : start]
    if len(before) == _LEFT:
        # The first word may be cut.
        before = before[before.find(" ") + 1 :] if " " in before else ""
    before = before[max(before.rfind("\n"), before.rfind("\r")) + 1 :]
    behind = text[end : end + _RIGHT].split("\n", maxsplit=1)[0]
    headline = is_headline(before + text[start:end] + behind)
    if not _is_head(text, start, end, headline):
        return None
    words = _words(before, start - len(before), headline)
    return _cut(words, _phrase(words, text[start].isupper()))


def normal_form(shown: str, kind: str) -> str:
    """Write a label in the form in which it is counted.

    Examples
    --------
    >>> normal_form("U.S.\u2010led", "adjective"), normal_form("China's", "possessor")
    ('us-led', 'china')
    """
    form = " ".join(shown.lower().replace("\u2019", "'").split())
    if kind == "possessor":
        form = _POSSESSIVE.sub("", form)
    form = _HYPHENS.sub("-", form).strip("\"'\u201c\u201d\u2018")
    return _DOTTED.sub(lambda found: found[0].replace(".", ""), form)


def without_stops(text: str) -> str:
    """The text without the full stops of initials and titles, which would cut a name in two.

    Examples
    --------
    >>> without_stops("He met Ann B. Lee.")
    'He met Ann B  Lee.'
    """
    return _ABBREVIATED.sub(" ", text)


def is_headline(text: str) -> bool:
    """Whether a stretch of text has its words in capitals or begins them so."""
    longer = _CONTENT.findall(text)
    capitals = sum(word[0].isupper() for word in longer)
    if capitals < 2 or 2 * capitals < len(longer):
        return False  # most texts; the look at each word is slower
    content = [word for word in longer if word.lower() not in FUNCTION_WORDS]
    return bool(sum(word[0].isupper() for word in content) > _CAPITALS * len(content))


# Lists and lexicon --------------------------------------------------------------------------------


@functools.cache
def _data() -> Mapping[str, Any]:
    """The file of word lists that the package ships."""
    import yaml

    text = importlib.resources.files(__package__).joinpath("label_words.yaml").read_text("utf-8")
    return MappingProxyType(yaml.safe_load(text))


@functools.cache
def _listed(name: str) -> frozenset[str]:
    """Words of a list."""
    return frozenset(_data()[name].split())


@functools.cache
def _endings(name: str) -> tuple[str, ...]:
    """Endings of a list, as `str.endswith` takes them."""
    return tuple(_data()[name].split())


@functools.cache
def _compounds() -> dict[str, str]:
    """Pairs of words that are one thing, and their tag."""
    kinds = {"compound_nouns": "NN", "compound_adjectives": "JJ", "compound_places": "NNP"}
    return {pair: tag for name, tag in kinds.items() for pair in _data()[name].splitlines()}


@functools.cache
def _token() -> re.Pattern[str]:
    """What a word or sign is."""
    shortened = "|".join(_endings("abbreviations"))
    return re.compile(
        rf"(?:[^\W\d_]\.){{2,}}(?:[{_HYPHEN}][^\W_]+)*"  # U.S.  U.S.-led
        rf"|(?<![^\W_])(?:{shortened})\.(?=\s)"
        rf"|[^\W_]+(?:[{_HYPHEN}'\u2019.&/][^\W_]+)*(?:['\u2019](?=\s)(?<=s.))?"
        r"|\S"
    )


@functools.cache
def _lexicon() -> dict[str, str]:
    """Most usual tag of some 94,000 words, read from the file that textblob ships.

    The file is read without importing textblob, which would take nltk and a second with it.
    """
    spec = find_spec("textblob")
    places = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(places[0], "en", "en-lexicon.txt") if places else None
    if path is None or not path.is_file():
        raise CoverageError(
            "labels need the file en/en-lexicon.txt of textblob; install textblob again"
        )
    tags = {}
    with path.open(encoding="utf-8-sig") as lines:
        for line in lines:
            word, _, tag = line.rstrip().partition(" ")
            if tag and not line.startswith(";;;"):
                tags[word] = tag.split("|")[0]
    return tags


def usual_tag(form: str) -> str:
    """Most usual part of speech of a word in lower case, as a Penn tag; empty if it is unknown.

    Names are unknown unless they are words as well.

    Examples
    --------
    >>> usual_tag("fears"), usual_tag("fade"), usual_tag("nvidia")
    ('NNS', 'VB', '')
    """
    return _lexicon().get(form, "")


# Words --------------------------------------------------------------------------------------------


def _words(before: str, offset: int, headline: bool) -> list[_Word]:
    """Take the context before a target, which begins at `offset`, apart."""
    words: list[_Word] = []
    for found in _token().finditer(before):
        shown = found[0]
        first = not words or words[-1].tag in _OPENING
        plain = headline or first or (len(shown) > _ACRONYM and shown.isupper())
        lower = shown.lower().replace("\u2019", "'")
        start, end = offset + found.start(), offset + found.end()
        if words and words[-1].end == start - 1:
            last = words[-1]
            tag = _compounds().get(f"{last.lower} {lower}")
            if tag:
                whole = before[last.start - offset : found.end()]
                words[-1] = _Word(whole, f"{last.lower} {lower}", tag, last.start, end)
                continue
        bare = _POSSESSIVE.sub("", shown) or shown
        words.append(_Word(shown, lower, _tag(bare, plain), start, end))
    return words


@functools.lru_cache(maxsize=200_000)
def _tag(shown: str, plain: bool) -> str:
    """Tag of a word by itself.

    `plain` says that its capital means nothing, as at the start of a sentence and in headlines.
    """
    lower = shown.lower().replace("\u2019", "'")
    if not shown[0].isalnum():
        return shown
    # `US` is a country, `us` is not.
    acronym = shown.isupper() and 1 < len(shown) <= _ACRONYM and lower not in FUNCTION_WORDS
    if acronym or (lower == "us" and shown != "us") or "." in shown:
        return "CD" if shown[0].isdigit() else "NNP"
    if _CONTRACTED.search(lower):
        return "MD"
    if lower in FUNCTION_WORDS or lower in _listed("determiners"):
        return _lexicon().get(lower, "IN")
    return _open_tag(shown, lower, plain) if _LETTER.search(shown) else "CD"


def _open_tag(shown: str, lower: str, plain: bool) -> str:
    """Tag of a word that is no function word, number or acronym."""
    lexicon, capital = _lexicon(), shown[0].isupper() and not plain
    straight = _HYPHENS.sub("-", lower)
    if "-" in straight:
        return _hyphened_tag(straight, capital)
    if lower in _listed("adjectives"):
        return "JJ"
    if capital:
        tag = lexicon.get(shown, "NNP")
        return tag if tag in _STOP_TAGS or tag in _ADJECTIVES else "NNP"
    known = lexicon.get(lower) or lexicon.get(lower.capitalize())
    suffixes = _data()["suffixes"].items()
    return known or next((tag for ending, tag in suffixes if lower.endswith(ending)), "NN")


def _hyphened_tag(lower: str, capital: bool) -> str:
    """Tag of a compound with hyphens: an adjective unless it ends in a person or a plural."""
    tag = _lexicon().get(lower, "")
    if tag in _ADJECTIVES:
        return tag
    if not tag and lower.endswith("s") and not lower.endswith("ss"):
        return "NNPS" if capital else "NNS"
    if lower.endswith(_endings("person_endings")):
        return "NNP" if capital else "NN"
    return _compounds().get(lower.replace("-", " "), "JJ")


# The head -----------------------------------------------------------------------------------------


def _is_head(text: str, start: int, end: int, headline: bool) -> bool:
    """Whether the target heads its noun phrase, by what touches it and by the next word."""
    if start > 1 and text[start - 1] in _HYPHEN + "/@#_" and not text[start - 2].isspace():
        return False
    if end < len(text) and text[end] in _HYPHEN + "@_" and text[end + 1 : end + 2].isalnum():
        return False
    found = _token().match(text, end + 1) if text[end : end + 1] in (" ", "\u00a0") else None
    last = text[start:end].rsplit(maxsplit=1)[-1]
    if found is None or (found[0][0].isupper() and not last[0].isupper()):
        return True  # AI firm DeepSeek: the name stands behind
    return not _continues(last, found[0], headline)


def _continues(last: str, shown: str, headline: bool) -> bool:
    """Whether the word behind a target goes on with its phrase, so that this has another head."""
    lower = _POSSESSIVE.sub("", shown.lower())
    if lower in FUNCTION_WORDS or any(
        lower in _listed(name) for name in ("bare_past", "calendar", "counting")
    ):
        return False
    tag = _tag(shown, headline)
    if shown[0].isupper() and not headline:
        return tag not in _STOP_TAGS
    if tag == "NNS":
        plural_noun = lower.endswith(_endings("plural_endings"))
        return plural_noun and lower not in _listed("third_person")
    # A plural may have the verb in its base form behind it.
    plural = last.lower().endswith("s") and not last.lower().endswith("ss")
    return not plural and tag == "NN" and (not headline or lower in _lexicon())


# The phrase ---------------------------------------------------------------------------------------


def _phrase(words: list[_Word], name: bool) -> list[int]:
    """Numbers of the words that belong to the noun phrase, from the target backwards."""
    taken: list[int] = []
    at = len(words) - 1
    while at >= 0:
        word = words[at]
        if word.tag == "," or word.lower in ("and", "or"):
            # A secretive, nuclear-armed state; cheap and powerful chips.
            if not taken or not words[taken[-1]].modifies or not _joined(words, at - 1):
                break
        elif word.shown in _MARKS:
            more = _quoted(words, at)
            taken += more
            if not more or word.start != words[at - 1].end:
                break
            at = more[-1] - 1
        elif word.lower == "of":
            if not _office(words, at, taken):
                break
            at -= 1
            taken += [at + 1, at]
        elif not _belongs(words, at, taken, name):
            break
        else:
            taken.append(at)
        at -= 1
    bare = taken and taken[-1] and words[taken[-1] - 1].lower in _listed("copulas")
    return [] if bare and all(words[at].grades for at in taken) else taken


class _Here(NamedTuple):
    """A word that is judged, and its neighbours."""

    words: list[_Word]
    at: int
    word: _Word
    before: _Word | None
    behind: _Word | None  # the word of the phrase that was taken last
    determined: bool  # whether a determiner or adjective precedes

    def listed(self, name: str) -> bool:
        return self.word.lower in _listed(name)


def _belongs(words: list[_Word], at: int, taken: list[int], name: bool) -> bool:
    """Whether the word modifies what stands behind it; `name`: the target has a capital."""
    word, before = words[at], words[at - 1] if at else None
    behind = words[taken[-1]] if taken else None
    determined = before is not None and _is_anchor(before, strict=True)
    here = _Here(words, at, word, before, behind, determined)
    if here.listed("grading") or (word.tag == "RB" and word.lower.endswith("ly")):
        return behind is not None and behind.grades
    if word.owns:
        known = word.tag in _STOP_TAGS or word.lower in FUNCTION_WORDS
        return not known and word.shown[0].isalnum()
    to_name = name if behind is None else behind.shown[0].isupper()
    if behind is not None and to_name and here.listed("directions"):
        return True
    return _is_modifier(here) and not _is_verb(here) and not (to_name and _opens_clause(word))


def _is_modifier(here: _Here) -> bool:
    """Whether the word by itself, or behind a determiner, can stand before a noun."""
    word = here.word
    if here.listed("beside") or word.tag in ("VB", "VBP"):
        return here.determined
    if word.tag in _NEVER or here.listed("determiners") or not word.shown[0].isalnum():
        return False
    if here.listed("counting") or here.listed("calendar"):
        return word.shown.isupper() and word.tag == "NNP"
    if word.tag in ("NNS", "NNPS"):
        return here.listed("plurals") or (word.shown[0].isupper() and word.tag == "NNPS")
    if word.tag not in _PARTICIPLES or here.determined or here.listed("ing"):
        return True
    # A form in -ed, or one that can only be a participle.
    usable = word.tag == "VBN" or (word.tag == "VBD" and word.lower.endswith("ed"))
    return usable and not here.listed("said") and _anchored(here.words, here.at)


def _opens_clause(word: _Word) -> bool:
    """Whether a name behind the noun starts a clause without pronoun: the moment Nvidia said so."""
    return (
        word.tag == "NN"
        and word.shown[0].islower()
        and (word.lower in _listed("things") or word.lower.endswith(_endings("abstract_endings")))
    )


def _is_verb(here: _Here) -> bool:
    """Whether a word that can modify a noun is the verb of its clause, by the words around it.

    The verb of a headline has a subject before it (Curbs Drive Small Firms); where a name may be
    part of the phrase as well, only an adjective behind it tells (Brightmoor Move New Chip).
    """
    word, before = here.word, here.before
    if before is None or before.owns or " " in word.lower:
        return False
    if word.lower.endswith("ing") and not here.determined and _is_gerund(here, before):
        return True
    if word.tag in _ADJECTIVES:
        return here.listed("verbs_or_adjectives") and _is_plural(before)
    return word.tag == "NN" and _is_base(here, before)


def _is_base(here: _Here, before: _Word) -> bool:
    """Whether a noun is the base form of a verb."""
    verb = here.listed("verbs")
    if before.tag == "PRP" or before.lower in ("not", "don't"):
        return True
    if before.tag == "MD":
        return verb or not _asks(here)
    if verb and before.tag in ("TO", "RB", "NNPS"):
        return True
    verb = verb or here.listed("verbs_or_nouns")
    if _is_plural(before):
        return verb or here.word.shown[0].islower()
    return verb and _splits(here, before)


def _asks(here: _Here) -> bool:
    """Whether the auxiliary before a word opens a question, as in: How far should chip firms go."""
    at = here.at - 2
    if at > 0 and here.words[at].tag in ("RB", "JJ"):
        at -= 1
    former = here.words[at] if at >= 0 else None
    return former is None or former.tag in ("WP", "WRB") or not former.shown[0].isalnum()


def _is_gerund(here: _Here, before: _Word) -> bool:
    """Whether a form in -ing is a verb: is building chips, making and mass-selling chips."""
    if before.lower in ("and", "or"):
        if here.at < 3:
            return False
        opener, first = here.words[here.at - 3 : here.at - 1]
        return first.tag == "VBG" and not _is_anchor(opener, strict=True)
    be = before.lower in _listed("copulas")
    return here.listed("gerunds") and (be or _splits(here, before))


def _is_plural(word: _Word) -> bool:
    """Whether a word can be the subject of a verb in its base form."""
    kept = word.lower in _listed("plurals") or word.lower in _listed("times")
    return word.tag == "NNS" and not kept


def _splits(here: _Here, before: _Word) -> bool:
    """Whether a noun stands between a possible subject and an adjective, as hardly a noun does."""
    if here.behind is None or not (here.behind.modifies or here.behind.owns):
        return False
    joined = here.at > 1 and here.words[here.at - 2].lower in ("and", ",", "&")
    unknown = before.shown[0].isupper() and before.lower not in _lexicon()
    name = before.tag in ("NNP", "NNPS") or unknown
    several = before.lower in _listed("plurals") or before.lower in _listed("collectives")
    return name or several or (joined and before.tag == "NN")


def _is_anchor(word: _Word, *, strict: bool) -> bool:
    """Whether a participle behind the word is an adjective."""
    if word.lower in _listed("determiners") or word.tag in ("DT", "PRP$", "POS"):
        return True
    if word.tag in _ADJECTIVES or word.owns or word.lower == "of":
        return True
    return not strict and (
        word.tag in ("IN", "TO", "CC")
        or (word.tag in _FINITE and word.lower not in FUNCTION_WORDS)
        or not word.shown[0].isalnum()
    )


def _anchored(words: list[_Word], at: int) -> bool:
    """Whether a participle is an adjective: by the word before it, adverbs passed over."""
    former = at - 1
    while former >= 0 and words[former].tag == "RB":
        former -= 1
    if former < 0 or _is_anchor(words[former], strict=False):
        return True
    if former < max(at - 1, 1):
        return False
    # Police hunt armed group.
    word, before = words[former], words[former - 1]
    return _is_verb(_Here(words, former, word, before, words[at], determined=False))


def _joined(words: list[_Word], at: int) -> bool:
    """Whether an adjective before a comma or `and` goes on with the phrase."""
    return at >= 0 and words[at].modifies and _anchored(words, at)


def _quoted(words: list[_Word], at: int) -> list[int]:
    """Words that a mark of quotation lets through, backwards.

    Behind a closing mark a few words that a determiner precedes: the "rogue" firm. Behind an
    opening one only `so-called`, since what it opens is speech otherwise.
    """
    if not at:
        return []
    if words[at].start != words[at - 1].end:
        return [at - 1] if words[at - 1].lower == "so-called" else []
    for opening in range(at - 1, max(at - 2 - _QUOTED, 0), -1):
        if words[opening].shown in _MARKS:
            known = opening < at - 1 and _is_anchor(words[opening - 1], strict=True)
            # The mark itself goes along, and is no label.
            return list(range(at - 1, opening - 1, -1)) if known else []
        if not words[opening].shown[0].isalnum():
            break
    return []


def _office(words: list[_Word], at: int, taken: list[int]) -> bool:
    """Whether `of` stands in Secretary of State and the like."""
    if not taken or at < 1 or words[at - 1].lower not in _listed("offices"):
        return False
    return _POSSESSIVE.sub("", words[taken[-1]].lower) in _listed("portfolios")


# The labels ---------------------------------------------------------------------------------------


def _cut(words: list[_Word], taken: list[int]) -> list[Label]:
    """Cut the words of a phrase, given backwards, into labels."""
    order = [at for at in reversed(taken) if words[at].shown not in _MARKS]
    owning = [number for number, at in enumerate(order) if words[at].owns]
    owned = owning[-1] if owning else -1
    labels: list[Label] = []
    former = -1  # number of the word before, in `words`
    for number, at in enumerate(order):
        word = words[at]
        kind = "possessor" if number <= owned else "adjective" if word.grades else "noun"
        last = labels[-1] if labels else None
        if last is not None and former == at - 1 and _sticks(words[former], last.kind, word, kind):
            # `Chief` alone would be an adjective, `chief executive` is none.
            labels[-1] = Label(last.start, word.end, kind)
        else:
            labels.append(Label(word.start, word.end, kind))
        former = at
    return labels


def _sticks(former: _Word, former_kind: str, word: _Word, kind: str) -> bool:
    """Whether two neighbours are one label."""
    if former_kind == kind == "possessor":
        return True
    if former.tag == "RB" or any(
        former.lower in _listed(name) for name in ("grading", "directions")
    ):
        return True
    if "of" in (former.lower, word.lower):
        return True
    place = former.lower.replace(".", "") in _listed("places") or (
        _compounds().get(former.lower) == "NNP"
    )
    office = former.lower in _listed("office_adjectives")
    return kind == "noun" and (office or (former_kind == kind and not place))
