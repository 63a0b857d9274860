// The local models as the daemon keeps them: asked in their order, with what is known of each endpoint's health.
import type { Clock } from '../../../base/clock.ts'
import { KaroError } from '../../../base/errors.ts'
import { isMembers } from '../../../base/shape/json-object.ts'
import { addressesOf } from '../../../config/host-names.ts'
import type { Config } from '../../../config/table.ts'
import type { Reach } from './endpoint.ts'
import { createHealth, firstOf } from './fallback.ts'
import { jsonOf, replyOf } from './index.ts'
import { nameOf, type Place, placeOf, placesOf } from './places.ts'

/** Milliseconds for a list of models, and for embeddings. */
const LIST_MS = 2_000
const EMBED_MS = 10_000
const MOST_OFFERED = 64
const MOST_DIMENSIONS = 8_192

/** One endpoint as it is now. */
interface ModelState {
  /** Host and port. */
  readonly name: string
  readonly endpoint: string
  /** Empty: the server's own default. */
  readonly model: string
  readonly use: 'text' | 'embeddings'
  readonly state: 'up' | 'down'
  /** Why it is down; empty otherwise. */
  readonly detail: string
  /** Milliseconds until it is asked again; 0: with the next request. */
  readonly restsMs: number
  /** Names of the models that it has. */
  readonly offers: readonly string[]
}

export function createModels(
  config: Pick<Config, 'ask' | 'memory' | 'mesh' | 'discovery'>,
  clock: Pick<Clock, 'monotonic'>,
) {
  const health = createHealth(clock)
  const lookup = (signal: AbortSignal) => (host: string) => addressesOf(host, config, signal)
  const forVectors = (): readonly Place[] =>
    config.memory.embeddings === '' ? [] : [placeOf(config.memory.embeddings)]

  async function lookAt(place: Place, use: ModelState['use'], signal: AbortSignal): Promise<ModelState> {
    let offers: readonly string[] = []
    if (health.of(place).restsMs === 0) {
      const both = AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)])
      try {
        offers = offered(
          await jsonOf(place, 'models', {
            lookup: lookup(both),
            signal: both,
            ...(use === 'embeddings' && { reach: 'loopback' as const }),
          }),
        )
        health.worked(place)
      } catch (error) {
        signal.throwIfAborted()
        health.failed(place, error instanceof KaroError ? error.message : `no answer within ${LIST_MS} ms`)
      }
    }
    const { state, detail, restsMs } = health.of(place)
    return {
      name: nameOf(place),
      endpoint: place.endpoint,
      model: place.model,
      use,
      offers,
      state: state === 'up' ? 'up' : 'down',
      detail,
      restsMs,
    }
  }

  return {
    /** How many endpoints for texts are configured. */
    count: () => config.ask.fallbacks.length + (config.ask.endpoint === '' ? 0 : 1),
    /** The text that the first endpoint answers with. `reach`: `loopback` for what may not leave this machine. `by`: its host and port; `notes`: which ones were not asked or failed, and why. */
    async chat(body: (model: string) => string, signal: AbortSignal, reach: Reach = 'private') {
      const places = placesOf(config.ask)
      if (places.length === 0) throw new KaroError('unavailable', 'no local model is configured')
      const timeoutMs = config.ask.timeout_ms
      const { answer, by, notes } = await firstOf(
        places,
        { timeoutMs, signal, health, clock },
        (place, { signal: own, begun }) =>
          replyOf(place, { body: body(place.model), lookup: lookup(own), signal: own, heard: begun, reach }),
      )
      return { text: answer, by: nameOf(by), notes }
    },
    /** One vector for each text, by the endpoint of `memory.embeddings`; undefined if none is configured. `by` also names the model. */
    async embed(texts: readonly string[], signal: AbortSignal) {
      const places = forVectors()
      if (places.length === 0) return undefined
      const { answer, by } = await firstOf(
        places,
        { timeoutMs: EMBED_MS, signal, health, clock },
        async (place, { signal: own }) => {
          const body = JSON.stringify({ ...(place.model !== '' && { model: place.model }), input: texts })
          // Notes are raw text, which never leaves the machine.
          const how = { body, lookup: lookup(own), signal: own, reach: 'loopback' } as const
          const said = await jsonOf(place, 'embeddings', how)
          return vectorsIn(said, texts.length)
        },
      )
      return { vectors: answer, by: `${by.model} at ${nameOf(by)}`.trim() }
    },
    /** Asks each endpoint that does not rest for its list of models. */
    look: (signal: AbortSignal) =>
      Promise.all([
        ...placesOf(config.ask).map((place) => lookAt(place, 'text', signal)),
        ...forVectors().map((place) => lookAt(place, 'embeddings', signal)),
      ]),
  }
}

const rowsOf = (value: unknown): readonly unknown[] =>
  isMembers(value) && Array.isArray(value.data) ? value.data : []

const offered = (value: unknown): readonly string[] =>
  rowsOf(value)
    .flatMap((row) => (isMembers(row) && typeof row.id === 'string' ? [row.id.slice(0, 128)] : []))
    .slice(0, MOST_OFFERED)

/** Throws KaroError `unavailable` unless there is one vector of finite numbers for each text, all of one length. */
function vectorsIn(value: unknown, count: number): readonly (readonly number[])[] {
  const rows = rowsOf(value)
  const vectors = rows.map((row) => (isMembers(row) ? row.embedding : undefined))
  const [first] = vectors
  const length = Array.isArray(first) ? first.length : 0
  const isVector = (one: unknown): one is number[] =>
    Array.isArray(one) && one.length === length && one.every((number) => Number.isFinite(number))
  if (vectors.length !== count || length === 0 || length > MOST_DIMENSIONS || !vectors.every(isVector))
    throw new KaroError('unavailable', 'its embeddings have another shape')
  return vectors
}
