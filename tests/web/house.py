"""A study that is open for work, with people of every kind and a box of vials, and a client for each person.

- `ada` and `bob` administer, `uma` is the supply manager, `tess` and `tim` work in the lab, `quinn` is QA.
- `cora` coordinates and `ivan` injects, both blinded; `nora` is a blinded auditor: no act is hers but those of a visit.
- `BOX` stands in `SITE/T1` with vials of lot `L1` in its first cells; participant `P-001` is enrolled.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx
import orjson

from inventory.domain import clocks
from inventory.domain.identifiers import numbers
from inventory.services import people
from inventory.services.acts import Asked, evidence_of, record
from inventory.services.opening import Administrator, initialise
from inventory.services.site import open_site
from inventory.store import memory
from inventory.web.openapi import document
from tests.apps import given_back, lent
from tests.domain.walks import filled

if TYPE_CHECKING:
    from litestar import Litestar

    from inventory.domain.profile import Product
    from inventory.services.site import Site
    from inventory.store.settings import Settings

PASSWORD = "correct horse battery"
STAFF = {
    "uma": "supply_manager",
    "tess": "cell_lab_technician",
    "tim": "cell_lab_technician",
    "quinn": "lab_qa",
    "cora": "coordinator",
    "ivan": "injector",
    "nora": "blinded_auditor",
}
BLINDED = ("cora", "ivan", "nora")


def _numbered(kind: numbers.Kind, ordinal: int) -> str:
    digits = (ordinal // 23**place % 23 for place in itertools.count())
    return numbers.draw(kind, lambda _: next(digits))


BOX = _numbered(numbers.Kind.BOX, 1)
VIALS = tuple(_numbered(numbers.Kind.VIAL, ordinal) for ordinal in range(1, 9))
CELLS = tuple(numbers.position_code(BOX, row, column) for row in range(1, 9) for column in range(1, 9))


@dataclass
class House:
    """A site, its application, and a signed-in client by person."""

    site: Site = field(repr=False)
    tokens: dict[str, str] = field(default_factory=dict, repr=False)
    keys: Any = field(default_factory=lambda: map("key-{}".format, itertools.count()))

    def __post_init__(self) -> None:
        self.app = lent(self.site)
        self.nobody = self._client({})
        self.clients: dict[str, httpx.AsyncClient] = {}

    def _client(self, headers: dict[str, str]) -> httpx.AsyncClient:
        app: Any = self.app  # the two libraries describe ASGI in types that do not meet
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        return httpx.AsyncClient(
            transport=transport, base_url="http://study", headers=headers,
            event_hooks={"response": [self._as_described]},
        )  # fmt: skip

    async def _as_described(self, answer: httpx.Response) -> None:
        """Every answer of every test here is one that the description tells of."""
        path, method = answer.request.url.path, answer.request.method.lower()
        responses = next((told for each, told in described(self.app, method) if each.fullmatch(path)), None)
        if responses is not None and answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            told = responses.get(answer.status_code)
            assert told is not None, (method, path, answer.status_code)
            if answer.status_code >= HTTPStatus.BAD_REQUEST:
                await answer.aread()
                assert answer.json()["code"] in told, (
                    method,
                    path,
                    answer.status_code,
                    answer.json()["code"],
                )

    async def sign_in(self, person: str) -> None:
        """Give the person a token, without the password's hour of work."""
        self.welcome(person, await people.new_token(self.site, person))

    def welcome(self, person: str, token: str) -> None:
        """Give the person a client of their own."""
        self.tokens[person] = token
        self.clients[person] = self._client({"authorization": f"Bearer {token}"})

    def __getitem__(self, person: str) -> httpx.AsyncClient:
        return self.clients[person]

    def body(self, code: str, **evidence: Any) -> dict[str, Any]:
        """An act's body that happened just now."""
        return {"code": code, "occurred_at": clocks.format_instant(self.site.now()), "evidence": evidence}

    async def act(
        self,
        person: str,
        action: str,
        code: str,
        *,
        key: str | None = None,
        checkpoint: str = "",
        **evidence: Any,
    ) -> httpx.Response:
        """POST an act as that person."""
        headers = {"idempotency-key": key or next(self.keys)}
        if checkpoint:
            headers["cellcustody-checkpoint"] = checkpoint
        return await self[person].post(
            f"/api/v1/custody/{action}", json=self.body(code, **evidence), headers=headers
        )

    async def heads(self) -> tuple[Any, ...]:
        """What recording would move: both logs, the journal of refusals, the remembered answers."""
        tables = ("open_entry", "vault_entry", "refusal", "idempotency")
        found = [await _count(self.site, table) for table in tables]
        return tuple(found)

    async def refused_to(self, person: str) -> list[dict[str, Any]]:
        """Every refusal that was kept of a person, opened, in order."""
        from piccolo.querystring import QueryString

        sql = QueryString("SELECT seq, nonce, ciphertext FROM refusal WHERE person = {} ORDER BY seq", person)
        found = await self.site.engine.run_querystring(sql)
        key = self.site.keys.vault
        plain = [
            key.unseal(bytes(row["nonce"]), bytes(row["ciphertext"]), memory.refusal_at(person, row["seq"]))
            for row in found
        ]
        return [orjson.loads(one) for one in plain]

    async def done(
        self, person: str, action: str, code: str, second: str | None = None, **evidence: Any
    ) -> None:
        """Record an act beside the web, for the study's furniture."""
        if second:
            evidence["second"] = {"token": self.tokens[second], "scan": code}
        asked = Asked(person, action, code, self.site.now(), evidence_of(action, evidence), next(self.keys))
        outcome = await record(self.site, asked)
        assert outcome.status == 201, (action, code, outcome.answer)

    async def close(self) -> None:
        for client in (self.nobody, *self.clients.values()):
            await client.aclose()
        await given_back(self.app)


