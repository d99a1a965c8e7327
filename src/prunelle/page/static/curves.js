// Curves of trainings, on uPlot: smoothed as TensorBoard does, with the raw ones faint behind; enlarged by dragging.
import { colour, element, filled, number, percent } from "./kit.js";
import uPlot from "./uplot.js";

// Exponential moving average without the bias of its start (Kingma & Ba 2015, §3), as TensorBoard smooths.
export function smooth(values, weight) {
  if (!weight) return values;
  let last = 0, count = 0;
  return values.map((value) => {
    if (value === null || value === undefined) return value;
    last = last * weight + (1 - weight) * value;
    count += 1;
    return last / (1 - weight ** count);
  });
}

// Curves of one kind over one another.
//   host: where. words, language: the panel's.
//   options: {what: "loss" | "accuracy", log, smoothing, height, sync}
//   lines: [{label, colour: "--blue", dash, x: [...], y: [...], dots}]
export class Curves {
  constructor(host, words, language, options) {
    this.host = host;
    this.words = words;
    this.language = language;
    this.options = { height: 230, smoothing: 0, log: false, ...options };
    this.lines = [];
    this.zoomed = false;
    this.box = element("div", {
      class: "curve", tabindex: 0, role: "group", "aria-label": filled(words.curve_of, { what: words[this.options.what] }),
      onkeydown: (event) => this.key(event),
    });
    host.append(this.box);
    this.watch = new ResizeObserver(() => this.plot?.setSize(this.size()));
    this.watch.observe(this.box);
  }

  close() {
    this.watch.disconnect();
    this.plot?.destroy();
  }

  size() { return { width: Math.max(160, this.box.clientWidth), height: this.options.height }; }

  // Other lines, or other settings. The part that is enlarged stays, unless nothing was.
  set(lines, options = {}) {
    const same = this.plot && lines.length === this.lines.length && !Object.keys(options).length
      && lines.every((line, at) => line.label === this.lines[at].label);
    Object.assign(this.options, options);
    this.lines = lines;
    const data = this.data();
    if (same) this.plot.setData(data, !this.zoomed);
    else this.make(data);
    if (same && this.zoomed) this.plot.redraw();
  }

  // Each line twice where it is smoothed: as it came, and smoothed.
  data() {
    const { smoothing, log } = this.options;
    const positive = (y) => (log ? y.map((value) => (value > 0 ? value : null)) : y);
    const tables = this.lines.flatMap(({ x, y, dots }) => (smoothing && !dots
      ? [[x, positive(y)], [x, positive(smooth(y, smoothing))]] : [[x, positive(y)]]));
    return tables.length ? uPlot.join(tables) : [[]];
  }

  series() {
    const { smoothing, what } = this.options;
    const shown = (value) => (value === null || value === undefined ? "–"
      : what === "accuracy" ? percent(value, this.language, 2) : number(value, this.language, 4));
    const made = ({ label, colour: name, dash, dots }, faint) => {
      const stroke = colour(name);
      return {
        label: faint ? filled(this.words.raw, { what: label }) : label,
        stroke: faint ? stroke.replace(/^rgb\((.*)\)$/, "rgb($1 / 28%)").replaceAll(",", " ") : stroke,
        width: faint ? 1 : 2, dash, spanGaps: true, points: dots ? { show: true, size: 6, fill: stroke } : { show: false },
        value: (_, value) => shown(value),
      };
    };
    return this.lines.flatMap((line) => (smoothing && !line.dots ? [made(line, true), made(line)] : [made(line)]));
  }

