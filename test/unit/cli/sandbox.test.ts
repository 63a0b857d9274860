// `karo doctor --sandbox`: what karo-exec says becomes rows, and only a jail that holds counts as safe.
import { expect, test } from 'vitest'
import type { RunCommand } from '../../../src/cli/doctor/command.ts'
import { isSafe, lookAtSandbox } from '../../../src/cli/doctor/sandbox.ts'
import { sandboxView } from '../../../src/cli/views/doctor/sandbox.ts'

const saying = (document: object): RunCommand => {
  return async () => ({ kind: 'ran', code: 0, stdout: JSON.stringify(document), stderr: '' })
}
const probe = (name: string, held: boolean) => ({
  provider: 'bwrap',
  probe: name,
  held,
  detail: `${name} tried`,
})
const working = { provider: 'bwrap', problem: null }
const screen = { colour: false, columns: 80 }

test('each attempt is a row, and one that succeeded is no sandbox', async () => {
  const rows = await lookAtSandbox(
    saying({ providers: [working], probes: [probe('network', true), probe('ptrace', false)] }),
  )
  expect(rows).toEqual([
    { id: 'sandbox.bwrap.network', outcome: 'ok', detail: 'network tried' },
    { id: 'sandbox.bwrap.ptrace', outcome: 'fail', detail: 'ptrace tried' },
  ])
  expect(isSafe(rows)).toBe(false)
  expect(sandboxView(rows, false, screen)).toContain('Nothing can run safely here')
})

test('what all was held is safe', async () => {
  const rows = await lookAtSandbox(saying({ providers: [working], probes: [probe('network', true)] }))
  expect(isSafe(rows)).toBe(true)
  expect(sandboxView(rows, true, screen)).toContain('holds')
})

test.each([
  ['no provider works', saying({ providers: [{ provider: 'bwrap', problem: 'not installed' }], probes: [] })],
  ['karo-exec does not run', async () => ({ kind: 'ran', code: 1, stdout: '', stderr: '' })],
  ['karo-exec takes too long', async () => ({ kind: 'failed', reason: 'it took too long' })],
] as readonly [string, RunCommand][])('where %s, nothing is safe, and a row says so', async (_, run) => {
  const rows = await lookAtSandbox(run)
  expect(rows).toHaveLength(1)
  expect(rows[0]?.id).toBe('sandbox.bwrap.start')
  expect(isSafe(rows)).toBe(false)
})
