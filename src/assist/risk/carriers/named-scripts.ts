// Finds the scripts in files that a command names and that this machine has: `bash x.sh`, `sh < x.sh`, `./x`, make's recipes, npm's scripts, a crontab.
import { shellWord } from '../../../base/quote.ts'
import { orElse } from '../../../base/run/or-else.ts'
import { type Members, membersOf } from '../../../base/shape/json-object.ts'
import type { Shell } from '../../../base/words/risk-levels.ts'
import { couldMatch, isGlob } from '../line/glob.ts'
import { readOptions } from '../line/options.ts'
import { emptyReading, isUnresolved, resolvePath } from '../line/paths.ts'
import { variable } from '../line/variables.ts'
import { names, rows, words } from '../lookup.ts'
import {
  type Arg,
  type Args,
  after,
  type Output,
  type Scope,
  type SimpleCommand,
  SOMETHING,
  type Span,
  says,
  TAINT,
  withoutOptions,
} from '../model.ts'
import { valuesOf } from '../writes/option-values.ts'
import { contentOf } from '../writes/written.ts'
import { BASH_WORD } from './interpreters.ts'
import { type Layer, NOTHING } from './layers.ts'
import { BUILTINS } from './output.ts'
import { cronCommands } from './tool-carriers.ts'
import { INTERPRETERS, SHELLS } from './wrappers.ts'

/** A script that runs when the command does. */
export interface NamedScript {
  /** Texts that run one after the other, none of which changes the directory of the next; none where nobody can tell which file runs. */
  readonly texts: readonly string[]
  readonly path: string
  /** Where the line names it. */
  readonly span: Span
  readonly cwd: string
  readonly shell: Shell
  /** The language; undefined for a shell. */
  readonly language?: string | undefined
  readonly parameters: Args
}

/** Directories of installed programs, which are known by their names. */
const INSTALLED = /^\/(?:usr|bin|sbin|lib\w*|nix|snap|opt)\//
/** What a language runs where the path is not a file itself. */
const ENTRIES: Readonly<Record<string, readonly string[]>> = {
  js: ['.js', '/package.json', '/index.js'],
  python: ['.py', '/__main__.py'],
  perl: ['.pm'],
  ruby: ['.rb'],
  lua: ['.lua'],
}
/** Texts that one call of make runs, and targets that it makes before. */
const MOST_RECIPES = 64
/** Directories above the working directory in which npm looks for the package. */
const MOST_LEVELS = 8

export function namedScripts(command: SimpleCommand, layer: Layer): readonly NamedScript[] {
  const { name, path, scope } = command
  if (scope.machine?.read === undefined) return []
  const found = [...(path.includes('/') ? [] : inPath(command)), ...loaded(command, layer)]
  if (/^(?:g?make|just)$/.test(name)) return [...found, ...fromMake(command)]
  if (name === 'crontab') return [...found, ...fromSchedule(command)]
  if (name === 'run-parts' && !says(command, /^--[lt]/))
    found.push(
      ...withoutOptions(command.args).flatMap(({ text }) =>
        fromFile({ ...command, path: `${text}/*` }, NOTHING),
      ),
    )
  for (const code of layer.codes ?? []) found.push(...importedBy(code, layer.language, scope.cwd, command))
  const ofPackage = PACKAGE_RUNNERS.test(name) ? fromPackage(command) : []
  const inlined = ofPackage.length > 0 ? ofPackage : fromCodeFile(command)
  return [...found, ...(inlined.length > 0 ? inlined : fromFile(command, layer))]
}

/** Where a machine keeps what it has installed; the name says what runs there. */
const SYSTEM = names('/usr/local/bin /usr/bin /bin')

/** What a name without a path stands for, in each directory in which the line has it looked for. */
function inPath(command: SimpleCommand): readonly NamedScript[] {
  const { path, scope, assignments } = command
  const set = assignments.findLast(({ name }) => name === 'PATH')?.value ?? variable('PATH', scope)
  return set.text.split(/zsh|fish/.test(scope.shell) ? /[: ]/ : ':').flatMap((at) => {
    if (!SYSTEM.has(at))
      return fromFile({ ...command, path: `${at.replace(/^~/, scope.home) || '.'}/${path}` }, NOTHING, true)
    if (!isUnresolved(path)) scope.machine?.runs?.(path, null)
    return []
  })
}

