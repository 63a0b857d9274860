// The tool that asks the mesh: each node answers for itself, as far as its people consent.
import * as z from 'zod'
import { postQuery } from '../../api/contract/operations/query.ts'
import { ASKED_TYPES, queryType } from '../../api/contract/shapes.ts'
import { defineTool, MOST_ANSWER } from './tool.ts'

const HOUR_MS = 3_600_000
/** A year. */
const MOST_HOURS = 366 * 24
/** Longer than the longest question (60 s), so that the daemon's own deadline comes first. */
const DEADLINE_MS = 75_000

const WORDS = ASKED_TYPES.map((type) => queryType(type).word).join(', ')
const QUERY_TYPE = Object.fromEntries(ASKED_TYPES.map((type) => [queryType(type).word, type]))

export const query = defineTool({
  name: 'query',
  title: 'Ask the mesh',
  description: `Numbers from the other Karo nodes of this network: ${WORDS}. Each owner's consent is enforced where the data lives; \`coverage\` says which nodes answered and why the others did not. Never the text of a command.`,
  input: z.strictObject({
    type: z.enum(Object.keys(QUERY_TYPE)).describe(
      ASKED_TYPES.map(queryType)
        .map(({ word, meaning }) => `${word}: ${meaning}`)
        .join('; '),
    ),
    last_hours: z.int().min(1).max(MOST_HOURS).default(168).describe('the time until now'),
    level: z
      .union([z.literal(1), z.literal(2)])
      .optional()
      .describe(
        '1: numbers of consenting nodes; 2: totals of many; default: what the owners let this node have',
      ),
    team: z.string().min(1).max(64).optional().describe('only the members of this team'),
  }),
  output: z.looseObject({
    query_type: z.string(),
    level: z.int(),
    status: z.string().describe('success, no_data, access_denied or withheld'),
    data: z.looseObject({}).nullable(),
    coverage: z.looseObject({
      known: z.int(),
      answered: z.int(),
      denied: z.int(),
      withheld: z.int(),
      failed: z.int(),
      unreachable: z.int(),
      complete: z.boolean(),
    }),
  }),
  async run({ daemon, now }, { type, last_hours, level, team }, signal) {
    const end = now()
    const range = {
      start: new Date(end - last_hours * HOUR_MS).toISOString(),
      end: new Date(end).toISOString(),
    }
    const query_type = QUERY_TYPE[type]
    if (query_type === undefined) throw new Error(`the schema let ${type} through`)
    // A login is a person's; a tool that a model drives asks as the node.
    const body = { query_type, range, level, team, as: 'node' as const }
    const limits = { deadlineMs: DEADLINE_MS, maxBytes: MOST_ANSWER }
    const answer = await daemon.call(postQuery, { body, signal, ...limits })
    return { result: { ...answer, data: answer.data && { ...answer.data } } }
  },
})
