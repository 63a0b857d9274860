// Reads a rules file, TOML with [[allow]], [[deny]] and [[ask]], and reports faults by line and column.
import { parse, TomlError } from 'smol-toml'
import { KaroError } from '../../base/errors.ts'
import { closest } from '../../base/suggest.ts'
import { isTable, shown } from '../../config/kinds.ts'
import { locateKeys, type Path } from '../../config/locate.ts'
import { GUARD_PROFILES, type GuardProfile } from '../risk/index.ts'
import { isCore, RULE_IDS } from '../risk/rule-ids.ts'
import type { GuardRule } from './guard.ts'

/** Rules of one file; more than anybody reads. */
const MOST_RULES = 1000
/** UTF-16 units of one text in a rule. */
const MOST_TEXT = 1000

export interface RulesFile {
  readonly rules: readonly GuardRule[]
  /** The loosest profile that a person may have; only in the machine's file. */
  readonly floor?: GuardProfile
}

const FIELDS = {
  allow: ['rule', 'command', 'line', 'session', 'cwd', 'until'],
  deny: ['rule', 'command', 'cwd', 'why', 'safer'],
  ask: ['rule', 'command', 'cwd', 'why', 'safer'],
} as const satisfies Record<GuardRule['kind'], readonly string[]>

/** Throws KaroError bad_config with `where` = `file:line:column`. */
export function parseRules(text: string, file: string, whose: GuardRule['whose']): RulesFile {
  const document = readToml(text, file)
  const lineOf = locateKeys(text)
  const lines = text.split('\n')
  const at = (path: Path): string => {
    const line = lineOf(path)
    const name = path.findLast((part) => typeof part === 'string') ?? ''
    const column = Math.max(0, (lines[line - 1] ?? '').indexOf(String(name))) + 1
    return `${file}:${line}:${column}`
  }
  const wrong = (path: Path, message: string, hint?: string): KaroError =>
    new KaroError('bad_config', message, { where: at(path), hint })

  const text1 = (value: unknown, path: Path, name: string): string => {
    if (typeof value !== 'string' || value === '')
      throw wrong(path, `${name} is ${shown(value)}, but must be a text that is not empty`)
    if (value.length > MOST_TEXT)
      throw wrong(path, `${name} has ${value.length} characters, at most ${MOST_TEXT} are read`)
    return value
  }

  function timeOf(value: unknown, path: Path): number {
    const time = value instanceof Date || typeof value === 'string' ? new Date(value).getTime() : Number.NaN
    if (Number.isNaN(time))
      throw wrong(path, `until is ${shown(value)}, but must be a time such as 2026-12-31T18:00:00Z`)
    return time
  }

  function ruleOf(entry: unknown, kind: GuardRule['kind'], index: number): GuardRule {
    const path: Path = [kind, index]
    if (!isTable(entry)) throw wrong(path, `${kind} must be tables: write [[${kind}]] and its keys below it`)
    const fields: readonly string[] = FIELDS[kind]
    for (const name of Object.keys(entry)) {
      if (fields.includes(name)) continue
      const meant = closest(name, fields)
      const hint = meant ? `Did you mean ${meant}?` : `[[${kind}]] may have: ${fields.join(', ')}.`
      throw wrong([...path, name], `unknown key ${name}`, hint)
    }
    const said = (name: string): string | undefined =>
      entry[name] === undefined ? undefined : text1(entry[name], [...path, name], name)
    const names = ['rule', 'command', 'cwd', 'why', 'safer', 'line', 'session'] as const
    const [rule, command, cwd, why, safer, line, session] = names.map(said)
    if (rule === undefined && command === undefined && line === undefined)
      throw wrong(path, `[[${kind}]] names no rule, command or line, so it would hold for everything`)
    if (rule !== undefined && !RULE_IDS.has(rule)) {
      const meant = closest(rule, [...RULE_IDS])
      const hint = meant ? `Did you mean ${meant}?` : "karo check '<command>' names the rules of a command."
      throw wrong([...path, 'rule'], `there is no rule ${shown(rule)}`, hint)
    }
    if (kind === 'allow' && rule !== undefined && isCore(rule))
      throw wrong(
        [...path, 'rule'],
        `${rule} belongs to the catastrophic core, and no rule can allow it`,
        'Remove this rule.',
      )
    if (cwd !== undefined && !/^(?:\/|~(?:\/|$)|\*)/.test(cwd))
      throw wrong([...path, 'cwd'], `cwd is ${shown(cwd)}, but must begin with /, ~ or *`)
    const until = entry.until === undefined ? undefined : timeOf(entry.until, [...path, 'until'])
    return {
      kind,
      whose,
      where: `${file}:${lineOf(path)}`,
      ...(rule !== undefined && { rule }),
      ...(command !== undefined && { command }),
      ...(line !== undefined && { line }),
      ...(session !== undefined && { session }),
      ...(cwd !== undefined && { cwd }),
      ...(until !== undefined && { until }),
      ...(why !== undefined && { why }),
      ...(safer !== undefined && { safer }),
    }
  }

  function listOf(kind: GuardRule['kind']): readonly GuardRule[] {
    const entries = document[kind] ?? []
    if (!Array.isArray(entries))
      throw wrong([kind], `${kind} must be tables: write [[${kind}]] and its keys below it`)
    return entries.map((entry, index) => ruleOf(entry, kind, index))
  }

  const kinds: readonly string[] = Object.keys(FIELDS)
  for (const name of Object.keys(document)) {
    if (kinds.includes(name) || (name === 'floor' && whose === 'machine')) continue
    const meant = closest(name, kinds)
    const hint =
      name === 'floor'
        ? "Only the machine's rules file has one; a profile of your own is guard.profile of the configuration."
        : meant && `Did you mean [[${meant}]]?`
    throw wrong([name], `unknown key ${name}`, hint)
  }
  const { floor } = document
  const known = GUARD_PROFILES.find((profile) => profile === floor)
  if (floor !== undefined && known === undefined)
    throw wrong(['floor'], `floor is ${shown(floor)}, but must be one of ${GUARD_PROFILES.join(', ')}`)
  const rules = [...listOf('allow'), ...listOf('deny'), ...listOf('ask')]
  if (rules.length > MOST_RULES)
    throw new KaroError('bad_config', `${rules.length} rules, at most ${MOST_RULES} are read`, {
      where: file,
    })
  return { rules, ...(known !== undefined && { floor: known }) }
}

/** Depth of nested tables; more than any rule needs. */
const MOST_DEPTH = 8

function readToml(text: string, file: string): Record<string, unknown> {
  try {
    return parse(text, { maxDepth: MOST_DEPTH })
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    const message = cause.message.split('\n')[0]!.replace(/^Invalid TOML document: /, 'not valid TOML: ')
    throw new KaroError('bad_config', message, { where: `${file}:${cause.line}:${cause.column}`, cause })
  }
}

/**
 * The rules that the signed bundle of a fleet may carry: prohibitions and questions, and nothing that lets a command through. Throws
 * KaroError `bad_config` with line and column; `file` is what `where` names. Settings without rules are right.
 */
export function checkFleetRules(settings: Readonly<Record<string, unknown>>, file = 'guard.rules'): void {
  const text = settings['guard.rules']
  if (typeof text !== 'string') return
  const allow = parseRules(text, file, 'own').rules.find(({ kind }) => kind === 'allow')
  if (allow === undefined) return
  throw new KaroError(
    'bad_config',
    'a fleet prohibits commands or has them asked about, and lets none through',
    {
      where: allow.where,
      hint: 'Leave out [[allow]]: each machine says that for itself.',
    },
  )
}
