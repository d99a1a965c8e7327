// What a network is shown: drawn, chosen, dropped, pasted, filmed; and the picture as the network gets it.
import { button, element, newest, paintMap, PICTURES } from "./kit.js";
import { filmed } from "./camera.js";
import { paintHeat, paintSeries, place, range, shaped } from "./maps.js";

const SIDE = 280, PAGE = 24, CURVE = { width: SIDE, height: 150 }, SMALL = { width: 120, height: 36 };

export function showing(look) {
  const { say, kept, el } = look, series = look.kind === "series", made = {};
  const sources = { draw: look.get("drawable") && drawn, curve: series && bent, samples: look.get("samples") && sampled,
    file: filed, camera: !series && filmed };
  const names = Object.keys(sources).filter((name) => sources[name]);
  const body = element("div"), message = element("p", { class: "error", role: "alert" });
  const choose = (name) => {
    made[kept.source]?.left?.();
    kept.source = name;
    for (const tab of tabs) tab.setAttribute("aria-pressed", tab.name === name);
    made[name] ??= sources[name](look);
    body.replaceChildren(made[name].node);
  };
  const tabs = names.map((name) => button(say(`source_${name}`), () => choose(name), { name }));
  choose(names.includes(kept.source) ? kept.source : names[0]);
  look.on("failed", (text) => { message.textContent = typeof text === "string" ? text : ""; });

  // A file may be dropped or pasted wherever the pointer is.
  const over = (event) => {
    event.preventDefault();
    el.classList.toggle("look-dropping", event.type === "dragover");
    if (event.type === "drop") take(look, event.dataTransfer.files[0]);
  };
  const left = (event) => !event.relatedTarget && el.classList.remove("look-dropping");
  const pasted = ({ clipboardData }) => take(look, clipboardData.files[0]);
  const listeners = { dragover: over, drop: over, dragleave: left, paste: pasted };
  for (const [event, listener] of Object.entries(listeners)) document.addEventListener(event, listener);
  look.ending(() => {
    for (const [event, listener] of Object.entries(listeners)) document.removeEventListener(event, listener);
    for (const each of Object.values(made)) each.left?.();
  });
  const group = element("div", { class: "look-sources", role: "group", "aria-label": say("source") }, tabs);
  return element("section", { class: "card", "aria-label": say("shown") }, group, body, message, received(look));
}

// The file's bytes go as they are; the server decodes them.
async function take(look, file) {
  if (!file) return;
  const bytes = new Uint8Array(await file.arrayBuffer());
  look.tell({ type: "picture", source: "file", name: file.name }, [shaped(bytes, bytes.length)]);
}

// Where in an element a pointer is, from 0 to 1 on both axes.
function within(element_, { clientX, clientY }) {
  const box = element_.getBoundingClientRect(), share = (from, size) => Math.max(0, Math.min(1, from / size));
  return [share(clientX - box.left, box.width), share(clientY - box.top, box.height)];
}

// Calls `start` and `move` for each stroke of mouse, finger or pen.
function stroked(canvas, start, move) {
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    start(event);
  });
  canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && move(event));
}

// Strokes of points, kept so that one can be taken back.
function drawn(look) {
  const { say, kept } = look, strokes = (kept.strokes ??= []);
  const [paper, ink] = look.get("ink") === "light" ? ["black", "white"] : ["white", "black"];
  const label = { tabindex: 0, role: "img", "aria-label": say("draw_label") };
  const canvas = element("canvas", { class: "look-drawing", width: SIDE, height: SIDE, ...label });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const hint = element("p", { class: `look-hint on-${paper}` }, say("draw_hint"));
  // As thick as handwriting: of few pixels, more than one of them.
  kept.pen ??= Math.max(22, Math.round((1.4 * SIDE) / Math.min(...look.size)));
  const width = element("input", { type: "range", min: 8, max: 64, value: kept.pen });
  width.addEventListener("input", () => { kept.pen = Number(width.value); });

  function draw() {
    pen.fillStyle = paper;
    pen.fillRect(0, 0, SIDE, SIDE);
    for (const { wide, points } of strokes) {
      Object.assign(pen, { strokeStyle: ink, lineWidth: wide, lineCap: "round", lineJoin: "round" });
      pen.beginPath();
      pen.moveTo(...points[0]);
      // Through the middles of what the pointer told: round where it was quick.
      points.slice(1).forEach(([x, y], i) =>
        pen.quadraticCurveTo(...points[i], (points[i][0] + x) / 2, (points[i][1] + y) / 2));
      pen.lineTo(...points.at(-1));
      pen.stroke();
    }
    hint.hidden = strokes.length > 0;
    undo.disabled = clear.disabled = !strokes.length;
  }
  function send(since) {
    draw();
    const { data } = pen.getImageData(0, 0, SIDE, SIDE), grey = new Uint8Array(SIDE * SIDE);
    for (let i = 0; i < grey.length; i++) grey[i] = data[4 * i];
    look.tell({ type: "picture", source: "canvas" }, [shaped(grey, SIDE, SIDE)], since);
  }
  look.on("blank", () => send());
  const undo = button(say("undo_stroke"), () => { strokes.pop(); send(); });
  const clear = button(say("clear"), () => { strokes.length = 0; send(); });
  const at = (event) => within(canvas, event).map((share) => share * SIDE);
  stroked(canvas, (event) => {
    strokes.push({ wide: Number(width.value), points: [at(event)] });
    send(performance.now());
  }, (event) => {
    const since = performance.now(), moves = event.getCoalescedEvents?.() ?? [];
    strokes.at(-1).points.push(...(moves.length ? moves : [event]).map(at));
    send(since);
  });
  canvas.addEventListener("keydown", (event) => (event.ctrlKey || event.metaKey) && event.key === "z" && undo.click());
  draw();
  const tools = [element("label", { class: "look-pen" }, element("span", {}, say("pen")), width), undo, clear];
  const surface = element("div", { class: "look-paper" }, canvas, hint);
  return { node: element("div", {}, surface, element("div", { class: "row" }, tools)) };
}

