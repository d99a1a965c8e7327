// The form that a training is started with, and beside it what will be done, and why.
import { element, filled, integer, number, withColon } from "./kit.js";
import { say } from "./by_epoch.js";

const FIELDS = ["epochs", "batch_size", "learning_rate", "seed"];

// `started` is called with what the server tells of it. Gives the form, and what ends it.
export function newTraining({ model, words, language, ask, kept }, started) {
  let closed = false;
  const wrong = element("div");
  const why = element("div", { class: "why", "aria-live": "polite" });
  const start = element("button", { type: "submit", class: "primary" }, words.start);
  const data = element("select", { onchange: () => { path.parentElement.hidden = data.value !== "?"; changed(); } },
    model.get("data").map(({ key, label }) => element("option", { value: key }, label)),
    model.get("folders") ? element("option", { value: "?" }, words.data_other) : "");
  const path = element("input", { autocomplete: "off", spellcheck: "false", onchange: () => changed() });
  const network = element("select", { onchange: () => changed() }, element("option", { value: "" }, "…"));
  const recipe = ["usual", "fast"].map((name) => element("input", { type: "radio", name: "recipe", value: name, checked: name === (kept.form.recipe || "usual"), onchange: () => changed() }));
  const fields = FIELDS.map((name) => element("input", {
    inputmode: name === "learning_rate" ? "decimal" : "numeric", autocomplete: "off", value: kept.form[name] || "", oninput: () => changed() }));
  const called = element("input", { autocomplete: "off", maxlength: 200, value: kept.form.name || "" });
  const labelled = (text, input) => element("label", {}, element("span", {}, text), input);
  const form = element("form", { class: "card new", onsubmit: begin },
    element("h2", {}, words.new),
    labelled(words.data, data),
    element("label", { hidden: true }, element("span", {}, words.data_path), path),
    labelled(words.network, network),
    element("fieldset", {}, element("legend", {}, words.recipe), recipe.map((radio) => element("label", { class: "row" }, radio, words[`recipe_${radio.value}`]))),
    element("div", { class: "fields" }, FIELDS.map((name, at) => labelled(words[name === "learning_rate" ? "learning_rate_field" : name], fields[at])),
      labelled(words.name, called)),
    wrong, start,
    element("details", { open: true }, element("summary", {}, words.why), why));
  if (kept.form.data) data.value = kept.form.data;
  path.value = kept.form.path || "";
  path.parentElement.hidden = data.value !== "?";

  // A number as it is typed in the page's language.
  const typed = (text) => (text.trim() === "" ? null : Number(text.trim().replace(",", ".").replace(/\s/g, "")));

  function asked() {
    const given = Object.fromEntries(FIELDS.map((name, at) => [name, typed(fields[at].value)]));
    for (const [name, value] of Object.entries(given)) {
      if (!Number.isNaN(value)) continue;
      const label = words[name === "learning_rate" ? "learning_rate_field" : name];
      throw new Error(withColon(language, label, `${fields[FIELDS.indexOf(name)].value}${language === "fr" ? "\u202f" : ""}?`));
    }
    return {
      data: data.value === "?" ? path.value : data.value, network: network.value || null,
      recipe: recipe.find((radio) => radio.checked).value, fields: given, name: called.value || null,
    };
  }

  let wait = 0, proposed = 0;
  function changed() {
    kept.form = { data: data.value, path: path.value, network: network.value, recipe: recipe.find((radio) => radio.checked).value,
      name: called.value, ...Object.fromEntries(FIELDS.map((name, at) => [name, fields[at].value])) };
    clearTimeout(wait);
    wait = setTimeout(propose, 250);
  }

  async function propose() {
    const mine = ++proposed;
    try {
      const { content } = await ask({ type: "propose", ...asked() });
      if (mine !== proposed || closed) return;
      say(wrong);
      const before = network.value || kept.form.network || "";
      network.replaceChildren(element("option", { value: "" }, filled(words.network_suits, { name: content.suits })),
        ...content.networks.map(({ name, parameters }) => element("option", { value: name, selected: name === before },
          filled(words.weights_count, { name, n: integer(parameters, language) }))));
      fields.forEach((field, at) => field.setAttribute("placeholder", number(content.recipe[FIELDS[at]], language, 3)));
      called.setAttribute("placeholder", words.optional);
      const counts = Object.entries(content.counts).map(([split, n]) => filled(words[`split_${split}`], { n: integer(n, language) })).join(", ");
      why.replaceChildren(element("ul", {},
        [filled(words.counts, { counts }), filled(words.classes, { n: integer(content.classes.length, language), names: content.classes.join(", ") }),
          filled(words.input, { shape: content.shape.slice(1).concat(content.shape[0]).join("×") }), ...content.notes]
          .map((text) => element("li", {}, text))));
    } catch (error) { if (mine === proposed && !closed) say(wrong, error); }
  }

  async function begin(event) {
    event.preventDefault();
    start.disabled = true;
    start.textContent = words.starting_now;
    try {
      const { content, arrays } = await ask({ type: "start", ...asked() });
      say(wrong);
      started(content, arrays);
    } catch (error) { say(wrong, error); }
    start.disabled = false;
    start.textContent = words.start;
  }

  propose();
  return { form, close: () => { closed = true; clearTimeout(wait); } };
}
