import { allSensors } from '../../common/control/records.ts';
import { html, type Markup } from './html.ts';

/** Whether the page may change something, and if not, why. */
export type Permission = { isGiven: true } | { isGiven: false; reason: string };

/** The form that sets a threshold, on the first page. */
export function thresholdForm(permission: Permission, sensors: readonly string[]): Markup {
  if (!permission.isGiven) return html``;
  const options = [...sensors, allSensors].map(
    (sensor) => html`<option value="${sensor}">${sensor === allSensors ? 'all sensors' : sensor}</option>`,
  );
  return html`<section aria-labelledby="changes-title"><h2 id="changes-title">Change</h2>
<form class="change" data-command="set-threshold" hidden>
<label>Threshold <input type="number" name="threshold" min="0" max="4294967295" required></label>
<label>at <select name="sensor">${options}</select></label>
${tokenField}<button>Set</button>
<output></output>
</form><noscript><p>Changes from this page need JavaScript; ticker_ctl makes the same ones.</p></noscript></section>`;
}

/** The form that ignores a source at a sensor, in the source's story. */
export function ignoreForm(permission: Permission, source: string, sensor: string): Markup {
  if (!permission.isGiven) return html`<p><small>${permission.reason}</small></p>`;
  return html`<form class="change" data-command="ignore-add" hidden>
<input type="hidden" name="sensor" value="${sensor}"><input type="hidden" name="source" value="${source}">
${tokenField}<button>Ignore ${source} at ${sensor}</button>
<output></output>
</form>`;
}

const tokenField = html`<label class="token">Token <input type="password" name="token" autocomplete="off" required></label>`;
