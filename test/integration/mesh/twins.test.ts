// A restored backup beside its original: restoring says to stop the other, and karo doctor says it on all three machines.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { befriend, nextTo } from '../../support/mesh/honest.ts'
import {
  cleanEnv,
  ON_LOOPBACK,
  runKaro,
  startNode,
  type TestNode,
  temporaryHome,
} from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const twinsOf = async (node: TestNode): Promise<{ code: number | null; outcome: string; detail: string }> => {
  const { code, stdout } = await node.karo(['doctor', '--only', 'peers.twins', '--json'])
  const { checks } = JSON.parse(stdout) as { checks: { outcome: string; detail: string }[] }
  return { code, outcome: checks[0]?.outcome ?? '', detail: checks[0]?.detail ?? '' }
}

test('a restored backup beside its original is told by both, and by the node they know', async () => {
  const third = await startNode({ name: 'third' })
  const original = await startNode({ name: 'ash', config: await nextTo(third) })
  await befriend(third, original)
  expect((await twinsOf(third)).outcome).toBe('ok')
  const file = join(temporaryHome(), 'karo.tar')
  expect((await original.karo(['backup', file])).code).toBe(0)
  const home = join(temporaryHome(), 'second')
  const restored = await runKaro(['restore', file], cleanEnv(home, ON_LOOPBACK))
  expect(restored.stdout).toContain('stop it there before you start it here')
  const copy = await startNode({ home })
  for (const node of [original, copy]) {
    await until(async () => (await twinsOf(node)).outcome === 'fail', {
      what: 'a holder of the key fails',
    })
    expect(await twinsOf(node)).toMatchObject({ code: 1, detail: expect.stringContaining('third') })
  }
  await until(async () => (await twinsOf(third)).outcome === 'warn', { what: 'the third warns' })
  expect((await twinsOf(third)).detail).toMatch(
    /two machines use the key of ash .*: 127\.0\.0\.1:\d+ and 127\.0\.0\.1:\d+/,
  )
})
