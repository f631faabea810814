"""Stories: which of them hang together, and which of their items are really about them.

Aggregators list as `related` what shares a few words with the lead. An item about another matter
distorts every comparison within the story, so each gets a similarity, and can be left out.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from typing import Any, Final

import numpy as np
import pandas as pd

from coverage_research.schema import COUNT, FLAG, REAL, TEXT, carry, conform, empty, require_columns
from coverage_research.text import running_text, tokens

#: Similarity from which an item is on topic. Words weigh alike in a small corpus; from
#: `MIN_STORIES_FOR_IDF` clusters of stories on, words that many stories share weigh less, which
#: makes all similarities smaller and lets the unrelated ones fall faster than the related ones.
#: The first lies in the gap between on-topic (0.39 and more) and off-topic items (0.36 and less) of
#: a real story judged by hand, from headlines alone and with excerpts; at the second, on headlines of
#: 40 other stories, 66 % of a story's own items stay and 0.1 % of foreign ones do.
THRESHOLD: Final = 0.37
THRESHOLD_IDF: Final = 0.25
MIN_STORIES_FOR_IDF: Final = 30

_CLUSTERS: Final = {"article_id": TEXT, "cluster": COUNT}
TOPICALITY: Final = {"story_id": TEXT, "article_id": TEXT, "similarity": REAL, "on_topic": FLAG}

_GRAMMAR: Final = """
    a about after again all also although am an and any are as at be because been before being
    between both but by can can't could did do does doesn't don't during each either few for from
    further had has have having he her here here's hers him his how i if in into is isn't it it's
    its itself just like may me might more most much must my neither no nor not now of off on once
    only onto or other our ours out over own per same shall she should since so some still such
    than that that's the their theirs them themselves then there these they this those though
    through thus to too toward towards under until unless up upon us very via was wasn't we were
    weren't what when where whether which while who whom whose why will with within won't would yet
    you your yours
    """
#: Words that carry grammar, not a topic. `us` is one only in lower case: `US` is a country.
FUNCTION_WORDS: Final = frozenset(_GRAMMAR.split())


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
    DataFrame with article_id (each once, sorted) and cluster (int, numbered from 0 in the order of
    the articles). It does not depend on the order of the rows.

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
    if coverage.empty:
        return carry(empty(_CLUSTERS), coverage)
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
    return carry(conform(found, _CLUSTERS), coverage)


def score_topicality(
    articles: pd.DataFrame, coverage: pd.DataFrame, *, threshold: float | None = None
) -> pd.DataFrame:
    """Score how close each item of a story is to what the story's lead is about.

    Headline and running text become vectors of stemmed content words. Each item is compared with
    the lead together with the story's other items, these weighted by the square of their own
    similarity to the lead: a second report of the same event in other words counts through those
    that link it to the lead, while items about something else have next to no weight. The
    similarity is the mean of two cosines, one of headlines and one of headlines with running
    text; where no text is at hand, both are that of the headlines.

    Parameters
    ----------
    articles : DataFrame
        With article_id and title, and excerpt and body if there are any.
    coverage : DataFrame
        With story_id, article_id, role and position.
    threshold : float, optional
        Similarity from which an item is on topic, 0 to 1. By default 0.37, or 0.25 where the
        corpus has at least 30 clusters of stories and words can be weighted by how few of these
        use them.

    Returns
    -------
    DataFrame with one row per row of `coverage` whose article is known, in its order: story_id,
    article_id, similarity (0 to 1; 1 for the lead) and on_topic (True for the lead).

    Raises
    ------
    SchemaError
        If columns are missing.

    References
    ----------
    Rocchio, J. J. (1971). Relevance feedback in information retrieval. In G. Salton (ed.), *The
    SMART Retrieval System*, 313-323. Prentice-Hall.
    Porter, M. F. (2001). Snowball: a language for stemming algorithms.

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
    used = articles[articles["article_id"].isin(listed["article_id"])]
    used = used.drop_duplicates("article_id")
    order = pd.Series(range(len(used)), index=used["article_id"])
    row = order.loc[listed["article_id"]].to_numpy()
    story = pd.factorize(listed["story_id"])[0]
    # The lead stands for its story; where it was filtered away, the first of the list does.
    rank = pd.DataFrame({"s": story, "r": listed["role"].ne("lead"), "p": listed["position"]})
    rank = rank.reset_index(drop=True).sort_values(["s", "r", "p"], kind="stable")
    first = rank.drop_duplicates("s").index.to_numpy()
    reference = row[first][story]

    clusters = story_clusters(listed).set_index("article_id")["cluster"]
    cluster = clusters.loc[used["article_id"]].to_numpy()
    many = int(cluster.max()) + 1 >= MIN_STORIES_FOR_IDF
    title = used["title"].fillna("")
    text = title + "\n" + _running(used).fillna("")
    groups = cluster if many else None
    similarity = np.zeros(len(listed))
    for texts in (title, text):
        similarity += _closeness(_vectors(texts.tolist(), groups), row, reference, story) / 2
    is_lead = np.zeros(len(listed), dtype=bool)
    is_lead[first] = True
    similarity[is_lead] = 1.0
    limit = threshold if threshold is not None else THRESHOLD_IDF if many else THRESHOLD
    result = pd.DataFrame(
        {
            "story_id": listed["story_id"].to_numpy(),
            "article_id": listed["article_id"].to_numpy(),
            "similarity": similarity,
            "on_topic": is_lead | (similarity >= limit),
        }
    )
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


