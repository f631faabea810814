import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.credits import CREDITS, find_credits
from coverage_research.schema import SchemaError, pandas_dtype


def credited(text, outlet="own.com", outlets=None):
    articles = pd.DataFrame({"article_id": ["a"], "outlet": [outlet], "title": [text]})
    found = find_credits(articles, outlets)
    for row in found.itertuples():
        assert text[row.start : row.end] == row.match
    return list(zip(found["credited"], found["cue"], found["match"], strict=True))


@pytest.mark.parametrize(
    ("text", "outlet", "cue", "match"),
    [
        (
            "Fab stops, according to Reuters.",
            "reuters.com",
            "according to X",
            "according to Reuters",
        ),
        (
            "According to a report from the Washington Post,",
            "washingtonpost.com",
            "according to X",
            "According to a report from the Washington Post",
        ),
        (
            "according to Monday's report in The Financial Times",
            "ft.com",
            "according to X",
            "according to Monday's report in The Financial Times",
        ),
        ("Bloomberg reported that chips", "bloomberg.com", "X reported", "Bloomberg reported"),
        (
            "Nikkei Asia has also revealed",
            "nikkei.com",
            "X reported",
            "Nikkei Asia has also revealed",
        ),
        (
            "Bloomberg's Jane Roe reported it",
            "bloomberg.com",
            "X reported",
            "Bloomberg's Jane Roe reported",
        ),
        ("Axios says no", "axios.com", "X reported", "Axios says"),
        ("Fab stops, reported CNBC.", "cnbc.com", "reported X", "reported CNBC"),
        ("as first reported by TechCrunch", "techcrunch.com", "reported by X", None),
        ("a memo seen by the South China Morning Post", "scmp.com", "reported by X", None),
        ("as seen in Forbes", "forbes.com", "reported by X", "as seen in Forbes"),
        ("the chief told Reuters Monday", "reuters.com", "told X", "told Reuters"),
        ("in an interview with CNBC's host", "cnbc.com", "interview with X", "interview with CNBC"),
        ("(via The Verge)", "theverge.com", "via X", "via The Verge"),
        ("Source: Engadget", "engadget.com", "via X", "Source: Engadget"),
        ("it said, citing Yonhap", "yna.co.kr", "citing X", "citing Yonhap"),
        ("Fab delayed, Nikkei report: sources", "nikkei.com", "X report", "Nikkei report"),
        ("a new Reuters report says", "reuters.com", "X report", "Reuters report"),
        ("a story by Ars Technica", "arstechnica.com", "report from X", None),
        ("ACCORDING TO REUTERS", "reuters.com", "according to X", "ACCORDING TO REUTERS"),
        ("according to The Information, it", "theinformation.com", "according to X", None),
        ("Fab opens, wrote Wired.", "wired.com", "reported X", "wrote Wired"),
        ("techcrunch.com reported it", "techcrunch.com", "X reported", "techcrunch.com reported"),
    ],
)
def test_forms_of_credit(text, outlet, cue, match):
    found = credited(text)
    assert [(row[0], row[1]) for row in found] == [(outlet, cue)]
    if match:
        assert found[0][2] == match


@pytest.mark.parametrize(
    "text",
    [
        "Reuters moved to a new office",  # no cue
        "according to the information given",  # no name
        "Sun said his team was tired",  # a person
        "the sun reported nothing",
        "The Baltimore Sun reported a fire",  # another name
        "Wired networks said little",
        "told Fortune Brands to stop",
        "Economist Says Ban Fails",
        "a dog, via AP Photo",
        "executives reported Bloomberg terminals missing",
        "the map reported nothing to ap",
        "the ap reported",
        "Reutersian reported it",
        "Time will tell, says the team",
        "according to people who know Reuters well",
        "",
    ],
)
def test_what_is_no_credit(text):
    assert credited(text) == []


def test_an_outlet_does_not_credit_itself():
    assert credited("according to Reuters", outlet="reuters.com") == []
    # The name stands for both domains, so for the own one too.
    assert credited("BBC reported it", outlet="bbc.co.uk") == []
    assert credited("BBC reported it")[0][0] == "bbc.com"


def test_names_that_many_papers_share_need_one_in_the_corpus():
    outlets = pd.DataFrame(
        {"outlet": ["thesun.co.uk"], "outlet_name": ["The Sun"], "aliases": ["Sun"]}
    )
    assert credited("The Sun reported a fire") == []
    found = credited("The Sun reported a fire", outlets=outlets)
    assert found == [("thesun.co.uk", "X reported", "Sun reported")]
    assert credited("The Baltimore Sun reported", outlets=outlets) == []
    assert credited("Sun said he was tired", outlets=outlets) == []
    assert credited("according to The Times", outlets=outlets) == []


