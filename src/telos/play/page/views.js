/* Views: how a picture is made of elements, brought up to date in place, and read by those who do not see it. */
(function (root) {
  "use strict";
  const Telos = (root.Telos = root.Telos || {});
  const SVG = "http://www.w3.org/2000/svg";

  function filled(node, attributes, children) {
    for (const [key, value] of Object.entries(attributes || {})) {
      if (typeof value === "function") node.addEventListener(key, value);
      else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value === true ? "" : String(value));
    }
    for (const child of children.flat(Infinity)) {
      if (child === null || child === undefined || child === false) continue;
      node.append(child instanceof root.Node ? child : root.document.createTextNode(String(child)));
    }
    return node;
  }
  /** An HTML element: tag, attributes (functions are listeners), children; texts are texts, never markup. */
  const h = (tag, attributes, ...children) =>
    filled(root.document.createElement(tag), attributes, children);
  /** An SVG element. */
  const s = (tag, attributes, ...children) =>
    filled(root.document.createElementNS(SVG, tag), attributes, children);

  const keyOf = (node) => (node.getAttribute ? node.getAttribute("data-key") : null);
  /** Make `old` like `fresh`, element by element, so that focus, scrolling and open details stay. */
  function morph(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || keyOf(old) !== keyOf(fresh)) {
      old.replaceWith(fresh);
      return;
    }
    if (old.nodeType === 3) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    for (const { name } of [...old.attributes]) {
      if (name === "open" || (old.nodeName === "CANVAS" && name !== "aria-label" && name !== "class")) continue;
      if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of [...fresh.attributes]) {
      if (name === "open" && old.nodeName === "DETAILS") continue;
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    const [before, after] = [[...old.childNodes], [...fresh.childNodes]];
    after.forEach((child, k) => {
      if (k < before.length) morph(before[k], child);
      else old.append(child);
    });
    for (const rest of before.slice(after.length)) rest.remove();
  }
  /** Show some nodes in an element. */
  function show(element, ...nodes) {
    const fresh = element.cloneNode(false);
    fresh.append(...nodes.flat(Infinity).filter(Boolean));
    morph(element, fresh);
  }

  /** A listener for clicks inside a view, set once: `act` gets the value of a data attribute. */
  function onPick(element, attribute, act) {
    const slot = "telosPick_" + attribute;
    const first = !element[slot];
    element[slot] = act;
    if (!first) return;
    element.addEventListener("click", (event) => {
      const target = event.target.closest ? event.target.closest(`[data-${attribute}]`) : null;
      if (target && element.contains(target)) element[slot](target.getAttribute(`data-${attribute}`), event);
    });
  }

  /** Which details are open, and how what is in them is made: nothing is made before somebody looks. */
  const opened = new Set();
  const inside = new Map();
  function details(key, summary, make) {
    inside.set(key, make);
    return h("details", { class: "view-data", "data-key": key },
      h("summary", {}, summary), opened.has(key) ? make() : null);
  }
  function onToggle(event) {
    const node = event.target;
    const key = node.matches && node.matches("details.view-data") ? keyOf(node) : null;
    if (key === null || opened.has(key) === node.open) return;
    if (node.open) opened.add(key);
    else opened.delete(key);
    if (node.open && node.children.length < 2) node.append(inside.get(key)());
    root.document.dispatchEvent(new root.CustomEvent("telos-opened"));
  }
  if (root.document) root.document.addEventListener("toggle", onToggle, true);

  /** The numbers of a picture as a table, behind a toggle; `rows` makes them. */
  const table = (key, caption, head, rows) => details(key, "The same as a table", () =>
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
      h("table", {},
        h("caption", {}, caption),
        h("thead", {}, h("tr", {}, head.map((each) => h("th", { scope: "col" }, each)))),
        h("tbody", {}, rows().map((row) =>
          h("tr", {}, row.map((each, k) => (k ? h("td", {}, each) : h("th", { scope: "row" }, each)))))))));

  /** The mark of a category: its own color and its own shape. */
  function mark(category, x, y, size) {
    const { key } = Telos.numbers.categoryOf(category);
    const r = size / 2;
    const shapes = {
      required: `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
      indifferent: `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
      declined: `M${x - r * 0.9} ${y - r * 0.9}h${1.8 * r}v${1.8 * r}h${-1.8 * r}z`,
      never: `M${x} ${y - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z`,
      unresolved: `M${x} ${y - r}l${r} ${1.9 * r}h${-2 * r}z`,
      not: `M${x - r} ${y - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`,
    };
    return { d: shapes[key], class: "cat cat-" + key };
  }
  /** A mark by itself, for a legend. */
  const markIcon = (category) =>
    s("svg", { class: "mark", viewBox: "0 0 14 14", "aria-hidden": "true" }, s("path", mark(category, 7, 7, 10)));

  /** A number that says on hover, focus and tap what it is: `name` of the table of definitions, and its bound. */
  const def = (name, text, bound, kind = "figure") =>
    h("button", { type: "button", class: `def ${kind}`, "data-def": name, "data-key": name, "data-bound": bound || null }, text);

  const quiet = () =>
    Boolean(root.matchMedia && root.matchMedia("(prefers-reduced-motion: reduce)").matches);

  Telos.paint = { h, s, show, onPick, opened, details, table, mark, markIcon, def, quiet };
  Telos.views = Telos.views || {};
})(typeof globalThis !== "undefined" ? globalThis : this);
