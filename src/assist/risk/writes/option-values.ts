// Finds options and their values in a command's words by the names of the options, whatever else the tool takes.
import type { Arg, Args } from '../model.ts'

/**
 * Values of options anywhere in the words: `-o FILE`, `-ofile`, `-xo FILE`, `--output FILE`, `--outp=FILE`, `-out
 * FILE`.
 */
export function valuesOf(args: Args, names: readonly string[], alone = false): Args {
  const out: Arg[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    const { text } = arg
    if (text.length < 2 || text[0] !== '-' || text === '--') continue
    for (const name of names) {
      if (name.length === 1) {
        const at = text[1] === '-' ? -1 : text.indexOf(name, 1)
        // In a cluster only letters and digits stand before the option.
        if (at < 1 || (at > 1 && (alone || !/^[A-Za-z0-9]*$/.test(text.slice(1, at))))) continue
        const rest = text.slice(at + 1).replace(/^=/, '')
        if (rest !== '') out.push({ ...arg, text: rest })
        if (rest === '' || at > 1) push(out, args[i + 1])
        continue
      }
      const body = text.replace(/^--?/, '')
      const equals = body.indexOf('=')
      const given = equals < 0 ? body : body.slice(0, equals)
      const fits = given === name || (text.startsWith('--') && given.length > 2 && name.startsWith(given))
      if (fits && equals >= 0) out.push({ ...arg, text: body.slice(equals + 1) })
      else if (fits) push(out, args[i + 1])
      else if (name.length === 2 && !text.startsWith('--') && body.startsWith(name) && body.length > 2)
        out.push({ ...arg, text: body.slice(2) })
    }
  }
  return out
}

function push(out: Arg[], arg: Arg | undefined): void {
  if (arg !== undefined) out.push(arg)
}

/** Whether one of these options is given: a letter anywhere in a cluster, a longer name as a word. */
export function hasFlag(args: Args, names: readonly string[]): boolean {
  return args.some(({ text }) => {
    if (text.startsWith('--')) return names.includes(text.slice(2).replace(/=.*$/, ''))
    if (text[0] !== '-') return false
    return names.some((name) =>
      name.length === 1 ? new RegExp(`^-[A-Za-z0-9]*${name}`).test(text) : text === `-${name}`,
    )
  })
}

/** Whether tar unpacks, by its first word or an option. */
export const unpacks = (args: Args): boolean =>
  /^-?[a-zA-Z]*x/.test(args[0]?.text ?? '') || hasFlag(args, ['x', 'extract', 'get'])
