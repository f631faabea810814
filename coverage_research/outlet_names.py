"""The names of outlets, and finding them in texts.

An outlet goes under several names, several outlets go under one, and many names are words as well.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from coverage_research.identity import known_outlets
from coverage_research.schema import require_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

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


class Name(NamedTuple):
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
                key = flat(form)
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
            held = Name(next(iter(spelled[key])) if exact else "", ranked, key in article)
            self._automaton.add_word(key, (len(key), held))
        self._automaton.make_automaton()

    def find(self, text: str) -> Iterator[tuple[int, int, Name]]:
        """Spans of names in a text, the longest where several overlap, in order."""
        found = []
        for last, (length, name) in self._automaton.iter(flat(text)):
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
        # One byte for each character: a text full of names costs no more than its length.
        covered = bytearray(len(text))
        taken: list[tuple[int, int, Name]] = []
        for start, end, name in found:
            if not any(covered[start:end]):
                covered[start:end] = b"\x01" * (end - start)
                taken.append((start, end, name))
        return iter(sorted(taken, key=lambda span: span[0]))


@functools.cache
def known_names() -> Names:
    """The names in the outlets file of the package."""
    return Names()


def each_text(
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


def flat(text: str) -> str:
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


def is_ordinary(name: str) -> bool:
    """Whether a name is a word, surname or thing as well."""
    return flat(name) in ORDINARY
