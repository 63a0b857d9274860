// Views of `karo ask` and `karo fix`: the command alone on its line, its risk and source, other commands, and what went wrong.
import type { Fixed } from '../../assist/copilot/fix/fix.ts'
import type { Answer, Proposal } from '../../assist/copilot/types.ts'
import { clauses, fitted, paint, printable, type Screen } from '../kit.ts'
import { DECISIONS, RISK_COLOURS } from '../terminal/risk-words.ts'

/** Whether Karo offers several commands, of which a person takes one; what a model or `karo fix` says is no choice. */
export const isChoice = ({ confidence, source, alternatives }: Answer): boolean =>
  confidence === 'perhaps' && alternatives.length > 0 && !/^(?:model |karo fix)/.test(source ?? '')

/** The commands of a choice, as their digits count them. */
export const choicesOf = ({ alternatives, nearest: _, notes: __, ...first }: Answer): readonly Proposal[] => [
  first as Proposal,
  ...alternatives,
]

/** The command with braces around each word that has to be filled in; no shell takes them for anything else. */
export const marked = (command: string, placeholders: readonly string[]): string =>
  placeholders.reduce(
    (text, name) => text.replaceAll(new RegExp(`(?<![\\w$"'{])${name}(?![\\w"'}])`, 'g'), `{${name}}`),
    command,
  )

/** Ends with a newline; holds no control character of a command. */
export const printAnswer = (answer: Answer, screen: Screen): string =>
  `${partsOf(answer, screen)
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`

/** The lines of an answer, in parts with a blank line between them. */
function partsOf(answer: Answer, screen: Screen): readonly (readonly string[])[] {
  const { command, alternatives, nearest } = answer
  const text = (line: string): string => fitted(printable(line), screen)
  const level = (one: Proposal): string =>
    `${paint(RISK_COLOURS[one.risk_level], one.risk_level, screen)} – ${DECISIONS[one.decision]}, from: ${one.source}`
  /** What a command does, how risky it is, and what is open in it. */
  const below = (one: Proposal, blanks: string): readonly string[] =>
    clauses(
      one.does !== null && text(`${blanks}${one.does}`),
      `${blanks}${level(one)}${one.placeholders.length === 0 ? '' : `; to fill in: ${one.placeholders.join(', ')}`}`,
    )
  const listed = (head: string): readonly string[] =>
    alternatives.length === 0
      ? []
      : [
          paint('dim', head, screen),
          ...alternatives.flatMap((one) => [`  ${printable(one.command)}`, `    ${level(one)}`]),
        ]
  const notes = answer.notes.map((note) => text(`note: ${note}`))
  if (command === null)
    return [
      [
        'Karo knows no command for that.',
        nearest.length > 0
          ? 'What it knows that is nearest, and may be something else:'
          : 'Other words may help: say in English what to do, and with which kind of thing. karo help lists what Karo does, karo help WORD commands with that word.',
      ],
      nearest.flatMap((one) => [`  ${printable(one.command)}`, ...below(one, '    ')]),
      listed('other commands, which fit less or are too risky:'),
      notes,
    ]
  if (isChoice(answer))
    return [
      ['Which of these do you mean?'],
      choicesOf(answer).flatMap((one, i) => [
        `${i + 1}  ${paint('bold', printable(one.command), screen)}`,
        ...below(one, '   '),
        ...one.reasons.map((reason) => text(`   ${reason}`)),
      ]),
      notes,
    ]
  const { placeholders, reasons } = answer
  return [
    [paint('bold', printable(command), screen)],
    clauses(
      // An answer with a command has all that a proposal has.
      `  ${level(answer as Proposal)}`,
      ...reasons.map((reason) => text(`  ${reason}`)),
      placeholders.length > 0 && `  to fill in: ${placeholders.join(', ')}`,
    ),
    listed('or:'),
    notes,
  ]
}

const UNKNOWN = 'Karo does not know what went wrong; read what the command itself said.'

/** Ends with a newline; holds no control character of a command. */
export function printFixed(fixed: Fixed, screen: Screen): string {
  const { failed, exit_code, problem } = fixed
  const code = exit_code === null ? '' : ` (exit code ${exit_code})`
  const line = `${printable(failed)}${code}`
  const shown = paint('dim', line, screen)
  const said = fitted(printable(problem ?? UNKNOWN), screen)
  const head = `${shown}\n${said}\n`
  return fixed.command === null ? head : `${head}\n${printAnswer(fixed, screen)}`
}
