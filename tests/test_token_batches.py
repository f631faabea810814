"""Tokens in batches are the tokens of `text.tokens`, sign for sign."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_research.text import BREAK, tokens
from coverage_research.token_batches import batches, read_tokens

#: What the rules turn on: acronyms, numbers, apostrophes, ends of sentences, odd letters.
PIECES = [
    "race", "U.S.", "A.I", "3.5x", "1,200", "x.y.z.", "it's", "China's", "\u2019s", "don\u2019t",
    "...", '?!"', "a.b", "\u0130stanbul", "\u0391\u03a3.\u0391", "\u0391\u03a3", "\n\n", "\n \n",
    "\n", " ", "(x).", "\x00", "\x1e", "\ud800", "\U0001d49c", "\U00010400", "\uff15\uff0e\uff15",
    "\u017f", "x\u2019\u017f", "'", "\u2019", "s's", "s's's", "\u0663.\u0663", "\u00b2", "_a_", "a_b.",
    "cafe\u0301", "chi\u00adps", "\u00ad", "a\u200d.b\u0301.", "e\u0301's", "\ufeffrace", "n\u0303\u030a",
    "\u0301x", "x\u2060y.z", "\u0130\u0307", "U.S", "U.S.A.F.x", "4.5.6", "4.5's", "10,000th", "\u1e9e", "\U0001f1e8",
]  # fmt: skip
MIXED = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=12)
TEXT = st.one_of(st.text(max_size=30), MIXED.map("".join), MIXED.map(" ".join))


def expected(texts: list[str], offsets: list[int]) -> tuple[str, list[tuple[int, int]]]:
    joined, places = "", []
    for text, offset in zip(texts, offsets, strict=True):
        for token in tokens(text, breaks=True):
            if token.form == BREAK:
                joined += BREAK
                continue
            joined += " " + token.form
            places.append((offset + token.start, offset + token.end))
        joined += BREAK
    return joined, places


@given(st.lists(TEXT, min_size=1, max_size=5))
def test_a_batch_holds_the_tokens_of_its_texts(texts: list[str]) -> None:
    batch = read_tokens(texts)
    joined, places = expected(texts, batch.offsets.tolist())
    assert batch.joined == joined
    assert list(zip(batch.starts.tolist(), batch.ends.tolist(), strict=True)) == places
    numbers = [joined[: place + 1].count(" ") - 1 for place in range(len(joined))]
    assert batch.token_at.tolist() == numbers


@given(st.lists(st.text(max_size=9), max_size=20), st.integers(1, 30))
def test_batches_hold_all_texts_in_order(texts: list[str], signs: int) -> None:
    cut = list(batches(texts, signs=signs))
    assert [text for batch in cut for text in batch] == texts
    assert all(batch for batch in cut)
    # No batch goes on once it has the signs that were asked for.
    assert all(sum(len(text) + 1 for text in batch[:-1]) < signs for batch in cut)


@pytest.mark.parametrize("piece", ["U.", "3.", "a's ", "\n \n", "\u0130", "."])
def test_long_runs(piece: str) -> None:
    text = piece * 20_000
    joined, places = expected([text], [1])
    batch = read_tokens([text])
    assert batch.joined == joined
    assert len(batch.starts) == len(places)
