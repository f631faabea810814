import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.credits import find_credits
from coverage_research.origins import (
    KINDS,
    ORIGIN_SCORES,
    ORIGINS,
    find_origins,
    score_origin,
)
from coverage_research.reuse import find_reuse
from coverage_research.schema import SchemaError, pandas_dtype


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
        ("By Jane Roe, Associated Press\nA fab", "agency", "Associated Press", "Associated Press"),
        ("By Jane Roe | Reuters\nA fab", "agency", "Reuters", "Reuters"),
        ("A lead.\n\nOSLO, May 4 (Reuters) - A fab", "agency", "Reuters", "(Reuters) -"),
        ("BERGEN, May 4 /HARBOURWIRE/ -- A firm", "press_release", "HARBOURWIRE", None),
        ("BERGEN, May 4 (HARBOUR WIRE) -- A firm", "press_release", "HARBOUR WIRE", None),
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
        "A lead.\n\nThe Associated Press (AP) - staff walked out",
        "By Jane Roe\nReuters is an agency.",
        "The firm /HARBOUR/ -- moved",
        "",
    ],
)
def test_what_is_no_mark(text):
    assert origin(text) == []


def test_a_signature_ends_a_body():
    assert origin("A fab opened. \u2013 Bernama", "body") == [
        ("agency", "Bernama", "\u2013 Bernama")
    ]
    assert origin("A fab opened. \u2013 Bernama", "excerpt") == []
    assert origin("A fab opened - yesterday", "body") == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A fab opened.\n(Reporting by Jane Roe; Editing by Ann Poe)", "Reuters"),
        ("A fab opened.\nCopyright 2030 The Associated Press. All rights", "Associated Press"),
        ("A fab opened.\n\u00a9 2030 AFP", "Agence France-Presse"),
    ],
)
def test_what_agencies_put_at_the_end(text, name):
    assert [(row[0], row[1]) for row in origin(text, "body")] == [("agency", name)]
    assert origin(text, "excerpt") == []


@pytest.mark.parametrize(
    "text",
    [
        "A fab. Image copyright Reuters",
        "A fab. (Reporting by Jane Roe)",
        "A fab. Copyright 2030 us",
    ],
)
def test_what_is_no_signature(text):
    assert origin(text, "body") == []


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        (
            "A fab. This article was originally published on Rest of World.",
            "syndicated",
            "Rest of World",
        ),
        ("A fab. This story first appeared in The Halden Post.", "syndicated", "The Halden Post"),
        ("Originally published by Quillane Daily. A fab.", "syndicated", "Quillane Daily"),
        ("A fab. Republished with permission.", "syndicated", "unnamed"),
        ("A fab. Reprinted with permission from Wired.", "syndicated", "WIRED"),
        ("A fab. Content provided by Business Wire.", "press_release", "Business Wire"),
        ("A fab. This article was provided by us. Content provided by AP.", "agency", None),
        ("A fab. Read the original article on Business Insider.", "syndicated", "Business Insider"),
        ("The post Fab opens appeared first on Hackaday.", "syndicated", "Hackaday"),
        ("A fab. This post was first published on fabs.example.", "syndicated", "fabs.example"),
        ("A fab. (A version of this column appeared in the Halden Journal.)", "syndicated", None),
    ],
)
def test_notes_of_those_who_took_a_text_over(text, kind, name):
    found = origin(text, "body")
    assert [row[0] for row in found] == [kind]
    if name:
        assert found[0][1] == name


@pytest.mark.parametrize(
    "text",
    [
        "The study was first published on Monday.",
        "The report first appeared in Reuters.",  # somebody else's report: a credit
        "The chip first appeared in Quillane phones.",
        "This fab was originally published by nobody",
        "A fab. " * 200 + "This article first appeared in Wired. " + "A fab. " * 200,
    ],
)
def test_what_is_no_note(text):
    assert origin(text, "body") == []


def of(outlet="own.com", images=None, outlets=None, **texts):
    articles = pd.DataFrame({"article_id": ["a"], "outlet": [outlet], **texts})
    found = find_origins(articles, outlets, images=images)
    return list(zip(found["field"], found["origin"], found["name"], strict=True))


