// Prints how the house is built, each figure with its bound, and fails where one is exceeded: `npm run house`.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { checkDoors, importsOf, readSources, type SourceFile } from './doors.ts'

interface Figure {
  readonly name: string
  readonly value: number
  /** More fails. Where the aim is missed it is what there is today, so that it can only get better. */
  readonly most: number
  /** The bound that is wanted, where it is not reached yet. */
  readonly aim?: number
  /** What the value is about: the longest one, or each one beyond the bound. */
  readonly which: readonly string[]
}

const ROOT = join(import.meta.dirname, '..')
/** Lines. A longer file says in its first ten lines why: `Longer than 300 lines: …`. */
const FILE_LINES = 300
const WHY_LONGER = /Longer than 300 lines:/
const FUNCTION_LINES = 80
const FOLDER_FILES = 22

const linesOf = (text: string): number => text.split('\n').length - 1

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

/** Functions with more lines than the bound, as `file:line name (lines)`, longest first. */
function longFunctions(files: readonly SourceFile[]): { where: string; lines: number }[] {
  const found: { where: string; lines: number }[] = []
  for (const { path, text } of files) {
    // No function of a short file is long, and a tree of each file is most of what the figures cost.
    if (linesOf(text) <= FUNCTION_LINES) continue
    const starts = [0]
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
    const lineAt = (offset: number): number => {
      let low = 0
      let high = starts.length
      while (high - low > 1) {
        const middle = (low + high) >> 1
        if ((starts[middle] ?? 0) <= offset) low = middle
        else high = middle
      }
      return low + 1
    }
    // Lines of functions inside are theirs alone: a factory is as long as what it does itself.
    const inner: number[] = []
    const enter = (): void => void inner.push(0)
    const leave = (node: { start: number; end: number }): void => {
      const lines = lineAt(node.end) - lineAt(node.start) + 1
      found.push({ where: `${path}:${lineAt(node.start)}`, lines: lines - (inner.pop() ?? 0) })
      if (inner.length > 0) inner[inner.length - 1] = (inner.at(-1) ?? 0) + lines - 1
    }
    const notCode = (node: { start: number; end: number }): void => {
      if (inner.length > 0)
        inner[inner.length - 1] = (inner.at(-1) ?? 0) + lineAt(node.end) - lineAt(node.start)
    }
    new Visitor({
      // The text of a shell's hook is no line of the function that returns it.
      TemplateLiteral: notCode,
      FunctionDeclaration: enter,
      'FunctionDeclaration:exit': leave,
      FunctionExpression: enter,
      'FunctionExpression:exit': leave,
      ArrowFunctionExpression: enter,
      'ArrowFunctionExpression:exit': leave,
    }).visit(parseSync(path, text).program)
  }
  return found.sort((a, b) => b.lines - a.lines)
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

/** Code for shells that is a file of its own; what a rule about modules says is not about it. */
const readShellFiles = (root: string): SourceFile[] =>
  globSync('src/**/*.{bash,zsh,fish,sh}', { cwd: root })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))

export function figures(root: string): readonly Figure[] {
  const files = readSources(root)
  const all = [...files, ...readShellFiles(root)]
  const folders = new Map<string, number>()
  for (const { path } of all) folders.set(dirname(path), (folders.get(dirname(path)) ?? 0) + 1)
  const areas = new Set(
    files
      .map(({ path }) => path.split('/'))
      .filter(([top]) => top === 'src')
      .map(([, area]) => area),
  )
  const full = [...folders].sort((a, b) => b[1] - a[1])
  const circles = circlesOf(importGraph(files))
  const functions = longFunctions(files)
  const longFiles = all.filter(
    ({ text }) => linesOf(text) > FILE_LINES && !WHY_LONGER.test(text.split('\n').slice(0, 10).join('\n')),
  )
  const doors = linesOf(readFileSync(join(root, 'doors.ts'), 'utf8'))
  const violations = checkDoors(files).violations
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
      name: `files over ${FILE_LINES} lines that do not say why`,
      value: longFiles.length,
      most: 0,
      aim: 0,
      which: longFiles.map(({ path, text }) => `${path} (${linesOf(text)})`),
    },
    {
      name: 'lines of the longest function',
      value: functions[0]?.lines ?? 0,
      most: FUNCTION_LINES,
      which: functions
        .filter(({ lines }) => lines > FUNCTION_LINES)
        .map(({ where, lines }) => `${where} (${lines})`),
    },
    {
      name: 'lines of src and protocols, shell files too',
      value: all.reduce((sum, { text }) => sum + linesOf(text), 0),
      most: Number.POSITIVE_INFINITY,
      which: [],
    },
  ]
}

if (import.meta.main) {
  // A reader that has seen enough (`npm run house | head`) is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  let exceeded = false
  for (const { name, value, most, aim = most, which } of figures(ROOT)) {
    const over = value > most
    exceeded ||= over
    const bound = Number.isFinite(most) ? ` (at most ${most}${aim === most ? '' : `, wanted: ${aim}`})` : ''
    process.stdout.write(`${over ? '✗' : value > aim ? '!' : '✓'} ${name}: ${value}${bound}\n`)
    for (const one of which) if (value > aim) process.stdout.write(`    ${one}\n`)
  }
  process.exitCode = exceeded ? 1 : 0
}
