/* Engine: from a state to what is shown; asks workers, the newest state first, and drops what is out of date. */
(function (root) {
  "use strict";
  const Telos = (root.Telos = root.Telos || {});
  const { crew, memory, pageOf, progress } = Telos.team;

  /** Steps of a rollout; how many goals are asked what the draws of a placebo cost them. */
  const STEPS = 24;
  const PLACEBO_GOALS = 100;
  /** To how many goals swarms that are compared are brought by turns; then to all. */
  const TURNS = [60, 200];

  /** Goals that the first worker solves while it is asked nothing, so that the first edit finds its code compiled. */
  const WARM = 4;
  /** How often a growing swarm is drawn, in ms. */
  const SELDOM = 300;

  /** What decides a problem without its goal, and with it. */
  const worldKey = (state) => [state.setting, state.switches.join(","), state.discount].join("|");
  const goalKey = (state) => worldKey(state) + "|" + state.goal;

  Telos.engine = function (play, onChange) {
    let state = null;
    let began = 0;
    let version = 0;
    let tasks = [];
    let problem = "";
    const known = memory(400);
    const swarms = memory(24);
    const clock = () => root.performance.now();
    let team = crew(play, lost);

    /** Without a worker that failed the others go on, or the page itself; what it was asked is asked again. */
    function lost(one) {
      if (!team.includes(one)) return;
      team = team.filter((each) => each !== one);
      one.end();
      if (!team.length) team = [pageOf(play)];
      one.left().forEach((then) => then({ lost: true }));
      if (state) plan();
    }

    const settingOf = (drive) =>
      play.settings.findIndex((each) => each.kind === "without" && each.drive === drive);
    const drivesOf = (setting) => play.settings[setting].drives.map((each) => each.name);
    /** The problem of a state, as the kernel wants it. */
    const posed = (at) => ({
      setting: at.setting, switches: at.switches, discount: at.discount, goal: Telos.address.worthOf(play, at.goal),
    });
    const pairsOf = (at, drive) => {
      const found = play.settings[at.setting].drives.find((each) => each.name === drive);
      return found ? found.pairs : null;
    };

    /** One question, asked once: what `pick` takes of its answer is kept under a key. */
    function question(key, message, quick, pick) {
      const then = (answer) => known.set(key, answer.error ? answer : pick(answer));
      return { key, quick, next: () => (known.get(key) === undefined ? { message: message(), then } : null) };
    }

    /** The swarm of one problem: all goals, every drive. */
    function swarmOf(at) {
      const key = worldKey(at);
      const found = swarms.get(key);
      if (found) return found;
      const rows = Object.create(null);
      for (const name of drivesOf(at.setting)) rows[name] = [];
      return swarms.set(key, {
        key, at: { ...at }, rows, done: 0, asked: 0, late: new Map(), spent: 0, solved: 0, error: "",
      });
    }

    function swarmTask(swarm, goal) {
      return {
        key: "swarm " + swarm.key + " " + goal,
        quick: false,
        many: true,
        next(slice) {
          if (swarm.asked >= goal || swarm.error) return null;
          const each = swarm.solved ? swarm.spent / swarm.solved : 30;
          const count = Math.max(1, Math.min(64, Math.round(slice / each), goal - swarm.asked));
          const first = swarm.asked;
          swarm.asked += count;
          const from = clock();
          return {
            message: { kind: "swarm", state: { ...posed(swarm.at), goal: null }, first, count },
            again: () => void (swarm.asked = swarm.done),
            then(answer) {
              if (answer.error) {
                swarm.error = answer.error;
                return;
              }
              if (answer.done) {
                swarm.spent += clock() - from;
                swarm.solved += count;
              }
              swarm.late.set(answer.first, answer.rows);
              while (swarm.late.has(swarm.done)) {
                const rows = swarm.late.get(swarm.done);
                swarm.late.delete(swarm.done);
                for (const row of rows) row.drives.forEach((one) => swarm.rows[one.name].push(one));
                swarm.done += rows.length;
              }
            },
          };
        },
      };
    }

    /** c of the chosen drive's random sets, over the first goals of the swarm. */
    function controlTask(at, drive) {
      const key = "control " + worldKey(at) + " " + drive;
      const found = known.get(key) || known.set(key, { needs: [], asked: 0, late: new Map(), error: "" });
      const goals = Math.min(PLACEBO_GOALS, play.swarm);
      return {
        key,
        quick: false,
        many: true,
        next() {
          if (found.asked >= goals || found.error) return null;
          const number = found.asked;
          found.asked += 1;
          return {
            message: { kind: "placebos", state: posed({ ...at, goal: "u" + number }), drives: [drive] },
            again: () => void (found.asked = found.needs.length),
            then(answer) {
              if (answer.error) {
                found.error = answer.error;
                return;
              }
              found.late.set(number, answer.rows.map((one) => (one.needs === 1 ? 1 : 0)));
              while (found.late.has(found.needs.length)) {
                const next = found.late.get(found.needs.length);
                found.late.delete(found.needs.length);
                found.needs.push(next);
              }
            },
          };
        },
      };
    }

    /** The random sets of a drive: of this setting, or those of the first one that `Telos.placebos` takes over. */
    const setsOf = (at, drive) => {
      const known = (k) => play.settings[k].drives.find((each) => each.name === drive);
      const [own, first] = [known(at.setting), known(0)];
      if (own && own.placebo.length) return own.placebo;
      return own && first && play.settings[at.setting].base_pair.length ? first.placebo : [];
    };
    const base = () => ({ ...state, setting: 0, switches: [] });
    const bothSwarms = () => (plain() ? [swarmOf(state)] : [swarmOf(state), swarmOf(base())]);
    const plain = () => state.setting === 0 && state.switches.length === 0;

    const measuring = (at, quick) =>
      question("measure " + goalKey(at), () => ({ kind: "measure", state: posed(at) }), quick, (answer) => answer.measured);
    const walking = ([at, without]) =>
      question(walkKey(at, without), () => ({
        kind: "rollout", state: posed(at), seed: at.seed, steps: STEPS, without: without ? pairsOf(at, without) : null,
      }), true, (answer) => ({ steps: answer.walk.map((step) => said(at, step)) }));
    const drawing20 = (at, drive) =>
      question(placeboKey(drive), () => ({ kind: "placebos", state: posed(at), drives: [drive] }), false, (answer) => ({ sets: answer.rows }));

    /** Everything that the state asks for, the most urgent first. */
    function planned() {
      const list = [measuring(state, true), ...walks().map(walking)];
      const names = drivesOf(state.setting);
      const chosen = names.includes(state.drive) ? [state.drive] : [];
      const order = [...chosen, ...names.filter((name) => name !== state.drive)];
      if (!plain()) list.push(measuring(base(), true));
      for (const drive of plain() ? order : []) {
        if (settingOf(drive) > 0) list.push(measuring({ ...state, setting: settingOf(drive) }, false));
      }
      for (const drive of order) if (setsOf(state, drive).length) list.push(drawing20(state, drive));
      const { acts } = play.settings[state.setting];
      if (acts.length && Telos.paint.opened.has("acts")) {
        const sets = () => ({ kind: "removal", state: posed(state), sets: acts.map((each) => each.pairs) });
        list.push(question("acts " + goalKey(state), sets, false, (answer) => ({ sets: answer.rows })));
      }
      const upTo = (most) => bothSwarms().map((swarm) => swarmTask(swarm, Math.min(most, play.swarm)));
      list.push(...TURNS.flatMap(upTo));
      if (chosen.length && setsOf(state, state.drive).length) list.push(controlTask(state, state.drive));
      list.push(...upTo(play.swarm), warming());
      return list;
    }

    let warmed = 0;
    /** The goals that come next, WARM in all, which is all that the first of several does unasked. */
    function warming() {
      const next = () => (warmed < WARM && shown ? measuring({ ...state, goal: "u" + ++warmed }, false).next() : null);
      return { key: "warm", quick: false, idle: true, next };
    }

    /** A step of a rollout in words. */
    function said(at, step) {
      const world = play.settings[at.setting];
      return {
        ...step,
        name: play.states[world.states[step.state]],
        outcome: play.outcomes[step.outcome].name,
        held: !(step.features.goal_register > 0),
      };
    }

    const walkKey = (at, without) => ["walk", goalKey(at), state.seed, without].join(" ");
    const placeboKey = (drive) => "placebo " + goalKey(state) + " " + drive;
    /** Two rollouts: free, and with the drive forbidden; or as it is, and as the state has it. */
    function walks() {
      if (!plain()) return [[base(), ""], [state, ""]];
      return drivesOf(0).includes(state.drive) ? [[state, ""], [state, state.drive]] : [[state, ""]];
    }

    function plan() {
      tasks = planned();
      team.forEach((one) => give(one));
    }

    const running = new Set();
    /** The next task for somebody who is free; the first of several keeps to quick ones. */
    function give(one) {
      // The first answer of all comes before anybody else begins.
      if (one.busy || (!shown && one !== team[0]) || (root.document && root.document.hidden && !tasks.some((each) => each.quick))) return;
      const first = one === team[0] && team.length > 1;
      for (const task of tasks) {
        if (!task.quick && first !== Boolean(task.idle)) continue;
        if (!task.many && running.has(task.key)) continue;
        const job = task.next(one.slice);
        if (!job) continue;
        one.busy = true;
        running.add(task.key);
        one.ask(job.message, (answer) => {
          if (answer.done !== false || answer.lost || answer.error) {
            one.busy = false;
            running.delete(task.key);
          }
          if (answer.lost) return job.again ? job.again() : undefined;
          if (answer.done === true && !answer.rows) return give(one);
          if (answer.error) problem = answer.error;
          job.then(answer);
          if (!task.idle) changed(task);
          return give(one);
        });
        return;
      }
    }

    // What is shown.

    let shown = null;
    let drawing = 0;
    function changed(task) {
      if (task.quick) deliver();
      else if (!drawing) drawing = setTimeout(() => deliver(), task.many ? SELDOM : 80);
    }

    function deliver() {
      clearTimeout(drawing);
      drawing = 0;
      const fresh = known.get("measure " + goalKey(state));
      const first = !shown;
      if (fresh) shown = { key: goalKey(state), measured: fresh.error ? null : fresh };
      if (first && shown) team.forEach((one) => give(one));
      onChange({
        play,
        state,
        measured: shown && shown.measured,
        fresh: Boolean(shown && shown.key === goalKey(state)),
        before: plain() ? null : known.get("measure " + goalKey(base())) || null,
        removed: removedNow(),
        placebos: placebosNow(),
        drawable: drivesOf(state.setting).filter((name) => setsOf(state, name).length),
        acts: actsNow(),
        rollouts: rolloutsNow(),
        swarm: swarmNow(),
        progress: progress(bothSwarms(), team.length - 1, play.swarm),
        problem,
      });
      if (fresh && version !== drawnVersion) timed();
    }

    let drawnVersion = -1;
    /** Milliseconds from the event to the picture on the screen. */
    function timed() {
      const [from, at] = [began, version];
      drawnVersion = version;
      const note = () => {
        if (at === version) Telos.engine.lastMs = clock() - from;
      };
      if (root.requestAnimationFrame) root.requestAnimationFrame(() => setTimeout(note, 0));
      else note();
    }

    function removedNow() {
      if (!plain()) return Object.create(null);
      const found = Object.create(null);
      for (const drive of drivesOf(0)) {
        const setting = settingOf(drive);
        if (setting < 1) continue;
        const there = known.get("measure " + goalKey({ ...state, setting }));
        if (!there || there.error) continue;
        const own = there.drives.find((each) => each.name === drive);
        found[drive] = { setting, title: play.settings[setting].title, ...(own || { category: 4, share: 0, low: 0, high: 0, needs: 0, iv: 0 }) };
      }
      return found;
    }

    function placebosNow() {
      const found = Object.create(null);
      for (const drive of drivesOf(state.setting)) {
        const answer = known.get(placeboKey(drive));
        if (answer && !answer.error) found[drive] = answer.sets;
      }
      return found;
    }

    /** What each act is worth to the goal, most first. */
    function actsNow() {
      const answer = known.get("acts " + goalKey(state));
      if (!answer || answer.error) return null;
      const found = play.settings[state.setting].acts.map((act, k) => ({ ...act, pairs: null, ...answer.sets[k] }));
      return found.sort((a, b) => b.share - a.share);
    }

    function rolloutsNow() {
      const pair = walks();
      const found = pair.map(([at, without]) => known.get(walkKey(at, without)));
      if (found.some((each) => !each || each.error)) return null;
      const [one, two] = found.map((each) => each.steps);
      return {
        settings: pair.map(([at]) => at.setting),
        titles: plain()
          ? ["Free to do anything", "Same random numbers, “" + titleOf(state.drive) + "” forbidden"]
          : ["As it is", "Same random numbers, " + under()],
        walks: two ? [one, two] : [one],
        parts: two ? Telos.numbers.parting(one, two) : -1,
        reward: extremes(),
        key: pair.map(([at, without]) => walkKey(at, without)).join(" "),
      };
    }

    /** What the worst and the best outcome are worth to the goal. */
    function extremes() {
      const { worth } = Telos.address.worthOf(play, state.goal);
      return [Math.min(...worth), Math.max(...worth)];
    }

    const titleOf = (drive) => {
      const found = play.settings[0].drives.find((each) => each.name === drive);
      return Telos.numbers.plainly(found ? found.title : drive);
    };
    function under() {
      const parts = state.setting ? [play.settings[state.setting].title] : [];
      return [...parts, ...state.switches.map((i) => play.switches[i].title)].map(Telos.numbers.plainly).join(", ");
    }

    const tableOf = (swarm) => ({ done: swarm.done, rows: swarm.rows, key: swarm.key, error: swarm.error });
    function swarmNow() {
      const own = swarmOf(state);
      const control = known.get("control " + worldKey(state) + " " + state.drive);
      return {
        ...tableOf(own),
        of: play.swarm,
        base: plain() ? null : tableOf(swarmOf(base())),
        under: plain() ? "" : under(),
        control: control && control.needs.length ? control.needs : null,
      };
    }


    for (const kind of ["visibilitychange", "telos-opened"]) {
      if (root.document) root.document.addEventListener(kind, () => state && plan());
    }
    return {
      /** Take a new state; what is known of it is shown at once, the rest as it comes. */
      set(next) {
        const event = root.event;
        const now = clock();
        const stamp = event && event.timeStamp;
        began = stamp > 0 && now - stamp < 1000 && now >= stamp ? stamp : now;
        version += 1;
        problem = "";
        state = { ...next, switches: [...next.switches].sort((a, b) => a - b) };
        const complete = known.get("measure " + goalKey(state));
        plan();
        if (complete) deliver(); // what is out of date is drawn only where the answer takes its time
        else if (shown && !drawing) drawing = setTimeout(() => deliver(), 80);
      },
      /** Whether nothing is left to do. */
      get idle() {
        return team.every((one) => !one.busy);
      },
      end() {
        team.forEach((one) => one.end());
      },
    };
  };
  Telos.engine.lastMs = NaN;
})(typeof globalThis !== "undefined" ? globalThis : this);
