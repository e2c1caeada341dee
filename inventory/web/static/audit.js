/* The record's page: tick every line that is shown, and look up what is scanned under the filter as it stands. */
"use strict";
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-tick-all]")) return;
  for (const box of document.querySelectorAll(".tick input")) box.checked = true;
});
document.getElementById("filter").addEventListener("input", (event) => {
  document.body.dataset.scan = `/history/scan?${new URLSearchParams(new FormData(event.currentTarget))}`;
});
