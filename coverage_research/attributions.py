"""Attributions: who is said to have said what, by rule.

An attribution has a source (who), a cue (the word that says so) and a content (what). The words are
in `cues.yaml`; there is no parser and no model. A pronoun stays a pronoun: nobody is looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coverage_research.attribution_rules import attribution_rows, heads
from coverage_research.cues import word_list
from coverage_research.schema import (
    COUNT,
    FLAG,
    SPAN,
    TEXT,
    TEXT_FIELDS,
    WHOLE,
    SchemaError,
    carry,
    from_rows,
    require_columns,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

#: Columns of `find_attributions`.
ATTRIBUTIONS: Final = {
    **SPAN,
    "source_start": WHOLE,
    "source_end": WHOLE,
    "source": TEXT,
    "cue_start": COUNT,
    "cue_end": COUNT,
    "cue": TEXT,
    "cue_lemma": TEXT,
    "strength": TEXT,
    "form": TEXT,
    "is_named": FLAG,
    "source_kind": TEXT,
    "continues": FLAG,
}


_SOURCE, _KIND = (list(ATTRIBUTIONS).index(name) for name in ("source", "source_kind"))
#: Of a text without any other.
_NOBODY: Final[frozenset[str]] = frozenset()


def find_attributions(
    articles: pd.DataFrame, *, fields: Sequence[str] = TEXT_FIELDS, progress: bool = True
) -> pd.DataFrame:
    """Find who is said to have said or thought what.

    Direct speech between straight or curly quotation marks, indirect speech before or behind its
    verb, `according to`, documents (`in a report released by the bank, ...`), nouns of saying with
    an owner (`her warning of ...`, `the claim by Ann Lee that ...`), adverbs (`reportedly`), and
    headlines with a colon or dash: of a role, or of a name that the words behind it or the sources
    of the article's other fields show to speak. A few words between quotation marks without a cue,
    such as titles and scare quotes, are no attribution.

    Parameters
    ----------
    articles : DataFrame
        With article_id and at least one of the fields.
    fields : sequence of str
        Where to look, of title, excerpt and body; those that `articles` lacks are passed over.
    progress : bool
        Show a bar when it takes more than two seconds.

    Returns
    -------
    DataFrame, one row per attribution, by article, field and place; where a cue divides what was
    said, each further part has a row that `continues` the one with the same cue. Columns:
    article_id, field, start, end and match of the content (characters, text[start:end] == match);
    source_start, source_end, source (missing where nobody is named); cue_start, cue_end, cue,
    cue_lemma; strength of the cue (`neutral`, `assertive` or `doubting`); form (`direct`,
    `indirect` or `partial`, which mixes both); is_named (whether the source has a proper name);
    source_kind (`named`, `nominal`, `pronoun` or `none`); continues.

    Raises
    ------
    SchemaError
        If columns are missing or a field is none of the three.

    References
    ----------
    Newell, E., Margolin, D. & Ruths, D. (2018). An attribution relations corpus for political
    news. *LREC 2018*.
    Pareti, S. (2016). PARC 3.0: a corpus of attribution relations. *LREC 2016*.

    Examples
    --------
    >>> import pandas as pd
    >>> text = '"We are hiring," said Ann Lee. Critics warned that it was late.'
    >>> articles = pd.DataFrame({"article_id": ["a"], "body": [text]})
    >>> found = find_attributions(articles)
    >>> found[["source", "cue", "match", "form"]].to_numpy().tolist()
    ... # doctest: +NORMALIZE_WHITESPACE
    [['Ann Lee', 'said', '"We are hiring,"', 'direct'],
     ['Critics', 'warned', 'that it was late', 'indirect']]
    """
    from tqdm.auto import tqdm

    wrong = [field for field in fields if field not in TEXT_FIELDS]
    if wrong:
        raise SchemaError(
            f"fields: expected {', '.join(TEXT_FIELDS)}; found {', '.join(map(repr, wrong))}"
        )
    require_columns(articles, ["article_id"], "articles")
    present = [field for field in dict.fromkeys(fields) if field in articles.columns]
    if not present:
        require_columns(articles, fields, "articles")
    used = articles.drop_duplicates("article_id")
    # Last the title: who speaks below helps to tell who speaks there.
    order = [field for field in present if field != "title"] + ["title"] * ("title" in present)
    rows: list[tuple[object, ...]] = []
    columns = [used[name].tolist() for name in ("article_id", *order)]
    bar = tqdm(
        zip(*columns, strict=True),
        total=len(used),
        unit=" articles",
        desc="attributing",
        delay=2,
        disable=not progress,
    )
    for article_id, *texts in bar:
        found: dict[str, list[tuple[object, ...]]] = {}
        for field, text in zip(order, texts, strict=True):
            if isinstance(text, str) and text:
                speakers = _speakers(found) if found and field == "title" else _NOBODY
                own = attribution_rows(text, is_title=field == "title", speakers=speakers)
                found[field] = [(article_id, field, *row) for row in own]
        for field in present:
            rows += found.get(field, ())
    return carry(from_rows(rows, ATTRIBUTIONS), articles)


def _speakers(found: dict[str, list[tuple[object, ...]]]) -> frozenset[str]:
    """Last words of the names, and of bodies, that are sources in rows of attributions."""
    below = [row for rows in found.values() for row in rows]
    named, nominal = (
        heads(str(row[_SOURCE]) for row in below if row[_KIND] == kind)
        for kind in ("named", "nominal")
    )
    return named | (nominal & word_list("bodies"))
