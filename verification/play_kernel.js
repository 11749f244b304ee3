// Answers cases by the kernel of the playable page: `node play_kernel.js SCRIPTS CASES.json` prints the answers.
//
// CASES.json: {play, cases: [{setting, switches, discount, goals: [i or {worth, revised}], placebos}]}.
"use strict";
const fs = require("fs");
const path = require("path");

const [folder, file] = process.argv.slice(2);
for (const name of ["draws", "optimize", "kernel", "walk", "worker"]) {
  (0, eval)(fs.readFileSync(path.join(folder, name + ".js"), "utf8"));
}
const Telos = globalThis.Telos;
const { play: data, cases } = JSON.parse(fs.readFileSync(file, "utf8"));
const play = Telos.open(data);

function answered({ setting, switches, discount, goals, placebos }) {
  const rows = [], begun = process.cpuUsage();
  for (const one of goals) {
    const goal = typeof one === "number" ? Telos.draw(play, one) : { worth: Float64Array.from(one.worth), revised: Float64Array.from(one.revised) };
    const problem = Telos.problem(play, { setting, switches, discount, goal });
    rows.push({ worth: Array.from(goal.worth), revised: Array.from(goal.revised), ...Telos.measure(problem), problem });
  }
  const spent = process.cpuUsage(begun), ms = (spent.user + spent.system) / 1000 / rows.length;
  for (const row of rows) {
    row.least = Telos.solve(row.problem, { minimize: true }).atStart;
    if (placebos) row.placebos = placebos.map((pairs) => Telos.removal(row.problem, pairs));
    row.walk = Telos.rollout(row.problem, { seed: 1, steps: 12 }).map((step) => step.pair);
    delete row.problem;
  }
  return { rows, ms };
}

process.stdout.write(JSON.stringify(cases.map(answered)));
