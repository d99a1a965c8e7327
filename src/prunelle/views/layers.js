// What every layer makes of what the network is shown: pages of maps, bars of units, lines of series.
import { button, element, still } from "./kit.js";
import { ARROWS, paintLine, paintSigned, paintUnits, place } from "./maps.js";

const TILE = 60, LINE = 124, GAP = 8, STRIP = 128, MANY_LAYERS = 8; // pixels; units in one strip

// All layers, by stage; of a deep network each stage folds to one line of its last layer.
export function layering(look) {
  const { say, kept } = look, deep = look.layers.length > MANY_LAYERS, rows = new Set(), stages = [];
  for (const layer of look.layers) {
    if (layer.stage && stages.at(-1)?.name === layer.stage) stages.at(-1).layers.push(layer);
    else stages.push({ name: layer.stage, layers: [layer] });
  }
  const node = element("div", { class: "look-layers" }), width = () => Math.max(240, node.clientWidth || 560);

  // Only what can be seen is asked for.
  let asked;
  const watch = () => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(() => {
      const seen = [...rows].filter((row) => row.seen);
      const maps = seen.map((row) => [row.layer.name, { first: row.first, last: row.last, side: row.side }]);
      look.tell({ type: "watch", maps: Object.fromEntries(maps) });
    });
  };
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) target.row.seen = isIntersecting;
    watch();
  }, { rootMargin: "120px" });

  function fill(stage, open) {
    for (const row of [...rows].filter((each) => stage.body.contains(each.node))) {
      observer.unobserve(row.node);
      rows.delete(row);
    }
    if (stage.toggle) kept.open[stage.name] = open;
    stage.toggle?.setAttribute("aria-expanded", open);
    stage.node.classList.toggle("open", open);
    const listed = (open ? stage.layers : stage.layers.slice(-1)).map((layer) => {
      const row = new Row(look, layer, { lines: open ? 2 : 1, width: width(), changed: watch });
      rows.add(row);
      return Object.assign(row.node, { row });
    });
    stage.body.replaceChildren(...listed);
    listed.forEach((each) => observer.observe(each));
    watch();
  }
  for (const stage of stages) {
    stage.body = element("div");
    if (deep && stage.layers.length > 1) {
      const label = [element("bdi", {}, stage.name), element("small", {}, say("stage_layers", { n: stage.layers.length }))];
      stage.toggle = button(label, () => fill(stage, !kept.open[stage.name]), { class: "look-fold" });
    }
    stage.node = element("section", { class: "look-stage" }, stage.toggle && element("h3", {}, stage.toggle), stage.body);
  }

  const scale = element("select", { "aria-label": say("scale") }, ["own", "shared", "grey"].map((key) =>
    element("option", { value: key, selected: key === kept.scale }, say(`scale_${key}`))));
  scale.addEventListener("change", () => {
    kept.scale = scale.value;
    for (const row of rows) row.paint();
  });
  const every = (open) => stages.filter((stage) => stage.toggle).forEach((stage) => fill(stage, open));
  const folds = stages.some((stage) => stage.toggle);
  const tools = element("div", { class: "look-tools" }, element("h1", {}, look.get("name"),
    look.get("folder") && element("small", { class: "faint" }, ` ${look.get("folder")}`)),
    element("h2", { class: "hidden-text" }, say("layers")),
    element("span", { class: "look-legend", role: "img", "aria-label": say("legend"), title: say("legend") }),
    scale, folds && [button(say("unfold_all"), () => every(true)), button(say("fold_all"), () => every(false))]);
  node.append(tools, ...stages.map((stage) => stage.node), element("details", { class: "look-keys" },
    element("summary", {}, say("keys")), element("p", {}, say("keys_text"))));

  const marked = {};
  const mark = (change) => {
    Object.assign(marked, change);
    for (const row of rows) row.mark(marked);
  };
  look.on("answer", ({ maps }) => {
    const found = new Map(maps.map((each) => [each.layer, each]));
    for (const row of rows) row.take(found.get(row.layer.name));
  });
  look.on("point", ({ point }) => mark({ point, window: null }));
  look.on("valued", ({ window }) => mark({ window }));
  look.on("edited", () => rows.forEach((row) => row.switched()));

  // How many tiles there is room for is known once the panel stands on the page, and changes with it.
  let columns;
  const resized = new ResizeObserver(() => {
    const now = `${columnsOf(width(), TILE)} ${columnsOf(width(), LINE)}`;
    if (now === columns) return;
    columns = now;
    for (const stage of stages) fill(stage, stage.toggle ? Boolean(kept.open[stage.name]) : true);
    mark();
  });
  resized.observe(node);
  look.ending(() => {
    observer.disconnect();
    resized.disconnect();
    cancelAnimationFrame(asked);
  });

  // Brings a place to where it is seen: its stage unfolded, the page turned to its channel.
  look.go = (point, { focus = false } = {}) => {
    const stage = stages.find(({ layers }) => layers.some((layer) => layer.name === point.layer));
    if (!stage) return;
    const find = () => [...rows].find((row) => row.layer.name === point.layer);
    if (!find()) fill(stage, true);
    find().turnTo(point.channel);
    mark();
    find().node.scrollIntoView({ block: "nearest", behavior: still() ? "auto" : "smooth" });
    if (focus) find().focus(point.channel);
  };
  return node;
}

