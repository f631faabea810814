"""On whose word an article stands: credits to other outlets, and marks of agencies and releases.

Only what the text says of itself is found here. That an article names another outlet shows that
its authors point to it, not that they took nothing else; that it names none shows nothing.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd  # noqa: TC002  (the examples use it)

from coverage_research.identity import known_outlets
from coverage_research.schema import (
    SPAN,
    TEXT,
    TEXT_FIELDS,
    carry,
    from_rows,
    require_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CREDITS: Final[Mapping[str, str]] = {**SPAN, "cue": TEXT, "credited": TEXT, "credited_name": TEXT}
ORIGINS: Final[Mapping[str, str]] = {**SPAN, "origin": TEXT, "name": TEXT}

#: Names of outlets that are words, surnames or things as well. They count only with the capital
#: letter, with their article if they have one, and not as part of a longer name.
ORDINARY: Final = frozenset(
    {
        "atlantic", "barrons", "decrypt", "diplomat", "economist", "forbes", "fortune", "guardian",
        "hindu", "independent", "information", "insider", "mint", "nature", "newsweek", "observer",
        "post", "protocol", "register", "spiegel", "star", "street", "sun", "telegraph", "time",
        "times", "verge", "wired", "yahoo", "nasdaq", "ieee", "mail", "standard", "mirror", "week",
    }
)  # fmt: skip

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


class _Name(NamedTuple):
    """Outlets that go under one name, the likeliest first."""

    exact: str  # the only way it may be written; empty where any capitalised way will do
    outlets: tuple[str, ...]
    has_article: bool


class Names:
    """The names of outlets, ready to be found in texts.

    Parameters
    ----------
    outlets : DataFrame, optional
        With outlet, outlet_name and aliases. They come before those of the package's outlets file,
        where two outlets share a name.
    """

    def __init__(self, outlets: pd.DataFrame | None = None) -> None:
        import ahocorasick

        entries: dict[str, tuple[str, list[str]]] = {}
        if outlets is not None and len(outlets):
            require_columns(outlets, ("outlet", "outlet_name", "aliases"), "outlets")
            named = outlets["outlet_name"].fillna(outlets["outlet"])
            others = outlets["aliases"].astype("str").fillna("")
            for domain, name, aliases in zip(outlets["outlet"], named, others, strict=True):
                other = [alias for alias in aliases.split(" | ") if alias]
                entries[str(domain)] = (str(name), [str(name), *other, str(domain)])
        own = set(entries)
        for domain, entry in known_outlets().items():
            shown, forms = entries.get(domain, (entry.name, []))
            entries[domain] = (shown, [*forms, entry.name, *entry.aliases, domain])
        self.own = frozenset(own)
        self.shown = {domain: name for domain, (name, _) in entries.items()}
        holders: dict[str, list[tuple[bool, int, str]]] = {}
        spelled: dict[str, set[str]] = {}
        article: set[str] = set()
        for domain, (_, forms) in entries.items():
            with_article = {
                _bare(form).lower() for form in forms if form.lower().startswith("the ")
            }
            for place, form in enumerate(dict.fromkeys(_bare(form) for form in forms)):
                key = _flat(form)
                if len(key) < 2:
                    continue
                holders.setdefault(key, []).append((domain not in own, place, domain))
                spelled.setdefault(key, set()).add(form)
                if form.lower() in with_article:
                    article.add(key)
        self._automaton: Any = ahocorasick.Automaton()
        for key, found in holders.items():
            ranked = tuple(dict.fromkeys(domain for *_, domain in sorted(found)))
            # An abbreviation counts as it is written: "AP", not "ap".
            exact = all(form.isupper() and len(form) < 6 for form in spelled[key])
            held = _Name(next(iter(spelled[key])) if exact else "", ranked, key in article)
            self._automaton.add_word(key, (len(key), held))
        self._automaton.make_automaton()

    def find(self, text: str) -> Iterator[tuple[int, int, _Name]]:
        """Spans of names in a text, the longest where several overlap, in order."""
        found = []
        for last, (length, name) in self._automaton.iter(_flat(text)):
            start, end = last + 1 - length, last + 1
            if (start and _is_word(text[start - 1])) or (end < len(text) and _is_word(text[end])):
                continue
            if end + 1 < len(text) and text[end] == "." and _is_word(text[end + 1]):
                continue  # a host such as reuters.com is a name of its own
            if name.exact and text[start:end] != name.exact:
                continue
            if not name.exact and not _capitalised(text[start:end]):
                continue
            found.append((start, end, name))
        found.sort(key=lambda span: (span[0] - span[1], span[0]))
        taken: list[tuple[int, int, _Name]] = []
        for span in found:
            if all(span[1] <= other[0] or span[0] >= other[1] for other in taken):
                taken.append(span)
        return iter(sorted(taken, key=lambda span: span[0]))


@functools.cache
def _known_names() -> Names:
    return Names()


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
    papers share (The Times, The Star, The Sun) count only if `outlets` has such a paper.

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
    (registered domain), credited_name.

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
    names = _known_names() if outlets is None else Names(outlets)
    rows: list[tuple[object, ...]] = []
    for article, outlet, field, text in _texts(articles, fields):
        for start, end, cue, name in _credits_in(text, names):
            if outlet in name.outlets:
                continue
            credited = name.outlets[0]
            rows.append(
                (article, field, start, end, text[start:end], cue, credited, names.shown[credited])
            )
    return carry(from_rows(rows, CREDITS), articles)


def _credits_in(text: str, names: Names) -> Iterator[tuple[int, int, str, _Name]]:
    """Spans of cue and name, with the cue's form."""
    previous: tuple[int, str] | None = None
    for start, end, name in names.find(text):
        left, right = text[max(0, start - 120) : start], text[end : end + 120]
        with_article = _ARTICLE.search(left)
        bare = left[: with_article.start()] if with_article else left
        if _flat(text[start:end]) in SHARED_NAMES and name.outlets[0] not in names.own:
            previous = None
            continue
        if _is_ordinary(text[start:end]):
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
            continue
        before, after, cue = found
        begin = start - (len(left) - len(bare) + before if before else 0)
        if before or not after:
            previous = (end, cue)
        yield begin, end + after, cue, name


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
    if match and (not _is_ordinary(name) or re.fullmatch(_REPORTING, match["verb"], re.IGNORECASE)):
        return 0, match.end("verb"), "X reported"
    return None


