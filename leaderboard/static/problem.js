// The problems of a task, hardest first; one problem with what every run made of it.
"use strict";

{
  const MOST = 100;
  const { el } = E;

  const option = (value, text, chosen) => el("option", { value, selected: String(value) === String(chosen) }, text);
  const select = (name, label, options, state) => {
    const made = el("select", { name }, options.map(([value, text]) => option(value, text, state.get(name) || options[0][0])));
    made.addEventListener("change", () => {
      state.set(name, made.value);
      state.delete("from");
      E.go(state);
    });
    return el("label", null, label + " ", made);
  };
  const pick = (values) => [...new Set(values.filter((value) => value != null))];

  function list(runs, run, catalogue, state) {
    const tasks = [...new Map(runs.map((each) => [each.task, each])).keys()];
    const level = state.get("level") || "", subject = state.get("subject") || "", sort = state.get("sort") || "hard";
    let places = catalogue.ids.map((_, i) => i);
    if (level) places = places.filter((i) => String(catalogue.levels[i]) === level);
    if (subject) places = places.filter((i) => catalogue.subject_names[catalogue.subjects[i]] === subject);
    const share = (i) => catalogue.solved[i] == null ? 2 : catalogue.solved[i];
    if (sort !== "order") places.sort((a, b) => (sort === "hard" ? 1 : -1) * (share(a) - share(b)) || a - b);
    const from = Math.max(0, Math.min(Number(state.get("from")) || 0, places.length - 1));
    const shown = places.slice(from, from + MOST);
    const values = (kind) => [["", "all"], ...pick(kind).sort((a, b) => a > b ? 1 : -1).map((value) => [value, String(value)])];
    const step = (to, text) => el("a", { href: E.link("", { ...Object.fromEntries(state), from: to }) }, text);
    return [
      el("h1", null, "Problems of " + run.task),
      el("form", { class: "filters", "aria-label": "Which problems" },
        select("task", "Task", tasks.map((name) => [name, name]), state),
        select("level", "Level", values(catalogue.levels), state),
        catalogue.subject_names.length > 0 && select("subject", "Subject", values(catalogue.subject_names), state),
        select("sort", "Order", [["hard", "hardest first"], ["easy", "easiest first"], ["order", "as in the benchmark"]], state)),
      el("p", { role: "status" }, E.count(places.length) + " problems" + (places.length > MOST
        ? ", " + (from + 1) + " to " + (from + shown.length) + " shown. " : ". "),
        from > 0 && step(Math.max(0, from - MOST), "Earlier"), " ", from + MOST < places.length && step(from + MOST, "Next " + MOST)),
      el("div", { class: "scroll", role: "region", "aria-label": "Problems", tabindex: 0 }, el("table", { class: "rows" },
        el("caption", null, "Share of correct responses, averaged over the runs of this site"),
        el("thead", null, el("tr", null, ["Problem", "Level", "Subject", "Correct %"].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", null, shown.map((i) => el("tr", null,
          el("th", { scope: "row" }, el("a", { href: E.link("", { task: run.task, id: catalogue.ids[i] }) }, catalogue.ids[i])),
          el("td", null, catalogue.levels[i] == null ? "–" : catalogue.levels[i]),
          el("td", null, catalogue.subjects[i] == null ? "–" : catalogue.subject_names[catalogue.subjects[i]]),
          el("td", null, E.bar(catalogue.solved[i], E.percent(catalogue.solved[i], 0)))))))),
    ];
  }

  async function one(runs, run, catalogue, id) {
    const place = E.place(catalogue, id);
    const sheet = await E.sheet(run, place), at = place % 50, problem = sheet.problems[at];
    const own = runs.filter((each) => each.task === run.task && sheet.runs[each.id] && sheet.runs[each.id].c[at] >= 0);
    const share = (each) => sheet.runs[each.id].c[at] / sheet.runs[each.id].n[at];
    own.sort((a, b) => share(b) - share(a));
    const rows = own.map((each) => {
      const { c, n, shown, trees } = sheet.runs[each.id];
      const address = { run: each.id, problem: id };
      return el("tr", null, el("th", { scope: "row" }, el("a", { href: each.href }, each.model)), el("td", null, each.strategy + " " + each.budget),
        el("td", null, E.bar(share(each), c[at] + " of " + n[at])),
        el("td", null, shown.includes(at) ? el("a", { href: E.link("transcript.html", address) }, "transcript") : "–",
          trees.includes(at) && [" · ", el("a", { href: E.link("tree.html", address) }, "tree")]));
    });
    const beside = (to, text) => to >= 0 && to < catalogue.ids.length
      && el("a", { href: E.link("", { task: run.task, id: catalogue.ids[to] }) }, text);
    return [
      el("p", { class: "crumbs" }, el("a", { href: E.link("", { task: run.task }) }, "All problems of " + run.task)),
      E.title(id), E.facts(catalogue, place, problem), E.statement(problem),
      el("div", { class: "scroll", role: "region", "aria-label": "Runs", tabindex: 0 }, el("table", { class: "rows" },
        el("caption", null, "Correct responses of every run"),
        el("thead", null, el("tr", null, ["Model", "Strategy", "Correct", "Look"].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", null, rows))),
      el("p", { class: "beside" }, beside(place - 1, "← previous problem"), " ", beside(place + 1, "next problem →")),
    ];
  }

  E.page(async (state) => {
    const runs = (await E.runs()).filter((run) => run.samples);
    if (!runs.length) throw new Error("No run of this site has samples attached, so there are no problems to show.");
    const run = runs.find((each) => each.task === state.get("task")) || runs[0];
    const catalogue = await E.catalogue(run);
    return state.get("id") ? one(runs, run, catalogue, state.get("id")) : list(runs, run, catalogue, state);
  });
}
