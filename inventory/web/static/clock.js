/* Time as the server tells it: the clock of the site, clocks that run down, and the end of the session.
   The page knows the server's instant from when it was made; from then on it counts with the machine's steady
   clock, so that nobody's setting of the time of day moves a deadline. A page that came from no server takes the
   machine's time of day, put right by how far it was off when the server was last heard. */
"use strict";
(() => {
  const body = document.body;
  const begun = performance.now();
  const OFF = "cellcustody.off";
  const served = body.dataset.now ? Number(body.dataset.now) : Date.now() + Number(localStorage.getItem(OFF));
  if (body.dataset.now) localStorage.setItem(OFF, String(served - Date.now()));
  const now = () => served + (performance.now() - begun);
  const zone = body.dataset.zone;
  const SPOKEN = [15, 5, 1, 0];
  const WARNED = 10 * 60_000;

  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "longOffset",
  });

  function local(at) {
    const told = Object.fromEntries(parts.formatToParts(at).map((each) => [each.type, each.value]));
    const offset = told.timeZoneName.replace("GMT", "") || "+00:00";
    return `${told.year}-${told.month}-${told.day} ${told.hour}:${told.minute}:${told.second} ${offset}`;
  }

  const two = (count) => String(count).padStart(2, "0");
  function span(seconds) {
    return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  }

  function band(left, total) {
    if (left <= 0) return "over";
    const short = total && total < 20; /* a clock of a few minutes would be late from its first second on */
    if (left <= (short ? total * 10 : 5 * 60)) return "late";
    return left <= (total ? (total * 60) / (short ? 2 : 4) : 30 * 60) ? "warn" : "calm";
  }

  /* Said aloud at 15, 5, 1 and 0 minutes, each once: a clock that ticks aloud would drown everything else. */
  function speak(timer, left) {
    const due = SPOKEN.filter((minutes) => left <= minutes * 60).at(-1);
    const before = timer.dataset.spoken;
    if (due === undefined || before === String(due)) return;
    timer.dataset.spoken = String(due);
    if (before === undefined && left < due * 60 - 2) return;
    const named = timer.closest("li, article, section")?.querySelector(".code")?.textContent ?? "";
    const words = due ? `${due} minutes left ${named}` : `Time is over ${named}`;
    document.getElementById("spoken").textContent = words;
    if (due <= 5) document.dispatchEvent(new CustomEvent("cc:sound", { detail: due ? "check" : "stop" }));
  }

  function tick() {
    const at = now();
    const clock = document.getElementById("clock");
    if (clock) clock.textContent = local(at);
    for (const timer of document.querySelectorAll(".timer[data-due]")) {
      const left = Math.ceil((Number(timer.dataset.due) - at) / 1000);
      timer.textContent = left > 0 ? `${span(left)} ${timer.dataset.label}` : `over since ${span(-left)}`;
      timer.dataset.band = band(left, Number(timer.dataset.total));
      speak(timer, left);
    }
    const session = document.getElementById("session");
    if (session) {
      const ends = Date.parse(body.dataset.ends);
      session.hidden = ends - at > WARNED;
      session.querySelector(".ends").textContent = local(ends).slice(11, 16);
    }
  }

  window.cellcustody = { now, local };
  tick();
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
  document.addEventListener("cc:tick", tick);
  document.addEventListener("htmx:after:swap", tick);
})();
