"""The panel without a browser: what is marked is what is kept, and texts stay texts."""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_research.codebook import load_codebook
from coverage_research.coding_entries import CodingError
from coverage_research.coding_files import read_codings
from coverage_research.coding_log import open_log
from coverage_research.coding_units import coding_units
from coverage_research.hand_coding import HandCoder, adjudicate, hand_code
from coverage_research.html_text import as_html
from coverage_research.reliability import krippendorff_alpha
from coverage_research.samples import load_demo
from coverage_research.sampling import sample_units
from coverage_research.schema import ChoiceError, SchemaError

BOOK = load_codebook("ai_hardware")
FRAMES = [frame.id for frame in BOOK.frames]
ARTICLES = pd.DataFrame(
    {
        "article_id": list("abcd"),
        "title": ["One", "Two", "Three", None],
        "excerpt": ["First text.", None, "Third text.", None],
        "outlet": ["one.example", "two.example", "one.example", "two.example"],
        "outlet_name": ["The One", None, "The One", None],
        "published_at": pd.to_datetime(
            ["2030-01-01 08:30", None, "2030-01-02 00:00", None], utc=True
        ),
        "published_precision": ["minute", "unknown", "day", "unknown"],
        "url": [
            "https://one.example/a?b=1&c=2",
            "javascript:alert(1)",
            None,
            'https://x"y.example',
        ],
    }
)
PLAN = pd.DataFrame({"unit_id": list("abcd"), "coder": "Ann", "order": [1, 2, 3, 4]})


@pytest.fixture
def panel(tmp_path: Path) -> HandCoder:
    return start(tmp_path)


def start(folder: Path, **settings: Any) -> HandCoder:
    asked = {"coder": "Ann", "sample": PLAN} | settings
    return hand_code(ARTICLES, BOOK, folder=folder, **asked)


def ones(folder: Path) -> dict[str, list[str]]:
    table = read_codings(folder)
    marked = table[table["value"] == "1"].groupby("unit_id")["variable"].agg(list)
    return {unit: marked.get(unit, []) for unit in table["unit_id"].unique()}


def buttons(panel: HandCoder) -> dict[str, Any]:
    return {w.description: w for w in walk(panel.widget) if type(w).__name__ == "Button"}


def walk(widget: Any) -> list[Any]:
    return [widget, *(w for child in getattr(widget, "children", ()) for w in walk(child))]


def test_a_decision_is_on_the_disk_and_the_next_unit_is_shown(
    panel: HandCoder, tmp_path: Path
) -> None:
    assert panel.current == "a"
    panel.toggle("race")
    panel.toggle("market")
    assert panel.is_unsaved
    buttons(panel)["Save and next"].click()
    assert ones(tmp_path) == {"a": ["market", "race"]}
    assert set(read_codings(tmp_path)["variable"]) == set(FRAMES)
    assert panel.current == "b"
    assert not panel.chosen
    assert panel.message == "Saved unit 1."
    assert (panel.n_coded, len(panel.units)) == (1, 4)
    assert panel.codings().attrs["invented"] is True


def test_coding_goes_on_where_it_stopped_with_skipped_units_last(tmp_path: Path) -> None:
    panel = start(tmp_path)
    panel.run("1 s")
    panel.skip()
    panel.run("0 s")
    assert panel.current == "d"
    panel = start(tmp_path)
    assert panel.current == "d"
    assert "Welcome back, Ann. 2 of 4 units are coded, 2 are left." in panel.message
    panel.run("2 s")
    assert panel.current == "b"
    panel.run("3 s")
    assert "All 4 units are coded" in panel.message
    assert ones(tmp_path) == {"a": [FRAMES[0]], "b": [FRAMES[2]], "c": [], "d": [FRAMES[1]]}
    assert start(tmp_path).current == "d"


def test_nothing_marked_is_not_saved(panel: HandCoder) -> None:
    assert panel.save() is False
    assert panel.message.startswith("Not saved: mark a frame")
    assert panel.current == "a"
    with pytest.raises(CodingError, match="nothing has been saved"):
        panel.codings()


