/* Sounds and shakes of a verdict: tones, never files. A browser plays none before the first touch or key. */
"use strict";
(() => {
  const LOW = [220, 250], MIDDLE = [880, 90];
  const TONES = { ok: [[1760, 80]], tick: [[1320, 25]], check: [MIDDLE, MIDDLE], queued: [[880, 120]], offline: [[880, 120]], stop: [LOW, LOW, LOW] };
  const SHAKES = { ok: 40, check: [60, 60, 60], queued: 40, stop: [400, 100, 400] };
  const PAUSE = 0.07, LOUD = 0.25;
  let ears = null;

  function unlock() {
    ears ??= window.AudioContext ? new AudioContext() : null;
    if (ears?.state === "suspended") ears.resume();
  }

  function play(name) {
    document.body.dataset.sounded = name;
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(SHAKES[name] ?? 0);
    if (ears?.state !== "running") return;
    let at = ears.currentTime;
    for (const [pitch, length] of TONES[name] ?? []) {
      const tone = ears.createOscillator(), loudness = ears.createGain();
      tone.frequency.value = pitch;
      loudness.gain.setValueAtTime(LOUD, at);
      loudness.gain.setValueAtTime(0, at + length / 1000);
      tone.connect(loudness).connect(ears.destination);
      tone.start(at);
      tone.stop(at + length / 1000);
      at += length / 1000 + PAUSE;
    }
  }

  document.addEventListener("cc:sound", (event) => play(event.detail));
  document.addEventListener("keydown", unlock, { capture: true, once: true });
  document.addEventListener("pointerdown", unlock, { capture: true });
  document.addEventListener("pointerdown", () => {
    if (document.querySelector("[data-stay-awake]")) navigator.wakeLock?.request("screen").catch(() => {});
  }, { capture: true });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-test-sound]")) ["ok", "check", "stop"].forEach((name, turn) => setTimeout(() => play(name), turn * 1200));
  });
})();
