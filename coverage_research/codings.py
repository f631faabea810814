"""Tables of codings: one row per unit, coder and variable, whoever wrote them.

`CODINGS` declares such a table for all who write one, `check_codings` says what is wrong with one,
`frame_codings` makes one of lists of frames.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from coverage_research.schema import (
    TEXT,
    TIME,
    SchemaError,
    carry,
    conform,
    pandas_dtype,
    plain,
    require_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Columns of a table of codings; the first four are needed, the others may be absent.
CODINGS: Final = {
    "unit_id": TEXT,  # an article_id, or article_id:field:start-end for a passage
    "coder": TEXT,
    "variable": TEXT,  # a frame, coded 1 or 0; or for instance `frame`, coded by name
    "value": TEXT,  # numbers are written as text; missing means not coded
    "coded_at": TIME,
    "note": TEXT,
    "codebook": TEXT,
    "codebook_version": TEXT,
}
#: Columns of a table of codings that cannot be absent.
NEEDED: Final = ("unit_id", "coder", "variable", "value")


def check_codings(codings: pd.DataFrame) -> pd.DataFrame:
    """Return a table of codings if it can be used; raise one error that names all that is wrong.

    Parameters
    ----------
    codings : DataFrame
        With unit_id, coder, variable and value, the latter text or number; a missing or blank
        value is a unit not coded. The other columns of `CODINGS` may be absent.

    Returns
    -------
    DataFrame
        The same.

    Raises
    ------
    SchemaError
        If columns are missing, rows have no unit, coder or variable, or a coder gives a unit two
        values of one variable. Equal rows are one.

    Examples
    --------
    >>> rows = [["a", "Ann", "frame", "race"], ["a", "Ben", "frame", "market"]]
    >>> len(check_codings(pd.DataFrame(rows, columns=["unit_id", "coder", "variable", "value"])))
    2
    """
    clean_codings(codings)
    return codings


def clean_codings(codings: pd.DataFrame, keys: Sequence[str] = ()) -> pd.DataFrame:
    """Rows that hold a value, each once, as text: unit_id, coder, variable, value and `keys`."""
    used = require_columns(codings, [*NEEDED, *keys], "codings")
    used = plain(used[list(dict.fromkeys([*NEEDED, *keys]))])
    rows = pd.DataFrame({name: as_texts(used[name]) for name in used.columns})
    problems = [
        f"{count} rows without {name}"
        for name in NEEDED[:3]
        if (count := int(rows[name].isna().sum()))
    ]
    rows = rows.dropna(subset=["value"]).drop_duplicates(ignore_index=True)
    key = [name for name in rows.columns if name != "value"]
    twice = rows[rows.duplicated(key)].drop_duplicates(key)
    if len(twice):
        shown = [" / ".join(map(str, row)) for row in twice[list(NEEDED[:3])].to_numpy()[:10]]
        more = f" and {len(twice) - 10} more" if len(twice) > 10 else ""
        problems.append(
            "one value for each unit, coder and variable is expected; several have "
            + "; ".join(shown)
            + more
            + "; where a unit can have several frames, make each a variable (frame_codings)"
        )
    if problems:
        raise SchemaError("codings: " + "; ".join(problems))
    return rows


def as_texts(column: pd.Series) -> pd.Series:
    """A column as text, so that 1, 1.0 and "1" are the same code and blank is missing."""
    try:
        place, different = pd.factorize(column)
    except TypeError as error:
        raise SchemaError(
            f"codings: {column.name}: expected text or numbers; found lists or the like"
        ) from error
    shown = np.array([*map(as_text, different), None], dtype=object)
    texts: pd.Series = pd.Series(shown[place], index=column.index, dtype=pandas_dtype(TEXT))
    return texts


def as_text(value: Any) -> str | None:
    """A value as text, whole numbers without a point, true as 1; None where it is missing."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.strip()) or None
    if value is None or pd.isna(value):
        return None
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip() or None


def frame_codings(
    codes: pd.DataFrame,
    *,
    frames: Iterable[str] | None = None,
    coder: str = "coder",
    none: str = "none",
) -> pd.DataFrame:
    """Turn lists of the frames of each article into codings: each frame there (1) or not (0).

    Parameters
    ----------
    codes : DataFrame
        With article_id and frame, one row for each frame that a coder gave an article, as
        `train_coder` takes them; and coder, if several coded.
    frames : iterable of str, optional
        All frames that were looked for; otherwise those that were given at least once.
    coder : str
        Name of the coder, where `codes` has no such column.
    none : str
        Word that says that an article was coded and has none.

    Returns
    -------
    DataFrame, one row per article, coder and frame: unit_id, coder, variable (the frame), value
    (1 or 0) and the other columns of `CODINGS`, missing.

    Raises
    ------
    SchemaError
        If columns are missing, rows have no frame, or a frame is not among `frames`.

    Examples
    --------
    >>> codes = pd.DataFrame({"article_id": list("aab"), "frame": ["race", "market", "none"]})
    >>> frame_codings(codes)[["unit_id", "variable", "value"]].values.tolist()
    [['a', 'market', '1'], ['a', 'race', '1'], ['b', 'market', '0'], ['b', 'race', '0']]
    """
    require_columns(codes, ["article_id", "frame"], "codes")
    rows = plain(codes)
    if "coder" not in rows.columns:
        rows = rows.assign(coder=coder)
    rows = pd.DataFrame(
        {name: as_texts(rows[name]) for name in ("article_id", "coder", "frame")}
    ).drop_duplicates()
    lacking = {name: int(count) for name, count in rows.isna().sum().items() if count}
    if lacking:
        told = ", ".join(f"{count} without {name}" for name, count in lacking.items())
        raise SchemaError(f"codes: expected article, coder and frame in each row; found {told}")
    given = rows[rows["frame"] != none]
    known = sorted(set(given["frame"])) if frames is None else list(dict.fromkeys(frames))
    strange = sorted(set(given["frame"]) - set(known))
    if strange:
        raise SchemaError(f"codes: expected {', '.join(known)}; found {', '.join(strange[:10])}")
    pairs = rows[["article_id", "coder"]].drop_duplicates().sort_values(["article_id", "coder"])
    full = pairs.merge(pd.DataFrame({"frame": known}, dtype=pandas_dtype(TEXT)), how="cross")
    full = full.merge(given.assign(value="1"), how="left", on=["article_id", "coder", "frame"])
    full["value"] = full["value"].fillna("0")
    full = full.rename(columns={"article_id": "unit_id", "frame": "variable"})
    return carry(conform(full, CODINGS)[list(CODINGS)], codes)
