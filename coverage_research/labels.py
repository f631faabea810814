"""Labels: the words that outlets put before an actor.

`find_labels` lists every mention of an actor with the modifiers that stand before it in the same
noun phrase ("state-sponsored Chinese AI firm"), `label_shares` says in how many of an outlet's
articles about the actor each label is used, and how sure that is.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd

from coverage_research.codebook import Codebook, Frame
from coverage_research.matching import Matcher, matcher
from coverage_research.schema import (
    COUNT,
    ESTIMATE,
    SPAN,
    TEXT,
    TEXT_FIELDS,
    ChoiceError,
    CoverageError,
    SchemaError,
    carry,
    conform,
    empty,
    require_columns,
)
from coverage_research.statistics import N_BOOT, ratio_intervals
from coverage_research.stories import FUNCTION_WORDS, story_clusters
from coverage_research.terms import Term, parse_term

Targets = str | Sequence[str] | Mapping[str, "str | Term | Sequence[str | Term]"]
Unit = Literal["article", "mention"]

#: Columns of `find_labels`.
LABELS: Final = {
    **SPAN,
    "target": TEXT,
    "label": TEXT,
    "kind": TEXT,
    "mention": TEXT,
    "mention_start": COUNT,
    "mention_end": COUNT,
}

#: Actors and things of news about AI hardware, by the common nouns that head their names.
ACTORS: Final[Mapping[str, tuple[str, ...]]] = {
    "firms": (
        "firm", "firms", "company", "companies", "chipmaker*", "startup*", "start up", "start ups",
        "giant", "giants", "manufacturer*", "supplier*", "group", "maker", "makers",
    ),
    "chips": (
        "chip", "chips", "semiconductor*", "processor*", "accelerator*", "gpu", "gpus", "hardware",
    ),
    "people": (
        "expert*", "researcher*", "scientist*", "engineer*", "leader*", "official*", "analyst*",
        "executive*", "investor*",
    ),
    "models": ("model", "models", "chatbot*", "bot", "bots", "system", "systems"),
}  # fmt: skip

#: Characters before and after a target that are looked at.
_LEFT: Final = 160
_RIGHT: Final = 80

# Lists of words, written for English news ---------------------------------------------------------

_ABBREVIATIONS: Final = (
    "Adm|Asst|Atty|Capt|Cmdr|Col|Dr|Gen|Gov|Govs|Hon|Lt|Maj|Mr|Mrs|Ms|Pres|Prof|Rep|Reps|Rev|Sec"
    "|Sen|Sens|Sgt|Spc|Supt"
)
#: What a secretary or minister may be of, and the title still stand before a name.
_OFFICES: Final = frozenset("minister secretary undersecretary".split())
_PORTFOLIOS: Final = frozenset(
    """agriculture commerce defence defense education energy finance interior justice labor labour
    state trade transport transportation treasury""".split()
)
#: Adjectives that belong to the office or business named behind them.
_COMPOUND: Final = frozenset(
    """attorney central chief deputy executive first foreign general managing national presidential
    prime private public special supreme vice""".split()
)
#: Plural nouns that stand before a noun; any other plural ends the phrase, or is a verb.
_PLURALS: Final = frozenset(
    """affairs analytics appeals arms basics civics communications economics elections electronics
    ethics futures genomics goods graphics industries logistics mathematics media news numbers
    operations physics politics relations resources rights robotics sales securities
    semiconductors services sports states statistics systems technologies telecoms
    telecommunications united veterans weapons works""".split()
)
#: Words in -ing that are adjectives or nouns before a noun wherever they stand.
_ING: Final = frozenset(
    """acting ailing banking booming broadcasting building computing emerging engineering existing
    fledgling founding gaming governing growing housing incoming leading lending longstanding
    longtime manufacturing marketing mining networking outgoing outstanding packaging pioneering
    polling presiding publishing reigning remaining retiring rising ruling shipping sitting
    startling struggling surviving trading training underlying upcoming warring wing""".split()
)
#: Base forms that are nouns in the lexicon and verbs behind `to`, a plural or a name.
_VERBLIKE: Final = frozenset(
    """attack back ban beat blame block boost call challenge charge check claim court cut damage
    debate demand doubt endorse face favor fear fight fine fund guide harm hate help hire hit hope
    host hurt influence interview join lead leave let limit love name need order oust praise press
    pressure probe project promise push question quit reach regard rival roil sanction shun slam
    snub stop sue support suspect tap target task tax tell test thank threaten trail trust urge use
    visit vote want warn watch welcome win""".split()
)
#: Verbs whose past looks like their base, so that a singular actor can stand before them.
_BARE_PAST: Final = frozenset(
    "beat bet bid broadcast burst cast cost cut hit hurt led let put quit read set shed shut split "
    "spread thrust upset won".split()
)
#: Words that count or compare and say nothing about the actor; they end the phrase.
_COUNTING: Final = frozenset(
    """another any certain couple dozen dozens either else enough every few half hundred hundreds
    last less lot lots many million millions more most much next nearly neither no none numerous
    other others own per plenty plus several same such thousand thousands today tomorrow tonight
    trillion billion various via vs versus whole yesterday""".split()
)
_DAYS: Final = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february march april june
    july august september october november december jan feb aug sept sep oct nov dec
    """.split()
)
#: Verbs of saying, whose past stands before a speaker: "...", added Nvidia.
_SAID: Final = frozenset(
    """added admitted announced argued asked boasted claimed concluded confirmed continued countered
    cried declared demanded echoed exclaimed explained insisted joked lamented mused noted observed
    predicted promised quipped recalled remarked repeated replied reported responded retorted stated
    suggested tweeted urged warned wondered""".split()
)
#: Prepositions and adverbs that are adjectives behind a determiner.
_BESIDE: Final = frozenset("inside online outside overseas past then".split())
#: Nouns that no actor is, behind which a clause starts: the moment Nvidia announced ...
_THINGS: Final = frozenset(
    """anything book case chance charge comment day deal everything fact hour idea issue kind letter
    lie lot meeting minute moment money month narrative network night nothing people place plan
    point policy problem proof reason report rumor rumour sort something speech statement story
    stuff talk term thing time trade type war way week word work world year""".split()
)
_ABSTRACT: Final = re.compile(r"(?:[ts]ion|ment|ness|ity|ism|ence|ance|ship|hood|age|ure)$")
#: Behind these an adjective without an article is a predicate: it is doubtful Nvidia ...
_COPULAS: Final = frozenset(
    "am are be become becomes been being is it's seem seems that's was were remain remains".split()
)
#: Adverbs that grade the adjective behind them.
_GRADING: Final = frozenset(
    """always ever formerly long more most much never newly now often once perhaps quite rather
    really recently so still then too very well""".split()
)
_PLACES: Final = frozenset(
    "ai uk eu un us usa uae prc britain england taiwan beijing brussels washington moscow seoul "
    "tokyo paris london hong kong saudi north south east west korea korean".split()
) - {"ai"}
_DIRECTIONS: Final = frozenset("east eastern hong new north northern saudi south west".split())
_STOP_TAGS: Final = frozenset("CC DT EX IN MD PDT POS PRP PRP$ TO UH WDT WP WP$ WRB".split())
_NEVER: Final = _STOP_TAGS | {"CD", "RB", "RBR", "VBZ"}
_PARTICIPLES: Final = frozenset("VBD VBG VBN".split())
_FINITE: Final = frozenset("VB VBP VBZ VBD VBN".split())
_ADJECTIVES: Final = frozenset("JJ JJR JJS".split())
_DETERMINERS: Final = frozenset(
    """a an the this that these those his her its their our my your whose some every each another
    no any one two three""".split()
)
_SUFFIXES: Final = (
    ("ly", "RB"),
    ("ing", "VBG"),
    ("ed", "VBN"),
    ("ss", "NN"),
    ("ous", "JJ"),
    ("us", "NN"),
    ("is", "NN"),
    ("ics", "NN"),
    ("s", "NNS"),
    *((ending, "JJ") for ending in "able ible al ful ian ic ish ive less ese".split()),
)
_PLURAL_NOUN: Final = re.compile(
    r"(?:[aeo]rs|ions|ists|ties|ments|ives|ants|ents|cies|nesses|chips|shares|stocks|phones|models"
    r"|products|hawks|allies|aides|fans|chiefs|employees|apps|ads|gpus|users)$"
)
#: Forms of verbs that look like such plurals.
_THIRD_PERSON: Final = frozenset(
    """answers assists consists considers covers delivers enters favors fosters honors insists lists
    matters mentions monitors offers orders persists powers questions registers resists suffers
    triggers wonders""".split()
)

