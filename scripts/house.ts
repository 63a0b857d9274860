// Prints how the house is built, each figure with its bound, and fails where one is exceeded: `npm run house`.
// `--all` lists the places behind each figure, `--lower` lowers the bounds in house.json to what there is.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { argumentsOf } from './arguments.ts'
import { complexFunctions } from './complexity.ts'
import { checkDoors, importsOf, readSources, type SourceFile } from './doors.ts'
import { type Tokens, tokensByArea } from './tokens.ts'

interface Figure {
  readonly name: string
  readonly value: number
  /** More fails. */
  readonly most: number
  /** What the value is about, where it is worth a look: the places beyond the bound, or the worst ones. */
  readonly which: readonly string[]
}

/** What `house.json` holds: bounds that are what there was when each was last lowered. They only fall. */
interface Bounds {
  /** Cognitive complexity of the hardest function, with all functions inside of it. */
  readonly hardest_function: number
  /** How many functions have more than HARD points of it. */
  readonly hard_functions: number
  /** Area → tokens of code and words of data. */
  readonly tokens: Readonly<Record<string, Tokens>>
}

const ROOT = join(import.meta.dirname, '..')
const BOUNDS = 'house.json'
const HARD = 60
const FOLDER_FILES = 22

/** A figure beyond its bound, in words. */
export function exceeded(all: readonly Figure[]): readonly string[] {
  return all.flatMap(({ name, value, most, which }) =>
    value > most ? [`${name}: ${value} (at most ${most})`, ...which.map((one) => `    ${one}`)] : [],
  )
}

/** Of imports between files: each group of files that reach each other, by Tarjan's algorithm. */
export function circlesOf(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const circles: string[][] = []
  const visit = (file: string): void => {
    order.set(file, order.size)
    lowest.set(file, order.get(file) ?? 0)
    open.push(file)
    for (const target of imports.get(file) ?? []) {
      if (!order.has(target)) visit(target)
      if (open.includes(target))
        lowest.set(file, Math.min(lowest.get(file) ?? 0, lowest.get(target) ?? 0, order.get(target) ?? 0))
    }
    if (lowest.get(file) !== order.get(file)) return
    const circle = open.splice(open.indexOf(file))
    if (circle.length > 1) circles.push(circle.sort())
  }
  for (const file of imports.keys()) if (!order.has(file)) visit(file)
  return circles
}

function importGraph(files: readonly SourceFile[]): Map<string, string[]> {
  return new Map(
    files.map((file) => [
      file.path,
      importsOf(file)
        .map(({ specifier }) => specifier)
        .filter((specifier) => specifier?.startsWith('.') === true)
        .map((specifier) => normalize(join(dirname(file.path), specifier ?? ''))),
    ]),
  )
}

/** Code for shells that is a file of its own. */
const shellFiles = (root: string): string[] => globSync('src/**/*.{bash,zsh,fish,sh}', { cwd: root })

function tokenFigures(areas: ReadonlyMap<string, Tokens>, bounds: Bounds): Figure[] {
  const rows = [...areas].flatMap(([area, { code, data }]) => {
    const most = bounds.tokens[area] ?? { code: 0, data: 0 }
    const ofCode = { name: `tokens of ${area}`, value: code, most: most.code, which: [] }
    const ofData = { name: `words of data in ${area}`, value: data, most: most.data, which: [] }
    return data === 0 && most.data === 0 ? [ofCode] : [ofCode, ofData]
  })
  const sum = [...areas.values()].reduce((all, { code }) => all + code, 0)
  return [...rows, { name: 'tokens in all', value: sum, most: Number.POSITIVE_INFINITY, which: [] }]
}

export function figures(root: string): readonly Figure[] {
  const files = readSources(root)
  const bounds = JSON.parse(readFileSync(join(root, BOUNDS), 'utf8')) as Bounds
  const folders = new Map<string, number>()
  for (const path of [...files.map((file) => file.path), ...shellFiles(root)])
    folders.set(dirname(path), (folders.get(dirname(path)) ?? 0) + 1)
  const areas = new Set(
    files
      .map(({ path }) => path.split('/'))
      .filter(([top]) => top === 'src')
      .map(([, area]) => area),
  )
  const full = [...folders].sort((a, b) => b[1] - a[1])
  const circles = circlesOf(importGraph(files))
  const doors = readFileSync(join(root, 'doors.ts'), 'utf8').split('\n').length - 1
  const violations = checkDoors(files).violations
  const hard = complexFunctions(files, HARD)
  const shown = hard.map(({ where, points }) => `${points} ${where}`)
  return [
    { name: 'areas in src', value: areas.size, most: 16, which: [] },
    { name: 'lines of doors.ts', value: doors, most: 100, which: [] },
    { name: 'imports that run up or go round a door', value: violations.length, most: 0, which: violations },
    {
      name: 'files in the fullest folder',
      value: full[0]?.[1] ?? 0,
      most: FOLDER_FILES,
      which: [full[0]?.[0] ?? ''],
    },
    {
      name: 'circles of files',
      value: circles.length,
      most: 0,
      which: circles.map((circle) => circle.join(' ')),
    },
    {
      name: 'points of cognitive complexity of the hardest function',
      value: hard[0]?.points ?? 0,
      most: bounds.hardest_function,
      which: shown.slice(0, 1),
    },
    {
      name: `functions of more than ${HARD} points`,
      value: hard.length,
      most: bounds.hard_functions,
      which: shown,
    },
    ...tokenFigures(tokensByArea(root), bounds),
  ]
}

/** Lowers each bound of `house.json` to what there is; a bound is raised by hand, with the reason in the commit. */
function lowerBounds(root: string): void {
  const path = join(root, BOUNDS)
  const old = JSON.parse(readFileSync(path, 'utf8')) as Bounds
  const hard = complexFunctions(readSources(root), HARD)
  const tokens: Record<string, Tokens> = {}
  for (const [area, { code, data }] of tokensByArea(root)) {
    const most = old.tokens[area] ?? { code, data }
    tokens[area] = { code: Math.min(code, most.code), data: Math.min(data, most.data) }
  }
  const bounds: Bounds = {
    hardest_function: Math.min(old.hardest_function, hard[0]?.points ?? 0),
    hard_functions: Math.min(old.hard_functions, hard.length),
    tokens,
  }
  writeFileSync(path, `${JSON.stringify(bounds, null, 2)}\n`)
}

if (import.meta.main) {
  // A reader that has seen enough (`npm run house | head`) is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  const flag = { type: 'boolean', default: false } as const
  const { all, lower } = argumentsOf('house -- [--all] [--lower]', {
    options: { all: flag, lower: flag },
  }).values
  if (lower) lowerBounds(ROOT)
  let exceeded = false
  for (const { name, value, most, which } of figures(ROOT)) {
    const over = value > most
    exceeded ||= over
    const bound = Number.isFinite(most) ? ` (at most ${most})` : ''
    process.stdout.write(`${over ? '✗' : '✓'} ${name}: ${value}${bound}\n`)
    for (const one of which) if (over || all) process.stdout.write(`    ${one}\n`)
  }
  process.exitCode = exceeded ? 1 : 0
}
