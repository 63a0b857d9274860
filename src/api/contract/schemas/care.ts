// Schemas of how a node is looked after: its log, its problems, its backup (/logs, /problems, /backup).
import * as z from 'zod'
import { LOG_LEVELS } from '../../../base/run/log.ts'
import {
  count,
  flag,
  LIST_MAX,
  listOf,
  moment,
  named,
  oneOf,
  pattern,
  rowsOf,
  text,
  whole,
} from './fields.ts'

export const logLine = z
  .looseObject({
    time: moment('when it was written'),
    level: z.enum(LOG_LEVELS),
    pid: count('process id of the daemon'),
    msg: text(4096, 'what happened, for people'),
    seq: count('number of the line since the start').exactOptional(),
  })
  .meta({ id: 'LogLine', description: 'A line may have more facts; never level 0, keys or tokens.' })

export const problemList = named('ProblemList', {
  problems: rowsOf(LIST_MAX, {
    level: z.enum(['warn', 'error']),
    at: text(256, 'where it was logged, `file:line:column`; null when that cannot be told').nullable(),
    kind: text(64, 'class of the error').nullable(),
    code: text(64, 'a code of Karo or of the system').nullable(),
    stack: listOf(text(256, 'frame')).describe('frames of Karo that the error passed'),
    times: count('lines of that place with that kind of error'),
    first_seconds_ago: count('seconds'),
    last_seconds_ago: count('seconds'),
    peers: listOf(text(8, '8 hex digits')).describe(
      'hashes of the nodes that the line was about, with a salt that is not kept',
    ),
  }),
})

export const getLogsQuery = z.strictObject({
  lines: whole(0, 1_000, 'how many of the newest lines').default(100),
  follow: flag('continue with new lines').default(false),
  level: oneOf(LOG_LEVELS, 'only lines of this level and more important ones').exactOptional(),
  trace: pattern(/^[0-9a-f]{1,32}$/, 'a trace id, or its beginning').exactOptional(),
})
export type LogLineShape = z.infer<typeof logLine>

const setting = z.strictObject({
  key: text(64, 'section and key, mesh.port'),
  value: text(65_536, 'as TOML, or as JSON where it holds tables'),
  default: text(4_096, 'the same, or in words where it depends on the machine'),
  source: text(512, '`default`, the file with its line, or the variable of the environment'),
  waits: z
    .enum(['reload', 'restart'])
    .nullable()
    .describe('what it takes until this value is in force; null: it is'),
  description: text(2_048, 'what the key does'),
})

export const settings = named('Settings', {
  file: text(4_096, 'the configuration file').nullable().describe('null: there is none'),
  problem: text(4_096, 'why the file cannot be used; the keys are left out then').nullable(),
  keys: listOf(setting, 512),
})
export type SettingsShape = z.infer<typeof settings>

const keys = () => listOf(text(128, 'a key'), 1024)

export const reloadBody = z.strictObject({
  restart: flag('restart the node where a key needs it').default(false),
})

export const reloaded = named('SettingsReloaded', {
  applied: keys().describe('keys whose new value is in force since this reload'),
  waiting: keys().describe('keys whose new value is in force after a restart'),
})

// The backup of the whole node.

export const makeBackupBody = z.strictObject({
  key: flag("with the node's key").default(true),
})

export const confirmBackupBody = z.strictObject({
  created_at: moment('the time that stands in the backup'),
  encrypted: flag('the file was encrypted before it was written').default(false),
})

export const confirmBackupAnswer = z.strictObject({
  created_at: moment('of the backup that the ledger has now'),
})
