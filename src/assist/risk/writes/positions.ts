// Finds the files that a command writes by its arguments: positions in the words of many tools, and the text of
// programs.

import { interpreterName } from '../carriers/wrappers.ts'
import { type Options, verb } from '../line/options.ts'
import { names, remembered, table } from '../lookup.ts'
import { type Arg, type Args, type SimpleCommand, says } from '../model.ts'
import { writtenInCode } from './code.ts'
import {
  EVERY_OPERAND,
  FILLED_OPTIONS,
  FILLERS,
  FIRST_OPERAND,
  IN_PLACE,
  KEYED,
  LAST_OPERAND,
  SECOND_OPERAND,
  THIRD_OPERANDS,
} from './operands.ts'
import { hasFlag, valuesOf } from './option-values.ts'
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
  tee: (_c, o) => (o.flag('a', 'append') ? NOTHING : o.operands),
  sed,
  gsed: sed,
  'qemu-img': (_c, o) =>
    verb(o) === 'convert'
      ? some(o.operands.slice(2).at(-1))
      : verb(o) === 'create'
        ? some(o.operands[1])
        : NOTHING,
  find: found,
  gfind: found,
  tar: archive,
  gtar: archive,
  bsdtar: archive,
  jar: archive,
  ar: changedArchive(/^-?[a-zA-Z]*[rqd]/),
  '7z': changedArchive(/^[aud]$/),
  '7za': changedArchive(/^[aud]$/),
  rar: changedArchive(/^[aufm]$/),
  arj: changedArchive(/^[aufm]$/),
  git: (c, o) => {
    const what = verb(o)
    const from = o.value('C')
    if (from !== undefined) {
      const relative = [...valuesOf(c.args, ['output']), ...valuesOf(c.args, ['o'])]
      return relative.map((arg) =>
        arg.text.startsWith('/') ? arg : { ...arg, text: `${from.text}/${arg.text}` },
      )
    }
    if (what === 'archive' || what === 'format-patch') return valuesOf(c.args, ['o'])
    if (what === 'bundle') return verb(o, 1) === 'create' ? some(o.operands[2]) : NOTHING
    if (what === 'config' && o.operands.length > 2) return valuesOf(c.args, ['f', 'file'])
    return NOTHING
  },
  keytool: ({ args }) =>
    says({ args }, /^-(?:gen|import|delete|change|store)/) ? valuesOf(args, ['keystore']) : NOTHING,
  asciinema: (_c, o) => (verb(o) === 'rec' ? o.operands.slice(1) : NOTHING),
  // update-alternatives replaces the link. A program below /usr or /opt belongs to a package, which may be chosen.
  'update-alternatives': ({ args }) => {
    const at = args.findIndex((arg) => arg.text === '--install')
    const isInstalled = /^\/(?:usr|opt)\/(?!.*\.\.)/.test(args[at + 3]?.text ?? '')
    return at < 0 || isInstalled ? NOTHING : some(args[at + 1])
  },
  screen: (c, o) => (says(c, /^-[a-zA-Z]*L$/) ? o.operands.slice(0, 1) : NOTHING),
  virsh: (_c, o) =>
    says({ args: o.operands }, /^(?:vol-download|screenshot|save|dump)$/)
      ? o.operands.slice(-1)
      : o.operands.some((arg) => arg.text === 'vol-upload')
        ? o.operands.slice(-2, -1)
        : NOTHING,
  dos2unix: newFiles,
  unix2dos: newFiles,
}

/** The archive behind a verb that changes archives. */
function changedArchive(verbs: RegExp): Finder {
  return (_c, o) => (verbs.test(verb(o)) ? some(o.operands[1]) : NOTHING)
}

/** Verbs behind which a tool writes the last of two or more operands. */
const LAST_BEHIND = table(`
  gio: copy move save
  rclone: copyto moveto copyurl
  gsutil: cp mv
  mc: cp mv get
  s3cmd: get
  b2: file download-file download-file-by-name download-file-by-id
  tmux: save-buffer saveb
  docker podman kubectl: cp
  svn: export
  aws: s3
`)

/** Files that GNU find prints to. */
function found({ args }: SimpleCommand): Args {
  return args.filter((_arg, i) => /^-(?:fprintf?|fprint0|fls)$/.test(args[i - 1]?.text ?? ''))
}

/** With -n, the files after the first are written: `dos2unix -n IN OUT`. */
function newFiles(_c: SimpleCommand, o: Options): Args {
  return o.flag('n', 'newfile') ? o.operands.slice(1) : o.operands
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
export const writers = (): readonly string[] => [
  ...new Set([
    ...KEYED_BY_NAME.flatMap((one) => Object.keys(one)),
    ...TABLES.flatMap((one) => one.names()),
    ...LISTS.flatMap((one) => [...one]),
  ]),
]
const KEYED_BY_NAME = [SPECIAL, KEYED]
const TABLES = [OUTPUT_OPTIONS, IN_PLACE, FILLED_OPTIONS, LAST_BEHIND]
const LISTS = [
  LAST_OPERAND,
  SECOND_OPERAND,
  THIRD_OPERANDS,
  FIRST_OPERAND,
  EVERY_OPERAND,
  FILLERS,
  EDITORS,
  CODE_TOOLS,
]

const isDescribed = remembered(
  (name) =>
    KEYED_BY_NAME.some((one) => Object.hasOwn(one, name)) ||
    LISTS.some((one) => one.has(name)) ||
    TABLES.some((one) => one.of(name) !== undefined),
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
  const out: Arg[] = [...(own(SPECIAL, name)?.(command, options) ?? NOTHING)]
  if (isUsual) out.push(...valuesOfUsual(args))
  const valued = OUTPUT_OPTIONS.of(name)
  if (valued !== undefined) out.push(...valuesOf(args, valued, NO_CLUSTERS.has(name)))
  const keyed = own(KEYED, name)
  if (keyed !== undefined)
    for (const arg of args) {
      const file = keyed.exec(arg.text)?.[1]
      if (file !== undefined) out.push({ ...arg, text: file })
    }
  const { operands } = options
  if (LAST_OPERAND.has(name)) {
    const into = options.value('t', 'target-directory')
    if (into !== undefined) out.push(into)
    else if (operands.length > 1) out.push(operands.at(-1)!)
  }
  if (LAST_BEHIND.of(name)?.includes(verb(options))) out.push(...operands.slice(1).slice(-1))
  if (SECOND_OPERAND.has(name)) out.push(...operands.slice(1, 2))
  if (THIRD_OPERANDS.has(name)) out.push(...operands.slice(2))
  if (FIRST_OPERAND.has(name)) out.push(...operands.slice(0, 1))
  if (EVERY_OPERAND.has(name) && !Object.hasOwn(SPECIAL, name)) out.push(...operands)
  const inPlace = IN_PLACE.of(name)
  if (inPlace !== undefined && hasFlag(args, inPlace))
    out.push(...(/^(?:g?sed|perl|ruby|yq|gawk)$/.test(name) ? operands.slice(1) : operands))
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
