// View of a verdict: the level, what will happen, and each finding below the words that it is about.
import type { RiskMatch, RiskVerdict } from '../../assist/risk/index.ts'
import { paint, printable, type Screen, textWidth } from '../kit.ts'
import { DECISIONS, RISK_COLOURS } from '../terminal/risk-words.ts'

/** Most shown characters of a safer form, so that the findings above it stay on a small screen. */
const MOST_SAFER = 400
/** Most shown columns of a command around the words of a finding. */
const MOST_SHOWN = 100

/** Ends with a newline; holds no control character of the command. `given`: the verdict where an AI tool gives the line. */
export function printVerdict(verdict: RiskVerdict, io: Screen, given = verdict): string {
  const level = paint(['bold', RISK_COLOURS[verdict.risk_level]], verdict.risk_level, io)
  const lines = [`${level} – ${DECISIONS[verdict.decision]}`]
  if (verdict.matches.length === 0 && verdict.decision !== 'allow')
    lines.push(
      '',
      `  The command has ${verdict.command.length} characters, more than the profile allows without a question.`,
    )
  let shown = ''
  for (const match of verdict.matches) {
    const place = match.span.join(' ')
    if (place !== shown) lines.push('', ...excerpt(verdict.command, match, io))
    shown = place
    lines.push(
      `  ${paint(RISK_COLOURS[match.risk_level], match.risk_level, io)} ${printable(match.rule)}: ${printable(match.why)}`,
    )
  }
  if (verdict.safer !== undefined) lines.push('', ...saferLines(changed(verdict.command, verdict.safer), io))
  if (given.decision !== verdict.decision) {
    const rules = given.matches.filter(({ risk_level }) => risk_level === given.risk_level)
    const names = [...new Set(rules.map(({ rule }) => printable(rule)))].join(', ')
    lines.push('', `  from an AI tool: ${given.risk_level} – ${DECISIONS[given.decision]} (${names})`)
  }
  return `${lines.join('\n')}\n`
}

/** The lines of a safer script below each other, so that a person can copy them. */
function saferLines(safer: string, screen: Screen): readonly string[] {
  const lead = '  safer: '
  const lines = safer.trimEnd().split('\n')
  return lines.map(
    (line, i) => (i === 0 ? lead : ' '.repeat(lead.length)) + paint('green', printable(line), screen),
  )
}

/** A long safer form, cut to the part that differs from the command. */
function changed(command: string, safer: string): string {
  if (safer.length <= MOST_SAFER) return safer
  let same = 0
  while (same < safer.length && safer[same] === command[same]) same++
  const from = Math.max(0, Math.min(same - MOST_SHOWN / 2, safer.length - MOST_SAFER))
  const to = Math.min(safer.length, from + MOST_SAFER)
  return `${from > 0 ? '…' : ''}${safer.slice(from, to)}${to < safer.length ? '…' : ''}`
}

/** The command's line with the finding, and below it a line that marks the words. */
function excerpt(
  command: string,
  { span: [start, end], risk_level }: RiskMatch,
  screen: Screen,
): readonly string[] {
  const lineStart = command.lastIndexOf('\n', start - 1) + 1
  const newline = command.indexOf('\n', start)
  const lineEnd = newline < 0 ? command.length : newline
  const room = Math.max(8, Math.min(screen.columns - 4, MOST_SHOWN))
  // A long line is cut around the words; the text before them gets at most half of the width.
  const from = lineEnd - lineStart <= room ? lineStart : Math.max(lineStart, start - Math.floor(room / 2))
  const to = Math.min(lineEnd, from + room)
  const before = (from > lineStart ? '…' : '') + printable(command.slice(from, start))
  const marked = printable(command.slice(start, Math.max(start, Math.min(end, to))))
  const after = printable(command.slice(Math.min(end, to), to)) + (to < lineEnd ? '…' : '')
  const marks = ' '.repeat(textWidth(before)) + '^'.repeat(Math.max(1, textWidth(marked)))
  return [
    `  ${before}${paint(RISK_COLOURS[risk_level], marked, screen)}${after}`,
    `  ${paint(RISK_COLOURS[risk_level], marks, screen)}`,
  ]
}
