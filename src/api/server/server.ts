// The part of the API that every request passes, over the socket or TCP: limits, caller, rights, errors.

import { randomBytes } from 'node:crypto'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { ERROR_CODES, KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import { jsonText } from '../../base/printable.ts'
import { createQuotas } from '../../base/quota.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { BUILD } from '../../base/version.ts'
import type { RequestSeen } from '../../base/words/request-seen.ts'
import { traceOfParent } from '../../base/words/traceparent.ts'
import type { Audit } from '../../trust/audit/index.ts'
import { checkRights } from '../access/rights.ts'
import { describeError, RateLimited } from './errors.ts'
import type { Caller, Routes } from './route.ts'

/** Most bytes of a body; the largest usual request, a list of consents, is far smaller. */
const MAX_BODY_BYTES = 256 * 1024
/** Headers and body have to arrive within this time (slow-loris). */
const REQUEST_MS = 10_000
/** An idle connection ends after this time, unless it waits for an answer of this server. */
const IDLE_MS = 90_000
/** Uses of `daily` routes by one person: more than anybody needs in a day, and months of them do not fill the ledger. */
const DAILY = { frames: 1_000, perMs: 86_400_000 } as const
const PEOPLE_MAX = 4_096
const TRACE_ID = /^[0-9a-f]{32}$/

export interface ServerOptions extends Pick<Ambient, 'clock' | 'log'> {
  /** Gets which administrator changed what: entries of the change itself do not name the person. */
  readonly audit: Pick<Audit, 'record'>
  readonly routes: readonly Routes[]
  /** The caller of a request; undefined if unknown. Throws KaroError for an invalid credential. */
  readonly callerOf: (
    request: FastifyRequest,
    reply: FastifyReply,
  ) => Caller | undefined | Promise<Caller | undefined>
  /** Called after each answer. */
  readonly onAnswered?: (answered: RequestSeen) => void
}

/** Builds the server with all routes; tests use it with `inject`. */
export function buildServer(options: ServerOptions): FastifyInstance {
  const { clock, log } = options
  const server = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: 5_000,
    connectionTimeout: IDLE_MS,
    forceCloseConnections: 'idle',
    // Nobody reads what is read for an answer to HEAD, and a stream of events has no end.
    exposeHeadRoutes: false,
    http: { connectionsCheckingInterval: 2_000 },
    genReqId: ({ headers }) => traceIdOf(headers['x-trace-id'], headers.traceparent),
    // An unknown field is a mistake of the caller, so it is refused and not dropped silently.
    ajv: {
      customOptions: {
        removeAdditional: false,
        allErrors: false,
        // An error has the description of what it is about.
        verbose: true,
        coerceTypes: 'array',
        // The schemas are constants of this program, and compiling the schema of schemas takes longer than all of them.
        validateSchema: false,
      },
    },
    routerOptions: { maxParamLength: 256 },
    // A request that the router cannot read reaches no hook, and the router's own message would repeat the address.
    frameworkErrors(_error, _request, reply) {
      const { status, body } = describeError(new KaroError('bad_request', 'the address cannot be understood'))
      ;(reply as FastifyReply).code(status).send(body)
    },
  })
  server.setReplySerializer(jsonText)
  const started = new WeakMap<object, number>()
  server.addHook('onRequest', (request, reply, done) => {
    started.set(request, clock.monotonic())
    // An answer may take longer than a connection may be idle: all of a long history is removed. One that nobody reads is cut, unless it follows a task.
    reply.raw.on('timeout', (socket) => {
      if (reply.raw.headersSent) socket.destroy()
    })
    reply.header('x-trace-id', request.id)
    reply.header('cache-control', 'no-store')
    done()
  })
  // Default deny: a route without `access` is a mistake in this program, which is found at the start.
  server.addHook('onRoute', ({ url, config }) => {
    if (config?.access === undefined) throw new Error(`${url} does not say who may use it`)
  })
  server.decorateRequest('caller')
  const dayOf = createQuotas<number>(DAILY, PEOPLE_MAX)
  server.addHook('onRequest', async (request, reply) => {
    const caller = await options.callerOf(request, reply)
    if (caller !== undefined) {
      request.caller = caller
      reply.header('x-karo-build', BUILD)
    }
    const { config } = request.routeOptions
    checkRights({ method: request.method, config }, caller)
    if (config.daily && caller !== undefined && !dayOf(caller.person).take(clock.monotonic())) {
      throw new RateLimited(
        `that was more than ${DAILY.frames} such changes in a day`,
        DAILY.perMs / DAILY.frames,
        {
          hint: 'Wait two minutes. Consent and tokens can be withdrawn now.',
        },
      )
    }
  })
  // The duration counts until the answer begins, because a stream lasts as long as its reader likes.
  const begun = new WeakMap<object, number>()
  server.addHook('onSend', async (request, reply) => {
    begun.set(request, clock.monotonic())
    const { method, routeOptions, body, caller } = request
    const { statusCode: status } = reply
    // What was refused changed nothing, and neither did a look beforehand. What failed here may have changed something.
    const isRefused = status >= 400 && status < 500
    if (method !== 'POST' || isRefused || (body as { dry_run?: boolean } | null)?.dry_run) return
    // Without a caller nothing was begun, as where the system cannot say who asks.
    if (routeOptions.config?.access !== 'admin' || !caller) return
    await options.audit.record({
      type: 'administered',
      success: status < 400,
      trace_id: request.id,
      details: { uid: caller.person, operation: `${method} ${routeOptions.url}` },
    })
  })
  server.addHook('onResponse', (request, reply, done) => {
    const now = clock.monotonic()
    // The log gets the route's pattern and never the path, whose parameters may hold what a person typed.
    const { method, id, routeOptions } = request
    const { url: route, config } = routeOptions
    const { statusCode: status } = reply
    const elapsed_ms = (begun.get(request) ?? now) - (started.get(request) ?? now)
    options.onAnswered?.({ route, personal: config.personal === true, method, status, elapsed_ms })
    const told = { method, route: route ?? 'unknown', status, elapsed_ms: Math.round(elapsed_ms) }
    log.debug({ trace_id: id, ...told }, 'request')
    done()
  })
  server.setErrorHandler((error, request, reply) => {
    const { status, body, headers, unexpected } = describeError(error)
    if (unexpected) {
      log.error(
        {
          trace_id: request.id,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        },
        'request failed unexpectedly',
      )
    }
    if (status === ERROR_CODES.too_large.http) {
      // The request is read to its end, because a client whose connection is closed while it sends never sees the error.
      reply.removeHeader('connection')
      request.raw.resume()
    }
    reply.code(status).headers(headers).send(body)
  })
  server.setNotFoundHandler((request) => {
    throw new KaroError('not_found', `there is no ${request.method} ${request.url.split('?', 1)[0]}`)
  })
  for (const routes of options.routes) server.register(async (scope) => routes(scope))
  return server
}

/** Karo's own header, else that of W3C trace context, else a new one. */
function traceIdOf(own: string | string[] | undefined, parent: string | string[] | undefined): string {
  if (typeof own === 'string' && TRACE_ID.test(own)) return own
  return (typeof parent === 'string' && traceOfParent(parent)) || toHex(randomBytes(16))
}