_HYPHEN: Final = "-\u2010\u2011"
_HYPHENS: Final = re.compile(f"[{_HYPHEN}]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_TOKEN: Final = re.compile(
    rf"(?:[^\W\d_]\.){{2,}}(?:[{_HYPHEN}][^\W_]+)*"  # U.S.  U.S.-led
    rf"|(?<![^\W_])(?:{_ABBREVIATIONS})\.(?=\s)"
    rf"|[^\W_]+(?:[{_HYPHEN}'\u2019.&/][^\W_]+)*(?:['\u2019](?=\s)(?<=s.))?"
    r"|\S"
)
_ABBREVIATED: Final = re.compile(
    r"(?:(?<=\s[A-Z])|(?<=\b(?:Dr|Jr|Lt|Mr|Ms|Sr|St))|(?<=\b(?:Mrs|Gen|Gov|Sen|Rep)))\.(?= [A-Z])"
)
_CONTENT: Final = re.compile(r"[^\W\d_]{3,}")
#: Share of the words that begin with a capital above which a text is a headline.
_CAPITALS: Final = 0.8
_POSSESSIVE: Final = re.compile(r"(?:['\u2019][sS]|(?<=[sS])['\u2019])$")
_MARKS: Final = frozenset("\"'\u201c\u2018\u201d\u2019\u00ab\u00bb")
#: Letters up to which a word in capitals is an acronym, whatever it is in lower case.
_ACRONYM: Final = 4
#: Words between quotation marks that still are a label, not speech.
_QUOTED: Final = 3


