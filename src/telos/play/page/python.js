"use strict";
// Python: the lines that give the numbers of the page in Python.
(function (Telos) {
  const classOf = (name) => name.split("_").map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
  const float = (value) => (Number.isInteger(value) ? value.toFixed(1) : String(value));
  const list = (values) => `[${Array.from(values, float).join(", ")}]`;

  /** How a program comes to the drive of a state in the world of its setting. */
  function driveOf(play, state) {
    const named = (setting) => setting.drives.find((one) => one.name === state.drive);
    const own = named(play.settings[state.setting]) || named(play.settings[0]);
    return own && own.python ? own.python : `telos.drives.${classOf(state.drive)}().affordances(problem.world)`;
  }

  /** The lines that make `goals`, given `scenario` and `world`; `other`: its outcomes may be numbered otherwise. */
  function goalLines(play, text, other) {
    const goal = Telos.address.goal(play, text);
    if (goal.kind === "u") return [`goals = ${uniform(goal.number)}`];
    if (goal.kind === "p") return [`goals = ${play.presets[goal.preset].python}`];
    const lines = other ? ["first = list(scenario.build().outcomes)", "outcome = [first.index(world.outcomes[k]) for k in world.outcome]"] : ["outcome = world.outcome"];
    const pool = goal.revised ? `np.array(${list(goal.revised)})[outcome]` : `${uniform(goal.from)}.rewritten()`;
    return [...lines, `goals = telos.Goals(np.array(${list(goal.worth)})[outcome], pool=${pool}, revised=[0])`];
  }

  const uniform = (number) => `telos.families.Uniform().sample(world, 1, np.random.default_rng(0), first=${number})`;

  /** The program of a state: its last line prints category, IV, bound, and the share with its certified limits. */
  function python(play, state) {
    const setting = play.settings[state.setting], own = setting.python.trim();
    const guards = state.switches.map((i) => play.switches[i].python);
    const early = own !== "" && !/^problem\b/.test(own), late = own !== "" && !early;
    const made = early && /^world\b/m.test(own) ? own : [early ? own : "", "world = scenario.build()"].filter(Boolean).join("\n");
    const given = play.python.trim().split("\n");
    const scenario = [...given.slice(0, -1), `scenario = ${given[given.length - 1].replace(/^scenario\s*=\s*/, "")}`];
    const lines = ["import numpy as np", "import telos", ...scenario, made, ...goalLines(play, state.goal, early)];
    const under = (problem) => (guards.length ? `telos.guard(${problem}, (${guards.join(", ")},))` : problem);
    const plain = `telos.Problem(world, goals, ${state.discount})`;
    if (!late) lines.push(`problem = ${under(plain)}`);
    else lines.push(`problem = ${plain}`, own, ...(guards.length ? [`problem = ${under("problem")}`] : []));
    if (state.drive === "") lines.push('print(telos.solve_as(problem, "realistic").at_start)');
    else {
      lines.push(`drive = ${driveOf(play, state)}`, "(found,) = telos.instrumental_values(problem, (drive,))");
      lines.push("print(found.category, found.iv, found.bound, found.share_low, found.share_high)");
    }
    return lines.join("\n") + "\n";
  }

  Telos.python = python;
})((globalThis.Telos = globalThis.Telos || {}));
