// Presence: what every member tells all others about itself.
import * as z from 'zod'
import { defineMessage } from '../define.ts'
import { bytes, label, listOf, uint } from './fields.ts'
import { nodeCapabilities } from './hello.ts'
import { VERSION_BYTES } from './notices.ts'

/** The longest time until a member speaks again, seconds. */
export const AGAIN_MAX_S = 3_600

/** Members one presence can say were lost. */
export const LOST_MAX = 16

/** Neighbours that one presence can name: as many as fit beside everything else. */
export const LINKS_MAX = 48
/** Of a neighbour, its fingerprint. */
export const LINK_BYTES = 8

export const Presence = defineMessage({
  type: 0x0400,
  name: 'Presence',
  purpose:
    'Says that the author is here, under which name and where; when it starts, changes, leaves, and now and then. Travels in Notices.',
  limit: 2 * 1024,
  carried: 'document',
  body: z.object({
    // Neighbours name it to each other in so many bytes.
    version: uint(2 ** (8 * VERSION_BYTES) - 1).describe(
      "the author's clock, milliseconds since the Unix epoch; grows with every presence",
    ),
    state: z.enum(['online', 'leaving']).describe('`leaving`: the node stops, this is its last word'),
    again_s: uint(AGAIN_MAX_S).describe(
      'the author speaks again within so many seconds, or a fifth more; away after three times that in silence',
    ),
    name: label(64).describe('the name this node gives itself; a claim, never an identity'),
    capabilities: nodeCapabilities,
    listen: listOf(label(64), 8).describe('private addresses it listens on, as multiaddrs; a claim'),
    lost: listOf(bytes(32), LOST_MAX).describe(
      "keys of former neighbours whose connection broke without a goodbye, and of whom nothing was heard since; one member's word",
    ),
    links: bytes(0, LINKS_MAX * LINK_BYTES)
      .optional()
      .describe(
        "fingerprints of neighbours, eight bytes each: the author's word, for a map; absent: it tells nobody",
      ),
  }),
})
export type PresenceBody = z.infer<typeof Presence.body>
