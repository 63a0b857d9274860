// Whom another machine is asked for, and what a person is told where it cannot be asked because nothing leads to it.
import { expect, test } from 'vitest'
import { AGENT_CONTROL } from '../../../protocols/messages/agent.ts'
import { formatNodeId } from '../../../protocols/node-id.ts'
import { createReach, type ReachDeps } from '../../../src/api/remote/ask.ts'
import { systemTimers } from '../../../src/base/clock.ts'
import { owner } from '../../support/api/callers.ts'

const NODE = formatNodeId(new Uint8Array(32).fill(7))

/** The error of a request over this mesh. */
async function refusedOver(reach: ReachDeps['mesh']['reach']): Promise<unknown> {
  const deps: Partial<ReachDeps> = {
    mesh: { isConnected: () => false, reach },
    trust: { opinion: () => ({ name: 'desk' }) } as unknown as ReachDeps['trust'],
    timers: systemTimers,
  }
  const { documents } = createReach(deps as ReachDeps, 'The task goes on.')
  const signal = new AbortController().signal
  const what = { operation: 'list' } as const
  const asked = documents({ node: NODE, what, as: undefined, trace: '0'.repeat(32), signal })
  return asked.next().catch((error: unknown) => error)
}

test('a machine that nothing leads to is told of with what to do, and so is a dial that failed', async () => {
  expect(await refusedOver(async () => false)).toMatchObject({
    code: 'unavailable',
    message:
      'desk cannot be asked: it cannot be dialed from here, and no other member carries such requests to it',
    hint: 'It may be off. If not, let its port of the mesh be reached from here, or ask at a machine that has a link to it (karo peers). The task goes on.',
  })
  expect(await refusedOver(() => Promise.reject(new Error('the dial took too long')))).toMatchObject({
    code: 'unavailable',
    message: 'desk cannot be asked: the dial took too long',
    hint: 'karo peers shows who is connected. The task goes on.',
  })
})

test('an operator who may not ask from this machine any more asks nothing, although the login lasts', () => {
  const acting = { types: [AGENT_CONTROL] }
  const { actingOf } = createReach({ sessions: { of: () => acting } } as unknown as ReachDeps, '')
  const member = { ...owner(), admin: false }
  expect(actingOf(member)).toBe(acting)
  expect(() => actingOf({ ...member, asks: false })).toThrow('may not ask')
})
