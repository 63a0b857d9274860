// A person's commands as columns of a table.
import type { EventShape } from '../../api/contract/shapes.ts'
import { bytes, duration, localTime } from '../../base/format.ts'
import type { CommandIo } from '../command.ts'
import { RISK_COLOURS } from '../terminal/risk-words.ts'
import type { Column } from '../terminal/table.ts'

type Shown = Omit<EventShape, 'peak_rss_bytes'> & Partial<Pick<EventShape, 'peak_rss_bytes'>>

const PEAK: Column<Shown> = {
  title: 'PEAK',
  align: 'right',
  value: ({ peak_rss_bytes: peak }) => (typeof peak === 'number' ? bytes(peak) : '–'),
}

/** `peaks`: with what the commands needed, where the terminal has room for it. */
export const historyColumns = (io: CommandIo, peaks = false): readonly Column<Shown>[] => [
  { title: 'TIME', value: (event) => when(event, io.columns) },
  {
    title: 'EXIT',
    align: 'right',
    value: (event) => String(event.exit_code ?? '–'),
    style: (event) => (event.exit_code ? 'red' : undefined),
  },
  {
    title: 'TOOK',
    align: 'right',
    value: (event) => duration(event.duration_ms ?? Number.NaN),
  },
  ...(peaks && io.terminal && io.columns >= ROOMY_SCREEN ? [PEAK] : []),
  {
    title: 'RISK',
    value: (event) => event.risk_level,
    style: (event) => RISK_COLOURS[event.risk_level],
  },
  { title: 'IN', value: (event) => event.cwd, shrink: 'first', keep: 'end' },
  { title: 'COMMAND', value: (event) => event.command, shrink: true },
]

/**
 * Where the commands need the room, without year and seconds, or of another year its day alone; a place in the order is
 * no time.
 */
const when = ({ timestamp, untimed }: Shown, columns: number): string => {
  if (untimed) return '–'
  const time = localTime(timestamp)
  if (columns >= WIDE_SCREEN) return time
  return time.startsWith(localTime(new Date().toISOString()).slice(0, 5))
    ? time.slice(5, 16)
    : time.slice(0, 10)
}
const WIDE_SCREEN = 100
const ROOMY_SCREEN = 120
