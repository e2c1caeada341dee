/* What a scanner sends, wherever the focus is, and what becomes of it.

   - A scanner with the prefix STX (Ctrl+B) is caught whole: no key of it reaches the page. One without is told
     by its speed, outside password fields. Keys are read by their place on the keyboard (event.code), as the
     scanner, which is set to a US keyboard, means them: whatever layout the machine has.
   - One lane: scans and acts are sent one after the other, in their order. An answer is shown in its turn, and
     none while a STOP stands, which goes by its button or by the barcode #OK alone.
   - What comes in from a scanner is never run, and what the server answers is its own HTML. */
"use strict";
(() => {
  const GS = "\x1d";
  const SILENCE = 500, BURST_GAP = 70, BURST_END = 120, BURST_LEAST = 4, AGAIN = 3000, RETRY = 4000, SHOWN = 30;
  const find = (id) => document.getElementById(id);
  const csrf = () => document.querySelector("meta[name=csrf]").content;

  /* --- Keys ------------------------------------------------------------------------------------------- */
  const US = {
    Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:",
    Quote: "'\"", Backquote: "`~", Comma: ",<", Period: ".>", Slash: "/?", Space: "  ", IntlBackslash: "\\|",
    NumpadDecimal: "..", NumpadSubtract: "--", NumpadAdd: "++", NumpadDivide: "//", NumpadMultiply: "**",
  };
  ")!@#$%^&*(".split("").forEach((sign, digit) => { US[`Digit${digit}`] = `${digit}${sign}`; US[`Numpad${digit}`] = `${digit}${digit}`; });
  "ABCDEFGHIJKLMNOPQRSTUVWXYZ".split("").forEach((letter) => { US[`Key${letter}`] = letter.toLowerCase() + letter; });
  const CONTROL = { BracketRight: GS, Digit6: "\x1e", KeyC: "\x03", KeyD: "\x04", Backslash: "\x1c" };

  function charOf(event) {
    if (event.code === "F8") return GS;
    if (event.ctrlKey) return CONTROL[event.code] ?? "";
    return US[event.code]?.[event.shiftKey ? 1 : 0] ?? "";
  }
  const ends = (event) => ["Enter", "NumpadEnter", "Tab"].includes(event.code) || (event.ctrlKey && ["KeyM", "KeyJ"].includes(event.code));

  /* --- A scan with a prefix ---------------------------------------------------------------------------- */
  let caught = null, alt = "", silence = 0, eaten = false;

  function eat(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  function capture(event) {
    eat(event);
    clearTimeout(silence);
    if (ends(event)) return finish();
    if (event.altKey && /^(Numpad|Digit)\d$/.test(event.code)) alt += event.code.at(-1);
    else caught += charOf(event);
    silence = setTimeout(cutOff, SILENCE);
  }

  function finish() {
    const data = caught.replace(/[\x03\x04]+$/, "");
    caught = null;
    eaten = true;
    if (data) heard(data, false);
  }

  function cutOff() {
    caught = null;
    say("check", "The scan was cut off: scan again", "No Enter came after it. If it stays so, set the scanner to send Enter at the end. Nothing was recorded.");
  }

  /* --- A scan without: by its speed ---------------------------------------------------------------------- */
  let burst = null;

  function watch(event) {
    const target = event.target;
    if (target.type === "password") { burst = null; return; }
    const quick = burst && event.timeStamp - burst.last < BURST_GAP;
    if (ends(event)) {
      if (burst && burst.text.length >= BURST_LEAST && event.timeStamp - burst.last < BURST_END) {
        eat(event);
        eaten = true;
        const { text, field, before } = burst;
        burst = null;
        undo(field, before);
        heard(text, false);
        if (!/^(INPUT|TEXTAREA)$/.test(field.tagName)) say("", "This scanner sends no prefix", "Set it to send STX (Ctrl+B) first, so that no scan can change what has the focus.");
      } else burst = null;
      return;
    }
    const char = charOf(event);
    if (!char || event.altKey || event.metaKey || (event.ctrlKey && char !== GS)) { if (!["Shift", "Control", "Alt", "CapsLock"].includes(event.key)) burst = null; return; }
    if (!quick) burst = { text: "", field: target, before: valueOf(target), last: 0 };
    burst.text += char;
    burst.last = event.timeStamp;
    const writes = /^(INPUT|TEXTAREA)$/.test(target.tagName) && !["checkbox", "radio", "button", "submit"].includes(target.type);
    if (char === GS || (!writes && burst.text.length >= 3)) eat(event);
  }

  const valueOf = (field) => (field.type === "checkbox" || field.type === "radio" ? field.checked : field.value);
  function undo(field, before) {
    if (before === undefined || valueOf(field) === before) return;
    if (field.type === "checkbox" || field.type === "radio") field.checked = before;
    else field.value = before;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("keydown", (event) => {
    unlock();
    if (caught !== null) return capture(event);
    if (event.ctrlKey && !event.altKey && event.code === "KeyB") {
      eat(event);
      caught = "";
      alt = "";
      burst = null;
      silence = setTimeout(cutOff, SILENCE);
      return undefined;
    }
    return watch(event);
  }, true);
  document.addEventListener("keyup", (event) => {
    if (caught !== null) {
      if (event.key === "Alt" && alt) { caught += String.fromCharCode(Number(alt) % 256); alt = ""; }
      eat(event);
    } else if (eaten && ends(event)) { eaten = false; eat(event); }
  }, true);
  document.addEventListener("keypress", (event) => { if (caught !== null) eat(event); }, true);

  /* --- What was heard ------------------------------------------------------------------------------------- */
  let last = { data: "", at: -AGAIN };

  function heard(data, typed) {
    const at = performance.now();
    const again = data === last.data && at - last.at < AGAIN;
    last = { data, at };
    if (stopped()) return data === "#OK" ? acknowledge() : sound("stop");
    if (data.startsWith("#")) return command(data);
    if (fill(data)) return sound("tick");
    if (again) return sound("tick");
    return send(document.body.dataset.scan, new URLSearchParams({ data, ...(typed ? { typed: "1" } : {}) }), data);
  }

  function command(data) {
    const button = document.querySelector(`[data-command="${CSS.escape(data)}"]`);
    if (button) button.click();
    else say("check", `Nothing here answers to ${data}`, "Nothing was recorded.");
  }

  /* A form that asks for a code takes the scan: in the field that has the focus, else in the next empty one. */
  function fill(data) {
    const fields = [...document.querySelectorAll("form[data-act] [data-scan-into]")];
    const asked = fields.filter((field) => field.dataset.scanInto === "lines" || !field.value);
    const field = fields.includes(document.activeElement) ? document.activeElement : asked[0];
    if (!field) return false;
    if (field.dataset.scanInto === "lines") field.value += (field.value && !field.value.endsWith("\n") ? "\n" : "") + data + "\n";
    else field.value = data;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    const next = fields.find((each) => !each.value && each.dataset.scanInto !== "lines");
    (field.dataset.scanInto === "lines" ? field : next ?? field).focus();
    return true;
  }

  /* --- The lane -------------------------------------------------------------------------------------------- */
  const lane = [];
  let sending = false, held = null;

  function send(address, fields, label = "") {
    lane.push({ address, fields, label });
    waiting();
    next();
  }

  async function next() {
    if (sending || held || stopped() || !lane.length) return;
    sending = true;
    document.body.classList.add("busy");
    try {
      await take(lane[0]);
      lane.shift();
      online(true);
    } catch {
      online(false);
      say("offline", "No connection", "Nothing was recorded. What waits here is sent, in its order, when the connection is back.");
      held = setTimeout(() => { held = null; next(); }, RETRY);
    }
    sending = false;
    document.body.classList.remove("busy");
    waiting();
    next();
  }

  async function take({ address, fields, label }) {
    const answer = await fetch(address, {
      method: "POST", body: fields, credentials: "same-origin", redirect: "error",
      headers: { "X-CSRF-Token": csrf(), "HX-Request": "true", Accept: "text/html" },
    });
    const text = await answer.text();
    show(text, label);
    if (answer.status === 201) refresh();
  }

  function waiting() {
    const count = held ? lane.length : Math.max(0, lane.length - 1);
    const pill = find("outbox");
    if (!pill) return;
    pill.hidden = !count;
    pill.querySelector(".count").textContent = String(count);
  }

  function online(yes) {
    const pill = find("net");
    if (!pill || (pill.dataset.net === "online") === yes) return;
    pill.dataset.net = yes ? "online" : "offline";
    pill.querySelector(".words").textContent = yes ? "Online" : "Offline";
  }
  window.addEventListener("online", () => { clearTimeout(held); held = null; next(); });
  window.addEventListener("offline", () => online(false));
  window.addEventListener("beforeunload", (event) => { if (lane.length) event.preventDefault(); });

  /* --- What is shown ---------------------------------------------------------------------------------------- */
  function show(html, label) {
    const outcome = find("outcome");
    outcome.innerHTML = html;
    window.htmx?.process(outcome);
    adopt(outcome, label);
  }

  function say(outcome, title, text) {
    const panel = document.createElement("section");
    panel.className = `panel ${outcome || "queued"}`;
    const heading = document.createElement("h2");
    heading.textContent = `${{ check: "! ", offline: "⇡ " }[outcome] ?? ""}${title}`;
    const words = document.createElement("p");
    words.textContent = text;
    panel.append(heading, words);
    find("notice").replaceChildren(panel);
    if (outcome) sound(outcome);
  }

  /* Whatever came in as an outcome is told by sound, listed, and if it is a STOP put over everything. */
  function adopt(root, label = "") {
    const panel = root.querySelector(".panel[data-outcome]");
    if (!panel) return focusForm(root);
    find("notice").replaceChildren();
    list(panel, label);
    sound(panel.dataset.outcome);
    if (panel.dataset.outcome === "stop") return stop(panel);
    panel.scrollIntoView({ block: "nearest" });
    return focusForm(root);
  }

  function focusForm(root) {
    const field = root.querySelector("[aria-invalid=true], form[data-act] :is(input:not([type=hidden]), select, textarea)");
    field?.focus({ preventScroll: false });
  }

  function list(panel, label) {
    const scans = find("scans");
    if (!scans) return;
    const row = document.createElement("li");
    for (const text of [window.cellcustody.local(window.cellcustody.now()).slice(11, 19), panel.querySelector("h2").textContent.trim().replace(/\s+/g, " "), label]) {
      const cell = document.createElement("span");
      cell.textContent = text;
      row.append(cell);
    }
    scans.prepend(row);
    while (scans.children.length > SHOWN) scans.lastChild.remove();
  }

  /* --- STOP ------------------------------------------------------------------------------------------------- */
  const stopped = () => document.querySelector("dialog.stop[open]");

  function stop(panel) {
    const over = document.createElement("dialog");
    over.className = "stop";
    over.setAttribute("role", "alertdialog");
    over.setAttribute("aria-label", panel.querySelector("h2").textContent.trim());
    over.append(panel);
    over.addEventListener("cancel", (event) => event.preventDefault());
    document.body.append(over);
    over.showModal();
  }

  function acknowledge() {
    const over = stopped();
    if (!over) return;
    const panel = over.querySelector(".panel");
    panel.querySelector(".acknowledge")?.remove();
    panel.removeAttribute("role");
    find("outcome").prepend(panel);
    over.close();
    over.remove();
    next();
  }

  /* --- Sounds: tones, never files; a browser plays none before the first touch or key ------------------------- */
  const TONES = { ok: [[1760, 80]], tick: [[1320, 25]], check: [[880, 90], [880, 90]], queued: [[880, 120]], offline: [[880, 120]], stop: [[220, 250], [220, 250], [220, 250]] };
  const SHAKES = { ok: 40, check: [60, 60, 60], queued: 40, stop: [400, 100, 400] };
  let ears = null;

  function unlock() {
    ears ??= window.AudioContext ? new AudioContext() : null;
    if (ears?.state === "suspended") ears.resume();
  }
  document.addEventListener("pointerdown", () => {
    unlock();
    if (find("scans")) navigator.wakeLock?.request("screen").catch(() => {});
  }, { capture: true });

  function sound(name) {
    document.body.dataset.sounded = name;
    navigator.vibrate?.(SHAKES[name] ?? 0);
    if (!ears || ears.state !== "running") return;
    let at = ears.currentTime;
    for (const [pitch, length] of TONES[name] ?? []) {
      const tone = ears.createOscillator(), loud = ears.createGain();
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.25, at);
      loud.gain.setValueAtTime(0, at + length / 1000);
      tone.connect(loud).connect(ears.destination);
      tone.start(at);
      tone.stop(at + length / 1000);
      at += length / 1000 + 0.07;
    }
  }
  document.addEventListener("cc:sound", (event) => sound(event.detail));

  /* --- Forms and buttons --------------------------------------------------------------------------------------- */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-quiet]")) { event.preventDefault(); return void quietly(form); }
    if (!form.matches("[data-lane]")) return undefined;
    event.preventDefault();
    if (stopped()) return sound("stop");
    const field = form.querySelector("[data-scan-field]");
    if (field) {
      const data = field.value.trim();
      field.value = "";
      return data ? heard(data, true) : undefined;
    }
    const at = form.querySelector("[data-now]");
    if (at && !at.dataset.told) {
      at.dataset.told = "yes";
      at.value = new Date(window.cellcustody.now()).toISOString();
    }
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    return send(form.getAttribute("action"), new URLSearchParams(new FormData(form)));
  }, true);

  async function quietly(form) {
    const answer = await fetch(form.getAttribute("action"), {
      method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin",
      headers: { "X-CSRF-Token": csrf(), "HX-Request": "true" },
    }).catch(() => null);
    if (!answer?.ok) return say("check", "That was not done", "Sign out and in again.");
    const told = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-csrf]");
    document.querySelector("meta[name=csrf]").content = told.dataset.csrf;
    for (const each of document.querySelectorAll("input[name=_csrf]")) each.value = told.dataset.csrf;
    document.body.dataset.ends = told.dataset.ends;
    find("session").hidden = true;
    return undefined;
  }

  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest?.(selector);
    if (on("[data-acknowledge]")) acknowledge();
    else if (on("[data-test-sound]")) ["ok", "check", "stop"].forEach((name, turn) => setTimeout(() => sound(name), turn * 1200));
    else if (on("[data-keyboard]")) { const field = document.querySelector("[data-scan-field]"); field.inputMode = "text"; field.focus(); }
    else if (on("[data-cancel]") && find("outcome").contains(event.target)) { event.preventDefault(); find("outcome").replaceChildren(); }
    else if (on("[data-add-row]")) {
      const rows = on("[data-rows]");
      const count = rows.querySelectorAll(":scope > .row").length;
      const blank = rows.querySelector("template").content.cloneNode(true);
      for (const each of blank.querySelectorAll("[name], [id], [for]"))
        for (const name of ["name", "id", "for"]) if (each.hasAttribute(name)) each.setAttribute(name, each.getAttribute(name).replace("*", String(count)));
      rows.querySelector("template").before(blank);
    }
  });

  /* --- Live ------------------------------------------------------------------------------------------------------ */
  const refresh = () => { for (const each of document.querySelectorAll("[data-live]")) each.dispatchEvent(new Event("live")); };
  if (document.body.dataset.events) {
    const source = new EventSource(document.body.dataset.events);
    source.addEventListener("changed", refresh);
    source.addEventListener("open", () => { online(true); clearTimeout(held); held = null; next(); });
    source.addEventListener("error", () => online(false));
    window.addEventListener("pagehide", () => source.close());
  }

  document.addEventListener("htmx:config:request", (event) => { event.detail.ctx.request.headers["X-CSRF-Token"] = csrf(); });
  document.addEventListener("htmx:after:swap", (event) => {
    const outcome = find("outcome");
    if (outcome && event.target === outcome) adopt(outcome);
  });
  adopt(find("outcome"));
})();
