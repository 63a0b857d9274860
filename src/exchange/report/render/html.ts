// A report as one HTML page that loads nothing and runs nothing: charts are SVG, and each has its table.
import type { Report } from '../types.ts'
import { chartsOf } from './charts.ts'
import { text } from './escape.ts'
import { type Block, blocksOf, headLines, type Table } from './tables.ts'

/** Even a browser that was fooled loads and runs nothing. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

const STYLE = `
:root { --ink: #1b1f24; --soft: #5b6470; --line: #d5dae0; --paper: #ffffff; --a: #2463a8; --b: #b8860b; --c: #8a93a0; --d: #b3261e; --e: #6b4fa0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --soft: #a3abb6; --line: #3a414b; --paper: #16191d; --a: #6aa5e3; --b: #d9b04a; --c: #7f8894; --d: #ef7d75; --e: #a58bd8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 62rem; color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; padding-top: .8rem; border-top: 1px solid var(--line); }
p { margin: .25rem 0; } .head p { color: var(--soft); }
.notes { border-left: 4px solid var(--b); padding: .4rem .9rem; margin: 1rem 0; }
.wide { overflow-x: auto; } .wide :is(th, td):not(.n) { min-width: 5.5em; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .5rem 0 .2rem; }
th, td { text-align: left; padding: .22rem 1.1rem .22rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; } .n { text-align: right; } .n, .d { white-space: nowrap; }
figure { margin: 1rem 0; } figcaption { font-weight: 600; } svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--soft); font: 11px system-ui, "DejaVu Sans", sans-serif; }
details { margin: .2rem 0 1rem; } summary { color: var(--soft); cursor: pointer; }
@media print { :root { --ink: #000; --soft: #333; --line: #bbb; --paper: #fff; --a: #2463a8; --b: #b8860b; --c: #8a93a0; --d: #b3261e; --e: #6b4fa0; } body { max-width: none; padding: 0; font-size: 10.5pt; } .wide { overflow: visible; } table { font-size: 9pt; } th, td { padding-right: .7em; } th.n { white-space: normal; } h2 { break-after: avoid; } tr, figure { break-inside: avoid; } thead { display: table-header-group; } details::details-content { content-visibility: visible; display: block; } summary { list-style: none; } @page { margin: 16mm; } }
`

/** Days and times stay on one line; at their hyphens a browser would break them. */
const DATE = /^\d{4}-\d\d-\d\d[\d:\sUTC]*$/

function tableOf(caption: string, { head, rows, numbers }: Table): string {
  const kind = (value: string, at: number): string =>
    numbers.includes(at) ? ' class="n"' : DATE.test(value) ? ' class="d"' : ''
  const cell = (tag: 'th' | 'td', value: string, at: number): string =>
    `<${tag}${tag === 'th' ? ' scope="col"' : ''}${kind(value, at)}>${text(value)}</${tag}>`
  const row = (tag: 'th' | 'td', cells: readonly string[]): string =>
    `<tr>${cells.map((value, at) => cell(tag, value, at)).join('')}</tr>`
  return `<div class="wide"><table><caption>${text(caption)}</caption><thead>${row('th', head)}</thead><tbody>
${rows.map((cells) => row('td', cells)).join('\n')}
</tbody></table></div>`
}

function blockOf(report: Report, { id, title, lines, tables }: Block): string {
  const charts = chartsOf(report).filter(({ section }) => section === id)
  return [
    `<section id="${id}"><h2>${text(title)}</h2>`,
    ...lines.map((line) => `<p>${text(line)}</p>`),
    ...charts.map(
      ({ caption, svg, table }) =>
        `<figure><figcaption>${text(caption)}</figcaption>${svg}</figure><details><summary>The chart as a table</summary>${tableOf(caption, table)}</details>`,
    ),
    ...tables.map(({ caption, table }) => tableOf(caption, table)),
    '</section>',
  ].join('\n')
}

export function htmlOf(report: Report): string {
  const notes = report.notes.map((note) => `<p>${text(note)}</p>`).join('')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
<title>Karo report ${text(report.period.end.slice(0, 10))}</title><style>${STYLE}</style></head><body>
<header class="head"><h1>Karo report</h1>
${headLines(report)
  .map((line) => `<p>${text(line)}</p>`)
  .join('\n')}
</header>
${notes === '' ? '' : `<div class="notes" role="note">${notes}</div>`}
${blocksOf(report)
  .map((block) => blockOf(report, block))
  .join('\n')}
</body></html>
`
}
