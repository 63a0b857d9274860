// What policies are expected to say, as a file: who is allowed what and who is denied what; read, and held against an engine.
import { parse, TomlError } from 'smol-toml'
import { KaroError } from '../../base/errors.ts'
import { closest } from '../../base/suggest.ts'
import { locateKeys, type Path } from '../../config/locate.ts'
import { judgedAsAsked } from './policy.ts'
import { type Supposition, supposedRequest } from './supposed.ts'
import { type PolicyEngine, type RoleDecision, SHARING_CATEGORIES } from './types.ts'

interface ExpectedTest {
  readonly supposed: Omit<Supposition, 'action'>
  readonly expected: readonly {
    readonly action: string
    readonly effect: 'allow' | 'deny'
    readonly line: number
  }[]
}

export interface Outcome {
  /** Of the expectation, from 1. */
  readonly line: number
  readonly as: readonly string[]
  readonly action: string
  readonly expected: 'allow' | 'deny'
  readonly decision: RoleDecision
  readonly holds: boolean
}

const TOP = ['policies', 'teams', 'k', 'test']
const OF_TEST = ['as', 'trust', 'level', 'category', 'at', 'range_hours', 'allow', 'deny']

/** `file` is for messages. Throws KaroError `bad_request` with `where` = `<file>:<line>[:<column>]`. */
export function readExpectations(text: string, file: string) {
  const table = parsed(text, file)
  const lineOf = locateKeys(text)
  const wrong = (path: Path, message: string, hint?: string): KaroError =>
    new KaroError('bad_request', message, { where: `${file}:${lineOf(path)}`, hint })

  const known = (of: object, path: Path, keys: readonly string[]): void => {
    for (const key of Object.keys(of)) {
      if (keys.includes(key)) continue
      const meant = closest(key, keys)
      throw wrong(
        [...path, key],
        `${key} is no key`,
        meant ? `Did you mean ${meant}?` : `There are: ${keys.join(', ')}.`,
      )
    }
  }
  const texts = (of: Record<string, unknown>, path: Path, key: string): readonly string[] | undefined => {
    const value = of[key]
    if (value === undefined) return undefined
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value as string[]
    throw wrong([...path, key], `${key} must be a list of texts`)
  }
  const testOf = (of: unknown, i: number): ExpectedTest => {
    const path = ['test', i]
    const test = of as Record<string, unknown>
    known(test, path, OF_TEST)
    const { trust, level, category, at, range_hours } = test
    if (level !== undefined && level !== 1 && level !== 2) throw wrong([...path, 'level'], 'level is 1 or 2')
    if (category !== undefined && !SHARING_CATEGORIES.some((one) => one === category)) {
      throw wrong([...path, 'category'], `category is one of ${SHARING_CATEGORIES.join(', ')}`)
    }
    if (range_hours !== undefined && !(Number.isInteger(range_hours) && (range_hours as number) >= 0)) {
      throw wrong([...path, 'range_hours'], 'range_hours is a whole number')
    }
    for (const key of ['trust', 'at']) {
      if (test[key] !== undefined && typeof test[key] !== 'string')
        throw wrong([...path, key], `${key} is a text`)
    }
    const expected = (['allow', 'deny'] as const).flatMap((effect) =>
      (texts(test, path, effect) ?? []).map((action, j) => ({
        action,
        effect,
        line: lineOf([...path, effect, j]),
      })),
    )
    if (expected.length === 0)
      throw wrong(path, 'a test expects nothing', 'Give it allow = […] or deny = […].')
    const supposed = { as: texts(test, path, 'as') ?? [], trust, level, category, at, range_hours }
    return { supposed: supposed as ExpectedTest['supposed'], expected }
  }

  known(table, [], TOP)
  const tests = table.test ?? []
  if (!Array.isArray(tests) || tests.length === 0 || tests.some((one) => typeof one !== 'object')) {
    throw wrong(['test'], 'there are no tests', 'Write at least one [[test]] with as, and allow or deny.')
  }
  const { k } = table
  if (k !== undefined && !(Number.isInteger(k) && (k as number) >= 3))
    throw wrong(['k'], 'k is a whole number from 3 on')
  return {
    /** `sharing.k_min` of the answering node; undefined: that of the configuration, or 5 where `teams` are said. */
    k: k as number | undefined,
    /** As written, relative to the file; undefined: those of the configuration. */
    policies: texts(table, [], 'policies'),
    /** Of the answering node; undefined: those of the configuration. */
    teams: texts(table, [], 'teams'),
    tests: tests.map(testOf),
  }
}

export type Expectations = ReturnType<typeof readExpectations>

function parsed(text: string, file: string): Record<string, unknown> {
  try {
    return parse(text, { maxDepth: 8 })
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    const message = cause.message.split('\n')[0]!.replace(/^Invalid TOML document: /, 'not valid TOML: ')
    throw new KaroError('bad_request', message, { where: `${file}:${cause.line}:${cause.column}`, cause })
  }
}

/** Each expectation by itself, in the order of the file. Throws KaroError as `readExpectations` for what cannot be asked. */
export function holdExpectations(
  engine: PolicyEngine,
  { tests }: Pick<Expectations, 'tests'>,
  node: { readonly teams: readonly string[]; readonly k: number; readonly now: number },
  file: string,
): readonly Outcome[] {
  return tests.flatMap(({ supposed, expected }) =>
    expected.map(({ action, effect, line }) => {
      const decision = judgedAsAsked(
        engine,
        placed(`${file}:${line}`, () => supposedRequest({ ...supposed, action }, node)),
      )
      const holds = decision.effect === effect && decision.rule !== 'policy.error'
      return { line, as: supposed.as, action, expected: effect, decision, holds }
    }),
  )
}

function placed<T>(where: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof KaroError)) throw error
    const { message, hint, where: key } = error
    throw new KaroError('bad_request', key === undefined ? message : `${key}: ${message}`, {
      where,
      hint,
    })
  }
}
