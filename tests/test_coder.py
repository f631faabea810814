from __future__ import annotations

import io
import json
import pickle
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score, f1_score

from coverage_research import coder as coder_module
from coverage_research import coder_files as module
from coverage_research import coder_scores
from coverage_research.codebook import Codebook, Frame
from coverage_research.coder import score_codes, train_coder
from coverage_research.coder_files import CoderError, read_coder, write_coder
from coverage_research.coder_scores import COMPARISON, compare_coders
from coverage_research.schema import ChoiceError, CoverageError, SchemaError
from coverage_research.terms import Term

NAN = float("nan")
WORDS = {
    "race": ["race", "rival", "lead", "overtake"],
    "market": ["shares", "profit", "investors", "price"],
    "setback": ["delay", "flaw", "doubt", "recall"],
}
THINGS = [a + b for a in ("chip", "wafer", "fab", "laser", "model") for b in "bdfgklmnprtz"]


def corpus(n: int, frames: list[str], seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Headlines of two words that tell the frame and four that do not."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        frame = frames[number % len(frames)]
        own = rng.choice(WORDS[frame], 2, replace=False)
        other = rng.choice(THINGS, 4, replace=False)
        rows.append((f"a{number:03d}", " ".join([*own, *other]), frame))
    table = pd.DataFrame(rows, columns=["article_id", "title", "frame"])
    return table[["article_id", "title"]], table[["article_id", "frame"]]


def book(*terms: tuple[str, str], name: str = "own") -> Codebook:
    frames = tuple(
        Frame(frame, frame.title(), "", "", "", (), tuple(map(Term, text.split())))
        for frame, text in terms
    )
    return Codebook(name, "1", "Own", "", "en", frames)


OWN = book(("setback", "delay flaw"), ("race", "race rival"), ("market", "shares profit"))
ARTICLES, CODES = corpus(48, ["race", "market", "setback"])


@pytest.fixture(scope="module")
def coder():
    return train_coder(ARTICLES, CODES)


@pytest.fixture(scope="module")
def multiple():
    articles, codes = corpus(40, ["race", "market"])
    both = pd.DataFrame({"article_id": [f"b{i}" for i in range(12)]})
    both["title"] = [f"race shares {thing}" for thing in THINGS[:12]]
    none = pd.DataFrame({"article_id": [f"n{i}" for i in range(12)]})
    none["title"] = [f"{thing} weather report" for thing in THINGS[:12]]
    rows = [(i, frame) for i in both["article_id"] for frame in ("race", "market")]
    rows += [(i, "none") for i in none["article_id"]]
    more = pd.DataFrame(rows, columns=["article_id", "frame"])
    return pd.concat([articles, both, none]), pd.concat([codes, more])


# Training and coding ------------------------------------------------------------------------------


def test_frames_are_learned(coder):
    new = pd.DataFrame(
        {"article_id": ["x", "y", "z"], "title": ["Rivals overtake", "Share prices", "A flaw"]}
    )
    found = score_codes(new, coder)
    assert found["frame"].tolist() == ["race", "market", "setback"]
    assert list(found) == ["article_id", "frame", "probability", "p_market", "p_race", "p_setback"]
    parts = found[["p_market", "p_race", "p_setback"]]
    assert np.allclose(parts.sum(axis=1), 1)
    assert np.allclose(found["probability"], parts.max(axis=1))


@pytest.mark.parametrize("frames", [["race", "market"], ["race", "market", "setback"]])
def test_probabilities_are_those_of_scikit_learn(frames):
    articles, codes = corpus(30, frames)
    model = train_coder(articles, codes, strength=2.0, ngrams=(2, 4))
    runs = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    forms = TfidfVectorizer(token_pattern=r"\w+", sublinear_tf=True)
    matrix = sparse.hstack(
        [runs.fit_transform(articles["title"]), 0.5 * forms.fit_transform(articles["title"])]
    )
    peer = LogisticRegression(C=2.0, class_weight="balanced", max_iter=5000)
    peer.fit(matrix, codes["frame"])
    found = score_codes(articles, model)
    expected = peer.predict_proba(matrix)
    np.testing.assert_allclose(found.iloc[:, 3:], expected, atol=1e-12)
    assert model.frames == tuple(peer.classes_)


def test_a_coder_says_what_it_is(coder):
    assert repr(coder).startswith(
        "Coder(one of market, race, setback; learned from 48 articles, title;"
    )
    named = train_coder(ARTICLES, CODES, codebook=OWN)
    assert repr(named).endswith("words, codebook own)")
    assert named.frames == ("setback", "race", "market")  # the order of the codebook
    assert set(coder.versions) == {"coverage_research", "scikit-learn", "numpy"}
    assert coder.coefficients.shape == (3, len(coder.grams) + len(coder.forms))
    with pytest.raises(ValueError, match="read-only"):
        coder.idf[0] = 0


def test_the_order_of_rows_is_nothing(coder):
    again = train_coder(ARTICLES.sample(frac=1, random_state=1), CODES[::-1])
    assert (again.coefficients == coder.coefficients).all()
    assert (again.grams == coder.grams).all()


def test_inputs_stay_as_they_are_and_repeated_rows_count_once(coder):
    articles, codes = ARTICLES.copy(), CODES.copy()
    twice = train_coder(pd.concat([articles, articles]), pd.concat([codes, codes]))
    assert (twice.coefficients == coder.coefficients).all()
    compare_coders(articles, codes, n_boot=10)
    pd.testing.assert_frame_equal(articles, ARTICLES)
    pd.testing.assert_frame_equal(codes, CODES)


def test_several_frames(multiple):
    articles, codes = multiple
    model = train_coder(articles, codes, none="none")
    assert (model.kind, model.frames, model.n_articles) == ("multiple", ("market", "race"), 64)
    assert "any of market, race" in repr(model)
    new = pd.DataFrame(
        {
            "article_id": list("pqrs"),
            "title": ["Shares in the race", "Weather report", "Rivals overtake", "?!"],
        }
    )
    found = score_codes(new, model)
    assert found["frame"].fillna("-").tolist() == ["market | race", "-", "race", "-"]
    assert found.loc[1, "probability"] < 0.5
    assert found.loc[3].isna()["probability":].all()


def test_a_frame_that_all_have_is_certain(multiple):
    articles, codes = multiple
    codes = codes[codes["frame"] != "none"]
    all_of = pd.DataFrame({"article_id": codes["article_id"].unique(), "frame": "setback"})
    model = train_coder(articles, pd.concat([codes, all_of]))
    found = score_codes(articles, model)
    n = len(all_of)
    assert np.allclose(found["p_setback"], (n + 0.5) / (n + 1))


def test_a_rare_frame_is_not_passed_over():
    articles, codes = corpus(60, ["race"])
    rare, rare_codes = corpus(6, ["setback"], seed=1)
    rare["article_id"] = rare_codes["article_id"] = [f"r{i}" for i in range(6)]
    model = train_coder(pd.concat([articles, rare]), pd.concat([codes, rare_codes]))
    new = pd.DataFrame({"article_id": ["x"], "title": ["flaw delay in a chip"]})
    assert score_codes(new, model)["frame"].tolist() == ["setback"]


def test_excerpts_are_read_where_asked():
    articles = ARTICLES.rename(columns={"title": "excerpt"}).assign(title="same")
    new = pd.DataFrame(
        {"article_id": ["x"], "title": ["race"], "excerpt": ["shares profit price"], "body": [NAN]}
    )
    model = train_coder(articles, CODES, fields=("title", "excerpt", "body"))
    assert model.fields == ("title", "excerpt")
    assert score_codes(new, model)["frame"].tolist() == ["market"]
    assert score_codes(new.drop(columns="title"), model)["frame"].tolist() == ["market"]


def test_hostile_texts(coder):
    texts = [
        NAN, "", "   ", "\u200b\u200d\ufeff", "\U0001f680\U0001f525", "x" * 300_000,
        "race " * 100_000, "<script>race</script>", "e\u0301 race", "=1+1", "\x00\x1b[31m race",
        "Ｒａｃｅ", "竞赛 芯片",
    ]  # fmt: skip
    articles = pd.DataFrame({"article_id": [f"h{i}" for i in range(len(texts))], "title": texts})
    found = score_codes(articles, coder)
    assert found["article_id"].tolist() == articles["article_id"].tolist()
    assert found["frame"].isna().tolist() == [True] * 5 + [False] * 8
    assert (found["frame"].isna() == found["probability"].isna()).all()
    assert found.loc[[6, 7, 8, 10], "frame"].tolist() == ["race"] * 4
    codes = articles[["article_id"]].assign(frame=["race", "market"] * 6 + ["race"])
    assert train_coder(articles, codes).n_articles == 13
    compared = compare_coders(articles, codes, n_boot=10)
    assert compared["estimate"].notna().any()


def test_only_the_beginning_of_a_long_text_is_read(coder):
    long = "chip " * (coder_module.MAX_CHARS // 5)
    found = score_codes(
        pd.DataFrame({"article_id": ["a", "b"], "title": [long, long + "race"]}), coder
    )
    assert found.loc[0, "probability"] == found.loc[1, "probability"]


def test_no_articles(coder):
    found = score_codes(ARTICLES.head(0), coder)
    assert found.empty
    assert found.dtypes.astype(str).tolist() == ["str", "str", *["float64"] * 4]


def test_invented_is_carried(coder):
    invented = ARTICLES.assign(outlet="chips.example")
    assert score_codes(invented, coder).attrs["invented"]
    assert compare_coders(invented, CODES, n_boot=10).attrs["invented"]
    assert "invented" not in score_codes(ARTICLES, coder).attrs


# What cannot be used ------------------------------------------------------------------------------


def test_all_wrong_codes_are_named_at_once():
    codes = pd.DataFrame(
        {
            "article_id": ["a000", "a001", "nowhere", None, "a002", "a003"],
            "frame": ["race", None, "market", "race", "rase", " "],
        }
    )
    with pytest.raises(SchemaError) as caught:
        train_coder(ARTICLES, codes, codebook=OWN)
    told = str(caught.value)
    assert "1 rows without article_id" in told
    assert "no frame (to say that an article has none, give a word for it by `none`): a001" in told
    assert "a003" in told
    assert "not among the articles: nowhere" in told
    assert "no frame of codebook 'own': rase" in told


def test_many_wrong_rows_are_shortened():
    codes = CODES.assign(article_id=[f"w{i}" for i in range(48)])
    with pytest.raises(SchemaError, match="w0, w1, .*w9 and 38 more"):
        train_coder(ARTICLES, codes)


@pytest.mark.parametrize(
    ("codes", "settings_", "message"),
    [
        ([("a000", "race"), ("a001", "race")], {}, "at least two frames .* found race"),
        ([], {}, "at least two frames .* found none"),
        (
            [("a000", "none"), ("a000", "race"), ("a001", "market")],
            {"none": "none"},
            "coded 'none' and with a frame: a000",
        ),
        (
            [("a000", "race"), ("a000", "market"), ("a001", "market")],
            {"kind": "single"},
            "exactly one frame for each article: a000",
        ),
    ],
)
def test_codes_that_contradict(codes, settings_, message):
    table = pd.DataFrame(codes, columns=["article_id", "frame"])
    with pytest.raises(SchemaError, match=message):
        train_coder(ARTICLES, table, **settings_)


def test_codings_of_several_coders_are_refused():
    codes = pd.concat([CODES.assign(coder="A"), CODES.head(1).assign(coder="B", frame="market")])
    with pytest.raises(SchemaError, match="several coders, settle on one coding: a000"):
        train_coder(ARTICLES, codes)
    apart = CODES.assign(coder=["A", "B"] * 24)
    assert train_coder(ARTICLES, apart).n_articles == 48


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"kind": "both"}, "auto, single or multiple; found 'both'"),
        ({"strength": 0}, "above 0; found 0"),
        ({"strength": NAN}, "above 0"),
        ({"ngrams": (4, 3)}, "two lengths"),
        ({"ngrams": (0, 3)}, "two lengths"),
        ({"ngrams": (3,)}, "two lengths"),
    ],
)
def test_settings_that_do_not_exist(settings_, message):
    for use in (train_coder, compare_coders):
        with pytest.raises(ChoiceError, match=message):
            use(ARTICLES, CODES, **settings_)


