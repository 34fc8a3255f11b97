// Passkeys: a form that is marked asks the browser for one, and sends on what it answers.
"use strict";

(() => {
  const forms = document.querySelectorAll("form[data-passkey]");
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const opened = (options) => {
    const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
    const made = { ...options, challenge: bytes(options.challenge) };
    if (options.user) made.user = { ...options.user, id: bytes(options.user.id) };
    if (options.excludeCredentials) made.excludeCredentials = known(options.excludeCredentials);
    if (options.allowCredentials) made.allowCredentials = known(options.allowCredentials);
    return made;
  };
  const written = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
  };

  for (const form of forms) {
    const outcome = form.querySelector(".outcome");
    const say = (words) => {
      const note = document.createElement("div");
      note.className = "alert alert-danger mt-3";
      note.setAttribute("role", "alert");
      note.textContent = words;
      outcome.replaceChildren(note);
    };
    form.addEventListener("submit", async (event) => {
      const field = form.elements.response;
      if (field.value) return; // answered: the form goes its way
      event.preventDefault();
      event.stopPropagation();
      outcome.replaceChildren();
      form.classList.add("busy");
      try {
        const asked = await fetch(form.dataset.begin, { method: "POST", body: new URLSearchParams(new FormData(form)) });
        const answer = await asked.json();
        if (!asked.ok) { say(answer.said); return; }
        const publicKey = opened(answer);
        const credential = form.dataset.passkey === "make"
          ? await navigator.credentials.create({ publicKey })
          : await navigator.credentials.get({ publicKey });
        field.value = JSON.stringify(written(credential));
        form.requestSubmit();
      } catch {
        say(form.dataset.failed);
      } finally {
        form.classList.remove("busy");
      }
    });
  }
})();