Responses = dict[int, frozenset[str]]
"""By status, the codes that may stand in the answer."""


def described(app: Litestar, method: str) -> list[tuple[re.Pattern[str], Responses]]:
    """What the description says of each address with that method, those that say most first."""
    if method not in _DESCRIBED:
        paths = document(app)["paths"]
        _DESCRIBED[method] = [
            (re.compile(re.sub(r"{\w+}", "(.+)", path)), _responses(paths[path][method]["responses"]))
            for path in sorted(paths, key=lambda each: len(re.sub(r"{\w+}", "", each)), reverse=True)
            if method in paths[path]
        ]
    return _DESCRIBED[method]


_DESCRIBED: dict[str, list[tuple[re.Pattern[str], Responses]]] = {}


def _responses(told: dict[str, Any]) -> Responses:
    return {int(status): _codes(one) if int(status) >= 400 else frozenset() for status, one in told.items()}


def _codes(response: dict[str, Any]) -> frozenset[str]:
    schema = response["content"]["application/problem+json"]["schema"]
    return frozenset(schema["properties"]["code"]["examples"])


async def _count(site: Site, table: str) -> int:
    from piccolo.querystring import QueryString

    rows = await site.engine.run_querystring(QueryString(f"SELECT count(*) AS count FROM {table}"))
    return int(rows[0]["count"])


async def open_house(settings: Settings) -> House:
    """The study as this module's first lines describe it."""
    administrators = [Administrator(code, code.title(), PASSWORD) for code in ("ada", "bob")]
    house = House(await initialise(settings, administrators))
    await house.sign_in("ada")
    await house.sign_in("bob")
    await _staff(house)
    await _stock(house)
    await house.done(
        "cora", "participant-enrol", "P-001", site="JAX", stratum="JAX", consented_on="2026-01-02",
        enrolled_on="2026-01-03", pregnancy_test_required=False, joints=["L4-L5:left"],
    )  # fmt: skip
    return house


async def reopened_house(settings: Settings, tokens: dict[str, str]) -> House:
    """The house of a study that was filled before, with the tokens that were given there."""
    house = House(await open_site(settings))
    for person, token in tokens.items():
        house.welcome(person, token)
    return house


