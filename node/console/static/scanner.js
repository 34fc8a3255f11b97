// Reads a QR code from the camera or from a picture into a field. Nothing leaves the browser before the form is sent.
"use strict";

(() => {
  const scanner = document.querySelector("[data-scanner]");
  if (!scanner) return;
  const field = scanner.closest("form").elements[scanner.dataset.scanner];
  const video = scanner.querySelector("video");
  const [start, end] = [scanner.querySelector("[data-scan]"), scanner.querySelector("[data-scan-end]")];
  const said = scanner.querySelector("[data-scan-said]");
  const canvas = document.createElement("canvas");
  const SIDE_MAX = 1280; // pixels: enough for every invitation, and quick
  let stream = null;

  const read = (source, width, height) => {
    const scale = Math.min(1, SIDE_MAX / Math.max(width, height));
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    const picture = context.getImageData(0, 0, canvas.width, canvas.height);
    return jsQR(picture.data, picture.width, picture.height)?.data ?? null;
  };
  const found = (text) => {
    stop();
    field.value = text;
    said.textContent = said.dataset.found;
    scanner.closest("form").querySelector("button:not([type])").focus();
  };
  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.hidden = end.hidden = true;
    start.hidden = !navigator.mediaDevices?.getUserMedia;
  };
  const look = () => {
    if (!stream) return;
    const text = video.videoWidth ? read(video, video.videoWidth, video.videoHeight) : null;
    if (text) found(text); else setTimeout(look, 150);
  };
  start.addEventListener("click", async () => {
    said.textContent = "";
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      video.hidden = end.hidden = false;
      start.hidden = true;
      await video.play();
      look();
    } catch {
      stop();
      said.textContent = said.dataset.refused;
    }
  });
  end.addEventListener("click", stop);
  scanner.querySelector("input[type=file]").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    if (!file) return;
    let text = null;
    try {
      const picture = await createImageBitmap(file);
      text = read(picture, picture.width, picture.height);
    } catch { /* no picture: said below */ }
    event.target.value = "";
    if (text) found(text); else said.textContent = said.dataset.nothing;
  });
  window.addEventListener("pagehide", stop);
  stop();
})();
