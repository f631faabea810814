"""Names of the gazetteer and of outlets, and the small words that say who speaks for whom."""

from __future__ import annotations

import functools
import importlib.resources
import itertools
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from coverage_research.identity import known_outlets
from coverage_research.outlet_names import is_ordinary
from coverage_research.schema import require_columns
from coverage_research.text import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd


#: Between the letters of an acronym.
_PERIOD: Final = re.compile(r"\.")


class Actor(NamedTuple):
    """A named actor: its canonical name, its type, and how its name counts."""

    name: str
    type: str
    kind: str  # actor, country, person
    alone: bool  # counts only as a whole name
    shown: str  # how an abbreviation or a word of the language must be written, else empty


class Lexicon(NamedTuple):
    """Small words and names of the gazetteer."""

    serving: frozenset[str]
    tying: frozenset[str]
    former: frozenset[str]
    courtesy: frozenset[str]
    particles: frozenset[str]
    participles: frozenset[str]
    quantifiers: frozenset[str]
    countries: frozenset[str]
    actors: Mapping[str, tuple[tuple[tuple[str, ...], Actor], ...]]  # by first word, longest first


def lexicon_with(outlets: pd.DataFrame | None) -> Lexicon:
    """The small words and names of the package, with those of outlets that are given."""
    if outlets is None:
        return _usual_lexicon()
    require_columns(outlets, ("outlet", "outlet_name", "aliases"), "outlets")
    own = {}
    named = outlets["outlet_name"].fillna(outlets["outlet"])
    others = outlets["aliases"].astype("str").fillna("")
    for domain, name, aliases in zip(outlets["outlet"], named, others, strict=True):
        names = [str(name), *(alias for alias in aliases.split(" | ") if alias)]
        own[str(domain)] = (str(name), names)
    return _build(own)


@functools.cache
def _usual_lexicon() -> Lexicon:
    return _build({})


def _build(own: Mapping[str, tuple[str, list[str]]]) -> Lexicon:
    """The small words and names, those of the user's own outlets behind those of the gazetteer."""
    data = _data()
    words = {name: frozenset(held.split()) for name, held in data.items() if isinstance(held, str)}
    package = {
        domain: (entry.name, [entry.name, *entry.aliases])
        for domain, entry in known_outlets().items()
    }
    outlets = {**package, **own}
    found: dict[tuple[str, ...], Actor] = {}
    for form, actor in itertools.chain(_of_gazetteer(data), _of_outlets(outlets, words)):
        key = _forms(form)
        if sum(map(len, key)) > 1:
            found.setdefault(key, actor)
    by_first: dict[str, list[tuple[tuple[str, ...], Actor]]] = {}
    for key, actor in found.items():
        by_first.setdefault(key[0], []).append((key, actor))
    actors = {
        first: tuple(sorted(held, key=lambda one: -len(one[0]))) for first, held in by_first.items()
    }
    return Lexicon(
        countries=frozenset(entry["name"] for entry in data["countries"]),
        actors=MappingProxyType(actors),
        **{name: held for name, held in words.items() if name in Lexicon._fields},
    )


def ends_with_actor(words: Sequence[str]) -> bool:
    """Whether words end with the name of an actor of the package, however it is written.

    Abbreviations count only as they are written, and names that are words only by themselves.

    Examples
    --------
    >>> ends_with_actor(["Dutch", "chipmaker", "ASML"]), ends_with_actor(["Security"])
    (True, False)
    """
    forms = [_PERIOD.sub("", word.lower()) for word in words]
    known = _usual_lexicon().actors
    for first in range(len(words)):
        for key, actor in known.get(forms[first], ()):
            if key != tuple(forms[first:]) or (actor.alone and actor.kind != "person" and first):
                continue
            if not actor.shown or actor.shown == _PERIOD.sub("", " ".join(words[first:])):
                return True
    return False


@functools.cache
def _data() -> Mapping[str, Any]:
    """The gazetteer of the package."""
    import yaml

    text = importlib.resources.files(__package__).joinpath("gazetteer.yaml").read_text("utf-8")
    loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return MappingProxyType(loaded)


def _forms(name: str) -> tuple[str, ...]:
    """Words of a name, without its article."""
    found = tuple(token.form for token in tokens(name))
    return found[1:] if found[:1] == ("the",) and len(found) > 1 else found


def _short(form: str) -> str:
    """A name that counts only as it is written, else an empty string."""
    return form if len(form) < 6 and form.isupper() else ""


def _of_gazetteer(data: Mapping[str, Any]) -> Iterator[tuple[str, Actor]]:
    for kind, entries in (("actor", "actors"), ("country", "countries"), ("person", "people")):
        for entry in data[entries]:
            alone = entry.get("alone", ())
            for form in (entry["name"], *entry.get("aliases", ()), *alone):
                whole = form in alone or form.startswith("the ")
                yield form, Actor(entry["name"], entry["type"], kind, whole, _short(form))


def _of_outlets(
    outlets: Mapping[str, tuple[str, list[str]]], words: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, Actor]]:
    for domain, (name, forms) in outlets.items():
        kind = "agency" if domain in words["agencies"] else "outlet"
        kind = "expert" if domain in words["analysts"] else kind
        for form in forms:
            alone = is_ordinary("".join(_forms(form)))
            yield form, Actor(name, kind, "actor", alone, _short(form))