def test_none_goes_with_no_frame(panel: HandCoder) -> None:
    panel.toggle("race")
    panel.toggle("none")
    assert panel.chosen == {"none"}
    panel.toggle("market")
    assert panel.chosen == {"market"}
    with pytest.raises(ChoiceError, match="frame: expected containment"):
        panel.toggle("nothing")


def test_unsure_is_kept_with_its_marks_and_counts_as_not_coded(tmp_path: Path) -> None:
    panel = start(tmp_path)
    panel.run("3 ? s")
    assert panel.codings()["value"].isna().all()
    panel.previous()
    assert panel.chosen == {"race"}
    panel.run("? s")
    assert panel.codings()["is_unsure"].sum() == 0
    assert ones(tmp_path) == {"a": ["race"]}
    panel.run("? s p")
    assert panel.chosen == set()


def test_undo_takes_the_decision_back_and_shows_its_unit(tmp_path: Path) -> None:
    panel = start(tmp_path)
    panel.run("1 s 2 s")
    buttons(panel)["Undo"].click()
    assert panel.current == "b"
    assert panel.message.startswith("Taken back")
    assert ones(tmp_path) == {"a": [FRAMES[0]]}
    assert start(tmp_path).current == "b"
    panel.undo()
    panel.undo()
    assert panel.message == "There is no decision to take back."


def test_what_is_marked_is_dropped_only_when_asked_twice(panel: HandCoder) -> None:
    panel.toggle("race")
    for leave in (panel.next, panel.skip, panel.undo):
        leave()
        assert panel.current == "a"
        assert panel.message.startswith("Not saved yet")
    panel.next()
    assert panel.current == "a"
    panel.next()
    assert panel.current == "b"
    panel.previous()
    assert not panel.chosen
    panel.previous()
    assert panel.message == "This is the first unit."
    panel.run("n n n n")
    assert panel.message == "This is the last unit."


def test_notes_are_kept_and_shown_again(tmp_path: Path) -> None:
    panel = start(tmp_path)
    note = next(w for w in walk(panel.widget) if type(w).__name__ == "Textarea")
    note.value = " two\nlines <b> 😀 "
    assert panel.is_unsaved
    panel.run("1 s")
    assert note.value == ""
    assert set(panel.codings()["note"]) == {"two\nlines <b> 😀"}
    panel.previous()
    assert note.value == "two\nlines <b> 😀"
    assert "Coded on" in panel.message


def test_keys_do_all_or_nothing_of_what_cannot_be_read(panel: HandCoder, tmp_path: Path) -> None:
    keys = next(w for w in walk(panel.widget) if type(w).__name__ == "Text")
    keys.value = "1, 3 S"
    assert keys.value == ""
    assert ones(tmp_path) == {"a": [FRAMES[0], FRAMES[2]]}
    keys.value = "1 99 s"
    assert "'99' is no key" in panel.message
    assert not panel.chosen
    # 13 is one number and not two, so a key that comes late marks nothing else.
    keys.value = "13"
    assert "'13' is no key" in panel.message
    keys.value = "s n"
    assert panel.current == "b"


def test_one_frame_a_unit(tmp_path: Path) -> None:
    panel = start(tmp_path, multiple=False)
    panel.run("1 3 s")
    panel.run("0 s")
    panel.run("? s")
    table = panel.codings().set_index("unit_id")
    assert table["variable"].unique().tolist() == ["frame"]
    assert table["value"].fillna("-").to_dict() == {"a": "race", "b": "none", "c": "-"}
    panel.run("p p p")
    assert panel.chosen == {"race"}
    panel.toggle("race")
    assert not panel.chosen
    with pytest.raises(CodingError, match="one frame a unit; found several"):
        start(tmp_path, coder="Ben", sample=None)


def test_two_coders_and_agreement(tmp_path: Path) -> None:
    plan = sample_units(ARTICLES, 4, double=1, coders=["Ann", "Ben"])
    for coder in ("Ann", "Ben"):
        panel = start(tmp_path, coder=coder, sample=plan)
        for _ in range(4):
            panel.run("1 s" if panel.current in "ab" else "0 s")
    alpha = krippendorff_alpha(read_codings(tmp_path)).set_index("variable")
    assert alpha.loc["containment", "estimate"] == 1


