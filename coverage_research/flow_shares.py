"""What the pairs of `news_flow` say of outlets: shares both ways, lags, networks, who was first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd

from coverage_research.schema import (
    COUNT,
    ESTIMATE,
    FLAG,
    REAL,
    TEXT,
    TIME,
    ChoiceError,
    SchemaError,
    carry,
    conform,
    empty,
    plain,
    require_columns,
)
from coverage_research.statistics import LEVEL, N_BOOT, cluster_interval, ratio_intervals
from coverage_research.stories import story_clusters
from coverage_research.timeline import outlet_names, time_bounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Node = Literal["outlet", "article"]

SHARES: Final[Mapping[str, str]] = {
    "outlet": TEXT,
    "outlet_name": TEXT,
    "other_outlet": TEXT,
    "other_name": TEXT,
    "direction": TEXT,
    "first_only": FLAG,
    "k": COUNT,
    **ESTIMATE,
    "k_open": COUNT,
}
OVER_TIME: Final[Mapping[str, str]] = {
    "period": TIME,
    "outlet": TEXT,
    "outlet_name": TEXT,
    "other_outlet": TEXT,
    "other_name": TEXT,
    "direction": TEXT,
    "k": COUNT,
    "n": COUNT,
    "n_other": COUNT,
    "n_days": COUNT,
    "estimate": REAL,
    "low": REAL,
    "high": REAL,
    "reason": TEXT,
}
PAIR_LAGS: Final[Mapping[str, str]] = {
    "outlet": TEXT,
    "outlet_name": TEXT,
    "other_outlet": TEXT,
    "other_name": TEXT,
    "n_pairs": COUNT,
    **ESTIMATE,
}
MEMBERS: Final[Mapping[str, str]] = {
    "component": COUNT,
    "article_id": TEXT,
    "outlet": TEXT,
    "published_at": TIME,
    "may_be_first": FLAG,
}
COMPONENTS: Final[Mapping[str, str]] = {
    "component": COUNT,
    "n": COUNT,
    "n_outlets": COUNT,
    "n_pairs": COUNT,
    "first_id": TEXT,
    "first_outlet": TEXT,
    "first_name": TEXT,
    "is_tie": FLAG,
    "first_at": TIME,
    "span_hours": REAL,
}

_HOUR: Final = 3_600_000_000
_DAY: Final = 24 * _HOUR
_NEEDED: Final = ("article_id", "other_id")
#: Stretches of the calendar, and other names of the same.
_ALIAS: Final = re.compile(r"D|W(-(MON|TUE|WED|THU|FRI|SAT|SUN))?|M|Q|Y")
_PERIODS: Final[Mapping[str, str]] = {
    "MS": "M",
    "ME": "M",
    "QS": "Q",
    "QE": "Q",
    "YS": "Y",
    "YE": "Y",
}


class _Side(NamedTuple):
    """Whose items are counted, and whose are at the other end of a pair."""

    direction: str
    own: str
    other: str


_SIDES: Final = (
    _Side("from", "other_id", "article_id"),
    _Side("to", "article_id", "other_id"),
)


def flow_shares(
    flow: pd.DataFrame,
    articles: pd.DataFrame,
    *,
    coverage: pd.DataFrame | None = None,
    first_only: bool | None = False,
    window: str | pd.Timedelta | None = None,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """Share of each outlet's items that another outlet followed, and that followed another outlet.

    Both directions are given, since they say different things: a small outlet can follow an agency
    in all that it writes, which is little of what the agency sends.

    A pair whose stamps leave open which article came first is no following and is not counted;
    `k_open` tells how many items more there would be if all such pairs counted.

    Parameters
    ----------
    flow : DataFrame
        From `news_flow`.
    articles : DataFrame
        Those that `flow` was made of: article_id, outlet, published_at, published_precision, and
        outlet_name if any. Items without a time or an outlet are not counted.
    coverage : DataFrame, optional
        With story_id and article_id; then intervals come from a bootstrap clustered by story, and
        articles that it does not list are not counted. Without it the clusters are the UTC days of
        the items counted.
    first_only : bool, optional
        Count of the matches of each later item only the earliest (several if they may be equally
        early): who had it first, rather than everybody who had it before. None gives both.
    window : str or Timedelta, optional
        The window of `flow`. Then only items with a whole window before them (direction ``to``) or
        behind them (``from``) are counted, since others have had less chance of a match.
    n_boot, level, seed
        Of the bootstrap.

    Returns
    -------
    DataFrame with one row per direction, kind of match and ordered pair of outlets, zeros included,
    by direction and name: outlet, outlet_name (whose items are counted), other_outlet, other_name,
    direction (``from``: the other outlet followed them; ``to``: they followed the other outlet),
    first_only, k (items with a match), n (items of the outlet), n_stories (clusters: stories, or
    days), estimate (k / n, 0 to 1), low, high, reason (why there is no interval, else empty),
    k_open. An outlet with itself has a row where `flow` has pairs within it. ``attrs["clusters"]``
    is ``story`` or ``day``.

    Raises
    ------
    SchemaError
        If columns are missing, or `flow` has articles that `articles` lacks.

    Notes
    -----
    Days that follow each other are not independent where stories last, so intervals by day are
    somewhat too narrow; give `coverage` where stories are known.

    References
    ----------
    Welbers, K., van Atteveldt, W., Kleinnijenhuis, J. & Ruigrok, N. (2018). A gatekeeper among
    gatekeepers. *Journalism Studies* 19(3), 315-333.
    Davison, A. C. & Hinkley, D. V. (1997). *Bootstrap Methods and their Application*, 3.8.

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b", "c"],
    ...         "outlet": ["one.example", "one.example", "two.example"],
    ...         "published_at": pd.date_range("2030-01-01", periods=3, tz="UTC"),
    ...         "published_precision": "minute",
    ...     }
    ... )
    >>> flow = pd.DataFrame({"article_id": ["c"], "other_id": ["b"], "is_later": [True]})
    >>> shares = flow_shares(flow, articles)
    >>> shares[["outlet", "direction", "k", "n", "estimate"]].values.tolist()
    ... # doctest: +NORMALIZE_WHITESPACE
    [['one.example', 'from', 1, 2, 0.5], ['two.example', 'from', 0, 1, 0.0],
     ['one.example', 'to', 0, 2, 0.0], ['two.example', 'to', 1, 1, 1.0]]
    """
    items = _items(flow, articles)
    names = outlet_names(plain(articles))
    listed = _clustered(items, coverage)
    rows_of = _others(flow, items)
    settings = {"n_boot": n_boot, "level": level, "seed": seed}
    rows: list[pd.DataFrame] = []
    for only in (False, True) if first_only is None else (bool(first_only),):
        sure = _first_matches(flow[_later(flow)], items) if only else flow[_later(flow)]
        every = _first_matches(flow, items) if only else flow
        for side in _SIDES:
            matches = _matched(sure, items, side), _matched(every, items, side)
            counted = listed[_whole(listed, side, window)]
            rows += [
                cells.assign(direction=side.direction, first_only=only)
                for cells in _cells(counted, rows_of, matches, settings)
            ]
    sources = [flow, articles] if coverage is None else [flow, articles, coverage]
    if not rows:
        return carry(empty(SHARES), *sources)
    result = pd.concat(rows, ignore_index=True)
    result["outlet_name"] = result["outlet"].map(names)
    result["other_name"] = result["other_outlet"].map(names)
    if coverage is None:
        result["reason"] = _of_days(result["reason"])
    keys = ["first_only", "direction", "outlet_name", "outlet", "other_name", "other_outlet"]
    result = result.sort_values(keys, kind="stable", ignore_index=True)
    table = conform(result, SHARES)
    table.attrs["clusters"] = "day" if coverage is None else "story"
    return carry(table, *sources)


def flow_over_time(
    flow: pd.DataFrame,
    articles: pd.DataFrame,
    *,
    freq: str = "W",
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """Share of each outlet's items that have a match with another outlet, period by period.

    Parameters
    ----------
    flow, articles
        As in `flow_shares`.
    freq : str
        Length of a period, a day or longer: ``D``, ``W`` (from Monday), ``MS``, ``QS``, ``YS``.
    n_boot, level, seed
        Of the bootstrap clustered by day; a period of fewer than five days has no interval.

    Returns
    -------
    DataFrame with one row per direction, ordered pair of outlets and period, every period from the
    first to the last: period (its start, UTC), outlet, outlet_name, other_outlet, other_name,
    direction (as in `flow_shares`), k, n (items of the outlet in the period), n_other (items of the
    other outlet in it), n_days (days with an item of the outlet), estimate, low, high, reason.

    A share is 0 only if both outlets were there to be compared. Where either has no item in the
    period (and no match reaches in from another one) it is missing, and `reason` says whose is
    lacking.

    Raises
    ------
    SchemaError
        If columns are missing, or `flow` has articles that `articles` lacks.
    ChoiceError
        If there is no such period, or it is shorter than a day.

    References
    ----------
    Welbers, K., van Atteveldt, W., Kleinnijenhuis, J. & Ruigrok, N. (2018). A gatekeeper among
    gatekeepers. *Journalism Studies* 19(3), 315-333.

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b"],
    ...         "outlet": ["one.example", "two.example"],
    ...         "published_at": pd.to_datetime(["2030-01-01", "2030-01-02"], utc=True),
    ...         "published_precision": "minute",
    ...     }
    ... )
    >>> flow = pd.DataFrame({"article_id": ["b"], "other_id": ["a"], "is_later": [True]})
    >>> found = flow_over_time(flow, articles, freq="D")
    >>> known = found[found["estimate"].notna()]
    >>> known[["direction", "outlet", "k", "n", "estimate"]].values.tolist()
    [['from', 'one.example', 1, 1, 1.0], ['to', 'two.example', 1, 1, 1.0]]
    """
    items = _items(flow, articles)
    if items.empty:
        _periods(pd.Series([], dtype="int64"), freq)
        return carry(empty(OVER_TIME), flow, articles)
    number, starts = _periods(items["low"], freq)
    items["period"] = number
    day, days = pd.factorize(items["low"] // _DAY, sort=True)
    items["cluster"] = day
    # Which period each day lies in: a cell is a period of a pair, its clusters are its days.
    of_day = np.zeros(len(days), dtype=np.int64)
    of_day[day] = number
    sure = flow[_later(flow)]
    rows_of = _others(flow, items)
    size = pd.crosstab(items["outlet"], items["period"])
    size = size.reindex(columns=range(len(starts)), fill_value=0)
    rows = []
    for side in _SIDES:
        matched = _matched(sure, items, side)
        for outlet, own in items.groupby("outlet"):
            below = np.bincount(own["cluster"], minlength=len(days))
            n_days = np.bincount(of_day, below > 0, minlength=len(starts)).astype(np.int64)
            for other in rows_of.get(str(outlet), ()):
                hits = own[own["article_id"].isin(matched.get((outlet, other), ()))]
                above = np.bincount(hits["cluster"], minlength=len(days))
                cells = _by_period(
                    above, below, of_day, len(starts), n_boot=n_boot, level=level, seed=seed
                )
                n_other = size.loc[other].to_numpy()
                k, n = cells.pop("k"), cells.pop("n")
                alone = (n_other == 0) & (k == 0)
                reason = _of_days(cells["reason"])
                reason = reason.mask(alone, "no item of the other outlet in the period")
                reason = reason.mask(n == 0, "no item of the outlet in the period")
                lacking = alone | (n == 0)
                cells[["estimate", "low", "high"]] = cells[["estimate", "low", "high"]].mask(
                    pd.Series(lacking), np.nan
                )
                rows.append(
                    cells.assign(
                        period=starts,
                        outlet=outlet,
                        other_outlet=other,
                        direction=side.direction,
                        k=k,
                        n=n,
                        n_other=n_other,
                        n_days=n_days,
                        reason=reason,
                    )
                )
    if not rows:
        return carry(empty(OVER_TIME), flow, articles)
    result = pd.concat(rows, ignore_index=True)
    names = outlet_names(plain(articles))
    result["outlet_name"] = result["outlet"].map(names)
    result["other_name"] = result["other_outlet"].map(names)
    keys = ["direction", "outlet_name", "outlet", "other_name", "other_outlet", "period"]
    result = result.sort_values(keys, kind="stable", ignore_index=True)
    return carry(conform(result[list(OVER_TIME)], OVER_TIME), flow, articles)


def flow_lags(
    flow: pd.DataFrame,
    articles: pd.DataFrame,
    *,
    coverage: pd.DataFrame | None = None,
    first_only: bool = False,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """Median lag between the articles of each pair of outlets, over the pairs of `flow`.

    Pairs whose order is open are left out. Where day-only stamps leave a lag between two bounds,
    the estimate takes the middle, the lower end of the interval rests on the lower bounds and the
    upper end on the upper ones.

    Parameters
    ----------
    flow : DataFrame
        From `news_flow`.
    articles, coverage, first_only, n_boot, level, seed
        As in `flow_shares`; days are those of the later article.

    Returns
    -------
    DataFrame with one row per later outlet and earlier outlet that have pairs, shortest lag first:
    outlet, outlet_name (the later), other_outlet, other_name (the earlier), n_pairs, n (distinct
    later articles), n_stories (clusters: stories, or days), estimate (hours), low, high, reason.
    ``attrs["clusters"]`` is ``story`` or ``day``.

    Raises
    ------
    SchemaError
        If columns are missing, or `flow` has articles that `articles` lacks.

    Notes
    -----
    The median knows only lags inside the window of `flow`: with a longer window it can only grow.

    References
    ----------
    Welbers, K., van Atteveldt, W., Kleinnijenhuis, J. & Ruigrok, N. (2018). A gatekeeper among
    gatekeepers. *Journalism Studies* 19(3), 315-333.

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b"],
    ...         "outlet": ["one.example", "two.example"],
    ...         "published_at": pd.to_datetime(["2030-01-01", "2030-01-02"], utc=True),
    ...         "published_precision": "minute",
    ...     }
    ... )
    >>> flow = pd.DataFrame(
    ...     {"article_id": ["b"], "other_id": ["a"], "is_later": [True], "lag_low": [24.0],
    ...      "lag_high": [24.0]}
    ... )
    >>> flow_lags(flow, articles)[["outlet", "other_outlet", "n", "estimate"]].values.tolist()
    [['two.example', 'one.example', 1, 24.0]]
    """
    require_columns(flow, (*_NEEDED, "is_later", "lag_low", "lag_high"), "flow (from news_flow)")
    items = _items(flow, articles)
    sources = [flow, articles] if coverage is None else [flow, articles, coverage]
    sure = flow[_later(flow)]
    if first_only:
        sure = _first_matches(sure, items)
    placed = _placed(sure, _clustered(items, coverage))
    names: dict[Any, str] = outlet_names(plain(articles)).to_dict()
    settings: Any = {"n_boot": n_boot, "level": level, "seed": seed}
    rows = []
    for (outlet, other), pairs in placed.groupby(["outlet", "other_outlet"]):
        middle = (pairs["lag_low"] + pairs["lag_high"]) / 2
        found = cluster_interval(middle, pairs["cluster"], "median", **settings)
        low, high = found.low, found.high
        if not found.reason and (pairs["lag_low"] != pairs["lag_high"]).any():
            low = cluster_interval(pairs["lag_low"], pairs["cluster"], "median", **settings).low
            high = cluster_interval(pairs["lag_high"], pairs["cluster"], "median", **settings).high
        rows.append(
            {
                "outlet": outlet,
                "outlet_name": names[outlet],
                "other_outlet": other,
                "other_name": names[other],
                "n_pairs": len(pairs),
                "n": pairs["article_id"].nunique(),
                "n_stories": found.n_clusters,
                "estimate": found.estimate,
                "low": low,
                "high": high,
                "reason": found.reason,
            }
        )
    if not rows:
        return carry(empty(PAIR_LAGS), *sources)
    result = pd.DataFrame(rows)
    if coverage is None:
        result["reason"] = _of_days(result["reason"])
    keys = ["estimate", "outlet", "other_outlet"]
    table = conform(result.sort_values(keys, kind="stable", ignore_index=True), PAIR_LAGS)
    table.attrs["clusters"] = "day" if coverage is None else "story"
    return carry(table, *sources)


def flow_network(
    flow: pd.DataFrame,
    articles: pd.DataFrame,
    *,
    by: Node = "outlet",
    first_only: bool = False,
) -> Any:
    """Make a network of the pairs: edges lead from the earlier to the later, as news does.

    Parameters
    ----------
    flow, articles
        As in `flow_shares`.
    by : {"outlet", "article"}
        What the nodes are.
    first_only : bool
        Keep of the matches of each later article only the earliest.

    Returns
    -------
    networkx.DiGraph. By outlet: nodes have name and n (items); edges have k (items of the later
    outlet that followed), share (of its items), k_from (items of the earlier outlet that were
    followed), share_from (of its items), n_pairs and, where `flow` has lags, median_lag (hours,
    middles where a lag is an interval). Pairs whose order is open are left out. By article: nodes
    have outlet and published_at, edges similarity, lag_low, lag_high and is_later, as far as
    `flow` has them; all pairs are edges, articles without one are not in it. With `first_only`
    those whose order is open are left out.

    Raises
    ------
    SchemaError
        If columns are missing, or `flow` has articles that `articles` lacks.
    ChoiceError
        If there are no such nodes.

    References
    ----------
    Welbers, K., van Atteveldt, W., Kleinnijenhuis, J. & Ruigrok, N. (2018). A gatekeeper among
    gatekeepers. *Journalism Studies* 19(3), 315-333.
    Hagberg, A., Schult, D. & Swart, P. (2008). Exploring network structure, dynamics, and function
    using NetworkX. *SciPy 2008*, 11-15.

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b"],
    ...         "outlet": ["one.example", "two.example"],
    ...         "published_at": pd.to_datetime(["2030-01-01", "2030-01-02"], utc=True),
    ...         "published_precision": "minute",
    ...     }
    ... )
    >>> flow = pd.DataFrame({"article_id": ["b"], "other_id": ["a"], "is_later": [True]})
    >>> flow_network(flow, articles).edges["one.example", "two.example"]["k"]
    1
    """
    if by not in ("outlet", "article"):
        raise ChoiceError(f"by: expected 'outlet' or 'article'; found {by!r}")
    import networkx as nx

    items = _items(flow, articles)
    graph = nx.DiGraph()
    if by == "article":
        pairs = _first_matches(flow[_later(flow)], items) if first_only else flow
        used = items[items["article_id"].isin(pairs["other_id"])]
        used = pd.concat([used, items[items["article_id"].isin(pairs["article_id"])]])
        for article, outlet, stamp in zip(
            used["article_id"], used["outlet"], used["published_at"], strict=True
        ):
            graph.add_node(article, outlet=outlet, published_at=stamp.to_pydatetime())
        kept = [
            name
            for name in ("similarity", "lag_low", "lag_high", "is_later")
            if name in pairs.columns
        ]
        for later, earlier, *values in zip(
            pairs["article_id"],
            pairs["other_id"],
            *(pairs[name].tolist() for name in kept),
            strict=True,
        ):
            graph.add_edge(earlier, later, **dict(zip(kept, values, strict=True)))
        return graph
    sure = _first_matches(flow[_later(flow)], items) if first_only else flow[_later(flow)]
    names = outlet_names(plain(articles)).to_dict()
    size: dict[Any, int] = items["outlet"].value_counts().to_dict()
    for node in sorted(size):
        graph.add_node(node, name=str(names[node]), n=size[node])
    placed = _placed(sure, items)
    for (later, earlier), pairs in placed.groupby(["outlet", "other_outlet"]):
        k, k_from = pairs["article_id"].nunique(), pairs["other_id"].nunique()
        edge: dict[str, Any] = {
            "k": k,
            "share": k / size[later],
            "k_from": k_from,
            "share_from": k_from / size[earlier],
            "n_pairs": len(pairs),
        }
        if {"lag_low", "lag_high"} <= set(pairs.columns):
            edge["median_lag"] = float(((pairs["lag_low"] + pairs["lag_high"]) / 2).median())
        graph.add_edge(earlier, later, **edge)
    return graph


def find_components(flow: pd.DataFrame, articles: pd.DataFrame) -> pd.DataFrame:
    """Find the groups of articles that hang together by pairs, whichever way these lead.

    Parameters
    ----------
    flow, articles
        As in `flow_shares`. Pairs whose order is open count too.

    Returns
    -------
    DataFrame with one row per article that has a pair, by component and time: component (numbered
    from 0 in the order of their beginnings), article_id, outlet, published_at, may_be_first (no
    other article of the component is earlier at all moments that the stamps allow).

    Raises
    ------
    SchemaError
        If columns are missing, or `flow` has articles that `articles` lacks.

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b"],
    ...         "outlet": ["one.example", "two.example"],
    ...         "published_at": pd.to_datetime(["2030-01-01", "2030-01-02"], utc=True),
    ...         "published_precision": "minute",
    ...     }
    ... )
    >>> flow = pd.DataFrame({"article_id": ["b"], "other_id": ["a"], "is_later": [True]})
    >>> find_components(flow, articles)[["component", "article_id", "may_be_first"]].values.tolist()
    [[0, 'a', True], [0, 'b', False]]
    """
    items = _items(flow, articles)
    if flow.empty:
        return carry(empty(MEMBERS), flow, articles)
    from scipy import sparse
    from scipy.sparse import csgraph

    row = pd.Series(np.arange(len(items)), index=items["article_id"])
    ends = [flow[name].map(row).to_numpy() for name in _NEEDED]
    edges = sparse.coo_array((np.ones(len(flow)), ends), shape=(len(items), len(items)))
    items["component"] = csgraph.connected_components(edges, directed=False)[1]
    found = items.iloc[np.unique(np.concatenate(ends))]
    found = found.sort_values(["low", "high", "article_id"], kind="stable")
    found["component"] = pd.factorize(found["component"])[0]
    soonest = found.groupby("component")["last"].transform("min")
    found["may_be_first"] = found["low"] <= soonest
    found = found.sort_values("component", kind="stable", ignore_index=True)
    return carry(conform(found[list(MEMBERS)], MEMBERS), flow, articles)


def flow_components(flow: pd.DataFrame, articles: pd.DataFrame) -> pd.DataFrame:
    """Tell for each group of articles that hang together how large it is and who was first.

    Parameters
    ----------
    flow, articles
        As in `flow_shares`. Pairs whose order is open hold a group together too.

    Returns
    -------
    DataFrame with one row per component of `find_components`: component, n (articles), n_outlets,
    n_pairs, first_id (missing if several may have been first), first_outlet, first_name (missing
    unless all that may have been first are of one outlet), is_tie (several may have been first),
    first_at (stamp of the earliest), span_hours (from it to the last stamp).

    Raises
    ------
    SchemaError
        If columns are missing, or `flow` has articles that `articles` lacks.

    Notes
    -----
    Links are chained, so a component can join articles that have nothing in common, the more so the
    lower the threshold and the longer the corpus.

    References
    ----------
    Welbers, K., van Atteveldt, W., Kleinnijenhuis, J. & Ruigrok, N. (2018). A gatekeeper among
    gatekeepers. *Journalism Studies* 19(3), 315-333.

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b"],
    ...         "outlet": ["one.example", "two.example"],
    ...         "published_at": pd.to_datetime(["2030-01-01", "2030-01-02"], utc=True),
    ...         "published_precision": "minute",
    ...     }
    ... )
    >>> flow = pd.DataFrame({"article_id": ["b"], "other_id": ["a"], "is_later": [True]})
    >>> flow_components(flow, articles)[["n", "first_outlet", "span_hours"]].values.tolist()
    [[2, 'one.example', 24.0]]
    """
    members = find_components(flow, articles)
    if members.empty:
        return carry(empty(COMPONENTS), flow, articles)
    of_article = members.set_index("article_id")["component"]
    groups = members.groupby("component")
    first = members[members["may_be_first"]].groupby("component")
    stamps = groups["published_at"]
    result = pd.DataFrame(
        {
            "n": groups.size(),
            "n_outlets": groups["outlet"].nunique(),
            "n_pairs": flow["article_id"].map(of_article).value_counts(),
            "is_tie": first.size() > 1,
            "first_at": stamps.min(),
            "span_hours": (stamps.max() - stamps.min()).dt.total_seconds() / 3600,
        }
    )
    result["first_id"] = first["article_id"].first().mask(result["is_tie"])
    result["first_outlet"] = (
        first["outlet"].min().where(first["outlet"].min() == first["outlet"].max())
    )
    result["first_name"] = result["first_outlet"].map(outlet_names(plain(articles)))
    result = result.rename_axis("component").reset_index()
    return carry(conform(result, COMPONENTS), flow, articles)


def _items(flow: pd.DataFrame, articles: pd.DataFrame) -> pd.DataFrame:
    """Articles with a time and an outlet, each once, with the bounds of their times."""
    require_columns(flow, (*_NEEDED, "is_later"), "flow (from news_flow)")
    require_columns(
        articles, ("article_id", "outlet", "published_at", "published_precision"), "articles"
    )
    table = plain(articles).drop_duplicates("article_id")
    table = table[table["published_at"].notna() & table["outlet"].notna()]
    low, high = time_bounds(table)
    items = pd.DataFrame(
        {
            "article_id": table["article_id"].astype(TEXT).to_numpy(),
            "outlet": table["outlet"].astype(TEXT).to_numpy(),
            "low": low,
            "high": high,
            "published_at": table["published_at"].astype(TIME).to_numpy(),
            "last": np.where(high > low, high - 1, high),
        }
    )
    unknown = set(flow["article_id"]).union(flow["other_id"]) - set(items["article_id"])
    if unknown:
        shown = ", ".join(sorted(map(str, unknown))[:5])
        raise SchemaError(
            f"flow: expected articles that the table of articles has, with time and outlet; "
            f"{len(unknown)} are not: {shown}"
        )
    return items


def _later(flow: pd.DataFrame) -> Any:
    return flow["is_later"].fillna(value=False).astype(bool).to_numpy()


def _first_matches(flow: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Pairs whose earlier article may be the earliest of those that the later one matches."""
    bounds = items.set_index("article_id")
    last = flow["other_id"].map(bounds["last"])
    soonest = last.groupby(flow["article_id"]).transform("min")
    return flow[(flow["other_id"].map(bounds["low"]) <= soonest).to_numpy()]


