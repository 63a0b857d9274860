// The files that a listing command (find, fd, ls, tree, du, …) names, and what a filter leaves of such a list.

import { isEverything } from '../line/glob.ts'
import { readOptions } from '../line/options.ts'
import { names } from '../lookup.ts'
import {
  type Arg,
  type Args,
  after,
  placeIn,
  type SimpleCommand,
  SOMETHING,
  says,
  textsOf,
  UNKNOWN,
} from '../model.ts'

/** File names of one list that are followed one by one. */
export const MAX_LISTED = 16

/** Tests of find that leave only some files of the tree. */
const NARROWING =
  /^-(?:i?name|i?path|i?regex|i?wholename|i?lname|[mac]time|[mac]min|newer.*|size|empty|user|group|uid|gid|perm|nouser|nogroup|links|inum|samefile|fstype|readable|writable|executable)$/
const BY_NAME = /^-(?:i?name|i?path|i?regex|i?wholename)$/

interface Found {
  /** Directories or files in which the search starts. */
  readonly tops: Args
  /** What a found file may be: a start, a pattern for all below a start, or an unknown file below it. */
  readonly items: Args
  /** Whether everything below the starts is found, however deep; `-type` may still leave out a kind. */
  readonly whole: boolean
  /** Whether a test leaves only some of the files. */
  readonly narrowed: boolean
}

function below(top: string, rest: string): string {
  return `${top.replace(/\/+$/, '')}/${rest}`
}

