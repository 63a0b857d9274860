// Places of the network that an agent may connect to: one host and one port, in one canonical form.

/** Characters of one place. */
const MOST = 260
const FORM = /^(?<host>\[[0-9a-f:]{2,45}\]|[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?):(?<port>[1-9]\d{0,4})$/

export interface NetworkPlace {
  /** A name, or an address as URLs write it. */
  readonly host: string
  /** An address without brackets, or the name. */
  readonly name: string
  readonly port: number
}

/**
 * The place in `text`; undefined unless the text has the canonical form: lower-case letters, an IPv6 address shortened
 * and in brackets, an IPv4 address as four decimal numbers. So two different texts never mean the same place.
 */
export function networkPlace(text: string): NetworkPlace | undefined {
  const { host = '', port = '' } = (text.length > MOST ? null : FORM.exec(text))?.groups ?? {}
  if (host === '' || Number(port) > 65_535 || !URL.canParse(`http://${host}/`)) return undefined
  // A URL parser turns numbers in other notations into an IPv4 address.
  if (new URL(`http://${host}/`).hostname !== host) return undefined
  return { host, name: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}
