"use strict";
// Driver: for every address, the state read from it, its notes, its program and the kernel's numbers.
const fs = require("fs");
require("vm").runInThisContext(fs.readFileSync(process.argv[2], "utf8"));
const { Telos } = globalThis;
const { play: record, addresses } = JSON.parse(fs.readFileSync(0, "utf8"));
const play = Telos.open(record), told = {};
for (const address of addresses) {
  const { state, notes } = Telos.address.read(play, `#${address}`);
  const again = Telos.address.read(play, Telos.address.write(state));
  const goal = Telos.address.worthOf(play, state.goal);
  const { drives } = Telos.measure(Telos.problem(play, { ...state, goal }));
  const measured = drives.find((one) => one.name === state.drive) || null;
  told[address] = { state, notes, again: again.state, againNotes: again.notes, python: Telos.python(play, state), measured };
}
process.stdout.write(JSON.stringify(told));
