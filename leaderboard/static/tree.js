// The search tree of one problem: an outline to walk by keyboard, a drawing of the same nodes, the step that is chosen.
"use strict";

class Tree {
  static MOST = 12;    // children of a node that are shown until one asks for the others
  static OPEN = 60;    // nodes that are open at first, about

  constructor(data, address) {
    this.data = data;
    this.address = address;
    this.children = data.parent.map(() => []);
    this.depth = [];
    data.parent.forEach((above, i) => {
      if (above != null) this.children[above].push(i);
      this.depth.push(above == null ? 0 : this.depth[above] + 1);
    });
    const worth = (i) => [data.path[i] ? 1 : 0, data.visits[i], data.value[i] ?? -1, data.score[i] ?? -1];
    const order = (a, b) => worth(b).map((x, k) => x - worth(a)[k]).find((x) => x !== 0) || a - b;
    for (const list of this.children) list.sort(order);
    this.most = Math.max(1, ...data.visits);
    this.last = data.clock.length - 1;
    this.round = this.last;
    this.all = new Set();
    this.open = this.first();
    this.at = Math.max(0, data.path.lastIndexOf(true));
    this.build();
    this.draw();
  }

  // The chosen path, then what was visited most, until the page is full.
  first() {
    const open = new Set(this.data.path.flatMap((on, i) => on ? [i] : []));
    const wait = [0];
    let shown = 1;
    while (wait.length && shown < Tree.OPEN) {
      const i = wait.shift();
      const below = this.children[i].slice(0, Tree.MOST);
      if (!below.length || (!open.has(i) && this.data.visits[i] === 0 && this.depth[i] > 2)) continue;
      open.add(i);
      shown += below.length;
      wait.push(...below);
    }
    return open;
  }

  build() {
    const { el } = E;
    this.outline = el("div", { role: "tree", class: "outline", "aria-label": "Outline of the search tree" });
    this.outline.addEventListener("keydown", (event) => this.key(event));
    this.outline.addEventListener("click", (event) => this.click(event));
    this.canvas = el("div", { class: "canvas drawing", tabindex: 0, role: "region", "aria-label": "Drawing of the search tree" });
    this.canvas.addEventListener("click", (event) => {
      const node = event.target.closest("[data-node]");
      if (node) this.select(Number(node.dataset.node));
    });
    this.detail = el("section", { class: "detail", "aria-label": "The step", "aria-live": "polite" });
    this.slider = el("input", { type: "range", id: "round", min: 0, max: this.last, value: this.last });
    this.slider.addEventListener("input", () => this.turn(Number(this.slider.value)));
    this.told = el("output", { for: "round", id: "told" });
    const button = (text, act) => {
      const made = el("button", { type: "button" }, text);
      made.addEventListener("click", () => { act(); this.draw(); });
      return made;
    };
    this.controls = el("div", { class: "controls" },
      el("label", { for: "round" }, "Round of the search"), this.slider, this.told,
      button("Open all", () => { this.open = new Set(this.children.keys()); }),
      button("Chosen path only", () => {
        this.open = new Set(this.data.path.flatMap((on, i) => on ? [i] : []));
        this.all.clear();
        this.at = Math.max(0, this.data.path.lastIndexOf(true));
      }));
  }

  parts() {
    return [this.controls, Tree.key(), E.el("div", { class: "walk" }, this.outline, this.canvas), this.detail];
  }

  static key() {
    return E.el("p", { class: "note" }, "Arrow keys walk the outline: down and up to the next step, right to open or go in, left to close or go out. "
      + "In the drawing a dot is a step; its size says how often it was visited, its colour how it is valued, a dashed ring that it was pruned, "
      + "a square that it ends a response; the thick line leads to the chosen one. Visits and values are those at the end of the search.");
  }

  there(i) { return this.data.born[i] <= this.round; }

  // The rows of the outline: {node} or {more: how many, of: the node above}.
  rows() {
    const rows = [];
    const visit = (i) => {
      rows.push({ node: i });
      if (!this.open.has(i)) return;
      const below = this.children[i].filter((child) => this.there(child));
      const shown = this.all.has(i) ? below : below.slice(0, Tree.MOST);
      shown.forEach(visit);
      if (shown.length < below.length) rows.push({ more: below.length - shown.length, of: i });
    };
    visit(0);
    return rows;
  }

  draw() {
    while (!this.there(this.at)) this.at = this.data.parent[this.at];
    for (let i = this.data.parent[this.at]; i != null; i = this.data.parent[i]) {
      this.open.add(i);
      const below = this.children[i].filter((child) => this.there(child)).slice(0, Tree.MOST);
      if (!below.some((child) => child === this.at || this.above(child, this.at))) this.all.add(i);
    }
    const rows = this.rows();
    this.shown = rows.filter((row) => row.node != null).map((row) => row.node);
    this.outline.replaceChildren(...rows.map((row) => row.node != null ? this.item(row.node) : this.more(row)));
    this.canvas.replaceChildren(this.picture());
    this.told.value = `${this.round + 1} of ${this.last + 1}: ${E.count(this.data.born.filter((born) => born <= this.round).length)} of `
      + `${E.count(this.data.nodes)} nodes, ${E.count(this.data.clock[this.round])} tokens`;
    this.slider.setAttribute("aria-valuetext", this.told.value);
    this.describe();
  }