/** Texts that a shell runs, if there are any. */
const scriptOf = (
  { span, scope }: SimpleCommand,
  path: string,
  texts: readonly string[],
  cwd = scope.cwd,
): readonly NamedScript[] =>
  texts.length === 0 ? [] : [{ texts, path, span, cwd, shell: 'bash', parameters: [] }]

/**
 * What programs read before their own code. Of a language, or of the program so named: options for modules, options for directories of
 * them, variables that hold options, variables of directories (a dot: also here), variables of files, and modules that are read unasked.
 */
const LOADS = `
  js | r require import loader experimental-loader | | NODE_OPTIONS
  ruby | r require | I | RUBYOPT | RUBYLIB
  perl | M m | I | PERL5OPT | PERL5LIB
  python | m | | | PYTHONPATH | PYTHONSTARTUP | sitecustomize usercustomize
  lua | l | | | . | LUA_INIT
  java | jar javaagent | | JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS | .
  sh | | | | ZDOTDIR | BASH_ENV ENV | .zshenv .zprofile .zshrc .zlogin
  ld.so | preload audit | | | . | LD_PRELOAD LD_AUDIT
  libraries | | | | LD_LIBRARY_PATH | | *
  git | | exec-path | | GIT_EXEC_PATH | | *
  php | d
`
  .trim()
  .split('\n')
  .map((line) => line.split('|').map(words))

/** The words that the line gives a variable for the command. */
function givenIn(variable: string, { assignments, scope }: SimpleCommand): readonly string[] {
  const set = assignments.findLast(({ name }) => name === variable)?.value ?? scope.variables.get(variable)
  // An @ stands before the name of a file in LUA_INIT.
  return set?.text.match(/(?!@)[^: ]+/g) ?? []
}

/** Code that a program reads first: `NODE_OPTIONS=--require=./x.js npm test`, `perl -I. -Mx`. */
function loaded(command: SimpleCommand, layer: Layer): readonly NamedScript[] {
  const { name, args, span } = command
  const arg = (text: string): Arg => ({ text, span, taint: TAINT.none })
  const given = (variables: readonly string[]): Args =>
    variables.flatMap((one) => (one === '.' ? [one] : givenIn(one, command)).map(arg))
  return LOADS.flatMap(([[of = ''] = [], loads = [], places = [], ...more]) => {
    const [options = [], directories = [], files = []] = more.map(given)
    const all = [...(of === (layer.language ?? name) ? args : []), ...options].map((one) => ({
      ...one,
      text: one.text.replace(/^(-\w+):(?!:)/, '$1='),
    }))
    const within = [...valuesOf(all, places), ...directories]
    const named = [...valuesOf(all, loads), ...options.filter(({ text }) => isUnresolved(text))].map(
      (one) => ({
        ...one,
        text: one.text.replace(/^auto_(?:ap|pre)pend_file=(\/?)/, (_, root: string) => root || './'),
      }),
    )
    const isPath = ({ text }: Arg): boolean => !/^\w/.test(text)
    const modules = [...named.filter((one) => !isPath(one)), ...(more[3] ?? []).map(arg)]
    const ends = ENTRIES[of] ?? ['']
    const inPlaces = modules.flatMap(({ text }) => {
      const path = text.replace(/=.*/, '').replaceAll(/python|lua/.test(of) ? '.' : '::', '/')
      return within.flatMap((at) => ends.map((end) => arg(`${at.text}/${path}${end}`)))
    })
    const language = of === 'sh' ? undefined : of
    return [
      ...[...files, ...named.filter(isPath)].flatMap((file) => scriptsIn(file, command, language)),
      ...inPlaces.flatMap((file) => scriptsIn(file, command, language, { isExact: true })),
    ]
  })
}

/**
 * Tools whose code can stand in a file as well as in their words or input: as what its text is judged, and the options that name the
 * file, or the first operand (`0`) or the second (`1`). It is judged as each line behind an option, as one word (`-`), or as input.
 */
