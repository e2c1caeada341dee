"""A real service, a real agent over HTTP, a real TCP printer: what comes out is what is recorded, whatever breaks."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from inventory.agent.printing import Agent
from inventory.agent.server import NotLetIn, Server, ServerAway, ServerRefused
from inventory.domain.items import Kind
from inventory.services import label_accounts, label_proofs, people, print_queue
from inventory.store import gate
from inventory.store.gate import Reader
from labels import approval
from labels.printers import Came, Fault, FilePrinter, Outcome, Printer, RawPrinter
from tests.agent import printery
from tests.agent.printery import Printery
from tests.conftest import Database
from tests.labels.printer9100 import Zebra
from tests.snapshots import Snapshot
from tests.web.house import VIALS


@pytest.fixture(scope="session")
def snapshots() -> dict[str, Snapshot]:
    """The study that prints, by engine, made when the first test asks for it."""
    return {}


@pytest_asyncio.fixture
async def shop(database: Database, tmp_path: Path, snapshots: dict[str, Snapshot]) -> AsyncIterator[Printery]:
    async with printery.opened(database, tmp_path, snapshots) as opened:
        yield opened


@pytest.fixture
def zebra() -> Iterator[Zebra]:
    printer = Zebra()
    yield printer
    printer.stop()


def at(zebra: Zebra, **changes: Any) -> RawPrinter:
    quick: dict[str, Any] = {"connect_seconds": 2, "answer_seconds": 1.0, "patience": 2.0, "pause": 0.01}
    return replace(RawPrinter("127.0.0.1", zebra.port), **(quick | changes))


async def test_a_job_is_printed_scanned_back_counted_and_closed(shop: Printery, zebra: Zebra) -> None:
    job = await shop.queue(list(VIALS[:3]))
    assert await shop.works(at(zebra)) == (1, 0)
    assert (await shop.state(job), await shop.states(job)) == ("sent", ["sent"] * 3)
    digests = (await shop.item(Kind.JOB, job)).facts["digests"]
    assert isinstance(digests, dict)
    assert len(zebra.paper) == 3
    first, second, third = await shop.labels(job)
    await shop.apply(first)
    await shop.apply(second)
    refused = await shop.house.act("tess", "label-apply", third.code, scanned=VIALS[7])
    assert refused.json()["code"] == "label_differs"
    assert refused.json()["detail"].startswith("STOP.")
    assert (
        await shop.house.act("tess", "job-close", job, applied=3, void=0, destroyed=0, on_hand=0)
    ).status_code == 409
    await shop.house.done("tess", "label-spoil", third.code, reason="damaged")
    await shop.house.done("tess", "label-destroy", third.code)
    assert await shop.state(job) == "confirmed"
    await shop.house.done("tess", "job-close", job, applied=2, void=0, destroyed=1, on_hand=0)
    await shop.sound()


async def test_what_the_printer_gets_are_the_bytes_that_were_checked(shop: Printery, tmp_path: Path) -> None:
    job = await shop.queue(["P-001"], "card", "cora", printer="ZEBRA-2")
    folder = tmp_path / "out"
    folder.mkdir()
    assert await shop.works(FilePrinter(folder), "ZEBRA-2") == (1, 0)
    [label] = await shop.labels(job)
    digests: Any = (await shop.item(Kind.JOB, job)).facts["digests"]
    assert hashlib.sha256((folder / "P-001.card.1.png").read_bytes()).hexdigest() == digests[label.code]
    answer = await shop.house["cora"].get(f"/api/v1/print-jobs/{job}/labels/{label.code}.png")
    assert answer.content == (folder / "P-001.card.1.png").read_bytes()


async def test_a_printer_that_cannot_print_is_given_no_job(shop: Printery, zebra: Zebra) -> None:
    job = await shop.queue(list(VIALS[:2]))
    zebra.labels = 0
    assert await shop.works(at(zebra)) == (0, 0)
    assert await shop.state(job) == "queued"
    assert shop.said == [f"{job} waits. The printer is out of labels. Load a roll."]
    zebra.load(10)
    assert await shop.works(at(zebra)) == (1, 0)


async def test_a_roll_that_ends_half_way_loses_nothing_and_what_is_in_doubt_is_printed_as_a_copy(
    shop: Printery, zebra: Zebra
) -> None:
    job = await shop.queue(list(VIALS[:4]))
    zebra.labels = 2  # nobody knows whether all of the second one came out
    assert await shop.works(at(zebra)) == (0, 1)
    assert await shop.states(job) == ["sent", "void", "planned", "planned"]
    assert (await shop.state(job), len(zebra.paper)) == ("failed", 2)
    assert "1 in doubt, and void" in shop.said[-1]
    zebra.load(100)
    assert await shop.works(at(zebra)) == (0, 0)  # a failed job waits for a person
    await shop.house.done("tess", "job-resume", job)
    await shop.onward(job)
    assert await shop.works(at(zebra)) == (1, 0)
    labels = await shop.labels(job)
    assert [label.state for label in labels] == ["sent", "void", "sent", "sent", "sent"]
    assert (labels[4].number("copy"), labels[4].text("thing")) == (2, labels[1].text("thing"))
    assert len(set(zebra.paper)) == len(zebra.paper) == 5  # the copy says that it is one
    await shop.sound()


@pytest.mark.parametrize(
    ("fault", "changes"),
    [("hung_up", {"hang_up_after": 5000}), ("head_open", {"head_open": True}), ("unreachable", {})],
)
async def test_each_way_of_failing_is_told_by_its_name(
    fault: str, changes: dict[str, Any], shop: Printery, zebra: Zebra
) -> None:
    job = await shop.queue(list(VIALS[:2]))

    class Breaks:
        """The printer breaks after its first label."""

        printed = 0

        def trouble(self) -> Fault | None:
            return at(zebra).trouble()

        def print(self, image: Any, dpi: int, name: str) -> Outcome:
            self.printed += 1
            if self.printed == 2:
                for key, value in changes.items():
                    setattr(zebra, key, value)
                if not changes:
                    zebra.stop()
            return at(zebra).print(image, dpi, name)

    assert await shop.works(Breaks()) == (0, 1)
    assert (await shop.item(Kind.JOB, job)).text("fault") == fault
    assert await shop.states(job) == ["sent", "void" if fault == "hung_up" else "planned"]


async def test_a_busy_printer_is_waited_for_and_then_the_rest_stays_to_be_printed(
    shop: Printery, zebra: Zebra
) -> None:
    job = await shop.queue(list(VIALS[:2]))

    class Busy:
        """Busy twice, then it prints; busy for ever at the second label."""

        asked = 0

        def trouble(self) -> Fault | None:
            return None

        def print(self, image: Any, dpi: int, name: str) -> Outcome:
            self.asked += 1
            if self.asked < 3 or self.asked > 3:
                return Outcome(Came.NOT, Fault.BUSY)
            return at(zebra).print(image, dpi, name)

    assert await shop.works(Busy()) == (0, 1)
    assert await shop.states(job) == ["sent", "planned"]
    assert (await shop.item(Kind.JOB, job)).text("fault") == "busy"


async def test_an_agent_that_lost_its_journal_puts_everything_in_doubt(shop: Printery, zebra: Zebra) -> None:
    job = await shop.queue(list(VIALS[:3]))
    await shop.house.done("zeb", "job-claim", job)
    assert await shop.works(at(zebra)) == (0, 1)
    assert (await shop.states(job), zebra.paper) == (["void"] * 3, [])
    assert "nothing is remembered of it" in shop.said[0]


class Killed(BaseException):
    """The agent's process ends here."""


