// The page: the text, what is selected in it, and what follows from that.
'use strict';

const state = {token: Math.min(Math.max(1, report.prompt_tokens), T), layer: 0, head: 0};

// ------------------------------------------------------------------ the text

function chip(token) {
  const {id} = tokens[token];
  const parts = tokenParts(id);
  const spaced = parts.length > 1 && pieces.get(id).text.startsWith(' ');
  const p = token > 0 ? positionOf(token).taken.probability : 1;
  return element(
    'button', {type: 'button', tabindex: -1, 'data-token': token, disabled: token === 0,
               class: ['chip', fromPrompt(token) && 'prompt', spaced && 'spaced']
                       .filter(Boolean).join(' '),
               '--surprise': Math.min(1, surprise(p) / 8),
               onclick: () => select({token})},
    tokenSpan(id, spaced ? parts.slice(1) : parts), element('span', {class: 'look'}));
}

function buildText() {
  const text = document.getElementById('text');
  tokens.forEach(({id}, token) => {
    text.append(chip(token));
    if (pieces.get(id).text.endsWith('\n') && pieces.get(id).kind === 'TEXT') {
      text.append(element('br'));
    }
  });
}

function renderText({token, layer, head}) {
  const row = attentionRow(layer, head, token - 1);
  for (const button of document.querySelectorAll('#text .chip')) {
    const at = Number(button.dataset.token);
    button.classList.toggle('selected', at === token);
    button.classList.toggle('from', at === token - 1);
    button.setAttribute('aria-pressed', at === token);
    button.tabIndex = at === token ? 0 : -1;
    button.style.setProperty('--weight', at < row.length ? row[at] : 0);
  }
}

function renderAbout(token) {
  const {id} = tokens[token];
  const {taken, taken_rank: rank, entropy} = positionOf(token);
  document.getElementById('about').replaceChildren(
    tokenSpan(id),
    ` is token ${token}, id ${id}, bytes ${bytesText(id)}. After `,
    tokenSpan(tokens[token - 1].id),
    ` the model gives it ${percent(taken.probability)}, rank ${rank}: ` +
    `${fixed(surprise(taken.probability), 1)} bits of surprise, where ` +
    `${fixed(entropy, 1)} were to be expected.`);
}

// ------------------------------------------------------------------ the tip

function showTip(event, content) {
  const tip = document.getElementById('tip');
  tip.replaceChildren(...content);
  tip.hidden = false;
  const x = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
  const below = event.clientY + 18;
  const y = below + tip.offsetHeight < innerHeight ? below
                                                   : event.clientY - tip.offsetHeight - 12;
  tip.style.left = `${Math.max(8, x)}px`;
  tip.style.top = `${Math.max(8, y)}px`;
}

function hideTip() {
  document.getElementById('tip').hidden = true;
}

// ------------------------------------------------------------------ the selection

const clamp = (x, low, high) => Math.min(Math.max(Math.trunc(x) || 0, low), high);

// Changes what is selected, as far as that exists, and shows it.
function select(change) {
  const wanted = {...state, ...change};
  state.token = clamp(wanted.token, 1, T);
  state.layer = clamp(wanted.layer, 0, L - 1);
  state.head = clamp(wanted.head, 0, H - 1);
  renderText(state);
  renderAbout(state.token);
  renderGuesses(state.token);
  renderChoice(state.token);
  renderLens(state.token);
  renderNorms(state.token);
  renderCertainty(state.token);
  renderThumbnails(state);
  drawMap(state);
  renderLooks(state);
}

// A link may say what is selected: #token=12&layer=3&head=5, counted from 1.
function selectFromLink() {
  const link = new URLSearchParams(location.hash.slice(1));
  const number = (name, fallback) => (link.has(name) ? Number(link.get(name)) : fallback);
  select({token: number('token', state.token), layer: number('layer', state.layer + 1) - 1,
          head: number('head', state.head + 1) - 1});
}

function onKey(event) {
  const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  select({token: state.token + step});
  const chips = document.getElementById('text');
  if (chips.contains(document.activeElement)) chips.querySelector('.selected').focus();
}

function redraw() {
  drawThumbnails();
  drawMap(state);
}

document.getElementById('checks').textContent = checkReport();
buildText();
buildLens();
buildThumbnails();
buildMap();
drawThumbnails();
selectFromLink();
addEventListener('hashchange', selectFromLink);
addEventListener('keydown', onKey);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
document.body.dataset.ready = 'true';
