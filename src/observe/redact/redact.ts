// Removes secrets from a command line before it is stored, and marks where they were.
import { secretsByDefault, secretsFor } from './assignments.ts'
import { secretsByName } from './by-name.ts'
import { readCommands } from './command-reader.ts'
import { mayNamePerson } from './credentials.ts'
import { MAY_BE_RANDOM, publicRanges, randomTokens } from './entropy.ts'
import { announcesSecret, MAY_NAME_SECRET } from './names.ts'
import { pairSecrets } from './pairs.ts'
import { type Roles, secretsByPosition } from './positions.ts'
import { type Report, reportPrinted } from './report.ts'
import { type Replacement, replacements } from './sed.ts'
import { SHAPES, type Shape } from './shapes.ts'
import { TOKEN, TOKEN_HINT } from './tokens.ts'
import { mayNameTool } from './tools.ts'
import {
  piecesIn,
  plainWord,
  type Quote,
  type SimpleCommand,
  type Span,
  spanOf,
  type Word,
  WordParts,
} from './word.ts'

export const REDACTED = '[redacted]'

/**
 * Rounds of redaction. Lines with a meaning need one, and one to see that nothing changes; of a million broken ones the
 * worst needed six.
 */
const MAX_ROUNDS = 12

/**
 * The line with every secret replaced by `[redacted]` and with its quotes in balance; a line without secrets is returned as
 * it is. Never throws, is idempotent, and takes time linear in the length.
 *
 * It finds only the forms in the tables beside it. It misses a secret that no name, tool, shape or randomness gives away
 * (`./login bob hunter2`, an answer to a prompt, a key that `<(echo …)` gives to an unknown tool); one whose characters are
 * computed (`PW=$(printf %s hun ter2)`, escapes in `$'\x68…'` that spell an option); one that looks like a variable
 * (`--password=$ecret`, from which the shell removes `$ecret` too); passwords of digits in URLs up to a slash; random tokens
 * below 20 characters or of letters that could be words (4 % of random ones are missed at 20, 1 % at 40); and text that is
 * cut off before it gets here. It keeps hexadecimal on purpose (digests, commits, UUIDs), so also hexadecimal keys that no
 * name announces, and `password=x` in messages of git and similar tools, which people write for people.
 */
export function redact(line: string): string {
  // The words beside a secret may mean something else once it is removed, so the result is read again.
  let text = line
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = redactOnce(text)
    if (next === text) break
    text = next
  }
  return text
}

/** Redacts only certain tokens in a directory, because its names have signs and words without meaning. */
export function redactDirectory(path: string): string {
  return TOKEN_HINT.test(path.toLowerCase()) ? path.replace(TOKEN, REDACTED) : path
}

/** Depth of scripts in quotes; deeper ones are only searched for shapes. */
const MAX_SCRIPTS = 4

/** Shapes that need no name. */
const UNNAMED_SHAPES = SHAPES.filter(({ pattern }) => !pattern.source.includes('(?<name>'))

/** Shapes that may be in a line without the name of a secret or of a tool. */
const MAY_HAVE_SHAPE = new RegExp(
  UNNAMED_SHAPES.flatMap(({ implied, hint }) => (implied ? [] : hint.source)).join('|'),
)

const IMPLIED_SHAPES = SHAPES.filter(({ implied }) => implied)

/**
 * The shapes that a text in lower case can hold, where nothing in it names a secret. One test of all hints together spares most texts
 * the test of each.
 */
const candidates = (lower: string): readonly Shape[] =>
  MAY_HAVE_SHAPE.test(lower) ? UNNAMED_SHAPES : IMPLIED_SHAPES

/** Whether any rule can apply; false for most lines, which ends their redaction. */
const isSuspicious = (text: string): boolean =>
  MAY_NAME_SECRET.test(text) ||
  mayNameTool(text) ||
  MAY_HAVE_SHAPE.test(text.toLowerCase()) ||
  mayNamePerson(text)

function redactOnce(line: string): string {
  if (!isSuspicious(line) && !MAY_BE_RANDOM.test(line)) return line
  const spans: Span[] = privateKeys(line)
  findSecrets(line, 0, spans)
  if (spans.length === 0) return line
  repeats(line, spans)
  return withoutSpans(line, spans)
}

