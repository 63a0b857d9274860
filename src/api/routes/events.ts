// /events: what happens on the node as server-sent events (HTML Living Standard, 9.2), continued by id.

import { Readable } from 'node:stream'
import type { Timers } from '../../base/clock.ts'
import { jsonText } from '../../base/printable.ts'
import type { EventType } from '../contract/constants.ts'
import { getEvents } from '../contract/operations/events.ts'
import type { FeedEvent } from '../contract/shapes.ts'
import type { Feed, Follower } from '../feed/index.ts'
import type { Routes } from '../server/route.ts'
import { serve } from '../server/serve.ts'

interface EventsDeps {
  readonly feed: Pick<Feed, 'follow'>
  readonly timers: Timers
  readonly heartbeatMs?: number
}

/** Keeps the connection from being taken for idle; half of what proxies usually wait. */
const HEARTBEAT_MS = 15_000
/** A follower that took nothing for so many heartbeats is cut: it continues by its id. */
const SILENT_BEATS = 2
/** What a browser waits before it connects again. */
const RETRY_MS = 2_000

/**
 * Nothing is buffered for a follower but what its connection takes: it reads from the feed's ring, is told how much it
 * lost when the ring has gone past it, and is cut when it reads nothing at all. Errors: `bad_request` for an id that is none, `rate_limited`.
 */
export function eventsRoutes({ feed, timers, heartbeatMs = HEARTBEAT_MS }: EventsDeps): Routes {
  const open = new Set<Readable>()

  function streamOf(follower: Follower, types: ReadonlySet<EventType> | undefined): Readable {
    let wanting = false
    let silent = 0
    let due = false
    let stopBeat = (): void => {}
    const wanted = ({ type }: FeedEvent): boolean => type === 'lost' || (types?.has(type) ?? true)

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
        if (wanted(event)) say(write(event))
      }
    }

    /** The stream asks again by `read` once this has gone out. */
    function say(text: string): void {
      wanting = stream.push(text)
      silent = 0
    }

    function beat(): void {
      stopBeat = timers.after(heartbeatMs, beat)
      // The id alone moves on what the follower continues after, also past events it does not want.
      if (wanting) say(`: still here\nid: ${follower.position()}\n\n`)
      else if (++silent >= SILENT_BEATS) stream.destroy()
    }

    open.add(stream)
    follower.onMore(() => {
      // Not within what happens: whoever tells the feed waits for nobody.
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
      // A browser that connects again sends it beside the address it was given first.
      const after = typeof given === 'string' && given !== '' ? given : query.since
      const follower = feed.follow(caller.uid, after)
      const types = query.types && new Set(query.types)
      const stream = streamOf(follower, types)
      // Before anything happens: headers, and what to continue after. What is lost comes first of all.
      const start = after === undefined ? `id: ${follower.position()}\n` : ''
      stream.push(`retry: ${RETRY_MS}\n${start}\n`)
      return reply.type('text/event-stream; charset=utf-8').send(stream)
    })
  }
}

/** JSON has no line breaks of its own, so that the data is one line. */
const write = (event: FeedEvent): string =>
  `id: ${event.id}\nevent: ${event.type}\ndata: ${jsonText(event)}\n\n`
