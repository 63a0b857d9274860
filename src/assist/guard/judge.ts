// Judges a line by the built-in rules, then by the exceptions and prohibitions of the rules files.
import { dirname } from 'node:path'
import { globMatcher } from '../../base/quote.ts'
import { commandsOf, type RunCommand } from '../risk/commands-of.ts'
import { compareLevels, decide, worst } from '../risk/decide.ts'
import {
  type CheckOptions,
  checkCommand,
  type GitAlias,
  type RiskMatch,
  type RiskVerdict,
} from '../risk/index.ts'
import { MAX_MATCHES } from '../risk/limits.ts'
import { SOME_HOME } from '../risk/model.ts'
import { isCore } from '../risk/rule-ids.ts'
import { ruleForFact } from '../risk/rules/index.ts'
import { expand } from './definitions.ts'
import { filesRule, type Guard, type GuardRule, type Where } from './guard.ts'

/**
 * Judges a line by the guard's rules. With definitions, the result is the worse of the line as typed and as it runs. A
 * denied command is blocked in every profile, and asked about by a rule likewise; profile `off` only drops a person's own rules. No exception lowers
 * the catastrophic core. Never throws; the work is bounded as a check's.
 */
export function judge(guard: Guard, command: string, where: Where = {}): RiskVerdict {
  const asTyped = judgeWithGit(guard, command, where)
  const typed = where.cut || where.unfinished || where.kept ? amended(guard, asTyped, where) : asTyped
  if (where.definitions === undefined) return typed
  const meant = expand(command, where.definitions, where)
  const other = withoutLines(guard)
  const known = meant.text === undefined ? typed : both(guard, typed, judgeWithGit(other, meant.text, where))
  return meant.unread === undefined ? known : withUnread(other, known, meant.unread, where)
}

/** The guard for what aliases and functions make of a line: an exception for one line is about the line as it is typed. */
const withoutLines = (guard: Guard): Guard => ({
  ...guard,
  rules: guard.rules.filter(({ line }) => line === undefined),
})

/** Judges the text; if it runs aliases of git's configuration, also by what these run. */
function judgeWithGit(guard: Guard, command: string, where: Where): RiskVerdict {
  const known = where.machine?.gitAlias
  if (known === undefined) return judgeText(guard, command, where)
  let isUsed = false
  const gitAlias: GitAlias = (name, cwd) => {
    const text = known(name, cwd)
    isUsed ||= text !== undefined
    return text
  }
  const aliased = { ...where, gitAlias }
  const found = judgeText(guard, command, aliased)
  if (!isUsed) return found
  return both(guard, judgeText(guard, command, where), judgeText(withoutLines(guard), command, aliased))
}

/** Findings about text that cannot be parsed. They say nothing if the text is a definition as the shell prints it. */
const ABOUT_READING = new Set(['unparsed', 'unparsed-tool'])

/**
 * Adds a finding for an alias or function whose text is unknown. The person is asked in every profile, unless a rule
 * allows it.
 */
function withUnread(guard: Guard, verdict: RiskVerdict, name: string, where: Where): RiskVerdict {
  if (guard.profile === 'off') return verdict
  const { level: risk_level } = ruleForFact('too-long')
  const shown = name.replace(/[^\w.:+-]/g, '?').slice(0, 40)
  const match: RiskMatch = {
    rule: 'too-long',
    risk_level,
    why:
      name === '*'
        ? 'Has so many words that not all can be looked up as functions or aliases.'
        : `Runs ${shown}, a function or alias that is too long or too deep to be read.`,
    span: [0, verdict.command.length],
  }
  const commands = commandsOf(verdict.command, where)
  if (
    guard.rules.some(
      (rule) =>
        rule.kind === 'allow' && live(guard, rule) && excuses(rule, match, commands, where, verdict.command),
    )
  )
    return verdict
  const together = decided(guard, verdict, [match, ...verdict.matches])
  return together.decision === 'allow' ? { ...together, decision: 'confirm' } : together
}

function amended(guard: Guard, verdict: RiskVerdict, where: Where): RiskVerdict {
  const { cut, unfinished, kept } = where
  const read = unfinished ? verdict.matches.filter(({ rule }) => !ABOUT_READING.has(rule)) : verdict.matches
  const matches = kept ? withoutDefined(read, verdict.command, where) : read
  if (!cut && matches.length === verdict.matches.length) return verdict
  const { level: risk_level, why } = ruleForFact('too-long')
  const span: RiskMatch['span'] = [0, verdict.command.length]
  const all = cut ? [...matches, { rule: 'too-long', risk_level, why, span }] : matches
  return decided(guard, verdict, all)
}