const CODE_FILES = rows(
  `
  sed gsed: -e -f --file
  awk gawk mawk nawk: - -f --file
  vi vim nvim gvim view ex: -c -S -s
  emacs: --eval -l --load --script
  gdb: -ex -x --command
  tclsh wish expect Rscript: < -f 0
  patch gpatch: < -i --input
  git: < 1
  `,
  ':',
  ([found = '']) => words(found),
)

/** Where in the word the option's value begins; the end of the word means the next word. Only sed and patch take letters together: `-nf FILE`. */
function valueAt(name: string, option: string, word: string): number | undefined {
  if (word === option) return word.length
  const letters = /^g?(?:sed|patch)$/.test(name) ? '[bcEflnNRrstuz]*?' : ''
  const begin = option.replace(/^-(?=\w)/, `-${letters}`).replace(/^--.*/, '$&=')
  return option[0] === '-' ? word.match(`^${begin}`)?.[0].length : undefined
}

const HEADINGS = /^(?:---|\+\+\+|Index:|diff|rename|copy) .*$/gm

/** The words that the tool would have in place of a file with this content. */
function inWords(name: string, as: string, content: string): readonly string[] {
  // Of a patch its headings say which files it changes.
  const text = /patch$|^git$/.test(name) ? (content.match(HEADINGS) ?? []).join('\n') : content
  if (as === '-') return [shellWord(text)]
  if (as === '<') return ['<<<', shellWord(text)]
  const parts = /^-(?:e|-eval)$/.test(as) ? [text] : text.split('\n')
  return parts.flatMap((part) => [as, shellWord(part)])
}

/** The same command with the file's text in place of its name. */
function fromCodeFile(command: SimpleCommand): readonly NamedScript[] {
  const { name, args, input } = command
  const [as, ...places] = CODE_FILES.of(name) ?? []
  if (as === undefined || (name === 'git' && !/^(?:apply|am)$/.test(args[0]?.text ?? ''))) return []
  const { operands } = readOptions(name, args)
  const words = [name]
  let path: string | undefined
  const put = (file: string | undefined): boolean => {
    const text = file && textAt(file, command)
    if (text === undefined) return false
    words.push(...inWords(name, as, text))
    path ??= file
    return true
  }
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!.text
    const at = places
      .map((one) => (operands[Number(one)] === args[i] ? 0 : valueAt(name, one, word)))
      .find((found) => found !== undefined)
    const isNext = at === word.length
    if (!put(at === undefined ? at : isNext ? args[i + 1]?.text : word.slice(at))) words.push(shellWord(word))
    else if (isNext) i++
  }
  if (as === '<' && path === undefined) put(copiedFile(input)?.text)
  return path === undefined ? [] : scriptOf(command, path, [words.join(' ')])
}

/** The text of the file, if it is where the line says and the line has not written it. */
function textAt(path: string, { scope }: In): string | undefined {
  const at = placeOf(path, scope)
  if (at === undefined) return undefined
  const text = scope.machine?.read?.(at)
  scope.machine?.runs?.(at, text)
  return text
}

type In = Pick<SimpleCommand, 'scope'>

/** Undefined where the line does not say it, and where the line itself has written the file, unless as a copy of another one. */
function placeOf(path: string, scope: Scope): string | undefined {
  const at = resolvePath(path, scope)
  const written = contentOf(at, scope)
  const copied = written && copiedFile(written)?.text
  return copied !== undefined && copied !== at
    ? placeOf(copied, { ...scope, written: new Map() })
    : !at.startsWith('/') || isUnresolved(at) || written !== undefined
      ? undefined
      : at
}

/** Whether nothing else is in the text than what the files have. */
export const isCopied = ({ text = '', taint, from = [] }: Pick<Output, 'text' | 'taint' | 'from'>): boolean =>
  from.length > 0 && (taint & ~TAINT.secret) === TAINT.file && emptyReading(text).trim() === ''

const copiedFile = (output: Output): Arg | undefined =>
  isCopied(output) && output.from?.length === 1 ? output.from[0] : undefined

