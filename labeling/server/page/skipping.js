// Skipping by keys: a skip without its reason is held back once, and Ctrl+Enter takes a skip back, which Label Studio
// leaves to the mouse.
"use strict";
(() => {
  const annotation = () => window.Htx?.annotationStore?.selected;
  let asked = null; // the annotation whose skip was held back
  let hint = null;

  // Whether to hold a skip back: reasons can be given, none is, and it was not asked for yet.
  function held() {
    hint?.remove();
    const reasons = [...document.querySelectorAll(".sl-skip .lsf-choice")];
    if (!reasons.length || document.querySelector(".sl-skip input:checked") || asked === annotation()?.id) return false;
    asked = annotation()?.id;
    hint = document.createElement("div");
    hint.className = "stancelab-hint";
    hint.setAttribute("role", "status");
    hint.textContent = `Why? ${reasons.map((reason) => reason.innerText).join(" · ")} · or skip again, without a reason`;
    document.body.append(hint);
    return true;
  }

  const isSkip = (event) =>
    (event.code === "Space" && event.ctrlKey && !event.altKey) || (event.key === "Enter" && event.altKey && !event.ctrlKey);

  window.addEventListener("keydown", (event) => {
    if (!annotation() || window.Htx.isLoading || window.Htx.showingDescription) return;
    const back = event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.altKey && annotation().skipped;
    if (back) window.Htx.unskipTask();
    if (back || (isSkip(event) && !annotation().skipped && held())) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (!["Control", "Alt", "Meta", "Shift"].includes(event.key)) hint?.remove();
  }, true);

  window.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-testid=bottombar-skip-button]")) hint?.remove();
    else if (!annotation()?.skipped && held()) event.stopImmediatePropagation();
  }, true);
})();
