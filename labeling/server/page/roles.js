// Label Studio changes pages without asking the server. Somebody who is no owner has pages of ours beside the labeling
// stream, so each change of page asks; and leaving the stream leads to one's work, not to the data manager's table.
"use strict";
(() => {
  if (document.currentScript.dataset.role === "owner") return;
  const stream = (url) => url.searchParams.get("labeling") === "1";
  for (const name of ["pushState", "replaceState"]) {
    const original = history[name].bind(history);
    history[name] = (state, title, address) => {
      const here = new URL(location.href);
      const there = new URL(address ?? here, here);
      const path = (url) => url.pathname.replace(/\/$/, "");
      if (path(there) !== path(here)) location.assign(there);
      else if (stream(here) && !stream(there)) location.assign("/projects/");
      else original(state, title, address);
    };
  }
})();
