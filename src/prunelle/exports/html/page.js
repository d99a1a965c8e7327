// The page: one network, what it is shown, what it answers, and what its layers make of it. engine.js and prepare.js stand
// in a script of their own before this one.
import { element, filled, integer, number, paintMap } from "./kit.js";
import { paintSeries, range, readColours, shaped } from "./maps.js";
import { giving } from "./given.js";
import { answering } from "./answers.js";
import { layering } from "./layers.js";

const textOf = (id) => document.getElementById(id).textContent;
const about = JSON.parse(textOf("network")), words = JSON.parse(textOf("words"));
const network = networkOf(about.program, bytesOf(textOf("weights").trim()));
const page = { about, network, state: {}, language: navigator.language.startsWith("fr") ? "fr" : "en" };
page.say = (key, values = {}) => filled(words[page.language][key], values);

let prepared = null, ms = 0, waiting = 0, taken = { drop() {}, paste() {} };

// Strokes come faster than networks answer: of what came since, the newest is answered, once a frame.
page.show = (given) => {
  prepared = given;
  waiting ||= requestAnimationFrame(() => {
    waiting = 0;
    const start = performance.now();
    network.run(prepared.input);
    ms = performance.now() - start;
    page.paint();
  });
};
page.paint = () => {
  if (!prepared) return;
  page.answers.paint(network.values[network.result].data, ms);
  page.layers.paint();
  page.received();
};
page.listen = (drop, paste) => { taken = { drop, paste }; };

function receiving() {
  const { say } = page, { kind, preprocess } = about, canvas = element("canvas", { role: "img", "aria-label": say("as_given"), hidden: true });
  const told = element("figcaption", { class: "faint small" }, say("nothing_yet"));
  page.received = () => {
    const [, channels, ...size] = network.shapes[0];
    canvas.hidden = false;
    told.textContent = `${say("as_given")} · ${size.join("×")}`;
    if (kind === "series") {
      const values = shaped(prepared.levels, preprocess.channels, preprocess.length);
      paintSeries(canvas, values, { width: 320, height: 90, ...range(values) });
    } else paintMap(canvas, prepared.levels, size[0], size[1], channels);
  };
  return element("figure", { class: `received ${kind}` }, canvas, told);
}

function build() {
  const { say, language } = page, { facts } = about;
  document.documentElement.lang = language;
  document.title = about.name;
  const select = (label, values, now, change) => {
    const node = element("select", {}, values.map(([value, text]) => element("option", { value, selected: value === now }, text)));
    node.addEventListener("change", () => change(node.value));
    return element("label", {}, element("span", {}, say(label)), node);
  };
  document.getElementById("settings").replaceChildren(
    select("language", [["en", "English"], ["fr", "français"]], language, (value) => { page.language = value; build(); }),
    select("theme", ["auto", "light", "dark"].map((each) => [each, say(`theme_${each}`)]), page.state.theme ?? "auto", (value) => {
      page.state.theme = value;
      document.documentElement.dataset.theme = value;
      recolour();
    }));
  page.answers = answering(page);
  page.layers = layering(page);
  const counts = { network: facts.network, n: integer(facts.parameters, language), bits: about.bits, size: number(about.size / 1000, language) };
  document.getElementById("main").replaceChildren(
    element("h1", {}, about.name),
    element("div", { class: "side" },
      element("section", { class: "card", "aria-labelledby": "shown" }, element("h2", { id: "shown" }, say("shown")), giving(page), receiving()),
      page.answers.node),
    page.layers.node,
    element("footer", { class: "faint small" }, say("about", counts), " ", facts.data && say("trained", { data: facts.data }), " ", say("not_sure")));
  page.paint();
}

function recolour() {
  readColours();
  page.paint();
}

// A file may be dropped wherever the pointer is, and pasted.
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    document.body.classList.toggle("dropping", name === "dragover");
    if (name === "drop") taken.drop(event.dataTransfer.files[0]);
  });
}
document.addEventListener("paste", (event) => taken.paste(event));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
readColours();
build();
