"""An IPP printer (RFC 8011): the bitmap as a PNG, or as a PDF page of true size where it takes no PNG, never scaled.

Rules kept here: what counts is the IPP status, not HTTP's, which is 200 for a refusal too; a label counts as printed
when its job is completed; a job that is not seen to its end is cancelled, and its label is in doubt.
"""

from __future__ import annotations

import http.client
import itertools
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from PIL import Image

from labels import formats
from labels.printers import ipp_messages as ipp
from labels.printers.outcome import Came, Fault, Outcome, PrinterAddressWrong

PORT = 631
PNG, PDF = "image/png", "application/pdf"
BUSY = frozenset({0x0507, 0x0502})
"""`server-error-busy`, and `server-error-service-unavailable`."""
NOT_ACCEPTING = 0x0506
STOPPED = 5
COMPLETED, ENDED_OTHERWISE = 9, (7, 8)

REASONS = {
    "media-empty": Fault.PAPER_OUT,
    "media-needed": Fault.PAPER_OUT,
    "media-jam": Fault.JAM,
    "marker-supply-empty": Fault.RIBBON_OUT,
    "cover-open": Fault.HEAD_OPEN,
    "door-open": Fault.HEAD_OPEN,
    "interlock-open": Fault.HEAD_OPEN,
    "paused": Fault.PAUSED,
    "shutdown": Fault.STOPPED,
    "offline": Fault.STOPPED,
}
"""`printer-state-reasons` (RFC 8011 §5.4.12), without the ending that says how bad it is."""


