"""Whose voice a passage is in: the outlet's own, a quoted one, or one that is reported.

A term that an outlet prints may be somebody else's. `find_voice` says so for each row of an
evidence table, so that frames, labels and words can be counted in the outlet's own voice alone.
"""

from __future__ import annotations

import heapq
import itertools
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.schema import (
    FLAG,
    SPAN,
    TEXT,
    TEXT_FIELDS,
    SchemaError,
    carry,
    conform,
    fields_of,
    require_columns,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

Ints = npt.NDArray[np.int64]

#: Columns that `find_voice` adds.
VOICE: Final = {
    "voice": TEXT,
    "source": TEXT,
    "is_named": FLAG,
    "source_kind": TEXT,
    "cue_lemma": TEXT,
    "strength": TEXT,
}
#: Words from which a quotation that nobody is said to have uttered is speech, not a scare quote.
MIN_WORDS: Final = 4

_PLACE: Final = tuple(name for name in SPAN if name != "match")
_OF_SOURCE: Final = tuple(name for name in VOICE if name != "voice")
_MARKS: Final = re.compile("[\"\u201c\u201d\u201e\u00ab\u00bb]|``|''")
#: Characters of a quotation that runs on over several lines; a longer one lacks its closing mark.
_LONGEST: Final = 3000
#: Single marks: one that opens stands behind a gap and before a word, and is not that of a decade;
#: one that closes stands behind anything else. A sign before it tells it from that of a possessive.
_OPEN: Final = r"(?<![^\s(\[\u2014\u2013-])['\u2018](?=\w)(?!\d\ds?\b)"
_WITHIN: Final = r"(?:(?![\s(\[\u2014\u2013-]['\u2018]\w)[^\u2018\n]){1,600}?"
_CLOSE: Final = r"(?<=\S)['\u2019](?!\w)"
_SINGLE: Final = re.compile(rf"{_OPEN}{_WITHIN}(?<=[.,!?]){_CLOSE}|{_OPEN}{_WITHIN}{_CLOSE}")
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")


class _Spans(NamedTuple):
    """Stretches of the line on which all texts stand behind one another, apart and in order."""

    starts: Ints
    ends: Ints


class _Line(NamedTuple):
    """The texts of a corpus as one line of characters."""

    ids: pd.Index
    fields: list[str]
    base: Ints  # place of the first character of a text
    length: Ints  # -1 where the text is not at hand
    texts: list[Any]


def find_voice(
    matches: pd.DataFrame,
    attributions: pd.DataFrame,
    articles: pd.DataFrame,
    *,
    min_words: int = MIN_WORDS,
) -> pd.DataFrame:
    """Say for each match whether it is in the outlet's own voice.

    A match is `quoted` if the larger part of it stands between quotation marks: in a quotation that
    is part of an attribution, or in one of `min_words` or more, since a shorter one that nobody
    utters is a name or a scare quote, by which the outlet speaks itself. It is `attributed` if the
    larger part stands in what somebody is reported to have said in other words. All else is `own`.

    Parameters
    ----------
    matches : DataFrame
        An evidence table: article_id, field, start, end.
    attributions : DataFrame
        From `find_attributions`, of the same articles and fields.
    articles : DataFrame
        With article_id and the texts.
    min_words : int
        Words from which a quotation without attribution is speech.

    Returns
    -------
    DataFrame, the rows and columns of `matches` and behind them: voice (`own`, `quoted` or
    `attributed`; missing where the text is not at hand), and of the innermost attribution that
    holds the larger part of the match source, is_named, source_kind, cue_lemma and strength. These
    are missing where the voice is own, and where a quotation has no cue.

    Raises
    ------
    SchemaError
        If columns are missing, `matches` has one of the new columns, or a span cannot be one.
    ValueError
        If `min_words` is below 1.

    References
    ----------
    Fan, L. et al. (2019). In plain sight: media bias through the lens of factual reporting. *EMNLP
    2019*, 6343-6349 (bias in the outlet's own words and in those that it quotes).

    Examples
    --------
    >>> from coverage_research.attributions import find_attributions
    >>> text = 'The race is on. "We lead the race," said Ann Lee. Critics warned of a race.'
    >>> articles = pd.DataFrame({"article_id": ["a"], "body": [text]})
    >>> starts = [found.start() for found in re.finditer("race", text)]
    >>> matches = pd.DataFrame({"article_id": "a", "field": "body", "start": starts})
    >>> voiced = find_voice(
    ...     matches.assign(end=matches["start"] + 4), find_attributions(articles), articles
    ... )
    >>> voiced[["voice", "source"]].fillna("").values.tolist()
    [['own', ''], ['quoted', 'Ann Lee'], ['attributed', 'Critics']]
    """
    if not min_words >= 1:
        raise ValueError(f"min_words: expected at least 1; found {min_words}")
    _check(matches, attributions)
    line = _line(matches, articles)
    start, end = _on_line(line, matches)
    told_start, told_end = _on_line(line, attributions)
    known = np.flatnonzero(told_start >= 0)
    parts, owner = _innermost(told_start[known], told_end[known])
    told = _union(parts)
    quotations = _spoken(line, np.unique(_text_of(line, matches)), told, min_words)
    at_hand = start >= 0
    inside = _covered(quotations, start, end)
    of_others = _covered(_union(parts, quotations), start, end)
    is_own = 2 * of_others <= end - start
    voice = np.where(is_own, "own", np.where(2 * inside >= of_others, "quoted", "attributed"))
    result = matches.copy()
    result["voice"] = pd.Series(voice, index=matches.index, dtype="str").where(at_hand)
    by = np.where(at_hand & ~is_own, _held_by(parts, owner, start, end), -1)
    row = np.where(by >= 0, known[by] if len(known) else -1, -1)
    for name in _OF_SOURCE:
        taken = attributions[name].reset_index(drop=True).reindex(row)
        result[name] = taken.set_axis(matches.index)
    typed = conform(result, VOICE)
    return carry(typed[[*matches.columns, *VOICE]], matches, attributions, articles)


# Texts --------------------------------------------------------------------------------------------


def _check(matches: pd.DataFrame, attributions: pd.DataFrame) -> None:
    require_columns(matches, _PLACE, "matches (an evidence table)")
    require_columns(attributions, [*_PLACE, *_OF_SOURCE], "attributions (from find_attributions)")
    taken = [name for name in VOICE if name in matches.columns]
    if taken:
        raise SchemaError(
            f"matches: {', '.join(map(repr, taken))} would be overwritten; rename it first, "
            f"for instance to {taken[0] + '_before'!r}"
        )
    for what, table in (("matches", matches), ("attributions", attributions)):
        wrong = [
            name
            for name in ("start", "end")
            if not pd.api.types.is_integer_dtype(table[name]) and len(table)
        ]
        if wrong:
            raise SchemaError(
                f"{what}: expected whole numbers in {' and '.join(wrong)}; found "
                f"{', '.join(str(table[name].dtype) for name in wrong)}"
            )
        bad = ~((table["start"] >= 0) & (table["end"] > table["start"])).fillna(value=False)
        if bad.any():
            rows = ", ".join(map(str, table.index[bad][:5]))
            raise SchemaError(
                f"{what}: expected 0 <= start < end; found otherwise in {int(bad.sum())} rows "
                f"({rows})"
            )


def _line(matches: pd.DataFrame, articles: pd.DataFrame) -> _Line:
    fields = fields_of(articles, TEXT_FIELDS)
    named = pd.Index(matches["article_id"].unique())
    used = articles.drop_duplicates("article_id")
    used = used[used["article_id"].isin(named)]
    texts = [text for field in fields for text in used[field].tolist()]
    length = np.array(
        [len(text) if isinstance(text, str) else -1 for text in texts], dtype=np.int64
    )
    # One place between two texts, so that none touches the next.
    base = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.maximum(length, 0) + 1)])[:-1]
    return _Line(pd.Index(used["article_id"]), fields, base, length, texts)


