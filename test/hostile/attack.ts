// What an attack is: something hostile that goes on until it is told to end, in a process of its own beside the node's.
import type { Identity } from '../../src/trust/identity/index.ts'

export interface Place {
  /** Where the victim listens. */
  readonly address: { readonly host: string; readonly port: number }
  /** The victim's spool directory. */
  readonly spool: string
  /** Of `member`: the victim trusts it. */
  readonly identity: Identity
  readonly seed: number
}

export interface Attack {
  readonly name: string
  /** Who can do it; a member is trusted by the victim, another account has the same machine. */
  readonly by: 'stranger' | 'member' | 'account'
  /** How many attack at the same time, each in a process of its own. */
  readonly attackers: number
  readonly does: string
  /** Goes on until `signal`. Resolves with what it has done, by name. */
  run(place: Place, signal: AbortSignal): Promise<Readonly<Record<string, number>>>
}

/** One turn of the event loop: what came in is read, and the signal is heard. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
