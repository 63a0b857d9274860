// Reads this machine's manual pages: a line about a command from whatis, and options from the page.
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/** Milliseconds for laying out a page; the longest takes about one second. */
const PAGE_MS = 2_000
const WHATIS_MS = 500
/** Bytes that are read of a page; bash's page has 400 KB. */
const MOST_BYTES = 4 * 1024 * 1024
/** Pages for one explanation; each takes about a tenth of a second. */
const MOST_PAGES = 6
/** Programs for one explanation that whatis is asked about. */
const MOST_LINES = 20
const MOST_DESCRIPTION = 200
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}$/
/** Directories from which man and whatis are run; never from elsewhere in PATH. */
const SYSTEM = ['/usr/bin', '/bin', '/usr/local/bin']

interface ManualOption {
  readonly names: readonly string[]
  readonly argument: string | undefined
  readonly description: string
}

interface ManualPage {
  /** Title such as `curl(1)`. */
  readonly title: string
  readonly options: readonly ManualOption[]
}

interface ManualLine {
  readonly title: string
  readonly text: string
}

export interface ManualSources {
  /** Once aborted, no further program is run. */
  readonly signal?: AbortSignal | undefined
  readonly run?: typeof runProgram
}

export type Manuals = ReturnType<typeof createManuals>

/**
 * Reads manual pages of programs in `path`, written like PATH. A name that is no program is never passed to another
 * process. Each name is looked up once; MOST_LINES and MOST_PAGES bound the number of processes.
 */
export function createManuals(path: string, { signal, run = runProgram }: ManualSources) {
  function once<T>(most: number, read: (name: string) => Promise<T | undefined>) {
    const known = new Map<string, Promise<T | undefined>>()
    let left = most
    return (name: string): Promise<T | undefined> => {
      const before = known.get(name)
      if (before !== undefined) return before
      const isWorthIt = left > 0 && signal?.aborted !== true && isProgram(name, path)
      if (isWorthIt) left--
      const found = isWorthIt ? read(name) : Promise.resolve(undefined)
      known.set(name, found)
      return found
    }
  }
  return {
    /** The page's title and a text such as `sort lines of text files`; undefined if no page has the name. */
    whatis: once(MOST_LINES, async (name) =>
      readWhatis(name, (await run('whatis', ['--', name], WHATIS_MS, signal)) ?? ''),
    ),
    page: once(MOST_PAGES, async (name): Promise<ManualPage | undefined> => {
      const text = await run('man', ['-P', 'cat', '--', name], PAGE_MS, signal)
      return text === undefined
        ? undefined
        : { title: titleOf(text) ?? `${name}(1)`, options: readOptions(text) }
    }),
  }
}

function isProgram(name: string, path: string): boolean {
  if (!NAME.test(name)) return false
  const directories = path.split(':').filter((directory) => directory.startsWith('/'))
  return [...directories.slice(0, 64), '/usr/sbin', '/sbin'].some((directory) =>
    canRun(join(directory, name)),
  )
}

function canRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Output of a system program; undefined if it is missing, fails, is slow, prints more than MOST_BYTES, or was aborted.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const file = SYSTEM.map((directory) => join(directory, program)).find(canRun)
  if (file === undefined) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const child = process.getBuiltinModule('node:child_process').spawn(file, [...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
      // A small environment, so that no pager or input filter of the person is run.
      env: {
        PATH: SYSTEM.join(':'),
        LC_ALL: 'C.UTF-8',
        TERM: 'dumb',
        MANPAGER: 'cat',
        PAGER: 'cat',
        MANWIDTH: '240',
        GROFF_NO_SGR: '1',
        MAN_DISABLE_SECCOMP: '1',
      },
      timeout: deadlineMs,
      ...(signal !== undefined && { signal }),
      killSignal: 'SIGKILL',
    })
    const chunks: Buffer[] = []
    let length = 0
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > MOST_BYTES) child.kill('SIGKILL')
      else chunks.push(chunk)
    })
    child.on('error', () => resolve(undefined))
    child.on('close', (code) => resolve(code === 0 ? Buffer.concat(chunks).toString('utf8') : undefined))
  })
}

