"""Recording custody: a route for each action that a person can ask for, and one for a queue of acts."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from litestar import post
from litestar.response.base import ASGIResponse
from pydantic import Field, create_model

from inventory.domain.evidence import Code, Shape
from inventory.domain.items import Kind
from inventory.domain.lives import ACTIONS
from inventory.domain.refusals import Refusal
from inventory.services.acts import MalformedError
from inventory.web import shapes
from inventory.web.answers import in_json
from inventory.web.auth import Asking, header, reader_of, refuse_unentitled, site_of
from inventory.web.bodies import json_of, shaped
from inventory.web.described import OF_A_BODY, OF_RECORDING, Doc, Parameter, described
from inventory.web.desk import REPLAYED, Desk, Told, key_in, sizes_in
from inventory.web.problems import Problem, ProblemError, Trouble, problem_of

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler
    from pydantic import BaseModel

    from inventory.domain.custody import Row

QUEUE_AT_MOST = 200

KEY = Parameter(
    "Idempotency-Key", "New for each act; the same again asks for the same answer.",
    {"type": "string", "pattern": "^[\\x21-\\x7e]{1,200}$"}, required=True, place="header",
)  # fmt: skip
CHECKPOINT = Parameter(
    "CellCustody-Checkpoint", "The sizes of the checkpoints the client holds: `open=SIZE, vault=SIZE`.",
    {"type": "string"}, place="header",
)  # fmt: skip
REFUSES = (
    *Refusal, *OF_A_BODY, Trouble.SCAN_REFUSED, Trouble.KEY_MISSING, Trouble.KEY_MALFORMED,
    Trouble.CHECKPOINT_MALFORMED, Trouble.KEY_REUSED, Trouble.TOO_MANY_FAILURES, *OF_RECORDING, Trouble.FILE_CHANGED,
)  # fmt: skip


class Queue(Shape):
    """Acts that were done while there was no connection, in the order in which they were done."""

    acts: list[Any] = Field(max_length=QUEUE_AT_MOST)


def desk_of(request: Asking) -> Desk:
    """The desk of the person who asks."""
    known = sizes_in(header(request.scope, b"cellcustody-checkpoint"))
    return Desk(site_of(request.scope), reader_of(request), known)


def _route(row: Row) -> HTTPRouteHandler:
    doc = Doc(
        row.says, _answer_of(row), 201, body_of(row), (KEY, CHECKPOINT), REFUSES,
        more=f"{row.mode.value.title()}. By: {', '.join(sorted(row.by))}.",
    )  # fmt: skip

    @post(f"/custody/{row.action}", opt=described(doc), name=row.action)
    async def act(request: Asking) -> ASGIResponse:
        refuse_unentitled(request.user, row, site_of(request.scope))
        key = key_in(header(request.scope, b"idempotency-key"))
        told = await desk_of(request).take(row, await json_of(request), key)
        if not isinstance(told, Told):
            raise ProblemError(told)
        return in_json(told.members, 201, REPLAYED if told.replayed else None)

    return act


def _answer_of(row: Row) -> type[shapes.Recorded]:
    """What the answer of that action holds."""
    if not row.reveals:
        return shapes.Recorded
    return shapes.Printing if row.kind is Kind.ENVELOPE else shapes.Revealing


def body_of(row: Row) -> type[BaseModel]:
    """The body that an action asks for, as the description shows it."""
    fields = row.evidence.model_fields.values()
    evidence: Any = (row.evidence, ... if any(field.is_required() for field in fields) else row.evidence())
    name = "".join(word.title() for word in row.action.split("-"))
    model: type[BaseModel] = create_model(
        name,
        __base__=Shape,
        __doc__=row.says,
        code=(Code, ...),
        occurred_at=(str, _INSTANT),
        evidence=evidence,
    )
    return model


_INSTANT = Field(json_schema_extra={"format": "date-time"})


class QueuedAct(Shape):
    """One act of a queue, as the description shows it."""

    action: str = Field(json_schema_extra={"enum": [*sorted(ACTIONS)]})
    idempotency_key: str
    code: Code
    occurred_at: str = _INSTANT
    evidence: dict[str, Any] = Field(default_factory=dict)


class QueueOfActs(Shape):
    """A queue, as the description shows it."""

    acts: list[QueuedAct] = Field(max_length=QUEUE_AT_MOST)


_QUEUE = Doc(
    "Acts that were done while there was no connection, recorded in their order.",
    shapes.Answers, 200, QueueOfActs, (CHECKPOINT,), (*OF_A_BODY, Trouble.CHECKPOINT_MALFORMED),
    more="A refused act does not stop the rest; each has the answer that its own route would give.",
)  # fmt: skip


@post("/custody", status_code=200, opt=described(_QUEUE))
async def queue(request: Asking) -> ASGIResponse:
    """Record a queue of acts, one by one; once the writer cannot go on, the rest is answered alike."""
    acts = shaped(Queue, await json_of(request)).acts
    desk, answers, stopped = desk_of(request), list[dict[str, Any]](), None
    for each in acts:
        answer = stopped or await _answer(desk, each)
        stopped = answer if answer["status"] >= 500 else None
        answers.append(answer)
    return in_json({"answers": answers})


async def _answer(desk: Desk, queued: Any) -> dict[str, Any]:
    try:
        told = await _take(desk, queued)
    except Exception as failure:  # noqa: BLE001  (one act's failure is its own answer; the mapping logs it)
        return problem_of(failure).members()
    if isinstance(told, Told):
        return {"status": 201, "replayed": told.replayed, **told.members}
    remembered = told.status == HTTPStatus.CONFLICT
    return {**told.members(), **({"replayed": told.headers == REPLAYED} if remembered else {})}


async def _take(desk: Desk, queued: Any) -> Told | Problem:
    if not isinstance(queued, dict):
        raise MalformedError([("acts", "Each act is an object.")])
    body = dict(queued)
    action, key = body.pop("action", None), key_in(body.pop("idempotency_key", None))
    row = ACTIONS.get(action) if isinstance(action, str) else None
    if row is None:
        raise MalformedError([("action", "There is no such action.")])
    refuse_unentitled(desk.reader.person, row, desk.site)
    return await desk.take(row, body, key)


ROUTES = [*(_route(row) for row in ACTIONS.values()), queue]
