// Unpack: the record of a page (telos/play/record.py) from the smaller text that the page holds of it.
//
// Telos.unpack(packed) -> the record. Settings come field by field, {"+": [...]} are differences of a list of
// integers, and a missing base_pair is the pair of the first setting with the same base state and action.
(function (Telos) {
  "use strict";

  function whole(value) {
    if (Array.isArray(value)) return value.map(whole);
    if (value === null || typeof value !== "object") return value;
    const keys = Object.keys(value);
    if (keys.length === 1 && keys[0] === "+") {
      let sum = 0;
      return value["+"].map((step) => (sum += step));
    }
    // Names of features are their author's: one called __proto__ is a key like another.
    const made = Object.create(null);
    for (const key of keys) made[key] = whole(value[key]);
    return made;
  }

  function basePairs(first, setting, width) {
    const where = new Map(), found = [];
    let at = 0;
    first.pairs.forEach((count, s) => {
      for (const end = at + count; at < end; at++) where.set(s * width + first.action[at], at);
    });
    at = 0;
    setting.pairs.forEach((count, i) => {
      const s = setting.base_state[i];
      for (const end = at + count; at < end; at++) {
        const pair = s < 0 ? undefined : where.get(s * width + setting.action[at]);
        found.push(pair === undefined ? -1 : pair);
      }
    });
    return found;
  }

  Telos.unpack = function (packed) {
    if (packed.packed !== 1) return packed;
    const { packed: _, ...rest } = packed, columns = whole(packed.settings), play = {};
    for (const key of Object.keys(rest)) play[key] = key === "settings" ? null : whole(rest[key]);
    play.settings = columns.name.map((name, i) => {
      const setting = {};
      for (const key of Object.keys(columns)) setting[key] = columns[key][i];
      return setting;
    });
    for (const setting of play.settings) {
      if (setting.base_pair === null) setting.base_pair = basePairs(play.settings[0], setting, play.actions.length);
    }
    return play;
  };
})((globalThis.Telos = globalThis.Telos || {}));
