// karo model: the local models that are configured, whether each answers, and how quickly.

import { getModels } from '../../../api/contract/operations/agents/planner.ts'
import { replyOf } from '../../../assist/copilot/model/index.ts'
import { nameOf, type Place, placesOf } from '../../../assist/copilot/model/places.ts'
import { addressesOf } from '../../../config/host-names.ts'
import { loadConfig } from '../../../config/load.ts'
import type { Config } from '../../../config/table.ts'
import { defineCommand, EXIT, KaroError, type Screen, show, table } from '../../kit.ts'
import { watchInterrupt } from '../../terminal/interrupt.ts'

type Tested = Awaited<ReturnType<typeof tested>>

const ms = (time: number | null): string => (time === null ? '–' : `${time} ms`)

const testedView = ({ models }: { readonly models: readonly Tested[] }, screen: Screen): string =>
  table(screen, models, {
    ENDPOINT: 'name',
    MODEL: ({ model }) => model || 'its default',
    ANSWERS: { value: ({ ok }) => (ok ? 'yes' : 'no'), style: ({ ok }) => (ok ? 'green' : 'red') },
    FIRST: { value: ({ first_ms }) => ms(first_ms), align: 'right' },
    WHOLE: { value: ({ whole_ms }) => ms(whole_ms), align: 'right' },
    DETAIL: { value: 'detail', wrap: true },
  })

const CONFIGURE = 'Write endpoint = "http://127.0.0.1:11434/v1" under [ask] in config.toml.'

const list = defineCommand('model list', {
  summary: 'list the configured local models, in the order in which they are asked',
  shows: getModels,
  view: ({ models }, io) =>
    table(
      io,
      models,
      {
        ENDPOINT: 'endpoint',
        MODEL: ({ model }) => model || 'its default',
        FOR: 'use',
        STATE: {
          value: ({ state, rests_ms }) =>
            rests_ms === 0 ? state : `${state}, paused for ${Math.ceil(rests_ms / 1_000)} s`,
          style: ({ state }) => (state === 'up' ? 'green' : 'red'),
        },
        DETAIL: { value: ({ detail, offers }) => detail || offers.join(', '), wrap: true },
      },
      `No local model is configured. ${CONFIGURE}\n`,
    ),
})

const test = defineCommand('model test', {
  summary: 'let each configured model answer one word, without a node, and show how long it takes',
  json: 'one document: `models`, each with `name`, `model`, `ok`, `detail`, `first_ms` and `whole_ms`',
  async run(io) {
    const { config } = loadConfig(io)
    const places = placesOf(config.ask)
    if (places.length === 0)
      throw new KaroError('not_found', 'no local model is configured', {
        hint: CONFIGURE,
      })
    using interrupt = watchInterrupt()
    const models = []
    for (const place of places) models.push(await tested(place, config, interrupt.signal))
    show(io, { models }, testedView)
    return models.some(({ ok }) => ok) ? EXIT.done : EXIT.failed
  },
})

async function tested(place: Place, config: Config, ctrlC: AbortSignal) {
  const began = performance.now()
  const since = (): number => Math.round(performance.now() - began)
  const deadline = AbortSignal.timeout(config.ask.timeout_ms)
  const signal = AbortSignal.any([ctrlC, deadline])
  const named = { name: nameOf(place), model: place.model }
  let first_ms: number | null = null
  const body = JSON.stringify({
    model: place.model || undefined,
    messages: [{ role: 'user', content: 'Say: ready' }],
    temperature: 0,
    max_tokens: 16,
    stream: true,
  })
  try {
    const said = await replyOf(place, {
      body,
      signal,
      lookup: (host) => addressesOf(host, config, signal),
      heard() {
        first_ms ??= since()
      },
    })
    return { ...named, ok: true, detail: said.slice(0, 80), first_ms, whole_ms: since() }
  } catch (error) {
    ctrlC.throwIfAborted()
    const detail = deadline.aborted
      ? `no whole answer within ${config.ask.timeout_ms} ms (ask.timeout_ms)`
      : error instanceof KaroError
        ? error.message
        : 'it failed'
    return { ...named, ok: false, detail, first_ms, whole_ms: null }
  }
}

export const commands = [list, test]
