// Judges a command line: reads it, applies the rules, decides by profile.

import type { GuardProfile, RiskLevel, Shell } from '../../base/words/risk-levels.ts'
import { CARRIES_WORDS } from './carriers/carried.ts'
import { readCode } from './carriers/interpreters.ts'
import type { NamedScript } from './carriers/named-scripts.ts'
import { INTERPRETER_NAMES, INTERPRETERS } from './carriers/wrappers.ts'
import { compareLevels, decide, worst } from './decide.ts'
import {
  type Budget,
  DIRECTORY_PER_WORD,
  MAX_COMMAND_LENGTH,
  MAX_FILES,
  MAX_MATCHES,
  newBudget,
  spend,
} from './limits.ts'
import { asDialogue } from './line/dialogue.ts'
import { cloneScope, type Findings } from './line/frame.ts'
import { readOptions } from './line/options.ts'
import { bare } from './line/simple-command.ts'
import { walkLine } from './line/walk.ts'
import { names } from './lookup.ts'
import {
  type Arg,
  type LineFact,
  type Scope,
  type SimpleCommand,
  SOME_HOME,
  type Span,
  TAINT,
} from './model.ts'
import { concernsEveryRule, EVERY_COMMAND, isPlainlySafe, ruleForFact, rulesFor } from './rules/index.ts'
import { type Hit, type LineRule, type Rule, ruleForCaller } from './rules/rule.ts'
import { callsShell } from './rules/system/shells.ts'
import type { CheckOptions, RiskMatch, RiskVerdict } from './types.ts'
import { mayLead } from './writes/own-files.ts'

export const DEFAULT_PROFILE: GuardProfile = 'moderate'

/** Control characters but tab and newline, DEL, and Unicode's direction overrides (Unicode TR 36; CVE-2021-42574). */
const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/

/**
 * Rules that only say "this text could not be read". A guess whether a text is a harmful command at all ignores them.
 */
const UNREADABLE = names(
  'unparsed unparsed-tool unseen-code unproven-code unproven-given hidden-text too-deep too-long unknown-command-dangerous',
)

/** Rules that find something that will run without anybody typing it. */
const RUN_LATER = names('runs-later cron-write cron-replace persists')

/** Findings that are the ordinary work of a script: it makes files, and has values that the line does not show. */
const OF_SCRIPTS = names('unknown-command file-lost file-emptied')