/** The jobs of the file that becomes the schedule. */
function fromSchedule(command: SimpleCommand): readonly NamedScript[] {
  const { args } = command
  const options = readOptions('crontab', args)
  const file = options.operands.find(({ text }) => text !== '-') ?? copiedFile(command.input)
  if (file === undefined || options.flag('l', 'e', 'r')) return []
  return scriptOf(command, file.text, cronCommands(textAt(file.text, command) ?? '', false))
}

/** Files that a pattern may stand for; beyond it is not told which. */
const MOST_LISTED = 64

/** The files that a path with patterns stands for; undefined where they cannot be told. */
function listed(path: string, { machine }: Scope): readonly string[] | undefined {
  let found: readonly string[] = ['']
  for (const part of path.split('/').slice(1)) {
    found = found.flatMap((at) => {
      if (!isGlob(part)) return [`${at}/${part}`]
      const names = machine?.names?.(at || '/') ?? []
      // What a directory holds that cannot be listed would run unseen.
      if (names.length === 0) machine?.runs?.(at || '/', undefined)
      return names
        .filter((name) => couldMatch(part, name) && (part.startsWith('.') || !name.startsWith('.')))
        .map((name) => `${at}/${name}`)
    })
    if (found.length > MOST_LISTED) return undefined
  }
  return found
}

/** `sought`: the line has the program looked for in a directory of PATH. */
function fromFile(command: SimpleCommand, layer: Layer, sought = false): readonly NamedScript[] {
  const { name, path, args, span } = command
  const { language } = layer
  const runsFile = layer.runsFile ?? moduleOf(command, layer)
  const isProgram = runsFile === undefined
  if (isProgram && !path.includes('/')) return []
  const file = runsFile ?? { text: path, span, taint: 0 }
  if (file.output !== undefined) return []
  if (!isProgram && onlyChecks(name, args.slice(0, args.indexOf(file)))) return []
  if (isUnresolved(file.text) && isProgram && (!sought || BUILTINS.has(name))) return []
  const parameters = isProgram ? args : args.slice(args.indexOf(file) + 1)
  return scriptsIn(file, command, language, { parameters, own: isProgram ? '' : name, isProgram })
}

interface Ways {
  readonly parameters?: Args
  /** The shell that reads it. */
  readonly own?: string
  /** The kernel runs it by its first line. */
  readonly isProgram?: boolean
  /** Nothing stands for it where it is missing. */
  readonly isExact?: boolean
}

/** What the file has as code of the language, or of a shell. */
export function scriptsIn(
  file: Arg,
  at: In,
  language: string | undefined,
  { parameters = [], own, isProgram, isExact }: Ways = {},
): readonly NamedScript[] {
  const { scope } = at
  const shown = { path: file.text, span: file.span, cwd: scope.cwd, shell: scope.shell, parameters }
  const files = isUnresolved(file.text) ? undefined : filesAt(file.text, scope)
  if (files === undefined) return [{ ...shown, texts: [] }]
  if (INSTALLED.test(file.text)) {
    for (const path of files) scope.machine?.runs?.(path, isProgram ? null : undefined)
    return []
  }
  return files.flatMap((path) => {
    const text = textAt(path, at) ?? (isExact ? undefined : entryOf(path, language, at))
    if (!text) return []
    const [line = '', first = ''] = /^#!.*?([a-z]+)[\d.]*(?:\s+-\S+)*\s*$/m.exec(text.slice(0, 200)) ?? []
    if (isProgram)
      for (const named of line.match(/(?<=[! ])\S*\/\S*/g) ?? [])
        scope.machine?.runs?.(resolvePath(named, scope), null)
    const by = own || (isProgram ? first : '')
    const shell = SHELLS.has(by) ? (/^(?:zsh|fish)$/.test(by) ? (by as Shell) : 'bash') : scope.shell
    const read = language ?? INTERPRETERS.of(first)?.language
    return [
      { ...shown, texts: [text], shell, language: read },
      ...importedBy({ ...file, text }, read, directoryOf(path), at),
    ]
  })
}

const directoryOf = (path: string): string => path.replace(/\/[^/]*$/, '')

