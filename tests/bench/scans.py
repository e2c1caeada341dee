"""From a scan to its painted verdict, in a real browser on this machine's loopback."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator

from playwright.sync_api import Browser, Page, sync_playwright

from inventory.web.cookies import PLAIN
from tests.bench.load import HOST
from tests.bench.service import Service
from tests.bench.study import COORDINATOR, Study
from tests.bench.table import Figure
from tests.pages.ward import STX, TYPE, keys_of

MOST_MS = 100.0
WARMING = 5
PAINTED = """
  () => new Promise((done) => {
    const outcome = document.getElementById("outcome");
    new MutationObserver((_, seen) => {
      if (!outcome.querySelector(".panel")) return;
      seen.disconnect();
      requestAnimationFrame(() => setTimeout(() => done(performance.now())));
    }).observe(outcome, { childList: true, subtree: true });
  })
"""
"""When the next verdict was painted: the task after the frame in which it came."""


def figures(study: Study, service: Service, scans: int) -> Iterator[Figure]:
    """So many scans of kits on the workbench, each from its Enter to the paint; nothing where there is no Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        yield Figure("scan to painted verdict", float("nan"), "ms", note="not measured: there is no Chromium")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--disable-gpu", "--no-sandbox"])
        spent = sorted(_measured(browser, study, service, scans))
        browser.close()
    p50, p95 = spent[len(spent) // 2], spent[int(len(spent) * 0.95)]
    yield Figure(
        "scan to painted verdict, p95", p95, "ms", most=MOST_MS, note=f"p50 {p50:.1f} ms, {scans} scans"
    )


def _measured(browser: Browser, study: Study, service: Service, scans: int) -> list[float]:
    context = browser.new_context(service_workers="block")
    context.add_cookies(
        [{"name": PLAIN, "value": study.tokens[COORDINATOR], "url": f"http://{HOST}:{service.port}"}]
    )
    page = context.new_page()
    page.goto(f"http://{HOST}:{service.port}/scan")
    codes = [study.kits[turn % len(study.kits)].code for turn in range(WARMING + scans)]
    return [_one(page, code) for code in codes][WARMING:]


def _one(page: Page, code: str) -> float:
    page.evaluate("document.getElementById('outcome').replaceChildren()")
    page.evaluate(f"void (window.painted = ({PAINTED})())")
    began = page.evaluate(f"async (told) => {{ await ({TYPE})(told); return performance.now(); }}",
                          [keys_of(STX + code + "\r", "us"), 0])  # fmt: skip
    painted = page.evaluate("window.painted")
    time.sleep(0.02)
    return float(painted) - float(began)
