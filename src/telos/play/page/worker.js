// Worker: answers questions about a world apart from the page. It runs the kernel's text up to the mark below.
//
// Messages {id, kind, ...} are answered by {id, ...} or {id, error}; `state` is {setting, switches, discount, goal}:
//   open {play}                               -> {opened: true}; first of all
//   measure {state}                           -> {measured}
//   removal {state, sets: [pairs]}            -> {rows: [removal]}
//   placebos {state, drives}                  -> {drive, rows: [removal], done} for one drive after the other
//   rollout {state, seed, steps, without}     -> {walk}
//   swarm {state (without goal), first, count} -> {first, rows: [measured], done} in portions
//   cancel {of}                               -> nothing; the swarm or placebos of that id end
(function (Telos) {
  "use strict";

  // How long a portion takes, in ms: another question waits no longer than that.
  const PORTION = 40;

  // The random sets of a drive. A setting that carries none takes those of the first setting, pair by pair,
  // but for states in which they would leave nothing to do.
  Telos.placebos = function (play, setting, drive) {
    if (drive.placebo.length || drive.sets) return drive.sets || drive.placebo;
    const first = play.settings[0].drives.find((one) => one.name === drive.name);
    const world = Telos.world(play, setting), base = play.settings[setting].base_pair;
    if (!first || !base.length) return (drive.sets = []);
    return (drive.sets = first.placebo.map((pairs) => {
      const drawn = new Set(pairs), taken = [];
      for (let s = 0; s < world.S; s++) {
        const own = [];
        for (let p = world.pairPtr[s]; p < world.pairPtr[s + 1]; p++) if (drawn.has(base[p])) own.push(p);
        if (own.length < world.pairPtr[s + 1] - world.pairPtr[s]) taken.push(...own);
      }
      return taken;
    }));
  };

  // A server of questions: `post` takes each answer. Also of use where there are no workers.
  Telos.server = function (post) {
    const cancelled = new Set(), queue = [];
    let play = null, busy = false;

    const posed = (state) => Telos.problem(play, state);
    const ended = { done: true };

    // Each is a generator of answers; what it yields is posted, and others get their turn in between.
    const kinds = {
      *open({ play: data }) {
        play = Telos.open(data);
        yield { opened: true };
      },
      *measure({ state }) {
        yield { measured: Telos.measure(posed(state)) };
      },
      *removal({ state, sets }) {
        const problem = posed(state);
        yield { rows: sets.map((pairs) => Telos.removal(problem, pairs)) };
      },
      *placebos({ state, drives: names = null }) {
        const problem = posed(state), drives = play.settings[state.setting].drives;
        for (const drive of drives) {
          if (names !== null && !names.includes(drive.name)) continue;
          yield { drive: drive.name, rows: Telos.placebos(play, state.setting, drive).map((pairs) => Telos.removal(problem, pairs)), done: false };
        }
        yield ended;
      },
      *rollout({ state, seed, steps, without }) {
        yield { walk: Telos.rollout(posed(state), { seed, steps, without: without || null }) };
      },
      *swarm({ state, first, count }) {
        for (let at = first; at < first + count; ) {
          const begun = Date.now(), from = at, rows = [];
          while (at < first + count && Date.now() - begun < PORTION) {
            rows.push(Telos.measure(posed({ ...state, goal: Telos.draw(play, at) })));
            at++;
          }
          yield { first: from, rows, done: at >= first + count };
        }
        if (count <= 0) yield { first, rows: [], ...ended };
      },
    };

    // Short questions go before what is left of long ones.
    function turn() {
      const at = Math.max(0, queue.findIndex((one) => !one.long)), one = queue[at];
      try {
        const step = cancelled.has(one.id) ? ended : one.answers.next();
        if (step.done) queue.splice(at, 1);
        else post({ id: one.id, ...step.value });
      } catch (error) {
        queue.splice(at, 1);
        post({ id: one.id, error: String(error.message || error) });
      }
      busy = queue.length > 0;
      if (busy) setTimeout(turn, 0);
    }

    return function take(message) {
      const { id, kind } = message;
      if (kind === "cancel") {
        cancelled.add(message.of);
        return;
      }
      if (!Object.hasOwn(kinds, kind)) {
        post({ id, error: `no such question: ${kind}` });
        return;
      }
      queue.push({ id, answers: kinds[kind](message), long: kind === "swarm" || kind === "placebos" });
      if (!busy) {
        busy = true;
        setTimeout(turn, 0);
      }
    };
  };

  // What a page cuts its script's text after to have the worker's.
  Telos.MARK = "the worker's part " + "ends here";

  if (typeof WorkerGlobalScope !== "undefined" && globalThis instanceof WorkerGlobalScope) {
    const take = Telos.server((answer) => globalThis.postMessage(answer));
    globalThis.onmessage = (event) => take(event.data);
  }
  if (typeof module === "object" && module.exports) module.exports = Telos;
})(typeof globalThis.Telos === "object" ? globalThis.Telos : (globalThis.Telos = {}));
//! the worker's part ends here
