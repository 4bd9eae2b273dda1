// Our part of the labeling page: keys for guideline, back, forward and comment; one's own progress, and whether a model
// chose; in a training round the known answer right after one's own. All text is set as text, never as markup.
"use strict";
(() => {
  const WORK = "/projects/";
  document.documentElement.dataset.stancelabRole = document.currentScript.dataset.role;
  // In a training round: an answer was saved, and the verdict is not on the page yet.
  let awaited = false;
  let training = false;
  const SAVED = /\/api\/(?:tasks\/(\d+)\/annotations|annotations\/\d+)\/?(?:\?|$)/;

  // ---- what the page asks our server

  const project = () => /^\/projects\/(\d+)\/data/.exec(location.pathname)?.[1];
  const cookie = (name) =>
    document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
  const request = window.fetch.bind(window);

  async function ask(path, method = "GET") {
    const answer = await request(`/api/stancelab/${path}`, { method, headers: { "X-CSRFToken": cookie("csrftoken") } });
    return answer.ok ? answer.json() : null;
  }

  // Label Studio saves through fetch; what it saved is looked at after it got its own answer.
  window.fetch = async (input, options) => {
    const answer = await request(input, options);
    const method = (options?.method ?? input?.method ?? "GET").toUpperCase();
    const saved = SAVED.exec(String(input?.url ?? input));
    if (saved && answer.ok && ["POST", "PATCH", "PUT"].includes(method)) {
      const copy = answer.clone();
      awaited = training;
      queueMicrotask(async () => {
        const task = saved[1] ?? (await copy.json().catch(() => ({}))).task;
        await show(task).finally(() => { awaited = false; });
      });
    }
    return answer;
  };

  // ---- progress, and the verdict of a training round

  let bar = null;

  async function show(savedTask) {
    const id = project();
    const state = id ? await ask(`projects/${id}/progress/`) : null;
    if (!state) {
      bar?.remove();
      bar = null;
      return;
    }
    progress(state);
    training = state.training;
    if (state.training && savedTask) {
      const verdict = await ask(`tasks/${savedTask}/feedback/`, "POST");
      if (verdict) explain(verdict);
    }
  }

  function element(name, text = "", attributes = {}) {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  function progress({ done, total }) {
    if (!bar) {
      bar = element("div", "", { class: "stancelab-progress", role: "status" });
      document.body.append(bar);
    }
    const words = `${done} of ${total} done`;
    const meter = element("progress", "", { max: Math.max(total, 1), value: done, "aria-label": words });
    bar.replaceChildren(meter, element("span", words));
    if (done >= total) bar.append(element("a", "Your work (Enter)", { href: WORK }));
    suggested();
  }

  // Whether the answers on the page began as a model's is the annotator's to know.
  function suggested() {
    const there = bar?.querySelector(".stancelab-suggested");
    const sentence = document.querySelector(".sl-sentence");
    const began = Boolean(sentence && window.Htx?.annotationStore?.selected?.parent_prediction);
    if (there && !began) there.remove();
    if (!there && began) bar?.append(element("span", "a model chose: change it if it is wrong", { class: "stancelab-suggested" }));
  }

  function explain(verdict) {
    const right = verdict.answers.every((part) => part.right);
    const dialog = element("dialog", "", { class: "stancelab-verdict", "aria-labelledby": "stancelab-verdict-title" });
    const list = element("ul");
    for (const part of verdict.answers) {
      const yours = part.right ? "" : ` (you: ${part.yours ?? "no answer"})`;
      const asked = /[?:.!]$/.test(part.title) ? part.title : `${part.title}:`;
      list.append(element("li", `${part.right ? "✓" : "✗"} ${asked} ${part.known}${yours}`, { dir: "auto" }));
    }
    const go = element("button", "Go on (Enter)", { type: "button" });
    go.addEventListener("click", () => dialog.close());
    dialog.append(
      element("div", right ? "Right" : "Not as the guideline has it", {
        id: "stancelab-verdict-title", class: "stancelab-title", "data-right": right, role: "heading", "aria-level": 2,
      }),
      element("blockquote", verdict.text, { dir: "auto", tabindex: "0" }),
      list,
      element("p", verdict.rule, { dir: "auto" }),
      element("p", standing(verdict), { class: "stancelab-standing" }),
      go,
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (verdict.passed) location.assign(WORK);
    });
    document.body.append(dialog);
    dialog.showModal();
    go.focus();
  }

  function standing({ answered, right, total, needed, passed }) {
    const soFar = `Training: ${right} of ${answered} right at first answer`;
    if (answered < total) return `${soFar}; ${total - answered} to go, ${needed} of ${total} are needed.`;
    if (passed) return `${soFar}; ${needed} were needed. Passed: your work is open now.`;
    return `${soFar}; ${needed} were needed. Please read the guideline again and tell the lead, who can open another round.`;
  }

  // ---- keys

  const typing = (target) =>
    target?.isContentEditable || (target?.matches?.("input, textarea, select") && !target.matches("[type=radio], [type=checkbox]"));
  // Label Studio shows a sentence before it knows what came before: a key that is pressed in between is no key lost. It
  // waits for three seconds, or until the next key.
  let waiting = 0;
  function soon(can, go, tries = 30) {
    if (!window.Htx?.isLoading && can()) go();
    else if (tries) waiting = setTimeout(soon, 100, can, go, tries - 1);
  }
  const keys = {
    "?": () => window.Htx?.toggleDescription?.(),
    ",": () => soon(() => window.Htx?.canGoPrevTask, () => window.Htx.prevTask()),
    ".": () => soon(() => window.Htx?.canGoNextTask, () => window.Htx.nextTask()),
    ";": () => document.querySelector(".sl-comment input, .sl-comment textarea")?.focus(),
  };

  const guideline = () => [...document.querySelectorAll(".ant-modal-body")].find((part) => part.checkVisibility());

  // Nothing in the guideline takes the focus, so no key of the browser's would move it.
  function scroll(body, key) {
    const page = body.clientHeight * 0.9;
    const all = body.scrollHeight;
    const by = { ArrowDown: 60, ArrowUp: -60, PageDown: page, " ": page, PageUp: -page, End: all, Home: -all }[key];
    if (by) body.scrollBy(0, by);
    return Boolean(by);
  }

  // Label Studio's own question or warning, over the page. Enter is the button that has the focus, or else its answer;
  // Escape its refusal, or the only button: by itself the dialog hears keys only once the focus has moved into it.
  const warning = () => [...document.querySelectorAll(".ant-modal-confirm")].find((part) => part.checkVisibility());
  function settle(dialog, event) {
    event.preventDefault(); // it would press the button once more
    const own = document.activeElement;
    const focused = own?.matches("button") && dialog.contains(own) ? own : null;
    const [answer, refusal] = [".ant-btn-primary", ".ant-btn:not(.ant-btn-primary)"].map((one) => dialog.querySelector(one));
    (event.key === "Enter" ? (focused ?? answer) : (refusal ?? answer))?.click();
  }

  // While a verdict, a warning or the guideline lies over the sentence, or a verdict is about to, no key reaches it: not
  // Label Studio's, and not ours. What the browser does by itself stays: Tab, scrolling, Enter on a button.
  window.addEventListener("keydown", (event) => {
    const verdict = document.querySelector(".stancelab-verdict[open]");
    const reading = !verdict && window.Htx?.showingDescription;
    const warned = !verdict && warning();
    if (!verdict && !reading && !warned && !awaited) return;
    if (event.key !== "Tab") event.stopImmediatePropagation();
    const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
    if (verdict && event.key === "Enter" && plain && event.target.tagName !== "BUTTON") verdict.close();
    if (warned && (event.key === "Enter" || event.key === "Escape")) return settle(warned, event);
    if (reading && plain && (event.key === "Escape" || event.key === "?")) {
      event.preventDefault();
      window.Htx.toggleDescription();
    }
    if (reading && plain && guideline() && scroll(guideline(), event.key)) event.preventDefault();
  }, true);

  document.addEventListener("keydown", (event) => {
    clearTimeout(waiting);
    if (!project() || event.ctrlKey || event.altKey || event.metaKey) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const home = event.key === "Enter" && !document.querySelector(".sl-sentence") && bar?.querySelector("a");
    if (home && !event.target.matches?.("a, button")) home.click();
    if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });

  // ---- Label Studio changes pages without loading them

  let at = "";
  const look = () => {
    if (location.pathname !== at) {
      at = location.pathname;
      show(null);
    }
    suggested();
    guideline()?.setAttribute("tabindex", "0"); // what scrolls can be reached
  };
  document.addEventListener("DOMContentLoaded", () => {
    look();
    setInterval(look, 500);
  });
})();