  make(data) {
    const old = this.zoomed ? this.plot?.scales.x : null;
    const range = old && { min: old.min, max: old.max };
    this.plot?.destroy();
    // Whole epochs, unless only a part of a few is seen.
    const steps = (_, __, low, high) => [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
      .filter((step) => step >= 1 || high - low < 2);
    const { what, log, sync } = this.options;
    const ink = colour("--muted"), line = colour("--line");
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "12px system-ui, sans-serif" };
    // As many digits as tell two neighbours apart.
    const ticks = (_, values, __, ___, step) => values.map((value) => {
      if (value === null) return "";
      const digits = Math.max(0, Math.ceil(-Math.log10(step || 1) - 1e-9));
      if (what === "accuracy") return percent(value, this.language, Math.max(0, digits - 2));
      return log || digits > 6 || Math.abs(value) >= 1e5 ? number(value, this.language, 3)
        : new Intl.NumberFormat(this.language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
    });
    const room = (_, values) => 20 + 7 * Math.max(4, ...(values || []).map((text) => text.length));
    const y = what !== "accuracy" ? { distr: log ? 3 : 1 } : {
      range: (_, low, high) => {
        if (low === null) return [0, 1];
        const more = Math.max((high - low) * 0.08, 0.005);
        return [Math.max(0, low - more), Math.min(1, high + more)];
      },
    };
    this.plot = new uPlot({
      ...this.size(),
      scales: { x: { time: false }, y },
      axes: [
        { ...axis, incrs: steps, values: (_, values) => values.map((value) => number(value, this.language, 3)) },
        { ...axis, size: room, values: ticks },
      ],
      series: [{ label: this.words.epoch, value: (_, value) => (value === null ? "–" : number(value, this.language, 3)) },
        ...this.series()],
      cursor: { drag: { x: true, y: false, setScale: true }, ...(sync ? { sync: { key: sync } } : {}) },
      legend: { live: true, markers: { dash: (plot, at) => (plot.series[at].dash ? "dashed" : "solid") } },
      hooks: { setScale: [(plot, key) => { if (key === "x") this.zoomed = this.isPart(plot); }] },
    }, data, this.box);
    if (range) this.plot.setScale("x", range);
  }

  isPart(plot) {
    const x = plot.data[0];
    return x.length > 1 && (plot.scales.x.min > x[0] || plot.scales.x.max < x[x.length - 1]);
  }

  whole() {
    this.zoomed = false;
    if (this.plot) this.plot.setData(this.plot.data, true);
  }

  // The values under the cursor, point by point, for who has no mouse.
  key(event) {
    const { plot } = this;
    const move = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (!plot || move === undefined || !plot.data[0].length) return;
    event.preventDefault();
    const last = plot.data[0].length - 1;
    const at = Math.min(last, Math.max(0, (plot.cursor.idx ?? (move > 0 ? -1 : last + 1)) + move));
    plot.setCursor({ left: plot.valToPos(plot.data[0][at], "x"), top: plot.over.clientHeight / 2 });
  }
}

// The same numbers as a table: for screen readers, and for copying.
export function table(rows, columns, words, language) {
  const shown = (name, value) => (name === "epoch" ? number(value, language)
    : name.endsWith("accuracy") ? percent(value, language, 2) : number(value, language, 4));
  const there = columns.filter((name) => rows.some((row) => row[name] !== null && row[name] !== undefined));
  return element("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": words.numbers },
    element("table", {},
      element("thead", {}, element("tr", {}, there.map((name) => element("th", { scope: "col", class: "number" }, words[name])))),
      element("tbody", {}, rows.map((row) => element("tr", {}, there.map((name) =>
        element("td", { class: "number" }, shown(name, row[name]))))))));
}

export const COLUMNS = ["epoch", "train_loss", "val_loss", "train_accuracy", "val_accuracy", "learning_rate"];

// Lines of `results.csv` as curves of a kind: training and validation.
export function epochLines(rows, what, words, name = "", dash) {
  const of = (column, label, variable) => {
    const there = rows.filter((row) => row[column] !== null && row[column] !== undefined);
    return there.length ? [{
      label: name ? `${name} · ${label}` : label, colour: variable, dash, dots: there.length === 1,
      x: there.map((row) => row.epoch), y: there.map((row) => row[column]),
    }] : [];
  };
  return [...of(`train_${what}`, words.train, "--blue"), ...of(`val_${what}`, words.validation, "--orange")];
}

// How smooth, on which scale, and back to the whole: what belongs to several curves at once.
export function settings(words, language, kept, changed) {
  const output = element("output", { class: "number" }, number(kept.smoothing, language, 2));
  return element("div", { class: "row curve-settings" },
    element("label", { class: "row" }, words.smoothing,
      element("input", { type: "range", min: 0, max: 0.99, step: 0.01, value: kept.smoothing, oninput: ({ target }) => {
        output.textContent = number(Number(target.value), language, 2);
        changed({ smoothing: Number(target.value) });
      } }), output),
    element("label", { class: "row" },
      element("input", { type: "checkbox", checked: kept.log, onchange: ({ target }) => changed({ log: target.checked }) }),
      words.log_scale),
    element("button", { type: "button", onclick: () => changed(null) }, words.whole));
}
