// Composes a command of one tool from its verb and from the options that the rest of a request names; nothing may be left over.
import { filled, written } from './fill-form.ts'
import { FORMS } from './forms-words.ts'
import { type Expression, expressionOf } from './needed.ts'
import type { Reading } from './read.ts'

interface Ready {
  readonly verb: Expression
  readonly command: string
  readonly parts: readonly (readonly [Expression, string])[]
}

let made: readonly Ready[] | undefined

/** The expressions of all forms, made when the first request comes. */
const forms = (): readonly Ready[] =>
  (made ??= FORMS.map(([verb, command, parts]) => ({
    verb: expressionOf(`^(?:${written(verb)})(?![\\w>-])`),
    command,
    parts: parts.map(([pattern, meaning]) => [
      expressionOf(`(?<![\\w<>$-])(?:(?:and|with|using|by|but|,) )*(?:${written(pattern)})(?![\\w>-])`),
      meaning,
    ]),
  })))

/** How something is done stands before the verb or behind everything; it is read there. */
const HOW =
  /^((?:(?:recursively|forcibly|forcible|force|silently|interactively|verbosely|continuously|automatically|numerically|alphabetically|reversibly)(?: and | , | )?)+)(?=\w)/
/** Words between the parts that say nothing of their own. */
const BETWEEN =
  /^(?:and|with|using|use|in|into|to|for|of|from|as|on|at|by|it|its|them|,|-|be|is|are|while|that|which|also)$/

/** How often one part may stand in a request. */
const MOST_TIMES = 3

export interface FormCommand {
  readonly command: string
  readonly ways: readonly string[]
}

/** The command of the first form that accounts for every word; undefined if there is none. */
export function composeForm(request: string, { text, values }: Reading): FormCommand | undefined {
  const how = HOW.exec(text)?.[1] ?? ''
  const whole = `${text.slice(how.length)} ${how}`.replace(/[ ,]+$/, '')
  for (const form of forms()) {
    const match = form.verb.exec(whole)
    if (match === null) continue
    const found = withParts(form, whole.slice(match[0].length), (meaning, of) =>
      filled(meaning, of, request, { text, values }),
    )
    if (found === undefined) continue
    const base = filled(form.command, match, request, { text, values })
    const command = joined(base, found.options, found.slots)
    if (command !== undefined) return { command, ways: ['form', form.command, ...found.ways] }
  }
  return undefined
}

/** What the parts of a form add; undefined if a word is left over or a slot is said twice. */
function withParts(
  { parts }: Ready,
  said: string,
  fill: (meaning: string, match: RegExpExecArray) => string,
) {
  let rest = said
  const options: string[] = []
  const slots = new Map<string, string>()
  const ways: string[] = []
  for (const [expression, meaning] of parts)
    for (let again = 0; again < MOST_TIMES; again++) {
      const match = expression.exec(rest)
      if (match === null || match[0].trim() === '') break
      rest = `${rest.slice(0, match.index).trimEnd()} ${rest.slice(match.index + match[0].length).trimStart()}`
      ways.push(meaning)
      for (const one of meaning.split(' ; ')) {
        const value = fill(one, match).trim()
        const [, slot] = /^\[(\w+)\]/.exec(value) ?? []
        if (slot === undefined) {
          if (value !== '' && !options.includes(value)) options.push(value)
        } else if (slots.has(slot)) return undefined
        else slots.set(slot, value.slice(slot.length + 2).trim())
      }
    }
  const left = rest.split(/\s+/).some((word) => word !== '' && !BETWEEN.test(word))
  return left ? undefined : { options, slots, ways }
}

/** The command with its options and slots in place; undefined if a slot in `<…>` has no value. */
function joined(
  base: string,
  options: readonly string[],
  slots: ReadonlyMap<string, string>,
): string | undefined {
  const named = [...base.matchAll(/<(\w+)>/g)].map(([, slot = '']) => slot)
  if (named.some((slot) => !slots.has(slot))) return undefined
  return (
    base
      .replace('…', () => options.join(' '))
      // What `yes` says of itself.
      .replace(/^yes y(?= \|)/, 'yes')
      .replace(/\[(\w+)\]@/g, (_, slot: string) => (slots.has(slot) ? `${slots.get(slot)}@` : ''))
      .replace(/<(\w+)>|\[(\w+)\]/g, (_, one: string, other: string) => slots.get(one ?? other) ?? '')
      .replace(/ {2,}/g, ' ')
      .trim()
  )
}
