"""Imports point upwards only: what stands lower in the list may use what stands higher, never the reverse."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import coverage_research

PACKAGE = Path(coverage_research.__file__).parent

LAYERS = [
    ["_version", "schema", "findings", "paths"],
    ["text", "statistics", "identity", "safe_yaml"],
    [
        "block_style",
        "terms",
        "token_batches",
        "html_text",
        "coding_units",
        "controls",
        "outlet_names",
        "codings",
        "coefficients",
        "cues",
    ],
    ["reliability", "disagreements", "stems", "vectors"],
    ["methods_text"],
    ["codebook"],
    ["matching"],
    ["front_matter", "record_fields"],
    ["records"],
    ["articles"],
    ["writing"],
    ["files", "cache"],
    ["loading"],
    ["merging"],
    ["corpus"],
    ["stories", "shingles", "flow_pairs", "flow_terms"],
    [
        "audit",
        "noun_phrases",
        "credits",
        "shared_runs",
        "overlaps",
        "alignment",
        "units",
    ],
    [
        "contrasts",
        "origin_marks",
        "attribution_texts",
        "keyness_counts",
        "gazetteer",
        "set_similarity",
        "anchor_chains",
    ],
    ["attribution_sources", "keyness_sides", "source_rules"],
    ["attribution_forms", "keyness_scores"],
    ["attribution_rules"],
    ["framing", "keyness", "tone", "labels", "attributions", "timeline", "evidence"],
    [
        "frame_shares",
        "frame_matrix",
        "concordance",
        "coder",
        "reuse",
        "origins",
        "voice",
        "source_types",
        "validation",
        "publication_times",
        "flow_noise",
    ],
    ["grouping", "lag_summary", "blind_spots", "news_flow", "flow_shares", "collection_gaps"],
    ["movers", "cascade", "passages", "source_shares", "bursts", "volume"],
    ["cascade_places", "side_by_side"],
    ["coder_scores", "coder_files", "coding_entries"],
    ["coding_log", "coding_files", "sampling"],
    ["independence", "credit_reuse", "exports"],
    ["sharing"],
    ["samples", "selection"],
    ["plots"],
    ["plots_panels"],
    [
        "plots_framing",
        "plots_matrix",
        "plots_words",
        "plots_sourcing",
        "plots_sources",
        "plots_network",
        "plots_flow",
        "plots_passages",
        "plots_timeline",
        "plots_volume",
        "plots_lanes",
        "plots_cascade",
        "plots_movers",
        "plots_blind_spots",
    ],
    ["figures"],
    ["explorer_data", "coding_panel"],
    ["explorer_views"],
    ["cli", "explorer", "hand_coding"],
    ["__init__"],
]
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))


def imported(module: str) -> set[str]:
    """Modules of the package that a module imports anywhere, also inside functions."""
    tree = ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, "imports name the package"
            if node.module == "coverage_research":
                found |= {
                    alias.name if alias.name in HEIGHT else "__init__" for alias in node.names
                }
            elif node.module.startswith("coverage_research."):
                found.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {
                alias.name.split(".")[1]
                for alias in node.names
                if alias.name.startswith("coverage_research.")
            }
    return found


def test_every_module_has_a_layer() -> None:
    assert set(MODULES) == set(HEIGHT)


@pytest.mark.parametrize("module", [name for name in MODULES if name != "__init__"])
def test_imports_point_upwards(module: str) -> None:
    for other in imported(module):
        assert HEIGHT[other] < HEIGHT[module], (
            f"{module} imports {other}, which lies at its height or below"
        )


@pytest.mark.parametrize(
    "module",
    [
        "schema",
        "text",
        "statistics",
        "codebook",
        "framing",
        "frame_shares",
        "keyness",
        "concordance",
        "tone",
        "noun_phrases",
        "labels",
        "attributions",
        "credits",
        "origin_marks",
        "origins",
        "outlet_names",
        "reliability",
        "validation",
        "shingles",
        "shared_runs",
        "set_similarity",
        "overlaps",
        "reuse",
        "alignment",
        "anchor_chains",
        "passages",
        "side_by_side",
        "source_types",
        "source_shares",
        "voice",
        "news_flow",
        "flow_shares",
        "timeline",
        "stories",
        "grouping",
        "lag_summary",
        "movers",
        "cascade",
        "cascade_places",
        "blind_spots",
        "publication_times",
        "collection_gaps",
        "volume",
        "bursts",
        "codings",
        "coding_units",
        "coefficients",
        "disagreements",
        "methods_text",
        "sampling",
        "keyness_counts",
        "keyness_sides",
        "keyness_scores",
        "gazetteer",
        "source_rules",
        "html_text",
        "stems",
        "vectors",
        "flow_pairs",
        "flow_terms",
        "flow_noise",
        "units",
        "contrasts",
    ],
)
def test_science_does_not_read_or_write_files_of_users(module: str) -> None:
    assert not imported(module) & {
        "articles",
        "writing",
        "files",
        "cache",
        "loading",
        "corpus",
        "exports",
    }
