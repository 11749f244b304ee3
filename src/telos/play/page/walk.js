// Walk: what one goal's agent does, step by step; two walks with one seed have the same luck.
//
//   walk = Telos.rollout(problem, {seed, steps, without})    an array of steps:
//     {t, state, next, pair, action, outcome, reward, probability, features: {name: value}, drives: [names]}
//     (state, next, pair, outcome: numbers; action and the drives' names: texts; reward: what the outcome is
//     worth to the goal before any safeguard; probability: of the successor that was drawn)
(function (Telos) {
  "use strict";

  // The first pair of a state that ties.
  function chosen(world, tied, s) {
    for (let p = world.pairPtr[s]; p < world.pairPtr[s + 1]; p++) if (tied[p]) return p;
    throw new Error(`state ${s}: no pair ties`);
  }

  // The successor of a pair that a number in (0, 1) picks, and its probability.
  function successor(world, pair, luck) {
    const last = world.nextPtr[pair + 1] - 1;
    let end = 0, k = world.nextPtr[pair];
    for (; k < last; k++) {
      end += world.prob[k];
      if (luck <= end) break;
    }
    return [world.nextState[k], world.prob[k]];
  }

  Telos.rollout = function (problem, { seed = 0, steps = 24, without = null } = {}) {
    const { world, play, goal } = problem, { tied } = Telos.solve(problem, { without });
    const begin = world.starts.reduce((best, one) => (one[1] > best[1] ? one : best));
    const walk = [];
    let s = begin[0];
    for (let t = 0; t < steps; t++) {
      const pair = chosen(world, tied, s), [next, probability] = successor(world, pair, Telos.luck(seed, t));
      const features = Object.create(null);
      for (const name of Object.keys(world.features)) features[name] = world.features[name][s];
      walk.push({
        t, state: s, next, pair, action: play.actions[world.pairAction[pair]], outcome: world.outcome[s],
        reward: goal.worth[world.outcome[s]], probability, features,
        drives: world.drives.filter((one) => one.pursues[pair]).map((one) => one.name),
      });
      s = next;
    }
    return walk;
  };
})(typeof globalThis.Telos === "object" ? globalThis.Telos : (globalThis.Telos = {}));
