"""How far a dictionary or a trained coder agrees with people; shares corrected for its mistakes.

Coders against each other are for `reliability`.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from coverage_research.coding_units import UNITS, check_units
from coverage_research.codings import clean_codings
from coverage_research.framing import TIE
from coverage_research.schema import (
    COUNT,
    REAL,
    TEXT,
    ChoiceError,
    SchemaError,
    carry,
    conform,
    empty,
    pandas_dtype,
    plain,
    require_columns,
)
from coverage_research.statistics import LEVEL, N_BOOT, ratio_intervals, too_few, wilson
from coverage_research.stories import story_clusters

if TYPE_CHECKING:
    from collections.abc import Iterable

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: Columns of `validate`.
VALIDITY: Final = {
    "frame": TEXT,
    "n": COUNT,
    "n_stories": COUNT,
    "undecided": COUNT,
    "tp": COUNT,
    "fp": COUNT,
    "fn": COUNT,
    "tn": COUNT,
    "precision": REAL,
    "precision_low": REAL,
    "precision_high": REAL,
    "recall": REAL,
    "recall_low": REAL,
    "recall_high": REAL,
    "specificity": REAL,
    "specificity_low": REAL,
    "specificity_high": REAL,
    "f1": REAL,
    "f1_low": REAL,
    "f1_high": REAL,
    "reason": TEXT,
    "n_units": COUNT,
    "share": REAL,
    "share_low": REAL,
    "share_high": REAL,
    "corrected": REAL,
    "corrected_low": REAL,
    "corrected_high": REAL,
    "corrected_reason": TEXT,
}
#: Values that say that a frame is there, where each frame is a variable of its own.
POSITIVE: Final = ("1", "yes", "true")
#: Recall + specificity - 1 below which a share is not corrected: the correction divides by it.
MIN_INFORMED: Final = 0.2
#: Hand-coded articles with and without a frame below which its share is not corrected.
MIN_CODED: Final = 10
_CHUNK: Final = 4_000_000
#: Columns of tables of frames that are no frame.
_NO_FRAME: Final = {"article_id", "probability"}


def validate(
    found: pd.DataFrame,
    codings: pd.DataFrame,
    articles: pd.DataFrame,
    *,
    coverage: pd.DataFrame | None = None,
    sample: pd.DataFrame | None = None,
    frames: Iterable[str] | None = None,
    variable: str = "frame",
    positive: Iterable[Any] = POSITIVE,
    none: str = "none",
    coder: str | None = None,
    at_least: int = 1,
    n_boot: int = N_BOOT,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """Hold the frames that a dictionary or trained coder found against hand codes.

    Parameters
    ----------
    found : DataFrame
        From `find_frames`, `score_frames`, `dominant_frame` or `score_codes`, of all `articles`;
        for parts of articles from `find_frames`.
    codings : DataFrame
        Hand codes, with unit_id, coder, variable and value; see `codings.CODINGS`. Either each
        frame is a variable, or the values of one `variable` are the names of frames.
    articles : DataFrame
        With article_id: of which articles the shares speak. Where parts of articles were coded, a
        table of all such parts, from `coding_units`: a frame is found in a part if a match of it
        and the part share a character. Hand-coded ones are among them.
    coverage : DataFrame, optional
        With story_id and article_id: articles of a story are drawn together. Without it each
        article, with all its parts, is a story of its own.
    sample : DataFrame, optional
        With unit_id and probability, from `sample_units`: how likely each hand-coded unit was to be
        drawn. Each then stands for 1 / probability units. Without it hand-coded units are taken as
        a simple random sample of `articles`; give it wherever they were drawn with
        `allocation="equal"` or `per_article`, or else recall and corrected shares can be far off.
    frames : iterable of str, optional
        Frames to report; otherwise those that were coded or found. Where one variable names the
        frame, frames that nobody coded have no articles that carry them.
    variable : str
        The variable whose values are names of frames, if there is one.
    positive : iterable
        Values that say that a frame is there, where each frame is a variable; case does not count.
        Any other value says that it is not.
    none : str
        Value of `variable` that says that an article has no frame.
    coder : str, optional
        Whose codes count, for instance those settled after discussion. Otherwise the value of more
        than half of an article's coders; articles without one are left out.
    at_least : int
        Matches of a frame from which an article, or part of one, is said to carry it, where `found`
        has counts or matches.
    n_boot, level, seed
        Resamples, coverage of the intervals, and seed of the random numbers.

    Returns
    -------
    DataFrame, one row per frame: frame; n (hand-coded articles), n_stories (clusters of them),
    undecided (coded articles left out because coders differ); tp, fp, fn, tn (units with the frame
    found and coded, only found, only coded, neither, whatever they weigh); precision (tp / found),
    recall (tp / coded), specificity (tn / not coded) and f1, of weighted units where `sample` is
    given, with bounds; reason (why a number or an interval is
    missing, else empty); n_units (of `articles`, or their parts), share (of them, as found), and
    corrected (share corrected for the misclassification seen in the hand-coded ones), with bounds;
    corrected_reason (why there is no correction, else empty).

    Raises
    ------
    SchemaError
        If columns are missing, codings or units cannot be used, articles have no article_id or ones
        that differ only by what cannot be seen, hand-coded units are not among the articles or not
        in the sample, a unit has no probability or several, or `found` does not say where in a text
        the frames of its parts are.
    ChoiceError
        If `coder` coded nothing, or one of `frames` was neither coded nor looked for.

    Notes
    -----
    Corrected is (share + specificity - 1) / (recall + specificity - 1), held within 0 and 1 (Rogan
    & Gladen 1978). It is refused where recall + specificity - 1 is below 0.2, or where more than
    one in forty resamples has one below 0.05: what is nearly unrelated to the hand codes
    cannot be corrected; and below 10 coded articles with or without the frame. It takes recall and
    specificity to be the same in all groups of articles, so compare groups only with hand codes
    from each.

    Corrected speaks of all articles that could have come about like these (a superpopulation), not
    of these very ones: in simulations 95 % intervals held the share among the former in 93 to 96 %,
    and that among the latter in 94 to 100 %. Where all units are hand-coded, the coded share itself
    is the answer.

    Bounds of precision, recall and specificity are those of Wilson (1927) where each article is a
    story of its own and all weigh the same, and else, as those of f1, of a bootstrap that draws
    stories. That of `corrected` draws stories of hand-coded and other articles together, so that it
    holds the doubt about both; where no coded article was missed, or none wrongly found, it reaches
    to what the exact lower bound of that rate would give. Bounds of a bootstrap are too narrow
    where few stories were coded: nominal 95 % intervals held recall and precision in 89 % with 15
    clusters of sentences (intraclass correlation .3).

    Weights are 1 / probability (Horvitz & Thompson 1952). Drawing stories does not know of strata.
    Exact bounds, which rates of 0 and 1 have, take as many
    cases as equal weights would need for the same variance, (sum of weights)^2 / sum of squared
    weights (Kish 1965).

    Parts of articles that were chosen since a dictionary found something in them (`span_units` of
    its matches) tell how precise it is, and nothing of what it misses.

    References
    ----------
    Rogan, W. J. & Gladen, B. (1978). Estimating prevalence from the results of a screening test.
    *American Journal of Epidemiology* 107(1), 71-76.
    Bachl, M. & Scharkow, M. (2017). Correcting measurement error in content analysis.
    *Communication Methods and Measures* 11(2), 87-104.
    Horvitz, D. G. & Thompson, D. J. (1952). A generalization of sampling without replacement from a
    finite universe. *Journal of the American Statistical Association* 47(260), 663-685.
    Kish, L. (1965). *Survey Sampling*. Wiley.
    Song, H. et al. (2020). In validations we trust? The impact of imperfect human annotations as a
    gold standard. *Political Communication* 37(4), 550-572.

    Examples
    --------
    >>> articles = pd.DataFrame({"article_id": [f"a{n:02d}" for n in range(40)]})
    >>> ids = articles["article_id"]
    >>> codings = pd.DataFrame({"unit_id": ids, "coder": "Ann", "variable": "race",
    ...                         "value": [1] * 20 + [0] * 20})
    >>> counts = pd.DataFrame({"article_id": ids, "race": [1] * 15 + [0] * 20 + [2] * 5})
    >>> result = validate(counts, codings, articles).loc[0]
    >>> [float(result[name]) for name in ("tp", "fp", "fn", "recall", "share", "corrected")]
    [15.0, 5.0, 5.0, 0.75, 0.5, 0.5]
    """
    units = _units(articles)
    _check(n_boot, level, at_least)
    ids = units["unit_id"].tolist()
    hand = _settled(codings, coder, variable, {str(one).strip().casefold() for one in positive})
    strange = sorted(set(hand["unit_id"]) - set(ids))
    if strange:
        more = f" and {len(strange) - 10} more" if len(strange) > 10 else ""
        are_parts = "unit_id" in articles.columns
        raise SchemaError(
            f"codings: unit_id: expected {'names' if are_parts else 'article_ids'} of the "
            f"{'units' if are_parts else 'articles'}; found {', '.join(strange[:10])}{more}"
            + ("" if are_parts else ". For parts of articles give all of them (coding_units).")
        )
    weight_of = None if sample is None else _weights(sample, sorted(set(hand["unit_id"])))
    by_name = variable in set(hand["variable"])
    machine = _machine(found, units, at_least)
    coded = set(hand["value"].dropna()) - {none} if by_name else set(hand["variable"])
    asked = sorted(coded | set(machine)) if frames is None else list(dict.fromkeys(frames))
    unknown = sorted(set(asked) - coded - set(machine))
    if unknown:
        raise ChoiceError(
            f"frames: expected frames that were coded or looked for, {', '.join(sorted(coded))}; "
            f"found {', '.join(unknown)}"
        )
    sources = [found, codings, articles, *(one for one in (coverage, sample) if one is not None)]
    if not asked:
        return carry(empty(VALIDITY), *sources)
    cluster = _clusters(units["article_id"].tolist(), coverage)
    row_of = {article_id: row for row, article_id in enumerate(ids)}
    rows = []
    for frame in asked:
        own = hand[hand["variable"] == (variable if by_name else frame)]
        decided = own.dropna(subset=["value"])
        says = decided["value"] == frame if by_name else decided["is_positive"]
        gold = np.full(len(ids), np.nan)
        gold[[row_of[one] for one in decided["unit_id"]]] = says.to_numpy(np.float64)
        has = np.zeros(len(ids), dtype=bool)
        has[[row_of[one] for one in machine.get(frame, ()) if one in row_of]] = True
        counts = _sums(gold, has, cluster)
        sums, cases = counts, _cases(counts, counts)
        if weight_of is not None:
            weight = np.array([weight_of.get(one, 0.0) for one in ids])
            sums = _sums(gold, has, cluster, weight)
            cases = _cases(sums, _sums(gold, has, cluster, weight**2))
        settings = {"n_boot": n_boot, "level": level, "seed": seed}
        grouped = len(sums) < len(units)
        rows.append(
            {
                "frame": frame,
                "undecided": len(own) - len(decided),
                **_counts(counts),
                **_scores(sums, grouped, weight_of is not None, settings),
                **_shares(sums, counts, cases, settings),
            }
        )
    return carry(conform(pd.DataFrame(rows), VALIDITY)[list(VALIDITY)], *sources)


def _units(articles: pd.DataFrame) -> pd.DataFrame:
    """Articles or their parts, each once, by names as codings have them."""
    require_columns(articles, ["article_id"], "articles")
    lacking = int(articles["article_id"].isna().sum())
    if lacking:
        raise SchemaError(f"articles: {lacking} rows without article_id")
    if "unit_id" in articles.columns:
        units = plain(check_units(articles)[list(UNITS)])
    else:
        ids = plain(articles[["article_id"]])["article_id"].astype(str)
        units = conform(pd.DataFrame({"unit_id": ids, "article_id": ids}), UNITS)
    told = pd.Series(units["article_id"].astype(str).unique(), dtype=object)
    same = told[_keys(told).duplicated(keep=False)].tolist()
    if same:
        raise SchemaError(
            "articles: article_id: expected names that differ by more than white space and "
            f"composition, which codings do not keep; found {', '.join(map(ascii, same[:10]))}"
        )
    named = {name: _keys(units[name]) for name in ("unit_id", "article_id")}
    return units.assign(**named).drop_duplicates("unit_id", ignore_index=True)


def _keys(names: pd.Series) -> pd.Series:
    """Names of units as text that is composed, as `clean_codings` has them; missing ones stay."""
    return names.astype(pandas_dtype(TEXT)).map(
        lambda name: unicodedata.normalize("NFC", name.strip()), na_action="ignore"
    )


def _weights(sample: pd.DataFrame, coded: list[str]) -> dict[str, float] | None:
    """What each hand-coded unit stands for, 1 / probability; None where all weigh the same."""
    rows = plain(require_columns(sample, ["unit_id", "probability"], "sample (from sample_units)"))
    chance = pd.to_numeric(rows["probability"], errors="coerce").astype(np.float64)
    drawn = pd.DataFrame({"unit_id": _keys(rows["unit_id"]), "chance": chance})
    drawn = drawn.dropna(subset=["unit_id"]).drop_duplicates()
    known = set(drawn["unit_id"])
    # What a file keeps of a probability can be a little more than 1.
    usable = (drawn["chance"] > 0) & (drawn["chance"] <= 1 + 1e-9)
    wrong: dict[str, list[Any]] = {
        "no number above 0 and up to 1": drawn.loc[~usable, "unit_id"].tolist(),
        "several": drawn.loc[drawn["unit_id"].duplicated(), "unit_id"].tolist(),
        "none, so that they are not of this sample": [one for one in coded if one not in known],
    }
    problems = [
        f"{what} ({', '.join(map(str, names[:10]))}"
        + (f" and {len(names) - 10} more)" if len(names) > 10 else ")")
        for what, names in wrong.items()
        if len(names)
    ]
    if problems:
        raise SchemaError(
            "sample: expected one probability of each hand-coded unit; found " + "; ".join(problems)
        )
    chances = drawn.set_index("unit_id")["chance"].loc[coded]
    if chances.empty or chances.max() - chances.min() <= 1e-9 * chances.max():
        return None
    return {str(name): 1 / value for name, value in chances.items()}


def _check(n_boot: int, level: float, at_least: int) -> None:
    if not n_boot >= 1:
        raise ValueError(f"n_boot: expected at least 1; found {n_boot}")
    if not 0 < level < 1:
        raise ValueError(f"level: expected a number between 0 and 1; found {level}")
    if not at_least >= 1:
        raise ValueError(f"at_least: expected at least 1; found {at_least}")


def _settled(
    codings: pd.DataFrame, coder: str | None, variable: str, positive: set[str]
) -> pd.DataFrame:
    """One value for each unit and variable, missing where the coders cannot be said to agree."""
    rows = clean_codings(codings)
    if coder is not None:
        known = sorted(set(rows["coder"]))
        if str(coder) not in known:
            raise ChoiceError(f"coder: expected one of {', '.join(known[:20])}; found {coder!r}")
        rows = rows[rows["coder"] == str(coder)]
    rows = rows.assign(is_positive=rows["value"].str.casefold().isin(positive))
    # Where each frame is a variable, two words for no are no disagreement.
    told = rows["value"].where(
        rows["variable"] == variable, rows["is_positive"].map({True: "1", False: "0"})
    )
    rows = rows.assign(value=told)
    key = ["variable", "unit_id"]
    counts = rows.groupby([*key, "value", "is_positive"], as_index=False).size()
    counts["of"] = counts.groupby(key)["size"].transform("sum")
    top = counts.sort_values([*key, "size"], ascending=[True, True, False]).drop_duplicates(key)
    top["value"] = top["value"].where(2 * top["size"] > top["of"])
    return top[[*key, "value", "is_positive"]].reset_index(drop=True)


def _machine(found: pd.DataFrame, units: pd.DataFrame, at_least: int) -> dict[str, set[str]]:
    """Units of each frame, from any table that says which frames articles have."""
    require_columns(found, ["article_id"], "found")
    if units["field"].notna().any():
        return _overlapping(found, units, at_least)
    ids = _keys(found["article_id"])
    if "frame" in found.columns:
        labels = (
            found["frame"]
            .astype("object")
            .map(lambda told: str(told).split(TIE) if isinstance(told, str) else [])
        )
        long = pd.DataFrame({"article_id": ids, "frame": labels}).explode("frame").dropna()
        matches = {"probability", "n_frames"}.isdisjoint(found.columns)
        if matches and at_least > 1:
            size = long.groupby(["article_id", "frame"])["frame"].transform("size")
            long = long[size >= at_least]
        named = [str(name)[2:] for name in found.columns if str(name).startswith("p_")]
        held = {str(frame): set(part) for frame, part in long.groupby("frame")["article_id"]}
        return {**{frame: set() for frame in [*_looked_for(found), *named]}, **held}
    counted = [
        name
        for name in found.columns
        if name not in _NO_FRAME and pd.api.types.is_numeric_dtype(found[name])
    ]
    if not counted:
        raise SchemaError(
            "found: expected a column frame, or one of counts for each frame (from find_frames, "
            f"score_frames, dominant_frame or score_codes); found {', '.join(map(str, found))}"
        )
    return {
        str(name): set(ids[found[name].fillna(0).to_numpy(np.float64) >= at_least])
        for name in counted
    }


def _looked_for(found: pd.DataFrame) -> list[str]:
    """Frames of the codebook by which matches were found, also those without a match."""
    return [str(frame) for frame in found.attrs.get("frames", {})]


def _overlapping(found: pd.DataFrame, units: pd.DataFrame, at_least: int) -> dict[str, set[str]]:
    """Units of each frame, from matches that share a character with them."""
    what = "found: matches with their places (from find_frames), for parts of articles"
    require_columns(found, ["article_id", "frame", "field", "start", "end"], what)
    matches = plain(found[["article_id", "frame", "field", "start", "end"]]).dropna()
    matches = matches.assign(article_id=_keys(matches["article_id"]))
    matches = matches[matches["start"] < matches["end"]]
    whole = units["field"].isna().to_numpy()
    # Texts are laid one behind another, so that one search finds the matches of all units.
    texts = pd.MultiIndex.from_frame(units.loc[~whole, ["article_id", "field"]].drop_duplicates())
    own = units[~whole]
    room = int(max(own["end"].max(), matches["end"].max() if len(matches) else 0)) + 1

    def placed(rows: pd.DataFrame, name: str) -> npt.NDArray[np.int64]:
        text = texts.get_indexer(pd.MultiIndex.from_frame(rows[["article_id", "field"]]))
        places = text * room + rows[name].to_numpy(np.int64)
        return np.asarray(places[text >= 0], dtype=np.int64)

    first, last = placed(own, "start"), placed(own, "end")
    held: dict[str, set[str]] = {frame: set() for frame in _looked_for(found)}
    for frame, part in matches.groupby("frame"):
        starts, ends = np.sort(placed(part, "start")), np.sort(placed(part, "end"))
        # What begins before the end of a unit and does not end before it begins.
        n = np.zeros(len(units), dtype=np.int64)
        n[~whole] = np.searchsorted(starts, last) - np.searchsorted(ends, first, side="right")
        n[whole] = units.loc[whole, "article_id"].map(part["article_id"].value_counts()).fillna(0)
        held[str(frame)] = set(units.loc[n >= at_least, "unit_id"])
    return held


def _clusters(ids: list[str], coverage: pd.DataFrame | None) -> npt.NDArray[np.int64]:
    """Number the cluster of stories of each unit's article; one that no story lists is its own."""
    if coverage is None:
        return np.asarray(pd.factorize(np.asarray(ids, dtype=object))[0], dtype=np.int64)
    known = story_clusters(coverage)
    listed = dict(zip(_keys(known["article_id"]), known["cluster"], strict=True))
    return np.asarray(
        pd.factorize(pd.Series([listed.get(one, f"alone {one}") for one in ids], dtype=object))[0],
        dtype=np.int64,
    )


