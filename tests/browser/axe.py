"""Asks axe-core whether a page has barriers, in every look that people may have it in."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Page, ViewportSize

AXE = Path(__file__).resolve().parents[1] / "vendor" / "axe-core" / "axe.min.js"
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
NARROWEST: ViewportSize = {"width": 320, "height": 640}
"""What a window of 1280 pixels leaves at a zoom of 400 %: nothing may be wider."""
COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules that ask for colours; the others find the same in the light and in the dark."""
# What fades in has the colours of its way until it is there, and what breathes those of the moment.
SETTLE = """() => {
  const isEndless = (one) => one.effect.getComputedTiming().endTime === Infinity;
  for (const one of document.getAnimations()) isEndless(one) ? one.cancel() : one.finish();
}"""
RUN = """async (rules) => {
  const only = rules ? {runOnly: {type: "rule", values: rules}} : {};
  const {violations} = await axe.run(document, {resultTypes: ["violations"], preload: false, ...only});
  const lines = (text) => text.split("\\n").slice(1).join(" ");
  const describe = ({html, failureSummary}) => `${html.slice(0, 200)}: ${lines(failureSummary)}`;
  return violations.map(({id, help, nodes}) => [id, help, ...nodes.map(describe)].join("\\n    "));
}"""
WIDER = """() => {
  const wide = document.documentElement.scrollWidth;
  if (wide <= innerWidth) return [];
  const isOut = (one) => one.getBoundingClientRect().right > innerWidth + 1;
  const scrolls = (one) => getComputedStyle(one).overflowX !== "visible";
  const isInside = (one) => one !== document.body && ((scrolls(one) && !isOut(one)) || isInside(one.parentElement));
  const guilty = [...document.body.querySelectorAll("*")].filter((one) => isOut(one) && !isInside(one.parentElement));
  return [`${wide} px wide: ${guilty.slice(0, 4).map((one) => one.outerHTML.slice(0, 150)).join("\\n    ")}`];
}"""


@cache
def _engine() -> str:
    return f"() => {{ {AXE.read_text()} }}"


async def list_barriers(page: Page, rules: list[str] | None = None) -> list[str]:
    """Describe what axe finds on the page as it is now; ``rules`` narrows it to these."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_engine())
    await page.evaluate(SETTLE)
    found: list[str] = await page.evaluate(RUN, rules)
    return found


async def list_all_barriers(
    page: Page, sizes: tuple[ViewportSize, ...] = (WIDE, NARROW), *, has_wide_tables: bool = False
) -> dict[str, list[str]]:
    """Look at each size, in the light and in the dark; give what was found by look, and leave the page at the first.

    Nothing may be cut off on the narrowest window, but where the stock admin has its tables.
    """
    found = {}
    for size in sizes:
        await page.set_viewport_size(size)
        for scheme, rules in (("dark", COLOURS), ("light", None)):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
            found[f"{scheme} {size['width']}"] = await list_barriers(page, rules)
    if not has_wide_tables:
        await page.set_viewport_size(NARROWEST)
        found["narrowest"] = await page.evaluate(WIDER)
    await page.set_viewport_size(sizes[0])
    return found


def expect_none(found: dict[str, dict[str, list[str]]]) -> None:
    """Fail with what was found, by place and look."""
    looks = [(place, look, one) for place, by_look in found.items() for look, ones in by_look.items() for one in ones]
    if looks:
        pytest.fail("\n".join(f"{place}, {look}: {one}" for place, look, one in looks))
