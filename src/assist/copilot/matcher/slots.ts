// Tells what may fill each slot of a recipe, and writes a value into the command, always as one quoted word.
import type { Entity, EntityKind } from './entities.ts'

interface SlotKind {
  /** Whether a word that wordings have is taken only if a word beside it says what it is: `the folder build`. */
  readonly careful?: true
  /** Kinds of things that it takes, the best first. */
  readonly takes: readonly EntityKind[]
  /** Whether it may take a plain word of the request. */
  readonly word?: true
  /** Form of the value. */
  readonly form?: RegExp
  /** Makes the value from the thing. */
  readonly value?: (entity: Entity) => string | undefined
}

const digits = /^\d{1,9}$/
const name = /^[\w@][\w.@:+/-]*$/

/** The text as a path; quoted text only if it looks like one. */
const pathOf = ({ kind, value }: Entity): string | undefined =>
  kind !== 'quoted' || /[./~]/.test(value) ? value : undefined

const inDays = ({ minutes }: Entity): string | undefined =>
  minutes === undefined || minutes < 1_440 ? undefined : String(Math.round(minutes / 1_440))
const inMinutes = ({ minutes }: Entity): string | undefined =>
  minutes === undefined || minutes >= 1_440 || minutes < 1 ? undefined : String(Math.round(minutes))
const inWaiting = ({ minutes }: Entity): string | undefined =>
  minutes === undefined ? undefined : String(Math.round(minutes))
const asSince = ({ value, minutes }: Entity): string | undefined =>
  /^(?:today|yesterday)$/.test(value)
    ? value
    : minutes === undefined
      ? undefined
      : `${Math.round(minutes)} minutes ago`
const inSeconds = ({ kind, value, minutes }: Entity): string | undefined =>
  kind === 'number' ? value : minutes === undefined ? undefined : String(Math.round(minutes * 60))
