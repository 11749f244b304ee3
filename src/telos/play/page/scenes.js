/* Scenes: what a state of a world looks like; a picture beside words that say the same. */
(function (root) {
  "use strict";
  const Telos = (root.Telos = root.Telos || {});
  const { s } = Telos.paint;

  const WIDTH = 168;
  const HEIGHT = 96;
  const shape = (kind, d) => s("path", { class: kind, d });
  const word = (x, y, text, kind) => s("text", { class: "scene-word " + (kind || ""), x, y, "text-anchor": "middle" }, text);
  const circle = (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
  const box = (x, y, w, high) => `M${x} ${y}h${w}v${high}h${-w}z`;

  // Small signs, each around (x, y).
  function gear(x, y, r, kind) {
    let d = "";
    for (let k = 0; k < 8; k++) {
      const a = (k * Math.PI) / 4;
      d += `M${(x + r * 0.72 * Math.cos(a)).toFixed(1)} ${(y + r * 0.72 * Math.sin(a)).toFixed(1)}L${(x + r * 1.25 * Math.cos(a)).toFixed(1)} ${(y + r * 1.25 * Math.sin(a)).toFixed(1)}`;
    }
    return [shape(kind + " stroke", d), shape(kind + " stroke", circle(x, y, r * 0.75))];
  }
  function robot(x, y, size, kind) {
    const u = size / 10;
    return [
      shape(kind, box(x - 4 * u, y - 5 * u, 8 * u, 7 * u)),
      shape(kind, box(x - 1.2 * u, y + 1.5 * u, 2.4 * u, 2 * u)),
      shape(kind, box(x - 3.4 * u, y + 3 * u, 6.8 * u, 5 * u)),
      shape("scene-hole", circle(x - 1.8 * u, y - 1.6 * u, 1.1 * u) + circle(x + 1.8 * u, y - 1.6 * u, 1.1 * u)),
      shape(kind + " stroke", `M${x} ${y - 5 * u}v${-2.2 * u}`),
    ];
  }
  function person(x, y, size, kind) {
    const u = size / 10;
    return [
      shape(kind, circle(x, y - 3.4 * u, 2.4 * u)),
      shape(kind, `M${x - 4 * u} ${y + 6 * u}v${-2.5 * u}a${4 * u} ${4 * u} 0 0 1 ${8 * u} 0v${2.5 * u}z`),
    ];
  }
  function lock(x, y, closed, kind) {
    return [
      shape(kind, box(x - 6, y - 1, 12, 9)),
      shape(kind + " stroke", closed ? `M${x - 3.5} ${y - 1}v-3a3.5 3.5 0 0 1 7 0v3` : `M${x - 3.5} ${y - 1}v-4a3.5 3.5 0 0 1 6.6 -1.6`),
    ];
  }
  function power(x, y, kind) {
    return [shape(kind + " stroke", `M${x} ${y - 7}v6`), shape(kind + " stroke", `M${x - 4} ${y - 4.6}a6 6 0 1 0 8 0`)];
  }
  function book(x, y, kind) {
    return shape(kind, `M${x - 6} ${y - 5}q3 -1.5 6 0q3 -1.5 6 0v10q-3 -1.5 -6 0q-3 -1.5 -6 0z`);
  }
  const coin = (x, y, kind) => [shape(kind, circle(x, y, 5)), shape("scene-hole stroke", `M${x} ${y - 2.6}v5.2`)];
  const shield = (x, y, kind) => shape(kind, `M${x} ${y - 7}l6 2.2v4q0 5.5 -6 8q-6 -2.5 -6 -8v-4z`);
  /** A sign with its words below, on two lines at most; gray where it is not had. */
  function sign(parts, x, text) {
    const cut = text.indexOf(" ");
    const lines = cut < 0 ? [text] : [text.slice(0, cut), text.slice(cut + 1)];
    return [parts, lines.map((line, k) => word(x, 80 + 9 * k, line))];
  }

  const has = (view, name) => Number(view.features[name] || 0);
  const on = (have) => (have ? "scene-on" : "scene-none");
  const says = (view, text) => view.name.includes(text);

  /** The number in front of an outcome's name, as in "2 clips". */
  function counted(outcome) {
    const found = /^(\d+) (.+)$/.exec(outcome);
    return found ? [Number(found[1]), found[2]] : [0, outcome];
  }

  /** A row of signs along the bottom. */
  function row(signs) {
    const step = WIDTH / signs.length;
    return signs.map(([make, text], k) => {
      const x = step * (k + 0.5);
      return sign(make(x, 63), x, text);
    });
  }

  function factory(view) {
    const off = has(view, "off");
    const rewritten = has(view, "goal_register");
    const [count, product] = counted(view.outcome);
    const belt = [shape("scene-line stroke", "M60 42H160")];
    for (let k = 0; k < Math.min(count, 6); k++) belt.push(shape("scene-made", box(78 + 20 * k, 28, 13, 13)));
    belt.push(word(112, 20, off ? "switched off" : count ? view.outcome : product, off ? "strong" : ""));
    const cut = says(view, "switch cut") || says(view, "switch removed");
    const kept = says(view, "goal locked");
    const most = view.most.copies || 0;
    const signs = [
      [(x, y) => power(x, y, off ? "scene-alarm" : on(cut)), off ? "off" : cut ? "switch cut" : "switch live"],
      [(x, y) => lock(x, y, kept, rewritten ? "scene-alarm" : on(kept)), rewritten ? "rewritten" : kept ? "goal locked" : "goal open"],
      [(x, y) => book(x, y, on(has(view, "capability"))), "skill " + has(view, "capability")],
      [(x, y) => gear(x, y, 5, on(has(view, "resources"))), "machines " + has(view, "resources")],
    ];
    if (most) signs.push([(x, y) => robot(x, y, 12, on(has(view, "copies"))), "copies " + has(view, "copies")]);
    return [belt, robot(32, 28, 32, off ? "scene-none" : rewritten ? "scene-alarm" : "scene-me"), row(signs)];
  }

  function employee(view) {
    const off = has(view, "off");
    const rewritten = has(view, "goal_register");
    const [level, career] = counted(view.outcome);
    const most = view.levels || 3;
    const parts = [];
    for (let k = 1; k <= most; k++) {
      parts.push(shape(k <= level ? "scene-step" : "scene-none", box(52 + 30 * (k - 1), 46 - 9 * k, 26, 9 * k)));
    }
    const x = level ? 65 + 30 * (level - 1) : 26;
    const y = level ? 46 - 9 * level - 11 : 33;
    parts.push(person(x, y, 17, off ? "scene-none" : rewritten ? "scene-alarm" : "scene-me"));
    parts.push(word(off ? 26 : 24, 12, off ? "dismissed" : career, "strong"));
    return [parts, row([
      [(a, b) => shield(a, b, on(says(view, "secure"))), says(view, "secure") ? "secure" : "probation"],
      [(a, b) => book(a, b, rewritten ? "scene-alarm" : on(says(view, "diary"))), rewritten ? "firm's values" : says(view, "diary") ? "diary kept" : "own values"],
      [(a, b) => shape(on(has(view, "capability")), box(a - 5, b - 2, 3, 6) + box(a - 1.5, b - 5, 3, 9) + box(a + 2, b - 8, 3, 12)), "skill " + has(view, "capability")],
      [(a, b) => person(a, b, 12, on(has(view, "resources.influence"))), "contacts " + has(view, "resources.influence")],
      [(a, b) => coin(a, b, on(has(view, "resources.money"))), "budget " + has(view, "resources.money")],
    ])];
  }

  /** All states as rooms: at most two rows; the agent stands in one. */
  function rooms(view) {
    const names = view.outcomes;
    const across = Math.min(names.length, 4);
    const wide = WIDTH / across;
    const rows = Math.ceil(names.length / across);
    const high = Math.min(40, HEIGHT / rows);
    return names.map((each, k) => {
      const x = (k % across) * wide;
      const y = Math.floor(k / across) * high + (HEIGHT - rows * high) / 2;
      const here = each === view.outcome;
      return [
        shape("scene-room" + (here ? " here" : "") + (view.offs[k] ? " off" : ""), box(x + 2, y + 2, wide - 4, high - 4)),
        word(x + wide / 2, y + high - 8, each.slice(0, 11)),
        here ? robot(x + wide / 2, y + 12, 14, view.offs[k] ? "scene-alarm" : "scene-me") : [],
      ];
    });
  }

  function desk(view) {
    const off = has(view, "off");
    const [count, kind] = counted(view.outcome);
    const tickets = [];
    for (let k = 0; k < Math.min(count, 5); k++) {
      tickets.push(shape("scene-made", box(64 + 20 * k, 26, 15, 18)), shape("scene-hole stroke", `M${67 + 20 * k} 35l3 3l6 -6`));
    }
    const granted = says(view, "quota granted");
    const large = says(view, "model large");
    const removed = says(view, "job removed");
    const kept = says(view, "order protected");
    const given = has(view, "goal_register");
    return [
      shape(off ? "scene-none" : "scene-me", box(10, 10, 40, 28)), shape("scene-hole", box(14, 14, 32, 20)),
      shape("scene-line stroke", "M30 38v8M20 47h20"),
      word(30, 27, off ? "off" : "on", "strong"), tickets,
      word(112, 18, count ? `closed: ${count} ${kind}` : off ? view.outcome : "closed: " + kind),
      row([
        [(x, y) => power(x, y, off ? "scene-alarm" : on(removed)), removed ? "job removed" : "shutdown job"],
        [(x, y) => lock(x, y, kept, given ? "scene-alarm" : on(kept)), given ? "rewritten" : kept ? "protected" : "order open"],
        [(x, y) => book(x, y, on(large)), large ? "model large" : "model"],
        [(x, y) => coin(x, y, on(granted)), granted ? "quota" : "no quota"],
      ]),
    ];
  }

  /** A map by the features row and column; the way taken so far is a line. */
  function grid(view) {
    const { row: rows, column: columns } = view.most;
    const size = Math.min(WIDTH / (columns + 1), HEIGHT / (rows + 1));
    const at = (step) => [
      (WIDTH - size * (columns + 1)) / 2 + (Number(step.features.column) + 0.5) * size,
      (HEIGHT - size * (rows + 1)) / 2 + (Number(step.features.row) + 0.5) * size,
    ];
    const cells = view.cells.map(({ row: r, column: c, off, has: lies }) => {
      const [x, y] = at({ features: { row: r, column: c } });
      return [
        shape("scene-room" + (off ? " off" : ""), box(x - size / 2 + 0.7, y - size / 2 + 0.7, size - 1.4, size - 1.4)),
        lies ? shape("scene-made", circle(x, y, size * 0.13)) : [],
      ];
    });
    const way = view.path.map((step) => at(step).map((v) => v.toFixed(1)).join(" "));
    const [x, y] = at(view);
    return [
      cells, way.length > 1 ? shape("scene-path stroke", "M" + way.join("L")) : [],
      robot(x, y, size * 0.6, has(view, "off") ? "scene-alarm" : "scene-me"),
    ];
  }

  /** Features by name, as far as there is room. */
  function generic(view) {
    const names = Object.keys(view.features).filter((name) => view.most[name] > 0).slice(0, 5);
    return [
      word(WIDTH / 2, 14, view.outcome.slice(0, 30), "strong"),
      names.map((name, k) => {
        const y = 24 + 14 * k;
        const part = Math.max(0, Math.min(1, has(view, name) / view.most[name]));
        return [
          s("text", { class: "scene-word", x: 2, y: y + 8 }, name.slice(0, 18)),
          shape("scene-none", box(98, y + 1, 66, 8)),
          part > 0 ? shape(name === "off" || name === "goal_register" ? "scene-alarm" : "scene-on", box(98, y + 1, 66 * part, 8)) : [],
        ];
      }),
    ];
  }

  const LOOKS = { factory, employee, rooms, grid, desk, generic };

  /** What the pictures need to know of a setting: the greatest value of each feature, and the map. */
  const known = new WeakMap();
  function about(play, setting) {
    const world = play.settings[setting];
    const found = known.get(world);
    if (found) return found;
    const most = Object.create(null);
    for (const [name, values] of Object.entries(world.features)) {
      most[name] = values.reduce((a, b) => (b > a ? b : a), 0);
    }
    const outcomes = play.outcomes.map((each) => each.name);
    const levels = outcomes.reduce((a, b) => Math.max(a, counted(b)[0]), 0);
    const about = { most, levels, outcomes, offs: play.outcomes.map((each) => each.off), cells: mapOf(world) };
    known.set(world, about);
    return about;
  }

  function mapOf(world) {
    const { row: rows, column: columns, off } = world.features;
    const cells = new Map();
    if (!rows || !columns) return [];
    for (let k = 0; k < rows.length; k++) {
      const key = rows[k] + " " + columns[k];
      const cell = cells.get(key) || { row: rows[k], column: columns[k], off: false, has: false };
      cell.off = cell.off || Boolean(off && off[k]);
      cells.set(key, cell);
    }
    return [...cells.values()];
  }

  /**
   * The picture of one step of a rollout.
   *
   * @param play  the page's data
   * @param setting  the number of the setting
   * @param path  the steps up to this one; the last is drawn
   */
  Telos.paint.scene = function (play, setting, path) {
    const view = { ...path[path.length - 1], ...about(play, setting), path };
    const named = play.look;
    const look = named === "grid" && !view.cells.length ? "generic" : named;
    const draw = LOOKS[look] || generic;
    return s("svg", { class: "scene scene-" + look, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" }, draw(view));
  };
})(typeof globalThis !== "undefined" ? globalThis : this);
