// Where each head looks.
'use strict';

const kThumbnail = 64;
const kLabels = 76;  // pixels for the tokens beside the large map

// The scheme's colour as [r, g, b].
function colour(name) {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return [1, 3, 5].map((i) => parseInt(value.slice(i, i + 2), 16));
}

// The shade of a weight is its square root, so that small ones can be seen.
const shade = (weight) => Math.round(255 * Math.sqrt(weight));

// A map as an image of n x n pixels; where it has more rows, the largest weight counts.
function mapImage(map, n) {
  const [r, g, b] = colour('--accent');
  const image = new ImageData(n, n);
  for (let q = 0; q < T; ++q) {
    const y = Math.floor((q * n) / T);
    for (let k = 0; k <= q; ++k) {
      const at = 4 * (y * n + Math.floor((k * n) / T));
      image.data.set([r, g, b, Math.max(image.data[at + 3], shade(map[rowStart(q) + k]))], at);
    }
  }
  return image;
}

// ------------------------------------------------------------------ thumbnails

function drawThumbnails() {
  const n = Math.min(T, kThumbnail);
  for (const canvas of document.querySelectorAll('#heads canvas')) {
    canvas.width = canvas.height = n;
    const map = mapOf(Number(canvas.dataset.layer), Number(canvas.dataset.head));
    canvas.getContext('2d').putImageData(mapImage(map, n), 0, 0);
  }
}

function buildThumbnails() {
  const grid = document.getElementById('heads');
  grid.style.setProperty('--heads', H);
  for (let layer = 0; layer < L; ++layer) {
    grid.append(element('span', {class: 'layer'}, String(layer + 1)));
    for (let head = 0; head < H; ++head) {
      grid.append(element(
        'button', {type: 'button', class: 'thumbnail', tabindex: -1,
                   'data-layer': layer, 'data-head': head,
                   'aria-label': `layer ${layer + 1}, head ${head + 1}`,
                   onclick: () => select({layer, head})},
        element('canvas', {'data-layer': layer, 'data-head': head})));
    }
  }
  grid.addEventListener('keydown', (event) => {
    const [down, right] = {ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1],
                           ArrowLeft: [0, -1]}[event.key] ?? [0, 0];
    if (!down && !right) return;
    event.preventDefault();
    event.stopPropagation();
    select({layer: state.layer + down, head: state.head + right});
    grid.querySelector('.selected').focus();
  });
}

function renderThumbnails({layer, head}) {
  for (const button of document.querySelectorAll('#heads button')) {
    const selected = button.dataset.layer === String(layer) &&
                     button.dataset.head === String(head);
    button.classList.toggle('selected', selected);
    button.setAttribute('aria-pressed', selected);
    button.tabIndex = selected ? 0 : -1;
  }
}

// ------------------------------------------------------------------ the large map

// The size of a cell, in pixels of the page.
const kCell = Math.max(2, Math.min(22, Math.floor(500 / T)));

// The token at row or column i of the map, cut to what there is room for.
function mapLabel(context, i) {
  let text = tokenText(tokens[i].id);
  while (context.measureText(text).width > kLabels - 10 && text.length > 1) {
    text = `${Array.from(text).slice(0, -2).join('')}…`;
  }
  return text;
}

function drawMap({token, layer, head}) {
  const canvas = document.getElementById('map');
  const side = kLabels + kCell * T;
  const scale = Math.max(1, devicePixelRatio);
  canvas.width = canvas.height = side * scale;
  canvas.style.width = `${side}px`;
  const context = canvas.getContext('2d');
  context.scale(scale, scale);
  const small = new OffscreenCanvas(T, T);
  small.getContext('2d').putImageData(mapImage(mapOf(layer, head), T), 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, kLabels, kLabels, kCell * T, kCell * T);
  drawMapLabels(context, token - 1);
  context.strokeStyle = `rgb(${colour('--came')})`;
  context.lineWidth = 1.5;
  context.strokeRect(kLabels - 0.5, kLabels + kCell * (token - 1) - 0.5, kCell * token + 1,
                     kCell + 1);
}

function drawMapLabels(context, selected) {
  const every = Math.ceil(9 / kCell);
  const size = Math.min(11, Math.max(9, kCell - 1));
  context.font = `${size}px ui-monospace, "DejaVu Sans Mono", monospace`;
  context.textBaseline = 'middle';
  for (let i = 0; i < T; i += every) {
    context.fillStyle = `rgb(${colour(i === selected ? '--came' : '--soft')})`;
    const text = mapLabel(context, i);
    const middle = kLabels + kCell * (i + 0.5);
    context.textAlign = 'right';
    context.fillText(text, kLabels - 5, middle);
    context.save();
    context.translate(middle, kLabels - 5);
    context.rotate(-Math.PI / 2);
    context.textAlign = 'left';
    context.fillText(text, 0, 0);
    context.restore();
  }
}

// The row and the column under the pointer, or null.
function mapCell(event) {
  const canvas = document.getElementById('map');
  const box = canvas.getBoundingClientRect();
  const unit = box.width / (kLabels + kCell * T);
  const k = Math.floor(((event.clientX - box.left) / unit - kLabels) / kCell);
  const q = Math.floor(((event.clientY - box.top) / unit - kLabels) / kCell);
  return k >= 0 && q >= 0 && q < T && k <= q ? {q, k} : null;
}

function buildMap() {
  const canvas = document.getElementById('map');
  canvas.addEventListener('pointermove', (event) => {
    const cell = mapCell(event);
    if (!cell) return hideTip();
    const weight = attentionRow(state.layer, state.head, cell.q)[cell.k];
    showTip(event, [element('div', {}, tokenSpan(tokens[cell.q].id), ' looks at ',
                            tokenSpan(tokens[cell.k].id)),
                    element('strong', {}, fixed(weight, 4))]);
  });
  canvas.addEventListener('pointerleave', hideTip);
  canvas.addEventListener('click', (event) => {
    const cell = mapCell(event);
    if (cell) select({token: cell.q + 1});
  });
}

// The same in words, for the selected row.
function renderLooks({token, layer, head}) {
  const row = attentionRow(layer, head, token - 1);
  const weights = Array.from(row, (weight, k) => ({weight, k}));
  weights.sort((a, b) => b.weight - a.weight);
  const rows = weights.slice(0, 6).map(({weight, k}) => element(
    'li', {class: 'guess'}, element('span', {class: 'rank'}, String(k)),
    tokenSpan(tokens[k].id), element('span', {class: 'bar', '--part': weight}),
    element('span', {class: 'share'}, fixed(weight, 3))));
  document.getElementById('looks-title').replaceChildren(
    `Layer ${layer + 1}, head ${head + 1}: `, tokenSpan(tokens[token - 1].id), ' looks at');
  document.getElementById('looks').replaceChildren(...rows);
}
