// Introductions: what a node that others made an introducer says about a key that they have not met.
import * as z from 'zod'
import { defineMessage } from '../define.ts'
import { bytes, label, listOf, publicName, timestamp } from './fields.ts'

/** Teams of one introduction. */
const INTRODUCED_TEAMS_MAX = 8

const introductionBody = z.object({
  version: timestamp('when it was signed; the newest of one author about one key holds'),
  key: bytes(32).describe('the key that is introduced, Ed25519'),
  name: label(64).describe('what the introducer calls it'),
  level: publicName(16).describe(
    'how far to trust it at most: `share_to`, `query_from` or `peer`; the owner of a node sets what an introducer may give there',
  ),
  teams: listOf(label(64), INTRODUCED_TEAMS_MAX),
  not_after: timestamp('until when it holds'),
  withdrawn: z.boolean().describe('the introducer takes it back'),
})
export type IntroductionBody = z.infer<typeof introductionBody>

export const Introduction = defineMessage({
  type: 0x0305,
  name: 'Introduction',
  purpose: 'Introduces a key to nodes whose owners made the author an introducer, for some time.',
  limit: 2 * 1024,
  carried: 'document',
  body: introductionBody,
})
