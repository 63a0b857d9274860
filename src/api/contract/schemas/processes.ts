// Schemas of what a person's processes used: /processes. Level 0, for nobody else.
import * as z from 'zod'
import { PROCESS_SORTS, PROCESSES_LIMIT_DEFAULT, PROCESSES_LIMIT_MAX } from '../constants.ts'
import { count, integer, listOf, moment, text } from './fields.ts'

const watched = z
  .strictObject({
    name: text(64, 'of the program, as the kernel has it: at most 15 bytes, never an argument'),
    pid: count('its number'),
    shell: text(32, 'name of the shell it was started in'),
    started_at: moment('when it began'),
    running: z.boolean().describe('false: it has ended, or was last seen before the daemon began'),
    duration_ms: count('milliseconds, up to when it was last seen'),
    peak_rss_bytes: count(
      'the most memory it was seen to hold at once; null when it could not be read',
    ).nullable(),
    cpu_ms: count('milliseconds of processor time, all its threads'),
    exit_code: integer(
      'of the command line it was started by, in its foreground; null for others: a process tells nobody how it ended',
    ).nullable(),
    event_id: text(32, 'the command line it was started by, as in /history; null when not known').nullable(),
  })
  .meta({ id: 'Process', description: 'One process of a hooked shell. Never leaves this machine.' })
export type ProcessShape = z.infer<typeof watched>

export const processes = z
  .strictObject({
    processes: listOf(watched).describe('what used most first'),
    total: count('all that match, also those beyond the limit'),
  })
  .meta({ id: 'Processes' })
export type ProcessesShape = z.infer<typeof processes>

export const getProcessesQuery = z.strictObject({
  since: moment('only those that began later; those that still run are always there').exactOptional(),
  name: z.string().min(1).max(64).exactOptional().describe('occurs in the name, ignoring case'),
  sort: z.enum(PROCESS_SORTS).default('memory').describe('the most first'),
  now: z.boolean().default(false).describe('only what runs'),
  limit: z.int().min(1).max(PROCESSES_LIMIT_MAX).default(PROCESSES_LIMIT_DEFAULT),
})
