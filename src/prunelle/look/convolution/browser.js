/**
 * The panel "convolution": page/convolution.py says what is asked and answered. Python computes; here the window is laid on the
 * input, and its products are written out.
 *
 * Tables are rows × columns × channels; a signal has one row. A place is [row, column] of an output, a cell one of what is shown.
 */
import { answering, CHANNELS } from "./answer.js";
import { asker, element, filled, number, PICTURES } from "./kit.js";
import { ARROWS } from "./numbers.js";
import { clamp, range } from "./places.js";
import { plain, valueOf, weightGrid } from "./weights.js";

const START = { input: "digit:4", values: "", kernel: "", padding: "valid", stride: "1", dilation: "1", border: "zeros",
  flip: "", channels: "sum", pooling: "", at: "" };
const BRUSH = 16;
const MOST_DRAWN = 13; // sides of a picture that can be drawn on
// The picture that was chosen from a disk: kept where the language changes, and the panel is opened anew.
const upload = { name: "", bytes: null };

const counts = (text) => (/^\d{1,4}(x\d{1,4})?$/.test(text) ? text.split("x").map(Number) : null);
const asText = (rows) => rows.map((row) => row.join(",")).join(";");
const asRows = (text) => text.replace(/;$/, "").split(";").map((row) => row.split(",").map(Number));

