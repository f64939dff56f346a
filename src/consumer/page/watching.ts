import type { DeviceStatus, SensorState } from '../../common/control/records.ts';
import type { SensorView } from '../control/sensors.ts';
import { html, type Markup } from './html.ts';
import { verdictOf, type Watch } from './watch.ts';
import { counted, number, time } from './words.ts';

/** Those in trouble come first, so that none of them is left out. */
const mostSensors = 50;

const states: Readonly<Record<SensorState, readonly [shape: string, word: string, rank: number]>> = {
  UNKNOWN: ['✕', 'silent', 0],
  DEGRADED: ['▲', 'impaired', 1],
  RUNNING: ['●', 'up', 2],
  STOPPED: ['○', 'stopped', 3],
};

/** Is it watching: one sentence, and the sensors. `now` in ms since 1970. */
export function watchingMarkup(watch: Watch, now: number): Markup {
  const { isGood, text } = verdictOf(watch);
  const shown = watch.sensors.toSorted((a, b) => rank(a) - rank(b)).slice(0, mostSensors);
  const cut = watch.sensors.length > mostSensors;
  return html`<p class="verdict ${isGood ? 'good' : 'bad'}"><span aria-hidden="true">${isGood ? '●' : '▲'}</span> ${text}
<span class="newest">${watch.newest === null ? 'No change yet' : html`Newest change: ${time(watch.newest)}`}</span></p>
${shown.length > 0 && sensorTable(shown, now)}
${cut && html`<p>${number(shown.length)} of ${counted(watch.sensors.length, 'sensor')}; all: <a href="/api/sensors">as JSON</a></p>`}`;
}

function sensorTable(sensors: readonly SensorView[], now: number): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Sensors"><table class="sensors">
<thead><tr><th scope="col">Sensor</th><th scope="col">State</th><th scope="col">Devices</th><th scope="col">Threshold</th><th scope="col">Table</th><th scope="col">Lost</th><th scope="col">Last word</th></tr></thead>
<tbody>${sensors.map((sensor) => sensorRow(sensor, now))}</tbody></table></div>`;
}

function sensorRow(sensor: SensorView, now: number): Markup {
  const [shape, word] = states[sensor.state];
  const heardAt = Math.round((now - 1000 * sensor.age) / 1000) * 1000;
  return html`<tr><th scope="row">${sensor.sensor}</th>
<td><span class="state state-${sensor.state.toLowerCase()}"><span aria-hidden="true">${shape}</span> ${word}</span>${sensor.lastError !== null && html`<br><small>${sensor.lastError}</small>`}</td>
<td>${sensor.devices.length === 0 ? 'none' : sensor.devices.map(deviceMarkup)}</td>
<td>${number(sensor.threshold)} <small>${sensor.countPolicy}</small></td>
<td>${tableUse(sensor)}</td>
<td class="${sensor.drops > 0 && 'lost'}">${number(sensor.drops)}</td>
<td>${time(heardAt)}</td></tr>`;
}

function deviceMarkup({ device, mode, problem }: DeviceStatus): Markup {
  return html`<span class="device">${device} <small>${mode ?? problem ?? 'not attached'}</small></span> `;
}

function tableUse({ sources, maxSources }: SensorView): string {
  return `${number(sources)} of ${number(maxSources)}`;
}

function rank({ state }: SensorView): number {
  return states[state][2];
}
