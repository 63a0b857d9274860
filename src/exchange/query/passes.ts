// Whether a value passes a filter: a pure comparison, the same at the owner and at the asking node.
import type { QueryFilter } from '../../../protocols/messages/query.ts'

export const valuesOf = (filter: QueryFilter): readonly string[] =>
  filter.operator === 'InList' ? filter.value : [filter.value]

/** Whether a row passes. Text is compared without regard to case; a value that is not known passes no filter. */
export function passes(filter: QueryFilter, actual: string | number | null): boolean {
  if (actual === null) return false
  const isNumber = typeof actual === 'number'
  const read = (value: string | number) => (isNumber ? Number(value) : String(value).toLowerCase())
  const value = read(actual)
  const values = valuesOf(filter).map(read)
  const [first = ''] = values
  switch (filter.operator) {
    case 'Equals':
    case 'InList':
      return values.includes(value)
    case 'NotEquals':
      return !values.includes(value)
    case 'Contains':
      return !isNumber && String(value).includes(String(first))
    case 'GreaterThan':
      return isNumber && value > first
    case 'LessThan':
      return isNumber && value < first
  }
}
