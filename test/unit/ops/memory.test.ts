// A busy daemon gives memory back: V8 and the C library are made to.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { trimMemory } from '../../../src/ops/system/memory.ts'
import { until } from '../../support/run/until.ts'

const MEMORY = join(import.meta.dirname, '../../../src/ops/system/memory.ts')
const MIB = 2 ** 20

/** The largest young generation, in bytes, of a process that keeps much of what it allocates for a while. */
async function youngest(prepare: string): Promise<number> {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8'
    import { boundYoungGeneration } from ${JSON.stringify(MEMORY)}
    ${prepare}
    const kept = []
    let most = 0
    for (let round = 0; round < 200; round++) {
      kept.push(Array.from({ length: 20_000 }, (_, i) => ({ i, text: 'x' + i })))
      if (kept.length > 8) kept.shift()
      await new Promise((resolve) => setImmediate(resolve))
      const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
      most = Math.max(most, young.space_size)
    }
    console.log(most)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  return Number(stdout)
}

test('the young generation of a busy process stays small, which it would not by itself', async () => {
  const [bounded, unbounded] = await Promise.all([youngest('boundYoungGeneration()'), youngest('')])
  expect(bounded).toBeLessThanOrEqual(64 * MIB)
  expect(unbounded).toBeGreaterThan(64 * MIB)
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
