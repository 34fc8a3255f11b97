// What the pages do by themselves. They work without it: every form posts, every link leads somewhere.
"use strict";

(() => {
  const page = document.documentElement;
  const LISTEN_AGAIN_MS = 5000;

  // The server says what changed; what is marked data-live is read anew and morphed into place.
  // Somebody who is typing or choosing inside is not disturbed: a note offers to renew.
  const renew = async () => {
    const live = document.querySelectorAll("[data-live]");
    if (!live.length || document.querySelector("dialog[open]")) return;
    if (document.querySelector("[data-live] .htmx-request")) { soon(); return; }
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const old of live) {
      const next = old.id && fresh.getElementById(old.id);
      if (!next || next.outerHTML === old.outerHTML) continue;
      if (old.querySelector("dialog[open], .htmx-request")) { soon(); continue; } // asked while this was on its way
      const busy = old.contains(document.activeElement) && document.activeElement.matches("input,textarea,select");
      const chosen = old.querySelector("input[type=checkbox]:checked");
      if (busy || chosen) { offer(); continue; }
      await htmx.swap({ text: next.outerHTML, target: old, swap: "outerMorph", sourceElement: old });
    }
    document.dispatchEvent(new CustomEvent("hanse:renewed"));
  };
  const offer = () => {
    const note = document.getElementById("live-note");
    if (note) note.hidden = false;
  };
  let waiting = null;
  const soon = () => { waiting ??= setTimeout(() => { waiting = null; renew(); }, 300); };
  if (document.querySelector("[data-live]") || page.dataset.events) {
    const listen = () => {
      const source = new EventSource("/events");
      source.addEventListener("changed", (event) => {
        document.dispatchEvent(new CustomEvent("hanse:changed", { detail: event.data.split(" ") }));
        if (document.visibilityState === "visible") soon(); else page.dataset.stale = "yes";
      });
      source.addEventListener("error", async () => { // refused: signed out, or the node starts again
        if (source.readyState !== EventSource.CLOSED) return;
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
        if (answer?.redirected) { keep(); location.reload(); } // whoever was signed out sees nothing any more
        else setTimeout(() => { listen(); soon(); }, LISTEN_AGAIN_MS); // nobody else tries once more
      });
    };
    listen();
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && page.dataset.stale) { delete page.dataset.stale; soon(); }
    });
  }

  // A question of the server is shown as a dialog; saying no leaves everything as it was.
  const ask = () => {
    for (const dialog of document.querySelectorAll("dialog.question:not([open])")) dialog.showModal();
  };
  document.addEventListener("htmx:after:swap", ask);
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-close],[data-shut],[data-copy],[data-print],[data-renew],[data-all],[data-open]");
    if (!target) return;
    if ("close" in target.dataset) { target.closest("dialog").remove(); soon(); }
    if ("shut" in target.dataset) target.closest("dialog").close();
    if ("print" in target.dataset) window.print();
    if ("renew" in target.dataset) location.reload();
    if ("open" in target.dataset) document.getElementById(target.dataset.open).showModal();
    if ("copy" in target.dataset) copy(target);
    if ("all" in target.dataset) {
      for (const box of document.querySelectorAll(`input[name="${target.dataset.all}"]`)) box.checked = target.checked;
      count();
    }
  });
  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    const text = "value" in source ? source.value : source.textContent;
    try { await navigator.clipboard.writeText(text.trim()); } catch { source.select?.(); document.execCommand("copy"); }
    button.classList.add("btn-success");
    const said = button.querySelector("[data-said]");
    if (said) said.textContent = said.dataset.said;
  };

  // How many rows are chosen, and bars that appear once there are any.
  const count = () => {
    for (const bar of document.querySelectorAll("[data-counts]")) {
      const chosen = [...document.querySelectorAll(`input[name="${bar.dataset.counts}"]:checked`)];
      bar.hidden = chosen.length === 0;
      for (const place of bar.querySelectorAll("[data-count]")) place.textContent = chosen.length;
      for (const button of bar.querySelectorAll("button[name=_case]")) { // only what can be done with one of them
        button.hidden = !chosen.some((box) => box.dataset.can.split(" ").includes(button.value));
      }
    }
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("input[type=checkbox]")) count();
    if (event.target.matches("select[data-leads]")) { // choosing a country proposes its currency
      const lead = event.target.selectedOptions[0]?.dataset.lead;
      if (lead) event.target.form.elements[event.target.dataset.leads].value = lead;
    }
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });

  // Long work: the server says that it has come further, and the part of the page that shows it reads itself anew.
  const job = document.querySelector("[data-job]");
  if (job) {
    const source = new EventSource(`${job.dataset.job}/events`);
    const heard = () => document.dispatchEvent(new CustomEvent("hanse:progress"));
    source.addEventListener("progress", heard);
    source.addEventListener("ended", () => { source.close(); heard(); });
  }

  // A menu closes when somebody looks elsewhere, and at Escape.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
    if (event.key === "/" && !event.target.matches("input,textarea,select")) {
      const search = document.getElementById("search");
      if (search) { event.preventDefault(); search.focus(); }
    }
  });

  // What was typed into a form outlives a sign-in: it is kept in this tab from when the form is sent until the next page,
  // for its author alone, and comes back where that page follows a sign-in. Passwords and files are never kept.
  const KEPT = "hanse-typed";
  const note = document.getElementById("typed-note");
  const TYPED = "input:not([type=hidden],[type=password],[type=file],[type=search]),textarea,select";
  const fields = () => [...document.querySelectorAll("main form[method=post]:not(dialog.question form)")].flatMap((form, place) =>
    [...form.querySelectorAll(TYPED)].map((field, at) => ({ field, name: `${place} ${at} ${field.name}` })));
  const typed = (field) => {
    if (field.matches("[type=checkbox],[type=radio]")) return field.checked !== field.defaultChecked;
    if (field.matches("select")) {
      const first = [...field.options].find((one) => one.defaultSelected) ?? field.options[0];
      return field.selectedOptions[0] !== first;
    }
    return field.value !== field.defaultValue;
  };
  const keep = () => {
    const values = fields().filter((one) => typed(one.field)).map((one) => [one.name, one.field.value, one.field.checked]);
    if (note && values.length) sessionStorage.setItem(KEPT, JSON.stringify({ path: location.pathname, who: note.dataset.who, values }));
  };
  const bring = () => {
    if (!note) return; // the page of the sign-in itself
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    sessionStorage.removeItem(KEPT);
    const before = document.referrer && new URL(document.referrer);
    if (!kept || kept.path !== location.pathname || kept.who !== note.dataset.who || !before) return;
    if (before.origin !== location.origin || !before.pathname.startsWith("/sign-in")) return;
    const there = new Map(fields().map((one) => [one.name, one.field]));
    for (const [name, value, checked] of kept.values) {
      const field = there.get(name);
      if (!field) continue;
      if (field.matches("[type=checkbox],[type=radio]")) field.checked = checked; else field.value = value;
      for (let around = field.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
      const dialog = field.closest("dialog:not([open])");
      if (dialog) dialog.showModal();
      note.hidden = false;
    }
  };
  document.addEventListener("submit", (event) => { if (event.target.closest("main")) keep(); }, true);
  bring();

  // A form that was sent is not sent again while it is being answered; one whose answer is a file leaves the page as it is.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.dataset.sent) { if (form.dataset.sent) event.preventDefault(); return; }
    if (!form.hasAttribute("hx-post") && !("saves" in form.dataset)) { form.dataset.sent = "yes"; form.classList.add("busy"); }
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) { delete form.dataset.sent; form.classList.remove("busy"); }
  });
  for (const here of document.querySelectorAll(".tabs [aria-current]")) { // on a telephone it may be beyond the edge
    const bar = here.parentElement;
    bar.scrollLeft = here.offsetLeft - bar.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;
  }
  ask();
  count();
})();
