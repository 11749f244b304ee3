"use strict";
// Frame: in a notebook the page says its state to the cell that shows it, and takes one from there.
(function (Telos) {
  const root = globalThis;

  /** A state that somebody else made, as one of this page; null if it is none. */
  function read(play, text) {
    try {
      return Telos.address.read(play, text).state;
    } catch {
      return null;
    }
  }

  /**
   * Says states to who holds this page as the text of a frame; anywhere else it says and hears nothing.
   *
   * @param take  is called with a state from there
   * @returns a function that says a state, once; what was taken is said too, with what was asked
   */
  Telos.frame = function (play, take) {
    if (root.parent === root || root.location.href !== "about:srcdoc") return () => undefined;
    let said = "";
    const say = (state, asked) => {
      said = Telos.address.write(state);
      root.parent.postMessage({ telos: said, program: Telos.python(play, state), asked }, "*");
    };
    root.addEventListener("message", ({ source, data }) => {
      if (source !== root.parent || !data || typeof data.telos !== "string") return;
      const state = read(play, data.telos);
      if (!state) return;
      if (Telos.address.write(state) !== said) {
        said = Telos.address.write(state);
        take(state);
      }
      say(state, data.telos);
    });
    return (state) => {
      if (Telos.address.write(state) !== said) say(state, "");
    };
  };
})((globalThis.Telos = globalThis.Telos || {}));