def test_fields_that_do_not_exist():
    for use in (train_coder, compare_coders):
        for fields, found in ((("headline",), "'headline'"), ((), "none")):
            with pytest.raises(SchemaError, match=f"title, excerpt, body; found {found}"):
                use(ARTICLES, CODES, fields=fields)
    assert train_coder(ARTICLES, CODES, fields="title").fields == ("title",)


def test_columns_that_lack(coder):
    with pytest.raises(SchemaError, match="missing frame"):
        train_coder(ARTICLES, CODES[["article_id"]])
    with pytest.raises(SchemaError, match="missing title"):
        train_coder(ARTICLES[["article_id"]], CODES)
    with pytest.raises(SchemaError, match="missing title"):
        score_codes(ARTICLES[["article_id"]], coder)
    with pytest.raises(SchemaError, match="expected content words in title; found none"):
        train_coder(ARTICLES.assign(title="It is what it is"), CODES)
    with pytest.raises(ChoiceError, match="folds: expected 2 or more; found 1"):
        compare_coders(ARTICLES, CODES, folds=1)


# Comparing ----------------------------------------------------------------------------------------


def cell(table: pd.DataFrame, method: str, measure: str, frame: str | None = None) -> pd.Series:
    rows = table[(table["method"] == method) & (table["measure"] == measure)]
    rows = rows[rows["frame"].isna() if frame is None else rows["frame"] == frame]
    assert len(rows) == 1
    return rows.iloc[0]


