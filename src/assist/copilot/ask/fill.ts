// Tells what may fill each slot of a command, and writes it into the line, always as one quoted word.
import { shellWord } from '../../../base/quote.ts'
import { type Entry, piecesOf, placeholderOf, type Slot, slotsIn } from './entries.ts'
import { concept } from './language.ts'
import type { Entity, EntityKind } from './things.ts'

/** Kinds of things that a type of slot takes, the best first. */
const TAKES: Readonly<Record<Slot['type'], readonly EntityKind[]>> = {
  file: ['file', 'path', 'glob', 'quoted', 'domain'], dir: ['path', 'here', 'quoted'], path: ['path', 'file', 'here', 'glob', 'device', 'quoted'], place: ['remote'],
  glob: ['glob', 'file', 'quoted', 'ext'], ext: ['ext'], number: ['number', 'time'], percent: ['percent', 'number'], size: ['size'],
  duration: ['time', 'number'], date: ['date', 'time', 'quoted'], time: ['clock', 'quoted'], host: ['login', 'domain', 'ip', 'name'], ip: ['ip', 'cidr'],
  user: ['quoted'], group: ['quoted'], port: ['number'], url: ['url', 'domain', 'ip'], email: ['login'], branch: ['rev', 'quoted', 'name'], commit: ['rev', 'quoted'],
  tag: ['version', 'quoted'], remote: ['quoted'], pattern: ['quoted', 'glob', 'name', 'url', 'ip', 'login', 'domain'], text: ['quoted', 'url', 'name', 'login', 'ip', 'domain', 'number'],
  name: ['quoted', 'name'], pid: ['number'], signal: ['signal', 'quoted', 'number'], device: ['device'], mode: ['mode', 'number'], interface: ['interface', 'quoted'],
  package: ['quoted', 'name', 'file', 'domain'], service: ['quoted', 'file', 'name'], container: ['quoted', 'name'], image: ['image', 'quoted', 'file', 'name'], pod: ['quoted', 'name'],
  namespace: ['quoted', 'name'], table: ['quoted', 'name'], database: ['quoted', 'name', 'file'], key: ['quoted', 'file', 'name'], variable: ['quoted', 'name'],
  value: ['quoted', 'number', 'name', 'file', 'path', 'url', 'ip'], command: ['quoted'], format: ['quoted', 'ext'],
} // biome-ignore format: a compact table

/** By which the search finds entries that take such a thing, best or second best. */
export const typeTerms = (kind: EntityKind): readonly string[] =>
  Object.entries(TAKES).flatMap(([type, kinds]) => (kinds.slice(0, 2).includes(kind) ? [`<${type}>`] : []))

/** Types that take a plain word of the request where the words beside it say that it is one. */
const WORDY = new Set(
  'glob host user group branch commit tag remote pattern text name signal interface package service container image pod namespace table database key variable value'.split(
    ' ',
  ),
)
/** Types that take a plain word only behind or before their noun: `the folder build`. */
const CAREFUL = new Set(['file', 'dir', 'path'])
/** Types that also take a word that names a tool: `install git`, `restart nginx`, `kill firefox`. */
const OF_TOOLS = new Set('package service container image name pod database user group'.split(' '))

type WordFit = 'none' | 'word' | 'careful'
export const wordFit = ({ type, ending }: Slot, isTool: boolean): WordFit =>
  ending !== undefined || (isTool && !OF_TOOLS.has(type))
    ? 'none'
    : WORDY.has(type)
      ? 'word'
      : CAREFUL.has(type)
        ? 'careful'
        : 'none'

/** Nouns by which requests call what a slot takes; as they are written. */
export const NOUNS: Readonly<Partial<Record<Slot['type'], string>>> = {
  file: 'file', dir: 'dir', path: 'file dir', ext: 'file extension', host: 'host server', url: 'url link website', pattern: 'text', text: 'text', name: 'name', device: 'device disk', number: 'number',
  pid: 'pid process', user: 'user', group: 'group', port: 'port', branch: 'branch', commit: 'commit', tag: 'tag', remote: 'remote', package: 'package', service: 'service', container: 'container',
  image: 'image', pod: 'pod', namespace: 'namespace', table: 'table', database: 'database', key: 'key column', variable: 'variable', value: 'value', interface: 'interface', ip: 'ip', mode: 'permission', command: 'command',
  signal: 'signal', email: 'email', glob: 'name file',
} // biome-ignore format: a compact table

/** Minutes of a unit of time, by its name. */
const MINUTES_OF: Readonly<Record<string, number>> = {
  second: 1 / 60, minute: 1, hour: 60, day: 1_440, week: 10_080, month: 43_200, year: 525_600,
} // biome-ignore format: a compact table

