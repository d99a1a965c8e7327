// A channel, opened; and what is changed on trial: channels off, kernels, a step of gradient. The run never hears of it.
import { button, element, integer, newest, paintMap } from "./kit.js";
import { paintLine, paintSeries, paintSigned, range, reaching, tint } from "./maps.js";

const RATES = [0.001, 0.01, 0.1], SAME = ["kind", "layer", "module", "channel", "input"];

// The test accuracy in words, beside that of the unchanged network where something is changed.
function accuracy({ say, percent, num, language }, { edited, before, difference, n, done, ...now }) {
  const share = (each) => say("accuracy", { share: percent(each.accuracy), low: percent(each.low), high: percent(each.high) });
  const points = (each) => Object.fromEntries(Object.entries(each).map(([key, part]) => [key, num(100 * part)]));
  const compared = edited && before;
  return [say(compared ? "accuracy_now" : "accuracy_plain", { n: integer(n, language) }), " ", element("b", {}, share(now)),
    compared ? `; ${say("accuracy_before")} ${share(before)}` : "",
    compared && difference ? `; ${say("accuracy_difference", points(difference))}` : "", done === false ? " …" : ""];
}

// The list of changes, each to be put back, and what they do to the test accuracy.
export function changing(look) {
  const { say, kept } = look, list = element("ul", { class: "look-edits" }), told = element("p", { "aria-live": "polite" });
  const same = (edit) => (other) => SAME.every((key) => edit[key] === other[key]);
  const busy = () => { told.textContent = look.judged ? say("accuracy_busy") : ""; };
  const changed = (edits) => {
    kept.edits = edits;
    look.emit("edited");
    draw();
    busy();
    look.tell({ type: "edit", edits });
  };
  look.edited = (edit) => kept.edits.find(same(edit));
  look.edit = (edit) => changed([...kept.edits.filter((other) => !same(edit)(other)), edit]);
  look.putBack = (edit) => changed(kept.edits.filter((other) => !same(edit)(other)));

  // A step of learning takes a picture for one of a class.
  const one = look.get("target") === "class";
  const label = element("select", {}, Array.from({ length: look.get("outputs") }, (_, i) =>
    element("option", { value: i }, look.className(i))));
  const rate = element("select", {}, RATES.map((value) =>
    element("option", { value, selected: value === 0.001 }, look.num(value))));
  const learn = button(say("learn"), () => {
    busy();
    look.tell({ type: "learn", label: Number(label.value), rate: Number(rate.value) });
  });
  const undo = button(say("undo_step"), () => { busy(); look.tell({ type: "undo" }); });
  const reset = button(say("reset"), () => {
    kept.edits = [];
    look.emit("edited");
    busy();
    look.tell({ type: "reset" });
  });

  function draw() {
    const items = kept.edits.map((edit) => {
      const { kind, layer, channel, input } = edit, name = say(`edit_${kind}`, { layer, n: channel + 1, input: input + 1 });
      const open = button(name, () => look.emit("channel", { layer, channel, input }), { class: "look-link" });
      return element("li", {}, open, button(say("put_back"), () => look.putBack(edit)));
    });
    if (kept.steps) items.push(element("li", {}, element("span", {}, say("edit_steps", { n: kept.steps })), undo));
    // Not drawn anew under the finger that presses one of its buttons.
    if (items.length !== list.childElementCount || list.textContent !== items.map((item) => item.textContent).join("")) {
      list.replaceChildren(...items);
    }
    reset.disabled = !items.length;
  }
  look.on("answer", ({ steps = 0, to, label: truth }) => {
    kept.steps = steps;
    const known = Array.from(label.options).find((option) => option.textContent === truth);
    if (to === "picture" && known) label.value = known.value;
    draw();
  });
  look.on("accuracy", (judged) => told.replaceChildren(...accuracy(look, judged)));
  draw();
  return element("section", { class: "card look-trying", "aria-label": say("what_if") }, element("h2", {}, say("what_if")),
    element("p", { class: "faint small" }, say("what_if_text")), list, told,
    element("div", { class: "row" }, one && [element("label", {}, element("span", {}, say("learn_label")), label),
      element("label", {}, element("span", {}, say("rate")), rate), learn], reset));
}

