// A machine that leaves its mesh shares nothing any more, with anybody, whoever decided something before.
import { expect, test } from 'vitest'
import { startNode } from '../../support/node/node.ts'

const WORDS = 'correct horse battery staple\n'

test('sharing is off after karo leave, also for who decided nothing', async () => {
  const node = await startNode({ name: 'ash' })
  const key = ['--root-key', `${node.home}/root.key`, '--passphrase-file', '-']
  expect(await node.karo(['ca', 'init', ...key], WORDS)).toMatchObject({ code: 0 })
  const shared = () => node.json<{ sharing: string; source: string }>(['share', 'show'])
  expect(await shared()).toMatchObject({ sharing: 'on', source: 'config' })
  expect(await node.karo(['leave', '--yes'])).toMatchObject({ code: 0 })
  // The command that is typed next, karo join for one, finds the node as it is from now on.
  expect(await node.json(['ca', 'show'])).toMatchObject({ mesh: null })
  expect(await shared()).toMatchObject({ sharing: 'off', source: 'decision' })
  const { entries } = await node.json<{ entries: { details: { action?: string } }[] }>(['audit', 'log'])
  expect(entries.map(({ details }) => details.action)).toContain('leave_mesh')
  // Who has no mesh with a root to leave is told what ends the rest.
  expect(await node.karo(['leave', '--yes'])).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('share off ends sharing'),
  })
})
