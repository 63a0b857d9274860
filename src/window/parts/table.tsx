// A table: numbers to the right, the first column names the row, and a caption for people who do not see the panel around it.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Scroll } from './scroll.tsx'
import { Foreign, number, Time } from './words.tsx'

/** What is in a cell, or a member of the row that is shown as what it is: a text of others, a time, or a number at the right. */
type Cell<Row> =
  | { [K in keyof Row & string]: Row[K] extends string | number | null ? K : never }[keyof Row & string]
  | ((row: Row) => ComponentChildren)
interface Column<Row> {
  readonly cell: Cell<Row>
  readonly right?: boolean
  /** It takes the room that is left, and breaks anywhere. */
  readonly long?: boolean
  /** It breaks between words where the room is short. */
  readonly wraps?: boolean
}

/** Columns by their titles. */
export type Columns<Row> = Readonly<Record<string, Cell<Row> | Column<Row>>>

interface TableProps<Row> {
  /** What the table shows; not drawn, because the title of the panel says it. */
  readonly caption: string
  readonly rows: readonly Row[]
  readonly columns: Columns<Row>
  /** Of a row; or the member that is its key. */
  readonly keyOf: (keyof Row & string) | ((row: Row) => string)
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

function Rows<Row>({ caption, rows, columns: given, keyOf }: Omit<TableProps<Row>, 'step' | 'by'>) {
  const columns = Object.entries(given).map(([title, one]) => columnOf(title, one, rows[0]))
  return (
    <Scroll class="scroll" label={caption}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={column.class}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={String(typeof keyOf === 'function' ? keyOf(row) : row[keyOf])}>
              {columns.map((column, n) =>
                n === 0 ? (
                  <th key={column.title} scope="row" class={column.class}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.title} class={column.class}>
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

function columnOf<Row>(title: string, given: Cell<Row> | Column<Row>, first: Row | undefined) {
  const { cell, right, long, wraps } = typeof given === 'object' ? given : ({ cell: given } as Column<Row>)
  const isNumber = typeof cell === 'string' && typeof first?.[cell] === 'number'
  return {
    title,
    class: right || isNumber ? 'right' : long ? 'long' : wraps ? 'wraps' : undefined,
    cell: typeof cell === 'function' ? cell : (row: Row) => <Known name={cell} value={row[cell]} />,
  }
}

function Known({ name, value }: { readonly name: string; readonly value: unknown }) {
  if (name.endsWith('_at')) return <Time at={value as string | null} as="ago" />
  if (typeof value === 'string') return <Foreign text={value} />
  return <>{number(value as number | null)}</>
}

/** Facts by their names. A text may be of others; one that is empty or null is left out. */
export const Facts = ({ facts }: { readonly facts: Readonly<Record<string, ComponentChildren>> }) => (
  <dl class="facts">
    {Object.entries(facts).map(
      ([name, value]) =>
        value && (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{typeof value === 'string' ? <Foreign text={value} /> : value}</dd>
          </div>
        ),
    )}
  </dl>
)
