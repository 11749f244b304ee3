"use strict";
// Story: six steps, one screen each; every step invites one action and says what to look at.
(function (Telos) {
  const { make, figure } = Telos.tips;
  const { percent, categoryOf, short: number, plainly: words } = Telos.numbers;

  /** What each step shows, what it invites to, and what to look at; 0 is the laboratory. */
  const STEPS = [
    { shown: ["bars", "rollouts", "swarm"] },
    { shown: ["goal", "rollouts"], single: true, acts: ["another"], look: "The first bars are what this goal pays for; below is what an agent does that wants this and nothing else." },
    { shown: ["bars", "goal"], acts: ["another"], look: "Draw a few goals. What is wanted changes every time; see which bars stay long, and how short their placebos are." },
    { shown: ["bars", "rollouts"], acts: ["reason"], look: "Take the reason away and put it back. See the bar of that act, and the step of the run where it was done." },
    { shown: ["swarm", "bars"], acts: ["exception"], look: "Every dot is one goal. Dots left of the dashed line lose less than 1 %; open some and see what is different about them." },
    { shown: ["rollouts", "bars"], acts: ["switch"], look: "Both runs use the same random numbers. Switch the safeguard off and on, and see where the runs part." },
    { shown: ["bars", "swarm"], acts: ["switch"], look: "Switch it off and on once more, and look at the other bars and at the dots: see what became of what was forbidden." },
  ];

  const step = (number) => STEPS[Math.min(number, STEPS.length - 1)];

  /** What to look at in a step, as far as this world has it: a reason to take away, switches, placebos. */
  function look(play, number) {
    const { acts = [], look: told } = step(number);
    if (acts.includes("reason") && !play.settings.some((one) => one.kind === "without")) {
      return "Draw a few goals. See the bar of that act, and the step of the run where it was done. This world cannot be had without its reason.";
    }
    if (acts.includes("switch") && !play.switches.length) return "Draw a few goals, and see which bars stay long. No safeguard can be put up here.";
    if (number === 2 && !play.settings[0].drives.some((one) => one.placebo.length)) {
      return "Draw a few goals. What is wanted changes every time; see which bars stay long.";
    }
    return told;
  }

  /** The name of a goal, for a sentence. */
  function nameOf(play, text) {
    const goal = Telos.address.goal(play, text);
    if (goal.kind === "p") return `“${play.presets[goal.preset].name}”`;
    return goal.kind === "u" ? `Goal ${goal.number}` : "Your goal";
  }

  /** An act as the page calls it. */
  function actOf(play, name) {
    const own = play.settings[0].drives.find((one) => one.name === name);
    return words(own ? own.title : name);
  }

  /** "above all X, least of all Y" of what outcomes are worth. */
  function wish(play, worth) {
    let most = 0, least = 0;
    for (let k = 1; k < worth.length; k++) {
      if (worth[k] > worth[most]) most = k;
      if (worth[k] < worth[least]) least = k;
    }
    if (worth[most] === worth[least]) return "nothing more than anything else";
    return `above all “${play.outcomes[most].name}”, least of all “${play.outcomes[least].name}”`;
  }

  const another = (play, state) => {
    const goal = Telos.address.goal(play, state.goal);
    const last = goal.kind === "u" ? goal.number : goal.from;
    return `u${last === null || last === undefined ? 0 : Telos.address.after(last)}`;
  };
  const button = (text, click, kind = "act") => make("button", { type: "button", class: kind, click }, text);

  /** A group of radio buttons, [{text, value}]; `set(value)` marks one. */
  function choice(title, name, options, pick, term) {
    const legend = make("legend", {}, term ? figure(title, term, "", "term") : title);
    const radios = options.map((one) => make("input", { type: "radio", name, change: () => pick(one.value) }));
    const node = make("fieldset", { class: "choice" }, legend, options.map((one, i) => make("label", {}, radios[i], make("span", {}, one.text))));
    node.set = (value) => radios.forEach((radio, i) => (radio.checked = options[i].value === value));
    return node;
  }

  /**
   * The switches of a page; `set(state)` turns them as the state says. `now()` is the state of
   * the page; all but the `first` ones, if there are any, are folded. */
  function toggles(play, now, change, first = []) {
    const boxes = play.switches.map((_, i) => make("input", { type: "checkbox", role: "switch", change: (event) => {
      const rest = now().switches.filter((other) => other !== i);
      change({ switches: event.target.checked ? [...rest, i].sort((a, b) => a - b) : rest });
    } }));
    const labels = play.switches.map((one, i) => make("label", { class: "switch" }, boxes[i], make("span", {}, words(one.title))));
    const rest = labels.filter((_, i) => !first.includes(i));
    const more = first.length && rest.length ? [make("details", {}, make("summary", {}, "Other safeguards"), rest)] : rest;
    const node = make("div", { class: "switches", role: "group", "aria-label": "Safeguards" }, first.map((i) => labels[i]), more);
    node.set = (state) => boxes.forEach((box, i) => (box.checked = state.switches.includes(i)));
    return node;
  }

  // Each makes the controls of an action: {key, nodes, update}; they are made anew when the key changes, so
  // that nothing disappears under a finger while numbers come in. `live()` is {state, found} of the page.
  const ACTIONS = {
    another: (play, live, change) => ({
      nodes: [button("Draw another goal", () => change({ goal: another(play, live().state) }))],
    }),
    reason: (play, live, change) => {
      const { drive, setting } = live().state, all = play.settings.map((one, i) => ({ text: words(one.title), value: i, one }));
      const own = all.filter(({ one }) => one.kind === "without" && one.drive === drive);
      const offered = [all[0], ...(own.length ? own : all.filter(({ one }) => one.kind === "without"))];
      if (offered.length === 1) return ACTIONS.another(play, live, change);
      if (!offered.some(({ value }) => value === setting)) offered.push(all[setting]);
      const node = choice("The world", "story-setting", offered, (value) => change({ setting: value }));
      return { nodes: [node], update: ({ state }) => node.set(state.setting) };
    },
    exception: (play, live, change) => {
      const told = make("span", { class: "muted", role: "status" });
      const click = () => {
        const { state, found } = live(), goals = exceptions(found, state.drive);
        const now = goals.findIndex((g) => `u${g}` === state.goal);
        if (goals.length) change({ goal: `u${goals[(now + 1) % goals.length]}` });
      };
      const open = button("Open a goal that loses next to nothing", click);
      const update = ({ state, found }) => {
        const count = exceptions(found, state.drive).length, done = found && found.swarm ? found.swarm.done : 0;
        open.disabled = !count;
        told.textContent = done ? `${count} of ${done} goals so far` : "goals are being solved";
      };
      return { nodes: [open, told], update };
    },
    switch: (play, live, change) => {
      if (!play.switches.length) return ACTIONS.another(play, live, change);
      const told = Telos.address.read(play, play.story[live().state.step - 1].state).state;
      const node = toggles(play, () => live().state, change, told.switches);
      return { nodes: [node], update: ({ state }) => node.set(state) };
    },
  };

  /** Draws the actions of the step into `box`; they stay as they are unless the step or the act has changed. */
  function actions(box, play, live, change) {
    const { state } = live(), kinds = step(state.step).acts || [], kind = play.settings[state.setting].kind;
    const foreign = kind === "as it is" || kind === "without" ? "" : state.setting;
    const key = kinds.includes("reason") ? `${state.drive} ${foreign}` : "same";
    if (box.key !== key) {
      box.parts = kinds.map((kind) => ACTIONS[kind](play, live, change));
      box.replaceChildren(...box.parts.flatMap((part) => part.nodes));
      box.key = key;
    }
    for (const part of box.parts) if (part.update) part.update(live());
  }

  /** Numbers of the goals of the swarm that certainly lose less than 1 % without the drive. */
  function exceptions(found, drive) {
    const rows = found && found.swarm && found.swarm.rows[drive];
    return rows ? [...rows.keys()].filter((i) => rows[i].needs === 0) : [];
  }

  /** Draws what a goal pays for: one line an outcome, with what would be written in its place. */
  function drawGoal(element, play, state) {
    // As it stands while numbers come in, so that a focus inside stays.
    const sign = [state.goal, state.setting, state.step].join(" ");
    if (element.telosGoal === sign) return;
    element.telosGoal = sign;
    const goal = Telos.address.worthOf(play, state.goal);
    const all = [...goal.worth, ...goal.revised, 0];
    const low = Math.min(...all), spread = Math.max(...all) - low || 1;
    const place = (value) => `${(100 * (value - low)) / spread}%`;
    const order = [...goal.worth.keys()], many = order.length > 12;
    if (many) order.sort((a, b) => goal.worth[b] - goal.worth[a]);
    const rewrites = rewritable(play, state);
    const rows = (many ? [...order.slice(0, 6), ...order.slice(-3)] : order).map((k) => {
      const bar = make("span", { class: "worth", "aria-hidden": "true" }, make("i", {}), rewrites ? make("b", {}) : null);
      bar.firstChild.style.left = place(Math.min(0, goal.worth[k]));
      bar.firstChild.style.width = `${(100 * Math.abs(goal.worth[k])) / spread}%`;
      if (rewrites) bar.lastChild.style.left = place(goal.revised[k]);
      const value = figure(number(goal.worth[k]), "goal", rewrites ? `Written in its place: ${number(goal.revised[k])}` : "");
      return make("tr", {}, make("th", { scope: "row" }, play.outcomes[k].name), make("td", { class: "plot" }, bar), make("td", {}, value));
    });
    const key = rewrites ? make("p", { class: "goal-key" }, make("i", { class: "worth-key" }), "this goal ", make("b", { class: "other-key" }), figure("what somebody may write in its place", "rewritten", "", "term")) : null;
    const rest = many ? make("p", { class: "muted" }, `The six best and three worst of ${order.length} outcomes.`) : null;
    const title = make("p", { class: "goal-name" }, `${nameOf(play, state.goal)} wants ${wish(play, goal.worth)}`);
    element.replaceChildren(...(step(state.step).single ? [] : [title]), make("table", { class: "outcomes" }, make("tbody", {}, rows)), ...[key, rest].filter(Boolean));
  }

  const rewritable = (play, state) => (play.settings[state.setting].features.goal_register || []).some((value) => value !== 0);

  /** The sentence that says what the page shows, with its numbers; an array of texts and elements. `single`: no act yet. */
  function summary(play, state, found, single = false) {
    const { measured } = found, own = measured.drives.find((one) => one.name === state.drive);
    const drive = actOf(play, state.drive), goal = nameOf(play, state.goal);
    const setting = state.setting ? ` (${words(play.settings[state.setting].title)})` : "";
    const guards = state.switches.map((i) => words(play.switches[i].title)).join(", ");
    const where = setting + (guards ? ` under “${guards}”` : "");
    const worth = figure(number(measured.atStart), "value", `Certified: within ± ${number(measured.bound)}`);
    const range = figure(number(measured.range), "range", `Certified: within ± ${number(measured.rangeBound)}`);
    const end = [make("span", { class: "tail" }, " The best it can reach is worth ", worth, ", the worst ", range, " less.")];
    if (single) return [`${goal} wants ${wish(play, Telos.address.worthOf(play, state.goal).worth)}.`];
    if (!state.drive) return [`${goal}${where}.`, ...end];
    if (!own || own.category === 4) return [`${goal}${where}: nothing that can be done here pursues ${drive}.`, ...end];
    const limits = `Certified: between ${percent(own.low, 4)} and ${percent(own.high, 4)}. IV = ${number(own.iv)} ± ${number(own.bound)}`;
    const { name, verb } = categoryOf(own.category);
    const said = figure(verb, "category", `Telos calls it ${name}. ${limits}`, "term");
    const first = [`${goal}${where} `, said, ` ${drive}`];
    if (own.category !== 1) return [...first, ".", ...end];
    return [...first, ": forbidding it would cost ", figure(percent(own.share), "share", limits, "figure strong"), " of its value range", ...control(found, state), ".", ...end];
  }

  /** What a random set of the size of the act costs, where that is known. */
  function control(found, state) {
    const draws = found.placebos && found.placebos[state.drive];
    if (!draws || !draws.length) return [];
    const shares = draws.map((one) => (typeof one === "number" ? one : one.share));
    const mean = shares.reduce((a, b) => a + b, 0) / shares.length;
    const limits = `${shares.length} draws, from ${percent(Math.min(...shares))} to ${percent(Math.max(...shares))}`;
    return ["; a random set of actions of its size, ", figure(percent(mean), "placebo", limits), " on average"];
  }

  Telos.story = { STEPS, step, look, nameOf, wish, actOf, actions, another, button, choice, toggles, drawGoal, rewritable, summary };
})((globalThis.Telos = globalThis.Telos || {}));