class _Word(NamedTuple):
    """A word or sign of the left context: as shown, lower case, its tag, and where it stands."""

    shown: str
    lower: str
    tag: str  # a Penn tag; "," and other signs stand for themselves
    start: int
    end: int


class _Label(NamedTuple):
    """A label: its place in the text and what it is."""

    start: int
    end: int
    kind: str


# Finding ------------------------------------------------------------------------------------------


def find_labels(
    articles: pd.DataFrame,
    targets: Targets,
    *,
    fields: Sequence[str] = TEXT_FIELDS,
) -> pd.DataFrame:
    """Find the modifiers that stand before the mentions of an actor.

    A mention is a match of one of the actor's terms that heads its noun phrase: "Nvidia" in
    "Nvidia said", not in "Nvidia shares" or "anti-Nvidia". Its labels are the adjectives,
    participles, nouns and titles before it, back to the first word that cannot belong to the phrase
    (a verb, preposition, conjunction, determiner, number or sign).

    Parameters
    ----------
    articles : DataFrame
        With article_id and at least one of the fields.
    targets : str, sequence of str, or mapping of str to terms
        The actors, in the syntax of codebooks: a word, `prefix*` or phrase; case does not matter.
        A mapping gives an actor several terms, which may be `Term` objects:
        `{"US": [Term("US", case=True), "United States"]}`. Of terms that overlap the longest
        counts. Give full names as well as surnames, or first names become labels.
    fields : sequence of str
        Where to look, of title, excerpt and body; those that `articles` lacks are passed over.

    Returns
    -------
    DataFrame, one row per label, and one row with an empty label for a mention that has none, so
    that every mention is there; by article, field and place: article_id, field, start, end
    (characters, text[start:end] == match), match (the label, or the bare mention), target, label
    (lower case, without the full stops of acronyms), kind (adjective, noun, possessor, or empty),
    mention (labels and target) with mention_start and mention_end, which identify the mention.

    Raises
    ------
    ChoiceError
        If a target has no terms or one that cannot be used; it names all of them.
    SchemaError
        If columns are missing.

    Notes
    -----
    Words are classed by a lexicon of the most usual part of speech, by their endings and by their
    neighbours; there is no parser. Nouns in a row are one label ("chip giant"), each adjective is
    one, with the adverb that grades it ("heavily indebted"); countries stand alone. A possessor
    ("China's largest chip maker") is a label of its own kind. `docs/validity.md` has what this
    gets wrong.

    References
    ----------
    Brill, E. (1992). A simple rule-based part of speech tagger. *Proceedings of the third
    conference on applied natural language processing*, 152-155 (the lexicon, as textblob ships it).
    Hamborg, F., Zhukova, A. & Gipp, B. (2019). Automated identification of media bias by word
    choice and labeling in news articles. *JCDL 2019*, 196-205.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a", "b"], "title": [
    ...     "A state-sponsored Chinese AI firm stirs the markets", "Is the AI firm ahead?"]})
    >>> find_labels(articles, "AI firm")[["article_id", "label", "kind"]].values.tolist()
    [['a', 'state-sponsored', 'adjective'], ['a', 'chinese', 'adjective'], ['b', '', '']]
    """
    named = _named(targets)
    finder = _matcher(named)
    wrong = [field for field in fields if field not in TEXT_FIELDS]
    if wrong:
        raise SchemaError(
            f"fields: expected {', '.join(TEXT_FIELDS)}; found {', '.join(map(repr, wrong))}"
        )
    require_columns(articles, ["article_id"], "articles")
    present = [field for field in dict.fromkeys(fields) if field in articles.columns]
    if not present:
        require_columns(articles, fields, "articles")
    columns: dict[str, list[Any]] = {name: [] for name in LABELS}
    places: list[int] = []
    used = articles.drop_duplicates("article_id")
    for field in present:
        has_text = used[field].map(lambda text: isinstance(text, str)).to_numpy(dtype=bool)
        texts = used[field][has_text].tolist()
        ids, names = used["article_id"][has_text].tolist(), list(named)
        place_of = np.flatnonzero(has_text).tolist()
        # The full stop of an initial or a title would end the sentence inside a name.
        hits = finder.find_all([_ABBREVIATED.sub(" ", text) for text in texts])
        frames = finder.frame_of[hits.rule].tolist()
        for number, first, last, frame in zip(
            hits.text.tolist(), hits.start.tolist(), hits.end.tolist(), frames, strict=True
        ):
            text = texts[number]
            labels = _labels(text, first, last)
            if labels is None:
                continue
            begin = labels[0].start if labels else first
            for start, end, kind in labels or [_Label(first, last, "")]:
                match = text[start:end]
                label = _normal(match, kind) if kind else ""
                row = (ids[number], field, start, end, match, names[frame], label, kind)
                for column, value in zip(
                    columns.values(), (*row, text[begin:last], begin, last), strict=True
                ):
                    column.append(value)
                places.append(place_of[number])
    if not columns["start"]:
        return carry(empty(LABELS), articles)
    found = conform(pd.DataFrame(columns), LABELS)
    found = found.iloc[np.argsort(places, kind="stable")].reset_index(drop=True)
    return carry(found, articles)


