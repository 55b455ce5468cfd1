// One problem of one run: what was asked, every response, how each step was scored.
"use strict";

E.page(async (state) => {
  const { el } = E;
  if (!state.get("run")) return E.pick("Transcripts", await E.runs(), "transcripts");
  const run = await E.run(state.get("run"));
  const [catalogue, counts] = await Promise.all([E.catalogue(run), E.counts(run)]);
  const places = Object.keys(counts.shards.t).map(Number).sort((a, b) => a - b);
  if (!places.length) throw new Error("This site shows no transcripts of " + run.id + ".");
  const place = state.get("problem") ? E.place(catalogue, state.get("problem")) : places[0];
  const id = catalogue.ids[place], sheet = await E.sheet(run, place), problem = sheet.problems[place % 50];
  const list = await E.parts(run, "t", place);
  const before = places.filter((i) => i < place).pop(), after = places.find((i) => i > place);
  const at = (page, i, text) => i != null && el("a", { href: E.link(page, { run: run.id, problem: catalogue.ids[i] }) }, text);
  const correct = list && list.filter((each) => each.correct).length;
  return [
    el("p", { class: "crumbs" }, el("a", { href: run.href }, E.name(run)), " · ",
      el("a", { href: E.link("problem.html", { task: run.task, id }) }, "this problem in every run"),
      counts.shards.g[place] && [" · ", at("tree.html", place, "search tree")]),
    E.title(id), E.facts(catalogue, place, problem), E.statement(problem),
    list ? el("h2", null, list.length + (list.length === 1 ? " response, " : " responses, ") + correct + " correct")
      : el("p", { class: "note", role: "alert" }, "The transcript of this problem is not among those that this site shows."),
    ...(list ? E.responses(list) : []),
    el("p", { class: "beside" }, at("", before, "← previous transcript"), " ", at("", after, "next transcript →")),
  ];
});
