// docs/metrics.md from the table of metrics.
import { LABELS, METRICS, type Metric, OTHER } from '../src/ops/metrics/table.ts'

const code = (text: string): string => `\`${text}\``

export function metricsPage(): string {
  const metrics = Object.entries<Metric>(METRICS).map(
    ([name, { type, labels = [], help }]) =>
      `| ${code(name)} | ${type} | ${labels.map(code).join(' ') || '–'} | ${help} |`,
  )
  const labels = Object.entries<readonly string[]>(LABELS).map(
    ([label, values]) => `| ${code(label)} | ${values.map(code).join(' ')} |`,
  )
  return `# Metrics

For administrators who watch nodes: every metric, and every value of its labels. How to scrape them: [operations.md](operations.md),
"Watching it". Generated from \`src/ops/metrics/table.ts\` by \`npm run docs\`.

| metric | type | labels | what it is |
| --- | --- | --- | --- |
${metrics.join('\n')}

## Labels

A value that is not in this table is exported as ${code(OTHER)}. Beside these there are ${code('version')}, ${code('commit')} and ${code('node_version')}, of the program itself,
and ${code('route')}, the pattern of a route of the API, never the path that was asked for. Whatever is an affair of one person (their
commands, what they share, their part of the ledger, their tokens) is the one route ${code('personal')}: whoever reads the metrics does
not learn that somebody looked into their history or changed what they share.

| label | values |
| --- | --- |
${labels.join('\n')}
`
}
