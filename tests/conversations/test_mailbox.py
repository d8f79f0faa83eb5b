from __future__ import annotations

import asyncio

import pytest

from conversations.mailbox import MAX_WAITING_CHARACTERS, MAX_WAITING_FRAMES, Mailbox


async def test_mailbox_keeps_the_order() -> None:
    mailbox = Mailbox()
    for text in ("one", "two", "three"):
        mailbox.put(text)
    assert [await mailbox.take() for _ in range(3)] == ["one", "two", "three"]


async def test_mailbox_newer_delta_takes_the_place_of_the_waiting_one() -> None:
    mailbox = Mailbox()
    mailbox.put("delta 1", "reply.delta.a")
    mailbox.put("other", "reply.delta.b")
    mailbox.put("delta 2", "reply.delta.a")
    mailbox.put("finished")
    assert [await mailbox.take() for _ in range(3)] == ["other", "delta 2", "finished"]


async def test_mailbox_of_a_slow_reader_is_bounded_by_count_and_size() -> None:
    many, large = Mailbox(), Mailbox()
    for number in range(MAX_WAITING_FRAMES + 1):
        assert not many.is_overfull
        many.put(str(number))
    assert many.is_overfull
    for _ in range(MAX_WAITING_CHARACTERS // 10_000 + 1):
        assert not large.is_overfull
        large.put("y" * 10_000)
    assert large.is_overfull


async def test_mailbox_takes_the_snapshot_and_the_end_of_the_longest_answer() -> None:
    mailbox = Mailbox()
    mailbox.put("snapshot" * MAX_WAITING_CHARACTERS)
    mailbox.put("finished" * MAX_WAITING_CHARACTERS)
    assert not mailbox.is_overfull


async def test_mailbox_deltas_of_one_reply_never_overflow() -> None:
    mailbox = Mailbox()
    for number in range(MAX_WAITING_FRAMES * 4):
        mailbox.put(f"delta {number}", "reply.delta.a")
    assert not mailbox.is_overfull
    assert await mailbox.take() == f"delta {MAX_WAITING_FRAMES * 4 - 1}"


async def test_mailbox_that_is_overfull_grows_no_more() -> None:
    mailbox = Mailbox()
    for number in range(MAX_WAITING_FRAMES + 1):
        mailbox.put(str(number))
    mailbox.put("more", "reply.delta.a")
    taken = [await mailbox.take() for _ in range(MAX_WAITING_FRAMES + 1)]
    assert (taken[-1], mailbox.is_overfull) == (str(MAX_WAITING_FRAMES), True)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(mailbox.take(), 0.01)
