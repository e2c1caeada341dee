/* The camera as a scanner: what it reads is told as any scan (the event "cc:scan"), and the camera is let go.

   - The browser's own reader (BarcodeDetector) where it knows Data Matrix; else the one that lies beside this file,
     fetched when the camera is first used. Both run on the device: no picture leaves it.
   - A code counts when it was read twice in a row, alike.
   - The camera runs while somebody looks: it stops when a code was read, when it is told to, and when the page is left. */
"use strict";
(() => {
  const AGAIN = 120, GS = "\x1d";
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
  let stream = null, reader = null, starting = false;

  const part = (name) => document.querySelector(`[data-camera] ${name}`);
  const say = (text) => { part("[data-camera-says]").textContent = text; };

  /* --- What reads a picture -------------------------------------------------------------------------------- */
  async function own() {
    const known = "BarcodeDetector" in window ? await window.BarcodeDetector.getSupportedFormats() : [];
    if (!known.includes("data_matrix")) return null;
    const detector = new window.BarcodeDetector({ formats: ["data_matrix", "code_128"].filter((each) => known.includes(each)) });
    return async (video) => (await detector.detect(video)).map((found) => told(found.rawValue));
  }

  /* The browser tells no symbology: a GS1 code begins with its FNC1, which it may give as GS. */
  const told = (text) => (text.startsWith(GS) ? `]d2${text.slice(1)}` : text);

  async function beside(place) {
    await new Promise((loaded, failed) => {
      document.head.append(Object.assign(document.createElement("script"), { src: place.dataset.reader, onload: loaded, onerror: failed }));
    });
    const { prepareZXingModule, readBarcodes } = window.ZXingWASM;
    await prepareZXingModule({ overrides: { locateFile: () => place.dataset.wasm }, fireImmediately: true });
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d", { willReadFrequently: true });
    return async (video) => {
      Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
      pen.drawImage(video, 0, 0);
      const picture = pen.getImageData(0, 0, canvas.width, canvas.height);
      const found = await readBarcodes(picture, { formats: ["DataMatrix", "Code128"], textMode: "Plain", maxNumberOfSymbols: 1 });
      return found.filter((each) => each.isValid).map((each) => each.symbologyIdentifier + each.text);
    };
  }

  /* --- The camera -------------------------------------------------------------------------------------------- */
  const REFUSED = {
    NotAllowedError: "The camera was not allowed. Allow it for this page in the browser's settings, or use a scanner.",
    NotFoundError: "This device has no camera that can be used. Use a scanner, or type the number.",
    NotReadableError: "Another app holds the camera. Close it and try again.",
  };
  const CANNOT = "This browser cannot scan with a camera. Use a scanner, or type the number with its check character.";

  async function pressed() {
    if (stream) return stop();
    if (starting) return undefined;
    starting = true;
    await start(document.querySelector("[data-camera]")).finally(() => { starting = false; });
    return stream && show();
  }

  async function start(place) {
    if (!navigator.mediaDevices?.getUserMedia) return say(CANNOT);
    say("The camera starts…");
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 } } });
    } catch (failure) {
      return say(REFUSED[failure.name] ?? CANNOT);
    }
    try {
      reader ??= (await own()) ?? (await beside(place));
    } catch {
      stop();
      return say(CANNOT);
    }
    return undefined;
  }

  async function show() {
    const video = part("video"), mine = stream;
    video.srcObject = stream;
    video.hidden = false;
    part("[data-camera-start]").textContent = "Stop the camera";
    say("Hold the label so that it fills the picture.");
    await video.play();
    let before = "";
    while (stream === mine) {
      const [read = ""] = await reader(video).catch(() => []);
      if (stream !== mine) return;
      if (read && read === before) {
        stop();
        tell("cc:scan", read);
        return;
      }
      before = read;
      await new Promise((next) => { setTimeout(next, AGAIN); });
    }
  }

  function stop() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    const video = part("video");
    if (!video) return;
    video.srcObject = null;
    video.hidden = true;
    part("[data-camera-start]").textContent = "Scan by camera";
    say("");
  }

  document.addEventListener("click", (event) => { if (event.target.closest?.("[data-camera-start]")) pressed(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); });
  window.addEventListener("pagehide", stop);
})();
