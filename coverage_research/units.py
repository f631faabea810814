"""What is counted: the articles behind an aggregate, their groups and their clusters of stories.

Every comparison of groups looks at the articles that both `articles` and `coverage` list, each once
in each group that has it. `units_of_articles` finds them; sums by cluster of what is seen in them
go to the bootstrap (`add_shares`), or to the tests of `contrasts`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.schema import TEXT, SchemaError, plain, require_columns
from coverage_research.statistics import ratio_intervals
from coverage_research.stories import story_clusters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Ints = npt.NDArray[np.int64]
#: A column of some table, and the row of it that holds for each unit.
_Named = tuple[pd.Series, Ints]

# Units --------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Units:
    """Articles that are looked at, each once in each group that has it.

    Attributes
    ----------
    by : list of str
        Columns that name a group.
    groups : DataFrame
        The columns of `by`, outlet_name where these hold the outlet, and n (distinct articles);
        groups with most articles first, equals in the order of `by`, missing values last.
    ids : Index
        Every article_id of `coverage`, sorted.
    article, group, cluster : array of int, shape (units,)
        Place of the article in `ids`, row of the group in `groups`, cluster of stories.
    n_clusters : int
        Clusters of `coverage`, the rows of sums.
    """

    by: list[str]
    groups: pd.DataFrame
    ids: pd.Index
    article: Ints
    group: Ints
    cluster: Ints
    n_clusters: int

    def join(self, article_ids: pd.Series) -> tuple[Ints, Ints]:
        """Row numbers of a table whose articles are looked at, and the unit of each.

        In the order of the table. A row about an article of several groups is there for each.
        """
        place = places(article_ids, self.ids)
        known = np.flatnonzero(place >= 0)
        n_units = np.bincount(self.article, minlength=len(self.ids))
        # In this order the units of an article stand side by side.
        by_article = np.argsort(self.article, kind="stable")
        start = np.cumsum(n_units) - n_units
        times = n_units[place[known]]
        row = np.repeat(known, times)
        nth = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
        return row, by_article[start[place[row]] + nth]

    def part(
        self, unit: Ints, more: pd.DataFrame | None = None, *, by: Sequence[str] | None = None
    ) -> tuple[Units, Ints]:
        """The units that are named, in order of appearance, and the number of each.

        Parameters
        ----------
        unit : array of int
            Those that have something to count, each once or often.
        more : DataFrame, as long as `unit`, optional
            Further columns of `by`, which part the articles of a group.
        by : sequence of str, optional
            All columns of `by`, in order, if there are further ones.

        Returns
        -------
        Units, with groups that hold these articles only, and the new unit for each of `unit`.
        """
        columns = {} if more is None else {str(name): column for name, column in more.items()}
        codes = [_codes(column) for column in columns.values()]
        number = _numbered([unit, *codes])
        first = _firsts(number)
        of = unit[first]
        old = self.groups.columns.drop("n")
        named = {name: (self.groups[name], self.group[of]) for name in old}
        named |= {name: (column, first) for name, column in columns.items()}
        by = [*(by or self.by)]
        groups, group = _groups(
            by, named, _numbered([self.group[of], *(code[first] for code in codes)])
        )
        part = replace(
            self,
            by=by,
            groups=groups,
            article=self.article[of],
            group=group,
            cluster=self.cluster[of],
        )
        return part, number

    def sums(
        self, unit: Ints, kind: Ints, n_kinds: int, weights: npt.ArrayLike | None = None
    ) -> Any:
        """Sums over rows of a table, clusters x (groups x kinds), scipy sparse.

        Parameters
        ----------
        unit, kind : array of int, shape (rows,)
            Of each row; kinds are numbered from 0.
        weights : array, shape (rows,), optional
            What is summed, if rows are not counted.
        """
        from scipy import sparse

        held = np.ones(len(unit)) if weights is None else np.asarray(weights, dtype=np.float64)
        return sparse.coo_array(
            (held, (self.cluster[unit], self.group[unit] * n_kinds + kind)),
            shape=(self.n_clusters, len(self.groups) * n_kinds),
        ).tocsc()

    def sizes(self) -> Any:
        """Number of articles, clusters x groups, scipy sparse."""
        return self.sums(np.arange(len(self.group)), np.zeros_like(self.group), 1)

    def named(self, kinds: Mapping[str, Sequence[Any]], group: Ints | None = None) -> pd.DataFrame:
        """A row per group and kind, in the order of the cells of `sums`.

        Parameters
        ----------
        kinds : mapping of str to sequence
            Columns that name the kinds.
        group : array of int, optional
            Groups to name, if not all of them once.
        """
        group = np.arange(len(self.groups)) if group is None else group
        n_kinds = len(next(iter(kinds.values())))
        heads = self.groups.drop(columns="n").iloc[np.repeat(group, n_kinds)]
        of_kind = {name: [*values] * len(group) for name, values in kinds.items()}
        return heads.reset_index(drop=True).assign(**of_kind)

    def schema(self) -> dict[str, str]:
        """Columns that name a group; those of `by` keep their dtype."""
        kinds = {name: str(self.groups[name].dtype) for name in self.by if len(self.groups)}
        names = [name for name in self.groups.columns if name != "n"]
        return {name: kinds.get(name, TEXT) for name in names}


def units_of_articles(articles: pd.DataFrame, coverage: pd.DataFrame, by: Sequence[str]) -> Units:
    """Articles that both tables list, with their groups and clusters of stories.

    Parameters
    ----------
    articles : DataFrame
        With article_id; of several rows of an article the first counts.
    coverage : DataFrame
        With story_id and article_id.
    by : sequence of str
        Columns of `articles`, or else of `coverage`, where an article may belong to several groups.
        With none all articles are one group.

    Returns
    -------
    Units, in the order of `coverage`.

    Raises
    ------
    SchemaError
        If columns or identifiers are missing.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": ["a", "b", "c"], "outlet": ["x", "y", "y"]})
    >>> coverage = pd.DataFrame({"story_id": ["s", "s", "t", "u"], "article_id": list("abcc")})
    >>> units = units_of_articles(articles, coverage, ["outlet"])
    >>> units.groups.values.tolist()
    [['y', 2], ['x', 1]]
    >>> units.group.tolist(), units.cluster.tolist()
    ([1, 0, 0], [0, 0, 1])
    """
    require_columns(coverage, ["story_id", "article_id"], "coverage")
    require_columns(articles, ["article_id"], "articles")
    listed = [name for name in by if name not in articles.columns]
    if any(name not in coverage.columns for name in listed):
        require_columns(articles, ["article_id", *by], "articles")
    code, ids = pd.factorize(plain(coverage[["article_id"]])["article_id"], sort=True)
    if (code < 0).any():
        raise SchemaError(
            f"coverage: expected an article_id in each row; found {(code < 0).sum()} rows without"
        )
    of_code = story_clusters(pd.DataFrame({"story_id": coverage["story_id"], "article_id": code}))
    place = places(articles["article_id"], ids)
    # Written from the end, so that of several rows about an article the first one counts.
    known = np.flatnonzero(place >= 0)[::-1]
    row = np.full(len(ids), -1)
    row[place[known]] = known
    own = [name for name in by if name in articles.columns]
    of_own = {name: _codes(articles[name]) for name in own}
    of_listed = {name: _codes(coverage[name]) for name in listed}
    listing = _firsts(_numbered([code, *of_listed.values()]))
    listing = listing[row[code[listing]] >= 0]
    row = row[code[listing]]
    named = {name: (articles[name], row) for name in own}
    named |= {name: (coverage[name], listing) for name in listed}
    if "outlet" in own and "outlet_name" in articles.columns and "outlet_name" not in own:
        outlet = of_own["outlet"]
        named["outlet_name"] = (articles["outlet_name"], _firsts(outlet)[outlet[row]])
    one_group = np.zeros_like(row)
    of_unit = [codes[row] for codes in of_own.values()]
    of_unit += [codes[listing] for codes in of_listed.values()]
    groups, group = _groups(by, named, _numbered([one_group, *of_unit]))
    article = code[listing]
    cluster = of_code["cluster"].to_numpy()
    n_clusters = int(cluster.max(initial=-1)) + 1
    return Units([*by], groups, ids, article, group, cluster[article], n_clusters)


def places(values: pd.Series, known: pd.Index) -> Ints:
    """Place of each value among the known ones, which differ; -1 where it is none of them.

    Raises
    ------
    SchemaError
        If one is text and the other numbers, so that nothing could be found.

    Examples
    --------
    >>> places(pd.Series(["b", "c", None]), pd.Index(["a", "b"])).tolist()
    [1, -1, -1]
    """
    code, seen = pd.factorize(values)
    if isinstance(seen, pd.CategoricalIndex):
        seen = seen.astype(seen.categories.dtype)
    if len(seen) and len(known):
        kinds = pd.api.types
        if any(
            kinds.is_numeric_dtype(one) and kinds.is_string_dtype(other)
            for one, other in ((seen, known), (known, seen))
        ):
            raise SchemaError(
                f"{values.name}: expected the same kind of values in all tables; found "
                f"{known.dtype} and {seen.dtype}"
            )
    # Missing values have the code -1, which points to the last place.
    return np.append(known.get_indexer(seen), -1)[code]


def _groups(
    by: Sequence[str], named: Mapping[str, _Named], number: Ints
) -> tuple[pd.DataFrame, Ints]:
    """Groups, named and in order, and the row of each unit's group, given numbers of the groups."""
    first = _firsts(number)
    columns = {}
    for name in [*by, *(name for name in named if name not in by)]:
        column, row = named[name]
        part = column.iloc[row[first]].reset_index(drop=True)
        # Objects may be missing in several ways, of which a group has one.
        columns[name] = part.where(part.notna(), None) if part.dtype == object else part
    groups = plain(pd.DataFrame(columns, index=range(len(first))))
    groups["n"] = np.bincount(number, minlength=len(first))
    if by:
        groups = groups.sort_values([*by])
    groups = groups.sort_values("n", ascending=False, kind="stable")
    rank = np.argsort(groups.index)
    return groups.reset_index(drop=True), rank[number]


