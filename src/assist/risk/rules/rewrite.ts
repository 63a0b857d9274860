// Safer forms made of a command's own words: listing instead of deleting, moving aside, trying without effect.
import { shellWord } from '../../../base/quote.ts'
import type { Options } from '../line/options.ts'
import { isUnresolved } from '../line/paths.ts'
import { type Arg, NO_OUTPUT, type SimpleCommand, textsOf } from '../model.ts'

export type Rewrite = (command: SimpleCommand, options: Options) => string | undefined

/** The words as they would be typed; undefined if one is a pattern or not known. */
export function say(...words: readonly (string | Arg | undefined)[]): string | undefined {
  const texts = words.map((word) => (typeof word === 'object' ? word.text : word))
  const known = texts.every((text) => text !== undefined && !isUnresolved(text) && !/[*?[{~]/.test(text))
  return known ? texts.map((text) => shellWord(text as string)).join(' ') : undefined
}

/** The same command without the words that match. */
export function without(pattern: RegExp): Rewrite {
  return (c) => say(c.name, ...c.args.filter((arg) => !pattern.test(arg.text)))
}

/** The search alone, with -print in place of -delete. */
export const foundOnly: Rewrite = ({ name, args }) => {
  const from = args.findIndex(({ text }) => /^-(?![HLP]$)/.test(text))
  const start = say(name, ...args.slice(0, from))
  const tests = args.slice(from).map(({ text }) => (text === '-delete' ? '-print' : shellWord(text)))
  return start === undefined || args.some(({ text }) => isUnresolved(text))
    ? undefined
    : [start, ...tests].join(' ')
}

/** The command with another end, if its only redirection is `>` to a file and its input is not on the line. */
export const redirected =
  (to: (command: string, file: string) => string | undefined): Rewrite =>
  ({ name, path, args, input, span, redirections: [sole, more] }) => {
    if (sole?.operator !== '>' || sole.descriptor !== undefined || more !== undefined) return undefined
    if (input !== NO_OUTPUT || name === '' || sole.target.span[1] > span[1]) return undefined
    const [command, file] = [say(path, ...args), say(sole.target)]
    return command && file && to(command, file)
  }

/** Another tool with the command's operands, at most 20. */
export function rather(...tool: readonly string[]): Rewrite {
  return (_c, o) => (o.operands.length === 0 ? undefined : say(...tool, ...o.operands.slice(0, 20)))
}

/** Renames a single operand, which can be undone; only lists several. */
export const movedAside: Rewrite = (_c, o) => {
  const [only, more] = o.operands
  if (only === undefined) return undefined
  const path = only.text.replace(/\/+$/, '')
  return more === undefined ? say('mv', path, `${path}.old`) : say('ls', '-d', ...o.operands)
}

/** Chooses the form by the command's name and its first words; a key may have several, between `|`. */
export function byTool(table: Readonly<Record<string, Rewrite>>): Rewrite {
  const forms = new Map(
    Object.entries(table).flatMap(([keys, form]) => keys.split('|').map((key) => [key, form] as const)),
  )
  return (c, o) => {
    const words = textsOf(o.operands)
    const form =
      forms.get(`${c.name} ${words[0]} ${words[1]}`) ??
      forms.get(`${c.name} ${words[0]}`) ??
      forms.get(c.name)
    return form?.(c, o)
  }
}

/** The same command with words added at the end. */
export function tried(...words: readonly string[]): Rewrite {
  return (c) => say(c.name, ...c.args, ...words)
}
