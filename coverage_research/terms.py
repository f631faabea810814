"""Terms of a codebook as patterns over tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from coverage_research.text import composed, tokens

#: Tokens that the gap of a term may hold unless the term says otherwise.
GAP: Final = 5

_GAP_MARK: Final = re.compile(r"\s*(?:\.{3}|\u2026)\s*")
_MIN_PREFIX: Final = 2


@dataclass(frozen=True)
class Term:
    """A term of a frame.

    Parameters
    ----------
    text : str
        As written in the codebook.
    case : bool
        Whether the case of the letters must be that of `text`.
    gap : int
        Tokens that each `...` may stand for, at most.
    """

    text: str
    case: bool = False
    gap: int = GAP


class Part(NamedTuple):
    """Tokens in a row, of which the last may be a prefix, and the gap allowed before them."""

    forms: tuple[str, ...]
    cased: tuple[str, ...]
    prefix: bool
    gap: int

    @property
    def key(self) -> str:
        """The part as it stands in a string of tokens that each have a space before them."""
        return " " + " ".join(self.forms) + ("" if self.prefix else " ")


class Pattern(NamedTuple):
    """The parts of a term, in order, and whether case matters."""

    parts: tuple[Part, ...]
    case: bool

    @property
    def n_tokens(self) -> int:
        """Tokens that the term names; gaps do not count."""
        return sum(len(part.forms) for part in self.parts)

    @property
    def n_letters(self) -> int:
        """Letters that the term names."""
        return sum(len(form) for part in self.parts for form in part.forms)


def parse_term(term: Term) -> Pattern:
    """Take a term apart; ValueError says what is wrong with it."""
    parts: list[Part] = []
    for number, stretch in enumerate(_GAP_MARK.split(term.text)):
        if not stretch:
            raise ValueError(f"{term.text!r}: words are needed on both sides of a gap")
        gap = term.gap if number else 0
        forms: list[str] = []
        cased: list[str] = []
        for piece in stretch.split():
            prefix = piece.endswith("*")
            if "*" in piece[:-1]:
                raise ValueError(f"{term.text!r}: * stands at the end of a word only")
            found = tokens(piece.removesuffix("*"))
            if not found or (prefix and len(found[-1].form) < _MIN_PREFIX):
                least = f"at least {_MIN_PREFIX} letters" if prefix else "letters or digits"
                raise ValueError(f"{term.text!r}: {piece!r} needs {least}")
            forms += [token.form for token in found]
            cased += [with_case(token.form, token.text) for token in found]
            if prefix:
                parts.append(Part(tuple(forms), tuple(cased), True, gap))
                forms, cased, gap = [], [], 0
        if forms:
            parts.append(Part(tuple(forms), tuple(cased), False, gap))
    shown = tuple(part if term.case else part._replace(cased=part.forms) for part in parts)
    return Pattern(shown, term.case)


def with_case(form: str, shown: str) -> str:
    """Give a token the case that it has in the text: `U.S.` is `US`, not `us`."""
    straight = composed(shown).replace("\u2019", "'")
    return straight if straight.lower() == form else straight.replace(".", "")
