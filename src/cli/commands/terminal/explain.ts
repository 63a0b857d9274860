// karo explain: shows what each part of a command line does, from which source, and what is risky. Needs no daemon, no init.

import { type ExplainedPart, type Explanation, explainCommand } from '../../../assist/copilot/index.ts'
import { commandArgument, commandText, shellOf, shellOption } from '../../input/command-text.ts'
import { judging } from '../../judging.ts'
import {
  clauses,
  cut,
  defineCommand,
  fitted,
  paint,
  printable,
  type Screen,
  type Style,
  show,
  textWidth,
  wrap,
} from '../../kit.ts'
import { knownTool } from '../../knowledge.ts'
import { DECISIONS, RISK_COLOURS } from '../../terminal/risk-words.ts'
import { printKnown } from '../../views/knowledge.ts'

/** Widest word with its indent, in cells, that has its meaning beside it; the meaning of a wider one stands below. */
const WIDEST_LABEL = 22
/** Most shown rows; --json has all rows of a long script. */
const MOST_ROWS = 400

interface Row {
  readonly depth: number
  readonly label: string
  readonly meaning: string
  readonly source: string
  readonly style: Style | undefined
}

/** Ends with a newline; holds no control character of the command. */
export function printExplanation(explanation: Explanation, screen: Screen): string {
  const rows = once(explanation.parts.flatMap((part) => rowsOf(part, 0, explanation)))
  const shown = rows.slice(0, MOST_ROWS)
  const widths = shown.map(({ depth, label }) => 2 * depth + textWidth(label))
  const width = Math.max(0, ...widths.filter((one) => one <= WIDEST_LABEL))
  const lines = shown.flatMap((row) => rowLines(row, width, screen))
  const { summary, truncated, parsed, shell, safer } = explanation
  const notes = clauses(
    rows.length > shown.length && `… ${rows.length - shown.length} more parts; --json has all of them.`,
    truncated && 'The command is too long or too deep to be explained completely.',
    !parsed &&
      !truncated &&
      `The parser could not read all of it as ${shell}; parts that are missing above were not understood.`,
  )
  const sources = sourceNote(explanation.sources)
  return clauses(
    fitted(printable(summary), screen),
    '',
    ...lines,
    lines.length > 0 && '',
    ...notes.map((note) => fitted(note, screen)),
    levelOf(explanation, screen),
    safer !== null && `safer: ${paint('green', printable(safer), screen)}`,
    sources !== '' && paint('dim', fitted(sources, screen), screen),
    '',
  ).join('\n')
}

const levelOf = ({ risk_level, decision }: Explanation, screen: Screen): string =>
  `${paint(['bold', RISK_COLOURS[risk_level]], risk_level, screen)} – ${DECISIONS[decision]}`

/** Keeps a finding about several places only at the first one. */
function once(rows: readonly Row[]): readonly Row[] {
  const findings = rows.filter(({ label }) => label === FINDING)
  return rows.filter(
    (row) => row.label !== FINDING || row === findings.find(({ meaning }) => meaning === row.meaning),
  )
}

/** The mark in front of a finding, in the place of a word. */
const FINDING = '!'

const SOURCES: readonly (readonly [RegExp, string])[] = [
  [/^fig /, 'fig: the descriptions of @withfig/autocomplete'],
  [/^man /, "man: this machine's manual pages"],
]

function sourceNote(sources: readonly string[]): string {
  const used = SOURCES.filter(([pattern]) => sources.some((source) => pattern.test(source)))
  return used.length === 0 ? '' : [...used.map(([, text]) => text), "no mark: Karo's own words"].join('; ')
}

/** Parts that only hold other parts; a line of their own would say nothing useful. */
const SILENT: ReadonlySet<string> = new Set(['command', 'pipeline', 'list', 'script'])

function rowsOf(part: ExplainedPart, depth: number, all: Explanation): Row[] {
  const [only] = part.parts
  // A word that is only one variable or substitution gets the explanation of that.
  if (
    part.kind === 'word' &&
    part.parts.length === 1 &&
    only !== undefined &&
    only.kind !== 'script' &&
    only.span[0] === part.span[0] &&
    only.span[1] === part.span[1]
  )
    return [...rowsOf(only, depth, all), ...riskRows(part, depth + 1, all)]
  const inner =
    part.kind === 'command'
      ? commandRows(part, depth, all)
      : LEAVES.has(part.kind)
        ? part.parts
            .flatMap((one) => (one.kind === 'word' ? one.parts : [one]))
            .flatMap((one) => rowsOf(one, depth + 1, all))
        : spoken(part).flatMap((one) => rowsOf(one, depth + (SILENT.has(part.kind) ? 0 : 1), all))
  if (SILENT.has(part.kind)) return [...inner, ...riskRows(part, depth, all)]
  const own: Row = {
    depth,
    label: part.text,
    meaning: meaningOf(part),
    // Karo's own words have no mark, and those of fig not the name of their command.
    source: part.source?.replace(/^(?:shell|karo)$|(?<=^fig) .*/, '') ?? '',
    style: undefined,
  }
  const whole = HOLDERS.has(part.kind)
    ? [{ ...own, label: `${/^[^\s;]+/.exec(part.text)?.[0] ?? ''} …` }]
    : [own]
  return [...whole, ...riskRows(part, depth + 1, all), ...inner]
}

