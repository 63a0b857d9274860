// Forms of command lines, by which a rule says what it finds: tools, their words in order, options, files and places.
import type { Options } from '../line/options.ts'
import type { Place } from '../line/paths.ts'
import { remembered } from '../lookup.ts'
import { type Args, matching, type Pattern, type SimpleCommand, said } from '../model.ts'
import { type Hit, inPlace, naming, type Rule } from './rule.ts'
import { appended, changed, deletedTrees, filled, overwritten } from './targets.ts'

/**
 * A rule that says the lines it finds as forms, one a line, in place of tools and a condition:
 *
 *     !--dry-run
 *     aws|gcloud s3 rb|delete-* … --force|-f
 *
 * - The first word names the tools; `_` are those of the line above, `*` is every command. The words after it are those of the
 *   operands in their order, also where one operand holds several (`nft 'flush ruleset'`): alternatives between `|`, in which `*` is
 *   any text. `…`: any number of words; `*?`: at most one; `.`: no more of them, for else any may follow.
 * - `-f|--force`: one of these options is given; `--acl=public*`: with such a value; `--keep-*`: a word that begins so.
 * - `!`: no such option is given, and no such operand; at the start of a line for all lines below it.
 * - `?`: the line only tries or asks for help. `$`: the line does not tell the text of an operand.
 * - `~name`: all words behind the tool, joined by blanks, fit the pattern `named` so.
 * - `<name>`: operands from here on that fit that pattern; `{name}`: the next operand, if it does; `@home|system`: operands from here
 *   on in such places. They are what is found; without such a part it is the whole command. In front may stand what is looked at in
 *   the place of operands: `words` (options too), `last` (the last operand), an option with its value (`-m|--mode=<name>`), or files
 *   and directories: `writes`, `appends`, `changes` (either), `fills` and `trees` (deletes), which also fit by their whole path.
 */
export interface FormRule extends Omit<Rule, 'tools' | 'when'> {
  readonly finds: string
  readonly named?: Readonly<Record<string, Pattern>>
  /** What else it finds, of these tools and others. */
  readonly tools?: Rule['tools']
  readonly when?: Rule['when']
}

type Find = (c: SimpleCommand, o: Options) => Args
type Test = (c: SimpleCommand, o: Options) => boolean

interface Form {
  /** Of the words of the operands, with a NUL behind each. */
  readonly words: RegExp
  readonly tests: readonly Test[]
  /** Each has to find something; what the last one finds is the hit. */
  readonly finds: readonly Find[]
}

interface Row {
  readonly tools: readonly string[]
  readonly text: string
  /** What the first word may be, if it is always there and plain; it spares most rows their patterns. */
  readonly verbs: readonly string[] | undefined
  form?: Form
}

/** Rules as they are written. */
export type Rules = readonly (Rule | FormRule)[]

/** The rule, which reads its forms when it is asked about one of their tools first. */
export function ruleOf({ finds, named = {}, tools = [], when, ...rule }: FormRule): Rule {
  const isForAll = tools.includes('*') || /^\s*\* /m.test(finds)
  let read: readonly Row[] | undefined
  const rows = (): readonly Row[] => {
    read ??= rowsIn(finds)
    return read
  }
  const rowsOf = remembered((tool) =>
    rows().filter((row) => row.tools[0] === '*' || row.tools.includes(tool)),
  )
  return {
    ...rule,
    get tools() {
      return isForAll ? ['*'] : [...tools, ...rows().flatMap((row) => row.tools)]
    },
    isAbout: (tool) =>
      isForAll ? tool === '*' : tools.includes(tool) || (finds.includes(tool) && rowsOf(tool).length > 0),
    when(c, o) {
      if (asked?.of !== o) asked = { of: o, line: o.operands.map(({ text }) => wordsOf(text)).join('') }
      const { line } = asked
      const verb = line.slice(0, line.indexOf('\0'))
      for (const row of rowsOf(c.name)) {
        if (row.verbs?.includes(verb) === false) continue
        row.form ??= formOf(row.text, named)
        const hit = hitOf(row.form, line, c, o)
        if (hit !== undefined) return hit
      }
      return when?.(c, o)
    },
  }
}

