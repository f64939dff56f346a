/**
 * Tells times by their age; the title keeps the time.
 *
 * @param {ParentNode} root
 */
export function tellAges(root) {
  const now = Date.now();
  for (const element of root.querySelectorAll('time')) {
    const text = age(now - Date.parse(element.dateTime));
    if (element.textContent !== text) element.textContent = text;
  }
}

/** @param {number} ms */
function age(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} d ago`;
}
