// The commands karo shell install --system and karo shell uninstall --system.
import { realpathSync } from 'node:fs'
import { systemRandom } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { type CommandInput, type CommandIo, show } from '../command.ts'
import { absoluteProgram } from '../own-program.ts'
import { fitted } from '../terminal/text.ts'
import { usage } from '../usage.ts'
import { WITHOUT } from './flags.ts'
import { mayOthersChange } from './own-home.ts'
import { changeSystemFiles } from './system-files.ts'

export const systemOption =
  "the start files of the machine, for all its people's bash, zsh and fish; only root can"

const ABOUT = `From now on every new shell of everybody here records, for each person alone: to the person's own node, or to the machine's. What a person shares with other nodes stays that person's decision (karo share). A person who does not want to be recorded puts  export KARO_PAUSE=1  into their own start file.`

/** `flags` of `shell init`, for the line. Throws KaroError `bad_request` for what cannot be meant for everybody. */
export function forAll(
  io: CommandIo,
  what: 'install' | 'uninstall',
  flags: readonly string[],
  { args, options }: CommandInput,
): undefined {
  if (io.env.KARO_HOME) {
    throw usage(
      '--system is for all people of the machine, but --home names the node of one person',
      '--system',
      'Leave out --home and KARO_HOME.',
    )
  }
  if (
    args.shell !== undefined ||
    ['rc', ...Object.keys(WITHOUT)].some((name) => options[name] !== undefined)
  ) {
    throw usage(
      '--system changes the start files of all shells, so it takes no shell, no --rc and no flag that leaves something out',
      '--system',
      `Leave out the shell, --rc, ${Object.keys(WITHOUT)
        .map((name) => `--${name}`)
        .join(', ')}.`,
    )
  }
  const program = absoluteProgram(io)
  const changeable = program.find((word) => mayOthersChange(word) || mayOthersChange(realpathSync(word)))
  if (what === 'install' && changeable !== undefined) {
    throw new KaroError(
      'refused',
      'users other than root can change the program that every shell here would run',
      {
        where: changeable,
        hint: 'Install the package, or make root the only owner and writer of the file and its parent directories.',
      },
    )
  }
  const files = changeSystemFiles(what, { root: '/', flags, program, random: systemRandom })
  const [done, none] =
    what === 'install' ? ['Added to', 'The hook is already in'] : ['Removed from', 'The hook is not in']
  const words = files.map(({ file, changed }) => `${changed ? done : none} ${file}`)
  if (what === 'install') words.push(ABOUT)
  return show(io, { files, changed: files.some(({ changed }) => changed) }, () =>
    fitted(`${words.join('\n')}\n`, io.columns),
  )
}