def test_another_session_is_told_and_what_it_decided_is_not_lost(tmp_path: Path) -> None:
    one, two = start(tmp_path), start(tmp_path)
    one.run("1 s")
    two.toggle("race")
    assert two.save() is False
    assert "another session of Ann has decided on this unit" in two.message
    assert "It says: containment. Yours is still marked." in two.message
    assert two.chosen == {"race"}
    assert ones(tmp_path) == {"a": ["containment"]}
    one.run("2 s")
    two.toggle("containment")
    two.save()
    assert "Another session of Ann" in two.message
    assert "1 entry" in two.message
    assert ones(tmp_path) == {"a": ["containment", "race"], "b": ["self_reliance"]}


def test_units_coded_by_another_version_come_again_as_they_were(tmp_path: Path) -> None:
    early = dataclasses.replace(BOOK, version="0.9")
    hand_code(ARTICLES, early, coder="Ann", folder=tmp_path, sample=PLAN).run("3 s")
    panel = start(tmp_path)
    assert panel.current == "a"
    assert panel.n_coded == 0
    assert panel.chosen == {"race"}
    assert "version 0.9" in panel.message
    panel.save()
    assert panel.current == "b"
    assert panel.codings()["is_current"].all()


def test_a_write_that_fails_is_told_and_the_unit_stays(
    panel: HandCoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.toggle("race")

    def fail(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fail)
        buttons(panel)["Save and next"].click()
        assert panel.message.startswith("NOT SAVED")
        panel.toggle("race")
        buttons(panel)["Skip"].click()
        assert panel.message.startswith("NOT SAVED")
    assert panel.current == "a"
    panel.toggle("race")
    assert panel.save()


# What is shown ----------------------------------------------------------------------------------


def shown(panel: HandCoder) -> str:
    return str(panel._panel.article.value)


def test_blind_hides_outlet_date_and_address(tmp_path: Path) -> None:
    text = shown(start(tmp_path))
    assert "First text." in text
    assert "Invented demonstration data" in text
    assert not any(word in text for word in ("The One", "one.example", "2030", "href"))


def test_seeing_coders_get_outlet_time_and_a_safe_link(tmp_path: Path) -> None:
    panel = start(tmp_path, blind=False)
    text = shown(panel)
    assert "The One" in text
    assert "2030-01-01 08:30 UTC" in text
    assert (
        'href="https://one.example/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer"' in text
    )
    panel.next()
    assert "two.example" in shown(panel)
    assert "href" not in shown(panel)
    panel.next()
    assert "2030-01-02</div>" in shown(panel)
    panel.next()
    assert "href" not in shown(panel)
    assert "no text in the fields" in shown(panel)


class Elements(HTMLParser):
    """What a browser would make of a piece of HTML: elements with attributes, and text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


PIECES = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(
            [
                "<script>alert(1)</script>",
                "<img src=x onerror=alert(1)>",
                "</bdi></div><iframe src=//x>",
                "&lt;b&gt;",
                '" onmouseover="alert(1)',
                "$x$",
                "\\(y\\)",
                "<!--",
                "]]>",
                "<svg/onload=alert(1)>",
            ]
        ),
    ),
    max_size=5,
).map("".join)


@settings(max_examples=40)
@given(PIECES, PIECES)
def test_no_text_becomes_an_element(title: str, body: str) -> None:
    table = pd.DataFrame({"article_id": ["a"], "title": [title], "body": [body], "outlet": [title]})
    with tempfile.TemporaryDirectory() as folder:
        panel = hand_code(table, BOOK, coder="Ann", folder=folder, blind=False)
    found = Elements(shown(panel))
    assert found.elements <= {"div", "bdi", "span", "i"}
    assert found.attributes <= {
        "class",
        "role",
        "aria-label",
        "aria-level",
        "tabindex",
        "style",
        "dir",
    }
    for text in (title, body):
        if text.strip():
            assert Elements(as_html(text)).text in found.text


def test_marks_that_turn_the_direction_and_controls_are_replaced(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"article_id": ["a"], "title": ["a\u202eb\x1bc\ud800d\u2066"]}, dtype=object
    )
    text = shown(hand_code(table, BOOK, coder="Ann", folder=tmp_path))
    assert "a\ufffdb\ufffdc\ufffdd\ufffd" in text
    text.encode()


def test_long_texts_are_cut_and_say_so(tmp_path: Path) -> None:
    table = pd.DataFrame({"article_id": ["a"], "body": ["x" * 200_000]})
    text = shown(hand_code(table, BOOK, coder="Ann", folder=tmp_path))
    assert "[cut]" in text
    assert len(text) < 101_000


def test_the_panel_ignores_mathematics_and_every_control_has_a_name(panel: HandCoder) -> None:
    assert "tex2jax_ignore" in panel.widget._dom_classes
    for widget in walk(panel.widget):
        if type(widget).__name__ in ("Button", "Checkbox", "Text", "Textarea"):
            assert widget.description.strip()
            assert not getattr(widget, "description_allow_html", False)
    definitions = [
        w.value for w in walk(panel.widget) if "<summary>" in str(getattr(w, "value", ""))
    ]
    assert len(definitions) == len(FRAMES) + 1
    assert BOOK.frames[0].exclude[:40] in definitions[0]
    bundle = panel._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert repr(panel) == "HandCoder: Ann, ai_hardware. 0 of 4 units are coded, 4 are left."


def contrast(one: str, two: str) -> float:
    """WCAG 2.1 contrast ratio of two colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (
            c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_main_button_can_be_read(panel: HandCoder) -> None:
    style = buttons(panel)["Save and next"].style
    assert contrast(style.button_color, style.text_color) >= 4.5


# Which units ------------------------------------------------------------------------------------


def test_a_number_draws_the_same_units_for_all_who_use_the_seed(tmp_path: Path) -> None:
    demo = load_demo()
    first = hand_code(demo, "ai_hardware", coder="Ann", folder=tmp_path, sample=10, seed=3)
    second = hand_code(demo, "ai_hardware", coder="Ben", folder=tmp_path, sample=10, seed=3)
    assert first.units == second.units
    assert len(first.units) == 10
    assert len(hand_code(demo, BOOK, coder="Eve", folder=tmp_path).units) == 54


def test_what_cannot_be_coded_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ChoiceError, match="coder: expected 'Ann', who are in the sample; found 'Ben'"
    ):
        start(tmp_path, coder="Ben")
    with pytest.raises(SchemaError, match="found x"):
        start(tmp_path, sample=PLAN.assign(unit_id=list("abcx")))
    with pytest.raises(SchemaError, match="found twice a"):
        start(tmp_path, sample=PLAN.assign(unit_id=list("abca")))
    with pytest.raises(SchemaError, match="missing order"):
        start(tmp_path, sample=PLAN[["unit_id", "coder"]])
    with pytest.raises(SchemaError, match="fields"):
        start(tmp_path, fields="url")
    with pytest.raises(ValueError, match="n: expected 1 to 4"):
        start(tmp_path, sample=5)
    frame = dataclasses.replace(BOOK.frames[0], id="none")
    with pytest.raises(ChoiceError, match="rename the frame"):
        hand_code(
            ARTICLES, dataclasses.replace(BOOK, frames=(frame,)), coder="Ann", folder=tmp_path
        )
    assert not list(tmp_path.iterdir())
    open_log(tmp_path, "Ann", BOOK)
    assert not list(tmp_path.iterdir())


def test_what_coders_disagree_on_is_settled_with_what_each_said(tmp_path: Path) -> None:
    articles = pd.DataFrame(
        {"article_id": ["a", "b", "c"], "title": ["A race", "Chips", "<script>Chips</script>"]}
    )
    for name, keys in (("Ann", ["3 s", "3 s", "3 s"]), ("<b>Ben", ["3 s", "5 s", "3 5 s"])):
        panel = hand_code(articles, "ai_hardware", coder=name, folder=tmp_path)
        for unit, key in zip("abc", keys, strict=True):
            panel._go(unit)
            panel.run(key)
    panel = adjudicate(articles, "ai_hardware", folder=tmp_path)
    assert panel is not None
    assert set(panel.units) == {"b", "c"}
    panel._go("b")
    shown = panel._panel.article.value
    assert "Ann: race" in shown
    assert "Ben: market" in shown
    assert "<b>" not in shown
    panel.run("5 s")
    panel._go("c")
    panel.run("3 s")
    settled = panel.codings().query("coder == 'settled' and value == '1'")
    assert settled[["unit_id", "variable"]].to_numpy().tolist() == [["b", "market"], ["c", "race"]]
    # Settled codes are no third opinion: they open no disagreement of their own.
    again = adjudicate(articles, "ai_hardware", folder=tmp_path)
    assert again is not None
    assert set(again.units) == {"b", "c"}


def test_where_coders_never_differ_there_is_nothing_to_settle(tmp_path: Path) -> None:
    articles = pd.DataFrame({"article_id": ["a"], "title": ["A race"]})
    for name in ("Ann", "Ben"):
        hand_code(articles, "ai_hardware", coder=name, folder=tmp_path).run("3 s")
    assert adjudicate(articles, "ai_hardware", folder=tmp_path) is None


PARTS = pd.DataFrame(
    {
        "article_id": ["a", "b"],
        "title": ["A race <b>for</b> chips", "Curbs"],
        "body": ["One race is on. Who <i>wins</i> it?\n\nA third sentence.", "A delay. Doubt."],
        "outlet": "one.example",
    }
)


def test_sentences_are_coded_in_their_context(tmp_path: Path) -> None:
    units = coding_units(PARTS, "sentence", fields="body")
    panel = hand_code(PARTS, BOOK, coder="Ann", folder=tmp_path, units=units, seed=1)
    assert sorted(panel.units) == sorted(units["unit_id"])
    second = next(unit for unit in panel.units if unit.startswith("a:body:16-"))
    panel._go(second)
    seen = Elements(shown(panel))
    assert "A race <b>for</b> chips" in seen.text, "the headline stands above"
    assert "One race is on. Who <i>wins</i> it?" in seen.text
    assert "A third sentence." not in seen.text, "it is of another paragraph"
    assert seen.elements <= {"div", "bdi", "span", "i", "mark"}
    marked = shown(panel).partition("<mark")[2].partition("</mark>")[0]
    assert Elements("<mark" + marked).text == "Who <i>wins</i> it?"
    panel.run("3 s")
    (line,) = (tmp_path / "coder-ann.jsonl").read_text().splitlines()
    assert json.loads(line)["shown"] == ["title", "body"]
    codings = panel.codings()
    assert set(codings["unit_id"]) == {second}
    again = hand_code(PARTS, BOOK, coder="Ann", folder=tmp_path, units=units, seed=1)
    assert again.n_coded == 1
    # A plan brings its units; what it names is found again without their table.
    plan = sample_units(units, 3, coders=["Ann", "Ben"], double=1.0, seed=2)
    planned = hand_code(PARTS, BOOK, coder="Ben", folder=tmp_path, sample=plan)
    assert set(planned.units) == set(plan["unit_id"])
    with pytest.raises(ChoiceError, match="a plan brings its own"):
        hand_code(PARTS, BOOK, coder="Ben", folder=tmp_path, sample=plan, units=units)


def test_a_headline_and_a_whole_field_as_context(tmp_path: Path) -> None:
    heads = coding_units(PARTS, "headline")
    panel = hand_code(PARTS, BOOK, coder="Ann", folder=tmp_path / "1", units=heads, blind=False)
    panel._go(heads["unit_id"].iloc[0])
    assert "One race" not in Elements(shown(panel)).text
    assert "one.example" in Elements(shown(panel)).text
    panel.run("3 s")
    units = coding_units(PARTS, "sentence", fields="body").head(1)
    panel = hand_code(
        PARTS, BOOK, coder="Ann", folder=tmp_path / "2", units=units, context="field", fields="body"
    )
    assert "A third sentence." in Elements(shown(panel)).text
    assert "A race" not in Elements(shown(panel)).text, "the headline was not asked for"


def test_units_of_other_texts_are_refused(tmp_path: Path) -> None:
    units = coding_units(PARTS, "sentence", fields="body")
    short = PARTS.assign(body="Short.")
    with pytest.raises(SchemaError, match="expected places inside the texts"):
        hand_code(short, BOOK, coder="Ann", folder=tmp_path, units=units)
    with pytest.raises(SchemaError, match="unit_ids"):
        hand_code(PARTS.head(1), BOOK, coder="Ann", folder=tmp_path, units=units)
    assert not list(tmp_path.iterdir())


def test_sentences_on_which_coders_differ_are_settled(tmp_path: Path) -> None:
    units = coding_units(PARTS, "sentence", fields="body")
    for name, key in (("Ann", "3 s"), ("Ben", "5 s")):
        panel = hand_code(PARTS, BOOK, coder=name, folder=tmp_path, units=units.head(2))
        for unit in panel.units:
            panel._go(unit)
            panel.run(key if unit == units["unit_id"].iloc[1] else "3 s")
    panel = adjudicate(PARTS, BOOK, folder=tmp_path)
    assert panel is not None
    assert list(panel.units) == [units["unit_id"].iloc[1]]
    assert "Ben: market" in Elements(shown(panel)).text
    assert "<mark" in shown(panel)


def test_single_keys_do_what_the_line_does(panel: HandCoder, tmp_path: Path) -> None:
    assert set("0123456789?snpku") >= set(panel._panel._single.known) >= set("0123?snpku")
    for key in "3s":
        panel._panel._single._handle_custom_msg({"key": key}, [])
    assert panel.codings().query("value == '1'")["variable"].tolist() == ["race"]
    assert panel.current == "b"
    for strange in ("x", "", None, "rm -rf", 3):
        panel._panel._single._handle_custom_msg({"key": strange}, [])
    panel._panel._single._handle_custom_msg("s", [])
    assert panel.current == "b"
    assert not panel.is_unsaved


def test_a_note_outlives_what_another_session_decided(tmp_path: Path) -> None:
    one, two = start(tmp_path), start(tmp_path)
    one.run("1 s")
    two._panel._note.value = "a long note"
    two.run("3 s")
    assert two._panel._note.value == "a long note"
    assert ones(tmp_path) == {"a": ["containment"]}
    two.run("s")
    assert ones(tmp_path) == {"a": ["race"]}
    assert two._log.decisions()["a"].note == "a long note"


def test_saving_that_was_broken_off_after_the_write_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = start(tmp_path)

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    panel.toggle("race")
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            panel.save()
    assert panel.save()
    assert "another session" not in panel.message.lower()
    assert ones(tmp_path) == {"a": ["race"]}
    assert len((tmp_path / "coder-ann.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("word", ["none", "unsure"])
def test_a_frame_cannot_have_a_name_of_the_panel(tmp_path: Path, word: str) -> None:
    frames = (dataclasses.replace(BOOK.frames[0], id=word), BOOK.frames[1])
    with pytest.raises(ChoiceError, match=f"{word}' is the word for no"):
        hand_code(ARTICLES, dataclasses.replace(BOOK, frames=frames), coder="Ann", folder=tmp_path)
    with pytest.raises(ChoiceError, match="one frame or more"):
        hand_code(ARTICLES, dataclasses.replace(BOOK, frames=()), coder="Ann", folder=tmp_path)


def test_who_was_unsure_is_not_told_as_none(tmp_path: Path) -> None:
    for name, keys in (("Ann", "? s"), ("Ben", "3 s"), ("Cy", "5 s")):
        hand_code(PARTS.head(1), BOOK, coder=name, folder=tmp_path).run(keys)
    panel = adjudicate(PARTS, BOOK, folder=tmp_path)
    assert panel is not None
    seen = Elements(shown(panel)).text
    assert "Ann: unsure" in seen
    assert "Ben: race" in seen
