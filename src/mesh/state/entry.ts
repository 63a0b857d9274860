// One connection as its owner holds it: what everybody may see of it, and where its admission stands.
import type { HelloBody } from '../../../protocols/messages/hello.ts'
import { createHandshake, type Handshake } from './handshake.ts'
import type { Conn, Outcome } from './types.ts'

export interface Entry extends Conn {
  readonly handshake: Handshake
  heardAt: number
  introduced: HelloBody | undefined
  leafHere: boolean
  skewMs: number | undefined
  admitted: boolean
  outcome: Outcome | undefined
  retryAfterMs: number
  /** It proves an invite, and what comes of that is not certain yet. */
  enrols: boolean
}

/** `openedAt`: monotonic, ms. */
export const newEntry = (
  of: Pick<Conn, 'id' | 'node' | 'ip' | 'dialed'>,
  openedAt: number,
  retryAfterMs: number,
): Entry => ({
  ...of,
  ...{ openedAt, heardAt: openedAt, introduced: undefined, leafHere: false, skewMs: undefined },
  ...{ admitted: false, outcome: undefined, retryAfterMs, enrols: false },
  handshake: createHandshake(),
})