def test_the_own_mark_of_an_outlet_is_no_origin_but_its_own_report():
    text = "OSLO, May 4 (Reuters) - A fab opened."
    assert of("reuters.com", excerpt=text) == [("excerpt", "own", "Reuters")]
    assert of("y.com", excerpt=text) == [("excerpt", "agency", "Reuters")]
    assert of("upi.com", excerpt="OSLO, May 4 (UPI) -- A fab") == [("excerpt", "own", "UPI")]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("It is late, Ito told CNBC on Monday.", "told CNBC"),
        ("CNBC has learned that it is late.", "CNBC has learned"),
        ("A memo obtained by CNBC says so.", "obtained by CNBC"),
        ("It is late, Ito said in an interview with CNBC.", "interview with CNBC"),
        ("By Jane Roe, Staff Writer\nIt is late.", "Staff Writer"),
    ],
)
def test_what_an_outlet_says_of_its_own_work(text, match):
    articles = pd.DataFrame({"article_id": ["a"], "outlet": ["cnbc.com"], "body": [text]})
    found = find_origins(articles)
    assert found[["origin", "name", "match"]].to_numpy().tolist() == [["own", "CNBC", match]]
    others = find_origins(articles.assign(outlet="y.com"))["origin"].tolist()
    assert others == (["own"] if "Staff" in match else [])


def test_an_outlet_that_names_itself_has_not_reported_by_that():
    assert of("cnbc.com", body="CNBC reported in May that it is late. CNBC is a channel.") == []


@pytest.mark.parametrize(
    ("author", "kind", "name"),
    [
        ("AP", "agency", "Associated Press"),
        ("Jane Roe, Associated Press", "agency", "Associated Press"),
        ("Jane Roe for Reuters", "agency", "Reuters"),
        ("By Reuters Staff", "agency", "Reuters"),
        ("PR Newswire", "press_release", "PR Newswire"),
        ("Jane Roe | Rest of World", "syndicated", "Rest of World"),
        ("CNBC", "own", "CNBC"),
        ("Jane Roe, Staff Reporter", "own", "CNBC"),
    ],
)
def test_bylines(author, kind, name):
    assert of("cnbc.com", author=author) == [("author", kind, name)]


@pytest.mark.parametrize(
    "author",
    ["Steve Forbes", "Ann Mint", "ap", "Jane Roe, Foreign Policy", "Reutersson", " , ", ""],
)
def test_what_is_no_byline_of_others(author):
    assert of("cnbc.com", author=author) == []


@pytest.mark.parametrize(
    ("url", "kind", "name"),
    [
        ("https://www.prnewswire.com/news/fab-1.html", "press_release", "PR Newswire"),
        ("https://x.com/press-releases/fab", "press_release", "unnamed"),
        ("https://x.com/news/prnewswire/fab", "press_release", "PR Newswire"),
        ("x.com/ap/business/fab", "agency", "Associated Press"),
        ("https://x.com/news/Reuters/fab", "agency", "Reuters"),
        ("https://x.com/syndicated-news/fab", "syndicated", "unnamed"),
        ("https://x.com/partner-content/fab", "syndicated", "unnamed"),
    ],
)
def test_addresses(url, kind, name):
    assert of(url=url) == [("url", kind, name)]
    articles = pd.DataFrame({"article_id": ["a"], "outlet": ["own.com"], "url": [url]})
    row = find_origins(articles).iloc[0]
    assert (row["start"], row["end"], row["match"]) == (0, len(url), url)


@pytest.mark.parametrize(
    "url",
    [
        "https://x.com/news/stocks/fab",
        "https://x.com/news/reuters",  # a slug is about something
        "https://x.com/wire/fab",
        "https://x.com/partners-in-crime/fab",
        "https://x.com/?section=/ap/",
        "https://[bad/ap/fab",
        "no address",
    ],
)
def test_what_is_no_mark_of_an_address(url):
    assert of(url=url) == []


def test_a_section_named_like_the_outlet_is_a_section():
    assert of("reuters.com", url="https://www.reuters.com/news/reuters/fab") == []


def image(host, kind="article"):
    return pd.DataFrame({"article_id": ["a"], "kind": [kind], "host": [host]})


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("cdn.benzinga.com", [("image", "syndicated", "Benzinga")]),
        ("mma.prnewswire.com", [("image", "press_release", "PR Newswire")]),
        ("images.wsj.net", []),  # no outlet's own domain
        ("i.own.com", []),
        ("dims.apnews.com", []),  # pictures are bought
        (None, []),
    ],
)
def test_images(host, found):
    assert of(images=image(host)) == found
    assert of(images=image(host, "provider")) == []


def test_houses_share_their_pictures():
    assert of("wsj.com", images=image("images.barrons.com")) == []
    assert of("bbc.com", images=image("ichef.bbc.co.uk")) == []
    assert of("bbc.com", images=image("ichef.barrons.com")) != []