class KilledAt:
    """A printer at which the agent is killed: before a label goes out, or after it came and before that is noted."""

    def __init__(self, printer: Printer, label: int, *, after: bool) -> None:
        self.printer, self.label, self.after, self.count = printer, label, after, 0

    def trouble(self) -> Fault | None:
        return self.printer.trouble()

    def print(self, image: Any, dpi: int, name: str) -> Outcome:
        self.count += 1
        if self.count == self.label and not self.after:
            raise Killed
        outcome = self.printer.print(image, dpi, name)
        if self.count == self.label:
            raise Killed
        return outcome


@pytest.mark.parametrize(
    ("label", "after", "out"), [(1, False, 0), (1, True, 1), (3, False, 2), (3, True, 3)]
)
async def test_an_agent_killed_in_the_middle_of_a_label_puts_that_one_in_doubt(
    label: int, after: bool, out: int, shop: Printery, zebra: Zebra
) -> None:
    job = await shop.queue(list(VIALS[:4]))
    with pytest.raises(Killed):
        shop.agent(at(zebra)) and await _killed(shop, KilledAt(at(zebra), label, after=after))
    assert await shop.state(job) == "claimed"
    assert len(zebra.paper) == out
    assert await shop.works(at(zebra)) == (0, 1)
    done = label - 1
    assert await shop.states(job) == ["sent"] * done + ["void"] + ["planned"] * (3 - done)
    assert (await shop.item(Kind.JOB, job)).text("fault") == "restarted"
    assert len(zebra.paper) == out


