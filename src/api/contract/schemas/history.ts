// Schemas of /history: a person's own commands (level 0, for nobody else).
import * as z from 'zod'
import { RISK_LEVELS } from '../../../base/words/risk-levels.ts'
import {
  DELETE_IDS_MAX,
  DELETE_PART_MAX,
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
  oneOf,
  pattern,
  riskLevel,
  someText,
  text,
  whole,
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

const event = named(
  'Command',
  {
    ...command,
    peak_rss_bytes: count('most memory that one of its processes held, in bytes; null if no process was seen')
      .nullable()
      .exactOptional(),
  },
  'One command line that ran. Never leaves this machine.',
)
export type EventShape = z.infer<typeof event>

export const history = named('History', {
  events: listOf(event).describe('newest first'),
  total: count('all that match, also those beyond the limit'),
})

const ends = {
  failures: count('those uses that ended with another code than 0'),
  unknown: count('those uses whose exit code is not known'),
}

const rankedCommand = named(
  'RankedCommand',
  {
    ...command,
    uses: count('how often the command was used, among the uses that match'),
    ...ends,
  },
  'A command, with its newest use. Never leaves this machine.',
)
export type RankedCommandShape = z.infer<typeof rankedCommand>

export const rankedCommands = named('RankedCommands', {
  commands: listOf(rankedCommand).describe('likeliest first'),
  total: count('different commands that match, also those beyond the limit'),
  complete: flag('false: only the newest commands are loaded yet; a later request finds more'),
})
export type RankedShape = z.infer<typeof rankedCommands>

export const inspectedCommand = named(
  'InspectedCommand',
  {
    event,
    uses: count('how often the command was used'),
    ...ends,
    untimed: count('those uses that were imported without a time'),
    first: moment('its first use; only a place in the order where one is `untimed`'),
    took: z
      .strictObject({ least: count('ms'), median: count('ms'), most: count('ms') })
      .nullable()
      .describe('milliseconds of the uses whose duration is known; null if none is'),
    recent: listOf(event, 8, 'its newest uses, the newest first'),
    before: listOf(event, 3, 'before it in its shell session, in the order of time'),
    after: listOf(event, 3, 'after it in its shell session'),
    complete: flag('false: only the newest commands are loaded yet'),
  },
  'What is known of one command. Never leaves this machine.',
)

export const deletedCommands = named('DeletedCommands', {
  events: count('commands that were removed, or with `dry_run` would be'),
  texts: count('removed texts that no other command uses; 0 with `dry_run`, and while others are left'),
  left: count('above 0 while `most` leaves some; 0 with `dry_run`'),
  dry_run: z.boolean(),
  sample: listOf(event, 20, 'with `dry_run` the newest of these commands, else none'),
})
export type DeletedShape = z.infer<typeof deletedCommands>

/** Filters of a search or a removal. */
export const filters = {
  word: listOf(
    someText(1024),
    32,
    'may be repeated; every word must occur in the command, ignoring case',
  ).optional(),
  without: listOf(someText(1024), 32, 'may be repeated; none of these words may occur').optional(),
  cwd: someText(4096, 'absolute; this directory and those below it').exactOptional(),
  failed: flag('only commands that ended with another code than 0').exactOptional(),
  risk: oneOf(RISK_LEVELS, 'this level or a higher one').exactOptional(),
  since: moment('only newer commands').exactOptional(),
  until: moment('only older commands').exactOptional(),
  shell: someText(32).exactOptional(),
  exit: whole(0, 255, 'only commands that ended with this code').exactOptional(),
  longer_ms: whole(0, 4_000_000_000, 'least duration in milliseconds').exactOptional(),
  generated: flag(
    "true: only commands that a program ran on the person's behalf; false: only typed ones",
  ).exactOptional(),
}

/** Most characters of a command; the spool keeps fewer bytes of one. */
const COMMAND_MAX = 128 * 1024

export const noteAnswersBody = z.strictObject({
  answers: z
    .array(
      z.strictObject({
        command: someText(4096),
        placeholders: listOf(
          z.string().regex(/^[A-Z][A-Z0-9_]{0,31}$/),
          8,
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
  unique: flag('only the newest matching use of each command').exactOptional(),
  limit: whole(1, HISTORY_LIMIT_MAX, 'how many; `total` counts all').default(HISTORY_LIMIT_DEFAULT),
})

/** The words of a ranking are in its question. */
const { word: _, without: __, ...rankedFilters } = filters

export const getRankedCommandsQuery = z.strictObject({
  q: text(1024, 'words between blanks, `"two words"` as one, `!word` for one that must not occur').default(
    '',
  ),
  match: oneOf(FINDER_MATCHES, 'exact: `q` as it is; else its words, or letters').default('fuzzy'),
  here: someText(4096, 'absolute path of the current directory of the caller').exactOptional(),
  ...rankedFilters,
  session: pattern(/^[\w.-]{1,64}$/, 'only of this shell session, by its id').exactOptional(),
  imported: flag('only what an import brought; false: only what was recorded').exactOptional(),
  limit: whole(1, RANKED_LIMIT_MAX, 'how many').default(HISTORY_LIMIT_DEFAULT),
})

export const getInspectedCommandQuery = z.strictObject({ id: text(32, 'id of one of its uses') })

export const deleteHistoryBody = z.strictObject({
  ids: listOf(someText(32), DELETE_IDS_MAX).exactOptional(),
  command: someText(COMMAND_MAX, 'every use of exactly this text').exactOptional(),
  ...filters,
  most: whole(1, DELETE_PART_MAX, 'remove this many at most').exactOptional(),
  dry_run: z.boolean().default(false),
})