/** A secret that can be looked for elsewhere in its line: no word of a language, and without signs of the shell. */
const REPEATABLE = /^(?=[\w.@+=/-]{8,512}$)(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])/
/** Different secrets of a line that are looked for elsewhere in it, and variables that hold one. */
const MOST_REPEATED = 16

/** What was found at one place is the secret at the others too: `TOKEN=x; curl -d x h`. */
function repeats(line: string, spans: Span[]): void {
  const secrets = new Set<string>()
  for (const { from, to } of spans) {
    const secret = line.slice(from, to)
    if (secrets.size < MOST_REPEATED && REPEATABLE.test(secret)) secrets.add(secret)
  }
  for (const secret of secrets) {
    for (let from = line.indexOf(secret); from >= 0; from = line.indexOf(secret, from + secret.length)) {
      const to = from + secret.length
      const isWhole = !/\w/.test(line[from - 1] ?? ' ') && !/\w/.test(line[to] ?? ' ')
      if (isWhole) spans.push({ from, to, open: undefined, close: undefined })
    }
  }
}

/** A statement of SQL, pasted where the shell waits for a command; it is read as one text, because the shell's words tear it apart. */
const STATEMENT = /^\s{0,20}(?:create|alter|grant|insert|update|connect|set password)\s/i

/** `holders`: variables that stand in the place of a secret, here or in a script of the text. */
function findSecrets(text: string, depth: number, spans: Span[], holders = new Set<string>()): void {
  const { lists, words } = readCommands(text)
  if (depth === 0 && STATEMENT.test(text)) words.push(plainWord(0, text, true))
  const printed = new Set<readonly SimpleCommand[]>()
  const report: Report = (word, from = 0, to = word.value.length) => {
    const span = spanOf(word, from, to)
    if (span !== undefined) spans.push(span)
    for (const piece of piecesIn(word, from, to)) {
      const { commands } = piece
      if (commands !== undefined && !printed.has(commands)) {
        printed.add(commands)
        // The output of a substitution in the place of a secret is the secret: `--password "$(echo x)"`.
        for (const command of commands) reportPrinted(command, report)
      } else if (commands === undefined && piece.kind === 'expansion' && holders.size < MOST_REPEATED)
        holders.add(/\w+/.exec(text.slice(piece.from, piece.to))?.[0] ?? '')
    }
  }
  let known: readonly [number, number][] | undefined
  const reportRandom = (word: Word, from: number, to: number): void => {
    const span = spanOf(word, from, to)
    known ??= publicRanges(text)
    if (span !== undefined && !known.some(([begin, end]) => begin < span.to && span.from < end))
      spans.push(span)
  }
  const roles: Roles = { messages: new Set(), scripts: new Set(), harmless: new Set(), edits: new Set() }
  const named = MAY_NAME_SECRET.test(text)
  for (const commands of lists) secretsByPosition(commands, named, text, roles, report)

  const lower = text.toLowerCase()
  const shapes = (named ? SHAPES : candidates(lower)).filter(({ hint }) => hint.test(lower))
  const clues: Clues = { shapes, named, byName: true, mayBeManifest: MAY_BE_MANIFEST.test(lower) }
  for (const word of words) {
    const isMessage = roles.messages.has(word)
    // Inner scripts have no other characters than the line.
    if (depth === 0) for (const [from, to] of randomTokens(word.value)) reportRandom(word, from, to)
    if (isMessage) {
      for (const { certain, pattern } of shapes) if (certain) secretsByShape(word, pattern, report)
      continue
    }
    if (named) secretsByDefault(word, report)
    const edits = roles.edits.has(word) ? replacements(word.value) : []
    // Text in quotes may be a script, so it is read again as commands.
    const isScript = roles.scripts.has(word) && word.pieces !== undefined
    const byName = !isScript && !roles.harmless.has(word)
    if (edits.length === 0) secretsInText(word, byName ? clues : { ...clues, byName }, 0, report)
    else secretsInEdits(word, edits, clues, report)
    const mayBeScript = word.document || word.pieces !== undefined
    if (mayBeScript && depth < MAX_SCRIPTS && isSuspicious(word.value)) {
      const inner: Span[] = []
      findSecrets(word.value, depth + 1, inner, holders)
      for (const { from, to } of inner) report(word, from, to)
    }
  }
  // What the line gives such a variable is a secret too; where it gives it another variable, that one becomes a holder as well.
  const commands = lists.flat()
  for (const holder of holders) for (const command of commands) secretsFor(holder, command, report)
}

