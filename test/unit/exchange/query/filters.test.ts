// Filters: what is typed, what is refused and how it is said, and that whatever is accepted can be sent and compared.

import { describe, expect, it } from 'vitest'
import type { QueryFilter } from '../../../../protocols/messages/query.ts'
import { systemClock, systemRandom } from '../../../../src/base/clock.ts'
import { KaroError } from '../../../../src/base/errors.ts'
import { writeQuestion } from '../../../../src/exchange/query/document.ts'
import {
  checkFilters,
  FILTERS_MAX,
  filtersForOwners,
  OPERATORS,
  ownerApplies,
  parseFilter,
} from '../../../../src/exchange/query/filters.ts'
import { passes } from '../../../../src/exchange/query/passes.ts'
import { ASKED_TYPES, queryType } from '../../../../src/exchange/query/query-types/index.ts'
import fc, { forAll, forAllIn } from '../../../support/run/properties.ts'
import { newIdentity } from './network.ts'

/** The error of a call that must fail. */
function refusal(act: () => unknown): KaroError {
  try {
    act()
  } catch (error) {
    if (error instanceof KaroError) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('parseFilter', () => {
  it.each([
    ['tool=git', { field: 'tool', operator: 'Equals', value: 'git' }],
    ['tool==:git', { field: 'tool', operator: 'Equals', value: 'git' }],
    ['tool=!=:git', { field: 'tool', operator: 'NotEquals', value: 'git' }],
    ['tool=contains:ku', { field: 'tool', operator: 'Contains', value: 'ku' }],
    ['tool=in:git, npm', { field: 'tool', operator: 'InList', value: ['git', 'npm'] }],
    ['uses=>:10', { field: 'uses', operator: 'GreaterThan', value: '10' }],
    ['uses=lt:10', { field: 'uses', operator: 'LessThan', value: '10' }],
    ['name=eq:!=x', { field: 'name', operator: 'Equals', value: '!=x' }],
    ['name=a=b', { field: 'name', operator: 'Equals', value: 'a=b' }],
    ['name=eq:a:b=c', { field: 'name', operator: 'Equals', value: 'a:b=c' }],
  ])('reads %s', (text, filter) => {
    expect(parseFilter(text, '--where')).toEqual(filter)
  })

  it.each([
    ['tool=!=git', 'tool=ne:git'],
    ['tool!=git', 'tool=ne:git'],
    ['tool==git', 'tool=eq:git'],
    ['uses>10', 'uses=gt:10'],
    ['uses => 10', 'uses=gt:10'],
    ['uses<=10', 'uses=lt:10, which means less than 10.'],
  ])('refuses %s, which would look for the sign, and says what is meant', (text, meant) => {
    expect(refusal(() => parseFilter(text, '--where')).hint).toBe(`Write ${meant}`)
  })

  it.each(['', 'tool', '=git', ':'])('refuses %j and says how it is written', (text) => {
    const error = refusal(() => parseFilter(text, '--where'))
    expect([error.code, error.where]).toEqual(['bad_request', '--where'])
    expect(error.hint).toMatch(/field=operator:value/)
  })

  it('takes a mistyped operator for no value', () => {
    for (const word of ['contain', 'toString', '__proto__', '']) {
      expect(refusal(() => parseFilter(`tool=${word}:git`, '--where')).hint).toMatch(/contains/)
    }
  })

  it('never fails but as a wrong request', () => {
    forAll(fc.string({ unit: 'grapheme' }), fc.constantFrom(...ASKED_TYPES), (text, type) => {
      try {
        checkFilters(type, [parseFilter(text, '--where')], '--where')
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad_request', where: '--where' })
      }
    })
  })
})

describe('checkFilters', () => {
  const check = (type: (typeof ASKED_TYPES)[number], ...texts: string[]) => {
    checkFilters(
      type,
      texts.map((text) => parseFilter(text, '--where')),
    )
  }
  it('names the fields of the type when there is no such one', () => {
    for (const field of ['usage', 'constructor', '__proto__', 'risk_level']) {
      const error = refusal(() => check('ToolUsage', `${field}=1`))
      expect(error.message).toContain(field)
      expect(error.hint).toMatch(/tool, category, uses, nodes, failure_rate, change/)
    }
  })
  it.each([
    ['ToolUsage', 'tool=gt:git', /does not fit tool, which is a text/],
    ['ToolUsage', 'uses=contains:1', /does not fit uses, which is a number/],
    ['ToolUsage', 'uses=gt:many', /'many' is not a number/],
    ['ToolUsage', 'uses=gt:1e9', /is not a number/],
    ['ToolUsage', 'tool=', /compared with nothing/],
    ['ToolUsage', 'tool=in:git,', /compared with nothing/],
    ['ToolUsage', `tool=${'x'.repeat(65)}`, /longer than 64/],
    ['ToolUsage', 'tool=\u001b[31m', /control or format/],
    ['ToolUsage', `tool=in:${Array.from({ length: 17 }, (_, i) => i).join()}`, /17 values/],
    ['ToolUsage', 'failure_rate=gt:50', /'50' is out of range/],
    ['ActivityPatterns', 'hour=25', /'25' is out of range/],
    ['ActivityPatterns', 'hour=in:0,-1', /'-1' is out of range/],
    ['SafetyPosture', 'risk_level=hgih', /no risk_level/],
    ['ActivityPatterns', 'day=in:monday,someday', /no day/],
    ['NodeHealth', 'online=yes', /no online/],
  ] as const)('refuses %s %s', (type, text, what) => {
    expect(refusal(() => check(type, text)).message).toMatch(what)
  })
  it('takes a part of a value, in any case', () => {
    check('SafetyPosture', 'risk_level=contains:CRIT', 'risk_level=!=:Safe')
  })
  it('is bounded', () => {
    const many = new Array<string>(FILTERS_MAX).fill('tool=git')
    check('ToolUsage', ...many)
    expect(refusal(() => check('ToolUsage', ...many, 'tool=git')).message).toMatch(/more than 16/)
    const long = `name=in:${new Array(16).fill('ü'.repeat(64)).join()}`
    expect(refusal(() => check('NodeHealth', long)).message).toMatch(/too long together/)
  })

  const anyFilter = (type: (typeof ASKED_TYPES)[number]) =>
    fc
      .record({
        field: fc.constantFrom(...Object.keys(queryType(type).fields)),
        operator: fc.constantFrom(...Object.values(OPERATORS)),
        values: fc.array(fc.string({ unit: 'grapheme', maxLength: 70 }), { maxLength: 18 }),
      })
      .map(
        ({ field, operator, values }): QueryFilter =>
          operator === 'InList'
            ? { field, operator, value: values }
            : { field, operator, value: values[0] ?? '' },
      )

  it('accepts only what a question can carry to the owners and they can apply', () => {
    const author = { identity: newIdentity(), clock: systemClock, random: systemRandom }
    const asked = fc
      .constantFrom(...ASKED_TYPES)
      .chain((type) => fc.tuple(fc.constant(type), fc.array(anyFilter(type), { maxLength: 17 })))
    forAllIn({ numRuns: 300 }, asked, ([type, filters]) => {
      try {
        checkFilters(type, filters)
      } catch (error) {
        expect(error).toBeInstanceOf(KaroError)
        return
      }
      const sent = filtersForOwners(type, filters)
      for (const filter of sent) expect(ownerApplies(type, filter)).toBe(true)
      const time_range = { start: 0, end: 3_600_000 }
      writeQuestion(author, { query_type: type, level: 1, time_range, filters: sent }, new Uint8Array(16))
    })
  })

  it('and the longest of all can be carried too', () => {
    const author = { identity: newIdentity(), clock: systemClock, random: systemRandom }
    const value = Array.from({ length: 3 }, () => '😀'.repeat(8))
    const filters = Array.from({ length: FILTERS_MAX }, () => ({
      ...({ field: 'fingerprint', operator: 'InList', value } as const),
    }))
    checkFilters('NodeHealth', filters)
    const time_range = { start: 0, end: 3_600_000 }
    writeQuestion(author, { query_type: 'NodeHealth', level: 1, time_range, filters }, new Uint8Array(16))
  })
})

describe('ownerApplies', () => {
  it('is false for fields of merged rows, of other types and of nobody', () => {
    const of = (field: string) => ({ field, operator: 'Equals', value: '1' }) as const
    for (const field of ['uses', 'nodes', 'change', 'version', 'what', 'toString']) {
      expect([field, ownerApplies('ToolUsage', of(field))]).toEqual([field, false])
    }
    expect(ownerApplies('ToolUsage', of('tool'))).toBe(true)
    expect(ownerApplies('Anomalies', of('tool'))).toBe(false)
    expect(ownerApplies('ToolUsage', { field: 'tool', operator: 'GreaterThan', value: 'a' })).toBe(false)
  })
})

describe('passes', () => {
  const number = fc.integer({ min: -1000, max: 1000 })
  it('compares numbers as numbers', () => {
    forAll(number, number, (actual, given) => {
      const is = (operator: 'Equals' | 'NotEquals' | 'GreaterThan' | 'LessThan') =>
        passes({ field: 'uses', operator, value: String(given) }, actual)
      expect(is('Equals')).toBe(actual === given)
      expect(is('NotEquals')).toBe(actual !== given)
      expect(is('GreaterThan')).toBe(actual > given)
      expect(is('LessThan')).toBe(actual < given)
      expect(passes({ field: 'uses', operator: 'InList', value: [String(given), '7'] }, actual)).toBe(
        actual === given || actual === 7,
      )
    })
  })
  it('compares text without regard to case', () => {
    expect(passes({ field: 'name', operator: 'Equals', value: 'ENG-7' }, 'eng-7')).toBe(true)
    expect(passes({ field: 'name', operator: 'NotEquals', value: 'ENG-7' }, 'eng-7')).toBe(false)
    expect(passes({ field: 'name', operator: 'Contains', value: 'G-' }, 'eng-7')).toBe(true)
    expect(passes({ field: 'name', operator: 'InList', value: ['a', 'Eng-7'] }, 'eng-7')).toBe(true)
  })
  it('lets nothing through that is not known', () => {
    for (const operator of ['Equals', 'NotEquals', 'GreaterThan', 'LessThan'] as const) {
      expect(passes({ field: 'change', operator, value: '0' }, null)).toBe(false)
    }
  })
})
