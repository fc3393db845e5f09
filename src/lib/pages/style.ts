// The page's style and its one script, as whole elements: the content security policy names the hashes of their content.

import { toBase64 } from '../base/bytes/base64.js';
import { sha256 } from '../base/bytes/digest.js';
import { Html } from './html.js';

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #566172; --paper: #ffffff; --line: #d5dbe3; --panel: #f5f7fa;
  --good: #12693b; --bad: #a3251f; --live: #1a56b0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebf0; --soft: #a5b0bf; --paper: #12161c; --line: #333c48;
  --panel: #1a2028; --good: #6fce9a; --bad: #f29a94; --live: #8ab8ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, 'Segoe UI', sans-serif; }
main, header, footer { max-width: 46rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; } footer { padding-bottom: 2.5rem; color: var(--soft); font-size: .9rem; }
h1 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .4rem 0; } a { color: var(--live); } a:focus-visible { outline: 3px solid var(--live); outline-offset: 2px; }
.soft { color: var(--soft); } .state { border-left: 5px solid var(--live); background: var(--panel); padding: .8rem 1rem; margin: 1.25rem 0; }
.state p { margin: 0; } .state .headline { font-size: 1.15rem; font-weight: 650; }
.state.done { border-color: var(--good); } .state.refused, .state.failed { border-color: var(--bad); }
ol.phases { list-style: none; margin: 0; padding: 0; } .phases li { display: flex; gap: .7rem; padding: .22rem 0; }
.phases .mark { flex: none; width: 1.3rem; text-align: center; font-weight: 700; } .phases li > :last-child { flex: 1; } .phases .pending { color: var(--soft); }
.phases .active { font-weight: 650; } .phases .active .mark { color: var(--live); }
.phases .done .mark { color: var(--good); } .phases .stopped .mark { color: var(--bad); }
blockquote { margin: .5rem 0; padding: .8rem 1rem; background: var(--panel); border-radius: 6px; font-size: 1.08rem; overflow-wrap: anywhere; white-space: pre-wrap; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; } table + table { margin-top: 1rem; } th, td { text-align: left; vertical-align: top; padding: .4rem .6rem .4rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } thead th { color: var(--soft); font-weight: 500; } td { overflow-wrap: anywhere; } .number { font-variant-numeric: tabular-nums; overflow-wrap: normal; } .fail { color: var(--bad); font-weight: 650; }
caption { text-align: left; color: var(--soft); padding: .2rem 0; } caption.hidden { padding: 0; }
code { font: .88em/1.4 ui-monospace, 'SF Mono', Consolas, monospace; overflow-wrap: anywhere; }
code.digest { font-size: .78rem; } .digests th { padding-right: 1rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
progress { width: 100%; height: .5rem; accent-color: var(--live); }
@media (max-width: 30rem) { header { padding-top: 1.25rem; } th, td { padding-right: .4rem; } }
@media (prefers-reduced-motion: no-preference) { .phases .active .mark { animation: pulse 1.6s ease-in-out infinite; } @keyframes pulse { 50% { opacity: .35; } } }
`;

/* Looks at the status every two seconds and takes the new page in place; without it the page reloads itself. */
const SCRIPT = `
(() => {
  let last = document.getElementById('live').dataset.version;
  const look = async () => {
    try {
      const text = await (await fetch('/', { cache: 'no-store' })).text();
      const page = new DOMParser().parseFromString(text, 'text/html');
      const next = page.getElementById('live');
      if (next && next.dataset.version !== last) {
        last = next.dataset.version;
        document.getElementById('live').replaceChildren(...next.childNodes);
        document.title = page.title;
        document.getElementById('spoken').textContent = document.querySelector('.state').textContent.trim();
      }
      if (next && next.dataset.ended === 'yes') return;
    } catch { /* the room is away for a moment: look again */ }
    setTimeout(look, 2000);
  };
  if (document.getElementById('live').dataset.ended !== 'yes') setTimeout(look, 2000);
})();
`;

/** To the byte what the policy names: no white space may get in. */
export const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);
export const SCRIPT_ELEMENT = new Html(`<script>${SCRIPT}</script>`);

/** Nothing but this style, this script and requests to the room itself. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src '${cspHash(STYLE)}'`,
  `script-src '${cspHash(SCRIPT)}'`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function cspHash(text: string): string {
  return `sha256-${toBase64(sha256(text))}`;
}
