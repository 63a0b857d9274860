// karo shell: prints the hook that records commands, or puts it into the shell's start file.
import { accessSync, constants, existsSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { joinGroup } from '../../../api/contract/client/explain.ts'
import { homePaths, recordingPaths, servicePaths } from '../../../config/paths.ts'
import type { Shell } from '../../../observe/hooks/hook.ts'
import { SHELLS } from '../../../observe/hooks/index.ts'
import {
  type ArgumentWords,
  type CommandInput,
  type CommandIo,
  defineCommand,
  EXIT,
  fitted,
  homeOf,
  KaroError,
  type OptionWords,
  say,
  shellWord,
  show,
  usage,
} from '../../kit.ts'
import { absoluteProgram, programOf } from '../../own-program.ts'
import {
  ASK_KEY,
  CTRL_R,
  flagsFrom,
  HOOK_FLAGS,
  HOOK_OPTIONS,
  KEEP,
  NO_GUARD,
  START,
  UP,
  WITHOUT,
} from '../../shells/flags.ts'
import { homeWords, hookLine, initWords } from '../../shells/hook-line.ts'
import { editedShell, hookOf } from '../../shells/hook-text.ts'
import { dropHooks, keepHook } from '../../shells/kept-hook.ts'
import { nextSteps } from '../../shells/next-steps.ts'
import { mayOthersChange, ofUser, refuseOthersHome } from '../../shells/own-home.ts'
import { linkOf, makeLink, removeLink } from '../../shells/own-link.ts'
import {
  dropEmpty,
  editFile,
  makeDirectory,
  markedLines,
  removeEmpty,
  textOf,
  withLine,
  withoutLine,
} from '../../shells/rc-file.ts'
import { startFileLooks } from '../../shells/start-file-looks.ts'
import { loginShell, START_FILES } from '../../shells/start-files.ts'
import { changeSystemFiles, systemHooks } from '../../shells/system-files.ts'
import { askLine, canAsk } from '../../terminal/confirm.ts'
import { tellUnusual } from '../../terminal/notice.ts'

/** A line for each shell that still has the hook in its start file, and how to take it out; empty where none has. */
const stillHooked = (io: CommandIo): string =>
  startFileLooks(io)
    .map(({ shell, file, marked }) =>
      marked.length > 0 ? `Still in ${file}; to remove it there:  karo shell uninstall ${shell}\n` : '',
    )
    .join('')

const shellArgument: ArgumentWords = {
  description: `which shell (${SHELLS.join(', ')})`,
  completes: SHELLS,
}
const perhapsShellArgument: ArgumentWords = {
  ...shellArgument,
  optional: true,
  description: `which shell (${SHELLS.join(', ')}; default: the one that SHELL names, else bash)`,
}
const rcOption: OptionWords = {
  value: 'file',
  completes: 'file',
  description: `its start file (default: ${SHELLS.map((name) => `${name} ${START_FILES[name].where}`).join('; ')})`,
}

const systemOption = "the start files of the machine, for all its people's bash, zsh and fish; only root can"

const shellInit = defineCommand('shell init', {
  summary: 'print the hook that records the commands of a shell and guards it (bash, zsh, fish)',
  args: { shell: shellArgument },
  options: {
    ...HOOK_OPTIONS,
    [KEEP]: "also keep the hook in the node's directory, where the line of shell install finds it",
  },
  examples: {
    'eval "$(karo shell init bash)"': 'records commands of this shell from now on',
    'karo shell init fish | source': 'the same in fish',
    'export KARO_PAUSE=1': 'pauses a recorded shell until unset KARO_PAUSE',
    'karo config get history.ignore':
      'patterns of commands that are never recorded: ignore = ["pass *"] under [history] in config.toml',
  },
  async run(asked, input: CommandInput) {
    const shell = shellOf(input.args.shell, 'shell')
    const since = Date.now()
    const io = ofUser(asked)
    const hook = hookOf(io, shell, {
      guard: !input.options[NO_GUARD],
      finder: { 'ctrl-r': input.options[CTRL_R] === true, up: input.options[UP] === true },
      asker: input.options[ASK_KEY] === true,
      start: input.options[START] === true,
    })
    show(io, { shell, hook }, () => Buffer.from(hook))
    // The notice first: while one may be waiting, each new shell asks for it.
    const told = io !== asked || (await tellUnusual(io))
    if (input.options[KEEP] && told && io === asked) {
      const flags = flagsIn(input)
      const namesHome = input.options.home !== undefined
      const again = [...initWords(shell, flags), ...(namesHome ? homeWords(io) : [])]
      keepHook(io, { shell, hook, flags, again, namesHome, since })
    }
  },
})

const shellInstall = defineCommand('shell install', {
  summary: "add the hook to the shell's start file; running it again keeps one line and the flags in it",
  args: { shell: perhapsShellArgument },
  options: {
    rc: rcOption,
    system: systemOption,
    ...HOOK_OPTIONS,
    ...WITHOUT,
  },
  examples: {
    'karo shell install': 'records every new shell of yours',
    'sudo karo shell install --system':
      'every new bash, zsh and fish of every person here; what anybody shares stays their own decision',
  },
  async run(io, input: CommandInput) {
    const given = flagsIn(input)
    if (input.options.system) return forAll(io, 'install', given, input)
    refuseOthersHome(io.home)
    const shell = chosenShell(io, input)
    const file = startFile(io, shell, input)
    for (const flag of [CTRL_R, UP, ASK_KEY]) if (input.options[flag]) editedShell(shell, flag)
    const finder = await wantsFinder(io, shell, file, input)
    if (finder === undefined) return EXIT.failed
    if (finder) given.push(`--${CTRL_R}`)
    const undone = Object.entries(WITHOUT).flatMap(([name, { flag }]) => (input.options[name] ? [flag] : []))
    const { whose, spool } = recordingPaths(io.env)
    // The package makes the machine's spool directory, because only root can set its owners.
    if (whose === 'own') makeDirectory(spool, 0o700, 'the spool directory')
    if (START_FILES[shell].makesDirectory)
      makeDirectory(dirname(file), 0o755, 'the directory of the start file')
    let there = false
    const changed = editFile(file, (text) => {
      const had = markedLines(text)
      there = had.length > 0
      return withLine(text, hookLine(io, shell, flagsFrom(had, given, undone)))
    })
    const link = makeLink(io)
    report(
      io,
      { shell, file, changed, program: link.state === 'foreign' ? null : link.path },
      !changed ? 'The hook is already in' : there ? 'Changed in' : 'Added to',
    )
    if (io.json) return
    say(io, aboutLink(link))
    const hint = input.options.rc === undefined ? START_FILES[shell].hint?.(io.env, file) : undefined
    if (hint !== undefined) say(io, `${hint}\n`)
    if (whose === 'machine') say(io, `${aboutMachine()}\n`)
    const load = shell === 'fish' ? 'source' : '.'
    if (changed) {
      io.out(`To begin, open a new shell, or run:  ${load} ${START_FILES[shell].quote(file)}\n`)
      if (!there) io.out(await nextSteps(io, given.includes(`--${CTRL_R}`) || shell === 'sh'))
    }
  },
})

const shellUninstall = defineCommand('shell uninstall', {
  summary: "remove the hook from the shell's start file",
  args: { shell: perhapsShellArgument },
  options: { rc: rcOption, system: systemOption },
  async run(io, input: CommandInput) {
    if (input.options.system) return forAll(io, 'uninstall', [], input)
    const shell = chosenShell(io, input)
    const file = startFile(io, shell, input)
    const changed = editFile(file, withoutLine)
    const gone = changed && removeEmpty(file)
    // Shells that still have the line rewrite their hook file.
    const { key, shells, spool } = homePaths(io.env)
    dropHooks(shells)
    const others = stillHooked(io)
    // A node makes its spool anew when it starts, and other shells write into it before that.
    dropEmpty(dirname(file), homeOf(io))
    if (others === '' && !existsSync(key)) dropEmpty(spool, homeOf(io))
    const unlinked = others === '' && removeLink(io)
    report(
      io,
      { shell, file, changed, program: unlinked ? linkOf(io) : null },
      gone ? 'Removed, as nothing else was in it:' : changed ? 'Removed from' : 'The hook is not in',
    )
    if (io.json) return
    io.out(unlinked ? `Removed ${linkOf(io)}\n` : others)
    if (systemHooks().has(shell))
      say(
        io,
        "The machine's start file still loads it. With  export KARO_PAUSE=1  in your own nothing is recorded.\n",
      )
    else if (changed) io.out('Open shells keep it until they end.\n')
    // Without the program that was removed above, no shell may find `karo` any more.
    if (changed && others === '' && recordingPaths(io.env).whose === 'own' && existsSync(io.home)) {
      const karo = programOf(io).words.map(shellWord).join(' ')
      io.out(
        `What was recorded stays in ${io.home}. To remove it too, in a new shell:  ${karo} stop; rm -r ${shellWord(io.home)}\n`,
      )
    }
  },
})

const flagsIn = ({ options }: CommandInput) => HOOK_FLAGS.filter((flag) => options[flag.slice(2)])

/** Asks at a terminal, once: not where the line is there already, or an option says it. Undefined after Ctrl-C and Ctrl-D. */
async function wantsFinder(
  io: CommandIo,
  shell: Shell,
  file: string,
  { options }: CommandInput,
): Promise<boolean | undefined> {
  if (
    options[CTRL_R] ||
    options[`no-${CTRL_R}`] ||
    shell === 'sh' ||
    !canAsk(io) ||
    markedLines(textOf(file)).length > 0
  )
    return false
  const answer = await askLine(
    "Let Ctrl-R search what Karo records, in place of the shell's own search? [Y/n] ",
  )
  // Only Enter and a yes: a line that was typed ahead is neither.
  return answer === undefined ? undefined : /^(?:y(?:es)?)?$/i.test(answer)
}

/** What programs that are no interactive shell need, to find `karo`. */
function aboutLink({ path, state, found }: ReturnType<typeof makeLink>): string {
  if (state === 'foreign')
    return `${path} is another program, which stays: scripts, make and cron do not find this karo.\n`
  if (state === 'installed') return ''
  const made = state === 'made' ? `Made ${path}, for scripts, make and cron, and its manual pages.\n` : ''
  return found
    ? made
    : `${made}Shells with the hook have ${dirname(path)} on their PATH; others need:\n  export PATH="$HOME/.local/bin:$PATH"\n`
}

/** Tells that the machine's node records the commands, and that only members of its group may read their own. */
function aboutMachine(): string {
  const records = "Commands are recorded for you by this machine's node; nobody else sees them."
  try {
    accessSync(servicePaths({}).socket, constants.W_OK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES')
      return `${records} ${joinGroup('To see them yourself')}`
  }
  return records
}

export const commands = [shellInit, shellInstall, shellUninstall]

function shellOf(wanted: unknown, where: string): Shell {
  const found = SHELLS.find((name) => name === wanted)
  if (found) return found
  throw usage(
    `there is no hook for '${wanted}' in this version`,
    where,
    `Name a shell that has one: karo shell install <${SHELLS.join('|')}>. In every shell karo check, karo ask and the hooks of AI tools (karo hook list) work without one.`,
  )
}

/** The named shell, else the person's login shell (POSIX: SHELL), because another shell's start file would not be read. */
function chosenShell(io: CommandIo, { args }: CommandInput): Shell {
  return args.shell === undefined ? shellOf(loginShell(io), 'SHELL') : shellOf(args.shell, 'shell')
}

function startFile(io: CommandIo, shell: Shell, { options }: CommandInput): string {
  if (options.rc === '') throw usage('the file name is empty', '--rc')
  if (typeof options.rc === 'string') return resolve(options.rc)
  return resolve(START_FILES[shell].path(io.env, homeOf(io)))
}

function report(
  io: CommandIo,
  done: {
    readonly shell: string
    readonly file: string
    readonly changed: boolean
    /** The program that was made or removed beside it; null for none. */
    readonly program: string | null
  },
  words: string,
): void {
  show(io, done, () => `${words} ${done.file}\n`)
}

const ABOUT = `From now on every new shell of everybody here records, for each person alone: to the person's own node, or to the machine's. What a person shares with other nodes stays that person's decision (karo share). A person who does not want to be recorded puts  export KARO_PAUSE=1  into their own start file.`

/** `flags` of `shell init`, for the line. Throws KaroError `bad_request` for what cannot be meant for everybody. */
function forAll(
  io: CommandIo,
  what: 'install' | 'uninstall',
  flags: readonly string[],
  { args, options }: CommandInput,
): undefined {
  if (io.env.KARO_HOME)
    throw usage(
      '--system is for all people of the machine, but --home names the node of one person',
      '--system',
      'Leave out --home and KARO_HOME.',
    )
  if (
    args.shell !== undefined ||
    ['rc', ...Object.keys(WITHOUT)].some((name) => options[name] !== undefined)
  ) {
    throw usage(
      '--system changes the start files of all shells, so it takes no shell, no --rc and no flag that leaves something out',
      '--system',
      'Leave these out.',
    )
  }
  const program = absoluteProgram(io)
  const changeable = program.find((word) => mayOthersChange(word) || mayOthersChange(realpathSync(word)))
  if (what === 'install' && changeable !== undefined)
    throw new KaroError(
      'refused',
      'users other than root can change the program that every shell here would run',
      {
        where: changeable,
        hint: 'Install the package, or make root the only owner and writer of the file and its parent directories.',
      },
    )
  const files = changeSystemFiles(what, { root: '/', flags, program })
  const [done, none] =
    what === 'install' ? ['Added to', 'The hook is already in'] : ['Removed from', 'The hook is not in']
  const words = files.map(({ file, changed }) => `${changed ? done : none} ${file}`)
  if (what === 'install') words.push(ABOUT)
  return show(io, { files, changed: files.some(({ changed }) => changed) }, () =>
    fitted(`${words.join('\n')}\n`, io),
  )
}
