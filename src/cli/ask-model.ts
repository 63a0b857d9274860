// Asks the configured model for `karo ask`, within its time, and with only the data that it may have.
import { nearestEntries } from '../assist/copilot/ask/answer.ts'
import { concepts } from '../assist/copilot/ask/language.ts'
import type { OwnCommand } from '../assist/copilot/ask/own-history.ts'
import type { Knowledge } from '../assist/copilot/knowledge.ts'
import { askModel, TOOLS_TOLD } from '../assist/copilot/model/index.ts'
import { nameOf, type Place, placesOf } from '../assist/copilot/model/places.ts'
import type { Shell } from '../assist/risk/index.ts'
import { onPath } from '../base/run/programs.ts'
import { addressesOf } from '../config/host-names.ts'
import { loadConfig } from '../config/load.ts'
import { type CommandIo, KaroError } from './kit.ts'
import { watchInterrupt } from './terminal/interrupt.ts'
import { createLiveLine } from './terminal/live-line.ts'

export interface ModelSaid {
  readonly name: string
  readonly command?: string
  /** Why the model gave no command. */
  readonly note?: string
}

const MOST_SHARED = 20

/** Undefined if no model is configured. An unusable configuration gives a note and no error. */
export async function modelAnswer(
  io: CommandIo,
  asked: {
    readonly request: string
    readonly shell: Shell
    readonly own: readonly OwnCommand[]
    readonly knowledge: Knowledge
  },
): Promise<ModelSaid | undefined> {
  let config: ReturnType<typeof loadConfig>['config']
  let places: readonly Place[]
  try {
    config = loadConfig(io).config
    places = placesOf(config.ask)
  } catch (error) {
    const what =
      error instanceof KaroError ? [error.where, error.message].filter(Boolean).join(': ') : 'it failed'
    return { name: '', note: `The model was not asked: ${what}.` }
  }
  const [first] = places
  if (first === undefined) return undefined
  const settings = config.ask
  using interrupt = watchInterrupt()
  using line = createLiveLine(io)
  line.show(`asking ${first.model || 'the model'} …`)
  const { request, shell, own, knowledge } = asked
  const history = settings.share_history ? resembling(request, own) : []
  const tools = TOOLS_TOLD.filter((tool) => onPath(tool, io.env.PATH)?.startsWith('/'))
  const said = await askModel(
    { words: request, shell, tools, history, known: nearestEntries(request, knowledge) },
    {
      places,
      timeoutMs: settings.timeout_ms,
      signal: interrupt.signal,
      lookup: (host) => addressesOf(host, config, interrupt.signal),
      progress: (characters) => line.show(`asking ${first.model || 'the model'} … ${characters} characters`),
    },
  )
  if ('failure' in said)
    return { name: first.model || 'of the server', note: `The model was not used: ${said.failure}.` }
  // Names the model that answered if there are several.
  const at = places.length > 1 ? ` at ${nameOf(said.by)}` : ''
  return { name: `${said.by.model || 'of the server'}${at}`, command: said.command }
}

/** Own commands that share a word with the request. Their secrets were taken out when they were stored. */
function resembling(request: string, own: readonly OwnCommand[]): readonly string[] {
  const words = new Set(concepts(request))
  const found = own.filter(({ command }) => concepts(command).some((word) => words.has(word)))
  return [...new Set(found.map(({ command }) => command))].slice(0, MOST_SHARED)
}