def test_outlets_of_the_corpus_are_known():
    outlets = pd.DataFrame(
        {"outlet": ["fab.example"], "outlet_name": ["Fab Weekly"], "aliases": [""]}
    )
    found = of(images=image("cdn.fab.example"), outlets=outlets)
    assert found == [("image", "syndicated", "Fab Weekly")]
    assert of(images=image("cdn.fab.example")) == []


def test_rows_follow_the_articles():
    articles = pd.DataFrame(
        {
            "article_id": ["b", "a"],
            "outlet": "own.com",
            "excerpt": [None, "(AP) A fab"],
            "body": ["(AP) A fab", "(AP) A fab"],
        }
    )
    images = image("cdn.benzinga.com").assign(article_id="b")
    found = find_origins(articles, images=images)
    assert found["article_id"].tolist() == ["b", "b", "a", "a"]
    assert found["field"].tolist() == ["body", "image", "excerpt", "body"]


def test_columns_and_missing_tables():
    articles = pd.DataFrame({"article_id": ["a"], "body": ["(AP) A fab"]})
    for table in (find_origins(articles), find_origins(articles.iloc[:0])):
        assert table.dtypes.to_dict() == {k: pandas_dtype(v) for k, v in ORIGINS.items()}
    assert find_origins(articles, images=image("cdn.benzinga.com")).equals(find_origins(articles))
    with pytest.raises(SchemaError, match="missing article_id"):
        find_origins(articles.drop(columns="article_id"))
    with pytest.raises(SchemaError, match="images"):
        find_origins(articles, images=articles)
    with pytest.raises(SchemaError, match="missing outlet"):
        score_origin(articles)


WORDS = (
    *("(AP)", "- AFP", "OSLO,", "(Reuters) -", "\n", "By", "Jane", "PRNewswire/ --", "told CNBC"),
    *(
        "\u0130stanbul",
        "\u00df",
        "This article first appeared in",
        "The",
        "Republished with permission.",
    ),
    *(
        "Copyright",
        "(Reporting by A; Editing by B)",
        "staff writer",
        "/XWIRE/ --",
        ".",
        "\U0001f600",
    ),
)
texts = st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join)


@given(texts, st.sampled_from(["cnbc.com", "reuters.com", None]))
def test_spans_are_what_they_match(text, outlet):
    articles = pd.DataFrame(
        {"article_id": ["a"], "outlet": [outlet], "excerpt": [text], "author": [text]}
    ).assign(body=text, url=f"https://x.com/{text}")
    found = find_origins(articles)
    for row in found.itertuples():
        assert articles[row.field].iloc[0][row.start : row.end] == row.match
    assert (found["start"] < found["end"]).all()
    assert found["name"].str.len().gt(0).all()
    assert set(found["origin"]) <= set(KINDS)
    if outlet is None:
        assert "own" not in set(found["origin"])


@pytest.mark.parametrize("text", [" " * 50_000 + "(", "\n" * 50_000, "(A" * 50_000, "AP " * 3_000])
def test_long_texts_come_to_an_end(text):
    assert of(body=text, author=text, url=text) == []


def scored(outlet="own.com", reuse=None, images=None, **texts):
    articles = pd.DataFrame({"article_id": ["a"], "outlet": [outlet], **texts})
    found = score_origin(articles, reuse=reuse, images=images)
    assert found.dtypes.to_dict() == {k: pandas_dtype(v) for k, v in ORIGIN_SCORES.items()}
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize(
    ("texts", "origin", "rule", "confidence"),
    [
        ({"body": "OSLO, May 4 (Reuters) - A fab"}, "agency", "text", "high"),
        ({"body": "A fab", "author": "AP"}, "agency", "author", "high"),
        ({"url": "https://x.com/press-releases/fab"}, "press_release", "url", "medium"),
        ({"body": "A fab. Republished with permission."}, "syndicated", "text", "high"),
        ({"title": "Fab late, according to Nikkei"}, "rewrite", "early credit", "medium"),
        ({"body": "A fab is late. Nikkei reported it. Yes."}, "rewrite", "early credit", "medium"),
        ({"body": "One. Two. Three. Nikkei reported it."}, "unknown", "no mark", "none"),
        (
            {"body": "One. Two. Nikkei reported it. Nikkei said more. It is told by Nikkei."},
            "unknown",
            "no mark",
            "none",
        ),
        (
            {"body": "One. Two. Nikkei reported it. Nikkei reported more. Nikkei reported all."},
            "rewrite",
            "one source",
            "low",
        ),
        ({"title": "A fab opens"}, "unknown", "no mark", "none"),
    ],
)
def test_where_an_article_came_from(texts, origin, rule, confidence):
    row = scored(**texts)
    assert (row["origin"], row["rule"], row["confidence"]) == (origin, rule, confidence)
    assert pd.isna(row["name"]) == (origin == "unknown")
    assert (row["n_marks"] > 0) == (origin != "unknown")
    assert bool(row["evidence"]) == (origin != "unknown")