/** The starts of a find and what it finds below them. */
export function findTargets(args: Args): Found {
  const from = args.findIndex((arg) => !/^-(?:[HLP]|O\d|D)$/.test(arg.text))
  const rest = args.slice(Math.max(from, 0))
  const end = placeIn(rest, /^[-(!]/)
  const near = args[0] ?? { text: '.', span: [0, 0] as const, taint: 0 }
  const given = end < 0 ? rest : rest.slice(0, end)
  const tops = given.length === 0 ? [{ ...near, text: '.' }] : given
  // Without a start, as where a variable is empty, find looks here and not below the root.
  const starts = tops.map((top) => (top.text === UNKNOWN ? { ...top, text: `${UNKNOWN}.` } : top))
  const value = (option: RegExp) => after(rest, option)[0]?.text
  const least = Number(value(/^-mindepth$/) ?? 0)
  const most = Number(value(/^-maxdepth$/) ?? Number.POSITIVE_INFINITY)
  const kind = value(/^-type$/)
  const unnarrowed =
    !rest.some((arg, i) => narrows(rest, arg, i)) && (kind === undefined || /[df]/.test(kind))
  if (!unnarrowed) {
    const [name, ...others] = textsOf(after(rest, /^-i?name$/))
    // Of what is left out, or found as well, the name says nothing.
    const isPlain = others.length === 0 && !says({ args: rest }, /^(?:!|-not|-prune|-or?|,)$/)
    const found = name !== undefined && isPlain ? `${SOMETHING}/${name}` : SOMETHING
    return {
      tops,
      items: starts.map((top) => ({ ...top, text: below(top.text, found) })),
      whole: false,
      narrowed: true,
    }
  }
  const items = starts.flatMap((top) => [
    ...(least > 0 || (kind !== undefined && !kind.includes('d')) ? [] : [top]),
    ...(most < 1 || least > 1 ? [] : [{ ...top, text: below(top.text, '*') }]),
    ...(most < 2 ? [] : [{ ...top, text: below(top.text, '**/*') }]),
  ])
  return { tops, items, whole: most === Number.POSITIVE_INFINITY, narrowed: false }
}

/** Whether a test leaves only some files. `! -name x`, and a pattern that every name matches, leave nearly all. */
function narrows(args: Args, { text }: Arg, i: number): boolean {
  if (!NARROWING.test(text)) return false
  if (!BY_NAME.test(text)) return true
  const value = args[i + 1]?.text ?? ''
  return !/^(?:!|-not)$/.test(args[i - 1]?.text ?? '') && !isEverything(value)
}

/** Where fd's command begins: at its option. */
export const fdCommandAt = (args: Args): number => placeIn(args, /^(?:-x|-X|--exec|--exec-batch)$/)

/** What `fd pattern directory …` finds; the words of its -x are no operands. */
export function fdTargets(args: Args): readonly string[] {
  const end = fdCommandAt(args)
  const own = end < 0 ? args : args.slice(0, end)
  const { operands, flag } = readOptions('fd', own)
  const all = /^(?:\.|\.\*|\^)?$/.test(operands[0]?.text ?? '') && flag('e', 'extension') === undefined
  return found(textsOf(operands.slice(1)), all)
}

function lsTargets(command: SimpleCommand): readonly string[] {
  const options = readOptions('ls', command.args)
  const given = textsOf(options.operands)
  const operands = given.length === 0 ? ['.'] : given
  if (options.flag('d', 'directory')) return operands
  const deep = options.flag('R', 'recursive') !== undefined
  return operands.flatMap((top) => [
    // ls names a file that matches a pattern as it is, and lists a directory that matches.
    /[*?[]/.test(top) ? top : below(top, '*'),
    ...(deep ? [below(top, '**/*')] : []),
  ])
}

function treeTargets(operands: readonly string[]): readonly string[] {
  return (operands.length === 0 ? ['.'] : operands).flatMap((top) => [top, below(top, '**/*')])
}

/** What is found below these places, or below this directory where none is named: all, or nobody knows what. */
const found = (tops: readonly string[], all: boolean): readonly string[] =>
  (tops.length === 0 ? ['.'] : tops).map((top) => below(top, all ? '**/*' : SOMETHING))

/** The files whose names a command prints, perhaps as patterns; undefined for a command that lists none. */
export function listed(command: SimpleCommand): readonly string[] | undefined {
  const { name, args } = command
  const options = readOptions(name, args)
  const operands = textsOf(options.operands)
  switch (name) {
    case 'find':
    case 'gfind':
      return textsOf(findTargets(args).items)
    case 'fd':
    case 'fdfind':
      return fdTargets(args)
    case 'ls':
    case 'gls':
    case 'dir':
    case 'vdir':
    case 'eza':
    case 'exa':
    case 'lsd':
      return lsTargets(command)
    case 'tree':
      return treeTargets(operands)
    case 'du':
      return options.flag('s', 'summarize') ? operands : treeTargets(operands)
    case 'locate':
    case 'plocate':
    case 'mlocate':
      return [`/${SOMETHING}`]
    case 'grep':
    case 'egrep':
    case 'fgrep':
    case 'rg':
    case 'ag':
    case 'ack':
      return grepTargets(command)
    default:
      return undefined
  }
}

/** grep and similar tools print names of files only with -l, -L or rg's --files. */
function grepTargets({ name, args }: SimpleCommand): readonly string[] | undefined {
  const options = readOptions(name, args)
  const operands = textsOf(options.operands)
  if (name === 'rg' && options.flag('files')) return found(operands, true)
  if (!options.flag('l', 'L', 'files-with-matches', 'files-without-match')) return undefined
  const pattern = options.value('e', 'regexp')?.text
  const tops = pattern === undefined ? operands.slice(1) : operands
  const all = /^\^?(?:\.\*?)?\$?$/.test(pattern ?? operands[0] ?? '')
  return found(tops, all)
}

/** Filters that let all, or nearly all, lines pass. */
const PASSES = names('sort gsort uniq shuf tac tr cut column pv nl awk gawk mawk')

/** The file names that a filter leaves of a list. */
export function filtered({ name, args }: SimpleCommand, under: readonly string[]): readonly string[] {
  const inverted = /^(?:[ef]?grep|rg|ag)$/.test(name) && readOptions(name, args).flag('v', 'invert-match')
  const printsAll = !/awk$/.test(name) || says({ args }, /^\s*\{\s*print\b[^{}]*\}\s*$/)
  if (inverted || (PASSES.has(name) && printsAll)) return under
  return under.map((top) =>
    top.includes(SOMETHING) ? top : below(top.replace(/\/(?:\*\*\/)?\*$/, ''), SOMETHING),
  )
}
