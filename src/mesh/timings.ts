// Every time the mesh waits for, in one place, so that tests can shorten what a person would have to wait for.

export interface Timings {
  /** An unadmitted connection is closed after this. */
  readonly lobbyMs: number
  /** The time after which a stranger may ask again. */
  readonly retryAfterMs: number
  /** From connect to the end of the Noise and yamux handshakes, and for one address of a dial. */
  readonly handshakeMs: number
  /** For all addresses of one dial together. */
  readonly dialMs: number
  /** For negotiating one stream. */
  readonly negotiateMs: number
  /** Connections of the same two nodes that open within this time of each other are a simultaneous dial. */
  readonly simultaneousMs: number
  /** How long a replaced connection is still read, so that nothing under way is lost. */
  readonly drainMs: number
  /** Time for written frames to go out when a connection is closed in order. */
  readonly closeMs: number
  /** Addresses that could not be listened on are tried again this often. */
  readonly reopenMs: number
  /** How often the network interfaces are read: an address that came is listened on and asked from within this time. */
  readonly followMs: number
  /** A listener is closed when its address has been gone for so long. */
  readonly goneMs: number
  /** The mesh has stopped after this, whatever libp2p does. */
  readonly stopMs: number
}

export const TIMINGS: Timings = {
  lobbyMs: 10_000,
  retryAfterMs: 30_000,
  handshakeMs: 3_000,
  dialMs: 10_000,
  negotiateMs: 3_000,
  simultaneousMs: 5_000,
  drainMs: 500,
  closeMs: 1_500,
  reopenMs: 3_000,
  followMs: 15_000,
  goneMs: 5 * 60_000,
  stopMs: 3_000,
}
