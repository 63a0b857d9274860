// /events: what happens on the node as server-sent events (HTML Living Standard, 9.2), continued by id.

import { Readable } from 'node:stream'
import { jsonText } from '../../base/printable.ts'
import { getEvents } from '../contract/operations/events.ts'
import type { FeedEvent } from '../contract/shapes.ts'
import type { Follower } from '../feed/index.ts'
import { type Rooms, type Routes, serve } from '../server/index.ts'

/** Interval of a comment that keeps the connection from looking idle; half of what proxies usually wait. */
const HEARTBEAT_MS = 15_000
/** A connection is closed if the follower read nothing for this many heartbeats; it can continue by its id. */
const SILENT_BEATS = 2
/** How long a browser waits before it connects again. */
const RETRY_MS = 2_000

/**
 * The route of /events. Only the connection's own buffer holds events for a follower; the rest stays in the ring of the
 * feed. A slow follower gets a `lost` event when the ring has dropped events, and is disconnected if it reads nothing.
 * Errors: `bad_request` for an invalid id, `rate_limited`.
 */
export function eventsRoutes({ feed, timers }: Rooms, heartbeatMs = HEARTBEAT_MS): Routes {
  const open = new Set<Readable>()

  function streamOf(follower: Follower, wanted: (type: FeedEvent['type']) => boolean): Readable {
    let wanting = false
    let silent = 0
    let due = false
    let stopBeat = (): void => {}

    const stream = new Readable({
      read() {
        wanting = true
        pump()
      },
      destroy(error, done) {
        stopBeat()
        follower.end()
        open.delete(stream)
        done(error)
      },
    })

    function pump(): void {
      due = false
      while (wanting && !stream.destroyed) {
        const event = follower.take()
        if (event === undefined) return
        if (wanted(event.type)) say(write(event))
      }
    }

    /** Sends `text`; the stream calls `read` again once it was sent. */
    function say(text: string): void {
      wanting = stream.push(text)
      silent = 0
    }

    function beat(): void {
      stopBeat = timers.after(heartbeatMs, beat)
      // The id moves the place from which the follower continues, also past events that it did not ask for.
      if (wanting) say(`: still here\nid: ${follower.position()}\n\n`)
      else if (++silent >= SILENT_BEATS) stream.destroy()
    }

    open.add(stream)
    follower.onMore(() => {
      // Later, because a room that tells the feed of an event must not wait for followers.
      if (!due) setImmediate(pump)
      due = true
    })
    stopBeat = timers.after(heartbeatMs, beat)
    return stream
  }

  return (server) => {
    server.addHook('preClose', async () => {
      for (const stream of open) stream.destroy()
    })
    serve(server, getEvents, async ({ query, headers, caller }, reply) => {
      const given = headers['last-event-id']
      // A browser that connects again sends the header together with its first URL, so the header wins over `since`.
      const after = typeof given === 'string' && given !== '' ? given : query.since
      const follower = feed.follow(caller.person, after)
      const types = query.types && new Set<FeedEvent['type']>(query.types)
      // Only administrators decide about nodes, so only they are told which nodes wait.
      const stream = streamOf(
        follower,
        (type) =>
          type === 'lost' || ((caller.admin || type !== 'peer_pending') && (types?.has(type) ?? true)),
      )
      // Sent before any event: the headers and the id to continue after, unless a `lost` event has to come first.
      const start = after === undefined ? `id: ${follower.position()}\n` : ''
      stream.push(`retry: ${RETRY_MS}\n${start}\n`)
      return reply.type('text/event-stream; charset=utf-8').send(stream)
    })
  }
}

/** One event as text. JSON has no line breaks, so the data is one line. */
const write = (event: FeedEvent): string =>
  `id: ${event.id}\nevent: ${event.type}\ndata: ${jsonText(event)}\n\n`