def _text_of(line: _Line, table: pd.DataFrame) -> Ints:
    """Number of the text of each row; -1 where it is not at hand."""
    article = line.ids.get_indexer(pd.Index(table["article_id"]))
    field = pd.Index(line.fields).get_indexer(pd.Index(table["field"]))
    there = (article >= 0) & (field >= 0)
    text = np.where(there, field * len(line.ids) + article, -1)
    if not len(line.length):
        return np.full(len(table), -1, dtype=np.int64)
    within = table["end"].to_numpy(dtype=np.int64) <= line.length[text]
    return np.where(there & within, text, -1).astype(np.int64)


def _on_line(line: _Line, table: pd.DataFrame) -> tuple[Ints, Ints]:
    """First place of each row and the one behind its last; negative where it has none."""
    text = _text_of(line, table)
    start, end = (table[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
    if not len(line.base):
        return np.full(len(table), -2, dtype=np.int64), np.full(len(table), -1, dtype=np.int64)
    base = line.base[text]
    return np.where(text >= 0, base + start, -2), np.where(text >= 0, base + end, -1)


# Quotations ---------------------------------------------------------------------------------------


def _spoken(line: _Line, numbers: Ints, told: _Spans, min_words: int) -> _Spans:
    """Quotations that are somebody's speech."""
    starts: list[int] = []
    ends: list[int] = []
    long: list[bool] = []
    for number in numbers.tolist():
        if number < 0:
            continue
        text, base = line.texts[number], int(line.base[number])
        for first, last in quotations(text):
            starts.append(base + first)
            ends.append(base + last)
            long.append(len(_WORD.findall(text, first, last)) >= min_words)
    start, end = np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64)
    order = np.argsort(start)
    start, end, enough = start[order], end[order], np.array(long, dtype=bool)[order]
    kept = enough | (2 * _covered(told, start, end) > end - start)
    return _Spans(start[kept], end[kept])


def quotations(text: str) -> list[tuple[int, int]]:
    """Start and end of what stands between quotation marks, the marks included.

    Straight and curly double marks, guillemets, and single marks in a text that has no others. A
    quotation whose closing mark is missing ends with its line, or where the next line opens another
    one, as it does in speech of several paragraphs.

    Examples
    --------
    >>> text = 'He was "sure" and said: "It works.'
    >>> [text[start:end] for start, end in quotations(text)]
    ['"sure"', '"It works.']
    """
    found: list[tuple[int, int]] = []
    start, line = -1, -1  # of the quotation that is open: its mark, and the end of its line
    any_mark = False
    last = len(text.rstrip())
    for match in _MARKS.finditer(text):
        any_mark = True
        at = match.start()
        opens = _opens(text, match, text[start] if start >= 0 else "")
        if start >= 0 and not opens:
            whole = line > at or at - start <= _LONGEST
            found.append((start, match.end() if whole else line))
            start = -1
        elif opens and (start < 0 or line < at):
            if start >= 0:
                found.append((start, _cut(text, start, line, at)))
            start = at
            if line < at:
                line = text.find("\n", at)
                line = len(text) if line < 0 else line
    if start >= 0 and line - start <= _LONGEST:
        found.append((start, min(line, last)))
    if not any_mark and ("'" in text or "\u2018" in text):
        return [match.span() for match in _SINGLE.finditer(text)]
    return [(first, end) for first, end in found if end - first > 1]


def _opens(text: str, match: re.Match[str], opened_by: str) -> bool:
    """Whether a mark opens a quotation; where its form does not say, the one that is due."""
    mark = match[0]
    if mark in ("\u201c", "\u201e", "\u00ab", "``"):
        return not (mark == "\u201c" and opened_by == "\u201e")
    if mark in ("\u201d", "\u00bb"):
        return False
    before = text[match.start() - 1 : match.start()]
    behind = text[match.end() : match.end() + 1]
    after_gap = not before.strip() or before in "([\u2014\u2013-/"
    before_gap = not behind.strip() or behind in ".,;:!?)]"
    if after_gap != before_gap:
        return after_gap
    return not opened_by and not before.isalnum()


def _cut(text: str, start: int, line: int, end: int) -> int:
    """Where a quotation without closing mark ends, before the place where the next one opens."""
    last = text.rfind("\n", start, end) + 1
    if not text[last:end].strip() and end - start <= _LONGEST:
        return start + len(text[start:last].rstrip())
    return line


# Intervals ----------------------------------------------------------------------------------------


def _union(*spans: _Spans) -> _Spans:
    """What any of the spans cover."""
    start = np.concatenate([one.starts for one in spans])
    end = np.concatenate([one.ends for one in spans])
    if not len(start):
        return _Spans(start, end)
    order = np.argsort(start, kind="stable")
    start, reach = start[order], np.maximum.accumulate(end[order])
    first = np.flatnonzero(np.concatenate([[True], start[1:] > reach[:-1]]))
    last = np.concatenate([first[1:], [len(start)]]) - 1
    return _Spans(start[first], reach[last])


def _covered(spans: _Spans, start: Ints, end: Ints) -> Ints:
    """How much of each stretch the spans cover."""
    if not len(spans.starts):
        return np.zeros(len(start), dtype=np.int64)
    sums = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(spans.ends - spans.starts)])

    def before(place: Ints) -> Ints:
        number = np.searchsorted(spans.starts, place, side="right") - 1
        open_ = np.minimum(place, spans.ends[number]) - spans.starts[number]
        return np.where(number < 0, 0, sums[number] + open_)

    return np.asarray(before(end) - before(start), dtype=np.int64)