export function render({ model, el }) {
  const language = model.get("language");
  const say = (key, values = {}) => filled(model.get("words")[key], values);
  const show = (value, digits = 4) => number(value, language, digits);
  const ask = asker(model);
  const options = model.get("kept") || model.get("options");
  const state = Object.fromEntries(Object.keys(START).map((key) => [key, options[key] ?? START[key]]));
  let cells = null; // the kernel's texts: slices of rows
  let reply = null, drawing = false, closed = false, lasting = "";

  // ---- What is asked

  const field = (label, control) => element("label", { class: "field" }, element("span", {}, label), control);
  const choice = (pairs) => pairs.map(([value, text]) => element("option", { value }, text));
  const select = (key, values) => element("select", { onchange: ({ target }) => { state[key] = target.value; update(); } },
    choice(values.map((value) => [value, say(value || "none")])));
  const check = (changed) => element("input", { type: "checkbox", onchange: ({ target }) => changed(target.checked) });
  const button = (text, label, act) => element("button", { type: "button", "aria-label": label, title: label, onclick: act }, text);
  // "2" or "2x1", which the arrow keys change, too.
  const count = (key, least) => {
    const put = (text) => { state[key] = control.value = text; control.typing = false; update(); };
    const control = element("input", { type: "text", size: 4, autocomplete: "off", title: say("counts_how"),
      oninput: () => { control.typing = true; },
      onchange: () => put(control.value.trim().replace("×", "x")),
      onkeydown: (event) => {
        const by = -(ARROWS[event.key]?.[0] || 0), now = counts(control.value);
        if (by && now) { event.preventDefault(); put(now.map((one) => Math.max(least, one + by)).join("x")); }
      } });
    return control;
  };

  const isPhoto = (name) => name === "china" || name === "flower";
  const isDigit = (name) => name.startsWith("digit:");
  const isSignal = () => ["step", "bump", "noise"].includes(state.input) || (state.input === "values" && !state.values.includes(";"));
  const group = (key, pairs) => element("optgroup", { label: say(key) }, choice(pairs));
  const named = (keep) => model.get("inputs").filter(keep)
    .map((name) => [name, isDigit(name) ? say("digit", { n: name.slice(6) }) : say(name)]);
  const yours = group("yours", [["picture", say("own_picture")], ["signal", say("own_signal")]]);
  const input = element("select", { onchange: () => choose(input.value) }, group("digits", named(isDigit)),
    group("photos", named(isPhoto)), group("signals", named((name) => !isDigit(name) && !isPhoto(name))), yours);
  const file = element("input", { type: "file", accept: PICTURES, hidden: true, "aria-label": say("upload"),
    onchange: () => file.files.length && send(file.files[0]) });
  const draws = check((on) => { drawing = on; arrange(); });
  const drawField = element("label", { class: "row" }, draws, say("draw"));
  const brush = element("input", { type: "range", min: 0, max: BRUSH, value: BRUSH });
  const brushField = field(say("brush"), brush);
  const clear = button(say("clear"), null, () => own(whole().map((row) => row.map(() => 0))));
  const drawHow = element("small", { class: "faint" }, say("draw_how"));

  const kernel = element("select", { onchange: () => { if (kernel.value) { state.kernel = kernel.value; update(); } } });
  const sizes = [0, 1].map(() => element("select", { onchange: resize }, range(model.get("most")).map((n) => element("option", {}, n + 1))));
  const sizeFields = [field(say("rows"), sizes[0]), field(say("columns"), sizes[1])];
  const weights = weightGrid({ label: say("kernel"), language, name: (u, v) => say("kernel_cell", { place: answer.places().indices([u, v]) }),
    changed: (rows) => { cells = cells.map((one, index) => (index === slice() ? rows : one)); typed(); } });
  const meaning = element("p", {}), weightSum = element("p", { class: "small faint" });
  const slices = check((on) => { cells = on ? CHANNELS.map(() => cells[0]) : [cells[0]]; typed(); });
  const slicesField = element("label", { class: "row small" }, slices, say("slices"));

  const padding = element("select", { onchange: () => { state.padding = padding.value || "1"; update(); } },
    choice([...["valid", "same", "full"].map((key) => [key, say(key)]), ["", say("by_number")]]));
  const amount = count("padding", 0), stride = count("stride", 1), dilation = count("dilation", 1);
  const amountField = field(say("padding_number"), amount);
  const border = select("border", ["zeros", "replicate", "reflect", "circular"]);
  const borderField = field(say("border"), border);
  const channels = select("channels", ["sum", "each", "grey"]), pooling = select("pooling", ["", "max", "mean"]);
  const channelsField = field(say("channels"), channels), poolingField = field(say("pooling"), pooling);
  const flip = check((on) => { state.flip = on ? "1" : ""; update(); });

  const answer = answering({ say, show, field, button, choice, drawing: () => drawing, key: paintKey,
    paint: (place, to = brushed) => change(place, to),
    around: async (at) => {
      try { return closed ? null : (await ask({ type: "around", at })).content.part; } catch (failure) { refuse(failure.message); return null; }
    },
    moved: () => { state.at = answer.at().join(","); remember(); },
    turned: drawKernel });
  const error = element("p", { class: "error", role: "alert" }), note = element("p", { class: "small faint" });
  const asking = (key, ...children) => element("fieldset", {}, element("legend", {}, say(key)), children);
  // Nothing of it is true before the first answer.
  const bench = element("div", { class: "bench", hidden: true });
  // On a telephone, what is seldom changed makes room for what changes.
  const settings = element("details", { open: matchMedia("(min-width: 60rem)").matches }, element("summary", {}, say("settings")),
    element("div", { class: "row" }, field(say("padding"), padding), amountField, borderField, field(say("stride"), stride),
      field(say("dilation"), dilation), channelsField, poolingField), element("label", { class: "row" }, flip, say("flip")));
  el.append(element("h1", {}, say("title")), element("p", { class: "faint intro" }, say("intro")), bench);
  bench.append(
    element("div", { class: "asked" },
      asking("input", element("div", { class: "row" }, field(say("input"), input), button(say("upload"), null, () => file.click()), file),
        drawField, element("div", { class: "row" }, brushField, clear), drawHow),
      asking("kernel", element("div", { class: "row" }, element("label", { class: "field name" }, element("span", {}, say("kernel")), kernel), sizeFields), weights.group, meaning, weightSum,
        slicesField, element("small", { class: "faint" }, say("kernel_how"))),
      settings),
    element("div", { class: "answered" }, error, note, answer.results));

  // ---- Questions and answers

  let busy = false, again = false;
  async function update() {
    if (busy) { again = true; return; }
    const question = asked();
    if (!question) return;
    busy = true;
    try {
      const { content, arrays } = await ask(question);
      if (!closed) take(content, arrays);
    } catch (failure) { if (!closed) refuse(failure.message); }
    busy = false;
    if (again && !closed) { again = false; update(); }
  }

  function asked() {
    const numbers = {};
    for (const key of ["padding", "stride", "dilation"]) {
      const now = counts(state[key]);
      if (!now && !(key === "padding" && /^[a-z]/.test(state[key]))) { refuse(say("no_count", { text: state[key] })); return null; }
      numbers[key] = now ? (now.length > 1 ? now : now[0]) : state[key];
    }
    const values = state.input === "values" && asRows(state.values);
    return { type: "convolve", ...numbers, kernel: state.kernel || null, flip: state.flip === "1",
      input: values ? { values: isSignal() ? values[0] : values } : state.input === "file" ? { uploaded: true } : { name: state.input },
      border: numbers.padding === "valid" || numbers.padding === 0 ? "zeros" : state.border,
      channels: isSignal() ? "sum" : state.channels, pooling: state.pooling || null,
      anew: !reply, at: state.at ? state.at.split(",").map(Number) : null };
  }

  function take(content, arrays) {
    error.textContent = lasting;
    lasting = "";
    bench.hidden = false;
    note.textContent = content.left_out || "";
    answer.results.classList.remove("stale");
    reply = content;
    const size = (slices) => [slices[0].length, slices[0][0].length].join("x");
    // What was typed stays as it was typed: 1/9 is no 0.111. And what was changed meanwhile is asked for next.
    const named = reply.kernel.name || !cells || size(cells) !== size(reply.kernel.cells);
    if (!cells || (named && !again)) {
      state.kernel = reply.kernel.name || state.kernel;
      cells = reply.kernel.cells;
    }
    answer.take(content, arrays);
    arrange();
    drawKernel();
  }

  // What was typed stays; a link that makes no sense is followed by what the panel begins with.
  function refuse(message) {
    answer.pause();
    error.textContent = message;
    note.textContent = reply ? say("stale") : "";
    answer.results.classList.toggle("stale", Boolean(reply));
    if (reply || lasting) return;
    lasting = message;
    Object.assign(state, START);
    if (busy) again = true;
    else update();
  }

  async function send(chosen) {
    Object.assign(upload, { name: chosen.name, bytes: new Uint8Array(await chosen.arrayBuffer()) });
    file.value = "";
    try {
      await ask({ type: "upload", name: upload.name }, [upload.bytes]);
      choose("file");
    } catch (failure) { refuse(failure.message); }
  }

  function choose(name) {
    const before = isSignal(), empty = { picture: asText(Array(8).fill(Array(8).fill(0))), signal: asText([Array(16).fill(0)]) }[name];
    drawing = Boolean(empty);
    Object.assign(state, { input: empty ? "values" : name, values: empty || "", at: "" });
    // A kernel of a signal is none of a picture; slices ask for colours.
    const grey = !isPhoto(name) && name !== "file";
    if (before !== isSignal() || (grey && /redness|\|/.test(state.kernel))) state.kernel = "";
    if (isSignal()) for (const key of ["padding", "stride", "dilation"]) state[key] = state[key].split("x")[0];
    update();
  }

  // What makes sense for this input is there, the rest is hidden.
  function arrange() {
    const { signal, inputs, depth, whole: all, padded } = answer.places();
    const drawable = Boolean(reply.input.values) && (signal || (all && Math.max(...inputs) <= MOST_DRAWN));
    if (!drawable) drawing = false;
    yours.querySelector("[value=file]")?.remove();
    if (state.input === "file") yours.append(element("option", { value: "file" }, reply.input.name));
    input.value = state.input === "values" ? (signal ? "signal" : "picture") : state.input;
    draws.checked = drawing;
    flip.checked = state.flip === "1";
    slices.checked = cells.length > 1;
    padding.value = counts(state.padding) ? "" : state.padding;
    for (const [key, control] of [["border", border], ["channels", channels], ["pooling", pooling], ["stride", stride],
      ["dilation", dilation], ["padding", amount]]) {
      if (!control.typing) control.value = state[key];
    }
    for (const [one, is] of [[drawField, drawable], [brushField, drawing && !signal], [clear, drawing], [drawHow, drawing],
      [amountField, !padding.value], [borderField, padded], [channelsField, depth > 1 || state.channels === "grey"],
      [slicesField, depth > 1], [sizeFields[0], !signal]]) one.hidden = !is;
    poolingField.firstChild.textContent = say(signal ? "pooling_signal" : "pooling");
    sizeFields[1].firstChild.textContent = say(signal ? "length" : "columns");
  }

  // ---- Drawing on the input

  // The numbers of the input in rows: those that were drawn may not be answered yet.
  const whole = () => (state.input === "values" ? asRows(state.values) : reply.input.values);
  function own(rows) {
    // Of a picture of a single row, the semicolon says that it is none of a signal's.
    Object.assign(state, { input: "values", values: asText(rows) + (!isSignal() && rows.length === 1 ? ";" : "") });
    update();
  }
  function change([row, column], to) {
    const rows = whole().map((one) => [...one]), before = rows[row]?.[column], next = Math.round(2 * to(before)) / 2;
    if (before === undefined || next === before) return;
    rows[row][column] = next;
    own(rows);
  }
  const brushed = () => (isSignal() ? 1 : Number(brush.value));
  function paintKey(place, event) {
    const to = { "+": (value) => value + 1, "-": (value) => value - 1, " ": brushed, Delete: () => 0, Backspace: () => 0 }[event.key];
    if (drawing && to) change(place, to);
    return drawing && to;
  }

  // ---- The kernel under the hand

  function slice() { return clamp(answer.channel(), cells.length - 1); }

  function typed() {
    drawKernel();
    const bad = cells.flat(2).find((text) => Number.isNaN(valueOf(text)));
    if (bad !== undefined) { refuse(say("no_number", { text: bad })); return; }
    const single = !isSignal() && cells.length === 1 && cells[0].length === 1;
    state.kernel = cells.map((rows) => asText(rows.map((row) => row.map(plain)))).join("|") + (single ? ";" : "");
    drawKernel();
    update();
  }

  // Of kernels that come in sizes, another; else what is there, cut, or with zeros around it.
  function resize() {
    const to = [isSignal() ? 1 : sizes[0].selectedIndex + 1, sizes[1].selectedIndex + 1], [base] = state.kernel.split(":");
    if (/^(box|gaussian)$/.test(base) && to[1] % 2 && (isSignal() || to[0] === to[1])) {
      state.kernel = `${base}:${to[1]}`;
      update();
      return;
    }
    cells = cells.map((rows) => {
      const [top, left] = [rows.length, rows[0].length].map((side, axis) => Math.floor((side - to[axis]) / 2));
      return range(to[0]).map((y) => range(to[1]).map((x) => rows[y + top]?.[x + left] ?? "0"));
    });
    typed();
  }

  function drawKernel() {
    const rows = cells[slice()], [base] = state.kernel.split(":"), { signal, depth } = answer.places();
    const names = model.get("kernels")[signal ? "signal" : depth > 1 ? "colour" : "picture"];
    const values = cells.flat(2).map((text) => valueOf(text) || 0);
    kernel.replaceChildren(...choice([...(names.includes(base) ? [] : [["", say("typed")]]), ...names.map((name) => [name, name])]));
    kernel.value = names.includes(base) ? base : "";
    sizes[0].selectedIndex = rows.length - 1;
    sizes[1].selectedIndex = rows[0].length - 1;
    weights.draw(rows, Math.max(...values.map(Math.abs)) || 1);
    meaning.textContent = names.includes(base) ? say(base) : "";
    const even = rows[0].length % 2 === 0 || (!signal && rows.length % 2 === 0);
    const sum = Math.round(1e9 * values.reduce((total, value) => total + value, 0)) / 1e9 + 0; // no −0
    weightSum.textContent = say("kernel_sum", { sum: show(sum) }) + (even ? ` ${say("kernel_even")}` : "");
  }

  // ---- What a link says

  function remember() {
    model.set("kept", { ...state });
    if (!location.hash.startsWith("#convolution")) return;
    const chosen = Object.entries(state).filter(([key, value]) => value && value !== START[key]);
    history.replaceState(null, "", `#convolution?${new URLSearchParams(chosen)}`);
  }

  (async () => {
    if (state.input === "file") {
      try { await ask({ type: "upload", name: upload.name }, [upload.bytes]); } catch { lasting = say("upload_lost"); state.input = START.input; }
    }
    update();
  })();
  return () => { closed = true; answer.pause(); ask.close(); };
}
