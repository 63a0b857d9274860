// The table of filters in docs/queries.md, from the fields of the query types.
import { ASKED_TYPES, type FilterField, queryType } from '../src/exchange/query/query-types/index.ts'

const OWNERS: Readonly<Record<FilterField['applied'], string>> = {
  owners: 'the answering nodes',
  here: 'the asking node',
}

/** The bounds of a number where the meaning does not tell them, or all values that the field can have. */
function valuesOf({ meaning, values, range }: FilterField): string {
  const bounds = range?.join(' to ')
  if (bounds !== undefined) return meaning.includes(bounds) ? '' : `, ${bounds}`
  return values === undefined ? '' : `: ${values.map((value) => `\`${value}\``).join(', ')}`
}

/** One row for each field of each type, in the order of help. */
export function filtersTable(): string {
  const rows = ASKED_TYPES.flatMap((type) => {
    const { word, fields } = queryType(type)
    return Object.entries(fields).map(
      ([name, field]) =>
        `| \`${word}\` | \`${name}\` | ${OWNERS[field.applied]} | ${field.meaning}${valuesOf(field)} |`,
    )
  })
  return ['| type | field | filtered by | what it is |', '| --- | --- | --- | --- |', ...rows].join('\n')
}
