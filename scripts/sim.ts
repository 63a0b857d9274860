// `npm run sim`: many machines of the real mesh, documents, questions and totals on one virtual network, by seed.
import { parseArgs } from 'node:util'
import { DEFAULTS, type WorldOptions } from '../test/sim/world/options.ts'
import { describeWorld, faultsOf, figuresOf } from '../test/sim/world/print.ts'
import { runWorld } from '../test/sim/world/run.ts'

const USAGE = `npm run sim -- [options]
  --nodes N         machines, 4 to 20000 (default ${DEFAULTS.nodes})
  --minutes M       virtual minutes, 1 to 600 (default ${DEFAULTS.minutes}); totals need about 18, with --begins 12 five
  --loss P%         segments lost, 0% to 20% (default 0.5%)
  --churn P%/min    machines that leave each minute and come back within 80 s, 0% to 50% (default 0%/min)
  --late P%         machines that start three minutes before the end, after the totals, 0% to 40% (default 0%)
  --joined          all machines know each other from a day before; without it each finds the others first
  --begins M        minutes since the hour that is added up, 0 to 40 (default 0); from 12 on shares are given at once
  --latency A-Bms   one way, evenly between the two (default ${DEFAULTS.latency.least}-${DEFAULTS.latency.most}ms)
  --questions Q     questions a minute, 0.1 to 60 (default ${DEFAULTS.questions})
  --seed N          another life with the same options, 0 to 4294967295 (default ${DEFAULTS.seed})
  --json            the figures as one JSON document on standard output
  --quiet           no line for each virtual minute
  --help            this
The exit code is 1 when something did not hold that has to: it is named. The same options are the same run; CPU and memory are
of this machine.
`

class Misused extends Error {}

/** A number from text like 5, 5% or 5%/min; with `unit` the unit has to be there. */
function numberOf(flag: string, text: string, unit: string, least: number, most: number): number {
  const [, digits] = new RegExp(`^([0-9]+(?:\\.[0-9]+)?)${unit}$`).exec(text) ?? []
  const value = Number(digits)
  const shown = unit.replaceAll('\\', '')
  if (digits === undefined || value < least || value > most)
    throw new Misused(`--${flag} takes ${least}${shown} to ${most}${shown}, not ${JSON.stringify(text)}`)
  return value
}

function wholeOf(flag: string, text: string, least: number, most: number): number {
  const value = numberOf(flag, text, '', least, most)
  if (!Number.isInteger(value))
    throw new Misused(`--${flag} takes a whole number, not ${JSON.stringify(text)}`)
  return value
}

function latencyOf(text: string): WorldOptions['latency'] {
  const [, least, most] = /^([0-9]+(?:\.[0-9]+)?)-([0-9]+(?:\.[0-9]+)?)ms$/.exec(text) ?? []
  const latency = { least: Number(least), most: Number(most) }
  if (least === undefined || latency.least > latency.most || latency.most > 2_000)
    throw new Misused(`--latency takes two times up to 2000 ms, like 0.5-20.5ms, not ${JSON.stringify(text)}`)
  return latency
}

interface Wanted {
  readonly options: WorldOptions
  readonly json: boolean
}

/** Undefined: help is wanted. Throws Misused for what cannot be. */
function wanted(): Wanted | undefined {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({
    options: {
      nodes: text,
      minutes: text,
      loss: text,
      churn: text,
      late: text,
      begins: text,
      latency: text,
      questions: text,
      seed: text,
      json: flag,
      quiet: flag,
      help: flag,
      joined: flag,
    },
  })
  if (values.help) return undefined
  const read = <T>(of: string | undefined, make: (text: string) => T, otherwise: T): T =>
    of === undefined ? otherwise : make(of)
  const tell = (line: string): void => void process.stderr.write(`  ${line}\n`)
  const options: WorldOptions = {
    nodes: read(values.nodes, (of) => wholeOf('nodes', of, 4, 20_000), DEFAULTS.nodes),
    minutes: read(values.minutes, (of) => wholeOf('minutes', of, 1, 600), DEFAULTS.minutes),
    lossPer10k: read(
      values.loss,
      (of) => Math.round(numberOf('loss', of, '%', 0, 20) * 100),
      DEFAULTS.lossPer10k,
    ),
    churn: read(values.churn, (of) => numberOf('churn', of, '%/min', 0, 50) / 100, DEFAULTS.churn),
    late: read(values.late, (of) => numberOf('late', of, '%', 0, 40) / 100, DEFAULTS.late),
    latency: read(values.latency, latencyOf, DEFAULTS.latency),
    joined: values.joined,
    begins: read(values.begins, (of) => wholeOf('begins', of, 0, 40), DEFAULTS.begins),
    questions: read(values.questions, (of) => numberOf('questions', of, '', 0.1, 60), DEFAULTS.questions),
    seed: read(values.seed, (of) => wholeOf('seed', of, 0, 2 ** 32 - 1), DEFAULTS.seed),
    ...(values.quiet ? {} : { tell }),
  }
  return { options, json: values.json }
}

async function main(): Promise<number> {
  let asked: Wanted | undefined
  try {
    asked = wanted()
  } catch (error) {
    const isMisuse =
      error instanceof Misused || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS')
    if (isMisuse !== true) throw error
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`)
    return 2
  }
  if (asked === undefined) {
    process.stdout.write(USAGE)
    return 0
  }
  const report = await runWorld(asked.options)
  const faults = faultsOf(report)
  const { tell: _, ...options } = asked.options
  const json = { options, figures: figuresOf(report), faults }
  process.stdout.write(`${asked.json ? JSON.stringify(json, null, 2) : describeWorld(report)}\n`)
  for (const fault of faults.slice(0, 10)) process.stderr.write(`did not hold: ${fault}\n`)
  return faults.length === 0 ? 0 : 1
}

process.exitCode = await main()
