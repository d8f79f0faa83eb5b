"""Reads the tokens and measures contrast as WCAG 2 does."""

from __future__ import annotations

import math
import re
from pathlib import Path

SHEETS = Path(__file__).resolve().parents[2] / "static" / "css"
_TOKEN = re.compile(r"--([\w-]+): (light-dark\(.+\)|var\(--[\w-]+\));")
_OKLCH = re.compile(r"oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)")
SCHEMES = ("light", "dark")


def read_tokens(*further: str) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Return the opaque colours: scheme -> token -> lightness, chroma, hue.

    What the sheets ``further`` say takes the place of what the tokens say.
    """
    found: dict[str, dict[str, tuple[float, float, float]]] = {scheme: {} for scheme in SCHEMES}
    said = {name: value for sheet in ("tokens.css", *further) for name, value in _TOKEN.findall(_read(sheet))}
    for name, value in said.items():
        if value.startswith("var("):
            pair = [found[scheme].get(value[6:-1]) for scheme in SCHEMES]
        else:
            pair = [(float(one[0]), float(one[1]), float(one[2])) for one in _OKLCH.findall(value)]
        for scheme, colour in zip(SCHEMES, pair, strict=False):
            if colour:
                found[scheme][name] = colour
    return found


def _read(sheet: str) -> str:
    return (SHEETS / sheet).read_text()


def luminance(colour: tuple[float, float, float]) -> float:
    """Return the relative luminance; what the screen cannot show is clipped, as a browser does."""
    lightness, chroma, hue = colour
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    red, green, blue = (min(1.0, max(0.0, channel)) for channel in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
