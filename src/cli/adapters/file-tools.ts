// Calls of file tools (Write, Edit, apply_patch, file tools of MCP servers) as the line of a shell that does the same to
// the same places, so that one judgement knows both.
import { quoteShell } from '../../base/quote.ts'
import { type Members, membersOf } from '../../base/shape/json-object.ts'
import { BadCall, type ToolCall } from './adapter.ts'
import { textOf } from './fields.ts'

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '))

/** Words of a tool's name, by what the tool does to a file. */
const REPLACES = set('write create save put overwrite store export dump download copy cp new')
const REMOVES = set('delete remove rm unlink trash destroy')
const MOVES = set('move rename mv')
const EDITS = set('edit multiedit update patch append insert replace modify change apply str')
const COPIES = set('copy cp')
const READS = set(
  'read get list search find view show stat info tree grep glob describe fetch query count check diff open cat ls head tail watch lint explain rg',
)
/** Of these, what shows the content of files. */
const SHOWS = set('read get view show open cat head tail fetch diff grep rg content')
const RUNS = set('exec execute run shell bash terminal command process spawn')
const SHELLS = set('shell bash terminal command')

/** Members of a call that name a file, in the spelling without `_` and capitals. */
const FILES = set(
  'path filepath filepaths localpath file filename absolutepath relativepath targetfile notebookpath destination destinationpath dest to newpath target targetpath outputpath output uri paths files',
)
const DIRECTORIES = set('directory directorypath dir dirpath folder folderpath parent parentpath')
/** Of a file in a directory that another member names. */
const NAMES = set('name filename file')
/** What means a file for certain, so that a value that is no text cannot be understood. */
const CERTAIN = /^\w*(?:path|filename)s?$|^files?$/
/** What may be a directory as well. */
const PLACES = set('path absolutepath destination destinationpath target targetpath')
/** Of a search, the files in which it looks. */
const GLOBS = set('glob include includepattern')
const SOURCES = set('source sourcepath src from oldpath')
const COMMANDS = set('command cmd script commandline shellcommand')
const PATCHES = set('patch patchtext input diff command')

/** More files than this in one call are not read one by one. */
const MOST_FILES = 200

interface Read {
  readonly kind: 'before' | 'edit' | 'read' | 'other'
  readonly command: string
}
const NOTHING: Read = { kind: 'other', command: '' }

/** Where the tool works, and whether it can ask at this event. */
export interface At {
  readonly cwd?: string
  readonly asks?: boolean
}

/**
 * What a call of any tool but the shell's does: `edit` or `read` with a line that does the same, `before` for a tool that runs
 * commands, `other` for the rest. `known`: the tool is known to change files. Throws BadCall for such a call without a file.
 */
export function readFileCall(tool: string, args: unknown, { cwd, asks }: At, known = false): ToolCall {
  const { kind, command } = read(tool, args, known)
  if (kind === 'other') return { kind }
  return {
    kind,
    command,
    ...(cwd !== undefined && { cwd }),
    shell: 'bash',
    ...(asks !== undefined && { asks }),
  }
}

function read(tool: string, args: unknown, known: boolean): Read {
  const words = wordsOf(tool)
  const does = (verbs: ReadonlySet<string>) => words.some((word) => verbs.has(word))
  const changes = does(REPLACES) || does(REMOVES) || does(MOVES) || does(EDITS)
  const isReader = !known && !changes && does(READS)
  const members = membersOf(args)
  if (members === undefined) {
    if (isReader) return NOTHING
    throw new BadCall('the call has no arguments')
  }
  const patch = patchIn(members, /^\s*\*\*\* Begin Patch|^(?:diff --git |--- )/)
  if (patch !== undefined) return edit(linesOfPatch(patch), known)
  if (does(RUNS)) {
    const command = commandIn(members)
    if (command !== undefined) return { kind: 'before', command }
    if (does(SHELLS) && words.every((word) => RUNS.has(word))) throw new BadCall('the call has no command')
  }
  if (isReader) return does(SHOWS) ? look(members) : NOTHING
  const files = [...filesIn(members, FILES), ...filesInDirectories(members)]
  const sources = filesIn(members, SOURCES)
  // Not a thing that a server has of another kind: `create_issue`.
  known ||= changes && Object.keys(members).length === 0 && /file|director|folder|path/i.test(tool)
  if (does(REMOVES)) return edit(remove([...sources, ...files]), known)
  // What is moved is gone from here and not lost, so the line deletes no tree.
  if (does(MOVES)) return edit([...remove(sources, 'rm --'), ...write('>', files)], known)
  const operator = does(REPLACES) && !does(EDITS) ? '>' : '>>'
  return edit(write(operator, does(COPIES) ? files : [...sources, ...files]), known)
}

/** A file that is replaced gets new content, so it is not the line of one that is emptied. */
const write = (operator: '>' | '>>', files: readonly string[]) =>
  files.map((file) => `${operator === '>' ? 'echo content ' : ''}${operator} ${word(file)}`)

const remove = (files: readonly string[], by = 'rm -r --') => files.map((file) => `${by} ${word(file)}`)

/** Most of what such tools read is no file, so that a call that cannot be understood is nothing to judge. */
function look(members: Members): Read {
  try {
    const places = [...filesIn(members, FILES), ...filesInDirectories(members)]
    const files = [...places, ...filesOfGlobs(members, places)]
    return files.length === 0 ? NOTHING : { kind: 'read', command: `cat -- ${files.map(word).join(' ')}` }
  } catch (error) {
    if (error instanceof BadCall) return NOTHING
    throw error
  }
}

