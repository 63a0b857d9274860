// Schemas of /history: a person's own commands (level 0, for nobody else).
import * as z from 'zod'
import { RISK_LEVELS } from '../../../base/words/risk-levels.ts'
import {
  DELETE_IDS_MAX,
  FINDER_MATCHES,
  HISTORY_LIMIT_DEFAULT,
  HISTORY_LIMIT_MAX,
  RANKED_LIMIT_MAX,
} from '../constants.ts'
import {
  category,
  count,
  flag,
  integer,
  listOf,
  moment,
  named,
  pattern,
  riskLevel,
  someText,
  text,
} from './fields.ts'

const command = {
  id: text(32, 'id of the event; ids of one person sort by time'),
  timestamp: moment('when it began'),
  shell: text(32, 'bash, zsh, fish or sh; for an imported command the name in its source, or `?`'),
  command: z.string().describe('the text, after redaction of secrets'),
  cwd: z.string().describe('directory it ran in'),
  exit_code: integer('null when it is not known').nullable(),
  duration_ms: count('milliseconds; null when it is not known').nullable(),
  risk_level: riskLevel(),
  category: category(),
  karo_generated: flag("a program ran it on the person's behalf"),
  untimed: z
    .literal(true)
    .exactOptional()
    .describe('imported without a time; the timestamp only gives the order'),
  confirmed: z.literal(true).exactOptional().describe('the guard asked, and the person let the line run'),
}

const event = z
  .strictObject({
    ...command,
    peak_rss_bytes: count('most memory that one of its processes held, in bytes; null if no process was seen')
      .nullable()
      .exactOptional(),
  })
  .meta({ id: 'Command', description: 'One command line that ran. Never leaves this machine.' })
export type EventShape = z.infer<typeof event>

export const history = named('History', {
  events: listOf(event).describe('newest first'),
  total: count('all that match, also those beyond the limit'),
})

const rankedCommand = z
  .strictObject({
    ...command,
    uses: count('how often the command was used, among the uses that match'),
    failures: count('those uses that ended with another code than 0'),
    unknown: count('those uses whose exit code is not known'),
  })
  .meta({ id: 'RankedCommand', description: 'A command, with its newest use. Never leaves this machine.' })
export type RankedCommandShape = z.infer<typeof rankedCommand>

export const rankedCommands = named('RankedCommands', {
  commands: listOf(rankedCommand).describe('likeliest first'),
  total: count('different commands that match, also those beyond the limit'),
  complete: flag('false: only the newest commands are loaded yet; a later request finds more'),
})
export type RankedShape = z.infer<typeof rankedCommands>

export const inspectedCommand = z
  .strictObject({
    event,
    uses: count('how often the command was used'),
    failures: count('those uses that ended with another code than 0'),
    unknown: count('those uses whose exit code is not known'),
    first: moment('when it was used first'),
    took: z
      .strictObject({ least: count('ms'), median: count('ms'), most: count('ms') })
      .nullable()
      .describe('milliseconds of the uses whose duration is known; null if none is'),
    recent: listOf(event, 8).describe('its newest uses, the newest first'),
    before: listOf(event, 3).describe('before it in its shell session, in the order of time'),
    after: listOf(event, 3).describe('after it in its shell session'),
    complete: flag('false: only the newest commands are loaded yet'),
  })
  .meta({ id: 'InspectedCommand', description: 'What is known of one command. Never leaves this machine.' })

export const deletedCommands = named('DeletedCommands', {
  events: count('commands that were removed, or with `dry_run` would be'),
  texts: count('removed texts that no other command uses; 0 with `dry_run`'),
  dry_run: z.boolean(),
  sample: listOf(event, 20).describe('with `dry_run` the newest of these commands, else none'),
})
export type DeletedShape = z.infer<typeof deletedCommands>

/** Filters of a search or a removal. */
const filters = {
  word: listOf(z.string().min(1).max(1024), 32)
    .optional()
    .describe('may be repeated; every word must occur in the command, ignoring case'),
  without: listOf(z.string().min(1).max(1024), 32)
    .optional()
    .describe('may be repeated; none of these words may occur'),
  cwd: z.string().min(1).max(4096).exactOptional().describe('absolute; this directory and those below it'),
  failed: z.boolean().exactOptional().describe('only commands that ended with another code than 0'),
  risk: z.enum(RISK_LEVELS).exactOptional().describe('this level or a higher one'),
  since: moment('only newer commands').exactOptional(),
  until: moment('only older commands').exactOptional(),
  shell: z.string().min(1).max(32).exactOptional(),
  exit: z.int().min(0).max(255).exactOptional().describe('only commands that ended with this code'),
  longer_ms: z.int().min(0).max(4_000_000_000).exactOptional().describe('least duration in milliseconds'),
  generated: z
    .boolean()
    .exactOptional()
    .describe("true: only commands that a program ran on the person's behalf; false: only typed ones"),
}

/** Most characters of a command; the spool keeps fewer bytes of one. */
const COMMAND_MAX = 128 * 1024

export const noteAnswersBody = z.strictObject({
  answers: z
    .array(
      z.strictObject({
        command: z.string().min(1).max(4096),
        placeholders: listOf(z.string().regex(/^[A-Z][A-Z0-9_]{0,31}$/), 8).describe(
          'words of the command that its person replaces before it runs',
        ),
      }),
    )
    .min(1)
    .max(4)
    .readonly(),
})

export const notedAnswers = z.strictObject({ noted: count('answers that are counted if they are run') })

export const getHistoryQuery = z.strictObject({
  ...filters,
  unique: z.boolean().exactOptional().describe('only the newest matching use of each command'),
  limit: z
    .int()
    .min(1)
    .max(HISTORY_LIMIT_MAX)
    .default(HISTORY_LIMIT_DEFAULT)
    .describe('how many; `total` counts all'),
})

/** The words of a ranking are in its question. */
const { word: _, without: __, ...rankedFilters } = filters

export const getRankedCommandsQuery = z.strictObject({
  q: z
    .string()
    .max(1024)
    .default('')
    .describe('words between blanks, `"two words"` as one, `!word` for one that must not occur'),
  match: z.enum(FINDER_MATCHES).default('fuzzy').describe('exact: `q` as it is; else its words, or letters'),
  here: someText(4096, 'absolute path of the current directory of the caller').exactOptional(),
  ...rankedFilters,
  session: pattern(/^[\w.-]{1,64}$/, 'only of this shell session, by its id').exactOptional(),
  imported: z
    .boolean()
    .exactOptional()
    .describe('only what an import brought; false: only what was recorded'),
  limit: z.int().min(1).max(RANKED_LIMIT_MAX).default(HISTORY_LIMIT_DEFAULT).describe('how many'),
})

export const getInspectedCommandQuery = z.strictObject({ id: text(32, 'id of one of its uses') })

export const deleteHistoryBody = z.strictObject({
  ids: listOf(z.string().min(1).max(32), DELETE_IDS_MAX).exactOptional(),
  command: z.string().min(1).max(COMMAND_MAX).exactOptional().describe('every use of exactly this text'),
  ...filters,
  dry_run: z.boolean().default(false),
})
