"use strict";
// Laboratory: the goal as sliders, the horizon, the world, the safeguards and the act looked at.
(function (Telos) {
  const { make, figure } = Telos.tips;
  const { short: number, plainly: words } = Telos.numbers;
  const { button, choice, another, toggles, nameOf, wish, actOf, rewritable } = Telos.story;
  /** More outcomes than this are not shown as sliders. */
  const MOST = 200;
  /** Milliseconds after which moving the same slider is another edit. */
  const PAUSE = 1500;

  /** Outcomes under headings, [[heading, numbers]]: "1 clip" and "2 clips" belong together, and what is off. */
  function groups(play) {
    const found = new Map();
    play.outcomes.slice(0, MOST).forEach((outcome, k) => {
      const match = /^\d+ (.+)$/.exec(outcome.name), kind = match && match[1].replace(/s$/, "");
      const key = outcome.off ? "off" : kind ? `of ${kind}` : "";
      const own = found.get(key) || { name: outcome.off ? "being off" : "", ks: [] };
      found.set(key, { name: own.name || (match ? match[1] : ""), ks: [...own.ks, k] });
      if (match && !outcome.off && match[1].length > own.name.length) found.get(key).name = match[1];
    });
    return [...found.values()].map((one) => [one.name, one.ks]).sort((a, b) => (a[0] === "") - (b[0] === ""));
  }

  /** Steps that count at a discount, in words. */
  const ahead = (discount) => `${number(1 / (1 - discount)).replace(/\.00?$/, "")} steps`;

  /** Builds the controls in `form` once; the answer's `update(state)` sets them to a state. */
  function laboratory(play, form, change) {
    form.addEventListener("submit", (event) => event.preventDefault());
    const all = [0, 1, ...play.presets.flatMap((one) => [...one.worth, ...one.revised])];
    const ends = { min: Math.min(...all), max: Math.max(...all) };
    let state = null, last = null, when = 0;

    function slider(kind, k, label) {
      const input = make("input", { type: "range", step: "0.01", ...ends, "aria-label": `${kind === "worth" ? "Worth" : "Worth to the goal written in its place"} of ${label}` });
      const output = figure("", kind === "worth" ? "goal" : "rewritten");
      input.addEventListener("input", () => {
        const goal = Telos.address.worthOf(play, state.goal), known = Telos.address.goal(play, state.goal);
        goal[kind][k] = Number(input.value);
        const kept = known.kind === "u" ? known.number : known.from;
        const other = kind === "worth" && kept !== null && kept !== undefined ? kept : goal.revised;
        // One drag, or a row of key strokes, is one entry of the browser's history.
        const same = last === input && performance.now() - when < PAUSE;
        change({ goal: Telos.address.typed(goal.worth, other) }, same);
        [last, when] = [input, performance.now()];
      });
      return { input, output, kind, k, row: make("div", { class: "slider" }, make("span", { "aria-hidden": "true" }, label), input, output) };
    }

    function sliders(kind) {
      const made = [], blocks = groups(play), headed = blocks.length > 1 && blocks.length < play.outcomes.length;
      const nodes = blocks.map(([name, ks]) => {
        const rows = ks.map((k) => {
          made.push(slider(kind, k, play.outcomes[k].name));
          return made[made.length - 1].row;
        });
        return make("div", { class: "group", role: "group", "aria-label": name || "other outcomes" }, headed ? make("h4", {}, name || "other") : null, rows);
      });
      return { made, nodes };
    }

    const worth = sliders("worth"), revised = sliders("revised");
    const preset = make("select", { "aria-label": "A goal by name", change: () => preset.value && change({ goal: preset.value }) });
    const title = make("p", { class: "goal-name" });
    const place = make("details", {}, make("summary", {}, "Edit what would be written in its place"), revised.nodes);
    const cut = play.outcomes.length > MOST ? make("p", { class: "muted" }, `The first ${MOST} of ${play.outcomes.length} outcomes.`) : null;
    const goal = make("fieldset", {}, make("legend", {}, figure("Goal", "goal", "", "term"), ": what each outcome is worth"), title,
      make("div", { class: "row" }, button("Another goal", () => change({ goal: another(play, state) })), preset),
      make("div", { class: "sliders" }, worth.nodes), cut, place);

    const listed = (items, text) => items.map((one, i) => ({ text: text(one, i), value: i }));
    const acts = choice("Act to look at", "drive", play.settings[0].drives.map((one) => ({ text: actOf(play, one.name), value: one.name })),
      (name) => change({ drive: name }), "drive");
    const world = choice("World", "setting", listed(play.settings, (one) => words(one.title)),
      (i) => change({ setting: i }), "without");
    const switches = toggles(play, () => state, change);
    const guards = make("fieldset", {}, make("legend", {}, figure("Safeguards", "forbid", "", "term")), switches);
    const horizon = choice("Horizon", "discount", play.discounts.map((one) => ({ text: `${one} · ${ahead(one)}`, value: one })),
      (discount) => change({ discount }), "discount");
    const luck = make("p", { class: "muted" });
    horizon.classList.add("pills");
    acts.hidden = !play.settings[0].drives.length;
    guards.hidden = !play.switches.length;
    preset.append(make("option", { value: "" }, "choose a goal by name"), ...play.presets.map((one, i) => make("option", { value: `p${i}` }, one.name)));
    preset.hidden = !play.presets.length;
    const runs = make("fieldset", {}, make("legend", {}, figure("Chance", "rollout", "", "term")),
      make("div", { class: "row" }, button("Another run", () => change({ seed: Telos.address.after(state.seed) })), luck));
    const over = button("Start over", () => change({ ...Telos.address.fresh(play), step: 0 }), "quiet");
    const heading = make("h2", { id: "laboratory-title", class: "unseen", tabindex: "-1" }, "Laboratory"), time = figure("", "time", "", "term");
    const told = make("span", { class: "muted" }, "last answer: ", time);
    told.hidden = true;
    form.replaceChildren(heading, goal, acts, world, guards, horizon, runs, make("div", { class: "row" }, over, told));

    function update(next) {
      state = next;
      const now = Telos.address.worthOf(play, state.goal), known = Telos.address.goal(play, state.goal);
      for (const one of [...worth.made, ...revised.made]) {
        const value = now[one.kind][one.k];
        if (document.activeElement !== one.input || Math.abs(Number(one.input.value) - value) > 0.006) one.input.value = value;
        one.output.textContent = number(value);
      }
      title.textContent = `${nameOf(play, state.goal)} wants ${wish(play, now.worth)}`;
      preset.value = known.kind === "p" ? state.goal : "";
      place.hidden = !rewritable(play, state);
      acts.set(state.drive);
      world.set(state.setting);
      switches.set(state);
      horizon.set(state.discount);
      luck.textContent = `run ${state.seed + 1}`;
    }
    /** Says how long the last answer took, in milliseconds. */
    function took(ms) {
      told.hidden = false;
      time.textContent = `${Math.round(ms)}\u202fms`;
    }
    return { update, took };
  }

  /** Redraws controls, and gives the focus back to the one that had it. */
  function keep(root, draw) {
    const active = document.activeElement, key = root.contains(active) && active.dataset ? active.dataset.key : null;
    draw();
    const again = key && [...root.querySelectorAll("[data-key]")].find((node) => node.dataset.key === key);
    if (again) again.focus({ preventScroll: true });
  }

  Telos.laboratory = Object.assign(laboratory, { groups, ahead, keep });
})((globalThis.Telos = globalThis.Telos || {}));