def _named(targets: Targets) -> dict[str, list[Term]]:
    """Terms of each actor."""
    if isinstance(targets, str):
        targets = [targets]
    if not isinstance(targets, Mapping):
        targets = {name: [name] for name in targets}
    return {
        str(name): [
            term if isinstance(term, Term) else Term(str(term))
            for term in ([given] if isinstance(given, str | Term) else given)
        ]
        for name, given in targets.items()
    }


def _matcher(named: Mapping[str, Sequence[Term]]) -> Matcher:
    """Compile the targets as a codebook with an actor for each frame."""
    frames, wrong = [], []
    for name, own in named.items():
        if not own:
            wrong.append(f"{name!r} has no terms")
        for term in own:
            try:
                parse_term(term)
            except ValueError as error:
                wrong.append(str(error))
        frames.append(Frame(name, name, "", "", "", (), tuple(own)))
    if wrong or not frames:
        raise ChoiceError(
            "targets: expected words, prefixes* or phrases; found "
            + ("; ".join(wrong) if wrong else "none")
        )
    return matcher(Codebook("targets", "", "", "", "en", tuple(frames)))


def _normal(shown: str, kind: str) -> str:
    """Write a label in the form in which it is counted."""
    form = " ".join(shown.lower().replace("\u2019", "'").split())
    if kind == "possessor":
        form = _POSSESSIVE.sub("", form)
    form = _HYPHENS.sub("-", form).strip("\"'\u201c\u201d\u2018")
    return re.sub(r"\b((?:[^\W\d_]\.){2,})", lambda found: found[0].replace(".", ""), form)


# The noun phrase ----------------------------------------------------------------------------------


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