def test_what_is_easy_is_coded_right():
    found = compare_coders(ARTICLES, CODES, n_boot=200)
    assert list(found) == list(COMPARISON)
    trained = cell(found, "trained", "accuracy")
    assert trained["estimate"] > 0.95
    assert (trained["n"], trained["n_stories"], trained["k"]) == (48, 48, 48)
    # The frames are equally frequent, so the most frequent of four parts is rarest in the fifth.
    assert cell(found, "majority", "accuracy")["estimate"] <= 1 / 3
    assert trained["versus"] == "majority"
    assert trained["difference_low"] > 0.5
    assert found["reason"].eq("").all()


def test_the_scores_of_the_dictionary_by_hand():
    # Right: 3 of race, 2 of market. One market headline has a word of each frame: the first in the
    # codebook wins. One market headline has no word, and gets race, the most frequent frame.
    titles = ["race a", "race b", "rival c", "zzz", "zzz d", "shares a", "profit b", "race shares"]
    articles = pd.DataFrame({"article_id": [f"a{i}" for i in range(10)]})
    articles["title"] = [*titles, "yyy", "race e"]
    codes = articles[["article_id"]].assign(
        frame=["race"] * 5 + ["market"] * 4 + ["race"]  # race 6, market 4
    )
    own = book(("race", "race rival"), ("market", "shares profit"))
    found = compare_coders(articles, codes, codebook=own, folds=5, n_boot=100)
    race, market = (cell(found, "dictionary", "f1", frame) for frame in ("race", "market"))
    # race: 3 by term, 2 by default, 1 by term = 6 hits; found 6 + tie + default = 8.
    assert (race["k"], race["found"], race["hits"]) == (6, 8, 6)
    assert (market["k"], market["found"], market["hits"]) == (4, 2, 2)
    assert (race["precision"], race["recall"]) == (0.75, 1.0)
    assert race["estimate"] == pytest.approx(2 * 6 / 14)
    assert np.isnan(market["estimate"])  # 4 articles
    assert market["reason"].startswith("4 articles in 4 clusters of stories and copies; a score")
    assert cell(found, "dictionary", "accuracy")["estimate"] == 0.8
    assert cell(found, "dictionary", "macro_f1")["estimate"] == pytest.approx(12 / 14)
    # Chance .6 * .8 + .4 * .2 = .56; kappa (.8 - .56) / .44
    assert cell(found, "dictionary", "kappa")["estimate"] == pytest.approx(0.24 / 0.44)
    assert found["method"].unique().tolist() == ["trained", "dictionary", "majority"]
    assert found["versus"].dropna().unique().tolist() == ["dictionary", "majority"]


