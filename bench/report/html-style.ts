/** The style of the page, for a light and a dark room. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1c1917; --quiet: #6b6560; --page: #fbfaf8; --card: #fff; --line: #e2ded8;
  --c0: #c76a00; --c1: #2563eb; --c2: #0d8a7c; --c3: #7c3aed; --c4: #d0214f; --c5: #5b7a12; --c6: #64748b; --c7: #a3387a; }
@media (prefers-color-scheme: dark) { :root { --text: #ece8e2; --quiet: #a39c93; --page: #171513; --card: #211e1b; --line: #3a3530;
  --c0: #f5a524; --c1: #6ea0ff; --c2: #3fc9b6; --c3: #b08cff; --c4: #ff6b8d; --c5: #a6cc48; --c6: #9aa9bd; --c7: #e58bc4; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; } h3 { font-size: 1rem; margin: 0 0 .25rem; }
p, figcaption, .quiet { color: var(--quiet); margin: .25rem 0; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .875rem; white-space: nowrap; }
th, td { padding: .3rem .75rem; border-bottom: 1px solid var(--line); text-align: right; font-variant-numeric: tabular-nums; }
th { color: var(--quiet); font-weight: 600; } th:first-child, td:first-child { text-align: left; padding-left: 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.25rem; margin: .75rem 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: .5rem 1.5rem; }
figure { margin: .5rem 0 0; } figcaption { font-size: .8rem; } svg { width: 100%; height: auto; display: block; }
svg text { font: 11px system-ui, sans-serif; fill: var(--text); dominant-baseline: middle; }
svg .label { text-anchor: end; fill: var(--quiet); } svg .tick { text-anchor: middle; fill: var(--quiet); }
.rule { stroke: var(--line); } .spread { stroke: var(--text); stroke-width: 1.5; } .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .5rem 0; } .key i { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em; }
li { color: var(--quiet); }
${Array.from({ length: 8 }, (_, series) => `.s${series} { fill: var(--c${series}); background: var(--c${series}); } .c${series} { stroke: var(--c${series}); }`).join('\n')}
`
