/** What a convolution comes to: the window on the input, its products and their sum, step by step. */
import { element } from "./kit.js";
import { grid } from "./numbers.js";
import { picture } from "./picture.js";
import { clamp, placesOf, range } from "./places.js";
import { stems } from "./stems.js";

export const CHANNELS = ["red", "green", "blue"];

/**
 * `say` and `show` give words and numbers; `around(place)` asks what lies there. `drawing()` says whether the input is drawn on,
 * `paint(index, how)` draws, `key` takes the keys for it. `moved()` is told of another place, `turned()` of another channel.
 */
export function answering({ say, show, around, drawing, paint, key, moved, turned, field, button, choice }) {
  let reply = null, part = null, at = null, hover = null, places = null;
  let channel = 0, filling = false, timer = 0, wanted = null, asking = false;

  const look = (place) => { settle(); jump(place, true); };
  const pictures = { input: picture((pixel) => look(places.readerOf(pixel))), output: picture(look),
    pooled: picture((pixel) => look(pixel.map((one) => 2 * one))) };
  const overview = element("div", { class: "pictures" }, Object.values(pictures).map(({ figure }) => figure));
  const chart = stems({ label: say("chart_signal"), drawing, choose: (cell) => look(places.readerOf([0, cell - reply.padding[1][0]])),
    change: (cell, value) => paint([0, cell - reply.padding[1][0]], () => value) });
  const shown = element("select", { onchange: () => { channel = Number(shown.value); turned(); fill(); } },
    choice(CHANNELS.map((name, index) => [index, say(name)])));
  const shownField = element("div", { class: "row" }, field(say("channel"), shown));
  const hint = element("p", { class: "small faint" });
  const leave = () => { hover = null; present(); };
  const tables = {
    padded: grid({ show, leave, enter: readers, down: (cell) => { if (drawing() && !places.signal) paint(places.inputOf(cell)); },
      key: (cell, event) => key(places.inputOf(cell), event) }),
    output: grid({ show, leave, enter: (cell) => { if (!timer) { hover = places.placeOf(cell); present(); } },
      stay: (cell) => { settle(); jump(places.placeOf(cell)); },
      move: async (by) => { settle(); await jump(at.map((one, axis) => one + by[axis])); tables.output.focus(places.cellOf(at)); } }),
    pooled: grid({ show, leave, enter: pooling }),
  };
  const play = button("", null, () => (timer ? pause() : start()));
  const speed = element("input", { type: "range", min: 1, max: 20, value: 3, oninput: () => timer && start() });
  const indices = [0, 1].map((axis) => element("input", { type: "number", min: 0,
    oninput: ({ target }) => { target.typing = true; },
    onchange: ({ target }) => {
      target.typing = false;
      settle();
      jump(at.map((one, each) => (each === axis ? Math.round(Number(target.value)) || 0 : one)));
    } }));
  const indexFields = indices.map((one) => field("", one));
  const progress = element("span", { class: "faint" });
  const all = button(say("show_all"), null, () => { settle(); present(); });
  const working = element("div", { class: "working" }), sum = element("p", { class: "sum" });
  const spoken = element("p", { class: "hidden-text", role: "status" });
  const formula = element("dd", {}), size = element("p", {}), command = element("code", {});
  const copy = button(say("copy"), null, async () => {
    getSelection().selectAllChildren(command);
    try { await navigator.clipboard.writeText(command.textContent); copy.textContent = say("copied"); } catch { /* selected, at least */ }
  });
  const results = element("div", { class: "results", hidden: true },
    element("section", { class: "card" }, overview, chart.chart, shownField, hint,
      element("div", { class: "stage" }, Object.values(tables).map(({ figure }) => figure))),
    element("section", { class: "card" }, element("h2", {}, say("steps")),
      element("div", { class: "row", role: "group", "aria-label": say("steps") },
        button("|←", say("first"), () => { settle(); jump([0, 0]); }), button("←", say("back"), () => { pause(); step(-1); }), play,
        button("→", say("forward"), () => { pause(); step(1); }), field(say("speed"), speed), indexFields, progress, all),
      working, sum, spoken),
    element("section", { class: "card" }, element("dl", {}, element("dt", {}, say("formula")), formula,
      element("dt", {}, say("size")), element("dd", {}, size, element("small", { class: "faint" }, say("size_how"))),
      element("dt", {}, say("command")), element("dd", { class: "row command" }, command, copy))));

  const shape = (sides) => sides.join(" × ");
  const titled = (title, detail) => [element("strong", {}, title), " ", element("span", { class: "faint" }, detail)];
  // Of the output: one map where channels were summed.
  const map = () => Math.min(channel, part.output[0][0].length - 1);
  // Weights that are fractions are shown over one divisor, which stands beside them: 1 2 1 over 4.
  const numerator = (weight) => show(weight * reply.kernel.divisor);

  function take(content, arrays) {
    reply = content;
    filling = Boolean(timer);
    results.hidden = false;
    for (const [name, one] of Object.entries(pictures)) {
      if (!reply[name]?.picture) continue;
      const { shape: sides, levels: [low, high] } = reply[name], signed = sides.length < 3 && low < 0;
      const text = say(signed ? "scale_signed" : "scale", { low: show(low), high: show(high) });
      one.caption.replaceChildren(...titled(say(name), shape(sides)));
      one.legend.textContent = text;
      one.paint(arrays[reply[name].picture.array], sides, signed, `${say(name)}, ${shape(sides)}, ${text}`);
    }
    takePart(content.part);
  }

  function takePart(found) {
    part = found;
    at = found.at;
    hover = null;
    places = placesOf(reply, part);
    channel = clamp(channel, places.depth - 1);
    fill();
    moved();
  }

  function fill() {
    const { signal, whole, depth } = places, detail = whole ? "" : `, ${say("around")}`;
    const there = [[shownField, depth > 1], [overview, !signal && !whole], [tables.pooled.figure, reply.pooled],
      [pictures.pooled.figure, reply.pooled], [indexFields[0], !signal]];
    for (const [one, is] of there) one.hidden = !is;
    chart.chart.toggleAttribute("hidden", !signal);
    for (const one of [chart.chart, tables.padded.table]) one.classList.toggle("drawn", drawing());
    shown.value = channel;
    indexFields[0].firstChild.textContent = say("place_row");
    indexFields[1].firstChild.textContent = say(signal ? "place_index" : "place_column");
    hint.textContent = `${whole || signal ? "" : say("choose")} ${say("hover")}`;
    formula.textContent = `${reply.formula} (${say(reply.flip ? "proper" : "correlation")})`;
    size.textContent = reply.sizes.join(", ");
    command.textContent = reply.command;
    copy.textContent = say("copy");
    tables.padded.fill(part.padded, channel, reply.input.levels, (cell) => {
      const place = places.inputOf(cell), inside = places.isInput(place);
      return [places.label("x", place) + (inside ? "" : ` (${say("in_padding")})`), inside ? "" : "outside"];
    });
    tables.output.fill(part.output, map(), reply.output.levels, (cell) => [places.label("y", places.placeOf(cell)), ""]);
    if (part.pooled) tables.pooled.fill(part.pooled.output, map(), reply.pooled.levels, (cell) =>
      [places.label("p", cell.map((one, axis) => one + part.pooled.start[axis])), ""]);
    const padded = reply.input.shape.map((side, axis) => side + (reply.padding[axis + 2 - reply.dims] || []).reduce((a, b) => a + b, 0));
    const name = (table, title, sides) => {
      tables[table].caption.replaceChildren(...titled(say(title), shape(sides) + detail));
      tables[table].table.setAttribute("aria-label", say(title));
    };
    name("padded", places.padded ? "padded_input" : "input", padded);
    name("output", "output", reply.output.shape);
    if (reply.pooled) name("pooled", "pooled", reply.pooled.shape);
    present();
  }

  function clear() { for (const one of Object.values(tables)) one.clear(); }

  // ---- One output and its window

  function present() {
    if (!part) return;
    const now = hover || at, window = places.windowOf(now);
    clear();
    for (const { weight, cell } of window) tables.padded.mark(cell, "window", show(weight[channel], 2));
    tables.output.mark(places.cellOf(now), "window");
    tables.output.hide((cell) => filling && places.order(places.placeOf(cell)) > places.order(now));
    if (part.pooled) tables.pooled.mark(places.pooledAt(now), "window");
    if (!hover) {
      tables.padded.reveal(window[window.length >> 1].cell);
      tables.output.reveal(places.cellOf(now));
    }
    work(now, window.map(({ weight, cell: [row, column] }) => ({ weight, value: part.padded[row][column] })));
    stand(now[1] * reply.stride[1], window.map(({ cell }) => cell), [now[1]]);
    pictures.input.frame(now.map((one, axis) => one * reply.stride[axis] - reply.padding[axis][0]), places.extent);
    pictures.output.frame(now, [1, 1]);
    pictures.pooled.frame(now.map((one) => one >> 1), [1, 1]);
    indices.forEach((one, axis) => {
      one.max = places.outputs[axis] - 1;
      if (!one.typing) one.value = now[axis];
    });
    progress.textContent = say("step_of", { step: show(places.order(now) + 1, 9), steps: show(places.steps, 9) });
    all.hidden = !filling || places.order(now) === places.steps - 1;
    play.textContent = timer ? `⏸ ${say("pause")}` : `▶ ${say("play")}`;
  }

  // Window, weights and products side by side; then as a sum.
  function work(now, read) {
    const { divisor } = reply.kernel, columns = places.taps[1];
    const over = divisor > 1 ? ` × 1/${divisor}` : "";
    const table = (title, texts) => element("figure", {}, element("figcaption", {}, title), element("div", { class: "scroll" }, element("table", { class: "cells" },
      element("tbody", {}, range(places.taps[0]).map((row) => element("tr", {},
        texts.slice(row * columns, (row + 1) * columns).map((text) => element("td", {}, text))))))));
    const sign = (text) => element("span", { class: "sign" }, text);
    working.replaceChildren(table(say("window"), read.map(({ value }) => show(value[channel]))), sign("×"),
      table(say("kernel") + over, read.map(({ weight }) => numerator(weight[channel]))), sign("="),
      table(say("products") + over, read.map(({ weight, value }) => numerator(weight[channel] * value[channel]))),
      reply.flip ? element("small", { class: "faint" }, say("turned")) : "");
    const factor = (value) => (value < 0 ? `(${show(value)})` : show(value));
    const products = read.map(({ weight, value }) => `${factor(weight[channel] * divisor)}·${factor(value[channel])}`).join(" + ");
    const terms = divisor > 1 ? `(${products}) / ${divisor}` : products;
    const [row, column] = places.cellOf(now), result = show(part.output[row][column][map()], 6), left = places.label("y", now);
    if (reply.summed) {
      const totals = read[0].value.map((_, c) => read.reduce((total, { weight, value }) => total + weight[c] * value[c], 0));
      const parts = totals.map((total, c) => `${say(CHANNELS[c])} ${factor(total)}`).join(" + ");
      sum.replaceChildren(`${say(CHANNELS[channel])} = ${terms} = ${show(totals[channel], 6)}`, element("br"), `${left} = ${parts} = `);
    } else sum.replaceChildren(`${left} = ${terms} = `);
    sum.append(element("strong", {}, result));
    if (!timer && !hover) spoken.textContent = `${left} = ${result}`;
  }

  // A signal's stems: the window from a cell on, or none; the cells it reads, the outputs that read them.
  function stand(from, cells, outputs) {
    if (!places.signal) return;
    chart.draw({ ...reply.signal, from, outputs, cells: cells.map(([, column]) => column + part.corner[1]),
      padding: reply.padding[1], stride: reply.stride[1], dilation: reply.dilation[1],
      taps: reply.kernel.weights[0].map(([weight]) => weight), until: filling && from !== null ? outputs[0] : Infinity });
  }

  function readers(cell) {
    const found = places.readersOf(cell);
    clear();
    tables.padded.mark(cell, "chosen");
    for (const { place, weight } of found) tables.output.mark(places.cellOf(place), "reads", show(weight[channel], 2));
    const words = found.length > 1 ? "read_by" : found.length ? "read_by_one" : "read_by_none";
    sum.textContent = `${tables.padded.label(cell)} ${say(words, { n: found.length })}`;
    stand(null, [cell], found.map(({ place }) => place[1]));
  }

  function pooling(cell) {
    const from = places.pooledFrom(cell), numbers = from.map(([row, column]) => show(part.output[row][column][map()]));
    clear();
    tables.pooled.mark(cell, "chosen");
    for (const one of from) tables.output.mark(one, "reads");
    const worked = reply.pooled.how === "max" ? `max(${numbers.join("; ")})` : `(${numbers.join(" + ")}) / ${numbers.length}`;
    sum.textContent = tables.pooled.label(cell).replace(" = ", ` = ${worked} = `);
  }

  // ---- From place to place

  // `anew`: the surroundings are those of the new place, where the old ones hold it too.
  async function jump(to, anew = false) {
    at = places.inside(to);
    hover = null;
    const [row, column] = places.cellOf(at);
    if (places.whole || (!anew && part.output[row]?.[column])) { moved(); present(); return; }
    wanted = at;
    if (asking) return;
    asking = true;
    while (wanted) {
      const place = wanted;
      wanted = null;
      const found = await around(place);
      if (found) takePart(found);
    }
    asking = false;
  }
  async function step(by) {
    const columns = places.outputs[1], next = clamp(places.order(at) + by, places.steps - 1);
    filling = true;
    await jump([Math.floor(next / columns), next % columns]);
    return next < places.steps - 1;
  }
  function start() {
    clearInterval(timer);
    filling = true;
    timer = setInterval(async () => { if (!asking && !(await step(1))) pause(); }, 1000 / speed.value);
    jump(places.order(at) === places.steps - 1 ? [0, 0] : at);
  }
  function pause() {
    if (!timer) return;
    clearInterval(timer);
    timer = 0;
    present();
  }
  function settle() { pause(); filling = false; }

  return { results, take, fill, pause, at: () => at, channel: () => channel, places: () => places };
}
