// Tools ask over a real socket: who waits for a request, when it ends, and what an answer on the tool's own screen counts for.

import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Runtime } from '../../../src/agents/index.ts'
import { daemonAt } from '../../../src/api/contract/client/socket.ts'
import { askApproval } from '../../../src/api/contract/operations/agents/approvals.ts'
import type { Elsewhere } from '../../../src/api/remote/ask.ts'
import { approvalsRoutes } from '../../../src/api/routes/agents/approvals.ts'
import type { Rooms } from '../../../src/api/server/rooms.ts'
import type { Seat } from '../../../src/base/kernel/sessions.ts'
import { startRig } from '../../support/api/http-rig.ts'
import { until } from '../../support/run/until.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'
import { some } from '../../support/some.ts'
import { approver, PERSON, type Rig, rig, SELF, type Tables, TOOLS, yes } from '../agents/rig.ts'

const tool: Seat = { session: 77, sessions: [TOOLS, '1:1'], near: [TOOLS], terminal: true }
const call = { action: 'edit', argv: ['fake'], input: '{}' }
const body = { tool: 'fake', cwd: '/srv', why: 'Edit', call }

async function start(tables?: Tables) {
  const agents: Rig = await rig(tables === undefined ? {} : { tables })
  const timers = new VirtualTime()
  let waits = 0
  const approvals: Rig['approvals'] = {
    ...agents.approvals,
    wait(id, signal) {
      waits++
      return agents.approvals.wait(id, signal)
    },
  }
  const http = await startRig([
    approvalsRoutes(
      some<Rooms>({
        ...agents,
        approvals,
        identity: SELF,
        sessions: { of: () => undefined },
        timers,
        agents: {} as Runtime,
        elsewhere: {} as Elsewhere,
        seatOf: () => tool,
      }),
    ),
  ])
  http.speaksAs(PERSON)
  const daemon = daemonAt({ socket: http.socket })
  const ask = (more: { approval?: string; answered?: 'approved' | 'denied' } = {}, signal?: AbortSignal) =>
    daemon.call(askApproval, { body: { ...body, ...more }, ...(signal && { signal }) })
  /** Two calls with the same words: their one request, and questions that wait for it. */
  const twice = async () => {
    const { approval: id } = await ask()
    if (id === null) throw new Error('it does not wait')
    await ask()
    const control = [new AbortController(), new AbortController()]
    const questions = control.map(({ signal }) => ask({ approval: id }, signal).catch(() => undefined))
    await until(() => waits === 2, { what: 'both questions are there' })
    return { id, questions, hangUp: (index: number) => control[index]?.abort() }
  }
  const open = () => agents.approvals.list(approver())
  return { agents, timers, ask, twice, open }
}

test('after a denial in the inbox a yes in the editor is a no, and no yes is in the ledger', async () => {
  const { agents, ask } = await start()
  const { approval } = await ask()
  const denial = { approve: false, hash: '', scope: 'once', reason: '' } as const
  await agents.approvals.decide(approver(), approval as string, denial)
  expect(await ask({ approval: approval as string, answered: 'approved' })).toMatchObject({ outcome: 'deny' })
  const decisions = agents.ledger.filter(({ type }) => type === 'approval_decided')
  expect(decisions.map(({ details }) => details)).toMatchObject([{ decision: 'denied', way: 'terminal' }])
})

test('after a yes in the inbox the answer in the editor waits for it, also when it is used', async () => {
  const { agents, ask } = await start()
  const approval = (await ask()).approval as string
  await yes(agents, approval)
  expect(await ask({ approval, answered: 'denied' })).toMatchObject({ outcome: 'wait' })
  expect(await ask({ approval })).toMatchObject({ outcome: 'run' })
  expect(await ask({ approval, answered: 'approved' })).toMatchObject({ outcome: 'wait' })
})

test('a call that is named as Karo names commands is unknown, and so critical', async () => {
  const { ask, open } = await start()
  const call = { ...body.call, action: 'exec', input: '{"command":"ls"}' }
  await ask({ call } as object)
  expect(open()).toMatchObject([{ class: 'critical', action: { tool: 'unknown' } }])
})

test('of two identical calls one goes, and the request stays for the other, and ends with it', async () => {
  const { twice, open, agents } = await start()
  const { id, questions, hangUp } = await twice()
  hangUp(0)
  await questions[0]
  for (let turn = 0; turn < 20; turn++) await setImmediate()
  expect(open().map((one) => one.id)).toEqual([id])
  hangUp(1)
  await until(() => open().length === 0, { what: 'the request is over' })
  expect(agents.tables.ended).toMatchObject([{ id, outcome: 'withdrawn' }])
})

test('an answer to one of two identical calls is in the ledger, and the other one still waits', async () => {
  const { twice, open, agents, ask } = await start()
  const { id, hangUp } = await twice()
  expect(await ask({ approval: id, answered: 'approved' })).toMatchObject({ outcome: 'run' })
  expect(open().map((one) => one.id)).toEqual([id])
  expect(agents.ledger.filter(({ type }) => type === 'approval_decided')).toHaveLength(1)
  hangUp(0)
  hangUp(1)
})

test('a yes is used by one of two identical calls, and the other one is asked about anew', async () => {
  const { twice, open, agents } = await start()
  const { id, questions } = await twice()
  await yes(agents, id)
  const answers = (await Promise.all(questions)).map((one) => one?.outcome)
  expect(answers.sort()).toEqual(['run', 'wait'])
  expect(open()).toMatchObject([{ state: 'pending' }])
  expect(open()[0]?.id).not.toBe(id)
})

test('a call of a tool that died together with the daemon is withdrawn, and one that asks again is not', async () => {
  const before = await start()
  const approval = (await before.ask()).approval as string
  const { tables } = before.agents
  const after = await start(tables)
  expect(after.open().map(({ id }) => id)).toEqual([approval])
  await after.timers.pass(() => after.open().length === 0)
  expect(tables.ended).toMatchObject([{ id: approval, outcome: 'withdrawn' }])
})
