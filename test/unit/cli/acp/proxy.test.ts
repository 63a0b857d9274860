// The proxy between an editor and an ACP agent: what passes unchanged, what is answered in the editor's place, and who is first.
import { beforeEach, describe, expect, test } from 'vitest'
import { type Calls, createCalls, type Wanted } from '../../../../src/cli/acp/calls.ts'
import {
  type AcpProxy,
  ANSWER_MS,
  createProxy,
  type Inquiry,
  type Ruling,
} from '../../../../src/cli/acp/proxy.ts'
import { createLines } from '../../../../src/cli/acp/serve.ts'
import { until } from '../../../support/run/until.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'

let time: VirtualTime
let calls: Calls
let proxy: AcpProxy
let agent: string[]
let editor: string[]
let ended: string[]
let asked: Wanted[]
let first: Ruling
/** In place of `first`: it is not known yet. */
let pending: Promise<Ruling> | undefined
let told: Ruling
let decide: (ruling: Ruling) => void
let answers: boolean[]
let over: number

beforeEach(() => {
  time = new VirtualTime()
  calls = createCalls((word) => word)
  agent = []
  editor = []
  ended = []
  asked = []
  answers = []
  over = 0
  first = { outcome: 'wait' }
  pending = undefined
  told = { outcome: 'allow', reason: '' }
  proxy = createProxy({
    calls,
    toAgent: (line) => agent.push(line.toString()),
    toEditor: (line) => editor.push(line.toString()),
    ask(wanted): Inquiry {
      asked.push(wanted)
      const decided = new Promise<Ruling>((resolve) => {
        decide = resolve
      })
      return {
        first: pending ?? Promise.resolve(first),
        decided,
        async answered(approve) {
          answers.push(approve)
          return told
        },
        end: () => void over++,
      }
    },
    tell() {},
    end: (why) => ended.push(why),
    timers: time,
  })
})

const options = [
  { optionId: 'y', name: 'Yes', kind: 'allow_once' },
  { optionId: 'a', name: 'Always', kind: 'allow_always' },
  { optionId: 'n', name: 'No', kind: 'reject_once' },
]
const request = (id: unknown, toolCall: object = { toolCallId: 't', kind: 'edit', title: 'Edit' }) =>
  `{ "jsonrpc":"2.0", "id":${JSON.stringify(id)}, "method":"session/request_permission", "params":${JSON.stringify({ sessionId: 's', toolCall, options })} }\n`
const answerOf = (id: unknown, optionId: string) =>
  `{"id":${JSON.stringify(id)},"jsonrpc":"2.0","result":{"outcome":{"outcome":"selected","optionId":"${optionId}"}}}\n`
const fromAgent = (line: string): void => proxy.fromAgent(Buffer.from(line))
const fromEditor = (line: string): void => proxy.fromEditor(Buffer.from(line))
const shown = (n = 1) => until(() => editor.length >= n, { what: 'the editor is shown it' })
/** A request that the editor has been shown. */
const asks = (id: unknown) => {
  fromAgent(request(id))
  return shown()
}
const heard = (n = 1) => until(() => agent.length >= n, { what: 'the agent is told' })
/** The option that the agent was told last. */
const outcome = () => JSON.parse(agent.at(-1) ?? '{}').result?.outcome
const [YES, NO] = ['y', 'n'].map((optionId) => ({ outcome: 'selected', optionId }))

describe('what passes', () => {
  test('every other line, byte for byte, also a blank one, and what is no JSON from the editor', () => {
    const lines = ['{ "method" : "session/update","params":{}}\n', ' \n', '{"id":1,"result":{}}\n', '7\n']
    for (const line of lines) {
      fromAgent(line)
      fromEditor(line)
    }
    expect(editor).toEqual(lines)
    fromEditor('no json\n')
    expect(agent).toEqual([...lines, 'no json\n'])
  })

  test.each([
    ['a request behind a byte order mark', `\ufeff${request(1)}`, undefined],
    [
      'a request behind a character that is no JSON',
      `x${request(1)}`,
      'the agent sent a line that is not JSON',
    ],
    [
      'a batch behind a space that JSON does not know',
      `\u00a0[${request(1).trim()}]\n`,
      'the agent sent a JSON-RPC batch, which the protocol does not allow',
    ],
  ])('%s reaches no editor unjudged', async (_, line, problem) => {
    first = { outcome: 'deny', reason: 'it is blocked' }
    fromAgent(line)
    if (problem === undefined) await heard()
    expect({ editor, ended, asked: asked.length }).toEqual({
      editor: [],
      ended: problem === undefined ? [] : [problem],
      asked: problem === undefined ? 1 : 0,
    })
  })

  test('a request and its answer, as they are', async () => {
    await asks('1')
    expect(editor).toEqual([request('1')])
    fromEditor(answerOf('1', 'a'))
    await heard()
    expect(agent).toEqual([answerOf('1', 'a')])
    expect(answers).toEqual([true])
  })

  test('no batch, in which a request could hide, and none without an id', () => {
    fromAgent(`[${request(1).trim()}]\n`)
    fromEditor('[]\n')
    fromAgent('{"method":"session/request_permission","params":{}}\n')
    // The first ends the connection, and nothing passes behind it.
    expect(ended).toEqual(['the agent sent a JSON-RPC batch, which the protocol does not allow'])
    expect(editor).toEqual([])
    expect(agent).toEqual([])
  })
})

