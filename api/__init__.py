"""The API for people who program: ``/api/``, over the services, selectors and gates of the pages.

A subject is a module with shapes, a router, and operations that call services and say nothing of their own::

    router = Router(tags=["folders"])

    class NewFolder(Input):
        name: Annotated[str, Field(min_length=1, max_length=80)]

    @router.post("/folders", response={201: Folder}, auth=CHATTING, summary="Make a folder")
    def create_folder(request: ApiRequest, body: NewFolder) -> Status[Folder]:
        return Status(201, _shape(create(request.auth.user, name=body.name)))

``api/application.py`` hangs it on the API. Failures are DomainErrors, raised and left alone. What every operation may
answer (400, 401, 403, 429, 500, 503 and the like) is added to the schema for all of them; an operation names its own.

Modules with operations or shapes do without ``from __future__ import annotations``: django-ninja and Pydantic read
their annotations when they are imported, so what these name is imported in earnest.
"""
