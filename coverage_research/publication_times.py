"""Times of publication: the articles that have one, time zones, hours of the day and weekdays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from coverage_research.schema import (
    COUNT,
    REAL,
    TEXT,
    TIME,
    WHOLE,
    ChoiceError,
    SchemaError,
    carry,
    conform,
    empty,
    groups_by,
    plain,
    require_columns,
)
from coverage_research.timeline import outlet_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_NEEDED: Final = ("article_id", "published_at", "published_precision")

#: Length of the night by which a time zone is guessed, its usual beginning, and articles needed.
_NIGHT: Final = 8
_NIGHT_FROM: Final = 23
_ENOUGH_TO_GUESS: Final = 100

_PATTERN: Final = {
    "clock": TEXT,
    "timezone": TEXT,
    "basis": TEXT,
    "unit": TEXT,
    "value": COUNT,
    "n": COUNT,
    "of": COUNT,
    "share": REAL,
    "n_day_only": WHOLE,
}


def publishing_hours(
    articles: pd.DataFrame,
    *,
    by: str = "outlet",
    zones: Mapping[str, str] | None = None,
    guess: bool = False,
) -> pd.DataFrame:
    """Count the articles of each outlet by hour of the day and by weekday.

    Only stamps to the minute count. An article with only a day is counted apart, by the weekday of
    its date, and never by hour.

    Parameters
    ----------
    articles : DataFrame
        With article_id, published_at, published_precision and the column `by`.
    by : str
        What to count apart.
    zones : mapping of str to str, optional
        IANA time zone of a group; those named get their local hours besides UTC.
    guess : bool
        Guess the zone of other groups: their quietest 8 hours are taken for 23:00 to 07:00. A guess
        needs 100 articles and a night with less than half of what it would have were all hours
        alike. It is an offset of whole hours without summer time and can be off by some hours.

    Returns
    -------
    DataFrame, one row per group, clock, unit and value, zeros included: `by`, outlet_name (if `by`
    is outlet), clock (`utc` or `local`), timezone, basis (`utc`, `given` or `guessed`), unit
    (`hour` or `weekday`), value (0 to 23, or 0 for Monday to 6), n (articles stamped to the
    minute), of (all such articles of the group), share (n / of) and n_day_only (articles with only
    a day, by weekday; missing for hours).

    Raises
    ------
    SchemaError
        If columns are missing.
    ChoiceError
        If a zone does not exist, or `by` is a column of the result.

    References
    ----------
    Dodds, P. S. et al. (2011). Temporal patterns of happiness and information in a global social
    network. *PLoS ONE* 6(12), e26752 (hour of the day and day of the week as marginal counts).

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "b"],
    ...         "outlet": "one.example",
    ...         "published_at": pd.to_datetime(["2030-01-01 22:10", "2030-01-02 22:50"], utc=True),
    ...         "published_precision": "minute",
    ...     }
    ... )
    >>> found = publishing_hours(articles, zones={"one.example": "Asia/Tokyo"})
    >>> found.loc[found["n"] > 1, ["clock", "unit", "value", "n"]].values.tolist()
    [['utc', 'hour', 22, 2], ['local', 'hour', 7, 2]]
    """
    (by,) = groups_by([by], _PATTERN)
    given: dict[Any, str] = {key: zone_name(zone) for key, zone in (zones or {}).items()}
    dated = dated_articles(articles, [by])
    schema = {by: TEXT, **({"outlet_name": TEXT} if by == "outlet" else {}), **_PATTERN}
    dated = dated[dated[by].notna()]
    exact = dated["published_precision"].eq("minute")
    parts: list[pd.DataFrame] = []
    for group, rows in dated.groupby(by, sort=True, observed=True):
        stamps = rows.loc[exact[rows.index], "published_at"]
        days = rows.loc[~exact[rows.index], "published_at"].dt.day_of_week
        clocks = [("utc", "UTC", "utc")]
        if group in given:
            clocks.append(("local", given[group], "given"))
        elif guess and (guessed := _guessed_zone(stamps)):
            clocks.append(("local", guessed, "guessed"))
        for clock, zone, basis in clocks:
            local = stamps.dt.tz_convert(zone)
            for unit, values, size in (
                ("hour", local.dt.hour, 24),
                ("weekday", local.dt.day_of_week, 7),
            ):
                part = pd.DataFrame({"value": range(size)})
                part["n"] = np.bincount(values, minlength=size)
                apart = np.bincount(days, minlength=size)
                part["n_day_only"] = pd.array(apart, "Int64") if unit == "weekday" else pd.NA
                part[[by, "clock", "timezone", "basis", "unit"]] = [group, clock, zone, basis, unit]
                part["of"] = len(stamps)
                parts.append(part)
    if not parts:
        return carry(empty(schema), articles)
    result = pd.concat([part.astype({"n_day_only": "Int64"}) for part in parts], ignore_index=True)
    result["share"] = (result["n"] / result["of"]).where(result["of"] > 0)
    if by == "outlet":
        result["outlet_name"] = result[by].map(outlet_names(plain(articles)))
    return carry(conform(result, schema), articles)


def dated_articles(
    articles: pd.DataFrame, by: Sequence[str] = (), matches: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Give the articles that have a time, each once, with the columns of `by` that they hold.

    Parameters
    ----------
    articles : DataFrame
        With article_id, published_at and published_precision.
    by : sequence of str
        Names of groups, each a column of `articles` or of `matches`.
    matches : DataFrame, optional
        Evidence with article_id.

    Raises
    ------
    SchemaError
        If columns are missing, or times are none.

    Examples
    --------
    >>> articles = pd.DataFrame(
    ...     {
    ...         "article_id": ["a", "a", "b"],
    ...         "published_at": pd.to_datetime(["2030-01-01", "2030-01-01", None], utc=True),
    ...         "published_precision": ["day", "day", "unknown"],
    ...     }
    ... )
    >>> len(dated_articles(articles))
    1
    """
    if matches is not None:
        require_columns(matches, ["article_id"], "matches")
        lacking = [name for name in by if name not in articles.columns]
        if any(name not in matches.columns for name in lacking):
            require_columns(matches, ["article_id", *lacking], "matches")
        own = [name for name in by if name in articles.columns]
    else:
        own = list(by)
    require_columns(articles, [*_NEEDED, *own], "articles")
    if not isinstance(articles["published_at"].dtype, pd.DatetimeTZDtype):
        raise SchemaError(
            "articles: published_at: expected times with a zone; found "
            f"{articles['published_at'].dtype}. Use pd.to_datetime(..., utc=True)."
        )
    columns = list(dict.fromkeys([*_NEEDED, *own]))
    rows = plain(articles.loc[articles["published_at"].notna(), columns])
    rows = rows.drop_duplicates("article_id").reset_index(drop=True)
    return rows.assign(published_at=rows["published_at"].astype(TIME))


