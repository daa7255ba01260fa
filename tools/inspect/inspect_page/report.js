// The report: decoded, checked, and how its tokens and numbers are written.
'use strict';

// What goes wrong is said on the page, too.
function showFault(message) {
  const fault = document.getElementById('fault');
  fault.textContent += `${message}\n`;
  fault.hidden = false;
}
addEventListener('error', (event) => showFault(event.message));

const report = JSON.parse(document.getElementById('report').textContent);
const positions = report.positions;
const tokens = report.tokens;
const T = positions.length;
const L = report.model.layers;
const H = report.model.heads;
const pieces = new Map(report.pieces.map((piece) => [piece.id, piece]));

// Position t read token t and foretold token t + 1. Here a token is looked at with the
// position that foretold it.
const positionOf = (token) => positions[token - 1];
const fromPrompt = (token) => token < report.prompt_tokens;

// ------------------------------------------------------------------ attention

// Row q of a map has q + 1 weights and begins at q (q + 1) / 2.
const rowStart = (q) => (q * (q + 1)) / 2;

function decodeWeights(base64) {
  const text = atob(base64);
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({length: bytes.length >> 2}, (_, i) => view.getFloat32(4 * i, true));
}

const maps = report.attention.map((map) => decodeWeights(map.weights));
const mapOf = (layer, head) => maps[layer * H + head];
const attentionRow = (layer, head, q) =>
  mapOf(layer, head).subarray(rowStart(q), rowStart(q + 1));

// ------------------------------------------------------------------ the check

function check(holds, what) {
  if (!holds) throw new Error(`the report contradicts itself: ${what}`);
}

// The largest difference of a row's sum from 1.
function checkAttention() {
  check(maps.length === L * H, 'the number of attention maps');
  let worst = 0;
  for (const map of maps) {
    check(map.length === rowStart(T), 'the size of an attention map');
    for (let q = 0; q < T; ++q) {
      const sum = map.subarray(rowStart(q), rowStart(q + 1)).reduce((a, b) => a + b, 0);
      worst = Math.max(worst, Math.abs(sum - 1));
      check(worst < 1e-5, `attention of position ${q} sums to ${sum}`);
    }
  }
  return worst;
}

// The last stage of the lens is what the model says.
function checkLens() {
  for (const {stages, next, taken} of positions) {
    check(stages.length === L + 1, 'the number of stages');
    const last = stages[L];
    last.lens.forEach((guess, i) => {
      check(guess.id === next[i].id && guess.probability === next[i].probability,
            'the last layer of the lens');
    });
    check(last.taken.probability === taken.probability, 'the probability of what came');
  }
}

// The coin falls on the token that came; at temperature 1 and without a penalty the
// probabilities of the sampler are the model's. Returns the number of choices.
function checkChoices() {
  const same = report.sampling.temperature === 1 && report.sampling.repetition_penalty === 1;
  let count = 0;
  positions.forEach(({choice, next, taken}) => {
    if (!choice) return;
    ++count;
    if (choice.greedy) return;
    const {before, stretch} = landing(choice, taken.id);
    check(choice.target >= before - 1e-5 &&
          choice.target <= before + stretch.probability + 1e-5, 'where the coin falls');
    if (!same) return;
    next.forEach((guess, i) => {
      check(choice.candidates[i].probability === guess.probability,
            'the probabilities of the sampler');
    });
  });
  return count;
}

// The stretch of token `id` in the coin's walk, and what lies before it.
function landing(choice, id) {
  let before = 0;
  for (const stretch of choice.walk) {
    if (stretch.id === id) return {before, stretch};
    before += stretch.probability;
  }
  throw new Error('the report contradicts itself: the coin falls on no token');
}

function checkReport() {
  check(tokens.length === T + 1, 'the number of tokens');
  const worst = checkAttention();
  checkLens();
  const choices = checkChoices();
  return `Checked as this page opened: ${maps.length * T} rows of attention, each of which ` +
         `sums to 1 within ${worst.toExponential(1)}; the last row of the lens, which is the ` +
         `model's answer at all ${T} positions; ${choices} choices, in which the coin falls ` +
         'on the token that came.';
}

// ------------------------------------------------------------------ writing

function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('--')) node.style.setProperty(name, value);
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children);
  return node;
}

function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const kSpecial = {1: 'BOS', 2: 'EOS'};
const kVisible = {' ': '·', '\n': '↵', '\t': '⇥', '\r': '␍'};
const kLongest = 24;

// A token as [text, whether that stands for something else] pairs. Characters that cannot be
// seen, or that turn the direction of what follows, are written as their numbers.
function tokenParts(id) {
  const piece = pieces.get(id);
  if (piece.kind === 'CONTROL') return [[kSpecial[id] ?? piece.text.trim(), true]];
  if (piece.kind === 'UNKNOWN') return [['unknown', true]];
  if (piece.kind === 'BYTE') return [[piece.text.slice(1, -1), true]];
  const characters = Array.from(piece.text);
  const parts = characters.slice(0, kLongest).map((c) => {
    if (kVisible[c]) return [kVisible[c], true];
    if (!/[\p{C}\p{Z}]/u.test(c)) return [c, false];
    return [`U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}`, true];
  });
  if (characters.length > kLongest) parts.push(['…', true]);
  return parts;
}

const tokenText = (id) => tokenParts(id).map(([text]) => text).join('');

function tokenSpan(id, parts = tokenParts(id)) {
  const span = element('span', {class: 'token'});
  for (const [text, instead] of parts) {
    span.append(instead ? element('span', {class: 'instead'}, text) : text);
  }
  return span;
}

function bytesText(id) {
  const bytes = Array.from(atob(pieces.get(id).bytes), (c) => c.charCodeAt(0));
  const shown = bytes.slice(0, kLongest).map((b) => b.toString(16).padStart(2, '0')).join(' ');
  return bytes.length > kLongest ? `${shown} …` : shown;
}

function percent(p) {
  if (p === 0) return '0%';
  if (p < 0.0001) return '<0.01%';
  return `${(100 * p).toFixed(p < 0.01 ? 2 : 1)}%`;
}

const fixed = (x, digits = 2) => Number(x).toFixed(digits).replace('-', '−');
const setting = (x) => String(Number(x.toPrecision(6)));
const surprise = (p) => (p > 0 ? -Math.log2(p) : 99);