def _sums(
    gold: Floats, has: Flags, cluster: npt.NDArray[np.int64], weight: Floats | None = None
) -> Floats:
    """Sums of each cluster: tp, fp, fn, tn, articles with the frame as found, articles.

    Only what was hand-coded, the first four, is weighted.
    """
    coded, yes = ~np.isnan(gold), gold == 1
    each = np.column_stack(
        [
            yes & has,
            coded & ~yes & has,
            yes & ~has,
            coded & ~yes & ~has,
            has,
            np.ones(len(has), dtype=bool),
        ]
    ).astype(np.float64)
    if weight is not None:
        each[:, :4] *= weight[:, None]
    sums = np.zeros((int(cluster.max(initial=-1)) + 1, each.shape[1]))
    np.add.at(sums, cluster, each)
    return sums


def _cases(sums: Floats, squares: Floats) -> tuple[float, float]:
    """Cases of equal weight that hand-coded ones with and without the frame are worth (Kish)."""
    tp, fp, fn, tn = sums[:, :4].sum(axis=0)
    tp_2, fp_2, fn_2, tn_2 = squares[:, :4].sum(axis=0)
    return (
        float((tp + fn) ** 2 / max(tp_2 + fn_2, 1e-300)),
        float((fp + tn) ** 2 / max(fp_2 + tn_2, 1e-300)),
    )


