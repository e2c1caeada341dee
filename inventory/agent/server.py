"""The service as an agent reaches it: over HTTPS, outwards only, with a token of its own.

Rules this module keeps:
- A token never crosses a network in the clear: plain HTTP is for the same machine alone.
- Every report carries an idempotency key that is remembered with it, so that asking again records nothing twice.
- An answer counts when it is whole and the service's own. One that was torn, or that something in between gave in its
  place, says nothing of what was asked: the service is away.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

ANOTHERS = "something else answered in its place"
AGENT = "printing_agent"
"""The role of an agent's account."""
PNG = b"\x89PNG"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class AddressRefused(Exception):  # noqa: N818 - named for what happened
    """The address is no https address of a service."""

    def __init__(self, url: str) -> None:
        super().__init__(f"{url} is not an https address. Plain http is for the same machine alone.")


class ServerAway(Exception):  # noqa: N818 - named for what happened
    """The service cannot be reached, or cannot work now: the same may be asked again."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The service cannot be reached: {why}")


class NotLetIn(Exception):  # noqa: N818 - named for what happened
    """The agent's token or account does not count (any more): nothing is said of what was asked.

    The same may be asked again with a token that counts.
    """

    def __init__(self, code: str) -> None:
        super().__init__(
            f"The service does not let this agent in ({code}): its token has ended, or its account may not do this. "
            "Give it a new token or have its account mended, and start it again: its journal is kept."
        )


class NoAgent(Exception):  # noqa: N818 - named for what happened
    """The token counts, and is somebody's who is no agent: nothing would ever wait for them."""

    def __init__(self) -> None:
        super().__init__(
            "The token is of an account that is no printing agent: no job will ever wait for it. "
            "Give this agent the token of its own account."
        )


class ServerRefused(Exception):  # noqa: N818 - named for what happened
    """The service refuses what was asked: `code` is the refusal's."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class Label:
    """A label to be printed, and the SHA-256 of its PNG."""

    code: str
    digest: str


@dataclass(frozen=True, slots=True)
class Job:
    """A job that waits: `claimed` where it was taken before."""

    code: str
    claimed: bool
    printer: str
    dpi: int
    labels: tuple[Label, ...]


def _can_be_asked(url: str) -> bool:
    """Whether that is an address at which a token is safe; what is none would be asked for ever, as if it were away."""
    try:
        parts = urlsplit(url)
        named = (parts.hostname or "").encode("idna")
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        return safe and named != b"" and parts.port != 0 and re.fullmatch("[!-~]+", url) is not None
    except ValueError:  # a bracket that is not closed, a port that is none, a name that is too long
        return False


def now() -> datetime:
    """This moment by the clock of the agent's machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Server:
    """Where the service is, the agent's token, and the clock by which it says when something happened."""

    url: str
    token: str
    seconds: float = 30.0
    clock: Callable[[], datetime] = now

    def __post_init__(self) -> None:
        if not _can_be_asked(self.url):
            raise AddressRefused(self.url)

    def refuse_another(self) -> None:
        """Refuse the token of an account that is no agent. Raises NoAgent, ServerAway, NotLetIn, ServerRefused."""
        if AGENT not in _told(self._ask("GET", "/me"), "roles"):
            raise NoAgent

    def queue(self) -> list[Job]:
        """The jobs that wait for this agent. Raises ServerAway, NotLetIn, ServerRefused."""
        return [_job(one) for one in _told(self._ask("GET", "/print-queue"), "jobs")]

    def bitmap(self, job: str, label: str) -> bytes:
        """The PNG of a label. Raises ServerAway, NotLetIn, ServerRefused."""
        content = self._ask("GET", f"/print-jobs/{quote(job)}/labels/{quote(label)}.png")
        if not content.startswith(PNG):
            raise ServerAway(ANOTHERS)
        return content

    def act(self, action: str, job: str, key: str, evidence: dict[str, Any]) -> None:
        """Record an act about a job, once whatever happens to the answer.

        Raises ServerAway, NotLetIn, ServerRefused.
        """
        at = self.clock().isoformat(timespec="seconds")
        body = {"code": job, "occurred_at": at, "evidence": evidence}
        content = self._ask("POST", f"/custody/{action}", json.dumps(body).encode(), {"Idempotency-Key": key})
        _told(content, "entries")

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> bytes:
        told = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            **(headers or {}),
        }
        address = f"{self.url.rstrip('/')}/api/v1{path}"
        request = urllib.request.Request(address, body, told, method=method)  # noqa: S310  (checked when it was made)
        try:
            status, content = self._answer(request)
        except (OSError, http.client.HTTPException, ValueError) as away:
            raise ServerAway(str(away) or type(away).__name__) from None
        if status >= 300:
            raise _refused(status, content)
        return content

    def _answer(self, request: urllib.request.Request) -> tuple[int, bytes]:
        """The status of an answer and its body.

        Raises:
            OSError, http.client.HTTPException, ValueError: no answer, or not all of it.
        """
        trusting = urllib.request.HTTPSHandler(context=ssl.create_default_context())
        try:
            with urllib.request.build_opener(trusting, _Stay).open(request, timeout=self.seconds) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read()


class _Stay(urllib.request.HTTPRedirectHandler):
    """An answer that sends the agent elsewhere is an answer: the token goes to no address but the service's."""

    def redirect_request(self, *_: object) -> None:
        """Ask nowhere else."""


def _told(content: bytes, name: str) -> list[Any]:
    """The list of that name in an answer. Raises ServerAway where it is no answer of the service."""
    try:
        return list(json.loads(content)[name])
    except (ValueError, KeyError, TypeError):
        raise ServerAway(ANOTHERS) from None


def _job(told: dict[str, Any]) -> Job:
    labels = tuple(Label(label["label"], label["digest"]) for label in told["labels"])
    return Job(told["job"], told["state"] == "claimed", told["printer"], told["dpi"], labels)


def _refused(status: int, body: bytes) -> ServerAway | NotLetIn | ServerRefused:
    try:
        told = json.loads(body)
        code, detail = str(told["code"]), str(told["detail"])
    except (ValueError, KeyError, TypeError):
        return ServerAway(f"{ANOTHERS}, with status {status}")
    if status >= 500 or status == 429:
        return ServerAway(f"{code}: {detail}")
    if status in {401, 403}:
        return NotLetIn(code)
    return ServerRefused(status, code, detail)
