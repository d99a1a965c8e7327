// What the network is shown: drawn, chosen, photographed, dropped, pasted. `show(prepared)` is told of each, as prepare.js gives it.
import { button, element } from "./kit.js";

const SIDE = 280, STRIP = 256; // pixels of the drawing; rows of a picture that are read at once

// A picture of a file, decoded and turned upright by the browser, prepared strip by strip. drawImage must not resize it:
// browsers do that each in their own way.
async function preparedFile(about, file) {
  const picture = await decoded(file), { width, height } = picture;
  const canvas = element("canvas", { width, height: Math.min(STRIP, height) });
  const pen = canvas.getContext("2d", { willReadFrequently: true }), preparer = picturePreparer(about.preprocess, height, width);
  pen.imageSmoothingEnabled = false;
  for (let first = 0; first < height; first += STRIP) {
    const count = Math.min(STRIP, height - first);
    // What is transparent lies on white, as in Prunelle.
    pen.fillStyle = "white";
    pen.fillRect(0, 0, width, count);
    pen.drawImage(picture, 0, first, width, count, 0, 0, width, count);
    preparer.take(pen.getImageData(0, 0, width, count).data, first, count, 4);
  }
  picture.close?.();
  return preparer.done();
}

async function decoded(file) {
  try { return await createImageBitmap(file); } catch { /* SVG, and browsers that read a format in pages only */ }
  const image = new Image(), address = URL.createObjectURL(file);
  image.src = address;
  await image.decode().finally(() => URL.revokeObjectURL(address));
  return Object.defineProperties(image, { width: { value: image.naturalWidth }, height: { value: image.naturalHeight } });
}

// Numbers of a text: {values, steps}, or {line, text} that is none. Commas are decimals where something else separates.
export function seriesOf(text, channels) {
  const decimals = /[;\t]/.test(text), values = [];
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  let number = 0;
  for (const line of lines) {
    number++;
    if (!line) continue;
    const cells = (decimals ? line.replaceAll(",", ".").split(/[;\s]+/) : line.split(/[,\s]+/)).filter(Boolean);
    const missing = (cell) => /^(nan|na|\?)$/i.test(cell), found = cells.map(Number);
    const names = cells.some((cell, at) => Number.isNaN(found[at]) && !missing(cell));
    if (names && !values.length) continue; // a head, with the names of columns
    // Of one channel a line may hold all steps.
    if (names || (channels > 1 && found.length !== channels)) return { line: number, text: line.slice(0, 40) };
    for (const each of found) values.push(each);
  }
  return { values: Float32Array.from(values), steps: values.length / channels };
}

// The part of the page that takes what is shown.
export function giving(page) {
  return page.about.kind === "series" ? givingSeries(page) : givingPictures(page);
}

function givingPictures(page) {
  const { say, about, state } = page, message = element("p", { class: "error", role: "alert" });
  const take = async (file) => {
    if (!file) return;
    message.textContent = "";
    try {
      page.show(await preparedFile(about, file));
      choose("file");
    } catch {
      message.textContent = say("no_picture", { name: file.name });
    }
  };
  const input = (label, attributes) => {
    const node = element("input", { type: "file", accept: "image/*", ...attributes });
    node.addEventListener("change", () => { take(node.files[0]); node.value = ""; });
    return element("label", { class: "choice" }, label, node);
  };
  const files = element("div", {}, element("div", { class: "row" }, input(say("choose")),
    input(say("photograph"), { capture: "environment" })), element("p", { class: "faint small" }, say("file_hint")));
  page.listen(take, ({ clipboardData }) => take(clipboardData.files[0]));
  const parts = { file: files, ...(about.drawable && { draw: drawing(page) }) }, names = Object.keys(parts).reverse();
  const body = element("div");
  const tabs = names.map((name) => button(say(`source_${name}`), () => choose(name), { name }));
  const choose = (name) => {
    state.source = name;
    for (const tab of tabs) tab.setAttribute("aria-pressed", tab.name === name);
    body.replaceChildren(parts[name]);
  };
  choose(state.source ?? names[0]);
  const group = tabs.length > 1 && element("div", { class: "sources", role: "group", "aria-label": say("source") }, tabs);
  return [group, body, message];
}

