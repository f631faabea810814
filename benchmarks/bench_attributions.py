"""Attributions in long and short texts, beside what it takes to cut the same texts into words.

    python benchmarks/bench_attributions.py [--bodies 400] [--short 20000] [--rounds 3]
    python benchmarks/bench_attributions.py --parquet FILE --column NAME [--texts 400]

Each way runs in a process of its own, in turn. The texts are made there, from the same seed, before
the clock starts: news-like sentences of made-up words and English function words, with names,
commas and quotation marks, one attribution in three sentences of a body or excerpt and one in six
headlines, and one other word in thirty that may be a cue and mostly is none. Bodies
have about 850 words, excerpts 40, headlines 9; every third excerpt breaks off with dots. The peers
are tokenizers of nltk: they only cut, but in a loop over texts as here. Seconds are those of the
processor. "10 x" is the time for ten times the texts over that for one.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = {"bodies": "body", "excerpts": "excerpt", "headlines": "title"}
FUNCTION = (
    "the the the the the the of of of to to to and and a a a in in in that for for on is was with "
    "as at by from it its he his has have had be are were will not but their they an which who this"
).split()
#: Forms of cues that mostly are none where they stand: nouns, infinitives, passives.
DECOYS = (
    "plan plans calls support vote report reports claims to-say to-call known seen was-accused "
    "were-told feel back want see find show showed would-seek may-add to-consider attack questions"
).split()
VERBS = "said said said said said says told-reporters added wrote warned argued denied".split()
NOUNS = "officials analysts the-ministry the-company a-spokesman critics researchers".split()
ONSETS = "b br ch d dr f fl g gr h j k l m n p pl r s st t tr v w".split()
VOWELS = "a e i o u ai ea ou".split()
CODAS = ["", "n", "r", "s", "t", "l", "m", "nd", "st", "ck", "ration", "ment", "ing", "er"]


class Writer:
    """Writes sentences from a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        parts = itertools.product(ONSETS, VOWELS, CODAS, ["", "a", "o"])
        self.vocabulary = ["".join(part) for part in parts]
        self.rng.shuffle(self.vocabulary)
        self.names = [word.capitalize() for word in self.vocabulary[:600]]

    def word(self) -> str:
        """A word: of grammar, perhaps a cue, a name, or made up."""
        chance = self.rng.random()
        if chance < 0.45:
            return self.rng.choice(FUNCTION)
        if chance < 0.485:
            return self.rng.choice(DECOYS).replace("-", " ")
        if chance < 0.58:
            return self.rng.choice(self.names)
        # The smaller of two draws makes some words frequent.
        last = len(self.vocabulary) - 1
        return self.vocabulary[min(self.rng.randint(0, last), self.rng.randint(0, last))]

    def clause(self, size: int) -> str:
        """Words with signs between some."""
        words = [self.word() for _ in range(size)]
        for at in range(6, size - 3, 11):
            words[at] += self.rng.choice([",", ",", ",", "'s", " -"])
        return " ".join(words)

    def source(self) -> str:
        """Who says something."""
        if self.rng.random() < 0.4:
            return self.rng.choice(NOUNS).replace("-", " ")
        return " ".join(self.rng.choices(self.names, k=self.rng.choice([1, 2, 2, 3])))

    def attribution(self, size: int) -> str:
        """A sentence with an attribution."""
        said = self.rng.choice(VERBS).replace("-", " ")
        source, clause = self.source(), self.clause(max(4, size - 4))
        opening = clause[0].upper() + clause[1:]
        return self.rng.choice(
            [
                f"\u201c{opening},\u201d {source} said.",
                f'"{opening}," said {source}.',
                f'"{opening}," {source} said. "{self.clause(9).capitalize()}."',
                f"{source} {said} that {clause}.",
                f"{source} {said} {clause}.",
                f"{source}, a {self.rng.choice(self.vocabulary)} at {source}, {said} {clause}.",
                f"{opening}, {source} said.",
                f"{opening}, according to {source}.",
            ]
        )

    def sentence(self) -> str:
        """A sentence, one in three with an attribution."""
        size = self.rng.randint(12, 30)
        if self.rng.random() < 1 / 3:
            return self.attribution(size)
        clause = self.clause(size)
        return clause[0].upper() + clause[1:] + self.rng.choice([".", ".", ".", ".", "?"])

    def body(self) -> str:
        """Sentences in paragraphs."""
        number = self.rng.randint(20, 60)
        marks = self.rng.choices([" ", "\n\n"], weights=[1, 2], k=number)
        return "".join(self.sentence() + mark for mark in marks).strip()

    def excerpt(self) -> str:
        """About forty words of a body, some broken off."""
        words = f"{self.sentence()} {self.sentence()} {self.sentence()} {self.sentence()}".split()
        cut = " ".join(words[: self.rng.randint(30, 50)])
        return cut + "..." if self.rng.random() < 1 / 3 else cut

    def headline(self) -> str:
        """A headline, one in six with an attribution."""
        clause = self.clause(self.rng.randint(6, 12))
        if self.rng.random() >= 1 / 6:
            return clause[0].upper() + clause[1:]
        name = self.source().capitalize()
        return self.rng.choice(
            [
                f"{name} says {clause}",
                f"Experts: {clause}",
                f"{clause}: report",
                f"'{clause}': {name}",
            ]
        )