  above(i, below) {
    for (let at = below; at != null; at = this.data.parent[at]) if (at === i) return true;
    return false;
  }

  label(i) {
    if (i === 0) return "The problem";
    return (this.data.labels && this.data.labels[i]) || (this.data.labels ? "(empty step)" : "step " + this.depth[i]);
  }

  facts(i) {
    const { visits, value, score, state, kind, hidden } = this.data;
    return [visits[i] && E.count(visits[i]) + (visits[i] === 1 ? " visit" : " visits"), value[i] != null && "value " + value[i].toFixed(2),
      score[i] != null && score[i] !== value[i] && "score " + score[i].toFixed(2), kind[i] && String(kind[i]), ["pruned", "duplicate", "cut"].includes(state[i]) && state[i],
      hidden[i] > 0 && hidden[i] + " steps left out here"].filter(Boolean).join(" · ");
  }

  item(i) {
    const { el } = E, below = this.children[i].filter((child) => this.there(child));
    const siblings = i === 0 ? [0] : this.children[this.data.parent[i]].filter((child) => this.there(child));
    const made = el("div", {
      role: "treeitem", class: this.kinds(i), "data-node": i, "aria-level": this.depth[i] + 1, "aria-setsize": siblings.length,
      "aria-posinset": siblings.indexOf(i) + 1, "aria-expanded": below.length ? String(this.open.has(i)) : null,
      "aria-selected": String(i === this.at), tabindex: i === this.at ? 0 : -1,
    }, el("span", { class: "twig", "aria-hidden": "true" }, below.length ? (this.open.has(i) ? "▾" : "▸") : "·"),
    el("span", { class: "label" }, this.label(i)),
    this.data.candidate[i] != null && E.badge(this.data.correct[i], true), this.data.path[i] && this.data.candidate[i] != null && el("span", { class: "chosen" }, "★ chosen"),
    el("span", { class: "facts" }, this.facts(i)));
    made.style.setProperty("--depth", Math.min(this.depth[i], 24));
    return made;
  }

  more({ more, of }) {
    const made = E.el("div", { role: "treeitem", class: "more", "data-more": of, "aria-level": this.depth[of] + 2, tabindex: -1 },
      E.el("span", { class: "twig", "aria-hidden": "true" }, "…"), E.count(more) + " more");
    made.style.setProperty("--depth", Math.min(this.depth[of] + 1, 24));
    return made;
  }

  kinds(i) {
    const { state, path, candidate } = this.data;
    return [state[i], path[i] && "path", candidate[i] != null && "ends", i === this.at && "at"].filter(Boolean).join(" ");
  }

