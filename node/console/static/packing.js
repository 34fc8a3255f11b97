// The packer's screen: keys instead of a mouse, and a red stop as soon as the order is cancelled or changed.
"use strict";

(() => {
  const panel = document.getElementById("packing");
  const scan = document.getElementById("scan");
  // What is packed stays, whatever comes to the head of the queue meanwhile.
  const address = new URL(location.href);
  if (panel && !address.searchParams.has("order")) {
    address.searchParams.set("order", panel.dataset.order);
    history.replaceState(null, "", address);
  }
  const typing = (target) => target.matches("input:not([type=checkbox]),textarea,select");

  // What changed is asked at once, whoever types: a cancel must not wait until somebody looks up.
  const check = async () => {
    if (!panel || panel.classList.contains("stopped") || panel.dataset.shipping) return;
    const answer = await fetch(`/orders/pack/${panel.dataset.order}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const now = await answer.json();
    if (now.leaving >= Number(panel.dataset.leaving) || panel.dataset.shipping) return;
    panel.classList.add("stopped");
    panel.querySelector(".stop-sign").hidden = false;
    for (const field of panel.querySelectorAll("form input, form button")) field.disabled = true;
    panel.querySelector(".stop-sign a").focus();
  };
  document.addEventListener("hanse:changed", check);
  const empty = !panel && !document.querySelector("[data-queue]");
  document.addEventListener("hanse:renewed", () => { if (empty && !scan.value) document.querySelector("[data-queue]")?.click(); }); // the first parcel
  panel?.querySelector("form")?.addEventListener("submit", (event) => {
    panel.dataset.shipping = "yes";
    const { _next: next, carrier } = event.target.elements; // the next parcel mostly leaves with the same carrier
    const address = new URL(next.value, location.href);
    address.searchParams.set("carrier", carrier.value);
    next.value = address.pathname + address.search;
  }, true);
  document.addEventListener("htmx:after:swap", () => { if (panel?.querySelector(".outcome .alert-warning, .outcome .alert-danger")) delete panel.dataset.shipping; });

  const go = (step) => {
    const queue = [...document.querySelectorAll("[data-queue]")];
    const here = queue.findIndex((link) => link.hasAttribute("aria-current"));
    const next = queue[here + step] ?? document.querySelector(`#packing-queue a[rel=${step > 0 ? "next" : "prev"}]`);
    if (next) location.href = next.href;
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "j") go(1);
    if (event.key === "k") go(-1);
    if (event.key === "x") {
      const open = panel?.querySelector("[data-line]:not(:checked):not(:disabled)");
      if (open) open.checked = true; else for (const box of panel?.querySelectorAll("[data-line]") ?? []) box.checked = false;
    }
    if (event.key === "Enter" && !event.target.matches("a,button,summary")) {
      const empty = [...(panel?.querySelectorAll("form input[required]") ?? [])].find((field) => !field.value);
      event.preventDefault();
      if (empty) empty.focus(); else panel?.querySelector("form")?.requestSubmit();
    }
  });
  if (scan && !document.querySelector(".stopped")) (document.getElementById("waybill") ?? scan).focus();
})();
