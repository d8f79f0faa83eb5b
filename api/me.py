"""``GET /api/me``: who calls, and what they may."""

from ninja import Router

from accounts.tokens import Scope
from api.auth import READING_OR_CHATTING, ApiRequest
from api.shapes import Id, Moment, Shape

router = Router(tags=["me"])


class Me(Shape):
    id: Id
    email: str
    name: str
    created_at: Moment
    is_operator: bool
    scopes: list[Scope]


@router.get("/me", response=Me, auth=READING_OR_CHATTING, summary="Who you are")
def read_me(request: ApiRequest) -> Me:
    """Tell whose token or session this is, and what it may do."""
    user = request.auth.user
    return Me(
        id=user.pk,
        email=user.email,
        name=user.name,
        created_at=user.created_at,
        is_operator=user.is_operator,
        scopes=sorted(request.auth.scopes),
    )