def _running(articles: pd.DataFrame) -> pd.Series:
    """Give the running text of each article, also where the columns of text are absent."""
    columns = {"body": TEXT, "excerpt": TEXT}
    return running_text(conform(articles[articles.columns.intersection(list(columns))], columns))


@functools.lru_cache(maxsize=262_144)
def _stem(form: str) -> str:
    return str(_stemmer().stem(form))


@functools.cache
def _stemmer() -> Any:
    from nltk.stem.snowball import EnglishStemmer

    return EnglishStemmer()


def content_stems(text: str) -> list[str]:
    """Stems of the content words of a text, in order.

    Examples
    --------
    >>> content_stems("The US curbs have hit us and the makers")
    ['us', 'curb', 'hit', 'maker']
    """
    return [
        _stem(token.form)
        for token in tokens(text)
        if token.form not in FUNCTION_WORDS or (token.form == "us" and token.text != "us")
    ]


def _vectors(texts: list[str], groups: Any) -> Any:
    """Make unit vectors of log-weighted stem counts, one sparse row per text.

    With `groups`, a stem weighs less the more groups use it. Counting groups and not texts keeps
    the words of one widely covered story from passing for words that everybody uses.
    """
    from scipy import sparse

    place: dict[str, int] = {}
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for index, text in enumerate(texts):
        for stem, count in Counter(content_stems(text)).items():
            rows.append(index)
            columns.append(place.setdefault(stem, len(place)))
            values.append(1 + math.log(count))
    shape = (len(texts), max(len(place), 1))
    matrix = sparse.csr_array((values, (rows, columns)), shape=shape, dtype=np.float64)
    if groups is not None:
        n_groups = int(groups.max()) + 1
        pairs = np.unique(groups[np.asarray(rows, dtype=np.int64)] * shape[1] + columns)
        spread = np.bincount((pairs % shape[1]).astype(np.int64), minlength=shape[1])
        matrix = matrix @ sparse.diags_array(np.log1p(n_groups / np.maximum(spread, 1)))
    length = np.sqrt(np.asarray((matrix * matrix).sum(axis=1)))
    return (sparse.diags_array(1 / np.where(length > 0, length, 1.0)) @ matrix).tocsr()


def _closeness(vectors: Any, row: Any, reference: Any, story: Any) -> Any:
    """Cosine of each listed item with its story: the lead, and the others as near it as they are.

    `row` and `reference` are the rows of `vectors` of the item and of its story's lead.
    """
    from scipy import sparse

    items = vectors[row]
    to_lead = np.asarray((items * vectors[reference]).sum(axis=1))
    weight = to_lead**2
    weight[row == reference] = 1.0
    member = sparse.csr_array((weight, (story, np.arange(len(row)))))
    profile = member @ items
    size = np.asarray((profile * profile).sum(axis=1))[story]
    with_profile = np.asarray((items * profile[story]).sum(axis=1))
    own = np.asarray((items * items).sum(axis=1))
    # The item's own share is taken out of the profile, or each would resemble itself.
    without = with_profile - weight * own
    rest = np.sqrt(np.maximum(size - 2 * weight * with_profile + weight**2 * own, 0.0))
    return np.clip(np.divide(without, rest, out=np.zeros(len(row)), where=rest > 1e-9), 0.0, 1.0)
