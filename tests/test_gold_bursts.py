"""Gaps, peaks and bursts where the public record says what happened when."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from coverage_research.bursts import find_bursts
from coverage_research.collection_gaps import find_gaps
from coverage_research.statistics import wilson
from coverage_research.volume import volume

DAY = pd.Timedelta("1D")
WINDOW = 14

#: Topics of the AllSides articles, and the day of a public event that could dominate each. Days
#: were written down before any count over time was looked at, and have not been changed since.
EVENTS = {
    "coronavirus": "2020-03-11",  # WHO: a pandemic
    "federal_budget": "2013-10-01",  # shutdown
    "fiscal_cliff": "2013-01-01",  # deadline
    "great_britain": "2016-06-23",  # referendum
    "impeachment": "2019-12-18",  # vote of the House
    "lgbt_rights": "2015-06-26",  # Obergefell
    "north_korea": "2018-06-12",  # summit in Singapore
    "nsa": "2013-06-05",  # first of Snowden's documents
    "race_and_racism": "2020-05-25",  # death of George Floyd
    "supreme_court": "2018-09-27",  # hearing of Kavanaugh
}


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


@functools.cache
def headlines(datasets: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Articles of the archive, those that match each event, and the events."""
    folder = datasets / "headlines_2022"
    table = pd.read_csv(folder / "headlines_dev.csv.gz")
    articles = pd.DataFrame(
        {
            "article_id": table.index.astype("str"),
            "outlet": table["domain"],
            "published_at": pd.to_datetime(table["published_utc"], utc=True),
            "published_precision": "minute",
        }
    )
    events = pd.read_csv(folder / "timeline_oracle_dev.csv")
    matches = pd.concat(
        articles.loc[table["title"].str.contains(pattern, regex=True), ["article_id"]].assign(
            event=event
        )
        for event, pattern in zip(events["event"], events["title_regex"], strict=True)
    )
    return articles, matches, events


@functools.cache
def found_events(datasets: Path) -> pd.DataFrame:
    """Peak, first day above two standard deviations, and bursts of each event of the archive."""
    articles, matches, events = headlines(datasets)
    gaps = find_gaps(articles)
    counted = volume(articles, matches=matches, by="event", gaps=gaps)
    bursts = {
        variant: find_bursts(articles, matches=matches, by="event", variant=variant, gaps=gaps)
        for variant in ("binomial", "continuous")
    }
    rows = []
    for event, date in zip(events["event"], events["event_date"], strict=True):
        part = counted[counted["event"].eq(event) & counted["n"].notna()]
        n = part["n"].astype("float64")
        high = part.loc[(n - n.mean()) / n.std(ddof=0) > 2, "period"]
        row = {
            "event": event,
            "date": day(date),
            "n": int(n.sum()),
            "peak": part.loc[n.idxmax(), "period"],
            "rise": high.iloc[0],
        }
        for variant, table in bursts.items():
            own = table[table["event"].eq(event) & table["level"].eq(1)]
            row |= {
                f"{variant}_start": own["start"].min(),
                f"{variant}_end": own["end"].max(),
                f"{variant}_n": len(own),
            }
        rows.append(row)
    return pd.DataFrame(rows)


@functools.cache
def found_topics(datasets: Path) -> pd.DataFrame:
    """Busiest window and weightiest burst of each topic of the AllSides articles."""
    meta = pd.read_parquet(datasets / "allsides" / "meta_dev.parquet")
    articles = pd.DataFrame(
        {
            "article_id": meta["doc_id"],
            "topic": meta["topic"],
            "published_at": pd.to_datetime(meta["date"], utc=True),
            "published_precision": "day",
        }
    )
    gaps = find_gaps(articles)
    listed = articles[articles["topic"].isin(list(EVENTS))]
    matches = listed[["article_id", "topic"]]
    rest = articles.drop(columns="topic")
    counted = volume(rest, matches=matches, by="topic", rolling=WINDOW, gaps=gaps)
    bursts = find_bursts(
        rest, matches=matches, by="topic", variant="binomial", period="W-MON", gaps=gaps
    )
    rows = []
    for topic, date in EVENTS.items():
        part = counted[counted["topic"].eq(topic)]
        last = part.loc[part["rolling"].idxmax(), "period"]
        own = bursts[bursts["topic"].eq(topic)]
        heaviest = own.loc[own["weight"].idxmax()]
        rows.append(
            {
                "topic": topic,
                "date": day(date),
                "n": int(part["n"].sum()),
                "busiest": last - (WINDOW - 1) * DAY,
                "in_busiest": round(float(part["rolling"].max()) * WINDOW),
                "start": heaviest["start"],
                "end": heaviest["end"],
                "rate": heaviest["rate"],
                "whole": part["period_end"].max() - part["period"].min(),
            }
        )
    return pd.DataFrame(rows)


def near(start: pd.Series, end: pd.Series, date: pd.Series) -> pd.Series:
    """Whether each event lies in the interval or within 14 days of it."""
    return (start - WINDOW * DAY <= date) & (date < end + WINDOW * DAY)


def later(found: pd.Timestamp, date: pd.Timestamp) -> str:
    return f"{(found.normalize() - date) // DAY:+d}"