/** The parts that get a line: not the signs beside keywords of a compound command, nor the name of a function. */
const spoken = ({ kind, parts }: ExplainedPart): readonly ExplainedPart[] =>
  HOLDERS.has(kind)
    ? parts.filter(
        (part) =>
          !(part.kind === 'operator' && SEPARATES.test(part.text)) &&
          !(part.kind === 'keyword' && part.meaning === null),
      )
    : parts
const SEPARATES = /^[;()]$/

/** Parts whose words need no lines, because their own text has them; only expansions inside them get a line. */
const LEAVES: ReadonlySet<string> = new Set(['redirection', 'heredoc', 'assignment'])

/** Compound commands. Only their meaning is shown, because their keywords are among their parts. */
const HOLDERS: ReadonlySet<string> = new Set([
  'if',
  'loop',
  'case',
  'function',
  'subshell',
  'group',
  'coprocess',
])

function meaningOf(part: ExplainedPart): string {
  if (part.meaning !== null) return part.meaning
  if (part.kind === 'name') return 'Karo does not know this command'
  if (part.kind === 'option') return 'Karo does not know this option'
  return ''
}

/** The rows of a command: its name, and indented below it its words, an option together with its argument. */
function commandRows(command: ExplainedPart, depth: number, all: Explanation): Row[] {
  const rows: Row[] = []
  let named = 0
  for (let i = 0; i < command.parts.length; i++) {
    const part = command.parts[i] as ExplainedPart
    const next = command.parts[i + 1]
    if (part.kind === 'name') {
      const [own, ...rest] = rowsOf(part, depth + named, all) as [Row, ...Row[]]
      rows.push({ ...own, style: 'bold' }, ...rest)
      named = 1
      continue
    }
    const below = depth + named
    const plainWord = part.kind === 'option' && part.parts.every(({ kind }) => kind === 'option')
    if (plainWord && part.parts.length > 0) {
      const letters = part.parts.map((letter) => rowsOf(letter, below, all))
      const last = letters.at(-1)?.[0]
      if (last !== undefined && next?.kind === 'value') {
        letters[letters.length - 1] = [withValue(last, next), ...rowsOf(next, below, all).slice(1)]
        i++
      }
      rows.push(...letters.flat(), ...riskRows(part, below + 1, all))
    } else if (part.kind === 'option' && next?.kind === 'value') {
      const [own, ...rest] = rowsOf(part, below, all) as [Row, ...Row[]]
      rows.push(withValue(own, next), ...rest, ...rowsOf(next, below, all).slice(1))
      i++
    } else rows.push(...rowsOf(part, below, all))
  }
  return [...rows, ...riskRows(command, depth + 1, all)]
}

const withValue = (row: Row, { text }: ExplainedPart): Row => ({ ...row, label: `${row.label} ${text}` })

function riskRows(part: ExplainedPart, depth: number, all: Explanation): Row[] {
  return part.risks.flatMap((rule) => {
    const match = all.matches.find((one) => one.rule === rule)
    if (match === undefined) return []
    const meaning = `${match.risk_level}: ${match.why} (${rule})`
    return [{ depth, label: FINDING, meaning, source: '', style: RISK_COLOURS[match.risk_level] }]
  })
}

const GAP = 2

function rowLines(row: Row, width: number, screen: Screen): string[] {
  const { columns } = screen
  const indent = ' '.repeat(2 * row.depth)
  const label = cut(printable(row.label), Math.max(8, Math.min(columns, 76) - indent.length))
  const text = printable(row.meaning) + (row.source === '' ? '' : ` [${printable(row.source)}]`)
  const coloured = paint(row.style, label, screen)
  const taken = indent.length + textWidth(label)
  if (text === '') return [`${indent}${coloured}`]
  const at = width + GAP
  const texts = columns === Number.POSITIVE_INFINITY ? [text] : wrap(text, columns - at)
  const shownTexts = row.label === FINDING ? texts.map((one) => paint(row.style, one, screen)) : texts
  const [first = '', ...rest] = shownTexts
  const more = rest.map((one) => `${' '.repeat(at)}${one}`)
  // The meaning of a wide word stands below it.
  if (taken > width) return [`${indent}${coloured}`, `${' '.repeat(at)}${first}`, ...more]
  return [`${indent}${coloured}${' '.repeat(at - taken)}${first}`, ...more]
}

const command = defineCommand('explain', {
  summary: 'show what each part of a command does',
  args: { command: commandArgument },
  options: { shell: shellOption },
  examples: {
    "karo explain 'tar -xzf backup.tgz -C /tmp'": 'shows what each word means',
    'karo explain tar': 'what is known of the tool: its options, and examples',
    'karo explain - < script.sh': 'explains a script',
  },
  takesCommandLine: true,
  async run(io, input) {
    const text = await commandText(input, 'explain')
    const shell = shellOf(input)
    const explanation = await explainCommand(text, { shell, judge: await judging(io, shell) })
    // The name of a tool alone also asks for the tool, as with `karo ask`; --json stays the explanation of a line.
    const known = io.json ? undefined : await knownTool(io, text)
    if (known !== undefined) {
      // Of a name that alone does no harm, the explanation says nothing but its level that what is known of the tool does not say.
      const itself =
        explanation.risk_level === 'safe'
          ? `${levelOf(explanation, io)}\n`
          : printExplanation(explanation, io)
      io.out(`${printKnown(known, io)}\n${itself}`)
      return
    }
    return show(io, explanation, printExplanation)
  },
})

export const commands = [command]
