// Maps, lines, units, kernels as the panel "look" draws them: zero is the paper, orange is above it and blue below, as
// in the house's figures.
import { button, colour, element } from "./kit.js";

const STEPS = 255, HEIGHT = 44;
export const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
let ramps;

// The page's colours as bytes of a picture: 511 from -1 over 0 to 1, and the greys. Read once for each theme.
export function readColours() {
  const names = ["--card", "--blue", "--orange", "--ink", "--line", "--muted"].map(colour);
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const [card, blue, orange, ink] = names.map((name) => {
    pen.fillStyle = name;
    pen.fillRect(0, 0, 1, 1);
    return pen.getImageData(0, 0, 1, 1).data;
  });
  const pixel = new Uint8ClampedArray(4).fill(255), whole = new Uint32Array(pixel.buffer);
  const between = (from, to, share) => {
    for (let i = 0; i < 3; i++) pixel[i] = from[i] + (to[i] - from[i]) * share;
    return whole[0];
  };
  // The last fifth goes on towards the ink, so that the largest values are told apart, too.
  const toned = (tone, share) => (share < 0.8 ? between(card, tone, share / 0.8) : between(tone, ink, (share - 0.8) * 1.5));
  const signed = Uint32Array.from({ length: 2 * STEPS + 1 }, (_, i) =>
    toned(i < STEPS ? blue : orange, Math.abs(i - STEPS) / STEPS));
  const grey = Uint32Array.from({ length: 256 }, (_, i) => between([0, 0, 0], [255, 255, 255], i / 255));
  ramps = { signed, grey, heat: orange.subarray(0, 3), blue: names[1], orange: names[2], line: names[4], muted: names[5] };
}