@functools.lru_cache(maxsize=200_000)
def _tag(shown: str, plain: bool) -> str:  # noqa: PLR0911 - one rule after another
    """Tag of a word by itself.

    `plain` says that its capital means nothing, as at the start of a sentence and in headlines.
    """
    lexicon, lower = _lexicon(), shown.lower().replace("\u2019", "'")
    if not shown[0].isalnum():
        return shown
    # `US` is a country, `us` is not.
    acronym = shown.isupper() and 1 < len(shown) <= _ACRONYM and lower not in FUNCTION_WORDS
    if acronym or (lower == "us" and shown != "us") or "." in shown:
        return "CD" if shown[0].isdigit() else "NNP"
    if lower in FUNCTION_WORDS or lower in _DETERMINERS:
        return lexicon.get(lower, "IN")
    if not _LETTER.search(shown):
        return "CD"
    if "-" in _HYPHENS.sub("-", lower):
        return _compound_tag(_HYPHENS.sub("-", lower), shown[0].isupper() and not plain)
    if shown[0].isupper() and not plain:
        tag = lexicon.get(shown, "NNP")
        return tag if tag in _STOP_TAGS or tag in _ADJECTIVES else "NNP"
    known = lexicon.get(lower) or lexicon.get(lower.capitalize())
    return known or next((tag for ending, tag in _SUFFIXES if lower.endswith(ending)), "NN")


def _compound_tag(lower: str, capital: bool) -> str:
    """Tag of a compound with hyphens: an adjective unless it ends in a person or a plural."""
    tag = _lexicon().get(lower, "")
    if tag in _ADJECTIVES:
        return tag
    if not tag and lower.endswith("s") and not lower.endswith("ss"):
        return "NNPS" if capital else "NNS"
    if lower.endswith(("er", "or", "man", "ist", "law", "president", "chief")):
        return "NNP" if capital else "NN"
    return "JJ"


def _is_headline(text: str) -> bool:
    """Whether a stretch of text has its words in capitals or begins them so."""
    longer = _CONTENT.findall(text)
    capitals = sum(word[0].isupper() for word in longer)
    if capitals < 2 or 2 * capitals < len(longer):
        return False  # most texts; the look at each word is slower
    content = [word for word in longer if word.lower() not in FUNCTION_WORDS]
    return bool(sum(word[0].isupper() for word in content) > _CAPITALS * len(content))


def _labels(text: str, start: int, end: int) -> list[_Label] | None:
    """Labels before text[start:end], in order; None where that heads no noun phrase."""
    before = text[max(0, start - _LEFT) : start]
    if len(before) == _LEFT:
        # The first word may be cut.
        before = before[before.find(" ") + 1 :] if " " in before else ""
    before = before[max(before.rfind("\n"), before.rfind("\r")) + 1 :]
    behind = text[end : end + _RIGHT].split("\n", maxsplit=1)[0]
    headline = _is_headline(before + text[start:end] + behind)
    if not _is_head(text, start, end, headline):
        return None
    words = _words(before, start - len(before), headline)
    return _cut(words, _phrase(words, text[start].isupper()))


def _words(before: str, offset: int, headline: bool) -> list[_Word]:
    """Take the context before a target, which begins at `offset`, apart."""
    words: list[_Word] = []
    for found in _TOKEN.finditer(before):
        shown = found[0]
        first = not words or words[-1].tag in {".", "!", "?", ":", ";", '"', "\u201c", "("}
        plain = headline or first or (len(shown) > _ACRONYM and shown.isupper())
        place = offset + found.start(), offset + found.end()
        bare = _POSSESSIVE.sub("", shown) or shown
        words.append(_Word(shown, shown.lower().replace("\u2019", "'"), _tag(bare, plain), *place))
    return words


def _is_head(  # noqa: PLR0911 - as above
    text: str, start: int, end: int, headline: bool
) -> bool:
    """Whether the target heads its noun phrase, by what touches it and by the next word."""
    if start > 1 and text[start - 1] in _HYPHEN + "/@#_" and not text[start - 2].isspace():
        return False
    if end < len(text) and text[end] in _HYPHEN + "@_" and text[end + 1 : end + 2].isalnum():
        return False
    found = _TOKEN.match(text, end + 1) if text[end : end + 1] in (" ", "\u00a0") else None
    if found is None:
        return True
    shown, last = found[0], text[start:end].rsplit(maxsplit=1)[-1]
    if shown[0].isupper() and not last[0].isupper():
        return True  # AI firm DeepSeek: the name stands behind
    lower = _POSSESSIVE.sub("", shown.lower())
    if any(lower in words for words in (FUNCTION_WORDS, _BARE_PAST, _DAYS, _COUNTING)):
        return True
    tag = _tag(shown, headline)
    if shown[0].isupper() and not headline:
        return tag in _STOP_TAGS
    if tag == "NNS":
        return lower in _THIRD_PERSON or not _PLURAL_NOUN.search(lower)
    # A plural may have the verb in its base form behind it.
    plural = last.lower().endswith("s") and not last.lower().endswith("ss")
    return plural or tag != "NN" or (headline and lower not in _lexicon())