function rowsIn(finds: string): readonly Row[] {
  const rows: Row[] = []
  let all = ''
  for (const text of finds.trim().split(/\n\s*/)) {
    const of = text.slice(0, text.search(/\s|$/))
    if (text[0] === '!') all = ` ${text}`
    else
      rows.push({
        tools: of === '_' ? (rows.at(-1) as Row).tools : of.split('|'),
        text: text + all,
        verbs: /^\S+ (\w[^\s*<{@]*)(?= |$)/.exec(text)?.[1]?.split('|'),
      })
  }
  return rows
}

/** The operands' words of one command, for which many forms ask one after the other. */
let asked: { readonly of: Options; readonly line: string } | undefined

function hitOf({ words, tests, finds }: Form, line: string, c: SimpleCommand, o: Options): Hit {
  if (!words.test(line) || !tests.every((test) => test(c, o))) return undefined
  let hit: Hit = true
  for (const find of finds) {
    hit = find(c, o)
    if (hit.length === 0) return undefined
  }
  return hit
}

function formOf(line: string, named: NonNullable<FormRule['named']>): Form {
  const [, ...parts] = line.split(/\s+/)
  let words = '^'
  const tests: Test[] = []
  const finds: Find[] = []
  for (const part of parts) {
    const isGiven = part[0] !== '!'
    const body = isGiven ? part : part.slice(1)
    const find = findOf(body, named, words)
    if (find !== undefined && isGiven) finds.push(find)
    else if (find !== undefined) tests.push((c, o) => find(c, o).length === 0)
    else if (part === '…') words += '(?:[^\0]*\0)*?'
    else if (part === '*?') words += '(?:[^\0]*\0)?'
    else if (part === '.') words += '$'
    else if (part === '$') tests.push((_c, o) => o.operands.some(({ taint }) => taint !== 0))
    else if (!isGiven || /^[-?~]/.test(part)) {
      const test = testOf(body, named)
      tests.push((c, o) => test(c, o) === isGiven)
    } else words += `(?:${globs(part)})\0`
  }
  return { words: new RegExp(words), tests, finds }
}

const FILES: Readonly<Record<string, Find>> = {
  writes: overwritten,
  appends: appended,
  changes: changed,
  fills: filled,
  trees: deletedTrees,
}

/** What a part finds that says what to look at, and by which pattern or place; undefined for another part. */
function findOf(part: string, named: NonNullable<FormRule['named']>, words: string): Find | undefined {
  const [all, source = '', any, next, places] =
    /^(?:([a-z]*|-[^=]*)=?)(?:<(\w+)>|\{(\w+)\}|@([a-z|-]+))$/.exec(part) ?? []
  if (all === undefined) return undefined
  const before = new RegExp(words)
  const options = namesOf(source)
  const from: Find =
    FILES[source] ??
    (source === 'words'
      ? ({ args }) => args
      : source === 'last'
        ? (_c, o) => o.operands.slice(-1)
        : source !== ''
          ? (_c, o) => [o.value(...options)].filter((arg) => arg !== undefined)
          : (_c, o) => behind(o.operands, before).slice(0, next === undefined ? undefined : 1))
  if (places !== undefined) {
    const among = places.split('|') as readonly Place[]
    return (c, o) => inPlace(c, from(c, o), ...among)
  }
  const pattern = patternOf(any ?? (next as string), named)
  return (c, o) =>
    Object.hasOwn(FILES, source) ? naming(c, from(c, o), pattern) : matching(from(c, o), pattern)
}

function patternOf(name: string, named: NonNullable<FormRule['named']>): Pattern {
  const pattern = named[name]
  if (pattern === undefined) throw new Error(`no pattern is named ${name}`)
  return pattern
}

/** The words in a text, with a NUL behind each. */
const wordsOf = (text: string): string => (text.match(/\S+/g) ?? ['']).map((word) => `${word}\0`).join('')

/** The operands behind those whose words the pattern has. */
function behind(operands: Args, words: RegExp): Args {
  let line = ''
  for (let at = 0; at <= operands.length; at++) {
    if (words.test(line)) return operands.slice(at)
    line += wordsOf(operands[at]?.text ?? '')
  }
  return []
}

/** A pattern of texts without NUL. */
const globs = (alternatives: string): string =>
  alternatives.replace(/[.+?^${}()[\]\\]/g, '\\$&').replaceAll('*', '[^\0]*')

/** A word by which most tools change nothing. */
const TRIES = /^(?:--help|-h|--dry-run|-n|--version|help)(?:=|$)/

const namesOf = (options: string): readonly string[] =>
  options.split('|').map((name) => name.replace(/^-+/, ''))

function testOf(part: string, named: NonNullable<FormRule['named']>): Test {
  if (part === '?') return (c) => matching(c.args, TRIES).length > 0
  if (part[0] === '~') {
    const pattern = patternOf(part.slice(1), named)
    return (c) => pattern.test(said(c))
  }
  if (part[0] !== '-') {
    const pattern = new RegExp(`^(?:${globs(part)})$`)
    return (_c, o) => matching(o.operands, pattern).length > 0
  }
  const [option = '', value] = part.split('=')
  if (option.includes('*')) {
    // Tools that take long options in any case have no options of one letter.
    const pattern = new RegExp(`^(?:${globs(option)})$`, /(?:^|\|)-\w\*/.test(option) ? '' : 'i')
    return (c) => matching(c.args, pattern).length > 0
  }
  const names = namesOf(option)
  if (value === undefined) return (_c, o) => o.flag(...names) !== undefined
  const pattern = new RegExp(`^(?:${globs(value)})$`, 'i')
  return (_c, o) => {
    const given = o.value(...names)
    return given !== undefined && pattern.test(given.text)
  }
}
