"""Words that show who is said to have said what: the lists of `cues.yaml` by form.

A word is looked up once. What all lists say of it are bits of one number, so that rules ask for
several lists by one `&`; what is known of a verb of saying is its `Cue`.
"""

from __future__ import annotations

import functools
import importlib.resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

(
    AUXILIARY,
    PASSIVE,
    BOUNDARY,
    OPENER,
    DETERMINER,
    PREPOSITION,
    CIRCUMSTANCE,
    BEHIND_NAME,
    MODAL,
    NOT_BEHIND,
    NOT_BEHIND_STANCE,
    UNREAL,
    NO_SUBJECT,
    NOUN,
    PLURAL,
    PRONOUN,
    SPEAKER,
    AGENCY,
    NOUN_CUE,
    ASKED,
    REASON,
    LABEL,
    BODY,
    CUE,
    HOMOGRAPH,
    DOCUMENT,
    OFFICE,
    TITLE,
    ASPECT,
) = (1 << bit for bit in range(29))
#: Shape of each form, in the order in which the first of two that are alike counts.
_SHAPES: Final = ("base", "third", "ing", "past", "past")
_PASSIVES: Final = ("to", "that", "of")
#: Lists of the file that are bits.
_LISTS: Final = {
    "auxiliaries": AUXILIARY,
    "passive": PASSIVE,
    "boundaries": BOUNDARY,
    "openers": OPENER,
    "determiners": DETERMINER,
    "prepositions": PREPOSITION,
    "circumstances": CIRCUMSTANCE,
    "behind_names": BEHIND_NAME,
    "modals": MODAL,
    "not_behind": NOT_BEHIND,
    "not_behind_stance": NOT_BEHIND_STANCE,
    "unreal": UNREAL,
    "no_subjects": NO_SUBJECT,
    "nouns": NOUN,
    "plurals": PLURAL,
    "pronouns": PRONOUN,
    "speakers": SPEAKER,
    "agencies": AGENCY,
    "asked": ASKED,
    "reasons": REASON,
    "labels": LABEL,
    "bodies": BODY,
    "homographs": HOMOGRAPH,
    "documents": DOCUMENT,
    "offices": OFFICE,
    "titles": TITLE,
    "aspects": ASPECT,
}


class Cue(NamedTuple):
    """What is known of a form of a verb.

    Attributes
    ----------
    group : str
        Whether it takes a clause or a quotation (`say`), an object too (`stance`), or shows
        something (`show`).
    shape : str
        base, third, past or ing.
    inverts : bool
        Whether it may stand before its subject.
    addresses : bool
        Whether it names whom it addresses before what is said.
    quotes : bool
        Whether it counts only with a quotation.
    followed : tuple of str
        Words of which one must stand behind it; empty if any may.
    particles : tuple of str
        Words of which none may stand behind it.
    clausal : bool
        Whether it counts only with a clause or a quotation.
    names : bool
        Whether a name may stand behind it that is no content: a firm called Ito Labs.
    passive : frozenset of str
        What may follow it in the passive, where nobody is named: `to`, `that`, `of`.
    """

    lemma: str
    group: str
    strength: str
    shape: str
    inverts: bool = False
    addresses: bool = False
    quotes: bool = False
    followed: tuple[str, ...] = ()
    particles: tuple[str, ...] = ()
    clausal: bool = False
    names: bool = False
    passive: frozenset[str] = frozenset()


class Noun(NamedTuple):
    """A noun that is a cue, its strength, and what may follow it but `that`."""

    lemma: str
    strength: str
    followed: frozenset[str] = frozenset()


class Phrase(NamedTuple):
    """Words before a source, and the strength."""

    words: tuple[str, ...]
    strength: str


@functools.cache
def word_lists() -> Mapping[str, Any]:
    """The file of word lists that the package ships."""
    import yaml

    text = importlib.resources.files(__package__).joinpath("cues.yaml").read_text("utf-8")
    return MappingProxyType(yaml.safe_load(text))


@functools.cache
def word_list(name: str) -> frozenset[str]:
    """Words of a list."""
    return frozenset(word_lists()[name].split())


