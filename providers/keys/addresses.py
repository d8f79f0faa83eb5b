"""A provider's address in one spelling, so that two of them can be compared."""

from __future__ import annotations

from urllib.parse import urlsplit

from chatproject.errors import BadRequest

LONGEST_ADDRESS = 300
NO_ADDRESS = "This is not a web address. It looks like https://api.example.org/v1."
_USUAL_PORTS = {"http": 80, "https": 443}


def normal_address(value: str) -> str:
    """Give an address as ``scheme://host[:port][/path]``; raises BadRequest with a sentence for operators.

    A name or password, a query and a fragment are refused: the address is shown, and keys are kept apart.
    """
    try:
        parts = urlsplit(value.strip())
        port = parts.port
    except ValueError:
        raise BadRequest(NO_ADDRESS) from None
    if parts.scheme not in _USUAL_PORTS or not parts.hostname or any(one.isspace() for one in value.strip()):
        raise BadRequest(NO_ADDRESS)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise BadRequest("An address has no password, no ? and no # in it. A key is entered apart from it.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    suffix = "" if port in {None, _USUAL_PORTS[parts.scheme]} else f":{port}"
    address = f"{parts.scheme}://{host}{suffix}{parts.path.rstrip('/')}"
    if len(address) > LONGEST_ADDRESS:
        raise BadRequest(f"An address has at most {LONGEST_ADDRESS} characters.")
    return address
