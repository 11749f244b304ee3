"use strict";
// Tips: numbers in words, and beside every number its definition and its bound, on hover, focus and tap.
(function (Telos) {
  const NARROW = "\u202f", MINUS = "\u2212";
  /** Values of telos.Category: its name, and the verb between a goal and an act. */
  const CATEGORIES = {
    "1": ["required", "requires"],
    "-1": ["declined", "declines"],
    "0": ["indifferent", "is indifferent to"],
    "2": ["never met", "never meets"],
    "3": ["unresolved", "cannot be told of"],
    "4": ["not applicable", "cannot pursue"],
  };

  const plain = (value, digits) => value.toFixed(digits).replace("-", MINUS);
  /** A rate as a percentage: 12.3 %; smaller than the last digit is said so. */
  function percent(rate, digits = 1) {
    if (!Number.isFinite(rate)) return "–";
    const part = 100 * rate, least = 10 ** -digits;
    if (part > 0 && part < least) return `< ${plain(least, digits)}${NARROW}%`;
    return `${plain(part, Math.abs(part - Math.round(part)) < 1e-9 ? 0 : digits)}${NARROW}%`;
  }
  /** A number with three digits that count. */
  function number(value) {
    if (!Number.isFinite(value)) return "–";
    const size = Math.abs(value);
    if (value !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1).replace(/-/g, MINUS);
    return plain(value, size >= 100 ? 0 : size >= 10 ? 1 : 2);
  }
  const words = (name) => name.replace(/_/g, " ").replace("self preservation", "self-preservation");
  const category = (value) => (CATEGORIES[value] || CATEGORIES[3]);

  /** An element with attributes (functions are listeners; false and null leave it out) and children. */
  function make(tag, given = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
      if (typeof value === "function") node.addEventListener(name, value);
      else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
  }

  /** A number that says on hover, focus and tap what it is: `term` of the table of definitions, and its bound. */
  function figure(text, term, bound = "", kind = "figure") {
    return make("button", { type: "button", class: `def ${kind}`, "data-def": term, "data-key": term, "data-bound": bound || null }, text);
  }

  let tip = null, owner = null, pinned = false;

  function show(node) {
    const entry = document.getElementById(`def-${node.dataset.def}`);
    if (!entry) return;
    if (owner && owner !== node) hide();
    owner = node;
    const parts = [...entry.children].map((part) => {
      const copy = part.cloneNode(true);
      const tag = part.tagName === "DT" ? "b" : "p";
      return make(tag, { class: part.className || null }, ...copy.childNodes);
    });
    if (node.dataset.bound) parts.push(make("p", { class: "bound" }, node.dataset.bound));
    tip.replaceChildren(...parts);
    tip.hidden = false;
    node.setAttribute("aria-describedby", "tip");
    place(node);
  }

  function place(node) {
    const box = node.getBoundingClientRect(), own = tip.getBoundingClientRect(), wide = document.documentElement.clientWidth;
    const left = Math.max(8, Math.min(box.left + box.width / 2 - own.width / 2, wide - own.width - 8));
    const below = box.bottom + 8 + own.height < innerHeight || box.top < own.height + 8;
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${(below ? box.bottom + 8 : box.top - own.height - 8) + scrollY}px`;
  }

  function hide() {
    if (owner) owner.removeAttribute("aria-describedby");
    if (tip) tip.hidden = true;
    owner = null;
    pinned = false;
  }

  /** Listens for all `data-def` of the page, drawn now or later, HTML or SVG. */
  function listen() {
    tip = make("div", { id: "tip", role: "tooltip", hidden: true });
    document.body.append(tip);
    const of = (event) => (event.target instanceof Element ? event.target.closest("[data-def]") : null);
    document.addEventListener("pointerover", (event) => {
      const node = of(event);
      if (event.pointerType !== "touch" && node && !pinned) show(node);
      else if (!node && !pinned && owner && !tip.contains(event.target) && owner !== document.activeElement) hide();
    });
    document.addEventListener("focusin", (event) => {
      const node = of(event);
      if (node && node.matches(":focus-visible")) show(node);
      else if (owner && !tip.contains(event.target)) hide();
    });
    document.addEventListener("click", (event) => {
      const node = of(event);
      if (!node) return tip.contains(event.target) ? undefined : hide();
      if (pinned && owner === node) return hide();
      show(node);
      pinned = true;
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !owner) return;
      hide();
      event.preventDefault();
    });
    addEventListener("resize", hide);
  }

  Telos.tips = { listen, hide, figure, make, percent, number, words, category };
})((globalThis.Telos = globalThis.Telos || {}));