/** Facts about a whole text that decide which rules its words need. */
interface Clues {
  readonly shapes: readonly Shape[]
  readonly named: boolean
  /** Whether `name=value` without quotes counts too. */
  readonly byName: boolean
  readonly mayBeManifest: boolean
}

/** Depth of strings in strings; deeper escapes are judged as they stand. */
const MAX_ESCAPES = 3

function secretsInText(word: Word, clues: Clues, depth: number, report: Report): void {
  for (const { pattern } of clues.shapes) secretsByShape(word, pattern, report)
  if (clues.mayBeManifest) for (const [from, to] of manifestSecrets(word.value)) report(word, from, to)
  if (!clues.named) return
  if (clues.byName) secretsByName(word, report)
  if (!MAY_NAME_SECRET.test(word.value)) return
  for (const [from, to] of pairSecrets(word.value)) report(word, from, to)
  if (depth === MAX_ESCAPES) return
  for (const view of views(word.value)) {
    secretsInText(view, clues, depth + 1, (part, from, to) => {
      const span = spanOf(part, from, to)
      if (span !== undefined) report(word, span.from, span.to)
    })
  }
}

const BACK_REFERENCE = /^(?:\$\d|\\\d|&)$/

/** The replacement of a sed script is judged alone, because names in the replaced text announce nothing. */
function secretsInEdits(word: Word, edits: readonly Replacement[], clues: Clues, report: Report): void {
  const part = (from: number, to: number): void => {
    const text = plainWord(0, word.value.slice(from, to), true)
    secretsInText(text, clues, 0, (_, begin = 0, end = text.value.length) => {
      if (!BACK_REFERENCE.test(text.value.slice(begin, end))) report(word, from + begin, from + end)
    })
  }
  let done = 0
  for (const { from, to, old, secret } of edits) {
    part(done, old)
    if (secret !== undefined) report(word, ...secret)
    part(from, to)
    done = to
  }
  part(done, word.value.length)
}

function secretsByShape(word: Word, pattern: RegExp, report: Report): void {
  // exec and not matchAll, which would compile a copy of the pattern each time.
  pattern.lastIndex = 0
  for (let match = pattern.exec(word.value); match !== null; match = pattern.exec(word.value)) {
    const { name, secret } = match.groups!
    const end = pattern.lastIndex
    if (name === undefined || announcesSecret(name, secret!)) report(word, end - secret!.length, end)
  }
}

const KEY_BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g
const KEY_END = /-----END [A-Z0-9 ]{0,40}-----/g
/** Lines of base 64 with headers, which may follow if the end of a key is missing. */
const KEY_BODY = /[A-Za-z0-9+/=\s\\:,]*/y
const KEY_LINE = /[A-Za-z0-9+/]{40}/

/** PEM and PGP private keys (RFC 7468, RFC 9580), across quotes and lines. */
function privateKeys(line: string): Span[] {
  const spans: Span[] = []
  const span = (from: number, to: number): void => {
    spans.push({ from, to, open: undefined, close: undefined })
  }
  let mayEnd = true
  KEY_BEGIN.lastIndex = 0
  for (let begin = KEY_BEGIN.exec(line); begin !== null; begin = KEY_BEGIN.exec(line)) {
    KEY_END.lastIndex = KEY_BEGIN.lastIndex
    mayEnd &&= KEY_END.test(line)
    if (mayEnd) span(begin.index, KEY_END.lastIndex)
    else {
      KEY_BODY.lastIndex = KEY_BEGIN.lastIndex
      const body = KEY_BODY.exec(line)![0]
      if (KEY_LINE.test(body)) span(begin.index, KEY_BODY.lastIndex)
    }
    if (mayEnd) KEY_BEGIN.lastIndex = KEY_END.lastIndex
  }
  return spans
}

