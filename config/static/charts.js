/* Charts as SVG from JSON, each with its table; no dependencies, no inline styles (strict CSP).

   <figure data-chart="line" data-source="#id-of-json-script"></figure>    one chart
   <div data-chart-set data-source="/url" data-poll="3"></div>             {"charts": [...], "groups": [{id, title}]}

   A chart: {type, title, x_label, y_label, format: "number" | "percent", ...} with, by type,
   A chart of a set whose `group` is one of the groups stands under a fold with the group's title.
   line       series: [{name, points: [[x, y], ...], band: [[x, low, high], ...], average: {name,
              points}, loose}] (an average stands before its points; loose ones are not joined);
              x_names: [names of x = 0, 1, ...] where x is no number (weeks); x_format as format
   stack      series: [{name, points: [[x, y], ...]}], y none below 0, on top of one another
   dots       series: [names], rows: [{name, note, points: [{value, low, high} or null, ...]}] with
              a point for each series, note_label, reference: {name, value}
   bars       bars: [{name, value, low, high, link, note}], reference: {name, value}
   histogram  edges: [n + 1 numbers], series: [{name, counts: [n numbers]}]
   matrix     names, cells: [[row, column, value, note], ...] (either triangle), steps: [numbers
              between two colours], link: "/url?a=ROW&b=COLUMN", keys: what stands for ROW, COLUMN
   `data-poll` asks again every so many seconds until the answer says "live": false.
   `data-words` may hold {"table", "empty", "failed", "name", "low", "high"} in the reader's language. */

const SVG = "http://www.w3.org/2000/svg";
const WORDS = { table: "Figures as a table", empty: "No figures yet.", failed: "Could not be loaded; trying again.", name: "Name", low: "Lower limit", high: "Upper limit" };
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
  return value.toLocaleString(document.documentElement.lang || "en", { maximumSignificantDigits: 4 });
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

function xText(chart, value) {
  return chart.x_names ? chart.x_names[value] ?? "" : format(value, chart.x_format);
}

function xTicks(svg, chart, { box, x }, range) {
  const wanted = Math.max(2, Math.floor((box.right - box.left) / 80));
  let places = ticks(range[0], range[1], wanted);
  if (chart.x_names) {
    const every = Math.max(1, Math.ceil((range[1] - range[0] + 1) / wanted));
    places = chart.x_names.map((_name, i) => i).filter((i) => i >= range[0] && i <= range[1] && i % every === 0);
  }
  for (const v of places) {
    // A name at the edge of the picture would be cut in half.
    const anchor = !chart.x_names ? "middle" : x(v) > box.right - 30 ? "end" : x(v) < box.left + 20 ? "start" : "middle";
    const text = chart.x_format === "percent" ? tickText(v, { format: "percent" }) : xText(chart, v);
    make(svg, "text", { class: "chart-tick", x: x(v), y: box.bottom + 15, "text-anchor": anchor }, text);
  }
  if (chart.x_label) {
    make(svg, "text", { class: "chart-label", x: (box.left + box.right) / 2, y: box.bottom + 32, "text-anchor": "middle" }, chart.x_label);
  }
}

/* The kinds that are pictures: each draws, and returns where the reader's cursor may stop */

function drawLine(svg, chart, width, height) {
  const series = chart.series.map((s) => ({ ...s, points: s.points.filter((p) => Number.isFinite(p[1]) && p[1] !== null) }));
  const points = series.flatMap((s) => s.points);
  if (!points.length) return null;
  const xs = points.map((p) => p[0]);
  const xRange = span(xs);
  const bands = series.flatMap((s) => (s.band || []).filter((b) => b[1] !== null && b[2] !== null).flatMap((b) => [b[1], b[2]]));
  const yRange = widen([...points.map((p) => p[1]), ...bands], Boolean(chart.zero));
  const place = frame(svg, chart, width, height, xRange, yRange, 58);
  xTicks(svg, chart, place, xRange);
  const draw = (line, i, extra = "") => make(svg, "path", { class: `chart-line chart-colour-${i % COLOURS}${extra}`, d: line.map((p, j) => `${j ? "L" : "M"}${place.x(p[0]).toFixed(1)},${place.y(p[1]).toFixed(1)}`).join("") });
  series.forEach((s, i) => {
    const band = (s.band || []).filter((b) => b[1] !== null && b[2] !== null);
    if (band.length) {
      const edge = [...band.map((b) => [b[0], b[2]]), ...band.toReversed().map((b) => [b[0], b[1]])];
      make(svg, "path", { class: `chart-band chart-colour-${i % COLOURS}`, d: `M${edge.map(([a, b]) => `${place.x(a).toFixed(1)},${place.y(b).toFixed(1)}`).join("L")}Z` });
    }
    if (!s.loose) draw(s.points, i, s.average ? " chart-behind" : "");
    if (s.average) draw(s.average.points, i);
    if (s.loose) s.points.forEach((p) => drawMark(svg, i, place.x(p[0]), place.y(p[1])));
    else if (s.points.length <= 20) {
      for (const p of s.points) make(svg, "circle", { class: `chart-dot chart-colour-${i % COLOURS}`, cx: place.x(p[0]), cy: place.y(p[1]), r: 3 });
    }
  });
  const stops = [...new Set(xs)].sort((a, b) => a - b).map((v) => ({
    at: place.x(v),
    text: [chart.x_names ? xText(chart, v) : `${chart.x_label || "x"} ${xText(chart, v)}`, ...lines(chart).flatMap((s) => {
      const hit = s.points.find((p) => p[0] === v);
      return hit && Number.isFinite(hit[1]) ? [`${s.name} ${format(hit[1], chart.format)}`] : [];
    })].join(" · "),
  }));
  return { stops, box: place.box };
}

