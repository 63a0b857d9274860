// Where the ledger is sent: the form of one entry of `forward.to`.
import { isIP } from 'node:net'

/** Kinds of entries that are sent; each entry is of one kind. */
export const FORWARD_KINDS = ['ledger', 'refusals', 'alerts', 'anomalies'] as const
export type ForwardKind = (typeof FORWARD_KINDS)[number]

export interface ForwardTarget {
  /** The entry as it was written; it names the target in the checkpoint and for people. */
  readonly text: string
  readonly format: 'syslog' | 'ecs'
  /** `file`: an absolute path; otherwise a host and a port. */
  readonly over: 'tcp' | 'tls' | 'file'
  /** A name, or an IP address without brackets; empty for a file. */
  readonly host: string
  readonly port: number
  /** Empty unless it is a file. */
  readonly path: string
}

const NETWORK =
  /^(syslog|ecs)\+(tcp|tls):\/\/(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?)):(\d{1,5})$/
const FILE = /^ecs\+file:(\/[^\0\n]{1,4000})$/

export const FORWARD_FORMS =
  '"syslog+tls://host:port", "syslog+tcp://host:port", "ecs+tls://host:port", "ecs+tcp://host:port" or "ecs+file:/path"'

/** Undefined unless the text is of one of FORWARD_FORMS. */
export function forwardTarget(text: string): ForwardTarget | undefined {
  const path = FILE.exec(text)?.[1]
  if (path !== undefined) return { text, format: 'ecs', over: 'file', host: '', port: 0, path }
  const [, format, over, address, name, digits] = NETWORK.exec(text) ?? []
  const port = Number(digits)
  if (format === undefined || port < 1 || port > 65_535) return undefined
  if (address !== undefined && isIP(address) !== 6) return undefined
  return {
    text,
    format: format as 'syslog' | 'ecs',
    over: over as 'tcp' | 'tls',
    host: address ?? name!,
    port,
    path: '',
  }
}
