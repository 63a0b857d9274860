// Whether a tool runs the hook in its settings, for tools that run only hooks that their owner has trusted.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codexTrust } from '../adapters/codex-trust.ts'
import type { AdapterName } from '../adapters/index.ts'

export type Trust = ReturnType<typeof codexTrust>

/** `file`: the tool's settings with the hook; `directory`: the tool's own. Undefined for a tool that runs every hook there. */
export function trustOf(tool: AdapterName, file: string, directory: string): Trust | undefined {
  if (tool !== 'codex') return undefined
  try {
    return codexTrust(readFileSync(file, 'utf8'), file, textAt(join(directory, 'config.toml')))
  } catch {
    return 'unknown'
  }
}

/** Empty where there is no such file; one that is not to be read throws, and then nothing is known. */
function textAt(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
