import { html, type Markup } from './html.ts';

/** Only what this server serves itself; inline nothing. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

interface Document {
  title: string;
  main: Markup;
  /** The stream that keeps it up to date; undefined: nothing does. */
  stream?: string | undefined;
  /** True when it is loaded again at a change, instead of row by row. */
  reloads?: boolean;
}

/** A whole page. */
export function documentOf({ title, main, stream, reloads = false }: Document): string {
  const isLive = stream !== undefined;
  return String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/page.css">
<script src="/assets/theme.js"></script>
<script type="module" src="/assets/page.js"></script>
${isLive && html`<noscript><meta http-equiv="refresh" content="10"></noscript>`}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<p class="name"><a href="/">port-ticker</a></p>
<p id="status" role="status"></p>
<button type="button" id="pause" hidden aria-pressed="false">Pause</button>
<button type="button" id="theme" hidden>Theme: <span>auto</span></button>
</header>
<p id="stale" role="alert" hidden></p>
<main id="main" tabindex="-1" data-stream="${stream ?? ''}" data-reloads="${reloads ? 'yes' : 'no'}">${main}</main>
</body>
</html>
`);
}