def _codes(column: pd.Series) -> Ints:
    """Numbers of the different values, the missing one among them, in order of appearance."""
    return pd.factorize(column, use_na_sentinel=False)[0]


def _numbered(codes: Sequence[Ints]) -> Ints:
    """Numbers of the different combinations, in order of appearance."""
    number = codes[0]
    for code in codes[1:]:
        # Numbered anew each time, so that products stay small.
        number = pd.factorize(number)[0] * (int(code.max(initial=0)) + 1) + code
    return pd.factorize(number)[0]


def _firsts(number: Ints) -> Ints:
    """Where each number, from 0, appears first."""
    first = np.zeros(int(number.max(initial=-1)) + 1, dtype=np.int64)
    first[number[::-1]] = np.arange(len(number))[::-1]
    return first


# Aggregates ---------------------------------------------------------------------------------------


def repeat_cells(sums: Any, times: int) -> Any:
    """Denominators of groups for each kind: every column of sparse `sums` so many times."""
    return sums[:, np.repeat(np.arange(sums.shape[1]), times)]


def add_shares(rows: pd.DataFrame, above: Any, below: Any, **settings: Any) -> pd.DataFrame:
    """Rows with k, n, n_stories, estimate, low, high and reason.

    Parameters
    ----------
    rows : DataFrame
        One per cell.
    above, below : scipy sparse array, shape (clusters, cells)
        What has the property, and all that could.
    **settings
        Of `ratio_intervals`.
    """
    found = ratio_intervals(above, below, **settings)
    found = found.rename(columns={"n_clusters": "n_stories"})
    k, n = (np.asarray(sums.sum(axis=0)).ravel() for sums in (above, below))
    return rows.assign(k=k, n=n, **{str(name): column for name, column in found.items()})
