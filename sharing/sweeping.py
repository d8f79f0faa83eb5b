"""Removes what expired links showed, beside the requests."""

from __future__ import annotations

import asyncio
import logging

from django.db import Error as DatabaseError

from chatproject.database import in_database
from sharing.services import remove_expired_links

logger = logging.getLogger(__name__)

INTERVAL = 600.0


async def keep_sweeping() -> None:
    """Look at start and then every ten minutes, for as long as the process lives."""
    while True:
        try:
            await in_database(remove_expired_links)
        except DatabaseError as error:
            logger.warning("Expired links could not be removed (%s).", type(error).__name__)
        await asyncio.sleep(INTERVAL)
