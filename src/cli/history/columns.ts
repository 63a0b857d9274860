// A person's commands as columns of a table.
import type { EventShape } from '../../api/contract/shapes.ts'
import { bytes, type Columns, type CommandIo, duration, localTime } from '../kit.ts'
import { RISK_COLOURS } from '../terminal/risk-words.ts'

type Shown = Omit<EventShape, 'peak_rss_bytes'> & Partial<Pick<EventShape, 'peak_rss_bytes'>>

/** `peaks`: with what the commands needed, where the terminal has room for it. */
export const historyColumns = (io: CommandIo, peaks = false) =>
  ({
    TIME: (event) => when(event, io.columns),
    EXIT: {
      align: 'right',
      value: 'exit_code',
      style: ({ exit_code }) => (exit_code ? 'red' : undefined),
    },
    TOOK: { align: 'right', value: ({ duration_ms }) => duration(duration_ms ?? Number.NaN) },
    PEAK: peaks &&
      io.terminal &&
      io.columns >= ROOMY_SCREEN && {
        align: 'right',
        value: ({ peak_rss_bytes: peak }) => (typeof peak === 'number' ? bytes(peak) : '–'),
      },
    RISK: { value: 'risk_level', style: ({ risk_level }) => RISK_COLOURS[risk_level] },
    IN: { value: 'cwd', shrink: 'first', keep: 'end' },
    COMMAND: { value: 'command', shrink: true },
  }) satisfies Columns<Shown>

/**
 * Where the commands need the room, without year and seconds, or of another year its day alone; a place in the order is
 * no time.
 */
export const when = (
  { timestamp, untimed }: Pick<Shown, 'timestamp' | 'untimed'>,
  columns: number,
): string => {
  if (untimed) return '–'
  const time = localTime(timestamp)
  if (columns >= WIDE_SCREEN) return time
  return time.startsWith(localTime(new Date().toISOString()).slice(0, 5))
    ? time.slice(5, 16)
    : time.slice(0, 10)
}
const WIDE_SCREEN = 100
const ROOMY_SCREEN = 120