@functools.cache
def verbs() -> Mapping[str, Cue]:
    """Forms of the cue verbs.

    Examples
    --------
    >>> verbs()["told"].lemma, verbs()["claims"].strength
    ('tell', 'doubting')
    """
    data = word_lists()
    irregular = {line.split()[0]: line.split()[1:] for line in data["irregular"].splitlines()}
    followed, particles = (
        {line.split()[0]: tuple(line.split()[1:]) for line in data[name].splitlines()}
        for name in ("followed", "particles")
    )
    inverted, addressed, quoting, clausal, naming = map(
        word_list, ("inverted", "addressed", "quoting", "clausal", "naming")
    )
    forms: dict[str, Cue] = {}
    for group, strengths in data["verbs"].items():
        for strength, lemmas in strengths.items():
            for lemma in lemmas.split():
                third, past, participle, ing = irregular.get(lemma) or inflected(lemma)
                shapes = (lemma, third, ing, past, participle)
                for shape, form in zip(_SHAPES, shapes, strict=True):
                    cue = Cue(
                        lemma,
                        group,
                        strength,
                        shape,
                        lemma in inverted,
                        lemma in addressed,
                        lemma in quoting,
                        followed.get(lemma, ()),
                        particles.get(lemma, ()),
                        lemma in clausal,
                        lemma in naming,
                        frozenset(
                            how for how in _PASSIVES if lemma in word_list(f"passives_{how}")
                        ),
                    )
                    forms.setdefault(form, cue)
    for form in data["no_cues"].split():
        forms.pop(form, None)
    return MappingProxyType(forms)


def inflected(lemma: str) -> list[str]:
    """Third person, past, participle and -ing form of a regular verb.

    Examples
    --------
    >>> inflected("announce")
    ['announces', 'announced', 'announced', 'announcing']
    >>> inflected("deny")
    ['denies', 'denied', 'denied', 'denying']
    """
    if lemma.endswith("y") and lemma[-2] not in "aeiou":
        return [lemma[:-1] + "ies", lemma[:-1] + "ied", lemma[:-1] + "ied", lemma + "ing"]
    stem = lemma.removesuffix("e")
    ending = "es" if lemma.endswith(("s", "sh", "ch", "x", "z")) else "s"
    return [lemma + ending, stem + "ed", stem + "ed", stem + "ing"]


@functools.cache
def nouns() -> Mapping[str, Noun]:
    """Nouns that say that somebody says or thinks what follows them, and their plurals.

    Examples
    --------
    >>> nouns()["worries"]
    Noun(lemma='worry', strength='neutral', followed=frozenset({'about'}))
    """
    frames = {behind: words.split() for behind, words in word_lists()["noun_frames"].items()}
    followed = {
        lemma: frozenset(behind for behind, framed in frames.items() if lemma in framed)
        for lemmas in word_lists()["noun_cues"].values()
        for lemma in lemmas.split()
    }
    return MappingProxyType(
        {
            form: Noun(lemma, strength, followed[lemma])
            for strength, lemmas in word_lists()["noun_cues"].items()
            for lemma in lemmas.split()
            for form in (lemma, inflected(lemma)[0])
        }
    )


@functools.cache
def adverbs() -> Mapping[str, Noun]:
    """Adverbs that say that somebody says so, with their strength.

    Examples
    --------
    >>> adverbs()["allegedly"].strength
    'doubting'
    """
    listed = word_lists()["adverb_cues"].items()
    return MappingProxyType(
        {form: Noun(form, strength) for strength, forms in listed for form in forms.split()}
    )


@functools.cache
def phrases() -> Mapping[str, tuple[Phrase, ...]]:
    """Phrases before a source, by their last word but one, which few other texts have.

    Examples
    --------
    >>> phrases()["according"][0].words
    ('according', 'to')
    """
    found: dict[str, tuple[Phrase, ...]] = {}
    for strength, lines in word_lists()["phrases"].items():
        for line in lines.splitlines():
            parts = tuple(line.split())
            found[parts[-2]] = (*found.get(parts[-2], ()), Phrase(parts, strength))
    return MappingProxyType(found)


@functools.cache
def flags() -> Mapping[str, int]:
    """Lists that a form is in, as the bits named above; `CUE` if it is a verb or in a phrase."""
    found: dict[str, int] = {}
    for name, bit in _LISTS.items():
        for form in word_list(name):
            found[form] = found.get(form, 0) | bit
    for form in nouns():
        found[form] = found.get(form, 0) | NOUN_CUE
    for form in (*verbs(), *phrases(), *nouns(), *adverbs()):
        found[form] = found.get(form, 0) | CUE
    return found
