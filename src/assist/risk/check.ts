// Judges a command line: reads it, applies the rules, decides by profile.

import type { GuardProfile, RiskLevel, Shell } from '../../base/words/risk-levels.ts'
import { CARRIES_WORDS } from './carriers/carried.ts'
import { compareLevels, decide, worse } from './decide.ts'
import {
  type Budget,
  DIRECTORY_PER_WORD,
  MAX_COMMAND_LENGTH,
  MAX_MATCHES,
  newBudget,
  spend,
} from './limits.ts'
import type { Findings } from './line/frame.ts'
import { readOptions } from './line/options.ts'
import { walkLine } from './line/walk.ts'
import { type Arg, type LineFact, type Scope, type SimpleCommand, SOME_HOME, type Span } from './model.ts'
import { concernsEveryRule, EVERY_COMMAND, isPlainlySafe, ruleForFact, rulesFor } from './rules/index.ts'
import type { Hit, LineRule, Rule } from './rules/rule.ts'
import type { CheckOptions, RiskMatch, RiskVerdict } from './types.ts'

export const DEFAULT_PROFILE: GuardProfile = 'moderate'

/** C0 controls but tab and newline, DEL, and Unicode's direction overrides (Unicode TR 36; CVE-2021-42574). */
const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/

/** Facts about a text that nobody could read: in a text that may be no command at all they say nothing. */
const UNREADABLE: ReadonlySet<string> = new Set([
  'unparsed',
  'unparsed-tool',
  'unseen-code',
  'hidden-text',
  'too-deep',
  'too-long',
  'unknown-command-dangerous',
])

interface Finding {
  readonly rule: Rule | LineRule
  readonly span: Span
  /** Where the whole command stands that it is about. */
  readonly whole: Span
  /** The safer form that the rule made from the command. */
  readonly made?: string | undefined
}

/**
 * Judges one command line, several lines included, as `shell` (default bash) would read it. Any string is
 * accepted: empty is Safe; more than 65 536 UTF-16 units are not read and High. Never throws; the work is bounded.
 */
export function checkCommand(command: string, options: CheckOptions): RiskVerdict {
  const findings = findAll(command, options, newBudget())
  const matches = findings.map(
    ({ rule, span }): RiskMatch => ({ rule: rule.id, risk_level: rule.level, why: rule.why, span }),
  )
  const level = matches.reduce<RiskLevel>((worst, match) => worse(worst, match.risk_level), 'safe')
  const safer = saferForm(command, findings, options)
  return {
    command,
    risk_level: level,
    decision: decide(options.profile ?? DEFAULT_PROFILE, level, command.length),
    matches,
    ...(safer === undefined ? {} : { safer }),
  }
}

/** Words of letters, digits and a few signs that no shell expands: nothing but the tool's name, and a name of a file that matters, is looked at. */
const PLAIN = /^[A-Za-z0-9_][\w.+-]*(?: [\w./:,@%^+=-]+)*$/

/** The level alone, as checkCommand finds it without knowing directory and home; cheap for plain commands. */
export function riskLevelOf(command: string, shell: Shell): RiskLevel {
  if (command.length < 1_000 && PLAIN.test(command)) {
    const space = command.indexOf(' ')
    const tool = space < 0 ? command : command.slice(0, space)
    if (isPlainlySafe(command, tool) && !CARRIES_WORDS.test(command)) return 'safe'
  }
  return findAll(command, { shell }, newBudget()).reduce<RiskLevel>(
    (worst, { rule }) => worse(worst, rule.level),
    'safe',
  )
}

