// Finds the files that a command writes by its arguments: positions in the words of many tools, and the text of
// programs.

import { interpreterName } from '../carriers/wrappers.ts'
import { wordsFound } from '../forms.ts'
import type { Options } from '../line/options.ts'
import { names, remembered } from '../lookup.ts'
import { type Arg, type Args, type SimpleCommand, says } from '../model.ts'
import { writtenInCode } from './code.ts'
import { FILLS, KEYED, WRITES } from './operands.ts'
import { valuesOf } from './option-values.ts'
import { mayBeOwn, mayBeSystem } from './own-files.ts'
import { awkCode, EDITORS, editor, sed } from './scripts.ts'
import {
  MAY_BE_USUAL,
  NO_CLUSTERS,
  ONLY_READ,
  OUTPUT_OPTIONS,
  USUAL_JOINED,
  USUAL_LONG,
  USUAL_OPTIONS,
} from './tools.ts'
import { contentOf } from './written.ts'

type Finder = (command: SimpleCommand, options: Options) => Args

const NOTHING: Args = []
const some = (arg: Arg | undefined): Args => (arg === undefined ? NOTHING : [arg])

/** Tools whose arguments or standard input hold programs in a language of their own. */
const CODE_TOOLS = names(`
  awk gawk mawk nawk original-awk oil make gmake latex pdflatex xelatex lualatex tex pdftex
  sqlite3 sqlite psql mysql mariadb duckdb gnuplot gdb lldb puppet emacs bc sbcl go ghc gimp
  lftp ftp sftp tftp smbclient ansible ecl clisp ocaml kotlin kotlinc clickhouse clickhouse-client clickhouse-local
  runghc runhaskell csi fennel gforth maxima m4 dc
`)

/** Whether the command runs programs in another language, from its words or its input. */
export function runsCode(name: string): boolean {
  return CODE_TOOLS.has(name) || interpreterName(name) !== undefined
}

const SPECIAL: Readonly<Record<string, Finder>> = {
  sed,
  gsed: sed,
  tar: archive,
  gtar: archive,
  bsdtar: archive,
  jar: archive,
  git: ({ args }, o) => {
    const from = o.value('C')
    const relative = from && [...valuesOf(args, ['output']), ...valuesOf(args, ['o'])]
    return (relative ?? NOTHING).map((arg) =>
      arg.text.startsWith('/') ? arg : { ...arg, text: `${from?.text}/${arg.text}` },
    )
  },
  // update-alternatives replaces the link. A program below /usr or /opt belongs to a package, which may be chosen.
  'update-alternatives': ({ args }) => {
    const at = args.findIndex((arg) => arg.text === '--install')
    const isInstalled = /^\/(?:usr|opt)\/(?!.*\.\.)/.test(args[at + 3]?.text ?? '')
    return at < 0 || isInstalled ? NOTHING : some(args[at + 1])
  },
}

/** The archive that tar makes, and the names to which it transforms others. */
function archive({ args }: SimpleCommand): Args {
  const [first] = args
  const letters = first === undefined || first.text.startsWith('--') ? '' : first.text
  const makes =
    /^-?[a-zA-Z]*[cruA]/.test(letters) ||
    says({ args }, /^(?:-[a-zA-Z]*[cruA][a-zA-Z]*|--(?:create|append|update|catenate|concatenate))$/)
  const bundled = /^[a-zA-Z]*f[a-zA-Z]*$/.test(letters) ? some(args[1]) : NOTHING
  const moved = valuesOf(args, ['transform', 'xform']).flatMap((arg) => {
    const into = /^s(.)[\s\S]*?\1([\s\S]*?)\1/.exec(arg.text)?.[2]
    return into?.includes('/') ? [{ ...arg, text: into }] : []
  })
  return [...(makes ? [...bundled, ...valuesOf(args, ['f', 'file'])] : []), ...moved]
}

const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

/** Every tool that a table of this file or of tools.ts describes. */
export const writers = (): ReadonlySet<string> =>
  new Set([
    ...KEYED_BY_NAME.flatMap((one) => Object.keys(one)),
    ...TABLES.flatMap((one) => one.names()),
    ...LISTS.flatMap((one) => [...one]),
  ])
