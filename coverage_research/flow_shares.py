"""What the pairs of `news_flow` say of outlets: shares both ways, lags, networks, who was first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
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
from coverage_research.statistics import (
    LEVEL,
    N_BOOT,
    cluster_interval,
    shared_ratio_intervals,
    too_few,
)
from coverage_research.stories import story_clusters
from coverage_research.timeline import outlet_names, time_bounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Ints = npt.NDArray[np.int64]

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


class _Matches(NamedTuple):
    """Items with a match and the outlets of these, where the order is certain, and all."""

    side: _Side
    only: bool
    sure: tuple[Ints, Ints]
    every: tuple[Ints, Ints]


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
    The clusters of an outlet are drawn once for all others, so that its shares with them can be
    compared. Days that follow each other are not independent where stories last, so intervals by
    day are somewhat too narrow; give `coverage` where stories are known.

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
    every = _ends(flow, items)
    sure = _Ends(*(rows[_later(flow)] for rows in every))
    outlets = _Outlets.of(every, items)
    cluster = _clusters(items, coverage)
    settings = {"n_boot": n_boot, "level": level, "seed": seed}
    matches = []
    for only in (False, True) if first_only is None else (bool(first_only),):
        counted = [
            _Ends(*(rows[_may_be_first(pairs, items)] for rows in pairs)) if only else pairs
            for pairs in (sure, every)
        ]
        matches += [
            _Matches(side, only, *(_matched(pairs, outlets, side) for pairs in counted))
            for side in _SIDES
        ]
    # With a window not the same items are counted before as behind.
    groups = [matches] if window is None else [[m for m in matches if m.side == s] for s in _SIDES]
    rows: list[pd.DataFrame] = []
    for group in groups:
        whole = _whole(items, cluster, group[0].side, window)
        rows += _cells(np.where(whole, cluster, -1), outlets, group, settings)
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
    pairs = _ends(flow, items)
    outlets = _Outlets.of(pairs, items)
    day, days = pd.factorize(items["low"] // _DAY, sort=True)
    # Which period each day lies in: a cell is a period of a pair, its clusters are its days.
    of_day = np.zeros(len(days), dtype=np.int64)
    of_day[day] = number
    size = np.zeros((len(outlets.names), len(starts)), dtype=np.int64)
    np.add.at(size, (outlets.number, number), 1)
    sure = _Ends(*(numbers[_later(flow)] for numbers in pairs))
    rows: list[pd.DataFrame] = []
    for side in _SIDES:
        own, other = _matched(sure, outlets, side)
        for outlet, others in outlets.rows():
            below = np.bincount(day[outlets.number == outlet], minlength=len(days))
            of_own = outlets.number[own] == outlet
            above = np.zeros((len(days), len(outlets.names)))
            np.add.at(above, (day[own[of_own]], other[of_own]), 1)
            cells = _by_period(
                above[:, others],
                below,
                of_day,
                n=size[outlet],
                n_other=size[others],
                settings={"n_boot": n_boot, "level": level, "seed": seed},
            )
            rows.append(
                cells.assign(
                    period=np.tile(starts, len(others)),
                    outlet=outlets.names[outlet],
                    other_outlet=np.repeat(outlets.names[others], len(starts)),
                    direction=side.direction,
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
    listed = items.assign(cluster=_clusters(items, coverage))
    placed = _placed(sure, listed[listed["cluster"] >= 0])
    names: dict[Any, str] = outlet_names(plain(articles)).to_dict()
    settings: Any = {"n_boot": n_boot, "level": level, "seed": seed}
    rows = []
    for (outlet, other), pairs in placed.groupby(["outlet", "other_outlet"]):
        found = cluster_interval(pairs["lag_low"], pairs["cluster"], "median", **settings)
        upper = found
        if not found.reason and (pairs["lag_low"] != pairs["lag_high"]).any():
            upper = cluster_interval(pairs["lag_high"], pairs["cluster"], "median", **settings)
        rows.append(
            {
                "outlet": outlet,
                "outlet_name": names[outlet],
                "other_outlet": other,
                "other_name": names[other],
                "n_pairs": len(pairs),
                "n": pairs["article_id"].nunique(),
                "n_stories": found.n_clusters,
                "estimate": float(((pairs["lag_low"] + pairs["lag_high"]) / 2).median()),
                "low": found.low,
                "high": upper.high,
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

    ends = _ends(flow, items)
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


class _Ends(NamedTuple):
    """The rows of the items at both ends of pairs, called as the columns of `news_flow` are."""

    article_id: Ints
    other_id: Ints


def _ends(flow: pd.DataFrame, items: pd.DataFrame) -> _Ends:
    row = pd.Series(np.arange(len(items)), index=items["article_id"])
    return _Ends(*(flow[name].map(row).to_numpy(dtype=np.int64) for name in _NEEDED))


def _may_be_first(pairs: _Ends, items: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether the earlier article may be the earliest of those that the later one matches."""
    begin, last = items["low"].to_numpy(), items["last"].to_numpy()
    soonest = np.full(len(items), np.iinfo(np.int64).max)
    np.minimum.at(soonest, pairs.article_id, last[pairs.other_id])
    first: npt.NDArray[np.bool_] = begin[pairs.other_id] <= soonest[pairs.article_id]
    return first


