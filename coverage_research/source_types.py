"""What kind of source a passage stands on: official, company, expert, and so on, by rule.

The phrase that names a source is looked at alone. Its head noun decides by the terms of a
codebook; names decide by the gazetteer of the package; a bare name takes the type that a fuller
phrase of the same article has. Nothing is looked up elsewhere.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from coverage_research.codebook import as_codebook
from coverage_research.schema import (
    REAL,
    TEXT,
    TEXT_FIELDS,
    SchemaError,
    carry,
    conform,
    plain,
    require_columns,
)
from coverage_research.source_rules import UNKNOWN, Decider, Decision

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from coverage_research.codebook import Codebook

#: Columns that `source_type` adds.
TYPED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "source_type": TEXT,
        "source_name": TEXT,
        "type_confidence": REAL,
        "type_rule": TEXT,
        "type_term": TEXT,
    }
)
#: Different phrases decided by each rule in one half of the news that the rules were written on,
#: and how many of these decisions were right when read. No rule is surer than its (right + 1) /
#: (read + 2); `docs/validity.md` has what the rules do in the half that was not read.
_READ: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "gazetteer": (80, 82),
        "head noun": (44, 53),
        "collective": (35, 35),
        "role before a name": (13, 13),
        "role and whom it serves": (13, 13),
        "apposition": (26, 31),
        "name and its body": (3, 3),
        "party and state": (1, 1),
        "name withheld": (6, 6),
        "earlier mention": (12, 15),
        "later mention": (3, 4),
        "former role": (1, 1),
    }
)
#: What `type_confidence` says of each rule.
CONFIDENCE: Final[Mapping[str, float]] = MappingProxyType(
    {rule: round((right + 1) / (read + 2), 2) for rule, (right, read) in _READ.items()}
)


def source_type(
    attributions: pd.DataFrame,
    *,
    codebook: str | Path | Codebook = "source_types",
    outlets: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Say what kind of source each attribution has.

    Of the terms of the codebook that end with the head noun of the phrase the longest wins.
    Words that only say for whom somebody speaks (`spokesman`, `official`, `director`) take the
    type of whom they serve, if that is known. A withheld name (`people familiar with the matter`,
    `an official who asked not to be named`) makes a source anonymous, whatever else is said of it;
    is_named is a coordinate of its own. Who is said to have left an office is an expert. A bare
    name takes the type of a fuller phrase that names a source of the same article, unless two such
    phrases disagree. A pronoun stays unknown.

    Parameters
    ----------
    attributions : DataFrame
        From `find_attributions`.
    codebook : str, Path or Codebook
        Types as frames. Those that are called as in `source_types` are taken to mean the same, and
        known names have these types whatever the codebook. Names of one's own go there as terms
        with `case: true`.
    outlets : DataFrame, optional
        With outlet, outlet_name and aliases (joined by ' | '); the outlets file and the gazetteer
        of the package are used besides.

    Returns
    -------
    DataFrame, the rows and columns of `attributions` and behind them: source_type (a frame of the
    codebook, or `unknown`), source_name (canonical name of the actor in the gazetteer, missing if
    there is none), type_confidence (share of such decisions that were right when read, 0 to 1; 0
    where unknown), type_rule (which rule decided) and type_term (the term or name that did). All
    are missing where there is no source.

    Raises
    ------
    SchemaError
        If columns are missing, or `attributions` has one of the new columns.
    CodebookError
        If the codebook cannot be used.

    Notes
    -----
    The confidence is a property of the rule, measured on few sources by one reader, and not of the
    single row. Deciding needs the phrase only, so each different phrase is decided once.

    References
    ----------
    Sigal, L. V. (1973). *Reporters and Officials*. D. C. Heath.
    Gans, H. J. (1979). *Deciding What's News*. Pantheon.

    Examples
    --------
    >>> from coverage_research.attributions import find_attributions
    >>> text = (
    ...     "A spokesman for Nvidia said sales rose. Ann Lee, an analyst, said they fell. "
    ...     "Lee warned of a slump. People familiar with the matter said nothing would change."
    ... )
    >>> found = find_attributions(pd.DataFrame({"article_id": ["a"], "body": [text]}))
    >>> source_type(found)[["source_type", "type_rule", "type_term"]].values.tolist()
    ... # doctest: +NORMALIZE_WHITESPACE
    [['company', 'role and whom it serves', 'Nvidia'], ['expert', 'apposition', 'analyst'],
     ['expert', 'earlier mention', 'Ann Lee'], ['anonymous', 'name withheld', 'people familiar']]
    """
    needed = ("article_id", "field", "source_start", "source", "source_kind")
    require_columns(attributions, needed, "attributions (from find_attributions)")
    taken = [name for name in TYPED if name in attributions.columns]
    if taken:
        raise SchemaError(
            f"attributions: {', '.join(map(repr, taken))} would be overwritten; rename it first, "
            f"for instance to {taken[0] + '_before'!r}"
        )
    table = plain(attributions)
    has_source = np.array([isinstance(source, str) for source in table["source"]], dtype=bool)
    used = table.loc[has_source]
    pronoun = (used["source_kind"] == "pronoun").fillna(value=False).to_numpy(dtype=bool)
    is_name = (used["source_kind"] == "named").fillna(value=False).to_numpy(dtype=bool)
    phrases = list(zip(used["source"].tolist(), is_name.tolist(), strict=True))
    place = {phrase: at for at, phrase in enumerate(dict.fromkeys(phrases))}
    number = [place[phrase] for phrase in phrases]
    decider = Decider(as_codebook(codebook), outlets)
    decided = decider.decide_all(list(place))
    result = [
        Decision(rule="pronoun: not resolved", term=source) if alone else decided[at]
        for at, alone, source in zip(number, pronoun.tolist(), used["source"].tolist(), strict=True)
    ]
    _resolve(used, result)
    typed = pd.DataFrame(index=table.index)
    for name, values in (
        ("source_type", [one.type for one in result]),
        ("source_name", [one.name for one in result]),
        ("type_rule", [one.rule for one in result]),
        ("type_term", [one.term for one in result]),
    ):
        column = np.full(len(table), None, dtype=object)
        column[has_source] = values
        typed[name] = column
    confidence = np.full(len(table), np.nan)
    confidence[has_source] = [
        0.0 if one.type == UNKNOWN else CONFIDENCE[one.rule] for one in result
    ]
    typed["type_confidence"] = confidence
    whole = attributions.copy()
    typed = conform(typed, TYPED)
    for name in TYPED:
        whole[name] = typed[name]
    whole.attrs.update(attributions.attrs)
    return carry(whole, attributions)