const KEYED_BY_NAME = [SPECIAL, KEYED]
const TABLES = [OUTPUT_OPTIONS, WRITES, FILLS]
const LISTS = [EDITORS, CODE_TOOLS]

const isDescribed = remembered(
  (name) =>
    KEYED_BY_NAME.some((one) => Object.hasOwn(one, name)) ||
    LISTS.some((one) => one.has(name)) ||
    OUTPUT_OPTIONS.of(name) !== undefined ||
    WRITES.has(name) ||
    FILLS.has(name),
)

export function isWriter(name: string): boolean {
  return isDescribed(name) || interpreterName(name) !== undefined
}

/** Whether a tool without a description has an option that usually names the file to write. */
export function hasOutput(args: Args): boolean {
  return args.some(({ text }) => text[0] === '-' && MAY_BE_USUAL.test(text))
}

/** Values of long options whose name says that they are files to write. */
function valuesOfUsual(args: Args): Args {
  return args.flatMap((arg, i) => {
    const { text } = arg
    const at = text[0] === '-' ? text.indexOf('=') : -1
    if (at > 0) {
      const name = text.slice(0, at)
      return USUAL_LONG.test(name) || USUAL_JOINED.test(name) ? [{ ...arg, text: text.slice(at + 1) }] : []
    }
    return text[0] === '-' && USUAL_LONG.test(text) ? some(args[i + 1]) : []
  })
}

/** Files that the command's words say it writes; standard output is not one of them. */
export function writtenFiles(command: SimpleCommand, options: Options): Args {
  const { name, args } = command
  const isUsual = !ONLY_READ.has(name) && hasOutput(args)
  if (!isWriter(name))
    return isUsual ? [...valuesOf(args, USUAL_OPTIONS, true), ...valuesOfUsual(args)] : NOTHING
  const out = [
    ...(own(SPECIAL, name)?.(command, options) ?? NOTHING),
    ...wordsFound(WRITES, command, options),
  ]
  if (isUsual) out.push(...valuesOfUsual(args))
  const valued = OUTPUT_OPTIONS.of(name)
  if (valued !== undefined) out.push(...valuesOf(args, valued, NO_CLUSTERS.has(name)))
  const keyed = own(KEYED, name)
  if (keyed !== undefined)
    for (const arg of args) {
      const file = keyed.exec(arg.text)?.[1]
      if (file !== undefined) out.push({ ...arg, text: file })
    }
  if (EDITORS.has(name)) out.push(...editor(command, options))
  if (runsCode(name)) out.push(...byCode(command))
  return out.flatMap((arg) => {
    const text = arg.text.replace(HERE, '')
    return text === '' || text === '-' ? [] : [text === arg.text ? arg : { ...arg, text }]
  })
}

/** Prefixes that make a file of this machine look remote: `file://…`, `me@localhost:…`. */
export const HERE =
  /^(?:file:\/\/(?:localhost)?|(?:[\w.-]+@)?(?:localhost|127\.0\.0\.1|\[?::1\]?):)(?=[~/.\w])/

function byCode(command: SimpleCommand): Args {
  const matters = (text: string) => mayBeSystem(text) || mayBeOwn(text)
  const anywhere = matters(command.scope.cwd)
  const texts = [...command.args, ...inputCode(command), ...awkCode(command)]
  return texts.flatMap((arg) =>
    anywhere || matters(arg.text) ? writtenInCode(arg.text).map((text) => ({ ...arg, text })) : [],
  )
}

/** The program that an interpreter reads from standard input, or from a file that this line wrote before. */
export function inputCode({ input, span, args, scope }: SimpleCommand): Args {
  const text = input.text ?? input.partial
  const own = text === undefined || text === '' ? [] : [{ text, span, taint: input.taint }]
  if (!scope.written?.size) return own
  const files = args.flatMap((arg) => {
    const content = contentOf(arg.text, scope)?.text
    return content === undefined ? [] : [{ ...arg, text: content }]
  })
  return [...own, ...files]
}