/** Every finding, worst first, then by place; at most MAX_MATCHES. Exported for tests of the bounds. */
export function findAll(command: string, options: CheckOptions, budget: Budget): readonly Finding[] {
  const found = new Map<string, Finding>()
  const clamped = ([start, end]: Span): Span => [clamp(start, command), clamp(Math.max(start, end), command)]
  let loud = false
  // While only tried: whether it would have been loud. What cannot be read is no harmful command by that alone.
  let tried: { loud: boolean } | undefined
  const isLoud = ({ level }: Rule | LineRule) => level === 'high' || level === 'critical'
  const add = (rule: Rule | LineRule, at: Span, around: Span = at, made?: string) => {
    if (tried !== undefined) {
      if (isLoud(rule) && !UNREADABLE.has(rule.id)) tried.loud = true
      return
    }
    loud ||= isLoud(rule)
    const span = clamped(at)
    const key = `${rule.id} ${span[0]} ${span[1]}`
    if (found.size < 1_000 && !found.has(key)) found.set(key, { rule, span, whole: clamped(around), made })
  }
  const fact = (kind: LineFact, span: Span) => add(ruleForFact(kind), span)
  const hidden = HIDDEN.exec(command)
  if (hidden !== null) fact('hidden-text', [hidden.index, hidden.index + 1])
  if (command.length > MAX_COMMAND_LENGTH) {
    fact('too-long', [0, command.length])
    return [...found.values()]
  }
  const scope: Scope = {
    shell: options.shell ?? 'bash',
    home: options.home ?? SOME_HOME,
    cwd: options.cwd ?? '.',
    variables: new Map(),
    parameters: undefined,
    secretFiles: new Set(),
    sockets: new Set(),
    written: new Map(),
    ...(options.karoHome !== undefined && { karoHome: options.karoHome }),
    ...(options.caller !== undefined && { caller: options.caller }),
    ...(options.machine !== undefined && { machine: options.machine }),
  }
  const { line, places } = readable(command)
  const placed = ([start, end]: Span): Span =>
    places === undefined ? [start, end] : [places[start] ?? 0, places[end] ?? command.length]
  const findings: Findings = {
    command: (simple) => {
      // Each look at a path takes as long as the directory is deep that it begins in.
      if (!spend(budget, 'words', Math.floor(simple.scope.cwd.length / DIRECTORY_PER_WORD))) return
      judge(simple, (rule, span, made) => add(rule, placed(span), placed(simple.span), made))
    },
    fact: (kind, span) => fact(kind, placed(span)),
    isKnownTool: (name) => rulesFor(name).length > 0,
    trials: {
      isQuiet: () => !(tried ?? { loud }).loud,
      wouldReport: (run) => {
        const outer = tried
        const own = { loud: false }
        tried = own
        run()
        tried = outer
        return own.loud
      },
    },
  }
  try {
    walkLine(line, scope, findings, budget)
  } catch {
    // A text that exhausts the stack, or finds a mistake in a rule, has not been read to its end.
    tried = undefined
    fact('too-deep', [0, command.length])
  }
  return narrowest([...found.values()])
    .sort((a, b) => compareLevels(b.rule.level, a.rule.level) || a.span[0] - b.span[0])
    .slice(0, MAX_MATCHES)
}

/** Where a rule points at a place and, of the same, at a part of it, the part: one finding, told once. */
function narrowest(findings: readonly Finding[]): Finding[] {
  const ends = new Map<string, number>()
  // From the last start to the first, the shorter of two first: what begins later has been seen.
  return findings
    .toSorted((a, b) => b.span[0] - a.span[0] || a.span[1] - b.span[1])
    .filter(({ rule, span }) => {
      const least = ends.get(rule.id) ?? Number.POSITIVE_INFINITY
      ends.set(rule.id, Math.min(least, span[1]))
      return least > span[1]
    })
}

/**
 * The text as a shell takes it from a terminal: NUL is dropped, a carriage return is a blank; and, when
 * something was dropped, where each remaining character stands in the command.
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
  // python3.12 is judged as python3.
  const name = /\d\.\d+$/.test(command.name) ? command.name.replace(/(\d)\.\d+$/, '$1') : command.name
  const own = rulesFor(name)
  const options = readOptions(name, command.args)
  for (const list of concernsEveryRule(command) ? [own, EVERY_COMMAND] : [own]) {
    for (const rule of list) {
      const span = spanOf(rule.when(command, options), command)
      if (span === undefined) continue
      add(rule, span, typeof rule.safer === 'function' ? rule.safer(command, options) : undefined)
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

/** From a finding of the worst level: mending a lesser one would not make the command safer. */
function saferForm(command: string, findings: readonly Finding[], options: CheckOptions): string | undefined {
  const worst = findings.filter(({ rule }) => rule.level === findings[0]?.rule.level)
  if (worst.some(({ rule }) => rule.core === true && rule.safer === undefined)) return undefined
  for (const finding of worst) {
    const form = formOf(command, finding)
    // fish has no ${…}, which would end the line in an error.
    if (options.shell === 'fish' && form?.includes('${') && !command.includes('${')) continue
    // Judged again: a form that is not safer, in this place, is none.
    if (form !== undefined && compareLevels(levelIn(form, options), finding.rule.level) < 0) return form
  }
  return undefined
}

function formOf(command: string, { rule, span, whole, made }: Finding): string | undefined {
  const { safer } = rule
  if (safer === undefined || typeof safer === 'string') return safer
  if (typeof safer === 'function')
    return made === undefined ? undefined : command.slice(0, whole[0]) + made + command.slice(whole[1])
  if ('rewrite' in safer)
    return command.slice(0, span[0]) + safer.rewrite(command.slice(...span)) + command.slice(span[1])
  const [start, end] = 'instead' in safer ? span : [whole[1], whole[1]]
  const text = 'instead' in safer ? safer.instead : ` ${safer.append}`
  return command.slice(0, start) + text + command.slice(end)
}

function levelIn(command: string, options: CheckOptions): RiskLevel {
  return findAll(command, options, newBudget()).reduce<RiskLevel>(
    (worst, { rule }) => worse(worst, rule.level),
    'safe',
  )
}
