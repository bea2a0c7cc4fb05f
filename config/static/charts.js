/* Charts as SVG from JSON, each with its table; no dependencies, no inline styles (strict CSP).

   <figure data-chart="line" data-source="#id-of-json-script"></figure>    one chart
   <div data-chart-set data-source="/url" data-poll="3"></div>             {"charts": [...]}

   A chart: {type, title, x_label, y_label, format: "number" | "percent", ...} with, by type,
   line       series: [{name, points: [[x, y], ...]}]
   bars       bars: [{name, value, low, high}], reference: {name, value}
   histogram  edges: [n + 1 numbers], series: [{name, counts: [n numbers]}]
   `data-poll` asks again every so many seconds until the answer says "live": false.
   `data-words` may hold {"table", "empty", "failed"} in the reader's language. */

const SVG = "http://www.w3.org/2000/svg";
const WORDS = { table: "Figures as a table", empty: "No figures yet.", failed: "Could not be loaded; trying again." };
const COLOURS = 6;
const NARROW = 480;

function make(parent, name, attributes = {}, text = null) {
  const inside = name === "svg" || parent.namespaceURI === SVG;
  const node = inside ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== null) node.textContent = text;
  parent.append(node);
  return node;
}

/* Numbers */

export function format(value, kind) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (kind === "percent") return `${(100 * value).toFixed(1)}%`;
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6)) return value.toExponential(2);
  return Number(value.toPrecision(4)).toLocaleString(document.documentElement.lang || "en");
}

export function ticks(low, high, wanted) {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(i * step);
  return found;
}

function span(values) {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const half = (Math.abs(low) || 1) * 0.1;
  return low === high ? [low - half, high + half] : [low, high];
}

function widen(values, zero) {
  const [low, high] = span(zero ? [0, ...values] : values);
  const margin = (high - low) * 0.05;
  return [zero && low === 0 ? 0 : low - margin, zero && high === 0 ? 0 : high + margin];
}

/* The frame that every chart has: axes, ticks, labels */

function frame(svg, chart, width, height, xRange, yRange, left) {
  const box = { left, right: width - 10, top: 10, bottom: height - 38 };
  const x = (v) => box.left + ((v - xRange[0]) / (xRange[1] - xRange[0] || 1)) * (box.right - box.left);
  const y = (v) => box.bottom - ((v - yRange[0]) / (yRange[1] - yRange[0] || 1)) * (box.bottom - box.top);
  for (const v of ticks(yRange[0], yRange[1], 4)) {
    make(svg, "line", { class: "chart-grid", x1: box.left, x2: box.right, y1: y(v), y2: y(v) });
    make(svg, "text", { class: "chart-tick", x: box.left - 6, y: y(v) + 4, "text-anchor": "end" }, tickText(v, chart));
  }
  make(svg, "line", { class: "chart-axis", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom });
  return { box, x, y };
}

function tickText(value, chart) {
  return chart.format === "percent" ? `${Number((100 * value).toPrecision(4))}%` : format(value);
}

function xTicks(svg, chart, { box, x }, range) {
  for (const v of ticks(range[0], range[1], Math.max(2, Math.floor((box.right - box.left) / 80)))) {
    make(svg, "text", { class: "chart-tick", x: x(v), y: box.bottom + 15, "text-anchor": "middle" }, format(v));
  }
  if (chart.x_label) {
    make(svg, "text", { class: "chart-label", x: (box.left + box.right) / 2, y: box.bottom + 32, "text-anchor": "middle" }, chart.x_label);
  }
}

/* The three kinds: each draws, and returns where the reader's cursor may stop */

