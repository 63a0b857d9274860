// One key on two machines: the two fail, whoever only sees them is warned.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { resultOf } from '../../../../src/cli/doctor/doctor.ts'
import { found } from './found.ts'

const ash = { node_id: 'karo:ed25519:a' as NodeId, fingerprint: '0123456789abcdef', name: 'ash' }
const judged = async (twins: object) => resultOf('peers.twins', await found('peers.twins', { twins }))

test('who is told that another takes its place fails, and is told what to do', async () => {
  const { outcome, detail, fix } = await judged({ here: [ash], others: [] })
  expect(outcome).toBe('fail')
  expect(detail).toContain(
    'two machines use the key of this node: this one, and one at ash (0123456789abcdef)',
  )
  expect(fix).toContain('karo identity new')
})

test('a member at two places is a warning that names both', async () => {
  const places = ['10.0.0.5:9238', '10.0.0.6:9238']
  const { outcome, detail, fix } = await judged({ here: [], others: [{ ...ash, places }] })
  expect(outcome).toBe('warn')
  expect(detail).toContain('(0123456789abcdef): 10.0.0.5 and 10.0.0.6')
  expect(fix).toContain('On the machine that should not be ash: stop Karo')
  expect((await judged({ here: [], others: [] })).outcome).toBe('ok')
})
