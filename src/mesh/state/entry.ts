// One connection as its owner holds it: what everybody may see of it, and where its admission stands.
import type { GoodbyeReason, HelloBody } from '../../../protocols/messages/hello.ts'
import { createHandshake, type Handshake } from './handshake.ts'
import type { Conn, EndReason, Outcome } from './types.ts'

/** Why a connection ended, after each Goodbye of the other side. */
export const AFTER: Readonly<Record<GoodbyeReason, EndReason>> = {
  stopping: 'goodbye',
  replaced: 'replaced',
  surplus: 'surplus',
}

export interface Entry extends Conn {
  readonly handshake: Handshake
  heardAt: number
  introduced: HelloBody | undefined
  leaf: boolean
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
  openedAt,
  heardAt: openedAt,
  introduced: undefined,
  leaf: false,
  leafHere: false,
  skewMs: undefined,
  admitted: false,
  outcome: undefined,
  retryAfterMs,
  enrols: false,
  handshake: createHandshake(),
})
