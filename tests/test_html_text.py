"""Text of articles as HTML: shown letter by letter, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from harmless import EVIL, Seen, check_harmless
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.html_text import as_html, as_link, plain_line


def test_a_hostile_text_is_shown_as_it_is() -> None:
    seen = check_harmless(as_html(EVIL))
    shown = EVIL.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    assert seen.text == shown.replace("\u202e", "\N{REPLACEMENT CHARACTER}")
    assert seen.tags[0] == "bdi"
    assert as_html(None) == as_html(np.nan) == '<bdi dir="auto"></bdi>'
    assert as_html("\ud800") == '<bdi dir="auto">\N{REPLACEMENT CHARACTER}</bdi>'


@given(st.text(), st.text())
def test_any_text_and_address_are_harmless(text: str, url: str) -> None:
    check_harmless(as_html(text))
    check_harmless(as_link(url, text))
    check_harmless(as_link("https://a.test/" + url, text))
    assert "\n" not in plain_line(text)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        " https://a.test",
        "https://a.test/a b",
        "data:text/html,<script>",
        "vbscript:x",
        "//a.test",
        "a.test",
        "https:",
        "https://[",
        "file:///etc/passwd",
        None,
        np.nan,
        3,
    ],
)
def test_no_link_but_to_the_web(url: Any) -> None:
    assert Seen(as_link(url, "Chips")).tags == ["bdi"]


def test_a_link_cannot_leave_its_attribute() -> None:
    seen = check_harmless(as_link("https://a.test/\"onclick='x'>$<b>", EVIL))
    assert dict(seen.attributes) == {
        "href": "https://a.test/\"onclick='x'>%24<b>",
        "target": "_blank",
        "rel": "noopener noreferrer",
        "style": "text-decoration:underline",
        "dir": "auto",
    }


def test_a_line_of_a_list() -> None:
    assert plain_line("a\r\n\u2028\u202eb\u200b\x1b[31m  c") == "a b [31m c"
    assert plain_line("x" * 100, 10) == "xxxxxxx..."
    assert plain_line(None) == plain_line(pd.NA) == ""
    assert plain_line("$5 <b>") == "$5 <b>"


def test_a_cut_is_said_and_lines_stay_lines() -> None:
    assert Seen(as_html("a\r\nb\tc")).text == "a\nb\tc"
    assert Seen(as_html("abcdef", most=4)).text == "abcd ... [cut]"
    assert Seen(as_html("abcd", most=4)).text == "abcd"
    assert Seen(as_html(3.5)).text == "3.5"
