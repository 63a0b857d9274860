// Statements of a release: signed type by type, so that a holder can show one and can neither alter it nor hide that it exists.
import { expect, test } from 'vitest'
import { readStatement, shownOf } from '../../../../src/exchange/aggregates/statement.ts'
import { contentOf, saidBy } from '../query/holders.ts'

const CONTENT = contentOf(1, 5)

test('what is shown of a type is that type with the word of both', () => {
  const { content, authors } = readStatement(shownOf(saidBy(CONTENT), 'ToolUsage')!, 'ToolUsage')
  expect(content).toEqual({ ...CONTENT, types: CONTENT.types.filter(({ type }) => type === 'ToolUsage') })
  expect(authors).toEqual(CONTENT.pair)
})

test('a type that the release does not have is shown as that, and one that it has cannot be left out', () => {
  const none = readStatement(shownOf(saidBy(CONTENT), 'SafetyPosture')!, 'SafetyPosture')
  expect(none.content.types).toEqual([])
  // Both signed that nothing is said of SafetyPosture, and with it which types there are.
  const hiding = shownOf(saidBy(CONTENT), 'SafetyPosture')!
  expect(() => readStatement(hiding, 'ToolUsage')).toThrow('it leaves the type out')
})

test('whoever says something else is left out, and what nobody signed is not shown', () => {
  const [one, other] = saidBy(CONTENT)
  const differs = { ...other!, content: { ...CONTENT, listed: 7 } }
  expect(shownOf([one!, differs], 'ToolUsage')!.signatures).toHaveLength(1)
  expect(shownOf([{ ...one!, signatures: [] }], 'ToolUsage')).toBe(undefined)
  expect(shownOf([], 'ToolUsage')).toBe(undefined)
})

test('a signature of one place does not count for the other', () => {
  const { statement, signatures } = shownOf(saidBy(CONTENT), 'ToolUsage')!
  const swapped = signatures.map(({ by, signature }) => ({ by: by === 0 ? 1 : 0, signature }) as const)
  expect(() => readStatement({ statement, signatures: swapped }, 'ToolUsage')).toThrow('did not sign it')
})
