/* Scans and acts on their way to the service, and what comes back.

   - One lane: they are sent one at a time, in their order, and each answer is shown in its turn. So no answer can
     come late and stand over a newer one.
   - While a STOP stands nothing is sent and nothing else is shown. It goes by its button or by the barcode #OK.
   - Without a connection an observation is kept on the device (outbox.js), a look-up waits on this page, and what
     needs leave is refused at once. Both that wait are counted above and go in their order. */
"use strict";
(() => {
  const AGAIN = 3000, RETRY = 4000, SHOWN = 30;
  const find = (id) => document.getElementById(id);
  const csrf = () => document.querySelector("meta[name=csrf]").content;
  const sound = (name) => document.dispatchEvent(new CustomEvent("cc:sound", { detail: name }));
  const stopped = () => document.querySelector("dialog.stop");
  const { outbox, session } = window.cellcustody;
  const shell = document.body.dataset.shell === "yes";

  /* --- What was scanned ------------------------------------------------------------------------------------ */
  let last = { data: "", at: -AGAIN };

  /* A scanner that says what it read (]C0 and its like) says so before a command too. */
  const bare = (data) => data.replace(/^\][A-Za-z][0-9A-Za-z](?=#)/, "");

  function heard(scanned, typed) {
    const data = bare(scanned);
    const at = performance.now();
    const again = data === last.data && at - last.at < AGAIN;
    last = { data, at };
    if (stopped()) return data === "#OK" ? acknowledge() : sound("stop");
    return take(data, typed, again);
  }

  /* What comes while another is on its way waits for what that brings: it may be a form that asks for this one. What
     was kept on the device brings nothing that anybody here waits for. */
  const waiting = [];
  const looking = () => lane.some((each) => !each.kept);
  function take(data, typed, again) {
    if (sending || looking()) {
      if (!again) waiting.push([data, typed]);
      return count();
    }
    if (data.startsWith("#")) return again ? sound("tick") : command(data);
    if (fill(data) || again) return sound("tick");
    if (!document.body.dataset.scan && !shell) return undefined;
    if (shell) return say("check", "No connection: nothing can be looked up", "Choose below what happened, then scan it. Nothing was recorded.");
    return send("", new URLSearchParams(typed ? { data, typed: "1" } : { data }), data);
  }
  document.addEventListener("cc:scan", (event) => heard(event.detail, false));

  function command(data) {
    const button = document.querySelector(`[data-command="${CSS.escape(data)}"]`);
    if (button) button.click();
    else say("check", `Nothing here answers to ${data}`, "Nothing was recorded.");
  }

  /* A form that asks for a code takes the scan: in the field that has the focus, else in the next empty one that has
     to be filled ("more" may be left out). What stands in a field is never replaced, unless it is what was refused:
     whoever means another empties it first. One that stands in a run (data-sends) is sent as soon as nothing of it is
     missing; refused, it takes the scan anew. */
  const lists = (field) => field.dataset.scanInto !== "one";
  const refused = (field) => field.matches("[aria-invalid=true]") && field.value === field.defaultValue;
  const takes = (field) => lists(field) || !field.value || refused(field);
  function fill(data) {
    const fields = [...document.querySelectorAll("form[data-act] [data-scan-into]")];
    const focused = fields.find((each) => each === document.activeElement);
    const empty = fields.find((each) => each.dataset.scanInto !== "more" && takes(each));
    const field = focused && takes(focused) ? focused : empty ?? fields.findLast((each) => each.form.matches("[data-sends]"));
    if (!field && focused) say("check", "That field is filled already", "If it is to hold what you scanned now, empty it, then scan once more. Nothing was recorded.");
    if (!field) return Boolean(focused);
    const lines = lists(field);
    field.value = lines ? `${field.value.replace(/\n*$/, (end) => (field.value.trim() ? end || "\n" : ""))}${data}\n` : data;
    field.dataset.scans = `${field.dataset.scans ?? ""}${data}\n`;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    (lines ? field : fields.find((each) => each.dataset.scanInto !== "more" && !each.value) ?? field).focus();
    if (field.form.matches("[data-sends]") && field.form.checkValidity()) field.form.requestSubmit();
    return true;
  }

  /* --- The lane ---------------------------------------------------------------------------------------------- */
  const lane = [];
  let sending = false, held = 0;

  function send(address, fields, label = "", more = {}) {
    lane.push({ address, fields, label, ...more });
    return next();
  }

  async function next() {
    count();
    if (sending || stopped() || session.ended) return;
    if (waiting.length && !looking() && (held || !lane.length)) {
      take(...waiting.shift(), false);
      return void next();
    }
    if (held || shell || !lane.length) return;
    sending = true;
    document.body.classList.add("busy");
    const head = lane[0];
    try {
      await (head.kept ? outbox.alone(() => deliver(head)) : deliver(head));
      online(true);
    } catch {
      await lost(head);
    }
    sending = false;
    document.body.classList.remove("busy");
    next();
  }

  async function deliver(head) {
    if (head.kept) {
      const kept = await outbox.one(head.kept);
      if (kept?.state !== "waiting") return void lane.shift();
      head.fields = new URLSearchParams(kept.fields);
    }
    /* Where a scan goes is asked when it goes: what came before it may have changed that. */
    const answer = await fetch(head.address || document.body.dataset.scan, { method: "POST", body: head.fields, redirect: "error", headers: headers() });
    const onward = answer.headers.get("HX-Redirect");
    const text = await answer.text();
    if (answer.status === 401 && text.includes("data-signed-out")) { /* a second person's refused password is 401 too */
      unheard = !head.kept;
      return void (await session.end());
    }
    const became = head.kept ? await outbox.answered(head.kept, answer.status, text) : "over";
    if (became === "again") return undefined;
    if (became === "waits") throw new Error(`answered ${answer.status}`);
    lane.shift();
    if (onward) return void location.assign(onward);
    show(text, head.label);
    if (became === "another session") await leave();
    const awaited = unanswered.delete(head.form);
    if (answer.status === 201) pasted.clear();
    if (answer.status === 201 || awaited) refresh();
    return undefined;
  }

  /* No answer came: what may wait does, what needs leave is told not to. */
  async function lost(head) {
    online(false);
    if (head.form) {
      lane.shift();
      delete head.form.dataset.sent;
      return say("check", "No answer: do not go on", "Whether it was recorded is not known. Send the form again when there is a connection: it is recorded once.");
    }
    if (head.kept) await outbox.tried(head.kept);
    held = setTimeout(resume, RETRY);
    return head.kept ? queued() : say("offline", "No connection", "Nothing was recorded. What waits here is sent, in its order, when the connection is back.");
  }

  function queued() {
    say("queued", "Kept on this device, not yet recorded", "It is sent with its time, in its order, when there is a connection.");
  }

  /* The session is over, and with it what was on its way; what is kept on the device is not. */
  let unheard = false;
  session.unsent = () => {
    if (shell) return "Sign in when there is a connection. Until then, write down on paper what happens.";
    if (stopped()) return "A STOP was not acknowledged: look into it before you go on.";
    const lost = [...unanswered].some((form) => !lane.some((each) => each.form === form));
    if (lost) return "Whether what you sent last was recorded is not known: look before you do it again.";
    return unheard ? "What you sent last was not recorded: do it again when you have signed in." : "What you had begun on this page was not sent, and is not recorded.";
  };
  document.addEventListener("cc:ended", () => {
    for (const each of [lane, waiting]) each.length = 0;
    find("net").querySelector(".words").textContent = "Signed out";
  });

  /* Whoever is signed in now is not who observed this: it stays on the device until that person is. */
  async function leave() {
    for (const each of lane.splice(0)) if (!each.kept) lane.push(each);
    const left = (await outbox.waiting()).length;
    say("queued", `${left} not yet recorded`, `Kept on this device. Sent when ${outbox.person} signs in here.`);
  }

  const headers = () => ({ "X-CSRF-Token": csrf(), "HX-Request": "true", Accept: "text/html" });

  function resume() {
    clearTimeout(held);
    held = 0;
    next();
  }

  async function count() {
    const own = await outbox.mine(), number = (state) => own.filter((kept) => kept.state === state).length;
    const looks = lane.filter((each) => !each.kept).length + waiting.length, refused = number("refused");
    const waits = number("waiting") + (held ? looks : Math.max(0, looks - 1));
    find("outbox").hidden = !waits && !refused;
    find("outbox").querySelector(".count").textContent = [waits || !refused ? `${waits} waiting` : "", refused ? `${refused} refused` : ""].filter(Boolean).join(", ");
    document.dispatchEvent(new Event("cc:kept"));
  }

  function online(yes) {
    const pill = find("net");
    if (session.ended || (pill.dataset.net === "online") === yes) return;
    pill.dataset.net = yes ? "online" : "offline";
    pill.querySelector(".words").textContent = yes ? "Online" : "Offline";
  }
  window.addEventListener("online", resume);
  window.addEventListener("offline", () => online(false));
  window.addEventListener("beforeunload", (event) => { if (looking() || waiting.length) event.preventDefault(); });

  /* --- What is shown ------------------------------------------------------------------------------------------- */
  function show(html, label) {
    find("outcome").innerHTML = html;
    window.htmx.process(find("outcome"));
    const onward = find("outcome").querySelector("[data-scan-to]");
    if (onward) document.body.dataset.scan = onward.dataset.scanTo;
    adopt(label);
    document.dispatchEvent(new CustomEvent("cc:outcome", { detail: label }));
  }

  const isChosen = (field) => ["checkbox", "radio"].includes(field.type);

  /* The focus goes to what was refused, else to the first field that waits for a scan or is empty, never to a full one.
     Whatever came in as an outcome is told by its sound, listed, and if it is a STOP put over everything. */
  function adopt(label = "") {
    const outcome = find("outcome"), panel = outcome.querySelector(".panel[data-outcome]");
    find("notice").replaceChildren();
    if (panel) {
      list(panel, label);
      sound(panel.dataset.outcome);
      if (panel.dataset.outcome === "stop") return stop(panel);
    }
    const asked = [...outcome.querySelectorAll("form[data-act] :is(input:not([type=hidden]), select, textarea)")].filter((each) => !each.closest("details:not([open])"));
    const wrong = outcome.querySelector("[aria-invalid=true]"), open = (each) => isChosen(each) || !each.value;
    const field = wrong ?? asked.find((each) => each.dataset.scanInto && each.dataset.scanInto !== "more" && !each.value) ?? asked.find(open);
    field?.focus();
    if (wrong?.value) wrong.select?.();
    if (!field) panel?.scrollIntoView({ block: "nearest" });
    return undefined;
  }

  function say(outcome, title, text) {
    const panel = document.createElement("section"), heading = document.createElement("h2"), words = document.createElement("p");
    panel.className = `panel ${outcome || "queued"}`;
    heading.textContent = `${{ check: "! ", offline: "⇡ ", queued: "⇡ " }[outcome] ?? ""}${title}`;
    words.textContent = text;
    panel.append(heading, words);
    find("notice").replaceChildren(panel);
    if (outcome) sound(outcome);
  }
  document.addEventListener("cc:say", (event) => say(...event.detail));

  function list(panel, label) {
    const scans = find("scans");
    if (!scans) return;
    const row = document.createElement("li");
    const { now, local } = window.cellcustody;
    for (const text of [local(now()).slice(11, 19), panel.querySelector("h2").textContent.trim().replace(/\s+/g, " "), label]) {
      row.append(Object.assign(document.createElement("span"), { textContent: text }));
    }
    scans.prepend(row);
    while (scans.children.length > SHOWN) scans.lastChild.remove();
  }

  /* --- STOP -------------------------------------------------------------------------------------------------------- */
  function stop(panel) {
    const over = document.createElement("dialog");
    over.className = "stop";
    over.setAttribute("role", "alertdialog");
    over.setAttribute("aria-label", panel.querySelector("h2").textContent.trim());
    over.append(panel);
    over.addEventListener("cancel", (event) => event.preventDefault());
    /* A browser may close it all the same (Escape twice, the back gesture): it comes back until acknowledged. */
    over.addEventListener("close", () => { if (over.isConnected) over.showModal(); });
    document.body.append(over);
    over.showModal();
  }

  document.addEventListener("keydown", (event) => { if (stopped() && event.key === "Escape") event.preventDefault(); }, true);

  function acknowledge() {
    const over = stopped();
    if (!over) return;
    const panel = over.querySelector(".panel");
    panel.querySelector(".acknowledge").remove();
    panel.removeAttribute("role");
    find("outcome").prepend(panel);
    over.remove();
    next();
  }

  /* --- Forms and buttons --------------------------------------------------------------------------------------------- */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-lane], [data-quiet], [data-sign-out]")) return;
    event.preventDefault();
    if (form.matches("[data-quiet]")) quietly(form);
    else if (form.matches("[data-sign-out]")) signOut(form);
    else if (stopped()) sound("stop");
    else if (form.querySelector("[data-scan-field]")) typed(form.querySelector("[data-scan-field]"));
    else act(form, event.submitter);
  });

  function typed(field) {
    const data = field.value.trim();
    field.value = "";
    if (data) heard(data, true);
  }

  /* A code that was neither scanned nor there from the beginning was typed, and the entry says so. */
  function tellTyped(form) {
    const names = new Set([...form.querySelectorAll("input[type=hidden][name=typed]")].map((each) => { each.remove(); return each.value; }));
    for (const field of form.querySelectorAll("[data-scan-into]")) {
      const scans = (field.dataset.scans ?? "").split("\n"), there = field.defaultValue.split("\n");
      const lines = field.value.split("\n").filter((line) => line.trim());
      if (lines.some((line) => !scans.includes(line) && !there.includes(line))) names.add(field.name);
      else if (lines.every((line) => scans.includes(line))) names.delete(field.name);
    }
    const scanner = localStorage.getItem("cellcustody.scanner");
    form.querySelector("input[type=hidden][name=scanner]")?.remove();
    const told = [...[...names].map((name) => ["typed", name]), ...(names.size && scanner ? [["scanner", scanner]] : [])];
    form.append(...told.map(([name, value]) => Object.assign(document.createElement("input"), { type: "hidden", name, value })));
  }

  /* The time of an act is when its form is first sent; sent again it is the same act. */
  async function act(form, pressed) {
    if (form.dataset.sent) return;
    const keeps = outbox.able && form.matches("[data-waits]") && !form.elements.namedItem("note")?.value;
    if (!keeps && (held || !navigator.onLine)) {
      say("check", "No connection: do not go on", "This needs the service's leave, or more than may be kept on a device. Nothing was recorded. Without it, work by the paper procedure.");
      return;
    }
    if (form.matches("[data-act]")) form.dataset.sent = "yes";
    tellTyped(form);
    const at = form.querySelector("[data-now]");
    if (at && !form.dataset.first) at.value = new Date(window.cellcustody.now()).toISOString();
    if (at) form.dataset.first = "yes";
    if (!keeps) {
      unanswered.add(form);
      return void send(form.getAttribute("action"), new URLSearchParams(new FormData(form, pressed)), "", { form });
    }
    const kept = await outbox.keep(form, at.value, pressed);
    if (shell || held) queued();
    if (!shell) return void send(form.getAttribute("action"), null, form.dataset.says, { kept });
    delete form.dataset.first;
    return void count();
  }

  /* What an earlier page kept is first in the lane. */
  async function takeUp() {
    const there = new Set(lane.map((each) => each.kept));
    for (const kept of await outbox.waiting()) {
      if (!there.has(kept.id)) lane.push({ address: kept.action, fields: null, label: kept.code, kept: kept.id });
    }
    resume();
  }
  document.addEventListener("cc:outbox", takeUp);

  async function signOut(form) {
    const left = (await outbox.waiting()).length;
    if (!left || form.dataset.warned) return form.submit();
    form.dataset.warned = "yes";
    return say("check", `${left} not yet recorded`, "Kept on this device, and sent only when you sign in here again. Sign out once more if that has to be.");
  }

  async function quietly(form) {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(new FormData(form)), headers: headers() }).catch(() => null);
    if (answer?.status === 401) return session.end();
    if (!answer?.ok) return say("check", "That was not done", "Sign out and in again.");
    const { csrf: token, ends } = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-csrf]").dataset;
    return session.adopt(token, ends);
  }

  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest?.(selector);
    if (on("[data-acknowledge]")) acknowledge();
    else if (on("[data-keyboard]")) Object.assign(document.querySelector("[data-scan-field]"), { inputMode: "text" }).focus();
    else if (on("[data-cancel]") && find("outcome").contains(event.target)) {
      event.preventDefault();
      find("outcome").replaceChildren();
    } else if (on("[data-fill]")) fill(on("[data-fill]").dataset.fill);
    else if (on("[data-add-row]")) addRow(on("[data-rows]"));
  });

  function addRow(rows) {
    const ordinal = rows.querySelectorAll(":scope > .row").length;
    const blank = rows.querySelector("template").content.cloneNode(true);
    for (const each of blank.querySelectorAll("[name], [id], [for]")) {
      for (const name of ["name", "id", "for"]) {
        if (each.hasAttribute(name)) each.setAttribute(name, each.getAttribute(name).replace("*", String(ordinal)));
      }
    }
    rows.querySelector("template").before(blank);
  }

  /* --- Live ------------------------------------------------------------------------------------------------------------- */
  /* A look takes nothing from under a hand: neither a form that is on its way or whose answer was lost (its button would
     become another act), nor lines that were pasted into one. Nor does one that was refused take what stands. */
  const unanswered = new Set(), pasted = new Set();
  const inHand = (live) => [...unanswered, ...pasted].some((form) => live.contains(form));
  document.addEventListener("input", (event) => { if (event.target.tagName === "TEXTAREA" && event.target.form) pasted.add(event.target.form); });
  document.addEventListener("htmx:before:swap", (event) => {
    const { sourceElement: live, response } = event.detail.ctx;
    if (!live.matches("[data-live]")) return;
    if (response.status === 401) session.end();
    else online(response.status === 200);
    if (response.status !== 200 || inHand(live)) event.preventDefault();
  });

  const refresh = () => { for (const each of document.querySelectorAll("[data-live]")) each.dispatchEvent(new Event("live")); };
  function listen() {
    const source = new EventSource(document.body.dataset.events);
    source.addEventListener("changed", refresh);
    source.addEventListener("open", () => { online(true); if (held) resume(); });
    source.addEventListener("error", () => {
      online(false);
      session.look().then(online).catch(() => {});
      if (source.readyState === EventSource.CLOSED && !session.ended) setTimeout(listen, RETRY);
    });
    for (const [each, from] of [["pagehide", window], ["cc:ended", document]]) from.addEventListener(each, () => source.close());
  }
  if (document.body.dataset.events) listen();

  document.addEventListener("htmx:config:request", (event) => { event.detail.ctx.request.headers["X-CSRF-Token"] = csrf(); });
  document.addEventListener("htmx:after:swap", (event) => { if (event.target === find("outcome")) adopt(); });
  const here = document.querySelector(".menu [aria-current=page]"); /* on a telephone the menu is one line */
  if (here) here.closest(".menu").scrollLeft = here.offsetLeft - 80;
  adopt();
  takeUp();
})();
