// Before anything is drawn: dark where the machine is dark and the visitor has chosen nothing else.
"use strict";
if (!document.documentElement.dataset.bsTheme)
  document.documentElement.dataset.bsTheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
