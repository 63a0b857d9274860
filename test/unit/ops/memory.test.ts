// A busy daemon gives memory back: V8 and the C library are made to.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { trimMemory } from '../../../src/ops/system/memory.ts'
import { until } from '../../support/run/until.ts'

const MEMORY = join(import.meta.dirname, '../../../src/ops/system/memory.ts')
const MIB = 2 ** 20

/** The most bytes of both generations in a process that keeps much of what it allocates for a while. */
async function largest(prepare: string): Promise<{ readonly young: number; readonly old: number }> {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8'
    import { boundGenerations } from ${JSON.stringify(MEMORY)}
    ${prepare}
    const kept = []
    const most = { new_space: 0, old_space: 0 }
    for (let round = 0; round < 200; round++) {
      kept.push(Array.from({ length: 20_000 }, (_, i) => ({ i, text: 'x' + i })))
      if (kept.length > 8) kept.shift()
      await new Promise((resolve) => setImmediate(resolve))
      for (const { space_name, space_size } of getHeapSpaceStatistics())
        most[space_name] = Math.max(most[space_name], space_size)
    }
    console.log(JSON.stringify({ young: most.new_space, old: most.old_space }))`
  // Helpers of the collector would come late where the machine is busy, and the generations would grow meanwhile.
  const flags = ['--single-threaded-gc', '--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, flags)
  return JSON.parse(stdout)
}

test('the generations of a busy process stay small, which they would not by themselves', async () => {
  const [bounded, unbounded] = await Promise.all([largest('boundGenerations()'), largest('')])
  expect(bounded.young).toBeLessThanOrEqual(64 * MIB)
  expect(unbounded.young).toBeGreaterThan(64 * MIB)
  // It comes to 89 MiB. With the young generation alone bounded it grows to 181.
  expect(bounded.old).toBeLessThanOrEqual(120 * MIB)
})

test('freed memory is given back again and again, until the daemon ends', async () => {
  const waiting: (() => void)[] = []
  const untrim = trimMemory({
    after(_ms, run) {
      waiting.push(run)
      return () => waiting.splice(waiting.indexOf(run), 1)
    },
  })
  for (let minute = 0; minute < 3; minute++) {
    await until(() => waiting.length === 1, { what: 'the next time is set' })
    waiting.shift()?.()
  }
  await until(() => waiting.length === 1, { what: 'the next time is set' })
  untrim()
  expect(waiting).toEqual([])
})