/**
 * Replaces the spans. Overlapping ones become one; a quote that begins or ends inside a span is opened or closed again
 * behind it.
 */
function withoutSpans(line: string, spans: Span[]): string {
  spans.sort((a, b) => a.from - b.from || b.to - a.to)
  let out = ''
  let done = 0
  for (let i = 0; i < spans.length; ) {
    const first = spans[i]!
    let last = first
    for (i++; i < spans.length && spans[i]!.from < last.to; i++) if (spans[i]!.to > last.to) last = spans[i]!
    out += line.slice(done, first.from) + REDACTED + marks(first.open, last.close)
    done = last.to
  }
  return out + line.slice(done)
}

function marks(open: Quote | undefined, close: Quote | undefined): string {
  if (open === close) return ''
  return (open === undefined ? '' : open.mark.slice(-1)) + (close?.mark ?? '')
}

// Reads texts in the escapes of another text: `\n` and `\"` of strings in strings, `%3D` of addresses.

const ESCAPE = /\\(?:[nrt"'`\\/]|u00[2-7][0-9a-f])/gi
const PERCENT = /%(?:2[0-9a-c]|2f|3[a-f]|40|5[bd]|7[bd])/gi
/** Separators in percent-encoding; a text without them is not decoded. */
const MAY_BE_ENCODED = /%(?:3[ad]|22|3e)/i
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

const unescaped = (sign: string): string =>
  sign.length > 2 ? String.fromCharCode(Number.parseInt(sign.slice(2), 16)) : (CONTROLS[sign[1]!] ?? sign[1]!)

const decoded = (percent: string): string => String.fromCharCode(Number.parseInt(percent.slice(1), 16))

/** The text without one layer of escapes, as words with offsets in `text`; empty if there are no escapes. */
function views(text: string): Word[] {
  const found: Word[] = []
  if (text.includes('\\')) found.push(view(text, ESCAPE, unescaped))
  if (MAY_BE_ENCODED.test(text)) found.push(view(text, PERCENT, decoded))
  return found
}

function view(text: string, pattern: RegExp, read: (sign: string) => string): Word {
  const parts = new WordParts()
  let done = 0
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    parts.plain(done, text.slice(done, match.index), undefined)
    done = pattern.lastIndex
    parts.escape(match.index, done, read(match[0]), undefined)
  }
  parts.plain(done, text.slice(done), undefined)
  return parts.word(0, text.length, true)
}

// Finds the values in manifests of Kubernetes secrets, which are secrets whatever their names.

/** Quick test for a text in lower case: false if it has no such manifest. */
const MAY_BE_MANIFEST = /kind:\s{0,4}["']?secret\b/
const SECRET_KIND = /^[ \t]*kind:[ \t]*["']?Secret["']?[ \t]*$/i
const DOCUMENT_END = /^---/
const FIELDS_BEGIN = /^([ \t]*)(?:data|stringData):[ \t]*$/
const FIELD = /^([ \t]*)[\w.-]+:[ \t]*["']?([^\s"'|>{}#$][^"'\n]*)/

/** `[from, to)` of each value below `data` and `stringData` of a secret. Takes time linear in the text's length. */
function manifestSecrets(text: string): [from: number, to: number][] {
  const found: [number, number][] = []
  let ofDocument: [number, number][] = []
  let isSecret = false
  /** Indentation of `data:`, kept until its fields end. */
  let within: number | undefined
  let at = 0
  const endDocument = (): void => {
    if (isSecret) for (const range of ofDocument) found.push(range)
    ofDocument = []
    isSecret = false
    within = undefined
  }
  for (const line of text.split('\n')) {
    if (DOCUMENT_END.test(line)) endDocument()
    isSecret ||= SECRET_KIND.test(line)
    const begin = FIELDS_BEGIN.exec(line)
    const field = FIELD.exec(line)
    const depth = line.search(/[^ \t]|$/)
    if (begin) within = begin[1]!.length
    else if (within !== undefined && line.trim() !== '' && depth <= within) within = undefined
    else if (within !== undefined && field) {
      const from = at + field[0].length - field[2]!.length
      ofDocument.push([from, from + field[2]!.trimEnd().length])
    }
    at += line.length + 1
  }
  endDocument()
  return found
}
