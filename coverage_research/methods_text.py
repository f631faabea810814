"""What the paper says of the coding: units, coders, sample and alpha in one paragraph."""

from __future__ import annotations

from typing import Any

import pandas as pd

from coverage_research._version import __version__
from coverage_research.coding_units import article_of
from coverage_research.codings import as_texts, clean_codings
from coverage_research.reliability import Metric, Values, krippendorff_alpha
from coverage_research.schema import plain
from coverage_research.statistics import LEVEL, N_BOOT


def methods_text(
    codings: pd.DataFrame,
    *,
    sampled: str = "",
    metric: Metric = "nominal",
    values: Values | None = None,
    cluster: str | None = None,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> str:
    """Write the paragraph on coding that a methods section needs.

    Parameters
    ----------
    codings : DataFrame
        With unit_id, coder, variable and value; codebook and codebook_version are named if given.
    sampled : str
        How the units were drawn, as the sentence goes on after "The units were", for instance
        "drawn at random from the 300 articles of the corpus". Empty leaves a gap to be filled in.
    metric, values, cluster, n_boot, level, seed
        As in `krippendorff_alpha`.

    Returns
    -------
    str
        One paragraph: units, coders, sample, overlap, alpha with its interval overall and for each
        variable, the lowest first, and the version of this package.

    Raises
    ------
    SchemaError, ChoiceError
        As `krippendorff_alpha`.

    References
    ----------
    Lombard, M., Snyder-Duch, J. & Bracken, C. C. (2002). Content analysis in mass communication:
    assessment and reporting of intercoder reliability. *Human Communication Research* 28(4),
    587-604 (what to report).

    Examples
    --------
    >>> rows = [(str(unit), coder, "race", code) for coder, codes in
    ...         {"Ann": "111110000011", "Ben": "111100000111"}.items()
    ...         for unit, code in enumerate(codes)]
    >>> codings = pd.DataFrame(rows, columns=["unit_id", "coder", "variable", "value"])
    >>> methods_text(codings, sampled="drawn at random")[:66]
    '2 coders coded 12 units for 1 variable. The units were drawn at ra'
    """
    settings: dict[str, Any] = {"n_boot": n_boot, "level": level, "seed": seed}
    found = krippendorff_alpha(codings, metric=metric, values=values, cluster=cluster, **settings)
    rows = clean_codings(codings)
    n_units = rows["unit_id"].nunique()
    overall = found.iloc[-1]
    own = found.iloc[:-1].sort_values("estimate", kind="stable", na_position="last")
    books = _books(codings)
    by = f" by {books}" if books else ""
    units = _counting(n_units, "unit")
    if _are_parts(rows["unit_id"]):
        units += f" of {_counting(article_of(rows['unit_id'], []).nunique(), 'article')}"
    told = (
        f"{_counting(rows['coder'].nunique(), 'coder')} coded {units} for "
        f"{_counting(rows['variable'].nunique(), 'variable')}{by}. "
        f"The units were {sampled.strip().rstrip('.') or '[how they were drawn]'}. "
    )
    if not overall["n"]:
        return told + f"Agreement was not measured ({overall['reason']}). {_version()}"
    share = overall["n"] / n_units if n_units else 0.0
    told += (
        f"{_counting(int(overall['n']), 'unit')} ({share:.0%}) "
        f"{'was' if overall['n'] == 1 else 'were'} coded by two or more coders. "
    )
    drawn = "articles" if cluster is None else f"whole units of {cluster!r}"
    if cluster == "unit_id" or (cluster is None and not _are_parts(rows["unit_id"])):
        drawn = "units"
    told += (
        f"Krippendorff's alpha ({metric}) was {_number(overall)} overall (in brackets {level:.0%} "
        f"intervals of a bootstrap over {drawn}, {n_boot:,} resamples)"
    )
    if len(own) > 1:
        told += f", lowest for {own['variable'].iloc[0]}"
        listed = [f"{row['variable']} {_number(row)}" for _, row in own.iterrows()]
        told += f"; by variable {', '.join(listed)}"
    without = [
        f"{row['variable']}: {row['reason']}" for _, row in found.iterrows() if row["reason"]
    ]
    if without:
        told += f". Without an alpha or an interval: {'; '.join(without)}"
    return f"{told}. {_version()}"


def _are_parts(units: pd.Series) -> bool:
    return bool((article_of(units, []) != units).any())


def _counting(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def _books(codings: pd.DataFrame) -> str:
    """Codebooks and their versions as a phrase; empty where none is named."""
    if "codebook" not in codings.columns:
        return ""
    used = codings[codings.columns.intersection(["codebook", "codebook_version"])]
    used = pd.DataFrame({name: as_texts(plain(used)[name]) for name in used.columns})
    used = used.dropna(subset=["codebook"]).drop_duplicates().sort_values("codebook")
    if "codebook_version" not in used.columns:
        used["codebook_version"] = None
    named = [
        f"{book} (version {version})" if pd.notna(version) else str(book)
        for book, version in zip(used["codebook"], used["codebook_version"], strict=True)
    ]
    return f"the codebook {' and '.join(named)}" if named else ""


def _number(row: pd.Series) -> str:
    """An estimate with its interval, as far as there are any."""
    if pd.isna(row["estimate"]):
        return "undefined"
    shown = f"{row['estimate']:.2f}"
    if pd.isna(row["low"]):
        return shown
    return f"{shown} [{row['low']:.2f}, {row['high']:.2f}]"


def _version() -> str:
    return f"Computed with coverage_research {__version__}."