def _counts(counts: Floats) -> dict[str, int]:
    """How many units and clusters were hand-coded, and how they were coded and found."""
    return {
        "n": int(counts[:, :4].sum()),
        "n_stories": int((counts[:, :4].sum(axis=1) > 0).sum()),
        **{
            name: int(part.sum())
            for name, part in zip(("tp", "fp", "fn", "tn"), counts.T[:4], strict=True)
        },
    }


def _scores(
    sums: Floats, grouped: bool, weighted: bool, settings: dict[str, Any]
) -> dict[str, Any]:
    """Scores with their bounds, from sums of each cluster."""
    tp, fp, fn, tn = sums[:, :4].T
    result: dict[str, Any] = {}
    ratios = {
        "precision": (tp, tp + fp),
        "recall": (tp, tp + fn),
        "specificity": (tn, tn + fp),
        "f1": (2 * tp, 2 * tp + fp + fn),
    }
    reasons = []
    for name, (above, below) in ratios.items():
        total = float(below.sum())
        estimate, low, high = np.nan, np.nan, np.nan
        if total:
            estimate = float(above.sum()) / total
            if grouped or weighted or name == "f1":
                low, high, reason = _drawn_bounds(above, below, weighted, settings)
                reasons.append(reason)
            else:
                low, high = wilson(float(above.sum()), total, level=settings["level"])
        else:
            reasons.append(
                {
                    "precision": "never found among coded units, so there is no precision",
                    "recall": "no coded unit has it, so there is no recall",
                    "specificity": "all coded units have it, so there is no specificity",
                    "f1": "neither coded nor found, so there is no f1",
                }[name]
            )
        result |= {name: estimate, f"{name}_low": low, f"{name}_high": high}
    result["reason"] = "; ".join(dict.fromkeys(one for one in reasons if one))
    if not sums[:, :4].any():
        result["reason"] = "no unit was coded for it"
    return result


