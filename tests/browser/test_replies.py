"""The rules for one reply, run in the browser over lines that lose, repeat, delay and reorder frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.browser.replies_model import schedules

if TYPE_CHECKING:
    from tests.browser.tab import Tab

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.once]

RUN = """async ({module, steps}) => {
  const {newReply, apply, tailOf} = await import(module);
  let state = newReply("r");
  let shown = [];
  let isMissing = false;
  const trace = [];
  const tell = (frame) => {
    const next = apply(state, frame);
    state = next.state;
    for (const effect of next.effects) {
      if (effect.kind === "blocks") shown.splice(effect.index, shown.length, ...effect.blocks);
      if (effect.kind === "whole") shown = [effect.html];
      if (effect.kind === "sync") isMissing = true;
    }
  };
  for (const step of steps) {
    if (isMissing) { isMissing = false; tell(step.snapshot); }
    step.frames.forEach(tell);
    trace.push({
      text: state.text, upto: state.upto, status: state.status, blocks: [...shown], closed: state.closed,
      tail: tailOf(state), truth: step.truth, thinks: state.thinks, reasoning: state.reasoning, thought: step.thought,
      isPrefix: step.truth.startsWith(state.text) && step.thought.startsWith(state.reasoning),
      isBeforeEnd: state.upto <= step.truth.length, length: Math.max(state.upto, state.text.length),
      thoughtLength: state.reasoning.length,
    });
  }
  return trace;
}"""


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=schedules())
async def test_reply_on_show_is_always_a_growing_beginning_of_the_true_text(
    tab: Tab, steps: list[dict[str, Any]]
) -> None:
    trace = await tab.page.evaluate(RUN, {"module": "/static/js/replies.js", "steps": steps})
    assert all(moment["isPrefix"] and moment["isBeforeEnd"] for moment in trace)
    for measure in ("length", "closed", "thoughtLength"):
        values = [moment[measure] for moment in trace[:-1]]
        assert values == sorted(values)
    assert trace[-1]["length"] >= max(moment["length"] for moment in trace)
    for moment in trace[:-1]:
        assert all(f"<p>{part.strip()}</p>" in moment["blocks"] for part in _rendered(moment))
    last = trace[-1]
    assert (last["text"], last["status"], last["tail"]) == (last["truth"], "complete", "")
    assert (last["reasoning"], last["thinks"]) == (last["thought"], False)
    assert last["blocks"] == steps[-1]["snapshot"]["blocks"]


def _rendered(moment: dict[str, Any]) -> list[str]:
    """List the parts of the text that must be on show as blocks."""
    units = moment["truth"].encode("utf-16-le")[: 2 * moment["upto"]]
    return [part for part in units.decode("utf-16-le").split("\n\n") if part.strip()]
