/* A scanner on the screen: the keys that a wedge scanner with the prefix STX would send, one after the other. */
"use strict";
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-wedge]");
  if (!button) return;
  const codes = { "]": ["BracketRight"], "-": ["Minus"], ".": ["Period"], "/": ["Slash"], "#": ["Digit3", true], ":": ["Semicolon", true] };
  const press = (code, options = {}) => {
    for (const type of ["keydown", "keyup"]) document.body.dispatchEvent(new KeyboardEvent(type, { code, bubbles: true, cancelable: true, ...options }));
  };
  const send = (char) => {
    if (char === "\x1d") return press("BracketRight", { ctrlKey: true });
    if (/[0-9]/.test(char)) return press(`Digit${char}`);
    if (/[A-Za-z]/.test(char)) return press(`Key${char.toUpperCase()}`, { shiftKey: char === char.toUpperCase() });
    const [code, shiftKey = false] = codes[char];
    return press(code, { shiftKey });
  };
  press("KeyB", { ctrlKey: true });
  [...button.dataset.wedge].forEach(send);
  press("Enter");
});