/* Everything that has a value at a place of a chart: series and their averages. */
function lines(chart) {
  return chart.series.flatMap((s) => (s.average ? [s, s.average] : [s]));
}

function drawStack(svg, chart, width, height) {
  const maps = chart.series.map((s) => new Map(s.points));
  const xs = [...new Set(chart.series.flatMap((s) => s.points.map((p) => p[0])))].sort((a, b) => a - b);
  if (!xs.length) return null;
  const heights = xs.map((v) => maps.reduce((sum, m) => sum + (m.get(v) ?? 0), 0));
  const each = xs.length > 1 ? (xs.at(-1) - xs[0]) / (xs.length - 1) : 1;
  const xRange = [xs[0] - each / 2, xs.at(-1) + each / 2];
  const place = frame(svg, chart, width, height, xRange, widen([0, ...heights], true), 58);
  xTicks(svg, chart, place, xRange);
  const wide = Math.max(1, (0.8 * (place.box.right - place.box.left)) / xs.length);
  const stops = xs.map((v) => {
    let from = 0;
    maps.forEach((m, j) => {
      const value = m.get(v) ?? 0;
      const [bottom, top] = [place.y(from), place.y(from + value)];
      make(svg, "rect", { class: `chart-bar chart-colour-${j % COLOURS}`, x: place.x(v) - wide / 2, y: top, width: wide, height: Math.max(0, bottom - top) });
      from += value;
    });
    const values = chart.series.map((s, j) => `${s.name} ${format(maps[j].get(v), chart.format)}`);
    return { at: place.x(v), text: `${chart.x_label || "x"} ${xText(chart, v)} · ${values.join(" · ")}` };
  });
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
    const parent = bar.link ? make(svg, "a", { href: bar.link, "aria-label": bar.name }) : svg;
    // The whole row of the name is the target, not the letters alone.
    if (bar.link) make(parent, "rect", { class: "chart-target", x: 0, y: box.top + row * i, width: narrow ? width : names, height: row });
    const label = make(parent, "text", { class: "chart-name", ...place }, name);
    make(label, "title", {}, bar.note ? `${bar.name}: ${bar.note}` : bar.name);
  });
  return { stops: [], box };
}

/* A mark for each series, told apart by its form as well as by its colour. */

function drawMark(parent, kind, x, y) {
  const forms = ["M-5,0A5,5 0 1 0 5,0A5,5 0 1 0 -5,0Z", "M-4,-4H4V4H-4Z", "M0,-6L6,0L0,6L-6,0Z", "M0,-5L5,4H-5Z"];
  make(parent, "path", { class: `chart-dot chart-colour-${kind % COLOURS}`, d: forms[kind % forms.length], transform: `translate(${x.toFixed(1)},${y.toFixed(1)})` });
}

function rowHeight(chart, narrow) {
  return Math.max(30, 13 * chart.series.length + 8) + (narrow ? 20 : 0);
}

