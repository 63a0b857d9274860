// Finds the files that scripts of editors, sed and awk write, from the words in which they stand.

import type { Options } from '../line/options.ts'
import { names } from '../lookup.ts'
import { type Args, inputOf, NO_OUTPUT, type SimpleCommand, says } from '../model.ts'

const NOTHING: Args = []

/** Editors. A program for one of them stands in its options or on its input. */
export const EDITORS = names(`
  vi vim nvim view gvim vimx vim.basic vim.tiny nvi elvis ex ed red nano pico micro joe jed ne emacs emacsclient mg hx helix kak kate gedit
  kwrite mousepad code codium cursor subl atom zed gnome-text-editor vimdiff nvimdiff rvim sudoedit xdg-open open
`)
const EDITS_AND_WRITES =
  /(?:^|[|:\s+!%])(?:w|wq|wqa|x|xa|xit|exit|up|update|wa|wall|sav|saveas|wn)!?(?:$|[\s|])/
const EDITOR_WRITES_TO = /(?:^|[|:\s+!%\d,$])(?:w|wq|x|sav|saveas|up|update)!?\s+(?:>>\s*)?([^|\s]+)/

/** Whether the editor gets commands or keys from the line, so that it works without a person. */
export function isDriven(command: SimpleCommand): boolean {
  const { args, input, redirections } = command
  if (input !== NO_OUTPUT || redirections.some(({ operator }) => operator === '<')) return true
  return says({ args }, /^(?:-[a-zA-Z]*[cesS]|--(?:cmd|batch|eval|execute|script)|\+[^\d/$].*)/)
}

/** Files that an editor writes if the line gives it its keys. */
export function editor(command: SimpleCommand, options: Options): Args {
  if (!isDriven(command)) return NOTHING
  const texts = [...command.args, inputOf(command)]
  const named = texts.flatMap((arg) =>
    arg.text.split('\n').flatMap((line) => {
      const file = EDITOR_WRITES_TO.exec(line)?.[1]
      return file === undefined ? [] : [{ ...arg, text: file }]
    }),
  )
  const writes =
    command.input.text === undefined ||
    texts.some((arg) => arg.text.split('\n').some((line) => EDITS_AND_WRITES.test(line)))
  return writes ? [...named, ...options.operands] : named
}

/** Files of sed's commands `w` and `W` and of its flag `w`. */
export function sed(command: SimpleCommand): Args {
  return command.args.flatMap((arg) =>
    arg.text.split('\n').flatMap((line) =>
      [...line.matchAll(/(?:^|[\s;{}!$/,\d|#@:~]|[gpeImM])[wW](?:\s+|(?=[./~]))([^\s;}'"][^\n;}]*)/g)].map(
        (match) => ({
          ...arg,
          text: match[1]!.trim(),
        }),
      ),
    ),
  )
}

/** A variable of awk that a word sets, and awk's redirection to a variable. */
const AWK_SETS = /^(?:-v)?([A-Za-z_]\w*)=([\s\S]+)$/
const AWK_INTO = />{1,2}\s*\(?\s*([A-Za-z_]\w*)/g

/** awk's programs, in which names of files stand for the variables that other words set: `-v f=FILE '{ print > f }'`. */
export function awkCode({ name, args }: SimpleCommand): Args {
  if (!/awk$/.test(name)) return NOTHING
  const set = new Map<string, string>()
  for (const { text } of args) {
    const [, variable, file] = AWK_SETS.exec(text) ?? []
    if (variable !== undefined && file !== undefined) set.set(variable, file)
  }
  if (set.size === 0) return NOTHING
  return args.flatMap((arg) =>
    [...arg.text.matchAll(AWK_INTO)].flatMap(([, variable = '']) => {
      const file = set.get(variable)
      return file === undefined ? [] : [{ ...arg, text: `print > "${file}"` }]
    }),
  )
}
