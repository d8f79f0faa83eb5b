"""Forgets the answers of a day ago, beside the requests."""

from __future__ import annotations

import asyncio
import logging

from django.db import Error as DatabaseError

from api.idempotency import remove_old_answers
from chatproject.database import in_database

logger = logging.getLogger(__name__)

INTERVAL = 600.0


async def keep_sweeping() -> None:
    """Look at start and then every ten minutes, for as long as the process lives."""
    while True:
        try:
            await in_database(remove_old_answers)
        except DatabaseError as error:
            logger.warning("Kept answers of the API could not be removed (%s).", type(error).__name__)
        await asyncio.sleep(INTERVAL)
