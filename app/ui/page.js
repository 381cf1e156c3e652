// What the page does by itself: markers lead to their passages and back, answers are copied.
// Everything is delegated from the document, as Gradio replaces the elements at will.
(() => {
  "use strict";
  const FLASH_MS = 1900;
  const NARROW = window.matchMedia("(max-width: 59.99rem)");
  const STILL = window.matchMedia("(prefers-reduced-motion: reduce)");
  const timers = new WeakMap();

  const byHref = (link) => document.getElementById((link.getAttribute("href") || "").slice(1));

  const bring = (element, block) =>
    element.scrollIntoView({ block, behavior: STILL.matches ? "auto" : "smooth" });

  const flash = (element) => {
    clearTimeout(timers.get(element));
    element.classList.remove("fn-flash");
    void element.offsetWidth; // so that the animation starts anew
    element.classList.add("fn-flash");
    timers.set(element, setTimeout(() => element.classList.remove("fn-flash"), FLASH_MS));
  };

  const show = (sources) => {
    for (const other of document.querySelectorAll(".fn-sources")) {
      other.hidden = other !== sources;
    }
  };

  const follow = (link) => {
    const card = byHref(link);
    if (!card) return;
    const marker = link.id.split("-")[2];
    show(card.closest(".fn-sources"));
    card.closest("details")?.setAttribute("open", "");
    card.focus({ preventScroll: true });
    const mark = card.querySelector(`mark[data-cites~="${marker}"]`);
    const tall = card.offsetHeight > window.innerHeight * 0.7;
    bring(tall && mark ? mark : card, tall && mark ? "center" : NARROW.matches ? "start" : "nearest");
    flash(card);
    if (mark) flash(mark);
  };

  const back = (link) => {
    const marker = byHref(link);
    if (!marker) return;
    bring(marker, "center");
    marker.focus({ preventScroll: true });
    const sentence = marker.closest("sup").previousElementSibling?.closest(".fn-sentence");
    if (sentence) flash(sentence);
  };

  const open = (link) => {
    const sources = byHref(link);
    if (!sources) return;
    show(sources);
    sources.focus({ preventScroll: true });
    bring(sources.closest(".fn-panel"), "start");
  };

  const write = async (text) => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea"); // plain http has no clipboard
    area.value = text;
    area.style.position = "fixed";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("the browser refused to copy");
  };

  const copy = async (button) => {
    const parts = button.closest(".fn-answer").querySelectorAll(".fn-text, .fn-explanation");
    const text = [...parts].map((part) => part.textContent).join("\n\n");
    let said = "Copied";
    try {
      await write(text);
    } catch {
      said = "Copying failed";
    }
    button.textContent = said;
    setTimeout(() => (button.textContent = "Copy"), FLASH_MS);
  };

  const ACTIONS = { "fn-ref": follow, "fn-back": back, "fn-open": open, "fn-copy": copy };

  document.addEventListener("click", (event) => {
    const element = event.target.closest?.(".fn-ref, .fn-back, .fn-open, .fn-copy");
    if (element && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      ACTIONS[element.classList[0]](element);
    } else if (event.target.closest?.("#fn-question .submit-button")) {
      if (!NARROW.matches) document.querySelector("#fn-question textarea")?.focus();
    }
  });

  // Gradio labels each message with its raw content, and leaves some controls unnamed.
  const LABELS = [
    ['[data-testid="bot"]', "Answer"],
    ['[data-testid="user"]', "Question"],
    ['#fn-chat [role="log"]', "Conversation"],
    ["#fn-question .submit-button", "Ask"],
  ];

  const name = () => {
    for (const [selector, label] of LABELS) {
      for (const element of document.querySelectorAll(selector)) {
        if (element.getAttribute("aria-label") !== label) element.setAttribute("aria-label", label);
      }
    }
  };

  let newest = 0;
  const arrived = () => {
    const answers = document.querySelectorAll("#fn-chat .fn-answer").length;
    const questions = document.querySelectorAll("#fn-chat .fn-question");
    if (answers > newest && NARROW.matches) bring(questions[questions.length - 1], "start");
    newest = answers;
  };

  const watch = () => {
    new MutationObserver(() => {
      name();
      arrived();
    }).observe(document.body, {
      childList: true,
      subtree: true,
      attributes: true,
      attributeFilter: ["aria-label"],
    });
    name();
  };

  if (document.body) watch();
  else document.addEventListener("DOMContentLoaded", watch);
})();
