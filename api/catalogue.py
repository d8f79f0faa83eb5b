"""``/api/models`` and ``/api/presets``: who can be asked."""

from typing import Annotated
from uuid import UUID

from django.conf import settings
from ninja import Router, Status
from pydantic import Field

from api.auth import CHATTING, READING, READING_OR_CHATTING, ApiRequest
from api.paging import Listing
from api.shapes import Id, Input, Moment, Shape
from api.versions import expected_by, with_version
from conversations import presets
from conversations.changing import MAX_PRESET_NAME, PresetChanges, change_preset
from conversations.choices import can_be_asked, most_compared
from conversations.models import Preset as StoredPreset
from conversations.presets import MAX_INSTRUCTIONS
from providers.catalogue import CatalogueEntry, ProviderListing
from providers.facts import LARGEST_TEMPERATURE
from providers.gateway import get_gateway

router = Router(tags=["models"])

ONE_PRESET = "/presets/{uuid:preset_id}"
EDITABLE = frozenset({"name", "model", "instructions", "temperature", "output_tokens"})
LONGEST_MODEL = 200
MOST_TOKENS = 2**31 - 1

Temperature = Annotated[float | None, Field(ge=0, le=LARGEST_TEMPERATURE, description="Null: the model's own.")]
OutputTokens = Annotated[int | None, Field(ge=1, le=MOST_TOKENS, description="Null: the model's own.")]


class Price(Shape):
    """What a million tokens cost, in millionths of a US dollar."""

    above_tokens: Annotated[int, Field(description="It holds for prompts that are longer than this.")]
    input: int
    output: int


class Model(Shape):
    id: Annotated[str, Field(description="`<provider>/<name>`, as it is asked for everywhere.")]
    name: Annotated[str, Field(description="What people read.")]
    provider: str
    context_window: Annotated[int | None, Field(description="In tokens; null where it is not known.")]
    largest_output: Annotated[int | None, Field(description="In tokens; null where it is not known.")]
    vision: Annotated[bool, Field(description="It sees pictures.")]
    tools: bool
    reasoning: Annotated[bool, Field(description="It thinks before it answers.")]
    default: Annotated[bool, Field(description="It is asked where nobody has chosen.")]
    prices: Annotated[list[Price] | None, Field(description="Null where they are not known or not told.")]


class Provider(Shape):
    id: str
    name: str
    listed: Annotated[bool, Field(description="False where no list came yet: it takes any name then.")]
    reason: Annotated[str, Field(description="Why the list is missing or old; often empty.")]


class Models(Listing[Model]):
    providers: list[Provider]
    default: Annotated[str | None, Field(description="The model for who has not chosen; null where there is none.")]
    most_compared: Annotated[int, Field(description="How many can be asked side by side.")]


class Preset(Shape):
    """A model with words and settings of its own, chosen where a model is chosen."""

    id: Id
    model_id: Annotated[str, Field(description="`preset/<id>`, to be asked for as a model.")]
    name: str
    model: str
    own: Annotated[bool, Field(description="Yours; the others are for everybody.")]
    available: Annotated[bool, Field(description="Its model can be asked.")]
    temperature: float | None
    output_tokens: int | None
    instructions: Annotated[str | None, Field(description="Null for those that are for everybody.")]
    created_at: Moment


class NewPreset(Input):
    name: Annotated[str, Field(min_length=1, max_length=MAX_PRESET_NAME)]
    model: Annotated[str, Field(min_length=1, max_length=LONGEST_MODEL)]
    instructions: Annotated[str, Field(max_length=MAX_INSTRUCTIONS)] = ""
    temperature: Temperature = None
    output_tokens: OutputTokens = None


