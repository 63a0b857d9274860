// Reads aliases from git's configuration files: those of the machine, of the person, and of the repository.
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { orElse } from '../../base/run/or-else.ts'
import type { Env } from '../../config/paths.ts'

interface GitPlace {
  readonly home?: string
  /** Whether the file at the path may be looked at. */
  readonly mayLook: (path: string) => boolean
}

/** Bytes of one file; beyond that the file is not read. */
const MOST_BYTES = 256 * 1024
/** Files read for one directory, with those that others include. */
const MOST_FILES = 16
/** Directories above the working directory in which the repository is looked for. */
const MOST_LEVELS = 32

/**
 * What aliases mean in a directory: their text as git has it, by lower-case name. Files are read when first asked for. A
 * file that is missing, too large or broken counts as far as it can be read, because a person has to be able to go on
 * typing. Never throws.
 */
export function createGitAliases(
  { home, mayLook }: GitPlace,
  env: Env,
): (name: string, cwd: string) => string | undefined {
  const known = new Map<string, ReadonlyMap<string, string>>()

  function aliasesIn(cwd: string): ReadonlyMap<string, string> {
    const aliases = new Map<string, string>()
    const files = new Set<string>()
    const read = (path: string): void => {
      if (files.has(path) || files.size >= MOST_FILES || !mayLook(path)) return
      files.add(path)
      for (const [key, value] of entriesOf(textOf(path) ?? '')) {
        if (key === 'include.path') {
          const included = value.replace(/^~(?=\/)/, () => home ?? '~')
          read(isAbsolute(included) ? included : join(dirname(path), included))
        } else {
          // Since git 2.54 also `[alias "name"]` with `command = …`.
          const name = /^alias\.(.+?)(?:\.command)?$/i.exec(key)?.[1]
          if (name !== undefined) aliases.set(name.toLowerCase(), value)
        }
      }
    }
    // In git's order: the last one counts.
    read('/etc/gitconfig')
    const { XDG_CONFIG_HOME: moved, GIT_CONFIG_GLOBAL: instead } = env
    const settings = moved?.startsWith('/') ? moved : home && join(home, '.config')
    if (instead) read(resolve(cwd, instead))
    else {
      if (settings) read(join(settings, 'git/config'))
      if (home !== undefined) read(join(home, '.gitconfig'))
    }
    const repository = isAbsolute(cwd) ? repositoryOf(cwd, mayLook) : undefined
    if (repository !== undefined) read(join(repository, 'config'))
    return aliases
  }

  return (name, cwd) => {
    let aliases = known.get(cwd)
    if (aliases === undefined) {
      aliases = orElse(() => aliasesIn(cwd), new Map())
      known.set(cwd, aliases)
    }
    return aliases.get(name.toLowerCase())
  }
}

/** The directory with the repository's configuration, for a directory in its work tree or in a linked one. */
function repositoryOf(cwd: string, mayLook: (path: string) => boolean): string | undefined {
  let at = cwd
  for (let level = 0; level < MOST_LEVELS; level++) {
    const path = join(at, '.git')
    if (!mayLook(path)) return undefined
    const state = statSync(path, { throwIfNoEntry: false })
    if (state?.isDirectory()) return path
    const linked = state && /^gitdir: (.*)/.exec(textOf(path) ?? '')?.[1]
    if (linked) {
      const own = resolve(at, linked)
      const common = mayLook(own) ? textOf(join(own, 'commondir'))?.trim() : undefined
      return common ? resolve(own, common) : own
    }
    if (dirname(at) === at) return undefined
    at = dirname(at)
  }
  return undefined
}

/** The text of a regular file that is not too large; undefined otherwise. A pipe is not waited for. */
function textOf(path: string): string | undefined {
  let fd: number | undefined
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const state = fstatSync(fd)
    if (!state.isFile() || state.size > MOST_BYTES) return undefined
    const bytes = Buffer.alloc(state.size)
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0))
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

const SECTION = /^\s*\[\s*([\w.-]+)(?:\s+"((?:[^"\\\n]|\\.)*)")?\s*\]/
const KEY = /^\s*([A-Za-z][\w-]*)\s*(?:=|(?=[#;]|$))/

/** Keys in lower case with their sections, and their values (git, config.c), in the order of the file. */
function* entriesOf(text: string): Generator<readonly [key: string, value: string]> {
  let section = ''
  // A backslash at the end of a line joins the next one to it.
  for (const whole of text.replace(/\r\n/g, '\n').split(/(?<!(?<!\\)(?:\\\\)*\\)\n/)) {
    let line = whole
    const head = SECTION.exec(line)
    if (head !== null) {
      section = head[2] === undefined ? head[1]!.toLowerCase() : `${head[1]!.toLowerCase()}.${head[2]}`
      line = line.slice(head[0].length)
    }
    const key = KEY.exec(line)
    if (key !== null) yield [`${section}.${key[1]!.toLowerCase()}`, unquoted(line.slice(key[0].length))]
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b', '\n': '' }

/** The value without its comment, quotes and escapes, and without blanks around it. */
function unquoted(written: string): string {
  let out = ''
  let kept = 0
  let isQuoted = false
  for (let i = 0; i < written.length; i++) {
    const sign = written[i]!
    if (sign === '\\') out += ESCAPES[written[++i] ?? ''] ?? written[i] ?? ''
    else if (sign === '"') isQuoted = !isQuoted
    else if (!isQuoted && (sign === '#' || sign === ';')) break
    else if (!isQuoted && /\s/.test(sign)) {
      if (out !== '') out += sign
      continue
    } else out += sign
    kept = out.length
  }
  return out.slice(0, kept)
}
