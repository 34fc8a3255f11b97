// A form that sends one large file: it may be dropped, and one sees how much of it is sent.
"use strict";

(() => {
  for (const form of document.querySelectorAll("form[data-upload]")) {
    const input = form.querySelector("input[type=file]");
    const [bar, said, outcome] = ["progress", "[data-chosen]", ".outcome"].map((one) => form.querySelector(one));

    const send = () => {
      const file = input.files[0];
      if (!file || form.dataset.busy) return;
      outcome.textContent = "";
      said.textContent = file.name;
      if (file.size > Number(form.dataset.max)) { said.textContent = form.dataset.tooBig; return; }
      form.dataset.busy = "yes";
      bar.hidden = false;
      bar.value = 0;
      const request = new XMLHttpRequest();
      request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total; });
      request.addEventListener("load", () => {
        const next = request.getResponseHeader("HX-Redirect");
        if (next) { location.assign(next); return; }
        rest();
        outcome.innerHTML = request.responseText; // a part of a page, written and escaped by our own server
      });
      request.addEventListener("error", () => { rest(); said.textContent = form.dataset.failed; });
      request.open("POST", form.action);
      request.setRequestHeader("HX-Request", "true");
      request.send(new FormData(form));
    };
    const rest = () => {
      delete form.dataset.busy;
      bar.hidden = true;
      input.value = "";
    };
    form.addEventListener("submit", (event) => { event.preventDefault(); event.stopPropagation(); send(); });
    input.addEventListener("change", send);
    for (const name of ["dragenter", "dragover"]) {
      form.addEventListener(name, (event) => { event.preventDefault(); form.classList.add("over"); });
    }
    for (const name of ["dragleave", "drop"]) form.addEventListener(name, () => form.classList.remove("over"));
    form.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; send(); }
    });
  }
  // A file that is dropped beside the field must not replace the page.
  for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
})();
