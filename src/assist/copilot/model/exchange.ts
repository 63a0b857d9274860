// Sends one request to the model's server at its checked address, without redirects or proxies, within limits of time
// and size.
import { type IncomingMessage, request as plain } from 'node:http'
import { type RequestOptions, request as secured } from 'node:https'
import { isIP } from 'node:net'
import { KaroError } from '../../../base/errors.ts'
import type { Endpoint } from './endpoint.ts'

/** Bytes of the whole answer; one command takes a few hundred. */
const MOST_BYTES = 512 * 1024

interface ModelRequest {
  /** Undefined: a GET. */
  readonly body: string | undefined
  /** Bearer token; undefined if there is none. */
  readonly key: string | undefined
  /** Ends the exchange: deadline or Ctrl-C. */
  readonly signal: AbortSignal
}

/**
 * Yields the media type of the answer and its text as it arrives. Throws KaroError unavailable unless the status is 200 and
 * the type JSON or an event stream, too_large beyond MOST_BYTES, or the signal's reason.
 */
export async function* exchange(
  endpoint: Endpoint,
  request: ModelRequest,
): AsyncGenerator<{ readonly type: string; readonly text: string }, void> {
  const { signal } = request
  const response = await send(endpoint, request)
  const decoder = new TextDecoder()
  let bytes = 0
  try {
    const { statusCode = 0, headers } = response
    if (statusCode !== 200) throw unusable(`it answered with status ${statusCode}`)
    const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
    if (type !== 'application/json' && type !== 'text/event-stream')
      throw unusable('its answer is neither JSON nor a stream of events')
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > MOST_BYTES) throw new KaroError('too_large', 'its answer has no end')
      yield { type, text: decoder.decode(chunk, { stream: true }) }
    }
    yield { type, text: decoder.decode() }
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof KaroError ? error : unusable('it hung up', error)
  } finally {
    response.destroy()
  }
}

export const unusable = (what: string, cause?: unknown): KaroError =>
  new KaroError('unavailable', what, cause === undefined ? {} : { cause })

function send(
  { secure, address, port, host, path }: Endpoint,
  { body, key, signal }: ModelRequest,
): Promise<IncomingMessage> {
  signal.throwIfAborted()
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  const options: RequestOptions = {
    method: body === undefined ? 'GET' : 'POST',
    host: address,
    port,
    path,
    signal,
    // Its own agent, because the environment may make the shared one use a proxy.
    agent: false,
    headers: {
      host,
      ...(body !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      }),
      accept: 'text/event-stream, application/json',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    ...(secure && isIP(name) === 0 && { servername: name }),
  }
  return new Promise((resolve, reject) => {
    const request = secure ? secured(options, resolve) : plain(options, resolve)
    request.on('error', (error: NodeJS.ErrnoException) => {
      const what = error.code === 'ECONNREFUSED' ? 'nobody listens there' : 'it cannot be reached'
      reject(signal.aborted ? signal.reason : unusable(what, error))
    })
    request.end(body)
  })
}