/** A script with parts that may not run: what would be blocked if it were typed is asked about. */
const TURNS = /\b(?:if|case|function)\b|&&|\|\||\(\)\s*\{/

const WILDCARDS = /[*?[\]]/g

interface Finding {
  readonly rule: Rule | LineRule
  readonly span: Span
  /** Place of the whole command in which `span` was found. */
  readonly whole: Span
  /** Whether it is about the text of a file, and `span` is where the line names the file. */
  readonly isInFile?: boolean
  /** The safer form, where the rule makes one from the command's words. */
  readonly made?: string | undefined
}

/**
 * Judges one command line, several lines included, as `shell` (default bash) would read it. Accepts any string: an empty
 * one is Safe; one longer than 65 536 UTF-16 units is not read and counts as High. Never throws; the work is bounded.
 */
export function checkCommand(command: string, options: CheckOptions): RiskVerdict {
  const findings = findAll(command, options, newBudget())
  const level = levelOf(findings)
  const safer = saferForm(command, findings, options)
  return {
    command,
    risk_level: level,
    decision: decide(options.profile ?? DEFAULT_PROFILE, level, command.length),
    matches: findings.map(matchOf),
    ...(safer !== undefined && { safer }),
  }
}

/** A finding as it is shown. */
export const matchOf = ({ rule, span }: Finding): RiskMatch => ({
  rule: rule.id,
  risk_level: rule.level,
  why: rule.why,
  span,
})

/** Words without any character that a shell expands. For such a line only the tool's name and the file names matter. */
const PLAIN = /^[A-Za-z0-9_][\w.+-]*(?: [\w./:,@%^+=-]+)*$/

/** The level alone, judged without knowing directory and home as checkCommand would be; quick for plain commands. */
export function riskLevelOf(command: string, shell: Shell): RiskLevel {
  if (command.length < 1_000 && PLAIN.test(command)) {
    const space = command.indexOf(' ')
    const tool = space < 0 ? command : command.slice(0, space)
    if (isPlainlySafe(command, tool) && !CARRIES_WORDS.test(command)) return 'safe'
  }
  return levelOf(findAll(command, { shell }, newBudget()))
}

const levelOf = (findings: readonly Finding[]): RiskLevel => worst(findings.map(({ rule }) => rule.level))

/** Every finding, worst first, then by place; at most MAX_MATCHES. `begin`: as of `walkLine`. */
export function findAll(
  command: string,
  options: CheckOptions,
  budget: Budget,
  begin?: Parameters<typeof walkLine>[4],
): readonly Finding[] {
  const found = new Map<string, Finding>()
  const clamped = ([start, end]: Span): Span => [clamp(start, command), clamp(Math.max(start, end), command)]
  let loud = false
  // Set while a text is only tried: rules then report nothing, they only note the worst level.
  let tried: { level: RiskLevel } | undefined
  const isLoud = ({ level }: { readonly level: RiskLevel }) => level === 'high' || level === 'critical'
  const add = (rule: Rule | LineRule, at: Span, around: Span = at, made?: string, isInFile = false) => {
    if (tried !== undefined) {
      if (!UNREADABLE.has(rule.id)) tried.level = worst([tried.level, rule.level])
      return
    }
    loud ||= isLoud(rule)
    const span = clamped(at)
    const key = `${rule.id} ${span[0]} ${span[1]}`
    if (found.size < 1_000 && !found.has(key))
      found.set(key, { rule, span, whole: clamped(around), made, isInFile })
  }
  const fact = (kind: LineFact, span: Span) => add(ruleForFact(kind), span)
  const hidden = HIDDEN.exec(command)
  if (hidden !== null) fact('hidden-text', [hidden.index, hidden.index + 1])
  if (command.length > MAX_COMMAND_LENGTH) {
    fact('too-long', [0, command.length])
    return [...found.values()]
  }
  const { profile: _profile, ...given } = options
  const scope: Scope = {
    ...given,
    shell: options.shell ?? 'bash',
    home: options.home ?? SOME_HOME,
    cwd: options.cwd ?? '.',
    start: options.cwd ?? '.',
    variables: new Map(),
    parameters: undefined,
    secretFiles: new Set(),
    sockets: new Set(),
    written: new Map(),
  }
  const { line, places } = readable(command)
  const placed = ([start, end]: Span): Span =>
    places === undefined ? [start, end] : [places[start] ?? 0, places[end] ?? command.length]
  let findings: Findings = {
    command: (simple) => {
      // Resolving a path takes time in proportion to the depth of the directory, so a deep one costs words of the
      // budget.
      if (!spend(budget, 'words', Math.floor(simple.scope.cwd.length / DIRECTORY_PER_WORD))) return
      judge(simple, (rule, span, made) => add(rule, placed(span), placed(simple.span), made))
    },
    fact: (kind, span) => fact(kind, placed(span)),
    isKnownTool: (name) => rulesFor(name).length > 0,
    trials: {
      isQuiet: () => !(tried === undefined ? loud : isLoud(tried)),
      levelOf: (run) => {
        const outer = tried
        const own: NonNullable<typeof tried> = { level: 'safe' }
        tried = own
        run()
        tried = outer
        return own.level
      },
    },
  }
  const seen = new Set<string>()
  /** Judges the script of a file; what cannot be told of it, the line does not hide. */
  const inFile = (script: NamedScript, scope: Scope, privileged: boolean, at: Span): void => {
    const { texts, path, language, cwd, shell } = script
    const key = JSON.stringify([path, cwd, texts, scope.parameters?.map(({ text }) => text)])
    if (seen.has(key) || seen.size >= MAX_FILES) return
    seen.add(key)
    const mayTurn = language !== undefined || texts.some((text) => TURNS.test(text))
    const report = (rule: Rule | LineRule) => {
      if (UNREADABLE.has(rule.id) || OF_SCRIPTS.has(rule.id)) return
      add(mayTurn && rule.level === 'critical' ? { ...rule, level: 'high' } : rule, at, at, undefined, true)
    }
    scope.variables.set('0', { text: path, taint: TAINT.none })
    scope.variables.set('BASH_SOURCE', { text: path, taint: TAINT.none })
    const told: Findings = {
      ...findings,
      command: (simple) => judge(simple, report),
      fact: (kind) => report(ruleForFact(kind)),
      script: (inner, of, more) => inFile(inner, of, privileged || more, at),
    }
    for (const text of texts) {
      const inside = { ...cloneScope(scope), shell, cwd }
      walkLine(text, inside, told, newBudget(), (walk, top) => {
        if (language === undefined) return walk.readScript(text, { ...top, privileged })
        for (const script of readCode({ text, taint: 0, span: at }, language).scripts)
          walk.readScript(script.text, { ...top, privileged })
        // The rules find which files of the guard the program may write, as if it stood on the line. In a program these signs are no
        // wildcards.
        const code = text.replace(WILDCARDS, ' ')
        const name = INTERPRETER_NAMES.find((one) => INTERPRETERS.of(one)?.language === language)
        if (!name || !mayLead(code, scope)) return
        const option = `-${INTERPRETERS.of(name)?.options[0]}`
        const args = [option, code].map((word) => ({ text: word, span: at, taint: TAINT.none }))
        judge({ ...bare([], [], at, { ...top, privileged }), name, path: name, args }, report)
      })
    }
  }
  if (options.machine?.read !== undefined)
    findings = {
      ...findings,
      script: (script, of, privileged) => inFile(script, of, privileged, placed(script.span)),
    }
  try {
    walkLine(line, scope, findings, budget, begin)
    const typed = begin === undefined && line.includes('\n') ? asDialogue(line) : undefined
    if (typed !== undefined) {
      const whole: Span = [0, command.length]
      const inDialogue = { ...scope, variables: new Map(), written: new Map() }
      const told: Findings = {
        ...findings,
        command: (simple) => judge(simple, (rule, _span, made) => add(rule, whole, whole, made)),
        fact: () => {},
      }
      walkLine(typed, inDialogue, told, budget)
    }
    const first = (id: string) => [...found.values()].find(({ rule }) => rule.id === id)
    const shared = first('runs-from-shared')
    if (shared && [...found.values()].some(({ rule }) => RUN_LATER.has(rule.id)))
      add(ruleForFact('later-from-shared'), shared.span)
    // Code of another language is no line of a shell; whoever pastes it may run it elsewhere.
    const unread = first('unparsed')
    if (unread && callsShell(line)) fact('unparsed-tool', unread.span)
  } catch {
    // A text that exhausts the stack, or a rule that throws, leaves the line unread.
    tried = undefined
    fact('too-deep', [0, command.length])
  }
  return narrowest([...found.values()])
    .sort((a, b) => compareLevels(b.rule.level, a.rule.level) || a.span[0] - b.span[0])
    .slice(0, MAX_MATCHES)
}

/** Drops a finding that contains another one of the same rule, so that each is reported once, at its exact place. */
function narrowest(findings: readonly Finding[]): Finding[] {
  const ends = new Map<string, number>()
  // Sorted from the last start to the first, the shorter first, so that what a finding may contain comes before it.
  return findings
    .toSorted((a, b) => b.span[0] - a.span[0] || a.span[1] - b.span[1])
    .filter(({ rule, span }) => {
      const least = ends.get(rule.id) ?? Number.POSITIVE_INFINITY
      ends.set(rule.id, Math.min(least, span[1]))
      return least > span[1]
    })
}

/**
 * The text as a shell takes it from a terminal: without NUL, and with a blank for each carriage return. `places` maps
 * each of its characters to the place in `command`; undefined when nothing was dropped.
 */
function readable(command: string): {
  readonly line: string
  readonly places: readonly number[] | undefined
} {
  const line = command.replaceAll('\r', ' ')
  if (!line.includes('\0')) return { line, places: undefined }
  const places: number[] = []
  for (let i = 0; i < line.length; i++) if (line[i] !== '\0') places.push(i)
  return { line: line.replaceAll('\0', ''), places: [...places, line.length] }
}

function clamp(offset: number, command: string): number {
  return Math.min(Math.max(offset, 0), command.length)
}

function judge(command: SimpleCommand, add: (rule: Rule, span: Span, made?: string) => void): void {
  // A version in the name does not matter: python3.12 is judged as python3.
  const name = /\d\.\d+$/.test(command.name) ? command.name.replace(/(\d)\.\d+$/, '$1') : command.name
  const own = rulesFor(name)
  const options = readOptions(name, command.args)
  // Where the command and its first word have one place, the line does not hold the command word by word, as with an alias
  // of git; then no other form can take its place.
  const isWritten = command.args[0]?.span[0] !== command.span[0]
  let found: RiskLevel = 'safe'
  for (const list of concernsEveryRule(command) ? [own, EVERY_COMMAND] : [own]) {
    for (const one of list) {
      if (one.caller !== undefined && one.caller !== command.scope.caller) continue
      const rule = ruleForCaller(one, command.scope.caller)
      if (rule.yields && compareLevels(found, rule.level) >= 0) continue
      const span = spanOf(rule.when(command, options), command)
      if (span === undefined) continue
      if (compareLevels(rule.level, found) > 0) found = rule.level
      add(
        rule,
        span,
        typeof rule.safer === 'function' && isWritten ? rule.safer(command, options) : undefined,
      )
    }
  }
}

function spanOf(hit: Hit, command: SimpleCommand): Span | undefined {
  if (hit === undefined || hit === false) return undefined
  if (hit === true) return command.span
  const first = hit[0] as Arg | undefined
  if (first === undefined) return undefined
  return hit.reduce<Span>(
    ([start, end], arg) => [Math.min(start, arg.span[0]), Math.max(end, arg.span[1])],
    first.span,
  )
}

/** Only a finding of the worst level may offer a safer form: mending a lesser one leaves the command as dangerous. */
function saferForm(command: string, findings: readonly Finding[], options: CheckOptions): string | undefined {
  const worst = findings.filter(({ rule }) => rule.level === findings[0]?.rule.level)
  if (worst.some(({ rule }) => rule.core === true && rule.safer === undefined)) return undefined
  for (const finding of worst) {
    const form = formOf(command, finding)
    // fish has no ${…}: it would refuse the line.
    if (options.shell === 'fish' && form?.includes('${') && !command.includes('${')) continue
    // The form is judged again, because it may be no safer in this directory.
    if (
      form !== undefined &&
      compareLevels(levelOf(findAll(form, options, newBudget())), finding.rule.level) < 0
    )
      return form
  }
  return undefined
}

function formOf(command: string, { rule, span, whole, made, isInFile }: Finding): string | undefined {
  const { safer } = rule
  if (safer === undefined || isInFile) return undefined
  if (typeof safer === 'function')
    return made === undefined ? undefined : command.slice(0, whole[0]) + made + command.slice(whole[1])
  if ('rewrite' in safer)
    return command.slice(0, span[0]) + safer.rewrite(command.slice(...span)) + command.slice(span[1])
  const [start, end] = 'instead' in safer ? span : [whole[1], whole[1]]
  const text = 'instead' in safer ? safer.instead : ` ${safer.append}`
  return command.slice(0, start) + text + command.slice(end)
}