def test_stronger_marks_come_first():
    release = "BERGEN, May 4 /PRNewswire/ -- A firm"
    assert scored(body=release, author="AP")["origin"] == "press_release"
    row = scored(body="(AP) A fab", images=image("cdn.benzinga.com"))
    assert (row["origin"], row["rule"], row["n_marks"]) == ("agency", "text", 1)
    assert scored(images=image("cdn.benzinga.com"))["confidence"] == "low"


def test_own_work_with_a_credit_is_in_doubt():
    text = "A fab is late, Nikkei reported. It is true, Ito told CNBC."
    row = scored("cnbc.com", body=text)
    assert (row["origin"], row["confidence"]) == ("own", "low")
    assert row["evidence"] == "body: told CNBC; but body: Nikkei reported"
    assert scored("cnbc.com", body="It is true, Ito told CNBC.")["confidence"] == "medium"


def pair(verdict="copy", share=0.9):
    return pd.DataFrame(
        {
            "article_id": ["a"],
            "other_id": ["b"],
            "outlet": ["own.com"],
            "other_outlet": ["one.com"],
            "containment": [share],
            "verdict": [verdict],
        }
    )


def test_a_copy_needs_reuse_whose_direction_is_known():
    row = scored(reuse=pair(), title="A fab")
    assert (row["origin"], row["name"], row["rule"]) == ("copy", "one.com", "copy")
    assert row["evidence"] == "90% of its word shingles stand in an article of one.com"
    assert scored(reuse=pair("credited"), title="A fab")["origin"] == "copy"
    assert scored(reuse=pair("simultaneous"), title="A fab")["origin"] == "unknown"
    assert scored(reuse=pair(share=0.49), title="A fab")["origin"] == "unknown"


def test_a_copy_of_agency_text_is_agency_text():
    articles = pd.DataFrame(
        {
            "article_id": ["a", "b"],
            "outlet": ["own.com", "one.com"],
            "body": ["A fab opened.", "OSLO, May 4 (Reuters) - A fab opened."],
        }
    )
    found = score_origin(articles, reuse=pair())
    assert found["origin"].tolist() == ["agency", "agency"]
    assert found["name"].tolist() == ["Reuters", "Reuters"]
    assert found["rule"].tolist() == ["copy", "text"]
    assert found["confidence"].tolist() == ["medium", "high"]


def test_tables_that_are_given_are_used():
    articles = pd.DataFrame({"article_id": ["a"], "outlet": ["own.com"], "body": ["(AP) A fab"]})
    marks = find_origins(articles)
    assert score_origin(articles.drop(columns="body"), origins=marks)["origin"].tolist() == [
        "agency"
    ]
    assert score_origin(articles, origins=marks.iloc[:0])["origin"].tolist() == ["unknown"]
    named = find_credits(articles.assign(title="Nikkei reported"))
    assert score_origin(articles, origins=marks.iloc[:0], credits=named)["origin"].tolist() == [
        "rewrite"
    ]
    assert score_origin(articles.iloc[:0]).empty


def test_invented_outlets_stay_marked():
    articles = pd.DataFrame({"article_id": ["a"], "outlet": ["x.example"], "title": ["A fab"]})
    assert find_origins(articles).attrs["invented"]
    assert score_origin(articles).attrs["invented"]


def test_the_seed(real_records):
    from coverage_research import read_corpus

    corpus = read_corpus(real_records / "seed.md")
    credits = find_credits(corpus.articles, corpus.outlets)
    origins = find_origins(corpus.articles, corpus.outlets, images=corpus.images)
    reuse = find_reuse(
        corpus.articles, credits=credits, origins=origins, coverage=corpus.coverage, progress=False
    )
    found = score_origin(corpus.articles, credits=credits, origins=origins, reuse=reuse)
    told = found.merge(corpus.articles[["article_id", "outlet"]], on="article_id")
    told = told[told["origin"] != "unknown"]
    assert sorted(told[["outlet", "origin", "name", "confidence"]].to_numpy().tolist()) == [
        ["businessinsider.com", "press_release", "PR Newswire", "high"],
        ["businessinsider.com", "syndicated", "Benzinga", "low"],
        ["fudzilla.com", "rewrite", "The Wall Street Journal", "medium"],
        ["manilatimes.net", "copy", "Global Times", "medium"],
    ]
