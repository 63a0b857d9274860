// A page is as much of a terminal as the one that opened it: what it may approve, and for what it stands when it asks.

import { expect, test } from 'vitest'
import type { Runtime } from '../../../src/agents/index.ts'
import { checkPerson } from '../../../src/api/access/at-terminal.ts'
import type { AgentListShape, ApprovalsShape, SessionShape } from '../../../src/api/contract/shapes.ts'
import type { Elsewhere } from '../../../src/api/remote/ask.ts'
import { agentsRoutes } from '../../../src/api/routes/agents/agents.ts'
import { approvalsRoutes } from '../../../src/api/routes/agents/approvals.ts'
import type { Rooms } from '../../../src/api/server/rooms.ts'
import { systemTimers as timers } from '../../../src/base/clock.ts'
import { KaroError } from '../../../src/base/errors.ts'
import type { Seat } from '../../../src/base/kernel/sessions.ts'
import { type Rig as Http, startRig } from '../../support/api/http-rig.ts'
import type { SessionCodeShape } from '../../support/shapes.ts'
import { some } from '../../support/some.ts'
import { action, PERSON, rig, SELF, TOOLS, waiting } from '../agents/rig.ts'

const nowhere = {} as Elsewhere

/** A terminal of the person, and the one in which a tool asks. */
const own: Seat = { session: 88, sessions: ['88:1', '1:1'], near: ['88:1'], terminal: true }
const ofTool: Seat = { session: 77, sessions: [TOOLS, '1:1'], near: [TOOLS], terminal: true }
const noTerminal: Seat = { session: 99, sessions: ['99:1', '1:1'], near: ['99:1'], terminal: false }

type TaskRequest = Parameters<Runtime['run']>[0]

const agentOf = (person: number) => ({
  id: `kExecutor:of-${person}`,
  name: `of-${person}`,
  person,
  manifest: null,
  grantedUntil: null,
  status: { state: 'stopped', detail: '', restarts: 0, since: null },
})

