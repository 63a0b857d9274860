// Checks of what a person types into: hooks in start files and in settings of AI coding tools, the shell at hand, the guard.
import { existsSync } from 'node:fs'
import { loadGuard } from '../../../assist/guard/index.ts'
import { isThroughSudo } from '../../../base/run/person-home.ts'
import { onPath } from '../../../base/run/programs.ts'
import { type Checks, type Finding, ok, skipped, warn } from '../check.ts'
import { homeIn } from '../home-in.ts'
import { isOwn } from '../own.ts'
import { thisShell } from '../this-shell.ts'
import type { StartFileLook, ToolHookLook, World } from '../world.ts'

export const terminal = {
  'shell.hooks': {
    title: 'shell hooks',
    what: 'The start file of your shell, or of the machine, has exactly one line that loads the hook, and the program in that line exists.',
    why: 'Without the hook nothing is recorded. A line with an old path of Karo silently does nothing.',
    severity: 'warn',
    fix: 'karo shell install <shell>',
    safeFix: 'rewrites a stale or doubled line; does not add a missing one',
    look(world) {
      const found = world
        .startFiles()
        .flatMap((look) => ifOwn(look, world, judgeHook(look, world.homeFlag, existsSync)) ?? [])
      return found.length > 0
        ? found
        : skipped(
            isThroughSudo(world.env)
              ? 'karo doctor without sudo looks at those of your own account'
              : 'Karo has no hook for the shell in $SHELL; karo shell install bash, zsh, fish or sh',
          )
    },
  },
  'shell.recorded': {
    title: 'this shell',
    what: 'This shell has loaded the hook, so it has a file in the spool of this node.',
    why: "A shell that was open before the hook was installed records nothing, nor does a login bash whose ~/.profile or ~/.bash_profile does not read ~/.bashrc, and one that was open before you had a node of your own goes on to record for the machine's.",
    severity: 'warn',
    fix: 'Open a new shell, or: eval "$(karo shell init <shell>)"',
    look({ paths }) {
      const shell = thisShell(paths.spool)
      if (shell === undefined) return skipped('this command was not run in a shell at a terminal')
      const { command, pid, recorded } = shell
      if (recorded) return ok(`${command}, pid ${pid}`)
      if (recorded === undefined) return skipped('only root may list the spool of the service')
      return warn(
        `this ${command} is not recorded`,
        command === 'fish' ? 'karo shell init fish | source' : `eval "$(karo shell init ${command})"`,
      )
    },
  },
  'shell.guard': {
    title: 'guard',
    what: "The rules files of the guard, yours and the machine's, can be used, and nobody else may write them. The finding also shows the profile in force, and shells without the guard.",
    why: 'With an unusable rules file the guard is strict, so it blocks commands that the file would allow.',
    severity: 'warn',
    fix: 'Correct the named line. If others may write the file: chmod go-w <file>.',
    look(world) {
      // Shells of a person use the person's files and the machine's rules, never the service's directory.
      const { profile, source, warnings } = loadGuard({
        home: world.personHome ?? world.paths.home,
        env: world.env,
        now: world.now,
      })
      const bare = world
        .startFiles()
        .filter(({ marked }) => marked.some((line) => line.includes(' --no-guard')))
      const without =
        bare.length === 0 || profile === 'off'
          ? ''
          : `; not in ${bare.map(({ shell }) => shell).join(', ')} (--no-guard)`
      return [
        ...warnings.map((said) => warn(said, `karo guard list${world.homeFlag}`)),
        ok(`${profile} (${source})${without}`),
      ]
    },
  },
  'tools.hooks': {
    title: 'AI coding tools',
    what: "If a tool's settings have the hook: every event has it once, its program exists, no setting of the tool turns hooks off, and it handles errors as guard.on_error says now.",
    why: 'If the hook cannot run, the tool runs its commands unchecked, or runs none. guard.on_error decides this when the hook is installed.',
    severity: 'warn',
    fix: 'karo hook install <tool>',
    safeFix: 'rewrites a stale hook; does not add a missing one',
    look(world) {
      const found = world
        .toolHooks()
        .flatMap((look) => ifOwn(look, world, judgeToolHook(look, world.homeFlag, isThere(world.env))) ?? [])
      return found.length > 0 ? found : ok('no tool of yours has the hook (karo hook list)')
    },
  },
} satisfies Checks

/** Without the fix for a file of somebody else: root may run with the HOME of another. */
const ifOwn = (
  { file }: StartFileLook | ToolHookLook,
  { uid }: World,
  found: Finding | undefined,
): Finding | undefined => (found?.safe && !isOwn(file, uid) ? { ...found, safe: undefined } : found)

