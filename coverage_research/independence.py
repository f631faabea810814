"""Coverage without copies, so that every statistic can be asked with and without them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from coverage_research.reuse import COPY_CONTAINMENT
from coverage_research.schema import carry, require_columns

if TYPE_CHECKING:
    import pandas as pd

    from coverage_research.corpus import Corpus


def independent(
    corpus: Corpus, reuse: pd.DataFrame, *, containment: float = COPY_CONTAINMENT
) -> Corpus:
    """Leave out the articles whose text stands in an earlier article of another outlet.

    Of a text that several outlets print (wire copy, a press release, a reprint) the first stays.
    A copy is one by its words, whatever the verdict: a reprint with a credit is a reprint.

    Parameters
    ----------
    corpus : Corpus
        Of `read_corpus`, `load_demo` and the like.
    reuse : DataFrame
        From `find_reuse` or `measure(corpus, "reuse")`.
    containment : float
        Share of an article's word shingles found in an earlier one from which it is a copy, above
        0 and at most 1.

    Returns
    -------
    Corpus
        With fewer articles; coverage, topics and images without theirs, and the outlets' numbers of
        articles counted anew. Outlets that only copied stay, with 0 articles.

    Raises
    ------
    SchemaError
        If columns are missing.
    ValueError
        If `containment` is not above 0 and at most 1.

    References
    ----------
    Boumans, J., Trilling, D., Vliegenthart, R. & Boomgaarden, H. (2018). The agency makes the
    (online) news world go round. *International Journal of Communication* 12, 1768-1789.

    Examples
    --------
    >>> from coverage_research.samples import load_demo
    >>> from coverage_research.sharing import measure
    >>> demo = load_demo()
    >>> alone = independent(demo, measure(demo, "reuse"))
    >>> len(demo.articles), len(alone.articles)
    (54, 44)
    """
    require_columns(reuse, ["article_id", "containment"], "reuse (from find_reuse)")
    if not 0 < containment <= 1:
        raise ValueError(f"containment: expected above 0 and at most 1; found {containment}")
    copied = reuse["containment"] >= containment
    if "link" in reuse.columns:  # two headlines that are alike are no text that was copied
        copied &= reuse["link"].ne("title")
    if {"outlet", "other_outlet"} <= set(reuse.columns):
        copied &= reuse["outlet"].ne(reuse["other_outlet"])
    copies = set(reuse.loc[copied, "article_id"])

    def without(table: pd.DataFrame) -> pd.DataFrame:
        left = table[~table["article_id"].isin(copies)].reset_index(drop=True)
        return carry(left, table)

    articles = without(corpus.articles)
    counted = corpus.outlets["outlet"].map(articles["outlet"].value_counts()).fillna(0)
    outlets = corpus.outlets.assign(n_articles=counted.astype("int64"))
    return replace(
        corpus,
        articles=articles,
        coverage=without(corpus.coverage),
        topics=without(corpus.topics),
        images=without(corpus.images),
        outlets=carry(outlets, corpus.outlets),
    )
