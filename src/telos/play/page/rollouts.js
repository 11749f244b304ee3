/* Rollouts: two walks above one another with the same random numbers, the first step at which they part marked. */
(function (root) {
  "use strict";
  const Telos = (root.Telos = root.Telos || {});
  const { h, s, show, onPick, table, quiet, scene } = Telos.paint;
  const { short, plainly } = Telos.numbers;

  const PACE = 900;

  /** What the view remembers between drawings: which step is looked at, and whether it plays. */
  function memoryOf(element) {
    if (!element.telosWalk) element.telosWalk = { key: "", step: 0, timer: 0 };
    return element.telosWalk;
  }
  function stop(memory) {
    clearInterval(memory.timer);
    memory.timer = 0;
  }

  const isOff = (step) => Number(step.features.off || 0) > 0;
  const isRewritten = (step) => step.held === false;
  const firstWhere = (walk, test) => walk.findIndex(test);

  /** Bars from nothing to the best outcome of the goal. */
  function worthBar(step, [least, most]) {
    const part = most > least ? (step.reward - least) / (most - least) : 0;
    const high = 26;
    return s("svg", { class: "step-worth", viewBox: "0 0 20 28", preserveAspectRatio: "none", "aria-hidden": "true" },
      s("path", { class: "grid", d: "M0 27.5h20" }),
      s("path", { class: "step-bar", d: `M4 27v${-Math.max(0.5, high * part)}h12v${Math.max(0.5, high * part)}z` }));
  }

  function cell(step, t, context) {
    const { current, parts, reward, titles } = context;
    const pursued = step.drives.map((name) => titles[name] || name);
    const off = isOff(step);
    const rewritten = isRewritten(step);
    const kinds = ["step"];
    if (t === current) kinds.push("current");
    if (parts >= 0 && t === parts) kinds.push("parts");
    if (parts >= 0 && t > parts) kinds.push("after");
    if (off) kinds.push("is-off");
    else if (rewritten) kinds.push("is-rewritten");
    if (pursued.length) kinds.push("pursues");
    const said = [
      `Step ${t + 1}: ${step.action}`,
      pursued.length ? `pursues ${pursued.join(" and ")}` : "",
      `outcome ${step.outcome}, worth ${short(step.reward)}`,
      off ? "switched off" : rewritten ? "its goal has been rewritten" : "",
      t === parts ? "here the two part" : "",
    ].filter(Boolean).join("; ");
    return h("li", {},
      h("button", {
        type: "button", class: kinds.join(" "), "data-step": t, tabindex: t === current ? "0" : "-1",
        "aria-label": said, "aria-current": t === current ? "step" : null, title: said,
      },
      h("span", { class: "step-number" }, t + 1),
      worthBar(step, reward),
      h("span", { class: "step-outcome" }, off ? "off" : step.outcome),
      h("span", { class: "step-action" }, off ? "—" : step.action),
      pursued.length ? h("span", { class: "step-mark", "aria-hidden": "true" }, "◆") : null));
  }

  function caption(walk, at, titles) {
    const step = walk[at];
    const off = firstWhere(walk, isOff);
    const rewritten = firstWhere(walk, isRewritten);
    const pursued = step.drives.map((name) => titles[name] || name);
    const ends = [];
    if (off >= 0 && off <= at) ends.push(`Switched off since step ${off + 1}.`);
    if (rewritten >= 0 && rewritten <= at) ends.push(`Its goal was rewritten before step ${rewritten + 1}: another goal chooses now.`);
    return h("figcaption", {},
      h("b", {}, `Step ${at + 1}: `),
      isOff(step) ? "it is off" : ["it does “", step.action, "”"],
      pursued.length && !isOff(step) ? h("span", { class: "pursued" }, ` ◆ ${pursued.join(", ")}`) : null,
      h("small", {}, step.name, ` · worth ${short(step.reward)} now`),
      ends.length ? h("small", { class: "ended" }, ends.join(" ")) : null);
  }

  function walkOf(data, k, memory, titles) {
    const { walks, parts, reward, settings } = data.rollouts;
    const walk = walks[k];
    const at = Math.min(memory.step, walk.length - 1);
    const context = { current: at, parts, reward, titles };
    return h("section", { class: "walk", "data-key": "walk" + k, "aria-label": data.rollouts.titles[k] },
      h("h4", {}, data.rollouts.titles[k]),
      h("figure", { class: "stage" },
        scene(data.play, settings[k], walk.slice(0, at + 1)),
        caption(walk, at, titles)),
      h("ol", { class: "strip", "data-strip": k }, walk.map((step, t) => cell(step, t, context))));
  }

  /** The actions of a walk, each where it is first taken. */
  function deeds(walk) {
    const names = [...new Set(walk.filter((step) => !isOff(step)).map((step) => `“${step.action}”`))];
    const more = names.length > 8 ? `, and ${names.length - 8} more` : "";
    return names.slice(0, 8).join(", ") + more + (walk.some(isOff) ? "; then it is off" : "");
  }

  function meeting({ walks, parts }, titles) {
    if (walks.length < 2) return `In these ${walks[0].length} steps it does, in this order: ${deeds(walks[0])}.`;
    if (parts < 0) return `In these ${walks[0].length} steps both do exactly the same, with these random numbers.`;
    const [one, two] = walks.map((walk) => walk[parts]);
    const pursued = one.drives.map((name) => titles[name] || name);
    if (one.name !== two.name) return `They part before step ${parts + 1}: “${one.name}” above, “${two.name}” below.`;
    return `They part at step ${parts + 1}: above it does “${one.action}”${pursued.length ? ` (${pursued.join(", ")})` : ""}, below “${two.action}”.`;
  }

  function controls(memory, length) {
    const button = (act, text, label, disabled) =>
      h("button", { type: "button", class: "tool", "data-act": act, "aria-label": label, disabled, title: label }, text);
    return h("div", { class: "walk-tools", role: "group", "aria-label": "Playing the rollouts" },
      button("back", "◀", "One step back", memory.step === 0),
      button("play", memory.timer ? "❚❚ Pause" : "▶ Play", memory.timer ? "Pause" : "Play both rollouts"),
      button("next", "▶", "One step on", memory.step >= length - 1),
      h("span", { class: "step-of" }, `step ${memory.step + 1} of ${length}`));
  }

  function numbers({ walks, titles }) {
    const [one, two] = walks;
    const head = two ? ["step", "above: action", "outcome", "worth", "below: action", "outcome", "worth"] : ["step", "action", "outcome", "worth"];
    const cells = (step) => [isOff(step) ? "off" : step.action + (step.drives.length ? " ◆" : ""), step.outcome, short(step.reward)];
    return table("rollouts", `${titles.join("; below: ")}. ◆: the step pursues a drive.`, head,
      () => one.map((step, t) => [String(t + 1), ...cells(step), ...(two ? cells(two[t]) : [])]));
  }

  /** Keep the current step in sight, inside its strip only. */
  function follow(element) {
    for (const strip of element.querySelectorAll(".strip")) {
      const current = strip.querySelector(".current");
      if (!current) continue;
      const at = current.parentElement.offsetLeft;
      const away = at < strip.scrollLeft || at + current.offsetWidth > strip.scrollLeft + strip.clientWidth;
      if (away) strip.scrollTo({ left: Math.max(0, at - strip.clientWidth / 3), behavior: quiet() ? "auto" : "smooth" });
    }
  }

  function draw(element) {
    const memory = memoryOf(element);
    const { data } = memory;
    const { walks } = data.rollouts;
    const length = walks[0].length;
    memory.step = Math.max(0, Math.min(memory.step, length - 1));
    const titles = Object.create(null);
    for (const drive of data.play.settings[0].drives) titles[drive.name] = plainly(drive.title);
    show(element,
      h("p", { class: "walk-says" }, meeting(data.rollouts, titles)),
      controls(memory, length),
      walks.map((walk, k) => walkOf(data, k, memory, titles)),
      h("p", { class: "muted" }, "Bars: what the outcome of the step is worth to this goal. ◆: the step pursues a drive, that is, a means such as skill or staying on. One run; chance makes others differ."),
      numbers(data.rollouts));
    root.requestAnimationFrame(() => follow(element));
  }

  function go(element, step) {
    const memory = memoryOf(element);
    const strip = root.document.activeElement && root.document.activeElement.closest && root.document.activeElement.closest(".strip");
    memory.step = step;
    draw(element);
    if (strip && element.contains(strip)) {
      const current = strip.querySelector(".current");
      if (current) current.focus({ preventScroll: true });
    }
  }

  function play(element) {
    const memory = memoryOf(element);
    if (memory.timer) {
      stop(memory);
      return draw(element);
    }
    const length = memory.data.rollouts.walks[0].length;
    if (memory.step >= length - 1) memory.step = -1;
    memory.timer = setInterval(() => {
      if (!element.isConnected) return stop(memory);
      if (memory.step >= memory.data.rollouts.walks[0].length - 2) stop(memory);
      return go(element, memory.step + 1);
    }, PACE);
    return go(element, memory.step + 1);
  }

  /** Where a pair of walks is opened: where they part, or where the first comes to rest. */
  function opened({ walks, parts }) {
    if (parts >= 0) return parts;
    let last = 0;
    if (walks.length < 2) return last;
    walks[0].forEach((step, t) => {
      if (t && step.name !== walks[0][t - 1].name) last = t;
    });
    return last;
  }

  function act(element, what) {
    const memory = memoryOf(element);
    if (what === "play") return play(element);
    stop(memory);
    return go(element, memory.step + (what === "next" ? 1 : -1));
  }

  function onKeys(element) {
    element.addEventListener("keydown", (event) => {
      const inside = event.target.closest && event.target.closest(".strip");
      if (!inside || event.altKey || event.ctrlKey || event.metaKey) return;
      const memory = memoryOf(element);
      const length = memory.data.rollouts.walks[0].length;
      const to = { ArrowRight: memory.step + 1, ArrowLeft: memory.step - 1, Home: 0, End: length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      stop(memory);
      go(element, to);
    });
  }

  /**
   * Draw two rollouts.
   *
   * @param element  where
   * @param data  what the engine says: play, state, rollouts
   */
  Telos.views.rollouts = function (element, data) {
    const memory = memoryOf(element);
    if (!data || !data.rollouts) {
      if (!memory.data) show(element, h("p", { class: "muted" }, "Solving …"));
      return;
    }
    if (!memory.listens) {
      memory.listens = true;
      onKeys(element);
      onPick(element, "step", (t) => {
        stop(memory);
        go(element, Number(t));
      });
      onPick(element, "act", (what) => act(element, what));
    }
    const same = memory.key === data.rollouts.key;
    memory.data = data;
    if (same) return;
    memory.key = data.rollouts.key;
    if (!memory.timer) memory.step = opened(data.rollouts);
    draw(element);
  };
})(typeof globalThis !== "undefined" ? globalThis : this);
