/* The record's page: tick every line that is shown. */
"use strict";
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-tick-all]")) return;
  for (const box of document.querySelectorAll(".tick input")) box.checked = true;
});
