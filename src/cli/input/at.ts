// The option --at: a command is about the agents of another machine.

export const AT = {
  value: 'node',
  completes: 'node',
  description: 'on another machine: name, fingerprint or id of a member, see karo peers',
} as const
