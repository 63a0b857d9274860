// The API on both ways in, in this process: a real socket, a real port, a real database, and time that tests set.
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createHttp, type Http, type HttpOptions } from '../../../src/api/access/http.ts'
import type { TokenCreatedShape } from '../../../src/api/contract/shapes.ts'
import { type Api, createApi } from '../../../src/api/server/control-socket.ts'
import type { Caller, Routes } from '../../../src/api/server/route.ts'
import { systemRandom } from '../../../src/base/clock.ts'
import type { Seat } from '../../../src/base/kernel/sessions.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { type TokenRepository, tokens as tokenTable } from '../../../src/store/tables/tokens.ts'
import type { Rights } from '../../../src/trust/access/index.ts'
import type { AuditRecord } from '../../../src/trust/audit/index.ts'
import { temporaryDatabase, temporaryDirectory } from '../data/database.ts'
import { callDaemon } from '../node/call-daemon.ts'
import { VirtualTime } from '../run/virtual-time.ts'
import { owner, unreadLedger } from './callers.ts'
import { type Answer, type Sent, send } from './http.ts'

export interface Rig {
  readonly http: Http
  readonly api: Api
  readonly port: number
  /** Path of the control socket. */
  readonly socket: string
  readonly repository: TokenRepository
  readonly audited: readonly AuditRecord[]
  /** What each may do now; nobody may more than their own. */
  readonly rights: Map<number, Rights>
  /** People whose data is held back: their account is not there. */
  readonly held: Set<number>
  /** Both clocks go on by so much, and what is due then happens. */
  pass(ms: number): void
  /** Whoever asks over the control socket from now on is this person. */
  speaksAs(uid: number): void
  /** Whoever asks over the control socket from now on sits here; undefined: the kernel does not say. */
  sitsAt(seat: Seat | undefined): void
  /** As this person, over the control socket. */
  asPerson(uid: number, method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown>
  /** A token of theirs. */
  token(uid: number, wanted?: Record<string, unknown>): Promise<TokenCreatedShape>
  send(path: string, sent?: Sent): Promise<Answer>
  /** With a token. */
  with(token: string, path: string, sent?: Sent): Promise<Answer>
}

const NONE: Rights = { admin: false, asks: false }

export async function startRig(
  routes: readonly Routes[] = [],
  {
    enabled = true,
    approving,
  }: { readonly enabled?: boolean; readonly approving?: HttpOptions['checkApproving'] } = {},
): Promise<Rig> {
  const socket = join(temporaryDirectory(), 'karo.sock')
  const repository = tokenTable.in(await temporaryDatabase())
  const audited: AuditRecord[] = []
  const rights = new Map<number, Rights>()
  const timers = new VirtualTime(Date.UTC(2026, 0, 1))
  const { clock } = timers
  const rightsOf = async (uid: number): Promise<Rights> => rights.get(uid) ?? NONE
  /** Who asks over the socket next. */
  let person = 0
  const held = new Set<number>()
  let seat: Seat | undefined
  const seatOf = ({ via }: Caller) => (via === 'socket' ? seat : undefined)
  const http = createHttp({
    checkApproving: approving ?? (() => {}),
    seatOf,
    accountOf: async (person) => (held.has(person) ? undefined : person),
    repository,
    clock,
    random: systemRandom,
    log: silentLog,
    config: { http: { enabled, port: 0 } },
    audit: { record: async (record) => void audited.push(record) },
    onRefused: () => {},
    handle: (request, response) => api.handle(request, response),
    timers,
    rightsOf,
  })
  const api = createApi({
    socketPath: socket,
    audit: unreadLedger,
    clock,
    timers,
    rightsOf,
    log: silentLog,
    routes: [...http.routes, ...routes],
    callerOf: (request, reply) =>
      http.owns(request.raw.socket)
        ? http.callerOf(request.raw, reply.raw)
        : { ...owner(person), ...(rights.get(person) ?? NONE) },
  })
  const rooms = [http.tokens, api, ...(enabled ? [http.listener] : [])]
  onTestFinished(async () => {
    for (const room of rooms.toReversed()) await room.stop()
  })
  for (const room of rooms) await room.start(new AbortController().signal)
  const port = http.address()?.port ?? 0

  const rig: Rig = {
    http,
    api,
    port,
    socket,
    repository,
    audited,
    rights,
    held,
    pass: (ms) => timers.advance(ms),
    speaksAs(uid) {
      person = uid
    },
    sitsAt(next) {
      seat = next
    },
    asPerson(uid, method, path, body) {
      rig.speaksAs(uid)
      return callDaemon({ socket }, method, path, body)
    },
    token: async (uid, wanted = {}) =>
      (await rig.asPerson(uid, 'POST', '/api/v1/tokens', wanted)) as TokenCreatedShape,
    send: (path, sent) => send(port, path, sent),
    with: (token, path, sent = {}) =>
      send(port, path, { ...sent, headers: { ...sent.headers, authorization: `Bearer ${token}` } }),
  }
  return rig
}
