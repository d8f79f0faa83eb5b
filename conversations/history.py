"""What the model is told: the branch that leads to a reply, cut to the model's window from the oldest end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conversations.attachments import keeper
from conversations.models import Role
from conversations.reading_matter import Told, cut_documents, quote_documents, read_pictures, tell
from conversations.selectors import branch_messages
from providers.gateway import get_gateway
from providers.port import ChatMessage, ChatRequest
from providers.tokens import estimate_prompt_tokens

if TYPE_CHECKING:
    from conversations.models import Message
    from providers.catalogue import CatalogueEntry

MAX_MESSAGES = 1000
LARGEST_OUTPUT_SHARE = 0.5
LARGEST_FOLDER_SHARE = 0.25
WINDOW_MARGIN = 0.95
CONTINUE = (
    "Your last answer was cut off. Go on exactly where it ended: repeat nothing, and begin without an introduction."
)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request for one reply; ``omitted`` counts the earlier messages that did not fit."""

    request: ChatRequest
    omitted: int


def build_prompt(reply: Message, *, with_pictures: bool = False) -> Prompt:
    """Read the branch of ``reply`` and make the request; the pictures themselves are only read to be sent."""
    leaf = reply.pk if reply.content else reply.parent_id
    return make_prompt(reply, branch_messages(leaf, MAX_MESSAGES) if leaf else [], with_pictures=with_pictures)


def make_prompt(reply: Message, messages: list[Message], *, with_pictures: bool = False) -> Prompt:
    """Make the request for a reply to ``messages``; a reply with text, which is their last, is asked to go on.

    What the model decides is left open: a preset sets the temperature and the output limit, else the catalogue does.
    """
    entry = get_gateway().find_model(reply.model)
    system = _system(reply, entry)
    tail = [ChatMessage("user", CONTINUE)] if reply.content else []
    wanted = reply.preset.output_tokens if reply.preset else None
    usual = entry.limit_output(wanted)
    # Question and answer share the window; small local models have one of few thousand tokens.
    output = min(usual, int(entry.context_window * LARGEST_OUTPUT_SHARE))
    budget = int(entry.context_window * WINDOW_MARGIN) - output - estimate_prompt_tokens([*system, *tail])
    material = keeper().read([one.pk for one in messages if one.role == Role.USER])
    sees = entry.has_vision
    turns = [[tell(one, material.get(one.pk), sees=sees) for one in turn] for turn in _turns(messages)]
    kept = [one for turn in _fit(turns, budget) for one in turn]
    if with_pictures and sees:
        kept = read_pictures(kept, material)
    return Prompt(
        request=ChatRequest(
            model=entry.name,
            messages=(*system, *(one.said for one in kept if one.said.content or one.said.pictures), *tail),
            max_output_tokens=output if wanted or output < usual else None,
            temperature=reply.preset.temperature if reply.preset else None,
        ),
        omitted=len(messages) - len(kept),
    )


def _system(reply: Message, entry: CatalogueEntry) -> list[ChatMessage]:
    """Put the instructions together, in one message: some models take no second one."""
    preset = reply.preset.instructions if reply.preset else ""
    folder = reply.conversation.folder
    said = [preset, entry.instructions, folder.instructions if folder else "", reply.conversation.instructions]
    if folder and (documents := keeper().read_folder(folder.pk)):
        said.append(quote_documents(documents, int(entry.context_window * LARGEST_FOLDER_SHARE)))
    words = "\n\n".join(one for one in said if one.strip())
    return [ChatMessage("system", words)] if words else []


def _turns(messages: list[Message]) -> list[list[Message]]:
    """Group the branch into turns: a question and what answers it."""
    turns: list[list[Message]] = []
    for message in messages:
        if message.role == Role.USER or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns


def _fit(turns: list[list[Told]], budget: int) -> list[list[Told]]:
    """Keep the newest turns that fit, and always the last one, if need be with documents that are cut."""
    if turns:
        turns = [*turns[:-1], cut_documents(turns[-1], budget)]
    first = len(turns)
    for index in range(len(turns) - 1, -1, -1):
        budget -= estimate_prompt_tokens(one.said for one in turns[index])
        if budget < 0 and index < len(turns) - 1:
            break
        first = index
    return turns[first:]