def test_the_longest_name_wins():
    assert [row[0] for row in credited("according to the New York Times")] == ["nytimes.com"]
    assert [row[0] for row in credited("MIT Technology Review reported")] == [
        "technologyreview.com"
    ]


def test_a_second_name_shares_the_cue():
    found = credited("as reported by Reuters, Bloomberg and the Financial Times")
    assert [row[0] for row in found] == ["reuters.com", "bloomberg.com", "ft.com"]
    assert {row[1] for row in found} == {"reported by X"}
    assert credited("Reuters reported and Bloomberg rose")[0][0] == "reuters.com"
    assert len(credited("Reuters reported and Bloomberg rose")) == 1


def test_the_outlets_of_the_corpus_come_first():
    outlets = pd.DataFrame(
        {
            "outlet": ["fab.example", "reuters.com", "star.example"],
            "outlet_name": ["Fab Weekly", None, "Xinhua"],
            "aliases": ["Fab Wk | FW", None, ""],
        }
    )
    assert credited("according to Fab Wk", outlets=outlets)[0][0] == "fab.example"
    assert credited("according to FW", outlets=outlets)[0][0] == "fab.example"
    assert credited("according to fw", outlets=outlets) == []
    assert credited("according to Xinhua", outlets=outlets)[0][0] == "star.example"
    assert credited("according to Reuters", outlets=outlets)[0][0] == "reuters.com"
    with pytest.raises(SchemaError, match="missing aliases"):
        find_credits(
            pd.DataFrame({"article_id": [], "outlet": []}), outlets.drop(columns="aliases")
        )


def test_fields_and_missing_texts():
    articles = pd.DataFrame(
        {
            "article_id": ["a", "b"],
            "outlet": "own.com",
            "title": ["Reuters reported", None],
            "body": [None, "citing AFP"],
        }
    )
    found = find_credits(articles)
    assert found[["article_id", "field", "credited"]].to_numpy().tolist() == [
        ["a", "title", "reuters.com"],
        ["b", "body", "afp.com"],
    ]
    assert found["credited_name"].tolist() == ["Reuters", "Agence France-Presse"]
    assert len(find_credits(articles, fields=("body",))) == 1
    assert find_credits(articles.iloc[:0]).empty


def resolved(text, outlet="own.com", outlets=None):
    """Credits that point back: outlet, cue and match."""
    articles = pd.DataFrame({"article_id": ["a"], "outlet": [outlet], "body": [text]})
    found = find_credits(articles, outlets)
    for row in found.itertuples():
        assert text[row.start : row.end] == row.match
    assert found["start"].is_monotonic_increasing
    found = found[found["resolved"]]
    return list(zip(found["credited"], found["cue"], found["match"], strict=True))


@pytest.mark.parametrize(
    ("text", "cue", "match"),
    [
        ("Reuters reported a fab. The report said it is late.", "X reported", "The report said"),
        (
            "A fab is late, according to Reuters. The news agency reported more.",
            "X reported",
            "The news agency reported",
        ),
        ("Ito told Reuters no. Ito told the news agency yes.", "told X", "told the news agency"),
        (
            "Reuters reported a fab. It is late, according to the newspaper.",
            "according to X",
            "according to the newspaper",
        ),
        (
            "A memo seen by Reuters is out. Another was obtained by the outlet.",
            "reported by X",
            "obtained by the outlet",
        ),
        ("Reuters reported a fab. It added a date.", "X reported", "It added"),
        ("Reuters reported a fab. The fab is late, it added.", "X reported", "it added"),
        ("Reuters reported a fab. Reuters is old. The paper said so.", "X reported", None),
    ],
)
def test_what_points_back_to_one_outlet(text, cue, match):
    found = resolved(text)
    assert [(row[0], row[1]) for row in found] == [("reuters.com", cue)]
    if match:
        assert found[0][2] == match


@pytest.mark.parametrize(
    "text",
    [
        "The report said no. Reuters reported yes.",  # nothing before it
        "Reuters rose. The paper said no.",  # named, not credited
        "Reuters reported a fab, CNBC reported two. The report said no.",  # two credits
        "Reuters reported a fab. CNBC is a channel. The report said no.",  # another name since
        "Reuters reported a fab. MSNBC did not. The network said no.",  # one nobody listed
        "Reuters reported, citing KAKX. The broadcaster said no.",
        "Reuters reported a fab. The ministry wrote a report. The report said no.",
        "Reuters reported that a study of fabs exists. The report said no.",
        "Reuters reported it. The Halden Gazette did not. The newspaper said no.",
        "Ito told Reuters no. The report said no.",  # an interview is no report
        "Reuters reported a fab. The report by the ministry said no.",
        "Reuters reported it, according to the report released on Monday.",
        "The fab is late, Reuters reported. It added a date.",  # the fab may have added it
        "Reuters reported a fab. It is late. It added a date.",  # too far for "it"
        "Reuters reported a fab. " + "The rain went on. " * 60 + "The report said no.",
        "",
    ],
)
def test_what_may_point_elsewhere_is_left_out(text):
    assert resolved(text) == []