// Strokes of points, kept so that one can be taken back, and that a change of language leaves them.
function drawing(page) {
  const { say, about, state } = page, strokes = (state.strokes ??= []);
  const [paper, ink] = about.ink === "light" ? ["black", "white"] : ["white", "black"];
  const label = { role: "img", "aria-label": say("draw_label"), tabindex: 0 };
  const canvas = element("canvas", { class: "drawing", width: SIDE, height: SIDE, ...label });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const hint = element("p", { class: `hint on-${paper}` }, say("draw_hint"));
  // As thick as handwriting: of few pixels, more than one of them.
  const wide = Math.max(22, Math.round((1.4 * SIDE) / Math.min(...about.preprocess.size)));
  const draw = () => {
    pen.fillStyle = paper;
    pen.fillRect(0, 0, SIDE, SIDE);
    Object.assign(pen, { strokeStyle: ink, lineWidth: wide, lineCap: "round", lineJoin: "round" });
    for (const points of strokes) {
      pen.beginPath();
      pen.moveTo(...points[0]);
      // Through the middles of what the pointer told: round where it was quick.
      points.slice(1).forEach(([x, y], i) => pen.quadraticCurveTo(...points[i], (points[i][0] + x) / 2, (points[i][1] + y) / 2));
      pen.lineTo(...points.at(-1));
      pen.stroke();
    }
    hint.hidden = strokes.length > 0;
    undo.disabled = clear.disabled = !strokes.length;
  };
  const send = () => {
    draw();
    const preparer = picturePreparer(about.preprocess, SIDE, SIDE);
    preparer.take(pen.getImageData(0, 0, SIDE, SIDE).data, 0, SIDE, 4);
    page.show(preparer.done());
  };
  const at = ({ clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    return [((clientX - box.left) / box.width) * SIDE, ((clientY - box.top) / box.height) * SIDE];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    strokes.push([at(event)]);
    send();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId) || !strokes.length) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    strokes.at(-1).push(...(moves.length ? moves : [event]).map(at));
    send();
  });
  const undo = button(say("undo"), () => { strokes.pop(); send(); });
  const clear = button(say("clear"), () => { strokes.length = 0; send(); });
  canvas.addEventListener("keydown", (event) => (event.ctrlKey || event.metaKey) && event.key === "z" && undo.click());
  draw();
  return element("div", {}, element("div", { class: "paper" }, canvas, hint), element("div", { class: "row" }, undo, clear));
}

function givingSeries(page) {
  const { say, about, state } = page, { channels, length } = about.preprocess;
  const message = element("p", { class: "error", role: "alert" });
  const text = element("textarea", { rows: 5, spellcheck: "false", "aria-label": say("series_label") });
  const read = () => {
    state.text = text.value;
    const found = seriesOf(text.value, channels);
    message.textContent = "line" in found ? say("no_series", { ...found, channels }) : "";
    if ("line" in found || !text.value.trim()) return;
    if (found.steps < 2) message.textContent = say("few_values");
    else page.show(preparedSeries(about.preprocess, found.values, found.steps));
  };
  text.addEventListener("input", read);
  const take = async (file) => {
    if (!file) return;
    text.value = await file.text();
    read();
  };
  const input = element("input", { type: "file" });
  input.addEventListener("change", () => { take(input.files[0]); input.value = ""; });
  page.listen(take, ({ target, clipboardData }) => {
    if (target === text) return;
    text.value = clipboardData.getData("text");
    read();
  });
  text.value = state.text ?? "";
  return [element("div", { class: "row" }, element("label", { class: "choice" }, say("choose_series"), input)), text,
    element("p", { class: "faint small" }, say("series_hint", { channels, length })), message];
}
