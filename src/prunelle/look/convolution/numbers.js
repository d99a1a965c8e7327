/**
 * A grid of numbers, one a cell. One cell is reached by the tab key, the arrow keys go on from there.
 *
 * A cell is [row, column]. `enter` is told the one that is pointed at or in focus, `stay` the one that was clicked,
 * `leave` that none is; `move` takes the arrow keys, where they do more than go to the next cell; `key` other keys, and
 * says whether it used one; `down` a cell that is pressed, or that a drag comes to.
 */
import { element } from "./kit.js";

export const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
export const STRENGTH = .55; // of a colour that numbers are still read on

export function grid({ show, enter, leave, stay = enter, move, key, down }) {
  const body = element("tbody", {}), table = element("table", { class: "cells", role: "grid" }, body);
  const caption = element("figcaption", {}), view = element("div", { class: "scroll" }, table);
  let rows = [], marked = [], current = null;
  const cellOf = (target) => {
    const cell = target?.closest?.("td");
    return cell && table.contains(cell) ? [cell.parentNode.rowIndex, cell.cellIndex] : null;
  };
  const reach = (cell) => {
    current?.setAttribute("tabindex", -1);
    current = cell;
    cell.setAttribute("tabindex", 0);
  };
  const focus = ([row, column]) => rows[row]?.[column]?.focus();
  const on = (type, act) => table.addEventListener(type, (event) => {
    const cell = cellOf(event.target);
    if (cell) act(cell, event);
  });
  on("pointerover", (cell, { pointerType }) => { if (pointerType !== "touch") enter(cell); });
  on("click", (cell) => stay(cell));
  on("focusin", (cell, { target }) => {
    reach(target);
    if (target.matches(":focus-visible")) (move ? stay : enter)(cell);
  });
  on("keydown", (cell, event) => {
    const by = ARROWS[event.key];
    if (by && move) move(by);
    else if (by) focus(cell.map((one, axis) => one + by[axis]));
    if (by || key?.(cell, event)) event.preventDefault();
  });
  table.addEventListener("pointerleave", leave);
  table.addEventListener("focusout", ({ relatedTarget }) => { if (!table.contains(relatedTarget)) leave(); });
  if (down) {
    on("pointerdown", down);
    // A finger's events go to the cell it began in: what lies under it is asked for.
    table.addEventListener("pointermove", (event) => {
      const cell = event.buttons && cellOf(document.elementFromPoint(event.clientX, event.clientY));
      if (cell) down(cell);
    });
  }

  return {
    table,
    caption,
    focus,
    figure: element("figure", {}, caption, view),
    // Values are rows × columns × channels, of which one is shown; `describe` gives a cell's name and its class.
    fill(values, channel, [low, high], describe) {
      if (rows.length !== values.length || rows[0].length !== values[0].length) {
        rows = values.map((row) => row.map(() => element("td", { role: "gridcell", tabindex: -1 })));
        body.replaceChildren(...rows.map((row) => element("tr", {}, row)));
        reach(rows[0][0]);
      }
      marked = [];
      values.forEach((row, y) => row.forEach((channels, x) => {
        const cell = rows[y][x], value = channels[channel], text = show(value), [name, kind] = describe([y, x]);
        cell.textContent = text;
        cell.setAttribute("aria-label", `${name} = ${text}`);
        cell.className = cell.plain = `${kind} ${low < 0 ? (value < 0 ? "below" : "above") : "level"}`;
        delete cell.dataset.weight;
        const share = low < 0 ? STRENGTH * Math.min(1, Math.abs(value) / high) : (value - low) / (high - low);
        cell.style.setProperty("--strength", `${Math.round(100 * Math.min(Math.max(0, share), 1))}%`);
      }));
    },
    // A mark, and the weight that stands in the corner; both until the next `clear`.
    mark([row, column], kind, weight) {
      const cell = rows[row]?.[column];
      if (!cell) return;
      cell.classList.add(kind);
      if (weight !== undefined) cell.dataset.weight = weight;
      marked.push(cell);
    },
    clear() {
      for (const cell of marked) {
        cell.className = cell.plain;
        delete cell.dataset.weight;
      }
      marked = [];
    },
    // On a narrow screen, a cell that is beyond the edge is brought into view.
    reveal([row, column]) {
      const cell = rows[row]?.[column];
      if (!cell || view.scrollWidth <= view.clientWidth) return;
      const left = cell.offsetLeft - view.scrollLeft;
      if (left < 0 || left + cell.offsetWidth > view.clientWidth) view.scrollLeft = cell.offsetLeft - view.clientWidth / 2;
    },
    hide(later) { rows.forEach((row, y) => row.forEach((cell, x) => cell.classList.toggle("later", later([y, x])))); },
    label: ([row, column]) => rows[row][column].getAttribute("aria-label"),
  };
}
