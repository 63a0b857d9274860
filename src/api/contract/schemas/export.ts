// Schemas of the history as a file: /export and /import.
import * as z from 'zod'
import { EVENT_ID } from '../../../base/words/event-id.ts'
import { RISK_LEVELS } from '../../../base/words/risk-levels.ts'
import { MOST, SHELL } from '../../../ops/care/transfer.ts'
import { count, flag, pattern, someText, text, whole } from './fields.ts'
import { filters } from './history.ts'
import { importKey } from './import.ts'

/** One command, as a line of a file. */
export const transferEvent = z.strictObject({
  id: pattern(EVENT_ID, 'start in microseconds and a tag, in base 36; the same event always has the same id'),
  timestamp: text(40, 'RFC 3339, for people: the time of the id; a different time is refused'),
  shell: z.string().regex(SHELL),
  command: someText(MOST.command),
  cwd: z.string().max(MOST.field),
  exit_code: whole(0, MOST.exit_code).nullable(),
  duration_us: z.int().min(0).nullable(),
  risk_level: z.enum(RISK_LEVELS),
  category: someText(MOST.word),
  tool: someText(MOST.word),
  karo_generated: z.boolean(),
  untimed: z
    .literal(true)
    .exactOptional()
    .describe('the real time is unknown; the time only gives the order'),
})

/** One line of an export. The last one has the number of events, so that a reader sees whether any is missing. */
export const exportLine = z.union([
  z.strictObject({ karo_export: z.int().min(1).describe('version of the format: the first line') }),
  transferEvent,
  z.strictObject({ end: count('how many events there were: the last line') }),
])

export const exportHistoryQuery = z
  .strictObject(filters)
  .pick({ word: true, cwd: true, since: true, until: true, shell: true })

export const importHistoryBody = z.strictObject({
  events: z.array(transferEvent).min(1).max(MOST.events).readonly(),
  dry_run: flag('change nothing, only tell what would be done').default(false),
  key: importKey().exactOptional(),
})

export const importHistoryAnswer = z.strictObject({
  added: count('new ones'),
  known: count('events that were there already'),
  too_old: count('events left out because retention.events_days would remove them at once'),
})
