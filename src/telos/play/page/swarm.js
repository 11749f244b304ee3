/* Swarm: many goals as dots, by what each loses without the drive; paired where something was put up. */
(function (root) {
  "use strict";
  const Telos = (root.Telos = root.Telos || {});
  const { h, show, onPick, table, markIcon, def } = Telos.paint;
  const {
    CATEGORIES, categoryOf, percent, points, between, tally, changed, rootScale, rootTicks, excessInterval, duration, top, plainly,
  } = Telos.numbers;

  const REST = "Each dot is a goal. Click one, or use the arrow keys and Enter, to open it.";
  const NOTHING = { category: 4, share: 0, low: 0, high: 0, needs: 0 };
  /** The rows of a drive; where the world has no such drive, nothing can be lost. */
  const rowsOf = (found, drive) => found.rows[drive] || Array.from({ length: found.done }, () => NOTHING);

  function memoryOf(element) {
    if (!element.telosSwarm) {
      element.telosSwarm = { at: 0, rows: [], cloud: Telos.paint.cloud(element), hover: false, focused: false };
    }
    return element.telosSwarm;
  }

  /** Put the dots and the ticks of the axis where they belong; goals not solved yet stay where they were. */
  function place(element, memory) {
    const { swarm, state } = memory.data;
    const width = Math.max(240, Math.floor(element.querySelector("canvas").parentElement.clientWidth));
    const solved = rowsOf(swarm, state.drive);
    const before = swarm.base ? rowsOf(swarm.base, state.drive) : [];
    const old = memory.rows.length > before.length ? memory.rows : before;
    memory.rows = [...solved, ...old.slice(solved.length)];
    const most = mostOf(swarm, memory);
    const chosen = openGoal(state);
    const spot = memory.cloud.place({ rows: memory.rows, solved: solved.length, width, most, of: swarm.of, chosen });
    memory.order = null;
    show(element.querySelector(".swarm-axis"),
      h("span", { class: "none" }, "nothing"),
      rootTicks(most, 48 / (spot.end - spot.start)).map((tick) => {
        const x = spot.start + rootScale(tick, most) * (spot.end - spot.start);
        return h("span", { style: `left:${x.toFixed(1)}px` }, `${Math.round(1000 * tick) / 10}\u202f%`);
      }));
  }

  const openGoal = (state) => (/^u\d+$/.test(state.goal) ? Number(state.goal.slice(1)) : -1);

  /** What the picture depends on, but for the goal that is open. */
  function signOf({ swarm, state, progress: now }) {
    const { base, control } = swarm;
    return [swarm.key, swarm.done, swarm.error, base ? base.done : -1, control ? control.length : 0, state.drive, now.done < now.of].join(" ");
  }

  /** The right edge of the axis: the same for all drives of a world, so that they can be compared. */
  function mostOf(swarm, memory) {
    const tables = [swarm.rows, swarm.base ? swarm.base.rows : {}].flatMap((each) => Object.values(each));
    return top([...tables, memory.rows].map((rows) => rows.reduce((a, row) => Math.max(a, row.share), 0)));
  }

  // What is said.

  function counts(found, title) {
    const items = CATEGORIES.filter((each) => found.counts[each.key]).map((each) =>
      h("li", {}, markIcon(each.number), h("b", {}, found.counts[each.key].toLocaleString("en")), " ", each.name,
        h("small", {}, " ", each.says)));
    return [
      h("ul", { class: "swarm-key", "aria-label": `${found.n} goals by what they do with ${title}` }, items),
      h("div", { class: "swarm-colors", "aria-hidden": "true" }, CATEGORIES.map((each) => markIcon(each.number))),
    ];
  }

  /** An interval with its definition, which a line's end does not tear apart. */
  const limits = (term, low, high, unit = undefined, more = "") => h("span", { class: "together" }, "(", def(term, between(low, high, unit)), more, ")");

  function headline(data, found, title) {
    if (!found.n) return h("p", { class: "swarm-says" }, "The first goals are being solved …");
    if (found.counts.not === found.n) {
      return h("p", { class: "swarm-says" }, `Nothing that can be done here pursues “${title}”, so none of ${found.n.toLocaleString("en")} goals can lose anything by being denied it. What became of it, the table below shows.`);
    }
    const control = controlOf(data, found);
    return h("p", { class: "swarm-says" },
      def("c", percent(found.c)), ` of ${found.n.toLocaleString("en")} goals lose at least 1\u202f% of their value range without “${title}” `,
      limits("interval", ...found.interval, undefined, found.open ? `; ${found.open} unresolved` : ""), ". ",
      control
        ? [data.state.switches.length || data.state.setting ? "Without what is left here of a random set as large, the placebo: " : "Without a random set as large, the placebo: ", def("placebo", percent(control.mean)), ` of the first ${control.n} (${percent(control.least)} to ${percent(control.most)} in ${control.draws} draws); more by `,
          def("excess", `${points(control.excess)} points`), " ", limits("interval", ...control.interval, ""), "."]
        : h("span", { class: "muted" }, (data.drawable || []).includes(data.state.drive) ? "The placebo is being drawn." : "This page carries no placebo of it here."));
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
      const found = changed(rowsOf(swarm.base, drive.name).slice(0, n), rowsOf(swarm, drive.name).slice(0, n), drives.length);
      return [drive, found];
    });
    const arrow = (found) => (found.interval[0] > 0 ? "▲" : found.interval[1] < 0 ? "▼" : "·");
    return h("div", { class: "swarm-changes scroll" },
      h("table", {},
        h("caption", {}, `What changed over the same ${n.toLocaleString("en")} goals, “${swarm.under}” against as it is. Limits 95\u202f% over these drives together; ▲ ▼: they exclude 0. A drive that more goals need may have been done all along.`),
        h("thead", {}, h("tr", {}, ["drive", "lose 1\u202f% as it is", "now", "change in points", "newly need it", "no longer"].map((each) => h("th", { scope: "col" }, each)))),
        h("tbody", {}, rows.map(([drive, found]) => h("tr", { class: drive.name === state.drive ? "chosen" : null },
          h("th", { scope: "row" }, h("button", { type: "button", class: "link", "data-drive": drive.name }, plainly(drive.title))),
          h("td", {}, percent(found.first.c)), h("td", {}, percent(found.now.c)),
          h("td", {}, arrow(found), " ", points(found.change), h("small", {}, ` ${between(...found.interval, "")}`)),
          h("td", {}, String(found.gained)), h("td", {}, String(found.lost)))))));
  }

  function goalSays(rows, i) {
    const row = rows[i];
    return `Goal ${i}: ${categoryOf(row.category).name}, loses ${percent(row.category === 1 ? row.share : 0)}`;
  }

  function progress({ swarm, progress: now }) {
    const goal = swarm.base ? 2 * swarm.of : swarm.of;
    const text = swarm.error ? swarm.error
      : now && now.done < now.of ? `${now.done.toLocaleString("en")} of ${now.of.toLocaleString("en")} solved${now.perSecond ? `; ${now.perSecond.toFixed(now.perSecond < 10 ? 1 : 0)} goals per second, about ${duration(now.left)} left` : ""}`
        : `${swarm.of.toLocaleString("en")} goals solved`;
    return h("p", { class: "muted swarm-progress" },
      now && now.done < now.of ? h("progress", { max: goal, value: now.done, "aria-label": "Goals solved" }) : null, " ", text);
  }

  function numbers(data, found) {
    const drives = data.play.settings[data.state.setting].drives;
    return table("swarm", `${found.n.toLocaleString("en")} goals by drive and category; c with its 95 % interval`,
      ["drive", "c", "95 %", ...CATEGORIES.map((each) => each.name)],
      () => drives.map((drive) => {
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

  function tell(element, memory) {
    const area = element.querySelector(".swarm-area");
    const rows = rowsOf(memory.data.swarm, memory.data.state.drive);
    if (!area || !rows.length) return;
    memory.order = memory.order || memory.cloud.order();
    memory.at = Math.max(0, Math.min(memory.at, rows.length - 1));
    area.setAttribute("aria-valuenow", memory.order.indexOf(memory.at));
    area.setAttribute("aria-valuetext", goalSays(rows, memory.at));
    const on = memory.focused || memory.hover;
    element.querySelector(".swarm-note").textContent = on ? `${goalSays(rows, memory.at)}. ${memory.hover ? "Click" : "Enter"} opens it.` : REST;
    memory.cloud.refresh(on ? memory.at : -1);
  }

  const inside = (event) => event.target.closest && event.target.closest(".swarm-area");

  function onPointer(element, memory) {
    const dotAt = (event) => {
      const box = element.querySelector("canvas").getBoundingClientRect();
      return memory.cloud.nearest(event.clientX - box.left, event.clientY - box.top);
    };
    element.addEventListener("click", (event) => {
      if (inside(event)) pick(memory, dotAt(event));
    });
    element.addEventListener("pointermove", (event) => {
      if (!memory.data || event.pointerType === "touch") return;
      const found = inside(event) ? dotAt(event) : -1;
      if (found === (memory.hover ? memory.at : -1)) return;
      memory.hover = found >= 0;
      if (found >= 0) memory.at = found;
      const area = element.querySelector(".swarm-area");
      if (area) area.style.cursor = found >= 0 ? "pointer" : "";
      tell(element, memory);
    });
  }

  function pick(memory, i) {
    if (i >= 0 && memory.callbacks && memory.callbacks.pickGoal) memory.callbacks.pickGoal(i);
  }

  function onKeys(element, memory) {
    element.addEventListener("keydown", (event) => {
      if (!inside(event) || event.altKey || event.ctrlKey || event.metaKey) return;
      const order = memory.order || (memory.order = memory.cloud.order());
      const now = order.indexOf(memory.at);
      const to = { ArrowRight: now + 1, ArrowUp: now + 1, ArrowLeft: now - 1, ArrowDown: now - 1, PageUp: now + 25, PageDown: now - 25, Home: 0, End: order.length - 1 }[event.key];
      const opens = event.key === "Enter" || event.key === " ";
      if (!order.length || (to === undefined && !opens)) return;
      event.preventDefault();
      event.stopPropagation();
      if (opens) return pick(memory, memory.at);
      memory.at = order[Math.max(0, Math.min(order.length - 1, to))];
      memory.focused = true;
      return tell(element, memory);
    });
    for (const [kind, on] of [["focusin", true], ["focusout", false]]) {
      element.addEventListener(kind, (event) => {
        if (!inside(event)) return;
        memory.focused = on && event.target.matches(":focus-visible");
        tell(element, memory);
      });
    }
  }

  /** The picture follows the width of the page and its colors. */
  function onChanges(element, memory) {
    const again = () => {
      const canvas = element.querySelector("canvas");
      if (canvas && canvas.parentElement.clientWidth) place(element, memory);
    };
    if (root.ResizeObserver) new root.ResizeObserver(again).observe(element);
    if (root.matchMedia) root.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => memory.cloud.recolor());
    new root.MutationObserver(() => memory.cloud.recolor()).observe(root.document.documentElement, { attributeFilter: ["data-theme"] });
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
    if (memory.sign === signOf(data) && element.querySelector("canvas")) {
      memory.cloud.choose(openGoal(data.state));
      return;
    }
    memory.sign = signOf(data);
    onPick(element, "drive", (name) => callbacks && callbacks.pickDrive && callbacks.pickDrive(name));
    const drive = data.play.settings[0].drives.find((each) => each.name === data.state.drive);
    const title = plainly(drive ? drive.title : data.state.drive);
    const rows = rowsOf(data.swarm, data.state.drive);
    const found = tally(rows);
    show(element,
      headline(data, found, title),
      h("div", {
        class: "swarm-area", tabindex: "0", role: "slider", "data-keys": "1",
        "aria-label": `Goals by what they lose without ${title}; Enter opens a goal`,
        "aria-valuemin": "0", "aria-valuemax": Math.max(0, found.n - 1), "aria-valuenow": "0",
        "aria-valuetext": found.n ? goalSays(rows, Math.min(memory.at, found.n - 1)) : "no goal yet",
      }, h("canvas", { "aria-hidden": "true" })),
      h("div", { class: "swarm-axis axis", "aria-hidden": "true" }, axisNow(element)),
      h("p", { class: "swarm-unit muted", "aria-hidden": "true" }, "share of the value range lost without it (square-root scale; dashed: 1\u202f%)"),
      h("p", { class: "swarm-note" }, REST),
      counts(found, title),
      progress(data),
      changes(data),
      numbers(data, found));
    if (first) for (const listen of [onPointer, onKeys, onChanges]) listen(element, memory);
    place(element, memory);
    if (memory.focused || memory.hover) tell(element, memory);
  };
})(typeof globalThis !== "undefined" ? globalThis : this);
