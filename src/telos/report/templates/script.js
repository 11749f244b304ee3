"use strict";
// Sorts, filters and copies the tables of the page. Without it, tables stand as they are.
for (const box of document.querySelectorAll(".data")) {
  const table = box.querySelector("table"), body = table.tBodies[0];
  const rows = [...body.rows], all = box.querySelector(".all"), count = box.querySelector(".count");
  const find = box.querySelector(".find"), pick = box.querySelector(".pick");
  const texts = rows.map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
  const spot = new Map(rows.map((row, i) => [row, i]));
  const first = rows.filter((row) => !row.classList.contains("more")).length;
  const number = (text) => {
    const found = text.replace(/\u2212/g, "-").replace(/,/g, "").match(/[-+]?\d+(\.\d+)?/);
    return found ? Number(found[0]) : -Infinity;
  };
  const show = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const drive = pick ? pick.value : "";
    const asked = words.length || drive;
    let shown = 0, fits = 0;
    for (const row of body.rows) {
      const cells = texts[spot.get(row)], line = cells.join(" ").toLowerCase();
      const fit = (!drive || cells.includes(drive)) && words.every((word) => line.includes(word));
      fits += fit;
      const here = fit && (all.checked || asked || fits <= first);
      row.hidden = !here;
      row.classList.toggle("more", false);
      shown += here;
    }
    count.textContent = shown + " of " + rows.length + " lines";
  };
  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("button.sort");
    if (!button) return;
    const head = button.closest("th"), place = head.cellIndex;
    const way = head.getAttribute("aria-sort") === "descending" ? 1 : -1;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", way < 0 ? "descending" : "ascending");
    const words = head.dataset.format === "text";
    const order = (a, b) => {
      const x = texts[spot.get(a)][place], y = texts[spot.get(b)][place];
      return (words ? y.localeCompare(x) : number(x) - number(y)) * way || spot.get(a) - spot.get(b);
    };
    body.append(...[...rows].sort(order));
    show();
  });
  box.querySelector(".copy").addEventListener("click", (event) => {
    const quoted = (text) => '"' + text.replace(/^[-=+@\t\r\n\uff0b\uff0d\uff1d\uff20']/, "'$&").replace(/"/g, '""') + '"';
    const head = [...table.tHead.rows[0].cells].map((cell) => cell.dataset.name);
    const lines = [...body.rows].filter((row) => !row.hidden).map((row) => texts[spot.get(row)]);
    const text = [head, ...lines].map((line) => line.map(quoted).join(",")).join("\n");
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    event.target.textContent = document.execCommand("copy") ? "Copied" : "Not allowed here";
    area.remove();
  });
  find.addEventListener("input", show);
  for (const each of [all, pick]) if (each) each.addEventListener("change", show);
  box.querySelector(".tools").hidden = false;
  const reveal = () => {
    const row = location.hash && document.getElementById(location.hash.slice(1));
    if (row && spot.has(row) && row.hidden) { all.checked = true; show(); row.scrollIntoView(); }
  };
  addEventListener("hashchange", reveal);
  show();
  reveal();
}
