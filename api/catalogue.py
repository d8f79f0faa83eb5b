"""``/api/models`` and ``/api/presets``: who can be asked."""

from typing import Annotated
from uuid import UUID

from django.conf import settings
from ninja import Router
from pydantic import Field

from api.auth import READING, READING_OR_CHATTING, ApiRequest
from api.paging import Listing
from api.shapes import Id, Moment, Shape
from conversations import presets
from conversations.choices import can_be_asked, most_compared
from conversations.models import Preset as StoredPreset
from providers.catalogue import CatalogueEntry, ProviderListing
from providers.gateway import get_gateway

router = Router(tags=["models"])


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


@router.get("/presets/{uuid:preset_id}", response=Preset, auth=READING, summary="Read a preset")
def read_preset(request: ApiRequest, preset_id: UUID) -> Preset:
    return _describe_preset(presets.get_preset(request.auth.user, preset_id))


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