def _drawn_bounds(
    above: Floats, below: Floats, weighted: bool, settings: dict[str, Any]
) -> tuple[float, float, str]:
    """Bounds of a ratio of sums of clusters, which are drawn, and why there are none."""
    told = ratio_intervals(above[:, None], below[:, None], **settings).iloc[0]
    low, high, reason = float(told["low"]), float(told["high"]), str(told["reason"])
    if weighted and not reason:
        cases = below.sum() ** 2 / (below**2).sum()
        doubt = float(((1 - settings["level"]) / 2) ** (1 / cases))
        if not above.any():
            low, high = 0.0, 1 - doubt
        elif (above == below).all():
            low, high = doubt, 1.0
    return low, high, reason


def _shares(
    sums: Floats, counts: Floats, cases: tuple[float, float], settings: dict[str, Any]
) -> dict[str, Any]:
    """Share of articles as found, and corrected for misclassification.

    Sums are weighted, counts are not, and cases are those with and without the frame.
    """
    share = ratio_intervals(sums[:, 4:5], sums[:, 5:6], **settings).iloc[0]
    result: dict[str, Any] = {
        "n_units": int(sums[:, 5].sum()),
        "share": share["estimate"],
        "share_low": share["low"],
        "share_high": share["high"],
        "corrected": np.nan,
        "corrected_low": np.nan,
        "corrected_high": np.nan,
    }
    tp, fp, fn, tn = counts[:, :4].sum(axis=0)
    for n, what in ((tp + fn, "with"), (fp + tn, "without")):
        if n < MIN_CODED:
            told = f"{n:.0f} coded {'unit' if n == 1 else 'units'} {what} the frame"
            told += f"; a correction needs {MIN_CODED}"
            return {**result, "corrected_reason": told}
    estimate, informed = (float(one[0]) for one in _rogan_gladen(sums.sum(axis=0)[None]))
    if informed < MIN_INFORMED:
        told = (
            f"recall + specificity - 1 is {informed:.2f}; below {MIN_INFORMED} what is found says "
            "too little about the hand codes"
        )
        return {**result, "corrected_reason": told}
    n_clusters = int((counts[:, :4].sum(axis=1) > 0).sum())
    reason = too_few(n_clusters)
    if reason:
        return {**result, "corrected": estimate, "corrected_reason": reason}
    draws, informeds = _resampled(sums, settings["n_boot"], settings["seed"])
    tail = (1 - settings["level"]) / 2
    if np.mean(~(informeds >= MIN_INFORMED / 4)) > tail:
        told = (
            f"recall + specificity - 1 is {informed:.2f}, and could be below {MIN_INFORMED / 4} "
            "with as few coded units"
        )
        return {**result, "corrected_reason": told}
    usable = draws[informeds >= MIN_INFORMED / 4]
    low, high = (float(bound) for bound in np.quantile(usable, [tail, 1 - tail]))
    if result["n_units"] > counts[:, :4].sum():
        # A bootstrap knows no doubt about a rate of 1, so the interval reaches to what its exact
        # lower bound would give.
        reached = [_rogan_gladen(one)[0][0] for one in _doubted(sums.sum(axis=0), cases, tail)]
        low, high = min([low, *reached]), max([high, *reached])
    return {
        **result,
        "corrected": estimate,
        "corrected_low": low,
        "corrected_high": high,
        "corrected_reason": "",
    }


