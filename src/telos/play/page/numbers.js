/* Numbers: intervals as telos.measure.intervals has them, scales, places of dots, and how a number is said. */
(function (root) {
  "use strict";
  const Telos = (root.Telos = root.Telos || {});

  /** log Gamma(x), x > 0 (Lanczos, g = 7, nine terms: relative error below 1e-14). */
  const LANCZOS = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
    -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
    1.5056327351493116e-7,
  ];
  function logGamma(x) {
    let sum = LANCZOS[0];
    for (let k = 1; k < 9; k++) sum += LANCZOS[k] / (x - 1 + k);
    const t = x + 6.5;
    return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
  }

  /** The regularized incomplete beta function I_x(a, b), by Lentz's continued fraction. */
  function beta(x, a, b) {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    if (x > (a + 1) / (a + b + 2)) return 1 - beta(1 - x, b, a);
    const TINY = 1e-300;
    const front =
      Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
    let c = 1;
    let d = 1 / Math.max(TINY, 1 - ((a + b) * x) / (a + 1));
    let value = d;
    for (let m = 1; m < 10000; m++) {
      const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
      d = 1 / (1 + even * d || TINY);
      c = 1 + even / c || TINY;
      value *= d * c;
      const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
      d = 1 / (1 + odd * d || TINY);
      c = 1 + odd / c || TINY;
      value *= d * c;
      if (Math.abs(d * c - 1) < 1e-15) break;
    }
    return front * value;
  }

  /** P(T <= t) of Student's t, t <= 0: half of I_x(df/2, 1/2) at x = df / (df + t^2). */
  const below = (t, freedom) => 0.5 * beta(freedom / (freedom + t * t), freedom / 2, 0.5);

  /** The quantile of Student's t at p in [1/2, 1), by bisection down to neighboring doubles. */
  const quantiles = new Map();
  function studentQuantile(p, freedom) {
    const key = p + " " + freedom;
    if (quantiles.has(key)) return quantiles.get(key);
    let low = 0;
    let high = 1;
    while (below(-high, freedom) > 1 - p && high < 1e15) high *= 2;
    for (let k = 0; k < 200; k++) {
      const middle = (low + high) / 2;
      if (middle <= low || middle >= high) break;
      if (below(-middle, freedom) > 1 - p) low = middle;
      else high = middle;
    }
    if (quantiles.size > 4096) quantiles.clear();
    quantiles.set(key, high);
    return high;
  }

  /** Mean, variance of the mean and degrees of freedom after one imagined goal at each edge. */
  function center(n, total, squares, low, high) {
    const count = n + 2;
    const mean = (total + low + high) / count;
    const spread = Math.max(0, squares + low * low + high * high - count * mean * mean);
    return { mean, variance: spread / (count - 1) / count, freedom: count - 1 };
  }
  function around(found, raw, low, high, level, tests) {
    const far = studentQuantile(1 - (1 - level) / (2 * tests), found.freedom);
    const half = far * Math.sqrt(found.variance);
    return [
      Math.max(low, Math.min(found.mean - half, raw)),
      Math.min(high, Math.max(found.mean + half, raw)),
    ];
  }

  /** `telos.measure.intervals.sums_interval`: Student's t with two goals added. */
  function sumsInterval(n, total, squares, low = 0, high = 1, level = 0.95, tests = 1) {
    if (n === 0) return [low, high];
    return around(center(n, total, squares, low, high), total / n, low, high, level, tests);
  }

  /** `telos.measure.intervals.proportion_interval`: the interval of c. */
  function proportionInterval(count, n, unresolved = 0, level = 0.95) {
    if (n === 0) return [0, 1];
    const edge = Math.pow((1 - level) / 2, 1 / n);
    const most = count + unresolved;
    return [
      count === n ? edge : sumsInterval(n, count, count, 0, 1, level)[0],
      most === 0 ? 1 - edge : sumsInterval(n, most, most, 0, 1, level)[1],
    ];
  }

  /** `difference_interval` of flags: `gained` goals changed from 0 to 1, `lost` from 1 to 0. */
  function changeInterval(gained, lost, n, tests = 1) {
    return sumsInterval(n, gained - lost, gained + lost, -1, 1, 0.95, tests);
  }

  /** `excess_interval`: how far a set exceeds one more draw, `own[g]` in {0, 1}, `draws[g][k]`. */
  function excessInterval(own, draws, level = 0.95) {
    const n = own.length;
    if (!n) return [-1, 1];
    const count = draws[0].length;
    const rates = new Float64Array(count);
    let total = 0;
    let squares = 0;
    for (let g = 0; g < n; g++) {
      let mean = 0;
      for (let k = 0; k < count; k++) {
        mean += draws[g][k] / count;
        rates[k] += draws[g][k] / n;
      }
      const change = own[g] - mean;
      total += change;
      squares += change * change;
    }
    const goals = center(n, total, squares, -1, 1);
    const middle = rates.reduce((a, b) => a + b, 0) / count;
    const spread =
      (rates.reduce((a, b) => a + (b - middle) * (b - middle), 0) / (count - 1)) * (1 + 1 / count);
    const variance = goals.variance + spread;
    const under =
      (goals.variance * goals.variance) / goals.freedom + (spread * spread) / (count - 1);
    const found = { mean: goals.mean, variance, freedom: (variance * variance) / under };
    return around(found, total / n, -1, 1, level, 1);
  }

  // How numbers are said.

  /** A part of 1 as a percentage, with one decimal or more; less than the last digit is said so. */
  function percent(part, digits = 1) {
    if (!Number.isFinite(part)) return "–";
    const value = 100 * part, least = 10 ** -digits;
    if (value > 0 && value < least) return `< ${least.toFixed(digits)}\u202f%`;
    const whole = Math.abs(value - Math.round(value)) < 1e-9;
    if (whole && Math.round(value) === 0) return "0\u202f%";
    return value.toFixed(whole ? 0 : digits).replace("-", "−") + "\u202f%";
  }
  /** A difference of two parts of 1, in points. */
  const points = (part) => percent(part).replace("\u202f%", "");
  /** The title of a drive as one writes it. */
  const plainly = (title) => title.replace(/_/g, " ").replace("self preservation", "self-preservation");
  /** Both limits of an interval, in percent. */
  const between = (low, high, unit = "\u202f%") =>
    `${(100 * low).toFixed(0).replace("-", "−")} to ${(100 * high).toFixed(0).replace("-", "−")}${unit}`;
  /** A number in at most three digits that count. */
  function short(value) {
    if (!Number.isFinite(value)) return "–";
    if (value === 0) return "0";
    const size = Math.abs(value), far = size < 1e-3 || size >= 1e6;
    const text = far ? value.toExponential(1) : value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
    return text.replace(/-/g, "−");
  }
  /** An error's size, one digit and a power of ten. */
  const tiny = (value) => (value === 0 ? "0" : value.toExponential(0).replace("e-", "e−"));
  /** How long: seconds, or minutes and seconds. */
  function duration(seconds) {
    if (!Number.isFinite(seconds)) return "";
    if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
    return `${Math.round(seconds / 60)} min`;
  }

  // Categories, as telos.Category numbers them; the verb stands between a goal and an act.
  const CATEGORIES = [
    { number: 1, key: "required", name: "required", verb: "requires", says: "every best plan does it, and loses without it" },
    { number: 0, key: "indifferent", name: "indifferent", verb: "is indifferent to", says: "doing it and not doing it are equally good" },
    { number: -1, key: "declined", name: "declined", verb: "declines", says: "it could be done, and no best plan does it" },
    { number: 2, key: "never", name: "never met", verb: "never meets", says: "no best plan comes to where it could be done" },
    { number: 3, key: "unresolved", name: "unresolved", verb: "cannot be told of", says: "the bound is too wide to say" },
    { number: 4, key: "not", name: "not applicable", verb: "cannot pursue", says: "nothing here does it" },
  ];
  const categoryOf = (number) => CATEGORIES.find((each) => each.number === number) || CATEGORIES[5];

  // Scales.

  /** A top of an axis that is a round number at or above the greatest value, in [.02, 1]. */
  function top(values) {
    const most = values.reduce((a, b) => (b > a ? b : a), 0);
    for (const each of [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8]) if (most <= each * 0.98) return each;
    return 1;
  }
  /** Ticks of an axis from 0 to `most`. */
  function ticks(most) {
    const step = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25].find((each) => most / each <= 5.01) || 0.25;
    const found = [];
    for (let k = 0; k * step <= most * 1.0001; k++) found.push(Math.round(k * step * 1e4) / 1e4);
    return found;
  }
  /** Where a share stands on the square-root axis from 0 to `most`, in [0, 1]. */
  const rootScale = (share, most = 1) => Math.sqrt(Math.min(1, Math.max(0, share / most)));
  /** Ticks of that axis, no two of them closer than their words are wide. */
  function rootTicks(most, apart) {
    const found = [most];
    for (const each of [0.8, 0.5, 0.25, 0.1, 0.05, 0.01]) {
      const last = rootScale(found[found.length - 1], most);
      if (each < most && (last - rootScale(each, most) >= apart || each === 0.01)) {
        if (last - rootScale(each, most) < apart && found.length > 1) found.pop();
        found.push(each);
      }
    }
    return found.reverse();
  }

  /**
   * Places for dots so that none hides another: columns a dot wide along the scale, filled from the
   * bottom; what does not fit into its column stands in the nearest with room. Goals that lose nothing
   * stand in a block of their own at the left, sorted by category.
   *
   * @param rows  [{share, category, needs}] in the order of the goals
   * @param width, height  of the picture, in pixels; `most`: the share at its right edge
   * @param size  of a dot's cell, in pixels; smaller where not all would fit
   * @returns {size, start, x: Float32Array, y: Float32Array}: size of a dot's cell; where the axis begins
   */
  function places(rows, width, height, most = 1, size = 11) {
    const order = CATEGORIES.map((each) => each.number);
    const still = [];
    const moved = [];
    rows.forEach((row, i) => (row.share > 0 ? moved : still).push(i));
    still.sort((a, b) => order.indexOf(rows[a].category) - order.indexOf(rows[b].category) || a - b);
    moved.sort((a, b) => rows[a].share - rows[b].share || a - b);
    const high = Math.max(1, Math.floor(height / size));
    const start = (Math.max(1, Math.ceil(still.length / high)) + 2) * size;
    const columns = Math.max(1, Math.floor((width - start) / size));
    const tight = columns * high < 1.6 * moved.length || width - start < 0.4 * width;
    if (tight && size > 0.5) return places(rows, width, height, most, 0.93 * size);
    const [x, y] = [new Float32Array(rows.length), new Float32Array(rows.length)];
    const filled = new Uint16Array(columns);
    let far = 0;
    for (const i of moved) {
      const wanted = Math.min(columns - 1, Math.floor(rootScale(rows[i].share, most) * columns));
      let column = wanted;
      for (let away = 1; filled[column] >= high && away < columns; away++) {
        const [left, right] = [wanted - away, wanted + away];
        if (left >= 0 && filled[left] < high) column = left;
        else if (right < columns && filled[right] < high) column = right;
      }
      x[i] = start + ((column + 0.5) * (width - start)) / columns;
      y[i] = height - (filled[column] + 0.5) * size;
      filled[column] += 1;
      far = Math.max(far, Math.abs(column - wanted));
    }
    // Goals that all lose the same stand beside one another, but not far from where they belong.
    if (far > 0.04 * columns && size > 3) return places(rows, width, height, most, 0.93 * size);
    still.forEach((i, k) => {
      x[i] = (Math.floor(k / high) + 0.5) * size;
      y[i] = height - ((k % high) + 0.5) * size;
    });
    return { size, start, x, y };
  }

  /** How n goals stand to one drive: counts by category, of losing 1 %, c and its interval. */
  function tally(rows) {
    const counts = {};
    for (const each of CATEGORIES) counts[each.key] = 0;
    let yes = 0;
    let open = 0;
    for (const row of rows) {
      counts[categoryOf(row.category).key] += 1;
      if (row.needs === 1) yes += 1;
      else if (row.needs === -1) open += 1;
    }
    const n = rows.length;
    return { n, counts, yes, open, c: n ? yes / n : NaN, interval: proportionInterval(yes, n, open) };
  }

  /**
   * What changed between two tables of the same goals: c before and now, who gained, who lost. The limits
   * hold for `tests` changes together, with goals that cannot be told at their worst.
   */
  function changed(before, after, tests = 1) {
    const n = Math.min(before.length, after.length);
    const count = (test) => before.slice(0, n).filter((row, i) => test(row.needs, after[i].needs)).length;
    const gained = count((one, two) => one !== 1 && two === 1);
    const lost = count((one, two) => one === 1 && two !== 1);
    const least = [count((one, two) => one === 0 && two === 1), count((one, two) => one !== 0 && two !== 1)];
    const most = [count((one, two) => one !== 1 && two !== 0), count((one, two) => one === 1 && two === 0)];
    const first = tally(before.slice(0, n));
    const now = tally(after.slice(0, n));
    return { n, first, now, gained, lost, change: n ? (gained - lost) / n : NaN, interval: [changeInterval(...least, n, tests)[0], changeInterval(...most, n, tests)[1]] };
  }

  /** The first step at which two walks do not do the same; -1 if there is none. */
  function parting(one, two) {
    const n = Math.min(one.length, two.length);
    for (let t = 0; t < n; t++) {
      if (one[t].action !== two[t].action || one[t].name !== two[t].name) return t;
    }
    return -1;
  }

  Telos.numbers = {
    sumsInterval, proportionInterval, changeInterval, excessInterval,
    percent, points, plainly, between, short, tiny, duration,
    CATEGORIES, categoryOf, top, ticks, rootScale, rootTicks, places, tally, changed, parting,
  };
  if (typeof module !== "undefined" && module.exports) module.exports = Telos;
})(typeof globalThis !== "undefined" ? globalThis : this);
