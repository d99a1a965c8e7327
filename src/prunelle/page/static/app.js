// The page around its panels: the socket, the tabs, the language, the colours.
import { element, filled } from "./kit.js";

const at = (id) => document.getElementById(id);
const MOST_WAIT = 5000;

// ---- Frames: see page/wire.py.

function encode(panel, id, content, arrays) {
  const buffers = arrays.map((array) => ({
    shape: array.shape || [array.length],
    dtype: array instanceof Float32Array ? "float32" : "uint8",
  }));
  const header = new TextEncoder().encode(JSON.stringify({ panel, id, content, buffers }));
  const pad = -(4 + header.length) & 3;
  const sizes = arrays.map((array) => array.byteLength + (-array.byteLength & 3));
  const start = 4 + header.length + pad;
  const bytes = new Uint8Array(start + sizes.reduce((sum, size) => sum + size, 0)).fill(32, 4, start);
  new DataView(bytes.buffer).setUint32(0, header.length + pad, true);
  bytes.set(header, 4);
  let place = start;
  arrays.forEach((array, index) => {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), place);
    place += sizes[index];
  });
  return bytes;
}

function decode(data) {
  const length = new DataView(data).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  let place = 4 + length;
  const arrays = header.buffers.map(({ shape, dtype }) => {
    const count = shape.reduce((product, side) => product * side, 1);
    const array = dtype === "float32" ? new Float32Array(data, place, count) : new Uint8Array(data, place, count);
    array.shape = shape;
    place += array.byteLength + (-array.byteLength & 3);
    return array;
  });
  return { ...header, arrays };
}

// ---- The socket: opened again when it is lost.

class Socket {
  constructor(receive, changed) {
    this.receive = receive;
    this.changed = changed;
    this.wait = 250;
    this.waiting = new Map();
    this.last = 0;
    this.connect();
  }

  connect() {
    const socket = new WebSocket(`ws://${location.host}/live`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { this.wait = 250; this.opened = true; this.changed("open"); };
    socket.onmessage = ({ data }) => {
      const frame = decode(data);
      const asked = this.waiting.get(frame.id);
      if (asked) { this.waiting.delete(frame.id); asked(frame); } else this.receive(frame);
    };
    socket.onclose = () => {
      this.waiting.clear();
      this.changed("lost");
      setTimeout(() => this.again(), this.wait);
      this.wait = Math.min(this.wait * 2, MOST_WAIT);
    };
    this.socket = socket;
  }

  // A handshake that was refused tells a script nothing; any other request says whether this browser is known.
  async again() {
    try {
      const answer = await fetch("static/kit.js", { cache: "no-store" });
      if (answer.status === 403) { this.changed("denied"); return; }
    } catch { /* nobody answers yet */ }
    this.connect();
  }

  send(panel, content, arrays = [], answered) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const id = answered ? ++this.last : null;
    if (answered) this.waiting.set(id, answered);
    this.socket.send(encode(panel, id, content, arrays));
  }

  ask(content) {
    return new Promise((done) => this.send("shell", content, [], done));
  }
}

// ---- A panel's model, as anywidget has it.

class Model {
  constructor(name, socket, state) {
    this.name = name;
    this.socket = socket;
    this.state = state;
    this.listeners = new Map();
  }

  get(key) { return this.state[key]; }
  set(key, value) { this.state[key] = value; this.tell(`change:${key}`, value); }
  save_changes() {}
  on(event, listener) {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event).add(listener);
  }
  off(event, listener) { if (event) this.listeners.get(event)?.delete(listener); else this.listeners.clear(); }
  tell(event, ...values) { for (const listener of [...(this.listeners.get(event) || [])]) listener(...values); }

  send(content, callbacks, buffers) {
    this.socket.send(this.name, content, buffers || [], ({ content: answer, arrays }) =>
      this.tell("msg:custom", "ask" in content ? { ...answer, ask: content.ask } : answer, arrays));
  }

  // Another part of the page, with what it is to show: `model.go("look", {subject: …})`.
  go(panel, options = {}) { location.hash = address(panel, options); }
}

// ---- Where one is: #look?subject=… ; panels may keep more there.

function address(panel, options) {
  const text = new URLSearchParams(options).toString();
  return `#${panel}${text ? `?${text}` : ""}`;
}

