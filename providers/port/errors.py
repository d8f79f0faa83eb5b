"""What can come back instead of an answer; the tree stands in the port."""

from __future__ import annotations

from typing import ClassVar

from chatproject.errors import DomainError


class ProviderError(DomainError):
    """The provider could not answer; ``retryable`` says whether asking again may help."""

    code = "provider_error"
    http_status = 502
    retryable: ClassVar[bool] = False


class BadCredentials(ProviderError):
    code = "bad_credentials"


class AccessDenied(BadCredentials):
    """Of an answer it means the same; a key that may not list models may still answer."""


class ModelNotFound(ProviderError):
    code = "model_not_found"


class ContextTooLong(ProviderError):
    code = "context_too_long"


class RequestRefused(ProviderError):
    code = "request_refused"


class RateLimited(ProviderError):
    code = "provider_rate_limited"
    retryable = True


class ProviderUnavailable(ProviderError):
    code = "provider_unavailable"
    retryable = True


class ProviderUnreachable(ProviderUnavailable):
    """Nobody takes calls at its address, so that it is not what was asked that matters."""


class ProviderTimeout(ProviderError):
    code = "provider_timeout"
    retryable = True


class StreamInterrupted(ProviderError):
    code = "stream_interrupted"
    retryable = True
