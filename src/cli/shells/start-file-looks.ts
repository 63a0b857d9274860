// Whether the start files of this person's shells load the hook, for the checks.
import { resolve } from 'node:path'
import { orElse } from '../../base/run/or-else.ts'
import { isThroughSudo } from '../../base/run/person-home.ts'
import { SHELLS } from '../../observe/hooks/index.ts'
import type { StartFileLook } from '../doctor/world.ts'
import { type CommandIo, homeOf } from '../kit.ts'
import { flagsFrom } from './flags.ts'
import { hookLine } from './hook-line.ts'
import { editFile, markedLines, textOf, withLine } from './rc-file.ts'
import { loginShell, START_FILES } from './start-files.ts'
import { systemHooks } from './system-files.ts'

/** Shells of this person whose new ones load the hook: by a start file of their own, or of the machine. */
export const hookedShells = (io: CommandIo): readonly string[] => [
  ...new Set([
    ...orElse(() => startFileLooks(io), []).flatMap(({ shell, marked, unmarked }) =>
      marked.length > 0 || unmarked ? [shell] : [],
    ),
    ...systemHooks().keys(),
  ]),
]

/** What follows that nothing is recorded. The shells of who typed sudo are not those of root. */
export function hookWords(io: CommandIo): string {
  if (isThroughSudo(io.env)) return ' for root'
  return hookedShells(io).length > 0
    ? '; new shells are recorded'
    : ': karo shell install  records and guards every new shell'
}

/** Of every shell there is a hook for; none of them is the login shell where Karo has no hook for that. */
export function startFileLooks(io: CommandIo): readonly StartFileLook[] {
  const login = loginShell(io)
  const hooked = systemHooks()
  return SHELLS.map((shell) => {
    const file = resolve(START_FILES[shell].path(io.env, homeOf(io)))
    const text = textOf(file)
    const marked = markedLines(text)
    // With the flags that the line has now.
    const expected = hookLine(io, shell, flagsFrom(marked))
    return {
      shell,
      file,
      login: shell === login && !isThroughSudo(io.env),
      marked,
      unmarked: /^[^#\n]*\bshell init\b/m.test(text),
      ofMachine: hooked.get(shell),
      expected,
      refresh: () => void editFile(file, (old) => withLine(old, expected)),
    }
  })
}
