"use strict";
const known = JSON.parse(document.getElementById("known").textContent);
const find = (id) => document.getElementById(id);
const root = document.documentElement;
const word = (name, values = {}) => (known.words[name][root.lang] || name).replace(/\{(\w+)\}/g, (_, key) => values[key]);
const percent = (share, digits = 1) => share === null ? "–" : new Intl.NumberFormat(root.lang, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(share);
const number = (value) => value === null ? "–" : new Intl.NumberFormat(root.lang, { maximumSignificantDigits: 4 }).format(value);
let last = [];

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function said(answer) {
  if (answer.error) return answer.error;
  if ("number" in answer) return `${answer.name} ${number(answer.number)}`;
  if ("labels" in answer) return answer.labels.join(", ") || word("nothing");
  if (answer.doubt) return word(`${answer.doubt}_said`);
  return (answer.among || [answer.predictions[0].class]).join(" / ");
}

function shown(answer, file) {
  const item = element("li", "card");
  if (file && known.kind === "pictures") {
    const picture = element("img");
    picture.alt = "";
    picture.src = URL.createObjectURL(file);
    picture.onload = () => URL.revokeObjectURL(picture.src);
    picture.onerror = () => { picture.remove(); item.classList.add("plain"); };
    item.append(picture);
  } else item.classList.add("plain");
  const words = element("div");
  words.append(element("p", "name faint small", answer.file), element("p", answer.error ? "error" : "said", said(answer)));
  if (answer.interval) {
    const [low, high] = answer.interval.map(number);
    words.append(element("p", "small", word("between", { share: percent(answer.share, 0), low, high })));
  }
  const bars = element("div", "bars");
  for (const each of answer.predictions || []) {
    const name = each.class ?? each.label, bar = element("progress");
    bar.max = 1;
    bar.value = each.probability ?? 0;
    bar.setAttribute("aria-label", name);
    bars.append(element("span", "", name), bar, element("b", "", percent(each.probability)));
  }
  words.append(bars);
  item.append(words);
  return item;
}

function show() {
  find("answers").replaceChildren(...last.map(([answer, file]) => shown(answer, file)));
}

function say(text, wrong = false) {
  find("state").textContent = text;
  find("state").classList.toggle("error", wrong);
}

async function ask() {
  const files = [...find("files").files];
  if (!files.length) return;
  const form = new FormData(), query = new URLSearchParams();
  for (const file of files) form.append("files", file);
  for (const name of ["top", "unsure"]) if (find(name)?.value) query.set(name, find(name).value);
  const headers = known.key ? { Authorization: `Bearer ${find("key").value}` } : {};
  say(word("asking"));
  const begin = performance.now();
  let response, content;
  try {
    response = await fetch(`predict?${query}`, { method: "POST", body: form, headers });
    content = await response.json();
  } catch {
    return say(word("unreachable"), true);
  }
  if (!content.answers) return say(content.error, true);
  const byName = new Map(files.map((file) => [file.name, file]));
  last = content.answers.map((answer, place) => [answer, known.kind === "pictures" ? files[place] : byName.get(answer.file)]);
  show();
  say(word("took", { n: number(content.answers.length), ms: number(Math.round(performance.now() - begin)) }));
}

function translate() {
  for (const each of document.querySelectorAll("[data-word]")) each.textContent = word(each.dataset.word, { name: each.dataset.name });
  find("language").textContent = word("other");
  document.title = word("title", { name: document.querySelector("h1").dataset.name });
  say("");
  show();
}

find("files").addEventListener("change", ask);
for (const name of ["key", "top", "unsure"]) find(name)?.addEventListener("change", ask);
find("ask").addEventListener("submit", (event) => { event.preventDefault(); ask(); });
find("language").addEventListener("click", () => { root.lang = root.lang === "fr" ? "en" : "fr"; translate(); });
for (const [name, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
  find("drop").addEventListener(name, (event) => {
    event.preventDefault();
    find("drop").classList.toggle("over", over);
    if (name === "drop" && event.dataTransfer.files.length) { find("files").files = event.dataTransfer.files; ask(); }
  });
}
addEventListener("paste", (event) => { if (event.clipboardData.files.length) { find("files").files = event.clipboardData.files; ask(); } });
const auth = known.key ? ` -H "Authorization: Bearer $PRUNELLE_KEY"` : "";
find("curl").textContent = `curl${auth} -F files=@${known.kind === "pictures" ? "photo.jpg" : "series.csv"} ${location.origin}${location.pathname}predict`;