def test_measures_are_those_of_scikit_learn():
    rng = np.random.default_rng(3)
    gold, told = rng.integers(0, 4, 90), rng.integers(0, 4, 90)
    hot = np.eye(4, dtype=bool)
    sums = coder_scores._counts(hot[gold], hot[told], np.arange(90) // 2).sum(axis=0)[None]
    found = coder_scores._measures(sums, np.ones(4, dtype=bool))[0]
    np.testing.assert_allclose(found[:4], f1_score(gold, told, average=None))
    assert found[4] == (gold == told).mean()
    assert found[5] == pytest.approx(f1_score(gold, told, average="macro"))
    assert found[6] == pytest.approx(cohen_kappa_score(gold, told))


def test_copies_do_not_leak():
    # Words that tell nothing: only who has seen a copy of the headline can know its frame.
    rng = np.random.default_rng(1)
    letters = list("bcdfghjklmnpqrstvwxz")
    titles = [" ".join("".join(rng.choice(letters, 5)) for _ in range(6)) for _ in range(40)]
    frames = rng.choice(["race", "market"], 40)
    rows = [
        (f"{number}-{copy}", title + extra, frame)
        for number, (title, frame) in enumerate(zip(titles, frames, strict=True))
        for copy, extra in enumerate(["", " - update", " CORRECTED"])
    ]
    table = pd.DataFrame(rows, columns=["article_id", "title", "frame"])
    found = compare_coders(table, table, n_boot=100)
    accuracy = cell(found, "trained", "accuracy")
    assert (accuracy["n"], accuracy["n_stories"]) == (120, 40)
    assert accuracy["estimate"] < 0.75
    # The same articles, were each a story of its own, would be known by their copies.
    group = np.arange(120)
    known = coder_module.known_codes(table, table, None, "auto", None)
    texts = coder_module.texts_read(table, ["title"], known.article_ids)
    part = coder_scores._deal(known.given, group, 5, 0)

    def train(inside, given):
        return coder_module.fit(inside, known._replace(given=given), ("title",), 3.0, (3, 5))

    leaky = coder_scores._answers(texts, known, part, train)["trained"]
    assert (leaky == known.given).all(axis=1).mean() > 0.9


def test_stories_stand_on_one_side():
    coverage = pd.DataFrame(
        {"story_id": [f"s{i // 4}" for i in range(48)], "article_id": ARTICLES["article_id"]}
    )
    # Two stories hang together by an article that nobody coded.
    more = pd.DataFrame({"story_id": ["s0", "s1"], "article_id": "uncoded"})
    coverage = pd.concat([coverage, more])
    ids = ARTICLES["article_id"].tolist()
    group = coder_scores._groups(ARTICLES, ids, ["title"], coverage)
    assert len(set(group[:8])) == 1
    assert group.max() + 1 <= 11
    found = compare_coders(ARTICLES, CODES, coverage=coverage, n_boot=50)
    assert set(found["n_stories"]) == {group.max() + 1}
    alone = coder_scores._groups(ARTICLES, ids, ["title"], coverage.head(0))
    assert alone.max() + 1 == 48


def test_too_few_stories_are_refused():
    coverage = pd.DataFrame({"story_id": "s", "article_id": ARTICLES["article_id"]})
    found = compare_coders(ARTICLES, CODES, coverage=coverage, codebook=OWN)
    assert found["reason"].unique().tolist() == [
        "1 cluster of stories and copies; 5 folds need at least 5"
    ]
    assert found[["estimate", "low", "high", "difference", "precision"]].isna().all(axis=None)
    assert len(found) == 3 * (3 + 3)
    coverage["story_id"] = ["s", "t", "u"] * 16
    few = compare_coders(ARTICLES, CODES, coverage=coverage, folds=3)
    assert few["low"].isna().all()
    of_all = few[few["frame"].isna()]
    # Each frame stands in one story.
    assert of_all["estimate"].isna().tolist() == [False, True, False] * 2
    assert of_all.iloc[1]["reason"] == "no frame has a score"
    assert of_all.iloc[2]["reason"].startswith("3 stories; a bootstrap")
    assert few["difference_low"].isna().all()


def test_a_frame_of_one_story_has_no_score():
    coverage = pd.DataFrame({"article_id": ARTICLES["article_id"]})
    coverage["story_id"] = CODES["frame"].where(CODES["frame"] == "race", coverage["article_id"])
    found = compare_coders(ARTICLES, CODES, coverage=coverage, n_boot=50)
    race = cell(found, "trained", "f1", "race")
    assert np.isnan(race["estimate"])
    assert race["reason"] == (
        "16 articles in 1 cluster of stories and copies; a score needs 5 in 2"
    )
    assert race["hits"] == 0  # it was never on both sides
    assert cell(found, "trained", "accuracy")["estimate"] <= 32 / 48


def test_comparing_several_frames(multiple):
    articles, codes = multiple
    own = book(("race", "race rival"), ("market", "shares profit"))
    found = compare_coders(articles, codes, none="none", codebook=own, n_boot=50)
    assert set(found["measure"]) == {"f1", "accuracy", "macro_f1"}
    assert cell(found, "trained", "accuracy")["estimate"] > 0.8
    # Each frame has 32 of 64 articles: in some training parts it has most of them, in some not.
    assert cell(found, "majority", "f1", "race")["found"] < 64
    named = articles.set_index("article_id")["title"].str.contains("race|rival")
    assert cell(found, "dictionary", "f1", "race")["found"] == named.sum()


def test_the_seed_fixes_all():
    one = compare_coders(ARTICLES, CODES, n_boot=50, seed=1)
    pd.testing.assert_frame_equal(one, compare_coders(ARTICLES, CODES, n_boot=50, seed=1))


def test_no_warning_escapes():
    articles, codes = corpus(30, ["race", "market", "setback"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for strength in (1e-6, 1e6):
            model = train_coder(articles, codes, strength=strength)
            assert np.isfinite(score_codes(articles, model)["probability"]).all()
        compare_coders(articles, codes, n_boot=20, folds=30)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 14)), min_size=1, max_size=60),
    st.integers(2, 6),
    st.integers(0, 5),
)
def test_whole_groups_are_dealt(rows, folds, seed):
    frame, group = np.array(rows).T
    group = pd.factorize(group)[0]
    part = coder_scores._deal(np.eye(3, dtype=bool)[frame], group, folds, seed)
    assert set(part) <= set(range(folds))
    assert (pd.DataFrame({"g": group, "p": part}).groupby("g")["p"].nunique() == 1).all()
    if len(set(group)) >= folds:
        assert len(set(part)) == folds


