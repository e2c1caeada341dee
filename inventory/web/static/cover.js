/* Nobody reads over a shoulder that has gone: the page is covered when nobody touched it for the study's time.

   - Covered, nothing of the page can be seen, read aloud, found or printed, its title included; of its clocks the next
     to end runs on, without saying what for. What is heard meanwhile goes its way: a STOP is heard, and stands after.
   - A key, a touch or a scan takes the cover off, once the service has said that the session is the one the page was
     made for; another's session gets the page anew. Without a connection it is taken off until the session's end.
   - When the session ends the page is covered whatever somebody does, and then leads to the sign-in. */
"use strict";
(() => {
  const IDLE = Number(document.body.dataset.cover), ENDS = 1000;
  const { now } = window.cellcustody;
  const title = document.title;
  let touched = performance.now(), cover = null, asking = false;

  const over = () => Date.parse(document.body.dataset.ends) - now() <= ENDS;

  function put() {
    if (cover) return;
    cover = document.createElement("dialog");
    cover.className = "cover";
    cover.setAttribute("aria-label", "Covered");
    cover.append(...["h2", "p", "p"].map((name) => document.createElement(name)));
    cover.addEventListener("cancel", (event) => event.preventDefault());
    document.body.append(cover);
    document.documentElement.classList.add("covered");
    document.title = "Covered · CellCustody";
    cover.showModal();
  }

  function take() {
    document.documentElement.classList.remove("covered");
    document.title = title;
    cover.close();
    cover.remove();
    cover = null;
    touched = performance.now();
  }

  function draw() {
    const timers = [...document.querySelectorAll(".timer[data-due]")].sort((one, other) => one.dataset.due - other.dataset.due);
    const next = timers.find((each) => each.dataset.due > now());
    const [head, what, clock] = cover.children;
    head.textContent = over() ? "Your session has ended" : "Covered while nobody is here";
    what.textContent = over() ? "Touch, or press a key, to sign in again." : "Touch, press a key or scan to go on.";
    clock.textContent = next ? `Next clock: ${next.textContent}` : "";
  }

  /* The page's token belongs to one session, and so tells whether it is still that one. */
  async function same() {
    const answer = await fetch("/outbox", { redirect: "manual", headers: { Accept: "text/html" } });
    const told = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("meta[name=csrf]");
    return answer.ok && told?.content === document.querySelector("meta[name=csrf]").content;
  }

  async function touch() {
    touched = performance.now();
    if (!cover || asking) return;
    asking = true;
    const known = !over() && (await same().catch(() => true)); /* nobody answers: there is no connection */
    asking = false;
    if (known) take();
    else location.reload();
  }

  function look() {
    if (over() || performance.now() - touched >= IDLE) put();
    if (cover) draw();
  }

  for (const name of ["keydown", "click", "cc:scan"]) window.addEventListener(name, touch, true);
  for (const name of ["pointermove", "wheel", "touchmove"]) window.addEventListener(name, () => { if (!cover) touched = performance.now(); }, { capture: true, passive: true });
  document.addEventListener("visibilitychange", look);
  setInterval(look, 1000);
})();
