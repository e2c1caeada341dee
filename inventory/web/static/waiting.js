/* The list of what was kept on this device: what waits, what was refused and why, what was recorded. */
"use strict";
(() => {
  const { outbox, local } = window.cellcustody;
  const place = document.getElementById("kept");
  const HEADS = { waiting: "⇡ Not yet recorded", refused: "! Refused, not recorded", recorded: "✓ Recorded" };
  const made = (name, text = "", classes = "") => Object.assign(document.createElement(name), { textContent: text, className: classes });

  function since(at) {
    const minutes = Math.floor((window.cellcustody.now() - Date.parse(at)) / 60_000);
    return minutes < 60 ? `${Math.max(0, minutes)} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  }

  function entry(kept) {
    const item = made("li"), actions = made("p", "", "actions");
    item.dataset.state = kept.state;
    item.append(made("strong", HEADS[kept.state]), made("span", kept.says), made("span", kept.code, "code"), made("span", `${local(Date.parse(kept.at))}${kept.state === "waiting" ? `, for ${since(kept.at)}` : ""}`, "dim"));
    if (kept.answer) item.append(made("p", kept.answer, "answer"));
    if (kept.state === "refused") {
      actions.append(button("Send again", () => outbox.again(kept.id).then(() => document.dispatchEvent(new Event("cc:outbox")))), button("Put away", () => outbox.drop(kept.id)));
      item.append(actions);
    }
    return item;
  }

  function button(text, work) {
    const pressed = made("button", text);
    pressed.type = "button";
    pressed.addEventListener("click", async () => { await work(); await draw(); });
    return pressed;
  }

  async function draw() {
    const all = await outbox.all(), list = made("ul", "", "needs");
    const order = ["refused", "waiting", "recorded"];
    const own = all.filter((kept) => kept.by === outbox.person).sort((one, other) => order.indexOf(one.state) - order.indexOf(other.state) || one.id - other.id);
    list.append(...own.map(entry));
    place.replaceChildren(own.length ? list : empty(), ...others(all));
  }

  function empty() {
    const told = made("div", "", "empty");
    told.append(made("p", outbox.able ? "Nothing waits on this device." : "This browser cannot keep anything: without a connection, write it down on paper."));
    return told;
  }

  function others(all) {
    const people = new Map();
    for (const kept of all) if (kept.by !== outbox.person && kept.state !== "recorded") people.set(kept.by, (people.get(kept.by) ?? 0) + 1);
    return [...people].map(([who, count]) => made("p", `${count} of ${who} ${count === 1 ? "waits" : "wait"} on this device as well, and ${count === 1 ? "is" : "are"} sent when ${who} signs in here.`, "dim"));
  }

  document.addEventListener("cc:kept", draw);
  document.querySelector("[data-send]")?.addEventListener("click", () => document.dispatchEvent(new Event("cc:outbox")));
  draw();
})();
