// Looks for the doctor whether the settings of the person's AI coding tools have Karo's present hook.
import { loadGuard } from '../../assist/guard/index.ts'
import { systemRandom } from '../../base/clock.ts'
import { ADAPTER_NAMES, ADAPTERS } from '../adapters/index.ts'
import { NotEditable } from '../adapters/json-edit.ts'
import { MARK, ownLines, withHooks } from '../adapters/settings.ts'
import type { CommandIo } from '../command.ts'
import type { ToolHookLook } from '../doctor/world.ts'
import { homeOf } from '../place.ts'
import { editFile, textOf } from '../shells/rc-file.ts'
import { asksIn } from './ask-option.ts'
import { inboxIn } from './inbox-option.ts'
import { fileOf, hookLine, toolDirectory } from './settings.ts'
import { trustOf } from './trust.ts'

/** The tools whose settings for this person have the hook; settings of projects are for other people too. */
export function toolHookLooks(io: CommandIo): readonly ToolHookLook[] {
  const home = homeOf(io)
  const guard = loadGuard(io)
  return ADAPTER_NAMES.flatMap((tool) => {
    const adapter = ADAPTERS[tool]
    const { settings, title } = adapter
    if (settings === undefined) return []
    const file = fileOf(io, settings, 'user', home)
    const text = textOf(file)
    if (!text.includes(MARK)) return []
    const raw = linesIn(text)
    const [line] = raw
    // If the configuration cannot be used, the owner's wish is unknown, so the hook stays as it is.
    const stops = guard.failure === undefined ? guard.onError === 'block' : line?.includes('|| exit 2')
    const expected = hookLine(io, { adapter, scope: 'user' }, stops ? 'block' : 'allow', {
      inbox: inboxIn(line ?? ''),
      ask: asksIn(line ?? ''),
    })
    const bytes = Buffer.from(expected, 'utf8').toString('latin1')
    const trust = trustOf(tool, file, toolDirectory(io, settings, home))
    return {
      tool,
      title,
      file,
      expected,
      trust,
      lines: raw.map((one) => Buffer.from(one, 'latin1').toString('utf8')),
      placed: line !== undefined && withHooks(text, settings, line) === text,
      refresh: () => void editFile(file, (old) => withHooks(old, settings, bytes), systemRandom),
    }
  })
}

function linesIn(text: string): readonly string[] {
  try {
    return ownLines(text)
  } catch (error) {
    if (error instanceof NotEditable) return []
    throw error
  }
}
