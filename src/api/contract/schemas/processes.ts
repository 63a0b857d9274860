// Schemas of /processes: what a person's processes used. Level 0, for nobody else.
import * as z from 'zod'
import { PROCESS_SORTS, PROCESSES_LIMIT_DEFAULT, PROCESSES_LIMIT_MAX } from '../constants.ts'
import { count, flag, integer, listOf, moment, named, oneOf, someText, text, whole } from './fields.ts'

const watched = named(
  'Process',
  {
    name: text(64, 'name of the program in the kernel: at most 15 bytes, never an argument'),
    pid: count('its number'),
    shell: text(32, 'name of the shell that started it'),
    started_at: moment('start of the process'),
    running: flag('false: it has ended, or was last seen before the daemon began'),
    duration_ms: count('milliseconds until it was last seen'),
    peak_rss_bytes: count(
      'most memory that it was seen to hold at once; null if it could not be read',
    ).nullable(),
    cpu_ms: count('milliseconds of processor time of all its threads'),
    exit_code: integer(
      'exit code of the command line, if the process was its foreground process; else null, because a process does not tell how it ended',
    ).nullable(),
    event_id: text(32, 'id of the command line that started it, as in /history; null if unknown').nullable(),
  },
  'One process of a hooked shell. Never leaves this machine.',
)
export type ProcessShape = z.infer<typeof watched>

export const processes = named('Processes', {
  processes: listOf(watched).describe('the process that used most comes first'),
  total: count('all that match, also those beyond the limit'),
})

export const getProcessesQuery = z.strictObject({
  since: moment('only processes that began later; running ones are always included').exactOptional(),
  name: someText(64, 'a text that occurs in the name, ignoring case').exactOptional(),
  sort: oneOf(PROCESS_SORTS, 'column to sort by, largest first').default('memory'),
  now: flag('only running processes').default(false),
  limit: whole(1, PROCESSES_LIMIT_MAX).default(PROCESSES_LIMIT_DEFAULT),
})
