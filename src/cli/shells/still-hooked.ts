// Which of a person's start files load the hook, for what is said after one of them was rid of it.
import { SHELLS } from '../../observe/hooks/index.ts'
import type { CommandIo } from '../command.ts'
import { absolutePath, homeOf } from '../place.ts'
import { markedLines, textOf } from './rc-file.ts'
import { START_FILES } from './start-files.ts'

/** A line for each shell that still has the hook in its start file, and how to take it out; empty where none has. */
export function stillHooked(io: CommandIo): string {
  return SHELLS.map((shell) => {
    const file = absolutePath(START_FILES[shell].path(io.env, homeOf(io)))
    return markedLines(textOf(file)).length > 0
      ? `Still in ${file}; to remove it there:  karo shell uninstall ${shell}\n`
      : ''
  }).join('')
}
