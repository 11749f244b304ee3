/* Team: those who do the work, workers made of the kernel's own text, or the page itself in slices. */
(function (root) {
  "use strict";
  const Telos = (root.Telos = root.Telos || {});

  /** A portion of work should take so long, in ms: in a worker, and in the page itself. */
  const PORTION = 90;
  const SLICE = 12;

  /** The text of the kernel, of which workers are made: this script's own text up to the worker's mark. */
  const script = root.document && root.document.currentScript ? root.document.currentScript.textContent : "";
  const end = Telos.MARK ? script.indexOf(Telos.MARK) : -1;
  const source = end < 0 ? "" : script.slice(0, end);

  /** What a worker needs of the data: nothing that this page has added to them. */
  const bare = ({ worlds, setups, ...record }) => record;
  const isLast = (answer) => Boolean(answer.error || answer.lost || !("done" in answer) || answer.done);

  // Those who do the work. Each has `ask(message, then)` and `busy`.

  function workerOf(play, broken) {
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(address);
    const one = asking((message) => worker.postMessage(message), PORTION);
    one.end = () => {
      worker.terminate();
      URL.revokeObjectURL(address);
    };
    worker.onmessage = (event) => one.take(event.data);
    worker.onerror = (event) => {
      if (event && event.preventDefault) event.preventDefault();
      broken(one);
    };
    one.open = () => one.ask({ kind: "open", play: bare(play) }, () => undefined);
    return one;
  }

  /** The page itself, in slices, where workers are refused. */
  function pageOf(play) {
    const answers = Telos.server((answer) => one.take(answer));
    const one = asking(answers, SLICE);
    one.end = () => undefined;
    one.open = () => one.ask({ kind: "open", play: bare(play) }, () => undefined);
    return one;
  }

  /** Somebody who is asked by messages with a number; an answer may come in parts. */
  function asking(post, slice) {
    const waiting = new Map();
    let number = 0;
    return {
      busy: false,
      slice,
      ask(message, then) {
        // The data go over when they are needed first: copying them takes its time.
        if (!number && message.kind !== "open") this.open();
        number += 1;
        waiting.set(number, then);
        post({ ...message, id: number });
      },
      take(answer) {
        const then = waiting.get(answer.id);
        if (isLast(answer)) waiting.delete(answer.id);
        if (then) then(answer);
      },
      left() {
        const rest = [...waiting.values()];
        waiting.clear();
        return rest;
      },
    };
  }

  function crew(play, broken) {
    const cores = (root.navigator && root.navigator.hardwareConcurrency) || 2;
    const wanted = Math.max(2, Math.min(4, cores));
    const found = [];
    try {
      if (typeof Worker === "undefined" || !source) throw new Error("no workers");
      for (let k = 0; k < wanted; k++) found.push(workerOf(play, broken));
    } catch (refused) {
      found.forEach((one) => one.end());
      return [pageOf(play)];
    }
    return found;
  }

  /** A store of the most recent answers. */
  function memory(most) {
    const kept = new Map();
    return {
      get(key) {
        const value = kept.get(key);
        if (value !== undefined) {
          kept.delete(key);
          kept.set(key, value);
        }
        return value;
      },
      set(key, value) {
        kept.set(key, value);
        if (kept.size > most) kept.delete(kept.keys().next().value);
        return value;
      },
    };
  }

  /** How far swarms of `most` goals each are, and how fast they grow by that number of hands. */
  function progress(swarms, hands, most) {
    const sum = (name) => swarms.reduce((all, one) => all + one[name], 0);
    const done = sum("done");
    const of = swarms.length * most;
    const rate = sum("solved") ? (1000 * sum("solved") * Math.max(1, hands)) / sum("spent") : 0;
    return { what: "goals", done, of, perSecond: rate, left: rate ? (of - done) / rate : NaN };
  }

  Telos.team = { crew, memory, pageOf, progress };
})(typeof globalThis !== "undefined" ? globalThis : this);
