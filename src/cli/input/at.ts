// How commands name a node: the argument, and the option --at of those that are about the agents of another machine.

export const AT = {
  value: 'node',
  completes: 'node',
  description: 'on another machine: name, fingerprint or id of a member, see karo peers',
} as const

export const NODE = {
  // Variadic, because people type a fingerprint in groups of four.
  variadic: true,
  oneThing: true,
  description: 'one node: its id, name, or fingerprint, also in groups of four',
  completes: 'node',
} as const
