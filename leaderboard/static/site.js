// Everything can be read without this script: it sorts, filters, remembers, copies, and loads data on demand.
"use strict";

// Data shards are classic scripts, since a page that was opened from a file may not fetch: each says H.put(key, value).
const H = {
  data: new Map(),
  waiting: new Map(),
  put(key, value) {
    this.data.set(key, value);
    for (const tell of this.waiting.get(key) || []) tell(value);
    this.waiting.delete(key);
  },
  // A promise of the value that the script at `address` (relative to the page) puts under `key`.
  get(key, address) {
    if (this.data.has(key)) return Promise.resolve(this.data.get(key));
    return new Promise((resolve, reject) => {
      const first = !this.waiting.has(key);
      this.waiting.set(key, [...(this.waiting.get(key) || []), resolve]);
      if (!first) return;
      const script = document.createElement("script");
      script.src = address;
      script.onerror = () => { this.waiting.delete(key); reject(new Error("cannot load " + address)); };
      document.head.append(script);
    });
  },
};
window.H = H;

const $ = (id) => document.getElementById(id);

// ------------------------------------------------------------------------------------------- light, dark, as the system
const themes = ["system", "light", "dark"];
function theme(name) {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  $("theme").textContent = "Theme: " + name;
  try { localStorage.setItem("theme", name); } catch { /* a page from a file may have no storage */ }
}
function remembered() {
  try { return localStorage.getItem("theme"); } catch { return null; }
}

// ------------------------------------------------------------------------------- a table that sorts, filters, remembers
// State lives in the address behind "#": task=…&strategy=…&q=…&sort=tokens&dir=up&all=1, so that a link shows the same.
class Board {
  constructor(table, form) {
    this.table = table;
    this.form = form;
    this.body = table.tBodies[0];
    this.rows = [...this.body.rows];
    this.first = this.rows.length;
    const more = $("more");
    if (more) this.rows.push(...document.importNode(more.content, true).querySelectorAll("tr"));
    this.rows.forEach((row, i) => { row.dataset.place = i; });
    this.heads = [...table.tHead.rows[0].cells];
    this.all = false;
    for (const head of this.heads) this.button(head);
    form.hidden = false;
    form.addEventListener("input", () => this.change());
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => { this.sorted = null; this.change(); }));
    const all = $("all");
    if (all) {
      all.hidden = false;
      all.addEventListener("click", () => { this.all = true; this.change(); });
    }
    addEventListener("hashchange", () => this.restore());
    $("permalink").addEventListener("click", (event) => copy(location.href, event.currentTarget));
    this.restore();
  }

  button(head) {
    if (head.dataset.kind === "none") return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const key = head.dataset.key;
      const again = this.sorted && this.sorted.key === key;
      const down = again ? !this.sorted.down : head.dataset.kind === "number" && !["rank", "tokens", "cut"].includes(key);
      this.sorted = { key, down };
      this.change();
    });
  }

  change() {
    this.show();
    const state = new URLSearchParams();
    for (const field of this.form.elements) if (field.name && field.value) state.set(field.name, field.value);
    if (this.sorted) { state.set("sort", this.sorted.key); state.set("dir", this.sorted.down ? "down" : "up"); }
    if (this.all) state.set("all", "1");
    const text = state.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  }

  restore() {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const field of this.form.elements) {
      if (!field.name) continue;
      field.value = state.get(field.name) || "";
      if (field.selectedIndex === -1) field.value = "";
    }
    const key = state.get("sort");
    const known = this.heads.some((head) => head.dataset.key === key && head.dataset.kind !== "none");
    this.sorted = known ? { key, down: state.get("dir") === "down" } : null;
    this.all = this.all || state.has("all");
    this.show();
  }

  wanted() {
    const fields = [...this.form.elements].filter((field) => field.name && field.name !== "q" && field.value);
    const words = this.form.elements.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    return this.rows.filter((row) =>
      fields.every((field) => row.dataset[field.name] === field.value) &&
      words.every((word) => row.textContent.toLowerCase().includes(word)));
  }

  order(rows) {
    if (!this.sorted) return rows.sort((a, b) => a.dataset.place - b.dataset.place);
    const column = this.heads.findIndex((head) => head.dataset.key === this.sorted.key);
    const numeric = this.heads[column].dataset.kind === "number";
    const sign = this.sorted.down ? -1 : 1;
    const value = (row) => {
      const cell = row.cells[column];
      return numeric ? (cell.dataset.v === "" ? null : Number(cell.dataset.v)) : cell.textContent.trim();
    };
    const keyed = rows.map((row) => [value(row), row]);
    keyed.sort(([a, x], [b, y]) => {
      if (a === null || b === null) return (a === null) - (b === null);  // what has no value comes last either way
      const by = numeric ? a - b : a.localeCompare(b, "en", { numeric: true });
      return sign * by || x.dataset.place - y.dataset.place;
    });
    return keyed.map(([, row]) => row);
  }

  show() {
    const rows = this.order(this.wanted());
    const narrowed = rows.length < this.rows.length;
    const shown = this.all || narrowed ? rows : rows.slice(0, this.first);
    this.body.replaceChildren(...shown);
    for (const head of this.heads) {
      if (this.sorted && head.dataset.key === this.sorted.key) {
        head.setAttribute("aria-sort", this.sorted.down ? "descending" : "ascending");
      } else head.removeAttribute("aria-sort");
    }
    const all = $("all");
    if (all) all.hidden = shown.length === rows.length;
    const task = this.form.elements.task ? this.form.elements.task.value : "";
    for (const drawing of document.querySelectorAll("[data-figure]")) {
      drawing.hidden = task !== "" && drawing.dataset.figure !== task;
    }
    $("count").textContent = narrowed ? `${rows.length} of ${this.rows.length} runs` : `${this.rows.length} runs`;
  }
}

// --------------------------------------------------------------------------------------------------- copying a command
async function copy(text, button) {
  const said = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Cannot copy";
  }
  setTimeout(() => { button.textContent = said; }, 1500);
}

document.addEventListener("DOMContentLoaded", () => {
  const button = $("theme");
  button.hidden = false;
  theme(themes.includes(remembered()) ? remembered() : "system");
  button.addEventListener("click", () => {
    theme(themes[(themes.indexOf(document.documentElement.dataset.theme || "system") + 1) % themes.length]);
  });
  if ($("board")) new Board($("board"), $("filters"));
  for (const each of document.querySelectorAll("button[data-copy]")) {
    each.hidden = false;
    each.addEventListener("click", () => copy($(each.dataset.copy).textContent, each));
  }
});
