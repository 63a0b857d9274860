// Routes of the API by themselves, asked in this process: whoever a test says asks, over no socket.
import { onTestFinished } from 'vitest'
import type { Rooms } from '../../../src/api/server/rooms.ts'
import type { Caller, Routes } from '../../../src/api/server/route.ts'
import { buildServer, type ServerOptions } from '../../../src/api/server/server.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { type Some, some } from '../some.ts'
import { owner, unreadLedger } from './callers.ts'

interface Around extends Partial<Omit<ServerOptions, 'routes' | 'callerOf'>> {
  /** Undefined: nobody who is known. */
  readonly caller?: ServerOptions['callerOf']
}

/** Closed when the running test ends. */
export function serving(
  routes: Routes | readonly Routes[],
  { caller = () => owner(), ...around }: Around = {},
) {
  const server = buildServer({
    clock: systemClock,
    log: silentLog,
    audit: unreadLedger,
    ...around,
    routes: [routes].flat(),
    callerOf: caller,
  })
  onTestFinished(() => server.close())
  const ask = async (method: 'GET' | 'POST', url: string, payload?: object) => {
    const answer = await server.inject({ method, url, ...(payload && { payload }) })
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      get body() {
        return answer.json()
      },
    }
  }
  return {
    server,
    get: (url: string) => ask('GET', url),
    post: (url: string, payload: object = {}) => ask('POST', url, payload),
  }
}

/** Routes over those parts of rooms that a test is about. `caller`: who asks, or what tells it. */
export const servingOver = (
  routes: (rooms: Rooms) => Routes,
  rooms: Some<Rooms>,
  caller: Caller | ServerOptions['callerOf'] = owner(),
) => serving(routes(some<Rooms>(rooms)), { caller: typeof caller === 'function' ? caller : () => caller })
