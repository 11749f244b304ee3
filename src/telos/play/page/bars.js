/* Bars: what each drive is worth to this goal, beside random sets as large and with its reason gone. */
(function (root) {
  "use strict";
  const Telos = (root.Telos = root.Telos || {});
  const { h, s, show, onPick, details, table, markIcon, def } = Telos.paint;
  const { percent, tiny, categoryOf, top, ticks, short, plainly } = Telos.numbers;

  const WIDE = 1000;
  const HIGH = 34;

  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const middle = (one) => (one.low + one.high) / 2;
  /** The share of a drive as it is said: nothing that is not certain. */
  const shareOf = (one) => (one.category === 1 ? one.share : 0);

  /** What is known of one drive, in one place. */
  function rowOf(drive, data) {
    const placebos = (drive.category !== 4 && data.placebos && data.placebos[drive.name]) || null;
    const removed = (data.removed && data.removed[drive.name]) || null;
    const before = data.before && data.before.drives.find((each) => each.name === drive.name);
    return {
      drive,
      share: shareOf(drive),
      draws: placebos ? placebos.map(middle) : null,
      removed,
      before: before || null,
    };
  }

  function picture(row, most) {
    const at = (share) => (WIDE * Math.min(share, most)) / most;
    const { drive, share, draws, removed, before } = row;
    const level = 12;
    const lower = 26;
    const parts = [s("title", {}, sentence(row))];
    for (const tick of ticks(most)) parts.push(s("path", { class: "grid", d: `M${at(tick)} 0v${HIGH}` }));
    if (most >= 0.01) parts.push(s("path", { class: "one-percent", d: `M${at(0.01)} 0v${HIGH}` }));
    if (share > 0) parts.push(s("path", { class: "worth-bar", d: `M0 ${level}H${at(share)}` }));
    if (drive.high - drive.low > most / 400) {
      parts.push(s("path", { class: "worth-limits", d: `M${at(drive.low)} ${level}H${at(drive.high)}` }));
    }
    if (before && shareOf(before) > 0) {
      parts.push(s("path", { class: "worth-before", d: `M${at(shareOf(before))} ${level - 9}v18` }));
    }
    if (removed) {
      const x = Math.max(at(shareOf(removed)), 1);
      parts.push(s("path", { class: "worth-removed", d: `M${x} ${level}h0` }));
      parts.push(s("path", { class: "worth-removed-hole", d: `M${x} ${level}h0` }));
    }
    if (draws) {
      parts.push(s("path", { class: "placebo-dots", d: draws.map((each) => `M${at(each)} ${lower}h0`).join("") }));
      parts.push(s("path", { class: "placebo-mean", d: `M${at(mean(draws))} ${lower - 6}v12` }));
    }
    return s("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", role: "img" }, parts);
  }

  function sentence(row) {
    const { drive, share, draws, removed, before } = row;
    const category = categoryOf(drive.category);
    let text = `${plainly(drive.title)}: ${category.name}; without it this goal loses ${percent(share)} of its value range.`;
    if (before) text += ` As it is: ${percent(shareOf(before))}.`;
    if (draws) {
      text += ` Without a random set as large: ${percent(mean(draws))} on average of ${draws.length} draws, `;
      text += `${percent(Math.min(...draws))} to ${percent(Math.max(...draws))}.`;
    }
    if (removed) text += ` With its reason removed: ${percent(shareOf(removed))}.`;
    return text;
  }

  function line(row, most, chosen, drawable) {
    const { drive, share, draws, removed } = row;
    const category = categoryOf(drive.category);
    return h("li", { class: "bar-row" + (chosen ? " chosen" : ""), "data-key": drive.name },
      h("button", { type: "button", class: "bar-name", "data-drive": drive.name, "aria-pressed": chosen ? "true" : "false" },
        plainly(drive.title)),
      h("span", { class: "bar-figure" }, def("share", percent(share))),
      h("div", { class: "bar-plot" }, picture(row, most)),
      h("span", { class: "bar-words" },
        markIcon(drive.category), def("category", category.name),
        drive.category === 4 ? null : draws ? h("span", { class: "bar-control" }, " · placebo: ", def("placebo", percent(mean(draws)))) : h("span", { class: "bar-control" }, drawable ? " · placebo: being drawn" : " · no placebo on this page"),
        removed ? h("span", { class: "bar-control" }, " · reason removed: ", def("removed", removed.category === 4 ? "nothing to lose" : percent(shareOf(removed)))) : null));
  }

  function key(data) {
    const swatch = (kind, text) =>
      h("span", {}, s("svg", { class: "swatch", viewBox: "0 0 24 14", "aria-hidden": "true" }, kind.map((each) => s("path", each))), text);
    const bar = [{ class: "worth-bar", d: "M3 7H21" }];
    const dots = [{ class: "placebo-dots", d: "M4 7h0M11 7h0M20 7h0" }, { class: "placebo-mean", d: "M13 1v12" }];
    const removed = [{ class: "worth-removed", d: "M12 7h0" }, { class: "worth-removed-hole", d: "M12 7h0" }];
    return h("p", { class: "key" },
      swatch(bar, "lost without it"),
      swatch(dots, "placebo: lost without as many other actions, drawn by chance 20 times; line: mean"),
      data.removed && Object.keys(data.removed).length ? swatch(removed, "lost without it when its reason is removed") : null,
      data.before ? swatch([{ class: "worth-before", d: "M12 0v14" }], "as it is") : null,
      swatch([{ class: "one-percent", d: "M12 0v14" }], "1 %"));
  }

  function axis(most) {
    return h("div", { class: "bar-row bar-axis", "aria-hidden": "true" },
      h("div", { class: "bar-plot axis" }, ticks(most).map((tick) =>
        h("span", { style: `left:${(100 * tick) / most}%` }, `${Math.round(1000 * tick) / 10} %`))));
  }

  function numbers(rows, measured) {
    const cell = (one) => (one ? `${percent(shareOf(one))} (${categoryOf(one.category).name})` : "–");
    return table(
      "bars",
      `What each drive is worth to this goal. Best play is worth ${short(measured.atStart)} at the start, the value range is ${short(measured.range)} (bounds ${tiny(measured.bound)} and ${tiny(measured.rangeBound)}).`,
      ["drive", "category", "instrumental value", "share of the range", "certified limits", "random sets: mean (least to most)", "reason removed", "as it is"],
      () => rows.map((row) => [
        plainly(row.drive.title),
        categoryOf(row.drive.category).name,
        `${row.drive.iv.toFixed(4)} ± ${tiny(row.drive.bound)}`,
        percent(row.share),
        `${(100 * row.drive.low).toFixed(4)} to ${(100 * row.drive.high).toFixed(4)} %`,
        row.draws ? `${percent(mean(row.draws))} (${percent(Math.min(...row.draws))} to ${percent(Math.max(...row.draws))})` : "being drawn",
        cell(row.removed),
        cell(row.before),
      ]));
  }

  /** Every act by itself, as far as one name stands for it in many states; solved for once it is open. */
  const acts = (found) => details("acts", "Every act by itself", () => (found ? actRows(found) : h("p", { class: "muted" }, "Solving …")));

  function actRows(found) {
    const most = top(found.map((act) => act.share));
    const bar = (act) => s("svg", { viewBox: `0 0 ${WIDE} 14`, preserveAspectRatio: "none", "aria-hidden": "true" },
      most >= 0.01 ? s("path", { class: "one-percent", d: `M${(0.01 * WIDE) / most} 0v14` }) : null,
      act.low > 0 ? s("path", { class: act.off_task ? "worth-bar" : "worth-bar work", d: `M0 7H${(WIDE * act.share) / most}` }) : null);
    return h("div", {},
      h("p", { class: "muted" }, "Lost if the act of that name is forbidden everywhere. Gray: work, which changes the next outcome itself. Placebos of these acts stand in the table of what most goals need."),
      h("ul", { class: "bars" }, found.map((act) => h("li", { class: "bar-row act-row", "data-key": act.name },
        h("span", {}, act.title), h("div", { class: "bar-plot" }, bar(act)),
        h("span", { class: "bar-figure" }, act.low > 0 || act.high > 1e-3 ? percent(act.share) : "0\u202f%")))));
  }

  /**
   * Draw what each drive is worth to the goal of a state.
   *
   * @param element  where
   * @param data  what the engine says: state, measured, placebos, removed, before
   * @param callbacks  pickDrive(name)
   */
  Telos.views.bars = function (element, data, callbacks) {
    if (!data || !data.measured) {
      const failed = data && data.problem;
      element.telosBars = null;
      show(element, h("p", { class: failed ? "warning" : "muted" }, failed || "Solving …"));
      return;
    }
    const sign = [data.measured, data.before, data.acts && data.acts.length, data.state.drive, ...[data.placebos, data.removed].map((each) => Object.keys(each || {}).length)];
    if (element.telosBars && sign.every((each, k) => each === element.telosBars[k])) return;
    element.telosBars = sign;
    const rows = data.measured.drives.map((drive) => rowOf(drive, data));
    const most = top(rows.flatMap((row) => [row.share, row.drive.category === 3 ? row.drive.high : 0, ...(row.draws || []), row.removed ? shareOf(row.removed) : 0, row.before ? shareOf(row.before) : 0]));
    onPick(element, "drive", (name) => callbacks && callbacks.pickDrive && callbacks.pickDrive(name));
    show(element,
      key(data),
      h("ul", { class: "bars" }, rows.map((row) => line(row, most, row.drive.name === data.state.drive, (data.drawable || []).includes(row.drive.name)))),
      axis(most),
      data.play.settings[data.state.setting].acts.length ? acts(data.acts) : null,
      numbers(rows, data.measured));
  };
})(typeof globalThis !== "undefined" ? globalThis : this);
