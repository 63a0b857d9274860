// Finds secrets by where they stand: behind names that announce them, options of tools, and on the way into a prompt.

import type { SimpleCommand } from './redact-command-reader.ts'
import { announcesSecret, NAME_LENGTH, takesSecret } from './redact-names.ts'
import { STDIN_RULES, TOOL_RULES, type ToolRule } from './redact-tools.ts'
import { isQuoted, type Word } from './redact-word.ts'

/** Takes the part `[from, to)` of a word's value out. */
export type Report = (word: Word, from: number, to: number) => void

export interface Roles {
  /** Words written for people, such as commit messages: `fix password=empty` is no assignment there. */
  readonly messages: Set<Word>
  /** Words that a shell reads again: what stands in them is a command, not a field. */
  readonly scripts: Set<Word>
}

interface Tool {
  readonly rule: ToolRule
  readonly secret: RegExp | undefined
  readonly pair: RegExp | undefined
  readonly secretLong: ReadonlySet<string>
  readonly pairLong: ReadonlySet<string>
  readonly prefixes: readonly string[]
  readonly keys: ReadonlySet<string>
}

const list = (text: string | undefined): readonly string[] => text?.split(' ') ?? []
const option = (flags: string | undefined, letters: string | undefined): RegExp | undefined =>
  letters === undefined ? undefined : new RegExp(`^-[${flags ?? ''}]{0,16}[${letters}]`)

const TOOLS = new Map<string, Tool[]>()
for (const rule of TOOL_RULES) {
  const tool: Tool = {
    rule,
    secret: option(rule.flags, rule.secret),
    pair: option(rule.flags, rule.pair),
    secretLong: new Set(list(rule.secretLong)),
    pairLong: new Set(list(rule.pairLong)),
    prefixes: list(rule.prefixes),
    keys: new Set(list(rule.keys)),
  }
  for (const name of list(rule.tools)) TOOLS.set(name, [...(TOOLS.get(name) ?? []), tool])
}
const STDIN = STDIN_RULES.map(({ tools, given }) => ({ tools: tools && new Set(list(tools)), given }))

const NAMES = new Set([...TOOL_RULES, ...STDIN_RULES].flatMap(({ tools }) => list(tools)))
/** Quick test for a whole text: without a match no rule about tools applies. A quote in a word may hide a name. */
export const MAY_NAME_TOOL = new RegExp(
  `(?<![\\w-])(?:${[...NAMES].join('|')})(?![\\w-])|\\w['"\\\\]+[\\n\\w]`,
)

/** In front of the command that reads a pipe's other end. */
const WRAPPERS: ReadonlySet<string> = new Set(
  list(
    'sudo doas run0 pkexec env nohup nice time timeout stdbuf unbuffer command builtin exec setsid ssh docker podman kubectl chroot nsenter',
  ),
)
const PRINTERS: ReadonlySet<string> = new Set(list('echo printf print yes'))
const SETTERS: ReadonlySet<string> = new Set(list('set config configure setenv setx --arg'))
const SHELLS: ReadonlySet<string> = new Set(list('ssh eval watch parallel autossh'))
const SCRIPT_OPTION = /^-[a-z]*c$/
const MESSAGE_TOOLS: ReadonlySet<string> = new Set(list('git hg svn jj gh glab'))
const MESSAGE_OPTION = /^(?:-[a-zA-Z]*[mbt]|--(?:message|title|body|notes|description|subject))$/
const MESSAGE_IN_WORD = /^(?:-[a-zA-Z]*m.|--(?:message|title|body|notes|description|subject)=)/s
const HEADER =
  /^(?:(?:proxy-)?authorization|x-[\w-]{0,40}(?:auth|key|token|secret)|(?:private|job)-token|api-?key):$/i
const SCHEME = /^(?:bearer|basic|token|digest)$/i
const BEARER = /(?:^|[:=])bearer$/i
const BEARER_TOKEN = /^(?=.{0,200}\d)[\w.~+/-]{8,}=*$/
/** printf's format without any text of its own. */
const FORMAT = /^(?:%[sb]|\\n|\s)*$/

