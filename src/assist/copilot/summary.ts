// One sentence about a whole command line, from its outermost parts.
import type { ExplainedPart } from './explanation.ts'

/** Commands that the sentence names; of further commands it gives the number. */
const MOST_NAMED = 6

/** The sentence; for a line without parts it says that nothing runs. */
export function summary(parts: readonly ExplainedPart[]): string {
  const [only] = parts
  if (only === undefined) return 'Nothing runs.'
  if (parts.length === 1 && only.kind === 'command') return oneCommand(only)
  const named = [...steps(parts)]
  if (named.length === 0) {
    const defined = parts.filter(({ kind }) => kind === 'function').length
    return defined === 0
      ? 'Runs no command.'
      : `Defines ${defined === 1 ? 'a function' : `${defined} functions`}; nothing runs until it is called.`
  }
  const left = named.length - MOST_NAMED
  const again = parts.length === 1 && only.kind === 'loop' ? `, ${howOften(only)}` : ''
  return `Runs ${named.slice(0, MOST_NAMED).join('')}${left > 0 ? `; and ${left} more` : ''}${again}.`
}

/** How often a loop runs, taken from the loop's meaning. */
const howOften = ({ meaning }: ExplainedPart): string =>
  /^Repeats the body (.+)$/.exec(meaning ?? '')?.[1] ?? 'again and again'

function oneCommand(command: ExplainedPart): string {
  const does =
    command.meaning ??
    command.parts.findLast(({ kind, meaning }) => kind === 'name' && meaning !== null)?.meaning
  const name = nameOf(command)
  if (command.parts.some(({ kind }) => kind === 'command')) return `Runs ${name}.`
  if (does) return `${does.replace(/\.$/, '')}.`
  return name === '' ? 'Runs no command.' : `Runs ${name}, which Karo knows nothing about.`
}

/** Commands that only change how the command behind them runs. */
const CARRIERS = new Set('sudo doas env nohup nice time timeout command exec'.split(' '))

/** The command word with its subcommands, and the name of the command that it runs. */
function nameOf({ parts }: ExplainedPart): string {
  const names = parts.filter(({ kind }) => kind === 'name')
  const name = names.map(({ text }) => text).join(' ')
  const inner = parts.find(({ kind }) => kind === 'command')
  if (inner === undefined) return name
  return CARRIERS.has(name) ? `${name} ${nameOf(inner)}` : `${name} (which runs ${nameOf(inner)})`
}

/** Words between two commands, by the operator that stands there, or by that and the one before. */
const LINKS: Readonly<Record<string, string>> = {
  '|': ' and feeds its output to ',
  '| |': ', then to ',
  '|&': ' and feeds its output and errors to ',
  '&&': '; if that succeeds, ',
  '||': '; if that fails, ',
  '&': ' in the background; meanwhile ',
}

function* steps(parts: readonly ExplainedPart[]): Generator<string> {
  let operator: string | undefined
  let before: string | undefined
  for (const { part, sign } of flat(parts)) {
    if (sign !== undefined) {
      // Only an operator between two commands counts.
      if (operator !== undefined) operator = sign
    } else {
      const name = nameOf(part)
      if (name === '') continue
      yield operator === undefined
        ? name
        : `${LINKS[`${before} ${operator}`] ?? LINKS[operator] ?? '; then '}${name}`
      before = operator
      operator = ';'
    }
  }
}

function* flat(
  parts: readonly ExplainedPart[],
): Generator<{ readonly part: ExplainedPart; readonly sign?: string }> {
  for (const part of parts) {
    if (part.kind === 'command') yield { part }
    else if (part.kind === 'operator') yield { part, sign: part.text }
    else if (part.kind !== 'function') yield* flat(part.parts)
  }
}
