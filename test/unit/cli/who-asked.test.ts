// karo audit who-asked against a daemon that is played: nobody can choose a name that reads as an operator.
import { expect, test } from 'vitest'
import type { AskersShape } from '../../../src/api/contract/shapes.ts'
import { karo } from '../../support/node/played-daemon.ts'
import { node, operator } from '../trust/certificates/chains.ts'

const when = new Date(0).toISOString()
const asker = (change: Partial<AskersShape['askers'][number]>): AskersShape['askers'][number] => ({
  node_id: node.nodeId,
  fingerprint: node.fingerprint,
  name: 'desk',
  operator: null,
  query_type: 'ToolUsage',
  asked: 1,
  allowed: 1,
  refused: 0,
  busy: 0,
  rules: [],
  first: when,
  last: when,
  ...change,
})

test('an operator is named with the fingerprint, and the node in a column of its own', async () => {
  const { nodeId: node_id, fingerprint } = operator
  const askers = [
    asker({ operator: { node_id, fingerprint, name: 'carol' } }),
    asker({ name: 'carol via desk' }),
  ]
  const { out } = await karo(
    {
      'GET /api/v1/audit/who-asked': {
        since: when,
        askers,
        totals: { given: [], may_read: [], fetched: [] },
      },
    },
    'audit',
    'who-asked',
  )
  const [, real, posing] = out.split('\n')
  const digits = fingerprint.match(/.{4}/g)?.join(' ')
  expect(real).toMatch(new RegExp(`^carol \\(${digits}\\) +desk +ToolUsage`))
  expect(posing).toMatch(/^carol via desk +– +ToolUsage/)
})
