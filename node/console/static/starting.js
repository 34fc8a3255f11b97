// Wait until the node itself answers, then go where the link leads.
"use strict";
(() => {
  const SLOW_MS = 30000;
  const begun = Date.now();
  const look = async () => {
    if (Date.now() - begun > SLOW_MS) document.getElementById("slow").hidden = false;
    try {
      const answer = await fetch("/health", { cache: "no-store" });
      if (answer.ok && (await answer.json()).status === "ok") { location.assign(document.getElementById("go-on").href); return; }
    } catch { /* between two servers nobody answers */ }
    setTimeout(look, 500);
  };
  setTimeout(look, 500);
})();