function drawLine(svg, chart, width, height) {
  const series = chart.series.map((s) => ({ ...s, points: s.points.filter((p) => Number.isFinite(p[1]) && p[1] !== null) }));
  const points = series.flatMap((s) => s.points);
  if (!points.length) return null;
  const xs = points.map((p) => p[0]);
  const xRange = span(xs);
  const yRange = widen(points.map((p) => p[1]), false);
  const place = frame(svg, chart, width, height, xRange, yRange, 58);
  xTicks(svg, chart, place, xRange);
  series.forEach((s, i) => {
    const path = s.points.map((p, j) => `${j ? "L" : "M"}${place.x(p[0]).toFixed(1)},${place.y(p[1]).toFixed(1)}`).join("");
    make(svg, "path", { class: `chart-line chart-colour-${i % COLOURS}`, d: path });
    if (s.points.length <= 20) {
      for (const p of s.points) make(svg, "circle", { class: `chart-dot chart-colour-${i % COLOURS}`, cx: place.x(p[0]), cy: place.y(p[1]), r: 3 });
    }
  });
  const stops = [...new Set(xs)].sort((a, b) => a - b).map((v) => ({
    at: place.x(v),
    text: [`${chart.x_label || "x"} ${format(v)}`, ...series.flatMap((s) => {
      const hit = s.points.find((p) => p[0] === v);
      return hit ? [`${s.name} ${format(hit[1], chart.format)}`] : [];
    })].join(" · "),
  }));
  return { stops, box: place.box };
}

function drawBars(svg, chart, width, height) {
  if (!chart.bars.length) return null;
  const reference = chart.reference ? [chart.reference.value] : [];
  const xRange = chart.format === "percent" ? [0, 1] : widen([...chart.bars.flatMap((b) => [b.value, b.low ?? b.value, b.high ?? b.value]), ...reference], true);
  const narrow = width < NARROW;
  const names = narrow ? 0 : Math.min(220, width * 0.36);
  const box = { left: names, right: width - 64, top: 8, bottom: height - 8 };
  const x = (v) => box.left + ((v - xRange[0]) / (xRange[1] - xRange[0])) * (box.right - box.left);
  const row = (box.bottom - box.top) / chart.bars.length;
  const letters = Math.floor(((narrow ? width : names) - 12) / 7);
  const half = narrow ? 10 : row * 0.3;
  const middleOf = (i) => box.top + row * (narrow ? i + 0.68 : i + 0.5);
  chart.bars.forEach((bar, i) => {
    const middle = middleOf(i);
    if (bar.value === null) return;
    const [from, to] = [x(Math.min(0, bar.value)), x(Math.max(0, bar.value))];
    make(svg, "rect", { class: `chart-bar chart-colour-${(bar.colour ?? 0) % COLOURS}`, x: from, y: middle - half, width: Math.max(1, to - from), height: 2 * half, rx: 2 });
    if (bar.low !== null && bar.low !== undefined) {
      make(svg, "path", { class: "chart-interval", d: `M${x(bar.low)},${middle}H${x(bar.high)}M${x(bar.low)},${middle - 5}V${middle + 5}M${x(bar.high)},${middle - 5}V${middle + 5}` });
    }
    make(svg, "text", { class: "chart-value", x: width - 4, y: middle + 4, "text-anchor": "end" }, format(bar.value, chart.format));
  });
  if (chart.reference) {
    const line = make(svg, "line", { class: "chart-reference", x1: x(chart.reference.value), x2: x(chart.reference.value), y1: box.top, y2: box.bottom });
    make(line, "title", {}, `${chart.reference.name} ${format(chart.reference.value, chart.format)}`);
  }
  chart.bars.forEach((bar, i) => {
    const middle = middleOf(i);
    const name = bar.name.length > letters ? `${bar.name.slice(0, letters - 1)}…` : bar.name;
    const place = narrow ? { x: 0, y: middle - half - 5 } : { x: names - 8, y: middle + 4, "text-anchor": "end" };
    const label = make(svg, "text", { class: "chart-name", ...place }, name);
    make(label, "title", {}, bar.name);
  });
  return { stops: [], box };
}

function drawHistogram(svg, chart, width, height) {
  const counts = chart.series.flatMap((s) => s.counts);
  if (!counts.length) return null;
  const xRange = [chart.edges[0], chart.edges.at(-1)];
  const place = frame(svg, chart, width, height, xRange, widen([0, ...counts], true), 58);
  xTicks(svg, chart, place, xRange);
  const stops = chart.edges.slice(0, -1).map((from, i) => {
    const [a, b] = [place.x(from), place.x(chart.edges[i + 1])];
    const each = (b - a) / chart.series.length;
    chart.series.forEach((s, j) => {
      const top = place.y(s.counts[i]);
      make(svg, "rect", { class: `chart-bar chart-colour-${j % COLOURS}`, x: a + j * each + 0.5, y: top, width: Math.max(0.5, each - 1), height: place.box.bottom - top });
    });
    const values = chart.series.map((s) => `${s.name} ${format(s.counts[i])}`);
    return { at: (a + b) / 2, text: `${format(from)} – ${format(chart.edges[i + 1])}: ${values.join(" · ")}` };
  });
  return { stops, box: place.box };
}