async def _staff(house: House) -> None:
    spans = {"from_day": "2020-01-01", "to_day": "2090-01-01", "document": "log-1"}
    for person, role in STAFF.items():
        await house.done("ada", "person-add", person, second="bob", name=person.title(), roles=[role])
        await house.done("ada", "person-delegate", person, **spans)
        await house.done("ada", "person-train", person, **spans)
        await house.sign_in(person)


async def _stock(house: House) -> None:
    await house.done("tess", "place-register", "SITE/T1", kind="tank", limit_millicelsius=-150_000)
    await house.done("tess", "box-register", BOX, place="SITE/T1", name="Box 1", rows=8, columns=8)
    await house.done(
        "tess", "lot-register", "L1", product="BM-MSC", manufacturer="Maker",
        cryo_medium="medium", dmso_basis_points=1000, filled_on="2026-01-01", expires_on="2090-01-01",
        **filled(list(VIALS), cells=True, donor="D1"),
    )  # fmt: skip
    await house.done(
        "tess", "shipment-advise", "S1", sender="Maker", receiver="Lab", carrier="Carrier", shipper_id="D1",
        seal="SEAL1", logger_id="LOG1", expected_from="2026-01-01", expected_to="2026-01-02",
        vials=list(VIALS),
    )  # fmt: skip
    await house.done(
        "quinn",
        "device-register",
        "LOG1",
        kind="temperature-logger",
        serial="1",
        calibration_due="2090-01-01",
    )
    await house.done(
        "tess", "shipment-receive", "S1", second="tim", seal="SEAL1", logger_id="LOG1",
        warmest_millicelsius=-160_000, condition="intact",
    )  # fmt: skip
    for vial, cell in zip(VIALS[:6], CELLS, strict=False):
        await house.done("tess", "vial-receive", vial, shipment="S1")
        await house.done("tess", "vial-store", vial, position=cell)


async def supplied(house: House) -> None:
    """One released vial of each product, so that a kit can be ordered."""
    spans = {"from_day": "2020-01-01", "to_day": "2090-01-01", "document": "log-1"}
    await house.done("ada", "person-add", "quira", second="bob", name="Quira", roles=["lab_qa"])
    for right in ("delegate", "train"):
        await house.done("ada", f"person-{right}", "quira", **spans)
    await house.sign_in("quira")
    told = {"eligibility": "eligible", "determined_on": "2026-01-02", "determined_by": "Programme"}
    await house.done("quinn", "donor-register", "D1", **told)
    for ordinal, product in enumerate(house.site.profile.products):
        await _released(house, product, f"R{ordinal}", CELLS[40 + ordinal])


async def _released(house: House, product: Product, lot: str, cell: str) -> None:
    seal = {"seal": "SEAL1", "logger_id": "LOG1"}
    await house.done(
        "tess", "lot-register", lot, product=product.code, manufacturer="Maker", cryo_medium="medium",
        dmso_basis_points=1000, filled_on="2026-01-01", expires_on="2090-01-01",
        **filled([f"{lot}-1"], cells=product.cellular, donor="D1"),
    )  # fmt: skip
    await house.done(
        "tess", "shipment-advise", f"S-{lot}", sender="Maker", receiver="Lab", carrier="Carrier",
        shipper_id="D1", expected_from="2026-01-01", expected_to="2026-01-02", vials=[f"{lot}-1"], **seal,
    )  # fmt: skip
    found = {"warmest_millicelsius": -160_000, "condition": "intact", **seal}
    await house.done("tess", "shipment-receive", f"S-{lot}", second="tim", **found)
    await house.done("tess", "vial-receive", f"{lot}-1", shipment=f"S-{lot}")
    await house.done("tess", "vial-store", f"{lot}-1", position=cell)
    tests = house.site.profile.release_tests_for(product.code)
    results = [{"test": test, "result": "R", "verdict": "pass"} for test in tests]
    await house.done("quinn", "lot-record-results", lot, issued_on="2026-01-03", results=results)
    await house.done("quinn", "lot-release", lot, second="quira")
