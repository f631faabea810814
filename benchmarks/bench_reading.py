"""Reading 20,000 files: this package against a plain python-frontmatter loop, in one run.

    python benchmarks/bench_reading.py [--files 20000] [--rounds 3]

Each way runs in a process of its own, in turn, so that none profits from another's memory; the page
cache is warm for all. Seconds are inside the process, after the imports. Memory is the peak of the
proportional set sizes (PSS) of the process and its workers together, sampled, so shared pages count
once; the sampler runs in rounds of its own, whose times are not used.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RELATED = 11
WORDS = """
    accelerator advance analyst build buyer capacity centre chip cluster company compute cost
    curb cut data delay demand design energy engineer export factory firm foundry grid growth
    industry inference investor lab launch license limit market maker memory minister model
    network order output package partner plan plant power price process production profit record
    release report research revenue rival rule sale sanction scientist server share shipment
    shortage silicon startup state supplier supply system target team technology tool training
    transistor unit wafer yield year
""".split()
OUTLETS = [f"{word}{kind}.example" for word in WORDS for kind in ("daily", "wire", "post")]


def sentence(rng: random.Random, n: int) -> str:
    """Some words of the list, as a sentence without its full stop."""
    return " ".join(rng.choices(WORDS, k=n)).capitalize()


def item(rng: random.Random, number: int, indent: str) -> str:
    """One record in the block style of such files; `indent` is that of its keys."""
    outlet = rng.choice(OUTLETS)
    title = sentence(rng, rng.randint(7, 13))
    slug = title.lower().replace(" ", "-") + f"-{number}"
    day = f"2024-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    stamp = f"{day}T{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:00Z"
    name = outlet.removesuffix(".example").capitalize()
    lines = [
        f'title: "{title}"',
        f'excerpt: "{sentence(rng, rng.randint(25, 45))}\u2019s {sentence(rng, 4)} ..."',
        f"publishedDateTime: {stamp}",
        f'webUrl: "https://www.{outlet}/news/{slug}"',
    ]
    if rng.random() < 0.2:
        lines.append(f'ampWebUrl: "https://www.{outlet}/news/{slug}/amp"')
        cdn = outlet.replace(".", "-")
        lines.append(
            f'cdnAmpWebUrl: "https://www-{cdn}.cdn.ampproject.org/c/s/www.{outlet}/news/{slug}/amp"'
        )
    lines += [
        "type: article",
        "provider:",
        f"  name: {name}",
        f"  domain: {outlet}",
        f"quality: {rng.randint(10, 90)}",
    ]
    if rng.random() < 0.8:
        lines += [
            "images:",
            f'  - url: "https://images.{outlet}/{number}/{rng.getrandbits(64):x}.jpg"',
            "    width: 1200",
            "    height: 630",
            "    isCached: true",
        ]
    return "\n".join(indent + line for line in lines)


def write_corpus(folder: Path, n: int) -> None:
    """Write `n` files of a lead with eleven related items; the same for the same `n`."""
    rng = random.Random(20230508)
    folder.mkdir(parents=True)
    number = 0
    for index in range(n):
        parts = [
            "---",
            "category: news",
            item(rng, number, ""),
            "heat: -1",
            "published: false",
            "topics:",
            "  - AI Hardware",
            "  - AI",
            "related:",
        ]
        for _ in range(RELATED):
            number += 1
            related = item(rng, number, "    ")
            parts.append("  - " + related[4:])
        number += 1
        parts.append(f'secured: "{rng.getrandbits(2048):x}"')
        parts.append("---\n")
        (folder / f"{index // 1000:03}").mkdir(exist_ok=True)
        (folder / f"{index // 1000:03}" / f"{index:06}.md").write_text("\n".join(parts), "utf-8")


def naive(folder: Path) -> int:
    """What one writes without this package: load, flatten, DataFrame."""
    import frontmatter
    import pandas as pd

    rows = []
    for path in sorted(folder.rglob("*.md")):
        post = frontmatter.load(str(path))
        lead = {**post.metadata, "role": "lead", "body": post.content, "path": str(path)}
        related = lead.pop("related")
        rows.append(lead)
        rows += [{**entry, "role": "related", "path": str(path)} for entry in related]
    return len(pd.DataFrame(rows))


def read_bytes(folder: Path) -> int:
    """The floor: only read every byte."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with open(f"{place}/{name}", "rb") as file:  # noqa: PTH123
                total += len(file.read())
    return total


