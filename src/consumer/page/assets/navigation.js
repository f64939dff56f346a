/**
 * Of the page that is asked for: only the last is shown, whichever answer comes last.
 *
 * @type {AbortController | undefined}
 */
let asked;

/** @returns {boolean} */
export function isLoading() {
  return asked !== undefined;
}

/**
 * Shows another page in place of this one. What has the focus keeps it, where the other page has it too.
 *
 * @param {string} url
 * @returns {Promise<'shown' | 'overtaken' | 'failed'>} overtaken: another was asked for meanwhile
 */
export async function load(url) {
  asked?.abort();
  const mine = new AbortController();
  asked = mine;
  const text = await fetchText(url, mine.signal);
  if (mine.signal.aborted) return 'overtaken';
  asked = undefined;
  if (text === undefined) return 'failed';
  const page = new DOMParser().parseFromString(text, 'text/html');
  const next = page.getElementById('main');
  const main = document.getElementById('main');
  if (next === null || main === null) return 'failed';
  const { id = '', name = '' } = focusedField();
  main.replaceWith(next);
  document.title = page.title;
  const field = document.getElementById(id) ?? (name === '' ? null : document.getElementsByName(name)[0]);
  field?.focus();
  return 'shown';
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<string | undefined>} undefined when it could not be had
 */
async function fetchText(url, signal) {
  try {
    const response = await fetch(url, { headers: { accept: 'text/html' }, signal });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {number} ms
 * @returns {Promise<void>}
 */
export function keepTime(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** @returns {{ id?: string, name?: string }} */
function focusedField() {
  const element = document.activeElement;
  if (element instanceof HTMLInputElement || element instanceof HTMLSelectElement)
    return { name: element.name };
  return element === null ? {} : { id: element.id };
}
