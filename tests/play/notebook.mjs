// Joins the widget's module to the page's part, with stand-ins for a notebook: `node notebook.mjs WIDGET.mjs FRAME.js`.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import vm from "node:vm";

const [widget, frame] = process.argv.slice(2);
const listening = [];
globalThis.addEventListener = (_, then) => listening.push(then);
globalThis.removeEventListener = (_, then) => listening.splice(listening.indexOf(then), 1);

/** A page whose states are their own addresses. */
function pageOf(first) {
  const heard = [];
  const window = { postMessage: (data) => heard.forEach((then) => then({ source: parent, data })) };
  const parent = { postMessage: (data) => listening.forEach((then) => then({ source: window, data })) };
  const read = (_, text) => {
    if (text.startsWith("bad")) throw new Error("bad");
    return { state: text };
  };
  const root = {
    parent, location: { href: "about:srcdoc" }, addEventListener: (_, then) => heard.push(then),
    Telos: { address: { read, write: (state) => state }, python: (_, state) => `print(${state})` },
  };
  vm.runInNewContext(readFileSync(frame, "utf8"), root);
  const page = { window, parent, state: first, taken: [] };
  page.tell = root.Telos.frame({}, (state) => {
    page.taken.push(state);
    page.show(state);
  });
  page.show = (state) => {
    page.state = state;
    page.tell(state);
  };
  return page;
}

const kept = { page: "<p>page</p>", height: 500, address: "chosen", program: "" }, watched = {};
let saved = 0;
const model = {
  get: (name) => kept[name],
  set: (name, value) => {
    for (const [key, now] of typeof name === "string" ? [[name, value]] : Object.entries(name)) {
      if (kept[key] === now) continue;
      kept[key] = now;
      (watched[`change:${key}`] || []).forEach((then) => then());
    }
  },
  save_changes: () => (saved += 1),
  on: (name, then) => (watched[name] = [...(watched[name] || []), then]),
  off: (name, then) => (watched[name] = watched[name].filter((one) => one !== then)),
};
const page = pageOf("own");
const element = { style: {}, attributes: {}, setAttribute: (name, value) => (element.attributes[name] = value), remove: () => (element.gone = true), contentWindow: page.window };
globalThis.document = { createElement: () => element };

const { default: made } = await import(pathToFileURL(widget));
const end = made.render({ model, el: { append: () => undefined } });
const found = { sandbox: element.attributes.sandbox, source: element.srcdoc, style: element.style.cssText };
const now = () => [page.state, kept.address, kept.program];
page.tell("own");
found.opened = now();
page.show("edited");
found.edited = now();
model.set("address", "set");
found.set = now();
model.set("address", "bad one");
found.bad = page.state;
model.set("address", "set");
listening.forEach((then) => then({ source: {}, data: { telos: "forged", program: "" } }));
found.forged = now();
found.taken = page.taken;
end();
found.left = [listening.length, Object.values(watched).flat().length, element.gone];
const alone = { location: { href: "file:///page.html" }, Telos: {} };
alone.parent = { postMessage: () => (found.alone = "it spoke") };
vm.runInNewContext(readFileSync(frame, "utf8"), alone);
alone.Telos.frame({}, () => undefined)("own");
process.stdout.write(JSON.stringify(found));
