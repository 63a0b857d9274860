// Checks every import of the source tree against doors.ts, and prints that table for docs/architecture.md.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { type ParseResult, parseSync, Visitor } from 'oxc-parser'
import { DOORS } from '../doors.ts'

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string
  readonly text: string
}

export interface Room {
  readonly name: string
  /** Names as doors.ts writes them, with `/*`. */
  readonly may: readonly string[]
  /** The rooms among them, each by its own name. */
  readonly opens: ReadonlySet<string>
  /** The packages among them, as an import names them; one may end with `/*`. */
  readonly loads: readonly string[]
  readonly because?: string
}

export interface DoorReport {
  readonly modules: number
  readonly imports: number
  /** One sentence each: which file imports what, and what its room may import. */
  readonly violations: readonly string[]
}

const isPackage = (word: string): boolean => /^(npm|node):/.test(word)

/** The rooms of doors.ts, in its order. Throws for a line that names a room which does not stand above it. */
export function readRooms(table: string = DOORS): readonly Room[] {
  const rooms: Room[] = []
  for (const line of table.split('\n').filter((text) => text.trim() !== '')) {
    const [, name, list = '', because] = /^(\S+)\s*:\s*(.*?)(?:\s+- (.*)|- (.*))?$/.exec(line) ?? []
    if (name === undefined) throw new Error(`doors.ts: cannot read the line "${line}"`)
    const above = rooms.map((room) => room.name)
    const may = list.split(' ').filter((word) => word !== '')
    const opens = new Set<string>()
    const loads = may.filter(isPackage).map((word) => word.replace(/^npm:/, ''))
    for (const word of may.filter((one) => !isPackage(one))) {
      const area = word.endsWith('/*') ? word.slice(0, -2) : undefined
      const found = above.filter((room) =>
        area === undefined ? room === word : room === area || room.startsWith(`${area}/`),
      )
      if (found.length === 0)
        throw new Error(`doors.ts: ${name} may import ${word}, which does not stand above it`)
      for (const room of found) opens.add(room)
    }
    rooms.push({ name, may, opens, loads, ...(because !== undefined && { because }) })
  }
  return rooms
}

const ROOMS = readRooms()
const folderOf = (room: string): string => (room === 'protocols' ? 'protocols/' : `src/${room}/`)

/** The room a file is in: the longest folder of doors.ts that it is below. */
export function roomOf(path: string): Room | undefined {
  let best: Room | undefined
  for (const room of ROOMS) {
    if (path.startsWith(folderOf(room.name)) && room.name.length > (best?.name.length ?? -1)) best = room
  }
  return best
}

interface Import {
  /** Undefined where it is computed. */
  readonly specifier: string | undefined
  readonly line: number
}

/** `import(`, in whatever way it is spaced or commented: an `import` that opens no statement of its own. */
const IMPORT_AS_EXPRESSION = /\bimport\s*[(./]/

/** Of files that were read once: the same object is asked about by each figure of the structure. */
const READ = new WeakMap<SourceFile, readonly Import[]>()
const PARSED = new WeakMap<SourceFile, ParseResult>()

export function parsed(file: SourceFile): ParseResult {
  const found = PARSED.get(file) ?? parseSync(file.path, file.text)
  PARSED.set(file, found)
  return found
}

/** Static, type-only, re-exported, dynamic and `import('x').Type` specifiers of one file. */
export function importsOf(file: SourceFile): readonly Import[] {
  const found = READ.get(file) ?? readImports(file)
  READ.set(file, found)
  return found
}

function readImports(file: SourceFile): Import[] {
  const { module, errors } = parsed(file)
  if (errors.length > 0) throw new Error(`${file.path} does not parse: ${errors[0]?.message}`)
  const found: Import[] = []
  const add = (specifier: string | undefined, offset: number): void => {
    found.push({ specifier, line: file.text.slice(0, offset).split('\n').length })
  }
  for (const statement of module.staticImports) add(statement.moduleRequest.value, statement.start)
  for (const statement of module.staticExports) {
    for (const entry of statement.entries) {
      if (entry.moduleRequest) add(entry.moduleRequest.value, statement.start)
    }
  }
  // Of these the parser has no list. Its tree costs most of the time, so it is made only where the word could be one.
  if (!IMPORT_AS_EXPRESSION.test(file.text)) return found
  new Visitor({
    ImportExpression(node) {
      const { source } = node
      add(
        source.type === 'Literal' && typeof source.value === 'string' ? source.value : undefined,
        node.start,
      )
    },
    TSImportType(node) {
      add(typeof node.source.value === 'string' ? node.source.value : undefined, node.start)
    },
  }).visit(parsed(file).program)
  return found
}

/** The rooms that may load a package; undefined: every room may. */
function loadersOf(specifier: string): readonly string[] | undefined {
  const fits = (pattern: string): boolean =>
    pattern.endsWith('/*')
      ? specifier.startsWith(pattern.slice(0, -1))
      : specifier === pattern || specifier.startsWith(`${pattern}/`)
  const loaders = ROOMS.filter(({ loads }) => loads.some(fits)).map(({ name }) => name)
  return loaders.length > 0 ? loaders : undefined
}

export function checkDoors(files: readonly SourceFile[]): DoorReport {
  const violations: string[] = []
  let imports = 0
  for (const file of files) {
    const room = roomOf(file.path)
    if (room === undefined) {
      violations.push(`${file.path}: is in no room; add its folder to doors.ts`)
      continue
    }
    for (const { specifier, line } of importsOf(file)) {
      imports += 1
      const wrong = whatIsWrong(file, room, specifier)
      if (wrong !== undefined) violations.push(`${file.path}:${line}: ${wrong}`)
    }
  }
  return { modules: files.length, imports, violations }
}

function whatIsWrong(file: SourceFile, room: Room, specifier: string | undefined): string | undefined {
  if (specifier === undefined) return 'imports something computed; name the module'
  if (!specifier.startsWith('.')) {
    const loaders = loadersOf(specifier)
    if (loaders === undefined || loaders.includes(room.name)) return undefined
    return `${room.name} may not load ${specifier}; only ${loaders.join(', ')} may`
  }
  const target = normalize(join(dirname(file.path), specifier))
  // The version stands there; nothing else outside of the rooms is imported.
  if (target === 'package.json' && room.name === 'base') return undefined
  const to = roomOf(target)
  if (to === undefined) return `imports ${target}, which is in no room`
  if (to === room || room.opens.has(to.name)) return undefined
  return `${room.name} may not import ${to.name} (${target}); it may: ${room.may.join(', ') || 'nothing'}`
}

export function readSources(root: string): SourceFile[] {
  return globSync(['protocols/**/*.ts', 'src/**/*.{ts,tsx}'], { cwd: root })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** The table as Markdown. */
export function doorsTable(): string {
  const rows = ROOMS.map(
    ({ name, may, because = '' }) =>
      `| \`${folderOf(name)}\` | ${may.map((word) => `\`${word}\``).join(' ') || '–'} | ${because} |`,
  )
  return ['| room | may import, besides itself | why |', '| --- | --- | --- |', ...rows].join('\n')
}