#: Distributors of press releases and agencies, by the mark that they leave in a text.
_RELEASES: Final[Mapping[str, str]] = {
    "prnewswire": "PR Newswire",
    "pr newswire": "PR Newswire",
    "globe newswire": "GlobeNewswire",
    "globenewswire": "GlobeNewswire",
    "business wire": "Business Wire",
    "businesswire": "Business Wire",
    "accesswire": "ACCESSWIRE",
    "newsfile corp": "Newsfile",
    "ein presswire": "EIN Presswire",
    "prweb": "PRWeb",
    "cnw": "CNW",
}
_AGENCIES: Final[Mapping[str, str]] = {
    "reuters": "Reuters",
    "thomson reuters": "Reuters",
    "ap": "Associated Press",
    "associated press": "Associated Press",
    "the associated press": "Associated Press",
    "afp": "Agence France-Presse",
    "xinhua": "Xinhua",
    "bloomberg": "Bloomberg",
    "upi": "UPI",
    "dpa": "dpa",
    "efe": "EFE",
    "ansa": "ANSA",
    "tass": "TASS",
    "pti": "PTI",
    "ani": "ANI",
    "ians": "IANS",
    "yonhap": "Yonhap",
    "kyodo": "Kyodo News",
    "kyodo news": "Kyodo News",
    "bernama": "Bernama",
    "cna": "CNA",
}
_HEAD: Final = 320
_RELEASE_MARK: Final = re.compile(
    r"(?:(?:--?|/|\()\s*)?(?P<name>"
    + "|".join(re.escape(name) for name in sorted(_RELEASES, key=len, reverse=True))
    + r")\.?(?:-\w+)?\s*(?:\)\s*(?:--?|—|–)|/\s*(?:--?|—|–)|\s(?:--|—|–)\s|\)\s*$|/\s*$)",
    re.IGNORECASE,
)
_DATELINE: Final = re.compile(
    r"\A\s*(?P<place>[A-Z][^()\n]{0,70}?)?\s*\((?P<name>[^()\n]{2,40})\)(?:\s*(?P<dash>--?|—|–|:))?"
)
_PLACE: Final = re.compile(r"[A-Z][A-Z.'’-]+(?:[ /-]+[A-Z][A-Z.'’-]+)*(?!\w)")
_SIGNED: Final = re.compile(r"(?:--?|—|–)\s*(?P<name>[A-Z][\w ]{1,24}?)\s*\.?\s*\Z")


