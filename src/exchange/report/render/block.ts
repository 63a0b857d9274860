// What the tables of a report share: the shape of a section, figures as cells, and what a section rests on.
import type { Figure, Ground, Report } from '../types.ts'
import { arrow, count, many, span, standing } from './numbers.ts'

/** Texts are as they came, from machines too: a format makes each harmless. */
export interface Table {
  readonly head: readonly string[]
  /** Columns with numbers, by place. */
  readonly numbers: readonly number[]
  readonly rows: readonly (readonly string[])[]
}

export interface Block {
  readonly id: string
  readonly title: string
  /** Sentences before the tables. */
  readonly lines: readonly string[]
  readonly tables: readonly { readonly caption: string; readonly table: Table }[]
}

/** Most rows of a table for reading; CSV and JSON have all. */
export const ROWS_MAX = 25

const value = ({ value: sum, at_least }: Figure): string => (at_least ? `≥ ${count(sum)}` : count(sum))

/** A table of rows that each show a figure, behind their names; `more`: what else is said of it. */
export function figureTable<Row extends Figure>(
  caption: string,
  names: readonly string[],
  counts: readonly string[],
  rows: readonly Row[],
  namesOf: (row: Row) => readonly string[],
  more: (row: Row) => readonly string[] = () => [],
): Block['tables'][number] {
  const head = [...names, ...counts, 'machines', 'change', 'the change is over']
  const cells = rows.map((row) => [
    ...[...namesOf(row), value(row), ...more(row)],
    ...[count(row.machines), arrow(row.change), standing(row.change)],
  ])
  const numbers = [...head.keys()].slice(names.length, -1)
  return { caption, table: { head, numbers, rows: cells } }
}

/** What each section rests on, and what is missing in it; what the whole report says already is not said again. */
export function groundLines(ground: Ground, { notes }: Report): readonly string[] {
  const own = ground.notes.filter((note) => !notes.includes(note))
  if (ground.state !== 'shown') return own.length > 0 ? own : ['Nothing of this time was released.']
  const { periods, of, machines } = ground
  return [
    `${span(machines)} ${machines?.most === 1 ? 'machine stands' : 'machines stand'} behind each period; ${periods} of ${many(of, 'closed period')}.`,
    ...own,
  ]
}

export const words = (name: string): string =>
  name === 'karo_generated' ? 'run by AI tools and programs' : name.replaceAll('_', ' ')
