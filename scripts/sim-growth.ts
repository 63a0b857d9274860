// Draws how cost grows with a mesh from `npm run sim -- --json` of several sizes: `npm run sim-growth -- 10.json 30.json …`.
import { readFileSync } from 'node:fs'
import type { Figures } from '../test/sim/world/print.ts'

interface Run {
  readonly figures: Figures
  readonly faults: readonly string[]
}

/** Sizes that are told though nobody ran them, from the growth between the two largest runs. */
const BEYOND = [300, 1_000, 3_000, 10_000]
/** Up to so many nodes all are linked with each other; what grows there says nothing about a larger mesh. */
const FULL_MESH = 36
const BAR = 40

const WHAT = [
  ['messages a node and minute', ({ messages }) => messages],
  ['KiB a node and minute', ({ bytes }) => bytes / 1024],
  ['CPU ms a node and minute', ({ cpuMs }) => cpuMs],
  ['messages of one question', ({ messagesOfQuestion }) => messagesOfQuestion],
] as const satisfies readonly (readonly [string, (of: Figures) => number])[]

const shown = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 0 })

/** Bars are logarithmic: ten times as much is as much longer everywhere. */
function draw(name: string, measured: readonly (readonly [number, number])[]): readonly string[] {
  const [before, last] = measured.filter(([nodes]) => nodes > FULL_MESH).slice(-2)
  const power =
    before === undefined || last === undefined
      ? undefined
      : Math.log(last[1] / before[1]) / Math.log(last[0] / before[0])
  const beyond =
    power === undefined || last === undefined
      ? []
      : BEYOND.filter((nodes) => nodes > last[0]).map(
          (nodes) => [nodes, last[1] * (nodes / last[0]) ** power] as const,
        )
  const most = Math.max(...[...measured, ...beyond].map(([, value]) => value))
  const line = ([nodes, value]: readonly [number, number], mark: string): string => {
    const length = Math.max(1, Math.round((BAR * Math.log10(1 + value)) / Math.log10(1 + most)))
    return `${shown(nodes).padStart(8)}  ${mark.repeat(length).padEnd(BAR)} ${shown(value)}`
  }
  return [
    power === undefined ? name : `${name} (nodes to the power of ${power.toFixed(2)}; extrapolated: ·)`,
    ...measured.map((one) => line(one, '█')),
    ...beyond.map((one) => line(one, '·')),
    '',
  ]
}

const runs = process.argv
  .slice(2)
  .map((file) => JSON.parse(readFileSync(file, 'utf8')) as Run)
  .sort((a, b) => a.figures.nodes - b.figures.nodes)
if (runs.length < 2) {
  process.stderr.write(
    'npm run sim-growth -- <file> <file>…: at least two outputs of `npm run sim -- --json`\n',
  )
  process.exitCode = 2
} else {
  for (const { figures, faults } of runs) {
    if (faults.length > 0)
      process.stderr.write(`${figures.nodes} nodes: ${faults.length} things did not hold\n`)
  }
  const lines = WHAT.flatMap(([name, of]) =>
    draw(
      name,
      runs.map(({ figures }) => [figures.nodes, of(figures)] as const),
    ),
  )
  process.stdout.write(`${lines.join('\n')}`)
}
