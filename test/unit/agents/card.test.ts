// The card of a request: real diffs of the texts it carries, everything it is bound to, and no foreign text that acts.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { changesOf, type Present, targetOf } from '../../../src/agents/approvals/changes.ts'
import type { ApprovalShape } from '../../../src/api/contract/shapes.ts'
import { cardView } from '../../../src/cli/views/approvals.ts'
import { OTHER, SELF } from './rig.ts'

const changes = (input: unknown, tool = 'edit_file', present?: Present, hash?: string) =>
  changesOf(
    {
      tool,
      input: typeof input === 'string' ? input : JSON.stringify(input),
      cwd: '/srv',
      binds: [{ path: '/srv', write: true }],
    },
    present,
    hash === undefined ? undefined : [{ path: '/srv/a', bytes: 8, hash }],
  )

describe('changes', () => {
  // A comparison may take 50 ms. On a busy machine a pause of this process would take them.
  beforeAll(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'] }))
  afterAll(() => void vi.useRealTimers())

  it('are unified diffs of old and new texts, one or several', async () => {
    const [one] = await changes({ path: '/a', old_string: 'a\nb\nc\n', new_string: 'a\nB\nc\n' })
    expect(one?.diff).toContain('@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n')
    const edits = [
      { oldText: 'x', newText: 'y' },
      { oldText: '1', newText: '2' },
    ]
    expect(await changes({ path: '/a', edits })).toHaveLength(2)
  })

  it('say what they do not know: the content of a file that is written anew', async () => {
    const [one] = await changes({ path: '/a', content: 'new\n' }, 'write_file')
    expect(one?.diff).toContain('+new')
    expect(one?.note).toContain('unknown')
  })

  it('are of the file as it is and as it will be, where the person may see it', async () => {
    const present: Present = async (action) => {
      const at = targetOf(action, () => true)
      return at === undefined ? undefined : { at, text: at === '/srv/a' ? 'one\ntwo\n' : null, hash: 'now' }
    }
    const [whole] = await changes({ path: 'a', content: 'one\n2\n' }, 'write_file', present)
    expect(whole).toMatchObject({ path: 'a (/srv/a)', note: undefined })
    expect(whole?.diff).toContain(' one\n-two\n+2\n')
    const input = { path: 'a', content: 'one\n2\n' }
    expect(await changes(input, 'write_file', present, 'now')).toEqual([whole])
    // What a yes is bound to is another content than that of now.
    const [other] = await changes(input, 'write_file', present, 'before')
    expect(other).toMatchObject({ diff: undefined, note: expect.stringContaining('has changed since') })
    const edits = [
      { oldText: 'one', newText: '1' },
      { oldText: '1\ntwo', newText: 'x' },
    ]
    const parts = await changes({ path: '/srv/a', edits }, 'edit_file', present)
    expect(parts).toMatchObject([{ diff: expect.stringContaining('-one\n-two\n+x\n') }])
    const [new_] = await changes({ path: '/etc/b', content: 'x\n' }, 'write_file', present)
    expect(new_?.note).toBe('There is no such file yet. The agent may not write there.')
    // What it says is replaced is not there: only its own words are shown.
    expect(
      (await changes({ path: 'a', old_string: 'z', new_string: 'y' }, 'edit_file', present))[0]?.path,
    ).toBe('a')
  })

  it('follow links of a file only where its filesystem may be looked at', () => {
    const link = join(mkdtempSync(join(tmpdir(), 'karo-card-')), 'link')
    symlinkSync('/etc/hostname', link)
    const action = { tool: 'write_file', input: JSON.stringify({ path: link, content: '' }), cwd: '/' }
    expect(targetOf(action, () => true)).toBe('/etc/hostname')
    expect(targetOf(action, () => false)).toBe(link)
    rmSync(dirname(link), { recursive: true })
  })

  it('say what is too much to compare, and how many more there are', async () => {
    const [long] = await changes({ path: '/a', old_string: 'x'.repeat(200_000), new_string: '' })
    expect(long).toMatchObject({ diff: undefined, note: expect.stringContaining('200000') })
    const many = Array.from({ length: 40 }, (_, i) => ({ oldText: String(i), newText: 'x' }))
    const shown = await changes({ path: '/a', edits: many })
    expect(shown.at(-1)?.note).toContain('8 more')
  })

  it('are none for a command, and for arguments that name none', async () => {
    expect(await changes({ path: '/a', old_string: 'a', new_string: 'b' }, 'exec')).toEqual([])
    for (const input of ['', '[]', 'null', '{', '{"path":1}', '{"path":"/a"}'])
      expect(await changes(input)).toEqual([])
  })
})

const HOSTILE = 'ok\u202e\u001b[2J\nhash      0000 real\r\u0007'
/** As it is shown in every time zone. */
const NOW = new Date(2026, 10, 22, 6)
const card = (over: Partial<ApprovalShape> = {}): ApprovalShape => ({
  id: '3f9a11c02e',
  state: 'pending',
  agent: 'kBridge:claude',
  action: 'exec',
  class: 'high',
  trace_id: '0af7651916cd43dd8448eb211c80319c',
  kind: 'ExecuteCommand',
  risk: 'high',
  risks: ['Harms.'],
  argv: ['bash', '-c', 'x'],
  cwd: '/srv',
  env: {},
  binds: [],
  input: '',
  code: [],
  diff: [],
  requested_by: 'kBridge:claude',
  task: 'session:1',
  why: '',
  target: { node_id: SELF.nodeId, fingerprint: SELF.fingerprint },
  hash: 'c0ffee'.padEnd(64, '0'),
  group: 'aaaaaaaa',
  scope: 'once',
  created_at: NOW.toISOString(),
  expires_at: new Date(NOW.getTime() + 300_000).toISOString(),
  ...over,
})
const self = { node_id: SELF.nodeId, name: 'ash' }
const shown = (over: Partial<ApprovalShape>, columns = 100) =>
  cardView(card(over), { now: NOW.getTime(), self }, { colour: false, columns })

describe('the card', () => {
  it('shows everything, each word behind its number, and says this machine by its name, another one by its key', () => {
    const here = shown({
      argv: ['git', 'push', ''],
      env: { TZ: 'UTC' },
      binds: [{ path: '/srv', write: true }],
      input: 'in',
      diff: [{ path: '/a', diff: 'Index: a\n--- a\n+++ a\n-old\n+new\n', note: null }],
    })
    const there = shown({ target: { node_id: OTHER.nodeId, fingerprint: OTHER.fingerprint } })
    expect(`${here}---\n${there}`).toMatchSnapshot()
  })

  it('names one class, and says of the words what the rules found in them', () => {
    const words = shown({ class: 'high', risk: 'safe', risks: [] })
    expect(words).toContain('ExecuteCommand, class high')
    expect(words).toContain('class      high, by its kind, reach and words; risk of its words: none found.')
    expect(words).not.toContain('safe')
    expect(shown({ risk: 'high', risks: ['Harms.', 'Deletes.'] })).toContain('words: high. Harms. Deletes.')
  })

  it('lets no foreign text act, hide, or look like a line of its own', () => {
    const fields = {
      cwd: HOSTILE,
      why: HOSTILE,
      argv: [HOSTILE],
      input: HOSTILE,
      task: HOSTILE,
      risks: [HOSTILE],
    }
    const text = shown({ ...fields, diff: [{ path: HOSTILE, diff: `-${HOSTILE}`, note: HOSTILE }] })
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
    expect(text.match(/^ {2}hash /gm)).toHaveLength(1)
  })

  it('cuts nothing, however long and narrow; what goes on has a bar', () => {
    const word = 'y'.repeat(1_000)
    const text = shown({ argv: [word] }, 60)
    expect(text.replace(/[^y]/g, '').length).toBeGreaterThanOrEqual(1_000)
    for (const line of text.split('\n').filter((one) => one.includes('yyyy')))
      expect(line).toMatch(/^ {2}(?:argv {7}0: | {9}\| )y+$/)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120)
  })
})
