// A table: numbers to the right, the first column names the row, and a caption for people who do not see the panel around it.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Scroll } from './scroll.tsx'
import { number } from './words.tsx'

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => ComponentChildren
  readonly right?: boolean
  /** It takes the room that is left, and breaks anywhere. */
  readonly long?: boolean
  /** It breaks between words where the room is short. */
  readonly wraps?: boolean
}

interface TableProps<Row> {
  /** What the table shows; not drawn, because the title of the panel says it. */
  readonly caption: string
  readonly rows: readonly Row[]
  readonly columns: readonly Column<Row>[]
  readonly keyOf?: (row: Row) => string
  /** Rows that are drawn at first, and with each press of the button below them; default: all. */
  readonly step?: number
  /** What the rows were looked for by: for another one, the first rows are drawn again. */
  readonly by?: string
}

export function Table<Row>({ rows, step, by = '', ...table }: TableProps<Row>) {
  const [more, setMore] = useState({ by, steps: 1 })
  const steps = more.by === by ? more.steps : 1
  const most = step === undefined ? rows.length : steps * step
  const left = rows.length - most
  return (
    <>
      <Rows {...table} rows={left > 0 ? rows.slice(0, most) : rows} />
      {step !== undefined && left > 0 && (
        <button type="button" onClick={() => setMore({ by, steps: steps + 1 })}>
          Show {number(Math.min(step, left))} more of {number(rows.length)}
        </button>
      )}
    </>
  )
}

function Rows<Row>({ caption, rows, columns, keyOf }: Omit<TableProps<Row>, 'step' | 'by'>) {
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

const classOf = <Row,>({ right, long, wraps }: Column<Row>): string | undefined =>
  right ? 'right' : long ? 'long' : wraps ? 'wraps' : undefined

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
