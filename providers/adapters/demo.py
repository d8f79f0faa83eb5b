"""A demonstration that needs no model, no key and no network, so that the house can be seen at work at once."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from providers.port import Accepted, Finished, ModelInfo, TextDelta, Usage
from providers.tokens import estimate_prompt_tokens, estimate_tokens

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from providers.port import ChatRequest, ProviderConfig, StreamEvent
    from providers.timeouts import Limits

PACE = 0.04
"""Seconds between two pieces of a few words: about as fast as people read."""

_MAX_QUOTED = 400
_PIECE = re.compile(r"\S+\s*\S*\s*")

_ANSWER = """\
**This is a demonstration.** No model is connected yet, so nobody has thought about your question. You wrote:

{quoted}

Everything around the answer is real: it arrives word by word, you can stop it, leave the page and come back, and \
nothing is lost.

## Connect a model

Whoever runs this site sets one of these environment variables and starts it again:

| Variable | Connects |
|---|---|
| `OPENAI_API_KEY` | OpenAI |
| `ANTHROPIC_API_KEY` | Anthropic |
| `LOCAL_BASE_URL` | a model on your own machine: Ollama, llama.cpp, vLLM, LM Studio |

For example, with [Ollama](https://ollama.com) running on the same machine:

```bash
export LOCAL_BASE_URL=http://127.0.0.1:11434/v1
make run
```

## What works already

- **Markdown** with lists, tables and highlighted code
- **Stop**, **Regenerate** and **Continue** under each answer
- the same conversation in several tabs and on several devices, at the same time
"""


class DemoProvider:
    def __init__(self, config: ProviderConfig, limits: Limits, *, pace: float = PACE) -> None:
        del config, limits
        self._pace = pace

    async def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
        question = next((one.content for one in reversed(request.messages) if one.role == "user"), "")
        answer = _ANSWER.format(quoted=_quote(question))
        yield Accepted()
        for piece in _PIECE.findall(answer):
            yield TextDelta(piece)
            await asyncio.sleep(self._pace)
        yield Usage(estimate_prompt_tokens(request.messages), estimate_tokens(answer), estimated=True)
        yield Finished("stop")

    async def list_models(self) -> list[ModelInfo]:
        return [ModelInfo("demo", "Demonstration")]


def _quote(question: str) -> str:
    """Put the person's words into an indented block, where Markdown means nothing."""
    words = question.strip()
    if len(words) > _MAX_QUOTED:
        words = words[:_MAX_QUOTED] + "…"
    return "\n".join(f"    {line}" for line in words.splitlines()) or "    …"
