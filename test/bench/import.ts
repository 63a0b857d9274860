// A history of 100 000 commands brought in by the real command at a terminal, with its bar, beside reading the same file.

import { spawnSync } from 'node:child_process'
import { createReadStream, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import { pipe } from 'it-pipe'
import { readBash } from '../../src/observe/imports/bash.ts'
import { linesOf } from '../../src/observe/imports/lines.ts'
import { cleanEnv, startNode, type TestNode, temporaryHome } from '../support/node/node.ts'
import { endAll } from '../support/run/processes.ts'
import { until } from '../support/run/until.ts'
import { cpuMs } from './cpu.ts'
import { typicalCommands } from './ingest.ts'
import { median } from './median.ts'

const KARO = join(import.meta.dirname, '../../dist/karo.js')

export interface ImportRate {
  readonly commands: number
  readonly bytes: number
  /** Commands a second of the whole process, from its start to its end; medians. */
  readonly new_per_second: number
  /** The same file once more: all of it is known. */
  readonly known_per_second: number
  /** Processor time of the daemon for each of the two; medians. */
  readonly new_cpu_ms: number
  readonly known_cpu_ms: number
  /** Taken out again. */
  readonly undo_per_second: number
  /** `wc -l` of the file, commands a second. */
  readonly wc_per_second: number
  /** The reader alone, in this process. */
  readonly read_per_second: number
}

export async function measureImport(commands = 100_000, rounds = 3): Promise<ImportRate> {
  try {
    const file = join(temporaryHome(), 'history')
    const lines = typicalCommands(commands).map((command, i) => `#${1_600_000_000 + i * 300}\n${command}\n`)
    writeFileSync(file, lines.join(''))
    const node = await startNode({ name: 'bench' })
    const times = { fresh: [], known: [], undo: [], wc: [], read: [], freshCpu: [], knownCpu: [] } as Record<
      string,
      number[]
    >
    for (let round = 0; round < rounds; round++) {
      times.wc!.push(timed(() => void spawnSync('wc', ['-l', file])))
      const began = performance.now()
      for await (const _ of pipe(createReadStream(file) as AsyncIterable<Uint8Array>, linesOf, readBash));
      times.read!.push(performance.now() - began)
      for (const name of ['fresh', 'known']) {
        const used = cpuMs(node.pid)
        times[name]!.push(await atTerminal(node, ['import', 'bash', file]))
        times[`${name}Cpu`]!.push(cpuMs(node.pid) - used)
      }
      times.undo!.push(await atTerminal(node, ['import', 'undo', '--yes']))
    }
    const rate = (name: string): number => commands / (median(times[name]!) / 1000)
    return {
      commands,
      bytes: statSync(file).size,
      new_per_second: rate('fresh'),
      known_per_second: rate('known'),
      new_cpu_ms: median(times.freshCpu!),
      known_cpu_ms: median(times.knownCpu!),
      undo_per_second: rate('undo'),
      wc_per_second: rate('wc'),
      read_per_second: rate('read'),
    }
  } finally {
    await endAll(false)
  }
}

function timed(run: () => void): number {
  const began = performance.now()
  run()
  return performance.now() - began
}

/** Milliseconds. */
async function atTerminal(node: TestNode, args: readonly string[]): Promise<number> {
  const began = performance.now()
  const terminal = spawn(process.execPath, [KARO, ...args], {
    cols: 80,
    rows: 24,
    env: { ...cleanEnv(node.home), TERM: 'xterm' } as Record<string, string>,
  })
  let code: number | undefined
  let ended = 0
  terminal.onData(() => {})
  terminal.onExit(({ exitCode }) => {
    ended = performance.now()
    code = exitCode
  })
  await until(() => code !== undefined, { what: 'the end of it', deadlineMs: 300_000 })
  if (code !== 0) throw new Error(`karo ${args.join(' ')} ended with ${code}`)
  return ended - began
}
