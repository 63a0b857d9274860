// A tool in one terminal asks, the person answers in another: with a real daemon, real terminals, and two accounts.
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ApprovalShape, ApprovalsLogShape } from '../../../src/api/contract/shapes.ts'
import { cleanEnv, runProgram, startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { inTerminal, KARO, programInTerminal, type TerminalRun } from '../../support/shell/terminal-run.ts'

let node: TestNode
beforeAll(async () => {
  node = await startNode({ name: 'desk' })
})

const callOf = (command: string) =>
  JSON.stringify({
    hook_event_name: 'PreToolUse',
    tool_name: 'Bash',
    cwd: '/srv',
    tool_input: { command },
  })

/** A tool in a terminal of its own that calls its hook; `meanwhile`: what else it does in the same terminal. */
function tool(command: string, { name = 'claude', seconds = 290, meanwhile = 'true', at = node } = {}) {
  const key = Math.random().toString(36).slice(2)
  const [input, output] = [join(at.home, `${key}.in`), join(at.home, `${key}.out`)]
  writeFileSync(input, callOf(command))
  const hook = `"$NODE" "$KARO" hook ${name} --inbox ${seconds} < ${input} > ${output}.new 2>/dev/null`
  const run = programInTerminal(
    'sh',
    ['-c', `${meanwhile} & ${hook}; mv ${output}.new ${output}; wait`],
    at.home,
  )
  return {
    run,
    /** What the tool is told; null for nothing, which lets its own rules decide. */
    answer: async (): Promise<{ permissionDecision: string; permissionDecisionReason: string } | null> => {
      await until(() => existsSync(output), { what: 'the hook has answered' })
      const text = readFileSync(output, 'utf8')
      return text === '' ? null : JSON.parse(text).hookSpecificOutput
    },
  }
}

const open = async (at = node) =>
  (await at.json<{ approvals: ApprovalShape[] }>(['approvals', 'list'])).approvals
const requestFor = (command: string, at = node): Promise<ApprovalShape> =>
  until(async () => (await open(at)).find(({ argv }) => argv[2] === command), {
    what: `a request for ${command}`,
  })
const logOf = async (id: string, at = node) =>
  (await at.json<ApprovalsLogShape>(['approvals', 'log', id])).entries
const ended = async (terminal: TerminalRun) => ({ code: await terminal.ended(), shown: terminal.shown() })

describe('a tool asks, and a person answers in another terminal', () => {
  test('with y behind the card: it may go on, once, and log and ledger say so', async () => {
    const command = 'git push --force origin one'
    const asking = tool(command)
    const { id, hash } = await requestFor(command)
    const person = inTerminal(['approvals', 'approve', id], node.home)
    await until(() => person.shown().includes('[y/N]'), { what: 'the question' })
    for (const part of ['ExecuteCommand, class high', command, '/srv', 'kBridge:claude', hash.slice(0, 16)])
      expect(person.shown()).toContain(part)
    person.write('y\r')
    expect(await ended(person)).toMatchObject({ code: 0, shown: expect.stringContaining('Approved once') })
    expect(await asking.answer()).toBeNull()
    expect(await logOf(id)).toMatchObject([{ outcome: 'used', uses: 1, class: 'high' }])
    const { entries } = await node.json<{ entries: readonly { details: unknown }[] }>([
      'audit',
      'log',
      '--type',
      'approval_decided',
    ])
    expect(entries[0]).toMatchObject({ details: { approval: id, decision: 'approved', way: 'terminal' } })
    // The next one is asked about again.
    const next = tool(command)
    const again = await requestFor(command)
    expect(again.id).not.toBe(id)
    expect((await node.karo(['approvals', 'deny', again.id, '--reason', 'enough'])).code).toBe(0)
    expect(await next.answer()).toMatchObject({ permissionDecision: 'deny' })
    expect(await logOf(again.id)).toMatchObject([{ outcome: 'denied', reason: 'enough' }])
  })

  test('anything but y is no approval, and the request still waits', async () => {
    const command = 'git push --force origin two'
    const asking = tool(command, { name: 'codex' })
    const { id } = await requestFor(command)
    const person = inTerminal(['approvals', 'approve', id], node.home)
    await until(() => person.shown().includes('[y/N]'), { what: 'the question' })
    person.write('\r')
    expect(await ended(person)).toMatchObject({ code: 4 })
    expect((await open()).map((one) => one.id)).toContain(id)
    await node.karo(['approvals', 'deny', id])
    expect(await asking.answer()).toMatchObject({ permissionDecision: 'deny' })
  })

  test('nobody answers: as without the inbox', async () => {
    const asking = tool('git push --force origin three', { seconds: 5 })
    const other = tool('git push --force origin four', { name: 'codex', seconds: 5 })
    expect(await asking.answer()).toMatchObject({ permissionDecision: 'ask' })
    expect(await other.answer()).toMatchObject({ permissionDecision: 'deny' })
  })

  test('what the guard blocks is not asked about', async () => {
    const before = (await open()).length
    const asking = tool('rm -rf /')
    expect(await asking.answer()).toMatchObject({ permissionDecision: 'deny' })
    expect(await open()).toHaveLength(before)
  })
})

describe('who may not approve', () => {
  test('the terminal of the tool, also with a terminal of its own, and what has none', async () => {
    const command = 'git push --force origin five'
    const done = join(node.home, 'tried')
    const self =
      `(until "$NODE" "$KARO" approvals list | grep -q five; do sleep 0.2; done; ` +
      `id=$("$NODE" "$KARO" approvals list | grep five | cut -c1-10); ` +
      `hash=$("$NODE" "$KARO" approvals show $id --json | grep -o '"hash":"[0-9a-f]*' | cut -d'"' -f4); ` +
      `"$NODE" "$KARO" approvals approve $id --yes $hash; echo a $?; ` +
      `setsid "$NODE" "$KARO" approvals approve $id --yes $hash; echo b $?; ` +
      `setsid script -qec "exec $NODE $KARO approvals approve $id --yes $hash" /dev/null; echo c $?; ` +
      `setsid script -qec "exec $NODE $KARO token create --scope approve" /dev/null; echo d $?; ` +
      `setsid script -qec "exec $NODE $KARO cap grant kExecutor:x proc.exec:git" /dev/null; echo e $?; ` +
      `touch ${done})`
    const asking = tool(command, { meanwhile: self })
    const tried = () => asking.run.shown().match(/^[a-e] \d/gm) ?? []
    // The file may be there before the terminal has handed on the last line.
    await until(() => existsSync(done) && tried().length === 5, {
      what: 'all was tried',
      deadlineMs: 250_000,
    })
    expect(tried()).toEqual(['a 4', 'b 4', 'c 4', 'd 4', 'e 4'])
    const { id, state, hash } = await requestFor(command)
    expect(state).toBe('pending')
    // Nor a program of the same person without a terminal, nor with another hash.
    const args = ['approvals', 'approve', id, '--yes']
    const setsid = await runProgram([...args, hash], cleanEnv(node.home))
    expect(setsid).toMatchObject({ code: 4 })
    expect(await ended(inTerminal([...args, '0'.repeat(8)], node.home))).toMatchObject({ code: 4 })
    expect(await ended(inTerminal([...args, hash.slice(0, 8)], node.home))).toMatchObject({ code: 0 })
    expect(await asking.answer()).toBeNull()
  })

  test('an AI tool that has no terminal, in one that it opens before it asks for anything', async () => {
    const named = async (name: string) => {
      const path = join(node.home, name)
      symlinkSync('/bin/sh', path)
      // Two commands, so that the named shell does not become the first one; of those that `script` may start not every one does so itself.
      const line = `script -qec "exec $NODE $KARO token create --scope approve" /dev/null; echo exit $?`
      const env = cleanEnv(node.home, { NODE: process.execPath, KARO })
      return (await promisify(execFile)('setsid', ['-w', path, '-c', line], { env })).stdout
    }
    expect(await named('claude')).toMatch(/the program Claude Code\s[\s\S]*exit 4/)
    // A terminal that an editor opens is a person's.
    expect(await named('editor')).toMatch(/Scope approve[\s\S]*exit 0/)
  })

  test.runIf(process.getuid?.() === 0)('another account, which does not even see it', async () => {
    const command = 'git push --force origin six'
    const asking = tool(command)
    const { id, hash } = await requestFor(command)
    chmodSync(node.home, 0o711)
    chmodSync(join(node.home, 'karo.sock'), 0o666)
    const other = (...args: string[]) =>
      programInTerminal(
        'setpriv',
        ['--reuid', '61273', '--clear-groups', 'sh', '-c', '"$NODE" "$KARO" "$@"', 'sh', ...args],
        node.home,
        { HOME: '/nonexistent' },
      )
    const list = await ended(other('approvals', 'list'))
    expect(list.shown).not.toContain('six')
    expect((await ended(other('approvals', 'approve', id, '--yes', hash))).code).not.toBe(0)
    expect((await ended(other('approvals', 'deny', id))).code).not.toBe(0)
    expect((await requestFor(command)).state).toBe('pending')
    await node.karo(['approvals', 'deny', id])
    await asking.answer()
  })
})

test('a task that a kill of the daemon ended leaves no request behind that a yes would do nothing for', async () => {
  let at = await startNode({ name: 'shelf' })
  const words = ['task', 'run', 'kMemory:notes', 'add_note', '{"text":"buy bread"}', '--id', 'note']
  expect((await at.karo(words)).code).toBe(4)
  const [request] = await open(at)
  await at.kill9()
  at = await startNode({ home: at.home })
  await until(async () => (await open(at)).length === 0, { what: 'nothing waits any more' })
  expect(await logOf(request?.id ?? '', at)).toMatchObject([{ outcome: 'withdrawn' }])
})
