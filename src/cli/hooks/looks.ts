// Whether the settings of this person's AI coding tools have Karo's hook as it would be written now, for the checks.
import { readFileSync } from 'node:fs'
import { loadGuard } from '../../assist/guard/index.ts'
import { systemRandom } from '../../base/clock.ts'
import { ADAPTER_NAMES, ADAPTERS } from '../adapters/index.ts'
import { NotEditable } from '../adapters/json-edit.ts'
import { MARK, ownLines, withHooks } from '../adapters/settings.ts'
import type { CommandIo } from '../command.ts'
import type { ToolHookLook } from '../doctor/world.ts'
import { homeOf } from '../place.ts'
import { editFile } from '../shells/rc-file.ts'
import { fileOf, hookLine } from './settings.ts'

/** Of each tool whose own settings have it; a project's are for others too, and say nothing of this person's Karo. */
export function toolHookLooks(io: CommandIo): readonly ToolHookLook[] {
  const home = homeOf(io)
  const guard = loadGuard({ home: io.home, env: io.env })
  return ADAPTER_NAMES.flatMap((tool) => {
    const adapter = ADAPTERS[tool]
    const { settings, title } = adapter
    if (settings === undefined) return []
    const file = fileOf(io, settings, 'user', home)
    const text = textOf(file)
    if (!text.includes(MARK)) return []
    const raw = linesIn(text)
    const [line] = raw
    // Of a configuration that cannot be used nobody knows what its owner wants: that stays.
    const stops = guard.failure === undefined ? guard.onError === 'block' : line?.includes('|| exit 2')
    const expected = hookLine(io, { adapter, scope: 'user' }, stops ? 'block' : 'allow')
    const bytes = Buffer.from(expected, 'utf8').toString('latin1')
    return {
      ...{ tool, title, file, expected },
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

/** Latin-1, as the file is edited. One that is not there, or not to be read, is empty. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