/** Reads `sort (1)             - sort lines of text files`. Of several sections, the first about programs counts. */
export function readWhatis(name: string, text: string): ManualLine | undefined {
  const found = text.split('\n').flatMap((line) => {
    const [, topic, section, what] = /^(\S+) \(([\w:.+-]+)\)\s+- (.+)$/.exec(line) ?? []
    return topic === name && section !== undefined && what !== undefined
      ? [{ section, what: clean(what) }]
      : []
  })
  const best = found.find(({ section }) => /^[168]/.test(section)) ?? found[0]
  return best && { title: `${name}(${best.section})`, text: best.what }
}

/** The title in a page's first line, `CURL(1)  curl Manual  CURL(1)`. */
function titleOf(text: string): string | undefined {
  const [, name, section] = /^([A-Z0-9a-z_.+:-]+)\((\w+)\)\s/.exec(text.trimStart()) ?? []
  return name === undefined ? undefined : `${name.toLowerCase()}(${section})`
}

/** The options of a page: lines that begin with dashes, with the text beside or indented below them. */
export function readOptions(text: string): readonly ManualOption[] {
  const lines = text.split('\n')
  const found: ManualOption[] = []
  for (let i = 0; i < lines.length && found.length < 2_000; i++) {
    const line = lines[i]!
    const [, indent, rest] = /^( {1,16})(-{1,2}[\w?#@].*)$/.exec(line) ?? []
    if (indent === undefined || rest === undefined) continue
    const [heading = '', ...beside] = rest.split(/\s{2,}/)
    const names = [...heading.matchAll(/(?:^|[\s,|[])(-{1,2}[A-Za-z0-9?#@][\w-]*)/g)].map(
      (match) => match[1]!,
    )
    if (names.length === 0 || names.length > 8) continue
    const below: string[] = []
    if (beside.length === 0) {
      for (let next = i + 1; next < lines.length && below.length < 4; next++) {
        const [space = ''] = /^ */.exec(lines[next]!) ?? []
        if (lines[next]!.trim() === '' && below.length === 0 && next < i + 2) continue
        if (space.length <= indent.length || lines[next]!.trim() === '') break
        below.push(lines[next]!.trim())
      }
    }
    const description = firstSentence(clean([...beside, ...below].join(' ')))
    if (description === '') continue
    found.push({ names, argument: argumentOf(heading), description })
  }
  return found
}

/**
 * The argument in `-o, --output <file>` or `-n NUM`; with `?` at its end if it may be left out, as in `--color[=WHEN]`.
 */
function argumentOf(heading: string): string | undefined {
  const maybe = /\[=?<?([^\s[\]<>]+)>?\]\s*$/.exec(heading)?.[1]
  if (maybe !== undefined) return `${maybe}?`
  // In `--since=, --until=` the argument has no name.
  if (/--[\w-]+=(?:,|$)/.test(heading)) return 'value'
  return /[=\s]<?([A-Za-z][^\s[\]<>=]*)>?(?:\.\.\.)?\s*$/.exec(heading)?.[1]
}

/** One line, without hyphenation and control characters. */
function clean(text: string): string {
  return text
    .replace(/\u2010 |\u00ad ?/g, '')
    .replaceAll('\u2010', '-')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .replace(/\s+/g, ' ')
    .trim()
}

function firstSentence(text: string): string {
  const end = /^.{20,}?[.](?=\s+[A-Z("])/.exec(text)?.[0] ?? text
  return end.length <= MOST_DESCRIPTION
    ? end
    : `${end.slice(0, MOST_DESCRIPTION - 1).replace(/\s+\S*$/, '')}…`
}
