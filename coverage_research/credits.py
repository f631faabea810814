"""Credits: where an article names another outlet as its source.

That an article names another outlet shows that its authors point to it, not that they took nothing
else; that it names none shows nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import pandas as pd  # noqa: TC002  (the examples use it)

from coverage_research.outlet_names import Name, Names, each_text, flat, is_ordinary, known_names
from coverage_research.schema import (
    FLAG,
    SPAN,
    TEXT,
    TEXT_FIELDS,
    carry,
    from_rows,
    require_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CREDITS: Final[Mapping[str, str]] = {
    **SPAN,
    "cue": TEXT,
    "credited": TEXT,
    "credited_name": TEXT,
    "resolved": FLAG,
}

_REPORT: Final = r"(?:report|article|story|piece|analysis|investigation|column|post|scoop)s?"
_LOOSE: Final = r"(?:[\w'’-]+\s+){0,4}?"
#: What stands before a name and makes it a credit. Each pattern ends where the name begins.
_CUES: Final[Mapping[str, str]] = {
    "according to X": rf"according\s+to(?:\s+{_LOOSE}{_REPORT}\s+{_LOOSE}(?:from|by|in|on|at|of))?",
    "reported by X": (
        r"(?:(?:first|originally|initially|as|previously|earlier)\s+)*"
        r"(?:reported|published|revealed|disclosed|broken|obtained|seen|reviewed|quoted|cited|"
        r"appeared)"
        r"(?:\s+(?:earlier|first|exclusively|originally|today|yesterday|on\s+\w+day))*"
        r"\s+(?:by|in|on)"
    ),
    "interview with X": r"(?:interview(?:ed)?\s+(?:with|by|to)|sp(?:oke|eaking)\s+(?:to|with))",
    "told X": r"(?:told|tells|telling)",
    "via X": r"(?:hat\s+tip\s+to|via)",
    "citing X": r"(?:citing|quoting|cites|quotes)",
    "report from X": rf"{_REPORT}\s+(?:(?:published|released|out|today)\s+)?(?:from|by|in)",
}
_BEFORE: Final = tuple(
    (cue, re.compile(rf"(?<!\w){pattern}\s+[\"'“‘]?$", re.IGNORECASE))
    for cue, pattern in _CUES.items()
)
_SOURCE: Final = re.compile(r"(?<!\w)(?:sources?|via|h/t)\s*:\s*$", re.IGNORECASE)
#: "..., reported X": the verb turned round. It needs a mark before it or behind the name, or it
#: would take "executives reported Bloomberg terminals missing" for a credit.
_INVERTED: Final = re.compile(
    r"(?P<mark>[,;\"'”’—–-]\s*)?(?<!\w)(?:reported|reports|reporting|said|says|wrote|writes|notes|"
    r"noted|revealed|reveals)\s+$",
    re.IGNORECASE,
)
_AFTER_INVERTED: Final = re.compile(r"\s*(?:[.,;:)\"”—–-]|$)")
_REPORTING: Final = (
    r"reported|reports|reporting|revealed|reveals|wrote|writes|disclosed|published|broke|quoted|"
    r"quotes|cited|cites"
)
#: What follows a name and makes it a credit.
_AFTER: Final = re.compile(
    r"(?:['’]s?(?:\s+[A-Z][\w'’-]+){1,3})?,?\s+"
    r"(?:(?:which|who|has|have|had|also|first|earlier|recently|previously|exclusively|originally|"
    r"later|on\s+\w+day)\s+)*"
    rf"(?P<verb>{_REPORTING}|said|says|noted|notes|claimed|claims|stated|states)(?!\w)",
    re.IGNORECASE,
)
_AFTER_REPORT: Final = re.compile(
    r"(?:['’]s?)?\s+(?:\w+\s+)?(?P<verb>report)\s*"
    r"(?::|,|\s(?:says?|said|claims?|claimed|reveals?|revealed|that|on|about|published|suggests?|"
    r"suggested|shows?|showed|cited|cites)(?!\w))",
    re.IGNORECASE,
)
#: "via AP Photo" credits a picture.
_PICTURE: Final = re.compile(
    r"['’]?s?\s*[-–—/]?\s*(?:photos?|images?|pictures?|video|getty|file)(?!\w)", re.IGNORECASE
)
#: Names that so many papers go by that they mean one only in a corpus which has that one.
SHARED_NAMES: Final = frozenset({"times", "star", "sun", "telegraph", "independent", "post"})
_ARTICLE: Final = re.compile(r"(?<!\w)the\s+$", re.IGNORECASE)
_AND: Final = re.compile(r"\s*(?:,|,?\s(?:and|or)|\s&)\s+(?:the\s+)?", re.IGNORECASE)
_DAYS: Final = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|"
    r"September|October|November|December"
)
_CAPITAL_NEXT: Final = re.compile(r"[ -]([A-Z][\w'’-]*)")
_CAPITAL_BEFORE: Final = re.compile(r"[A-Z][\w'’.-]*[ -]$")

_NOUN: Final = (
    r"(?:report|article|story|newspaper|paper|outlet|magazine|publication|network|broadcaster|"
    r"website|tabloid|(?:news|wire)\s+(?:agency|service|outlet|site|organi[sz]ation|channel))"
)
#: What points back to an outlet that was credited before, with its verb or its cue.
_BACK: Final = re.compile(
    rf"(?<!\w)(?:the\s+(?P<noun>{_NOUN})(?:,?\s+(?:also|further|has|had|have|first|earlier|later|"
    rf"then|which|previously))*+\s+(?:{_REPORTING}|said|says|noted|notes|added|adds|claimed|claims|"
    r"stated|states)(?!\w)"
    r"|(?P<before>according\s+to|told|tells|citing|(?:reported|published|obtained|seen|reviewed|"
    rf"quoted)\s+by)\s+the\s+(?P<behind>{_NOUN})(?!\w)"
    r"(?!['’]s|\s+(?:by|from|of|on|released|issued|published|and|in|that)(?!\w))"
    r"|(?P<it>it\s+(?:also\s+)?(?:added|reported|wrote|noted))(?!\w))",
    re.IGNORECASE,
)
#: Nouns for what an outlet published rather than for the outlet.
_WORKS: Final = frozenset({"report", "article", "story"})
#: Broadcasters go by letters, and there are more of them than anybody lists.
_SPEAKERS: Final = frozenset({"network", "broadcaster"})
_CALL_SIGN: Final = re.compile(r"(?<!\w)[A-Z]{3,5}(?!\w)")
#: Cues after which there is something that was published.
_PUBLISHED: Final = frozenset(
    {"according to X", "reported by X", "report from X", "X report", "X reported", "reported X"}
)
_SUBJECT: Final = frozenset({"X reported", "X report"})
_BACK_CUES: Final[Mapping[str, str]] = {
    "according": "according to X",
    "told": "told X",
    "tells": "told X",
    "citing": "citing X",
}
#: A long way back, a reader has lost the thread as well.
_FAR: Final = 800
_PAPERS: Final = (
    "Banner|Bulletin|Chronicle|Courier|Dispatch|Examiner|Gazette|Globe|Herald|Independent|"
    "Inquirer|Journal|Ledger|Mail|Mirror|Monitor|Observer|Post|Record|Review|Sentinel|Standard|"
    "Star|Sun|Telegraph|Times|Tribune"
)
#: The last word of an outlet's name for all of it: "the Journal".
_SHORT: Final = re.compile(rf"(?<!\w)[Tt]he\s+(?P<word>{_PAPERS})(?!\w)")
_FULL: Final = re.compile(
    rf"(?<![\w.'’-])(?!The\s)(?:[A-Z](?:[\w'’-]|\.(?=\w))*+\s+){{1,4}}?(?P<word>{_PAPERS})(?!\w)"
)
#: Another thing that "the report" or "the paper" could then mean.
_RIVAL: Final = re.compile(
    r"(?<!\w)(?i:an?|another|this|that|its|their|his|her|separate|annual|[A-Z][\w.-]*['’]s?)\s+"
    r"(?:[\w-]+\s+){0,4}?(?:reports?|papers?|newspapers?|study|studies|article|story|magazine|"
    r"network|website|site|outlet|publication|broadcaster|tabloid|agency|document|memo|"
    r"statement)(?!\w)"
    r"|(?<!\w)(?:report|study|paper)s?\s+(?:by|from|of|released|published|issued)(?!\w)"
    rf"|(?<!\w)[A-Z][\w.'’-]*\s+(?:{_PAPERS}|News|Magazine|Press|TV|Radio)(?!\w)"
    r"|(?<!\w)(?:(?:MS)?NBC|CBS|ABC|NPR|PBS|C-SPAN|BuzzFeed|HuffPost|Huffington|Breitbart|Vox|"
    r"Vice|Slate|Salon|Univision|Sky|ITV|NHK|CCTV|KCNA)(?!\w)"
)
_SENTENCE_END: Final = re.compile(r"[.!?][\"'”’)]*\s+(?=[\"'“‘(]?[A-Z])|\n")


class Mention(NamedTuple):
    """A name in a text; with a cue it is a credit, which reaches from `begin` to `stop`."""

    start: int
    end: int
    name: Name
    cue: str
    begin: int
    stop: int
    resolved: bool = False


def find_credits(
    articles: pd.DataFrame,
    outlets: pd.DataFrame | None = None,
    *,
    fields: Sequence[str] = TEXT_FIELDS,
) -> pd.DataFrame:
    """Find where articles credit another outlet by name.

    A credit is the name of an outlet with a cue beside it: `according to X`, `a report from X`,
    `X reported`, `reported X`, `first reported by X`, `told X`, `via X`, `citing X`, `X report:`,
    `in an interview with X`, `seen in X`, `Source: X`. A name alone is none, nor is the article's
    own outlet, nor the credit of a picture. The longest name wins, `the` before it is optional,
    and names that are words themselves (Wired, Nature) are held to stricter rules. Names that many
    papers share (The Times, The Star, The Sun) count only if `outlets` has such a paper, or if the
    text names but one paper that ends so (`the Times` after `the New York Times`).

    What points back is resolved only where it can mean one outlet. `The report said`, `according to
    the newspaper`, `told the network` follow a credit of the one outlet credited so far, with no
    other outlet, report or document named since; `it added` follows in the next sentence one whose
    subject is the outlet. Anything else is left out.

    Parameters
    ----------
    articles : DataFrame
        With article_id, outlet and those of `fields` that it has.
    outlets : DataFrame, optional
        With outlet, outlet_name and aliases (joined by ' | '). The outlets file of the package is
        used besides.
    fields : sequence of str
        Columns of text to look into.

    Returns
    -------
    DataFrame with one row per credit, by article, field and place: article_id, field, start, end,
    match (cue and name: ``text[start:end]``), cue (which form, with X for the name), credited
    (registered domain), credited_name, resolved (whether the outlet's name does not stand in the
    match, or only its last word).

    Raises
    ------
    SchemaError
        If columns are missing.

    References
    ----------
    Pareti, S. (2016). PARC 3.0: a corpus of attribution relations. *LREC*, 3914-3920 (source, cue
    and content).

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a"],
    ...         "outlet": ["chips.example"],
    ...         "title": ["New fab planned, according to a report by the Wall Street Journal"],
    ...     }
    ... )
    >>> find_credits(articles)[["cue", "credited", "match"]].values.tolist()
    [['according to X', 'wsj.com', 'according to a report by the Wall Street Journal']]
    """
    require_columns(articles, ("article_id", "outlet"), "articles")
    names = known_names() if outlets is None else Names(outlets)
    rows: list[tuple[object, ...]] = []
    for article, outlet, field, text in each_text(articles, fields):
        for credit in _credits_in(text, names, outlet):
            credited = credit.name.outlets[0]
            span = (credit.begin, credit.stop, text[credit.begin : credit.stop])
            shown = names.shown[credited]
            rows.append((article, field, *span, credit.cue, credited, shown, credit.resolved))
    return carry(from_rows(rows, CREDITS), articles)


def _credits_in(text: str, names: Names, own: str | None) -> list[Mention]:
    """Credits of a text in order, those by name and those that point back to one."""
    mentions = list(mentions_in(text, names))
    if not mentions:
        return []
    every = _with_short(text, mentions, names, own)
    found = [mention for mention in every if mention.cue]
    if found:
        found = sorted([*found, *_pointing_back(text, every, own)], key=lambda credit: credit.begin)
    return [credit for credit in found if own not in credit.name.outlets]


def mentions_in(text: str, names: Names) -> Iterator[Mention]:
    """Names of outlets, those with a cue beside them and those without."""
    previous: tuple[int, str] | None = None
    for start, end, name in names.find(text):
        left, right = text[max(0, start - 120) : start], text[end : end + 120]
        with_article = _ARTICLE.search(left)
        bare = left[: with_article.start()] if with_article else left
        if flat(text[start:end]) in SHARED_NAMES and name.outlets[0] not in names.own:
            previous = None
            continue
        if is_ordinary(text[start:end]):
            if name.has_article and not with_article:
                continue
            if _in_longer_name(left if not with_article else "", right):
                continue
        if _PICTURE.match(right):
            continue
        found = _cue_before(bare, right) or _cue_after(text[start:end], right)
        if found is None and previous and _AND.fullmatch(text[previous[0] : start]):
            found = (0, 0, previous[1])
        previous = None
        if found is None:
            yield Mention(start, end, name, "", start, end)
            continue
        before, after, cue = found
        begin = start - (len(left) - len(bare) + before if before else 0)
        if before or not after:
            previous = (end, cue)
        yield Mention(start, end, name, cue, begin, end + after)


def _with_short(text: str, mentions: list[Mention], names: Names, own: str | None) -> list[Mention]:
    """The mentions, and short names with a cue that can mean but one outlet named before."""
    meant = _short_names(text, mentions, names, own)
    if not meant:
        return mentions
    starts = {mention.start for mention in mentions}
    more = []
    for match in _SHORT.finditer(text):
        full = meant.get(match["word"])
        if full is None or full.end > match.start() or match.start("word") in starts:
            continue
        left = text[max(0, match.start() - 120) : match.start()]
        right = text[match.end() : match.end() + 120]
        if _in_longer_name("", right):
            continue
        found = _cue_before(left, right) or _cue_after(match["word"], right)
        before, after, cue = found or (0, 0, "")
        start = match.start("word")
        begin = match.start() - before if before else start
        more.append(
            Mention(start, match.end(), full.name, cue, begin, match.end() + after, resolved=True)
        )
    return sorted([*mentions, *more], key=lambda mention: mention.start)


def _short_names(
    text: str, mentions: list[Mention], names: Names, own: str | None
) -> dict[str, Mention]:
    """Last words of names that stand for one outlet in this text, with its first mention."""
    by_end = {mention.end: mention for mention in mentions}
    meant: dict[str, Mention | None] = {}
    for match in _FULL.finditer(text):
        word, mention = match["word"], by_end.get(match.end())
        first = meant.setdefault(word, mention)
        if mention is None or first is None or not _same(first.name, mention.name):
            meant[word] = None
    return {
        word: first
        for word, first in meant.items()
        if first and (own in first.name.outlets or not _goes_by(own, word, names))
    }


def _goes_by(outlet: str | None, word: str, names: Names) -> bool:
    """Whether an outlet would call itself by that word."""
    if not isinstance(outlet, str):
        return False
    shown = names.shown.get(outlet, "")
    return shown.endswith(word) or word.lower() in outlet.split(".")[0]


def _pointing_back(text: str, mentions: list[Mention], own: str | None) -> Iterator[Mention]:
    """Credits without a name that can mean but the one outlet credited before."""
    number = 0
    last: Mention | None = None
    credit: Mention | None = None
    alone = True
    for match in _BACK.finditer(text):
        while number < len(mentions) and mentions[number].start < match.start():
            last = mentions[number]
            if last.cue:
                alone = alone and (credit is None or _same(credit.name, last.name))
                credit = last
            number += 1
        if not alone:
            return
        if last is None or credit is None or not _same(last.name, credit.name):
            continue
        if own in credit.name.outlets or match.start() < max(last.stop, credit.stop):
            continue
        between = text[last.stop : match.start()]
        if len(between) > _FAR or _RIVAL.search(between):
            continue
        noun = (match["noun"] or match["behind"] or "").lower()
        if noun in _SPEAKERS and _CALL_SIGN.search(between):
            continue
        cue = _back_cue(match, text, last)
        if cue:
            yield Mention(
                match.start(), match.end(), credit.name, cue, match.start(), match.end(), True
            )


def _back_cue(match: re.Match[str], text: str, last: Mention) -> str:
    """The form of a credit that points back; empty if it may point elsewhere."""
    if match["it"]:
        is_subject = last.cue in _SUBJECT and _opens_sentence(text, last.begin)
        ends = _SENTENCE_END.findall(text, last.stop, match.start() + 1)
        is_next = len(ends) == 1
        return "X reported" if is_subject and is_next else ""
    noun = (match["noun"] or match["behind"]).lower()
    if noun in _WORKS and last.cue not in _PUBLISHED:
        return ""
    if match["before"]:
        return _BACK_CUES.get(match["before"].split()[0].lower(), "reported by X")
    return "X reported"


def _opens_sentence(text: str, start: int) -> bool:
    left = text[max(0, start - 8) : start]
    article = _ARTICLE.search(left)
    left = left[: article.start()] if article else left
    return start == len(article[0] if article else "") or bool(
        re.search(r"(?:[.!?][\"'”’)]*\s+|\n\s*)\Z", left)
    )


def _same(one: Name, other: Name) -> bool:
    """Whether two names can mean the same outlet."""
    return not set(one.outlets).isdisjoint(other.outlets)


def _cue_before(bare: str, right: str) -> tuple[int, int, str] | None:
    """Length of the cue that ends where the name (with its article) begins, and its form."""
    for label, pattern in _BEFORE:
        match = pattern.search(bare)
        if match:
            return len(bare) - match.start(), 0, label
    match = _SOURCE.search(bare)
    if match:
        return len(bare) - match.start(), 0, "via X"
    match = _INVERTED.search(bare)
    if match and (match["mark"] or _AFTER_INVERTED.match(right)):
        return (
            len(bare) - match.end("mark") if match["mark"] else len(bare) - match.start(),
            0,
            ("reported X"),
        )
    return None


def _cue_after(name: str, right: str) -> tuple[int, int, str] | None:
    match = _AFTER_REPORT.match(right)
    if match:
        return 0, match.end("verb"), "X report"
    match = _AFTER.match(right)
    if match and (not is_ordinary(name) or re.fullmatch(_REPORTING, match["verb"], re.IGNORECASE)):
        return 0, match.end("verb"), "X reported"
    return None


def _in_longer_name(left: str, right: str) -> bool:
    """Whether capitalised words beside a name make another name with it: `Baltimore Sun`."""
    following = _CAPITAL_NEXT.match(right)
    if following and not _DAYS.match(following[1]) and not _AFTER.match(right):
        return not _AFTER_REPORT.match(right)
    return bool(_CAPITAL_BEFORE.search(left))
