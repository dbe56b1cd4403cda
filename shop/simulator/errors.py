"""Stripe's errors, as the API answers them."""

from typing import Any


class StripeError(Exception):
    """An answer with an error in Stripe's shape.

    Args:
        message: What went wrong, as Stripe words it.
        status: The HTTP status code.
        kind: Stripe's `type`, such as `invalid_request_error`.
        code: Stripe's short code, where there is one (https://docs.stripe.com/error-codes).
        param: The request's parameter at fault, in form notation.
        details: Further fields of the error object, such as `decline_code`.

    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {"message": message, "type": kind}
        if code:
            self.error["code"] = code
            self.error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        if param:
            self.error["param"] = param
        self.error.update(details)

    @property
    def body(self) -> dict[str, Any]:
        """The answer's JSON body."""
        return {"error": self.error}


def missing(kind: str, identifier: str, *, param: str = "id", status: int = 404) -> StripeError:
    """The error for an object that does not exist: 404 in an address, 400 in a parameter."""
    return StripeError(
        f"No such {kind}: '{identifier}'", status=status, code="resource_missing", param=param
    )


def absent(param: str) -> StripeError:
    """The 400 for a parameter that must be given."""
    return StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def exclusive(*params: str) -> StripeError:
    """The 400 for parameters of which only one may be given."""
    names = ", ".join(params)
    return StripeError(
        f"You may only specify one of these parameters: {names}.",
        code="parameters_exclusive",
        param=params[0],
    )


def unrecognized(method: str, path: str) -> StripeError:
    """The 404 for an address the API does not have."""
    return StripeError(
        f"Unrecognized request URL ({method}: {path}). "
        "Please see https://stripe.com/docs or we can help at https://support.stripe.com/.",
        status=404,
    )


def unauthorized(message: str) -> StripeError:
    """The 401 for a request without a usable key."""
    return StripeError(message, status=401)


def idempotency_clash(message: str) -> StripeError:
    """The 400 for an idempotency key that was used with another request."""
    return StripeError(message, kind="idempotency_error")
