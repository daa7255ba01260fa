// What could have come, and how the choice was made.
'use strict';

// The ten likeliest tokens by the model itself, and the one that came.
function renderGuesses(token) {
  const {next, taken, taken_rank: rank} = positionOf(token);
  const guesses = next.map((guess, i) => ({...guess, rank: i + 1}));
  if (rank > next.length) guesses.push({...taken, rank});
  const most = Math.max(...guesses.map((guess) => guess.probability));
  const rows = guesses.map(({id, probability, rank: at}) => element(
    'li', {class: id === taken.id ? 'guess taken' : 'guess'},
    element('span', {class: 'rank'}, String(at)),
    tokenSpan(id),
    element('span', {class: 'bar', '--part': probability / most}),
    element('span', {class: 'share'}, percent(probability))));
  document.getElementById('guesses').replaceChildren(...rows);
}

// ------------------------------------------------------------------ the sampler

// The names of what may cut tokens off, with their settings.
function cuts() {
  const {top_k: k, min_p: least, top_p: p} = report.sampling;
  const names = [];
  if (k > 0) names.push(`top-k ${k}`);
  if (least > 0) names.push(`min-p ${setting(least)}`);
  if (p > 0 && p < 1) names.push(`top-p ${setting(p)}`);
  return names;
}

// One column for each step that these settings make.
function choiceColumns(choice) {
  const {temperature, repetition_penalty: penalty} = report.sampling;
  const columns = [['logit', (c) => fixed(c.logit)]];
  if (penalty !== 1) columns.push([`penalty ${setting(penalty)}`, (c) => fixed(c.penalized)]);
  if (choice.greedy) return columns;
  columns.push([`÷ ${setting(temperature)}`, (c) => fixed(c.scaled)]);
  columns.push(['softmax', (c) => percent(c.probability)]);
  columns.push(['chance', (c) => (c.kept ? percent(c.share) : 'cut')]);
  return columns;
}

function choiceTable(choice, taken) {
  const columns = choiceColumns(choice);
  const head = element('tr', {}, element('th', {}, 'token'),
                       ...columns.map(([name]) => element('th', {class: 'number'}, name)));
  const kind = ({id, kept}) => (id === taken ? 'taken' : kept || choice.greedy ? '' : 'cut');
  const rows = choice.candidates.map((candidate) => element(
    'tr', {class: kind(candidate)},
    element('td', {}, tokenSpan(candidate.id)),
    ...columns.map(([, write]) => element('td', {class: 'number'}, write(candidate)))));
  return element('table', {class: 'steps'}, element('thead', {}, head),
                 element('tbody', {}, ...rows));
}

// All that was kept, side by side, and where the coin falls.
function coinStrip(choice, taken) {
  const part = (p) => p / choice.kept_sum;
  const strip = element('div', {class: 'strip', 'aria-hidden': 'true'});
  for (const {id, tokens: count, probability} of choice.walk) {
    const wide = part(probability) > 0.06;
    strip.append(element(
      'span', {class: id === taken ? 'stretch taken' : id === undefined ? 'stretch several'
                                                                        : 'stretch',
               '--part': part(probability),
               title: `${id === undefined ? `${count} tokens` : tokenText(id)}: ` +
                      percent(probability)},
      ...(wide && id !== undefined ? [tokenSpan(id)] : wide ? [`${count} tokens`] : [])));
  }
  strip.append(element('span', {class: 'coin', '--at': part(choice.target)}));
  return strip;
}

function choiceWords(choice, taken) {
  if (choice.greedy) return ['Temperature 0: the token with the largest logit is taken.'];
  const cut = cuts();
  const kept = cut.length === 0
    ? `All ${report.model.vocabulary} tokens stay. `
    : `Of ${report.model.vocabulary} tokens, ${cut.join(' and ')} ` +
      `leave${cut.length === 1 ? 's' : ''} ${choice.kept}, together ` +
      `${percent(choice.kept_sum)}. `;
  const coin = `The coin, ${fixed(choice.coin, 4)} of ${fixed(choice.kept_sum, 4)}, falls at ` +
               `${fixed(choice.target, 4)}, which is `;
  return [kept, coin, tokenSpan(taken), '.'];
}

function renderChoice(token) {
  const {choice, taken} = positionOf(token);
  const at = document.getElementById('choice');
  if (!choice) {
    const words = 'The prompt says what comes here: nothing was chosen.';
    at.replaceChildren(element('p', {}, words));
    return;
  }
  at.replaceChildren(choiceTable(choice, taken.id),
                     ...(choice.greedy ? [] : [coinStrip(choice, taken.id)]),
                     element('p', {class: 'note'}, ...choiceWords(choice, taken.id)));
}