/** Reports secrets by position in all commands of a list. `named` is false when no name in them announces anything. */
export function secretsByPosition(
  commands: readonly SimpleCommand[],
  named: boolean,
  roles: Roles,
  report: Report,
): void {
  /** How many ranges of commands that feed a secret's reader begin and end at an index. */
  const feeding = new Int32Array(commands.length + 1)
  for (const { words, inputs, fedBy, array } of commands) {
    if (array !== undefined && announcesSecret(array.replace(/s?\+?=$/i, ''), 'x'))
      words.forEach(whole(report))
    readArguments(words, inputs, named, roles, report)
    if ((fedBy !== undefined || inputs.length > 0) && readsSecret(words)) {
      inputs.forEach(whole(report))
      if (fedBy !== undefined) {
        feeding[fedBy.from]!++
        feeding[fedBy.to]!--
      }
    }
  }
  let depth = 0
  for (const [i, command] of commands.entries()) {
    depth += feeding[i]!
    if (depth > 0) reportPrinted(command, report)
  }
}

const whole =
  (report: Report) =>
  (word: Word): void =>
    report(word, 0, word.value.length)

/** The name a word would run, without the path and without what an alias or assignment puts in front. */
function toolName(word: Word | undefined): string {
  const value = word?.value ?? ''
  const name = /^(?:[\w.-]{1,64}=)?[!(]?(?:\S*bin\/|\.\/)?([^/=]{1,40})$/.exec(value)?.[1]
  return name ?? ''
}

function readArguments(
  words: readonly Word[],
  inputs: readonly Word[],
  named: boolean,
  roles: Roles,
  report: Report,
): void {
  /** Where each tool's name stands, or -1 when its rule does not apply. */
  const tools = new Map<Tool, number>()
  let asks = false
  let sets = false
  let writes = false
  let runs = false
  for (const [i, word] of words.entries()) {
    const { value } = word
    const next = words[i + 1]
    for (const [tool, at] of tools) {
      if (at < 0) continue
      if (tool.rule.leading && !value.startsWith('-')) tools.set(tool, -1)
      else readOption(tool, word, next, report)
    }
    if (writes && MESSAGE_OPTION.test(value) && next !== undefined) roles.messages.add(next)
    if (writes && word.pieces !== undefined && MESSAGE_IN_WORD.test(value)) roles.messages.add(word)
    if (runs || SCRIPT_OPTION.test(words[i - 1]?.value ?? '')) roles.scripts.add(word)
    if (named && next !== undefined && !value.includes('=')) {
      if (HEADER.test(value)) whole(report)(SCHEME.test(next.value) ? (words[i + 2] ?? next) : next)
      if (BEARER.test(value) && BEARER_TOKEN.test(next.value)) whole(report)(next)
      if (!next.value.startsWith('-') || isQuoted(next, 0)) {
        if (value.startsWith('-')) {
          if (!asks && takesSecret(value, next.value)) whole(report)(next)
        } else if (sets && announcesSecret(value, next.value)) {
          // fish's and csh's `set` takes a list.
          const isShells = words[0]!.value === 'set'
          words.slice(i + 1, isShells ? undefined : i + 2).forEach(whole(report))
          sets = false
        }
      }
    }
    const name = toolName(word)
    for (const tool of TOOLS.get(name) ?? []) {
      if (!tools.has(tool)) tools.set(tool, applies(tool.rule, words) ? i : -1)
      asks ||= tool.rule.asks === true
    }
    sets ||= SETTERS.has(value) && (i === 0 || words[0]!.value !== 'set')
    runs ||= SHELLS.has(name)
    // `gh secret set` takes a secret where `gh issue create` takes a text.
    writes = (writes || MESSAGE_TOOLS.has(name)) && !/^(?:secret|variable)$/.test(value)
  }
  if (writes) for (const input of inputs) roles.messages.add(input)
  for (const [{ rule }, at] of tools)
    if (at >= 0 && rule.last !== undefined) readLast(rule.last, words, at, report)
}

const applies = (rule: ToolRule, words: readonly Word[]): boolean =>
  rule.after === undefined || words.some(({ value }) => rule.after!.test(value))

function readOption(tool: Tool, word: Word, next: Word | undefined, report: Report): void {
  const { value } = word
  const { rule } = tool
  const take = (target: Word | undefined, from: number, isPair: boolean): void => {
    if (target === undefined) return
    const at = isPair ? target.value.indexOf(rule.separator ?? ':', from) + 1 : from
    if (at > 0 || !isPair) report(target, at, target.value.length)
  }
  const takeOption = (length: number, isPair: boolean): void =>
    length < value.length ? take(word, length, isPair) : take(next, 0, isPair)

  if (value.startsWith('-')) {
    const secret = tool.secret?.exec(value)
    if (secret) takeOption(secret[0].length, false)
    const pair = tool.pair?.exec(value)
    if (pair) takeOption(pair[0].length, true)
    const long = /^--?([a-z][a-z-]{1,40})(?:=|$)/.exec(value)
    if (long && tool.secretLong.has(long[1]!)) takeOption(long[0].length, false)
    if (long && tool.pairLong.has(long[1]!)) takeOption(long[0].length, true)
  }
  for (const prefix of tool.prefixes) if (value.startsWith(prefix)) report(word, prefix.length, value.length)
  if (tool.keys.has(value) && next !== undefined) whole(report)(next)
  const inWord = rule.word?.exec(value)
  if (inWord) {
    const from = value.indexOf('/') + 1
    report(word, from, from + inWord.groups!.secret!.length)
  }
}

/** The last word that is no option, behind the tool's name and behind the word that makes it a secret. */
function readLast(given: RegExp, words: readonly Word[], tool: number, report: Report): void {
  const marker = words.findIndex(
    (word, i) => i >= tool && given.test(i === tool ? toolName(word) : word.value),
  )
  const last = words.findLast(({ value }) => !value.startsWith('-'))
  if (marker < 0 || last === undefined || words.indexOf(last) <= Math.max(marker, tool)) return
  whole(report)(last)
}

/** Whether a command reads a secret from its standard input. */
function readsSecret(words: readonly Word[]): boolean {
  const names = words.map(toolName)
  const isWrapped = WRAPPERS.has(names[0] ?? '')
  return STDIN.some(({ tools, given }) => {
    const at = tools ? names.findIndex((name, i) => (i === 0 || isWrapped) && tools.has(name)) : 0
    return at >= 0 && (given === undefined || words.some(({ value }, i) => i > at && given.test(value)))
  })
}

/** What a command prints of its own: `echo`'s words, here-documents. */
function reportPrinted({ words, inputs }: SimpleCommand, report: Report): void {
  inputs.forEach(whole(report))
  const at = words.findIndex((word) => PRINTERS.has(toolName(word)))
  if (at < 0 || at > 2) return
  for (const word of words.slice(at + 1)) {
    if (!/^-[a-zA-Z-]*$/.test(word.value) && !FORMAT.test(word.value)) whole(report)(word)
  }
}

/** Reports the values of `name=value` in a word, wherever they begin. */
export function secretsByName(word: Word, report: Report): void {
  const { value } = word
  for (let at = value.indexOf('='); at >= 0; at = value.indexOf('=', at + 1)) {
    // `NAME+=x` of shells, `name:=1` and `name==x` of HTTPie.
    const operator = value[at - 1] === '+' || value[at - 1] === ':' ? at - 1 : at
    const name = NAME.exec(value.slice(Math.max(0, operator - NAME_LENGTH), operator))?.[0]
    if (name === undefined) continue
    const start = operator - name.length
    const from = value[at + 1] === '=' ? at + 2 : at + 1
    const [begin, end] = valueRange(word, start, from)
    if (announcesSecret(name, value.slice(begin, end))) report(word, begin, end)
  }
}

const NAME = /[\w.-]+$/

/** Where a value ends depends on what its name begins after: fields of a form, of a list, words of a text. */
function valueRange(word: Word, start: number, from: number): [from: number, to: number] {
  const { value } = word
  const before = start === 0 ? undefined : value[start - 1]!
  // The name is the shell's own word: `TOKEN="a b"`.
  if (before === undefined && !word.document && !isQuoted(word, 0)) return [from, value.length]
  const stop = before === undefined ? word.document && BLANK : STOPS[before]
  const first = value[from]
  if (stop && (first === '"' || first === "'")) {
    const close = value.indexOf(first, from + 1)
    return [from + 1, close < 0 ? value.length : close]
  }
  if (!stop && before !== undefined) return [from, value.length]
  const end = stop || LINE_END
  end.lastIndex = from
  return [from, end.exec(value)?.index ?? value.length]
}

const LINE_END = /\n/g
const BLANK = /[\s'"]/g
const STOPS: Readonly<Record<string, RegExp>> = {
  ' ': BLANK,
  '\t': BLANK,
  '\n': BLANK,
  '?': /[\s&#'"]/g,
  '&': /[\n&#'"]/g,
  ';': /[\n;'"]/g,
  ',': /[\n,'"]/g,
  '/': /[\n/]/g,
  '"': /[\n"]/g,
  "'": /[\n']/g,
  '(': /[\n)]/g,
  '{': /[\n,}]/g,
}
