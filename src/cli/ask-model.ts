// Asks the configured model for `karo ask`, within its time, and with only the data that it may have.
import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { concepts } from '../assist/copilot/matcher/language.ts'
import { askModel, TOOLS_TOLD } from '../assist/copilot/model/index.ts'
import type { OwnCommand } from '../assist/copilot/own-history.ts'
import type { Shell } from '../assist/risk/index.ts'
import { KaroError } from '../base/errors.ts'
import { addressesOf } from '../config/host-names.ts'
import { loadConfig } from '../config/load.ts'
import type { CommandIo } from './command.ts'
import { watchInterrupt } from './terminal/interrupt.ts'
import { createLiveLine } from './terminal/live-line.ts'

export interface ModelSaid {
  readonly name: string
  readonly command?: string
  /** Why the model gave no command. */
  readonly note?: string
}

/** Permissions of group and others, which the file with the key may not have. */
const TOO_WIDE = 0o077
const MOST_KEY = 4_096
const MOST_SHARED = 20

/** Undefined if no model is configured. An unusable configuration gives a note and no error. */
export async function modelAnswer(
  io: CommandIo,
  asked: {
    readonly request: string
    readonly shell: Shell
    readonly own: readonly OwnCommand[]
  },
): Promise<ModelSaid | undefined> {
  let config: ReturnType<typeof loadConfig>['config']
  let key: string | undefined
  try {
    config = loadConfig({ home: io.home, env: io.env }).config
    const settings = config.ask
    if (settings.endpoint === '') return undefined
    key = settings.key_file === '' ? undefined : keyIn(settings.key_file)
  } catch (error) {
    const what =
      error instanceof KaroError ? [error.where, error.message].filter(Boolean).join(': ') : 'it failed'
    return { name: '', note: `The model was not asked: ${what}.` }
  }
  const settings = config.ask
  const interrupt = watchInterrupt()
  const line = createLiveLine(io)
  line.show(`asking ${settings.model || 'the model'} …`)
  try {
    const { request, shell, own } = asked
    const history = settings.share_history ? resembling(request, own) : []
    const tools = TOOLS_TOLD.filter((tool) => isInstalled(tool, io.env.PATH ?? ''))
    const said = await askModel(
      { words: request, shell, tools, history, model: settings.model },
      {
        endpoint: settings.endpoint,
        key,
        timeoutMs: settings.timeout_ms,
        signal: interrupt.signal,
        lookup: (host) => addressesOf(host, config, interrupt.signal),
        progress: (characters) =>
          line.show(`asking ${settings.model || 'the model'} … ${characters} characters`),
      },
    )
    const name = settings.model || 'of the server'
    return 'command' in said
      ? { name, command: said.command }
      : { name, note: `The model was not used: ${said.failure}.` }
  } finally {
    line.end()
    interrupt.release()
  }
}

/** Reads the key. Throws KaroError `bad_file` if others may read the file, if it is empty, or not a file. */
function keyIn(path: string): string {
  const wrong = (message: string): KaroError => new KaroError('bad_file', message, { where: path })
  try {
    const { mode, size } = statSync(path)
    if ((mode & TOO_WIDE) !== 0) throw wrong(`others may read the model's key; run: chmod 600 ${path}`)
    if (size > MOST_KEY) throw wrong("the model's key is too long")
    const key = readFileSync(path, 'utf8').trim()
    if (!/^[\x21-\x7e]+$/.test(key)) throw wrong("the model's key is empty or has characters that no key has")
    return key
  } catch (error) {
    throw error instanceof KaroError ? error : wrong("the model's key cannot be read")
  }
}

/** Own commands that share a word with the request. Their secrets were taken out when they were stored. */
function resembling(request: string, own: readonly OwnCommand[]): readonly string[] {
  const words = new Set(concepts(request))
  const found = own.filter(({ command }) => concepts(command).some((word) => words.has(word)))
  return [...new Set(found.map(({ command }) => command))].slice(0, MOST_SHARED)
}

function isInstalled(tool: string, path: string): boolean {
  return path.split(':').some((directory) => {
    try {
      accessSync(join(directory, tool), constants.X_OK)
      return directory.startsWith('/')
    } catch {
      return false
    }
  })
}
