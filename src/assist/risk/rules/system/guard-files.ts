// Finds the words of a command that write, replace, move, hide or remove a file on which the guard depends.

import { AI_TOOL_LIST } from '../../../../base/words/ai-tools.ts'
import { findTargets } from '../../carriers/listings.ts'
import { couldMatch } from '../../line/glob.ts'
import { copying, type Options, verb } from '../../line/options.ts'
import { resolvePath } from '../../line/paths.ts'
import { names } from '../../lookup.ts'
import { type Arg, type Args, after, baseName, type SimpleCommand, says } from '../../model.ts'
import { hasFlag, unpacks, valuesOf } from '../../writes/option-values.ts'
import {
  isAboveOwn,
  isOwnDirectory,
  isOwnFile,
  isOwnProgram,
  mayLead,
  namesOwn,
  SETTINGS_ENDS,
  START_FILES,
} from '../../writes/own-files.ts'
import { HERE, inputCode, runsCode } from '../../writes/positions.ts'
import { onlyReads, searches } from '../../writes/readers.ts'
import { changed, filled, isRecursive } from '../targets.ts'

const REMOVES = names('rm grm srm wipe unlink shred rmdir trash trash-put gio rimraf del find gfind')
/** Tools that change a whole tree, or mount something over it. */
const CHANGES_TREES = names('chmod chown chgrp chattr setfacl chcon mount umount bindfs sshfs mkfs stow')

/** Tools that change, remove or fill whole directories, so that no word needs to name a file of the guard. */
export const TAKES_TREES = new Set([
  ...REMOVES,
  ...CHANGES_TREES,
  ...'mv gmv cp gcp rsync tar gtar bsdtar unzip git 7z 7za rar arj unar cpio bsdcpio pax patch gpatch chezmoi yadm home-manager'.split(
    ' ',
  ),
])

/** Words that name files on which the guard depends, if the command writes, replaces or removes them. */
export function touchedOwn(c: SimpleCommand, o: Options): Args {
  const { scope } = c
  if (!mayTouch(c)) return NOTHING
  const isOwn = (text: string) => namesOwn(text, scope)
  const isTarget = (arg: Arg) =>
    isOwnFile(arg.text, scope) || isOwnProgram(arg.text, scope) || (/[:=,]/.test(arg.text) && isOwn(arg.text))
  const found = changed(c, o).filter((arg) => isTarget(arg) || isOwnDirectoryItself(arg, c, o))
  found.push(
    ...placed(c, o).filter((arg) => isTarget(arg) || (isOwnDirectory(arg.text, scope) && isHere(arg, c))),
  )
  found.push(...removed(c, o), ...changedTrees(c, o), ...covered(c, o), ...editedHook(c, o))
  if (onlyReads(c, o, isOwn)) return found
  const words = inputIsCode(c.name) ? [...c.args, ...inputCode(c)] : c.args
  // Looking at each part of a word is slow, so most words of most tools are only looked at as a whole.
  const closely = scope.machine !== undefined || runsCode(c.name) || mayLead(scope.cwd, scope)
  return [
    ...found,
    ...words.filter(({ text }) => !FLAGS_ONLY.test(text) && (closely || mayLead(text, scope)) && isOwn(text)),
  ]
}

/** Options, which are no file names even in a directory where every name is a file of the guard. */
const FLAGS_ONLY = /^--?[\w-]+$/

const NOTHING: Args = []

