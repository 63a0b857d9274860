// Requests over TCP as a browser, a script or somebody with bad intentions sends them.
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The text as JSON. */
  readonly json: <T = Record<string, unknown>>() => T
}

export interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: unknown
  /** Where it comes from, of 127.0.0.0/8. */
  readonly from?: string
}

/** On a connection of its own; the path is sent as it is written. */
export function send(port: number, path: string, sent: Sent = {}): Promise<Answer> {
  const { method = 'GET', body, from, headers = {} } = sent
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const type = text === undefined || typeof body === 'string' ? {} : { 'content-type': 'application/json' }
  const length = text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) }
  const asked = request({
    host: '127.0.0.1',
    port,
    path,
    method,
    agent: false,
    headers: { ...type, ...length, ...headers } as Record<string, string | string[]>,
    ...(from !== undefined && { localAddress: from }),
  })
  return new Promise((resolve, reject) => {
    asked.once('error', reject)
    asked.once('response', (response) => {
      let received = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (received += chunk))
      response.once('error', reject)
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: received,
          json: <T>() => JSON.parse(received) as T,
        }),
      )
    })
    asked.end(text)
  })
}

/** A connection to a port, or to the socket of this path, that nothing is said on by itself; `ended` resolves with all that came, when the other side closes. */
export function open(
  at: number | string,
): Promise<{ readonly socket: Socket; readonly ended: Promise<string> }> {
  const socket = typeof at === 'string' ? connect({ path: at }) : connect({ host: '127.0.0.1', port: at })
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => (received += text))
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(received)))
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('connect', () => {
      // From now on a reset is one of the ways to end.
      socket.off('error', reject).on('error', () => {})
      resolve({ socket, ended })
    })
  })
}

/** These bytes on one connection; resolves with all that came back by the time the other side closed it. */
export async function raw(port: number, bytes: string): Promise<string> {
  const { socket, ended } = await open(port)
  socket.write(bytes, 'latin1')
  return ended
}

/** Status of each answer in what `raw` brought back. */
export const statuses = (received: string): number[] =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

/** Statuses of so many requests for this path, one behind the other on one connection. `headers`: lines with their ends. */
export async function asked(
  port: number,
  times: number,
  path: string,
  headers = '',
): Promise<readonly number[]> {
  const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers}`
  return statuses(await raw(port, `${`${head}\r\n`.repeat(times - 1)}${head}Connection: close\r\n\r\n`))
}
