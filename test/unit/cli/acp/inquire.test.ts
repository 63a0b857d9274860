// What karo acp asks the guard and the inbox: over a real socket, with a daemon that answers as the test says.
import { createServer } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import type { RiskVerdict } from '../../../../src/assist/risk/index.ts'
import type { Wanted } from '../../../../src/cli/acp/calls.ts'
import { createInquiries } from '../../../../src/cli/acp/inquire.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { until } from '../../../support/run/until.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'

const ID = '3f9a11c02e'

interface Asked {
  readonly approval?: string
  readonly answered?: string
  readonly call: { readonly argv: readonly string[]; readonly input: string }
}
/** `away`: the connection ends without an answer; `open`: nobody has decided yet. */
type Answer = 'run' | 'deny' | 'wait' | 'over' | 'away' | 'open'

const wait: RiskVerdict = { command: '', risk_level: 'safe', decision: 'allow', matches: [] }
const block: RiskVerdict = { ...wait, risk_level: 'critical', decision: 'block' }

async function start(
  answers: (asked: Asked) => Answer,
  over: { strict?: boolean; verdict?: RiskVerdict } = {},
) {
  const socket = join(temporaryDirectory(), 'karo.sock')
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as Asked
    asked.push(body)
    const answer = answers(body)
    if (answer === 'away') request.socket.destroy()
    if (answer === 'away' || answer === 'open') return
    const approval = answer === 'over' ? null : ID
    const outcome = answer === 'over' ? 'wait' : answer
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ outcome, approval, reason: 'because', expires_at: null }))
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const time = new VirtualTime()
  const state = { strict: over.strict ?? false, verdict: over.verdict ?? wait, shown: [] as string[] }
  const inquire = createInquiries({
    socket,
    tool: 'fake',
    cwd: '/srv',
    timers: time,
    guard: async () => ({ judge: () => state.verdict, strict: state.strict }),
    waits: (id) => state.shown.push(id),
  })
  return { inquire, asked, time, state }
}

const wanted = (over: Partial<Wanted> = {}): Wanted => ({
  action: 'edit',
  argv: undefined,
  command: undefined,
  input: '{}',
  cwd: '/srv',
  title: 'Edit',
  ...over,
})
const command = { action: 'execute', argv: ['rm'], command: 'rm' }

test('a decision elsewhere that came first is never the editor’s alone', async () => {
  const { inquire } = await start(({ answered, approval }) =>
    answered !== undefined ? 'over' : approval === undefined ? 'wait' : 'open',
  )
  const inquiry = inquire(wanted())
  expect(await inquiry.first).toEqual({ outcome: 'wait' })
  expect(await inquiry.answered(true)).toEqual({ outcome: 'wait' })
  inquiry.end()
})

test('a question that failed is asked again after a pause, and the answer counts; not after the end', async () => {
  let polls = 0
  const { inquire, asked, time, state } = await start(({ approval }) =>
    approval === undefined ? 'wait' : ++polls < 3 ? 'away' : polls === 3 ? 'deny' : 'away',
  )
  const inquiry = inquire(wanted())
  let decided: unknown
  void inquiry.decided.then((ruling) => {
    decided = ruling
  })
  await until(() => polls === 1, { what: 'the first question' })
  await until(() => time.pass(() => decided !== undefined).then(() => decided), { what: 'a decision' })
  expect(decided).toMatchObject({ outcome: 'deny' })
  expect(asked.map(({ approval }) => approval)).toEqual([undefined, ID, ID, ID])
  expect(state.shown).toEqual([ID])
  const other = inquire(wanted())
  await until(() => polls === 4, { what: 'a question that fails' })
  other.end()
  expect(await other.decided).not.toMatchObject({ outcome: 'allow' })
  expect(polls).toBe(4)
})

test('what cannot be shown whole is for the editor alone, or denied where the guard is strict', async () => {
  const { inquire, asked, state } = await start(() => 'wait')
  const first = (over: Partial<Wanted>) => inquire(wanted({ input: undefined, ...over })).first
  expect(await first({})).toEqual({ outcome: 'none' })
  expect(await first(command)).toEqual({ outcome: 'none' })
  state.verdict = block
  // People read it behind the name of this program.
  expect(await first(command)).toMatchObject({ outcome: 'deny', reason: expect.stringMatching(/^blocked /) })
  state.verdict = wait
  state.strict = true
  expect(await first({})).toMatchObject({ outcome: 'deny' })
  // It was judged, so a person may decide.
  expect(await first(command)).toEqual({ outcome: 'none' })
  expect(asked).toEqual([])
})

test('the guard is the one of now, and the words that the agent was started with stay out', async () => {
  const { inquire, asked, state } = await start(() => 'run')
  expect(await inquire(wanted(command)).first).toMatchObject({ outcome: 'allow' })
  state.verdict = block
  expect(await inquire(wanted(command)).first).toMatchObject({ outcome: 'deny' })
  expect(await inquire(wanted()).first).toMatchObject({ outcome: 'allow' })
  expect(asked.map(({ call }) => call.argv)).toEqual([['rm'], ['fake']])
})
