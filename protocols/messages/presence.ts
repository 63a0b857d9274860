// Presence: what every member tells all others about itself, and which neighbours it has lost.
import * as z from 'zod'
import { defineMessage } from '../define.ts'
import { bytes, label, listOf, timestamp } from './fields.ts'
import { nodeCapabilities } from './hello.ts'

/** Members one presence can say were lost. */
export const LOST_MAX = 16

const presenceBody = z.object({
  version: timestamp("the author's clock; grows with every presence of its author"),
  state: z.enum(['online', 'leaving']).describe('`leaving`: the node stops, this is its last word'),
  name: label(64).describe('the name this node gives itself; a claim, never an identity'),
  capabilities: nodeCapabilities,
  listen: listOf(label(64), 8).describe('private addresses it listens on, as multiaddrs; a claim as well'),
  lost: listOf(bytes(32), LOST_MAX).describe(
    "keys of former neighbours whose connection broke without a goodbye, and of whom the author has heard nothing since; one member's word",
  ),
  asks: z.boolean().describe('the author has just come and would like to hear the others, each in its time'),
})
export type PresenceBody = z.infer<typeof presenceBody>

export const Presence = defineMessage({
  type: 0x0400,
  name: 'Presence',
  purpose:
    'Says that the author is here, under which name and where; when it starts, changes, leaves, and now and then.',
  limit: 2 * 1024,
  carried: 'document',
  body: presenceBody,
})
