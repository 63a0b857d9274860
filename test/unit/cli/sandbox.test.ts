// `karo doctor --sandbox`: what karo-exec says becomes rows, and only a jail that holds counts as safe.
import { expect, test } from 'vitest'
import type { RunCommand } from '../../../src/cli/doctor/command.ts'
import { isSafe, lookAtSandbox } from '../../../src/cli/doctor/sandbox.ts'
import { sandboxView } from '../../../src/cli/views/doctor/sandbox.ts'

const saying = (document: object): RunCommand => {
  return async () => ({ kind: 'ran', code: 0, stdout: JSON.stringify(document), stderr: '' })
}
const probe = (name: string, held: boolean | null) => ({
  provider: 'bwrap',
  probe: name,
  held,
  detail: `${name} tried`,
})
const working = { provider: 'bwrap', problem: null, cannot: [] }
const screen = { colour: false, columns: 80 }

test('each attempt is a row, and one that succeeded is no sandbox', async () => {
  const rows = await lookAtSandbox(
    saying({
      providers: [working],
      probes: [probe('network', true), probe('ptrace', false), probe('hang_up', null)],
    }),
  )
  expect(rows).toEqual([
    { id: 'sandbox.bwrap.network', outcome: 'ok', detail: 'network tried' },
    { id: 'sandbox.bwrap.ptrace', outcome: 'fail', detail: 'ptrace tried' },
    { id: 'sandbox.bwrap.hang_up', outcome: 'skipped', detail: 'hang_up tried' },
  ])
  expect(isSafe(rows, 'auto')).toBe(false)
  const shown = sandboxView(rows, { safe: false, chosen: 'auto' }, screen)
  expect(shown).toContain('No jail works here')
  expect(shown).toMatch(/sandbox.bwrap.hang_up\s+not tried/)
})

test('what all was held is safe', async () => {
  const rows = await lookAtSandbox(saying({ providers: [working], probes: [probe('network', true)] }))
  expect(isSafe(rows, 'auto')).toBe(true)
  expect(sandboxView(rows, { safe: true, chosen: 'auto' }, screen)).toContain('holds')
})

test('what cannot start is not here, and what a way does not hold by its nature is said and is no failure', async () => {
  const start = { ...probe('start', false), detail: 'namespaces are forbidden' }
  const landlock = { provider: 'landlock', problem: null, cannot: ['a job can ask whether a path exists'] }
  const rows = await lookAtSandbox(
    saying({
      providers: [working, landlock],
      probes: [start, { ...probe('network', true), provider: 'landlock' }],
    }),
  )
  expect(rows).toEqual([
    { id: 'sandbox.bwrap.start', outcome: 'skipped', detail: 'namespaces are forbidden' },
    { id: 'sandbox.landlock.network', outcome: 'ok', detail: 'network tried' },
    { id: 'sandbox.landlock.cannot', outcome: 'skipped', detail: 'a job can ask whether a path exists' },
  ])
  expect(isSafe(rows, 'auto')).toBe(true)
  expect(sandboxView(rows, { safe: true, chosen: 'auto' }, screen)).toMatch(/sandbox.landlock.cannot\s+limit/)
})

test('only the way that is configured is judged, because the daemon uses no other', async () => {
  const landlock = { provider: 'landlock', problem: null, cannot: [] }
  const rows = await lookAtSandbox(
    saying({
      providers: [{ ...working, problem: 'not installed' }, landlock],
      probes: [{ ...probe('network', true), provider: 'landlock' }],
    }),
  )
  expect((['auto', 'bwrap', 'landlock'] as const).map((chosen) => isSafe(rows, chosen))).toEqual([
    true,
    false,
    true,
  ])
  expect(sandboxView(rows, { safe: false, chosen: 'bwrap' }, screen)).toContain('Only bwrap counts')
})

test('a way that begins and then fails is not passed over', async () => {
  const landlock = { provider: 'landlock', problem: null, cannot: [] }
  const rows = await lookAtSandbox(
    saying({
      providers: [working, landlock],
      probes: [probe('broken', false), { ...probe('network', true), provider: 'landlock' }],
    }),
  )
  expect(rows[0]).toEqual({ id: 'sandbox.bwrap.broken', outcome: 'fail', detail: 'broken tried' })
  expect(isSafe(rows, 'auto')).toBe(false)
})

test.each([
  [
    'no provider works',
    saying({ providers: [{ provider: 'bwrap', problem: 'not installed', cannot: [] }], probes: [] }),
  ],
  ['karo-exec does not run', async () => ({ kind: 'ran', code: 1, stdout: '', stderr: '' })],
  ['karo-exec takes too long', async () => ({ kind: 'failed', reason: 'it took too long' })],
] as readonly [string, RunCommand][])('where %s, nothing is safe, and a row says so', async (_, run) => {
  const rows = await lookAtSandbox(run)
  expect(rows.length).toBeGreaterThan(0)
  expect(rows[0]?.id).toBe('sandbox.bwrap.start')
  expect(isSafe(rows, 'auto')).toBe(false)
})