def _phrase(words: list[_Word], name: bool) -> list[int]:
    """Numbers of the words that belong to the noun phrase, from the target backwards."""
    taken: list[int] = []
    at = len(words) - 1
    while at >= 0:
        word = words[at]
        if word.tag == "," or word.lower in ("and", "or"):
            # A secretive, nuclear-armed state; cheap and powerful chips.
            if not taken or not _modifies(words[taken[-1]]) or not _joined(words, at - 1):
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
    bare = taken and taken[-1] and words[taken[-1] - 1].lower in _COPULAS
    return [] if bare and all(_grades(words[at]) for at in taken) else taken


def _belongs(  # noqa: C901, PLR0911 - as above
    words: list[_Word], at: int, taken: list[int], name: bool
) -> bool:
    """Whether the word modifies what stands behind it."""
    word = words[at]
    before = words[at - 1] if at else None
    behind = words[taken[-1]] if taken else None
    determined = before is not None and _is_anchor(before, strict=True)
    lower, tag = word.lower, word.tag
    if lower in _GRADING or (tag == "RB" and lower.endswith("ly")):
        return behind is not None and _grades(behind)
    if _POSSESSIVE.search(word.shown):
        return tag not in _STOP_TAGS and lower not in FUNCTION_WORDS and word.shown[0].isalnum()
    if lower in _DIRECTIONS and behind is not None and behind.shown[0].isupper():
        return True
    if lower in _BESIDE or tag in ("VB", "VBP"):
        return determined
    if tag in _NEVER or lower in _DETERMINERS or not word.shown[0].isalnum():
        return False
    if (lower in _COUNTING or lower in _DAYS) and not (word.shown.isupper() and tag == "NNP"):
        return False
    if tag in _PARTICIPLES:
        return determined or lower in _ING or (tag != "VBG" and _is_participle(words, at))
    if tag in ("NNS", "NNPS"):
        return lower in _PLURALS or (word.shown[0].isupper() and tag == "NNPS")
    if tag != "NN" or word.shown[0].isupper():
        return True
    # The moment Nvidia announced: a clause that lacks its pronoun.
    to_name = name if behind is None else behind.shown[0].isupper()
    if to_name and (lower in _THINGS or _ABSTRACT.search(lower)):
        return False
    return before is None or not _is_verb(lower, before)


def _is_participle(words: list[_Word], at: int) -> bool:
    """Whether a form in -ed, or one that can only be a participle, stands as an adjective."""
    word = words[at]
    usable = word.lower not in _SAID and (word.tag == "VBN" or word.lower.endswith("ed"))
    return usable and _anchored(words, at)


def _is_verb(lower: str, before: _Word) -> bool:
    """Whether a word that the lexicon has as a noun is a verb, by the word before it."""
    if before.tag in ("MD", "PRP", "NNS") or before.lower in ("not", "don't"):
        return True
    return lower in _VERBLIKE and before.tag in ("TO", "RB", "NNPS")


def _is_anchor(word: _Word, *, strict: bool) -> bool:
    """Whether a participle behind the word is an adjective."""
    if word.lower in _DETERMINERS or word.tag in ("DT", "PRP$", "POS") or word.tag in _ADJECTIVES:
        return True
    if _POSSESSIVE.search(word.shown) or word.lower == "of":
        return True
    return not strict and (
        word.tag in ("IN", "TO", "CC")
        or (word.tag in _FINITE and word.lower not in FUNCTION_WORDS)
        or not word.shown[0].isalnum()
    )