def _resolve(used: pd.DataFrame, decided: list[Decision]) -> None:
    """Give bare names the decision on a fuller phrase of the same article, in place."""
    rank = {field: number for number, field in enumerate(TEXT_FIELDS)}
    ids = pd.factorize(used["article_id"])[0].tolist()
    fields = [rank.get(field, len(rank)) for field in used["field"]]
    starts = used["source_start"].fillna(-1).tolist()
    place = list(zip(fields, starts, strict=True))
    fuller: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    single: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    for row, one in enumerate(decided):
        if one.type == UNKNOWN or not one.person:
            continue
        person = _lower(one.person)
        for key in _parts_of(person):
            fuller.setdefault((ids[row], key), []).append(row)
        if len(person) == 1:
            single.setdefault((ids[row], person), []).append(row)
    changed: dict[int, Decision] = {}
    for row, one in enumerate(decided):
        if one.type != UNKNOWN or not one.person:
            continue
        person = _lower(one.person)
        rows = fuller.get((ids[row], person)) or single.get((ids[row], person[-1:])) or []
        if len({decided[at].type for at in rows}) != 1:
            continue
        other = min(rows, key=lambda at: place[at])
        rule = "earlier mention" if place[other] < place[row] else "later mention"
        term = " ".join(decided[other].person)
        changed[row] = decided[other]._replace(rule=rule, term=term)
    for row, one in changed.items():
        decided[row] = one


def _lower(person: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.lower() for word in person)


def _parts_of(person: tuple[str, ...]) -> set[tuple[str, ...]]:
    """Shorter forms of a name: its last words, or its first."""
    return {person[at:] for at in range(len(person))} | {person[:1]}
