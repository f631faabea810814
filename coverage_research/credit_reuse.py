"""Reuse set against credits: who repeats whom without a name, and who names without repeating.

A missing credit is what the texts show and no verdict on anybody: both may have taken a passage
from a third text, and a credit may have stood where the record has no text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from coverage_research.reuse import COPY_CONTAINMENT
from coverage_research.schema import (
    COUNT,
    ESTIMATE,
    REAL,
    TEXT,
    ChoiceError,
    carry,
    conform,
    empty,
    plain,
    require_columns,
)
from coverage_research.statistics import LEVEL, N_BOOT, ratio_intervals
from coverage_research.stories import story_clusters
from coverage_research.timeline import outlet_names

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What an article of the later outlet may do, each once.
_COUNTS: Final = ("reused_credited", "reused_only", "credited_only", "common_source")
CREDIT_REUSE: Final[Mapping[str, str]] = {
    "outlet": TEXT,
    "outlet_name": TEXT,
    "other_outlet": TEXT,
    "other_name": TEXT,
    **dict.fromkeys(_COUNTS, COUNT),
    "n_reused": COUNT,
    **ESTIMATE,
}
UNCREDITED: Final[Mapping[str, str]] = {
    "article_id": TEXT,
    "other_id": TEXT,
    "outlet": TEXT,
    "other_outlet": TEXT,
    "field": TEXT,
    "start": COUNT,
    "end": COUNT,
    "containment": REAL,
    "lag_hours": REAL,
    "missing": TEXT,
    "named": TEXT,
    "rival": TEXT,
}
_PAIRS: Final = (
    "article_id",
    "other_id",
    "outlet",
    "other_outlet",
    "containment",
    "link",
    "verdict",
)
#: Marks that say on whose word a text stands, as a credit does.
_MARKS: Final = ("agency", "press_release", "syndicated")


def compare_credits(
    reuse: pd.DataFrame,
    credits: pd.DataFrame,
    articles: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    origins: pd.DataFrame | None = None,
    by: str = "pair",
    containment: float = COPY_CONTAINMENT,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """Count the articles that repeat another outlet with and without a credit, or only credit it.

    An article reuses an outlet if a passage links it to an earlier article of that outlet and at
    least `containment` of its word shingles stand there, whether it credits the outlet or not. It
    credits the outlet by name or by an agency's mark. What both took from elsewhere is counted by
    itself and not as uncredited: pairs with the verdict ``common_source``, pairs whose later
    article bears a mark of origin, and pairs whose shared share stands in a text that the later
    article does credit. Pairs whose direction is open (``simultaneous``, ``undecided``) count
    nowhere.

    Parameters
    ----------
    reuse : DataFrame
        From `find_reuse`, best with `credits`, `origins` and `coverage`.
    credits : DataFrame
        From `find_credits`.
    articles : DataFrame
        With article_id and outlet, and outlet_name if any.
    coverage : DataFrame
        With story_id and article_id. Articles that it does not list are not counted.
    origins : DataFrame, optional
        From `find_origins`. Without it, marks count only as far as `reuse` knows of them.
    by : {"pair", "outlet"}
        One row per later and earlier outlet, or one per later outlet, where an article counts once:
        as reused_only if it leaves out any credit that is due.
    containment : float
        Above 0 and at most 1.
    n_boot, level, seed
        Of the bootstrap clustered by story.

    Returns
    -------
    DataFrame, most uncredited articles first: outlet, outlet_name (of the later); other_outlet,
    other_name (of the earlier; missing by outlet); reused_credited, reused_only, credited_only,
    common_source (distinct articles); n_reused (the first two); n (the first three); n_stories
    (clusters with an article that reuses); estimate (reused_only / n_reused, 0 to 1), low, high,
    reason. Credits of outlets without an article in `articles` are not counted, since reuse of
    them could not be seen.

    Raises
    ------
    SchemaError
        If columns are missing.
    ChoiceError
        If `by` is neither.
    ValueError
        If `containment` is not above 0 and at most 1.

    References
    ----------
    Davison, A. C. & Hinkley, D. V. (1997). *Bootstrap Methods and their Application*, 3.8.
    Lewis, J., Williams, A. & Franklin, B. (2008). A compromised fourth estate? *Journalism Studies*
    9(1), 1-20.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": list("abc"), "outlet": ["x.example", "y.example",
    ...                                                                "z.example"]})
    >>> coverage = articles[["article_id"]].assign(story_id="s")
    >>> reuse = pd.DataFrame({"article_id": ["b"], "other_id": ["a"], "outlet": ["y.example"],
    ...     "other_outlet": ["x.example"], "containment": [0.9], "link": ["passage"],
    ...     "verdict": ["copy"]})
    >>> credits = pd.DataFrame({"article_id": ["c"], "credited": ["x.example"]})
    >>> counted = compare_credits(reuse, credits, articles, coverage)
    >>> counted[["outlet", "other_outlet", "reused_only", "credited_only", "estimate"]]
          outlet other_outlet  reused_only  credited_only  estimate
    0  y.example    x.example            1              0       1.0
    1  z.example    x.example            0              1       NaN
    """
    if by not in ("pair", "outlet"):
        raise ChoiceError(f"by: expected pair or outlet; found {by!r}")
    require_columns(articles, ("article_id", "outlet"), "articles")
    sources = [
        table for table in (reuse, credits, articles, coverage, origins) if table is not None
    ]
    told = _told(reuse, credits, articles, origins, containment)
    told = told.merge(story_clusters(coverage), on="article_id")
    if by == "outlet":
        # An article counts once, by the gravest of what it does.
        order = ["reused_only", "reused_credited", "credited_only", "common_source"]
        told["rank"] = told["kind"].map({kind: number for number, kind in enumerate(order)})
        told = told.sort_values("rank", kind="stable").drop_duplicates("article_id")
        told["other_outlet"] = ""
    if told.empty:
        return carry(empty(CREDIT_REUSE), *sources)
    told["cell"] = told.groupby(["outlet", "other_outlet"], sort=True).ngroup()
    cells = told.drop_duplicates("cell").sort_values("cell")[["outlet", "other_outlet"]]
    counts = pd.crosstab(told["cell"], told["kind"]).reindex(columns=_COUNTS, fill_value=0)
    result = pd.concat([cells.reset_index(drop=True), counts.reset_index(drop=True)], axis=1)
    result["n_reused"] = result["reused_credited"] + result["reused_only"]
    result["n"] = result["n_reused"] + result["credited_only"]
    intervals = ratio_intervals(
        _by_cluster(told, ["reused_only"]),
        _by_cluster(told, ["reused_only", "reused_credited"]),
        n_boot=n_boot,
        level=level,
        seed=seed,
    ).rename(columns={"n_clusters": "n_stories"})
    result = pd.concat([result, intervals], axis=1)
    names = outlet_names(plain(articles))
    result["outlet_name"] = result["outlet"].map(names)
    result["other_name"] = result["other_outlet"].map(names)
    if by == "outlet":
        result["other_outlet"] = None
    result = result.sort_values(
        ["reused_only", "n", "outlet", "other_outlet"],
        ascending=[False, False, True, True],
        kind="stable",
        ignore_index=True,
    )
    return carry(conform(result, CREDIT_REUSE)[list(CREDIT_REUSE)], *sources)


def find_uncredited(
    reuse: pd.DataFrame,
    credits: pd.DataFrame,
    articles: pd.DataFrame,
    *,
    origins: pd.DataFrame | None = None,
    containment: float = COPY_CONTAINMENT,
) -> pd.DataFrame:
    """List the pairs behind `reused_only`: a text that repeats another outlet's without its name.

    Parameters
    ----------
    reuse, credits, articles, origins, containment
        As in `compare_credits`; `reuse` with field, start and end.

    Returns
    -------
    DataFrame with one row per pair, evidence for `evidence`: article_id (the later), other_id,
    outlet, other_outlet, field, start, end (longest shared run in the later article), containment,
    lag_hours, missing (what is missing, as a sentence), named (outlets that the later one credits
    instead, joined by ' | '), rival (what else the pair allows).

    Raises
    ------
    SchemaError
        If columns are missing.
    ValueError
        If `containment` is not above 0 and at most 1.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a", "b"], "outlet": ["x.example", "y.example"]})
    >>> reuse = pd.DataFrame({"article_id": ["b"], "other_id": ["a"], "outlet": ["y.example"],
    ...     "other_outlet": ["x.example"], "containment": [0.9], "link": ["passage"],
    ...     "verdict": ["copy"], "field": ["title"], "start": [0], "end": [40]})
    >>> credits = pd.DataFrame({"article_id": [], "credited": []})
    >>> find_uncredited(reuse, credits, articles)["missing"].tolist()
    ['x.example is not named, nor is any other outlet']
    """
    require_columns(articles, ("article_id", "outlet"), "articles")
    require_columns(reuse, ("field", "start", "end"), "reuse (from find_reuse)")
    sources = [table for table in (reuse, credits, articles, origins) if table is not None]
    pairs = _pairs(reuse, credits, articles, origins, containment)
    found = pairs[pairs["kind"] == "reused_only"].copy()
    names = outlet_names(plain(articles)).to_dict()
    named: dict[str, list[str]] = {}
    for article, outlet in zip(credits["article_id"], credits["credited"], strict=True):
        shown = names.get(outlet, outlet)
        if shown not in named.setdefault(article, []):
            named[article].append(shown)
    found["named"] = [" | ".join(named.get(article, [])) for article in found["article_id"]]
    found["missing"] = [
        _missing(names.get(other, other), instead)
        for other, instead in zip(found["other_outlet"], found["named"], strict=True)
    ]
    result = conform(found, UNCREDITED)[list(UNCREDITED)]
    result = result.sort_values(
        ["containment", "article_id", "other_id"],
        ascending=[False, True, True],
        kind="stable",
        ignore_index=True,
    )
    return carry(result, *sources)


def _missing(other: str, instead: str) -> str:
    rest = f"but {instead.replace(' | ', ', ')}" if instead else "nor is any other outlet"
    return f"{other} is not named, {rest}"


def _told(
    reuse: pd.DataFrame,
    credits: pd.DataFrame,
    articles: pd.DataFrame,
    origins: pd.DataFrame | None,
    containment: float,
) -> pd.DataFrame:
    """What each article does to each other outlet, once: article_id, outlet, other_outlet, kind."""
    keys = ["article_id", "outlet", "other_outlet"]
    pairs = _pairs(reuse, credits, articles, origins, containment)
    order = {"reused_credited": 0, "reused_only": 1, "common_source": 2}
    pairs = pairs.assign(rank=pairs["kind"].map(order)).sort_values("rank", kind="stable")
    pairs = pairs.drop_duplicates(keys)
    named = pd.DataFrame(
        sorted(_credited(credits, articles, origins)), columns=["article_id", "other_outlet"]
    )
    own = articles.drop_duplicates("article_id")[["article_id", "outlet"]]
    named = named.astype({"article_id": "str", "other_outlet": "str"}).merge(own, on="article_id")
    # Verdicts know of credits too, by marks that only `find_reuse` was given.
    by_verdict = reuse.loc[reuse["verdict"] == "credited", keys]
    named = pd.concat([named[keys], by_verdict[keys]], ignore_index=True).drop_duplicates()
    named = named[named["other_outlet"].isin(set(own["outlet"]))]
    named = named[named["outlet"] != named["other_outlet"]].assign(kind="credited_only")
    told = pd.concat([pairs[[*keys, "kind"]], named], ignore_index=True)
    return told.drop_duplicates(keys)


def _pairs(
    reuse: pd.DataFrame,
    credits: pd.DataFrame,
    articles: pd.DataFrame,
    origins: pd.DataFrame | None,
    containment: float,
) -> pd.DataFrame:
    """Pairs of reuse whose direction is known, with their kind."""
    require_columns(reuse, _PAIRS, "reuse (from find_reuse)")
    require_columns(credits, ("article_id", "credited"), "credits (from find_credits)")
    if not 0 < containment <= 1:
        raise ValueError(f"containment: expected above 0 and at most 1; found {containment}")
    used = reuse[
        (reuse["outlet"] != reuse["other_outlet"])
        & reuse["link"].str.contains("passage", regex=False)
        & (reuse["containment"] >= containment)
        & reuse["verdict"].isin(["credited", "copy", "common_source"])
        & reuse["article_id"].isin(set(articles["article_id"].astype("str")))
    ].reset_index(drop=True)
    known = _credited(credits, articles, origins)
    pairs = zip(used["article_id"], used["other_outlet"], strict=True)
    by_name = pd.Series([pair in known for pair in pairs], index=used.index, dtype=bool)
    is_credited = (used["verdict"] == "credited") | by_name
    covered = (
        used["containment"]
        .where(is_credited)
        .groupby(used["article_id"])
        .transform("max")
        .fillna(0)
    )
    elsewhere = (used["verdict"] == "common_source") | (covered >= used["containment"])
    marked = set(_marked(origins))
    elsewhere |= used["article_id"].isin(marked) | used["other_id"].isin(marked)
    kind = np.select(
        [is_credited, elsewhere], ["reused_credited", "common_source"], default="reused_only"
    )
    return used.assign(kind=kind)


def _credited(
    credits: pd.DataFrame, articles: pd.DataFrame, origins: pd.DataFrame | None
) -> set[tuple[str, str]]:
    """Article and outlet that it credits, by name or by a mark of origin."""
    known = set(zip(credits["article_id"], credits["credited"], strict=True))
    marked = _marked(origins)
    if marked and "outlet_name" in articles.columns:
        holders: dict[str, set[str]] = {}
        for name, outlet in zip(articles["outlet_name"], articles["outlet"], strict=True):
            holders.setdefault(name, set()).add(outlet)
        known |= {
            (article, outlet)
            for article, names in marked.items()
            for name in names
            for outlet in holders.get(name, ())
        }
    return known


def _marked(origins: pd.DataFrame | None) -> dict[str, list[str]]:
    """Names in the marks of origin of each article that has any."""
    found: dict[str, list[str]] = {}
    if origins is None:
        return found
    needed = ("article_id", "origin", "name")
    require_columns(origins, needed, "origins (from find_origins)")
    marks = origins[origins["origin"].isin(_MARKS)]
    for article, name in zip(marks["article_id"], marks["name"], strict=True):
        if name not in found.setdefault(article, []):
            found[article].append(name)
    return found


def _by_cluster(told: pd.DataFrame, kinds: list[str]) -> Any:
    """Articles of these kinds, clusters of stories by cells."""
    from scipy import sparse

    some = told[told["kind"].isin(kinds)]
    shape = (int(told["cluster"].max()) + 1, int(told["cell"].max()) + 1)
    return sparse.coo_array(
        (np.ones(len(some)), (some["cluster"], some["cell"])), shape=shape
    ).tocsc()