async def _killed(shop: Printery, printer: Printer) -> None:
    def work() -> None:
        try:
            shop.agent(printer).work()
        except Killed:
            raise RuntimeError("killed") from None

    try:
        await asyncio.to_thread(work)
    except RuntimeError:
        raise Killed from None


async def test_an_agent_killed_between_two_labels_goes_on_with_the_next(shop: Printery, zebra: Zebra) -> None:
    job = await shop.queue(list(VIALS[:3]))
    agent = shop.agent(at(zebra))
    begun = await asyncio.to_thread(_claim_and_print_one, agent, job)
    assert begun
    assert await shop.works(at(zebra)) == (1, 0)
    assert (await shop.states(job), len(set(zebra.paper))) == (["sent"] * 3, 3)


def _claim_and_print_one(agent: Agent, job: str) -> bool:
    """What an agent does up to the end of the first label."""
    journal = agent.journal.open(job)
    agent.server.act("job-claim", job, journal.key("claim"), {})
    [queued] = agent.server.queue()
    label = queued.labels[0]
    outcome = agent._put_out(journal, label.code, agent.server.bitmap(job, label.code), queued.dpi)
    return outcome.came is Came.PRINTED


@pytest.mark.parametrize("lost", ["request", "answer"])
async def test_a_report_that_was_lost_is_sent_again_and_recorded_once(
    lost: str, shop: Printery, zebra: Zebra
) -> None:
    job = await shop.queue(list(VIALS[:2]))
    agent = shop.agent(at(zebra))

    class Cut(Server):
        """The line is cut at the report: before it gets through, or before it is answered."""

        def act(self, action: str, job: str, key: str, evidence: dict[str, Any]) -> None:
            if action == "job-claim" or lost == "answer":
                Server.act(self, action, job, key, evidence)
            if action != "job-claim":
                raise ServerAway("the line was cut")

    cut = replace(agent, server=Cut(agent.server.url, agent.server.token))
    with pytest.raises(ServerAway):
        await asyncio.to_thread(cut.work)
    assert await shop.state(job) == ("sent" if lost == "answer" else "claimed")
    whole = await shop.works(at(zebra))
    assert whole == ((0, 0) if lost == "answer" else (1, 0))
    assert (await shop.states(job), len(zebra.paper)) == (["sent"] * 2, 2)


async def test_a_lost_answer_to_the_claim_does_not_print_twice(shop: Printery, zebra: Zebra) -> None:
    job = await shop.queue(list(VIALS[:2]))
    agent = shop.agent(at(zebra))

    class Cut(Server):
        """The claim gets through, its answer does not."""

        def act(self, action: str, job: str, key: str, evidence: dict[str, Any]) -> None:
            Server.act(self, action, job, key, evidence)
            raise ServerAway("the line was cut")

    with pytest.raises(ServerAway):
        await asyncio.to_thread(replace(agent, server=Cut(agent.server.url, agent.server.token)).work)
    assert await shop.works(at(zebra)) == (1, 0)
    assert (await shop.states(job), len(zebra.paper)) == (["sent"] * 2, 2)


