// What each layer makes of what is shown: maps as tiles, units as bars; one of them large in a dialogue.
import { button, element, number } from "./kit.js";
import { ARROWS, paintSeries, paintSigned, paintUnits, range, shaped } from "./maps.js";

const MOST_MAPS = 16, LINE = { width: 150, height: 44 }, LARGE = { width: 340, height: 180 };

// One channel of a value (1, C, …) onto a canvas.
function paintChannel(canvas, value, channel, large) {
  const [, , ...size] = value.shape, area = size.reduce((a, b) => a * b, 1);
  const values = value.data.subarray(channel * area, (channel + 1) * area), { least, most } = range(values);
  if (size.length === 1) {
    paintSeries(canvas, shaped(values, 1, area), { ...(large ? LARGE : LINE), least, most });
  } else {
    const bytes = Uint8Array.from(values, (each) => Math.round((255 * (each - least)) / (most - least || 1)));
    paintSigned(canvas, bytes, { height: size[0], width: size[1], low: least, high: most });
  }
  return { least, most };
}

export function layering(page) {
  const { say, about } = page, rows = about.program.layers.map((layer) => new Row(page, layer));
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      target.row.seen = isIntersecting;
      if (isIntersecting) target.row.paint();
    }
  }, { rootMargin: "150px" });
  for (const row of rows) observer.observe(row.node);
  // Maps of series are curves, in one colour.
  const colours = about.kind !== "series" && [element("span", { class: "legend", "aria-hidden": "true" }), say("legend"), ". "];
  const legend = element("p", { class: "faint small" }, colours, say("touch"));
  const large = enlarging(page);
  page.enlarge = large.open;
  const node = element("section", { class: "layers", hidden: true, "aria-labelledby": "layers" },
    element("h2", { id: "layers" }, say("layers")), legend, rows.map((row) => row.node), large.node);
  const paint = () => {
    node.hidden = false;
    for (const row of rows) if (row.seen) row.paint();
    large.paint();
  };
  return { node, paint };
}

class Row {
  constructor(page, layer) {
    const { say, network } = page, [, count, ...size] = network.values[layer.value].shape, area = size.reduce((a, b) => a * b, 1);
    Object.assign(this, { page, layer, count, units: area === 1, seen: false, canvases: [] });
    const kind = say(layer.kind, { detail: layer.detail }).trim();
    const shape = this.units ? say("units", { n: count }) : say("maps", { n: count, size: size.join("×") });
    this.tiles = element("div", { class: this.units ? "units" : size.length > 1 ? "tiles" : "tiles lines", role: "group", "aria-label": layer.name });
    this.more = button("", () => { this.all = !this.all; this.build(); this.paint(); }, { class: "plain" });
    this.node = Object.assign(element("section", { class: "layer" },
      element("h3", {}, layer.name, " ", element("small", { class: "faint" }, kind, " · ", shape)), this.tiles, this.more), { row: this });
    this.build();
  }

  build() {
    const { say } = this.page, shown = this.units ? 1 : this.all ? this.count : Math.min(MOST_MAPS, this.count);
    this.canvases = Array.from({ length: shown }, () => element("canvas"));
    this.tiles.replaceChildren(...this.canvases.map((canvas, channel) => button(canvas, () => this.page.enlarge(this.layer, channel), {
      class: "map", "aria-label": say(this.units ? "units_of" : "map_of", { n: channel + 1, layer: this.layer.name }) })));
    this.more.hidden = this.units || this.count <= MOST_MAPS;
    this.more.textContent = this.all ? say("fewer") : say("more", { n: this.count });
  }

  paint() {
    const value = this.page.network.values[this.layer.value];
    if (!value.data) return;
    if (this.units) paintUnits(this.canvases[0], Array.from(value.data), this.tiles.clientWidth || 300);
    else this.canvases.forEach((canvas, channel) => paintChannel(canvas, value, channel));
  }
}

// One map, as large as the screen allows; it changes with what is shown. Arrows go to its neighbours.
function enlarging(page) {
  const { say } = page, canvas = element("canvas"), title = element("h2", { id: "large" }), told = element("p", { class: "faint small", "aria-live": "polite" });
  let shown = null;
  const paint = () => {
    if (!shown) return;
    const { layer, channel } = shown, value = page.network.values[layer.value], units = value.data.length === value.shape[1];
    const { least, most } = units ? range(value.data) : paintChannel(canvas, value, channel, true);
    if (units) paintUnits(canvas, Array.from(value.data), Math.max(240, canvas.parentNode.clientWidth));
    canvas.className = value.shape.length > 3 ? "square" : "";
    title.textContent = say(units ? "units_of" : "map_of", { n: channel + 1, layer: layer.name });
    told.textContent = say("range", { low: number(least, page.language), high: number(most, page.language) });
    before.disabled = units || channel === 0;
    after.disabled = units || channel === value.shape[1] - 1;
  };
  const turn = (by) => { shown.channel += by; paint(); };
  const before = button("‹", () => turn(-1), { "aria-label": say("before") });
  const after = button("›", () => turn(1), { "aria-label": say("after") });
  const close = button("✕", () => node.close(), { "aria-label": say("close") });
  const node = element("dialog", { class: "card large", "aria-labelledby": "large" },
    element("div", { class: "row" }, title, before, after, close), element("div", { class: "frame" }, canvas), told);
  node.addEventListener("close", () => { shown = null; });
  node.addEventListener("click", (event) => event.target === node && node.close());
  node.addEventListener("keydown", ({ key }) => {
    const by = ARROWS[key]?.[1];
    if (by) (by < 0 ? before : after).click();
  });
  const open = (layer, channel) => {
    shown = { layer, channel };
    node.showModal();
    paint();
  };
  return { node, open, paint };
}
