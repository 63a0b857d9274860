// Whether a value passes a filter: a pure comparison, the same at the owner and at the asking node.
import type { QueryFilter } from '../../../protocols/messages/query.ts'

export const valuesOf = (filter: QueryFilter): readonly string[] =>
  filter.operator === 'InList' ? filter.value : [filter.value]

/** Whether a row passes. Text is compared without regard to case; a value that is not known passes no filter. */
export function passes(filter: QueryFilter, actual: string | number | null): boolean {
  if (actual === null) return false
  if (typeof actual === 'number') return compareNumber(filter, actual)
  const text = actual.toLowerCase()
  const [first = '', ...rest] = valuesOf(filter).map((value) => value.toLowerCase())
  switch (filter.operator) {
    case 'Equals':
      return text === first
    case 'NotEquals':
      return text !== first
    case 'Contains':
      return text.includes(first)
    case 'InList':
      return [first, ...rest].includes(text)
    case 'GreaterThan':
    case 'LessThan':
      return false
  }
}

function compareNumber(filter: QueryFilter, actual: number): boolean {
  const [first = Number.NaN, ...rest] = valuesOf(filter).map(Number)
  switch (filter.operator) {
    case 'Equals':
      return actual === first
    case 'NotEquals':
      return actual !== first
    case 'InList':
      return [first, ...rest].includes(actual)
    case 'GreaterThan':
      return actual > first
    case 'LessThan':
      return actual < first
    case 'Contains':
      return false
  }
}
