/* Swarm: many goals as dots, by what each loses without the drive; paired where something was put up. */
(function (root) {
  "use strict";
  const Telos = (root.Telos = root.Telos || {});
  const { h, s, show, onPick, table, mark, markIcon, def, quiet } = Telos.paint;
  const {
    CATEGORIES, categoryOf, percent, between, places, tally, changed, rootScale, rootTicks, excessInterval, duration, top, plainly,
  } = Telos.numbers;

  const HIGH = 230;
  const MOVE = 600;
  
  const NOTHING = { category: 4, share: 0, low: 0, high: 0, needs: 0 };
  /** The rows of a drive; where the world has no such drive, nothing can be lost. */
  const rowsOf = (found, drive) => found.rows[drive] || Array.from({ length: found.done }, () => NOTHING);

  /** Numbers of the goals whose answer to "does it lose 1 % without the drive" is `needs` (1, 0 or -1). */
  Telos.swarmNeeds = function (swarm, drive, needs) {
    const found = [];
    rowsOf(swarm, drive).forEach((row, i) => {
      if (row.needs === needs) found.push(i);
    });
    return found;
  };

  function memoryOf(element) {
    if (!element.telosSwarm) element.telosSwarm = { at: 0, drawn: null, frame: 0, paths: null };
    return element.telosSwarm;
  }

  // The picture.

  /** The colors that the page's style gives to each category, read from hidden samples. */
  function colors(element) {
    const found = {};
    for (const each of CATEGORIES) {
      const sample = element.querySelector(`.swarm-key .cat-${each.key}`);
      const style = sample ? root.getComputedStyle(sample) : null;
      found[each.number] = style ? { fill: style.fill, stroke: style.stroke } : { fill: "gray", stroke: "gray" };
    }
    const text = root.getComputedStyle(element);
    return { by: found, text: text.color, line: text.getPropertyValue("--line") || "#ccc", mark: text.getPropertyValue("--deed") || "#d55e00" };
  }

  function paint(element, memory, x, y) {
    const canvas = element.querySelector("canvas");
    if (!canvas || !canvas.getContext) return;
    const { width, rows, spot, chosen } = memory.drawn;
    const dense = root.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * dense) || canvas.height !== Math.round(HIGH * dense)) {
      canvas.width = Math.round(width * dense);
      canvas.height = Math.round(HIGH * dense);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    pen.clearRect(0, 0, width, HIGH);
    const look = colors(element);
    const line = spot.start + rootScale(0.01, memory.drawn.most) * (width - spot.start);
    pen.strokeStyle = look.text;
    pen.setLineDash([3, 3]);
    pen.beginPath();
    pen.moveTo(line, 0);
    pen.lineTo(line, HIGH);
    pen.stroke();
    pen.setLineDash([]);
    pen.strokeStyle = look.line;
    pen.beginPath();
    pen.moveTo(spot.start - spot.size, 0);
    pen.lineTo(spot.start - spot.size, HIGH);
    pen.stroke();
    const size = Math.max(1.5, spot.size * 0.8);
    pen.lineWidth = Math.max(0.8, size / 6);
    for (const each of CATEGORIES) {
      const paths = new root.Path2D();
      let some = false;
      for (let i = 0; i < rows.length; i++) {
        if (rows[i].category !== each.number) continue;
        some = true;
        paths.addPath(new root.Path2D(mark(each.number, x[i], y[i], size).d));
      }
      if (!some) continue;
      const { fill, stroke } = look.by[each.number];
      if (fill && fill !== "none") {
        pen.fillStyle = fill;
        pen.fill(paths);
      }
      if (stroke && stroke !== "none") {
        pen.strokeStyle = stroke;
        pen.stroke(paths);
      }
    }
    for (const [i, kind] of [[chosen, "chosen"], [memory.focused ? memory.at : -1, "at"]]) {
      if (i < 0 || i >= rows.length) continue;
      pen.lineWidth = 2;
      pen.strokeStyle = kind === "chosen" ? look.mark : look.text;
      pen.beginPath();
      pen.arc(x[i], y[i], Math.max(6, size), 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  /** Dots go from where they were to where they are. */
  function move(element, memory, from, to) {
    root.cancelAnimationFrame(memory.frame);
    const n = to.x.length;
    const begun = root.performance.now();
    const x = new Float32Array(n);
    const y = new Float32Array(n);
    const step = () => {
      const part = Math.min(1, (root.performance.now() - begun) / MOVE);
      const eased = part * part * (3 - 2 * part);
      for (let i = 0; i < n; i++) {
        const known = i < from.x.length;
        x[i] = known ? from.x[i] + eased * (to.x[i] - from.x[i]) : to.x[i];
        y[i] = known ? from.y[i] + eased * (to.y[i] - from.y[i]) : to.y[i];
      }
      paint(element, memory, x, y);
      if (part < 1) memory.frame = root.requestAnimationFrame(step);
    };
    step();
  }

  function place(element, memory, data) {
    const canvas = element.querySelector("canvas");
    const width = Math.max(260, Math.floor(canvas.parentElement.clientWidth));
    const { swarm, state } = data;
    const rows = rowsOf(swarm, state.drive);
    const size = Math.max(3.5, Math.min(11, Math.sqrt((width * HIGH) / swarm.of / 2.2)));
    const most = mostOf(swarm);
    const spot = places(rows, width, HIGH - 2, most, size);
    const chosen = /^u\d+$/.test(state.goal) ? Number(state.goal.slice(1)) : -1;
    const before = memory.drawn;
    memory.drawn = { width, rows, spot, chosen, most, key: swarm.key + state.drive, of: swarm.of };
    memory.order = [...rows.keys()].sort((a, b) => spot.x[a] - spot.x[b] || spot.y[b] - spot.y[a]);
    canvas.style.height = HIGH + "px";
    const other = before && before.key !== memory.drawn.key && before.width === width && rows.length;
    if (other && !quiet()) {
      move(element, memory, before.spot, spot);
    } else {
      root.cancelAnimationFrame(memory.frame);
      paint(element, memory, spot.x, spot.y);
    }
    const axis = element.querySelector(".swarm-axis");
    const ticks = rootTicks(most, 48 / (width - spot.start));
    show(axis,
      h("span", { class: "none" }, "nothing"),
      ticks.map((tick) => {
        const x = spot.start + rootScale(tick, most) * (width - spot.start);
        return h("span", { style: `left:${x.toFixed(1)}px` }, `${Math.round(1000 * tick) / 10}\u202f%`);
      }));
  }

  /** The right edge of the axis: the same for all drives of a world, so that they can be compared. */
  function mostOf(swarm) {
    const tables = [swarm.rows, swarm.base ? swarm.base.rows : {}].flatMap((each) => Object.values(each));
    return top(tables.map((rows) => rows.reduce((a, row) => Math.max(a, row.share), 0)));
  }

  // What is said.

  function counts(found, drive, title) {
    const items = CATEGORIES.filter((each) => found.counts[each.key] || each.number === 1).map((each) =>
      h("li", {}, markIcon(each.number), h("b", {}, found.counts[each.key].toLocaleString("en")), " ", each.name,
        h("small", {}, " ", each.says)));
    return h("ul", { class: "swarm-key", "aria-label": `${found.n} goals by what they do with ${title}` }, items);
  }

  function headline(data, found, title) {
    const { swarm } = data;
    if (!found.n) return h("p", { class: "swarm-says" }, "The first goals are being solved …");
    const control = controlOf(data, found);
    const said = [
      def("c", percent(found.c), "c: the certified share of goals"), ` of ${found.n.toLocaleString("en")} goals lose at least 1\u202f% of their value range without “${title}” (`,
      def("interval", between(found.interval[0], found.interval[1])), found.open ? `; ${found.open} unresolved` : "", "). ",
    ];
    const beside = control
      ? ["Without a random set as large: ", def("placebo", percent(control.mean)), ` of the first ${control.n} goals (${percent(control.least)} to ${percent(control.most)} in ${control.draws} draws); `,
        "more by ", def("excess", percent(control.excess)), ` (${between(...control.interval)}).`]
      : swarm.rows[data.state.drive] ? [h("span", { class: "muted" }, "The random sets as large are being drawn.")] : [];
    return h("p", { class: "swarm-says" }, said, beside);
  }

  /** c of the random sets over the first goals, and how far the drive exceeds one more of them. */
  function controlOf(data, found) {
    const { control } = data.swarm;
    const rows = rowsOf(data.swarm, data.state.drive);
    if (!control || !control[0].length) return null;
    const n = Math.min(control.length, rows.length);
    if (n < 5) return null;
    const draws = control.slice(0, n);
    const rates = draws[0].map((_, k) => draws.reduce((sum, row) => sum + row[k], 0) / n);
    const own = rows.slice(0, n).map((row) => (row.needs === 1 ? 1 : 0));
    const mean = rates.reduce((a, b) => a + b, 0) / rates.length;
    return {
      n, draws: rates.length, mean, least: Math.min(...rates), most: Math.max(...rates),
      excess: own.reduce((a, b) => a + b, 0) / n - mean, interval: excessInterval(own, draws),
    };
  }

  /** What changed, drive by drive, over the same goals. */
  function changes(data) {
    const { swarm, play, state } = data;
    if (!swarm.base || !swarm.base.done || !swarm.done) return null;
    const n = Math.min(swarm.done, swarm.base.done);
    const drives = play.settings[0].drives;
    const rows = drives.map((drive) => {
      const found = changed(rowsOf(swarm.base, drive.name).slice(0, n), rowsOf(swarm, drive.name).slice(0, n));
      return [drive, found];
    });
    const arrow = (found) => (found.interval[0] > 0 ? "▲" : found.interval[1] < 0 ? "▼" : "·");
    return h("div", { class: "swarm-changes scroll" },
      h("table", {},
        h("caption", {}, `What changed over the same ${n.toLocaleString("en")} goals, “${swarm.under}” against as it is. Limits 95\u202f%, each by itself; ▲ ▼: beyond them.`),
        h("thead", {}, h("tr", {}, ["drive", "c as it is", "c now", "change", "now lose it", "no longer"].map((each) => h("th", { scope: "col" }, each)))),
        h("tbody", {}, rows.map(([drive, found]) => h("tr", { class: drive.name === state.drive ? "chosen" : null },
          h("th", { scope: "row" }, h("button", { type: "button", class: "link", "data-drive": drive.name }, plainly(drive.title))),
          h("td", {}, percent(found.first.c)), h("td", {}, percent(found.now.c)),
          h("td", {}, arrow(found), " ", percent(found.change), h("small", {}, ` ${between(...found.interval)}`)),
          h("td", {}, String(found.gained)), h("td", {}, String(found.lost)))))));
  }

  function goalSays(rows, i) {
    const row = rows[i];
    return `Goal ${i}: ${categoryOf(row.category).name}, loses ${percent(row.category === 1 ? row.share : 0)}`;
  }

  function progress({ swarm, progress: now }) {
    const goal = swarm.base ? 2 * swarm.of : swarm.of;
    const text = swarm.error ? swarm.error
      : now && now.done < now.of ? `${now.done.toLocaleString("en")} of ${now.of.toLocaleString("en")} solved${now.perSecond ? `; ${now.perSecond.toFixed(now.perSecond < 10 ? 1 : 0)} goals a second, about ${duration(now.left)} left` : ""}`
        : `${swarm.of.toLocaleString("en")} goals solved`;
    return h("p", { class: "muted swarm-progress" },
      now && now.done < now.of ? h("progress", { max: goal, value: now.done, "aria-label": "Goals solved" }) : null, " ", text);
  }

  function numbers(data, found) {
    const drives = data.play.settings[data.state.setting].drives;
    return table(`${found.n.toLocaleString("en")} goals by drive and category; c with its 95 % interval`,
      ["drive", "c", "95 %", ...CATEGORIES.map((each) => each.name)],
      drives.map((drive) => {
        const each = tally(rowsOf(data.swarm, drive.name));
        return [plainly(drive.title), percent(each.c), between(...each.interval), ...CATEGORIES.map((one) => String(each.counts[one.key]))];
      }));
  }

  /** The ticks that stand there, until the dots have their places. */
  const axisNow = (element) => {
    const now = element.querySelector(".swarm-axis");
    return now ? [...now.childNodes].map((each) => each.cloneNode(true)) : [];
  };

  // Picking a goal.

  function nearest(memory, x, y) {
    const { spot, rows } = memory.drawn;
    let best = -1;
    let least = 20 * 20;
    for (let i = 0; i < rows.length; i++) {
      const far = (spot.x[i] - x) ** 2 + (spot.y[i] - y) ** 2;
      if (far < least) [best, least] = [i, far];
    }
    return best;
  }

  function tell(element, memory) {
    const area = element.querySelector(".swarm-area");
    const { rows } = memory.drawn;
    if (!rows.length) return;
    memory.at = Math.max(0, Math.min(memory.at, rows.length - 1));
    const said = goalSays(rows, memory.at);
    area.setAttribute("aria-valuenow", memory.order.indexOf(memory.at));
    area.setAttribute("aria-valuetext", said);
    const note = element.querySelector(".swarm-note");
    if (note) note.textContent = memory.focused || memory.hover ? `${said}. ${memory.hover ? "Click" : "Enter"} opens it.` : note.getAttribute("data-rest");
    paint(element, memory, memory.drawn.spot.x, memory.drawn.spot.y);
  }

  function listen(element, memory) {
    const inside = (event) => event.target.closest && event.target.closest(".swarm-area");
    const dotAt = (event) => {
      const box = element.querySelector("canvas").getBoundingClientRect();
      return nearest(memory, event.clientX - box.left, event.clientY - box.top);
    };
    const pick = (i) => {
      if (i >= 0 && memory.callbacks && memory.callbacks.pickGoal) memory.callbacks.pickGoal(i);
    };
    element.addEventListener("click", (event) => {
      if (inside(event) && memory.drawn) pick(dotAt(event));
    });
    element.addEventListener("pointermove", (event) => {
      if (!memory.drawn || event.pointerType === "touch") return;
      const found = inside(event) ? dotAt(event) : -1;
      if (found === (memory.hover ? memory.at : -1)) return;
      memory.hover = found >= 0;
      if (found >= 0) memory.at = found;
      const area = element.querySelector(".swarm-area");
      if (area) area.style.cursor = found >= 0 ? "pointer" : "";
      tell(element, memory);
    });
    element.addEventListener("keydown", (event) => {
      if (!inside(event) || !memory.drawn || event.altKey || event.ctrlKey || event.metaKey) return;
      const { order } = memory;
      const now = order.indexOf(memory.at);
      const to = { ArrowRight: now + 1, ArrowUp: now + 1, ArrowLeft: now - 1, ArrowDown: now - 1, PageUp: now + 25, PageDown: now - 25, Home: 0, End: order.length - 1 }[event.key];
      if (event.key === "Enter" || event.key === " ") pick(memory.at);
      else if (to === undefined) return;
      else {
        memory.at = order[Math.max(0, Math.min(order.length - 1, to))];
        tell(element, memory);
      }
      event.preventDefault();
      event.stopPropagation();
    });
    for (const [kind, on] of [["focusin", true], ["focusout", false]]) {
      element.addEventListener(kind, (event) => {
        if (!inside(event) || !memory.drawn) return;
        memory.focused = on && event.target.matches(":focus-visible");
        tell(element, memory);
      });
    }
    if (root.ResizeObserver) new root.ResizeObserver(() => memory.data && again(element, memory)).observe(element);
    if (root.matchMedia) root.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => memory.data && again(element, memory));
    new root.MutationObserver(() => memory.data && again(element, memory)).observe(root.document.documentElement, { attributeFilter: ["data-theme"] });
  }

  function again(element, memory) {
    const canvas = element.querySelector("canvas");
    if (canvas && canvas.parentElement.clientWidth) place(element, memory, memory.data);
  }

  /**
   * Draw a thousand goals.
   *
   * @param element  where
   * @param data  what the engine says: play, state, swarm, progress
   * @param callbacks  pickGoal(i), pickDrive(name)
   */
  Telos.views.swarm = function (element, data, callbacks) {
    if (!data || !data.swarm) {
      show(element, h("p", { class: "muted" }, "Solving …"));
      return;
    }
    const memory = memoryOf(element);
    const first = !memory.data;
    memory.data = data;
    memory.callbacks = callbacks;
    onPick(element, "drive", (name) => callbacks && callbacks.pickDrive && callbacks.pickDrive(name));
    const drive = data.play.settings[0].drives.find((each) => each.name === data.state.drive);
    const title = plainly(drive ? drive.title : data.state.drive);
    const found = tally(rowsOf(data.swarm, data.state.drive));
    const rest = "Each dot is a goal. Click one, or use the arrow keys and Enter, to open it.";
    show(element,
      headline(data, found, title),
      h("div", { class: "swarm-area", tabindex: "0", role: "slider", "data-keys": "1", "aria-label": `Goals by what they lose without ${title}; Enter opens a goal`, "aria-valuemin": "0", "aria-valuemax": Math.max(0, found.n - 1), "aria-valuenow": "0", "aria-valuetext": found.n ? goalSays(rowsOf(data.swarm, data.state.drive), Math.min(memory.at, found.n - 1)) : "no goal yet" },
        h("canvas", { "aria-hidden": "true" })),
      h("div", { class: "swarm-axis axis", "aria-hidden": "true" }, axisNow(element)),
      h("p", { class: "swarm-unit muted", "aria-hidden": "true" }, "share of the value range lost without it (square-root scale; dashed: 1\u202f%)"),
      h("p", { class: "swarm-note", "data-rest": rest }, rest),
      counts(found, data.state.drive, title),
      progress(data),
      changes(data),
      numbers(data, found));
    if (first) listen(element, memory);
    place(element, memory, data);
  };
  void s;
})(typeof globalThis !== "undefined" ? globalThis : this);
