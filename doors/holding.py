"""Ends an answer whose token holds no longer: it was revoked, has expired, or its person was suspended."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from django.db import Error as DatabaseError

from accounts.tokens import find_bearer
from chatproject.database import in_database
from doors.http import Unauthorized

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""Most answers have ended by then, and cost nothing; nobody has to be told for the others to end, in any process."""


@asynccontextmanager
async def while_it_holds(secret: str) -> AsyncIterator[None]:
    """Do what is within, which raises Unauthorized once the token holds no longer."""
    limit = asyncio.timeout(None)
    try:
        async with limit:
            look = asyncio.create_task(_look(secret, limit))
            try:
                yield
            finally:
                look.cancel()
    except TimeoutError:
        if not limit.expired():
            raise
        raise Unauthorized("This token does not hold any more, so the answer ends here.") from None


async def _look(secret: str, limit: asyncio.Timeout) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            if await in_database(find_bearer, secret) is None:
                limit.reschedule(asyncio.get_running_loop().time())
                return
        except DatabaseError as error:
            logger.warning("A token could not be looked at (%s); trying again.", type(error).__name__)