def without_future(articles: pd.DataFrame, *, now: pd.Timestamp | None = None) -> pd.DataFrame:
    """Leave out articles that are stamped later than tomorrow: a wrong year stretches every axis.

    Parameters
    ----------
    articles : DataFrame
        With published_at; articles without a time are kept.
    now : Timestamp, optional
        The present, with a zone; that of the clock unless given.

    Returns
    -------
    DataFrame, the other articles. ``attrs["n_future"]`` is the number of distinct articles (of rows
    where there is no article_id) that are left out.

    Raises
    ------
    SchemaError
        If published_at is missing.

    Examples
    --------
    >>> stamps = pd.to_datetime(["2030-01-02 09:00", "2034-01-02 09:00", None], utc=True)
    >>> articles = pd.DataFrame({"article_id": ["a", "b", "c"], "published_at": stamps})
    >>> kept = without_future(articles, now=pd.Timestamp("2030-01-02", tz="UTC"))
    >>> kept["article_id"].tolist(), kept.attrs["n_future"]
    (['a', 'c'], 1)
    """
    require_columns(articles, ["published_at"], "articles")
    late = after_tomorrow(articles["published_at"], now=now)
    kept = articles[~late].copy()
    named = "article_id" in articles.columns
    kept.attrs["n_future"] = (
        articles.loc[late, "article_id"].nunique() if named else int(late.sum())
    )
    return carry(kept, articles)


def after_tomorrow(times: pd.Series, *, now: pd.Timestamp | None = None) -> pd.Series:
    """Whether times lie later than tomorrow in UTC; False where there is none.

    Examples
    --------
    >>> now = pd.Timestamp("2030-01-01 12:00", tz="UTC")
    >>> times = pd.to_datetime(["2030-01-02 23:59", "2030-01-03 00:00"], utc=True)
    >>> after_tomorrow(pd.Series(times), now=now).tolist()
    [False, True]
    """
    present = pd.Timestamp.now("UTC") if now is None else now.tz_convert("UTC")
    late: pd.Series = times.ge(present.normalize() + pd.Timedelta(days=2)).fillna(value=False)
    return late.astype(bool)


def zone_name(name: str) -> str:
    """The name of a time zone, if there is such a zone."""
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    # Names of folders and hostile ones raise whatever the file system does.
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise ChoiceError(
            f"timezone: expected an IANA name such as 'Asia/Tokyo'; found {name!r}"
        ) from error
    return name


def _guessed_zone(stamps: pd.Series) -> str:
    """Zone that puts the quietest hours into the night; empty if there is no clear night."""
    if len(stamps) < _ENOUGH_TO_GUESS:
        return ""
    counted = np.bincount(stamps.dt.hour, minlength=24)
    nights = np.array([np.roll(counted, -start)[:_NIGHT].sum() for start in range(24)])
    if nights.min() >= len(stamps) * _NIGHT / 24 / 2:
        return ""
    # Of several equally quiet nights the middle one, on the circle of hours.
    angles = np.flatnonzero(nights == nights.min()) * (2 * np.pi / 24)
    middle = np.angle(np.exp(1j * angles).sum()) / (2 * np.pi / 24)
    ahead = round(float(_NIGHT_FROM - middle)) % 24
    ahead -= 24 if ahead > 12 else 0
    # The names of these zones count westwards.
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