def headlines_table(datasets: Path) -> str:
    lines = [
        "| headlines 2021-22 | n | day of the event | peak, days after | first day above 2 sd | binomial bursts | first begins | continuous bursts | first begins |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in found_events(datasets).to_dict("records"):
        cells = [row["event"], row["n"], f"{row['date']:%Y-%m-%d}"]
        cells += [later(row[name], row["date"]) for name in ("peak", "rise")]
        for variant in ("binomial", "continuous"):
            start = row[f"{variant}_start"]
            cells.append(row[f"{variant}_n"])
            cells.append("none" if pd.isna(start) else later(start, row["date"]))
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def gaps_table(datasets: Path) -> str:
    """Gaps of both collections, with what should have come."""
    lines = [
        "| collection | last before | first after | days | articles expected |",
        "| --- | --- | --- | ---: | ---: |",
    ]
    meta = pd.read_parquet(datasets / "allsides" / "meta_dev.parquet")
    allsides = pd.DataFrame(
        {
            "article_id": meta["doc_id"],
            "published_at": pd.to_datetime(meta["date"], utc=True),
            "published_precision": "day",
        }
    )
    collections = {"headlines 2021-22": headlines(datasets)[0], "AllSides": allsides}
    for name, articles in collections.items():
        for gap in find_gaps(articles).to_dict("records"):
            # The end of a day without a time is the midnight after it.
            before = gap["start"] - pd.Timedelta("1us")
            days, expected = gap["hours"] / 24, gap["expected"]
            lines.append(
                f"| {name} | {before:%Y-%m-%d} | {gap['end']:%Y-%m-%d} | {days:.1f} | "
                f"{expected:,.0f} |"
            )
    return "\n".join(lines)


def topics_table(datasets: Path) -> str:
    found = found_topics(datasets)
    lines = [
        "| AllSides topic | n | day of the event | busiest 14 days from | articles in them | weightiest burst | times the usual |",
        "| --- | ---: | --- | --- | ---: | --- | ---: |",
    ]
    lines += [
        f"| {row['topic']} | {row['n']} | {row['date']:%Y-%m-%d} | {row['busiest']:%Y-%m-%d} | "
        f"{row['in_busiest']} | {row['start']:%Y-%m-%d} to {row['end'] - DAY:%Y-%m-%d} | "
        f"{row['rate']:.1f} |"
        for row in found.to_dict("records")
    ]
    chance = chances_of(found)
    for name, hits in hits_of(found).items():
        low, high = wilson(int(hits.sum()), len(hits))
        lines.append(
            f"| {name}: {int(hits.sum())} of {len(hits)} ({low:.2f} to {high:.2f}); "
            f"by chance {chance[name]:.1f} | | | | | | |"
        )
    return "\n".join(lines)


def hits_of(found: pd.DataFrame) -> dict[str, pd.Series]:
    """Which busiest windows and which bursts lie within 14 days of the event."""
    return {
        "busiest 14 days near the event": near(
            found["busiest"], found["busiest"] + WINDOW * DAY, found["date"]
        ),
        "weightiest burst near the event": near(found["start"], found["end"], found["date"]),
    }


def chances_of(found: pd.DataFrame) -> dict[str, float]:
    """How many would lie near a day drawn from the whole time: long bursts are easy to hit."""
    whole = found["whole"]
    reach = {
        "busiest 14 days near the event": pd.Series(3 * WINDOW * DAY, found.index),
        "weightiest burst near the event": found["end"] - found["start"] + 2 * WINDOW * DAY,
    }
    return {name: float((length / whole).clip(upper=1).sum()) for name, length in reach.items()}


TABLES: dict[str, Callable[[Path], str]] = {
    "Headlines 2021-22, bursts": headlines_table,
    "Headlines 2021-22 and AllSides, gaps": gaps_table,
    "AllSides, topic windows": topics_table,
}


def test_near_by_hand():
    start = pd.Series([day("2030-01-15")] * 4)
    dates = pd.Series([day(d) for d in ("2029-12-31", "2030-01-01", "2030-02-11", "2030-02-12")])
    assert near(start, start + 14 * DAY, dates).tolist() == [False, True, True, False]


def test_the_gap_of_38_days_is_found_and_nothing_else(datasets: Path) -> None:
    """Half a day of 29 December was collected, so it is two."""
    articles, _, _ = headlines(datasets)
    gaps = find_gaps(articles)
    assert gaps["start"].dt.strftime("%m-%d").tolist() == ["12-07", "12-29"]
    assert gaps["end"].dt.strftime("%m-%d").tolist() == ["12-29", "01-16"]
    days = volume(articles)
    assert days["state"].eq("gap").sum() == 38
    assert days.loc[days["state"].eq("partial"), "n"].notna().all()
    # Nights are quiet for up to four hours and are no gaps, whatever length is asked for.
    assert len(find_gaps(articles, min_hours=0)) == 2


def test_each_half_of_the_archive_is_whole(datasets: Path) -> None:
    articles, _, _ = headlines(datasets)
    for half in (
        articles[articles["published_at"] < day("2021-12-07")],
        articles[articles["published_at"] > day("2022-01-15")],
    ):
        assert find_gaps(half, min_hours=0).empty


def test_events_of_the_headlines(datasets: Path) -> None:
    found = found_events(datasets).set_index("event")
    after = (found["peak"] - found["date"]) // DAY
    assert after.between(0, 3).all()
    rise = (found["rise"] - found["date"]) // DAY
    assert rise.between(0, 2).all()
    begins = (found["binomial_start"].dt.normalize() - found["date"]) // DAY
    assert begins[["omicron", "waukesha"]].tolist() == [0, 0]
    assert found.loc["omicron", "continuous_start"].normalize() == found.loc["omicron", "date"]


def test_topics_peak_near_their_event_more_often_than_by_chance(datasets: Path) -> None:
    """Far from all do, and still many more than by chance."""
    found = found_topics(datasets)
    hits, chance = hits_of(found), chances_of(found)
    assert hits["busiest 14 days near the event"].sum() >= 3
    assert hits["weightiest burst near the event"].sum() >= 7
    assert chance["busiest 14 days near the event"] < 0.5
    assert chance["weightiest burst near the event"] < 2
