"""Marks of origin in a text, a byline, an address or an image: what they look like.

`origins` makes tables of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from coverage_research.credits import mentions_in
from coverage_research.identity import host_of, registered_domain
from coverage_research.schema import require_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from coverage_research.outlet_names import Names

#: The name of a mark that names nobody: a section `/press-releases/`.
UNNAMED: Final = "unnamed"

#: Distributors of press releases, by the mark that they leave in a text, and by their domains.
_RELEASES: Final[Mapping[str, str]] = {
    "prnewswire": "PR Newswire",
    "pr newswire": "PR Newswire",
    "globe newswire": "GlobeNewswire",
    "globenewswire": "GlobeNewswire",
    "business wire": "Business Wire",
    "businesswire": "Business Wire",
    "accesswire": "ACCESSWIRE",
    "newsfile corp": "Newsfile",
    "newsfile": "Newsfile",
    "ein presswire": "EIN Presswire",
    "einpresswire": "EIN Presswire",
    "prweb": "PRWeb",
    "cnw": "CNW",
    "cnw group": "CNW",
}
_RELEASE_DOMAINS: Final[Mapping[str, str]] = {
    "prnewswire.com": "PR Newswire",
    "prnewswire.co.uk": "PR Newswire",
    "globenewswire.com": "GlobeNewswire",
    "businesswire.com": "Business Wire",
    "accesswire.com": "ACCESSWIRE",
    "newsfilecorp.com": "Newsfile",
    "einpresswire.com": "EIN Presswire",
    "prweb.com": "PRWeb",
    "newswire.ca": "CNW",
}
#: Names too short or plain to be looked for without the marks around them.
_IN_TEXT: Final = sorted(set(_RELEASES) - {"newsfile", "cnw group"}, key=len, reverse=True)
_AGENCIES: Final[Mapping[str, str]] = {
    "reuters": "Reuters",
    "thomson reuters": "Reuters",
    "ap": "Associated Press",
    "associated press": "Associated Press",
    "the associated press": "Associated Press",
    "afp": "Agence France-Presse",
    "agence france-presse": "Agence France-Presse",
    "xinhua": "Xinhua",
    "bloomberg": "Bloomberg",
    "upi": "UPI",
    "united press international": "UPI",
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
_AGENCY_NAMES: Final = frozenset(_AGENCIES.values())
#: Pictures of these are bought for any text, so their image hosts say nothing of it.
_PICTURE_DESKS: Final = frozenset(
    {"afp.com", "apnews.com", "reuters.com", "xinhuanet.com", "news.cn", "yna.co.kr"}
)
#: Outlets of one house use each other's picture servers.
_HOUSES: Final = (
    {"wsj.com", "barrons.com", "marketwatch.com", "foxbusiness.com", "foxnews.com", "nypost.com"},
    {"thesun.co.uk", "thetimes.co.uk", "news.com.au", "wsj.com"},
    {"bbc.com", "bbc.co.uk"},
    {"cnbc.com", "nbcnews.com", "msnbc.com"},
    {"wired.com", "arstechnica.com", "newyorker.com", "vanityfair.com"},
    {"zdnet.com", "cnet.com", "pcmag.com", "mashable.com", "ign.com"},
    {"techradar.com", "tomshardware.com", "anandtech.com", "pcgamer.com", "space.com"},
    {"yahoo.com", "techcrunch.com", "engadget.com", "aol.com"},
    {"businessinsider.com", "politico.com", "politico.eu", "insider.com"},
    {"nikkei.com", "ft.com"},
    {"people.cn", "globaltimes.cn"},
    {"xinhuanet.com", "news.cn"},
    {"pcworld.com", "computerworld.com", "infoworld.com", "macworld.com"},
    {"theatlantic.com", "defenseone.com", "nextgov.com"},
)

_HEAD: Final = 320
_LATER: Final = 1500
_TAIL: Final = 600
_RELEASE_MARK: Final = re.compile(
    r"(?:(?:--?|/|\()\s*)?(?P<name>"
    + "|".join(re.escape(name) for name in _IN_TEXT)
    + r")\.?(?:-\w+)?\s*(?:\)\s*(?:--?|—|–)|/\s*(?:--?|—|–)|\s(?:--|—|–)\s|\)\s*$|/\s*$)",
    re.IGNORECASE,
)
#: Services that nobody listed, by their kind of name between strokes or before a dash.
_OTHER_RELEASE: Final = re.compile(
    r"(?:/\s*(?P<name>[A-Z][\w .&-]{1,24}?(?i:wire|asianet|press\s?release))(?:\.com)?\s*/"
    r"|\(\s*(?P<capitals>[A-Z][A-Z .&-]{1,24}?WIRE)\s*\))\s*(?:--?|—|–)"
)
_DATELINE: Final = re.compile(
    r"\A\s*+(?P<place>[A-Z][^()\n]{0,70}?)?\s*\((?P<name>[^()\n]{2,40})\)(?:\s*(?P<dash>--?|—|–|:))?"
)
#: A dateline behind a caption or a lead of the desk's own: then with place and dash for certain.
_LATER_DATELINE: Final = re.compile(
    r"(?<=\n)[ \t]*[A-Z][A-Z.'’-]+[^()\n]{0,60}(?P<mark>\((?P<name>[^()\n]{2,40})\)\s*(?:--?|—|–))"
)
_PLACE: Final = re.compile(r"[A-Z][A-Z.'’-]+(?:[ /-]+[A-Z][A-Z.'’-]+)*(?!\w)")
_SIGNED: Final = re.compile(r"(?:--?|—|–)\s*(?P<name>[A-Z][\w ]{1,24}?)\s*\.?\s*\Z")
#: How Reuters ends its reports: who reported and who edited, in brackets.
_CREW: Final = re.compile(
    r"\((?:additional\s+)?(?:reporting|writing)\s+by\s[^()]{2,300}?[;.]\s*(?:\w+\s+)?"
    r"editing\s+by\s[^()]{2,200}\)",
    re.IGNORECASE,
)
_COPYRIGHT: Final = re.compile(
    r"(?:©|\(c\)|copyright)\s*(?:©\s*)?(?:\d{4}\s+)?(?:by\s+)?(?P<name>[A-Z][\w-]*(?:\s[A-Z][\w-]*){0,3})",
    re.IGNORECASE,
)
#: A picture's credit is none of the text.
_PICTURE_BEFORE: Final = re.compile(
    r"(?:images?|photos?|pictures?|video|graphic)\s*\Z", re.IGNORECASE
)
#: `By Jane Roe, Associated Press` or `Jane Roe | Reuters`, or the agency alone, on a first line.
_BYLINE: Final = re.compile(
    r"\A\s*(?:(?:by|from)\s+(?:[^\n,|(]{2,60}(?:,|\||\(|\s[-–—]|\s/|\sof)\s*)?)"
    r"(?P<name>(?:the\s+)?[A-Z][\w-]*(?:\s[A-Z][\w-]*){0,3}?)\)?"
    r"(?:\s+(?:writers?|staff|reporters?))?\s*(?:\n|\Z)",
    re.IGNORECASE,
)
_STAFF: Final = re.compile(
    r"(?<!\w)(?:staff|our(?:\s+own)?)\s+(?:writer|reporter|correspondent)s?(?!\w)", re.IGNORECASE
)
_WHO: Final = (
    r"(?P<name>(?:the\s+)?[A-Z](?:[\w'’&-]|\.(?=\w))*(?:\s+(?:(?:of|the|and|&)\s+)?[A-Z][\w'’&-]*)"
    r"{0,4}|[a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,60}){1,4})"
)
_THIS: Final = (
    r"(?:this|the\s+following)\s+(?:article|story|piece|post|column|essay|op-ed|analysis|"
    r"commentary|content|report|interview)(?:\s+by\s+[^\n.]{2,40}?)?"
)
#: What a desk writes above or below a text that it took over with permission.
_NOTES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        (
            rf"(?i:{_THIS}\s+(?:was\s+|is\s+|has\s+been\s+)?(?:originally\s+|first\s+)?"
            r"(?:appeared|published|ran|posted|produced|written|republished|reprinted|syndicated)"
            r"(?:\s+(?:first|originally|here|with\s+permission))?\s+(?:on|in|at|by|from|for)\s+)"
            rf"{_WHO}"
        ),
        (
            rf"(?i:a\s+version\s+of\s+this\s+\w+\s+(?:was\s+)?(?:first\s+|originally\s+)?"
            rf"(?:appeared|published|ran)(?:\s+first)?\s+(?:on|in|at|by)\s+){_WHO}"
        ),
        (
            rf"(?:\A|(?<=[.!?\n]\s)|(?<=\n)|(?<=\())(?i:(?:originally|first)\s+(?:published|appeared|"
            rf"posted)\s+(?:on|in|at|by)\s+){_WHO}"
        ),
        (
            rf"(?i:(?:re(?:published|printed)|used)\s+(?:here\s+)?(?:with|by)\s+(?:the\s+)?(?:kind\s+)?"
            rf"permission\s+(?:from|of|by)\s+){_WHO}"
        ),
        (
            r"(?:\A|(?<=[.!?\n]\s)|(?<=\n)|(?<=\())(?i:re(?:published|printed)\s+(?:with|by)\s+"
            r"permission)(?!\s+(?:from|of|by))"
        ),
        (
            rf"(?i:(?:content|story|article|text)\s+(?:is\s+)?(?:provided|supplied|syndicated|"
            rf"distributed)\s+(?:by|from)\s+){_WHO}"
        ),
        rf"(?i:distributed\s+by\s+){_WHO}(?=[.,]?\s*\Z)",
        rf"(?i:read\s+the\s+original\s+(?:article|story|post)\s+(?:on|at|in)\s+){_WHO}",
        rf"The post\s[^\n]{{3,200}}?\s(?:first appeared|appeared first) on {_WHO}",
    )
)
#: What an outlet says of its own work, behind its name.
_LEARNED: Final = re.compile(
    r"(?:\s+(?:has|have|had))?\s+(?:(?:exclusively\s+)?(?:learned|learnt|understands|obtained|"
    r"reviewed|confirmed|verified)|can\s+(?:reveal|confirm|report)|has\s+seen)(?!\w)"
)
_OWN_CUES: Final = frozenset({"told X", "interview with X"})
_SEEN: Final = re.compile(r"(?:obtained|seen|reviewed)\s+by\s", re.IGNORECASE)

_SERVICE_SECTIONS: Final[Mapping[str, str]] = {
    "prnewswire": "PR Newswire",
    "pr-newswire": "PR Newswire",
    "businesswire": "Business Wire",
    "business-wire": "Business Wire",
    "globenewswire": "GlobeNewswire",
    "globe-newswire": "GlobeNewswire",
    "accesswire": "ACCESSWIRE",
    "ein-presswire": "EIN Presswire",
    "einpresswire": "EIN Presswire",
    "newsfile": "Newsfile",
    "prweb": "PRWeb",
}
_AGENCY_SECTIONS: Final[Mapping[str, str]] = {
    "ap": "Associated Press",
    "ap-news": "Associated Press",
    "apnews": "Associated Press",
    "aponline": "Associated Press",
    "ap-wire": "Associated Press",
    "associated-press": "Associated Press",
    "reuters": "Reuters",
    "afp": "Agence France-Presse",
    "upi": "UPI",
    "dpa": "dpa",
    "pti": "PTI",
    "ians": "IANS",
    "xinhua": "Xinhua",
    "wires": UNNAMED,
    "wire-news": UNNAMED,
    "newswire": UNNAMED,
    "news-wire": UNNAMED,
    "agency-news": UNNAMED,
}
_RELEASE_SECTION: Final = re.compile(r"press-?releases?|news-?releases?|pr-news")
_SHARED_SECTION: Final = re.compile(
    r"syndicat(?:ed|ion)(?:-\w+)*|partner(?:-(?:content|news|stories|article)s?)?|"
    r"content-partners?|republished"
)
#: Names that in a byline are what somebody writes about.
_BEATS: Final = frozenset({"foreign affairs", "foreign policy", "nature", "time"})
_OWN_SITES: Final[Mapping[str, str]] = {
    "upi.com": "UPI",
    "dpa.com": "dpa",
    "efe.com": "EFE",
    "ansa.it": "ANSA",
    "tass.com": "TASS",
    "ptinews.com": "PTI",
    "aninews.in": "ANI",
    "ianslive.in": "IANS",
    "kyodonews.net": "Kyodo News",
    "bernama.com": "Bernama",
}
_PIECE: Final = re.compile(r"[^,|/;()&\n]+")
_JOINED: Final = re.compile(r"\s(?:and|for|via|of|with|from|[-–—])\s|\A\s*by\s", re.IGNORECASE)

_Mark = tuple[int, int, str, str]


def marks_in(text: str, field: str, own: str | None, names: Names) -> Iterator[_Mark]:
    """Marks of one text, byline or address."""
    if field == "url":
        found = list(_url_marks(text, names))
    elif field == "author":
        found = list(_author_marks(text[:_HEAD], own, names))
    else:
        found = [*_text_marks(text, field, names), *_note_marks(text, names)]
        found += _own_marks(text, own, names)
    shown = _shown(own, names)
    seen = set()
    for start, end, origin, name in sorted(found):
        kind = origin
        if origin in ("agency", "syndicated") and _is_own(name, own, names):
            # An agency's dateline in its own report; a section of that name is just a section.
            if field == "url":
                continue
            kind = "own"
        key = (kind, name, start)
        if key not in seen:
            seen.add(key)
            yield start, end, kind, shown if kind == "own" else name


def _shown(own: str | None, names: Names) -> str:
    return names.shown.get(own, _OWN_SITES.get(own, own)) if isinstance(own, str) else ""


def _is_own(name: str, own: str | None, names: Names) -> bool:
    if not isinstance(own, str):
        return False
    if _OWN_SITES.get(own) == name:
        return True
    return any(own in holder.outlets for *_, holder in names.find(name))


def _text_marks(text: str, field: str, names: Names) -> Iterator[_Mark]:
    """The mark of a release service or an agency, at the head of a text or at the end of a body."""
    mark = _release(text) or _dateline(text, names) or _byline(text)
    if not mark and field == "body":
        mark = _signature(text)
    if mark:
        yield mark


def _release(text: str) -> _Mark | None:
    match = _RELEASE_MARK.search(text, 0, _HEAD)
    if match:
        return match.start(), match.end(), "press_release", _RELEASES[match["name"].lower()]
    match = _OTHER_RELEASE.search(text, 0, _HEAD)
    if match:
        name = match["name"] or match["capitals"]
        return match.start(), match.end(), "press_release", name
    return None


def _dateline(text: str, names: Names) -> _Mark | None:
    match = _DATELINE.match(text)
    name = _agency(match["name"], names) if match else ""
    if match and name:
        place = match["place"] or ""
        # A parenthesis behind plain words is an abbreviation: "Associated Press (AP) staff".
        if match["dash"] or not place or _PLACE.match(place):
            return match.start("name") - 1, match.end(), "agency", name
    for match in _LATER_DATELINE.finditer(text, 0, _LATER):
        name = _agency(match["name"], names)
        if name:
            return *match.span("mark"), "agency", name
    return None


def _byline(text: str) -> _Mark | None:
    match = _BYLINE.match(text)
    name = _AGENCIES.get(match["name"].strip().lower(), "") if match else ""
    if match and name and not match["name"].islower():
        return match.start("name"), match.end("name"), "agency", name
    return None


def _signature(text: str) -> _Mark | None:
    match = _SIGNED.search(text, max(0, len(text) - 40))
    name = _AGENCIES.get(match["name"].strip().lower(), "") if match else ""
    if match and name:
        return match.start(), match.end(), "agency", name
    tail = max(0, len(text) - _TAIL)
    match = _CREW.search(text, tail)
    if match:
        return match.start(), match.end(), "agency", "Reuters"
    for match in _COPYRIGHT.finditer(text, tail):
        if _PICTURE_BEFORE.search(text, max(0, match.start() - 12), match.start()):
            continue
        words = match["name"].split()
        for size in range(len(words), 0, -1):
            name = _AGENCIES.get(" ".join(words[:size]).lower(), "")
            if name and not match["name"].islower():
                return match.start(), match.end(), "agency", name
    return None


def _note_marks(text: str, names: Names) -> Iterator[_Mark]:
    """Notes that a text was taken over, at its head or its end."""
    parts = (
        [(0, len(text))] if len(text) < 2 * _TAIL else [(0, _TAIL), (len(text) - _TAIL, len(text))]
    )
    taken: list[tuple[int, int]] = []
    for first, last in parts:
        for pattern in _NOTES:
            for match in pattern.finditer(text, first, last):
                if any(match.start() < end and start < match.end() for start, end in taken):
                    continue
                taken.append(match.span())
                who = match["name"] if "name" in match.re.groupindex else ""
                yield match.start(), match.end(), *_of(who, names)


def _of(who: str, names: Names) -> tuple[str, str]:
    """Origin and name for whoever a note or byline names."""
    shown = who.strip().rstrip(".,'’").removeprefix("the ")
    bare = re.sub(r"\Athe\s+", "", shown, flags=re.IGNORECASE)
    if not bare:
        return "syndicated", UNNAMED
    if bare.lower() in _RELEASES:
        return "press_release", _RELEASES[bare.lower()]
    if bare.lower() in _AGENCIES and bare.lower() != bare:
        return "agency", _AGENCIES[bare.lower()]
    for start, _, name in names.find(bare):
        if start == 0:
            known = names.shown[name.outlets[0]]
            return ("agency" if known in _AGENCY_NAMES else "syndicated"), known
    host = host_of(bare) if "." in bare else None
    return "syndicated", registered_domain(host) if host else shown


def _own_marks(text: str, own: str | None, names: Names) -> Iterator[_Mark]:
    """What an outlet says of its own work."""
    if not isinstance(own, str):
        return
    shown = _shown(own, names)
    for mention in mentions_in(text, names):
        if own not in mention.name.outlets:
            continue
        found = text[mention.begin : mention.stop]
        if mention.cue in _OWN_CUES or (mention.cue == "reported by X" and _SEEN.match(found)):
            yield mention.begin, mention.stop, "own", shown
            continue
        match = _LEARNED.match(text, mention.end)
        if match:
            yield mention.start, match.end(), "own", shown
    line = text[: min(_HEAD // 2, len(text.partition("\n")[0]))]
    match = _STAFF.search(line) if re.match(r"\s*by\s", line, re.IGNORECASE) else None
    if match and not any(word in _AGENCIES for word in line.lower().replace(",", " ").split()):
        yield match.start(), match.end(), "own", shown


def _author_marks(text: str, own: str | None, names: Names) -> Iterator[_Mark]:
    """Marks of a byline: an agency or outlet that is a part of it by itself, or the staff."""
    for piece in _PIECE.finditer(text):
        whole = [(len(piece[0]) - len(piece[0].lstrip()), len(piece[0].rstrip()))]
        # A name may hold a joining word, so the whole piece is tried before its parts.
        for spans in (whole, list(_between(piece[0]))):
            found = [
                (piece.start() + start, piece.start() + end, *of)
                for start, end in spans
                if (of := _author(piece[0][start:end], own, names))
            ]
            if found:
                yield from found
                break


def _author(part: str, own: str | None, names: Names) -> tuple[str, str] | None:
    """Origin and name if a part of a byline is that of an agency, an outlet or the staff."""
    bare = re.sub(
        r"(?:\s+(?:staff|writers?|reporters?|contributors?|news\s+agency))+\Z",
        "",
        re.sub(r"\Athe\s+", "", part, flags=re.IGNORECASE),
        flags=re.IGNORECASE,
    )
    if bare.lower() in _RELEASES or (bare.lower() in _AGENCIES and not bare.islower()):
        return _of(bare, names)
    for start, end, name in names.find(bare):
        if end - start < len(bare):
            continue
        if isinstance(own, str) and own in name.outlets:
            return "own", _shown(own, names)
        return None if bare.lower() in _BEATS else _of(bare, names)
    if _STAFF.search(part) and isinstance(own, str):
        return "own", _shown(own, names)
    return None


def _between(text: str) -> Iterator[tuple[int, int]]:
    """Spans of what joining words leave of a text."""
    start = 0
    for match in [*_JOINED.finditer(text), None]:
        end = match.start() if match else len(text)
        part = text[start:end]
        if part.strip():
            yield start + len(part) - len(part.lstrip()), start + len(part.rstrip())
        start = match.end() if match else end


def _url_marks(url: str, names: Names) -> Iterator[_Mark]:
    """Marks of an address: the site of a release service, or a section; the slug says nothing."""
    host = host_of(url)
    if host is None:
        return
    service = _RELEASE_DOMAINS.get(registered_domain(host))
    if service:
        yield 0, len(url), "press_release", service
        return
    try:
        path = urlsplit(url if "://" in url else f"https://{url}").path
    except ValueError:
        return
    for section in path.lower().strip("/").split("/")[:-1]:
        if section in _SERVICE_SECTIONS:
            yield 0, len(url), "press_release", _SERVICE_SECTIONS[section]
        elif _RELEASE_SECTION.fullmatch(section):
            yield 0, len(url), "press_release", UNNAMED
        elif section in _AGENCY_SECTIONS:
            yield 0, len(url), "agency", _AGENCY_SECTIONS[section]
        elif _SHARED_SECTION.fullmatch(section):
            yield 0, len(url), "syndicated", UNNAMED
        else:
            continue
        return


def image_marks(
    articles: pd.DataFrame, images: pd.DataFrame, names: Names
) -> list[tuple[object, ...]]:
    """Images of articles that lie with another known outlet or a release service."""
    require_columns(images, ("article_id", "kind", "host"), "images")
    if "outlet" not in articles.columns:
        return []
    own = dict(zip(articles["article_id"].astype("str"), articles["outlet"], strict=True))
    shown = images[(images["kind"] == "article") & images["host"].notna()]
    rows: dict[tuple[str, str], tuple[object, ...]] = {}
    for article, host in zip(shown["article_id"].astype("str"), shown["host"], strict=True):
        outlet = own.get(article)
        if not isinstance(outlet, str):
            continue
        maker = registered_domain(host)
        if maker == outlet or maker in _PICTURE_DESKS or _one_house(maker, outlet):
            continue
        service = _RELEASE_DOMAINS.get(maker, "")
        name = service or names.shown.get(maker, "")
        if name:
            origin = "press_release" if service else "syndicated"
            rows.setdefault((article, maker), (article, "image", 0, len(host), host, origin, name))
    return list(rows.values())


def _one_house(one: str, other: str) -> bool:
    return any(one in house and other in house for house in _HOUSES)


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