/** Endings that are one: an archive of either is the same to tar. */
const ENDINGS: readonly (readonly string[])[] = [['tgz', 'tar.gz'], ['tbz', 'tbz2', 'tar.bz2'], ['txz', 'tar.xz'], ['jpg', 'jpeg'], ['yml', 'yaml'], ['gpg', 'asc', 'pgp'], ['zip', 'jar', 'war', 'apk', 'epub', 'docx', 'xlsx']] // biome-ignore format: a list

/** By which the search finds entries about a kind of file: its ending with a dot, one for all that are one; none without. */
export function endingTerm(name: string): readonly string[] {
  const plain = name.toLowerCase()
  const group = ENDINGS.find((all) => all.some((one) => plain.endsWith(`.${one}`)))
  const ending = group?.[0] ?? /\.([a-z0-9]{1,8})$/.exec(plain)?.[1]
  return ending === undefined ? [] : [`.${ending}`]
}

function hasEnding(value: string, ending: string): boolean {
  const all = ENDINGS.find((group) => group.includes(ending)) ?? [ending]
  return all.some(
    (one) => value.toLowerCase().endsWith(`.${one}`) && !(one === 'gz' && /\.tar\.gz$/i.test(value)),
  )
}

/** Forms that values of some types have, whatever kind of thing they are. */
const FORMS: Readonly<Partial<Record<Slot['type'], RegExp>>> = {
  file: /[^/~.]$/, number: /^\d{1,12}$/, pid: /^\d{1,9}$/, port: /^\d{1,5}$/, mode: /^(?:[0-7]{3,4}|[ugoa]*[-+=][rwxXst]+(?:,[ugoa]*[-+=][rwxXst]+)*)$/, user: /^[\w@][\w.@-]*$/, group: /^[\w@][\w.@-]*$/, ext: /^[\w.-]+$/,
  host: /^[\w@][\w.@:-]*$/, branch: /^[\w@][\w.@:~^+/-]*$/, commit: /^[\w@][\w.@:~^+{}/-]*$/, package: /^[\w@][\w.@:+/=-]*$/, service: /^[\w@][\w.@:+-]*$/, container: /^\w[\w.-]*$/, pod: /^\w[\w./-]*$/,
  namespace: /^\w[\w.-]*$/, variable: /^[A-Za-z_]\w*$/, signal: /^(?:SIG)?[A-Z]{3,6}\d?$|^\d{1,2}$/, interface: /^[a-z][\w.-]*\d[\w.@-]*$|^wl\w+$|^en\w+$|^lo$/, size: /^\d+[ckMGT]?$/, name: /^[^-\s][^\s]*$/, command: /^[\w.~/$]/,
} // biome-ignore format: a compact table

const NUMBERED = /^\d+(?:\.\d+)?$/

