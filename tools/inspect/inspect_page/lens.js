// Layer by layer: the logit lens, the residual stream's norm, and how sure the model is.
'use strict';

const stageName = (stage) =>
  stage === 0 ? 'embedding' : stage === L ? `layer ${L}: the output` : `layer ${stage}`;

function lensCell(token, stage) {
  const {lens, taken} = positionOf(token).stages[stage];
  return element('td', {class: lens[0].id === taken.id ? 'cell taken' : 'cell',
                        'data-token': token, 'data-stage': stage,
                        '--p': lens[0].probability}, tokenSpan(lens[0].id));
}

function buildLens() {
  const all = Array.from({length: T}, (_, i) => i + 1);
  const head = (name, id, attributes) => element(
    'tr', attributes, element('th', {scope: 'row'}, name),
    ...all.map((token) => element('th', {'data-token': token}, tokenSpan(id(token)))));
  const rows = Array.from({length: L + 1}, (_, stage) => element(
    'tr', {}, element('th', {scope: 'row'}, stageName(stage)),
    ...all.map((token) => lensCell(token, stage))));
  const table = document.getElementById('lens');
  table.append(
    element('thead', {}, head('after', (token) => tokens[token - 1].id, {class: 'after'})),
    element('tbody', {}, ...rows),
    element('tfoot', {}, head('came', (token) => tokens[token].id, {class: 'came'})));
  table.addEventListener('click', (event) => {
    const cell = event.target.closest('[data-token]');
    if (cell) select({token: Number(cell.dataset.token)});
  });
  table.addEventListener('pointermove', (event) => {
    const cell = event.target.closest('td');
    if (cell) showTip(event, lensTip(Number(cell.dataset.token), Number(cell.dataset.stage)));
    else hideTip();
  });
  table.addEventListener('pointerleave', hideTip);
}

function lensTip(token, stage) {
  const {lens, taken, taken_rank: rank} = positionOf(token).stages[stage];
  const line = ({id, probability}) => element(
    'tr', {class: id === taken.id ? 'taken' : ''}, element('td', {}, tokenSpan(id)),
    element('td', {class: 'number'}, percent(probability)));
  const lines = lens.map(line);
  if (rank > lens.length) lines.push(line(taken));
  return [element('div', {}, `${stageName(stage)}, after `, tokenSpan(tokens[token - 1].id)),
          element('table', {}, ...lines),
          element('div', {}, 'what came has rank ', String(rank))];
}

function renderLens(token) {
  const table = document.getElementById('lens');
  for (const cell of table.querySelectorAll('.selected')) cell.classList.remove('selected');
  const column = table.querySelectorAll(`[data-token="${token}"]`);
  for (const cell of column) cell.classList.add('selected');
  const frame = table.parentElement;
  const left = column[0].offsetLeft - frame.clientWidth / 2;
  frame.scrollTo({left});
}

// ------------------------------------------------------------------ the charts

const kChart = {width: 380, height: 128, left: 40, right: 14, top: 16, bottom: 20};

// A frame with the stages below and `ticks` at the left; y(1) is its top.
function chartFrame(label, ticks) {
  const {width, height, left, right, top, bottom} = kChart;
  const x = (stage) => left + ((width - left - right) * stage) / L;
  const y = (part) => height - bottom - (height - top - bottom) * part;
  const chart = svg('svg', {viewBox: `0 0 ${width} ${height}`, role: 'img',
                            'aria-label': label});
  for (const {part, text} of ticks) {
    chart.append(svg('line', {class: 'grid', x1: left, x2: width - right, y1: y(part),
                              y2: y(part)}),
                 svg('text', {class: 'tick', x: left - 6, y: y(part) + 4,
                              'text-anchor': 'end'}, text));
  }
  const step = Math.ceil(L / 12);
  for (let stage = 0; stage <= L; stage += step) {
    chart.append(svg('text', {class: 'tick', x: x(stage), y: height - 5,
                              'text-anchor': 'middle'}, stage === 0 ? 'emb' : String(stage)));
  }
  return {chart, x, y};
}

const polyline = (points, name) =>
  svg('polyline', {class: name, points: points.map(([x, y]) => `${x},${y}`).join(' ')});

// A round number at or above x, with one digit.
function roundUp(x) {
  const unit = 10 ** Math.floor(Math.log10(x));
  return unit * [1, 2, 3, 4, 5, 6, 8, 10].find((digit) => x <= digit * unit * 1.0001);
}

const kMostNorm = roundUp(Math.max(1e-9, ...positions.flatMap(
  ({stages}) => stages.map((stage) => stage.norm))));

function renderNorms(token) {
  const ticks = [0, 0.5, 1].map((part) => ({part, text: setting(part * kMostNorm)}));
  const {chart, x, y} = chartFrame('norm of the residual stream after each layer', ticks);
  const height = (value) => y(value / kMostNorm);
  for (const {stages} of positions) {
    chart.append(polyline(stages.map(({norm}, s) => [x(s), height(norm)]), 'other'));
  }
  const {stages} = positionOf(token);
  const width = Math.min(8, 90 / L);
  stages.forEach((stage, s) => {
    if (s === 0) return;
    const bar = (value, name, offset) => chart.append(
      svg('rect', {class: name, x: x(s) + offset, y: height(value), width,
                   height: y(0) - height(value)}));
    bar(stage.attention_norm, 'attention', -width - 0.5);
    bar(stage.feed_forward_norm, 'feed-forward', 0.5);
  });
  chart.append(polyline(stages.map(({norm}, s) => [x(s), height(norm)]), 'this'));
  document.getElementById('norms').replaceChildren(chart);
}

function renderCertainty(token) {
  const {stages} = positionOf(token);
  const most = Math.min(1, roundUp(Math.max(
    0.01, ...stages.map((stage) => stage.taken.probability))));
  const ticks = [0, 0.5, 1].map((part) => ({part, text: `${setting(100 * part * most)}%`}));
  const {chart, x, y} = chartFrame('probability of what came, after each layer', ticks);
  const at = (stage, s) => [x(s), y(stage.taken.probability / most)];
  chart.append(polyline(stages.map(at), 'came'));
  stages.forEach((stage, s) => {
    const [cx, cy] = at(stage, s);
    chart.append(svg('circle', {class: 'came', cx, cy, r: 3.5}));
    if (s > 0 && L <= 12) {
      chart.append(svg('text', {class: 'value', x: cx, y: cy - 8, 'text-anchor': 'middle'},
                       `#${stage.taken_rank}`));
    }
  });
  document.getElementById('certainty').replaceChildren(chart);
}
