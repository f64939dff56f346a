/** @param {ParentNode} root */
export function showCopyButtons(root) {
  for (const button of root.querySelectorAll('button[data-copy]')) button.removeAttribute('hidden');
}

/**
 * Returns what to say about it.
 *
 * @param {string} text
 */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return `Copied: ${text}`;
  } catch {
    return copyBySelection(text) ? `Copied: ${text}` : `Copy it yourself: ${text}`;
  }
}

/**
 * Where there is no clipboard: browsers give it to pages over HTTPS and from this machine only.
 *
 * @param {string} text
 */
function copyBySelection(text) {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}
