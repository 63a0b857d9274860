// A table: numbers to the right, the first column names the row, and a caption for people who do not see the panel around it.
import type { ComponentChildren } from 'preact'
import { Scroll } from './scroll.tsx'

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => ComponentChildren
  readonly right?: boolean
  /** It takes the room that is left, and breaks anywhere. */
  readonly long?: boolean
}

interface TableProps<Row> {
  /** What the table shows; not drawn, because the title of the panel says it. */
  readonly caption: string
  readonly rows: readonly Row[]
  readonly columns: readonly Column<Row>[]
  readonly keyOf?: (row: Row) => string
}

export function Table<Row>({ caption, rows, columns, keyOf }: TableProps<Row>) {
  return (
    <Scroll class="scroll" label={caption}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={keyOf?.(row) ?? i}>
              {columns.map((column, n) =>
                n === 0 ? (
                  <th key={column.title} scope="row" class={classOf(column)}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.title} class={classOf(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

const classOf = <Row,>({ right, long }: Column<Row>): string | undefined =>
  right ? 'right' : long ? 'long' : undefined

/** Facts as pairs of a name and a value. */
export const Facts = ({ facts }: { readonly facts: readonly (readonly [string, ComponentChildren])[] }) => (
  <dl class="facts">
    {facts.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)
