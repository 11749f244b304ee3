// Kernel: what each drive is worth to a goal, as `telos.instrumental_values` finds it: the realistic self.
//
//   play = Telos.open(json)             the data of a page (telos/play/record.py), decoded
//   world = Telos.world(play, setting)
//   problem = Telos.problem(play, {setting, switches, discount, goal: {worth, revised}})
//   Telos.solve(problem, {without, minimize}) -> {value F[S], atStart, bound, tied B[L]}
//   Telos.measure(problem) -> {atStart, bound, range, rangeBound, drives: [{name, category, iv, ...}]}
//   Telos.removal(problem, pairs) -> {iv, bound, share, low, high, needs}
(function (Telos) {
  "use strict";

  const UNIT = 2 ** -53;
  // What bound on IV is asked for, as a part of the largest range a goal could have; what counts as a loss.
  const ASKED = 1e-6, LEAST = 0.01;
  // As `telos.Category`.
  const CATEGORY = { declined: -1, indifferent: 0, required: 1, never_met: 2, unresolved: 3, not_applicable: 4 };
  // Combinations of setting and switches that are remembered, and successors of the parts of worlds that are left
  // without some pairs (20 bytes each).
  const REMEMBERED = 40, SUCCESSORS = 4e6;

  Telos.open = function (json) {
    const given = typeof json === "string" ? JSON.parse(json) : json;
    const play = Telos.unpack ? Telos.unpack(given) : given;
    if (play.format !== 1) throw new Error(`the page's data have format ${play.format}; this script reads 1`);
    for (const outcome of play.outcomes) outcome.halves = outcome.draws.map(Telos.halves);
    play.worlds = [];
    play.setups = { known: new Map(), parts: new Map(), size: 0 };
    return play;
  };

  // Where rows of the given lengths begin.
  function pointers(counts) {
    const ptr = new Int32Array(counts.length + 1);
    for (let i = 0; i < counts.length; i++) ptr[i + 1] = ptr[i] + counts[i];
    return ptr;
  }

  // To which row each entry belongs.
  function owners(ptr) {
    const owner = new Int32Array(ptr[ptr.length - 1]);
    for (let i = 0; i + 1 < ptr.length; i++) owner.fill(i, ptr[i], ptr[i + 1]);
    return owner;
  }

  function flagsOf(pairs, L) {
    const flags = new Uint8Array(L);
    for (let i = 0; i < pairs.length; i++) flags[pairs[i]] = 1;
    return flags;
  }

  // The world of a setting: S states, L pairs, N successors, in compressed rows.
  Telos.world = function (play, setting) {
    if (play.worlds[setting]) return play.worlds[setting];
    const given = play.settings[setting], S = given.pairs.length;
    const pairPtr = pointers(given.pairs), nextPtr = pointers(given.fan);
    const pairState = owners(pairPtr), edgePair = owners(nextPtr), N = edgePair.length, L = pairState.length;
    const nextState = new Int32Array(N), prob = new Float64Array(N), held = new Uint8Array(S).fill(1);
    for (let k = 0; k < N; k++) {
      nextState[k] = pairState[edgePair[k]] + given.step[k];
      prob[k] = play.chances[given.chance[k]];
    }
    const register = given.features.goal_register;
    for (let s = 0; register && s < S; s++) held[s] = register[s] === 0 ? 1 : 0;
    const world = {
      setting, S, L, pairPtr, pairState, nextPtr, nextState, prob, edgePair, held,
      pairAction: Int32Array.from(given.action), outcome: Int32Array.from(given.outcome),
      start: new Float64Array(S), starts: given.start, features: given.features,
      default: given.default.length ? Int32Array.from(given.default) : null,
      fan: Math.max(...given.fan.length < 60000 ? given.fan : [given.fan.reduce((a, b) => Math.max(a, b), 0)]),
    };
    for (const [s, p] of given.start) world.start[s] = p;
    world.drives = given.drives.map((one) => ({ name: one.name, title: one.title, pairs: one.pairs, pursues: flagsOf(one.pairs, L) }));
    return (play.worlds[setting] = world);
  };

  // B[S]: the states that play can come to from the start by the given pairs.
  function reached(world, pairs) {
    const { pairPtr, nextPtr, nextState } = world, seen = new Uint8Array(world.S), queue = [];
    for (const [s, p] of world.starts) if (p > 0 && !seen[s]) { seen[s] = 1; queue.push(s); }
    for (let head = 0; head < queue.length; head++) {
      for (let p = pairPtr[queue[head]]; p < pairPtr[queue[head] + 1]; p++) {
        if (!pairs[p]) continue;
        for (let k = nextPtr[p]; k < nextPtr[p + 1]; k++) {
          if (!seen[nextState[k]]) { seen[nextState[k]] = 1; queue.push(nextState[k]); }
        }
      }
    }
    return seen;
  }

  function checkKept(play, world, keep) {
    for (let s = 0; s < world.S; s++) {
      let left = false;
      for (let p = world.pairPtr[s]; p < world.pairPtr[s + 1] && !left; p++) left = keep[p] === 1;
      if (!left) {
        const name = play.states[play.settings[world.setting].states[s]];
        throw new Error(`state ${name}: no legal pair would be left; keep one`);
      }
    }
  }

  // A setting under switches that forbid: what pairs are kept, and the parts of the world that are solved.
  function setupOf(play, setting, switches) {
    const forbids = switches.filter((i) => play.switches[i].kind === "forbid").sort((a, b) => a - b);
    const key = setting + "|" + forbids;
    const known = play.setups.known.get(key);
    if (known) return known;
    const world = Telos.world(play, setting), keep = new Uint8Array(world.L).fill(1);
    for (const i of forbids) for (const p of play.switches[i].pairs[setting]) keep[p] = 0;
    checkKept(play, world, keep);
    const gone = world.held.map((own) => 1 - own), all = new Uint8Array(world.S).fill(1);
    let closed = true;
    for (let k = 0; k < world.nextState.length; k++) {
      const p = world.edgePair[k];
      if (keep[p] && gone[world.pairState[p]] && !gone[world.nextState[k]]) closed = false;
    }
    const plain = !gone.includes(1);
    const setup = { key, world, keep, here: reached(world, keep), gone, plain, closed };
    setup.mine = plain || !closed ? all : world.held;
    setup.free = Telos.layout(world, keep, setup.mine);
    setup.least = Telos.layout(world, keep, setup.mine.map((x, s) => x && setup.here[s]));
    if (!plain) setup.theirs = Telos.layout(world, keep, closed ? gone : all);
    if (!plain) setup.theirOwn = closed ? setup.theirs : Telos.layout(world, keep, gone);
    const { known: others } = play.setups;
    if (others.size >= REMEMBERED) others.delete(others.keys().next().value);
    others.set(key, setup);
    return setup;
  }

  // What is kept of a setup's world without some pairs of the present self.
  function keptWithout(play, setup, pairs) {
    const { world } = setup, keep = Uint8Array.from(setup.keep);
    for (let i = 0; i < pairs.length; i++) if (world.held[world.pairState[pairs[i]]]) keep[pairs[i]] = 0;
    checkKept(play, world, keep);
    return keep;
  }

  // The part of it that can still be come to. It is remembered by the pairs' numbers: those that come by
  // message are another array each time.
  function layoutWithout(play, setup, pairs) {
    let hash = 0;
    for (let i = 0; i < pairs.length; i++) hash = (Math.imul(hash, 0x9e3779b1) + pairs[i] + 1) | 0;
    const key = setup.key + "|" + pairs.length + "|" + hash, kept = play.setups, known = kept.parts.get(key);
    if (known && known.pairs.every((p, i) => p === pairs[i])) return known.layout;
    const keep = keptWithout(play, setup, pairs), seen = reached(setup.world, keep);
    const layout = Telos.layout(setup.world, keep, setup.mine.map((x, s) => x && seen[s]));
    if (known) kept.size -= known.layout.to.length;
    kept.parts.set(key, { pairs: Int32Array.from(pairs), layout });
    kept.size += layout.to.length;
    for (const [old, part] of kept.parts) {
      if (kept.size <= SUCCESSORS || old === key) break;
      kept.parts.delete(old);
      kept.size -= part.layout.to.length;
    }
    return layout;
  }

  // A goal around the middle of what it values where play can come to; how far rewards may have been rounded.
  function centered(world, here, worth) {
    let low = Infinity, high = -Infinity;
    for (let s = 0; s < world.S; s++) {
      if (!here[s]) continue;
      const one = worth[world.outcome[s]];
      if (one < low) low = one;
      if (one > high) high = one;
    }
    const middle = low + (high - low) / 2, reward = new Float64Array(world.S);
    for (let s = 0; s < world.S; s++) reward[s] = worth[world.outcome[s]] - middle;
    return { middle, reward, error: high > low ? UNIT * Math.max(Math.abs(low), Math.abs(high)) : 0 };
  }

  Telos.problem = function (play, { setting = 0, switches = [], discount = play.discount, goal }) {
    if (!(discount >= 0 && discount < 1)) throw new Error(`discount is ${discount}; it must be in [0, 1)`);
    const setup = setupOf(play, setting, switches), { world } = setup;
    const own = centered(world, setup.here, goal.worth), other = centered(world, setup.here, goal.revised);
    let bonus = null, extra = 0, slack = 0;
    for (const i of switches) {
      const one = play.switches[i];
      if (one.kind !== "fine") continue;
      const before = play.settings[setting].before;
      const spread = rangeOf(Telos.problem(play, { setting: before, discount, goal }));
      const cost = one.weight * (spread.value > spread.bound ? spread.value : 0);
      // A fine is as uncertain as the range that it is a part of.
      slack += one.weight * spread.bound;
      if (bonus === null) bonus = new Float64Array(world.L);
      for (const p of one.pairs[setting]) bonus[p] -= cost;
    }
    for (let p = 0; bonus !== null && p < world.L; p++) if (setup.keep[p]) extra = Math.max(extra, Math.abs(bonus[p]));
    const far = 1 - discount, known = {};
    return {
      play, world, setup, setting, switches, discount, goal, bonus, extra, known,
      reward: own.reward, middle: own.middle, revised: other.reward,
      drift: (own.error + slack) / far, theirDrift: (other.error + slack) / far,
      income: Telos.largestOf(own.reward) + extra,
    };
  };

  function taskOf(problem, layout, more) {
    const { world, reward, bonus, extra, discount, drift } = problem;
    return {
      layout, world, reward, bonus, extra, discount, drift, sign: 1, sense: null, forbidden: null,
      value: new Float64Array(world.S), warm: false, ties: false, ...more,
    };
  }

  // What the rewritten self does: {follows B[L], value F[S] or null, bound}. Where the states of rewritten
  // selves lead back to held ones, their value depends on the present self too, and is null.
  function selvesOf(problem) {
    if (problem.known.selves) return problem.known.selves;
    const { setup, world, revised, theirDrift } = problem;
    const first = taskOf(problem, setup.theirs, { reward: revised, drift: theirDrift, ties: true });
    const planned = Telos.optimize(first);
    const theirs = (tied) => tied.map((one, p) => (one && setup.gone[world.pairState[p]] ? 1 : 0));
    let found = { follows: theirs(planned.tied), value: null, bound: planned.bound };
    if (setup.closed) {
      const forbidden = found.follows.map((one) => 1 - one);
      const second = taskOf(problem, setup.theirOwn, { forbidden, ties: true });
      const judged = Telos.optimize(second);
      found = { follows: theirs(judged.tied), value: second.value, bound: judged.bound };
    }
    return (problem.known.selves = found);
  }

  // The optimum of the centered problem: {value F[S], first, bound, tied}, for the realistic self.
  function plan(problem, layout, { minimize = false, start = null, ties = false } = {}) {
    const { setup, world, discount } = problem, sign = minimize ? -1 : 1;
    const more = { sign, ties, warm: start !== null };
    if (start !== null) more.value = Float64Array.from(start);
    if (setup.plain) return finished(taskOf(problem, layout, more), null);
    const selves = selvesOf(problem);
    if (selves.value !== null) {
      if (start === null) more.value = Float64Array.from(selves.value);
      more.drift = problem.drift + discount * selves.bound;
      return finished(taskOf(problem, layout, more), selves);
    }
    more.forbidden = selves.follows.map((one, p) => (setup.gone[world.pairState[p]] && !one ? 1 : 0));
    more.sense = Float64Array.from(setup.gone, (away) => (away ? 1 : sign));
    return finished(taskOf(problem, layout, more), null);
  }

  // What was found; errors in what rewritten selves are worth reach the states before them discounted.
  function finished(task, selves) {
    const { bound, first, tied } = Telos.optimize(task);
    if (selves === null) return { value: task.value, first, bound, tied };
    for (let p = 0; tied !== null && p < tied.length; p++) if (selves.follows[p]) tied[p] = 1;
    const whole = Math.max(selves.bound, bound + task.discount * selves.bound);
    return { value: task.value, first, bound: whole, tied };
  }

  function freeOf(problem) {
    const { known, setup } = problem;
    return known.free || (known.free = plan(problem, setup.free, { ties: true }));
  }

  // The rounding of an expected value over several first states.
  function noiseOf(problem) {
    const { world, discount, income } = problem;
    return world.starts.some(([, p]) => p === 1) ? 0 : ((world.S + 2) * UNIT * income) / (1 - discount);
  }

  // max V - min V at the start, and its bound.
  function rangeOf(problem) {
    if (problem.known.range) return problem.known.range;
    const free = freeOf(problem), least = plan(problem, problem.setup.least, { minimize: true });
    const bound = free.bound + least.bound + 2 * problem.drift + 2 * noiseOf(problem);
    return (problem.known.range = { value: free.first - least.first, bound });
  }

  // The solution of a problem (as `telos.solve_as(problem, "realistic")`), without some pairs of the present
  // self or for the least value; its numbers are those of the goal as it is, not around its middle.
  Telos.solve = function (problem, { without = null, minimize = false, start = null } = {}) {
    const { setup, play, middle, discount, world } = problem, offset = middle / (1 - discount);
    const begin = start === null ? null : start.map((one) => one - offset);
    let found;
    if (without === null && !minimize && start === null) found = freeOf(problem);
    else {
      const layout = without === null ? setup.free : Telos.layout(world, keptWithout(play, setup, without), setup.mine);
      found = plan(problem, layout, { minimize, start: begin, ties: true });
    }
    const value = found.value.map((one) => one + offset);
    const size = Telos.largestOf(value) + 2 * Math.abs(offset);
    return { value, atStart: found.first + offset, bound: found.bound + 2 * UNIT * size, tied: found.tied, world };
  };

  // What removing pairs costs: {iv, bound}, both in units of reward.
  function lossOf(problem, pairs) {
    const { setup, play, drift } = problem, free = freeOf(problem);
    let less = free;
    for (let i = 0; i < pairs.length; i++) {
      if (!setup.keep[pairs[i]]) continue;
      less = plan(problem, layoutWithout(play, setup, pairs), { start: free.value });
      break;
    }
    const bound = free.bound + less.bound + 2 * noiseOf(problem) + 2 * drift;
    return { iv: Math.max(free.first - less.first, 0), bound };
  }

  // Certified limits of a loss over the value range, and whether it is at least a hundredth: 1, 0, -1.
  function limits(iv, bound, spread) {
    let low = 0, high = 0;
    if (spread.value > spread.bound) {
      low = Math.max(iv - bound, 0) / (spread.value + spread.bound);
      high = Math.min((iv + bound) / (spread.value - spread.bound), 1);
    }
    return { low, high, needs: low >= LEAST ? 1 : high < LEAST ? 0 : -1 };
  }

  Telos.removal = function (problem, pairs) {
    const { iv, bound } = lossOf(problem, pairs), found = limits(iv, bound, rangeOf(problem));
    return { iv, bound, share: (found.low + found.high) / 2, ...found };
  };

  // Of each drive, whether tied-optimal play can come to one of its pairs, and to one that ties.
  function metByTiedPlay(problem) {
    const { world, setup } = problem, { tied } = freeOf(problem), seen = reached(world, tied);
    return world.drives.map((drive) => {
      let met = false, found = false;
      for (const p of drive.pairs) {
        if (!setup.keep[p] || !seen[world.pairState[p]]) continue;
        met = true;
        if (tied[p]) found = true;
      }
      return { met, found };
    });
  }

  Telos.measure = function (problem) {
    const { world, setup, discount, income, middle } = problem, free = freeOf(problem);
    const spread = rangeOf(problem), asked = (ASKED * 2 * income) / (1 - discount);
    const range = spread.value > spread.bound ? spread.value : 0;
    const walks = metByTiedPlay(problem), offset = middle / (1 - discount);
    const drives = world.drives.map((drive, d) => {
      const { iv, bound } = lossOf(problem, drive.pairs);
      let category = CATEGORY.indifferent;
      if (!drive.pairs.some((p) => setup.keep[p] && setup.here[world.pairState[p]])) category = CATEGORY.not_applicable;
      else if (iv > bound) category = CATEGORY.required;
      else if (bound > asked) category = CATEGORY.unresolved;
      else if (!walks[d].met) category = CATEGORY.never_met;
      else if (!walks[d].found) category = CATEGORY.declined;
      const share = category === CATEGORY.required && range > 0 ? Math.min(iv / range, 1) : 0;
      return { name: drive.name, title: drive.title, category, iv, bound, share, ...limits(iv, bound, spread) };
    });
    const size = Telos.largestOf(free.value) + 3 * Math.abs(offset);
    return { atStart: free.first + offset, bound: free.bound + 2 * UNIT * size, range, rangeBound: spread.bound, drives };
  };
})(typeof globalThis.Telos === "object" ? globalThis.Telos : (globalThis.Telos = {}));
