// The program by which a tool starts in a jail of karo run: in front of the tool's own on the PATH of shells with the hook.
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { quoteShell } from '../../base/quote.ts'
import { ADAPTERS, type AdapterName } from '../adapters/index.ts'
import type { CommandIo } from '../command.ts'
import { programOf } from '../own-program.ts'
import { startersOf } from '../run/starters.ts'
import { writeOwn } from '../shells/rc-file.ts'

/** Undefined for a tool that has no program of its own. */
export function starterOf({ home }: CommandIo, tool: AdapterName): string | undefined {
  const program = ADAPTERS[tool].settings?.program
  return program && join(startersOf(home), program)
}

export function makeStarter(io: CommandIo, path: string, program: string): void {
  const home = io.env.KARO_HOME ? ['--home', io.home] : []
  const words = [...programOf(io).words, 'run', ...home, '--', program].map(quoteShell)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeOwn(
    path,
    `#!/bin/sh\n# Made by karo hook install --jail; karo hook uninstall removes it.\nexec ${words.join(' ')} "$@"\n`,
    0o755,
  )
}

/** Whether the tool starts in a jail. */
export const startsInJail = (io: CommandIo, tool: AdapterName): boolean =>
  existsSync(starterOf(io, tool) ?? '')

export function removeStarter(io: CommandIo, tool: AdapterName): void {
  const path = starterOf(io, tool)
  if (path !== undefined) rmSync(path, { force: true })
}
