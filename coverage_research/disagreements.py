"""What coders differ about, unit by unit, and the article of each unit."""

from __future__ import annotations

from typing import Final

import pandas as pd  # noqa: TC002  (the examples use it)

from coverage_research.coding_units import article_of
from coverage_research.codings import clean_codings
from coverage_research.schema import (
    COUNT,
    REAL,
    TEXT,
    carry,
    conform,
    empty,
    require_columns,
)

#: First columns of `disagreements`; one with the values of each coder follows, `code_` and a name.
DISAGREEMENTS: Final = {
    "unit_id": TEXT,
    "variable": TEXT,
    "n_coders": COUNT,
    "majority": TEXT,
    "pair": TEXT,
    "k": COUNT,
    "n": COUNT,
    "share": REAL,
}


def disagreements(codings: pd.DataFrame, articles: pd.DataFrame | None = None) -> pd.DataFrame:
    """List the units on which coders differ, with the value of each side by side.

    Parameters
    ----------
    codings : DataFrame
        With unit_id, coder, variable and value, see `CODINGS`.
    articles : DataFrame, optional
        With article_id; title and url are shown where they are known.

    Returns
    -------
    DataFrame, one row per unit and variable with more than one value: unit_id, variable, n_coders
    (who coded it), majority (the value of more than half of them, missing if there is none), pair
    (the two values that stand against each other, joined by ' / '; of several pairs the one that is
    confused most often), k (units of the variable in which that pair is confused), n (units that
    two or more coders have coded), share (k / n), title and url if there are articles, and
    for each coder `code_` and the name, missing where that one did not code the unit. Those whose
    pair is confused most often come first, which is where a codebook needs another sentence.

    Raises
    ------
    SchemaError
        If columns are missing or codings cannot be used.

    References
    ----------
    Krippendorff, K. (2019). *Content Analysis*, 4th edition, chapter 12. Sage.

    Examples
    --------
    >>> rows = [(unit, coder, "frame", code) for unit, *codes in
    ...         [("a", "race", "market"), ("b", "race", "race"), ("c", "market", "race")]
    ...         for coder, code in zip(["Ann", "Ben"], codes)]
    >>> codings = pd.DataFrame(rows, columns=["unit_id", "coder", "variable", "value"])
    >>> disagreements(codings)[["unit_id", "pair", "k", "n", "code_Ann"]].values.tolist()
    [['a', 'market / race', 2, 3, 'race'], ['c', 'market / race', 2, 3, 'market']]
    """
    rows = clean_codings(codings)
    if articles is not None:
        require_columns(articles, ["article_id"], "articles")
    sources = [codings, *([] if articles is None else [articles])]
    coders = [f"code_{coder}" for coder in sorted(set(rows["coder"]))]
    shown = [name for name in ("title", "url") if articles is not None and name in articles.columns]
    columns = {**DISAGREEMENTS, **dict.fromkeys([*shown, *coders], TEXT)}
    key = ["variable", "unit_id"]
    given = rows.groupby(key)["value"]
    rows = rows.assign(n_coders=given.transform("size"), n_values=given.transform("nunique"))
    several = rows[rows["n_coders"] > 1]
    n = several.groupby("variable")["unit_id"].nunique()
    split = several[several["n_values"] > 1]
    if split.empty:
        return carry(empty(columns), *sources)
    counts = split.groupby([*key, "value"], as_index=False).size()
    pairs = counts.merge(counts, on=key, suffixes=("", "_of"))
    pairs = pairs[pairs["value"] < pairs["value_of"]]
    pairs["pair"] = pairs["value"] + " / " + pairs["value_of"]
    pairs["k"] = pairs.groupby(["variable", "pair"])["unit_id"].transform("nunique")
    pairs = pairs.sort_values(["k", "pair"], ascending=[False, True]).drop_duplicates(key)
    top = counts.sort_values("size", ascending=False).drop_duplicates(key)
    found = pairs[[*key, "pair", "k"]].merge(
        split[[*key, "n_coders"]].drop_duplicates(), on=key, how="left"
    )
    found = found.merge(top[[*key, "value", "size"]], on=key, how="left")
    found["majority"] = found["value"].where(2 * found["size"] > found["n_coders"])
    found["n"] = found["variable"].map(n)
    found["share"] = found["k"] / found["n"]
    for coder in sorted(set(split["coder"])):
        own = split.loc[split["coder"] == coder, [*key, "value"]]
        found = found.merge(own.rename(columns={"value": f"code_{coder}"}), on=key, how="left")
    if articles is not None and shown:
        known = articles.drop_duplicates("article_id")
        known = known.assign(article_id=known["article_id"].astype(str)).set_index("article_id")
        of = article_of(found["unit_id"], known.index)
        for name in shown:
            found[name] = of.map(known[name])
    found = found.sort_values(
        ["variable", "k", "pair", "unit_id"], ascending=[True, False, True, True], ignore_index=True
    )
    return carry(conform(found, columns)[list(columns)], *sources)
