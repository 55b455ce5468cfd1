// Problems and transcripts. Texts come as markup that the build made (fields named html); all else is inserted as text.
"use strict";

const E = {
  // An element with attributes (false and null ones are left out) and children: nodes, or text.
  el(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {}))
      if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
    made.append(...children.flat().filter((child) => child != null && child !== false));
    return made;
  },
  // An element that holds markup of the build.
  marked(tag, attributes, html) {
    const made = E.el(tag, attributes);
    made.innerHTML = html;
    return made;
  },
  bar(share, text) {
    const made = E.el("span", { class: "share" }, text);
    made.style.setProperty("--share", share == null ? 0 : share);
    return made;
  },
  state: () => new URLSearchParams(location.hash.slice(1)),
  link: (page, values) => page + "#" + new URLSearchParams(values),
  go: (values) => { location.hash = new URLSearchParams(values); },
  percent: (value, digits = 1) => value == null ? "–" : (100 * value).toFixed(digits),
  count: (value) => value == null ? "–" : Math.round(value).toLocaleString("en"),
  at: (column, i, places) => i >= places ? -1 : typeof column === "number" ? column : column[i],

  runs: () => H.get("runs", "data/runs.js"),
  async run(id) {
    const found = (await E.runs()).find((run) => run.id === id);
    if (!found) throw new Error("There is no run " + id + " on this site.");
    return found;
  },
  name: (run) => run.model + " · " + run.strategy,
  catalogue: (run) => H.get("problems/" + run.task, "data/task/" + run.folder + "/problems.js"),
  counts: (run) => H.get("counts/" + run.id, "data/run/" + run.id + "/counts.js"),
  sheet(run, place) {
    const number = Math.floor(place / 50);
    return H.get("p/" + run.task + "/" + number, "data/task/" + run.folder + "/p" + number + ".js");
  },
  // The parts of a problem in the shards of a kind ("t" transcripts, "g" trees) of a run; null where there are none.
  async parts(run, kind, place) {
    const range = (await E.counts(run)).shards[kind][place];
    if (!range) return null;
    const found = [];
    for (let i = range[0]; i <= range[1]; i++) {
      const shard = await H.get(kind + "/" + run.id + "/" + i, "data/run/" + run.id + "/" + kind + i + ".js");
      found.push(...(shard[place] || []));
    }
    return found;
  },

  verdict: (correct) => correct === true ? ["right", "✓ correct"] : correct === false ? ["wrong", "✗ wrong"] : ["open", "? unjudged"],
  badge(correct, short = false) {
    const [kind, text] = E.verdict(correct), [sign, word] = text.split(" ");
    return E.el("span", { class: "verdict " + kind }, ...(short ? [sign, E.el("span", { class: "unseen" }, word)] : [text]));
  },
  score: (value) => {
    const made = E.el("span", { class: "score", title: "verifier score " + value }, value == null ? "–" : value.toFixed(2));
    made.style.setProperty("--score", value == null ? 0 : Math.max(0, Math.min(1, value)));
    return made;
  },
  ended: (reason) => ({ length: "cut at the token limit", budget: "cut by the budget" })[reason] || "ended by " + reason,

  // A response: verdict, answer, costs, then its text, step by step where each step has a score.
  response(each, open) {
    const head = E.el("summary", null, E.el("span", { class: "name" }, "Response " + (each.index + 1)), E.badge(each.correct),
      each.chosen && E.el("span", { class: "chosen" }, "★ chosen"),
      E.el("span", { class: "answer" }, each.answer == null ? "no answer" : each.answer),
      each.score != null && E.score(each.score),
      E.el("span", { class: "facts" }, E.count(each.tokens) + " tokens"
        + (each.thinking ? ", " + E.count(each.thinking) + " thinking" : "") + " · " + E.ended(each.ended)));
    const body = E.el("div", { class: "body" });
    const whole = each.html && each.html.length !== each.scores.length;
    if (!each.html)
      body.append(E.el("p", { class: "note" }, "The text of this response is not published; its numbers are."));
    if (each.scores.length > 1 && (!each.html || whole))
      body.append(E.el("p", { class: "scores" }, "Scores of the steps: ", each.scores.map((s) => E.score(s))));
    (each.html || []).forEach((html, i) => {
      const text = E.marked("div", { class: "prose", dir: "auto" }, html);
      body.append(whole ? text : E.el("div", { class: "step" }, E.score(each.scores[i]), text));
    });
    return E.el("details", { class: "response", open }, head, body);
  },
  responses(list, most = 4) {
    const first = list.filter((each, i) => each.chosen || i < most - 1);
    return list.map((each) => E.response(each, first.includes(each)));
  },
  // What the problem asks, and what is known of it.
  statement(problem) {
    if (!problem || !problem.html)
      return E.el("p", { class: "note" }, "The problem's text is not shown on this site: its authors ask not to publish it, or the run came without it.");
    return E.el("div", { class: "statement" }, E.marked("div", { class: "prose", dir: "auto" }, problem.html),
      problem.gold_html && E.el("p", { class: "gold" }, "Gold answer: ", E.marked("span", { class: "prose" }, problem.gold_html)));
  },
  facts(catalogue, place, problem) {
    const level = catalogue.levels[place], subject = catalogue.subjects[place], human = problem && problem.human;
    return E.el("p", { class: "facts" }, [
      level != null && "level " + level,
      problem && problem.difficulty != null && "difficulty " + problem.difficulty,
      subject != null && catalogue.subject_names[subject],
      human && human.solutions + (human.solutions === 1 ? " human solution of " : " human solutions of ") + E.count(human.tokens) + " tokens",
    ].filter(Boolean).join(" · "));
  },
  place(catalogue, id) {
    const place = catalogue.ids.indexOf(id);
    if (place < 0) throw new Error("There is no problem " + id + " in this task.");
    return place;
  },
  // The runs that have something of a kind to show, for an address that names none.
  pick(title, runs, kind) {
    const own = runs.filter((run) => run[kind]);
    return [E.el("h1", null, title), E.el("p", null, own.length ? "Choose a run; its problems follow each other." : "No run of this site has any."),
      E.el("ul", null, own.map((run) => E.el("li", null, run.task + ": ", E.el("a", { href: E.link("", { run: run.id }) }, E.name(run)),
        E.el("span", { class: "facts" }, " " + (run.budget || "") + " · " + E.count(run[kind]) + " problems"))))];
  },
  // Draw again whenever the address changes; the newest drawing wins. A field that is being used keeps the focus, and
  // another subject is shown from its beginning.
  page(draw) {
    const view = document.getElementById("view"), title = document.title.split(" · ")[0];
    let turn = 0, before;
    const again = async () => {
      const own = ++turn, state = E.state();
      let parts;
      try {
        parts = await draw(state);
      } catch (error) {
        parts = [E.el("h1", null, title), E.el("p", { class: "note", role: "alert" }, error.message)];
      }
      if (own !== turn) return;
      const held = view.contains(document.activeElement) && document.activeElement.name;
      view.replaceChildren(...[parts].flat().filter(Boolean));
      view.removeAttribute("aria-busy");
      if (held) view.querySelector(`[name="${held}"]`)?.focus();
      const subject = [state.get("run"), state.get("problem") || state.get("id")].join("\n");
      if (own > 1 && subject !== before) (document.getElementById("beside") || document.body).scrollIntoView();
      before = subject;
    };
    addEventListener("hashchange", again);
    return again();
  },
  title(text) {
    document.title = text + " · " + document.title.split(" · ").pop();
    return E.el("h1", { class: "id" }, text);
  },
};
window.E = E;