def test_parts_have_their_share_of_each_frame():
    frame = np.repeat([0, 1, 2], [50, 20, 10])
    part = coder_scores._deal(np.eye(3, dtype=bool)[frame], np.arange(80), 5, 0)
    assert (pd.crosstab(frame, part).to_numpy() == [[10] * 5, [4] * 5, [2] * 5]).all()


@settings(max_examples=40)
@given(st.lists(st.lists(st.sampled_from("bcdefghj"), max_size=6).map(" ".join), max_size=12))
def test_copies_are_those_of_the_definition(texts):
    expected = set()
    for one, left in enumerate(texts):
        for other in range(one + 1, len(texts)):
            a, b = set(left.split()), set(texts[other].split())
            if a & b and len(a & b) / len(a | b) >= coder_scores.COPY - 1e-12:
                expected.add((one, other))
    assert set(coder_scores._copies(texts)) == expected


# Files --------------------------------------------------------------------------------------------


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repack(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def npy(array: np.ndarray, **settings_) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **settings_)
    return file.getvalue()


def test_a_coder_survives_its_file(coder, multiple, tmp_path):
    articles, codes = multiple
    other = train_coder(articles, codes, none="none", codebook=None)
    for model in (coder, other):
        path = write_coder(model, tmp_path / "new" / "coder.npz")
        again = read_coder(str(path))
        pd.testing.assert_frame_equal(
            score_codes(articles, again), score_codes(articles, model), check_exact=True
        )
        assert repr(again) == repr(model)
        assert again.versions == model.versions
        assert (again.ngrams, again.strength) == (model.ngrams, model.strength)
        copy = write_coder(again, tmp_path / "copy.npz")
        assert copy.read_bytes() == path.read_bytes()
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["coder.npz"]


