/** A kernel under the hand: weights that are typed, dragged up and down, or changed by the wheel and the arrow keys. */
import { element, number } from "./kit.js";
import { ARROWS, STRENGTH } from "./numbers.js";

const PIXELS = 10; // of a drag, for a step

// A weight as it is typed in either language, as the command takes it; and what it comes to.
export const plain = (text) => text.trim().replaceAll("−", "-").replaceAll(",", ".").replace(/^([-+]?)\./, "$10.");
export const valueOf = (text) => {
  const [, numerator, , divisor = "1"] = plain(text).match(/^([-+]?\d+(\.\d*)?)(?:\/(\d+(?:\.\d*)?))?$/) || [];
  const value = Number(numerator) / Number(divisor);
  return Number.isFinite(value) ? value : NaN;
};

// `name(row, column)` is what a screen reader says; `changed(texts)` is told of rows of texts in which one is another.
export function weightGrid({ label, language, name, changed }) {
  const group = element("div", { class: "weights", role: "group", "aria-label": label });
  const local = (text) => (language === "fr" ? text.replace(".", ",") : text).replace("-", "−");
  // As much as there is room for; all of it where it is typed.
  const brief = (text) => (text.length <= (rows[0].length > 5 ? 5 : 7) ? local(text) : number(valueOf(text), language, 2));
  let rows = [];

  function make(u, v) {
    const put = (text) => changed(rows.map((row, y) => row.map((one, x) => (y === u && x === v ? text : one))));
    // Of a fraction, the numerator.
    const by = (steps, event) => {
      if (Number.isNaN(valueOf(rows[u][v]))) return;
      const [numerator, divisor] = plain(rows[u][v]).split("/");
      const value = Math.round(1000 * (Number(numerator) + steps * (event.shiftKey ? .1 : 1))) / 1000;
      put(divisor ? `${value}/${divisor}` : String(value));
      cell.select(); // so that the next arrow to a side leads to the next cell
    };
    let from = null;
    const cell = element("input", { type: "text", role: "spinbutton", autocomplete: "off", inputmode: "decimal",
      oninput: () => put(cell.value),
      onfocus: () => { cell.value = local(rows[u][v]); cell.select(); },
      onblur: () => {
        const text = rows[u]?.[v]; // none where the kernel became smaller, and the cell is taken away
        if (text !== undefined) cell.value = Number.isNaN(valueOf(text)) ? text : brief(text);
      },
      onkeydown: (event) => {
        const [down, side] = ARROWS[event.key] || [0, 0];
        const within = side < 0 ? cell.selectionStart : cell.value.length - cell.selectionEnd;
        const next = side && !within && group.children[u * rows[0].length + v + side];
        if (down) by(-down, event);
        if (next) next.focus();
        if (down || next) event.preventDefault();
      },
      ondragstart: (event) => event.preventDefault(), // of the selected text
      onpointerdown: (event) => { from = event.clientY; cell.setPointerCapture(event.pointerId); },
      onpointermove: (event) => {
        const steps = event.buttons && from !== null ? Math.trunc((from - event.clientY) / PIXELS) : 0;
        if (steps) { by(steps, event); from -= PIXELS * steps; }
      } });
    cell.addEventListener("wheel", (event) => {
      if (document.activeElement !== cell) return;
      event.preventDefault();
      by(event.deltaY < 0 ? 1 : -1, event);
    }, { passive: false });
    return cell;
  }

  return {
    group,
    // Rows of texts; `most` is the largest weight of all slices.
    draw(texts, most) {
      const same = texts.length === rows.length && texts[0].length === rows[0].length;
      rows = texts;
      group.style.setProperty("--columns", rows[0].length);
      if (!same) group.replaceChildren(...rows.flatMap((row, u) => row.map((_, v) => make(u, v))));
      rows.forEach((row, u) => row.forEach((text, v) => {
        const cell = group.children[u * row.length + v], value = valueOf(text);
        // What is being typed is left as it is: "1." is on its way to 1.5.
        if (document.activeElement !== cell) cell.value = Number.isNaN(value) ? text : brief(text);
        else if (plain(cell.value) !== plain(text)) cell.value = local(text);
        const said = { class: value < 0 ? "below" : "above", "aria-invalid": Number.isNaN(value), "aria-valuenow": value || 0,
          "aria-valuetext": local(text), "aria-label": name(u, v) };
        for (const [key, one] of Object.entries(said)) cell.setAttribute(key, one);
        cell.style.setProperty("--strength", `${Math.round(100 * STRENGTH * Math.abs(value || 0) / most)}%`);
      }));
    },
  };
}
