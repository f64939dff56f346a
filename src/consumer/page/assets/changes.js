/**
 * Forms that change something work with the script only: the token goes in a header, which no other site can send.
 *
 * @param {ParentNode} root
 */
export function showChanges(root) {
  for (const form of root.querySelectorAll('form[data-command]')) {
    form.removeAttribute('hidden');
    const field = form.querySelector('input[name=token]');
    if (field instanceof HTMLInputElement && field.value === '')
      field.value = sessionStorage.getItem('token') ?? '';
  }
}

/** @param {HTMLFormElement} form */
export async function submitChange(form) {
  const output = form.querySelector('output');
  const button = form.querySelector('button');
  if (output === null || button === null) return;
  const { token = '', threshold, ...fields } = Object.fromEntries(new FormData(form));
  const command = {
    command: form.dataset['command'],
    ...fields,
    ...(threshold === undefined ? {} : { threshold: Number(threshold) }),
  };
  output.textContent = 'Sent; waiting for the answers …';
  button.disabled = true;
  output.textContent = await send(command, String(token).trim());
  button.disabled = false;
}

/**
 * Returns what to say about it.
 *
 * @param {object} command
 * @param {string} token
 */
async function send(command, token) {
  try {
    const response = await fetch('/api/commands', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(command),
    });
    if (response.status === 401) return 'That is not the token.';
    sessionStorage.setItem('token', token);
    const answer = await response.json();
    return response.ok ? told(answer) : `Refused: ${answer.error}`;
  } catch {
    return 'The consumer cannot be reached; it is not known whether the command was sent. To repeat it does no harm.';
  }
}

/**
 * @typedef {{ sensor: string | null, status: string, reason: string | null }} Answer
 * @param {{ answers: readonly Answer[], missing: readonly string[] }} result
 */
function told({ answers, missing }) {
  const lines = answers.map(({ sensor, status, reason }) => {
    const text = `${sensor ?? 'consumer'}: ${status.toLowerCase()}`;
    return reason === null ? text : `${text} – ${reason}`;
  });
  if (answers.length === 0) lines.push('no answer yet: the command waits');
  for (const sensor of missing) lines.push(`${sensor}: no answer yet`);
  return lines.join('\n');
}