def package(folder: Path, *, workers: int, cache: bool) -> int:
    """Read with this package."""
    from coverage_research import read_corpus

    return len(read_corpus(folder, workers=workers, cache=cache, progress=False).articles)


WAYS = {
    "naive": naive,
    "bytes": read_bytes,
    "one worker, no cache": lambda folder: package(folder, workers=1, cache=False),
    "cold, two workers, no cache": lambda folder: package(folder, workers=2, cache=False),
    "cold, two workers": lambda folder: package(folder, workers=2, cache=True),
    "warm": lambda folder: package(folder, workers=2, cache=True),
    "1 % changed": lambda folder: package(folder, workers=2, cache=True),
}


def run_way(name: str, folder: Path) -> None:
    """In a process of its own: import, run, report."""
    import frontmatter  # noqa: F401 - the imports are not timed
    import pandas as pd  # noqa: F401

    if name not in ("naive", "bytes"):
        import coverage_research.loading
        import coverage_research.merging  # noqa: F401
    start = time.perf_counter()
    result = WAYS[name](folder)
    print(json.dumps({"seconds": time.perf_counter() - start, "result": result}))


def measure(name: str, folder: Path, cache: Path, *, memory: bool = False) -> dict[str, float]:
    """Run one way in a fresh process; with `memory`, sample the PSS of its tree."""
    environment = {**os.environ, "COVERAGE_RESEARCH_CACHE": str(cache)}
    command = [sys.executable, __file__, "--way", name, "--folder", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    peak = 0
    while memory and process.poll() is None:
        peak = max(peak, sum(map(pss, tree(process.pid))))
        time.sleep(0.05)
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{name} failed")
    return {**json.loads(out), "peak": peak / 1024}


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(found for child in children for found in tree(int(child)))]


def pss(pid: int) -> int:
    """Proportional set size in KiB."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def touch_one_percent(folder: Path, round_number: int) -> None:
    """Change one file in a hundred: one more topic."""
    for path in sorted(folder.rglob("*.md"))[round_number::100]:
        text = path.read_text("utf-8")
        path.write_text(
            text.replace("  - AI Hardware\n", f"  - AI Hardware\n  - Round {round_number}\n", 1),
            "utf-8",
        )


def import_times(rounds: int) -> tuple[float, float]:
    """Median seconds of importing pandas, and this package, in a fresh interpreter."""
    found = {}
    for name in ("pandas", "coverage_research"):
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", f"import {name}"], check=True)
            times.append(time.perf_counter() - start)
        found[name] = statistics.median(times)
    return found["pandas"], found["coverage_research"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.way:
        run_way(options.way, options.folder)
        return
    with tempfile.TemporaryDirectory() as name:
        folder, cache = Path(name) / "corpus", Path(name) / "cache"
        write_corpus(folder, options.files)
        size = read_bytes(folder)
        print(
            f"{options.files:,} files, {options.files * (RELATED + 1):,} records, "
            f"{size / 1e6:.0f} MB"
        )
        times: dict[str, list[float]] = {way: [] for way in WAYS}
        for number in range(options.rounds):
            for way in WAYS:
                if way == "cold, two workers":
                    shutil.rmtree(cache, ignore_errors=True)
                if way == "1 % changed":
                    touch_one_percent(folder, number)
                times[way].append(measure(way, folder, cache)["seconds"])
        medians = {way: statistics.median(values) for way, values in times.items()}
        base = medians["naive"]
        print(f"{'way':<30}{'s':>8}{'x naive':>10}{'x bytes':>10}")
        for way, seconds in medians.items():
            print(
                f"{way:<30}{seconds:>8.2f}{base / seconds:>10.1f}"
                f"{seconds / medians['bytes']:>10.2f}"
            )
        shutil.rmtree(cache, ignore_errors=True)
        peaks = {
            way: measure(way, folder, cache, memory=True)["peak"]
            for way in ("naive", "one worker, no cache", "cold, two workers", "warm")
        }
        print(f"{'peak memory, workers included':<30}{'MB':>8}{'of naive':>10}")
        for way, peak in peaks.items():
            print(f"{way:<30}{peak:>8.0f}{peak / peaks['naive']:>10.2f}")
    pandas_time, own_time = import_times(7)
    print(
        f"import pandas {pandas_time:.3f} s, import coverage_research {own_time:.3f} s, "
        f"ratio {own_time / pandas_time:.2f}"
    )


if __name__ == "__main__":
    main()