function drawDots(svg, chart, width, height) {
  const points = chart.rows.flatMap((row) => row.points.filter((p) => p && Number.isFinite(p.value)));
  if (!points.length) return null;
  const reference = chart.reference ? [chart.reference.value] : [];
  const ends = [...points.flatMap((p) => [p.value, p.low ?? p.value, p.high ?? p.value]), ...reference];
  const range = chart.format === "percent" ? widen(ends, false).map((v) => Math.max(0, Math.min(1, v))) : widen(ends, false);
  const narrow = width < NARROW;
  const names = narrow ? 0 : Math.min(220, width * 0.42);
  const box = { left: names + 8, right: width - 24, top: 6, bottom: height - 24 };
  const x = (v) => box.left + ((v - range[0]) / (range[1] - range[0] || 1)) * (box.right - box.left);
  for (const v of ticks(range[0], range[1], Math.max(2, Math.floor((box.right - box.left) / 80)))) {
    make(svg, "line", { class: "chart-grid", x1: x(v), x2: x(v), y1: box.top, y2: box.bottom });
    make(svg, "text", { class: "chart-tick", x: x(v), y: box.bottom + 15, "text-anchor": "middle" }, tickText(v, chart));
  }
  if (chart.reference) make(svg, "line", { class: "chart-reference", x1: x(chart.reference.value), x2: x(chart.reference.value), y1: box.top, y2: box.bottom });
  const row = (box.bottom - box.top) / chart.rows.length;
  const letters = Math.floor(((narrow ? width : names) - 8) / 7.5);
  chart.rows.forEach((each, i) => {
    const from = box.top + row * i + (narrow ? 20 : 0);
    const middle = from + (row - (narrow ? 20 : 0)) / 2;
    const said = each.note ? `${each.name} (${each.note})` : each.name;
    const short = said.length > letters ? `${said.slice(0, letters - 1)}…` : said;
    const place = narrow ? { x: 0, y: from - 6 } : { x: names, y: middle + 4, "text-anchor": "end" };
    make(make(svg, "text", { class: "chart-name", ...place }, short), "title", {}, said);
    each.points.forEach((point, j) => {
      if (!point || !Number.isFinite(point.value)) return;
      const y = middle + (j - (each.points.length - 1) / 2) * 13;
      if (Number.isFinite(point.low) && Number.isFinite(point.high)) {
        make(svg, "path", { class: "chart-interval", d: `M${x(point.low)},${y}H${x(point.high)}M${x(point.low)},${y - 4}V${y + 4}M${x(point.high)},${y - 4}V${y + 4}` });
      }
      drawMark(svg, j, x(point.value), y);
    });
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

const DRAW = { line: drawLine, stack: drawStack, bars: drawBars, dots: drawDots, histogram: drawHistogram };

/* The matrix is a table of its own: colour and number in each cell, arrow keys from cell to cell */

function drawMatrix(stage, chart, readout, words) {
  const size = chart.names.length;
  if (!size || !chart.cells.length) return null;
  const known = new Map();
  for (const [row, column, value, note] of chart.cells) {
    known.set(row * size + column, { value, note });
    known.set(column * size + row, { value, note });
  }
  const scroller = make(stage, "div", { class: "chart-matrix" });
  const table = make(scroller, "table", { role: "grid", "aria-label": chart.title || words.table });
  const top = make(make(table, "thead"), "tr", { role: "row" });
  make(top, "td", { role: "gridcell" });
  chart.names.forEach((name, i) => make(top, "th", { scope: "col", role: "columnheader", title: name, "aria-label": name }, String(i + 1)));
  const body = make(table, "tbody");
  const cells = chart.names.map((name, row) => {
    const line = make(body, "tr", { role: "row" });
    const head = make(line, "th", { scope: "row", role: "rowheader", title: name });
    make(head, "span", { class: "chart-number" }, String(row + 1));
    make(head, "span", { class: "chart-row-name" }, name);
    return chart.names.map((other, column) => drawCell(line, chart, known.get(row * size + column), row, column));
  });
  walkCells(cells, (row, column) => {
    const cell = known.get(row * size + column);
    if (cell) readout.textContent = `${chart.names[row]} × ${chart.names[column]}: ${format(cell.value, chart.format)} · ${cell.note || ""}`;
  });
  return {};
}

function drawCell(line, chart, cell, row, column) {
  if (!cell) {
    const mark = row === column ? "" : "·";
    return make(line, "td", { class: "chart-cell chart-no-cell", role: "gridcell", tabindex: -1 }, mark);
  }
  const step = cell.value === null ? "none" : chart.steps.filter((from) => cell.value >= from).length;
  const node = make(line, "td", { class: `chart-cell chart-heat-${step}`, role: "gridcell" });
  const text = chart.format === "percent" ? String(Math.round(100 * cell.value)) : cell.value === null ? "–" : cell.value.toFixed(2);
  if (!chart.link) {
    node.textContent = text;
    node.tabIndex = -1;
    return node;
  }
  const address = chart.link.replace("ROW", encodeURIComponent(chart.keys[row])).replace("COLUMN", encodeURIComponent(chart.keys[column]));
  const name = `${chart.names[row]} × ${chart.names[column]}: ${text}`;
  return make(node, "a", { href: address, tabindex: -1, "aria-label": name }, text);
}

/* One stop for Tab, and arrows inside (the grid pattern of the ARIA practices). */
function walkCells(cells, tell) {
  const last = cells.length - 1;
  const first = last > 0 ? cells[0][1] : cells[0][0];
  first.tabIndex = 0;
  cells.forEach((line, row) => line.forEach((node, column) => {
    node.addEventListener("pointerenter", () => tell(row, column));
    node.addEventListener("focus", () => {
      cells.flat().forEach((other) => { if (other.tabIndex === 0) other.tabIndex = -1; });
      node.tabIndex = 0;
      tell(row, column);
    });
    node.addEventListener("keydown", (event) => {
      const moves = {
        ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], ArrowUp: [row - 1, column],
        ArrowDown: [row + 1, column], Home: [row, 0], End: [row, last],
      };
      if (!(event.key in moves)) return;
      event.preventDefault();
      const [r, c] = moves[event.key].map((n) => Math.max(0, Math.min(last, n)));
      cells[r][c].focus();
    });
  }));
}

/* The table under a chart */

function tableRows(chart, words) {
  if (chart.type === "matrix") {
    return [[words.name, words.name, chart.y_label || "", chart.note_label || ""], ...chart.cells.map(([row, column, value, note]) => [chart.names[row], chart.names[column], format(value, chart.format), note || ""])];
  }
  if (chart.type === "bars") {
    return [[words.name, chart.y_label || "", words.low, words.high], ...[...chart.bars, ...(chart.reference ? [chart.reference] : [])].map((b) => [b.name, format(b.value, chart.format), format(b.low, chart.format), format(b.high, chart.format)])];
  }
  if (chart.type === "dots") {
    const bounded = chart.series.map((_name, j) => chart.rows.some((row) => Number.isFinite(row.points[j]?.low)));
    const columns = bounded.flatMap((both, j) => (both ? ["value", "low", "high"] : ["value"]).map((key) => [j, key]));
    const noted = (note) => (chart.note_label ? [note] : []);
    return [
      [words.name, ...columns.map(([j, key]) => (key === "value" ? chart.series[j] : words[key])), ...noted(chart.note_label)],
      ...chart.rows.map((row) => [row.name, ...columns.map(([j, key]) => format(row.points[j]?.[key], chart.format)), ...noted(row.note || "")]),
    ];
  }
  if (chart.type === "histogram") {
    return [[chart.x_label || "", ...chart.series.map((s) => s.name)], ...chart.edges.slice(0, -1).map((e, i) => [`${format(e)} – ${format(chart.edges[i + 1])}`, ...chart.series.map((s) => format(s.counts[i]))])];
  }
  const maps = lines(chart).map((s) => new Map(s.points));
  const xs = [...new Set(chart.series.flatMap((s) => s.points.map((p) => p[0])))].sort((a, b) => a - b);
  return [[chart.x_label || "x", ...lines(chart).map((s) => s.name)], ...xs.map((v) => [xText(chart, v), ...maps.map((m) => format(m.get(v), chart.format))])];
}

function fillTable(table, chart, words) {
  table.replaceChildren();
  const [head, ...rows] = tableRows(chart, words);
  const top = make(make(table, "thead"), "tr");
  head.forEach((cell) => make(top, "th", { scope: "col" }, cell));
  const body = make(table, "tbody");
  rows.forEach((row) => {
    const line = make(body, "tr");
    row.forEach((cell, i) => make(line, i ? "td" : "th", i ? {} : { scope: "row" }, cell));
  });
  if (chart.type !== "bars") return;
  chart.bars.forEach((bar, i) => {
    if (!bar.link) return;
    const head = body.rows[i].cells[0];
    head.replaceChildren();
    make(head, "a", { href: bar.link }, bar.name);
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
    this.details.addEventListener("toggle", () => this.details.open && this.chart && fillTable(this.table, this.chart, this.words));
    new ResizeObserver(() => this.draw()).observe(this.stage);
  }

  show(chart) {
    if (JSON.stringify(chart) === JSON.stringify(this.chart)) return;
    this.chart = { type: this.node.dataset.chart, ...chart };
    if (!this.given) this.title.textContent = chart.title || "";
    this.width = null;
    this.draw();
    if (this.details.open) fillTable(this.table, this.chart, this.words);
  }

  draw() {
    const width = Math.floor(this.stage.clientWidth);
    if (!this.chart || !width || width === this.width) return;
    this.width = width;
    const bars = this.chart.type === "bars";
    const narrow = width < NARROW;
    const linked = bars && this.chart.bars.some((bar) => bar.link);
    const dots = this.chart.type === "dots";
    const height = dots ? 30 + rowHeight(this.chart, narrow) * this.chart.rows.length : bars ? 16 + (narrow ? 48 : linked ? 44 : 32) * this.chart.bars.length : narrow ? 210 : 250;
    this.stage.replaceChildren();
    this.legend.replaceChildren();
    if (this.chart.type === "matrix") {
      this.drawTable();
      return;
    }
    // A picture has no parts for a screen reader; one with links has, and each is a stop of its own.
    const role = linked ? { role: "group" } : { role: "img", tabindex: 0 };
    const svg = make(this.stage, "svg", { class: "chart-svg", width, height, viewBox: `0 0 ${width} ${height}`, ...role, "aria-label": this.chart.title || this.title.textContent });
    const drawn = DRAW[this.chart.type](svg, this.chart, width, height);
    if (drawn === null) {
      this.stage.replaceChildren();
      make(this.stage, "p", { class: "chart-empty" }, this.words.empty);
      return;
    }
    const named = bars || dots ? [] : this.chart.series;
    if (dots && this.chart.series.length > 1) this.chart.series.forEach((name, j) => {
      const item = make(this.legend, "li");
      drawMark(make(item, "svg", { class: "chart-key", width: 14, height: 14, "aria-hidden": "true" }), j, 7, 7);
      make(item, "span", {}, name);
    });
    if (named.length > 1 || named.some((s) => s.average)) named.forEach((s, i) => {
      const item = make(this.legend, "li");
      const key = make(item, "svg", { class: "chart-key", width: 22, height: 10, "aria-hidden": "true" });
      if (s.loose) drawMark(key, i, 11, 5);
      else if (this.chart.type === "line") make(key, "line", { class: `chart-line chart-colour-${i % COLOURS}`, x1: 1, x2: 21, y1: 5, y2: 5 });
      else make(key, "rect", { class: `chart-bar chart-colour-${i % COLOURS}`, x: 4, y: 0, width: 14, height: 10 });
      make(item, "span", {}, s.average ? s.average.name : s.name);
    });
    if ((bars || dots) && this.chart.reference) {
      const item = make(this.legend, "li");
      const key = make(item, "svg", { class: "chart-key", width: 22, height: 10, "aria-hidden": "true" });
      make(key, "line", { class: "chart-reference", x1: 1, x2: 21, y1: 5, y2: 5 });
      make(item, "span", {}, `${this.chart.reference.name} ${format(this.chart.reference.value, this.chart.format)}`);
    }
    if (drawn.stops.length) this.follow(svg, drawn);
    else this.readout.hidden = true;
  }

  drawTable() {
    const chart = this.chart;
    if (drawMatrix(this.stage, chart, this.readout, this.words) === null) {
      make(this.stage, "p", { class: "chart-empty" }, this.words.empty);
      return;
    }
    const bounds = chart.steps.map((step) => format(step, chart.format));
    [...bounds, null].forEach((_bound, i) => {
      const item = make(this.legend, "li");
      make(item, "span", { class: `chart-swatch chart-heat-${i}`, "aria-hidden": "true" });
      const words = i === 0 ? `< ${bounds[0]}` : i === bounds.length ? `≥ ${bounds.at(-1)}` : `${bounds[i - 1]} – ${bounds[i]}`;
      make(item, "span", {}, words);
    });
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

function groupOf(node, chart, groups = []) {
  const group = groups.find((each) => each.id === chart.group);
  if (!group) return node;
  const there = [...node.children].find((child) => child.dataset.group === group.id);
  if (there) return there.lastElementChild;
  const fold = make(node, "details", { class: "chart-group", "data-group": group.id });
  make(fold, "summary", {}, group.title);
  return make(fold, "div", { class: "charts" });
}

function showAnswer(node, figures, answer, words) {
  if (!node.hasAttribute("data-chart-set")) {
    if (!figures.has("")) figures.set("", new Figure(node, words));
    figures.get("").show(answer);
    return;
  }
  node.querySelector(":scope > .chart-empty")?.remove();
  for (const chart of answer.charts) {
    if (!figures.has(chart.id)) figures.set(chart.id, new Figure(make(groupOf(node, chart, answer.groups), "figure", { "data-chart": chart.type }), words));
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