/** What a rule finds about the definition itself. */
const ABOUT_ALIASES = new Set(['alias-shadow', 'guard-off'])

/**
 * Leaves out what was found in the text of an alias that the line only defines: the shell keeps the alias, and the guard
 * judges each line that uses it. The catastrophic core stays.
 */
function withoutDefined(matches: readonly RiskMatch[], command: string, where: Where): readonly RiskMatch[] {
  if (!/\balias\b/.test(command) || matches.length === 0) return matches
  const definitions = commandsOf(command, where).filter(({ text }) => text.startsWith('alias '))
  return matches.filter(
    ({ rule, span }) =>
      isCore(rule) ||
      ABOUT_ALIASES.has(rule) ||
      !definitions.some((one) => one.span[0] <= span[0] && span[1] <= one.span[1]),
  )
}

/** Adds to the verdict on the typed line the findings of its expanded form, with the whole line as their place. */
function both(guard: Guard, typed: RiskVerdict, meant: RiskVerdict): RiskVerdict {
  const span: RiskMatch['span'] = [0, typed.command.length]
  const known = new Set(typed.matches.map(({ rule }) => rule))
  const added = meant.matches.flatMap((match) =>
    known.has(match.rule) || ABOUT_READING.has(match.rule)
      ? []
      : [{ ...match, why: `${match.why} (Found in an alias or function of this line.)`, span }],
  )
  if (added.length === 0) return typed
  const matches = [...typed.matches, ...added].sort((a, b) => compareLevels(b.risk_level, a.risk_level))
  return decided(guard, typed, matches)
}

function judgeText(
  guard: Guard,
  command: string,
  where: Where & Pick<CheckOptions, 'gitAlias'>,
): RiskVerdict {
  const verdict = checkCommand(command, { ...where, profile: guard.profile })
  const rules = guard.rules.filter((rule) => live(guard, rule))
  if (rules.length === 0) return verdict
  const commands = commandsOf(command, where)
  const allows = rules.filter(({ kind }) => kind === 'allow')
  const lowered = lower(verdict, allows, commands, where)
  const denied = guard.profile === 'off' ? rules.filter(({ whose }) => whose === 'machine') : rules
  const raised = denied.flatMap((rule) =>
    rule.kind === 'allow' ? [] : (matchOf(rule, rule.kind, command, verdict, commands, where) ?? []),
  )
  if (raised.length === 0) return lowered === verdict ? verdict : decided(guard, verdict, lowered.matches)
  const safer = raised.find((one) => one.safer !== undefined)?.safer
  const { safer: _, ...rest } = decided(guard, verdict, [
    ...raised.map(({ match }) => match),
    ...lowered.matches,
  ])
  return { ...rest, ...(safer !== undefined && { safer }) }
}

const live = ({ now }: Guard, { until }: GuardRule): boolean => until === undefined || until > now()

/** Findings after which the line may have more commands than are known. */
const NOT_READ = new Set([...ABOUT_READING, 'too-deep', 'too-long'])

/** The verdict with other findings, at most MAX_MATCHES. A rule of a file among them blocks, or asks, in every profile. */
function decided(guard: Guard, verdict: RiskVerdict, found: readonly RiskMatch[]): RiskVerdict {
  const by = filesRule(found)
  const matches = found.slice(0, MAX_MATCHES)
  const { safer, ...rest } = verdict
  const risk_level = worst(matches.map((match) => match.risk_level))
  const level = decide(guard.profile, risk_level, verdict.command.length)
  // The safer form mends the worst finding, so it goes if a rule allowed that finding.
  const mends = safer !== undefined && risk_level === verdict.risk_level
  return {
    ...rest,
    risk_level,
    matches,
    decision: by === 'deny' ? 'block' : by === 'ask' && level === 'allow' ? 'confirm' : level,
    ...(mends && { safer }),
  }
}

/** The verdict without findings that are allowed; the same object if there are none. */
function lower(
  verdict: RiskVerdict,
  allows: readonly GuardRule[],
  commands: readonly RunCommand[],
  where: Where,
): RiskVerdict {
  // NULs shift the offsets of findings; and a full list of findings may have left some out.
  if (allows.length === 0 || verdict.command.includes('\0') || verdict.matches.length >= MAX_MATCHES)
    return verdict
  const matches = verdict.matches.filter(
    (match) =>
      isCore(match.rule) || !allows.some((rule) => excuses(rule, match, commands, where, verdict.command)),
  )
  return matches.length === verdict.matches.length ? verdict : { ...verdict, matches }
}

