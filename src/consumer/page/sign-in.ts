import { html, type Markup } from './html.ts';

/** What is shown instead of data while the token is wanted. */
export function signInMarkup({ wasWrong }: { wasWrong: boolean }): Markup {
  return html`<h1>Port scans</h1>
<p>This server wants the token in its <code>PORT_TICKER_HTTP_TOKEN_FILE</code>.</p>
${wasWrong && html`<p class="verdict bad" role="alert">▲ That was not the token.</p>`}
<form id="sign-in" method="post" action="/session">
<label>Token <input type="password" name="token" autocomplete="off" required></label>
<button>Show the report</button>
</form>`;
}
