/* The laboratory's pages: a box is walked with the arrow keys as one stop of the tab key, and clocks count up. */
"use strict";
(() => {
  const cellsOf = (row) => [...row.querySelectorAll(".cell")];
  const rowsOf = (map) => [...map.tBodies[0].rows].map(cellsOf);

  /* One cell of each map can be reached by the tab key: the one that was last walked to, else what is marked. */
  function enter(map) {
    if (map.querySelector(".cell[tabindex='0']")) return;
    const first = map.querySelector(".found .cell") ?? map.querySelector(".next .cell") ?? map.querySelector(".cell");
    if (first) first.tabIndex = 0;
  }

  const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  function walk(event) {
    const map = event.target.closest?.("[data-map]"), from = event.target.closest?.(".cell");
    if (!map || !from || event.ctrlKey || event.altKey) return;
    const rows = rowsOf(map), row = rows.findIndex((cells) => cells.includes(from)), column = rows[row].indexOf(from);
    const step = STEPS[event.key];
    const ends = { Home: rows[row][0], End: rows[row].at(-1) };
    const to = step ? rows[row + step[0]]?.[column + step[1]] : ends[event.key];
    if (!step && !(event.key in ends)) return;
    event.preventDefault();
    if (!to) return;
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }

  const look = () => document.querySelectorAll("[data-map]").forEach(enter);
  document.addEventListener("keydown", walk);
  document.addEventListener("htmx:after:swap", look);
  document.addEventListener("cc:outcome", look);
  look();

  /* --- Clocks -------------------------------------------------------------------------------------------------- */
  const two = (count) => String(count).padStart(2, "0");
  const span = (seconds) => `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  function tick() {
    const at = window.cellcustody.now();
    for (const clock of document.querySelectorAll("[data-since]")) {
      clock.textContent = span(Math.max(0, Math.floor((at - Number(clock.dataset.since)) / 1000)));
    }
    for (const clock of document.querySelectorAll("[data-until]")) {
      const left = Math.ceil((Number(clock.dataset.until) - at) / 1000);
      clock.textContent = left > 0 ? `in ${span(left)}` : clock.dataset.word;
    }
  }
  /* A file that was chosen is read here, and its text goes with the form: a file itself is never sent. */
  document.addEventListener("change", async (event) => {
    const into = document.getElementById(event.target.dataset?.readInto ?? "");
    if (!into) return;
    into.value = await event.target.files[0].text();
    into.dispatchEvent(new Event("input", { bubbles: true }));
  });

  tick();
  setInterval(tick, 1000);
  document.addEventListener("htmx:after:swap", tick);
  document.addEventListener("cc:outcome", tick);
})();
