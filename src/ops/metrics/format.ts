// From Prometheus' text format to OpenMetrics 1.0, which differs in a few lines.

/**
 * `text` is text format 0.0.4 as prom-client writes it. OpenMetrics (its section "Text Format") names a family of
 * counters without `_total`, knows no empty lines, and ends with `# EOF`.
 */
export function toOpenMetrics(text: string): string {
  const counters = new Set(Array.from(text.matchAll(/^# TYPE (\S+)_total counter$/gm), ([, name]) => name))
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, word, family, rest] = /^# (HELP|TYPE) (\S+)_total (.*)$/.exec(line) ?? []
      return family !== undefined && counters.has(family) ? `# ${word} ${family} ${rest}` : line
    })
  return `${lines.join('\n')}\n# EOF\n`
}
