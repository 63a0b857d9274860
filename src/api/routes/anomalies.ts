// /anomalies: unusual numbers of the caller.

import type { ShownSignal } from '../../insight/anomalies/index.ts'
import * as api from '../contract/operations/anomalies.ts'
import type { AnomalyShape, MutesShape } from '../contract/shapes.ts'
import { type Rooms, type Routes, serve, shown } from '../server/index.ts'

export function anomaliesRoutes({ anomalies, config }: Rooms): Routes {
  const mutesOf = async (uid: number): Promise<MutesShape> => ({
    mutes: (await anomalies.mutes(uid)).map(shown),
  })
  return (server) => {
    serve(server, api.getAnomalies, async ({ query, caller }) => {
      const since = query.since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(query.since)
      const signals = (await anomalies.signals(caller.person)).filter(
        ({ muted, last_seen }) => (query.all || !muted) && last_seen > since,
      )
      return { signals: signals.map(shapeOf), ...(await mutesOf(caller.person)) }
    })
    serve(server, api.muteAnomalies, async ({ body, caller }) => {
      await anomalies.mute(caller.person, body.what, body.for_ms)
      return mutesOf(caller.person)
    })
    serve(server, api.unmuteAnomalies, async ({ body, caller }) => {
      await anomalies.unmute(caller.person, body.what)
      return mutesOf(caller.person)
    })
    serve(server, api.seeAnomalies, async ({ body, caller }) => {
      if (body.notice && !config.anomalies.notice) return { signals: [] }
      const unseen = body.notice
        ? await anomalies.unseen(caller.person, body.severity, body.ids)
        : await anomalies.see(caller.person, body.severity, body.ids)
      return { signals: unseen.map(shapeOf) }
    })
  }
}

function shapeOf({
  unit,
  observed,
  expected,
  spread,
  n,
  window,
  last_day: _,
  ...signal
}: ShownSignal): AnomalyShape {
  return { ...shown(signal), numbers: { unit, observed, expected, spread, n, window: shown(window) } }
}
