"""The description of the API (OpenAPI 3.1), made of what its routes say of themselves."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
from litestar import get
from litestar.response.base import ASGIResponse
from litestar.routes import HTTPRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from inventory.web import shapes
from inventory.web.auth import Asking
from inventory.web.described import CODE, Doc, described
from inventory.web.problems import MEDIA_TYPE, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from litestar import Litestar

    from inventory.domain.refusals import Refusal

_REF = "#/components/schemas/{model}"
_PATHS = {"log": {"type": "string", "enum": ["open", "vault"]}, "code": CODE}

Documented = tuple[str, str, Doc, bool]
"""Path, method in lower case, description, and whether it is open to everybody."""


def document(app: Litestar) -> dict[str, Any]:
    """The whole description.

    Raises:
        KeyError: a route does not describe itself.
    """
    return _document(tuple(_documented(app)))


@cache
def _document(routes: tuple[Documented, ...]) -> dict[str, Any]:
    told = [shapes.Problem, *(model for _, _, doc, _ in routes for model in (doc.body, doc.answers))]
    models = dict.fromkeys(model for model in told if isinstance(model, type))
    refs, schemas = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for path, method, doc, is_open in routes:
        paths.setdefault(path, {})[method] = _operation(path, doc, refs, is_open=is_open)
    return {
        "openapi": "3.1.0",
        "info": {"title": "CellCustody", "version": "1", "description": _ABOUT},
        "security": [{"bearer": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


_ABOUT = (
    "Chain of custody for a blinded cell trial. Errors are problem details (RFC 9457) with a stable `code`. "
    "What is outside a person's rights is answered as what does not exist."
)


def _documented(app: Litestar) -> Iterator[Documented]:
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            if not handler.opt.get("page") and handler.http_methods != {"OPTIONS"}:
                method = min(handler.http_methods).lower()
                for path, doc in handler.opt["docs"].items():
                    yield path or route.path_format, method, doc, bool(handler.opt.get("open"))


def _operation(path: str, doc: Doc, refs: Any, *, is_open: bool) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": doc.says,
        "parameters": [*_in_path(path), *map(_parameter, doc.parameters)],
        "responses": {str(doc.status): _success(doc, refs), **_problems(doc, is_open=is_open)},
    }
    if doc.more:
        operation["description"] = doc.more
    if doc.body:
        content = {"application/json": {"schema": refs[doc.body, "validation"]}}
        operation["requestBody"] = {"required": True, "content": content}
    if is_open:
        operation["security"] = []
    return operation


def _in_path(path: str) -> Iterator[dict[str, Any]]:
    for part in path.split("/"):
        if part.startswith("{"):
            name = part.strip("{}")
            yield {
                "name": name,
                "in": "path",
                "required": True,
                "schema": _PATHS.get(name, {"type": "string"}),
            }


def _parameter(parameter: Any) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.says,
        "schema": parameter.schema,
    }


def _success(doc: Doc, refs: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": HTTPStatus(doc.status).phrase}
    if isinstance(doc.answers, str):
        answer["content"] = {doc.answers: {"schema": {"type": "string"}}}
    elif doc.answers:
        answer["content"] = {"application/json": {"schema": refs[doc.answers, "validation"]}}
    if doc.status == 201 and doc.answers in {shapes.Recorded, shapes.Revealing, shapes.Printing}:
        answer["headers"] = {"Idempotent-Replay": {"schema": {"const": "true"}}}
    return answer


def _problems(doc: Doc, *, is_open: bool) -> dict[str, Any]:
    """A response for each status, with every code that may stand in it."""
    always = (Trouble.DEFECT,) if is_open else (Trouble.DEFECT, Trouble.UNAUTHENTICATED)
    codes: dict[int, list[str]] = {}
    for each in (*doc.refuses, *always):
        status, code = _status_and_code(each)
        codes.setdefault(status, []).append(code)
    return {str(status): _problem(status, sorted(set(found))) for status, found in sorted(codes.items())}


def _status_and_code(refusal: Trouble | Refusal) -> tuple[int, str]:
    return int(refusal.value[0]), refusal.name.lower()


def _problem(status: int, codes: Iterable[str]) -> dict[str, Any]:
    schema = {
        "allOf": [{"$ref": _REF.format(model="Problem")}],
        "properties": {"code": {"examples": list(codes)}, "status": {"const": status}},
    }
    phrase = HTTPStatus(status).phrase
    return {"description": f"{phrase}: {', '.join(codes)}", "content": {MEDIA_TYPE: {"schema": schema}}}


class Description(BaseModel):
    """An OpenAPI document."""


@get("/openapi.json", opt=described(Doc("This description.", Description)))
async def openapi(request: Asking) -> ASGIResponse:
    """The description, written when it is first asked for."""
    state = request.app.state
    if "openapi" not in state:
        state["openapi"] = orjson.dumps(document(request.app))
    return ASGIResponse(body=state["openapi"], media_type="application/json")


ROUTES = [openapi]