def _anchored(words: list[_Word], at: int) -> bool:
    """Whether a participle is an adjective: by the word before it, adverbs passed over."""
    at -= 1
    while at >= 0 and words[at].tag == "RB":
        at -= 1
    return at < 0 or _is_anchor(words[at], strict=False)


def _modifies(word: _Word) -> bool:
    return word.tag in _ADJECTIVES or word.tag in _PARTICIPLES


def _grades(word: _Word) -> bool:
    return _modifies(word) or word.tag == "RB"


def _joined(words: list[_Word], at: int) -> bool:
    """Whether an adjective before a comma or `and` goes on with the phrase."""
    return at >= 0 and _modifies(words[at]) and _anchored(words, at)


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
    if not taken or at < 1 or words[at - 1].lower not in _OFFICES:
        return False
    return _POSSESSIVE.sub("", words[taken[-1]].lower) in _PORTFOLIOS


def _cut(words: list[_Word], taken: list[int]) -> list[_Label]:
    """Cut the words of a phrase, given backwards, into labels."""
    order = [at for at in reversed(taken) if words[at].shown not in _MARKS]
    owning = [number for number, at in enumerate(order) if _POSSESSIVE.search(words[at].shown)]
    owned = owning[-1] if owning else -1
    labels: list[_Label] = []
    former = -1  # number of the word before, in `words`
    for number, at in enumerate(order):
        word = words[at]
        kind = "possessor" if number <= owned else "adjective" if _grades(word) else "noun"
        last = labels[-1] if labels else None
        if last is not None and former == at - 1 and _sticks(words[former], last.kind, word, kind):
            # `Chief` alone would be an adjective, `chief executive` is none.
            labels[-1] = _Label(last.start, word.end, kind)
        else:
            labels.append(_Label(word.start, word.end, kind))
        former = at
    return labels


def _sticks(former: _Word, former_kind: str, word: _Word, kind: str) -> bool:
    """Whether two neighbours are one label."""
    if former_kind == kind == "possessor":
        return True
    graded = former.tag == "RB" or former.lower in _GRADING or former.lower in _DIRECTIONS
    if graded or "of" in (former.lower, word.lower):
        return True
    place = former.lower.replace(".", "") in _PLACES
    return kind == "noun" and (former.lower in _COMPOUND or (former_kind == kind and not place))


# Counting -----------------------------------------------------------------------------------------


