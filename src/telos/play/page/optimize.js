// Optimize: the best (or least) values of part of a world, with a certified bound and the pairs that tie.
//
// States are solved component by component, those that others lead to first. In a component, Howard's
// policy iteration: its equations are solved exactly where it is small, else by BiCGSTAB. Whatever
// happened before, the bound is (max |TV - V| + rounding) / (1 - discount), with TV evaluated afresh
// (Puterman 1994, theorem 6.3.1).
(function (Telos) {
  "use strict";

  const UNIT = 2 ** -53;
  // The most states of which the equations of a component are eliminated densely.
  const DENSE = 72;
  // Rounds of policy iteration in a component; it takes 3 to 12.
  const ROUNDS = 500;

  // The strongly connected components of the active states by the kept pairs, sinks first (Tarjan 1972).
  function components(world, keep, active) {
    const { S, pairPtr, nextPtr, nextState, edgePair } = world;
    const number = new Int32Array(S), low = new Int32Array(S), at = new Int32Array(S);
    const stack = [], path = [], order = [], first = [0];
    let count = 0;
    for (let root = 0; root < S; root++) {
      if (!active[root] || number[root]) continue;
      path.push(root);
      while (path.length) {
        const s = path[path.length - 1];
        if (!number[s]) {
          number[s] = low[s] = ++count;
          at[s] = nextPtr[pairPtr[s]];
          stack.push(s);
        }
        let deeper = false;
        const end = nextPtr[pairPtr[s + 1]];
        while (at[s] < end) {
          const edge = at[s], to = nextState[edge];
          if (!active[to] || !keep[edgePair[edge]] || number[to] < 0) { at[s]++; continue; }
          if (!number[to]) { path.push(to); deeper = true; break; }
          if (low[to] < low[s]) low[s] = low[to];
          at[s]++;
        }
        if (deeper) continue;
        path.pop();
        if (low[s] === number[s]) {
          let t;
          do {
            t = stack.pop();
            order.push(t);
            number[t] = -1;
          } while (t !== s);
          first.push(order.length);
        }
      }
    }
    // Later states first: worlds are explored breadth first, and what is decided later is backed up before.
    const sorted = Int32Array.from(order);
    for (let c = 0; c + 1 < first.length; c++) sorted.subarray(first[c], first[c + 1]).sort().reverse();
    return { order: sorted, first: Int32Array.from(first) };
  }

  // A part of a world in the order in which it is solved: states `active` with pairs `keep`.
  Telos.layout = function (world, keep, active) {
    const { pairPtr, nextPtr, nextState, prob, S } = world;
    const { order, first } = components(world, keep, active);
    const places = order.length, place = new Int32Array(S).fill(-1);
    const ptr = new Int32Array(places + 1), pair = [], from = [], to = [], odds = [];
    for (let i = 0; i < places; i++) {
      place[order[i]] = i;
      for (let p = pairPtr[order[i]]; p < pairPtr[order[i] + 1]; p++) {
        if (!keep[p]) continue;
        pair.push(p);
        from.push(to.length);
        for (let k = nextPtr[p]; k < nextPtr[p + 1]; k++) { to.push(nextState[k]); odds.push(prob[k]); }
      }
      ptr[i + 1] = pair.length;
    }
    from.push(to.length);
    return {
      order, first, place, ptr, pair: Int32Array.from(pair), from: Int32Array.from(from),
      to: Int32Array.from(to), odds: Float64Array.from(odds), fan: world.fan,
      policy: new Int32Array(places), room: null,
    };
  };

  // What pair l of a layout is worth by the values of a task.
  function worthOf(lay, task, l, income) {
    const { to, odds, from } = lay, V = task.value;
    let ahead = 0;
    for (let k = from[l], end = from[l + 1]; k < end; k++) ahead += odds[k] * V[to[k]];
    return income + (task.bonus === null ? 0 : task.bonus[lay.pair[l]]) + task.discount * ahead;
  }

  // One Gauss-Seidel sweep of V := TV over places lo to hi - 1, as often as asked.
  function sweep(lay, task, lo, hi, times) {
    const { order, ptr, pair } = lay, { reward, forbidden, sense, value } = task;
    for (let round = 0; round < times; round++) {
      for (let i = lo; i < hi; i++) {
        const s = order[i], sign = sense === null ? task.sign : sense[s];
        let best = -Infinity;
        for (let l = ptr[i]; l < ptr[i + 1]; l++) {
          if (forbidden !== null && forbidden[pair[l]]) continue;
          const q = sign * worthOf(lay, task, l, reward[s]);
          if (q > best) best = q;
        }
        value[s] = sign * best;
      }
    }
  }

  // The policy becomes greedy; a pair gives way only to one that is better by more than rounding.
  // Returns how much the best is off the present value at most; task.changed: how many gave way.
  function improve(lay, task, lo, hi, least, afresh) {
    const { order, ptr, pair, policy } = lay, { reward, forbidden, sense, value } = task;
    let worst = 0, changed = 0;
    for (let i = lo; i < hi; i++) {
      const s = order[i], sign = sense === null ? task.sign : sense[s];
      let best = -Infinity, chosen = -1, mine = -Infinity;
      for (let l = ptr[i]; l < ptr[i + 1]; l++) {
        if (forbidden !== null && forbidden[pair[l]]) continue;
        const q = sign * worthOf(lay, task, l, reward[s]);
        if (q > best) { best = q; chosen = l; }
        if (l === policy[i]) mine = q;
      }
      if (afresh || best > mine + least) {
        if (policy[i] !== chosen) changed++;
        policy[i] = chosen;
      }
      const off = Math.abs(sign * best - value[s]);
      if (!(off <= worst)) worst = off;
    }
    task.changed = changed;
    return worst;
  }

  // One state: the best of what staying with each of its pairs is worth.
  function single(lay, task, i) {
    const { order, ptr, pair, from, to, odds } = lay, { reward, forbidden, sense, value, bonus, discount } = task;
    const s = order[i], sign = sense === null ? task.sign : sense[s];
    let best = -Infinity;
    for (let l = ptr[i]; l < ptr[i + 1]; l++) {
      if (forbidden !== null && forbidden[pair[l]]) continue;
      let ahead = 0, loop = 0;
      for (let k = from[l]; k < from[l + 1]; k++) {
        if (to[k] === s) loop += odds[k];
        else ahead += odds[k] * value[to[k]];
      }
      const paid = bonus === null ? 0 : bonus[pair[l]];
      const q = sign * ((reward[s] + paid + discount * ahead) / (1 - discount * loop));
      if (q > best) best = q;
    }
    value[s] = sign * best;
  }

  // The values of the present policy in a small component: its equations, eliminated without pivots
  // (they are diagonally dominant by rows).
  function eliminate(lay, task, lo, hi) {
    const { order, place, policy, pair, from, to, odds } = lay, { reward, value, bonus, discount } = task;
    const n = hi - lo;
    if (lay.room === null) lay.room = { A: new Float64Array(DENSE * DENSE), b: new Float64Array(DENSE) };
    const { A, b } = lay.room;
    A.fill(0, 0, n * n);
    for (let i = 0; i < n; i++) {
      const s = order[lo + i], l = policy[lo + i];
      let income = reward[s] + (bonus === null ? 0 : bonus[pair[l]]), ahead = 0;
      A[i * n + i] = 1;
      for (let k = from[l]; k < from[l + 1]; k++) {
        const j = place[to[k]] - lo;
        if (j >= 0 && j < n) A[i * n + j] -= discount * odds[k];
        else ahead += odds[k] * value[to[k]];
      }
      b[i] = income + discount * ahead;
    }
    for (let i = 0; i < n; i++) {
      const pivot = 1 / A[i * n + i];
      for (let r = i + 1; r < n; r++) {
        const factor = A[r * n + i] * pivot;
        if (factor === 0) continue;
        for (let c = i + 1; c < n; c++) A[r * n + c] -= factor * A[i * n + c];
        b[r] -= factor * b[i];
      }
    }
    for (let i = n - 1; i >= 0; i--) {
      let left = b[i];
      for (let c = i + 1; c < n; c++) left -= A[i * n + c] * b[c];
      b[i] = left / A[i * n + i];
      value[order[lo + i]] = b[i];
    }
  }

  // out := (1 - discount P) x over a component by the present policy; `income`: the right-hand side instead.
  function applied(lay, task, lo, hi, x, out, income) {
    const { order, place, policy, pair, from, to, odds } = lay, { reward, value, bonus, discount } = task;
    for (let i = lo; i < hi; i++) {
      const l = policy[i];
      let sum = 0;
      for (let k = from[l]; k < from[l + 1]; k++) {
        const j = place[to[k]];
        if (j >= lo && j < hi) { if (!income) sum += odds[k] * x[j - lo]; }
        else if (income) sum += odds[k] * value[to[k]];
      }
      if (income) out[i - lo] = reward[order[i]] + (bonus === null ? 0 : bonus[pair[l]]) + discount * sum;
      else out[i - lo] = x[i - lo] - discount * sum;
    }
  }

  function dot(a, b) {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
    return sum;
  }

  function largestOf(a) {
    let most = 0;
    for (let i = 0; i < a.length; i++) { const one = Math.abs(a[i]); if (!(one <= most)) most = one; }
    return most;
  }

  // The values of the present policy in a large component, by BiCGSTAB (van der Vorst 1992), until the
  // equations are off by `least`; whether they came so near.
  function iterate(lay, task, lo, hi, least) {
    const n = hi - lo, { order } = lay, { value } = task;
    const make = () => new Float64Array(n);
    const x = make(), r = make(), b = make(), p = make(), v = make(), t = make(), trial = make();
    for (let i = 0; i < n; i++) x[i] = value[order[lo + i]];
    applied(lay, task, lo, hi, x, b, true);
    let near = Infinity;
    for (let restart = 0; restart < 4 && near > least; restart++) {
      applied(lay, task, lo, hi, x, r, false);
      for (let i = 0; i < n; i++) r[i] = b[i] - r[i];
      const shadow = Float64Array.from(r);
      let rho = 1, alpha = 1, omega = 1;
      p.fill(0);
      v.fill(0);
      for (let step = 0; step < 200 && (near = largestOf(r)) > least; step++) {
        const next = dot(shadow, r), beta = (next / rho) * (alpha / omega);
        rho = next;
        for (let i = 0; i < n; i++) p[i] = r[i] + beta * (p[i] - omega * v[i]);
        applied(lay, task, lo, hi, p, v, false);
        alpha = rho / dot(shadow, v);
        for (let i = 0; i < n; i++) r[i] -= alpha * v[i];
        applied(lay, task, lo, hi, r, t, false);
        const size = dot(t, t);
        omega = size > 0 ? dot(t, r) / size : 0;
        if (!Number.isFinite(alpha) || !Number.isFinite(omega)) return false;
        for (let i = 0; i < n; i++) { x[i] += alpha * p[i] + omega * r[i]; r[i] -= omega * t[i]; }
        if (omega === 0) break;
      }
      applied(lay, task, lo, hi, x, trial, false);
      for (let i = 0; i < n; i++) trial[i] = b[i] - trial[i];
      near = largestOf(trial);
    }
    if (!(near < Infinity)) return false;
    for (let i = 0; i < n; i++) value[order[lo + i]] = x[i];
    return near <= least;
  }

  // Policy iteration in places lo to hi - 1. Where some maximize and some minimize it need not end: a
  // round that does not halve what is left is followed by sweeps, which always come nearer.
  function component(lay, task, lo, hi) {
    const small = hi - lo <= DENSE, unit = (lay.fan + 4) * UNIT * (task.largest + 2 * task.most);
    let before = Infinity, exact = false;
    sweep(lay, task, lo, hi, task.warm ? 1 : 4);
    for (let round = 0; round < ROUNDS; round++) {
      const off = improve(lay, task, lo, hi, 4 * unit, round === 0);
      if ((exact && task.changed === 0) || (!small && off <= Math.max(4 * unit, task.wanted))) return;
      if (task.sense !== null && off > before / 2) {
        sweep(lay, task, lo, hi, 50);
        exact = false;
      } else if (small) {
        eliminate(lay, task, lo, hi);
        exact = true;
      } else {
        exact = iterate(lay, task, lo, hi, Math.max(8 * unit, 1e-2 * task.wanted));
        if (!exact) sweep(lay, task, lo, hi, 200);
      }
      before = off;
    }
  }

  // Solve a task, in place: {layout, reward F[S], bonus F[L] or null, discount, sign (1: best, -1: least),
  // sense F[S] or null (a sign a state), forbidden B[L] or null, value F[S] (to begin with, and to keep in
  // other states), warm: whether it is worth beginning with, ties: whether to mark pairs, drift}.
  // Returns {bound, first, tied B[L] or null}.
  Telos.optimize = function (task) {
    const { layout: lay, world, reward, discount, value } = task, { first, order, ptr, pair } = lay;
    task.largest = largestOf(reward) + (task.extra || 0);
    task.most = Math.max(largestOf(value), task.largest / (1 - discount));
    task.wanted = 1e-9 * task.largest * (1 - discount);
    for (let c = 0; c + 1 < first.length; c++) {
      if (first[c + 1] - first[c] === 1) single(lay, task, first[c]);
      else component(lay, task, first[c], first[c + 1]);
    }
    let residual = 0;
    for (let i = 0; i < order.length; i++) {
      const s = order[i], sign = task.sense === null ? task.sign : task.sense[s];
      let best = -Infinity;
      for (let l = ptr[i]; l < ptr[i + 1]; l++) {
        if (task.forbidden !== null && task.forbidden[pair[l]]) continue;
        const q = sign * worthOf(lay, task, l, reward[s]);
        if (q > best) best = q;
      }
      const off = Math.abs(sign * best - value[s]);
      if (!(off <= residual)) residual = off;
    }
    const size = largestOf(value), unit = (lay.fan + 4) * UNIT;
    const bound = (residual + 2 * unit * (task.largest + discount * size)) / (1 - discount);
    const margin = 2 * (discount * bound + task.drift + unit * (task.largest + size));
    let start = 0;
    for (const [s, p] of world.starts) start += p * value[s];
    return { bound, first: start, tied: task.ties ? tiedPairs(lay, task, margin) : null };
  };

  // B[L]: the pairs within `margin` of the best of their state.
  function tiedPairs(lay, task, margin) {
    const { order, ptr, pair } = lay, tied = new Uint8Array(task.world.L);
    for (let i = 0; i < order.length; i++) {
      const s = order[i], sign = task.sense === null ? task.sign : task.sense[s], found = [];
      let best = -Infinity;
      for (let l = ptr[i]; l < ptr[i + 1]; l++) {
        const free = task.forbidden === null || !task.forbidden[pair[l]];
        const q = free ? sign * worthOf(lay, task, l, task.reward[s]) : -Infinity;
        if (q > best) best = q;
        found.push(q);
      }
      for (let l = ptr[i]; l < ptr[i + 1]; l++) if (found[l - ptr[i]] >= best - margin) tied[pair[l]] = 1;
    }
    return tied;
  }

  Telos.largestOf = largestOf;
})(typeof globalThis.Telos === "object" ? globalThis.Telos : (globalThis.Telos = {}));