def _first_matches(flow: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Pairs whose earlier article may be the earliest of those that the later one matches."""
    return flow.loc[_may_be_first(_ends(flow, items), items)]


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


def _matched(pairs: _Ends, outlets: _Outlets, side: _Side) -> tuple[Ints, Ints]:
    """Rows of items with a match, and the number of the other outlet; each pair once."""
    own, other = getattr(pairs, side.own), outlets.number[getattr(pairs, side.other)]
    n_outlets = max(len(outlets.names), 1)
    return np.divmod(np.unique(own * n_outlets + other), n_outlets)


def _whole(
    items: pd.DataFrame, cluster: Ints, side: _Side, window: str | pd.Timedelta | None
) -> Any:
    """Whether an item has a whole window before or behind it, in the time of those counted."""
    listed = items[cluster >= 0]
    if window is None or listed.empty:
        return np.ones(len(items), dtype=bool)
    width = pd.Timedelta(window) // pd.Timedelta(1, "us")
    if side.direction == "from":
        return (items["high"] + width <= listed["high"].max()).to_numpy()
    return (items["low"] - width >= listed["low"].min()).to_numpy()


def _clusters(items: pd.DataFrame, coverage: pd.DataFrame | None) -> Ints:
    """Cluster of each item: of stories, -1 where no story lists it, or its day."""
    if coverage is None:
        return pd.factorize(items["low"] // _DAY, sort=True)[0].astype(np.int64)
    listed = story_clusters(coverage).set_index("article_id")["cluster"]
    return items["article_id"].map(listed).fillna(-1).to_numpy(dtype=np.int64)


class _Outlets(NamedTuple):
    """Names of the outlets in their order, the number of that of each item, and who is within."""

    names: npt.NDArray[np.object_]
    number: Ints
    within: npt.NDArray[np.bool_]  # whether an outlet has pairs of its own articles

    @classmethod
    def of(cls, pairs: _Ends, items: pd.DataFrame) -> _Outlets:
        number, names = pd.factorize(items["outlet"], sort=True)
        ends = [number[rows] for rows in pairs]
        within = np.zeros(len(names), dtype=bool)
        within[ends[0][ends[0] == ends[1]]] = True
        return cls(np.asarray(names, dtype=object), number.astype(np.int64), within)

    def rows(self) -> Iterator[tuple[int, Ints]]:
        """Each outlet with those it has a row with: all others, and itself if it is `within`."""
        every = np.arange(len(self.names))
        for outlet in every.tolist():
            others = every[(every != outlet) | self.within[outlet]]
            if len(others):
                yield outlet, others


def _cells(
    cluster: Ints, outlets: _Outlets, matches: list[_Matches], settings: dict[str, Any]
) -> Iterator[pd.DataFrame]:
    """Shares of the items of each outlet, for all others that it has rows with at once.

    `cluster` is that of each item, -1 for those that are not counted.
    """
    from scipy import sparse

    n_clusters, n_outlets = int(cluster.max(initial=-1)) + 1, len(outlets.names)
    counted = cluster >= 0

    def by_outlet(pairs: tuple[Ints, Ints]) -> list[tuple[Ints, Ints]]:
        own, other = (numbers[counted[pairs[0]]] for numbers in pairs)
        order = np.argsort(outlets.number[own], kind="stable")
        cuts = np.searchsorted(outlets.number[own][order], np.arange(1, n_outlets))
        parts = (np.split(numbers[order], cuts) for numbers in (own, other))
        return list(zip(*parts, strict=True))

    hits = [(by_outlet(match.sure), by_outlet(match.every)) for match in matches]
    for outlet, others in outlets.rows():
        below = np.bincount(cluster[counted & (outlets.number == outlet)], minlength=n_clusters)
        sides, k, k_any = [], [], []
        for sure, every in hits:
            own, other = sure[outlet]
            cells = np.ones(len(own)), (cluster[own], other)
            above = sparse.coo_array(cells, shape=(n_clusters, n_outlets))
            sides.append(above.tocsc()[:, others])
            k.append(np.bincount(other, minlength=n_outlets)[others])
            k_any.append(np.bincount(every[outlet][1], minlength=n_outlets)[others])
        found = shared_ratio_intervals(sparse.hstack(sides), below, **settings)
        yield found.rename(columns={"n_clusters": "n_stories"}).assign(
            outlet=outlets.names[outlet],
            other_outlet=np.tile(outlets.names[others], len(matches)),
            direction=np.repeat([match.side.direction for match in matches], len(others)),
            first_only=np.repeat([match.only for match in matches], len(others)),
            k=np.concatenate(k),
            n=int(below.sum()),
            k_open=np.concatenate(k_any) - np.concatenate(k),
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
    above: npt.NDArray[np.float64],
    below: Ints,
    of_day: Ints,
    *,
    n: Ints,
    n_other: Ints,
    settings: dict[str, Any],
) -> pd.DataFrame:
    """Shares of an outlet in each period, its days as clusters, by other outlet and period.

    `above` has items with a match by day and other outlet, `below` all by day; `n` are items of the
    outlet by period, `n_other` those of the others by other outlet and period.
    """
    n_others, n_periods = n_other.shape
    low, high = np.full(n_other.shape, np.nan), np.full(n_other.shape, np.nan)
    k = np.zeros(n_other.shape, dtype=np.int64)
    n_days = np.bincount(of_day, below > 0, minlength=n_periods).astype(np.int64)
    # Days are in their order, so those of a period stand together.
    edges = np.searchsorted(of_day, np.arange(n_periods + 1))
    for period in np.flatnonzero(n_days).tolist():
        days = slice(edges[period], edges[period + 1])
        k[:, period] = above[days].sum(axis=0)
        if not too_few(int(n_days[period])):
            found = shared_ratio_intervals(above[days], below[days], **settings)
            low[:, period], high[:, period] = found["low"], found["high"]
    reason = np.array([too_few(int(days)) for days in n_days], dtype=object)
    alone = (n_other == 0) & (k == 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        table = pd.DataFrame(
            {
                "k": k.ravel(),
                "n": np.tile(n, n_others),
                "n_other": n_other.ravel(),
                "n_days": np.tile(n_days, n_others),
                "estimate": (k / n).ravel(),
                "low": low.ravel(),
                "high": high.ravel(),
                "reason": np.tile(reason, n_others),
            }
        )
    table["reason"] = _of_days(table["reason"]).mask(
        alone.ravel(), "no item of the other outlet in the period"
    )
    table["reason"] = table["reason"].mask(table["n"] == 0, "no item of the outlet in the period")
    bounds = ["estimate", "low", "high"]
    table[bounds] = table[bounds].mask(pd.Series(alone.ravel()) | (table["n"] == 0))
    return table


def _of_days(reason: pd.Series) -> pd.Series:
    """The sentence about stories, for clusters that are days."""
    return reason.astype(TEXT).str.replace("stories", "days").str.replace("story", "day")
