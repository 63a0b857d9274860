// What records are written to: a connection over TCP or TLS, or a file of JSON lines.

/** The last record of a file, as far as it says which entry that is. */
export interface LastRecord {
  readonly seq: number
  /** Hash of the entry. */
  readonly id: string
}

export interface Outlet {
  /** Of a file that has one. */
  readonly last?: LastRecord | undefined
  /** Resolves when the target has the text. Rejects with an Error that says for people why it may not have it. */
  send(text: string): Promise<void>
  /** Aborts when the target ends the connection, with an Error that says for people why. */
  readonly ended: AbortSignal
  /** Resolves when everything that was sent is through. Never rejects. */
  close(): Promise<void>
}