/** A quick look: whether some word could lead to a file of the guard, or the tool works on whole trees. */
function mayTouch({ name, args, redirections, input, scope }: SimpleCommand): boolean {
  if (scope.machine !== undefined) return true
  // A repository or an archive can say where its files go, so no word has to.
  if (scope.caller === 'tool' && (TAKES_TREES.has(name) || /^python\d?$/.test(name))) return true
  if (TAKES_TREES.has(name)) {
    const isAboveHome = scope.cwd === scope.home || scope.home.startsWith(`${scope.cwd}/`)
    if (isAboveHome || says({ args }, /^[/~]|\.\.|=[/~]/)) return true
  }
  if (runsCode(name) && says({ args }, /["'`]\s*[+.]+\s*["'`]/)) return true
  const may = (text: string) => mayLead(text, scope)
  return (
    may(scope.cwd) ||
    args.some((arg) => may(arg.text)) ||
    redirections.some(({ target }) => may(target.text)) ||
    (input.text !== undefined && may(input.text)) ||
    (name === 'sed' && says({ args }, /karo/i))
  )
}

/** Tools whose standard input names the files they change. */
function inputIsCode(name: string): boolean {
  return (
    runsCode(name) ||
    /^(?:ed|ex|red|vim?|nvim|view|patch|gpatch|git|cpio|sftp|ftp|lftp|smbclient|redis-cli|unzip|tar|rsync|parted)$/.test(
      name,
    )
  )
}

/** Whether the command acts on a directory of the guard as a whole, and does not just put a file into it. */
function isOwnDirectoryItself(arg: Arg, { name, scope }: SimpleCommand, o: Options): boolean {
  // `mv -T x ~/.claude` replaces the directory.
  const isPlace = /^g?(?:cp|mv|ln|install)$/.test(name) && o.flag('T', 'no-target-directory') !== undefined
  return (
    (isPlace || !/^(?:cp|mv|ln|install|rsync|scp|tee|split|csplit)$/.test(name)) &&
    isOwnDirectory(arg.text, scope)
  )
}

/** Whether the directory lies in the home or in the current project; settings of AI tools elsewhere have no effect. */
function isHere({ text }: Arg, { scope }: SimpleCommand): boolean {
  const above = resolvePath(`${text}/..`, scope)
  const here = resolvePath('.', scope)
  return above === scope.home || above === here || here.startsWith(`${above}/`) || !/\/\.\w+$/.test(text)
}

/** The paths of files that are put into a directory under their own names. A directory's contents are not known. */
function placed(c: SimpleCommand, o: Options): Args {
  if (!/^g?(?:cp|mv|install|ln|rsync|scp)$/.test(c.name)) return []
  const { sources, into } = copying(o)
  if (into === undefined) return []
  const text = into.text.replace(HERE, '')
  // rsync copies the contents of a source that ends in a slash.
  const named = sources.filter((arg) => c.name !== 'rsync' || !arg.text.endsWith('/'))
  return named.map((arg) => {
    const name = baseName(arg.text.replace(/(?<=[^/])\/+$/, ''))
    return { ...into, text: name === '.' || name === '..' ? text : `${text}/${name}` }
  })
}

function removed(c: SimpleCommand, o: Options): Args {
  const { scope, name } = c
  const isTaken = (arg: Arg) =>
    isOwnFile(arg.text, scope) || isAboveOwn(arg.text, scope) || isOwnProgram(arg.text, scope)
  const isOwnItself = (arg: Arg) => isOwnFile(arg.text, scope) || isOwnDirectory(arg.text, scope)
  if (name === 'git') return gitRemoved(c, o)
  if (name === 'mv' || name === 'gmv') return copying(o).sources.filter(isTaken)
  if (name === 'ln' || name === 'gln') return o.operands.slice(0, 1).filter(isOwnItself)
  if (!REMOVES.has(name)) return []
  if (name.endsWith('find')) return foundAndChanged(c)
  const whole = isRecursive(o) || /^(?:trash|trash-put|gio|rimraf|del)$/.test(name)
  return o.operands.filter(
    whole ? isTaken : (arg) => isOwnFile(arg.text, scope) || isOwnProgram(arg.text, scope),
  )
}

/** Starts of a find that deletes or changes what it finds, if it could find a file of the guard below them. */
function foundAndChanged({ args, scope }: SimpleCommand): Args {
  if (searches({ args })) return []
  const { tops } = findTargets(args)
  const patterns = after(args, /^-(?:i?name|i?path|i?wholename|i?regex)$/)
  return tops.filter((top) => {
    if (!isAboveOwn(top.text, scope)) return false
    return patterns.length === 0
      ? isOwnDirectory(top.text, scope)
      : patterns.every(({ text }) => couldFind(text))
  })
}

/** Whether a pattern for names or paths could match a file of the guard, judged by its last component. */
function couldFind(pattern: string): boolean {
  const last = baseName(pattern)
  return OWN_NAMES.some((name) => couldMatch(last, name) || last.includes(name))
}

const OWN_NAMES = [
  ...new Set(SETTINGS_ENDS.map(baseName)),
  ...AI_TOOL_LIST.map(({ directory }) => baseName(directory.name)),
  ...['guard.toml', 'identity.key', 'managed-settings.json', '.opencode'],
]

/**
 * Words by which git removes files of the guard from the working tree; only if `machine` says that such a file is
 * there.
 */
function gitRemoved(c: SimpleCommand, o: Options): Args {
  const { machine, cwd } = c.scope
  const what = verb(o)
  const top = resolvePath(o.value('C', 'work-tree')?.text ?? '.', c.scope)
  const holds = (path: string) => machine?.files.some((file) => file.startsWith(`${path}/`)) === true
  const own = o.operands.slice(1)
  const force = o.flag('f', 'force', 'hard') !== undefined
  if (what === 'clean') {
    if (!force || o.flag('n', 'dry-run')) return []
    const paths = own.length === 0 ? [top] : own.map((arg) => resolvePath(arg.text, { cwd: top }))
    return paths.some(holds) ? [o.operands[0]!] : []
  }
  if (what === 'stash')
    return o.flag('u', 'a', 'include-untracked', 'all') && holds(top) ? [o.operands[0]!] : []
  if (what !== 'checkout' && what !== 'restore' && what !== 'rm') return []
  return own.filter((arg) => {
    const path = arg.text.replace(/^:(?:\/|\(top\))/, '') || '.'
    return holds(resolvePath(path, { cwd: top === '.' ? cwd : top }))
  })
}

/** `chmod -R 000 ~`, `mount --bind x ~/.claude`: the files still exist, but nothing can read them. */
function changedTrees(c: SimpleCommand, o: Options): Args {
  const { name, scope } = c
  if (!CHANGES_TREES.has(name)) return []
  // A remount leaves the files in view.
  if (name === 'mount' && says(c, /(?:^|,)remount(?!.*(?:bind|\bro\b))/)) return []
  const whole = isRecursive(o) || /mount|fs$|stow/.test(name)
  const words = name === 'stow' ? valuesOf(c.args, ['t', 'target']) : o.operands
  return words.filter((arg) => (whole ? isAboveOwn(arg.text, scope) : isOwnDirectory(arg.text, scope)))
}

/** Directories that are filled as a whole, perhaps with files of the guard. For a person only the guard's own count. */
function covered(c: SimpleCommand, o: Options): Args {
  const { scope } = c
  if (scope.caller !== 'tool') return filled(c, o).filter((arg) => isOwnDirectory(arg.text, scope))
  const isRoot = (arg: Arg) => resolvePath(arg.text, scope) === '/'
  return [
    ...filled(c, o).filter((arg) => isAboveOwn(arg.text, scope) || isRoot(arg)),
    ...checkedOut(c, o),
    ...unpackedAnywhere(c),
  ]
}

/** Verbs of git that change files of the working tree to those of a commit or a patch. */
const GIT_FILLS =
  /^(?:checkout|checkout-index|switch|restore|reset|apply|am|merge|pull|rebase|cherry-pick|revert|stash|read-tree|clone|worktree|submodule)$/
/** Tools that lay start files and settings over a home, from a source that the line does not show. */
const DOTFILES: Readonly<Record<string, RegExp>> = {
  chezmoi: /^(?:apply|update|init)$/,
  yadm: GIT_FILLS,
  'home-manager': /^switch$/,
}

/** Words that make a home the working tree of a repository: options, a variable, or the target of a clone. */
function checkedOut(c: SimpleCommand, o: Options): Args {
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

/** `tar xPf x.tar`: the names in the archive count from the root directory. */
function unpackedAnywhere({ name, args }: SimpleCommand): Args {
  if (!/^(?:g|bsd)?tar$/.test(name)) return NOTHING
  const [first] = args
  const isAnywhere = /^[a-zA-Z]*P/.test(first?.text ?? '') || hasFlag(args, ['P', 'absolute-names'])
  return first !== undefined && unpacks(args) && isAnywhere ? [first] : NOTHING
}

/**
 * Start files in which sed changes lines with karo. People may edit these files, but removing the guard's lines is
 * asked about.
 */
function editedHook(c: SimpleCommand, o: Options): Args {
  if (c.name !== 'sed' || !o.flag('i', 'in-place') || !says(c, /karo/i)) return []
  return o.operands.filter((arg) => START_FILES.some((file) => resolvePath(arg.text, c.scope).endsWith(file)))
}
