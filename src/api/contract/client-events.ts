// The CLI's way to the daemon's event stream: server-sent events (HTML Living Standard, 9.2.6), parsed line by line.
import { KaroError } from '../../base/errors.ts'
import { type DaemonAddress, streamLines } from './client.ts'
import type { FeedEvent } from './shapes.ts'

/** The daemon says something every 15 s. */
const IDLE_MS = 45_000
/** No event comes near. */
const MAX_LINE_BYTES = 256 * 1024

export interface Followed {
  /** What to continue after. */
  readonly id: string
  /** Undefined: only the id has moved on. */
  readonly event: FeedEvent | undefined
}

/**
 * Yields what the stream tells, and hangs up when the loop is left. Ends only by an error: KaroErrors as streamDaemon's,
 * `unavailable` when the daemon hung up, `timeout` when it fell silent.
 */
export async function* followDaemon(
  daemon: DaemonAddress,
  query: URLSearchParams,
  { signal, idleMs = IDLE_MS }: { readonly signal?: AbortSignal; readonly idleMs?: number } = {},
): AsyncGenerator<Followed, never> {
  const request = { method: 'GET', path: `/api/v1/events?${query}`, type: 'text/event-stream' } as const
  const options = { ...(signal && { signal }), idleMs, maxLineBytes: MAX_LINE_BYTES }
  let id = ''
  let data: string[] = []
  for await (const line of streamLines(daemon, request, options)) {
    if (line === '') {
      if (id !== '') yield { id, event: data.length === 0 ? undefined : parse(data.join('\n')) }
      data = []
      continue
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'id') id = value
    else if (field === 'data') data.push(value)
  }
  throw new KaroError('unavailable', 'the daemon ended the connection', {
    hint: 'It may have been stopped: karo status says so.',
  })
}

function parse(text: string): FeedEvent {
  try {
    return JSON.parse(text) as FeedEvent
  } catch {
    throw new KaroError('internal', 'the answer from the control socket is not JSON, so it is not from Karo')
  }
}
