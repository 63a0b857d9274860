// Puts what aliases and functions stand for into a line, as the shell will, so that it is judged by what it does.
import { commandsOf } from '../risk/commands-of.ts'
import type { Definition, Where } from './types.ts'

/** Definitions within definitions. */
const MOST_ROUNDS = 6
/** UTF-16 units the line may grow to; then no more is put in. */
const MOST_LENGTH = 32_768
/** Assignments in front of a command: `A=1 B='x y' `. */
const ASSIGNMENTS = /^(?:\w+\+?=(?:[^\s'"\\;|&()<>`$]|'[^']*'|"[^"]*"|\\.)*[ \t]+)*/

/** What a line comes to with its definitions. */
export interface Meaning {
  /** The line as it runs, as far as is known; undefined when it holds none of the words. */
  readonly text: string | undefined
  /** Name of one that runs and whose text is not in it. */
  readonly unread?: string
}

interface Use {
  readonly used: Set<Definition>
  unread: string | undefined
}

/** A quoted word (`\ll`) is no alias, but still a function; so is an alias's own name in its text. */
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
    // A word within its own definition means the command.
    left = left.filter((definition) => !use.used.has(definition))
  }
  return { text: text === line ? undefined : text, ...(unread !== undefined && { unread }) }
}

/** The first word of a command, also one that is quoted in a way that needs no shell to be read. */
const FIRST_WORD = /^(?:[^\s;|&()<>`'"\\$]|\\[\s\S]|'[^']*'|"[^"\\$`]*")+/

function once(text: string, definitions: readonly Definition[], where: Where, use: Use): string {
  const named = (...kinds: readonly Definition['kind'][]) =>
    new Map(definitions.filter(({ kind }) => kinds.includes(kind)).map((one) => [one.name, one]))
  const aliases = named('alias', 'global')
  const functions = named('function')
  const unread = named('unread')
  let out = text
  let before = Number.POSITIVE_INFINITY
  // From the last to the first, so that offsets hold; of one inside another only the inner, the outer in the next round.
  const commands = commandsOf(text, where).toSorted((a, b) => b.span[0] - a.span[0])
  for (const { span } of commands) {
    const skipped = ASSIGNMENTS.exec(text.slice(span[0], span[1]))?.[0].length ?? 0
    const start = span[0] + skipped
    const word = FIRST_WORD.exec(text.slice(start, span[1]))?.[0]
    if (word === undefined) continue
    const plain = word.replace(/\\([\s\S])|['"]/g, '$1')
    // Of one name there may be both: an alias, where it is not quoted, comes before a function.
    const definition =
      plain === word
        ? (aliases.get(plain) ?? unread.get(plain) ?? functions.get(plain))
        : (functions.get(plain) ?? unread.get(plain))
    // Those that stand for a word anywhere are put in by themselves.
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

/** A call as a group of its own, its arguments where the body looks for them. */
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

/** A hook's list: records end with U+001E, their kind, name and text with U+001F between them. */
export function readDefinitions(list: string, shell: Where['shell']): readonly Definition[] {
  return list.split('\u001e').flatMap((record): Definition[] => {
    const [kind, name, ...text] = record.split('\u001f')
    if (name === undefined || name === '' || text.length === 0) return []
    const whole = text.join('\u001f')
    if (kind === 'alias' || kind === 'global' || kind === 'unread') return [{ kind, name, text: whole }]
    return kind === 'function' ? [{ kind, name, text: bodyOf(whole, shell) }] : []
  })
}

/** Of a function as the shell prints it: `name () { … }`; zsh prints the body alone, fish `function … end`. */
function bodyOf(text: string, shell: Where['shell']): string {
  if (shell === 'fish') return text.replace(/^(?:#[^\n]*\n)*function [^\n]*\n/, '').replace(/\n?end\s*$/, '')
  if (shell === 'zsh') return text
  return text.replace(/^[^{]*\{/, '').replace(/\}[^}]*$/, '')
}
