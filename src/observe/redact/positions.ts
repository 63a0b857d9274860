// Finds secrets by their position: behind names that announce them, as options of tools, and as input of a password
// prompt.

import { fillsSecret, secretsByShell } from './assignments.ts'
import { readCommands } from './command-reader.ts'
import { secretsBesideUser, secretsByOption } from './credentials.ts'
import { announces, announcesSecret, takesSecret } from './names.ts'
import { type Report, reportPrinted, setOf, toolName } from './report.ts'
import { STDIN, TOOLS, type Tool } from './tools.ts'
import { isQuoted, type SimpleCommand, spanOf, type Word } from './word.ts'

export interface Roles {
  /** Words for people, such as commit messages, in which `fix password=empty` is no assignment. */
  readonly messages: Set<Word>
  /** Words that a shell reads again, as commands and not as fields. */
  readonly scripts: Set<Word>
  /** Words whose name means something else to their tool: gcloud's `--secret=` holds the name of a secret. */
  readonly harmless: Set<Word>
  /** Scripts of sed and similar tools. */
  readonly edits: Set<Word>
}

/** Tools that stand before the command which reads a pipe. */
const WRAPPERS = setOf(
  'npx bunx sudo doas run0 pkexec env nohup nice time timeout stdbuf unbuffer command builtin exec setsid ssh docker podman kubectl chroot nsenter',
)
const SETTERS = setOf(
  'set set-env --set config configure setenv setx --arg --argjson write put -replace -insert hset hmset setex mset',
)
const EDITORS = setOf('sed gsed ssed perl')
const SHELLS = setOf('ssh eval watch parallel autossh')
const SCRIPT_OPTION = /^-[a-z]*c$/
const MESSAGE_TOOLS = setOf('git hg svn jj gh glab')
const MESSAGE_OPTION = /^(?:-[a-zA-Z]*[mbt]|--(?:message|title|body|notes|description|subject))$/
const MESSAGE_IN_WORD = /^(?:-[a-zA-Z]*m.|--(?:message|title|body|notes|description|subject)=)/s
const HEADER =
  /^(?:(?:proxy-)?authorization|x-[\w-]{0,40}(?:auth|key|token|secret)|(?:private|job)-token|api-?key):$/i
