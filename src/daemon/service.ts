// Builds the API that clients of the daemon talk to, on the control socket and, where it is enabled, on TCP.
import { checkPerson, seatByKernel } from '../api/access/at-terminal.ts'
import { createHttp } from '../api/access/http.ts'
import { createPlaces } from '../api/access/places.ts'
import { connectFeed, createFeed } from '../api/feed/index.ts'
import { readPageFiles, windowRoutes } from '../api/routes/window.ts'
import { createApi, SOCKET_CONNECTIONS } from '../api/server/control-socket.ts'
import { KaroError } from '../base/errors.ts'
import { openPeerCredentials } from '../base/kernel/peer-credentials.ts'
import type { DaemonOptions } from './foundation.ts'
import { buildRemote } from './remote.ts'
import { type RouteParts, routesOf } from './routes.ts'

export type Service = Awaited<ReturnType<typeof buildService>>

export async function buildService(
  options: DaemonOptions,
  parts: Omit<RouteParts, 'feed' | 'http' | 'remote'>,
) {
  const { foundation, local } = parts
  const { metrics, common, ownUid } = foundation
  const { clock, random, log } = common
  const { access, approvals, audit, people, store } = local

  const remote = buildRemote(foundation, local, parts.network)
  const credentials = await openPeerCredentials(log)
  const places = createPlaces({ most: SOCKET_CONNECTIONS, ownUid, hasAccount: people.hasAccount })
  const feed = createFeed({ clock, random })
  connectFeed(feed, local, parts.network.reports)
  const http = createHttp({
    ...common,
    audit,
    repository: store.tokens,
    rightsOf: access.of,
    accountOf: people.uidOf,
    handle: (request, response) => api.handle(request, response),
    onRefused: metrics.refused,
    checkApproving: (caller) =>
      checkPerson(seatByKernel(caller), approvals.hasAsked, 'makes a token that approves'),
  })
  const api = createApi({
    ...common,
    socketPath: options.paths.binds,
    // Everybody may connect to the machine's: the kernel says who they are, and each sees their own.
    socketMode: options.service ? 0o666 : 0o600,
    routes: [...routesOf(options, { ...parts, remote, feed, http }), windowRoutes(readPageFiles())],
    onConnection(socket) {
      credentials.note(socket)
      if (options.service) places.seat(credentials.uidOf(socket), socket)
    },
    async callerOf(request, reply) {
      if (http.owns(request.raw.socket)) return http.callerOf(request.raw, reply.raw)
      const uid = credentials.uidOf(request.raw.socket)
      if (uid === undefined) return undefined
      // A request that only reads leaves no trace of its person; the first one that decides something is kept under
      // that person's number.
      const person = await people.numberOf(uid, { keep: request.method !== 'GET' })
      if (person === undefined) throw (await people.turnsAway(uid)) ? turnedAway(uid) : unsure(uid)
      const pid = credentials.pidOf(request.raw.socket)
      return { person, account: uid, ...(await access.of(uid)), via: 'socket', ...(pid && { pid }) }
    },
    isStillWho: async ({ person, account }) => (await people.numberOf(account)) === person,
    onAnswered: metrics.request,
    audit,
    rightsOf: access.of,
  })

  return { feed, http, api, holdings: remote.holdings, visits: remote.visits }
}

const turnedAway = (uid: number): KaroError =>
  new KaroError('refused', `no account of this machine has uid ${uid}`, {
    hint: 'Use Karo as a user of this machine.',
  })

const unsure = (uid: number): KaroError =>
  new KaroError('unavailable', `the system cannot say now whose account uid ${uid} is`, {
    hint: 'Try again soon. If it stays so: id says whether the name service answers.',
  })