def test_what_points_back_to_the_own_outlet_is_no_credit():
    text = "Ito told Reuters no. Ito told the news agency yes."
    assert len(resolved(text)) == 1
    assert resolved(text, outlet="reuters.com") == []
    both = "Reuters reported it. CNBC has learned more. The report said no."
    assert resolved(both, outlet="cnbc.com") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "The Wall Street Journal has a story. Ito told the Journal no.",
            [("wsj.com", "told X", "told the Journal")],
        ),
        (
            "A memo is out, according to the New York Times. The Times reported two.",
            [("nytimes.com", "X reported", "Times reported")],
        ),
        ("Ito told the Journal no. The Wall Street Journal is old.", []),
        ("The Wall Street Journal and the Ohio Journal met. Ito told the Journal no.", []),
        ("The New York Times and Financial Times met. Ito told the Times no.", []),
        ("The Wall Street Journal met. Ito told the Journal Company no.", []),
        ("The Wall Street Journal met. The journal reported it.", []),
    ],
)
def test_short_names_stand_for_the_one_that_ends_so(text, found):
    assert resolved(text) == found


def test_a_short_name_is_rather_the_own_one():
    text = "The New York Times met. Ito told the Times no."
    assert len(resolved(text)) == 1
    assert resolved(text, outlet="washingtontimes.com") == []
    assert resolved(text, outlet="nytimes.com") == []


def test_columns():
    articles = pd.DataFrame(
        {"article_id": ["a"], "outlet": ["own.com"], "body": ["Reuters reported. It added one."]}
    )
    for table in (find_credits(articles), find_credits(articles.iloc[:0])):
        assert table.dtypes.to_dict() == {k: pandas_dtype(v) for k, v in CREDITS.items()}
    assert find_credits(articles)["resolved"].tolist() == [False, True]


@pytest.mark.parametrize(
    "text", ["\u200bReuters reported\u200b", "<b>Reuters</b> reported", "\U0001f600 via Reuters"]
)
def test_hostile_texts(text):
    assert {row[0] for row in credited(text)} <= {"reuters.com"}


@pytest.mark.parametrize(
    "text", ["A-" * 20_000, "the " * 20_000, "Reuters reported. The paper said " * 2_000]
)
def test_long_texts_come_to_an_end(text):
    articles = pd.DataFrame({"article_id": ["a"], "outlet": ["x.com"], "body": [text]})
    assert len(find_credits(articles)) == 2 * text.count("Reuters")


WORDS = (
    *("according", "to", "the", "Reuters", "reported", ",", "by", "The", "Sun", "said", "citing"),
    *("The paper said", "The Times reported", "New York Times", "It added", "the report"),
    *("İstanbul", "Wired", "Bloomberg’s", ".", "AP", "\n", "report:", "ß", "via", "(AP)", "- AFP"),
)
texts = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)


@given(texts)
def test_spans_are_what_they_match(text):
    credited(text)


@given(texts)
def test_what_points_back_follows_a_name(text):
    articles = pd.DataFrame({"article_id": ["a"], "outlet": ["own.com"], "title": [text]})
    found = find_credits(articles)
    back = found[found["resolved"] & ~found["match"].str.contains("Times|Sun", regex=True)]
    by_name = found[~found["resolved"].astype(bool)]
    for row in back.itertuples():
        before = by_name[by_name["end"] <= row.start]
        assert row.credited in set(before["credited"])


def test_invented_outlets_stay_marked():
    articles = pd.DataFrame(
        {"article_id": ["a"], "outlet": ["x.example"], "title": ["Reuters reported"]}
    )
    assert find_credits(articles).attrs["invented"]


def test_the_seed_credits_one_outlet(real_records):
    from coverage_research import read_corpus

    corpus = read_corpus(real_records / "seed.md")
    found = find_credits(corpus.articles, corpus.outlets).merge(corpus.articles, on="article_id")
    assert found[["outlet", "credited"]].to_numpy().tolist() == [["fudzilla.com", "wsj.com"]]