// Channels come in powers of two: pages of 16 or 8 leave no stragglers.
function columnsOf(width, tile) {
  const room = Math.max(1, Math.floor((width + GAP) / (tile + GAP)));
  return [16, 8, 4].find((columns) => columns <= room) ?? room;
}

// One layer: a page of its channels' maps, or of its units.
class Row {
  constructor(look, layer, { lines, width, changed }) {
    const { say } = look, series = look.kind === "series", [count, height = 1, across = 1] = layer.shape;
    this.units = height * across === 1;
    this.line = series && !this.units;
    const columns = columnsOf(width, this.line ? LINE : TILE), room = this.line ? 2 * columns * lines : columns * lines;
    Object.assign(this, { look, layer, changed, count, height, width: across, each: [], seen: false, maps: null });
    this.room = this.units ? STRIP : room;
    const pixels = Math.round((TILE + 2 * GAP) * Math.min(devicePixelRatio, 2));
    this.side = this.line ? 256 : Math.max(1, Math.min(Math.max(height, across), pixels));
    const group = { role: "group", "aria-label": layer.label };
    this.tiles = element("div", { class: this.units ? "look-units" : "look-tiles", ...group });
    this.tiles.style.setProperty("--columns", columns);
    const from = series ? 2 : 1, size = layer.field && layer.field.size.slice(from - 1).join("×");
    const facts = [layer.label.split(" · ").slice(1).join(" · "),
      this.units ? say("units", { n: look.num(count, 6) }) : `${count} × ${layer.shape.slice(from).join("×")}`,
      size && say("field", { size })].filter(Boolean);
    const head = [element("h4", { "aria-level": 3 }, layer.name), element("small", {}, facts.join(" · "))];
    this.node = element("section", { class: "look-layer" },
      element("header", {}, head, count > this.room && this.pager()), this.tiles);
    this.turn(look.kept.first[layer.name] ?? 0);
    this.tiles.addEventListener("pointermove", (event) => event.pointerType === "mouse" && this.pointed(event, false));
    this.tiles.addEventListener("click", (event) => event.detail && this.pointed(event, true));
    this.tiles.addEventListener("focusin", (event) => this.focused(event.target));
    this.tiles.addEventListener("keydown", (event) => this.pressed(event));
  }

  pager() {
    const turn = (sign) => {
      this.turn(this.first + sign * this.room);
      this.changed();
    };
    this.before = button("‹", () => turn(-1), { "aria-label": this.look.say("page_before") });
    this.after = button("›", () => turn(1), { "aria-label": this.look.say("page_after") });
    this.where = element("span");
    return element("span", { class: "look-pager" }, this.before, this.where, this.after);
  }

  turn(channel) {
    const { say, kept, num } = this.look, start = Math.max(0, Math.min(channel, this.count - 1));
    this.first = kept.first[this.layer.name] = start - (start % this.room);
    this.last = Math.min(this.first + this.room, this.count);
    if (this.where) {
      this.where.textContent = say("page", { first: this.first + 1, last: this.last, n: num(this.count, 6) });
      this.before.disabled = this.first === 0;
      this.after.disabled = this.last === this.count;
    }
    const wanted = this.units ? 1 : this.last - this.first;
    while (this.each.length > wanted) this.each.pop().node.remove();
    while (this.each.length < wanted) this.tiles.append(this.tile(this.each.length));
    this.each.forEach((tile, at) => {
      const names = { n: this.first + at + 1, layer: this.layer.name };
      tile.map.tabIndex = at ? -1 : 0;
      tile.map.setAttribute("aria-label", say(this.units ? "units_of" : "map_of", names));
      if (this.units) return;
      tile.name.textContent = names.n;
      tile.name.title = say("open_channel", names);
      tile.name.setAttribute("aria-label", tile.name.title);
    });
    this.switched();
  }

  turnTo(channel) {
    if (channel >= this.first && channel < this.last) return;
    this.turn(channel);
    this.changed();
  }

  tile(at) {
    const tile = { at, canvas: element("canvas") };
    [tile.reads, tile.spot] = ["look-window", "look-spot"].map((name) => element("i", { class: name, hidden: true }));
    tile.map = Object.assign(button([tile.canvas, tile.reads, tile.spot], null, { class: "look-map" }), { tile });
    const open = () => this.look.emit("channel", { layer: this.layer.name, channel: this.first + at });
    tile.name = this.units ? null : button("", open, { class: "look-number", tabindex: -1 });
    tile.node = element("div", {}, tile.map, tile.name);
    this.each.push(tile);
    return tile.node;
  }

