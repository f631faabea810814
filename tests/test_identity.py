from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research import identity
from coverage_research.identity import (
    article_id,
    canonical_url,
    host_of,
    known_outlets,
    registered_domain,
    url_date,
)

CASES = [
    ("https://www.wired.com/story/light-chip/", "wired.com/story/light-chip"),
    ("http://wired.com/story/light-chip", "wired.com/story/light-chip"),
    ("HTTPS://WWW.Wired.com/story/light-chip", "wired.com/story/light-chip"),
    ("https://www.wired.com:443/story/light-chip", "wired.com/story/light-chip"),
    ("//www.wired.com/story/light-chip", "wired.com/story/light-chip"),
    ("www.wired.com/story/light-chip", "wired.com/story/light-chip"),
    ("https://www.wired.com/story/light-chip#comments", "wired.com/story/light-chip"),
    ("https://www.wired.com/story/light-chip/amp", "wired.com/story/light-chip"),
    ("https://www.wired.com/story/light-chip/amp/", "wired.com/story/light-chip"),
    ("https://www.wired.com/story/light-chip?amp=1", "wired.com/story/light-chip"),
    ("https://www.wired.com/story/light-chip.amp", "wired.com/story/light-chip"),
    ("https://www.wired.com/story/light-chip.amp.html", "wired.com/story/light-chip.html"),
    ("https://amp.wired.com/story/light-chip", "wired.com/story/light-chip"),
    ("https://www.wired.com/amp/story/light-chip", "wired.com/story/light-chip"),
    ("https://www.cnet.com/google-amp/news/drone/", "cnet.com/news/drone"),
    (
        "https://www-cnet-com.cdn.ampproject.org/c/s/www.cnet.com/google-amp/news/drone/",
        "cnet.com/news/drone",
    ),
    (
        "https://wired-com.cdn.ampproject.org/v/s/wired.com/story/a/amp?usqp=mq331",
        "wired.com/story/a",
    ),
    (
        "https://www.google.com/amp/s/amp.guardian.example/tech/2021/a",
        "guardian.example/tech/2021/a",
    ),
    ("https://a.example/x?utm_source=feed&utm_medium=rss&fbclid=abc", "a.example/x"),
    ("https://a.example/x?id=7&utm_source=feed", "a.example/x?id=7"),
    ("https://a.example/x?b=2&a=1", "a.example/x?a=1&b=2"),
    ("https://a.example/X/Y", "a.example/X/Y"),
    ("https://a.example", "a.example"),
    ("https://a.example/camp/lamp", "a.example/camp/lamp"),
    ("https://a.example/amp", "a.example/amp"),
    ("https://reader@a.example/x", "a.example/x"),
    ("https://a.example./x", "a.example/x"),
    ("  https://a.example/x ", "a.example/x"),
    ("https://a.example/d\u00e9j\u00e0", "a.example/d\u00e9j\u00e0"),
]


@pytest.mark.parametrize(("url", "expected"), CASES)
def test_forms_of_an_address_are_one(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@pytest.mark.parametrize(("url", "expected"), CASES)
def test_a_canonical_address_is_its_own_canonical_form(url: str, expected: str) -> None:
    assert canonical_url(expected) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "no address",
        "javascript:alert(1)",
        "mailto:desk@a.example",
        "data:text/html,x",
        "ftp://a.example/x",
        "file:///etc/passwd",
        "http://[::1",
        "http://localhost/x",
        "http://a..example/x",
        "https://a.example/<script>",
        'https://a.example/"x',
        "https://a.example/a b",
        "https://a.example/a\nb",
        "https:///x",
    ],
)
def test_what_is_no_web_address(url: str) -> None:
    assert canonical_url(url) is None
    assert host_of(url) is None


def test_different_articles_stay_apart() -> None:
    urls = ["a.example/x?id=1", "a.example/x?id=2", "b.example/x", "a.example/X", "a.example/x/2"]
    assert len({canonical_url(f"https://{url}") for url in urls}) == len(urls)


@given(st.text())
def test_no_text_breaks_the_canonical_form(text: str) -> None:
    first = canonical_url(text)
    if first is not None:
        assert canonical_url(first) == first


@given(
    host=st.from_regex(r"(www\.)?[a-z]{1,8}(\.[a-z]{2,5}){1,2}", fullmatch=True),
    path=st.from_regex(r"(/[a-z0-9._~-]{0,9}){0,4}", fullmatch=True),
)
def test_the_short_way_equals_the_long_way(host: str, path: str) -> None:
    url = f"https://{host}{path}"
    assert canonical_url(url) == identity._canonical(url)


def test_the_identifier_is_known_beforehand() -> None:
    # A change here gives every article of every user another identifier.
    assert article_id("wired.com/story/light-chip") == "1610e1356fb705c6"


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("markets.businessinsider.com", "businessinsider.com"),
        ("www.thesun.co.uk", "thesun.co.uk"),
        ("apicms.thestar.com.my", "thestar.com.my"),
        ("m.halden.example", "halden.example"),
        ("halden.example", "halden.example"),
        ("127.0.0.1", "127.0.0.1"),
        ("WSJ.com.", "wsj.com"),
    ],
)
def test_registered_domain(host: str, domain: str) -> None:
    assert registered_domain(host) == domain


@pytest.mark.parametrize("host", ["wsj.com", "halden.example", "co.uk", "scmp.com", "github.io"])
def test_two_labels_are_what_the_list_says(host: str) -> None:
    parts = identity._extractor()(host)
    listed = f"{parts.domain}.{parts.suffix}" if parts.domain and parts.suffix else None
    assert registered_domain(host) == (listed or host)


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://m.example/2023/05/10/business/x", date(2023, 5, 10)),
        ("https://m.example/press/2018-11-28/x", date(2018, 11, 28)),
        ("https://m.example/tech/2021/may/4/x", date(2021, 5, 4)),
        ("https://m.example/2021/3/9", date(2021, 3, 9)),
        ("https://m.example/page/202305/1290343.shtml", None),
        ("https://m.example/2023/02/31/x", None),
        ("https://m.example/1234/05/10/x", None),
        ("https://m.example/x", None),
    ],
)
def test_day_named_in_an_address(url: str, day: date | None) -> None:
    assert url_date(url) == day


def test_the_outlets_file_is_sound() -> None:
    outlets = known_outlets()
    assert outlets["scmp.com"].name == "South China Morning Post"
    assert "manilatimes" in outlets["manilatimes.net"].aliases
    for domain, entry in outlets.items():
        assert registered_domain(domain) == domain, domain
        assert entry.name
        assert entry.name not in entry.aliases
        assert len(set(entry.aliases)) == len(entry.aliases)
    names = [entry.name for entry in outlets.values()]
    assert len(set(names)) == len(names)
