// Forms of command lines, by which rules and tables say what they find: tools, their words in order, options, files and places.
import { findTargets } from './carriers/listings.ts'
import { knownFiles } from './known-files.ts'
import { copying, type Options } from './line/options.ts'
import type { Place } from './line/paths.ts'
import { names, remembered } from './lookup.ts'
import {
  type Arg,
  type Args,
  inputOf,
  matching,
  type Pattern,
  redirectedTo,
  type SimpleCommand,
  said,
} from './model.ts'
import { inPlace, naming, setBy } from './rules/rule.ts'
import { valuesOf } from './writes/option-values.ts'

/** A pattern of a word, or a condition in code. */
type Named = Pattern | ((arg: Arg, c: SimpleCommand, o: Options) => unknown)
export type NamedForms = Readonly<Record<string, Named>>
export type Find = (c: SimpleCommand, o: Options) => Args
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

/** What a part of a form may say to look at. */
export const SOURCES: Readonly<Record<string, Find>> = {
  words: ({ args }) => args,
  operands: (_c, { operands }) => operands,
  files: (_c, { operands }) => operands,
  last: (_c, { operands }) => operands.slice(-1),
  sources: (_c, o) => copying(o).sources,
  target: (_c, o) => [copying(o).into].filter((arg) => arg !== undefined),
  tops: ({ args }) => findTargets(args).tops,
  sets: setBy,
  reads: (c) => redirectedTo(c, /^<$/),
  opens: (c) => redirectedTo(c, /^<>$/),
  into: (c) => redirectedTo(c, /^&?>/),
  redirects: (c) => redirectedTo(c, /./),
}
/** Those that are files or directories, and fit also by their whole path. */
const FILES = /^(?:files|writes|appends|changes|fills|trees)$/

/**
 * Forms of command lines, one a line; behind `|` at its end a line goes on:
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
 * - `~name`: all words behind the tool, joined by blanks, fit what is `named` so, or the command does. `/pattern/`: the same by a pattern, up
 *   to the end of the line.
 * - `<name>`: operands from here on that fit what is named so, or are files of such a kind (known-files.ts); `{name}`: the next operand, if it does; `@home|system`: operands from here
 *   on in such places. Several, each with `!` for the opposite, stand together for words that fit all: `writes@log!<edited>`. They are what
 *   is found; without such a part, or with `?` behind it, it is the whole command. In front may stand what is looked at in the place of these
 *   operands: `words` (options too), `operands` (all), `last`, `sources` and `target` of a copy, values of an option (`-m|--mode=<name>`), `tops` (starts of a search), `input`
 *   (what is read, if it is known), `sets` (variables, as `NAME=value`), what redirections name (`reads` of `<`, `opens` of `<>`, `into` of
 *   `>` and the like, `redirects` of any), or files and directories: `files` (all operands), `writes`, `appends`, `changes` (either), `fills`
 *   and `trees` (deletes), which also fit by their whole path.
 */
export function formsOf(finds: string, named: NamedForms = {}, sources = SOURCES) {
  let read: readonly Row[] | undefined
  const rows = (): readonly Row[] => {
    read ??= rowsIn(finds)
    return read
  }
  const isForAll = /^\s*\* /m.test(finds)
  /** Whether a form is about the tool by its name. */
  const has = (tool: string): boolean =>
    finds.includes(tool) && rows().some(({ tools }) => tools.includes(tool))
  const rowsOf = remembered((tool) =>
    isForAll || has(tool) ? rows().filter(({ tools }) => tools[0] === '*' || tools.includes(tool)) : [],
  )
  return {
    names: () => [...new Set(rows().flatMap(({ tools }) => tools))],
    isForAll,
    has,
    /** What each form that the command has finds, in their order; the first, unless more are asked for. */
    hits(c: SimpleCommand, o: Options, most = 1): readonly (true | Args)[] {
      const hits: (true | Args)[] = []
      for (const row of rowsOf(c.name)) {
        if (asked?.of !== o) {
          const line = o.operands.map(({ text }) => wordsOf(text)).join('')
          asked = { of: o, line, verb: line.slice(0, line.indexOf('\0')) }
        }
        if (row.verbs?.includes(asked.verb) === false) continue
        row.form ??= formOf(row.text, named, sources)
        const hit = hitOf(row.form, asked.line, c, o)
        if (hit && hits.push(hit) === most) break
      }
      return hits
    },
  }
}

/** The words that the forms find, all together. */
export const wordsFound = (forms: ReturnType<typeof formsOf>, c: SimpleCommand, o: Options): Args =>
  forms.hits(c, o, Number.POSITIVE_INFINITY).flatMap((hit) => (hit === true ? [] : hit))

