/* Without a connection: one form at a time, which a scan fills and, where nothing more is asked, keeps. */
"use strict";
(() => {
  const PROBE = 4000;
  const chosen = document.getElementById("chosen"), choice = document.getElementById("act");
  choice.addEventListener("change", () => {
    const form = document.getElementById(`form-${choice.value}`);
    chosen.replaceChildren(...(form ? [form.content.cloneNode(true)] : []));
    chosen.querySelector("[data-scan-into]")?.focus();
  });

  /* What was kept leaves the form as it is but for what is scanned: the next thing is usually of the same kind. */
  document.addEventListener("cc:kept", () => {
    const form = chosen.querySelector("form");
    if (!form?.dataset.sent) return;
    for (const each of form.querySelectorAll("[data-scan-into]")) each.value = "";
    delete form.dataset.sent;
    form.querySelector("[data-scan-into]").focus();
  });

  if (Date.parse(document.body.dataset.ends) < window.cellcustody.now()) {
    choice.disabled = true;
    document.getElementById("over").hidden = false;
  }

  async function probe() {
    const answer = await fetch("/livez", { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return;
    const begun = [...chosen.querySelectorAll("[data-scan-into]")].some((each) => each.value);
    if (!begun) location.assign("/outbox");
    document.getElementById("back").hidden = false;
  }
  setInterval(probe, PROBE);
  window.addEventListener("online", probe);
})();
