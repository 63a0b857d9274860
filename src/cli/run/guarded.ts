// Paths below a writable directory that its jail finds there and cannot change: not by writing, making, renaming or linking.
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { KaroError } from '../../base/errors.ts'
import { orElse } from '../../base/run/or-else.ts'
import { OBEYED_BY_TOOLS } from '../../base/words/ai-tools.ts'
import { OBEYED } from '../../muscle/jail/places.ts'

/** What is put where a file would be that is not there: nothing, in the words of the program that reads it. */
export const NOTHING: Readonly<Record<string, string>> = {
  '.envrc': '',
  '.mcp.json': '{ "mcpServers": {} }\n',
  'opencode.json': '{}\n',
  'opencode.jsonc': '{}\n',
}
/** In a project, beside the parts of its repository: settings, hooks and servers that programs outside obey later. */
const IN_PROJECT = new Set([...OBEYED, ...OBEYED_BY_TOOLS].filter((name) => name !== '.git'))
/** Of a repository: what makes git run programs, or look for its configuration elsewhere. `.` means itself, as without the file. */
const IN_GIT: Readonly<Record<string, string | undefined>> = {
  hooks: undefined,
  config: '',
  'config.worktree': '',
  commondir: '.',
}

export interface Guarded {
  /** Directories on the way, mounted on themselves, so that nobody can rename one and put another in its place. */
  readonly kept: Set<string>
  readonly fixed: Set<string>
  /** What was made so that there is something to mount on, in the order in which it was made. */
  readonly made: string[]
}

export const nothingGuarded = (): Guarded => ({ kept: new Set(), fixed: new Set(), made: [] })

/** Adds `name` below `root`; what is not there is made, a directory unless `content` is given. Throws KaroError `refused` for a link. */
export function guard(to: Guarded, root: string, name: string, content?: string): void {
  const parts = name.split('/')
  let at = root
  for (const [index, part] of parts.entries()) {
    at = join(at, part)
    const isLast = index === parts.length - 1
    let stat = lstatSync(at, { throwIfNoEntry: false })
    if (stat?.isSymbolicLink() === true)
      throw new KaroError('refused', 'this is a link, so it cannot be guarded in a jail', {
        where: at,
        hint: 'Put what it leads to in its place, or start in another directory.',
      })
    if (stat === undefined) {
      // Where this person may not write, the jail cannot either.
      const isMade = orElse(() => {
        if (isLast && content !== undefined) writeFileSync(at, content, { flag: 'wx' })
        else mkdirSync(at)
        return true
      }, false)
      if (!isMade) return
      to.made.push(at)
      stat = lstatSync(at)
    }
    if (isLast || !stat.isDirectory()) {
      to.fixed.add(at)
      return
    }
    to.kept.add(at)
  }
}

/** What is obeyed in `directory`, and in its repository if it is the top of one. Returns directories outside that belong to the repository. */
export function guardProject(to: Guarded, directory: string): readonly string[] {
  for (const name of IN_PROJECT) guard(to, directory, name, NOTHING[name])
  const git = join(directory, '.git')
  const stat = lstatSync(git, { throwIfNoEntry: false })
  if (stat === undefined) return []
  if (stat.isDirectory()) {
    to.kept.add(git)
    guardRepository(to, git)
    const hooks = hooksPathOf(join(git, 'config'))
    const own = hooks === undefined ? '' : resolve(directory, hooks)
    // Those of husky are one directory further up than what git is told.
    const [, name] = own.startsWith(`${directory}/`)
      ? (/^(\.[^/]+|.+)/.exec(own.slice(directory.length + 1)) ?? [])
      : []
    if (name !== undefined && name !== '.git') guard(to, directory, name)
    return []
  }
  guard(to, directory, '.git')
  return worktree(to, git)
}

function guardRepository(to: Guarded, git: string): void {
  for (const [name, content] of Object.entries(IN_GIT)) guard(to, git, name, content)
  // Other working trees of the same repository are none of this jail's business.
  if (isDirectory(join(git, 'worktrees'))) guard(to, git, 'worktrees')
  if (isDirectory(join(git, 'modules'))) guardModules(to, join(git, 'modules'))
}

