import itertools

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.outlet_names import ORDINARY, Names, flat, is_ordinary, known_names
from coverage_research.schema import SchemaError


def found(text, names=None):
    names = names or known_names()
    return [(text[start:end], name.outlets[0]) for start, end, name in names.find(text)]


def test_names_aliases_and_domains_are_found():
    assert found("Reuters, the Wall Street Journal and bbc.co.uk") == [
        ("Reuters", "reuters.com"),
        ("Wall Street Journal", "wsj.com"),
        ("bbc.co.uk", "bbc.co.uk"),
    ]


def test_names_are_whole_words_with_a_capital():
    assert found("Reutersian reuters AP ap xAP AP1 reuters.com/a") == [
        ("AP", "apnews.com"),
        ("reuters.com", "reuters.com"),
    ]
    assert found("\u0130stanbul: Reuters") == [("Reuters", "reuters.com")]


def test_the_longest_name_is_taken():
    assert found("MIT Technology Review") == [("MIT Technology Review", "technologyreview.com")]


def test_outlets_that_are_given_come_first():
    outlets = pd.DataFrame(
        {"outlet": ["fab.example"], "outlet_name": ["Xinhua"], "aliases": ["Fab | FW"]}
    )
    names = Names(outlets)
    assert found("Xinhua and FW, not fw", names) == [
        ("Xinhua", "fab.example"),
        ("FW", "fab.example"),
    ]
    assert names.own == {"fab.example"}
    assert found("Xinhua") == [("Xinhua", "news.cn")]
    with pytest.raises(SchemaError, match="missing aliases"):
        Names(outlets.drop(columns="aliases"))


def test_ordinary_names():
    assert is_ordinary("Wired")
    assert not is_ordinary("Reuters")
    assert all(name == flat(name) for name in ORDINARY)


@given(st.text())
def test_flat_keeps_every_place(text):
    assert len(flat(text)) == len(text)


@given(st.lists(st.sampled_from(["Reuters", "the", "BBC News", "AP", ".", "-", "Sun"])))
def test_spans_do_not_overlap(words):
    spans = [(start, end) for start, end, _ in known_names().find(" ".join(words))]
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))
