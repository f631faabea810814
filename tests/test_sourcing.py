import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.schema import SchemaError
from coverage_research.sourcing import find_credits, find_origins


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


WORDS = (
    *("according", "to", "the", "Reuters", "reported", ",", "by", "The", "Sun", "said", "citing"),
    *("İstanbul", "Wired", "Bloomberg’s", ".", "AP", "\n", "report:", "ß", "via", "(AP)", "- AFP"),
)
texts = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)


@given(texts)
def test_spans_are_what_they_match(text):
    credited(text)
    found = find_origins(pd.DataFrame({"article_id": ["a"], "body": [text]}))
    assert all(text[row.start : row.end] == row.match for row in found.itertuples())


def origin(text, field="excerpt"):
    found = find_origins(pd.DataFrame({"article_id": ["a"], field: [text]}))
    for row in found.itertuples():
        assert text[row.start : row.end] == row.match
    return list(zip(found["origin"], found["name"], found["match"], strict=True))


@pytest.mark.parametrize(
    ("text", "kind", "name", "match"),
    [
        ("OSLO, May 4 (Reuters) - A fab", "agency", "Reuters", "(Reuters) -"),
        ("WASHINGTON (AP) \u2014 A fab", "agency", "Associated Press", "(AP) \u2014"),
        ("(AP) A fab", "agency", "Associated Press", "(AP)"),
        ("BEIJING, Dec. 3 (Xinhua) -- A fab", "agency", "Xinhua", "(Xinhua) --"),
        ("HONG KONG (The Straits Times) - A fab", "agency", "The Straits Times", None),
        ("PRNewswire/ -- A firm", "press_release", "PR Newswire", "PRNewswire/ --"),
        ("BERGEN, May 4, 2030 /PRNewswire/ -- A firm", "press_release", "PR Newswire", None),
        (
            "BERGEN, May 4 (GLOBE NEWSWIRE) -- A firm",
            "press_release",
            "GlobeNewswire",
            "(GLOBE NEWSWIRE) --",
        ),
        (
            "BERGEN--(BUSINESS WIRE)--A firm",
            "press_release",
            "Business Wire",
            "(BUSINESS WIRE)--",
        ),
    ],
)
def test_marks_of_origin(text, kind, name, match):
    found = origin(text)
    assert [(row[0], row[1]) for row in found] == [(kind, name)]
    if match:
        assert found[0][2] == match


@pytest.mark.parametrize(
    "text",
    [
        "The Associated Press (AP) staff walked out",
        "Artificial intelligence (AI) - the word",
        "The firm chose Business Wire to send it",
        "Shares (ap) - fell",
        "Reuters said",
        "",
    ],
)
def test_what_is_no_mark(text):
    assert origin(text) == []


def test_the_own_mark_of_an_outlet_is_no_origin():
    articles = pd.DataFrame(
        {
            "article_id": ["a", "b"],
            "outlet": ["reuters.com", "y.com"],
            "excerpt": "OSLO, May 4 (Reuters) - A fab opened.",
        }
    )
    assert find_origins(articles)["article_id"].tolist() == ["b"]


def test_a_signature_ends_a_body():
    assert origin("A fab opened. \u2013 Bernama", "body") == [
        ("agency", "Bernama", "\u2013 Bernama")
    ]
    assert origin("A fab opened. \u2013 Bernama", "excerpt") == []
    assert origin("A fab opened - yesterday", "body") == []


def test_invented_outlets_stay_marked():
    articles = pd.DataFrame(
        {"article_id": ["a"], "outlet": ["x.example"], "title": ["Reuters reported"]}
    )
    assert find_credits(articles).attrs["invented"]
    assert find_origins(articles).attrs["invented"]


def test_the_seed_credits_one_outlet(real_records):
    import frontmatter

    record = frontmatter.load(str(real_records / "seed.md")).metadata
    items = [record, *record["related"]]
    articles = pd.DataFrame(
        {
            "article_id": [item["title"] for item in items],
            "outlet": [item["provider"]["domain"] for item in items],
            "title": [item["title"] for item in items],
            "excerpt": [item["excerpt"] for item in items],
        }
    )
    credit = find_credits(articles).merge(articles, on="article_id")
    assert credit[["outlet", "credited"]].to_numpy().tolist() == [["fudzilla.com", "wsj.com"]]
    mark = find_origins(articles).merge(articles, on="article_id")
    assert mark[["outlet", "name"]].to_numpy().tolist() == [["businessinsider.com", "PR Newswire"]]
