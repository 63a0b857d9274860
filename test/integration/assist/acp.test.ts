// karo acp between an editor and an agent of the official library, over real pipes: the inbox, the editor, and kill -9 of either side.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { daemonAt } from '../../../src/api/contract/client/socket.ts'
import { askApproval } from '../../../src/api/contract/operations/agents/approvals.ts'
import type { ApprovalShape, ApprovalsLogShape } from '../../../src/api/contract/shapes.ts'
import { startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { inTerminal, programInTerminal } from '../../support/shell/terminal-run.ts'

const support = (name: string): string => join(import.meta.dirname, '../../support/agents', name)

let node: TestNode
beforeAll(async () => {
  node = await startNode({ name: 'desk' })
})

interface Heard {
  readonly pid?: number
  readonly asked?: { readonly toolCall: unknown; readonly options: readonly unknown[] }
  readonly put?: string
  readonly said?: object
  readonly update?: object
  readonly stopReason?: string
  readonly ended?: { readonly code: number | null; readonly signal: string | null }
}
interface Prompt {
  readonly before?: object
  readonly toolCall?: object
  readonly options?: readonly object[]
  readonly leave?: string
}

/** An editor in a terminal of its own. */
function edit(prompts: readonly Prompt[], { answer = 'wait', home = node.home } = {}) {
  const out = join(home, `${Math.random().toString(36).slice(2)}.heard`)
  const run = programInTerminal(
    'sh',
    [
      ...['-c', `"$NODE" ${support('acp-editor.mjs')} "$@"`, 'sh', out, JSON.stringify(prompts), answer],
      ...['sh', '-c', `exec "$NODE" "$KARO" acp --name fake -- "$NODE" ${support('acp-agent.mjs')}`],
    ],
    home,
  )
  const heard = (): readonly Heard[] =>
    existsSync(out)
      ? readFileSync(out, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as Heard)
      : []
  const hears = <Name extends keyof Heard>(name: Name): Promise<NonNullable<Heard[Name]>> =>
    until(() => heard().find((one) => one[name] !== undefined)?.[name], {
      what: `the editor hears ${name}`,
    }) as Promise<NonNullable<Heard[Name]>>
  return { run, heard, hears }
}

const command = (text: string, more: object = {}) => ({
  toolCallId: 'c1',
  kind: 'execute',
  title: text,
  rawInput: { command: text },
  ...more,
})
const open = async (at = node) =>
  (await at.json<{ approvals: ApprovalShape[] }>(['approvals', 'list'])).approvals
const requestFor = (words: string, at = node): Promise<ApprovalShape> =>
  until(async () => (await open(at)).find(({ input }) => input.includes(words)), {
    what: `a request with ${words}`,
  })
const logOf = async (id: string) => (await node.json<ApprovalsLogShape>(['approvals', 'log', id])).entries
const ledger = async (type: string) =>
  (await node.json<{ entries: readonly { details: unknown }[] }>(['audit', 'log', '--type', type])).entries
const selected = (optionId: string) => ({ outcome: { outcome: 'selected', optionId } })

describe('a request of an agent in an editor', () => {
  test('is approved in another terminal: once, with the exact words, and the editor puts its question away', async () => {
    const editor = edit([{ toolCall: command('touch one') }])
    const { id, hash, argv, cwd, agent, class: of } = await requestFor('touch one')
    expect({ argv, cwd, agent, of }).toEqual({
      argv: ['bash', '-c', 'touch one'],
      cwd: '/srv',
      agent: 'kBridge:fake',
      of: 'high',
    })
    expect(await editor.hears('asked')).toMatchObject({ toolCall: { title: 'touch one' } })
    const person = inTerminal(['approvals', 'approve', id, '--yes', hash], node.home)
    expect(await person.ended()).toBe(0)
    expect(await editor.hears('said')).toEqual(selected('yes'))
    expect(await editor.hears('put')).toBe('away')
    expect(await editor.hears('ended')).toEqual({ code: 0, signal: null })
    expect(await logOf(id)).toMatchObject([{ outcome: 'used', uses: 1 }])
  })

  test.each([
    ['always', 'approved', 'always'],
    ['no', 'denied', 'no'],
    // An option that was not offered.
    ['other', 'denied', 'no'],
  ])(
    'is answered in the editor with %s, which the ledger has, and the inbox is empty',
    async (answer, decision, told) => {
      const before = (await ledger('approval_decided')).length
      const editor = edit([{ toolCall: command(`touch three-${answer}`) }], { answer })
      expect(await editor.hears('said')).toEqual(selected(told))
      await editor.hears('ended')
      // A no waits for nobody, so the editor may have ended before the daemon has it.
      await until(async () => (await open()).every(({ input }) => !input.includes('three')), {
        what: 'the inbox is empty',
      })
      await until(async () => (await ledger('approval_decided')).length > before, {
        what: 'the ledger has the answer',
      })
      const [newest] = await ledger('approval_decided')
      expect(newest).toMatchObject({ details: { way: 'tool', decision, agent: 'kBridge:fake' } })
      await until(
        async () => {
          const [entry] = (await node.json<ApprovalsLogShape>(['approvals', 'log'])).entries
          return entry?.line.includes(`three-${answer}`)
        },
        { what: 'the log has it' },
      )
      const [entry] = (await node.json<ApprovalsLogShape>(['approvals', 'log'])).entries
      expect(entry).toMatchObject({ outcome: 'withdrawn', by: 'the tool that asked' })
    },
  )

  test('is shown with the diff and with what was said of the call before', async () => {
    const diff = { type: 'diff', path: '/srv/a.txt', oldText: 'old\n', newText: 'new\n' }
    const editor = edit([
      {
        before: { toolCallId: 'c9', title: 'Edit a.txt', kind: 'edit', name: 'write_file', content: [diff] },
        toolCall: { toolCallId: 'c9', title: 'Edit four' },
      },
    ])
    const { id, action, diff: shown, class: of } = await requestFor('Edit four')
    expect({ action, of }).toEqual({ action: 'edit:write_file', of: 'high' })
    expect(shown).toMatchObject([{ path: '/srv/a.txt', diff: expect.stringContaining('-old\n+new') }])
    expect((await node.karo(['approvals', 'show', id])).stdout).toContain('+new')
    await node.karo(['approvals', 'deny', id])
    await editor.hears('ended')
  })

  test('an agent that is not there is named', async () => {
    expect(await node.karo(['acp', '--', 'nosuchprog'])).toMatchObject({
      code: 1,
      stderr: "karo: the agent could not be started: there is no program 'nosuchprog'\n",
    })
  })

  test('without a daemon is for the editor alone, and what the guard blocks stays blocked', async () => {
    const home = temporaryHome()
    const editor = edit([{ toolCall: command('touch five') }, { toolCall: command('rm -rf /') }], {
      answer: 'yes',
      home,
    })
    await editor.hears('ended')
    expect(editor.heard().flatMap(({ said }) => said ?? [])).toEqual([selected('yes'), selected('no')])
  })
})

test('a hook, which has no screen, cannot say that somebody answered there', async () => {
  const { call } = daemonAt({ socket: join(node.home, 'karo.sock') })
  const command = 'git push --force origin eight'
  const body = { tool: 'claude', shell: 'bash' as const, command, cwd: '/srv', why: '' }
  const { approval } = await call(askApproval, { body })
  if (approval === null) throw new Error('it does not wait')
  const answered = call(askApproval, { body: { ...body, approval, answered: 'approved' } })
  await expect(answered).rejects.toMatchObject({ code: 'bad_request' })
  expect((await open()).find(({ id }) => id === approval)?.state).toBe('pending')
})

describe('nothing is left', () => {
  const lives = (pid: number): boolean => existsSync(`/proc/${pid}`)
  const sleeping = (mark: string): boolean =>
    (programs().find((words) => words.includes(`sleep\0${mark}`)) ?? '') !== ''

  test.each(['karo', 'editor'])('after kill -9 of %s: no process, and nothing that waits', async (which) => {
    const mark = String(80_000 + Math.floor(Math.random() * 9_000))
    const editor = edit([{ leave: mark, toolCall: command(`touch seven-${which}`) }])
    const { id } = await requestFor(`touch seven-${which}`)
    await until(() => sleeping(mark), { what: 'what the agent started runs' })
    const karo = await editor.hears('pid')
    process.kill(which === 'karo' ? karo : editorOf(karo), 'SIGKILL')
    await until(() => !lives(karo) && !sleeping(mark), { what: 'nothing of it runs' })
    await until(async () => (await open()).every((one) => one.id !== id), { what: 'the inbox is empty' })
    await until(async () => (await logOf(id)).length > 0, { what: 'the log has it' })
    expect(await logOf(id)).toMatchObject([{ outcome: 'withdrawn', uses: 0 }])
  })
})

test('a request outlives a daemon that is killed, and is decided in the next one', async () => {
  const editor = edit([{ toolCall: command('touch nine') }])
  const { id } = await requestFor('touch nine')
  await editor.hears('asked')
  await node.kill9()
  node = await startNode({ name: 'desk', home: node.home })
  expect((await requestFor('touch nine')).id).toBe(id)
  expect((await node.karo(['approvals', 'deny', id])).code).toBe(0)
  expect(await editor.hears('said')).toEqual(selected('no'))
  expect(await editor.hears('put')).toBe('away')
})

function programs(): readonly string[] {
  return readDirectories().map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    } catch {
      return ''
    }
  })
}
const readDirectories = (): readonly string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name))
const editorOf = (pid: number): number =>
  Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
