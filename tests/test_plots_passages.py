"""Two texts side by side: what is drawn is what the table holds."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from coverage_research.plots_passages import plot_passages
from coverage_research.schema import SchemaError


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def texts(*rows):
    table = pd.DataFrame(rows, columns=["side", "field", "kind", "text"])
    time = pd.Timestamp("2030-01-02 08:00", tz="UTC")
    return table.assign(outlet_name="The Chronicle", published_at=time)


def words(ax, kind):
    return [text.get_text() for text in ax.texts if text.get_gid() == kind]


def test_words_stand_on_their_side_and_shared_ones_on_coloured_ground():
    ax = plot_passages(
        texts(
            ("earlier", "title", "other", "Quiet "),
            ("earlier", "title", "shared", "fab opens"),
            ("later", "title", "shared", "Fab opens"),
            ("later", "title", "changed", " soon"),
        )
    )
    assert words(ax, "other") == ["Quiet"]
    assert words(ax, "shared") == ["fab", "opens", "Fab", "opens"]
    assert words(ax, "changed") == ["soon"]
    assert len([patch for patch in ax.patches if isinstance(patch, Rectangle)]) == 4
    x = {text.get_text(): text.get_position()[0] for text in ax.texts if text.get_gid()}
    assert x["fab"] < ax.get_xlim()[1] / 2 < x["Fab"]
    assert "earlier, 2030-01-02 08:00 UTC" in [text.get_text() for text in ax.texts]


def test_a_comma_stays_with_its_word_and_a_new_field_begins_a_paragraph():
    ax = plot_passages(
        texts(
            ("earlier", "title", "shared", "fab"),
            ("earlier", "title", "other", ", then"),
            ("earlier", "excerpt", "other", "More"),
        )
    )
    place = {text.get_text(): text.get_position() for text in ax.texts if text.get_gid()}
    ground = next(patch for patch in ax.patches if isinstance(patch, Rectangle))
    assert place[","][0] <= ground.get_x() + ground.get_width() + 1
    assert place["More"][1] > place["then"][1] + 12


def test_long_and_hostile_texts_stay_in_their_column_and_are_cut():
    ax = plot_passages(
        texts(
            ("earlier", "body", "other", "x" * 300 + " $a_1$ <script> " + "word " * 3000),
            ("later", "body", "other", "short"),
        )
    )
    ax.figure.canvas.draw()
    half = ax.get_xlim()[1] / 2
    left = [text for text in ax.texts if text.get_gid() == "other" and text.get_text() != "short"]
    renderer = ax.figure.canvas.get_renderer()
    edge = max(
        ax.transData.inverted().transform(text.get_window_extent(renderer).get_points())[1][0]
        for text in left[:400]
    )
    assert edge < half
    assert any("Cut after 60 lines" in text.get_text() for text in ax.texts)


def test_nothing_and_missing_columns_are_told():
    table = texts(("earlier", "title", "other", "a"))
    assert "no shared passage" in plot_passages(table.iloc[:0]).texts[0].get_text()
    with pytest.raises(SchemaError, match="kind"):
        plot_passages(table.drop(columns="kind"))


@pytest.mark.parametrize(
    ("stamps", "precision", "heads"),
    [
        (
            ("02 08:00", "02 09:30"),
            "minute",
            ("earlier, 2030-01-02 08:00", "later, 2030-01-02 09:30"),
        ),
        (("02 08:00", "02 08:05"), "minute", ("order unknown, 2030-01-02 08:00",)),
        (("02 00:00", "02 09:30"), ("day", "minute"), ("order unknown, 2030-01-02 UTC",)),
        (("02 00:00", "04 00:00"), "day", ("earlier, 2030-01-02 UTC", "later, 2030-01-04 UTC")),
        ((None, "02 09:30"), "minute", ("order unknown, no time",)),
    ],
)
def test_a_side_is_the_earlier_only_if_the_stamps_tell(stamps, precision, heads):
    table = texts(("earlier", "title", "shared", "fab"), ("later", "title", "shared", "fab"))
    times = [stamp and f"2030-01-{stamp}" for stamp in stamps]
    table["published_at"] = pd.to_datetime(times, utc=True)
    table["published_precision"] = precision
    told = " | ".join(text.get_text() for text in plot_passages(table).texts)
    for head in heads:
        assert head in told
    assert ("order unknown" in told) == ("order unknown" in heads[0])
    # Without the precision the stamps are believed, as they stand.
    bare = plot_passages(table.drop(columns="published_precision"))
    assert any(text.get_text().startswith("earlier, ") for text in bare.texts)