def _innermost(start: Ints, end: Ints) -> tuple[_Spans, Ints]:
    """Stretches that are apart, and the shortest span that holds each."""
    order = np.lexsort((end, start))
    start, end = start[order], end[order]
    if not len(start):
        return _Spans(start, end), order
    reach = np.maximum.accumulate(end)
    opens = np.concatenate([[True], start[1:] >= reach[:-1]])
    alone = opens & np.concatenate([opens[1:], [True]])
    tangled = np.flatnonzero(~alone)
    parts = _untangled(start[tangled].tolist(), end[tangled].tolist(), order[tangled].tolist())
    starts = np.concatenate([start[alone], np.array([part[0] for part in parts], dtype=np.int64)])
    ends = np.concatenate([end[alone], np.array([part[1] for part in parts], dtype=np.int64)])
    owner = np.concatenate([order[alone], np.array([part[2] for part in parts], dtype=np.int64)])
    by_place = np.argsort(starts)
    return _Spans(starts[by_place], ends[by_place]), owner[by_place]


def _untangled(
    starts: Sequence[int], ends: Sequence[int], owners: Sequence[int]
) -> list[tuple[int, int, int]]:
    """Stretches of spans that overlap, in order, each with the shortest span that holds it."""
    parts: list[tuple[int, int, int]] = []
    bounds = sorted({*starts, *ends})
    waiting: list[tuple[int, int, int]] = []  # length, owner, end
    number = 0
    for first, last in itertools.pairwise(bounds):
        while number < len(starts) and starts[number] <= first:
            length = ends[number] - starts[number]
            heapq.heappush(waiting, (length, owners[number], ends[number]))
            number += 1
        while waiting and waiting[0][2] <= first:
            heapq.heappop(waiting)
        if waiting:
            parts.append((first, last, waiting[0][1]))
    return parts


def _held_by(parts: _Spans, owner: Ints, start: Ints, end: Ints) -> Ints:
    """The owner that holds most of each stretch; -1 where none does."""
    by = np.full(len(start), -1, dtype=np.int64)
    if not len(parts.starts):
        return by
    first = np.searchsorted(parts.ends, start, side="right")
    n = np.searchsorted(parts.starts, end, side="left") - first
    one = n == 1
    by[one] = owner[first[one]]
    several = np.flatnonzero(n > 1)
    if not len(several):
        return by
    row = np.repeat(several, n[several])
    offset = np.arange(len(row)) - np.repeat(np.cumsum(n[several]) - n[several], n[several])
    part = first[row] + offset
    shared = np.minimum(end[row], parts.ends[part]) - np.maximum(start[row], parts.starts[part])
    sums = pd.DataFrame({"row": row, "owner": owner[part], "shared": shared, "place": part})
    sums = sums.groupby(["row", "owner"], as_index=False).agg({"shared": "sum", "place": "min"})
    sums = sums.sort_values(["row", "shared", "place"], ascending=[True, False, True])
    best = sums.drop_duplicates("row")
    by[best["row"].to_numpy()] = best["owner"].to_numpy()
    return by
