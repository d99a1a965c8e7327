// What browser modules have in common. A module imports from here alone, in one line at its top, so that a notebook or a
// file can carry both as one text.

// The questions and answers of a panel: `ask(content, arrays)` gives a promise of {content, arrays}.
export function asker(model) {
  const waiting = new Map();
  let last = 0;
  const take = (content, buffers) => {
    const asked = waiting.get(content.ask);
    if (!asked) return;
    waiting.delete(content.ask);
    if (content.type === "error") asked.fail(new Error(content.message));
    else asked.done({ content, arrays: buffers || [] });
  };
  model.on("msg:custom", take);
  const ask = (content, arrays = []) => new Promise((done, fail) => {
    const number = ++last;
    waiting.set(number, { done, fail });
    model.send({ ...content, ask: number }, undefined, arrays);
  });
  ask.close = () => model.off("msg:custom", take);
  return ask;
}

// An element with attributes and children; a child that is text stays text, whatever is in it. `onclick` and the like
// are listeners, `class` and the rest attributes; null and false leave one out.
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// "{n} of {total}" with its places filled.
export function filled(text, values) {
  return text.replace(/\{(\w+)(?::[^}]*)?\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

// A number as the language prints it: as many digits as matter, no more.
export function number(value, language, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) {
    return value.toExponential(digits - 1).replace("-", "−").replace(".", language === "fr" ? "," : ".");
  }
  const whole = Number.isInteger(value) || size >= 10 ** (digits - 1);
  // No thousands apart, as in the house's other numbers: "1,020" beside "1,5" would be read as a decimal.
  const options = { useGrouping: false, ...(whole ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: digits }) };
  return new Intl.NumberFormat(language, options).format(value + 0).replace("-", "−"); // + 0: no −0
}

// A count: with its thousands apart, as texts.Typography.integer has it.
export const integer = (value, language) => (value === null || value === undefined ? "–" : new Intl.NumberFormat(language).format(value));

export function percent(share, language, digits = 1) {
  if (share === null || share === undefined || Number.isNaN(share)) return "–";
  const options = { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits };
  // As the reports have it: with a space that does not break, in English too.
  return new Intl.NumberFormat(language, options).format(share).replace(/\s?%/, "\u00a0%").replace("-", "−");
}

// A colour of the page as a canvas takes it: the variable of the style sheet, in the light or in the dark.
export function colour(variable) {
  const probe = element("span", { hidden: true });
  probe.style.color = `var(${variable})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

// uint8 values, h rows of w (and perhaps 3 channels behind each), onto a canvas of as many pixels.
export function paintMap(canvas, values, h, w, channels = 1) {
  canvas.width = w;
  canvas.height = h;
  const image = new ImageData(w, h);
  const pixels = image.data;
  if (channels === 1) {
    const words = new Uint32Array(pixels.buffer);
    for (let i = 0; i < words.length; i++) words[i] = 0xff000000 | (values[i] * 0x010101);
  } else {
    for (let i = 0, from = 0; i < pixels.length; i += 4, from += channels) {
      pixels[i] = values[from];
      pixels[i + 1] = values[from + 1];
      pixels[i + 2] = values[from + 2];
      pixels[i + 3] = 255;
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// What a person may choose a picture from: not every system knows that .heic is image/heic.
export const PICTURES = "image/*,.heic,.heif,.hif,.avif";

export const button = (label, onclick, attributes = {}) => element("button", { type: "button", onclick, ...attributes }, label);

// Calls `work` once at a time. Of what comes while it is busy, only the newest waits: strokes are faster than networks.
export function newest(work, failed = console.error) {
  let busy = false, waiting = null;
  return async function call(...values) {
    if (busy) { waiting = values; return; }
    busy = true;
    try { await work(...values); } catch (error) { failed(error); }
    busy = false;
    if (waiting) { const next = waiting; waiting = null; call(...next); }
  };
}

// "seed: 7", which French prints with a space before the sign.
export const withColon = (language, label, value) => `${label}${language === "fr" ? "\u00a0:" : ":"} ${value}`;