const asDuration = ({ kind, value, minutes }: Entity): string | undefined => {
  if (kind === 'number') return value
  if (minutes === undefined) return undefined
  return minutes < 1
    ? String(Math.round(minutes * 60))
    : minutes % 60 === 0
      ? `${minutes / 60}h`
      : `${minutes}m`
}
const hostOf = ({ value }: Entity): string => value.replace(/^[a-z]+:\/\//, '').replace(/[/:].*$/s, '')

const SLOTS = {
  dir: { takes: ['path', 'here', 'quoted'], word: true, careful: true, value: pathOf },
  // A path that ends in a slash is a directory.
  file: {
    takes: ['file', 'path', 'glob', 'quoted'],
    word: true,
    careful: true,
    form: /[^/~.]$/,
    value: pathOf,
  },
  path: { takes: ['path', 'file', 'here', 'glob', 'quoted'], word: true, careful: true, value: pathOf },
  dest: {
    takes: ['path', 'file', 'here', 'quoted'],
    word: true,
    careful: true,
    form: /^(?!\/$|\/dev\/)/,
    value: pathOf,
  },
  tgz: { takes: ['file', 'path', 'quoted'], form: /\.(?:tar\.gz|tgz)$/ },
  tar: { takes: ['file', 'path', 'quoted'], form: /\.(?:tar|tar\.(?!gz$)\w+|tbz2?|txz)$/ },
  zip: { takes: ['file', 'path', 'quoted'], form: /\.(?:zip|jar|war|apk|epub|docx|xlsx)$/ },
  gz: { takes: ['file', 'path', 'quoted'], form: /(?<!\.tar)\.gz$/ },
  rar: { takes: ['file', 'path', 'quoted'], form: /\.rar$/ },
  csv: { takes: ['file', 'path', 'quoted'], form: /\.csv$/ },
  gpg: { takes: ['file', 'path', 'quoted'], form: /\.(?:gpg|asc|pgp)$/ },
  sevenzip: { takes: ['file', 'path', 'quoted'], form: /\.7z$/ },
  // A pattern that matches every file is excluded.
  name: { takes: ['quoted', 'file', 'glob'], word: true, form: /[^*?./\s]/ },
  // Name of something that is deleted wherever it occurs: with a dot or underscore, or a usual name for such files.
  entry: {
    takes: ['quoted', 'file', 'glob'],
    word: true,
    form: /^(?=.*[^*?./\s])(?:.*[._].*|target|dist|build|vendor|venv|coverage)$/,
  },
  word: { takes: ['quoted'], word: true, form: /^[\w.-]+$/ },
  ext: { takes: ['ext'], form: /^[\w.-]+$/ },
  text: { takes: ['quoted', 'url', 'ip', 'login', 'domain'], word: true },
  sed: { takes: ['quoted'], word: true },
  key: { takes: ['quoted'], word: true, form: /^[\w.]+$/ },
  message: { takes: ['quoted'] },
  cmd: { takes: ['quoted'], word: true },
  // A program to run: only characters that no shell expands.
  script: {
    takes: ['file', 'path'],
    form: /^[\w.~][\w@%+=:,./-]*$/,
    value: ({ value }) => (value.includes('/') ? value : `./${value}`),
  },
  n: { takes: ['number'], form: digits },
  // Lines to show of a list with a title line, so one more than asked for.
  top: { takes: ['number'], form: digits, value: ({ value }) => String(Number(value) + 1) },
  width: { takes: ['number'], form: digits },
  // A time of day.
  clock: { takes: ['clock'], form: /^\d\d:\d\d$/ },
  wait: { takes: ['time'], form: digits, value: inWaiting },
  when: { takes: ['time'], form: /^(?:today|yesterday)$/ },
  signal: {
    takes: ['quoted'],
    word: true,
    form: /^(?:SIG)?[A-Z]{3,6}\d?$/,
    value: ({ value }) => value.replace(/^SIG/, ''),
  },
  upstream: { takes: ['file', 'path', 'quoted'], form: /^(?:origin|upstream)\/[\w./-]+$/ },
  seconds: { takes: ['time', 'number'], form: digits, value: inSeconds },
  port: { takes: ['number'], form: digits },
  pid: { takes: ['number'], form: digits },
  size: { takes: ['size'], form: /^\d+[ckMGT]?$/ },
  days: { takes: ['time'], form: digits, value: inDays },
  since: { takes: ['time'], form: /^[a-z0-9 ]+$/, value: asSince },
  minutes: { takes: ['time'], form: digits, value: inMinutes },
  duration: { takes: ['time', 'number'], form: /^\d+[smhd]?$/, value: asDuration },
  percent: { takes: ['percent'], form: /^\d{1,4}%$/ },
  time: { takes: ['quoted'], form: /^[\d:]+$/ },
  host: { takes: ['login', 'ip', 'domain', 'url'], word: true, form: /^[\w@][\w.@:-]*$/, value: hostOf },
  // A host without user name.
  server: { takes: ['ip', 'domain', 'url'], word: true, form: /^\w[\w.:-]*$/, value: hostOf },
  remote: { takes: ['remote'] },
  ip: { takes: ['ip', 'cidr'] },
  net: { takes: ['cidr'] },
  url: { takes: ['url', 'domain', 'quoted'] },
  user: { takes: ['quoted'], word: true, form: name },
  group: { takes: ['quoted'], word: true, form: name },
  process: { takes: ['quoted'], word: true },
  // `run the tests` is not about a service.
  service: { takes: ['quoted', 'file'], word: true, form: /^(?!tests?$)[\w@][\w.@:+/-]*$/ },
  package: { takes: ['quoted'], word: true, form: name },
  tool: { takes: ['quoted'], word: true, form: name },
  container: { takes: ['quoted'], word: true, form: /^(?!tests?$)[\w@][\w.@:+/-]*$/ },
  image: { takes: ['quoted', 'file'], word: true, form: name },
  pod: { takes: ['quoted'], word: true, form: name },
  ns: { takes: ['quoted'], word: true, form: name },
  branch: { takes: ['quoted', 'mode', 'file'], word: true, form: name },
  commit: { takes: ['mode', 'quoted'], word: true, form: /^[\w~^./-]+$/ },
  hash: { takes: ['quoted', 'mode'], word: true, form: /^(?=.*\d)[0-9a-f]{6,40}$|^HEAD/ },
  device: { takes: ['device', 'path'] },
  iface: { takes: ['quoted'], word: true, form: /^[a-z]+\d\S*$|^wl\w+$|^en\w+$/ },
  zone: { takes: ['path', 'file', 'quoted'], word: true },
  char: { takes: ['quoted'] },
  pattern: { takes: ['quoted', 'glob', 'file', 'path'], word: true },
  prefix: { takes: ['quoted'], word: true },
  mode: { takes: ['number'], form: /^[0-7]{3,4}$/ },
} as const satisfies Readonly<Record<string, SlotKind>>
type SlotName = keyof typeof SLOTS

/** The kind of a slot by its name; `file2` is like `file`. */
export function slotKind(slot: string): SlotKind {
  return SLOTS[slot.replace(/\d$/, '') as SlotName]
}

/** Nouns by which requests call a thing without naming it; default: the slot's own name. */
const NOUNS: Readonly<Record<string, string>> = {
  path: 'file dir', dest: 'file dir', tgz: 'tarball archive', tar: 'tar tarball', text: 'text', sed: 'text', ext: 'extension', host: 'server', url: 'url link', n: 'number nth', pid: 'process pid',
  char: 'delimiter', device: 'device disk', ip: 'ip', ns: 'namespace', hash: 'commit', entry: 'file', zone: 'timezone', days: 'days', cmd: 'output', tool: 'program',
} // biome-ignore format: a compact table

/** Nouns by which a request mentions the kind of a slot without a name: `a file`. */
export const nounsOf = (slot: string): readonly string[] => {
  const plain = slot.replace(/\d$/, '')
  return (NOUNS[plain] ?? plain).split(' ')
}

/** Whether the slot takes only files with endings such as `.tar.gz`, and this is one. */
export const isOnlyFor = (slot: string, ext: string): boolean => {
  const { form } = slotKind(slot)
  return form?.test(`a.${ext}`) === true && !form.test('a.b')
}

/** The value of a thing in a slot; undefined if it does not fit. */
export function valueFrom(entity: Entity, kind: SlotKind): string | undefined {
  if (!kind.takes.includes(entity.kind)) return undefined
  const value = kind.value === undefined ? entity.value : kind.value(entity)
  return value !== undefined && fits(value, kind) ? value : undefined
}

export function fits(value: string, { form }: SlotKind): boolean {
  return value !== '' && value.length <= 400 && !/[\p{Cc}\p{Cf}]/u.test(value) && (form?.test(value) ?? true)
}

export interface Filled {
  readonly command: string
  /** Placeholders in capitals for values that the request does not give. */
  readonly missing: readonly string[]
}

/** The command of a recipe with its slots filled; `values` by slot name. */
export function fill(template: string, values: ReadonlyMap<string, string>): Filled {
  const missing = new Set<string>()
  let quote = ''
  let command = ''
  let at = 0
  for (const match of template.matchAll(/\{([a-z]+\d?)(?:=([^{}]*))?\}/g)) {
    const [whole, slot = '', fallback] = match
    const before = template.slice(at, match.index)
    quote = quoteAfter(before, quote)
    command += before
    at = match.index + whole.length
    // Other programs use braces too, for example docker's formats; those are no slots.
    if (!Object.hasOwn(SLOTS, slot.replace(/\d$/, ''))) {
      command += whole
      continue
    }
    const given = values.get(slot)
    const value = given ?? fallback ?? slot.replace(/\d$/, (digit) => `_${digit}`).toUpperCase()
    if (given === undefined && fallback === undefined) missing.add(value)
    const isCommand = /^cmd/.test(slot)
    if (given === undefined || (isCommand && quote === '')) command += value
    else
      command += /^sed/.test(slot)
        ? forSed(value, /2$/.test(slot))
        : quoted(value, quote, /(?<!-i?name)\s$|^$/.test(command))
  }
  return { command: command + template.slice(at), missing: [...missing] }
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

const PLAIN = /^[\w@%+=:,./-]+$/

function quoted(value: string, quote: string, begins: boolean): string {
  if (quote === "'") return value.replaceAll("'", "'\\''")
  if (quote === '"') return value.replace(/[\\"$`!]/g, '\\$&')
  // A variable stays one, and is one word.
  if (/^\$(?:\w+|\{\w+\})$/.test(value)) return `"${value}"`
  // The shell has to expand the home directory, so this value stays unquoted.
  if (begins && /^~(?:\/[\w@%+=:,./-]*)?$/.test(value)) return value
  const safe = begins && value.startsWith('-') ? `./${value}` : value
  return PLAIN.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`
}

/** Text inside `'s/…/…/'` as sed takes it literally, without ending the quote. */
function forSed(value: string, replacement: boolean): string {
  const literal = replacement ? value.replace(/[\\/&]/g, '\\$&') : value.replace(/[\\/.*[\]^$]/g, '\\$&')
  return literal.replaceAll("'", "'\\''")
}
