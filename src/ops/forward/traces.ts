// Traces by OTLP/HTTP: each finished step that the log tells of, with the time that it took, is a span in its request's trace.
import { toHex } from '../../base/hex.ts'
import { createRecent } from '../../base/recent.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { LogFields, LogLevel } from '../../base/run/log.ts'
import type { Sending, SendingDeps, Span } from './otlp.ts'

/** Numbers of `@opentelemetry/api`, which is loaded only where traces are sent. */
const [INTERNAL, SERVER, CLIENT] = [0, 1, 2] as const
const [UNSET, FAILED] = [0, 2] as const
const SAMPLED = 1

interface SpanForm {
  readonly name: (fields: LogFields) => string
  readonly kind: 0 | 1 | 2
  /** Fields of the line that are told, and under which names; nothing else is, whatever the line says. */
  readonly attributes: Readonly<Record<string, string>>
  readonly failed?: (fields: LogFields) => boolean
}

/** By the message of a line with `trace_id` and `elapsed_ms`. No field here holds what a person typed, named or keeps secret. */
const SPANS: Readonly<Record<string, SpanForm>> = {
  request: {
    name: ({ method, route }) => `${method} ${route}`,
    kind: SERVER,
    attributes: { method: 'http.request.method', route: 'http.route', status: 'http.response.status_code' },
    failed: ({ status }) => Number(status) >= 500,
  },
  'query ended': {
    name: () => 'ask the mesh',
    kind: CLIENT,
    attributes: {
      query_type: 'karo.query_type',
      known: 'karo.known',
      answered: 'karo.answered',
      denied: 'karo.denied',
      unreachable: 'karo.unreachable',
    },
  },
  'question answered': {
    name: () => 'answer a question',
    kind: SERVER,
    attributes: {
      query_type: 'karo.query_type',
      decision: 'karo.decision',
      status: 'karo.status',
      peer: 'karo.peer',
    },
  },
  'a task is over': {
    name: () => 'run a task',
    kind: INTERNAL,
    attributes: { state: 'karo.task.state' },
    failed: ({ state }) => state === 'failed',
  },
  'a job is over': {
    name: () => 'run in a jail',
    kind: CLIENT,
    attributes: { end: 'karo.job.end', code: 'process.exit.code' },
  },
}

export interface TracesDeps extends SendingDeps, Pick<Ambient, 'clock' | 'random'> {}

/** The traces whose first request this node had, so that its span is the one above all others. */
const ROOTS_MAX = 4_096

/** Nothing is loaded, connected or kept where `forward.traces` is empty. `onTrouble` is told each other reason once. */
export function createTraces(deps: TracesDeps) {
  const { clock, random, sender } = deps
  const { traces } = deps.config.forward
  const roots = createRecent<string, true>(ROOTS_MAX)
  let sending: Sending | undefined
  let problem: string | undefined

  /** Every step of a trace, on each node, hangs below the span with the first half of the trace's id: that of its first request. */
  function idsOf(trace: string, isRequest: boolean) {
    const top = trace.slice(0, 16)
    if (!isRequest || roots.has(trace)) return { span: toHex(random.bytes(8)), parent: top }
    roots.set(trace, true)
    return { span: top, parent: undefined }
  }

  function onTrouble(reason?: string): undefined {
    if (reason === problem) return
    problem = reason
    deps.onTrouble(reason)
  }

  function spanOf(form: SpanForm, trace: string, elapsedMs: number, fields: LogFields): Span {
    const end = clock.now()
    const ids = idsOf(trace, form === SPANS.request)
    const context = (spanId: string) => ({ traceId: trace, spanId, traceFlags: SAMPLED })
    const told = Object.entries(form.attributes).flatMap(([field, name]) => {
      const value = fields[field]
      return value === undefined || typeof value === 'object' ? [] : [[name, value] as const]
    })
    return {
      name: form.name(fields),
      kind: form.kind,
      spanContext: () => context(ids.span),
      ...(ids.parent !== undefined && { parentSpanContext: context(ids.parent) }),
      startTime: timeOf(end - elapsedMs),
      endTime: timeOf(end),
      duration: timeOf(elapsedMs),
      status: { code: form.failed?.(fields) === true ? FAILED : UNSET },
      attributes: Object.fromEntries(told),
      links: [],
      events: [],
      ended: true,
      instrumentationScope: { name: 'karo', version: sender.version },
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    }
  }

  return {
    name: 'traces',
    sink(_: LogLevel, fields: LogFields, message: string) {
      const { trace_id, elapsed_ms } = fields
      if (sending === undefined || typeof trace_id !== 'string' || typeof elapsed_ms !== 'number') return
      const form = Object.hasOwn(SPANS, message) ? SPANS[message] : undefined
      if (form !== undefined) sending.send(spanOf(form, trace_id, elapsed_ms, fields))
    },
    async start() {
      if (traces === '') return
      const { createSending } = await import('./otlp.ts')
      // A node without traces is better than none.
      sending = await createSending({ ...deps, onTrouble }).catch((error: Error) => onTrouble(error.message))
    },
    async stop() {
      const ending = sending
      sending = undefined
      await ending?.end()
    },
    /** Why the collector did not take the last ones, for people; null if it did, undefined where there is none. */
    problem: () => (traces === '' ? undefined : (problem ?? null)),
  }
}

/** Seconds and nanoseconds. */
const timeOf = (ms: number): Span['startTime'] => [Math.floor(ms / 1_000), Math.round((ms % 1_000) * 1e6)]