const DRAW = { line: drawLine, bars: drawBars, histogram: drawHistogram };

/* The table under a chart */

function tableRows(chart) {
  if (chart.type === "bars") {
    return [["", chart.y_label || "", "low", "high"], ...[...chart.bars, ...(chart.reference ? [chart.reference] : [])].map((b) => [b.name, format(b.value, chart.format), format(b.low, chart.format), format(b.high, chart.format)])];
  }
  if (chart.type === "histogram") {
    return [[chart.x_label || "", ...chart.series.map((s) => s.name)], ...chart.edges.slice(0, -1).map((e, i) => [`${format(e)} – ${format(chart.edges[i + 1])}`, ...chart.series.map((s) => format(s.counts[i]))])];
  }
  const maps = chart.series.map((s) => new Map(s.points));
  const xs = [...new Set(chart.series.flatMap((s) => s.points.map((p) => p[0])))].sort((a, b) => a - b);
  return [[chart.x_label || "x", ...chart.series.map((s) => s.name)], ...xs.map((v) => [format(v), ...maps.map((m) => format(m.get(v), chart.format))])];
}

function fillTable(table, chart) {
  table.replaceChildren();
  const [head, ...rows] = tableRows(chart);
  const top = make(make(table, "thead"), "tr");
  head.forEach((cell) => make(top, "th", { scope: "col" }, cell));
  const body = make(table, "tbody");
  rows.forEach((row) => {
    const line = make(body, "tr");
    row.forEach((cell, i) => make(line, i ? "td" : "th", i ? {} : { scope: "row" }, cell));
  });
}

/* One figure */

class Figure {
  constructor(node, words) {
    this.node = node;
    this.chart = null;
    node.classList.add("chart");
    this.title = node.querySelector("figcaption") || make(node, "figcaption");
    this.given = Boolean(this.title.textContent.trim());
    this.legend = make(node, "ul", { class: "chart-legend" });
    this.stage = make(node, "div", { class: "chart-stage" });
    this.readout = make(node, "p", { class: "chart-readout", "aria-live": "polite" });
    this.details = make(node, "details", { class: "chart-table" });
    make(this.details, "summary", {}, words.table);
    const scrolling = { class: "chart-scroll", tabindex: "0", role: "group", "aria-label": words.table };
    this.table = make(make(this.details, "div", scrolling), "table");
    this.words = words;
    this.details.addEventListener("toggle", () => this.details.open && this.chart && fillTable(this.table, this.chart));
    new ResizeObserver(() => this.draw()).observe(this.stage);
  }

  show(chart) {
    if (JSON.stringify(chart) === JSON.stringify(this.chart)) return;
    this.chart = { type: this.node.dataset.chart, ...chart };
    if (!this.given) this.title.textContent = chart.title || "";
    this.width = null;
    this.draw();
    if (this.details.open) fillTable(this.table, this.chart);
  }

