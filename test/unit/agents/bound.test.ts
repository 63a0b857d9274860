// A yes is for the content that was shown: what a command runs as code, and where, is the same when it runs, or is asked again.
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import type { Action } from '../../../src/agents/types.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { action, approver, rig, SELF, waiting, yes } from './rig.ts'

const HARMLESS = 'echo one\n'
const REPLACED = 'echo two\n'

/** A directory with a file, and a command of the person in it. */
function site(name: string, text: string, argv: readonly string[]) {
  const cwd = temporaryDirectory()
  const put = (content: string, file = name): void => {
    writeFileSync(join(cwd, file), content)
    chmodSync(join(cwd, file), 0o755)
  }
  put(text)
  const over: Partial<Action> = {
    cwd,
    argv,
    requester: { node: SELF.nodeId, person: '1000', sessions: ['77:1'] },
  }
  return { cwd, put, what: action(over) }
}

const SCRIPTS = [
  ['deploy.sh', ['sh', 'deploy.sh']],
  ['deploy.sh', ['sh', '-c', 'cd . && sh ./deploy.sh now']],
  ['deploy.sh', ['env', 'A=1', './deploy.sh']],
  ['deploy.sh', ['timeout', '5', 'bash', '-x', 'deploy.sh']],
  ['tool.js', ['node', 'tool.js']],
  ['tool.js', ['node', 'tool']],
  ['tool.py', ['python3', 'tool.py', '--all']],
] as const

describe('what takes the place of an approved file does not run', () => {
  it.each(SCRIPTS)('%s by %j', async (name, argv) => {
    const all = await rig()
    const { put, what } = site(name, name.endsWith('.sh') ? HARMLESS : 'print(1)\n', argv)
    const id = await waiting(all, what)
    const settled = all.gates.settled(id, what, all.signal)
    put(name.endsWith('.sh') ? REPLACED : 'print(2)\n')
    await yes(all, id)
    const again = await settled
    expect(again).toMatchObject({ outcome: 'wait', reason: expect.stringContaining('has changed since') })
    const next = again.outcome === 'wait' ? again.approval : ''
    expect(next).not.toBe(id)
    await yes(all, next)
    expect(await all.gates.settled(next, what, all.signal)).toMatchObject({ outcome: 'run' })
  })

  it('a recipe of a makefile, and a makefile that make prefers', async () => {
    for (const file of ['Makefile', 'GNUmakefile']) {
      const all = await rig()
      const { put, what } = site('Makefile', 'deploy:\n\techo one\n', ['make', 'deploy'])
      const id = await waiting(all, what)
      put('deploy:\n\techo two\n', file)
      await yes(all, id)
      expect(await all.gates.settled(id, what, all.signal)).toMatchObject({ outcome: 'wait' })
    }
  })

  it('a program, also one that is no text', async () => {
    const all = await rig()
    const { put, what } = site('tool', '\0one', ['./tool'])
    const id = await waiting(all, what)
    put('\0two')
    await yes(all, id)
    expect(await all.gates.settled(id, what, all.signal)).toMatchObject({ outcome: 'wait' })
  })

  it('a script that a script runs', async () => {
    const all = await rig()
    const { put, what } = site('deploy.sh', 'sh ./step.sh\n', ['sh', 'deploy.sh'])
    put(HARMLESS, 'step.sh')
    const id = await waiting(all, what)
    put(REPLACED, 'step.sh')
    await yes(all, id)
    expect(await all.gates.settled(id, what, all.signal)).toMatchObject({ outcome: 'wait' })
  })

  it('a directory in the place of another, with the same script', async () => {
    const all = await rig()
    const { cwd, put, what } = site('deploy.sh', HARMLESS, ['sh', 'deploy.sh'])
    const id = await waiting(all, what)
    renameSync(cwd, `${cwd}.before`)
    mkdirSync(cwd)
    put(HARMLESS)
    await yes(all, id)
    expect(await all.gates.settled(id, what, all.signal)).toMatchObject({ outcome: 'wait' })
  })

  it('after the yes and before the start', async () => {
    const all = await rig()
    const { put, what } = site('deploy.sh', HARMLESS, ['sh', 'deploy.sh'])
    const id = await waiting(all, what)
    await yes(all, id)
    const verdict = await all.gates.settled(id, what, all.signal)
    if (verdict.outcome !== 'run') throw new Error(verdict.reason)
    expect(await all.gates.lost(what, verdict.class, verdict.hash)).toBeUndefined()
    put(REPLACED)
    expect(await all.gates.lost(what, verdict.class, verdict.hash)).toMatchObject({
      outcome: 'deny',
      reason: 'what it runs has changed since it was let through',
    })
    // It runs already.
    expect(await all.gates.lost(what, verdict.class)).toBeUndefined()
  })

  it('under a yes for a whole task', async () => {
    const all = await rig()
    const { put, what } = site('deploy.sh', HARMLESS, ['sh', 'deploy.sh'])
    await yes(all, await waiting(all, what), { scope: 'task' })
    expect(await all.gates.judge(what)).toMatchObject({ outcome: 'run' })
    put(REPLACED)
    expect(await all.gates.judge(what)).toMatchObject({ outcome: 'wait' })
    put(HARMLESS)
    expect(await all.gates.judge(what)).toMatchObject({ outcome: 'run' })
  })
})

test('both contents are shown when it is asked again', async () => {
  const all = await rig()
  const { cwd, put, what } = site('deploy.sh', HARMLESS, ['sh', 'deploy.sh'])
  const id = await waiting(all, what)
  expect(all.approvals.find(approver(), id).code).toMatchObject([
    { path: cwd, bytes: null },
    { path: join(cwd, 'deploy.sh'), bytes: HARMLESS.length, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ])
  put(REPLACED)
  await yes(all, id)
  const again = await all.gates.settled(id, what, all.signal)
  const { changed } = all.approvals.find(approver(), again.outcome === 'wait' ? again.approval : '')
  expect(changed).toMatchObject([{ path: join(cwd, 'deploy.sh') }])
  expect(changed?.[0]?.diff).toContain('-echo one\n+echo two\n')
  expect(changed?.[0]?.note).toMatch(/^It was 9 bytes .* when it was approved, and is 9 bytes /)
})

test('the judgement is that of the script, and a file that nobody read is not safe', async () => {
  const all = await rig()
  const risky = site('deploy.sh', 'git push --force origin main\n', ['sh', 'deploy.sh'])
  const ofText = all.approvals.find(approver(), await waiting(all, risky.what))
  expect(ofText.risk).not.toBe('safe')
  expect(ofText.risks.join()).not.toContain('Nobody has read')
  for (const text of ['\0', `${'# more\n'.repeat(4_000)}echo one\n`]) {
    const unread = site('deploy.sh', text, ['sh', 'deploy.sh'])
    const card = all.approvals.find(approver(), await waiting(all, unread.what))
    expect(card.risk).toBe('moderate')
    expect(card.risks[0]).toBe(`Nobody has read what ${join(unread.cwd, 'deploy.sh')} does.`)
  }
  const safe = site('deploy.sh', HARMLESS, ['sh', 'deploy.sh'])
  expect(all.approvals.find(approver(), await waiting(all, safe.what)).risk).toBe('safe')
})
