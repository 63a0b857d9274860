// Looks for the doctor and for karo hook list whether the settings of AI coding tools have Karo's present hook.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadGuard } from '../../assist/guard/index.ts'
import { orElse } from '../../base/run/or-else.ts'
import { codexTrust } from '../adapters/codex-trust.ts'
import { ADAPTER_NAMES, ADAPTERS, type AdapterName, type HookSettings } from '../adapters/index.ts'
import { inboxIn, MARK, ownLines, withHooks } from '../adapters/settings.ts'
import type { CommandIo } from '../command.ts'
import type { ToolHookLook } from '../doctor/world.ts'
import { editFile, textOf } from '../shells/rc-file.ts'
import { asksIn } from './options.ts'
import { fileOf, hookLine, type Place, toolDirectory } from './settings.ts'

/** The tools whose settings for this person have the hook; settings of projects are for other people too. */
export const toolHookLooks = (io: CommandIo): readonly ToolHookLook[] =>
  ADAPTER_NAMES.flatMap((tool) => hookLook(io, tool, 'user') ?? [])

/** Undefined where the settings there have no hook of Karo. */
export function hookLook(io: CommandIo, tool: AdapterName, scope: Place['scope']): ToolHookLook | undefined {
  const adapter = ADAPTERS[tool]
  const { settings, title } = adapter
  if (settings === undefined) return undefined
  const file = fileOf(io, settings, scope)
  const text = textOf(file)
  if (!text.includes(MARK)) return undefined
  const guard = loadGuard(io)
  const raw = orElse(() => ownLines(text), [])
  const [line] = raw
  // If the configuration cannot be used, the owner's wish is unknown, so the hook stays as it is.
  const stops = guard.failure === undefined ? guard.onError === 'block' : line?.includes('|| exit 2')
  const expected = hookLine(io, { adapter, scope }, stops ? 'block' : 'allow', {
    inbox: inboxIn(line ?? ''),
    ask: asksIn(line ?? ''),
  })
  const bytes = Buffer.from(expected, 'utf8').toString('latin1')
  const directory = toolDirectory(io, settings)
  return {
    tool: scope === 'project' ? `${tool} --project` : tool,
    title,
    file,
    expected,
    trust: tool === 'codex' ? trustIn(file, join(directory, 'config.toml')) : undefined,
    off: offIn(settings, directory),
    lines: raw.map((one) => Buffer.from(one, 'latin1').toString('utf8')),
    placed: line !== undefined && withHooks(text, settings, line) === text,
    refresh: () => void editFile(file, (old) => withHooks(old, settings, bytes)),
  }
}

/** The first file of the tool's own, of this project's or of the machine's that turns its hooks off. */
function offIn({ off, settings, inProject, directory }: HookSettings, own: string): string | undefined {
  const files = settings.flatMap((file) => [join(own, file), join(directory.name, file)])
  return [...files, ...inProject, ...(off?.of ?? [])].find((file) => off?.by.test(textOf(file)))
}

/** A file that is not to be read throws, and then nothing is known; one that is not there says nothing. */
const trustIn = (file: string, config: string) =>
  orElse(
    () =>
      codexTrust(readFileSync(file, 'utf8'), file, existsSync(config) ? readFileSync(config, 'utf8') : ''),
    'unknown' as const,
  )
