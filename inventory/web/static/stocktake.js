/* A round of scans through a box: which cell is next, what was seen in which. It is kept for this tab until it is
   recorded, so that a page that is loaded anew goes on where it was. */
"use strict";
(() => {
  const round = document.querySelector("[data-count]");
  if (!round) return;
  const box = round.dataset.count, form = round.querySelector("[data-round]"), kept = `round ${box}`;
  const cells = () => [...document.querySelectorAll("[data-map] td[data-position]")];
  const positions = cells().map((cell) => cell.dataset.position);
  let state = { at: positions[0], seen: [] };
  try { state = JSON.parse(sessionStorage.getItem(kept)) ?? state; } catch { /* what was kept is unreadable: begin anew */ }

  const nameOf = (position) => cells().find((cell) => cell.dataset.position === position)?.dataset.name ?? "–";
  function after(position, fits = () => true) {
    const rest = positions.slice(positions.indexOf(position) + 1);
    return rest.find(fits) ?? position;
  }

  function hidden(name, value) {
    return Object.assign(document.createElement("input"), { type: "hidden", name, value });
  }

  function draw() {
    document.body.dataset.scan = `/stock-take/seen?at=${state.at}`;
    round.querySelector("[data-cursor]").textContent = nameOf(state.at);
    round.querySelector("[data-tally]").textContent = String(state.seen.length);
    round.querySelector("[data-differ]").textContent = String(state.seen.filter((one) => one.found).length);
    for (const cell of cells()) {
      const one = state.seen.find((each) => each.position === cell.dataset.position);
      const shape = cell.querySelector("[aria-hidden]"), next = cell.dataset.position === state.at;
      cell.dataset.shape ??= shape.textContent;
      shape.textContent = next ? "◆" : one ? (one.found ? "!" : "✓") : cell.dataset.shape;
      cell.classList.toggle("found", next);
    }
    form.querySelector("[data-rows-here]").replaceChildren(...state.seen.flatMap((one, row) => [
      hidden(`evidence.seen.${row}.position`, one.position), hidden(`evidence.seen.${row}.vial`, one.vial),
    ]));
    if (state.seen.length || state.at !== positions[0]) sessionStorage.setItem(kept, JSON.stringify(state));
    else sessionStorage.removeItem(kept);
  }

  /* A cell holds one vial and a vial lies in one cell: what was seen last counts. */
  function saw(vial, position, found) {
    state.seen = state.seen.filter((one) => one.vial !== vial && one.position !== position);
    state.seen.push({ vial, position, found });
    state.at = after(position);
  }

  function step(which) {
    if (which === "undo") state.at = state.seen.pop()?.position ?? state.at;
    else if (which === "taken") state.at = after(state.at, (position) => cells().find((cell) => cell.dataset.position === position).dataset.taken);
    else state.at = after(state.at);
    draw();
  }

  function told() {
    const outcome = document.getElementById("outcome"), seen = outcome.querySelector("[data-seen]");
    if (seen) {
      if (seen.dataset.seen === "vial") saw(seen.dataset.code, seen.dataset.at, seen.dataset.found);
      else if (positions.includes(seen.dataset.code)) state.at = seen.dataset.code;
    } else if (form.dataset.sent) {
      const again = outcome.querySelector("form[data-act] input[name=key]");
      delete form.dataset.sent;
      if (again) {
        form.querySelector("[name=key]").value = again.value;
        again.form.remove();
      } else state = { at: positions[0], seen: [] };
    }
    draw();
  }

  document.addEventListener("cc:outcome", told);
  document.addEventListener("htmx:after:swap", draw);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-step]"), cell = event.target.closest?.("td[data-position] button.cell");
    if (button) step(button.dataset.step);
    if (cell) { state.at = cell.closest("td").dataset.position; draw(); }
  });
  draw();
})();