def find_origins(articles: pd.DataFrame, outlets: pd.DataFrame | None = None) -> pd.DataFrame:
    """Find the marks that news agencies and press-release services leave in a text.

    Datelines such as `CITY, May 4 (Reuters) -` or `(AP)` at the head of excerpt or body, a
    signature such as `- Xinhua` at the end of a body, and the marks of release services
    (`PRNewswire/ --`, `(GLOBE NEWSWIRE) --`, `--(BUSINESS WIRE)--`). An outlet counts as agency
    where its name stands in the parenthesis of a dateline; in its own articles it does not, since
    these are its own reports.

    Parameters
    ----------
    articles : DataFrame
        With article_id; outlet, excerpt and body if there are any.
    outlets : DataFrame, optional
        As in `find_credits`.

    Returns
    -------
    DataFrame with one row per mark: article_id, field, start, end, match, origin (agency or
    press_release) and name. A mark in both excerpt and body gives a row each.

    Raises
    ------
    SchemaError
        If columns are missing.

    References
    ----------
    Boumans, J., Trilling, D., Vliegenthart, R. & Boomgaarden, H. (2018). The agency makes the
    (online) news world go round. *International Journal of Communication* 12, 1768-1789.

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {"article_id": ["a"], "excerpt": ["OSLO, May 4 (Reuters) - A plant opened."]}
    ... )
    >>> find_origins(articles)[["origin", "name", "match"]].values.tolist()
    [['agency', 'Reuters', '(Reuters) -']]
    """
    require_columns(articles, ("article_id",), "articles")
    names = _known_names() if outlets is None else Names(outlets)
    rows: list[tuple[object, ...]] = []
    for article, outlet, field, text in _texts(articles, ("excerpt", "body")):
        for start, end, origin, name in _origins_in(text, field, names):
            if any(outlet in holder.outlets for *_, holder in names.find(name)):
                continue
            rows.append((article, field, start, end, text[start:end], origin, name))
    return carry(from_rows(rows, ORIGINS), articles)


def _origins_in(text: str, field: str, names: Names) -> Iterator[tuple[int, int, str, str]]:
    match = _RELEASE_MARK.search(text, 0, _HEAD)
    if match:
        yield match.start(), match.end(), "press_release", _RELEASES[match["name"].lower()]
        return
    match = _DATELINE.match(text)
    if match:
        name = _agency(match["name"], names)
        place = match["place"] or ""
        # A parenthesis behind plain words is an abbreviation: "Associated Press (AP) staff".
        if name and (match["dash"] or not place or _PLACE.match(place)):
            yield match.start("name") - 1, match.end(), "agency", name
            return
    match = _SIGNED.search(text, max(0, len(text) - 40)) if field == "body" else None
    name = _AGENCIES.get(match["name"].strip().lower(), "") if match else ""
    if match and name:
        yield match.start(), match.end(), "agency", name


def _agency(mark: str, names: Names) -> str:
    """Name of the agency or outlet that a dateline's parenthesis names; empty if it names none."""
    plain = mark.strip().split("/")[0].strip()
    agency = _AGENCIES.get(plain.lower(), "")
    if agency:
        return agency if plain.lower() != plain or plain == "dpa" else ""
    for start, end, name in names.find(plain):
        if end == len(plain) and plain[:start].lower().strip() in ("", "the"):
            return names.shown[name.outlets[0]]
    return ""


def _texts(
    articles: pd.DataFrame, fields: Sequence[str]
) -> Iterator[tuple[str, str | None, str, str]]:
    """Article, its outlet, field and text of every text that there is."""
    present = [field for field in fields if field in articles.columns]
    outlet = articles["outlet"] if "outlet" in articles.columns else [None] * len(articles)
    for article, own, *values in zip(
        articles["article_id"], outlet, *(articles[field] for field in present), strict=True
    ):
        for field, value in zip(present, values, strict=True):
            if isinstance(value, str) and value:
                yield str(article), own, field, value


@functools.lru_cache(maxsize=4096)
def _bare(form: str) -> str:
    """Name without its article."""
    return form[4:].strip() if form.lower().startswith("the ") else form.strip()


def _flat(text: str) -> str:
    """Lower case and straight apostrophes, every character in its place."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    return lowered.replace("’", "'").replace("\u00a0", " ")


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _capitalised(name: str) -> bool:
    """Whether a name is written as one: a capital or a digit first, or an address."""
    return name[0].isupper() or name[0].isdigit() or "." in name


def _is_ordinary(name: str) -> bool:
    return _flat(name) in ORDINARY


def _in_longer_name(left: str, right: str) -> bool:
    """Whether capitalised words beside a name make another name with it: `Baltimore Sun`."""
    following = _CAPITAL_NEXT.match(right)
    if following and not _DAYS.match(following[1]) and not _AFTER.match(right):
        return not _AFTER_REPORT.match(right)
    return bool(_CAPITAL_BEFORE.search(left))
