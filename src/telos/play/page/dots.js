/* Dots: a thousand marks on a canvas that go from where they were to where they are. */
(function (root) {
  "use strict";
  const Telos = (root.Telos = root.Telos || {});
  const { quiet } = Telos.paint;
  const { CATEGORIES, places, rootScale } = Telos.numbers;

  const HIGH = 230;
  /** In how many ms a dot goes two thirds of its way. */
  const PACE = 130;
  /** Room for a ring around a dot at the edge. */
  const EDGE = 7;

  /** The colors that the page's style gives to each category, read from the legend's samples. */
  function colors(element) {
    const by = {};
    for (const each of CATEGORIES) {
      const sample = element.querySelector(`.swarm-colors .cat-${each.key}`);
      const style = sample && root.getComputedStyle(sample);
      by[each.number] = style ? { fill: style.fill, stroke: style.stroke } : { fill: "gray", stroke: "none" };
    }
    const own = root.getComputedStyle(element);
    const of = (name, other) => own.getPropertyValue(name).trim() || other;
    return { by, text: own.color, line: of("--line", "#ccc"), mark: of("--deed", "#d55e00") };
  }

  /** One mark of a category, added to the path of a pen; shapes as those of `Telos.paint.mark`. */
  function trace(pen, key, x, y, r) {
    if (key === "declined") pen.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
    else if (key === "never" || key === "unresolved") {
      pen.moveTo(x, y - r);
      pen.lineTo(x + r, key === "never" ? y : y + 0.9 * r);
      if (key === "never") pen.lineTo(x, y + r);
      pen.lineTo(x - r, key === "never" ? y : y + 0.9 * r);
      pen.closePath();
    } else if (key === "not") {
      pen.moveTo(x - r, y - r);
      pen.lineTo(x + r, y + r);
      pen.moveTo(x + r, y - r);
      pen.lineTo(x - r, y + r);
    } else {
      pen.moveTo(x + r, y);
      pen.arc(x, y, r, 0, 2 * Math.PI);
    }
  }

  /**
   * A cloud of dots in an element that holds a canvas.
   *
   * @returns {place, nearest, refresh, height}
   */
  Telos.paint.cloud = function (element) {
    let now = null;
    let at = { x: new Float32Array(0), y: new Float32Array(0) };
    let frame = 0;
    let last = 0;
    let ringed = -1;
    let look = null;

    const canvasOf = () => element.querySelector("canvas");

    function lines(pen) {
      const { spot, most } = now;
      const upright = (x, color, dashes) => {
        pen.strokeStyle = color;
        pen.lineWidth = 1;
        pen.setLineDash(dashes);
        pen.beginPath();
        pen.moveTo(x, 0);
        pen.lineTo(x, HIGH);
        pen.stroke();
      };
      upright(spot.start + rootScale(0.01, most) * (spot.end - spot.start), look.text, [3, 3]);
      upright(spot.start - spot.size, look.line, []);
      pen.setLineDash([]);
    }

    function marks(pen, from, to, alpha) {
      const { rows, spot } = now;
      const r = Math.max(0.8, 0.4 * spot.size);
      pen.globalAlpha = alpha;
      pen.lineWidth = Math.max(0.8, r / 3);
      for (const each of CATEGORIES) {
        pen.beginPath();
        let some = false;
        for (let i = from; i < to; i++) {
          if (rows[i].category !== each.number) continue;
          some = true;
          trace(pen, each.key, at.x[i], at.y[i], r);
        }
        if (!some) continue;
        const { fill, stroke } = look.by[each.number];
        if (fill && fill !== "none") {
          pen.fillStyle = fill;
          pen.fill();
        }
        if (stroke && stroke !== "none") {
          pen.strokeStyle = stroke;
          pen.stroke();
        }
      }
      pen.globalAlpha = 1;
    }

    function ring(pen, i, color) {
      if (i < 0 || i >= now.rows.length) return;
      pen.lineWidth = 2;
      pen.strokeStyle = color;
      pen.beginPath();
      pen.arc(at.x[i], at.y[i], Math.max(6, now.spot.size), 0, 2 * Math.PI);
      pen.stroke();
    }

    function paint() {
      const canvas = canvasOf();
      if (!canvas || !canvas.getContext || !now) return;
      const dense = root.devicePixelRatio || 1;
      const [w, high] = [Math.round(now.width * dense), Math.round(HIGH * dense)];
      if (canvas.width !== w || canvas.height !== high) [canvas.width, canvas.height] = [w, high];
      canvas.style.height = HIGH + "px";
      const pen = canvas.getContext("2d");
      pen.setTransform(dense, 0, 0, dense, 0, 0);
      pen.clearRect(0, 0, now.width, HIGH);
      look = look || colors(element);
      lines(pen);
      marks(pen, now.solved, now.rows.length, 0.25);
      marks(pen, 0, now.solved, 1);
      ring(pen, now.chosen, look.mark);
      ring(pen, ringed, look.text);
    }

    /** One frame: each dot goes a part of what is left of its way. */
    function step(time) {
      const part = 1 - Math.exp(-Math.min(100, time - last) / PACE);
      last = time;
      let far = 0;
      const { x, y } = now.spot;
      for (let i = 0; i < x.length; i++) {
        at.x[i] += part * (x[i] - at.x[i]);
        at.y[i] += part * (y[i] - at.y[i]);
        far = Math.max(far, Math.abs(x[i] - at.x[i]), Math.abs(y[i] - at.y[i]));
      }
      if (far < 0.4) {
        at.x.set(x);
        at.y.set(y);
      }
      paint();
      frame = far < 0.4 || !element.isConnected ? 0 : root.requestAnimationFrame(step);
    }

    return {
      height: HIGH,
      /**
       * Say where the dots are to be: `rows` of goals, of which the first `solved` are known and the rest
       * stand where they were before; `chosen` is ringed.
       */
      place(wanted) {
        const { rows, width, most, of } = wanted;
        const largest = Math.max(4, Math.min(11, Math.sqrt((width * HIGH) / of / 2.2)));
        const spot = places(rows, width - 2 * EDGE, HIGH - EDGE, most, largest);
        for (let i = 0; i < rows.length; i++) {
          spot.x[i] += EDGE;
          spot.y[i] += EDGE - 1;
        }
        spot.start += EDGE;
        spot.end = width - EDGE;
        const jump = quiet() || !now || now.width !== width;
        now = { ...wanted, spot };
        const [x, y] = [Float32Array.from(spot.x), Float32Array.from(spot.y)];
        if (!jump) {
          x.set(at.x.subarray(0, Math.min(x.length, at.x.length)));
          y.set(at.y.subarray(0, Math.min(y.length, at.y.length)));
        }
        at = { x, y };
        if (jump) paint();
        else if (!frame) {
          last = root.performance.now();
          frame = root.requestAnimationFrame(step);
        }
        return spot;
      },
      /** Ring another goal's dot as the one that is open. */
      choose(i) {
        if (!now) return;
        now.chosen = i;
        if (!frame) paint();
      },
      /** The number of the dot next to a point of the canvas; -1 if none is near. */
      nearest(x, y) {
        let best = -1;
        let least = 20 * 20;
        for (let i = 0; now && i < now.solved; i++) {
          const far = (at.x[i] - x) ** 2 + (at.y[i] - y) ** 2;
          if (far < least) [best, least] = [i, far];
        }
        return best;
      },
      /** Paint again, with a ring around one dot (-1: none). */
      refresh(i = ringed) {
        ringed = i;
        if (!frame) paint();
      },
      /** Paint again in the colors that the page has now. */
      recolor() {
        look = null;
        if (!frame) paint();
      },
      /** The numbers of the solved dots from left to right. */
      order() {
        const { x, y } = now.spot;
        return [...Array(now.solved).keys()].sort((a, b) => x[a] - x[b] || y[b] - y[a]);
      },
    };
  };
})(typeof globalThis !== "undefined" ? globalThis : this);
