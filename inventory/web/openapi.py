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
from inventory.web.problems import MEDIA_TYPE, Trouble, codes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from litestar import Litestar

_REF = "#/components/schemas/{model}"
_PATHS = {"log": {"type": "string", "enum": ["open", "vault"]}, "code": CODE}

Documented = tuple[str, str, Doc, tuple[Trouble, ...]]
"""Path, method in lower case, description, and what is refused to whoever is unknown: nothing where all are let in."""


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
    for path, method, doc, of_asking in routes:
        paths.setdefault(path, {})[method] = _operation(path, doc, refs, of_asking)
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
                    yield path or route.path_format, method, doc, _of_asking(handler.opt)


def _of_asking(options: Mapping[str, Any]) -> tuple[Trouble, ...]:
    """What is refused to whoever does not show who they are, or was let in for something else alone."""
    if options.get("open"):
        return ()
    limited = {"enrolling": Trouble.SECOND_FACTOR_NEEDED, "renewing": Trouble.PASSWORD_NEEDED}
    return Trouble.UNAUTHENTICATED, *(told for what, told in limited.items() if not options.get(what))


def _operation(path: str, doc: Doc, refs: Any, of_asking: tuple[Trouble, ...]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": doc.says,
        "parameters": [*_in_path(path), *map(_parameter, doc.parameters)],
        "responses": {str(doc.status): _success(doc, refs), **_problems(doc, of_asking)},
    }
    if doc.more:
        operation["description"] = doc.more
    if doc.body:
        content = {"application/json": {"schema": refs[doc.body, "validation"]}}
        operation["requestBody"] = {"required": True, "content": content}
    if not of_asking:
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


def _problems(doc: Doc, of_asking: tuple[Trouble, ...]) -> dict[str, Any]:
    """A response for each status, with every code that may stand in it."""
    codes: dict[int, list[str]] = {}
    for each in (*doc.refuses, *of_asking, Trouble.DEFECT):
        told = codes_of(each) if isinstance(each, Trouble) else (each.name.lower(),)
        codes.setdefault(int(each.value[0]), []).extend(told)
    return {str(status): _problem(status, sorted(set(found))) for status, found in sorted(codes.items())}


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
