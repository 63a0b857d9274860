// Merging answers and counting coverage: exact sums, stable order, every member counted once.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coverageOf, statusOf } from '../../../src/query/coverage.ts'
import { mergeTools } from '../../../src/query/merge.ts'
import { OUTCOMES } from '../../../src/query/result.ts'

const use = fc
  .record({
    tool: fc.constantFrom('git', 'npm', 'ls', 'make', 'other'),
    category: fc.constantFrom('vcs', 'build', 'files'),
    uses: fc.nat(1000),
    failed: fc.nat(1000),
  })
  .map(({ failed, ...rest }) => ({ ...rest, failures: Math.min(failed, rest.uses) }))
const lists = fc.array(fc.uniqueArray(use, { selector: (one) => one.tool }), { maxLength: 6 })

describe('mergeTools', () => {
  it('sums uses, counts nodes and weighs failures by uses', () => {
    const rows = mergeTools([
      [
        { tool: 'git', category: 'vcs', uses: 3, failures: 1 },
        { tool: 'ls', category: 'files', uses: 9, failures: 0 },
      ],
      [{ tool: 'git', category: 'vcs', uses: 1, failures: 1 }],
      [],
    ])
    expect(rows).toEqual([
      { tool: 'ls', category: 'files', uses: 9, nodes: 1, failure_rate: 0, change: null },
      { tool: 'git', category: 'vcs', uses: 4, nodes: 2, failure_rate: 0.5, change: null },
    ])
  })

  it('keeps every use, whatever the order of the answers, and sorts by uses', () => {
    fc.assert(
      fc.property(lists, (given) => {
        const rows = mergeTools(given)
        expect(mergeTools([...given].reverse())).toEqual(rows)
        expect(rows.reduce((sum, row) => sum + row.uses, 0)).toBe(
          given.flat().reduce((sum, one) => sum + one.uses, 0),
        )
        for (const row of rows) {
          expect(row.nodes).toBe(
            given.filter((list) => list.some((one) => one.tool === row.tool && one.uses > 0)).length,
          )
          expect(row.failure_rate).toBeGreaterThanOrEqual(0)
          expect(row.failure_rate).toBeLessThanOrEqual(1)
        }
        for (const [i, row] of rows.entries()) {
          if (i > 0) expect(row.uses).toBeLessThanOrEqual(rows[i - 1]!.uses)
        }
      }),
    )
  })
})

describe('coverageOf', () => {
  it('puts each member in exactly one count; the counts add up to the known', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...OUTCOMES), { maxLength: 40 }), (outcomes) => {
        const members = outcomes.map((outcome, i) => ({
          fingerprint: i.toString(16).padStart(16, '0'),
          name: `node-${i}`,
          outcome,
        }))
        const coverage = coverageOf(members)
        const { answered, from_summary, denied, withheld, failed, unreachable } = coverage
        expect(answered + from_summary + denied + withheld + failed + unreachable).toBe(members.length)
        expect(coverage.known).toBe(members.length)
        expect(coverage.nodes).toHaveLength(members.length)
        expect(coverage.complete).toBe(outcomes.every((outcome) => outcome === 'answered'))
      }),
    )
  })
})

describe('statusOf', () => {
  const said = { contributed: false, denied: 0, withheld: 0, no_data: 0 }
  it('is success when anybody contributed, else what most members said', () => {
    expect(statusOf({ contributed: true, denied: 5, withheld: 0, no_data: 0 }, 1)).toBe('success')
    expect(statusOf({ ...said, denied: 2, no_data: 1 }, 1)).toBe('access_denied')
    expect(statusOf({ ...said, withheld: 3, denied: 2 }, undefined)).toBe('withheld')
    expect(statusOf({ ...said, no_data: 3, denied: 2 }, 1)).toBe('no_data')
  })
  it('does not hide a refusal behind a tie', () => {
    expect(statusOf({ ...said, no_data: 1, denied: 1 }, 1)).toBe('access_denied')
    expect(statusOf({ ...said, no_data: 1, withheld: 1 }, 1)).toBe('withheld')
  })
  it('when nobody said anything has no data, and nobody has level 2', () => {
    expect(statusOf(said, 1)).toBe('no_data')
    expect(statusOf(said, undefined)).toBe('no_data')
    expect(statusOf(said, 2)).toBe('withheld')
  })
})
