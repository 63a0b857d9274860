// What records are written to: a connection over TCP or TLS, or a file of JSON lines.

export interface Outlet {
  /** Resolves when the target has the text. Rejects with an Error that says for people why it may not have it. */
  send(text: string): Promise<void>
  /** Rejects when the target ends the connection; never resolves. */
  readonly ended: Promise<never>
  /** Resolves when everything that was sent is through. Never rejects. */
  close(): Promise<void>
}
