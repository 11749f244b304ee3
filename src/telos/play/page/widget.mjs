// Widget: a cell of a notebook that shows the page in a frame of its own; its address goes both ways.
//
// The frame has no right but to run its script: it reaches neither the notebook nor a network.
export function render({ model, el }) {
  const frame = document.createElement("iframe");
  frame.title = "Telos: change the goal, and see what else is worth wanting";
  frame.setAttribute("sandbox", "allow-scripts");
  frame.setAttribute("allow", "clipboard-write");
  const size = () => (frame.style.cssText = `width: 100%; height: ${model.get("height")}px; border: 0;`);
  let ready = false;

  const tell = () => ready && frame.contentWindow && frame.contentWindow.postMessage({ telos: model.get("address") }, "*");
  function hear({ source, data }) {
    if (!source || source !== frame.contentWindow || !data || typeof data.telos !== "string") return;
    const now = model.get("address");
    // Python may have chosen a state before the page was there, or another one since it asked.
    if (ready ? data.asked && data.asked !== now : data.telos !== now) {
      ready = true;
      return tell();
    }
    ready = true;
    model.set({ address: data.asked || data.telos, program: String(data.program) });
    model.save_changes();
  }

  size();
  frame.srcdoc = model.get("page");
  model.on("change:address", tell);
  model.on("change:height", size);
  globalThis.addEventListener("message", hear);
  el.append(frame);
  return () => {
    globalThis.removeEventListener("message", hear);
    model.off("change:address", tell);
    model.off("change:height", size);
    frame.remove();
  };
}

export default { render };
