/** A connection on which nothing was heard for so long is taken for dead; ms. The server says something every 15 s. */
const silence = 35_000;

/**
 * The server's stream. A page that nobody looks at holds no connection: browsers have only six for a server.
 *
 * @typedef {{
 *   onMessage: (event: string, data: any) => void,
 *   onStale: (reason: string | null) => void,
 * }} Options
 */
export class Stream {
  /** @type {Options} */
  #options;
  /** @type {EventSource | undefined} */
  #source;
  /** @type {number | undefined} */
  #timer;
  #url = '';
  #lastId = '';
  #isPaused = false;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
  }

  /** Connects to the stream that the document names, and goes on where it was left. */
  open() {
    const url = document.getElementById('main')?.dataset['stream'] ?? '';
    if (url === '' || this.#isPaused || document.hidden) return;
    if (url !== this.#url) this.#lastId = '';
    this.#close();
    this.#url = url;
    const source = new EventSource(this.#lastId === '' ? url : `${url}&last-event-id=${this.#lastId}`);
    for (const name of ['snapshot', 'rows', 'counts', 'status', 'heartbeat']) {
      source.addEventListener(name, (message) => this.#hear(message));
    }
    source.onopen = () => this.#options.onStale(null);
    source.onerror = () => {
      this.#options.onStale('the consumer cannot be reached');
      if (source.readyState === EventSource.CLOSED) this.#openAfter(2_000);
    };
    this.#source = source;
    this.#openAfter(silence);
  }

  /** Until `open`. */
  rest() {
    this.#close();
  }

  pause() {
    this.#isPaused = true;
    this.#close();
  }

  resume() {
    this.#isPaused = false;
    this.open();
  }

  /** @param {MessageEvent<string>} message */
  #hear(message) {
    if (message.lastEventId !== '') this.#lastId = message.lastEventId;
    this.#openAfter(silence);
    this.#options.onMessage(message.type, JSON.parse(message.data));
  }

  /** @param {number} ms */
  #openAfter(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (ms === silence) this.#options.onStale('the consumer has fallen silent');
      this.open();
    }, ms);
  }

  #close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
  }
}