/** Whether the exception covers every innermost command that the finding may be about. */
function excuses(
  rule: GuardRule,
  { rule: id, span: [start, end] }: RiskMatch,
  commands: readonly RunCommand[],
  where: Where,
  line: string,
): boolean {
  if (rule.rule !== undefined && rule.rule !== id) return false
  if (rule.session !== undefined && rule.session !== where.session) return false
  if (rule.line !== undefined)
    return (
      rule.line === (where.typed ?? line) &&
      (rule.cwd === undefined || isBelow(where.cwd, placeOf(rule.cwd, where)))
    )
  if (rule.command === undefined && rule.cwd === undefined) return true
  const around = commands.filter(({ span }) => span[0] <= start && end <= span[1])
  const least = Math.min(...around.map(({ span }) => span[1] - span[0]))
  const innermost = around.filter(({ span }) => span[1] - span[0] === least)
  return innermost.length > 0 && innermost.every((one) => fits(rule, one, where))
}

/** The finding that a prohibition or a question of a rules file makes, or undefined if it is not about this line. */
function matchOf(
  rule: GuardRule,
  kind: 'deny' | 'ask',
  line: string,
  verdict: RiskVerdict,
  commands: readonly RunCommand[],
  where: Where,
): { readonly match: RiskMatch; readonly safer?: string } | undefined {
  const span = spanOf(rule, line, verdict, commands, where)
  if (span === undefined) return undefined
  const by = rule.whose === 'machine' ? "this machine's rules" : 'a rule of your own'
  return {
    match: {
      rule: `${rule.whose}-${kind}`,
      // Every profile asks about a moderate line that a rule names, and none blocks it.
      risk_level: kind === 'deny' ? 'high' : 'moderate',
      why: rule.why ?? `${kind === 'deny' ? 'Denied' : 'Asked about'} by ${by} (${rule.where}).`,
      span,
    },
    ...(rule.safer !== undefined && { safer: rule.safer }),
  }
}

function spanOf(
  rule: GuardRule,
  line: string,
  verdict: RiskVerdict,
  commands: readonly RunCommand[],
  where: Where,
): RiskMatch['span'] | undefined {
  if (rule.rule !== undefined) {
    return verdict.matches.find(
      (match) => match.rule === rule.rule && excuses(rule, match, commands, where, line),
    )?.span
  }
  // `karo guard` stays allowed, so that a person can take back a rule that denies too much.
  const takesBack = ({ text }: RunCommand): boolean => rule.whose === 'own' && /^karo guard(?: |$)/.test(text)
  const found = commands.find((one) => !takesBack(one) && fits(rule, one, where))
  if (found !== undefined) return found.span
  if (commands.length > 0 && commands.every(takesBack)) return undefined
  const isRead =
    commands.length > 0 &&
    verdict.matches.length < MAX_MATCHES &&
    !verdict.matches.some(({ rule: id }) => NOT_READ.has(id))
  // A simple command has no operator, so a glob with an operator is about the whole line.
  if (isRead && !/[;&|<>]/.test(rule.command ?? '')) return undefined
  // A text that cannot be read as commands is matched as a whole.
  const whole = { text: line.trim(), cwd: where.cwd ?? '.', span: [0, line.length] as const }
  return fits(rule, whole, where) ? whole.span : undefined
}

/** The directory of a rule as a path: without ~ and without a slash at its end. */
const placeOf = (cwd: string, { home = SOME_HOME }: Where): string =>
  cwd.replace(/^~(?=\/|$)/, () => home).replace(/(?<=.)\/+$/, '')

/** The directory itself, or one in it. The name is a name: what is written for one line may have any signs in it. */
const isBelow = (cwd: string | undefined, place: string): boolean =>
  cwd !== undefined && (cwd === place || cwd.startsWith(place === '/' ? place : `${place}/`))

function fits(rule: GuardRule, { text, cwd }: RunCommand, { home = SOME_HOME }: Where): boolean {
  if (rule.command !== undefined && !globMatcher(rule.command)(text)) return false
  if (rule.cwd === undefined) return true
  const glob = globMatcher(placeOf(rule.cwd, { home }))
  for (let place = cwd; ; place = dirname(place)) {
    if (glob(place)) return true
    if (place === dirname(place)) return false
  }
}
