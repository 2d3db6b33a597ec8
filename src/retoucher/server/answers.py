"""Errors as answers: whatever went wrong becomes one sentence and, where there is one, the name of the field."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from retoucher.edit import WrongInput
from retoucher.errors import RetoucherError
from retoucher.jobs import Full
from retoucher.server.refusals import MEMORY, OURS, Refused

PLAIN = {
    400: "The request cannot be read: check how it was put together.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
}


def answer_error(error: Refused) -> JSONResponse:
    """A refusal as its answer."""
    return JSONResponse({"detail": error.detail, "field": error.field}, error.status, error.headers)


def explained(error: Exception) -> str:
    """The sentence for work that failed; what is not ours to say is not said."""
    if isinstance(error, (RetoucherError, Refused)):
        return " ".join(str(error).split())
    if isinstance(error, MemoryError) or "memory" in str(error).lower():
        return MEMORY
    return OURS


def refusal_for(error: Exception) -> Refused:
    """What a request is told about an error of ours, or of the framework's."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, Full):
        return Refused(429, explained(error), headers={"retry-after": str(error.seconds)})
    if isinstance(error, RetoucherError):
        return Refused(422, explained(error), error.field if isinstance(error, WrongInput) else None)
    if isinstance(error, RequestValidationError):
        return _invalid(error.errors()[0])
    if isinstance(error, HTTPException):
        is_plain = error.status_code == 400 and any(word in str(error.detail).lower() for word in ("part", "too many"))
        said = error.detail if is_plain else None
        return Refused(error.status_code, said or PLAIN.get(error.status_code, PLAIN[400]), headers=error.headers)
    if isinstance(error, MemoryError):
        return Refused(503, MEMORY)
    return Refused(500, OURS)


def _invalid(problem: dict[str, Any]) -> Refused:
    """A value of the address or of a JSON body that is not what it should be."""
    field = next((str(part) for part in reversed(problem["loc"]) if isinstance(part, str)), "body")
    if problem["type"] == "missing":
        return Refused(422, f"'{field}' is missing.", field)
    if problem["type"] == "extra_forbidden":
        return Refused(422, f"There is no field '{field}'.", field)
    if problem["type"] in ("json_invalid", "model_attributes_type", "dict_type"):
        return Refused(422, "The body is no JSON object.", "body")
    wanted = str(problem["msg"]).removeprefix("Input should be ").removeprefix("Value error, ").split(",")[0]
    return Refused(422, f"'{field}' should be {wanted}.", field)


def install(app: FastAPI) -> None:
    """Have the framework answer errors our way."""

    def answer(request: Request, error: Exception) -> Response:
        return answer_error(refusal_for(error))

    for kind in (Refused, RetoucherError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, answer)
