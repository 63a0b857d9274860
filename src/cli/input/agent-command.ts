// The command of an agent as its jail finds it: real paths, and the places that it needs besides what it was given.
import { closeSync, existsSync, openSync, readlinkSync, readSync, realpathSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { orElse } from '../../base/run/or-else.ts'
import { KaroError, usage } from '../kit.ts'

interface Seen {
  readonly path: string
  readonly write?: boolean
}
interface Needed {
  /** What the agent would not see. */
  readonly word: string
  readonly place: string
}

const SYSTEM = ['/usr/', '/bin/', '/sbin/', '/lib/', '/lib64/']
const PATHS = ['/usr/local/bin', '/usr/bin', '/bin']
/** Bytes of a file that may name its interpreter, as in the kernel. */
const FIRST_BYTES = 256

/**
 * Its words with what lies behind links at its real path, since a jail has no other; the directory in which it runs; and the places of its program, of what
 * interprets that, and of the file that an interpreter is to run. Throws KaroError for what no place makes work.
 */
export function commandOf(
  [program = '', ...rest]: readonly string[],
  given: readonly Seen[],
): { readonly argv: readonly string[]; readonly cwd: string; readonly needed: readonly Needed[] } {
  const script = fileIn(rest)
  const at = programOf(program)
  const all = [
    ...(at.includes('/') ? placesOf(at, program) : []),
    ...(script ? [wish(realPlace(script, 'COMMAND'), script)] : []),
  ].filter(({ at: one }) => !isSeen(one, given))
  const needed = all
    .filter(({ place }, i) => all.findIndex((one) => one.place === place) === i)
    .map(({ word, place }) => ({ word, place }))
  const binds = [...given, ...needed.map(({ place }) => ({ path: place }))]
  /** Also an argument that is a place behind a link. */
  const inJail = (word: string): string => {
    if (word === script) return realPlace(word, 'COMMAND')
    const real = word.startsWith('/') && !isSeen(word, binds) ? orElse(() => realpathSync(word), word) : word
    return isSeen(real, binds) ? real : word
  }
  const words = rest.filter((word) => word !== script)
  return { argv: [at, ...rest.map(inJail)], cwd: directoryOf(words, binds), needed }
}

/** What a jail sees stands at its real path. */
export function realPlace(path: string, where: string): string {
  const real = orElse(() => realpathSync(resolve(path)), undefined)
  if (real !== undefined) return real
  throw new KaroError('not_found', `there is no ${path}, or you cannot reach it`, { where })
}

const isOfSystem = (at: string): boolean => SYSTEM.some((place) => at.startsWith(place))
const isSeen = (at: string, binds: readonly Seen[]): boolean =>
  isOfSystem(at) || binds.some(({ path }) => `${at}/`.startsWith(`${path}/`))

/** The first word that is a file. */
const fileIn = (words: readonly string[]): string | undefined =>
  words.find((word) => !word.startsWith('-') && existsSync(resolve(word)) && statSync(resolve(word)).isFile())

/** The program as a jail finds it. Throws KaroError `bad_request` where it would not. */
function programOf(program: string): string {
  if (['npx', 'uvx'].includes(basename(program)))
    throw usage(
      `${program} fetches a program, and a jail has no network`,
      'COMMAND',
      'Install the server, and give its own program.',
    )
  if (program.includes('/')) {
    const real = realPlace(program, 'COMMAND')
    const named = join(realPlace(dirname(program), 'COMMAND'), basename(program))
    // The interpreter of a venv is known by its name there.
    return venvOf(named) === undefined ? real : named
  }
  return found(program)
}

function found(program: string, why = ''): string {
  if (PATHS.some((directory) => existsSync(join(directory, program)))) return program
  throw usage(
    `a jail does not find '${program}'${why}: it looks in ${PATHS.join(', ')}`,
    'COMMAND',
    'Give its whole path, and its directory with --read.',
  )
}

/** The virtual environment of Python that the program is in. */
function venvOf(at: string): string | undefined {
  const above = dirname(dirname(at))
  return existsSync(join(above, 'pyvenv.cfg')) ? above : undefined
}

interface Wish extends Needed {
  readonly at: string
}
const wish = (at: string, word: string, directory = packageOf(at)): Wish => {
  const isWide = directory === homedir() || directory.split('/').length < 3
  return { at, word, place: isWide ? at : directory }
}

/** With what lies beside it. */
function packageOf(file: string): string {
  const [before, inside] = file.split('/node_modules/', 2)
  return inside === undefined ? (venvOf(file) ?? dirname(file)) : (before ?? '/')
}

/** Of a program: itself, what a link there leads to (the Python of a venv, with its library), and its interpreter with the same. */
function placesOf(at: string, word: string, levels = 4): readonly Wish[] {
  for (let link = at; !isOfSystem(link); ) {
    if (realPlace(dirname(link), 'COMMAND') !== dirname(link))
      throw usage(
        `the agent would not find ${link}, which ${word} needs: it lies behind a link, and a jail has no links`,
        'COMMAND',
        `Install ${word} again at ${realPlace(dirname(link), 'COMMAND')}, or give another program.`,
      )
    const to = orElse(() => readlinkSync(link), undefined)
    if (to === undefined) break
    link = resolve(dirname(link), to)
  }
  const real = realPlace(at, 'COMMAND')
  const interpreter = levels === 0 || isOfSystem(real) ? undefined : interpreterOf(real)
  return [
    wish(at, word),
    ...(real === at ? [] : [wish(real, real, dirname(dirname(real)))]),
    ...(interpreter ? placesOf(interpreter, interpreter, levels - 1) : []),
  ]
}

/** The path in the first line of a script. Throws KaroError `bad_request` where that names a program that a jail does not find. */
function interpreterOf(file: string): string | undefined {
  const bytes = Buffer.alloc(FIRST_BYTES)
  const descriptor = orElse(() => openSync(file, 'r'), undefined)
  if (descriptor === undefined) return undefined
  readSync(descriptor, bytes)
  closeSync(descriptor)
  const [, path, rest = ''] = /^#![ \t]*(\/[^\s\0]+)[ \t]*([^\n\0]*)/.exec(bytes.toString()) ?? []
  const [name] =
    path?.endsWith('/env') === true ? rest.split(/\s+/).filter((one) => /^[\w.][\w.+-]*$/.test(one)) : []
  if (name !== undefined) found(name, `, which ${file} names in its first line`)
  return path
}

/** Where it runs: here, if its jail sees this directory; else where it may write, so that a file without a path is not lost. Throws KaroError `bad_request` where a word would mean another file than here. */
function directoryOf(words: readonly string[], binds: readonly Seen[]): string {
  const here = process.cwd()
  if (isSeen(here, binds)) return here
  const directories = binds.filter(({ path }) => statSync(path).isDirectory())
  const other = (directories.find(({ write }) => write) ?? directories[0])?.path ?? '/tmp'
  const relative = words.find(
    (word) => !/^[-/]/.test(word) && (/^\.\.?(?:\/|$)/.test(word) || existsSync(word)),
  )
  if (relative === undefined) return other
  throw usage(
    `the agent would run in ${other}, where ${relative} is something else than here`,
    'COMMAND',
    `Write ${resolve(relative)}, or give it this directory: --read .`,
  )
}
