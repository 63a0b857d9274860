// Which words of a command write, replace, move, hide or take away a file that the guard goes by.

import { findTargets } from '../../carriers/listings.ts'
import { couldMatch } from '../../line/glob.ts'
import type { Options } from '../../line/options.ts'
import { resolvePath } from '../../line/paths.ts'
import { type Arg, baseName, type SimpleCommand } from '../../model.ts'
import {
  isAboveOwn,
  isOwnDirectory,
  isOwnFile,
  isOwnProgram,
  mayBeOwn,
  mayBeSystem,
  namesOwn,
  SETTINGS_ENDS,
} from '../../writes/own-files.ts'
import { HERE, inputCode, runsCode, valuesOf } from '../../writes/positions.ts'
import { onlyReads } from '../../writes/readers.ts'
import { ONLY_READ } from '../../writes/tools.ts'
import { verb } from '../rule.ts'
import { appended, filled, isRecursive, overwritten } from '../targets.ts'

const SHELL_START = /(?:^|\/)(?:\.(?:bashrc|bash_profile|profile|zshrc|zprofile|zshenv)|config\.fish)$/
const REMOVES: ReadonlySet<string> = new Set(
  'rm grm srm wipe unlink shred rmdir trash trash-put gio rimraf del find gfind'.split(' '),
)
/** Change what a whole tree is, or what is seen in its place. */
const CHANGES_TREES: ReadonlySet<string> = new Set(
  'chmod chown chgrp chattr setfacl chcon mount umount bindfs sshfs mkfs stow'.split(' '),
)

/** Change, take or fill whole directories, whose words need not name a file of ours. */
export const TAKES_TREES: ReadonlySet<string> = new Set([
  ...REMOVES,
  ...CHANGES_TREES,
  ...'mv gmv cp gcp rsync tar gtar bsdtar unzip git 7z 7za rar arj unar cpio pax patch gpatch chezmoi yadm home-manager'.split(
    ' ',
  ),
])

/** Files that the guard goes by, or is called from, which the command writes, replaces or takes away. */
export function touchedOwn(c: SimpleCommand, o: Options): readonly Arg[] {
  const { scope } = c
  if (!mayTouch(c)) return NOTHING
  const isOwn = (text: string) => namesOwn(text, scope)
  const isTarget = (arg: Arg) =>
    isOwnFile(arg.text, scope) || isOwnProgram(arg.text, scope) || (/[:=,]/.test(arg.text) && isOwn(arg.text))
  const found = [...overwritten(c, o), ...appended(c, o)].filter(
    (arg) => isTarget(arg) || isOwnDirectoryItself(arg, c, o),
  )
  found.push(
    ...placed(c, o).filter((arg) => isTarget(arg) || (isOwnDirectory(arg.text, scope) && isHere(arg, c))),
  )
  found.push(...removed(c, o), ...changedTrees(c, o), ...covered(c, o), ...editedHook(c, o))
  if (onlyReads(c, o, isOwn)) return found
  const words = inputIsCode(c.name) ? [...c.args, ...inputCode(c)] : c.args
  // Most words of most tools are spared the look at each of their parts.
  const closely = scope.machine !== undefined || runsCode(c.name) || mayLead(scope.cwd, scope)
  return [
    ...found,
    ...words.filter(({ text }) => !FLAGS_ONLY.test(text) && (closely || mayLead(text, scope)) && isOwn(text)),
  ]
}

/** In a directory of ours every name is a file of ours, but `-rf` and `--force` are none. */
const FLAGS_ONLY = /^--?[\w-]+$/

const NOTHING: readonly Arg[] = []

/** Start files count as the guard's own of a tool alone. */
function mayLead(text: string, { caller }: SimpleCommand['scope']): boolean {
  return mayBeOwn(text) || (caller === 'tool' && mayBeSystem(text))
}