async def test_an_agent_whose_job_was_given_up_prints_no_more_of_it(shop: Printery, zebra: Zebra) -> None:
    job = await shop.queue(list(VIALS[:2]))
    await asyncio.to_thread(_claim_and_print_one, shop.agent(at(zebra)), job)
    await shop.house.done("tess", "job-give-up", job)
    assert await shop.states(job) == ["void"] * 2
    assert await shop.works(at(zebra)) == (0, 0)
    assert len(zebra.paper) == 1


class EndsAfter:
    """A printer beside which something happens once that many labels are out."""

    def __init__(self, printer: Printer, labels: int, happens: Callable[[], None]) -> None:
        self.printer, self.left, self.happens = printer, labels, happens

    def trouble(self) -> Fault | None:
        return self.printer.trouble()

    def print(self, image: Any, dpi: int, name: str) -> Outcome:
        outcome = self.printer.print(image, dpi, name)
        self.left -= 1
        if not self.left:
            self.happens()
        return outcome


@pytest.mark.parametrize("out", [1, 3])
async def test_an_agent_whose_token_ends_says_so_and_goes_on_with_a_new_one_where_it_was(
    out: int, shop: Printery, zebra: Zebra
) -> None:
    job = await shop.queue(list(VIALS[:3]))
    site, loop = shop.house.site, asyncio.get_running_loop()

    def sign_out() -> None:
        asyncio.run_coroutine_threadsafe(people.sign_out(site, shop.house.tokens["zeb"]), loop).result()

    with pytest.raises(NotLetIn, match="its token has ended"):
        await shop.works(EndsAfter(at(zebra), out, sign_out))
    assert (await shop.state(job), len(zebra.paper), shop.said) == ("claimed", out, [])
    with pytest.raises(NotLetIn):
        await shop.works(at(zebra))
    await shop.house.sign_in("zeb")
    assert await shop.works(at(zebra)) == (1, 0)
    assert (await shop.states(job), len(set(zebra.paper)), len(zebra.paper)) == (["sent"] * 3, 3, 3)
    assert shop.said == [f"{job}: 3 labels are out. Scan each back."]
    assert list((shop.folder / "ZEBRA-1").iterdir()) == []


async def test_the_command_ends_with_status_3_when_the_agent_is_not_let_in(
    shop: Printery, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("ended")
    command = _command(shop, token, f"file://{tmp_path}")[:-1]  # it does not go on asking with a dead token
    ended = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=60, check=False)
    assert (ended.returncode, b"does not let this agent in" in ended.stderr) == (3, True), ended.stderr