class PresetEdit(Input):
    """What is to be different; what is left out stays as it is."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_PRESET_NAME, default_factory=str)]
    model: Annotated[str, Field(min_length=1, max_length=LONGEST_MODEL, default_factory=str)]
    instructions: Annotated[str, Field(max_length=MAX_INSTRUCTIONS, default_factory=str)]
    temperature: Temperature = None
    output_tokens: OutputTokens = None


@router.get("/models", response=Models, auth=READING_OR_CHATTING, summary="List models")
def list_models(request: ApiRequest) -> Models:  # noqa: ARG001 - all people have the same
    """List who can be asked, by provider."""
    gateway = get_gateway()
    gateway.ensure_fresh()
    first = gateway.default_model()
    providers = gateway.list_providers()
    return Models(
        data=[_describe_model(entry, first) for listing in providers for entry in listing.models or ()],
        providers=[_describe_provider(listing) for listing in providers],
        default=first.id if first else None,
        most_compared=most_compared(),
    )


@router.get("/presets", response=Listing[Preset], auth=READING, summary="List presets")
def list_presets(request: ApiRequest) -> Listing[Preset]:
    """List the presets that you can choose: your own, then those for everybody."""
    own = presets.list_own_presets(request.auth.user)
    return Listing(data=[_describe_preset(one) for one in (*own, *presets.list_common_presets())])


@router.post("/presets", response={201: Preset}, auth=CHATTING, summary="Make a preset")
def make_preset(request: ApiRequest, body: NewPreset) -> Status[Preset]:
    """Make a preset of your own; each has a name of its own."""
    made = change_preset(request.auth.user, None, PresetChanges(**body.model_dump()))
    return Status(201, with_version(request, _describe_preset(made), EDITABLE))


@router.get(ONE_PRESET, response=Preset, auth=READING, summary="Read a preset")
def read_preset(request: ApiRequest, preset_id: UUID) -> Preset:
    found = presets.get_preset(request.auth.user, preset_id)
    return with_version(request, _describe_preset(found), EDITABLE)


@router.patch(ONE_PRESET, response=Preset, auth=CHATTING, summary="Change a preset")
def edit_preset(request: ApiRequest, preset_id: UUID, body: PresetEdit) -> Preset:
    """Change what you name of your own preset; with `If-Match` only if nobody else did since."""
    changes = PresetChanges(**body.model_dump(exclude_unset=True))
    check = expected_by(request, _describe_preset, EDITABLE)
    changed = change_preset(request.auth.user, preset_id, changes, check=check)
    return with_version(request, _describe_preset(changed), EDITABLE)


@router.delete(ONE_PRESET, response={204: None}, auth=CHATTING, summary="Delete a preset")
def delete_preset(request: ApiRequest, preset_id: UUID) -> Status[None]:
    """Delete your own preset for good; conversations that use it go on with its model."""
    presets.get_own_preset(request.auth.user, preset_id).delete()
    return Status(204, None)


def _describe_model(entry: CatalogueEntry, first: CatalogueEntry | None) -> Model:
    return Model(
        id=entry.id,
        name=entry.label,
        provider=entry.provider_id,
        context_window=entry.context_window if entry.is_window_known else None,
        largest_output=entry.largest_output,
        vision=entry.has_vision,
        tools=entry.has_tools,
        reasoning=entry.has_reasoning,
        default=first is not None and entry.id == first.id,
        prices=_prices(entry) if settings.SHOW_COST else None,
    )


def _prices(entry: CatalogueEntry) -> list[Price] | None:
    tiers = [Price(above_tokens=one.above_tokens, input=one.input, output=one.output) for one in entry.prices]
    return tiers or None


def _describe_provider(listing: ProviderListing) -> Provider:
    return Provider(id=listing.id, name=listing.label, listed=listing.models is not None, reason=listing.reason)


def _describe_preset(preset: StoredPreset) -> Preset:
    is_own = preset.user_id is not None
    return Preset(
        id=preset.pk,
        model_id=presets.preset_id(preset),
        name=preset.name,
        model=preset.model,
        own=is_own,
        available=can_be_asked(preset.model),
        temperature=preset.temperature,
        output_tokens=preset.output_tokens,
        instructions=preset.instructions if is_own else None,
        created_at=preset.created_at,
    )
