// What keeps a person's node running: their systemd, their new shells, or nothing.
import { basename, dirname, join } from 'node:path'
import { homePaths } from '../../config/paths.ts'
import { homeIn } from '../doctor/home-in.ts'
import { type CommandIo, homeOf } from '../kit.ts'
import { flagsFrom, START } from '../shells/flags.ts'
import { startFileLooks } from '../shells/start-file-looks.ts'
import { runningPid } from '../start/background.ts'
import { homeInUnit, unitFile } from '../start/user-unit.ts'

/** True for the line of a start file that loads the hook of this very home. */
export const isOfHome = (io: CommandIo, line: string): boolean => {
  const named = homeIn(Buffer.from(line, 'latin1').toString('utf8'))
  return (named || homePaths({ ...io.env, KARO_HOME: undefined }).home) === io.home
}

/** Start files whose line has new shells start the node of this home. */
export const startingFiles = (io: CommandIo): readonly string[] =>
  startFileLooks(io)
    .filter(({ marked }) => flagsFrom(marked.filter((line) => isOfHome(io, line))).includes(`--${START}`))
    .map(({ file }) => file)

/** The person's unit if it starts the node of this home: a file of theirs, or the link that `systemctl --user enable` makes to the package's. */
export function ownUnit(io: CommandIo): string | undefined {
  const unit = unitFile(io.env, homeOf(io))
  const link = join(dirname(unit), 'default.target.wants', basename(unit))
  return [unit, link].find((file) => homeInUnit(file, io.env) === io.home)
}

/** `by`: `systemd` for a unit of the person's own manager, `shells` where new shells start it. */
export async function keptBy(io: CommandIo) {
  const unit = ownUnit(io)
  const files = startingFiles(io)
  return {
    by: unit !== undefined ? 'systemd' : files.length > 0 ? 'shells' : 'nothing',
    unit: unit ?? null,
    start_files: files,
    running: (await runningPid(homePaths(io.env))) !== undefined,
  } as const
}
