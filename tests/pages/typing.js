// Types keys, each so many milliseconds after the other by the events' own clock (a slow machine types no slower), into whatever has the focus, and does what a browser would do with each that nobody prevented.
async ([keys, gap]) => {
  let at = performance.now();
  for (const key of keys) {
    at += gap || 1;
    const pressed = (type) => Object.defineProperty(new KeyboardEvent(type, {...key, bubbles: true, cancelable: true}), "timeStamp", {value: at});
    const target = document.activeElement ?? document.body;
    const go = target.dispatchEvent(pressed("keydown"));
    if (go && key.key.length === 1 && !key.ctrlKey && "value" in target && !["checkbox", "radio"].includes(target.type)) {
      if (target.tagName === "SELECT") {
        const found = [...target.options].find((each) => each.text.toUpperCase().startsWith(key.key.toUpperCase()));
        if (found) target.value = found.value;
      } else if (target.type !== "number" || /[0-9]/.test(key.key)) target.value += key.key;
    }
    if (go && (key.key === " " || key.key === "Enter") && target.click && ["BUTTON", "A"].includes(target.tagName)) target.click();
    if (go && key.key === " " && target.type === "checkbox") target.click();
    if (go && key.key === "Enter" && target.form && target.tagName === "INPUT") target.form.requestSubmit();
    document.activeElement?.dispatchEvent(pressed("keyup"));
    if (gap) await new Promise((done) => setTimeout(done));
  }
}
