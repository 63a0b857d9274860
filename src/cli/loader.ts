// Loads the chunks of the built program, each with the code that V8 compiled of it in an earlier run.
import { isAscii } from 'node:buffer'
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { constants, Script } from 'node:vm'

type Require = (name: string) => unknown

/** What the file of a chunk evaluates to. */
type Code = (
  exports: object,
  require: Require,
  module: { exports: object },
  filename: string,
  dirname: string,
) => void

/** The file beside the chunk `name` that has it together with all chunks that it imports at once, by their names. */
export const packName = (name: string): string => `pack-${name}`

/**
 * `require` for the program in `directory`: names that begin with `./` or `../` are its chunks, and all others go to
 * `outside`. A chunk in `packed` lies in one file with all that it imports at once, which is read and compiled once and
 * not once for each. Node's own compile cache keeps a file's code as it is before it runs, so that each function is compiled
 * again at its first call; here the functions that ran are kept too. The code lies in `.cache` beside the program:
 * whoever can write there could change the program as well. V8 itself refuses code of another version, other flags or
 * a source of another length, and chunks have the hash of their content in their names. Only the owner of the
 * directory keeps code, so that `sudo karo` leaves no files of root in the installation of a person.
 */
export function programLoader(directory: string, outside: Require, packed: readonly string[] = []): Require {
  const cache = join(directory, '.cache', `${process.version}-${process.arch}-${runtimeName()}`)
  const chunks = new Map<string, { readonly exports: object }>()
  const unkept: { readonly script: Script; readonly file: string }[] = []
  let pack: Readonly<Record<string, Code>> = {}
  const again = process.env.KARO_CODE_CACHE === 'again'

  /** What the file at `path` evaluates to. */
  const evaluated = (path: string): unknown => {
    const bytes = chunkAt(path)
    // ASCII, as most chunks are, is held in one byte a character. Raw templates keep what is not.
    const source = bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8')
    const file = join(cache, basename(path))
    const cachedData = read(file)
    const script = new Script(source, {
      filename: path,
      cachedData,
      importModuleDynamically: constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    })
    if (again || cachedData === undefined || script.cachedDataRejected === true) unkept.push({ script, file })
    return script.runInThisContext()
  }

  const codeOf = (path: string, name: string): Code => {
    if (packed.includes(name)) pack = evaluated(join(dirname(path), packName(name))) as Record<string, Code>
    return pack[name] ?? (evaluated(path) as Code)
  }

  const load = (path: string): object => {
    const known = chunks.get(path)
    if (known !== undefined) return known.exports
    const code = codeOf(path, basename(path))
    const module = { exports: {} }
    chunks.set(path, module)
    const from = dirname(path)
    code(module.exports, requireFrom(from), module, path, from)
    return module.exports
  }

  const requireFrom =
    (from: string): Require =>
    (name) =>
      name.startsWith('./') || name.startsWith('../') ? load(join(from, name)) : outside(name)

  const keep = (): void => {
    if (unkept.length === 0 || !isOwner(directory)) return
    for (const { script, file } of unkept.splice(0)) {
      const fresh = `${file}.${process.pid}`
      try {
        mkdirSync(cache, { recursive: true, mode: 0o755 })
        writeFileSync(fresh, script.createCachedData(), { mode: 0o644 })
        renameSync(fresh, file)
      } catch {
        // Of another user, or on a disk that is full or read-only: the next run compiles again.
        remove(fresh)
        return
      }
    }
  }

  let mine = true
  process.once('exit', () => {
    if (mine) keep()
  })
  // V8 writes its options into the compiled code, so a program that changes them while it runs calls this when the code
  // is stored.
  Object.defineProperty(globalThis, Symbol.for('karo.code'), {
    configurable: true,
    value: () => {
      mine = false
      return keep
    },
  })

  return requireFrom(directory)
}

/** An update may remove chunks while the process runs. The API answers this error code with `unavailable`. */
function chunkAt(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const message = `the program was replaced while it ran: ${basename(path)} does not exist any more`
    throw Object.assign(new Error(message), { code: 'ERR_PROGRAM_REPLACED' })
  }
}

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // The directory is none: nothing was written.
  }
}

function isOwner(directory: string): boolean {
  try {
    return statSync(directory).uid === process.geteuid?.()
  } catch {
    return false
  }
}

/**
 * A name for the runtime and the options that it runs with, because code is good for exactly these: two builds of one
 * version of Node may have different V8s.
 */
function runtimeName(): string {
  const { size, mtimeMs } = statSync(process.execPath, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 }
  const parts = [process.versions.v8, size, mtimeMs, ...process.execArgv, process.env.NODE_OPTIONS ?? '']
  const words = parts.join(' ')
  let hash = 5381
  for (let i = 0; i < words.length; i += 1) hash = (Math.imul(hash, 33) ^ words.charCodeAt(i)) >>> 0
  return hash.toString(16)
}