@dataclass(frozen=True, slots=True)
class IppPrinter:
    """Where it listens; `patience` is how many seconds a label may take, `pause` how often it is asked."""

    host: str
    port: int
    path: str
    secure: bool = False
    answer_seconds: float = 10.0
    patience: float = 120.0
    pause: float = 0.3
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), compare=False, repr=False)

    @classmethod
    def at(cls, address: str) -> IppPrinter:
        """The printer at `ipp://HOST[:PORT]/PATH` or `ipps://...`. Raises PrinterAddressWrong."""
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port or PORT
        except ValueError:
            raise PrinterAddressWrong(address) from None
        if parts.scheme not in {"ipp", "ipps"} or not host or not parts.path.strip("/"):
            raise PrinterAddressWrong(address)
        return cls(host, port, parts.path, parts.scheme == "ipps")

    @property
    def uri(self) -> str:
        """Its address as it stands in every request."""
        return f"{'ipps' if self.secure else 'ipp'}://{self.host}:{self.port}{self.path}"

    def trouble(self) -> Fault | None:
        """What keeps it from printing now."""
        try:
            return self._fault(self._attributes())
        except (OSError, http.client.HTTPException, ipp.AnswerUnreadable):
            return Fault.UNREACHABLE

    def print(self, image: Image.Image, dpi: int, name: str) -> Outcome:
        """Send the bitmap as one job and wait until it is completed."""
        try:
            attributes = self._attributes()
        except (OSError, http.client.HTTPException, ipp.AnswerUnreadable) as wrong:
            return Outcome(Came.NOT, Fault.UNREACHABLE, str(wrong))
        fault = self._fault(attributes)
        if fault:
            return Outcome(Came.NOT, fault, ipp.told(attributes.values))
        kind = next((one for one in (PNG, PDF) if one in attributes.words("document-format-supported")), None)
        if kind is None:
            return Outcome(Came.NOT, Fault.REFUSED)
        document = formats.png(image, dpi) if kind == PNG else formats.pdf(image, dpi)
        try:
            begun = self._ask(ipp.Operation.PRINT_JOB, self._job(name, kind), JOB, document)
        except ConnectionRefusedError as wrong:
            return Outcome(Came.NOT, Fault.UNREACHABLE, str(wrong))
        except (OSError, http.client.HTTPException, ipp.AnswerUnreadable) as wrong:
            return Outcome(Came.DOUBT, Fault.HUNG_UP, str(wrong))
        if begun.status >= 0x0100:
            return Outcome(
                Came.NOT, refused_as(begun.status), f"0x{begun.status:04X} {ipp.told(begun.values)}".strip()
            )
        return self._until_completed(begun.number("job-id"))

    def _job(self, name: str, kind: str) -> list[ipp.Attribute]:
        return [
            (ipp.NAME, "requesting-user-name", "cellcustody"),
            (ipp.NAME, "job-name", name),
            (ipp.MEDIA_TYPE, "document-format", kind),
        ]

    def _until_completed(self, job: int) -> Outcome:
        """Ask after the job until it is over; whatever ends the waiting before that leaves its label in doubt."""
        fault: Fault | None = Fault.BUSY
        deadline = time.monotonic() + self.patience
        try:
            while time.monotonic() < deadline:
                state = self._ask(ipp.Operation.GET_JOB_ATTRIBUTES, [(ipp.INTEGER, "job-id", job)])
                if state.number("job-state") == COMPLETED:
                    return Outcome(Came.PRINTED)
                if state.number("job-state") in ENDED_OTHERWISE:
                    fault = self._fault(self._attributes()) or Fault.STOPPED
                    return Outcome(Came.DOUBT, fault, ", ".join(state.words("job-state-reasons")))
                fault = self._fault(self._attributes())
                if fault not in {None, Fault.BUSY}:
                    break
                time.sleep(self.pause)
        except (OSError, http.client.HTTPException, ipp.AnswerUnreadable):
            fault = Fault.HUNG_UP
        with suppress(OSError, http.client.HTTPException, ipp.AnswerUnreadable):
            self._ask(ipp.Operation.CANCEL_JOB, [(ipp.INTEGER, "job-id", job)])
        return Outcome(Came.DOUBT, fault or Fault.BUSY)

    def _attributes(self) -> ipp.Answer:
        wanted = (
            "printer-state",
            "printer-state-reasons",
            "printer-state-message",
            "document-format-supported",
        )
        return self._ask(
            ipp.Operation.GET_PRINTER_ATTRIBUTES, [(ipp.KEYWORD, "requested-attributes", wanted)]
        )

    def _fault(self, attributes: ipp.Answer) -> Fault | None:
        for reason in attributes.words("printer-state-reasons"):
            for ending in ("-error", "-warning", "-report"):
                reason = reason.removesuffix(ending)
            if reason in REASONS:
                return REASONS[reason]
        if attributes.status >= 0x0100:
            return refused_as(attributes.status)
        return Fault.STOPPED if attributes.number("printer-state") == STOPPED else None

    def _line(self) -> http.client.HTTPConnection:
        if not self.secure:
            return http.client.HTTPConnection(self.host, self.port, timeout=self.answer_seconds)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(self.host, self.port, timeout=self.answer_seconds, context=context)

    def _ask(
        self,
        operation: ipp.Operation,
        operational: list[ipp.Attribute],
        job: tuple[ipp.Attribute, ...] = (),
        document: bytes = b"",
    ) -> ipp.Answer:
        """One request and its answer.

        Raises:
            OSError, http.client.HTTPException: no answer.
            AnswerUnreadable: another answer than IPP.
        """
        message = ipp.request(operation, next(self.numbers), self.uri, operational, job) + document
        with closing(self._line()) as line:
            line.request("POST", self.path, message, {"Content-Type": "application/ipp"})
            return ipp.answer(line.getresponse().read())


JOB: tuple[ipp.Attribute, ...] = ((ipp.KEYWORD, "print-scaling", "none"), (ipp.INTEGER, "copies", 1))
"""One copy, dot for dot (PWG 5100.13, `print-scaling`)."""


def refused_as(status: int) -> Fault:
    """The fault that an IPP status means."""
    if status in BUSY:
        return Fault.BUSY
    if status == NOT_ACCEPTING:
        return Fault.PAUSED
    return Fault.REFUSED
