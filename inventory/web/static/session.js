/* Whether the session that this page was made for still goes on.

   - Asked when the news from the service ends, and before a covered page is shown again. A newer session of the same
     person is taken over; nobody's, or another's, ends the page: cover.js covers it, and a touch leads to the sign-in.
   - It says what was not done. What is kept on the device stays there, under the name of whoever observed it. */
"use strict";
(() => {
  const { outbox } = window.cellcustody;
  const find = (selector) => document.querySelector(selector);
  const session = { ended: false, told: [], unsent: () => "", look, end, adopt };

  async function look() {
    const answer = await fetch("/outbox", { redirect: "manual", cache: "no-store", headers: { Accept: "text/html" } });
    if (answer.status >= 500) throw new Error(`answered ${answer.status}`);
    const made = new DOMParser().parseFromString(await answer.text(), "text/html"), { person, ends } = made.body.dataset;
    if (!answer.ok || person !== outbox.person) return end();
    const csrf = made.querySelector("meta[name=csrf]").content;
    if (csrf !== find("meta[name=csrf]").content) adopt(csrf, ends);
    return true;
  }

  function adopt(csrf, ends) {
    if (document.body.dataset.shell !== "yes") find("meta[name=csrf]").content = csrf;
    for (const each of document.querySelectorAll("input[name=_csrf]")) each.value = csrf;
    document.body.dataset.ends = ends;
    document.dispatchEvent(new Event("cc:tick"));
  }

  /* Over: what this page had begun is told (by lane.js) before it is dropped. */
  async function end() {
    if (session.ended) return false;
    session.ended = true;
    session.told = [session.unsent()];
    document.dispatchEvent(new Event("cc:ended"));
    const left = (await outbox.waiting()).length;
    if (left) session.told.push(`${left} not yet recorded: kept on this device, and sent when ${outbox.person} signs in here.`);
    return false;
  }

  Object.assign(window.cellcustody, { session });
})();
