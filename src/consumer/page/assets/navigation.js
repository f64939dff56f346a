/**
 * Shows another page in place of this one. What has the focus keeps it, where the other page has it too.
 *
 * @param {string} url
 * @returns {Promise<boolean>} false when it could not be had
 */
export async function load(url) {
  const response = await fetch(url, { headers: { accept: 'text/html' } }).catch(() => undefined);
  if (response === undefined || !response.ok) return false;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const next = page.getElementById('main');
  const main = document.getElementById('main');
  if (next === null || main === null) return false;
  const { id = '', name = '' } = focusedField();
  main.replaceWith(next);
  document.title = page.title;
  const field = document.getElementById(id) ?? (name === '' ? null : document.getElementsByName(name)[0]);
  field?.focus();
  return true;
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
