// Replaces aliases and functions in a line by their texts, as the shell does, so that the line is judged by what it
// runs.
import { commandsOf } from '../risk/commands-of.ts'
import type { Definition, Where } from './guard.ts'

/** Rounds of replacing; an alias whose text has an alias takes two. */
const MOST_ROUNDS = 6
/** UTF-16 units that the line may grow to; beyond that nothing more is replaced. */
const MOST_LENGTH = 32_768
/** Assignments in front of a command: `A=1 B='x y' `. */
const ASSIGNMENTS = /^(?:\w+\+?=(?:[^\s'"\\;|&()<>`$]|'[^']*'|"[^"]*"|\\.)*[ \t]+)*/

/** A line with its definitions put in. */
export interface Meaning {
  /** The line as it will run, as far as known; undefined if no definition was used in it. */
  readonly text: string | undefined
  /** Name of an alias or function that the line runs and whose text is not in `text`. */
  readonly unread?: string
}

interface Use {
  readonly used: Set<Definition>
  unread: string | undefined
}

/**
 * Puts definitions into the line. A quoted word (`\ll`) is no alias but may be a function, and so is an alias's own
 * name inside its text.
 */
export function expand(line: string, definitions: readonly Definition[], where: Where): Meaning {
  let left = definitions
  let text = line
  let unread = definitions.find(({ kind, name }) => kind === 'unread' && name === '*')?.name
  for (let round = 0; left.length > 0; round++) {
    const use: Use = { used: new Set(), unread: undefined }
    const next = globals(once(text, left, where, use), left, use.used)
    unread ??= use.unread
    const [first] = use.used
    if (first === undefined) break
    if (round === MOST_ROUNDS || next.length > MOST_LENGTH) {
      unread ??= first.name
      break
    }
    text = next
    // A definition's own name inside its text means the command.
    left = left.filter((definition) => !use.used.has(definition))
  }
  return { text: text === line ? undefined : text, ...(unread !== undefined && { unread }) }
}

/** The first word of a command, perhaps quoted, but without anything to expand. */
const FIRST_WORD = /^(?:[^\s;|&()<>`'"\\$]|\\[\s\S]|'[^']*'|"[^"\\$`]*")+/

function once(text: string, definitions: readonly Definition[], where: Where, use: Use): string {
  const named = (...kinds: readonly Definition['kind'][]) =>
    new Map(definitions.filter(({ kind }) => kinds.includes(kind)).map((one) => [one.name, one]))
  const aliases = named('alias', 'global')
  const functions = named('function')
  const unread = named('unread')
  let out = text
  let before = Number.POSITIVE_INFINITY
  // From the last command to the first, so that offsets stay right. Of nested commands the inner is replaced now, the
  // outer next round.
  const commands = commandsOf(text, where).toSorted((a, b) => b.span[0] - a.span[0])
  for (const { span } of commands) {
    const skipped = ASSIGNMENTS.exec(text.slice(span[0], span[1]))?.[0].length ?? 0
    const start = span[0] + skipped
    const word = FIRST_WORD.exec(text.slice(start, span[1]))?.[0]
    if (word === undefined) continue
    const plain = word.replace(/\\([\s\S])|['"]/g, '$1')
    // An alias and a function may share a name. The alias comes first unless the word is quoted.
    const definition =
      plain === word
        ? (aliases.get(plain) ?? unread.get(plain) ?? functions.get(plain))
        : (functions.get(plain) ?? unread.get(plain))
    // globals() replaces global aliases.
    if (definition === undefined || definition.kind === 'global') continue
    if (definition.kind === 'unread') {
      use.unread ??= definition.name
      continue
    }
    const end = definition.kind === 'function' ? span[1] : start + word.length
    if (end > before) continue
    use.used.add(definition)
    const rest = text.slice(start + word.length, end)
    const meaning =
      definition.kind === 'function' ? inline(definition.text, rest, where.shell) : definition.text
    out = out.slice(0, start) + meaning + out.slice(end)
    before = start
  }
  return out
}

/** A call as a group: it sets the arguments, then runs the body. */
function inline(body: string, args: string, shell: Where['shell']): string {
  return shell === 'fish' ? `begin; set argv${args}\n${body}\nend` : `{ set --${args}\n${body}\n}`
}

function globals(text: string, definitions: readonly Definition[], used: Set<Definition>): string {
  let out = text
  for (const definition of definitions) {
    if (definition.kind !== 'global') continue
    const words = out.split(/([\s;|&()<>]+)/)
    if (!words.includes(definition.name)) continue
    used.add(definition)
    out = words.map((word) => (word === definition.name ? definition.text : word)).join('')
  }
  return out
}

/**
 * Reads the hook's list of definitions: each record ends with U+001E and has kind, name and text, separated by U+001F.
 */
export function readDefinitions(list: string, shell: Where['shell']): readonly Definition[] {
  return list.split('\u001e').flatMap((record): Definition[] => {
    const [kind, name, ...text] = record.split('\u001f')
    if (name === undefined || name === '' || text.length === 0) return []
    const whole = text.join('\u001f')
    if (kind === 'alias' || kind === 'global' || kind === 'unread') return [{ kind, name, text: whole }]
    return kind === 'function' ? [{ kind, name, text: bodyOf(whole, shell) }] : []
  })
}

/** The body of a function as the shell prints it: bash `name () { … }`, zsh the body alone, fish `function … end`. */
function bodyOf(text: string, shell: Where['shell']): string {
  if (shell === 'fish') return text.replace(/^(?:#[^\n]*\n)*function [^\n]*\n/, '').replace(/\n?end\s*$/, '')
  if (shell === 'zsh') return text
  return text.replace(/^[^{]*\{/, '').replace(/\}[^}]*$/, '')
}