  draw() {
    const width = Math.floor(this.stage.clientWidth);
    if (!this.chart || !width || width === this.width) return;
    this.width = width;
    const bars = this.chart.type === "bars";
    const narrow = width < NARROW;
    const height = bars ? 16 + (narrow ? 48 : 32) * this.chart.bars.length : narrow ? 210 : 250;
    this.stage.replaceChildren();
    const svg = make(this.stage, "svg", { class: "chart-svg", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: 0, "aria-label": this.chart.title || this.title.textContent });
    const drawn = DRAW[this.chart.type](svg, this.chart, width, height);
    this.legend.replaceChildren();
    if (drawn === null) {
      this.stage.replaceChildren();
      make(this.stage, "p", { class: "chart-empty" }, this.words.empty);
      return;
    }
    const named = bars ? [] : this.chart.series;
    if (named.length > 1) named.forEach((s, i) => {
      const item = make(this.legend, "li");
      const key = make(item, "svg", { class: "chart-key", width: 22, height: 10, "aria-hidden": "true" });
      make(key, "line", { class: `chart-line chart-colour-${i % COLOURS}`, x1: 1, x2: 21, y1: 5, y2: 5 });
      make(item, "span", {}, s.name);
    });
    if (bars && this.chart.reference) {
      const item = make(this.legend, "li");
      const key = make(item, "svg", { class: "chart-key", width: 22, height: 10, "aria-hidden": "true" });
      make(key, "line", { class: "chart-reference", x1: 1, x2: 21, y1: 5, y2: 5 });
      make(item, "span", {}, `${this.chart.reference.name} ${format(this.chart.reference.value, this.chart.format)}`);
    }
    if (drawn.stops.length) this.follow(svg, drawn);
    else this.readout.hidden = true;
  }

  follow(svg, { stops, box }) {
    const cursor = make(svg, "line", { class: "chart-cursor", y1: box.top, y2: box.bottom, visibility: "hidden" });
    let index = -1;
    const stop = (i) => {
      index = Math.max(0, Math.min(stops.length - 1, i));
      cursor.setAttribute("x1", stops[index].at);
      cursor.setAttribute("x2", stops[index].at);
      cursor.setAttribute("visibility", "visible");
      this.readout.textContent = stops[index].text;
    };
    this.readout.hidden = false;
    this.readout.textContent = stops.at(-1).text;
    svg.addEventListener("pointermove", (event) => {
      const at = event.clientX - svg.getBoundingClientRect().left;
      stop(stops.reduce((best, s, i) => (Math.abs(s.at - at) < Math.abs(stops[best].at - at) ? i : best), 0));
    });
    svg.addEventListener("focus", () => index < 0 && stop(stops.length - 1));
    svg.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: stops.length - 1 };
      if (!(event.key in moves)) return;
      event.preventDefault();
      stop(moves[event.key]);
    });
  }
}

/* Where the figures come from */

function showAnswer(node, figures, answer, words) {
  if (!node.hasAttribute("data-chart-set")) {
    if (!figures.has("")) figures.set("", new Figure(node, words));
    figures.get("").show(answer);
    return;
  }
  node.querySelector(":scope > .chart-empty")?.remove();
  for (const chart of answer.charts) {
    if (!figures.has(chart.id)) figures.set(chart.id, new Figure(make(node, "figure", { "data-chart": chart.type }), words));
    figures.get(chart.id).show(chart);
  }
  if (!figures.size) make(node, "p", { class: "chart-empty" }, words.empty);
}

async function load(node, figures, words) {
  const source = node.dataset.source;
  if (source.startsWith("#")) {
    showAnswer(node, figures, JSON.parse(document.querySelector(source).textContent), words);
    return false;
  }
  const response = await fetch(source, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!response.ok) throw new Error(String(response.status));
  const answer = await response.json();
  showAnswer(node, figures, answer, words);
  return answer.live !== false;
}

async function watch(node) {
  if (node.dataset.charted) return;
  node.dataset.charted = "yes";
  const words = { ...WORDS, ...JSON.parse(node.dataset.words || "{}") };
  const figures = new Map();
  const seconds = Number(node.dataset.poll || 0);
  let wait = seconds;
  while (node.isConnected) {
    let live = true;
    try {
      if (!document.hidden || !figures.size) live = await load(node, figures, words);
      wait = seconds;
    } catch (error) {
      if (!figures.size) node.querySelector(":scope > .chart-empty") || make(node, "p", { class: "chart-empty" }, words.failed);
      wait = Math.min(60, (wait || 5) * 2);
      if (!seconds && !(error instanceof TypeError)) return;
    }
    if (!live || (!seconds && figures.size)) return;
    await new Promise((done) => setTimeout(done, 1000 * (wait || 5)));
  }
}

export function chartAll(root = document) {
  root.querySelectorAll("[data-chart][data-source], [data-chart-set]").forEach(watch);
}

chartAll();
document.addEventListener("htmx:load", () => chartAll());