def _placed(flow: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """The pairs of known items with the outlets of both, and the cluster of the later."""
    known = items.set_index("article_id")
    placed = flow[flow["article_id"].isin(known.index) & flow["other_id"].isin(known.index)]
    more: dict[str, Any] = {
        "outlet": placed["article_id"].map(known["outlet"]),
        "other_outlet": placed["other_id"].map(known["outlet"]),
    }
    if "cluster" in known.columns:
        more["cluster"] = placed["article_id"].map(known["cluster"])
    return placed.assign(**more)


def _matched(flow: pd.DataFrame, items: pd.DataFrame, side: _Side) -> dict[Any, pd.Index]:
    """Items with a match, for each pair of own and other outlet."""
    outlets = items.set_index("article_id")["outlet"]
    pairs = pd.DataFrame(
        {
            "article_id": flow[side.own].to_numpy(),
            "outlet": flow[side.own].map(outlets).to_numpy(),
            "other": flow[side.other].map(outlets).to_numpy(),
        }
    ).drop_duplicates()
    return {key: pd.Index(rows["article_id"]) for key, rows in pairs.groupby(["outlet", "other"])}


def _whole(items: pd.DataFrame, side: _Side, window: str | pd.Timedelta | None) -> Any:
    """Whether an item has a whole window before or behind it."""
    if window is None or items.empty:
        return np.ones(len(items), dtype=bool)
    width = pd.Timedelta(window) // pd.Timedelta(1, "us")
    if side.direction == "from":
        return (items["high"] + width <= items["high"].max()).to_numpy()
    return (items["low"] - width >= items["low"].min()).to_numpy()


def _clustered(items: pd.DataFrame, coverage: pd.DataFrame | None) -> pd.DataFrame:
    """Items with their cluster: of stories, without what no story lists, or their day."""
    if coverage is None:
        return items.assign(cluster=pd.factorize(items["low"] // _DAY)[0])
    return items.merge(story_clusters(coverage), on="article_id")


def _others(flow: pd.DataFrame, items: pd.DataFrame) -> dict[str, list[str]]:
    """The outlets with which each has a row: all others, and itself if it has pairs within it."""
    outlets = sorted(set(items["outlet"]))
    own = items.set_index("article_id")["outlet"]
    ends = [flow[name].map(own).to_numpy() for name in _NEEDED]
    within = set(ends[0][ends[0] == ends[1]])
    found = {
        outlet: [other for other in outlets if other != outlet or outlet in within]
        for outlet in outlets
    }
    return {outlet: others for outlet, others in found.items() if others}


def _cells(
    counted: pd.DataFrame,
    rows_of: dict[str, list[str]],
    matches: tuple[dict[Any, pd.Index], dict[Any, pd.Index]],
    settings: dict[str, Any],
) -> Iterator[pd.DataFrame]:
    """Shares of the items of each outlet, for all others that it has rows with at once.

    `matches` are items with a later or earlier match, first those of a known order, then all.
    """
    n_clusters = int(counted["cluster"].max()) + 1 if len(counted) else 0
    by_outlet = dict(list(counted.groupby("outlet")))
    for outlet, others in rows_of.items():
        own = by_outlet.get(outlet, counted.iloc[:0])
        of_item = own.set_index("article_id")["cluster"]
        above = np.zeros((n_clusters, len(others)))
        n_matched = np.zeros(len(others), dtype=np.int64)
        for cell, other in enumerate(others):
            if (outlet, other) not in matches[1]:
                continue
            n_matched[cell] = of_item.index.isin(matches[1][outlet, other]).sum()
            hits = of_item.index.isin(matches[0].get((outlet, other), ()))
            above[:, cell] = np.bincount(of_item[hits], minlength=n_clusters)
        k = above.sum(axis=0).astype(np.int64)
        yield (
            ratio_intervals(above, np.bincount(own["cluster"], minlength=n_clusters), **settings)
            .rename(columns={"n_clusters": "n_stories"})
            .assign(outlet=outlet, other_outlet=others, k=k, n=len(own), k_open=n_matched - k)
        )


def _periods(stamps: pd.Series, freq: str) -> tuple[Any, pd.DatetimeIndex]:
    """Number of the period of each stamp, and the starts of all periods."""
    alias = _PERIODS.get(freq, freq)
    if not _ALIAS.fullmatch(alias):
        raise ChoiceError(
            "freq: expected D, W, MS, QS or YS, since some stamps give only the day; found "
            f"{freq!r}"
        )
    if not len(stamps):
        return np.empty(0, np.int64), pd.DatetimeIndex([], tz="UTC")
    period = pd.to_datetime(stamps.to_numpy(), unit="us").to_period(alias)
    every = pd.period_range(period.min(), period.max(), freq=period.freq)
    return every.get_indexer(period), every.to_timestamp(how="start").tz_localize("UTC")


def _by_period(
    above: Any, below: Any, of_day: Any, n_periods: int, **settings: Any
) -> pd.DataFrame:
    """Shares of each period, its days as clusters."""
    from scipy import sparse

    shape = (len(of_day), n_periods)
    day = np.arange(len(of_day))
    sides = [sparse.coo_array((side, (day, of_day)), shape=shape) for side in (above, below)]
    cells = ratio_intervals(sides[0].tocsc(), sides[1].tocsc(), **settings)
    k, n = (
        np.bincount(of_day, side, minlength=n_periods).astype(np.int64) for side in (above, below)
    )
    return cells.drop(columns="n_clusters").assign(k=k, n=n)


def _of_days(reason: pd.Series) -> pd.Series:
    """The sentence about stories, for clusters that are days."""
    return reason.astype(TEXT).str.replace("stories", "days").str.replace("story", "day")
