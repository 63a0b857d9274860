// Which files a command deletes, overwrites or changes, over the many tools that do so.

import { findTargets } from '../listings.ts'
import { type Arg, type SimpleCommand, SOMETHING } from '../model.ts'
import type { Options } from '../options.ts'

/** Always whole trees, without an option that says so. */
export const TREE_DELETERS = ['rimraf', 'del', 'del-cli'] as const
export const DELETERS = ['rm', 'grm', 'srm', 'wipe', 'find', 'gfind', 'rmtree', ...TREE_DELETERS] as const

/** What a search of the whole system found. */
export const FOUND_IN_ROOT = new RegExp(`^/+${SOMETHING}/*$`)

export function isRecursive(options: Options): boolean {
  return options.flag('r', 'R', 'recursive') !== undefined
}

/** Trees a command removes: `rm -r` operands, starts of a `find … -delete` that leaves nothing but kinds. */
export function deletedTrees(command: SimpleCommand, options: Options): readonly Arg[] {
  if (/find$/.test(command.name)) {
    const { whole, tops } = findTargets(command.args)
    return command.args.some((arg) => arg.text === '-delete') && whole ? tops : []
  }
  const always = TREE_DELETERS.some((name) => name === command.name)
  return always || isRecursive(options) ? options.operands : []
}

/** Files a command writes over, by redirection or by its arguments. */
export function overwritten(command: SimpleCommand, options: Options): readonly Arg[] {
  const out = command.redirections
    .filter(({ operator }) => operator === '>' || operator === '>|' || operator === '&>' || operator === '>&')
    .map(({ target }) => target)
  out.push(...written(command, options))
  return out
}

/** Files a command appends to. */
export function appended(command: SimpleCommand, options: Options): readonly Arg[] {
  const out = command.redirections
    .filter(({ operator }) => operator.endsWith('>>'))
    .map(({ target }) => target)
  if (command.name === 'tee' && options.flag('a', 'append')) out.push(...options.operands)
  return out
}

function written(command: SimpleCommand, options: Options): readonly Arg[] {
  switch (command.name) {
    case 'tee':
      return options.flag('a', 'append') ? [] : options.operands
    case 'dd':
    case 'dcfldd':
      return command.args.flatMap((arg) =>
        arg.text.startsWith('of=') ? [{ ...arg, text: arg.text.slice(3) }] : [],
      )
    case 'cp':
    case 'mv':
    case 'install':
    case 'ln': {
      const into = options.value('t', 'target-directory')
      const last = options.operands.length > 1 ? options.operands.at(-1) : undefined
      return into !== undefined ? [into] : last === undefined ? [] : [last]
    }
    case 'truncate':
    case 'shred':
      return options.operands
    case 'qemu-img':
      return options.operands[0]?.text === 'convert' ? options.operands.slice(2).slice(-1) : []
    case 'ddrescue':
      return options.operands.slice(1, 2)
    case 'partclone.restore':
      return [options.value('o', 'output'), options.value('O', 'overwrite')].filter(
        (arg) => arg !== undefined,
      )
    case 'curl':
    case 'wget': {
      const file =
        command.name === 'curl' ? options.value('o', 'output') : options.value('O', 'output-document')
      return file === undefined ? [] : [file]
    }
    case 'find':
    case 'gfind':
      return command.args.filter((_arg, i) =>
        /^-(?:fprintf?|fprint0|fls)$/.test(command.args[i - 1]?.text ?? ''),
      )
    case 'sed':
    case 'perl':
      return options.flag('i', 'in-place') ? options.operands.slice(1) : []
    default:
      return []
  }
}
