"""One job after the other: claimed when the printer can print, printed label by label, reported.

Rules this module keeps:
- Nothing is claimed for a printer that cannot print: the job waits in the queue, where everybody sees it.
- The bytes printed are those that were checked, by their digest; anything else is not printed.
- A report says what came out, what may have, and what was wrong; when in doubt, doubt is reported.
- After a crash the journal decides: a job without a journal may have come out whole.
- A journal is forgotten when its report was recorded, or a rule refused it; an agent that is not let in keeps it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from inventory.agent.journal import JobJournal, Journal
from inventory.agent.server import Job, Server, ServerRefused
from labels.printers import Came, Fault, Outcome, Printer
from labels.printers.outcome import PASSING

Say = Callable[[str], None]
RESTARTED, UNFIT = "restarted", "label_unfit"
SENT, FAILED = "job-send", "job-fail"
BY_A_RULE = 409
"""The status of a report that the service understood, from an agent that may report, and that a rule refused."""


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent: the service, one printer, the journal, and where it tells people what it does.

    `patience` is how many seconds a fault that passes by itself may last.
    """

    server: Server
    printer: Printer
    journal: Journal
    say: Say
    patience: float = 60.0
    pause: float = 1.0

    def work(self) -> tuple[int, int]:
        """Print what waits now; how many jobs came out whole, and how many did not.

        Raises:
            ServerAway: the service cannot be reached; what is not reported stays in the journal.
            NotLetIn: the agent's token has ended, or its account may not print; the journal stays as well.
            ServerRefused: the service does not tell what waits.
        """
        whole = broken = 0
        for job in self.server.queue():
            done = self._take_up(job) if job.claimed else self._begin(job)
            whole += done is True
            broken += done is False
        return whole, broken

    def _begin(self, job: Job) -> bool | None:
        """Claim a job and print it; None where it stays in the queue."""
        fault = self.printer.trouble()
        if fault:
            self.say(f"{job.code} waits. {fault.sentence}")
            return None
        journal = self.journal.open(job.code)
        try:
            self.server.act("job-claim", job.code, journal.key("claim"), {})
        except ServerRefused as refused:
            self.say(f"{job.code} was not claimed: {refused}")
            journal.forget()
            return None
        return self._print(job, journal)

    def _take_up(self, job: Job) -> bool:
        """Go on with a job that was claimed before this agent was started, as far as the journal tells."""
        journal = self.journal.of(job.code)
        if journal is None:
            self.say(f"{job.code} was claimed, and nothing is remembered of it: all of it is in doubt.")
            journal = self.journal.open(job.code)
            return self._failed(job, journal, 0, len(job.labels), RESTARTED)
        if journal.report:
            return self._tell(job, journal)
        came = _came(job, journal)
        if journal.doubtful:
            self.say(
                f"{job.code}: {journal.doubtful[0]} was being printed when this agent stopped: it is in doubt."
            )
            return self._failed(job, journal, came, 1, RESTARTED)
        return self._print(job, journal)

    def _print(self, job: Job, journal: JobJournal) -> bool:
        """Print what of the job is not out yet, and report."""
        for label in job.labels[_came(job, journal) :]:
            try:
                png = self.server.bitmap(job.code, label.code)
            except ServerRefused:
                png = b""
            if hashlib.sha256(png).hexdigest() != label.digest:
                self.say(f"{job.code}: {label.code} is not what was checked.")
                return self._failed(job, journal, _came(job, journal), 0, UNFIT)
            outcome = self._put_out(journal, label.code, png, job.dpi)
            if outcome.came is not Came.PRINTED:
                fault = outcome.fault or Fault.STOPPED
                self.say(
                    f"{job.code}: {label.code} {WORDS[outcome.came]}. {fault.sentence} {outcome.told}".rstrip()
                )
                doubt = int(outcome.came is Came.DOUBT)
                return self._failed(job, journal, _came(job, journal), doubt, fault.code)
        journal.decide(SENT, {})
        return self._tell(job, journal)

    def _put_out(self, journal: JobJournal, label: str, png: bytes, dpi: int) -> Outcome:
        """Print one label, waiting for what passes by itself; the journal knows before and after."""
        image = Image.open(BytesIO(png)).convert("1", dither=Image.Dither.NONE)
        deadline = time.monotonic() + self.patience
        while True:
            journal.begin(label)
            outcome = self.printer.print(image, dpi, label.replace("/", "_"))
            if outcome.came is Came.PRINTED:
                journal.end(label)
            elif outcome.came is Came.NOT:
                journal.take_back(label)
                if outcome.fault in PASSING and time.monotonic() < deadline:
                    time.sleep(self.pause)
                    continue
            return outcome

    def _failed(self, job: Job, journal: JobJournal, came: int, doubt: int, fault: str) -> bool:
        journal.decide(FAILED, {"came": came, "doubt": doubt, "fault": fault})
        return self._tell(job, journal)

    def _tell(self, job: Job, journal: JobJournal) -> bool:
        """Send the report, and tell people; whether the service knows now that every label came out.

        A report that a rule refused is not repeated: the job was given up, say. After any other refusal the journal is
        all that knows what came out, and the report is sent again as long as the job waits.
        """
        if journal.report is None:
            return False
        action, evidence = journal.report
        try:
            self.server.act(action, job.code, journal.key(action), evidence)
        except ServerRefused as refused:
            self.say(f"{job.code}: the service did not take the report: {refused}")
            if refused.status == BY_A_RULE:
                journal.forget()
            return False
        journal.forget()
        if action == SENT:
            self.say(f"{job.code}: {len(job.labels)} labels are out. Scan each back.")
        elif evidence["doubt"]:
            self.say(
                f"{job.code}: {evidence['doubt']} in doubt, and void. "
                "Whatever of it lies in the printer: destroy it."
            )
        return action == SENT


WORDS = {Came.NOT: "did not come out", Came.DOUBT: "may have come out"}


def _came(job: Job, journal: JobJournal) -> int:
    """How many of the job's labels came out: they are printed in its order, and none is passed over."""
    return sum(label.code in journal.came for label in job.labels)