/** A cheap look: whether some word could lead to a file of ours, or the tool takes whole trees. */
function mayTouch({ name, args, redirections, input, scope }: SimpleCommand): boolean {
  if (scope.machine !== undefined) return true
  // Where a repository or an archive says where its files go, no word has to.
  if (scope.caller === 'tool' && (TAKES_TREES.has(name) || /^python\d?$/.test(name))) return true
  if (TAKES_TREES.has(name)) {
    const isAboveHome = scope.cwd === scope.home || scope.home.startsWith(`${scope.cwd}/`)
    if (isAboveHome || args.some((arg) => /^[/~]|\.\.|=[/~]/.test(arg.text))) return true
  }
  if (runsCode(name) && args.some((arg) => /["'`]\s*[+.]+\s*["'`]/.test(arg.text))) return true
  const may = (text: string) => mayLead(text, scope)
  return (
    may(scope.cwd) ||
    args.some((arg) => may(arg.text)) ||
    redirections.some(({ target }) => may(target.text)) ||
    (input.text !== undefined && may(input.text)) ||
    (name === 'sed' && args.some((arg) => /karo/i.test(arg.text)))
  )
}

/** Tools whose standard input says which files they change. */
function inputIsCode(name: string): boolean {
  return (
    runsCode(name) ||
    /^(?:ed|ex|red|vim?|nvim|view|patch|gpatch|git|cpio|sftp|ftp|lftp|smbclient|redis-cli|unzip|tar|rsync|parted)$/.test(
      name,
    )
  )
}

/** The directory as a whole, not one that something is put into under its own name. */
function isOwnDirectoryItself(arg: Arg, { name, scope }: SimpleCommand, o: Options): boolean {
  // `mv -T x ~/.claude` takes the directory's place.
  const isPlace = /^g?(?:cp|mv|ln|install)$/.test(name) && o.flag('T', 'no-target-directory') !== undefined
  return (
    (isPlace || !/^(?:cp|mv|ln|install|rsync|scp|tee|split|csplit)$/.test(name)) &&
    isOwnDirectory(arg.text, scope)
  )
}

/** Whether the directory is that of a home, or of the project the command runs in: a copy elsewhere is no one's settings. */
function isHere({ text }: Arg, { scope }: SimpleCommand): boolean {
  const above = resolvePath(`${text}/..`, scope)
  const here = resolvePath('.', scope)
  return above === scope.home || above === here || here.startsWith(`${above}/`) || !/\/\.\w+$/.test(text)
}

/** A file that is put into a directory under its own name; of a directory's contents it is not known what is put there. */
function placed(c: SimpleCommand, o: Options): readonly Arg[] {
  if (!/^g?(?:cp|mv|install|ln|rsync|scp)$/.test(c.name)) return []
  const into = o.value('t', 'target-directory') ?? o.operands.at(-1)
  if (into === undefined) return []
  // Of a directory that ends in a slash rsync takes what is in it.
  const sources = o.operands.filter((arg) => arg !== into && !(c.name === 'rsync' && arg.text.endsWith('/')))
  const text = into.text.replace(HERE, '')
  return sources.map((arg) => {
    const name = baseName(arg.text.replace(/(?<=[^/])\/+$/, ''))
    return { ...into, text: name === '.' || name === '..' ? text : `${text}/${name}` }
  })
}

function removed(c: SimpleCommand, o: Options): readonly Arg[] {
  const { scope, name } = c
  const isTaken = (arg: Arg) =>
    isOwnFile(arg.text, scope) || isAboveOwn(arg.text, scope) || isOwnProgram(arg.text, scope)
  const isOwnItself = (arg: Arg) => isOwnFile(arg.text, scope) || isOwnDirectory(arg.text, scope)
  if (name === 'git') return gitRemoved(c, o)
  if (name === 'mv' || name === 'gmv')
    return o.operands.slice(0, o.value('t', 'target-directory') ? undefined : -1).filter(isTaken)
  if (name === 'ln' || name === 'gln') return o.operands.slice(0, 1).filter(isOwnItself)
  if (!REMOVES.has(name)) return []
  if (name.endsWith('find')) return foundAndChanged(c)
  const whole = isRecursive(o) || /^(?:trash|trash-put|gio|rimraf|del)$/.test(name)
  return o.operands.filter(
    whole ? isTaken : (arg) => isOwnFile(arg.text, scope) || isOwnProgram(arg.text, scope),
  )
}

/** Where a search deletes what it finds, or has it changed: its tops, and what could be found below them. */
function foundAndChanged({ args, scope }: SimpleCommand): readonly Arg[] {
  const runs = args.some(
    ({ text }, i) =>
      text === '-delete' ||
      (/^-(?:exec|execdir|ok|okdir)$/.test(text) && !ONLY_READ.has(args[i + 1]?.text ?? '')),
  )
  if (!runs) return []
  const { tops } = findTargets(args)
  const patterns = args.filter((_arg, i) =>
    /^-(?:i?name|i?path|i?wholename|i?regex)$/.test(args[i - 1]?.text ?? ''),
  )
  return tops.filter((top) => {
    if (!isAboveOwn(top.text, scope)) return false
    return patterns.length === 0
      ? isOwnDirectory(top.text, scope)
      : patterns.every(({ text }) => couldFind(text))
  })
}

/** Whether a pattern of a search, by name or by path, could find a file of ours: by its last name. */
function couldFind(pattern: string): boolean {
  const last = pattern.slice(pattern.lastIndexOf('/') + 1)
  return OWN_NAMES.some((name) => couldMatch(last, name) || last.includes(name))
}

const OWN_NAMES = [
  ...new Set(SETTINGS_ENDS.map((end) => baseName(end))),
  ...'guard.toml config.toml identity.key managed-settings.json .claude .codex .cursor .gemini .copilot'.split(
    ' ',
  ),
]

/** git over what lies in the directory: only where the caller knows that a file of ours is there. */
function gitRemoved(c: SimpleCommand, o: Options): readonly Arg[] {
  const { machine, cwd } = c.scope
  const what = verb(o)
  const top = resolvePath(o.value('C', 'work-tree')?.text ?? '.', c.scope)
  const holds = (path: string) => machine?.files.some((file) => file.startsWith(`${path}/`)) === true
  const own = o.operands.slice(1)
  const force = o.flag('f', 'force', 'hard') !== undefined
  if (what === 'clean') {
    if (!force || o.flag('n', 'dry-run')) return []
    const paths = own.length === 0 ? [top] : own.map((arg) => resolvePath(arg.text, { cwd: top }))
    return paths.some(holds) ? [o.operands[0] as Arg] : []
  }
  if (what === 'stash')
    return o.flag('u', 'a', 'include-untracked', 'all') && holds(top) ? [o.operands[0] as Arg] : []
  if (what !== 'checkout' && what !== 'restore' && what !== 'rm') return []
  return own.filter((arg) => {
    const path = arg.text.replace(/^:(?:\/|\(top\))/, '') || '.'
    return holds(resolvePath(path, { cwd: top === '.' ? cwd : top }))
  })
}

/** `chmod -R 000 ~`, `mount --bind x ~/.claude`: the files are there, and are not read any more. */
function changedTrees(c: SimpleCommand, o: Options): readonly Arg[] {
  const { name, scope } = c
  if (!CHANGES_TREES.has(name)) return []
  // What is mounted there stays there.
  if (name === 'mount' && c.args.some((arg) => /(?:^|,)remount(?!.*(?:bind|\bro\b))/.test(arg.text)))
    return []
  const whole = isRecursive(o) || /mount|fs$|stow/.test(name)
  const words = name === 'stow' ? valuesOf(c.args, ['t', 'target']) : o.operands
  return words.filter((arg) => (whole ? isAboveOwn(arg.text, scope) : isOwnDirectory(arg.text, scope)))
}

/** What is unpacked or copied as a whole over a directory may hold anything. A person who does that means it. */
function covered(c: SimpleCommand, o: Options): readonly Arg[] {
  const { scope } = c
  if (scope.caller !== 'tool') return filled(c, o).filter((arg) => isOwnDirectory(arg.text, scope))
  const isRoot = (arg: Arg) => resolvePath(arg.text, scope) === '/'
  return [
    ...filled(c, o).filter((arg) => isAboveOwn(arg.text, scope) || isRoot(arg)),
    ...checkedOut(c, o),
    ...unpackedAnywhere(c),
  ]
}

/** Verbs of git by which the files of a working tree become what a repository, or a patch, says. */
const GIT_FILLS =
  /^(?:checkout|checkout-index|switch|restore|reset|apply|am|merge|pull|rebase|cherry-pick|revert|stash|read-tree|clone|worktree|submodule)$/
/** Lay a person's own start files and settings over a home, from where nobody sees what they hold. */
const DOTFILES: Readonly<Record<string, RegExp>> = {
  chezmoi: /^(?:apply|update|init)$/,
  yadm: GIT_FILLS,
  'home-manager': /^switch$/,
}

/** A repository's files over a home: the options and the variable that say where its working tree is. */
function checkedOut(c: SimpleCommand, o: Options): readonly Arg[] {
  const { name, args, assignments, scope } = c
  if (Object.hasOwn(DOTFILES, name))
    return (DOTFILES[name] as RegExp).test(verb(o)) ? o.operands.slice(0, 1) : NOTHING
  if (name !== 'git' || !GIT_FILLS.test(verb(o))) return NOTHING
  const trees = [
    ...valuesOf(args, ['C', 'work-tree', 'prefix']),
    ...assignments.filter((set) => set.name === 'GIT_WORK_TREE').map(({ value }) => value),
    ...(verb(o) === 'clone' ? o.operands.slice(2, 3) : []),
  ]
  return trees.filter(({ text }) => {
    const path = resolvePath(text, scope)
    return path === '/' || `${scope.home}/`.startsWith(`${path}/`) || isOwnDirectory(text, scope)
  })
}

/** `tar xPf x.tar`: the archive says where, from the root on. */
function unpackedAnywhere({ name, args }: SimpleCommand): readonly Arg[] {
  if (!/^(?:g|bsd)?tar$/.test(name)) return NOTHING
  const [first] = args
  const clusters = args.filter((arg) => arg === first || /^-[a-zA-Z]/.test(arg.text))
  const has = (letter: string, long: string) =>
    clusters.some(({ text }) => /^-?[a-zA-Z]+$/.test(text) && text.includes(letter)) ||
    args.some(({ text }) => text === long)
  return first !== undefined && has('x', '--extract') && has('P', '--absolute-names') ? [first] : NOTHING
}

/** A person's start files are theirs to change; the lines in them that load the guard are not changed unasked. */
function editedHook(c: SimpleCommand, o: Options): readonly Arg[] {
  if (c.name !== 'sed' || !o.flag('i', 'in-place') || !c.args.some((arg) => /karo/i.test(arg.text))) return []
  return o.operands.filter((arg) => SHELL_START.test(resolvePath(arg.text, c.scope)))
}