function rowsIn(finds: string): readonly Row[] {
  const rows: Row[] = []
  let all = ''
  for (const text of finds
    .trim()
    .replace(/\|\n\s*/g, '|')
    .split(/\n\s*/)) {
    const of = text.slice(0, text.search(/\s|$/))
    if (text[0] === '!') all = ` ${text}`
    else
      rows.push({
        tools: of === '_' ? (rows.at(-1) as Row).tools : of.split('|'),
        text: of + all + text.slice(of.length),
        verbs: /^\S+ (\w[^\s*<{@]*)(?= |$)/.exec(text)?.[1]?.split('|'),
      })
  }
  return rows
}

/** The operands' words of one command, for which many forms ask one after the other. */
let asked: { readonly of: Options; readonly line: string; readonly verb: string } | undefined

function hitOf(
  { words, tests, finds }: Form,
  line: string,
  c: SimpleCommand,
  o: Options,
): true | Args | undefined {
  if (!words.test(line) || !tests.every((test) => test(c, o))) return undefined
  let hit: true | Args = true
  for (const find of finds) {
    hit = find(c, o)
    if (hit.length === 0) return undefined
  }
  return hit
}

function formOf(row: string, named: NamedForms, sources: typeof SOURCES): Form {
  const [, line = row, said] = /^(.*?) \/(.+)\/$/.exec(row) ?? []
  const [, ...parts] = line.split(/\s+/)
  let words = '^'
  const tests: Test[] = said === undefined ? [] : [saying(new RegExp(said))]
  const finds: Find[] = []
  for (const part of parts) {
    const isGiven = part[0] !== '!'
    const body = isGiven ? part : part.slice(1)
    const find = findOf(body, named, words, sources)
    if (find !== undefined && isGiven && !body.endsWith('?')) finds.push(find)
    else if (find !== undefined) tests.push((c, o) => find(c, o).length > 0 === isGiven)
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

/** What a part finds that says what to look at, and by which patterns or places; undefined for another part. */
function findOf(part: string, named: NamedForms, words: string, sources: typeof SOURCES): Find | undefined {
  const [all, source = '', filters = ''] =
    /^(?:([a-z]*|-[^=]*)=?)((?:!?(?:<\w+>|@[a-z|-]+))+|\{\w+\})\??$/.exec(part) ?? []
  if (all === undefined) return undefined
  const before = new RegExp(words)
  const options = namesOf(source)
  const from: Find =
    sources[source] ??
    (source !== ''
      ? ({ args }) => valuesOf(args, options)
      : (_c, o) => behind(o.operands, before).slice(0, filters[0] === '{' ? 1 : undefined))
  const kept = [...filters.matchAll(/(!?)(?:[<{](\w+)[>}]|@([a-z|-]+))/g)].map(([, isNot, name, places]) => {
    const keep = keeps(name === undefined ? undefined : namedSo(name, named), places, source)
    return isNot
      ? (args: Args, c: SimpleCommand, o: Options): Args => {
          const fit = keep(args, c, o)
          return args.filter((arg) => !fit.includes(arg))
        }
      : keep
  })
  return (c, o) => kept.reduce((args, keep) => (args.length === 0 ? args : keep(args, c, o)), from(c, o))
}

/** The words that fit what is named, or are in the places. */
function keeps(
  named: Named | undefined,
  places: string | undefined,
  source: string,
): (args: Args, c: SimpleCommand, o: Options) => Args {
  if (named === undefined) {
    const among = (places as string).split('|') as readonly Place[]
    return (args, c) => inPlace(c, args, ...among)
  }
  if (typeof named === 'function') return (args, c, o) => args.filter((arg) => named(arg, c, o))
  return (args, c) => (FILES.test(source) ? naming(c, args, named) : matching(args, named))
}

function namedSo(name: string, named: NamedForms): Named {
  const found = named[name] ?? knownFiles(name)
  if (found === undefined) throw new Error(`no pattern is named ${name}`)
  return found
}

const saying =
  (pattern: Pattern): Test =>
  (c) =>
    pattern.test(said(c))

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

/** Tools in which `-n` takes the name of a namespace, a node or the like. */
const NAMED_BY_N = names(
  'argo ceph cilium conda flux helmfile istioctl kn linkerd lxc-destroy lxc-stop mamba micromamba odo rados rbd scancel talosctl tkn vcluster velero',
)
/** Whether the tool changes nothing when this word is among its arguments. */
export const tries = (tool: string, word: string): boolean =>
  /^-v?nv?$/.test(word)
    ? !NAMED_BY_N.has(tool)
    : /^(?:--help|-h|--dry-?run(?:=.*)?|--version|help|--simulate|--what-if)$/.test(word)

const namesOf = (options: string): readonly string[] =>
  options.split('|').map((name) => name.replace(/^-+/, ''))

function testOf(part: string, named: NamedForms): Test {
  if (part === '?') return (c) => c.args.some(({ text }) => tries(c.name, text))
  if (part[0] === '~') {
    const fits = namedSo(part.slice(1), named)
    return typeof fits === 'function' ? (c, o) => Boolean(fits(inputOf(c), c, o)) : saying(fits)
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