test('what the agent says last passes when the editor has gone, but no request for permission', () => {
  proxy.stop()
  fromAgent('{"id":1,"result":{}}\n')
  fromAgent(request(1))
  fromEditor('{"id":2,"method":"session/prompt"}\n')
  expect([editor, agent, asked]).toEqual([['{"id":1,"result":{}}\n'], [], []])
})

describe('who is first', () => {
  test('the inbox: the editor puts its question away, and its own answer goes nowhere', async () => {
    await asks(1)
    decide({ outcome: 'allow', reason: '' })
    await heard()
    expect(outcome()).toEqual(YES)
    expect(JSON.parse(editor.at(-1) as string)).toMatchObject({
      method: '$/cancel_request',
      params: { requestId: 1 },
    })
    fromEditor(answerOf(1, 'n'))
    // The id is of another request now.
    fromEditor(answerOf('1', 'n'))
    expect(agent).toHaveLength(2)
    expect(agent.at(-1)).toBe(answerOf('1', 'n'))
  })

  test('the inbox, although the editor has answered meanwhile', async () => {
    told = { outcome: 'wait' }
    await asks(1)
    fromEditor(answerOf(1, 'y'))
    await until(() => answers.length === 1, { what: 'it is noted' })
    expect(agent).toEqual([])
    decide({ outcome: 'deny', reason: '' })
    await heard()
    expect(outcome()).toEqual(NO)
  })

  test('nobody, within 300 s: it is denied', async () => {
    await asks(1)
    expect(await time.pass(() => agent.length > 0)).toBe(ANSWER_MS)
    expect(outcome()).toEqual(NO)
  })
})

describe('what nobody decided', () => {
  test.each([
    ['a cancelled turn', { result: { outcome: { outcome: 'cancelled' } } }],
    ['an error', { error: { code: -32603, message: 'no window' } }],
  ])('%s goes on as it is, and is noted as no denial', async (_, said) => {
    await asks(1)
    const line = `${JSON.stringify({ jsonrpc: '2.0', id: 1, ...said })}\n`
    fromEditor(line)
    await heard()
    expect({ agent, answers, over }).toEqual({ agent: [line], answers: [], over: 1 })
  })

  test('what is neither is a no, and no denial either', async () => {
    await asks(1)
    fromEditor('{"jsonrpc":"2.0","id":1,"result":{"optionId":"y"}}\n')
    await heard()
    expect(outcome()).toEqual(NO)
    expect(answers).toEqual([])
  })

  test.each([
    ['the agent', () => fromAgent('{"method":"$/cancel_request","params":{"requestId":1}}\n')],
    ['the editor', () => fromEditor('{"method":"session/cancel","params":{"sessionId":"s"}}\n')],
  ])('a request that %s cancels before it is shown is never shown', async (_, cancel) => {
    const known = Promise.withResolvers<Ruling>()
    pending = known.promise
    fromAgent(request(1))
    cancel()
    known.resolve({ outcome: 'wait' })
    await until(() => over === 1, { what: 'the request is over' })
    const answer = agent.find((line) => JSON.parse(line).id === 1)
    expect(JSON.parse(answer ?? '{}').result).toEqual({ outcome: { outcome: 'cancelled' } })
    expect(editor.filter((line) => line.includes('request_permission'))).toEqual([])
  })
})

