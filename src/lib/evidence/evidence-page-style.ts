// The style of the evidence page: one column, readable on a phone, in the dark, and in black and white print.

export const PAGE_STYLE = `
:root{color-scheme:light dark;--good:#1a6b3c;--bad:#a61b1b;--open:#5c5f66;--play:#8a5a00;--line:#c9ccd3;--paper:#fff;--ink:#1b1d22;--soft:#f4f5f7}
@media (prefers-color-scheme:dark){:root{--good:#6fd39a;--bad:#ff8f8f;--open:#a9adb8;--play:#e3b55f;--line:#3c404a;--paper:#16181d;--ink:#e9eaee;--soft:#20232a}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:46rem;margin:0 auto;padding:1rem}
h1{margin:0;font-size:2rem;line-height:1.2}
h2{margin:2rem 0 .75rem;font-size:1.25rem}
p{margin:.25rem 0}p,li{overflow-wrap:anywhere}
header{padding:1rem;border:2px solid var(--line);border-left-width:.75rem;border-radius:.25rem}
header.accepted{border-color:var(--good)}header.accepted h1{color:var(--good)}
header.emulated{border-style:dashed;border-left-style:solid}header.accepted.emulated{border-color:var(--play)}header.accepted.emulated h1{color:var(--play)}
header.unproven{border-color:var(--open)}
header.refused{border-color:var(--bad)}header.refused h1{color:var(--bad)}
ol.chain,ul.checks{list-style:none;margin:0;padding:0}
.chain li{position:relative;margin:0 0 1.5rem;padding:.6rem .8rem;border:2px solid var(--line);border-radius:.25rem;background:var(--soft)}
.chain li:not(:last-child)::after{content:"";position:absolute;left:1.5rem;top:100%;height:1.5rem;border-left:3px solid var(--line)}
.chain li.pass{border-color:var(--good)}.chain li.pass:not(:last-child)::after{border-color:var(--good)}
.chain li.fail{border-color:var(--bad);border-width:3px}.chain li.fail:not(:last-child)::after{border-left-style:dashed;border-color:var(--bad)}
.chain li.skip{border-style:dashed}.chain li.skip:not(:last-child)::after{border-left-style:dotted}
.mark{float:right;margin-left:.75rem;font-weight:600}
.pass .mark{color:var(--good)}.fail .mark{color:var(--bad)}.skip .mark{color:var(--open)}
.checks li{margin:0 0 .75rem;padding:.1rem 0 .1rem .8rem;border-left:4px solid var(--line);break-inside:avoid}
.checks li.pass{border-color:var(--good)}.checks li.fail{border-color:var(--bad)}
.warning{color:var(--bad);font-weight:600}
.reason{color:var(--open)}.fail .reason{color:var(--bad);font-weight:600}
dl{margin:.25rem 0;display:grid;grid-template-columns:minmax(5rem,max-content) 1fr;gap:0 .75rem}
dt{color:var(--open)}dd{margin:0;min-width:0;overflow-wrap:anywhere;font-family:ui-monospace,monospace;font-size:.875rem}
details{margin:1.5rem 0}summary{cursor:pointer;font-weight:600}
.flag{white-space:nowrap}
.id{font-size:.8rem;color:var(--open);overflow-wrap:anywhere}
.drop{padding:2rem 1rem;border:2px dashed var(--line);border-radius:.25rem;text-align:center}
.drop.over{border-color:var(--good);background:var(--soft)}
.drop input{width:auto;max-width:100%}
.controls{display:flex;flex-wrap:wrap;align-items:flex-end;gap:.75rem;margin:1rem 0}
.controls label{flex:1 1 14rem}
input{font:inherit;width:100%;padding:.4rem}
input[type=checkbox]{width:auto}
@media print{:root{--paper:#fff;--ink:#000;--soft:#fff;--line:#666;--open:#333;--good:#000;--bad:#000;--play:#000}main{max-width:none;padding:0}.no-print{display:none}.chain li{break-inside:avoid}h2{break-after:avoid}}
`;
