"""Stories: which of them hang together, and which of their items are really about them.

Aggregators list as `related` what shares a few words with the lead. An item about another matter
distorts every comparison within the story, so each gets a similarity, and can be left out.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from coverage_research.schema import COUNT, FLAG, REAL, TEXT, carry, conform, empty, require_columns
from coverage_research.stems import FUNCTION_WORDS, content_stems, count_terms, texts_of
from coverage_research.vectors import mean_cosine, weighted

#: `FUNCTION_WORDS` and `content_stems` are known by this module's name too.
__all__ = [
    "ENOUGH",
    "FUNCTION_WORDS",
    "MIN_ITEMS",
    "THRESHOLD",
    "TOPICALITY",
    "content_stems",
    "keep_on_topic",
    "largest_story",
    "score_topicality",
    "story_clusters",
]

#: Share of the story's median similarity from which an item is on topic. Similarities themselves do
#: not compare between corpora: headlines share fewer words than bodies, and coverage of one country
#: more than coverage of many. Chosen on real items judged by hand, on the demonstration corpus and
#: on headlines mixed from other stories; `docs/validity.md` has what it gets wrong.
THRESHOLD: Final = 0.8
#: With fewer items than this a median says nothing, and the similarity itself must reach `ENOUGH`.
MIN_ITEMS: Final = 4
ENOUGH: Final = 0.1

_CLUSTERS: Final = {"article_id": TEXT, "cluster": COUNT}
TOPICALITY: Final = {"story_id": TEXT, "article_id": TEXT, "similarity": REAL, "on_topic": FLAG}


def story_clusters(coverage: pd.DataFrame) -> pd.DataFrame:
    """Clusters of stories that share articles, the units of every bootstrap.

    Two stories that list the same article are not independent. A cluster is a connected component
    of the graph of stories and articles, so no article belongs to two clusters.

    Parameters
    ----------
    coverage : DataFrame
        With story_id and article_id.

    Returns
    -------
    DataFrame with article_id (each once, sorted; whole numbers stay such) and cluster (int,
    numbered from 0 in the order of the articles). It does not depend on the order of the rows.

    Raises
    ------
    SchemaError
        If columns are missing.

    Examples
    --------
    >>> listed = pd.DataFrame({"story_id": ["s1", "s1", "s2", "s3"], "article_id": list("abbc")})
    >>> story_clusters(listed).to_dict("list")
    {'article_id': ['a', 'b', 'c'], 'cluster': [0, 0, 1]}
    """
    require_columns(coverage, ("story_id", "article_id"), "coverage")
    numbered = pd.api.types.is_integer_dtype(coverage["article_id"].dtype)
    kinds = {**_CLUSTERS, "article_id": COUNT} if numbered else _CLUSTERS
    if coverage.empty:
        return carry(empty(kinds), coverage)
    from scipy import sparse
    from scipy.sparse import csgraph

    story, stories = pd.factorize(coverage["story_id"])
    article, articles = pd.factorize(coverage["article_id"], sort=True)
    n_stories, n_articles = len(stories), len(articles)
    edges = sparse.coo_array(
        (np.ones(len(story)), (article, n_articles + story)),
        shape=(n_articles + n_stories, n_articles + n_stories),
    )
    component = csgraph.connected_components(edges, directed=False)[1][:n_articles]
    found = pd.DataFrame({"article_id": articles, "cluster": pd.factorize(component)[0]})
    return carry(conform(found, kinds), coverage)


def score_topicality(
    articles: pd.DataFrame, coverage: pd.DataFrame, *, threshold: float = THRESHOLD
) -> pd.DataFrame:
    """Score how close each item of a story is to the story's other items.

    Headline and running text become vectors of stemmed content words. The similarity of an item is
    its mean cosine with all other items of the story, the lead among them. An item about another
    matter stands apart: its similarity falls below what is usual in the story.

    Parameters
    ----------
    articles : DataFrame
        With article_id and title, and excerpt and body if there are any.
    coverage : DataFrame
        With story_id, article_id, role and position.
    threshold : float
        Share of the story's median similarity from which an item is on topic. In stories of fewer
        than 4 related items, where a median says nothing, the similarity must be 0.1.

    Returns
    -------
    DataFrame with one row per row of `coverage` whose article is known, in its order: story_id,
    article_id, similarity (0 to 1) and on_topic (always True for the lead).

    Raises
    ------
    SchemaError
        If columns are missing.

    Notes
    -----
    The story is what its items have in common. Where most of what is listed is about something else
    than the lead, that is what counts as on topic; look at the headlines.

    References
    ----------
    Salton, G. & McGill, M. J. (1983). *Introduction to Modern Information Retrieval*, chapter 4
    (cosine similarity). Porter, M. F. (2001). Snowball: a language for stemming algorithms.

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b", "c"],
    ...         "title": ["Curbs hit chip makers", "Chip maker fears curbs", "Robot bakes bread"],
    ...     }
    ... )
    >>> coverage = pd.DataFrame(
    ...     {
    ...         "story_id": "s",
    ...         "article_id": ["a", "b", "c"],
    ...         "role": ["lead", "related", "related"],
    ...         "position": [0, 1, 2],
    ...     }
    ... )
    >>> score_topicality(articles, coverage)["on_topic"].tolist()
    [True, True, False]
    """
    require_columns(articles, ("article_id", "title"), "articles")
    require_columns(coverage, ("story_id", "article_id", "role", "position"), "coverage")
    listed = coverage[coverage["article_id"].isin(articles["article_id"])]
    if listed.empty:
        return carry(empty(TOPICALITY), articles, coverage)
    from scipy import sparse

    used = articles[articles["article_id"].isin(listed["article_id"])]
    used = used.drop_duplicates("article_id")
    order = pd.Series(range(len(used)), index=used["article_id"])
    row = order.loc[listed["article_id"]].to_numpy()
    story = pd.factorize(listed["story_id"])[0]
    weights = weighted(count_terms(texts_of(used)).matrix, "log")
    # `vectors.unit` divides by the length; times its inverse, scores keep their last bit.
    length = np.sqrt(np.asarray((weights * weights).sum(axis=1)))
    units = (sparse.diags_array(1 / np.where(length > 0, length, 1.0)) @ weights).tocsr()
    close = mean_cosine(units[row], story)
    result = pd.DataFrame(
        {
            "story_id": listed["story_id"].to_numpy(),
            "article_id": listed["article_id"].to_numpy(),
            # Nothing else is listed, so nothing is like it.
            "similarity": np.clip(np.nan_to_num(close), 0.0, 1.0),
        }
    )
    related = listed["role"].ne("lead").to_numpy()
    usual = result["similarity"].where(related).groupby(result["story_id"]).transform("median")
    n_items = pd.Series(related).groupby(result["story_id"]).transform("sum")
    limit = (threshold * usual).where(n_items >= MIN_ITEMS, ENOUGH)
    # An item that shares no word with any other is off topic, whatever is usual.
    result["on_topic"] = ~related | ((result["similarity"] >= limit) & (result["similarity"] > 0))
    return carry(conform(result, TOPICALITY), articles, coverage)


def keep_on_topic(coverage: pd.DataFrame, topicality: pd.DataFrame) -> pd.DataFrame:
    """Leave out of a coverage table the items that were found to be off topic.

    Parameters
    ----------
    coverage : DataFrame
        With story_id, article_id and role.
    topicality : DataFrame
        From `score_topicality`. Rows of `coverage` that it does not score are kept.

    Returns
    -------
    DataFrame with the columns of `coverage`, fewer rows in their order, index from 0. Leads always
    stay.

    Raises
    ------
    SchemaError
        If columns are missing.

    Examples
    --------
    >>> coverage = pd.DataFrame(
    ...     {"story_id": "s", "article_id": ["a", "b"], "role": ["lead", "related"]}
    ... )
    >>> scored = pd.DataFrame({"story_id": ["s"], "article_id": ["b"], "on_topic": [False]})
    >>> keep_on_topic(coverage, scored)["article_id"].tolist()
    ['a']
    """
    require_columns(coverage, ("story_id", "article_id", "role"), "coverage")
    require_columns(
        topicality, ("story_id", "article_id", "on_topic"), "topicality (from score_topicality)"
    )
    off = topicality[~topicality["on_topic"].fillna(value=True).astype(bool)]
    keys = ["story_id", "article_id"]
    is_off = pd.MultiIndex.from_frame(coverage[keys]).isin(pd.MultiIndex.from_frame(off[keys]))
    result = coverage[~is_off | coverage["role"].eq("lead").to_numpy()].reset_index(drop=True)
    return carry(result, coverage, topicality)


def largest_story(coverage: pd.DataFrame) -> str | None:
    """Name the story with the most articles, the first by identifier of several; None if none.

    Parameters
    ----------
    coverage : DataFrame
        With story_id and article_id.

    Examples
    --------
    >>> largest_story(pd.DataFrame({"story_id": ["s1", "s2", "s2"], "article_id": list("abc")}))
    's2'
    """
    require_columns(coverage, ("story_id", "article_id"), "coverage")
    if coverage.empty:
        return None
    sizes = coverage.groupby("story_id")["article_id"].nunique()
    return str(sizes.index[sizes == sizes.max()].min())
