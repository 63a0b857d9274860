// Completion: which words each place offers, and which names of others are never put on a line.
import { expect, test } from 'vitest'
import { daemonAt } from '../../../src/api/contract/client/socket.ts'
import { commands as completion } from '../../../src/cli/commands/terminal/completion.ts'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { complete } from '../../../src/cli/completion/live.ts'
import { completionSpec } from '../../../src/cli/completion/spec.ts'
import { ANSWERS } from '../../support/data/answers.ts'
import { playDaemon } from '../../support/node/played-daemon.ts'

/** What `karo __complete` prints where a daemon knows peers with these names. */
async function printed(names: readonly string[], what: string, typed: string): Promise<string> {
  const { peer } = ANSWERS.PeerAnswer as { peer: object }
  const peers = names.map((name, i) => ({
    ...peer,
    roles: [],
    name,
    fingerprint: i.toString(16).padStart(16, '0'),
    node_id: `karo:ed25519:${String(i).padStart(43, '0')}`,
    teams: name === '' ? [] : [name],
  }))
  const { socket } = await playDaemon({ 'GET /api/v1/peers': { peers } })
  let out = ''
  await complete([what, typed], () => ({ call: daemonAt({ socket }).call, out: (text) => (out += text) }))
  return out
}

const ODD = ['', ' ', 'a\nb', 'a\tb', '\u001b[31mred', 'bo\u202eb', '-rf', '--help', '~root', '=ls', 'x ']

test('names that no quoting makes harmless are told by their fingerprint; each is one line of two fields', async () => {
  const out = await printed([...ODD, 'bob'], 'node', '')
  const lines = out.trimEnd().split('\n')
  expect(lines.map((line) => line.split('\t').length)).toEqual(lines.map(() => 2))
  const words = lines.map((line) => line.split('\t')[0])
  expect(words).toEqual([...ODD.map((_, i) => i.toString(16).padStart(16, '0')), 'bob'])
  // Nothing that could move the cursor is in the descriptions either.
  expect(out.replaceAll(/[\n\t]/g, '')).toMatch(/^[\x20-\x7e]*$/)
})

test('labels likewise; an audience is nodes, teams, roles, and everybody', async () => {
  expect(await printed([...ODD, 'ops'], 'team', '')).toBe('ops\t\n')
  expect(await printed(['dev', 'ops'], 'team', 'dev,o')).toBe('dev,dev\t\ndev,ops\t\n')
  const words = (await printed(['ops'], 'audience', '')).split('\n').map((line) => line.split('\t')[0])
  expect(words).toEqual(['ops', 'team:ops', '*', ''])
})

test('agents and secrets of the person are told by name', async () => {
  const kept = {
    agents: [{ name: 'files', state: 'running' }],
    secrets: [{ name: 'api-token', note: 'of staging' }],
  }
  let out = ''
  for (const what of ['agent', 'secret'])
    await complete([what, ''], () => ({ call: async () => kept as never, out: (text) => (out += text) }))
  expect(out).toBe('files\trunning\napi-token\tof staging\n')
  const places = await completionSpec(COMMANDS)
  const args = (path: string) => places.find((place) => place.path === path)?.args
  expect(args('secret allow')).toEqual([
    { kind: 'live', what: 'secret' },
    { kind: 'live', what: 'agent' },
  ])
})

test('there is never more than a screen can show', async () => {
  const many = Array.from({ length: 2_000 }, (_, i) => `node-${i}`)
  expect((await printed(many, 'node', '')).trimEnd().split('\n')).toHaveLength(500)
})

test('every command and every option of the table is offered, in every shell', async () => {
  const places = await completionSpec(COMMANDS)
  const commands = (await Promise.all(COMMANDS.map(({ load }) => load()))).flat()
  for (const { name, options } of commands) {
    const place = places.find(({ path }) => path === name)
    const flags = place?.options.map(({ flag }) => flag)
    expect(flags, name).toEqual(
      expect.arrayContaining([...options.map((option) => `--${option.name}`), '--json', '--home', '--help']),
    )
  }
  for (const shell of ['bash', 'zsh', 'fish']) {
    let script = ''
    const io = { json: false, commands: COMMANDS, out: (text: string) => (script += text) }
    await completion[0]!.run(io as never, { args: { shell }, options: {} })
    for (const { name } of commands) expect(script).toContain(`'${name}'`)
  }
})

test('the rules that karo guard allow can accept are offered, and none of the core', async () => {
  const place = (await completionSpec(COMMANDS)).find(({ path }) => path === 'guard allow')
  const [offer] = place?.args ?? []
  const words = offer?.kind === 'words' ? offer.words.map(({ word }) => word) : []
  expect(words).toContain('git-force-push')
  expect(words).not.toContain('rm-home')
})