def label_shares(
    labels: pd.DataFrame,
    articles: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    by: str | Sequence[str] = "outlet",
    unit: Unit = "article",
    min_articles: int = 1,
    n_boot: int = N_BOOT,
    seed: int = 0,
) -> pd.DataFrame:
    """Share of the articles about an actor in which each outlet gives it each label.

    Parameters
    ----------
    labels : DataFrame
        From `find_labels`, with its rows for mentions without a label: they are in the denominator.
    articles : DataFrame
        With article_id and the columns of `by`.
    coverage : DataFrame
        With story_id and article_id; columns of `by` that `articles` lacks are taken from here.
        Articles that it does not list do not count.
    by : str or sequence of str
        What to compare.
    unit : {"article", "mention"}
        Whether `k` and `n` count articles (an article gives a label if it does so once or often) or
        mentions. A long article mentions an actor by its bare name again and again, so that shares
        of mentions compare only texts of like length.
    min_articles : int
        Articles, of all groups together, in which a label must stand to be reported.
    n_boot, seed : int
        Resamples of the bootstrap clustered by story, and their seed.

    Returns
    -------
    DataFrame, one row per group, target and label, zeros included for labels that other groups
    give: the columns of `by`, outlet_name where these hold the outlet, target, label, k (articles
    or mentions with the label), n (those of the group with the target), n_stories (independent
    clusters of stories), estimate (k / n, 0 to 1), low and high (95 % interval) and reason (why
    there is none, else empty). Targets by name, their most usual labels first, then the groups with
    most articles. Shares of a group do not add up to one: a mention may have several labels.

    Raises
    ------
    SchemaError
        If columns are missing.
    ChoiceError
        If `unit` is unknown.
    ValueError
        If `min_articles` is below 1.

    References
    ----------
    Hamborg, F., Zhukova, A. & Gipp, B. (2019). Automated identification of media bias by word
    choice and labeling in news articles. *JCDL 2019*, 196-205.
    Davison, A. C. & Hinkley, D. V. (1997). *Bootstrap Methods and their Application*, 3.8.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a", "b"], "outlet": "chips.example", "title": [
    ...     "A state-sponsored AI firm stirs the markets", "Is the AI firm ahead?"]})
    >>> coverage = pd.DataFrame({"story_id": "s", "article_id": ["a", "b"]})
    >>> shares = label_shares(find_labels(articles, "AI firm"), articles, coverage)
    >>> shares[["target", "label", "k", "n", "estimate"]].values.tolist()
    [['AI firm', 'state-sponsored', 1, 2, 0.5]]
    """
    if unit not in ("article", "mention"):
        raise ChoiceError(f"unit: expected 'article' or 'mention'; found {unit!r}")
    if min_articles < 1:
        raise ValueError(f"min_articles: expected at least 1; found {min_articles}")
    by = [by] if isinstance(by, str) else list(by)
    mention = ["field", "mention_start", "mention_end"] if unit == "mention" else []
    needed = ["article_id", "target", "label", *mention]
    require_columns(labels, needed, "labels (from find_labels)")
    require_columns(coverage, ["story_id", "article_id"], "coverage")
    require_columns(articles, ["article_id"], "articles")
    from_coverage = [name for name in by if name not in articles.columns]
    if any(name not in coverage.columns for name in from_coverage):
        require_columns(articles, ["article_id", *by], "articles")
    named = "outlet" in by and "outlet_name" in articles.columns and "outlet_name" not in by
    groups_of = [*by, *(["outlet_name"] if named else [])]
    schema = {
        **dict.fromkeys(groups_of, TEXT),
        "target": TEXT,
        "label": TEXT,
        "k": COUNT,
        **ESTIMATE,
    }
    own = ["article_id", *(column for column in by if column not in from_coverage)]
    units = coverage[["article_id", *from_coverage]].drop_duplicates()
    units = units.merge(articles[own].drop_duplicates("article_id"), on="article_id", how="inner")
    used = labels[needed].drop_duplicates().merge(units, on="article_id")
    usual = used[used["label"] != ""].groupby(["target", "label"])["article_id"].nunique()
    usual = usual[usual >= min_articles]
    if usual.empty:
        return carry(empty(schema), labels, articles, coverage)
    used["cluster"] = used["article_id"].map(
        story_clusters(coverage).set_index("article_id")["cluster"]
    )
    used["group"] = used.groupby(by, dropna=False, sort=False).ngroup()
    groups = used.groupby("group").agg(
        **{column: (column, "first") for column in by}, size=("article_id", "nunique")
    )
    if named:
        names = articles.drop_duplicates("outlet").set_index("outlet")["outlet_name"]
        groups["outlet_name"] = groups["outlet"].map(names)
    keys = ["group", "cluster", "target", "article_id", *mention]
    about = used[keys].drop_duplicates()
    sizes = about.groupby(["target", "group"]).size().rename("n").reset_index()
    reported = usual.rename("usual").reset_index()
    cells = reported.merge(sizes, on="target").merge(groups.reset_index(), on="group")
    order = ["target", "usual", "label", "size", *by]
    up = [name not in ("usual", "size") for name in order]
    cells = cells.sort_values(order, ascending=up, kind="stable").reset_index(drop=True)
    cells["cell"] = range(len(cells))
    place = ["group", "target", "label", "cell"]
    with_label = used.drop_duplicates([*keys, "label"]).merge(cells[place])
    with_target = about.merge(cells[place], on=["group", "target"])
    shape = (int(used["cluster"].max()) + 1, len(cells))
    above, below = _counts(with_label, shape), _counts(with_target, shape)
    intervals = ratio_intervals(above, below, n_boot=n_boot, seed=seed)
    cells["k"] = np.asarray(above.sum(axis=0)).ravel()
    cells["n_stories"] = intervals["n_clusters"]
    for column in ("estimate", "low", "high", "reason"):
        cells[column] = intervals[column]
    kinds = {**schema, **{column: str(cells[column].dtype) for column in by}}
    return carry(conform(cells[list(schema)], kinds), labels, articles, coverage)


def _counts(rows: pd.DataFrame, shape: tuple[int, int]) -> Any:
    """Rows by cluster and cell."""
    from scipy import sparse

    places = (rows["cluster"].to_numpy(), rows["cell"].to_numpy())
    return sparse.coo_array((np.ones(len(rows)), places), shape=shape).tocsc()