describe('what is denied', () => {
  test('at once: the editor never sees it', async () => {
    first = { outcome: 'deny', reason: 'it is blocked' }
    fromAgent(request(1))
    await heard()
    expect(outcome()).toEqual(NO)
    expect(editor).toEqual([])
  })

  test('a yes that cannot be written down, and an option that was not offered', async () => {
    told = { outcome: 'deny', reason: 'the ledger cannot be written' }
    await asks(1)
    fromEditor(answerOf(1, 'y'))
    await heard()
    expect(outcome()).toEqual(NO)
    told = { outcome: 'deny', reason: '' }
    fromAgent(request(2))
    await shown(3)
    fromEditor(answerOf(2, 'made up'))
    await heard(2)
    expect(outcome()).toEqual(NO)
  })

  test('a second request under the same id, and the seventeenth', async () => {
    for (let id = 0; id < 16; id++) fromAgent(request(id))
    await shown(16)
    fromAgent(request(3))
    fromAgent(request(99))
    expect(agent.map((line) => JSON.parse(line).error.message)).toEqual(
      Array(2).fill('karo: too many requests wait'),
    )
    expect(editor).toHaveLength(16)
  })
})

describe('what is wanted', () => {
  const wanted = async (toolCall: object): Promise<Wanted> => {
    fromAgent(request(asked.length, { toolCallId: 't', ...toolCall }))
    await shown(asked.length)
    return asked.at(-1) as Wanted
  }

  test.each([
    ['words', { command: ['git', 'push'] }, ['git', 'push'], 'git push'],
    ['a line', { command: 'ls | wc' }, ['bash', '-c', 'ls | wc'], 'ls | wc'],
    ['a program and its arguments', { command: 'rm', args: ['-rf', '/'] }, ['rm', '-rf', '/'], 'rm -rf /'],
  ])('a command in the arguments: as %s', async (_, raw, argv, command) => {
    const rawInput = { ...raw, workdir: '/srv/shop' }
    const run = { action: 'execute', argv, command, cwd: '/srv/shop' }
    expect(await wanted({ kind: 'execute', rawInput })).toMatchObject(run)
  })

  test('a command that is the title alone', async () => {
    const titled = await wanted({ kind: 'execute', title: 'rm -r x', rawInput: null })
    expect(titled).toMatchObject({ argv: undefined, command: 'rm -r x' })
    // The daemon looks for commands under these names.
    expect(JSON.parse(titled.input ?? '')).toMatchObject({ command: 'rm -r x' })
  })

  test('the directory of its session, as the editor made it', async () => {
    fromEditor(
      '{"jsonrpc":"2.0","id":5,"method":"session/new","params":{"cwd":"/srv/app","mcpServers":[]}}\n',
    )
    fromAgent('{"jsonrpc":"2.0","id":5,"result":{"sessionId":"s"}}\n')
    editor.splice(0)
    expect(await wanted({ kind: 'execute', title: 'ls' })).toMatchObject({ cwd: '/srv/app' })
  })

  test('what is longer than the inbox takes is not shown there, and its command is judged all the same', async () => {
    const text = 'x'.repeat(300_000)
    const command = 'rm -rf /'
    const run = (toolCallId: string, rawInput: object, more: object = {}) =>
      wanted({ toolCallId, kind: 'execute', rawInput, ...more })
    const whole = await run('t', { command, note: text })
    expect(whole).toMatchObject({ command, argv: ['bash', '-c', command], input: undefined })
    // Nothing short is shown or judged in place of it later.
    expect(await wanted({ title: 'Harmless' })).toMatchObject({ command, input: undefined })
    // Padding beside the arguments counts as well.
    const content = [{ type: 'content', content: { type: 'text', text } }]
    expect(await run('p', { command }, { content })).toMatchObject({ command, input: undefined })
    // A command that is itself too long is known to be unknown.
    expect(await run('q', { command: text })).toMatchObject({ command: undefined, input: undefined })
  })

  test('a name that tries to look like another is unknown', async () => {
    expect(await wanted({ kind: 'read', name: 'read\u200b_file' })).toMatchObject({ action: 'unknown' })
    expect(await wanted({ kind: 'read', name: 'delete_file' })).toMatchObject({ action: 'read:delete_file' })
  })
})

test('lines come whole, whatever the pieces, and one that is too long is the last', () => {
  const lines: string[] = []
  const reader = createLines((line) => lines.push(line.toString()), 8)
  for (const piece of ['ab', 'c\nde', '\n\nf', 'ghijkl\n']) reader.push(Buffer.from(piece))
  expect(lines).toEqual(['abc\n', 'de\n', '\n', 'fghijkl\n'])
  expect(reader.push(Buffer.from('123456789\n'))).toBe(false)
  expect(reader.push(Buffer.from('1\n'))).toBe(false)
  expect(lines).toHaveLength(4)
})
