// What `harness compare` computes of two runs, from their counts per problem. The formulas are those of scorers/paired.py
// and scorers/sequential.py, where their sources are named; a test holds the two against each other.
"use strict";

const S = {
  Z: 1.959963984540054,
  POWER: 0.8416212335729143,
  // Student's quantiles at 0.975 for 1 to 40 degrees of freedom.
  T: [12.7062047362, 4.30265272975, 3.18244630528, 2.7764451052, 2.57058183564, 2.44691185114, 2.36462425159, 2.3060041352,
    2.2621571628, 2.22813885199, 2.20098516009, 2.17881282967, 2.16036865646, 2.14478668792, 2.13144954556, 2.11990529922,
    2.10981557783, 2.10092204024, 2.09302405441, 2.08596344727, 2.07961384473, 2.0738730679, 2.06865761042, 2.06389856163,
    2.05953855275, 2.05552943864, 2.05183051648, 2.0484071418, 2.04522964213, 2.0422724563, 2.0395134464, 2.03693334346,
    2.03451529745, 2.03224450932, 2.03010792825, 2.02809400098, 2.02619246303, 2.02439416391, 2.02269092004, 2.02107539031],

  // Beyond the table the expansion in 1/v (Abramowitz & Stegun 26.7.5), good to 1e-8.
  t(v) {
    if (v <= S.T.length) return S.T[v - 1];
    const z = S.Z, p = (k) => z ** k;
    return z + (p(3) + z) / 4 / v + (5 * p(5) + 16 * p(3) + 3 * z) / 96 / v ** 2
      + (3 * p(7) + 19 * p(5) + 17 * p(3) - 15 * z) / 384 / v ** 3
      + (79 * p(9) + 776 * p(7) + 1482 * p(5) - 1920 * p(3) - 945 * z) / 92160 / v ** 4;
  },
  // Sums keep their lost digits (Neumaier), as they decide ties.
  sum(values) {
    let total = 0, lost = 0;
    for (const value of values) {
      const next = total + value;
      lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
      total = next;
    }
    return total + lost;
  },
  mean: (values) => S.sum(values) / values.length,

  // The mean difference with its 95 % interval: of values in [0, 1] with the skewness taken out, of `tokens` (with the
  // base's mean as `scale`) the t interval.
  estimate(differences, scale = null) {
    const count = differences.length, mean = S.mean(differences);
    if (count < 2) return { value: mean, se: null, low: scale == null ? -1 : null, high: scale == null ? 1 : null, problems: count };
    const spread = S.sum(differences.map((d) => (d - mean) ** 2));
    const se = Math.sqrt(spread * count / (count - 1)) / count;
    const whole = scale == null ? 1 : scale || 1, seen = differences.filter((d) => d !== 0);
    const more = scale == null || !spread ? 4 * (S.sum(seen.map((d) => d * d)) + whole * whole) / (seen.length + 1) : 0;
    const t = S.t(count - 1);
    if (scale != null) {
      const reach = t * Math.sqrt((spread + more) * count / (count - 1)) / count;
      return { value: mean, se, low: mean - reach, high: mean + reach, problems: count };
    }
    const squares = spread + more, error = Math.sqrt(squares / (count * (count - 1)));
    const skewness = S.sum(differences.map((d) => (d - mean) ** 3)) / squares ** 1.5;
    const straight = (value) => Math.abs(skewness) < 1e-9 ? value
      : 3 / skewness * (Math.cbrt(1 + skewness * (value - skewness / 6)) - 1);
    return { value: mean, se, low: Math.max(-1, mean - error * straight(t)), high: Math.min(1, mean - error * straight(-t)), problems: count };
  },
  detectable: (found) => found.low == null ? null : (S.Z + S.POWER) * (found.high - found.low) / (2 * S.Z),

  // The sign-flip p: exact where the differences are multiples of 1/whole, else null. `whole` is found from the counts.
  signFlip(differences, whole) {
    const units = differences.filter((d) => d !== 0);
    if (!units.length) return 1;
    const times = new Map();
    for (const d of units) {
      const step = Math.round(Math.abs(d) * whole);
      if (Math.abs(step / whole - Math.abs(d)) > 1e-9) return null;
      times.set(step, (times.get(step) || 0) + 1);
    }
    let period = 1;
    for (const [step, count] of times) period += 2 * step * count;
    if (times.size > 64 || period > 1 << 21) return null;
    const seen = Math.abs(Math.round(S.sum(units) * whole));
    if (!seen) return 1;
    let total = 0;
    const sizes = [...times];
    for (let k = 1; k <= period >> 1; k++) {
      let density = 1;
      for (const [step, count] of sizes) {
        density *= Math.cos(2 * Math.PI / period * (k * step % period)) ** count;
        if (Math.abs(density) < 1e-300) { density = 0; break; }
      }
      if (density) total += density * Math.sin(Math.PI / period * (k * (2 * seen - 1) % (2 * period))) / Math.sin(Math.PI / period * k);
    }
    const inside = (2 * seen - 1 + 2 * total) / period;
    return Math.min(1, Math.max(1 - inside, 2 ** (1 - Math.min(units.length, 1000)), 1e-12));
  },
  // Where no such fraction exists (tokens, odd numbers of judged responses): random patterns, the same at each visit.
  signFlipDrawn(differences, draws = 4000) {
    const units = differences.filter((d) => d !== 0), seen = Math.abs(S.sum(units)) * (1 - 1e-12) - 1e-15;
    let state = 88172645, hits = 0;
    for (let draw = 0; draw < draws; draw++) {
      let total = 0;
      for (let i = 0, bits = 0; i < units.length; i++) {
        if (i % 31 === 0) {
          state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
          bits = state;
        }
        total += bits & 1 ? units[i] : -units[i];
        bits >>>= 1;
      }
      if (Math.abs(total) >= seen) hits++;
    }
    return (1 + hits) / (1 + draws);
  },
  p(differences, whole) {
    const exact = whole == null ? null : S.signFlip(differences, whole);
    return exact == null ? { value: S.signFlipDrawn(differences), exact: false } : { value: exact, exact: true };
  },
  // The least common multiple of how many responses the shares are of; null where it is too large to be of use.
  whole(counts) {
    const gcd = (a, b) => { while (b) [a, b] = [b, a % b]; return a; };
    let found = 1;
    for (const n of new Set(counts)) {
      found = found / gcd(found, n) * n;
      if (found > 1e6) return null;
    }
    return found;
  },
  holm(values) {
    const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]), adjusted = [];
    let highest = 0;
    order.forEach((i, place) => {
      highest = Math.max(highest, Math.min(1, (order.length - place) * values[i]));
      adjusted[i] = highest;
    });
    return adjusted;
  },
  ratio(old, fresh) {
    const count = old.length, a = count ? S.mean(old) : 0, b = count ? S.mean(fresh) : 0;
    if (!(a > 0 && b > 0)) return null;
    if (count < 2) return { base: a, candidate: b, value: b / a, low: null, high: null, problems: count };
    const spread = S.sum(old.map((_, i) => (fresh[i] / b - old[i] / a) ** 2));
    const reach = Math.exp(S.t(count - 1) * Math.sqrt(spread * count / (count - 1)) / count);
    return { base: a, candidate: b, value: b / a, low: b / a / reach, high: b / a * reach, problems: count };
  },
  // pass@k = 1 - C(n-c, k)/C(n, k) (Chen et al. 2021).
  pass(n, c, k) {
    if (n - c < k) return 1;
    let none = 1;
    for (let i = n - c + 1; i <= n; i++) none *= 1 - k / i;
    return 1 - none;
  },

  // A metric of one problem of a run's counts; null where it has none.
  value(run, i, metric) {
    const at = (name) => E.at(run[name], i, run.places), n = at("n");
    if (n < 0) return null;
    if (metric === "accuracy") return at("right") > 1 ? null : at("right");
    if (metric === "completion_tokens") return at("tokens");
    if (metric === "truncated") return n ? at("cut") / n : null;
    const k = Number(metric.split("@")[1]), judged = n - at("unjudged");
    return judged < k ? null : k === 1 ? at("c") / judged : S.pass(judged, at("c"), k);
  },
  judged: (run, i) => E.at(run.n, i, run.places) - E.at(run.unjudged, i, run.places),

  // What the values of a metric are multiples of the reciprocals of.
  shares(base, candidate, places, metric) {
    if (metric === "accuracy" || metric === "completion_tokens") return [1];
    const both = (count) => places.flatMap((i) => [count(base, i), count(candidate, i)]);
    if (metric === "truncated") return both((run, i) => E.at(run.n, i, run.places));
    const k = Number(metric.split("@")[1]);
    return both(S.judged).map((n) => Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((a, b) => a * b, 1)).map(Math.round);
  },

  // The comparison of two runs' counts: candidate minus base, problem by problem.
  compare(base, candidate, catalogue, metric) {
    const places = [], old = [], fresh = [], spent = [[], []];
    let shared = 0, only = 0;
    catalogue.ids.forEach((_, i) => {
      const [a, b] = [base, candidate].map((run) => E.at(run.n, i, run.places) >= 0);
      shared += a && b;
      only += a !== b;
      if (!a || !b) return;
      [base, candidate].forEach((run, side) => spent[side].push(E.at(run.tokens, i, run.places)));
      const [x, y] = [S.value(base, i, metric), S.value(candidate, i, metric)];
      if (x != null && y != null) { places.push(i); old.push(x); fresh.push(y); }
    });
    if (!places.length) return null;
    const tokens = metric === "completion_tokens", cost = tokens || metric === "truncated";
    const differences = fresh.map((y, i) => y - old[i]), scale = tokens ? S.mean(old) || 1 : null;
    const whole = S.whole(S.shares(base, candidate, places, metric));
    const found = S.estimate(differences, scale), p = S.p(differences, whole);
    const gain = cost ? -1 : 1;
    const groups = (labels) => {
      const parts = new Map();
      places.forEach((place, i) => {
        if (labels[place] == null) return;
        if (!parts.has(labels[place])) parts.set(labels[place], []);
        parts.get(labels[place]).push(differences[i]);
      });
      const rows = [...parts].sort(([a], [b]) => a < b ? -1 : 1)
        .map(([value, part]) => ({ group: value, ...S.estimate(part, scale), p: S.p(part, whole).value }));
      S.holm(rows.map((row) => row.p)).forEach((adjusted, i) => { rows[i].p_holm = adjusted; });
      return rows;
    };
    const order = differences.map((d, i) => [gain * d, places[i]]).sort((a, b) => Math.abs(b[0]) - Math.abs(a[0]) || a[1] - b[1]);
    return {
      metric, tokens, cost, ...found, p: p.value, exact: p.exact, detectable: S.detectable(found), base: S.mean(old), candidate: S.mean(fresh),
      shared, only, without: shared - places.length, places, old, fresh,
      worse: differences.filter((d) => gain * d < 0).length, better: differences.filter((d) => gain * d > 0).length,
      flips: tokens ? { worse: [], better: [] } : { worse: order.filter(([d]) => d <= -0.5).map(([, i]) => i), better: order.filter(([d]) => d >= 0.5).map(([, i]) => i) },
      levels: groups(catalogue.levels), subjects: groups(catalogue.subjects),
      ratio: S.ratio(...spent),
    };
  },
};
window.S = S;
