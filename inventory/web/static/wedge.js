/* What a scanner types, wherever the focus is, told as one scan (the event "cc:scan") and kept from the page.

   - A scanner with the prefix STX (Ctrl+B) is caught whole: no key of it reaches the page. One without is told by
     its speed, outside password fields; what it had typed into a field is taken out again.
   - Keys are read by their place on the keyboard (event.code), as the scanner, which is set to a US keyboard,
     means them: whatever layout the machine has, and whatever Caps Lock does.
   - The separator GS comes as Ctrl+], as F8, as Alt+0029, or written out ({GS}, which the service reads). */
"use strict";
(() => {
  const GS = "\x1d";
  const SILENCE = 500, BURST_GAP = 70, BURST_END = 120, BURST_LEAST = 4;
  const US = {
    Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:",
    Quote: "'\"", Backquote: "`~", Comma: ",<", Period: ".>", Slash: "/?", Space: "  ", IntlBackslash: "\\|",
    NumpadDecimal: "..", NumpadSubtract: "--", NumpadAdd: "++", NumpadDivide: "//", NumpadMultiply: "**",
  };
  [...")!@#$%^&*("].forEach((sign, digit) => {
    US[`Digit${digit}`] = `${digit}${sign}`;
    US[`Numpad${digit}`] = `${digit}${digit}`;
  });
  for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZ") US[`Key${letter}`] = letter.toLowerCase() + letter;
  const CONTROL = { BracketRight: GS, Digit6: "\x1e", KeyC: "\x03", KeyD: "\x04", Backslash: "\x1c" };

  let separator = "none";
  function charOf(event) {
    if (event.code === "F8") { separator = "function_key"; return GS; }
    if (event.ctrlKey && event.code === "BracketRight") separator = "control";
    if (event.ctrlKey) return CONTROL[event.code] ?? "";
    return US[event.code]?.[event.shiftKey ? 1 : 0] ?? "";
  }

  const ends = (event) => ["Enter", "NumpadEnter", "Tab"].includes(event.code) || (event.ctrlKey && ["KeyM", "KeyJ"].includes(event.code));
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

  /* How it came goes before what it was, for whoever looks at the scanner rather than at the scan. */
  function heard(data, capture, began, ended) {
    tell("cc:heard", { data, capture, separator, milliseconds: Math.round((ended - began) / Math.max(1, data.length)) });
    tell("cc:scan", data);
  }

  function eat(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /* --- With a prefix --------------------------------------------------------------------------------------- */
  let caught = null, alt = "", silence = 0, ended = false, began = 0;

  function begin(event) {
    eat(event);
    caught = "";
    alt = "";
    burst = null;
    separator = "none";
    began = event.timeStamp;
    silence = setTimeout(cutOff, SILENCE);
  }

  function capture(event) {
    eat(event);
    clearTimeout(silence);
    if (ends(event)) return finish(event);
    if (event.altKey && /^(Numpad|Digit)\d$/.test(event.code)) alt += event.code.at(-1);
    else caught += charOf(event);
    silence = setTimeout(cutOff, SILENCE);
    return undefined;
  }

  function finish(event) {
    const data = caught.replace(/[\x03\x04]+$/, "");
    caught = null;
    ended = true;
    if (data) heard(data, "prefix", began, event.timeStamp);
  }

  function cutOff() {
    caught = null;
    tell("cc:say", ["check", "The scan was cut off: scan again", "No Enter came after it. If it stays so, set the scanner to send Enter at the end. Nothing was recorded."]);
  }

  /* --- Without: by its speed --------------------------------------------------------------------------------- */
  let burst = null;
  const isSwitch = (field) => ["checkbox", "radio"].includes(field.type);
  const isText = (field) => field.tagName === "TEXTAREA" || (field.tagName === "INPUT" && !isSwitch(field) && !["button", "submit"].includes(field.type));
  const valueOf = (field) => (isSwitch(field) ? field.checked : field.value);

  function watch(event) {
    const field = event.target;
    if (field.type === "password") { burst = null; return; }
    if (ends(event)) return void complete(event);
    if (!burst) separator = "none";
    const char = charOf(event);
    const typed = char && !event.altKey && !event.metaKey && (!event.ctrlKey || char === GS);
    if (!typed) {
      if (!["Shift", "Control", "Alt", "CapsLock"].includes(event.key)) burst = null;
      return;
    }
    if (!burst || event.timeStamp - burst.last >= BURST_GAP) burst = { text: "", field, before: valueOf(field), began: event.timeStamp };
    burst.text += char;
    burst.last = event.timeStamp;
    /* A list, a switch or a button cannot be typed into: a space would press it, so nothing more of this reaches it. */
    if (char === GS || (!isText(field) && burst.text.length > 2)) eat(event);
  }

  function complete(event) {
    const scan = burst;
    burst = null;
    if (!scan || scan.text.length < BURST_LEAST || event.timeStamp - scan.last >= BURST_END) return;
    eat(event);
    ended = true;
    undo(scan.field, scan.before);
    heard(scan.text, "speed", scan.began, event.timeStamp);
    if (!isText(scan.field)) tell("cc:say", ["", "This scanner sends no prefix", "Set it to send STX (Ctrl+B) first: then no scan can change what has the focus."]);
  }

  function undo(field, before) {
    if (before === undefined || valueOf(field) === before) return;
    if (isSwitch(field)) field.checked = before;
    else field.value = before;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("keydown", (event) => {
    if (caught !== null) capture(event);
    else if (event.ctrlKey && !event.altKey && event.code === "KeyB") begin(event);
    else watch(event);
  }, true);
  document.addEventListener("keyup", (event) => {
    if (caught !== null) {
      if (event.key === "Alt" && alt) { separator = "alt"; caught += String.fromCharCode(Number(alt) % 256); alt = ""; }
      eat(event);
    } else if (ended && ends(event)) { ended = false; eat(event); }
  }, true);
  document.addEventListener("keypress", (event) => { if (caught !== null) eat(event); }, true);
})();
