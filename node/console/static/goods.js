// Photos of a telephone are made small before they are sent: partners need what a shop window shows, not 12 megapixels.
"use strict";

(() => {
  const SIDE = 1200;
  const BYTES = 300 * 1024;
  const shrunk = async (file) => {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
    if (scale === 1 && file.size <= BYTES) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return new File([made], file.name.replace(/\.[^.]*$/, "") + ".jpg", { type: "image/jpeg" });
  };
  document.addEventListener("change", async (event) => {
    const field = event.target;
    if (!field.matches("input[type=file][data-shrink]")) return;
    const button = field.form.querySelector("button");
    button.disabled = true;
    try {
      const kept = new DataTransfer();
      for (const file of field.files) kept.items.add(await shrunk(file).catch(() => file));
      field.files = kept.files;
    } finally {
      button.disabled = false;
    }
  });
})();