function place() {
  const [, panel, text] = location.hash.match(/^#([a-z]+)(?:\?(.*))?$/) || [];
  return { panel, options: Object.fromEntries(new URLSearchParams(text || "")) };
}

const kept = {
  get: (key) => { try { return localStorage.getItem(`prunelle.${key}`); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem(`prunelle.${key}`, value); } catch { /* private window */ } },
};

const page = {
  language: kept.get("language") || (navigator.language.startsWith("fr") ? "fr" : "en"),
  theme: kept.get("theme") || "auto",
  words: {},
  panels: [],
  shown: null,
};

function say(text, again) {
  at("state").replaceChildren(...(text ? [text] : []));
  if (again) at("state").append(" ", element("button", { type: "button", onclick: again }, page.words.again));
}

async function translate() {
  const { content } = await socket.ask({ type: "words", language: page.language });
  page.words = content.words;
  page.panels = content.panels;
  page.start = content.start;
  document.documentElement.lang = page.language;
  document.querySelector(".skip").textContent = page.words.skip;
  settings();
}

function tabs() {
  const { panel } = page.shown || {};
  at("panels").setAttribute("aria-label", page.words.panels);
  at("panels").replaceChildren(element("ul", {}, page.panels.map(({ name, title }) =>
    element("li", {}, element("a", { href: `#${name}`, "aria-current": name === panel ? "page" : null }, title)))));
}

function settings() {
  const choice = (label, value, values, changed) => element("label", {}, element("span", {}, label),
    element("select", { onchange: ({ target }) => changed(target.value) }, values.map(([key, text, lang]) =>
      element("option", { value: key, selected: key === value, lang }, text))));
  at("settings").replaceChildren(
    choice(page.words.language, page.language, [["en", "English", "en"], ["fr", "Français", "fr"]], async (value) => {
      kept.set("language", page.language = value);
      await translate();
      show();
    }),
    choice(page.words.theme, page.theme, ["auto", "light", "dark"].map((key) => [key, page.words[`theme_${key}`]]),
      (value) => { kept.set("theme", page.theme = value); colours(); draw(); }));
}

function colours() {
  if (page.theme === "auto") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", page.theme);
}

// Opens what the address names; `show` asks the server, `draw` only draws again.
async function show() {
  if (!page.panels.length) return;
  const { panel = page.start, options } = place();
  const kind = page.panels.find(({ name }) => name === panel) || page.panels[0];
  const shown = { panel: kind.name };
  page.shown?.cleanup?.();
  if (page.shown && page.shown.panel !== kind.name) socket.send("shell", { type: "close", panel: page.shown.panel });
  page.shown = shown;
  tabs();
  document.title = `${kind.title} · Prunelle`;
  at("main").replaceChildren(element("p", { class: "faint" }, page.words.opening));
  const [answer, module] = await Promise.all([
    new Promise((done) => socket.send("shell", { type: "open", panel: kind.name, options, language: page.language }, [], done)),
    import(`./${kind.module}`),
  ]).catch((error) => [{ content: { type: "error", message: error.message } }]);
  if (page.shown !== shown) return;
  if (answer.content.type === "error") {
    at("main").replaceChildren();
    say(filled(page.words.failed, { message: answer.content.message }), () => { say(""); show(); });
    return;
  }
  say("");
  shown.model = new Model(kind.name, socket, { ...answer.content, arrays: answer.arrays });
  shown.module = module;
  draw();
}

function draw() {
  const { shown } = page;
  if (!shown?.model) return;
  shown.cleanup?.();
  shown.model.off();
  const el = element("div", { class: `panel ${shown.panel}` });
  at("main").replaceChildren(el);
  shown.cleanup = shown.module.render({ model: shown.model, el }) || (() => {});
}

const socket = new Socket(
  ({ panel, content, arrays }) => { if (page.shown?.panel === panel) page.shown.model?.tell("msg:custom", content, arrays); },
  async (state) => {
    if (state === "open") { await translate(); say(""); show(); } else say(page.words[state] || "…");
  },
);
colours();
addEventListener("hashchange", show);
// The address is that of the part that is shown: the link past the parts must not change it.
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); at("main").focus(); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => page.theme === "auto" && draw());