// A channel: its map large, its kernel to be changed, what excites it, and a switch.
export function opening(look) {
  const { say, kept } = look, named = { "aria-label": say("channel"), hidden: true };
  const node = element("aside", { class: "look-inspector card", ...named });
  const map = element("canvas", { role: "img" }), about = element("p", { class: "small faint" });
  // What the change made here does: the list of changes may be out of sight.
  const judged = element("p", { class: "small" });
  let shown = null, kernel = null, from = null;

  const load = newest(async ({ layer, channel, input }) => {
    const reply = await look.ask({ type: "channel", layer, channel });
    if (kept.channel?.layer !== layer || kept.channel.channel !== channel) return;
    if (shown?.layer !== layer || shown.channel !== channel) build({ layer, channel, input }, reply);
    paint(reply);
  }, look.failed);
  look.on("channel", (opened) => {
    const focused = node.contains(document.activeElement);
    kept.channel = opened?.layer ? opened : null;
    shown = kernel = null;
    node.hidden = !kept.channel;
    node.classList.toggle("look-shown", !node.hidden);
    if (kept.channel) {
      if (!focused) from = document.activeElement;
      load(kept.channel);
    } else if (focused) from?.focus();
  });
  look.on("answer", () => kept.channel && load(kept.channel));
  look.on("edited", () => {
    kernel?.refresh();
    judged.textContent = kept.edits.length && look.judged ? say("accuracy_busy") : "";
  });
  look.on("accuracy", (message) => judged.replaceChildren(...(message.edited ? accuracy(look, message) : [])));
  look.on("progress", ({ done, total }) => {
    for (const bar of node.querySelectorAll("progress")) Object.assign(bar, { max: total, value: done });
  });

  function paint({ map: values, low, high }) {
    const [height, width] = values.shape, reach = { low, high };
    const bytes = Uint8Array.from(values, (value) => (255 * (value - low)) / (high - low || 1));
    if (look.kind === "series") paintLine(map, bytes, reach);
    else paintSigned(map, bytes, { height, width, ...reach });
    about.textContent = say("range", { low: look.num(low), high: look.num(high) });
  }

  function build({ layer, channel, input }, reply) {
    shown = { layer, channel };
    const names = { layer, n: channel + 1 }, edit = { kind: "off", layer, channel };
    const mark = () => off.setAttribute("aria-pressed", Boolean(look.edited(edit)));
    const off = button(say("switch_off"), () => {
      (look.edited(edit) ? look.putBack : look.edit)(edit);
      mark();
    });
    mark();
    kernel = reply.kernel && kernels(look, { layer, channel, input, mark }, reply);
    const close = button("×", () => look.emit("channel", null), { class: "look-close", "aria-label": say("close") });
    map.setAttribute("aria-label", say("map_of", names));
    node.replaceChildren(element("header", {}, element("h3", {}, say("channel_of", names)), close),
      element("div", { class: "look-large" }, map), about, element("div", { class: "row" }, off), judged,
      kernel?.node ?? element("p", { class: "faint small" }, say("no_kernel")),
      look.get("samples") ? exciting(look, { layer, channel }) : "");
    close.focus({ preventScroll: true });
  }
  return node;
}