/** Repositories of submodules, by the name of each, which may have slashes. */
function guardModules(to: Guarded, directory: string, depth = 0): void {
  to.kept.add(directory)
  for (const name of depth > MOST_DEPTH ? [] : readdirSync(directory)) {
    const at = join(directory, name)
    if (!isDirectory(at)) continue
    if (lstatSync(join(at, 'HEAD'), { throwIfNoEntry: false }) === undefined) guardModules(to, at, depth + 1)
    else {
      to.kept.add(at)
      guardRepository(to, at)
    }
  }
}
const MOST_DEPTH = 8

/** A working tree whose repository is elsewhere. It is believed only where the repository names this place, too. */
function worktree(to: Guarded, file: string): readonly string[] {
  const own = orElse(
    () => realpathSync(resolve(dirname(file), /^gitdir: (.+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '')),
    '',
  )
  const back = orElse(() => readFileSync(join(own, 'gitdir'), 'utf8').trim(), '')
  const common = orElse(
    () => realpathSync(resolve(own, readFileSync(join(own, 'commondir'), 'utf8').trim())),
    '',
  )
  if (own === '' || back !== file || dirname(dirname(own)) !== common) return []
  guardRepository(to, common)
  to.fixed.delete(join(common, 'worktrees'))
  for (const at of [join(common, 'worktrees'), own]) to.kept.add(at)
  for (const name of readdirSync(join(common, 'worktrees')))
    if (join(common, 'worktrees', name) !== own) guard(to, join(common, 'worktrees'), name)
  for (const name of ['commondir', 'gitdir', 'config.worktree']) guard(to, own, name, '')
  return [common]
}

/** Where the repository has its hooks, if its configuration says so. */
const hooksPathOf = (config: string): string | undefined =>
  orElse(
    () => /^\s*hookspath\s*=\s*"?([^"\n#;]+?)"?\s*$/im.exec(readFileSync(config, 'utf8'))?.[1],
    undefined,
  )

const isDirectory = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** Takes away what `guard` made, the last first; what somebody has put something into since stays. */
export function unmake(made: readonly string[]): void {
  for (const path of made.toReversed())
    orElse(() => {
      const stat = lstatSync(path)
      if (stat.isDirectory()) rmdirSync(path)
      else if (stat.isFile() && stat.size < MOST_MADE) rmSync(path)
    }, undefined)
}
/** Bytes: longer than what is made. Nobody inside could write into it. */
const MOST_MADE = 64

/** Directories of programs and of what was fetched, which nobody starts a tool in. */
const PASSED = new Set(['node_modules', '.git', 'target', 'dist', 'build', '.venv', 'vendor'])
const MOST_LOOKED = 4_000
const DEEPEST = 5

/** Of a rebase that was begun: `git rebase --continue` runs what its list says. */
const BEGUN = ['.git/rebase-merge', '.git/rebase-apply']

/**
 * What is obeyed by whoever goes on in the project: further down by programs that are started there, and a rebase that is not at its
 * end. By path, with what tells one state from another.
 */
export function obeyedBelow(project: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  let looked = 0
  const look = (directory: string, depth: number): void => {
    for (const entry of orElse(() => readdirSync(directory, { withFileTypes: true }), [])) {
      if (looked++ > MOST_LOOKED) return
      const at = join(directory, entry.name)
      if (depth > 0 && (OBEYED.includes(entry.name) || entry.name in NOTHING))
        found.set(at, stateOf(at, entry.name))
      if (entry.isDirectory() && depth < DEEPEST && !PASSED.has(entry.name)) look(at, depth + 1)
    }
  }
  look(project, 0)
  for (const at of BEGUN.map((name) => join(project, name)))
    if (isDirectory(at)) found.set(at, stateOf(at, ''))
  return found
}

/** Of a repository its configuration and hooks; of others, what is in them. */
function stateOf(path: string, name: string): string {
  const parts = name === '.git' ? [path, join(path, 'config'), join(path, 'hooks')] : [path]
  const one = (at: string): string => {
    const stat = lstatSync(at, { throwIfNoEntry: false })
    const below = stat?.isDirectory()
      ? orElse(() => readdirSync(at).map((inner) => lstatSync(join(at, inner)).mtimeMs), [])
      : []
    return [stat?.ino, name === '.git' && at === path ? 0 : stat?.mtimeMs, ...below].join(' ')
  }
  return parts.map(one).join('|')
}
