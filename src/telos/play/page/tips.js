"use strict";
// Tips: beside every number its definition and its bound, on hover, focus and tap.
(function (Telos) {
  const { h: make, def } = Telos.paint;
  const figure = (text, term, bound, kind) => def(term, text, bound, kind);

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

  Telos.tips = { listen, hide, figure, make };
})((globalThis.Telos = globalThis.Telos || {}));