@pytest.mark.parametrize("once", [True, False], ids=["once", "until it is stopped"])
async def test_the_command_ends_where_the_token_is_of_somebody_who_is_no_agent(
    shop: Printery, tmp_path: Path, once: bool
) -> None:
    token = tmp_path / "token"
    token.write_text(shop.house.tokens["cora"])
    command = _command(shop, token, f"file://{tmp_path}")
    told = command if once else command[:-1]
    ended = await asyncio.to_thread(subprocess.run, told, capture_output=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (3, b"")
    assert b"of an account that is no printing agent" in ended.stderr
    token.write_text(shop.house.tokens["zeb"])
    ended = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


async def test_an_agent_whose_role_is_taken_from_it_goes_on_where_it_was_when_it_has_it_again(
    shop: Printery, zebra: Zebra
) -> None:
    job = await shop.queue(list(VIALS[:2]))
    house, loop, role = shop.house, asyncio.get_running_loop(), "printing_agent"

    def revoke() -> None:
        told = house.act("ada", "person-revoke", "zeb", key="revoke", role=role)
        assert asyncio.run_coroutine_threadsafe(told, loop).result().status_code == 201

    with pytest.raises(NotLetIn, match="not_entitled"):
        await shop.works(EndsAfter(at(zebra), 2, revoke))
    assert await shop.state(job) == "claimed"
    second = {"token": house.tokens["bob"], "scan": "zeb"}
    assert (await house.act("ada", "person-grant", "zeb", key="grant", role=role, second=second)).is_success
    assert await shop.works(at(zebra)) == (1, 0)
    assert (await shop.states(job), len(zebra.paper)) == (["sent"] * 2, 2)


@pytest.mark.parametrize(("status", "kept"), [(409, False), (404, True), (422, True)])
async def test_a_report_that_was_not_taken_is_no_success_and_only_a_rule_ends_it(
    status: int, kept: bool, shop: Printery, zebra: Zebra
) -> None:
    job = await shop.queue(list(VIALS[:1]))
    agent = shop.agent(at(zebra))

    class Refuses(Server):
        """It takes the claim, and not the report."""

        def act(self, action: str, job: str, key: str, evidence: dict[str, Any]) -> None:
            if action != "job-claim":
                raise ServerRefused(status, "code", "why")
            Server.act(self, action, job, key, evidence)

    refuses = replace(agent, server=Refuses(agent.server.url, agent.server.token))
    assert await asyncio.to_thread(refuses.work) == (0, 1)
    assert shop.said == [f"{job}: the service did not take the report: code: why"]
    assert (agent.journal.of(job) is not None) is kept


async def test_only_its_own_jobs_are_an_agents_to_see(shop: Printery) -> None:
    job = await shop.queue(list(VIALS[:1]))
    [label] = (await shop.item(Kind.JOB, job)).texts("labels")
    mine = Server(shop.url, shop.house.tokens["zeb"])
    other = Server(shop.url, shop.house.tokens["zoe"])
    assert [one.code for one in await asyncio.to_thread(mine.queue)] == [job]
    assert await asyncio.to_thread(other.queue) == []
    assert await asyncio.to_thread(mine.bitmap, job, label)
    for asked, arguments in ((other.bitmap, (job, label)), (mine.bitmap, (job, "V-NO.vial.1"))):
        with pytest.raises(ServerRefused, match="unknown_code"):
            await asyncio.to_thread(asked, *arguments)
    zeb, nobody = shop.house["zeb"], shop.house["cora"]
    assert (await zeb.get(f"/api/v1/items/{VIALS[0]}")).status_code == 404
    assert (await zeb.get(f"/api/v1/labels/vial/{VIALS[0]}.png")).status_code == 404
    assert (await zeb.get("/api/v1/logs/vault/checkpoint")).status_code == 404
    assert (await zeb.get("/api/v1/vials")).json()["items"] == []
    assert (await nobody.get(f"/api/v1/items/{job}")).status_code == 404
    assert (await nobody.get("/api/v1/print-queue")).json() == {"jobs": []}


async def test_jobs_under_way_are_told_the_newest_first_across_pages_whatever_their_codes(
    shop: Printery,
) -> None:
    codes = ["J00000000000B", "J00000000000C", "J00000000000A"]
    for job, vial in zip(codes, VIALS, strict=False):
        told = {"template": printery.version("vial"), "printer": "ZEBRA-1", "things": [vial]}
        await shop.house.done("tess", "job-draft", job, **told)
    tess = await gate.person("tess")
    assert tess is not None
    reader = Reader(tess, shop.house.site.profile, shop.house.site.keys.vault)
    first, mark = await print_queue.under_way(reader, "", 2)
    assert [job.code for job in first] == ["J00000000000A", "J00000000000C"]
    for over in codes[1:]:
        await shop.house.done("tess", "job-abandon", over, reason="duplicate_record")
    last, end = await print_queue.under_way(reader, mark, 2)
    assert ([job.code for job in last], end) == (["J00000000000B"], "")


async def test_a_label_that_cannot_be_printed_is_refused_when_its_job_is_checked(shop: Printery) -> None:
    house = shop.house
    told = {
        "product": "DMSO", "manufacturer": "Maker", "cryo_medium": "medium", "dmso_basis_points": 1000,
        "filled_on": "2026-01-01", "expires_on": "2090-01-01",
    }  # fmt: skip
    await house.done(
        "tess", "lot-register", "L-LONG", vials=[{"serial": "W" * 20, "volume_ul": 4500}], **told
    )
    job = await shop.draft(["W" * 20])
    answer = await house.act("tess", "job-check", job)
    assert answer.json()["code"] == "label_unfit"
    assert "does not fit the slot 'serial'" in answer.json()["detail"]
    forged = {"labels": [{"label": f"{'W' * 20}.vial.1", "digest": "ab" * 32}]}
    assert (await house.act("tess", "job-check", job, checks=forged)).json()["code"] == "label_unfit"


async def test_a_template_is_read_proven_and_frozen(shop: Printery) -> None:
    from labels.template import template_text

    house, text = shop.house, template_text("rack")
    broken = text.replace("size = [22, 7.4]", "size = [30, 7.4]").replace("version = 1", "version = 2")
    answer = await house.act("tess", "template-draft", "rack.v2", text=broken)
    assert answer.status_code == 201, answer.text  # its boxes are only seen when it is proven
    measured = {"roll": "R", "measured_on": "2026-11-20", "width_um": 50_800, "height_um": 15_000}
    second = {"token": house.tokens["quentin"], "scan": "rack.v2"}
    unfit = await house.act("quinn", "template-approve", "rack.v2", second=second, **measured)
    assert unfit.json()["code"] == "template_unfit"
    assert "overlap" in unfit.json()["detail"]
    forged = {"proof": "ab" * 32, "labels": 1}
    again = await house.act("quinn", "template-approve", "rack.v2", second=second, checks=forged, **measured)
    assert again.json()["code"] == "template_unfit"
    for wrong, why in ((text, "says that it is version 1"), ("name = 3", "incomplete"), ("\n", "incomplete")):
        refused = await house.act("tess", "template-draft", "rack.v3", text=wrong)
        assert (refused.json()["code"], why in refused.json()["detail"]) == ("template_unfit", True), (
            refused.text
        )


async def test_either_symbol_of_a_vial_is_its_label_and_no_other_vials(shop: Printery, zebra: Zebra) -> None:
    house = shop.house
    lot = {
        "product": "BM-MSC", "manufacturer": "Maker", "cryo_medium": "medium", "dmso_basis_points": 1000,
        "filled_on": "2026-01-01", "expires_on": "2030-01-01", "din": "A999922123458", "isbt_product_code": "YA001",
        "donor_code": "DN-1", "passage": 3,
    }  # fmt: skip
    donor = {"eligibility": "eligible", "determined_on": "2026-01-01", "determined_by": "Dr Gray"}
    await house.done("quinn", "donor-register", "DN-1", **donor)
    vials = [
        {"serial": f"M-{one}", "volume_ul": 4500, "division": f"00000{one}", "cells": 1} for one in (1, 2, 3)
    ]
    await house.done("tess", "lot-register", "L-DIN", vials=vials, **lot)
    job = await shop.queue(["M-1", "M-2", "M-3"])
    await shop.works(at(zebra))
    gtin = house.site.profile.product("BM-MSC").gtin
    labels = {label.text("thing"): label.code for label in await shop.labels(job)}
    own, donation = f"]d201{gtin}21M-1", "]d1=+04000=A99992212345800=<YA001V99=,000002=>030001"
    for thing, read in (
        ("M-2", own),
        ("M-1", donation),
        ("M-3", donation),
        ("M-1", "]d1nonsense"),
        ("M-1", "]d2x"),
    ):
        refused = await house.act("tess", "label-scan-back", labels[thing], scanned=read)
        assert refused.json()["code"] == "label_differs", read
    for thing, read in (("M-1", own), ("M-2", donation), ("M-3", "M-3")):
        assert (await house.act("tess", "label-scan-back", labels[thing], scanned=read)).status_code == 201
    lots = (await house["tess"].post("/api/v1/scan", json={"data": f"]d201{gtin}1730010110L-DIN"})).json()
    assert (lots["kind"], lots["code"]) == ("lot", "L-DIN")
    other = await house["tess"].post("/api/v1/scan", json={"data": "]d201095060001343761730010110L-DIN"})
    assert other.status_code == 404


async def test_a_new_version_is_what_is_printed_from_then_on(shop: Printery) -> None:
    from labels.template import template_text

    await printery.approve(shop.house, "rack")
    text = (
        template_text("rack")
        .replace("version = 1", "version = 2")
        .replace('before = "Copy "', 'before = "Again "')
    )
    before = await shop.house["tess"].get("/api/v1/labels/rack/SITE/T1.png")
    await printery.approve(shop.house, "rack", text.replace("points = 20", "points = 14"), "rack.v2")
    after = await shop.house["tess"].get("/api/v1/labels/rack/SITE/T1.png")
    assert (before.status_code, after.status_code) == (200, 200)
    assert before.content != after.content
    refused = await shop.house.act(
        "tess", "job-draft", shop.new_job(), template="rack.v1", printer="ZEBRA-1", things=["SITE/T1"]
    )
    assert refused.json()["code"] == "template_not_approved"


async def test_labels_of_places_have_slashes_in_their_codes(shop: Printery, tmp_path: Path) -> None:
    await printery.approve(shop.house, "rack")
    await shop.house.done("tess", "roll-take-off", "LAB-ROLL-1")
    await printery.mount(shop.house, "LAB-ROLL-3", "rack", "ZEBRA-1")
    job = await shop.queue(["SITE/T1"], "rack")
    assert await shop.works(FilePrinter(tmp_path)) == (1, 0)
    assert (tmp_path / "SITE_T1.rack.1.png").exists()
    assert await shop.state(job) == "sent"


async def test_the_account_of_labels_adds_up_by_job_roll_and_template(shop: Printery, zebra: Zebra) -> None:
    job = await shop.queue(list(VIALS[:4]))
    zebra.labels = 3
    await shop.works(at(zebra))
    first, second, _, _ = await shop.labels(job)
    await shop.apply(first)
    await shop.house.done("tess", "label-scan-back", second.code, scanned=second.text("thing"))
    for by, of in (("job", job), ("roll", "LAB-ROLL-1"), ("template", "vial")):
        answer = (await shop.house["tess"].get(f"/api/v1/label-accounts?by={by}")).json()
        found = {one["of"]: one for one in answer["accounts"]}[of]
        counts = {name: found[name] for name in ("printed", "applied", "on_hand", "void", "unseen")}
        assert counts == {"printed": 3, "applied": 1, "on_hand": 1, "void": 1, "unseen": 0}
        assert found["balanced"]
    assert (await shop.house["cora"].get("/api/v1/label-accounts")).json()["accounts"] == []
    person = await gate.person("tess")
    assert person is not None
    reader = Reader(person, shop.house.site.profile, shop.house.site.keys.vault)
    told = label_accounts.as_csv(await label_accounts.accounts(reader, "roll")).decode().splitlines()
    assert told[0] == "of,printed,applied,void,destroyed,on_hand,unseen,waiting,cancelled"
    assert told[1].startswith("LAB-ROLL-1,3,1,1,0,1,0,")


def _command(shop: Printery, token: Path, printer: str) -> list[str]:
    """The command by which an agent prints once, as a site types it."""
    return [
        sys.executable, "-c", "from inventory.cli import main; main()", "print-agent",
        "--url", shop.url, "--token-file", str(token),
        "--printer", printer, "--journal", str(shop.folder / "ZEBRA-1"), "--once",
    ]  # fmt: skip


async def test_an_agent_is_killed_by_the_system_in_the_middle_of_a_job_and_started_again(
    shop: Printery, zebra: Zebra, tmp_path: Path
) -> None:
    job = await shop.queue(list(VIALS[:5]))
    zebra.slow = 6
    token = tmp_path / "token"
    token.write_text(shop.house.tokens["zeb"])
    command = _command(shop, token, f"raw://127.0.0.1:{zebra.port}")
    process = await asyncio.to_thread(subprocess.Popen, command, env=os.environ, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(zebra.paper) < 2 or not zebra.waiting:
        assert time.monotonic() < deadline
        assert process.poll() is None
        await asyncio.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(process.wait)
    zebra.slow, zebra._left = 0, 0
    again = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=60, check=False)
    assert again.returncode == 1, again.stderr
    assert b"was being printed when this agent stopped" in again.stdout
    states = await shop.states(job)
    assert states == ["sent"] * 2 + ["void"] + ["planned"] * 2
    await shop.house.done("tess", "job-resume", job)
    await shop.onward(job)
    last = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=60, check=False)
    assert last.returncode == 0, last.stderr
    assert (await shop.states(job)).count("sent") == 5
    assert len(set(zebra.paper)) == len(zebra.paper)


