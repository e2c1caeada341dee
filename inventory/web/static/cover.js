/* Nobody reads over a shoulder that has gone: the page is covered when nobody touched it for the study's time.

   - Covered, nothing of the page can be seen, read aloud, found or printed, its title included; of its clocks the next
     to end runs on, without saying what for. What is heard meanwhile goes its way: a STOP is heard, and stands after.
   - A key, a touch or a scan takes the cover off, once the service has said that the session is still that person's;
     another's session gets the page anew. Without a connection it is taken off until the session's end.
   - When the session ends, by its time or elsewhere, the page is covered whatever somebody does: it says what was not
     done, and leads to the sign-in. */
"use strict";
(() => {
  const IDLE = Number(document.body.dataset.cover), ENDS = 1000;
  const { now, session } = window.cellcustody;
  const title = document.title;
  let touched = performance.now(), cover = null, asking = false;

  function put() {
    if (cover) return;
    cover = document.createElement("dialog");
    cover.className = "cover";
    cover.setAttribute("aria-label", "Covered");
    cover.append(...["h2", "p", "p", "button"].map((name) => document.createElement(name)));
    cover.lastChild.className = "main bench";
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
    const [head, what, clock, on] = cover.children, { ended, told } = session;
    head.textContent = ended ? "You are signed out" : "Covered while nobody is here";
    what.textContent = ended ? told.join(" ") : "Touch, press a key or scan to go on.";
    clock.textContent = next ? `Next clock: ${next.textContent}` : "";
    on.textContent = ended ? "Sign in" : "Go on";
  }

  async function touch() {
    touched = performance.now();
    if (!cover || asking) return;
    asking = true;
    const known = !session.ended && (await session.look().catch(() => true)); /* nobody answers: there is no connection */
    asking = false;
    if (known) take();
    else location.reload();
  }

  function look() {
    if (Date.parse(document.body.dataset.ends) - now() <= ENDS) session.end();
    if (session.ended || performance.now() - touched >= IDLE) put();
    if (cover) draw();
  }

  for (const name of ["keydown", "click", "cc:scan"]) window.addEventListener(name, touch, true);
  for (const name of ["pointermove", "wheel", "touchmove"]) window.addEventListener(name, () => { if (!cover) touched = performance.now(); }, { capture: true, passive: true });
  document.addEventListener("visibilitychange", look);
  document.addEventListener("cc:ended", look);
  setInterval(look, 1000);
})();
