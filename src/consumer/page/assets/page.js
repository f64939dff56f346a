import { showChanges, submitChange } from './changes.js';
import { copy, showCopyButtons } from './copy.js';
import { isLoading, keepTime, load } from './navigation.js';
import { Stream } from './stream.js';
import { Table } from './table.js';
import { tellAges } from './times.js';

/** @param {string} id */
const byId = (id) => document.getElementById(id);
const status = byId('status');
const table = new Table();
const stream = new Stream({ onMessage, onStale });

const ageStep = 5_000;
const reloadPause = 1_000;
let reloading = false;

start();

function start() {
  prepare();
  stream.open();
  setInterval(() => tellAges(document), ageStep);
  byId('pause')?.removeAttribute('hidden');
  byId('pause')?.addEventListener('click', togglePause);
  byId('theme')?.removeAttribute('hidden');
  byId('theme')?.addEventListener('click', nextTheme);
  showTheme();
  document.addEventListener('click', onClick);
  document.addEventListener('submit', onSubmit);
  document.addEventListener('visibilitychange', () => (document.hidden ? stream.rest() : stream.open()));
  addEventListener('popstate', () => void go(location.href, false));
}

/** What the server has drawn, made usable with the script. */
function prepare() {
  tellAges(document);
  showCopyButtons(document);
  showChanges(document);
}

/**
 * @param {string} event
 * @param {any} data
 */
function onMessage(event, data) {
  if (event === 'status') return showStatus(data);
  if (byId('main')?.dataset['reloads'] === 'yes') {
    if (event === 'rows') void reload();
    return;
  }
  if (event === 'snapshot') table.replace(data.rows);
  if (event === 'rows') {
    const added = table.change(data.rows, data.gone);
    if (added !== undefined) say(`New: ${added}`);
  }
  if ('matched' in data) table.count(data);
}

/** @param {{ isConnected: boolean, parts: Record<string, string> }} data */
function showStatus({ isConnected, parts }) {
  onStale(isConnected ? null : 'Kafka cannot be reached');
  for (const [id, markup] of Object.entries(parts)) {
    const element = byId(id);
    if (element === null) continue;
    element.innerHTML = markup;
    tellAges(element);
  }
}

/**
 * Says since when the page is not up to date; null: it is.
 *
 * @param {string | null} reason
 */
function onStale(reason) {
  const banner = byId('stale');
  if (banner === null) return;
  if (reason === null) {
    banner.hidden = true;
    return;
  }
  if (!banner.hidden) return;
  banner.textContent = `Not up to date since ${new Date().toLocaleTimeString()}: ${reason}.`;
  banner.hidden = false;
}

function togglePause() {
  const button = byId('pause');
  if (button === null) return;
  const isPaused = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', String(isPaused));
  button.textContent = isPaused ? 'Go on' : 'Pause';
  if (isPaused) stream.pause();
  else stream.resume();
  say(isPaused ? 'Paused: nothing changes.' : 'Live again.');
}

function nextTheme() {
  const root = document.documentElement;
  const next = { auto: 'light', light: 'dark', dark: 'auto' }[root.dataset['theme'] ?? 'auto'] ?? 'auto';
  if (next === 'auto') {
    delete root.dataset['theme'];
    localStorage.removeItem('theme');
  } else {
    root.dataset['theme'] = next;
    localStorage.setItem('theme', next);
  }
  showTheme();
}

function showTheme() {
  const shown = byId('theme')?.querySelector('span');
  if (shown) shown.textContent = document.documentElement.dataset['theme'] ?? 'auto';
}

/** @param {MouseEvent} event */
function onClick(event) {
  const button = event.target instanceof Element ? event.target.closest('button[data-copy]') : null;
  if (button instanceof HTMLElement) void copy(button.dataset['copy'] ?? '').then(say);
}

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  if (form.id === 'sign-in') keepToken(form);
  if (form.id === 'filter') {
    event.preventDefault();
    const entries = [...new FormData(form, event.submitter)].map(([name, value]) => [name, String(value)]);
    void go(`/?${new URLSearchParams(entries)}`, true);
  }
  if (form.dataset['command'] !== undefined) {
    event.preventDefault();
    void submitChange(form);
  }
}

/**
 * For changes, which the session alone does not allow. Other tabs ask for it again.
 *
 * @param {HTMLFormElement} form
 */
function keepToken(form) {
  sessionStorage.setItem('token', String(new FormData(form).get('token')).trim());
}

/**
 * @param {string} url
 * @param {boolean} isNew
 */
async function go(url, isNew) {
  const outcome = await load(url);
  if (outcome === 'failed') location.href = url;
  if (outcome !== 'shown') return;
  if (isNew) history.pushState(null, '', url);
  prepare();
  stream.open();
  say(byId('counts')?.textContent ?? '');
}

/** At most once a second; what changes meanwhile is in the next one. Where somebody goes to another page it stands back. */
async function reload() {
  if (reloading || isLoading()) return;
  reloading = true;
  if ((await load(location.href)) === 'shown') prepare();
  await keepTime(reloadPause);
  reloading = false;
}

/** @param {string} text */
function say(text) {
  if (status !== null) status.textContent = text;
}
