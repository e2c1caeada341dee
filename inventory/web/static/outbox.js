/* What was observed and is not yet recorded: kept on this device until the service has answered for it.

   - Kept before it is sent, under the key by which the service remembers it: a page that is closed, a browser that
     is started anew or an answer that is lost changes nothing, and sent twice it is recorded once.
   - One window of the browser sends at a time, in the order in which things were observed, and each as whoever
     observed it: what belongs to somebody else stays where it is.
   - Here lie codes, amounts, words of a list and times; never a password, a note or a name. */
"use strict";
(() => {
  const STORE = "observed", RECORDED_SHOWN = 20, LATE = "late_entry_needs_reason";
  const person = document.body.dataset.person;
  const able = Boolean(person && window.isSecureContext && window.indexedDB && navigator.locks);

  /* --- The store ------------------------------------------------------------------------------------------- */
  let opened = null;
  function database() {
    opened ??= new Promise((done, failed) => {
      const asked = indexedDB.open("cellcustody", 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true });
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
    return opened;
  }

  /* One transaction, over when it lies on the disk. */
  async function over(mode, work) {
    const held = await database();
    return new Promise((done, failed) => {
      const turn = held.transaction(STORE, mode, { durability: "strict" });
      const asked = work(turn.objectStore(STORE));
      turn.oncomplete = () => done(asked.result);
      turn.onabort = () => failed(turn.error);
    });
  }
  const all = () => (able ? over("readonly", (store) => store.getAll()) : Promise.resolve([]));
  const one = (id) => over("readonly", (store) => store.get(id));
  const put = (kept) => over("readwrite", (store) => store.put(kept));
  const drop = (id) => over("readwrite", (store) => store.delete(id));
  const mine = async () => (await all()).filter((kept) => kept.by === person);
  const waiting = async () => (await mine()).filter((kept) => kept.state === "waiting");

  const random = (bytes) => [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  function device() {
    const known = localStorage.getItem("cellcustody.browser") ?? random(4);
    localStorage.setItem("cellcustody.browser", known);
    return known;
  }

  /* --- Into it and out of it ---------------------------------------------------------------------------------- */
  async function keep(form, at, pressed = null) {
    const fields = new URLSearchParams(new FormData(form, pressed));
    for (const name of ["_csrf", "note"]) fields.delete(name);
    if (!fields.get("key")) fields.set("key", random(16));
    navigator.storage?.persist?.();
    const told = { by: person, action: form.getAttribute("action"), says: form.dataset.says, code: fields.get("code"), at, fields: String(fields), tries: 0, state: "waiting", answer: "" };
    return over("readwrite", (store) => store.add(told));
  }

  /* What became of it: whether it is over, comes again at once, has to wait, or belongs to another session. */
  async function answered(id, status, html) {
    const kept = await one(id);
    const told = new DOMParser().parseFromString(html, "text/html");
    if (status === 201) return recorded(kept, told);
    if (status === 401 || status === 403) return "another session";
    if (status > 500 || status === 429) return "waits";
    if (told.querySelector("[data-problem]")?.dataset.problem === LATE && kept.tries) return late(kept);
    if (!kept.tries) await drop(id);
    else await put({ ...kept, state: "refused", status, answer: words(told) });
    return "over";
  }

  async function recorded(kept, told) {
    await put({ ...kept, state: "recorded", fields: "", answer: words(told) });
    const old = (await mine()).filter((each) => each.state === "recorded").slice(0, -RECORDED_SHOWN);
    for (const each of old) await drop(each.id);
    return "over";
  }

  /* Refused for want of a reason, so not recorded: it waited here, which is the reason. That is another request. */
  async function late(kept) {
    const fields = new URLSearchParams(kept.fields);
    fields.set("key", random(16));
    fields.set("late.reason", "network_down");
    fields.set("late.sheet", `outbox:${device()}:${kept.id}`);
    await put({ ...kept, fields: String(fields) });
    return "again";
  }

  const words = (told) => [...told.querySelectorAll(".panel h2, .panel h2 ~ p:not(.acknowledge, :has(.button))")].map((each) => each.textContent.trim().replace(/\s+/g, " ")).join(" ");

  async function tried(id) {
    const kept = await one(id);
    if (kept) await put({ ...kept, tries: kept.tries + 1 });
  }

  /* Once more: what was refused was not recorded under its key, so it goes under a new one. */
  async function again(id) {
    const kept = await one(id), fields = new URLSearchParams(kept.fields);
    if (kept.status !== 500) fields.set("key", random(16));
    await put({ ...kept, fields: String(fields), state: "waiting", answer: "" });
  }

  const alone = (work) => navigator.locks.request("cellcustody.outbox", work);
  Object.assign(window.cellcustody, { outbox: { able, all, mine, waiting, one, keep, tried, answered, again, drop, alone, person } });

  /* --- The page without a connection ---------------------------------------------------------------------------- */
  if (able && navigator.serviceWorker && document.body.dataset.worker) {
    navigator.serviceWorker.register(document.body.dataset.worker).then(() => navigator.serviceWorker.ready)
      .then((ready) => ready.active.postMessage({ keep: person })).catch(() => {});
  }
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-sign-out]") && window.caches) caches.delete("cellcustody.shell");
  });
})();
