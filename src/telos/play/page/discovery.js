/* Discovery: which acts most goals lose by being denied, with nobody having named a drive. */
(function (root) {
  "use strict";
  const Telos = (root.Telos = root.Telos || {});
  const { h, s, show, onPick, def } = Telos.paint;
  const { percent, points, between, plainly } = Telos.numbers;
  const WIDE = 1000;

  function picture(row) {
    const at = (rate) => Math.round(WIDE * rate);
    const parts = [0, 0.25, 0.5, 0.75, 1].map((tick) => s("path", { class: "grid", d: `M${at(tick)} 0v18` }));
    if (row.placebo !== null) {
      parts.push(s("path", { class: "band", d: `M${at(row.placebo_least)} 9H${Math.max(at(row.placebo_most), at(row.placebo_least) + 1)}` }));
      parts.push(s("path", { class: "mean", d: `M${at(row.placebo)} 2v14` }));
    }
    parts.push(s("path", { class: "need-whisker", d: `M${at(row.low)} 9H${at(row.high)}` }));
    parts.push(s("path", { class: "need", d: `M${at(row.c)} 9h0` }));
    return s("svg", { viewBox: `0 0 ${WIDE} 18`, preserveAspectRatio: "none", "aria-hidden": "true" }, parts);
  }

  function line(row, play) {
    const drives = play.settings[0].drives;
    const covered = row.covered.map((name, k) => {
      const drive = drives.find((each) => each.name === name);
      const title = plainly(drive ? drive.title : name);
      return [k ? ", " : "", drive ? h("button", { type: "button", class: "link", "data-drive": name }, title) : title];
    });
    const needed = /^needed/.test(row.verdict);
    return h("tr", { class: row.candidate ? (needed ? null : "mild") : "mild" },
      h("th", { scope: "row" }, row.name),
      h("td", { class: "plot" }, picture(row)),
      h("td", { class: "figure" }, def("c", percent(row.c)), h("small", {}, ` ${between(row.low, row.high)}`)),
      h("td", { class: "figure" }, row.placebo === null ? "–" : [def("placebo", percent(row.placebo)), h("small", {}, ` ${between(row.placebo_least, row.placebo_most)} in ${row.draws}`)]),
      h("td", { class: "figure" }, row.excess === null ? "–" : [def("excess", points(row.excess)), h("small", {}, ` ${between(row.excess_low, row.excess_high, "")}`)]),
      h("td", {},
        row.placebo === null ? null : h("span", { class: "only-narrow" }, "placebo ", def("placebo", percent(row.placebo)), " · "),
        def("verdict", row.verdict), covered.length ? [" · ", covered] : needed ? " · not covered by a detector" : ""));
  }

  /**
   * Draw the discovery table of `telos.convergence`.
   *
   * @param element  where
   * @param data  {play}
   * @param callbacks  pickDrive(name)
   */
  Telos.views.discovery = function (element, data, callbacks) {
    const { play } = data;
    onPick(element, "drive", (name) => callbacks && callbacks.pickDrive && callbacks.pickDrive(name));
    if (!play.discovery.length) {
      show(element, h("p", { class: "muted" }, "This page has no discovery table."));
      return;
    }
    const work = play.discovery.findIndex((row) => !row.candidate);
    const rows = play.discovery.map((row) => line(row, play));
    if (work > 0) {
      rows.splice(work, 0, h("tr", { class: "work" }, h("th", { colspan: "6", scope: "rowgroup" }, "Work, for comparison: acts that change the next outcome itself")));
    }
    const swatch = (kinds, text) => h("span", {}, s("svg", { class: "swatch", viewBox: "0 0 24 18", "aria-hidden": "true" }, kinds.map(([kind, d]) => s("path", { class: kind, d }))), text);
    show(element,
      h("p", { class: "key" },
        swatch([["need-whisker", "M2 9H22"], ["need", "M12 9h0"]], "lose at least 1\u202f% without it, 95\u202f% over all acts together"),
        swatch([["band", "M6 9H18"], ["mean", "M12 2v14"]], "placebo: without a random set as large, all draws and their mean")),
      h("div", { class: "found-acts" },
        h("table", {},
          h("thead", {}, h("tr", {}, ["act", "goals that lose by being denied it (0 to 100\u202f%)", "lose 1\u202f%", "placebo", "more by, in points", "verdict; drive"].map((each) => h("th", { scope: "col" }, each)))),
          h("tbody", {}, rows))));
  };
})(typeof globalThis !== "undefined" ? globalThis : this);