def made_texts(kind: str, number: int) -> list[str]:
    writer = Writer(20230508)
    write = {"bodies": writer.body, "excerpts": writer.excerpt, "headlines": writer.headline}[kind]
    return [write() for _ in range(number)]


def attributions(texts: list[str], kind: str) -> int:
    """Find attributions with this package."""
    import pandas as pd

    from coverage_research.attributions import find_attributions

    names = [str(number) for number in range(len(texts))]
    articles = pd.DataFrame({"article_id": names, KINDS[kind]: texts})
    return int((~find_attributions(articles, progress=False)["continues"]).sum())


def treebank(texts: list[str], kind: str) -> int:
    """Cut texts with the usual tokenizer of nltk."""
    from nltk.tokenize import TreebankWordTokenizer

    cut = TreebankWordTokenizer().tokenize
    return sum(len(cut(text)) for text in texts)


def wordpunct(texts: list[str], kind: str) -> int:
    """Cut texts with the plainest tokenizer of nltk: one regular expression."""
    from nltk.tokenize import WordPunctTokenizer

    cut = WordPunctTokenizer().tokenize
    return sum(len(cut(text)) for text in texts)


WAYS: dict[str, Callable[[list[str], str], int]] = {
    "find_attributions": attributions,
    "TreebankWordTokenizer": treebank,
    "WordPunctTokenizer": wordpunct,
}


def run_way(way: str, kind: str, options: argparse.Namespace) -> None:
    """In a process of its own: make or read the texts, work, report."""
    if options.parquet:
        import pandas as pd

        column = pd.read_parquet(options.parquet, columns=[options.column])[options.column]
        texts = column.dropna().head(options.texts).tolist()
    else:
        texts = made_texts(kind, options.texts)
    WAYS[way](texts[:50], kind)  # imports and lists are not timed
    start = time.process_time()
    number = WAYS[way](texts, kind)
    seconds = time.process_time() - start
    words = sum(len(text.split()) for text in texts)
    print(json.dumps({"s": seconds, "number": number, "texts": len(texts), "words": words}))


def measure(way: str, kind: str, texts: int, options: argparse.Namespace) -> dict[str, float]:
    command = [sys.executable, __file__, "--way", way, "--kind", kind, "--texts", str(texts)]
    if options.parquet:
        command += ["--parquet", options.parquet, "--column", options.column]
    found = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    result: dict[str, float] = json.loads(found.stdout)
    return result


def medians(results: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one[name] for one in results) for name in results[0]}


def show(kind: str, texts: int, options: argparse.Namespace) -> None:
    """Measure all ways over one kind of text, and print their lines."""
    rounds = [
        {way: measure(way, kind, texts, options) for way in WAYS} for _ in range(options.rounds)
    ]
    found = {way: medians([one[way] for one in rounds]) for way in WAYS}
    ours, base = found["find_attributions"], found["TreebankWordTokenizer"]["s"]
    # Each round beside its own peer, so that other work on the machine matters less.
    ratio = statistics.median(
        one["find_attributions"]["s"] / one["TreebankWordTokenizer"]["s"] for one in rounds
    )
    print(
        f"{ours['texts']:,.0f} {kind}, {ours['words'] / ours['texts']:,.0f} words each; "
        f"an attribution in {ours['words'] / max(1, ours['number']):.0f} words"
    )
    for way, got in found.items():
        share = ratio if way == "find_attributions" else got["s"] / base
        speed = got["words"] / got["s"] / 1e6
        print(f"{way:<24}{got['s']:>9.2f}{share:>12.2f}{speed:>12.2f}")
    if not options.parquet:
        tenth = measure("find_attributions", kind, max(60, texts // 10), options)
        growth = ours["s"] / tenth["s"] / (ours["texts"] / tenth["texts"]) * 10
        print(f"{'10 x the texts':<24}{growth:>8.1f} x")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bodies", type=int, default=400)
    parser.add_argument("--short", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--parquet", help="a file of your own texts")
    parser.add_argument("--column", default="text", help="its column")
    parser.add_argument("--texts", type=int, default=400, help="how many of them")
    parser.add_argument("--kind", choices=KINDS, help="what your own texts are read as")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        run_way(options.way, options.kind, options)
        return
    print(f"{'way':<24}{'s':>9}{'x Treebank':>12}{'m words/s':>12}")
    if options.parquet:
        show(options.kind or "bodies", options.texts, options)
        return
    for kind in KINDS:
        show(kind, options.bodies if kind == "bodies" else options.short, options)


if __name__ == "__main__":
    main()