// A curve bent by dragging over it, one channel of a series; it begins with what is shown.
function bent(look) {
  const { say, kept } = look, channels = look.get("channels"), length = look.size[1];
  const label = { tabindex: 0, role: "img", "aria-label": say("curve_label") };
  const canvas = element("canvas", { class: "look-curve", ...label });
  const channel = element("select", {}, Array.from({ length: channels }, (_, c) =>
    element("option", { value: c }, say("channel_n", { n: c + 1 }))));
  kept.curve ??= { values: shaped(new Float32Array(channels * length), channels, length), least: -2, most: 2 };
  const { curve } = kept, draw = () => paintSeries(canvas, curve.values, { ...CURVE, ...curve });
  const send = (since) => {
    draw();
    look.tell({ type: "picture", source: "series" }, [shaped(curve.values.slice(), channels, length)], since);
  };
  look.on("answer", ({ series }) => {
    if (kept.shown?.content.source === "series" || series.length !== curve.values.length) return;
    curve.values.set(series);
    const { least, most } = range(series), rim = (most - least || 1) / 4;
    Object.assign(curve, { least: least - rim, most: most + rim });
    draw();
  });
  let last;
  const bend = (event) => {
    const since = performance.now(), [x, y] = within(canvas, event), row = channel.value * length;
    const t = Math.min(length - 1, Math.floor(x * length)), value = curve.most - y * (curve.most - curve.least);
    const [from, before] = last ?? [t, value], steps = Math.max(1, Math.abs(t - from));
    for (let i = 0; i <= steps; i++) {
      curve.values[row + Math.round(from + ((t - from) * i) / steps)] = before + ((value - before) * i) / steps;
    }
    last = [t, value];
    send(since);
  };
  stroked(canvas, (event) => { last = null; bend(event); }, bend);
  draw();
  const flat = button(say("flat"), () => { curve.values.fill(0); send(); });
  look.on("blank", () => send());
  const which = channels > 1 && element("label", {}, element("span", {}, say("channel")), " ", channel);
  const help = element("p", { class: "faint small" }, say("curve_hint"));
  return { node: element("div", {}, canvas, element("div", { class: "row" }, which, flat), help) };
}