function converted(
  { type }: Slot,
  { kind, value, minutes }: Entity,
  unit: string | undefined,
): string | undefined {
  if (kind === 'time') {
    if (minutes === undefined) return undefined
    const isDay = /^(?:today|yesterday)$/.test(value)
    if (type === 'number') {
      // Whoever says today counts no days.
      if (isDay) return undefined
      const each = MINUTES_OF[Object.keys(MINUTES_OF).find((name) => concept(name) === unit) ?? '']
      const many = each === undefined ? Number.NaN : minutes / each
      return Number.isInteger(many) && many > 0 ? String(many) : undefined
    }
    if (type === 'date') return isDay ? value : `${agoOf(minutes)} ago`
    if (minutes < 1) return `${Math.round(minutes * 60)}s`
    return minutes % 1_440 === 0
      ? `${minutes / 1_440}d`
      : minutes % 60 === 0
        ? `${minutes / 60}h`
        : `${minutes}m`
  }
  if (type === 'host') return value.replace(/^[a-z]+:\/\//, '').replace(/[/:].*$/s, '')
  if (type === 'glob' && kind === 'ext') return `*.${value}`
  if (type === 'signal') return value.replace(/^SIG/, '')
  // Quoted text is a place only if it reads like one.
  if ((type === 'dir' || type === 'file' || type === 'path') && kind === 'quoted')
    return /[./~]/.test(value) ? value : undefined
  if (kind === 'number' && type === 'text' && !NUMBERED.test(value)) return undefined
  return value
}

function agoOf(minutes: number): string {
  const [name, each] = Object.entries(MINUTES_OF)
    .reverse()
    .find(([, each]) => Number.isInteger(minutes / each)) ?? ['minute', 1]
  const many = Math.round(minutes / each)
  return `${many} ${name}${many === 1 ? '' : 's'}`
}

/** The value of a thing in a slot, and how well it fits; `unit`: the word behind the slot in a wording, as in `{n} days`. */
export function valueFor(
  slot: Slot,
  entity: Entity,
  unit: string | undefined,
): { value: string; fit: number } | undefined {
  const at = TAKES[slot.type].indexOf(entity.kind)
  if (at < 0) return undefined
  const value = converted(slot, entity, unit)
  return value === undefined || !fits(slot, value) ? undefined : { value, fit: 1 / (1 + at) }
}

/** Types whose values may be signs and nothing else. */
const OF_SIGNS = new Set('dir path glob pattern text value command format'.split(' '))

export const fits = ({ type, ending }: Slot, value: string): boolean =>
  value !== '' &&
  // Nobody has a thing of this name.
  (/[^*?.\s]/.test(value) || OF_SIGNS.has(type)) &&
  value.length <= 400 &&
  !/[\p{Cc}\p{Cf}]/u.test(value) &&
  (FORMS[type]?.test(value) ?? true) &&
  (ending === undefined || hasEnding(value, ending))

export interface Filled {
  readonly command: string
  /** Words in capitals for what the request does not name. */
  readonly missing: readonly string[]
}

/** Programs and options that read the text in quotes behind them as code, and `$(` inside quotes: there the quotes keep nothing together. */
const READS_CODE =
  /(?:^|[\s/])(?:(?:ba|z|da|k|fi)?sh|su|ssh|watch|eval|parallel|entr|script|at|batch|flock|trap|alias|[gmn]?awk|perl|python[\d.]*|ruby|node|php|lua|Rscript)\s[^|;&]*$|\s(?:-c|--\w*-filter|-exec|-x|--exec|--command|--to-command)[ =]?['"][^'"]*$|"[^"]*(?:\$\([^)]*|`[^`]*)$/

/**
 * The command of an entry with its slots filled; `values` by slot name. Undefined: a value would stand in code of another shell or
 * program, where a quote does not make one word of it, and it has more than letters, digits and signs of paths.
 */
export function fill(
  { command: template, slots }: Pick<Entry, 'command' | 'slots'>,
  values: ReadonlyMap<string, string>,
): Filled | undefined {
  const missing = new Set<string>()
  let quote = ''
  let command = ''
  for (const piece of piecesOf(template)) {
    if (typeof piece === 'string') {
      quote = quoteAfter(piece, quote)
      command += piece
      continue
    }
    const name = piece[1]!
    const slot = slots.find((one) => one.name === name)
    const given = values.get(name)
    // A command is code that the person gives.
    const isCode = quote !== '' && slot?.type !== 'command' && READS_CODE.test(command)
    if (given !== undefined && isCode && shellWord(given) !== given) return undefined
    if (given !== undefined)
      command +=
        slot?.type === 'command' && quote === ''
          ? given
          : quoted(inTool(given, slot, command), quote, /(?<!-i?name)\s$|^$/.test(command))
    else if (slot?.otherwise !== undefined) command += slot.otherwise
    else {
      command += placeholderOf(name)
      missing.add(placeholderOf(name))
    }
  }
  return { command, missing: [...missing] }
}

/** The command as it is read without a request: each slot has its default, or its name in capitals. */
export const unfilled = (command: string): Filled =>
  // What puts nothing in is never refused.
  fill({ command, slots: slotsIn(command) }, new Map()) as Filled

/** As the tool of the line reads it: a number of bytes has a unit for find alone, and text inside `s/…/…/` is what sed takes literally. */
function inTool(value: string, slot: Slot | undefined, before: string): string {
  if (slot?.type === 'size') return /-size [-+]?$/.test(before) ? value : value.replace(/c$/, '')
  if (!/\bsed\b[^|]*$/.test(before) || (slot?.type !== 'text' && slot?.type !== 'pattern')) return value
  const parts = /s([/|#,])([^'"]*)$/.exec(before)
  if (parts === null) return value
  const isReplacement = parts[2]!.includes(parts[1]!)
  return value.replace(isReplacement ? /[\\/&]/g : /[\\/.*[\]^$]/g, '\\$&')
}

/** The quote that is open behind `text`. */
function quoteAfter(text: string, open: string): string {
  let quote = open
  for (const char of text) {
    if (quote === '') quote = char === "'" || char === '"' ? char : ''
    else if (char === quote) quote = ''
  }
  return quote
}

export function quoted(value: string, quote: string, begins: boolean): string {
  if (quote === "'") return value.replaceAll("'", "'\\''")
  if (quote === '"') return value.replace(/[\\"$`!]/g, '\\$&')
  // A variable stays one, and is one word.
  if (/^\$(?:\w+|\{\w+\})$/.test(value)) return `"${value}"`
  // The shell has to expand the home directory, so this value stays unquoted.
  if (begins && /^~(?:\/[\w@%+=:,./-]*)?$/.test(value)) return value
  const safe = begins && value.startsWith('-') ? `./${value}` : value
  return shellWord(safe)
}