const SCHEME = /^(?:bearer|basic|token|digest)$/i
const BEARER = /(?:^|[:=])bearer$/i
/** What would be taken for a digest or an id without a name in front. */
const DIGEST = /^(?:[0-9a-f]{32,64}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/i
const BEARER_TOKEN = /^(?=.{0,200}\d)[\w.~+/-]{8,}=*$/
const MAY_BE_USER = /^[-/](?:-?user|u|l|-?login|-?email)/i
/** Words that tell the type of the value behind them: `defaults write d password -string x`. */
const TYPE = /^-(?:string|str|s|data)$/
/** Options that take a file: `--password-file <(echo x)`. */
const FILE_OPTION = /^-.{0,64}(?:pass|secret|token|pw).{0,64}file=?$/

/** Reports secrets by position in all commands of a list. `named` is false if no name in them announces a secret. */
export function secretsByPosition(
  commands: readonly SimpleCommand[],
  named: boolean,
  text: string,
  roles: Roles,
  report: Report,
): void {
  if (named) secretsByShell(commands, text, report)
  /** For each index, how many ranges of commands begin or end there that feed a reader of secrets. */
  const feeding = { all: new Int32Array(commands.length + 1), pair: new Int32Array(commands.length + 1) }
  const reporters = {
    all: report,
    pair(word: Word) {
      const range = PAIR.exec(word.value)?.indices?.groups?.secret
      if (range) report(word, ...range)
    },
  }
  for (const { words, inputs, fedBy, array } of commands) {
    if (announces(array?.replace(/s?\+?=$/i, ''))) for (const word of words) report(word)
    markRoles(words, inputs, roles)
    readArguments(words, named, roles, report)
    if (fedBy === undefined && inputs.length === 0) continue
    const reads = readsSecret(words) ?? (named && fillsSecret(words) ? 'all' : undefined)
    if (reads === undefined) continue
    for (const input of inputs) reporters[reads](input)
    if (fedBy !== undefined) {
      feeding[reads][fedBy.from]!++
      feeding[reads][fedBy.to]!--
    }
  }
  let depth = 0
  let pairDepth = 0
  for (const [i, command] of commands.entries()) {
    depth += feeding.all[i]!
    pairDepth += feeding.pair[i]!
    if (depth > 0) reportPrinted(command, report)
    else if (pairDepth > 0) reportPrinted(command, reporters.pair)
  }
}

/** Says what the words of one command are to the tools that read them. */
function markRoles(words: readonly Word[], inputs: readonly Word[], roles: Roles): void {
  let writes = false
  let runs = false
  let edits = false
  for (const [i, word] of words.entries()) {
    const { value } = word
    const before = words[i - 1]?.value ?? ''
    const isMessage =
      MESSAGE_OPTION.test(before) || (word.pieces !== undefined && MESSAGE_IN_WORD.test(value))
    if (writes && isMessage) roles.messages.add(word)
    if (runs || SCRIPT_OPTION.test(before)) roles.scripts.add(word)
    if (edits && /s[^\w\s]/.test(value)) roles.edits.add(word)
    const name = toolName(word)
    edits ||= EDITORS.has(name)
    runs ||= SHELLS.has(name)
    // `gh secret set` takes a secret, `gh issue create` a text.
    writes = (writes || MESSAGE_TOOLS.has(name)) && !/^(?:secret|variable|credential)$/.test(value)
  }
  if (writes) for (const input of inputs) roles.messages.add(input)
}

function readArguments(words: readonly Word[], named: boolean, roles: Roles, report: Report): void {
  /** Index of each tool's name, or -1 if its rule does not apply. */
  const tools = new Map<Tool, number>()
  let asks = false
  let sets = false
  let hasUser = false
  for (const [i, word] of words.entries()) {
    const { value } = word
    const next = words[i + 1]
    for (const [tool, at] of tools) {
      if (at < 0) continue
      if (tool.leading && !value.startsWith('-')) tools.set(tool, -1)
      else readOption(tool, words, i, report)
      if (tool.harmless.has(value.replace(/=.*/s, ''))) roles.harmless.add(word)
    }
    if (named && next !== undefined && !value.includes('=')) {
      reportBehind(word, next, words[i + 2], report)
      const given = sets && givenToSetter(words, i)
      for (const each of given || []) report(each)
      if (given) sets = false
      if (!asks && isOptionOfSecret(word, next) && !roles.harmless.has(word)) report(next)
    }
    hasUser ||= MAY_BE_USER.test(value)
    if (named) reportCommand(word, next, report)
    for (const tool of TOOLS.get(toolName(word)) ?? []) {
      if (!tools.has(tool)) tools.set(tool, applies(tool, words) ? i : -1)
      asks ||= tool.asks
    }
    sets ||= SETTERS.has(value) && (i === 0 || words[0]!.value !== 'set')
  }
  if (hasUser) secretsBesideUser(words, report)
  if (named) secretsByOption(words, report)
  for (const [tool, at] of tools) {
    if (at < 0) continue
    readLast(tool, words, at, report)
    if (tool.assigns) for (const word of words.slice(at + 1)) reportAssigned(word, report)
  }
}

/** Reports a secret that stands behind a header's name, a scheme or a word that announces it. */
function reportBehind(word: Word, next: Word, third: Word | undefined, report: Report): void {
  const { value } = word
  if (HEADER.test(value)) {
    const secret = SCHEME.test(next.value) ? third : next
    if (secret !== undefined) report(secret)
  }
  const isSecret =
    (BEARER.test(value) && BEARER_TOKEN.test(next.value)) ||
    (!value.startsWith('-') && DIGEST.test(next.value) && announcesSecret(value, next.value))
  if (isSecret) report(next)
}

const isOption = (word: Word): boolean => word.value.startsWith('-') && !isQuoted(word, 0)

const isOptionOfSecret = ({ value }: Word, next: Word): boolean =>
  !isOption(next) && takesSecret(value, next.value)

/** What a tool that sets something is given for the name at `i`; undefined unless that announces a secret. */
function givenToSetter(words: readonly Word[], i: number): readonly Word[] | undefined {
  const { value } = words[i]!
  const next = words[i + 1]!
  if (value.startsWith('-')) return undefined
  if (TYPE.test(next.value) && announces(value)) return words.slice(i + 2, i + 3)
  if (isOption(next) || value.startsWith('set-')) return undefined
  if (!announcesSecret(value.replace(/'?\]$/, ''), next.value)) return undefined
  // `set` of fish and csh takes a list.
  const isShells = words[0]!.value === 'set'
  return words.slice(i + 1, isShells ? undefined : i + 2).filter((word) => word.value !== '=')
}

const applies = ({ after }: Tool, words: readonly Word[]): boolean =>
  after === undefined || words.some(({ value }) => after.test(value))

const KEY_ALONE = /^(?=(?:\D{0,80}\d){2})(?=[^a-z]{0,80}[a-z])(?=[^A-Z]{0,80}[A-Z])[^\s:/.]{12,512}:$/

/** Reports the secret that an option or word at `i` gives to a tool before it. */
function readOption(tool: Tool, words: readonly Word[], i: number, report: Report): void {
  const word = words[i]!
  const next = words[i + 1]
  const { value } = word
  const take = (target: Word | undefined, from: number, isPair: boolean): void => {
    // `-` means standard input.
    if (target === undefined || target.value.slice(from) === '-') return
    const at = isPair ? target.value.indexOf(tool.separator, from) + 1 : from
    // With nothing behind the colon the key itself stands for the user: `curl -u KEY:`.
    if (isPair && at === target.value.length && KEY_ALONE.test(target.value.slice(from)))
      report(target, from, at - 1)
    else if (at > 0 || !isPair) report(target, at)
  }
  const takeOption = (length: number, isPair: boolean): void =>
    length < value.length ? take(word, length, isPair) : take(next, 0, isPair)

  if (value.startsWith('-')) {
    const secret = tool.secret?.exec(value)
    if (secret) takeOption(secret[0].length, false)
    if (next?.value === '$' && (tool.substituted?.test(value) || tool.files.has(value.replace(/=.*/s, ''))))
      report(next)
    const pair = tool.pair?.exec(value)
    if (pair) takeOption(pair[0].length, true)
    const long = /^--?([A-Za-z][A-Za-z0-9-]{1,40})(?:=|$)/.exec(value)
    if (long && tool.secretLong.has(long[1]!)) takeOption(long[0].length, false)
    if (long && tool.pairLong.has(long[1]!)) takeOption(long[0].length, true)
  }
  for (const prefix of tool.prefixes) if (value.startsWith(prefix)) report(word, prefix.length)
  if (tool.keys.has(value)) for (const each of words.slice(i + 1, i + 1 + tool.each)) take(each, 0, false)
  const groups = tool.word?.exec(value)?.indices?.groups
  const inWord = groups?.secret ?? groups?.other
  if (inWord) report(word, ...inWord)
}

/** Reports the secret among the words without dashes, by its distance from the word that announces it. */
function readLast(
  { last, next, between, unless, valued }: Tool,
  words: readonly Word[],
  at: number,
  report: Report,
): void {
  const marker = words.findIndex((word, i) => i >= at && last?.test(i === at ? toolName(word) : word.value))
  if (marker < 0) return
  const behind = words.filter(
    ({ value }, i) =>
      i > marker && !value.startsWith('-') && !valued.has(words[i - 1]!.value) && !unless?.test(value),
  )
  if (behind.length > between) report(next ? behind[between]! : behind.at(-1)!)
}

/** Options and variables with a command that prints a secret: `--password-command 'echo x'`, `BORG_PASSCOMMAND='echo x'`. */
const COMMAND_NAME =
  /(?:pass(?:word|wd|phrase)?[-_]?(?:cmd|command|eval|prog|program)|extpass|askpass)(?:=|$)/i

function reportCommand(word: Word, next: Word | undefined, report: Report): void {
  if (next?.value === '$' && FILE_OPTION.test(word.value)) report(next)
  const match = COMMAND_NAME.exec(word.value)
  if (match === null) return
  const end = match.index + match[0].length
  const isSame = match[0].endsWith('=') && word.value.length > end
  const target = isSame ? word : next
  if (target === undefined) return
  const from = isSame ? end : 0
  if (target.value === '$') report(target)
  for (const command of readCommands(target.value.slice(from)).lists.flat()) {
    reportPrinted(command, (inner, begin, end) => {
      const span = spanOf(inner, begin, end)
      if (span !== undefined) report(target, from + span.from, from + span.to)
    })
  }
}

/** Reports the value of `name=value`, whatever the name. */
function reportAssigned(word: Word, report: Report): void {
  const name = /^(?!-)[\w.[\]/-]+=/.exec(word.value)?.[0]
  if (name !== undefined) report(word, name.length)
}

/** The secret of `user:secret`, but no times, ports and addresses. */
const PAIR = /^[^\s:/]{1,64}:(?!\d{1,5}$)(?<secret>[^\s:/][^\n]*)/d

/** Whether the command reads a secret from standard input, or a user's name and a secret. */
function readsSecret(words: readonly Word[]): 'all' | 'pair' | undefined {
  const names = words.map(toolName)
  const isWrapped = WRAPPERS.has(names[0] ?? '')
  const found = STDIN.find(({ names: tools, tool: { stdin } }) => {
    const at = tools ? names.findIndex((name, i) => (i === 0 || isWrapped) && tools.has(name)) : 0
    return at >= 0 && (stdin === undefined || words.some(({ value }, i) => i > at && stdin.test(value)))
  })
  return found && (found.tool.pairs ? 'pair' : 'all')
}
