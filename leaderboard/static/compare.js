// Two runs of a task: is the second better, by how much, where, on which problems, and what did they write there?
"use strict";

{
  const { el } = E;
  const FLIPS = 30;
  const points = (value) => value == null ? "–" : (value > 0 ? "+" : value < 0 ? "−" : "±") + Math.abs(100 * value).toFixed(1);
  const ends = (row, show) => row.low == null ? "–" : show(row.low) + " to " + show(row.high);
  const told = (p) => p < 0.001 ? "< 0.001" : p.toFixed(3);
  const name = (run) => run.model + " · " + run.strategy + (run.budget ? " " + run.budget : "");
  const tokens = (value) => value == null ? "–" : (value > 0 ? "+" : value < 0 ? "−" : "±") + Math.abs(value).toFixed(1);

  function select(label, options, chosen, change) {
    const made = el("select", { name: label }, options.map(([value, text]) => el("option", { value, selected: value === chosen }, text)));
    made.addEventListener("change", () => change(made.value));
    return el("label", null, label, made);
  }

  function chooser(runs, a, b, metric, metrics) {
    const tasks = [...new Set(runs.map((run) => run.task))], own = runs.filter((run) => run.task === a.task);
    const named = own.map((run) => [run.id, name(run)]);
    const go = (values) => E.go({ a: a.id, b: b.id, metric, ...values });
    const swap = el("button", { type: "button", name: "swap" }, "Swap");
    swap.addEventListener("click", () => go({ a: b.id, b: a.id }));
    return el("form", { class: "choose", "aria-label": "What to compare" },
      tasks.length > 1 && select("Task", tasks.map((task) => [task, task]), a.task, (task) => E.go({ task })),
      select("Base", named, a.id, (id) => go({ a: id })), select("Candidate", named, b.id, (id) => go({ b: id })),
      select("Metric", metrics.map((each) => [each, each]), metric, (each) => go({ metric: each })), el("div", null, swap));
  }

  // A difference as a line from its low to its high end, with a mark at the mean, on a scale that rows share.
  function change(row, reach) {
    const x = (value) => 50 + 50 * Math.max(-1, Math.min(1, value / reach));
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 100 16");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    const line = (css, ...ends) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", "line");
      ["x1", "y1", "x2", "y2"].forEach((key, i) => made.setAttribute(key, ends[i]));
      made.setAttribute("class", css);
      made.setAttribute("vector-effect", "non-scaling-stroke");
      svg.append(made);
    };
    line("zero", 50, 0, 50, 16);
    if (row.low != null) line("range", x(row.low), 8, x(row.high), 8);
    line("mean", x(row.value), 3, x(row.value), 13);
    return el("span", { class: "change" }, svg);
  }

  function finding(found, b) {
    const size = found.tokens ? tokens(found.value) + " tokens per problem" : points(found.value) + " points";
    const range = " (95 % interval " + ends(found, found.tokens ? tokens : points) + ")";
    const gain = found.cost ? [-1, "fewer", "more"] : [1, "better", "worse"];
    const proven = found.low > 0 || found.high < 0;
    const good = gain[0] * found.value > 0;
    const words = !proven ? "is not told apart from the base: " : found.cost ? "has " + (good ? gain[1] : gain[2]) + ": " : "is " + (good ? gain[1] : gain[2]) + ": ";
    return el("p", { class: "finding " + (proven ? (good ? "better" : "worse") : ""), role: "status" },
      el("b", null, name(b)), " " + words + size + range + ".",
      !proven && " A difference of " + (found.tokens ? found.detectable.toFixed(1) + " tokens" : (100 * found.detectable).toFixed(1) + " points")
        + " would be found four times in five.");
  }

  function numbers(found, a, b) {
    const show = found.tokens ? (value) => value.toFixed(1) : (value) => (100 * value).toFixed(1);
    const signed = found.tokens ? tokens : points;
    const ratio = found.ratio;
    const rows = [
      ["Base", show(found.base), name(a)], ["Candidate", show(found.candidate), name(b)],
      ["Difference", signed(found.value), "95 % interval " + ends(found, signed)],
      ["p", told(found.p), found.exact ? "sign-flip permutation test, exact" : "sign-flip permutation test, 4,000 drawn patterns"],
      ["Detectable", found.detectable == null ? "–" : show(found.detectable), "with 80 % power at 5 %"],
      ["Problems", E.count(found.places.length), `paired; ${E.count(found.better)} better, ${E.count(found.worse)} worse`],
      ratio && ["Tokens", "×" + ratio.value.toFixed(2), `${ratio.base.toFixed(0)} → ${ratio.candidate.toFixed(0)} per problem`
        + (ratio.low == null ? "" : `, 95 % interval ×${ratio.low.toFixed(2)} to ×${ratio.high.toFixed(2)}`)],
    ].filter(Boolean);
    return el("div", { class: "scroll", role: "region", "aria-label": "Numbers", tabindex: 0 }, el("table", { class: "rows", id: "numbers" },
      el("caption", null, found.metric + (found.tokens ? "" : ", in percent and points")),
      el("tbody", null, rows.map(([head, value, more]) => el("tr", null, el("th", { scope: "row" }, head), el("td", { class: "num" }, value), el("td", null, more))))));
  }

  function groups(found, rows, what, label) {
    if (rows.length < 2) return null;
    const reach = Math.max(...rows.map((row) => Math.max(Math.abs(row.value), Math.abs(row.low ?? 0), Math.abs(row.high ?? 0)))) || 1;
    const signed = found.tokens ? tokens : points;
    return el("div", { class: "scroll", role: "region", "aria-label": what, tabindex: 0 }, el("table", { class: "rows" },
      el("caption", null, what + "; p adjusted by Holm's method"),
      el("thead", null, el("tr", null, [label, "Problems", "Difference", "95 % interval", "", "p (Holm)"].map((head) => el("th", { scope: "col" }, head || el("span", { class: "unseen" }, "drawn"))))),
      el("tbody", null, rows.map((row) => el("tr", null, el("th", { scope: "row" }, String(row.name ?? row.group)), el("td", { class: "num" }, E.count(row.problems)),
        el("td", { class: "num" }, signed(row.value)), el("td", { class: "num" }, ends(row, signed)), el("td", null, change(row, reach)), el("td", { class: "num" }, told(row.p_holm)))))));
  }

  function differences(a, b) {
    const flat = (run) => ({
      model: run.model, strategy: run.strategy, verifier: run.verifier,
      ...Object.fromEntries(Object.entries(run.parameters).map(([key, value]) => ["strategy: " + key, value])),
      ...Object.fromEntries(Object.entries(run.sampling).map(([key, value]) => ["sampling: " + key, value])),
    });
    const [x, y] = [flat(a), flat(b)], show = (value) => value === undefined || value === null ? "–" : String(value);
    const rows = [...new Set([...Object.keys(x), ...Object.keys(y)])].filter((key) => show(x[key]) !== show(y[key]));
    if (!rows.length) return el("p", { class: "note" }, "They were asked in the same way; what differs is no part of the settings shown here.");
    return el("details", { class: "asked" }, el("summary", null, "What differs between them: " + rows.map((key) => key.split(": ").pop()).join(", ")),
      el("div", { class: "scroll", role: "region", "aria-label": "Settings", tabindex: 0 }, el("table", { class: "rows" },
        el("thead", null, el("tr", null, ["Setting", "Base", "Candidate"].map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", null, rows.map((key) => el("tr", null, el("th", { scope: "row" }, key), el("td", null, show(x[key])), el("td", null, show(y[key]))))))));
  }

  function flips(found, places, title, catalogue, address) {
    const item = (i) => {
      const at = found.places.indexOf(i);
      return el("li", null, el("a", { href: E.link("", { ...address, problem: catalogue.ids[i] }) }, catalogue.ids[i]),
        el("span", { class: "facts" }, " " + E.percent(found.old[at], 0) + " → " + E.percent(found.fresh[at], 0)
          + (catalogue.levels[i] == null ? "" : " · level " + catalogue.levels[i])));
    };
    const rest = places.length > FLIPS && el("details", null, el("summary", null, E.count(places.length - FLIPS) + " more"), el("ul", null, places.slice(FLIPS, 500).map(item)));
    return el("section", null, el("h3", null, E.count(places.length) + " " + title), places.length ? el("ul", null, places.slice(0, FLIPS).map(item)) : el("p", { class: "note" }, "None."), rest);
  }

  // Every problem's share on both sides: the diagonal is no change.
  function cloud(found) {
    const cells = new Map();
    found.places.forEach((_, i) => {
      const key = [found.old[i], found.fresh[i]].map((value) => Math.round(16 * value)).join();
      cells.set(key, (cells.get(key) || 0) + 1);
    });
    if (cells.size < 5) return null;
    const svg = (tag, attributes, text) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      if (text) made.append(text);
      return made;
    };
    const most = Math.max(...cells.values()), at = (k) => 30 + 13 * k, rows = [...cells].map(([key, count]) => [...key.split(",").map(Number), count]);
    const drawing = svg("svg", { viewBox: "0 0 260 262", class: "cloud", role: "img", "aria-label": "Correct responses of each problem, base to the right, candidate upwards" });
    drawing.append(svg("rect", { class: "frame", x: 22, y: 12, width: 224, height: 224 }), svg("line", { class: "even", x1: 30, y1: 228, x2: 238, y2: 20 }),
      ...rows.map(([x, y, count]) => {
        const dot = svg("circle", { cx: at(x), cy: 258 - at(y), r: 1.5 + 8 * Math.sqrt(count / most) });
        dot.append(svg("title", {}, `${count} problems: ${E.percent(x / 16, 0)} % → ${E.percent(y / 16, 0)} %`));
        return dot;
      }), svg("text", { x: 134, y: 254, "text-anchor": "middle" }, "base, share correct"), svg("text", { x: 10, y: 124, "text-anchor": "middle", transform: "rotate(-90 10 124)" }, "candidate"));
    rows.sort((p, q) => q[2] - p[2]);
    return el("figure", { class: "chart" }, el("figcaption", null, "Where the two differ"), drawing,
      el("details", null, el("summary", null, "As a table"), el("table", { class: "plain" },
        el("thead", null, el("tr", null, ["Base %", "Candidate %", "Problems"].map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", null, rows.slice(0, 60).map(([x, y, count]) => el("tr", null, el("td", null, E.percent(x / 16, 0)), el("td", null, E.percent(y / 16, 0)), el("td", null, E.count(count))))))));
  }

  async function beside(a, b, catalogue, id) {
    const place = E.place(catalogue, id);
    const [sheet, ...sides] = await Promise.all([E.sheet(a, place), E.parts(a, "t", place), E.parts(b, "t", place)]);
    const column = (run, list) => el("section", null,
      el("h3", null, el("a", { href: E.link("transcript.html", { run: run.id, problem: id }) }, name(run))),
      list ? E.responses(list, 2) : el("p", { class: "note" }, "This run's transcript of the problem is not shown on this site."));
    return el("section", { id: "beside" }, el("h2", null, "Side by side: " + id), E.facts(catalogue, place, sheet.problems[place % 50]),
      E.statement(sheet.problems[place % 50]), el("div", { class: "pair" }, column(a, sides[0]), column(b, sides[1])));
  }

  E.page(async (state) => {
    const runs = (await E.runs()).filter((run) => run.samples);
    const first = runs.filter((run) => !state.get("task") || run.task === state.get("task"));
    const by = (id) => runs.find((run) => run.id === id);
    const a = by(state.get("a")) || first[0], second = a && runs.filter((run) => run.task === a.task && run.id !== a.id);
    if (!a || !second.length) throw new Error("There are no two runs of one task with samples on this site.");
    let b = by(state.get("b"));
    if (!b || b.task !== a.task) b = second[0];
    const [catalogue, base, candidate] = await Promise.all([E.catalogue(a), E.counts(a), E.counts(b)]);
    const fewest = Math.min(...[base, candidate].map((run) => typeof run.n === "number" ? run.n : Math.max(...run.n)));
    const drawn = a.drawing && b.drawing ? [2, 4, 8, 16, 32, 64].filter((k) => k <= fewest).map((k) => "pass@" + k) : [];
    const metrics = ["accuracy", "pass@1", ...drawn, "completion_tokens", "truncated"];
    const own = a.metric === b.metric ? a.metric : "accuracy";
    const metric = metrics.includes(state.get("metric")) ? state.get("metric") : own;
    const found = S.compare(base, candidate, catalogue, metric), address = { a: a.id, b: b.id, metric };
    const head = [el("h1", null, "Compare two runs"), chooser(runs, a, b, metric, metrics)];
    if (!found) return [...head, el("p", { class: "note", role: "alert" }, "No problem has a value of " + metric + " in both runs.")];
    found.subjects.forEach((row) => { row.name = catalogue.subject_names[row.group]; });
    found.subjects.sort((x, y) => x.name < y.name ? -1 : 1);
    const warnings = [
      ...[a, b].filter((run) => run.gold_seen).map((run) => name(run) + ": its verifier sees the gold answers."),
      found.only > 0 && E.count(found.only) + " problems are in one of the two runs only and are left out.",
      found.without > 0 && E.count(found.without) + " problems have no value on one side (unjudged, or fewer responses than k).",
    ].filter(Boolean);
    const id = state.get("problem");
    return [...head, finding(found, b), ...warnings.map((text) => el("p", { class: "warn" }, text)), differences(a, b), numbers(found, a, b),
      id && await beside(a, b, catalogue, id),
      el("h2", null, "By level and subject"), groups(found, found.levels, "By level", "Level") || el("p", { class: "note" }, "There is one level."),
      groups(found, found.subjects, "By subject", "Subject"),
      !found.tokens && el("h2", null, "Problems that changed by half or more"),
      !found.tokens && el("div", { class: "pair" }, flips(found, found.flips.better, found.cost ? "with less" : "got better", catalogue, address),
        flips(found, found.flips.worse, found.cost ? "with more" : "got worse", catalogue, address)),
      !found.tokens && cloud(found),
      el("p", { class: "note" }, "The same numbers for the run folders: ", el("code", null, `harness compare BASE CANDIDATE --metric ${metric}`), a.strategy === b.strategy ? "." : [" with ", el("code", null, "--allow-different strategy"), "."]),
    ];
  });
}
