"use strict";
// Shell: opens the data, holds the state, and joins address, story, laboratory, engine and views.
(function (Telos) {
  const at = (id) => document.getElementById(id);
  const VIEWS = ["goal", "rollouts", "bars", "swarm"];

  /** The data of the page, as text. */
  async function inflated() {
    const bytes = Uint8Array.from(atob(at("telos-data").textContent.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).text();
  }

  async function start() {
    document.documentElement.classList.add("live");
    Telos.tips.listen();
    try {
      run(Telos.open(JSON.parse(await inflated())));
    } catch (error) {
      plain();
      say([`The page cannot be played here (${error.message}). Its story stands below; a newer browser shows the rest.`]);
      throw error;
    }
  }

  /** The page as it is without a script. */
  function plain() {
    document.documentElement.classList.remove("live", "ready");
    for (const part of [at("story"), ...document.querySelectorAll(".step, #view-discovery")]) part.hidden = false;
    for (const id of ["ways", "progress", "laboratory", "views", "program"]) at(id).hidden = true;
  }

  function say(notes) {
    at("notes").textContent = notes.join(" ");
    at("notes").hidden = !notes.length;
  }

  function run(play) {
    let state = null, found = null, drawing = false, whole = false, late = 0, last = 1, before = null, placed = null;
    const laboratory = Telos.laboratory(play, at("laboratory"), change);
    const tell = Telos.frame(play, (next) => change(next));
    const callbacks = { pickGoal: (i) => change({ goal: `u${i}` }), pickDrive: (name) => change({ drive: name }) };

    /** Moves to another state; `same`: in place of the present entry of the browser's history. */
    function change(patch, same = false) {
      state = { ...state, ...patch };
      say([]);
      remember(same);
      show();
    }

    function remember(same) {
      clearTimeout(late);
      const write = () => {
        const text = `#${Telos.address.write(state)}`;
        try {
          history[same ? "replaceState" : "pushState"](null, "", text);
        } catch {
          // Inside a notebook a page has no address of its own.
        }
      };
      if (same) late = setTimeout(write, 250);
      else write();
    }

    /** Goes where the address says; one that names a step alone, or nothing, opens the step as the story has it. */
    function follow(first = false) {
      if (!first && location.hash === `#${Telos.address.write(state)}`) return;
      const read = Telos.address.read(play, location.hash), bare = /^#?(step=[1-9])?$/.test(location.hash);
      state = bare && read.state.step ? stepState(read.state.step) : read.state;
      say(read.notes);
      if (read.notes.length) remember(true);
      show();
    }

    function stepState(step) {
      return { ...Telos.address.read(play, play.story[step - 1].state).state, step };
    }

    /** Opens a step of the story, 1 to 6, or the laboratory, 0, and moves the focus there. */
    function go(step) {
      change(step === 0 ? { step: 0 } : stepState(step));
      at(step === 0 ? "laboratory-title" : `step-${step}-title`).focus({ preventScroll: true });
      scrollTo({ top: 0 });
    }

    function show() {
      const moved = placed !== Telos.story.step(state.step).shown;
      if (state.step) last = state.step;
      Telos.tips.hide();
      frame();
      if (state.step === 0) laboratory.update(state);
      at("listing").textContent = Telos.python(play, state);
      if (found) found = { ...found, fresh: false };
      at("summary").classList.toggle("late", Boolean(found));
      engine.set(state);
      tell(state);
      draw(moved);
    }

    /** All but the views: which parts are seen, where one stands, what can be done. */
    function frame() {
      const step = state.step, shown = Telos.story.step(step).shown;
      document.documentElement.dataset.mode = step ? "story" : "laboratory";
      at("story").hidden = step === 0;
      at("laboratory").hidden = step !== 0;
      at("progress").hidden = step === 0;
      at("program").hidden = step !== 0;
      if (at("view-discovery")) at("view-discovery").hidden = step !== 0 && step !== 2;
      play.story.forEach((_, i) => (at(`step-${i + 1}`).hidden = i + 1 !== step));
      for (const name of VIEWS) at(`view-${name}`).hidden = !shown.includes(name);
      if (placed !== shown) at("views").append(...shown.map((name) => at(`view-${name}`)));
      placed = shown;
      at("to-story").dataset.go = last;
      for (const link of document.querySelectorAll("[data-go]")) {
        const to = Number(link.dataset.go), here = to === step || (to === last && link.dataset.way && step > 0);
        if (here) link.setAttribute("aria-current", link.dataset.way ? "page" : "step");
        else link.removeAttribute("aria-current");
      }
    }

    /** Draws what is to be seen in the next frame; unless `all`, what shows no answer, which is on its way. */
    function draw(all = true) {
      whole = whole || all;
      if (drawing) return;
      drawing = true;
      requestAnimationFrame(() => {
        const names = whole ? Telos.story.step(state.step).shown : ["goal"];
        drawing = whole = false;
        if (state.step) Telos.story.actions(at(`acts-${state.step}`), play, () => ({ state, found }), change);
        const { shown, single } = Telos.story.step(state.step), data = { ...found, play, state };
        if (single && data.rollouts) data.rollouts = only(data.rollouts);
        if (found && found.measured && !found.measured.error) sentence(found);
        for (const name of shown) if (names.includes(name)) attempt(name, data);
      });
    }

    /** One view that fails leaves the others as they are. */
    function attempt(name, data) {
      try {
        view(name, data);
      } catch (error) {
        at(`view-${name}`).querySelector(".drawn").textContent = `This picture cannot be drawn (${error.message}).`;
        console.error(error);
      }
    }

    function view(name, data) {
      const element = at(`view-${name}`).querySelector(".drawn");
      if (name === "goal") return Telos.story.drawGoal(element, play, state);
      const painter = Telos.views && Telos.views[name];
      if (painter && found) painter(element, data, callbacks);
    }

    /** One run alone, before there is anything to compare it with. */
    const only = (both) => ({ ...both, walks: [both.walks[0]], titles: [both.titles[0]], settings: [both.settings[0]], parts: -1, key: `${both.key} alone` });

    function sentence(now) {
      at("summary").classList.toggle("late", now.fresh === false);
      if (now.fresh === false) return;
      const parts = Telos.story.summary(play, now.state || state, now, Telos.story.step(state.step).single);
      if (state.step === 0 && Telos.engine.lastMs) laboratory.took(Telos.engine.lastMs);
      const text = parts.map((part) => (typeof part === "string" ? part : part.textContent)).join("");
      if (text === before) return;
      before = text;
      Telos.laboratory.keep(at("summary"), () => at("summary").replaceChildren(...parts));
    }

    furnish(play, go, () => state);
    const engine = Telos.engine(play, (now) => {
      found = now;
      draw();
    });
    addEventListener("popstate", () => follow());
    addEventListener("hashchange", () => follow());
    addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const busy = event.target instanceof Element && event.target.closest("input, select, textarea, pre, [role=slider], [role=listbox], [role=grid], [data-keys], svg, canvas");
      if (!step || !state.step || busy || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const next = state.step + step;
      if (next >= 1 && next <= play.story.length) go(next);
      else if (next > play.story.length) go(0);
    });
    const discovery = at("view-discovery");
    if (discovery && Telos.views && Telos.views.discovery) Telos.views.discovery(discovery.querySelector(".drawn"), { play }, callbacks);
    follow(true);
    document.documentElement.classList.add("ready");
  }

  /** The parts that only a script needs: ways, progress, steps' actions, Back and Next, Python, light and dark. */
  function furnish(play, go, now) {
    const { make } = Telos.tips, count = play.story.length;
    const link = (step, text, more = {}) => make("a", { href: `#step=${step}`, "data-go": step, ...more, click: (event) => {
      event.preventDefault();
      go(Number(event.currentTarget.dataset.go));
    } }, text);
    const theme = make("button", { type: "button", class: "quiet", id: "theme", click: () => turn(theme) });
    const copying = (id) => make("button", { type: "button", class: "quiet", id, click: (event) => copied(event.currentTarget, Telos.python(play, now())) }, "Copy Python");
    turn(theme, true);
    at("ways").replaceChildren(link(1, "Story", { "data-way": "1", id: "to-story" }), link(0, "Laboratory", { "data-way": "1" }), copying("copy"), theme);
    at("to-story").hidden = !count;
    at("progress").replaceChildren(make("ol", {}, play.story.map((step, i) => make("li", {}, link(i + 1, [make("b", {}, String(i + 1)), make("span", {}, step.title)])))));
    play.story.forEach((_, i) => {
      const section = at(`step-${i + 1}`), lead = section.querySelector(".lead");
      for (const box of section.querySelectorAll("details.answers")) box.open = false;
      for (const text of section.querySelectorAll(".lead, .rest")) explained(text);
      const look = make("p", { class: "look" }, make("b", {}, "Look: "), Telos.story.look(play, i + 1));
      lead.after(make("div", { class: "try" }, make("div", { id: `acts-${i + 1}`, class: "acts" }), look));
      section.append(make("div", { class: "turn" }, i ? Telos.story.button("← Back", () => go(i), "quiet") : make("span"),
        Telos.story.button(i + 1 < count ? "Next →" : "Laboratory →", () => go(i + 1 < count ? i + 2 : 0), "next")));
    });
    at("program").append(make("p", {}, "These lines give the number of the chosen act for the goal, world and safeguards shown: category, IV, its bound, and the certified limits of its share of the value range."),
      make("pre", { tabindex: "0", id: "listing", "aria-label": "Python" }), copying("copy-here"));
    for (const id of ["ways", "views"]) at(id).hidden = false;
    for (const box of document.querySelectorAll("#terms details")) box.open = false;
  }

  /** Limits in brackets say on hover, focus and tap what they are. */
  function explained(paragraph) {
    const parts = paragraph.textContent.split(/(\[[\u2212+\d.,%\s]+\])/);
    const own = (part, i) => (i % 2 ? Telos.tips.figure(part, "interval", "", "term") : part);
    if (parts.length > 1) paragraph.replaceChildren(...parts.map(own));
  }

  /** Turns light to dark and back; `same`: only says which is next. */
  function turn(button, same = false) {
    const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = root.dataset.theme || (dark ? "dark" : "light"), other = { dark: "light", light: "dark" };
    if (!same) root.dataset.theme = other[now];
    button.textContent = other[same ? now : other[now]] === "dark" ? "Dark" : "Light";
    button.setAttribute("aria-label", `Show the page ${button.textContent.toLowerCase()}`);
  }

  async function copied(button, text) {
    const label = "Copy Python";
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
    }
    button.textContent = done ? "Copied" : "Copying is not allowed here; see below";
    setTimeout(() => (button.textContent = label), 2500);
  }

  Telos.start = start;
  if (typeof document !== "undefined" && document.getElementById("telos-data")) start();
})((globalThis.Telos = globalThis.Telos || {}));