/** Undefined: not this person's shell, and it has no hook either. */
export function judgeHook(
  { shell, file, login, marked, unmarked, ofMachine, expected, refresh }: StartFileLook,
  homeFlag: string,
  exists: (path: string) => boolean,
): Finding | undefined {
  const [line] = marked
  /** A program that the line tests for and that is not there. */
  const goneFrom = (text = ''): string | undefined =>
    [...text.matchAll(/(?:\[|test) -[xr] (?:'([^'\\]+)'(?!\\)|([^'\s;]+))/g)]
      .map(([, quoted, bare]) => quoted ?? bare ?? '')
      .find((path) => !exists(path))
  const bad = (says: string): Finding =>
    warn(
      says,
      `karo shell install ${shell}${homeFlag}`,
      line === undefined ? undefined : { says: `rewrite the line in ${file}`, apply: refresh },
    )
  if (line === undefined) {
    if (unmarked) return ok(`${shell}: a line of your own in ${file}`)
    const gone = goneFrom(ofMachine)
    if (gone !== undefined)
      return warn(
        `${shell}: the start file of the machine names ${gone}, which does not exist`,
        'sudo karo shell install --system',
      )
    if (ofMachine !== undefined) return ok(`${shell}: the start file of the machine`)
    return login ? bad(`${shell} is your shell, and ${file} does not load the hook`) : undefined
  }
  if (marked.length > 1) return bad(`${file} loads the hook ${marked.length} times`)
  const gone = goneFrom(line)
  if (line !== expected && gone !== undefined)
    return bad(`the line in ${file} names ${gone}, which does not exist`)
  // Of several nodes of one person the hook writes to one.
  return ok(`${shell}: ${file}${homeIn(line) === homeIn(expected) ? '' : ' records for another node'}`)
}

/** The program of each hook exists, and the hook handles errors as the guard's owner wants it. `isThere` is asked for absolute paths, and for `karo`. */
export function judgeToolHook(
  { tool, title, file, lines, placed, expected, trust, off, refresh }: ToolHookLook,
  homeFlag: string,
  isThere: (program: string) => boolean,
): Finding {
  const [line] = lines
  const bad = (says: string): Finding =>
    warn(says, `karo hook install ${tool}${homeFlag}`, {
      says: `rewrite the hook in ${file}`,
      apply: refresh,
    })
  if (line === undefined) return warn(`${file} is not valid for ${title}, so its hooks may not run`)
  if (lines.length > 1) return bad(`${file} has ${lines.length} hooks of Karo that differ`)
  const stops = isStopping(line)
  const gone = programsIn(line).find((program) => !isThere(program))
  if (gone !== undefined) {
    const then = stops ? 'cannot run commands' : 'runs its commands without a check'
    return bad(`the hook in ${file} names ${gone}, which does not exist: ${title} ${then}`)
  }
  // Of several nodes of one person a tool asks for one.
  if (homeIn(line) !== homeIn(expected)) return ok(`${title} asks for another node (${file})`)
  if (stops !== isStopping(expected)) {
    const differs = stops ? `"allow", and ${title} still stops` : `"block", and ${title} still goes on`
    return bad(`guard.on_error is ${differs} where Karo is missing or breaks (${file})`)
  }
  if (off !== undefined)
    return warn(`${title} runs no hooks: ${off} turns them off`, `turn hooks on again in ${off}`)
  if (!placed) return bad(`the hook in ${file} is missing at some events or tools`)
  if (trust === 'untrusted' || trust === 'disabled')
    return warn(
      `${title} does not run the hook in ${file}, because you have ${trust === 'disabled' ? 'switched it off' : 'not trusted it'} there`,
      `type /hooks in ${title}, and trust the hook of Karo`,
    )
  return ok(`${title} (${file})`)
}

/** What the tool takes for a refusal when Karo itself fails. */
const isStopping = (line: string): boolean => /\|\| exit 2\b/.test(line)

/** `karo` alone, or the runtime and the program that the line runs; not the home it names, which may be yet to be. */
function programsIn(line: string): readonly string[] {
  const words = line.replace(/ --home (?:'[^']*'|\S+)/, '').matchAll(/(?<=^| )(?:'(\/[^']*)'|(\/\S+))/g)
  const paths = [...words].map(([, quoted, bare]) => quoted ?? bare ?? '')
  return paths.length > 0 ? paths : ['karo']
}

export const isThere =
  ({ PATH }: NodeJS.ProcessEnv) =>
  (program: string): boolean =>
    program.startsWith('/') ? existsSync(program) : onPath(program, PATH) !== undefined
