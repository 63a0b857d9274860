// Checks every import of the source tree against doors.ts, and prints that table for docs/architecture.md.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { DOORS, PACKAGE_DOORS, ROOMS, type RoomName } from '../doors.ts'

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string
  readonly text: string
}

export interface DoorReport {
  readonly modules: number
  readonly imports: number
  /** One sentence each: who imported what, and what is allowed. */
  readonly violations: readonly string[]
}

/** The room a file is in: the longest path of ROOMS that it starts with. */
export function roomOf(path: string): RoomName | undefined {
  let best: RoomName | undefined
  for (const [name, prefix] of Object.entries(ROOMS) as [RoomName, string][]) {
    if (path.startsWith(prefix) && (best === undefined || prefix.length > ROOMS[best].length)) best = name
  }
  return best
}

/** Static, type-only, re-exported, dynamic and `import('x').Type` specifiers of one file. */
function importsOf(file: SourceFile): { specifier: string | undefined; line: number }[] {
  const { program, module, errors } = parseSync(file.path, file.text)
  if (errors.length > 0) throw new Error(`${file.path} does not parse: ${errors[0]?.message}`)
  const found: { specifier: string | undefined; line: number }[] = []
  const add = (specifier: string | undefined, offset: number): void => {
    found.push({ specifier, line: file.text.slice(0, offset).split('\n').length })
  }
  for (const statement of module.staticImports) add(statement.moduleRequest.value, statement.start)
  for (const statement of module.staticExports) {
    for (const entry of statement.entries) {
      if (entry.moduleRequest) add(entry.moduleRequest.value, statement.start)
    }
  }
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
  }).visit(program)
  return found
}

function packageRooms(specifier: string): readonly RoomName[] | undefined {
  for (const [pattern, rooms] of Object.entries(PACKAGE_DOORS)) {
    const prefix = pattern.endsWith('/*') ? pattern.slice(0, -1) : undefined
    if (
      prefix ? specifier.startsWith(prefix) : specifier === pattern || specifier.startsWith(`${pattern}/`)
    ) {
      return rooms
    }
  }
  return undefined
}

export function checkDoors(files: readonly SourceFile[]): DoorReport {
  const violations: string[] = []
  let imports = 0
  for (const file of files) {
    const room = roomOf(file.path)
    if (room === undefined) {
      violations.push(`${file.path}: is in no room; add its folder to ROOMS in doors.ts`)
      continue
    }
    for (const { specifier, line } of importsOf(file)) {
      imports += 1
      const at = `${file.path}:${line}`
      if (specifier === undefined) violations.push(`${at}: imports something computed; name the module`)
      else if (specifier.startsWith('.')) {
        const target = normalize(join(dirname(file.path), specifier))
        const to = roomOf(target)
        if (to === undefined) violations.push(`${at}: imports ${target}, which is in no room`)
        else if (to !== room && !DOORS[room].includes(to)) {
          violations.push(
            `${at}: ${room} may not import ${to} (${target}); it may: ${DOORS[room].join(', ') || 'nothing'}`,
          )
        }
      } else {
        const rooms = packageRooms(specifier)
        if (rooms && !rooms.includes(room)) {
          violations.push(`${at}: ${room} may not load ${specifier}; only ${rooms.join(', ')} may`)
        }
      }
    }
  }
  return { modules: files.length, imports, violations }
}

export function readSources(root: string): SourceFile[] {
  return globSync(['protocols/**/*.ts', 'src/**/*.ts'], { cwd: root })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** The table as Markdown. */
export function doorsTable(): string {
  const rows = (Object.keys(ROOMS) as RoomName[]).map(
    (room) =>
      `| \`${room}\` | \`${ROOMS[room]}\` | ${DOORS[room].map((name) => `\`${name}\``).join(' ') || '–'} |`,
  )
  return ['| room | where | may import, besides itself |', '| --- | --- | --- |', ...rows].join('\n')
}