def test_the_file_holds_no_objects_and_no_text(coder, tmp_path):
    path = write_coder(coder, tmp_path / "coder.npz")
    with np.load(path, allow_pickle=False) as arrays:
        assert sorted(arrays) == ["coefficients", "forms", "grams", "idf", "intercepts", "meta"]
        assert max(map(len, arrays["grams"].tolist())) <= 5
        assert not any(" " in form for form in arrays["forms"].tolist())
    assert b"pickle" not in path.read_bytes()


@pytest.mark.parametrize("ending", ["pkl", "pickle", "joblib", "dill", "PKL"])
def test_pickles_are_neither_written_nor_read(coder, tmp_path, ending):
    path = tmp_path / f"coder.{ending}"
    with pytest.raises(CoderError, match="a pickle can run any code when it is loaded"):
        write_coder(coder, path)
    assert not path.exists()
    path.write_bytes(pickle.dumps({}))
    with pytest.raises(CoderError, match=r"expected a path ending in \.npz"):
        read_coder(path)
    with pytest.raises(CoderError, match=r"expected a path ending in \.npz"):
        write_coder(coder, tmp_path / "coder")


class Bomb:
    """What a pickle would do when it is loaded."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


def test_a_pickle_inside_is_not_loaded(coder, tmp_path):
    path = write_coder(coder, tmp_path / "coder.npz")
    for name in ("grams.npy", "meta.npy", "idf.npy"):
        parts = members(path) | {name: npy(np.array([Bomb()], dtype=object), allow_pickle=True)}
        with pytest.raises(CoderError, match="numbers and words; found object"):
            read_coder(repack(tmp_path / "bad.npz", parts))
    bare = tmp_path / "bare.npz"
    bare.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(CoderError, match="damaged, or not a coder"):
        read_coder(bare)


def test_a_file_that_lies_about_its_size(coder, tmp_path, monkeypatch):
    path = write_coder(coder, tmp_path / "coder.npz")
    file = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    np.lib.format.write_array_header_1_0(file, header)
    parts = members(path) | {"idf.npy": file.getvalue() + b"\0" * 80}
    with pytest.raises(CoderError, match=r"says that it has the shape \(1000000000000,\)"):
        read_coder(repack(tmp_path / "bad.npz", parts))
    bomb = repack(tmp_path / "bomb.npz", members(path) | {"idf.npy": b"\0" * 3_000_000})
    monkeypatch.setattr(module, "_MAX_UNPACKED", 2_000_000)
    with pytest.raises(CoderError, match="at most 2,000,000 bytes unpacked"):
        read_coder(bomb)
    monkeypatch.setattr(module, "_MAX_FILE", 10)
    with pytest.raises(CoderError, match="a coder of at most 10 bytes; found"):
        write_coder(coder, path)
    with pytest.raises(CoderError, match="at most 10 bytes; found"):
        read_coder(path)


def test_a_member_that_is_larger_than_it_says(coder, tmp_path):
    path = write_coder(coder, tmp_path / "coder.npz")
    parts = members(path) | {"idf.npy": b"\0" * 3_000_000}
    bad = repack(tmp_path / "bad.npz", parts)
    raw = bad.read_bytes().replace((3_000_000).to_bytes(4, "little"), (200).to_bytes(4, "little"))
    bad.write_bytes(raw)
    with pytest.raises(CoderError):
        read_coder(bad)


def description(path: Path) -> dict:
    with np.load(path, allow_pickle=False) as arrays:
        return json.loads(arrays["meta"].tobytes())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("frames", ["race"]),
        ("frames", ["race", "race", "market"]),
        ("frames", ["race", "market", 3]),
        ("frames", "abc"),
        ("kind", "both"),
        ("kind", ["single"]),
        ("n_articles", -1),
        ("n_articles", True),
        ("codebook", None),
        ("fields", ["secured"]),
        ("ngrams", [3, 10**9]),
        ("ngrams", [3]),
        ("ngrams", ["3", "5"]),
        ("strength", "1"),
        ("strength", NAN),
        ("versions", []),
    ],
)
def test_a_damaged_description(coder, tmp_path, key, value):
    path = write_coder(coder, tmp_path / "coder.npz")
    meta = json.dumps(description(path) | {key: value}).encode()
    parts = members(path) | {"meta.npy": npy(np.frombuffer(meta, dtype=np.uint8))}
    with pytest.raises(CoderError, match=f"damaged in {key}"):
        read_coder(repack(tmp_path / "bad.npz", parts))


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        (b"[" * 100_000, "damaged, or not a coder"),
        (b"\xff{}", "damaged, or not a coder"),
        (b"[1]", "expected a coder of format 1; found 'None'"),
        (b'{"format": 2}', "expected a coder of format 1; found '2'"),
        (b"{" + b" " * 1_000_001 + b"}", "description of the coder is damaged"),
    ],
)
def test_no_description(coder, tmp_path, meta, message):
    path = write_coder(coder, tmp_path / "coder.npz")
    parts = members(path) | {"meta.npy": npy(np.frombuffer(meta, dtype=np.uint8))}
    with pytest.raises(CoderError, match=message):
        read_coder(repack(tmp_path / "bad.npz", parts))


def test_arrays_that_do_not_hang_together(coder, tmp_path):
    path = write_coder(coder, tmp_path / "coder.npz")
    n = len(coder.grams)
    holes = coder.coefficients.copy()
    holes[0, 0] = np.nan
    wrong = [
        ("idf", coder.idf[:-1], "idf: expected numbers of float64 below a million, shape"),
        ("idf", np.array(["a"] * len(coder.idf)), "idf: expected numbers .* found <U1"),
        ("coefficients", holes, "coefficients: expected numbers"),
        ("coefficients", coder.coefficients.T, "coefficients: .* found float64"),
        ("intercepts", np.zeros(3, dtype=np.float32), "intercepts: .* found float32"),
        ("grams", np.array(["a"] * n), "grams: expected different words"),
        ("grams", np.array([f"{i:011d}" for i in range(n)]), "grams: .* at most 10"),
        ("grams", coder.grams[:, None], "grams: expected different words"),
        ("forms", np.arange(len(coder.forms), dtype=float), "forms: expected different words"),
        ("meta", np.zeros(5), "description of the coder is damaged"),
    ]
    for name, array, message in wrong:
        with pytest.raises(CoderError, match=message):
            read_coder(repack(tmp_path / "bad.npz", members(path) | {f"{name}.npy": npy(array)}))
    parts = members(path)
    parts["../idf.npy"] = parts.pop("idf.npy")
    with pytest.raises(CoderError, match="expected the members"):
        read_coder(repack(tmp_path / "bad.npz", parts))
    file = io.BytesIO()
    np.lib.format.write_array(file, coder.idf, version=(2, 0))
    with pytest.raises(CoderError, match=r"format 1\.0"):
        read_coder(repack(tmp_path / "bad.npz", members(path) | {"idf.npy": file.getvalue()}))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CoderError, match=r"none\.npz: there is no such file"):
        read_coder(tmp_path / "none.npz")
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(CoderError, match="there is no such file"):
        read_coder(tmp_path / "folder.npz")
    with pytest.raises(CoverageError):
        read_coder(Path("/dev/null/x.npz"))


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 255), st.booleans())
def test_damage_is_told_and_nothing_else(tmp_path_factory, place, change, cut):
    folder = tmp_path_factory.mktemp("damaged")
    articles, codes = corpus(6, ["race", "market"])
    raw = bytearray(write_coder(train_coder(articles, codes), folder / "coder.npz").read_bytes())
    at = place % len(raw)
    raw[at] ^= change
    bad = folder / "bad.npz"
    bad.write_bytes(bytes(raw[:at]) if cut else bytes(raw))
    try:
        found = read_coder(bad)
    except CoderError:
        return
    # A change that no checksum covers, as of a date, changes nothing.
    assert not cut
    assert found.frames == ("market", "race")