  // The drawing: levels to the right, a row for each leaf that is shown.
  picture() {
    const svg = (tag, attributes, ...children) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) if (value != null) made.setAttribute(name, value);
      made.append(...children);
      return made;
    };
    const x = new Map(), y = new Map(), visible = new Set(this.shown);
    let row = 0;
    const place = (i) => {
      const below = this.open.has(i) ? this.children[i].filter((child) => visible.has(child)) : [];
      below.forEach(place);
      x.set(i, 18 + 58 * this.depth[i]);
      y.set(i, below.length ? (y.get(below[0]) + y.get(below[below.length - 1])) / 2 : 14 + 19 * row++);
    };
    place(0);
    const width = 40 + 58 * Math.max(...this.shown.map((i) => this.depth[i])), height = 14 + 19 * row;
    const lines = this.shown.slice(1).map((i) => {
      const above = this.data.parent[i], middle = (x.get(i) + x.get(above)) / 2;
      return svg("path", { class: this.data.path[i] ? "twine path" : "twine",
        d: `M${x.get(above)} ${y.get(above)}C${middle} ${y.get(above)} ${middle} ${y.get(i)} ${x.get(i)} ${y.get(i)}` });
    });
    const dots = this.shown.map((i) => {
      const r = 3.5 + 5 * Math.sqrt(this.data.visits[i] / this.most);
      const shape = this.data.candidate[i] != null || this.data.state[i] === "finished"
        ? svg("rect", { x: x.get(i) - r, y: y.get(i) - r, width: 2 * r, height: 2 * r, rx: 1.5 })
        : svg("circle", { cx: x.get(i), cy: y.get(i), r });
      shape.setAttribute("class", "dot " + this.kinds(i));
      shape.dataset.node = i;
      const value = this.data.value[i] ?? this.data.score[i];
      shape.style.setProperty("--value", value == null ? 0 : Math.max(0, Math.min(1, value)));
      shape.append(svg("title", {}, this.label(i) + " · " + this.facts(i)));
      return shape;
    });
    return svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, ...lines, ...dots);
  }

  describe() {
    const { el } = E, i = this.at, { state, tokens, born, candidate, html } = this.data;
    const facts = [["State", state[i]], ["Visits", this.data.visits[i] || null], ["Value", this.data.value[i]?.toFixed(2)], ["Verifier score", this.data.score[i]?.toFixed(2)],
      ["Tokens", tokens[i]], ["Made in round", born[i] + 1],
      ["Response", candidate[i] == null ? null : el("a", { href: E.link("transcript.html", this.address) }, "number " + (candidate[i] + 1))]];
    this.detail.replaceChildren(el("h2", null, i === 0 ? "The problem" : "Step " + this.depth[i]),
      el("dl", null, facts.filter(([, value]) => value != null).flatMap(([name, value]) => [el("dt", null, name), el("dd", null, value)])),
      i > 0 && (html ? (html[i] != null ? E.marked("div", { class: "prose", dir: "auto" }, html[i]) : el("div", { class: "prose" }, this.label(i)))
        : el("p", { class: "note" }, "The text of this step is not published.")) || "");
  }

  select(i, focus = false) {
    this.at = i;
    this.draw();
    if (focus) this.focus(`[data-node="${i}"]`);
  }

  focus(which) {
    const item = this.outline.querySelector(which);
    if (!item) return;
    for (const other of this.outline.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
    item.scrollIntoView({ block: "nearest" });
  }

  turn(round) {
    this.round = round;
    this.draw();
  }

  click(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item) return;
    if (item.dataset.more != null) return this.unfold(Number(item.dataset.more));
    const i = Number(item.dataset.node);
    if (event.target.closest(".twig")) this.toggle(i);
    this.select(i, true);
  }

  unfold(of) {
    const before = new Set(this.shown);
    this.all.add(of);
    this.draw();
    const fresh = this.children[of].find((child) => !before.has(child) && this.there(child));
    if (fresh != null) this.select(fresh, true);
  }

  toggle(i, open = !this.open.has(i)) {
    if (open) this.open.add(i);
    else this.open.delete(i);
  }

  key(event) {
    const items = [...this.outline.querySelectorAll("[role=treeitem]")];
    const now = items.indexOf(document.activeElement);
    if (now < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const item = items[now], i = item.dataset.node == null ? null : Number(item.dataset.node);
    const below = i == null ? [] : this.children[i].filter((child) => this.there(child));
    const to = (other) => {
      if (!other) return;
      if (other.dataset.more != null) this.focus(`[data-more="${other.dataset.more}"]`);
      else this.select(Number(other.dataset.node), true);
    };
    const moves = {
      ArrowDown: () => to(items[now + 1]),
      ArrowUp: () => to(items[now - 1]),
      Home: () => to(items[0]),
      End: () => to(items[items.length - 1]),
      ArrowRight: () => {
        if (!below.length) return;
        if (this.open.has(i)) return this.select(below[0], true);
        this.toggle(i, true);
        this.select(i, true);
      },
      ArrowLeft: () => {
        if (i == null) return this.select(Number(item.dataset.more), true);
        if (below.length && this.open.has(i)) { this.toggle(i, false); return this.select(i, true); }
        if (i !== 0) this.select(this.data.parent[i], true);
      },
      Enter: () => i == null ? this.unfold(Number(item.dataset.more)) : (this.toggle(i), this.select(i, true)),
      " ": () => moves.Enter(),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  }
}

E.page(async (state) => {
  const { el } = E;
  if (!state.get("run")) return E.pick("Search trees", await E.runs(), "trees");
  const run = await E.run(state.get("run"));
  const [catalogue, counts] = await Promise.all([E.catalogue(run), E.counts(run)]);
  const places = Object.keys(counts.shards.g).map(Number).sort((a, b) => a - b);
  if (!places.length) throw new Error("The run " + run.id + " has no search trees on this site.");
  const place = state.get("problem") ? E.place(catalogue, state.get("problem")) : places[0];
  const id = catalogue.ids[place], sheet = await E.sheet(run, place), problem = sheet.problems[place % 50];
  const [data] = await E.parts(run, "g", place) || [];
  if (!data) throw new Error("The tree of this problem is not among those that this site shows.");
  const address = { run: run.id, problem: id };
  const before = places.filter((i) => i < place).pop(), after = places.find((i) => i > place);
  const at = (i, text) => i != null && el("a", { href: E.link("", { run: run.id, problem: catalogue.ids[i] }) }, text);
  const left = data.nodes - data.parent.length;
  return [
    el("p", { class: "crumbs" }, el("a", { href: run.href }, E.name(run)), " · ",
      el("a", { href: E.link("transcript.html", address) }, "responses"), " · ",
      el("a", { href: E.link("problem.html", { task: run.task, id }) }, "this problem in every run")),
    E.title(id), E.facts(catalogue, place, problem),
    el("details", { class: "asked" }, el("summary", null, "What was asked"), E.statement(problem)),
    left > 0 && el("p", { class: "note" }, E.count(left) + " of " + E.count(data.nodes) + " nodes, those visited least, are left out."),
    ...new Tree(data, address).parts(),
    el("p", { class: "beside" }, at(before, "← previous tree"), " ", at(after, "next tree →")),
  ];
});