  // Channels that are switched off, and kernels that were changed, say so.
  switched() {
    for (const { node, at } of this.each) {
      const here = ({ layer, channel }) => layer === this.layer.name && channel === this.first + at;
      const edits = this.look.kept.edits.filter(here);
      node.classList.toggle("off", !this.units && edits.some(({ kind }) => kind === "off"));
      node.classList.toggle("changed", !this.units && edits.some(({ kind }) => kind === "kernel"));
    }
  }

  take(maps) {
    if (maps?.first !== this.first) return;
    this.maps = maps;
    this.paint();
  }

  paint() {
    if (!this.maps) return;
    const { maps: bytes, values, low, high } = this.maps, { scale } = this.look.kept;
    if (this.units) return paintUnits(this.each[0].canvas, values ?? Float32Array.from(low), this.tiles.clientWidth);
    const [n, height, width] = bytes.shape, shared = scale === "shared" ? [Math.min(...low), Math.max(...high)] : null;
    for (let i = 0; i < Math.min(n, this.each.length); i++) {
      const part = bytes.subarray(i * height * width, (i + 1) * height * width);
      const range = { low: low[i], high: high[i], shared };
      if (this.line) paintLine(this.each[i].canvas, part, range);
      else paintSigned(this.each[i].canvas, part, { height, width, ...range, grey: scale === "grey" });
    }
  }

  // The place under the pointer becomes the value that is explained.
  pointed(event, held) {
    const map = event.target.closest(".look-map");
    if (!map) return;
    const box = map.getBoundingClientRect(), share = (from, size) => Math.min(0.9999, Math.max(0, from / size));
    const x = share(event.clientX - box.left, box.width), y = share(event.clientY - box.top, box.height);
    this.point(this.units
      ? { channel: this.first + Math.floor(x * (this.last - this.first)), y: 0, x: 0 }
      : { channel: this.first + map.tile.at, y: Math.floor(y * this.height), x: Math.floor(x * this.width) }, held);
  }

  point(place_, held) {
    this.look.emit("point", { point: { layer: this.layer.name, ...place_ }, held });
  }

  focused(target) {
    const { point } = this.look.kept, channel = this.first + (this.units ? 0 : target.tile?.at);
    if (!target.tile || !target.matches(":focus-visible")) return;
    if (point?.layer === this.layer.name && (this.units || point.channel === channel)) return;
    this.point({ channel, y: this.height >> 1, x: this.width >> 1 }, true);
  }

  focus(channel) {
    const chosen = this.each[this.units ? 0 : channel - this.first];
    for (const tile of this.each) tile.map.tabIndex = tile === chosen ? 0 : -1;
    chosen.map.focus({ preventScroll: true });
  }

  pressed(event) {
    const { point } = this.look.kept, { key } = event, by = ARROWS[key];
    if (!event.target.tile || point?.layer !== this.layer.name || event.ctrlKey || event.altKey || event.metaKey) return;
    const next = { channel: point.channel, y: point.y, x: point.x };
    if (by && this.units) next.channel += by[0] + by[1];
    else if (by) Object.assign(next, { y: next.y + by[0], x: next.x + by[1] });
    else if (key === "PageDown" || key === "PageUp") next.channel += key === "PageDown" ? 1 : -1;
    else if (key === "Home") Object.assign(next, this.units ? { channel: this.first } : { x: 0 });
    else if (key === "End") Object.assign(next, this.units ? { channel: this.last - 1 } : { x: this.width - 1 });
    else if (key === "Enter" || key === "Backspace") {
      event.preventDefault();
      this.look.emit(key === "Enter" ? "follow" : "back");
      return;
    } else {
      if (key === "o" && !this.units) this.look.emit("channel", { layer: point.layer, channel: point.channel });
      return;
    }
    event.preventDefault();
    // Over the edge of a map lies its neighbour.
    if (next.x < 0) Object.assign(next, { channel: next.channel - 1, x: this.width - 1 });
    if (next.x >= this.width) Object.assign(next, { channel: next.channel + 1, x: 0 });
    next.y = Math.max(0, Math.min(this.height - 1, next.y));
    if (next.channel < 0 || next.channel >= this.count) return;
    this.turnTo(next.channel);
    this.point(next, true);
    this.focus(next.channel);
  }

  // A frame around the value that is explained, and around what it reads.
  mark({ point, window }) {
    const here = point?.layer === this.layer.name && point, read = window?.sources.includes(this.layer.name) && window;
    for (const tile of this.each) {
      const channel = this.first + tile.at;
      if (this.units) {
        const x = here && here.channel < this.last ? here.channel - this.first : -1;
        place(tile.spot, x >= 0 && { x, y: 0, w: 1, h: 1 }, this.last - this.first, 1);
        continue;
      }
      place(tile.spot, here && here.channel === channel && { x: here.x, y: here.y, w: 1, h: 1 }, this.width, this.height);
      place(tile.reads, read && (read.alone === null || read.alone === channel) && read, this.width, this.height);
      tile.node.classList.toggle("read", Boolean(read && read.chosen === channel));
    }
  }
}
