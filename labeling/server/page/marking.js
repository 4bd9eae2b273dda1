// The words that decided, by keys alone: after the key of "evidence" the arrows go from word to word, and Enter marks.
// Label Studio makes and keeps the mark: it gets the selection as if a pointer had made it.
"use strict";
(() => {
  const CONTROL = "evidence";
  const HINT = "← → a word, with Shift several · Enter marks · Backspace takes a mark away · Esc leaves";
  const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });
  let marking = null; // words of the sentence, and the first and last of those chosen

  const annotation = () => window.Htx?.annotationStore?.selected;
  const control = () => annotation()?.names?.get(CONTROL);
  const textElement = () => document.querySelector(".sl-sentence .lsf-htx-richtext");

  // Each word with its place in the page, and in the whole sentence by code points, as Label Studio counts.
  function wordsOf(root) {
    const found = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    let before = 0;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      for (const { segment, index, isWordLike } of segmenter.segment(node.data)) {
        const start = before + [...node.data.slice(0, index)].length;
        if (isWordLike) found.push({ node, index, length: segment.length, start, end: start + [...segment].length });
      }
      before += [...node.data].length;
    }
    return found;
  }

  function check() {
    const wanted = Boolean(control()?.isSelected) && Boolean(textElement()?.isConnected);
    if (wanted && !marking) start();
    if (!wanted && marking) stop();
  }

  function start() {
    const words = wordsOf(textElement());
    if (!words.length) return;
    const hint = document.createElement("div");
    hint.className = "stancelab-hint";
    hint.setAttribute("role", "status");
    document.body.append(hint);
    hint.textContent = HINT;
    marking = { words, from: 0, to: 0, hint };
    choose(0, 0);
  }

  function stop() {
    marking.hint.remove();
    marking = null;
    window.getSelection().removeAllRanges();
  }

  const chosen = () => {
    const { words, from, to } = marking;
    return [words[Math.min(from, to)], words[Math.max(from, to)]];
  };

  function choose(from, to) {
    const within = (n) => Math.min(Math.max(n, 0), marking.words.length - 1);
    Object.assign(marking, { from: within(from), to: within(to) });
    const [first, last] = chosen();
    window.getSelection().setBaseAndExtent(first.node, first.index, last.node, last.index + last.length);
    last.node.parentElement.scrollIntoView({ block: "nearest" });
  }

  function mark() {
    choose(marking.from, marking.to);
    chosen()[0].node.parentElement.dispatchEvent(new MouseEvent("mouseup", { bubbles: true }));
  }

  function takeAway() {
    const [first, last] = chosen();
    const marks = annotation().regionStore.regions.filter((region) => {
      const at = region.globalOffsets;
      return at && at.start < last.end && first.start < at.end;
    });
    const { from, to } = marking;
    for (const region of marks) annotation().deleteRegion(region);
    // Without its mark the text stands in other nodes.
    marking.words = wordsOf(textElement());
    choose(from, to);
  }

  const actions = {
    ArrowRight: (more) => choose(more ? marking.from : marking.to + 1, marking.to + 1),
    ArrowLeft: (more) => choose(more ? marking.from : marking.to - 1, marking.to - 1),
    Home: (more) => choose(more ? marking.from : 0, 0),
    End: (more) => choose(more ? marking.from : Infinity, Infinity),
    Enter: mark,
    Backspace: takeAway,
    Delete: takeAway,
    Escape: () => control().unselectAll(),
  };

  // Before Label Studio hears it: there Enter and Backspace mean something else.
  window.addEventListener("keydown", (event) => {
    setTimeout(check);
    const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
    if (!marking || !plain || !actions[event.key] || event.target.matches?.("input, textarea, select")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    // Answers, an undo or another sentence may have come in between.
    if (!marking.words[0].node.isConnected) marking.words = wordsOf(textElement());
    actions[event.key](event.shiftKey);
  }, true);
  setInterval(check, 250);
})();
