// What follows from the query types: the table of filters in docs/queries.md, and src/window/views/titles.ts.
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

/** The page loads no query type, only what it calls each. */
export function titlesFile(): string {
  const rows = ASKED_TYPES.map((type) => {
    const { title, headings } = queryType(type)
    const words = [title, ...Object.values(headings ?? {})].map((one) => one[0]?.toUpperCase() + one.slice(1))
    return `  ${type}: [${words.map((one) => `'${one}'`).join(', ')}],\n`
  })
  return `// What the page calls each type of question, and of counted rows what their names are and what is counted.
// Written by \`npm run docs\` from the query types.
import type { AskedType } from '../../api/contract/shapes.ts'

export const TITLES: Readonly<Record<AskedType, readonly string[]>> = {
${rows.join('')}}
`
}
