// Views of `karo ask` and `karo fix`: the command alone on its line, its risk and source, other commands, and what went wrong.
import type { Fixed } from '../../assist/copilot/fix/fix.ts'
import type { Answer, Proposal } from '../../assist/copilot/types.ts'
import { printable } from '../../base/format.ts'
import { DECISIONS, RISK_COLOURS } from '../terminal/risk-words.ts'
import { paint, type Screen } from '../terminal/table.ts'
import { fitted } from '../terminal/text.ts'

/** Whether Karo offers several commands, of which a person takes one; what a model or `karo fix` says is no choice. */
export const isChoice = ({ confidence, source, alternatives }: Answer): boolean =>
  confidence === 'perhaps' && alternatives.length > 0 && !/^(?:model |karo fix)/.test(source ?? '')

/** The commands of a choice, as their digits count them. */
export const choicesOf = ({ alternatives, notes: _, topics: __, ...first }: Answer): readonly Proposal[] => [
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
export function printAnswer(answer: Answer, screen: Screen): string {
  const level = ({ risk_level, decision }: Pick<Proposal, 'risk_level' | 'decision'>): string =>
    `${paint(RISK_COLOURS[risk_level], risk_level, screen)} – ${DECISIONS[decision]}`
  const notes = answer.notes.map((note) => fitted(`note: ${printable(note)}`, screen.columns))
  const others = (): readonly string[] =>
    answer.alternatives.length === 0
      ? []
      : [
          '',
          paint(
            'dim',
            answer.command === null ? 'other commands, which fit less or are too risky:' : 'or:',
            screen,
          ),
          ...answer.alternatives.flatMap((other) => [
            `  ${printable(other.command)}`,
            `    ${level(other)}, from: ${other.source}`,
          ]),
          ...(answer.command === null ? [''] : []),
        ]
  if (answer.command === null) {
    const said = 'Karo knows no command for that.'
    const topics =
      answer.topics.length === 0
        ? ['Other words may help: say what to do, and with which kind of thing.']
        : ['What it knows that is nearest:', ...answer.topics.map((topic) => `  ${printable(topic)}`)]
    return `${[...[said, ...topics].map((line) => fitted(line, screen.columns)), ...others(), ...notes].join('\n')}\n`
  }
  if (isChoice(answer)) {
    const each = choicesOf(answer).flatMap((one, i) => [
      `${i + 1}  ${paint('bold', printable(one.command), screen)}`,
      ...(one.does === null ? [] : [fitted(`   ${printable(one.does)}`, screen.columns)]),
      `   ${level(one)}, from: ${one.source}${one.placeholders.length === 0 ? '' : `; to fill in: ${one.placeholders.join(', ')}`}`,
      ...one.reasons.map((reason) => fitted(`   ${printable(reason)}`, screen.columns)),
    ])
    return `${['Which of these do you mean?', '', ...each, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n')}\n`
  }
  const { command, source, risk_level, decision, placeholders } = answer
  const lines = [paint('bold', printable(command), screen), '']
  if (risk_level !== null && decision !== null)
    lines.push(`  ${level({ risk_level, decision })}, from: ${source}`)
  for (const reason of answer.reasons) lines.push(fitted(`  ${printable(reason)}`, screen.columns))
  if (placeholders.length > 0) lines.push(`  to fill in: ${placeholders.join(', ')}`)
  lines.push(...others())
  return `${[...lines, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n')}\n`
}

const UNKNOWN = 'Karo does not know what went wrong; read what the command itself said.'

/** Ends with a newline; holds no control character of a command. */
export function printFixed(fixed: Fixed, screen: Screen): string {
  const { failed, exit_code, problem } = fixed
  const code = exit_code === null ? '' : ` (exit code ${exit_code})`
  const line = `${printable(failed)}${code}`
  const shown = paint('dim', line, screen)
  const said = fitted(printable(problem ?? UNKNOWN), screen.columns)
  const head = `${shown}\n${said}\n`
  return fixed.command === null ? head : `${head}\n${printAnswer(fixed, screen)}`
}
