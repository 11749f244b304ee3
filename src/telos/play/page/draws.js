// Draws: 64-bit words mixed by SplitMix64; the goals of `Uniform()`, bit for bit, and the luck of a rollout.
(function (Telos) {
  "use strict";

  // The odd number next to 2^64 over the golden ratio, and the multipliers of SplitMix64, in two halves.
  const GOLDEN = [0x9e3779b9, 0x7f4a7c15];
  const FIRST = [0xbf58476d, 0x1ce4e5b9];
  const SECOND = [0x94d049bb, 0x133111eb];

  // The upper 32 bits of the product of two 32-bit numbers.
  function upper(a, b) {
    const a0 = a & 0xffff, a1 = a >>> 16, b0 = b & 0xffff, b1 = b >>> 16;
    const low = a0 * b0, one = a1 * b0 + (low >>> 16), two = a0 * b1 + (one & 0xffff);
    return a1 * b1 + Math.floor(one / 65536) + Math.floor(two / 65536);
  }

  // word[0] (upper) and word[1] (lower half) times a constant, modulo 2^64, in place.
  function times(word, by) {
    const high = word[0], low = word[1];
    word[0] = (upper(low, by[1]) + Math.imul(high, by[1]) + Math.imul(low, by[0])) >>> 0;
    word[1] = Math.imul(low, by[1]) >>> 0;
  }

  function shifted(word, n) {
    word[1] = (word[1] ^ ((word[1] >>> n) | (word[0] << (32 - n)))) >>> 0;
    word[0] = (word[0] ^ (word[0] >>> n)) >>> 0;
  }

  // SplitMix64's output function (Steele, Lea and Flood 2014, figure 16), in place.
  function mix(word) {
    shifted(word, 30);
    times(word, FIRST);
    shifted(word, 27);
    times(word, SECOND);
    shifted(word, 31);
    return word;
  }

  // start + i GOLDEN, mixed, as a number in (0, 1): 52 bits and a half, so that it is exact.
  function numberOf(high, low, i) {
    const word = [i > 0xffffffff ? Math.floor(i / 4294967296) : 0, i >>> 0];
    times(word, GOLDEN);
    const sum = word[1] + low;
    word[0] = (word[0] + high + (sum > 0xffffffff ? 1 : 0)) >>> 0;
    word[1] = sum >>> 0;
    mix(word);
    return (word[0] * 1048576 + (word[1] >>> 12) + 0.5) * 2 ** -52;
  }

  // The two halves of sixteen hexadecimal digits.
  function halves(digits) {
    return [parseInt(digits.slice(0, 8), 16), parseInt(digits.slice(8), 16)];
  }

  // Goal i of `Uniform().sample(world, n, default_rng(0))`: what each outcome is worth to it, and to the
  // goal that would be written in its place.
  Telos.draw = function (play, i) {
    const K = play.outcomes.length;
    const worth = new Float64Array(K), revised = new Float64Array(K);
    for (let k = 0; k < K; k++) {
      const [own, other] = play.outcomes[k].halves;
      worth[k] = numberOf(own[0], own[1], i);
      revised[k] = numberOf(other[0], other[1], i);
    }
    return { worth, revised };
  };

  // Number `step` of the stream that a seed names: mix(mix(seed GOLDEN) + step GOLDEN), as above.
  // Two rollouts with one seed have the same luck at every step.
  Telos.luck = function (seed, step) {
    const word = [0, seed >>> 0];
    times(word, GOLDEN);
    mix(word);
    return numberOf(word[0], word[1], step);
  };

  Telos.halves = halves;
})(typeof globalThis.Telos === "object" ? globalThis.Telos : (globalThis.Telos = {}));
