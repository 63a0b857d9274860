// Presence: what every member tells all others about itself, and how two neighbours find out which presences the other lacks.
import * as z from 'zod'
import { defineMessage } from '../define.ts'
import { bytes, label, listOf, timestamp } from './fields.ts'
import { nodeCapabilities } from './hello.ts'

/** Members one presence can say were lost. */
export const LOST_MAX = 16

/** Neighbours that one presence can name: as many as fit beside everything else. */
export const LINKS_MAX = 48
/** Of a neighbour, its fingerprint. */
export const LINK_BYTES = 8

const presenceBody = z.object({
  version: timestamp("the author's clock; grows with every presence of its author"),
  state: z.enum(['online', 'leaving']).describe('`leaving`: the node stops, this is its last word'),
  name: label(64).describe('the name this node gives itself; a claim, never an identity'),
  capabilities: nodeCapabilities,
  listen: listOf(label(64), 8).describe('private addresses it listens on, as multiaddrs; a claim as well'),
  lost: listOf(bytes(32), LOST_MAX).describe(
    "keys of former neighbours whose connection broke without a goodbye, and of whom the author has heard nothing since; one member's word",
  ),
  links: bytes(0, LINKS_MAX * LINK_BYTES)
    .optional()
    .describe(
      "fingerprints of neighbours, eight bytes each, one behind the other: the author's word, for people who look at a map; absent: it tells nobody",
    ),
})
export type PresenceBody = z.infer<typeof presenceBody>

export const Presence = defineMessage({
  type: 0x0400,
  name: 'Presence',
  purpose:
    'Says that the author is here, under which name and where; when it starts, changes, leaves, and now and then. Travels in Presences.',
  limit: 2 * 1024,
  carried: 'document',
  body: presenceBody,
})

/** Presences are compared in so many groups, each by a sum of this length: the first byte of a fingerprint says in which. */
export const GROUPS = 64
export const SUM_BYTES = 4
/** A presence is named by the fingerprint of its author and its version. */
const VERSION_BYTES = 6
export const KEY_BYTES = LINK_BYTES + VERSION_BYTES
/** Names in one Roster. */
export const KEYS_MAX = 1_024
/** Presences that are asked for at a time. */
export const WANTED_MAX = 128
/** What is sent of them at a time; of one that alone is longer nothing. */
export const PRESENCES_BYTES = 40 * 1_024

const rosterBody = z.object({
  until: timestamp('presences of a later version are left out of the comparison').optional(),
  sums: bytes(GROUPS * SUM_BYTES)
    .optional()
    .describe('of the presences in each group; the other side answers with `groups`'),
  groups: bytes(GROUPS / 8)
    .optional()
    .describe('one bit for each group that differs and of which `keys` has all that the sender knows'),
  keys: bytes(0, KEYS_MAX * KEY_BYTES)
    .optional()
    .describe(
      'presences that the sender has: eight bytes of the author, six of the version, one behind the other',
    ),
  more: z.boolean().optional().describe('further groups differ: compare again'),
  wanted: bytes(0, WANTED_MAX * LINK_BYTES)
    .optional()
    .describe('authors whose presences the sender asks for, eight bytes each'),
})
export type RosterBody = z.infer<typeof rosterBody>

export const Roster = defineMessage({
  type: 0x0012,
  name: 'Roster',
  purpose:
    'Compares with a neighbour which presences each has, tells it of new ones, and asks for those that are missing.',
  limit: 16 * 1024,
  carried: 'hop',
  body: rosterBody,
})

const presencesBody = z.object({
  frames: listOf(bytes(1, PRESENCES_BYTES), WANTED_MAX).describe(
    'presences as whole frames, as their authors signed them',
  ),
})

export const Presences = defineMessage({
  type: 0x0013,
  name: 'Presences',
  purpose: "Presences that a Roster asked for, and the sender's own when it is new.",
  limit: PRESENCES_BYTES + 4 * 1024,
  carried: 'hop',
  body: presencesBody,
})
