// Events as observation makes them, for tests and benchmarks without a shell.
import { markLevel0 } from '../../../src/base/level0/level0.ts'
import type { EventInput, EventRepository, SpoolPosition } from '../../../src/store/events/events.ts'
import { T0 } from './spool.ts'

export interface Sketch extends Partial<Omit<EventInput, 'command' | 'cwd'>> {
  readonly command?: string
  readonly cwd?: string
}

/** `n` orders it in time, a second apart, and makes it another event than any other `n`. */
export function eventOf(n: number, { command = 'ls', cwd = '/tmp', ...more }: Sketch = {}): EventInput {
  return {
    uid: 1000,
    start_us: T0 + n * 1_000_000,
    tag: n,
    duration_us: 5_000,
    shell: 'bash',
    exit_code: 0,
    risk_level: 'safe',
    category: 'file_ops',
    tool: 'ls',
    karo_generated: false,
    local: { day: 20_777, hour: 9 },
    ...more,
    command: markLevel0(command),
    cwd: markLevel0(cwd),
  }
}

export const positionAt = (offset: number, more: Partial<SpoolPosition> = {}): SpoolPosition => ({
  name: '1000-1-1795162500000000.spool',
  file: '1:2',
  offset,
  sequence: offset,
  ...more,
})

let read = 0
/** Stores them as read from a spool, each time further along in it; two values are what `eventOf` makes one of. */
export const ingest = (
  repository: Pick<EventRepository, 'ingest'>,
  events: readonly (EventInput | readonly [n: number, sketch?: Sketch])[],
) =>
  repository.ingest({
    events: events.map((one) => ('uid' in one ? one : eventOf(...one))),
    position: positionAt(++read),
    dropped: 0,
  })