/** Files that code imports of its own, those that are not there included. */
const MOST_IMPORTED = 48
const PYTHON_IMPORT = /(?:^|;)[ \t]*(?:from\s+(\.*)([\w.]*)\s+)?import\s+(\([^)]*\)|[\w., \t]+)/gm
const QUOTED_IMPORT =
  /\b(require|import|from|require_relative|load|do|dofile|(?:include|require)_once|include)\b\s*\(?\s*(?:__DIR__\s*\.\s*)?(["'\x60])(.+?)\2/g

/** Paths without the end that the language adds. `root`: where the program looks for what is not told from the file itself. */
function importsIn(
  text: string,
  language: string,
  directory: string,
  root: string,
  { machine }: Scope,
): readonly string[] {
  if (language === 'python')
    return [...text.matchAll(PYTHON_IMPORT)].flatMap(([, dots = '', of = '', listed = '']) => {
      const names = listed.split(',').flatMap((one) => /[\w.]+/.exec(one) ?? [])
      const from = dots === '' ? root : `${directory}/${'../'.repeat(dots.length - 1)}`
      /** With the packages that it is in, which are loaded first. */
      const modules = (name: string): readonly string[] =>
        name.split('.').map((_, i, all) => `${from}/${all.slice(0, i + 1).join('/')}`)
      if (dots + of === '') return names.flatMap(modules)
      const place = modules(of).at(-1) as string
      // What is imported from a package may be a module of it.
      const there = machine?.names?.(resolvePath(place, { cwd: root })).map((one) => one.replace(/\.py$/, ''))
      const inPlace = names.filter((one) => there?.includes(one)).map((one) => `${place}/${one}`)
      return [...(of === '' ? [] : modules(of)), ...inPlace]
    })
  return [...text.matchAll(QUOTED_IMPORT)].flatMap(([, word = '', , name = '']) => {
    if (name.startsWith('/')) return [name]
    const isPath = name.startsWith('.')
    // A bare name is that of an installed module.
    if (!isPath && language !== 'lua' && /^(?:require|import|from)$/.test(word)) return []
    return [directory, ...(language === 'js' || word === 'require_relative' ? [] : [root])].map(
      (at) => `${at}/${name}`,
    )
  })
}

/**
 * Tells `runs` of the files that the code in `directory` imports of its own, and of those that these import. Where there are more than
 * `MOST_IMPORTED`, the result for an AI tool is a script without a text: code that nobody has seen.
 */
function importedBy(
  code: Arg,
  language: string | undefined,
  directory: string,
  command: In,
): readonly NamedScript[] {
  const { scope } = command
  // Nothing of them is judged, so they are read only where somebody binds what runs.
  if (language === undefined || scope.machine?.runs === undefined) return []
  const root = language === 'python' ? directory : scope.cwd
  const ends = language === 'python' ? ['/__init__.py', '.py'] : ['', ...(ENTRIES[language] ?? [])]
  const seen = new Set<string>()
  const isFollowed = (path: string): boolean => {
    for (const end of ends) {
      const at = resolvePath(`${path}${end}`, scope)
      if (seen.has(at)) return true
      if (seen.size >= MOST_IMPORTED) return false
      seen.add(at)
      const text = textAt(at, command)
      if (text === undefined) continue
      const { main } = end.endsWith('.json') ? parsed(text) : {}
      if (typeof main === 'string') return isFollowed(`${path}/${main}`)
      return importsIn(text, language, directoryOf(at), root, scope).every(isFollowed)
    }
    return true
  }
  const isAll = importsIn(code.text, language, directory, root, scope).every(isFollowed)
  if (isAll || scope.caller !== 'tool') return []
  return [{ texts: [], path: '', span: code.span, cwd: scope.cwd, shell: scope.shell, parameters: [] }]
}

/** The files that the path stands for; undefined where they cannot be told. */
export function filesAt(path: string, scope: Scope): readonly string[] | undefined {
  const at = placeOf(path, scope)
  return at === undefined ? [] : isGlob(at) ? listed(at, scope) : [at]
}

/** Whether a program only looks whether it can read the code and does not run it. A shell that is interactive runs it all the same. */
function onlyChecks(name: string, options: Args): boolean {
  const given = (option: RegExp): boolean =>
    options.some(({ text }) => option.test(text.replace(BASH_WORD, '--')))
  if (SHELLS.has(name)) return given(/^-[A-Za-z]*n|^--no-execute$/) && !given(/^-[A-Za-z]*i/)
  if (name === 'php') return given(/^-l$/)
  // Letters before it that take no value: `-rcsv` names a library.
  if (name === 'ruby') return given(/^-[aclnpsSvwyU]*c/)
  return name === 'node' && given(/^(?:-c|--check)$/)
}

/** The module that python runs, as a path in the working directory: `-m a.b` is `a/b`. */
function moduleOf({ args }: SimpleCommand, { language }: Layer): Arg | undefined {
  const [module] = language === 'python' ? after(args, /^-m$/) : []
  return module && { ...module, text: `./${module.text.replaceAll('.', '/')}` }
}

/** The text of what a language runs where the path is no file itself: a module, or what a package names as its main file. */
function entryOf(at: string, language: string | undefined, command: In): string | undefined {
  for (const end of ENTRIES[language ?? ''] ?? []) {
    const text = textAt(at + end, command)
    if (text === undefined) continue
    if (!end.endsWith('.json')) return text
    const { main } = parsed(text)
    const found = typeof main === 'string' ? textAt(resolvePath(main, { cwd: at }), command) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

const PACKAGE_RUNNERS = /^(?:npm|yarn|pnpm|bun)$/
/** Verbs that run the script of the same name. */
const OWN_SCRIPTS: Readonly<Record<string, string>> = { t: 'test', tst: 'test', i: 'install', ci: 'install' }
const OTHER_VERBS = names(`
  add remove exec dlx x init create publish view info outdated audit update up upgrade list ls link cache config login pack why
  dedupe help
`)

/** The script of package.json that npm, yarn, pnpm or bun run by its name, with those that run before and after it. */
function fromPackage(command: SimpleCommand): readonly NamedScript[] {
  const { args, scope } = command
  const { operands } = readOptions('npm', args)
  const [verb, ...rest] = operands
  if (verb === undefined || OTHER_VERBS.has(verb.text)) return []
  const named = /^(?:run|run-script|rum|urn)$/.test(verb.text) ? rest[0] : verb
  if (named === undefined) return []
  const script = OWN_SCRIPTS[named.text] ?? named.text
  let cwd = scope.cwd
  let text = textAt(`${cwd}/package.json`, command)
  for (let level = 0; text === undefined && level < MOST_LEVELS && cwd.lastIndexOf('/') > 0; level++) {
    cwd = directoryOf(cwd)
    text = textAt(`${cwd}/package.json`, command)
  }
  // npm takes a list too, and runs its entries by their numbers.
  const scripts = Object(parsed(text).scripts) as Members
  // Without the script itself, those before and after it do not run; installing has one of its own.
  if (scripts[script] === undefined && script !== 'install') return []
  const given = args.slice(args.indexOf(named) + 1).filter((arg) => arg.text !== '--')
  const texts = [`pre${script}`, script, `post${script}`].flatMap((one) => {
    const found = scripts[one]
    if (typeof found !== 'string') return []
    return [one === script ? [found, ...given.map((arg) => shellWord(arg.text))].join(' ') : found]
  })
  return scriptOf(command, 'package.json', texts, cwd)
}

/** The object that a JSON text holds; empty where it holds none. */
const parsed = (text = '{}') => membersOf(orElse(() => JSON.parse(text), {})) ?? {}

interface Target {
  readonly needs: readonly string[]
  readonly recipe: string[]
}

/** The recipes that make runs for its goals, the targets they need included. */
function fromMake(command: SimpleCommand): readonly NamedScript[] {
  const { args, scope } = command
  const options = readOptions('make', args)
  if (options.flag('n', 'just-print', 'dry-run', 'q', 'question', 'v', 'version', 'h', 'help')) return []
  const cwd = resolvePath(options.value('C', 'directory')?.text ?? '.', scope)
  const isJust = command.name === 'just'
  const read = (name: string): string | undefined => textAt(resolvePath(name, { cwd }), command)
  const files = valuesOf(args, ['f', 'file', 'makefile', 'justfile']).map(({ text }) => text)
  const usual = isJust ? ['justfile', 'Justfile', '.justfile'] : ['GNUmakefile', 'makefile', 'Makefile']
  if (files.length === 0) files.push(...usual.filter((name) => read(name) !== undefined).slice(0, 1))
  files.unshift(...givenIn('MAKEFILES', command))
  const [path] = files
  if (path === undefined) return []
  const values = new Map<string, string>()
  const text = files.map((name) => withIncluded(read(name) ?? '', read)).join('\n')
  const targets = targetsOf(
    isJust ? text.replace(/^[ \t]+/gm, '\t').replace(/^(@?[\w-]+) [^:\n]*:(?!=)/gm, '$1:') : text,
    values,
  )
  const goals: string[] = []
  for (const { text } of options.operands) {
    const [, name, value = ''] = /^([\w.-]+)[:?+]?=([\s\S]*)$/.exec(text) ?? []
    if (name === undefined) goals.push(text)
    else values.set(name, value)
  }
  const first = [...targets.keys()].find((name) => !/^\.|%/.test(name))
  const texts: string[] = []
  const made = new Set<string>()
  const make = (goal: string): void => {
    const target = targets.get(goal)
    if (target === undefined || made.has(goal) || made.size >= MOST_RECIPES) return
    made.add(goal)
    for (const need of target.needs) make(need)
    for (const line of target.recipe)
      if (texts.length < MOST_RECIPES)
        texts.push(expanded(line.replace(/^[@+\s-]+/, ''), goal, target, values))
  }
  for (const goal of goals.length > 0 ? goals : first === undefined ? [] : [first]) make(goal)
  return scriptOf(command, path, texts, cwd)
}

/** A makefile with the files that it includes in their places; one that make computes is left out. */
const withIncluded = (text: string, read: (name: string) => string | undefined, depth = 0): string =>
  text.replace(/^(?:-|s)?include\s+(.+)$/gm, (_, names: string) =>
    depth > 4
      ? ''
      : names
          .split(/\s+/)
          .map((name) => withIncluded(read(name) ?? '', read, depth + 1))
          .join('\n'),
  )

/** The targets of a makefile; fills in the values of its variables. */
function targetsOf(text: string, values: Map<string, string>): ReadonlyMap<string, Target> {
  const targets = new Map<string, Target>()
  let current: Target | undefined
  for (const line of text.replace(/\\\n\s*/g, ' ').split('\n')) {
    if (line[0] === '\t') {
      current?.recipe.push(line.slice(1))
      continue
    }
    const [, variable, value = ''] =
      /^(?:export\s+|override\s+)?([\w.-]+)\s*(?:::?|[?+])?=\s*(.*)$/.exec(line) ?? []
    if (variable !== undefined) {
      values.set(variable, value.replace(/\s+#.*$/, ''))
      continue
    }
    const [, names, needs = '', recipe] = /^([^\s:=#][^:=]*?)\s*::?(?!=)([^;=]*)(?:;(.*))?$/.exec(line) ?? []
    if (names === undefined) continue
    current = { needs: needs.match(/[^\s|]+/g) ?? [], recipe: recipe === undefined ? [] : [recipe] }
    for (const name of names.split(/\s+/))
      if ((targets.get(name)?.recipe.length ?? 0) === 0) targets.set(name, current)
  }
  return targets
}

/** A line of a recipe as the shell gets it. What make computes is there and unknown; a variable may come from outside. */
function expanded(
  line: string,
  goal: string,
  { needs }: Target,
  values: ReadonlyMap<string, string>,
  depth = 0,
): string {
  return line.replace(
    /\$(?:\$|\(([^()]*(?:\([^()]*\)[^()]*)*)\)|\{([^{}]*)\}|([@<^*?+\w]))/g,
    (all, one, other, sign) => {
      if (all === '$$') return '$'
      const name: string = one ?? other ?? sign
      if (name === '@') return goal
      if (name === '<') return needs[0] ?? SOMETHING
      if (/^[\^?+]$/.test(name)) return needs.join(' ') || SOMETHING
      const value = values.get(name)
      if (value !== undefined)
        return depth > 4 ? SOMETHING : expanded(value, goal, { needs, recipe: [] }, values, depth + 1)
      return /^[\w.-]+$/.test(name) ? `\${${name.replaceAll(/\W/g, '_')}}` : SOMETHING
    },
  )
}
