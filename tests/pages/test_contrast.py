"""Everything can be read, in the light and in the dark."""

from __future__ import annotations

import pytest

from tests.pages.colours import SCHEMES, contrast, read_tokens

GROUNDS = ("page", "sunken", "raised", "bubble", "hover", "pressed")
BODY = [("text", ground, 7.0) for ground in GROUNDS]
SMALL = [("text-muted", ground, 4.5) for ground in GROUNDS]
COLOURED = [
    (name, ground, 4.5)
    for name in ("accent-text", "danger", "warning", "good")
    for ground in ("page", "sunken", "raised", f"{name.removesuffix('-text')}-soft")
]
FILLED = [("on-accent", "accent", 4.5), ("on-accent", "accent-hover", 4.5), ("on-danger", "danger", 4.5)]
LINES = [("line-strong", ground, 3.0) for ground in ("page", "sunken", "raised", "bubble")]
SIGNS = [("accent", ground, 3.0) for ground in ("page", "sunken", "raised", "bubble", "pressed")]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("front", "ground", "least"), BODY + SMALL + COLOURED + FILLED + LINES + SIGNS)
def test_tokens_contrast_enough(scheme: str, front: str, ground: str, least: float) -> None:
    colours = read_tokens()[scheme]
    assert contrast(colours[front], colours[ground]) >= least


STRONG = [("text", ground, 14.0) for ground in ("page", "sunken", "raised", "bubble")]
STRONG += [(name, ground, 7.0) for name in ("text-muted", "accent-text", "danger") for ground in ("page", "hover")]
STRONG += [(name, ground, 4.5) for name in ("line", "line-strong") for ground in ("page", "sunken", "raised")]
STRONG += [("on-accent", "accent", 7.0), ("on-danger", "danger", 7.0)]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("front", "ground", "least"), STRONG)
def test_high_contrast_is_higher(scheme: str, front: str, ground: str, least: float) -> None:
    colours = read_tokens("contrast.css")[scheme]
    assert contrast(colours[front], colours[ground]) >= least


def test_contrast_of_black_and_white_is_the_greatest() -> None:
    assert contrast((1.0, 0.0, 0.0), (0.0, 0.0, 0.0)) == pytest.approx(21, abs=0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_greys_go_one_way(scheme: str) -> None:
    colours = read_tokens()[scheme]
    steps = [colours[f"grey-{step}"][0] for step in range(1, 13)]
    assert steps == sorted(steps, reverse=scheme == "light")