async function start() {
  const agents = await rig()
  const asked: TaskRequest[] = []
  const http: Http = await startRig(
    [
      approvalsRoutes(
        some<Rooms>({
          ...agents,
          identity: SELF,
          sessions: { of: () => undefined },
          timers,
          elsewhere: nowhere,
          agents: {
            async describe(_: unknown, which: string) {
              if (which === 'files') return { id: 'kExecutor:files' }
              throw new KaroError('not_found', `there is no agent '${which}'`)
            },
          } as unknown as Runtime,
          seatOf: () => own,
        }),
      ),
      agentsRoutes(
        some<Rooms>({
          people: {
            list: async () => [{ number: 7, uid: 7, name: 'bob', since: 0, held: null, account: null }],
          },
          agents: {
            list: async () => [PERSON, 7, 8].map(agentOf),
            areOff: () => false,
            add: () => Promise.reject(new Error('it would be added')),
            async run(request: TaskRequest) {
              asked.push(request)
              throw new Error('enough was seen')
            },
          } as unknown as Runtime,
          elsewhere: nowhere,
          approvals: agents.approvals,
          seatOf: ({ via }) => (via === 'socket' ? seat : undefined),
          http: { mayApprove: (token) => token === 'good' },
        }),
      ),
    ],
    { approving: () => checkPerson(seat, agents.approvals.hasAsked, 'approves') },
  )
  let seat: Seat | undefined
  const add = (place: Seat, more = {}) => {
    seat = place
    return http.asPerson(PERSON, 'POST', '/api/v1/agents', { name: 'x', argv: ['/bin/true'], ...more })
  }
  /** A page that `karo dashboard` opens there. */
  const pageFrom = async (place: Seat | undefined) => {
    seat = place
    http.sitsAt(place)
    const { code } = (await http.asPerson(PERSON, 'POST', '/api/v1/sessions/codes')) as SessionCodeShape
    const opened = await http.send('/api/v1/sessions', { method: 'POST', body: { code } })
    const { key, scope } = opened.json<SessionShape>()
    const cookie = (opened.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? ''
    const headers = { cookie, 'x-karo-session': key, origin: `http://127.0.0.1:${http.port}` }
    const post = (path: string, body: unknown) => http.send(path, { method: 'POST', headers, body })
    const decide = async (id: string, approve: boolean) => {
      const { approvals } = (await http.send('/api/v1/approvals', { headers })).json<ApprovalsShape>()
      const hash = approvals.find((one) => one.id === id)?.hash
      return (await post('/api/v1/approvals/decide', { id, approve, hash })).status
    }
    return { scope, post, decide }
  }
  return { agents, http, asked, add, pageFrom }
}

test('one that was opened out of a terminal approves what another one asks', async () => {
  const { agents, pageFrom } = await start()
  const page = await pageFrom(own)
  expect(page.scope).toBe('approve')
  expect(await page.decide(await waiting(agents), true)).toBe(200)
})

test('one of the terminal that asks does not, whichever came first; it may deny', async () => {
  const { agents, pageFrom } = await start()
  const early = await pageFrom(ofTool)
  expect(early.scope).toBe('approve')
  const id = await waiting(agents)
  const late = await pageFrom(ofTool)
  expect(late.scope).toBe('full')
  expect([await early.decide(id, true), await late.decide(id, true)]).toEqual([403, 403])
  expect(await early.decide(id, false)).toBe(200)
})

test('one that no terminal opened, or of which the kernel says nothing, only denies', async () => {
  const { agents, pageFrom } = await start()
  for (const place of [noTerminal, undefined]) {
    const page = await pageFrom(place)
    const id = await waiting(agents, action({ cwd: `/srv/${place?.session}` }))
    expect(page.scope).toBe('full')
    expect([await page.decide(id, true), await page.decide(id, false)]).toEqual([403, 200])
  }
})

test('what a person asks for in it they approve there; what a tool opened asks in its name; nobody approves what nobody can tell', async () => {
  const { agents, asked, pageFrom } = await start()
  const page = await pageFrom(own)
  await page.post('/api/v1/tasks', { agent: 'files', tool: 'write' })
  const { requester, ...rest } = action()
  const mine = await waiting(agents, { ...rest, requester: { ...requester, sessions: [] } })
  expect(await page.decide(mine, true)).toBe(200)
  await waiting(agents, action({ cwd: '/srv/third' }))
  await (await pageFrom(ofTool)).post('/api/v1/tasks', { agent: 'files', tool: 'write' })
  expect(asked.map(({ sessions }) => sessions)).toEqual([[], ofTool.near])
  const { sessions: _, ...unknown } = requester
  const untold = await waiting(agents, { ...rest, cwd: '/srv/other', requester: unknown })
  expect(await page.decide(untold, true)).toBe(403)
})

test('nothing but a person adds an agent, or a token that stands for them', async () => {
  const { agents, add } = await start()
  const byTool = { ...own, terminal: false, program: 'claude' }
  for (const place of [noTerminal, byTool]) await expect(add(place)).rejects.toThrow('a person adds an agent')
  await expect(add(byTool)).rejects.toThrow('claude')
  await waiting(agents)
  await expect(add(ofTool)).rejects.toThrow('agent or AI tool')
  await expect(add(noTerminal, { token: 'bad' })).rejects.toThrow('no token of yours')
  for (const added of [() => add(own), () => add(noTerminal, { token: 'good' })])
    await expect(added()).rejects.not.toMatchObject({ code: 'refused' })
})

test('a grant is for an agent that is there, which may be called by its name', async () => {
  const { http } = await start()
  http.rights.set(PERSON, { admin: true, asks: true })
  const grant = (agent: string) =>
    http.asPerson(PERSON, 'POST', '/api/v1/capabilities', { agent, names: ['fs.read:/srv/app'] })
  expect(await grant('files')).toMatchObject({ agent: 'kExecutor:files', names: ['fs.read:/srv/app'] })
  await expect(grant('kExecutor:flies')).rejects.toThrow("there is no agent 'kExecutor:flies'")
})

test('an administrator is told whose an agent is', async () => {
  const { http } = await start()
  const { agents } = (await http.asPerson(PERSON, 'GET', '/api/v1/agents')) as AgentListShape
  expect(agents.map(({ owner }) => owner)).toEqual([undefined, 'bob', 'number 8'])
})
