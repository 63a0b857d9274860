// How commands name an agent and a node: the arguments, and the options of those that are about agents.
import { oneNode } from './values.ts'

export const AT = {
  value: 'node',
  description: 'on another machine: name, fingerprint or id of a member, see karo peers',
} as const

export const AGENT = {
  description: 'the name or id of an agent, see karo agent list',
  completes: 'agent:list:name',
} as const

export const NODE = {
  // Variadic, because people type a fingerprint in groups of four.
  variadic: true,
  oneThing: true,
  as: 'who',
  reads: oneNode,
  description: 'one node: its id, name, or fingerprint, also in groups of four',
  completes: 'node',
} as const

export const WHY = {
  value: 'words',
  description: 'what you need it for; shown to the person who is asked to approve',
} as const