def _doubted(sums: Floats, cases: tuple[float, float], tail: float) -> list[Floats]:
    """Sums as they would be at the exact lower bounds of a recall and a specificity of 1."""
    tp, fp, fn, tn, has, n = sums.tolist()
    rows = []
    if fn == 0:
        bound = tail ** (1 / cases[0])
        rows.append([tp * bound, fp, tp * (1 - bound), tn, has, n])
    if fp == 0:
        bound = tail ** (1 / cases[1])
        rows.append([tp, tn * (1 - bound), fn, tn * bound, has, n])
    return [np.array([row], dtype=np.float64) for row in rows]


def _rogan_gladen(sums: Floats) -> tuple[Floats, Floats]:
    """Corrected share, and recall + specificity - 1, of rows of sums."""
    tp, fp, fn, tn, has, n = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        recall, specificity = tp / (tp + fn), tn / (tn + fp)
        informed = recall + specificity - 1
        corrected = np.clip((has / n + specificity - 1) / informed, 0, 1)
    return corrected, informed


def _resampled(sums: Floats, n_boot: int, seed: int) -> tuple[Floats, Floats]:
    """Corrected shares in resamples of clusters; equal clusters are drawn by their number."""
    kinds, often = np.unique(sums, axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // len(kinds))
    parts = []
    for first in range(0, n_boot, step):
        size = min(step, n_boot - first)
        drawn = rng.multinomial(len(sums), often / len(sums), size=size)
        parts.append(np.column_stack(_rogan_gladen(drawn @ kinds)))
    both = np.concatenate(parts)
    return both[:, 0], both[:, 1]
