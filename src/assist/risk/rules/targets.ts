// Finds the files that a command deletes, overwrites or fills, for the many tools that do so.

import { findTargets } from '../carriers/listings.ts'
import { wordsFound } from '../forms.ts'
import { copying, type Options } from '../line/options.ts'
import { type Args, redirectedTo, type SimpleCommand, SOMETHING } from '../model.ts'
import { FILLS } from '../writes/operands.ts'
import { HERE, writtenFiles } from '../writes/positions.ts'

/** Tools that delete the trees that are named, for forms. */
export const TREE_DELETERS = 'rm|grm|srm|wipe|rmtree|rimraf|del|del-cli'
export const DELETERS = `${TREE_DELETERS}|find|gfind`

/** A file somewhere in the system, as `find /` names it. */
export const FOUND_IN_ROOT = new RegExp(`^/+${SOMETHING}(?:/|$)`)

export function isRecursive(options: Options): boolean {
  return options.flag('r', 'R', 'recursive') !== undefined
}

/** Trees that a command removes: operands of `rm -r`, starts of a `find … -delete` that leaves nothing out. */
export function deletedTrees(command: SimpleCommand, options: Options): Args {
  if (/find$/.test(command.name)) {
    const { whole, tops } = findTargets(command.args)
    return command.args.some((arg) => arg.text === '-delete') && whole ? tops : []
  }
  return /^(?:rimraf|del|del-cli)$/.test(command.name) || isRecursive(options) ? options.operands : []
}

/** A dozen rules ask for the overwritten files of the same command, one after the other. */
let asked: { readonly command: SimpleCommand; readonly found: Args } | undefined

/** Files that a command overwrites, by redirection or by its arguments. */
export function overwritten(command: SimpleCommand, options: Options): Args {
  if (asked?.command === command) return asked.found
  const found = overwrites(command, options)
  asked = { command, found }
  return found
}

function overwrites(command: SimpleCommand, options: Options): Args {
  const out = [...redirectedTo(command, /^(?:>\|?|&>|>&|<>)$/)]
  out.push(...writtenFiles(command, options))
  return out
}

/** Files that a command appends to. */
export function appended(command: SimpleCommand, options: Options): Args {
  const out = [...redirectedTo(command, />>$/)]
  if (command.name === 'tee' && options.flag('a', 'append')) out.push(...options.operands)
  return out
}

/** Files that a command overwrites or appends to. */
export const changed = (command: SimpleCommand, options: Options): Args => [
  ...overwritten(command, options),
  ...appended(command, options),
]

/** Directories that a command fills with files not named in the line: by unpacking, copying or fetching whole trees. */
export function filled(command: SimpleCommand, options: Options): Args {
  if (!/^(?:rsync|g?cp|scp)$/.test(command.name)) return wordsFound(FILLS, command, options)
  const { operands } = options
  const { into } = copying(options)
  if (into === undefined || operands.length < 2) return []
  // `src/` copies the contents of a directory and not the directory itself; -T and --delete act on the target as a whole.
  const whole = operands.some((arg) => arg !== into && /\/\.?$|^\.{1,2}$/.test(arg.text))
  const plain = options.flag('no-target-directory', 'T', 'delete') !== undefined
  const recursive =
    command.name === 'rsync' || options.flag('r', 'R', 'a', 'recursive', 'archive') !== undefined
  return recursive && (whole || plain) ? [{ ...into, text: into.text.replace(HERE, '') }] : []
}
