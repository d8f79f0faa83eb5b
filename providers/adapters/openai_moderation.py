"""OpenAI's moderations, and every server that is compatible with them: is there something to object to in a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import aiohttp
import openai
import orjson

from providers import faults
from providers.adapters.openai import OpenAIClient
from providers.answers import as_object, read_whole
from providers.http import TRANSPORT_ERRORS, posted
from providers.port import ProviderUnreachable, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from providers.port import ProviderConfig
    from providers.timeouts import Limits

MOST_BYTES = 1 << 20
NOT_REACHED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_CATEGORY = re.compile(r"[a-z0-9][a-z0-9_/ -]{0,39}", re.IGNORECASE)


class OpenAIModerator:
    def __init__(self, config: ProviderConfig, limits: Limits) -> None:
        self._label = config.label
        self._client = OpenAIClient(config, limits)

    async def judge(self, model: str, text: str) -> Verdict:
        try:
            async with posted(self._client, "/moderations", {"model": model, "input": text}) as response:
                return _read(await read_whole(response, MOST_BYTES))
        except openai.APIStatusError as error:
            raise faults.status_fault(self._label, model, error) from None
        except (openai.APIConnectionError, *TRANSPORT_ERRORS) as error:
            if any(isinstance(cause, NOT_REACHED) for cause in _causes(error)):
                raise ProviderUnreachable(f"{self._label} cannot be reached.") from None
            raise faults.unreachable(self._label) from None
        except (ValueError, LookupError, TypeError):
            raise faults.wrong_address(self._label) from None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__


def _read(content: bytes) -> Verdict:
    """Read the verdict; raises ValueError, LookupError or TypeError for what is no verdict."""
    results = as_object(orjson.loads(content))["results"]
    if not isinstance(results, list) or not results:
        raise TypeError("no results")
    judged = [as_object(result) for result in results]
    is_flagged = [result["flagged"] for result in judged]
    if not all(isinstance(one, bool) for one in is_flagged):
        raise TypeError("no verdict")
    found = {name for result in judged for name, is_found in as_object(result.get("categories")).items() if is_found}
    return Verdict(any(is_flagged), tuple(sorted(filter(_CATEGORY.fullmatch, found))) if any(is_flagged) else ())
