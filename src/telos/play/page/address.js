"use strict";
// Address: the state of the page as the part of its address behind "#", and back.
(function (Telos) {
  const GOALS = 2 ** 31, MOST = 1e6;
  /** Parts of an address that are read, and mistakes of it that are said, at most. */
  const PARTS = 40, NOTES = 5;
  const fallen = (what, text, instead) => `${what} “${text.slice(0, 40)}” is not on this page; shown: ${instead}.`;
  const integer = (text, end) => (/^\d{1,10}$/.test(text) && Number(text) < end ? Number(text) : null);

  /** The state in which the page opens. */
  function fresh(play) {
    const drives = play.settings[0].drives;
    return {
      setting: 0, switches: [], drive: drives.length ? drives[0].name : "", discount: play.discount,
      goal: "u0", seed: 0, step: play.story.length ? 1 : 0,
    };
  }

  /** {kind, number | preset | worth, from, revised} of a goal's text; null if it does not fit this world. */
  function goal(play, text) {
    const count = play.outcomes.length;
    if (text[0] === "u") {
      const number = integer(text.slice(1), GOALS);
      return number === null ? null : { kind: "u", number };
    }
    if (text[0] === "p") {
      const preset = integer(text.slice(1), play.presets.length);
      return preset === null ? null : { kind: "p", preset };
    }
    if (text[0] !== "v") return null;
    const [values, other = "r0", more] = text.slice(1).split(";");
    const worth = numbers(values, count);
    if (!worth || more !== undefined) return null;
    if (other[0] === "w") {
      const revised = numbers(other.slice(1), count);
      return revised && { kind: "v", worth, from: null, revised };
    }
    const from = other[0] === "r" ? integer(other.slice(1), GOALS) : null;
    return from === null ? null : { kind: "v", worth, from, revised: null };
  }

  function numbers(text, count) {
    const parts = text.split(",");
    if (parts.length !== count || !parts.every((part) => /^-?\d{1,7}(\.\d{1,2})?$/.test(part))) return null;
    const found = parts.map(Number);
    return found.every((value) => Math.abs(value) <= MOST) ? found : null;
  }

  const two = (value) => String(Math.round(value * 100) / 100 + 0);

  /** The number after another, of goals and of runs; after the last one comes the first. */
  const after = (number) => (number + 1) % GOALS;

  /** The text of a goal typed by hand: its worth, and what would be written in its place (a number, or values). */
  function typed(worth, other) {
    const rest = typeof other === "number" ? `r${other}` : `w${Array.from(other, two).join(",")}`;
    return `v${Array.from(worth, two).join(",")};${rest}`;
  }

  /** {worth, revised} of the goal of a state: F[K] each, of the outcomes of the page. */
  function worthOf(play, text) {
    const found = goal(play, text);
    if (found.kind === "u") return Telos.draw(play, found.number);
    if (found.kind === "p") {
      const preset = play.presets[found.preset];
      return { worth: Float64Array.from(preset.worth), revised: Float64Array.from(preset.revised) };
    }
    const revised = found.revised ? Float64Array.from(found.revised) : Telos.draw(play, found.from).revised;
    return { worth: Float64Array.from(found.worth), revised };
  }

  const READERS = {
    setting: (play, text) => integer(text, play.settings.length),
    switches: (play, text) => {
      const found = text === "" ? [] : text.split(",").map((one) => integer(one, play.switches.length));
      return found.includes(null) ? null : [...new Set(found)].sort((a, b) => a - b);
    },
    drive: (play, text) => {
      const names = play.settings[0].drives.map((drive) => drive.name);
      return names.includes(text) || text === (names[0] || "") ? text : null;
    },
    discount: (play, text) => {
      const found = [...play.discounts, play.discount].find((value) => String(value) === text || value === Number(text));
      return found === undefined || text.trim() === "" ? null : found;
    },
    goal: (play, text) => (goal(play, text) ? text : null),
    seed: (play, text) => integer(text, GOALS),
    step: (play, text) => integer(text, play.story.length + 1),
  };
  const NAMES = Object.keys(READERS);

  /** Reads an address: {state, notes}. What is missing, unknown or broken falls back, and a note says so. */
  function read(play, text) {
    const state = fresh(play), notes = [];
    for (const part of String(text).replace(/^#/, "").split("&", PARTS)) {
      if (part === "") continue;
      const cut = part.indexOf("="), name = cut < 0 ? part : part.slice(0, cut);
      let value = cut < 0 ? "" : part.slice(cut + 1);
      try {
        value = decodeURIComponent(value);
      } catch {
        value = "%";
      }
      if (!Object.hasOwn(READERS, name)) {
        notes.push(`The address says “${name.slice(0, 40)}”, which this page does not know.`);
        continue;
      }
      const found = READERS[name](play, value);
      if (found === null) notes.push(fallen(name, value, shown(state[name])));
      else state[name] = found;
    }
    const more = notes.length - NOTES;
    return { state, notes: more > 0 ? [...notes.slice(0, NOTES), `And ${more} more like it.`] : notes };
  }

  const shown = (value) => (Array.isArray(value) ? value.join(", ") || "none" : String(value));

  /** The address of a state, without "#". */
  function write(state) {
    const plain = (value) => encodeURIComponent(shown(value)).replace(/%2C/g, ",").replace(/%3B/g, ";");
    const value = (name) => (name === "switches" ? state.switches.join(",") : plain(state[name]));
    return NAMES.map((name) => `${name}=${value(name)}`).join("&");
  }

  Telos.address = { after, fresh, goal, read, typed, worthOf, write };
})((globalThis.Telos = globalThis.Telos || {}));