// Examples of the test split, page by page.
function sampled(look) {
  const { say, kept } = look, n = look.get("samples");
  const list = element("div", { class: "look-samples" }), where = element("span");
  const mark = () => {
    const { source, index } = kept.shown?.content ?? {};
    for (const each of list.children) each.setAttribute("aria-pressed", source === "sample" && index === each.index);
  };
  const show = (index) => look.tell({ type: "picture", source: "sample", index });
  const turn = newest(async (first) => {
    const last = Math.min(first + PAGE, n), { pictures, labels } = await look.ask({ type: "samples", first, last });
    const shape = pictures.shape.slice(1), area = shape.reduce((a, b) => a * b, 1);
    kept.samples = first;
    list.replaceChildren(...labels.map((label, at) => {
      const index = first + at, canvas = element("canvas"), values = pictures.subarray(at * area, (at + 1) * area);
      if (look.kind !== "series") paintMap(canvas, values, shape[0], shape[1], 3);
      else paintSeries(canvas, shaped(values, shape[0], shape.at(-1)), { ...SMALL, ...range(values) });
      const name = { class: "look-sample", "aria-label": say("sample", { n: index + 1, label: label ?? "–" }) };
      return Object.assign(button([canvas, element("bdi", {}, label ?? "")], () => show(index), name), { index });
    }));
    where.textContent = say("page", { first: first + 1, last, n: look.num(n, 6) });
    before.disabled = first === 0;
    after.disabled = last === n;
    mark();
  }, look.failed);
  const before = button("‹", () => turn(Math.max(0, kept.samples - PAGE)), { "aria-label": say("page_before") });
  const after = button("›", () => turn(kept.samples + PAGE), { "aria-label": say("page_after") });
  const any = button(say("any_sample"), () => {
    const index = Math.floor(Math.random() * n);
    turn(index - (index % PAGE));
    show(index);
  });
  look.on("answer", mark);
  turn(kept.samples ?? 0);
  const pager = element("span", { class: "look-pager" }, before, where, after);
  return { node: element("div", {}, list, element("div", { class: "row" }, pager, any)) };
}

function filed(look) {
  const input = element("input", { type: "file", accept: look.kind === "series" ? null : PICTURES });
  input.addEventListener("change", () => {
    take(look, input.files[0]);
    input.value = "";
  });
  const label = element("label", { class: "look-file" }, element("span", {}, look.say("file")), input);
  return { node: element("div", {}, label, element("p", { class: "faint small" }, look.say("file_hint"))) };
}

// The input itself, what a value reads framed on it, and where the network looked.
function received(look) {
  const { say } = look, [height, width] = look.size, series = look.kind === "series";
  const canvas = element("canvas", { role: "img", "aria-label": say("as_given") });
  const heat = element("canvas", { class: "look-heat", hidden: true });
  const frames = ["look-field", "look-window", "look-spot"].map((name) => element("i", { class: name, hidden: true }));
  const told = element("figcaption", { class: "small" }, say("nothing_yet"));
  const how = element("p", { class: "faint small", "aria-live": "polite" });
  const answer = element("option", { value: "" }, say("where_answer"));
  const of = element("select", { "aria-label": say("where_class"), hidden: true }, answer,
    (look.classes ?? []).map((name, index) => element("option", { value: index }, String(name))));
  const cool = (text = "") => {
    heat.hidden = of.hidden = true;
    how.textContent = text;
    where.setAttribute("aria-pressed", false);
  };
  const warm = newest(async () => {
    const { probabilities } = look.answer, best = probabilities.indexOf(Math.max(...probabilities));
    const index = of.value === "" ? best : Number(of.value);
    how.textContent = say("where_busy");
    const { heat: values, how: method } = await look.ask({ type: "where", class: index });
    paintHeat(heat, values, values.shape.length > 1 ? values.shape[0] : 1, values.shape.at(-1));
    heat.hidden = of.hidden = false;
    how.textContent = say("where_told", { name: look.className(index), how: method });
    where.setAttribute("aria-pressed", true);
  }, (error) => cool(error.message));
  const where = button(say("where"), () => (heat.hidden ? warm() : cool()), { "aria-pressed": false, hidden: true });
  of.addEventListener("change", () => warm());

  look.on("answer", ({ input, series: values, label, to }) => {
    if (to === "watch" && !where.hidden) return; // the same picture
    if (series) paintSeries(canvas, values, { width: SIDE, height: 90, ...range(values) });
    else paintMap(canvas, input, ...input.shape);
    const { source, index } = look.kept.shown?.content ?? {};
    const sample = source === "sample" && say("sample", { n: index + 1, label: label ?? "–" });
    const size = series ? say("steps_of", { n: width }) : `${height}×${width}`;
    told.textContent = [say("as_given"), size, sample].filter(Boolean).join(" · ");
    where.hidden = false;
    cool();
  });
  const frame = (at, cells) => place(frames[at], cells, width, height);
  look.on("point", ({ point }) => {
    frame(0, null);
    frame(1, null);
    frame(2, point?.layer === "input" && { x: point.x, y: point.y, w: 1, h: 1 });
  });
  look.on("valued", ({ window, receptive }) => {
    frame(0, receptive && { y: receptive[0], x: receptive[1], h: receptive[2], w: receptive[3] });
    frame(1, window?.sources.includes("input") && window);
  });
  const stack = element("div", { class: `look-stack${width < 100 ? " small" : ""}` }, canvas, heat, ...frames);
  const beside = element("div", {}, told, element("div", { class: "row" }, where, of));
  return element("figure", { class: "look-received" }, stack, beside, how);
}
