// What a tool in a jail sees and may change, and what of the environment it gets: nothing of this is asked of the tool.
import {
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { START_FILES } from '../../assist/risk/writes/own-files.ts'
import { KaroError } from '../../base/errors.ts'
import { orElse } from '../../base/run/or-else.ts'
import { canRun, onPath } from '../../base/run/programs.ts'
import { AI_TOOL_LIST, AI_TOOLS, type AiTool, type AiToolName } from '../../base/words/ai-tools.ts'
import type { Env } from '../../config/paths.ts'
import { isIn, judgePlaces, type Places } from '../../muscle/jail/places.ts'
import { JailError } from '../../muscle/jail/provider.ts'
import { PATH } from '../../muscle/jail/system.ts'
import { type Guarded, guard, guardProject, NOTHING, nothingGuarded, unmake } from './guarded.ts'
import { startersOf } from './starters.ts'

export interface Wanted {
  readonly command: readonly string[]
  readonly cwd: string
  /** Of the person. */
  readonly home: string
  readonly env: Env
  readonly read: readonly string[]
  readonly write: readonly string[]
  /** Names of variables with secrets that the tool gets all the same. */
  readonly keys: readonly string[]
  /** Directory of the node, and others of Karo's that no jail sees. */
  readonly karo: string
  readonly closed: readonly string[]
  /** This program: its runtime and the directory that it is in. */
  readonly own: readonly string[]
}

export interface Mount {
  readonly from: string
  readonly to: string
  readonly write: boolean
}

export interface Plan {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly project: string
  /** In the order in which they are made: what is below another one is behind it. */
  readonly mounts: readonly Mount[]
  readonly places: Places
  readonly made: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Variables that look like secrets and are left out. */
  readonly kept: readonly string[]
}

const TOOLS = Object.keys(AI_TOOLS) as readonly AiToolName[]

/** Below a home: programs and what they are made of, which people put there. */
const PROGRAMS = [
  '.asdf',
  '.bun',
  '.cargo/bin',
  '.claude/local',
  '.deno',
  '.fnm',
  '.local/bin',
  '.local/lib',
  '.local/pipx',
  '.local/share/claude',
  '.local/share/fnm',
  '.local/share/mise',
  '.local/share/pnpm',
  '.local/share/uv',
  '.npm-global',
  '.nvm',
  '.opencode/bin',
  '.pyenv',
  '.rbenv',
  '.rustup',
  '.sdkman',
  '.volta',
  'bin',
  'go/bin',
  '.gitconfig',
  '.config/git/config',
  '.config/git/ignore',
]
/** Sockets by which programs outside are asked to do something, and what belongs to Karo or leads the tool's settings elsewhere. */
const LEFT_OUT =
  /^(?:KARO_|SSH_|GPG_|DBUS_|XDG_RUNTIME_DIR$|XDG_(?:CONFIG|DATA|STATE|CACHE)_HOME$|DISPLAY$|WAYLAND_|XAUTHORITY$|TMUX|STY$|DOCKER_HOST$|TMPDIR$|PWD$|OLDPWD$|LD_|BASH_ENV$|ENV$|(?:HTTPS?|ALL|NO)_PROXY$)/i
const SECRET = /TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY|_KEY$/i

/** Where git inside finds the names of files that are there for a mount alone: `git add -A` would take them into the project. */
const IGNORED = '/run/karo/ignored'

/** Makes what the jail needs of its own in `karo`, and in the project what there has to be for a mount. Throws KaroError. */
export function planOf(wanted: Wanted): Plan {
  const guarded = nothingGuarded()
  try {
    return planned(wanted, guarded)
  } catch (error) {
    unmake(guarded.made)
    throw error
  }
}

function planned(wanted: Wanted, guarded: Guarded): Plan {
  const { command, cwd, home, env, karo } = wanted
  const [word = '', ...rest] = command
  const program = find(word, wanted)
  const tool = TOOLS.find((name) => AI_TOOLS[name].program === basename(word))
  const project = projectOf(wanted)
  const own = join(karo, 'run', 'home', tool ?? 'other')
  mkdirSync(own, { recursive: true, mode: 0o700 })
  const common = [...chain(project, cwd)].flatMap((at) => guardProject(guarded, at))
  const writable = [...new Set([project, ...common, ...wanted.write])]
  for (const path of wanted.write) {
    judgeWritable(path, wanted.home)
    guardProject(guarded, path)
  }
  const places = judged(() =>
    judgePlaces(
      [
        ...writable.map((path) => ({ path, write: true })),
        ...wanted.read.map((path) => ({ path, write: false })),
      ],
      wanted.closed,
    ),
  )
  const seen = [
    ...PROGRAMS.map((name) => join(home, name)),
    ...programsOn(env, home),
    ...ofProgram(program, home),
    ...wanted.own,
  ]
  const mounts: Mount[] = [
    { from: own, to: home, write: true },
    ...homeOf(wanted, tool, own),
    ...seen.filter(existsSync).map((path) => ({ from: path, to: path, write: false })),
    ...places.binds.map(({ path, write }) => ({ from: path, to: path, write })),
    ...mountsOf(guarded),
    { from: ignoredBy(guarded, wanted), to: IGNORED, write: false },
  ]
  const names = Object.keys(env).filter((name) => env[name] !== undefined && !LEFT_OUT.test(name))
  const meant = (name: string): boolean =>
    wanted.keys.includes(name) || (tool !== undefined && AI_TOOLS[tool].keys.test(name))
  const kept = names.filter((name) => SECRET.test(name) && !meant(name))
  const moved = AI_TOOL_LIST.map(({ directory }) => directory.env)
  return {
    argv: [program, ...rest],
    cwd,
    project,
    mounts,
    places,
    made: guarded.made,
    env: {
      ...Object.fromEntries(
        names
          .filter((name) => !kept.includes(name) && !moved.includes(name))
          .map((name) => [name, env[name] as string]),
      ),
      PATH: pathOf(wanted),
      HOME: home,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.excludesFile',
      GIT_CONFIG_VALUE_0: IGNORED,
      // Some tools ask for it before they take a person's word for granted.
      IS_SANDBOX: '1',
    },
    kept,
  }
}

/**
 * The mounts by which a running jail may change these directories, too: each directory, then what is guarded in it. Makes in them what a mount needs to
 * be there. Throws KaroError.
 */
export function moreOf(wanted: Wanted, plan: Plan, write: readonly string[]) {
  const guarded = nothingGuarded()
  const nothing = join(wanted.karo, 'run', 'home', 'nothing')
  mkdirSync(nothing, { recursive: true, mode: 0o700 })
  try {
    const { binds, hidden } = judgeMore(wanted, plan, write)
    for (const { path } of binds) guardProject(guarded, path)
    return {
      mounts: [
        ...binds.map(({ path }) => ({ from: path, to: path, write: true })),
        ...mountsOf(guarded),
        ...hidden.map(({ path, directory }) => ({
          from: directory ? nothing : '/dev/null',
          to: path,
          write: false,
        })),
      ],
      made: guarded.made,
    }
  } catch (error) {
    unmake(guarded.made)
    throw error
  }
}

/** The directories, judged, without those that this jail may change already. Throws KaroError for one that no jail may change. */
export function judgeMore(wanted: Wanted, { mounts }: Plan, write: readonly string[]): Places {
  const more = write.filter((path) => {
    judgeWritable(path, wanted.home)
    const around = mounts.filter(({ from, to }) => isIn(path, to) && (from === to || to !== wanted.home))
    const isGuarded = around.at(-1)?.write === false
    if (isGuarded && around.some((mount) => mount.write))
      throw new KaroError('refused', 'programs outside of the jail obey this, or it holds keys', {
        where: path,
        hint: 'Change it yourself.',
      })
    return isGuarded || around.length === 0
  })
  return judged(() =>
    judgePlaces(
      more.map((path) => ({ path, write: true })),
      wanted.closed,
    ),
  )
}

/** Makes the file of those names, one for each choice of them, and returns its path. What the person ignores everywhere stands there, too. */
function ignoredBy({ made }: Guarded, { home, karo }: Wanted): string {
  const names = Object.keys(NOTHING).filter((name) => made.some((path) => basename(path) === name))
  const path = join(karo, 'run', 'home', ['ignored', ...names].join('+'))
  const own = orElse(() => readFileSync(join(home, '.config/git/ignore'), 'utf8'), '')
  writeFileSync(path, `${own}\n${names.join('\n')}\n`, { mode: 0o600 })
  return path
}

/** The files that are inside what they are outside, so that what is read of them here is what the tool would read. */
export function mayLookIn({ mounts }: Plan): (path: string) => boolean {
  const same = [
    ...mounts.filter(({ from, to }) => from === to).map(({ to }) => to),
    '/usr',
    '/bin',
    '/sbin',
    '/lib',
    '/lib64',
  ]
  return (path) => same.some((place) => isIn(path, place) || isIn(place, path))
}

/** Sorted by length, so that each stands behind the directory that it is in. */
const mountsOf = (
  { kept, fixed }: Guarded,
  to: (path: string) => string = (path) => path,
): readonly Mount[] =>
  [...[...kept].map((from) => ({ from, write: true })), ...[...fixed].map((from) => ({ from, write: false }))]
    .map(({ from, write }) => ({ from, to: to(from), write }))
    .sort((a, b) => a.to.length - b.to.length)

/** In the home that the jail has: start files that are nothing, and the settings, texts and login of the person's own. */
function homeOf({ home, env }: Wanted, tool: AiToolName | undefined, own: string): readonly Mount[] {
  const guarded = nothingGuarded()
  const real: Mount[] = []
  const give = (path: string, to: string, write: boolean): void =>
    orElse(() => void real.push({ from: realpathSync(path), to: join(home, to), write }), undefined)
  for (const name of START_FILES) guard(guarded, own, name, '')
  // A command that is no tool may start one, a shell above all.
  for (const name of tool === undefined ? TOOLS : [tool]) {
    const { directory, settings, reads, logins, copied }: AiTool = AI_TOOLS[name]
    const given = env[directory.env ?? '']
    const from = given?.startsWith('/') ? given : join(home, directory.name)
    const to = (file: string): string => `${directory.name}/${file}`
    for (const file of settings) guard(guarded, own, to(file), file.endsWith('.json') ? '{}\n' : '')
    for (const file of [...settings, ...reads]) give(join(from, file), to(file), false)
    for (const file of logins) give(join(home, file), file, true)
    if (copied !== undefined)
      orElse(() => copyFileSync(join(home, copied), join(own, copied), constants.COPYFILE_EXCL), undefined)
  }
  return [...mountsOf(guarded, (path) => join(home, path.slice(own.length))), ...real]
}

/** Throws KaroError `not_found` for a program that is not there. Its path, as the PATH has it. */
function find(word: string, wanted: Wanted): string {
  const found = word.includes('/') ? resolve(wanted.cwd, word) : onPath(word, pathOf(wanted))
  if (found !== undefined && canRun(found)) return found
  throw new KaroError('not_found', `there is no program '${word.slice(0, 80)}'`, {
    where: 'karo run',
    hint: 'Name a program on your PATH behind --: karo run -- claude',
  })
}

/** Without the programs that start a tool by `karo run`, which would go round in circles. */
const pathOf = ({ env, karo }: Wanted): string =>
  (env.PATH || PATH)
    .split(delimiter)
    .filter((directory) => directory.startsWith('/') && directory !== startersOf(karo))
    .join(delimiter)

/** The top of the repository around the directory, unless that holds more than one project. Throws KaroError `refused`. */
function projectOf({ cwd, home, closed }: Wanted): string {
  let top = cwd
  for (let at = cwd; at !== dirname(at); at = dirname(at)) {
    if (lstatSync(join(at, '.git'), { throwIfNoEntry: false }) === undefined) continue
    if (
      !isIn(home, at) &&
      orElse(() => judgePlaces([{ path: at, write: true }], closed), undefined) !== undefined
    )
      top = at
    break
  }
  judgeWritable(top, home)
  return top
}

/** Throws KaroError `refused` for a home, and for the settings of a tool. */
function judgeWritable(path: string, home: string): void {
  const why = isIn(home, path)
    ? 'is your home, or holds it'
    : AI_TOOL_LIST.some(({ directory }) => isIn(path, join(home, directory.name)))
      ? 'holds the settings of a tool'
      : undefined
  if (why !== undefined)
    throw new KaroError('refused', `no jail may change this directory: it ${why}`, {
      where: path,
      hint: 'Change to the directory of a project first, or name one.',
    })
}

/** From the top of the project down to the directory. */
function* chain(project: string, cwd: string): Generator<string> {
  if (cwd !== project) yield* chain(project, dirname(cwd))
  yield cwd
}

function judged(judge: () => Places): Places {
  try {
    return judge()
  } catch (error) {
    if (!(error instanceof JailError)) throw error
    throw new KaroError('refused', error.message, {
      where: 'karo run',
      hint: 'Change to the directory of a project first, and name whole paths without links.',
    })
  }
}

/** Directories on the PATH that are in the home. */
const programsOn = (env: Env, home: string): readonly string[] =>
  (env.PATH ?? '').split(delimiter).filter((path) => isIn(path, home) && path !== home)

/** What a program outside of the system is made of: its package, or the directory that it is in. */
function ofProgram(program: string, home: string): readonly string[] {
  const real = realpathSync(program)
  const [, modules] = /^(.*?\/node_modules)\//.exec(real) ?? []
  const place = modules ?? dirname(real)
  return [program, isIn(home, place) || dirname(place) === '/' ? real : place]
}