/** Where the call says to look, those whose names are plain but for their end: `.env*`, `config/{.env,.npmrc}`. */
function filesOfGlobs(members: Members, places: readonly string[]): readonly string[] {
  const names = filesIn(members, GLOBS).flatMap((glob) => {
    const at = glob.lastIndexOf('/') + 1
    return glob
      .slice(at)
      .split(/[{},]/)
      .map((name) => name.replace(/\*+$/, ''))
      .filter((name) => /^[^*?[]+$/.test(name))
      .map((name) => glob.slice(0, at) + name)
  })
  return [...names, ...within(places, names)]
}

function edit(lines: readonly string[], known: boolean): Read {
  if (lines.length > 0) return { kind: 'edit', command: [...new Set(lines)].join('; ') }
  if (known) throw new BadCall('the call names no file')
  return NOTHING
}

/** The path as a word of the line; servers of MCP follow `~`. */
function word(path: string): string {
  const plain = path.replace(/^file:\/\/(?:localhost)?(?=\/)/, '')
  return plain.startsWith('~/') ? `~/${quoteShell(plain.slice(2))}` : quoteShell(plain)
}

/** The words of the tool's own name: without the name of its server, if that is marked. */
function wordsOf(tool: string): readonly string[] {
  const name = tool.slice(tool.lastIndexOf('__') + 1).replace(/^_/, '')
  return name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
}

/** Members inside of members that are looked at: `params`, `arguments`. */
const MOST_DEEP = 3

/** What members with these names say, also those inside of others. */
function named(members: Members, names: ReadonlySet<string>, deep = 0): readonly unknown[] {
  return Object.entries(members).flatMap(([key, value]) => {
    const name = spelled(key)
    const inner = membersOf(value)
    if (!names.has(name))
      return inner === undefined || deep === MOST_DEEP ? [] : named(inner, names, deep + 1)
    if (names === FILES || names === SOURCES) checkFile(name, value)
    return [value]
  })
}

const spelled = (key: string): string => key.replace(/[_-]/g, '').toLowerCase()

/** Throws BadCall for a file that is neither a text, a list of them, nor an object with one. */
function checkFile(name: string, value: unknown): void {
  const isOdd = (one: unknown): boolean =>
    typeof one === 'object' &&
    one !== null &&
    !Object.entries(one).some(([key, text]) => FILES.has(spelled(key)) && typeof text === 'string')
  if (CERTAIN.test(name) && (Array.isArray(value) ? value : [value]).some(isOdd))
    throw new BadCall('the file of the call is no text')
}

function patchIn(members: Members, pattern: RegExp): string | undefined {
  return named(members, PATCHES)
    .map(textOf)
    .find((text) => text !== undefined && pattern.test(text))
}

/** Paths, and those in lists of paths or of objects with a path. */
function filesIn(members: Members, names: ReadonlySet<string>): readonly string[] {
  const found = named(members, names).flatMap((value) => (Array.isArray(value) ? value : [value]))
  const paths = found.slice(0, MOST_FILES + 1).flatMap((value) => {
    const inner = membersOf(value)
    return (inner === undefined ? [value] : named(inner, names)).map(textOf)
  })
  if (paths.length > MOST_FILES) throw new BadCall('the call names too many files')
  return paths.filter((path) => path !== undefined && path !== '') as string[]
}

/** The files that a call names by a directory and a name; without a name the directories. */
function filesInDirectories(members: Members): readonly string[] {
  const directories = filesIn(members, DIRECTORIES)
  const names = filesIn(members, NAMES)
  if (names.length === 0) return directories
  return within([...directories, ...filesIn(members, PLACES)], names)
}

function within(places: readonly string[], names: readonly string[]): readonly string[] {
  const files = places.flatMap((at) => names.map((name) => (name[0] === '/' ? name : `${at}/${name}`)))
  if (files.length > MOST_FILES) throw new BadCall('the call names too many files')
  return files
}

function commandIn(members: Members): string | undefined {
  const [command] = named(members, COMMANDS)
  if (command === undefined) return undefined
  const words = Array.isArray(command)
    ? command
    : [command, ...(Array.isArray(members.args) ? members.args : [])]
  if (!words.every((one) => typeof one === 'string')) throw new BadCall('the command of the call is no text')
  return words.length === 1 ? words[0] : words.map(quoteShell).join(' ')
}

/** The files that a patch names, of the forms `*** Update File: x` and `+++ b/x`. */
function linesOfPatch(patch: string): readonly string[] {
  const lines: string[] = []
  for (const line of patch.split('\n')) {
    const [, what, path] = /^\*\*\* (Add|Update|Delete) File: (.+?)\s*$/.exec(line) ?? []
    const to = /^\*\*\* Move to: (.+?)\s*$/.exec(line)?.[1]
    const [, sign, changed] = /^(\+\+\+|---) (?:[ab]\/)?([^\t\r]+)/.exec(line) ?? []
    if (path !== undefined) lines.push(...(what === 'Delete' ? remove([path]) : write('>>', [path])))
    else if (to !== undefined) lines.push(...write('>', [to]))
    else if (changed !== undefined && changed !== '/dev/null')
      lines.push(...(sign === '+++' ? write('>>', [changed]) : []))
    if (lines.length > MOST_FILES) throw new BadCall('the patch names too many files')
  }
  // A patch that only deletes has no file behind `+++`.
  const gone = /^--- (?:a\/)?([^\t\r\n]+)[^\n]*\n\+\+\+ \/dev\/null/gm
  for (const [, path] of patch.matchAll(gone)) lines.push(...remove([path as string]))
  return lines
}
