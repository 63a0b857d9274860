// What git needs next, as it says it itself: an upstream, a commit, a branch that exists.
import { join, resolve } from 'node:path'
import { closest } from '../../../base/suggest.ts'
import { above, absolute, type Fix, found, quoted, type Rule, type World } from './rule.ts'

interface Repository {
  /** Undefined where no branch is checked out. */
  readonly branch: string | undefined
  readonly branches: readonly string[]
  readonly remotes: readonly string[]
  readonly upstreams: readonly string[]
  /** A merge, rebase or cherry-pick has begun. */
  readonly under: 'merge' | 'rebase' | 'cherry-pick' | undefined
}

const MOST_DEPTH = 4

function repository(world: World): Repository | undefined {
  const top = above(['.git'], world)
  if (top === undefined) return undefined
  const named = world.kind(join(top, '.git')) === 'file' ? world.read(join(top, '.git')) : undefined
  const own = resolve(top, /^gitdir: (.+)$/m.exec(named ?? '')?.[1] ?? '.git')
  const common = resolve(own, world.read(join(own, 'commondir'))?.trim() ?? '.')
  const config = world.read(join(common, 'config')) ?? ''
  const packed = world.read(join(common, 'packed-refs')) ?? ''
  const loose = (path: string, depth: number): readonly string[] =>
    world.list(join(common, 'refs/heads', path)).flatMap((name) => {
      const whole = path === '' ? name : `${path}/${name}`
      const isDirectory = world.kind(join(common, 'refs/heads', whole)) === 'directory'
      return isDirectory ? (depth < MOST_DEPTH ? loose(whole, depth + 1) : []) : [whole]
    })
  const has = (name: string): boolean => world.kind(join(own, name)) !== undefined
  const branch = /^ref: refs\/heads\/(.+)$/m.exec(world.read(join(own, 'HEAD')) ?? '')?.[1]
  return {
    branch,
    branches: [
      ...(branch === undefined ? [] : [branch]),
      ...loose('', 0),
      ...[...packed.matchAll(/ refs\/heads\/(.+)$/gm)].map(([, name]) => name!),
    ],
    remotes: [...config.matchAll(/^\[remote "(.+)"\]/gm)].map(([, name]) => name!),
    upstreams: [...config.matchAll(/^\[branch "(.+)"\]\s*\n(?:[ \t].*\n)*?[ \t]*remote/gm)].map(
      ([, name]) => name!,
    ),
    under: has('MERGE_HEAD')
      ? 'merge'
      : has('rebase-merge') || has('rebase-apply')
        ? 'rebase'
        : has('CHERRY_PICK_HEAD')
          ? 'cherry-pick'
          : undefined,
  }
}

export const WHO_ARE_YOU = found(
  'Git does not know your name and address, which every commit carries.',
  "git config --global user.name 'NAME' && git config --global user.email EMAIL",
)
/** Commands that write commits or tags. */
const COMMITS = /^(?:commit|merge|rebase|cherry-pick|revert|am|stash|tag|pull)$/
const FATAL = 128

/** A file that another one includes may say it too. */
const isKnown = (world: World, top: string): boolean =>
  ['~/.gitconfig', '~/.config/git/config', '/etc/gitconfig', join(top, '.git/config')].some((path) =>
    /^\s*email\s*=|^\[include/m.test(world.read(absolute(path, world)) ?? ''),
  )

export const git: Rule = (call, { world, exitCode }) => {
  if (call.tool !== 'git') return []
  const at = call.args.findIndex((word) => !word.startsWith('-'))
  const [sub, ...rest] = call.args.slice(at)
  if (sub === 'clone') return cloned(rest)
  const has = repository(world)
  if (has === undefined || sub === undefined) return []
  const named = rest.filter((word) => !word.startsWith('-'))
  if (exitCode === FATAL && COMMITS.test(sub) && !isKnown(world, above(['.git'], world)!)) return WHO_ARE_YOU
  const { branch, branches, remotes, upstreams, under } = has
  const remote = remotes.includes('origin') ? 'origin' : remotes[0]
  switch (sub) {
    case 'push':
      if (remote === undefined)
        return found('This repository has no remote to push to; git remote add origin URL names one.')
      if (branch === undefined) return found('No branch is checked out, so none can be pushed.')
      if (named.length === 0 && !upstreams.includes(branch))
        return found(
          `The branch ${branch} has no upstream branch yet.`,
          `git push --set-upstream ${remote} ${quoted(branch)}`,
        )
      if (named.length > 1 && !named[1]!.includes(':') && !branches.includes(named[1]!))
        return unknownBranch(named[1]!)
      return found('Perhaps the other side has commits that you do not have yet.', 'git pull --rebase', false)
    case 'pull':
      if (under !== undefined) return conflict(under)
      if (remote !== undefined && branch !== undefined && named.length === 0 && !upstreams.includes(branch))
        return found(
          `The branch ${branch} does not know from which branch to pull.`,
          `git branch --set-upstream-to=${remote}/${quoted(branch)} ${quoted(branch)}`,
        )
      return found(
        'Perhaps changes that are not committed are in the way.',
        'git stash && git pull && git stash pop',
        false,
      )
    case 'merge':
    case 'rebase':
    case 'cherry-pick':
      if (under !== undefined) return conflict(under)
      return unknown()
    case 'checkout':
    case 'switch': {
      const makes = rest.find((word) => /^(?:-b|-c|--create)$/.test(word))
      if (makes !== undefined && named[0] !== undefined && branches.includes(named[0]))
        return found(`The branch ${named[0]} is there already.`, `git switch ${quoted(named[0])}`)
      return makes === undefined ? unknown() : []
    }
    case 'branch':
      if (rest.includes('-d') && named[0] !== undefined)
        return branches.includes(named[0])
          ? named[0] === branch
            ? found(`${branch} is the branch that you are on; switch to another one first.`)
            : found(
                `${named[0]} has commits that are in no other branch; -D deletes it with them.`,
                call.swap(at + 2 + rest.indexOf('-d'), '-D'),
                false,
              )
          : unknownBranch(named[0])
      return []
    case 'commit':
      if (under !== undefined) return conflict(under)
      if (rest.some((word) => /^-\w*a|^--all$/.test(word))) return []
      return found('Perhaps nothing was staged.', call.behind(at + 1, '-a'), false)
    default:
      return []
  }

  /** What the first name calls for, where it is to be a branch. */
  function unknown(): readonly Fix[] {
    return named[0] === undefined || branches.includes(named[0]) ? [] : unknownBranch(named[0])
  }

  function unknownBranch(name: string): readonly Fix[] {
    const near = closest(name, branches)
    const index = call.args.indexOf(name)
    const problem = `There is no branch ${name} here.`
    if (near !== undefined) return found(problem, call.swap(index + 1, near))
    return sub === 'checkout' || sub === 'switch'
      ? found(problem, `git switch -c ${quoted(name)}`, false)
      : found(problem)
  }

  function conflict(what: string): readonly Fix[] {
    return [
      ...found(`A ${what} is under way and has conflicts to be solved.`, 'git status'),
      ...found('', `git ${what} --abort`),
    ]
  }

  function cloned(words: readonly string[]): readonly Fix[] {
    const [from, to] = words.filter((word) => !word.startsWith('-'))
    const name =
      to ??
      from
        ?.replace(/\/+$/, '')
        .replace(/^.*[/:]/, '')
        .replace(/\.git$/, '')
    if (!name || world.kind(resolve(world.cwd, name)) !== 'directory') return []
    return found(`${name} is there already.`, `cd ${quoted(name)}`)
  }
}