async def test_an_agent_prints_over_tls_and_trusts_no_certificate_that_it_does_not_know(
    shop: Printery, zebra: Zebra, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate]
    openssl = ["openssl", "req", "-x509", *made, *names]
    await asyncio.to_thread(subprocess.run, openssl, check=True, capture_output=True, timeout=60)
    await shop.queue(list(VIALS[:1]))
    async with printery.served(shop.house, ssl_keyfile=key, ssl_certfile=certificate) as port:
        over_tls = replace(shop, url=f"https://localhost:{port}")
        with pytest.raises(ServerAway, match="certificate"):
            await over_tls.works(at(zebra))
        monkeypatch.setenv("SSL_CERT_FILE", certificate)
        assert await over_tls.works(at(zebra)) == (1, 0)
    assert len(zebra.paper) == 1


async def test_after_a_crash_while_a_line_was_written_and_another_no_label_comes_out_twice(
    shop: Printery, zebra: Zebra
) -> None:
    job = await shop.queue(list(VIALS[:4]))
    await asyncio.to_thread(_claim_and_print_one, shop.agent(at(zebra)), job)
    with (shop.folder / "ZEBRA-1" / f"{job}.jsonl").open("ab") as out:
        out.write(b'{"begun": "V')
    with pytest.raises(Killed):
        await _killed(shop, KilledAt(at(zebra), 3, after=False))
    assert len(zebra.paper) == 3
    assert await shop.works(at(zebra)) == (0, 1)
    assert await shop.states(job) == ["sent"] * 3 + ["void"]
    assert len(set(zebra.paper)) == len(zebra.paper) == 3


@pytest.fixture
def another_proof(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Call it, and something has changed since the approval: the sheet of extremes has other dots, no label has."""

    def change() -> None:
        monkeypatch.setattr(approval, "COPY", 77)
        label_proofs._proven.cache_clear()

    yield change
    label_proofs._proven.cache_clear()


async def test_a_template_that_would_print_otherwise_than_it_was_approved_prints_nothing(
    shop: Printery, tmp_path: Path, another_proof: Callable[[], None]
) -> None:
    queued, drafted = await shop.queue([VIALS[0]]), await shop.draft([VIALS[1]])
    folder = tmp_path / "out"
    folder.mkdir()
    another_proof()
    refused = await shop.house.act("tess", "job-check", drafted)
    assert (refused.status_code, refused.json()["code"]) == (409, "label_unfit")
    assert "would not print what was approved" in refused.json()["detail"]
    assert await shop.works(FilePrinter(folder)) == (0, 1)
    assert (await shop.state(queued), await shop.states(queued)) == ("failed", ["planned"])
    assert list(folder.iterdir()) == []
    assert shop.said[-1] == f"{queued}: {VIALS[0]}.vial.1 is not what was checked."
    await shop.sound()