// The kernel of a channel over one input channel: numbers to type, or to drag up and down.
function kernels(look, { layer, channel, input, mark }, { kernel, module, bias }) {
  const { say } = look, [count, height, width] = kernel.shape, area = height * width;
  const slice = (c) => kernel.subarray(c * area, (c + 1) * area);
  const norms = Array.from({ length: count }, (_, c) => Math.hypot(...slice(c)));
  const of = element("select", { "aria-label": say("over_channel") }, norms.map((_, c) =>
    element("option", { value: c }, say("channel_n", { n: c + 1 }))));
  of.value = input ?? norms.indexOf(Math.max(...norms));
  const group = { role: "group", "aria-label": say("kernel") };
  const grid = element("div", { class: `look-kernel${width > 5 ? " many" : ""}`, ...group });
  grid.style.setProperty("--columns", width);
  const edit = () => ({ kind: "kernel", layer, module, channel, input: Number(of.value) });
  let values = [], cells = [], step = 0.01;

  function told() {
    const reach = reaching(values);
    cells.forEach((cell, i) => tint(cell, values[i], reach));
    back.disabled = !look.edited(edit());
    mark();
  }
  const change = () => {
    look.edit({ ...edit(), values: Array.from({ length: height }, (_, y) => values.slice(y * width, (y + 1) * width)) });
    told();
  };
  function cell(at) {
    const name = say("weight", { row: Math.floor(at / width) + 1, column: (at % width) + 1 });
    const made = element("input", { type: "text", inputmode: "decimal", autocomplete: "off", "aria-label": name });
    const write = () => {
      made.value = look.num(values[at]);
      made.removeAttribute("aria-invalid");
    };
    const set = (value) => {
      values[at] = value;
      write();
      change();
    };
    made.addEventListener("input", () => {
      const text = made.value.trim().replace("−", "-").replace(",", "."), value = Number(text);
      if (text === "" || !Number.isFinite(value)) return made.setAttribute("aria-invalid", true);
      made.removeAttribute("aria-invalid");
      values[at] = value;
      return change();
    });
    made.addEventListener("blur", write);
    made.addEventListener("keydown", (event) => {
      const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      set(values[at] + by * step * (event.shiftKey ? 10 : 1));
    });
    // Up is more. What hardly moved was a click, to type.
    let from = null;
    made.addEventListener("pointerdown", (event) => {
      made.setPointerCapture(event.pointerId);
      from = { y: event.clientY, value: values[at] };
    });
    made.addEventListener("pointermove", (event) => {
      const up = from ? from.y - event.clientY : 0;
      if (!event.buttons || (Math.abs(up) < 4 && !from?.dragged)) return;
      from.dragged = true;
      set(from.value + (up * step) / 2);
    });
    made.addEventListener("pointerup", () => { from = null; });
    write();
    return made;
  }
  function fill() {
    values = Array.from(look.edited(edit())?.values.flat() ?? original());
    step = Math.max(1e-4, reaching(values) / 50);
    cells = [];
    cells = values.map((_, at) => cell(at));
    grid.replaceChildren(...cells);
    told();
  }
  // As it was when the channel was opened; what is changed already is known from the list of edits.
  const original = () => slice(Number(of.value));
  const back = button(say("put_back"), () => look.putBack(edit()));
  const zero = button(say("to_zero"), () => {
    values.fill(0);
    cells.forEach((each) => { each.value = look.num(0); });
    change();
  });
  const refresh = () => { if (!back.disabled && !look.edited(edit())) fill(); else mark(); };
  of.addEventListener("change", fill);
  fill();
  const over = count > 1 && element("div", { class: "row" }, say("over_channel"), of);
  const node = element("section", {}, element("h4", {}, say("kernel")), over, grid,
    bias !== null && element("p", { class: "small faint" }, say("bias_is", { value: look.num(bias) })),
    element("p", { class: "small faint" }, say("kernel_hint")), element("div", { class: "row" }, back, zero));
  return { node, refresh };
}

// The examples that excite a channel most, when asked for.
function exciting(look, asked) {
  const { say } = look, list = element("ul", { class: "look-crops" });
  const progress = element("progress", { hidden: true, "aria-label": say("excite") });
  const ask = button(say("excite"), async () => {
    ask.disabled = true;
    progress.hidden = false;
    try {
      const { crops, values, labels } = await look.ask({ type: "excite", ...asked });
      const shape = crops.shape.slice(1), area = shape.reduce((a, b) => a * b, 1);
      list.replaceChildren(...values.map((value, i) => {
        const canvas = element("canvas"), part = crops.subarray(i * area, (i + 1) * area);
        if (look.kind !== "series") paintMap(canvas, part, ...shape);
        else paintSeries(canvas, Object.assign(part, { shape }), { width: 120, height: 36, ...range(part) });
        return element("li", {}, canvas, element("span", {}, look.num(value)), element("bdi", {}, labels[i] ?? ""));
      }));
    } catch (error) { list.replaceChildren(element("li", { class: "error" }, error.message)); }
    ask.disabled = false;
    progress.hidden = true;
  });
  return element("section", {}, ask, progress, element("p", { class: "small faint" }, say("excite_text")), list);
}