// A map of bytes, where 0 stands for the value `low` and 255 for `high`. `shared`: lowest and highest of all maps beside
// it, or null; `grey`: black its lowest value, white its highest.
export function paintSigned(canvas, bytes, { height, width, low, high, shared = null, grey = false }) {
  const reach = Math.max(...(shared ?? [low, high]).map(Math.abs)) || 1;
  const table = grey ? ramps.grey : Uint32Array.from({ length: 256 }, (_, byte) =>
    ramps.signed[STEPS + Math.round((STEPS * (low + ((high - low) * byte) / 255)) / reach)]);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d"), picture = pen.createImageData(width, height);
  const pixels = new Uint32Array(picture.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = table[bytes[i]];
  pen.putImageData(picture, 0, 0);
}

// Where a network looked, to lie on its picture.
export function paintHeat(canvas, values, height, width) {
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d"), picture = pen.createImageData(width, height);
  values.forEach((value, i) => picture.data.set([...ramps.heat, 215 * Math.max(0, value)], 4 * i));
  pen.putImageData(picture, 0, 0);
}

function sheet(canvas, width, height) {
  const scale = Math.min(2, devicePixelRatio);
  Object.assign(canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  return pen;
}

function stroke(pen, points, tone) {
  Object.assign(pen, { strokeStyle: tone, lineWidth: 1.4, lineJoin: "round" });
  pen.beginPath();
  let pending = true; // a gap where there is no value
  for (const [x, y] of points) {
    if (!Number.isFinite(y)) pending = true;
    else if (pending) { pen.moveTo(x, y); pending = false; } else pen.lineTo(x, y);
  }
  pen.stroke();
}

// Series: `values` with the shape (C, T), a colour for each of the first channels.
export function paintSeries(canvas, values, { width, height, least, most }) {
  const [channels, length] = values.shape, pen = sheet(canvas, width, height);
  const down = (value) => 5 + (height - 10) * (1 - (value - least) / (most - least || 1));
  if (least <= 0 && most >= 0) stroke(pen, [[0, down(0)], [width, down(0)]], ramps.line);
  for (let c = channels - 1; c >= 0; c--) {
    const points = Array.from({ length }, (_, t) => [((t + 0.5) * width) / length, down(values[c * length + t])]);
    stroke(pen, points, [ramps.blue, ramps.orange][c] ?? ramps.muted);
  }
}

// A channel of a series' layer; see paintSigned.
export function paintLine(canvas, bytes, { low, high, shared = null }) {
  const values = Float32Array.from(bytes, (byte) => low + ((high - low) * byte) / 255), [least, most] = shared ?? [low, high];
  paintSeries(canvas, Object.assign(values, { shape: [1, values.length] }), { width: 150, height: HEIGHT, least, most });
}

// Units of a dense layer as bars from zero, up and down.
export function paintUnits(canvas, values, width) {
  const most = Math.max(0, ...values), span = most - Math.min(0, ...values) || 1, pen = sheet(canvas, width, HEIGHT);
  const zero = (HEIGHT * most) / span, each = width / values.length, gap = each > 4 ? 1 : 0;
  values.forEach((value, i) => {
    pen.fillStyle = value < 0 ? ramps.blue : ramps.orange;
    pen.fillRect(i * each, zero, each - gap, (-value * HEIGHT) / span);
  });
  pen.fillStyle = ramps.line;
  pen.fillRect(0, Math.min(HEIGHT - 1, zero), width, 1);
}

// An array as it is sent, and as it comes: with its shape.
export const shaped = (values, ...shape) => Object.assign(values, { shape });

// The least and the most of what is there.
export function range(values) {
  const finite = Array.from(values).filter(Number.isFinite);
  return { least: Math.min(...finite), most: Math.max(...finite) };
}

// Puts a frame around cells of a map of `width` × `height`; away with it where there are none.
export function place(frame, cells, width, height) {
  frame.hidden = !cells;
  if (!cells) return;
  const put = (start, size, from, length, of) => {
    const first = Math.max(0, from), last = Math.min(of, from + length);
    Object.assign(frame.style, { [start]: `${(100 * first) / of}%`, [size]: `${(100 * (last - first)) / of}%` });
  };
  put("left", "width", cells.x, cells.w, width);
  put("top", "height", cells.y, cells.h, height);
}

// The largest of numbers, whatever their signs.
export const reaching = (values) =>
  Array.from(values).filter(Number.isFinite).reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);

// Colours a cell by how large its number is among others.
export function tint(cell, value, reach) {
  cell.classList.remove("low", "high");
  cell.classList.add(value < 0 ? "low" : "high");
  cell.style.setProperty("--strength", `${Math.round((50 * Math.abs(value || 0)) / reach)}%`);
}

// As many decimals as the largest of a table needs, so that a number finds room in a cell.
function cellText(language, reach) {
  const digits = Math.max(0, Math.min(3, 1 - Math.floor(Math.log10(reach))));
  const options = { maximumFractionDigits: digits, useGrouping: false, signDisplay: "negative" };
  const format = new Intl.NumberFormat(language, options);
  // Three decimals leave no room for the zero before them.
  const short = (text) => (digits > 2 ? text.replace(/^(-?)0(?=.)/, "$1") : text).replace("-", "−");
  return (value) => (Number.isFinite(value) ? short(format.format(value)) : "");
}

// A table of numbers: a window, a kernel, their products. `inside`: height × width, 0 for padding; `chosen`: [row, column];
// `pick(row, column)` makes buttons of the cells: one stop of the Tab key, arrows go on from there.
export function matrix(values, height, width, given) {
  const { caption, language, reach = reaching(values), inside = null, chosen = null, pick = null } = given;
  const side = Math.max(height, width), few = side <= 3 || (height === 1 && side <= 10);
  const size = few ? "three" : side <= 5 ? "five" : side <= 7 ? "many" : "many most";
  const table = element("table", { class: `look-matrix ${size}` }, element("caption", {}, caption));
  const text = cellText(language, reach), cells = [];
  for (let y = 0; y < height; y++) {
    const row = element("tr");
    for (let x = 0; x < width; x++) {
      const at = y * width + x, value = values[at], cell = element("td", { title: text(value) });
      tint(cell, value, reach);
      if (inside && !inside[at]) cell.classList.add("padding");
      if (chosen?.[0] === y && chosen[1] === x) cell.classList.add("chosen");
      if (pick && (!inside || inside[at])) {
        cells.push(Object.assign(button(text(value), () => pick(y, x), { tabindex: cells.length ? -1 : 0 }), { y, x }));
        cell.append(cells.at(-1));
      } else cell.append(text(value));
      row.append(cell);
    }
    table.append(row);
  }
  table.addEventListener("keydown", (event) => {
    const by = ARROWS[event.key];
    const next = by && cells.find((cell) => cell.y === event.target.y + by[0] && cell.x === event.target.x + by[1]);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  return table;
}
