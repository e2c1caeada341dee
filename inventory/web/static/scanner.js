/* A scanner before the test sheet: one symbol after the other, what came of each, and the form that keeps it. */
"use strict";
(() => {
  const rows = [...document.querySelectorAll("[data-symbol]")], form = document.querySelector("form[data-act]");
  const save = form.querySelector("button:not([type])"), device = form.querySelector("[name=code]"), readings = new Map();
  const visible = (text) => text.replaceAll("\x1d", "␝").replace(/[^\x20-\x7e␝]/g, "?").slice(0, 120);
  const KNOWN = ["none", "C0", "C1", "C2", "C4", "d1", "d2", "d7", "d8", "Q1", "Q3", "E0"];
  let at = 0;

  function turn(to) {
    at = Math.max(0, Math.min(to, rows.length));
    rows.forEach((row, place) => { if (place === at) row.setAttribute("aria-current", "step"); else row.removeAttribute("aria-current"); });
    document.getElementById("ask").textContent = at < rows.length ? `Read symbol ${at + 1}` : "All were read: save the record";
    if (at) rows[at]?.scrollIntoView({ block: "nearest" });
    write();
  }

  document.addEventListener("cc:heard", ({ detail }) => {
    const row = rows[at];
    if (!row) return;
    const written = /\{GS\}|<GS>|␝/.test(detail.data);
    const [, came = "none", read] = /^(?:\]([A-Za-z][0-9A-Za-z]))?([^]*)$/.exec(detail.data);
    const identifier = KNOWN.includes(came) ? came : "other";
    take(row, { symbol: row.dataset.symbol, identifier, read: visible(read), capture: detail.capture, separator: written ? "written" : detail.separator, milliseconds: Math.min(10_000, detail.milliseconds) });
  });

  function take(row, reading) {
    readings.set(reading.symbol, reading);
    const came = (reading.identifier === "none" ? "" : `]${reading.identifier}`) + reading.read.replace(/\{GS\}|<GS>/g, "␝"), right = came === row.dataset.expected;
    row.dataset.right = right ? "yes" : "no";
    row.querySelector(".came").textContent = right ? `✓ Right, by ${reading.capture}` : `✕ ${came || "Nothing came"}`;
    document.dispatchEvent(new CustomEvent("cc:sound", { detail: right ? "ok" : "check" }));
    turn(at + 1);
  }

  /* The form says what came, symbol by symbol; what is wrong with it is the service's to say. */
  function write() {
    const hidden = [...readings.values()].flatMap((reading, ordinal) => Object.entries(reading).map(([name, value]) =>
      Object.assign(document.createElement("input"), { type: "hidden", name: `evidence.readings.${ordinal}.${name}`, value: String(value) })));
    document.getElementById("readings").replaceChildren(...hidden);
    save.disabled = readings.size < rows.length || !device.value;
  }

  document.getElementById("unread").addEventListener("click", () => { if (rows[at]) take(rows[at], { symbol: rows[at].dataset.symbol, identifier: "none", read: "", capture: "prefix", separator: "none", milliseconds: 0 }); });
  document.getElementById("again").addEventListener("click", () => turn(at - 1));
  device.addEventListener("input", () => { localStorage.setItem("cellcustody.scanner", device.value); write(); });
  if ([...device.options].some((each) => each.value === localStorage.getItem("cellcustody.scanner"))) device.value = localStorage.getItem("cellcustody.scanner");
  turn(0);
})();
