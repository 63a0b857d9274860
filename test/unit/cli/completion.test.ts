// Completion: which words each place offers, and which names of others are never put on a line.
import { expect, test } from 'vitest'
import * as z from 'zod'
import { daemonAt } from '../../../src/api/contract/client/socket.ts'
import { commands as completion } from '../../../src/cli/commands/terminal/completion.ts'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { complete } from '../../../src/cli/completion/live.ts'
import { completionSpec } from '../../../src/cli/completion/spec.ts'
import { HELP_TOPICS } from '../../../src/cli/front/overview.ts'
import { KEY_LIST } from '../../../src/config/table.ts'
import { ANSWERS } from '../../support/data/answers.ts'
import { playDaemon } from '../../support/node/played-daemon.ts'

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly $ref?: string
}

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
  await complete([what, typed], () => ({
    commands: COMMANDS,
    call: daemonAt({ socket }).call,
    out: (text) => (out += text),
  }))
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

test('of what a command lists, each row is one short line: what is typed, and what is said of it', async () => {
  const lists = {
    'agent:list:name': { agents: [{ id: 'kExecutor:files', name: 'files', state: 'running' }], off: false },
    'secret:list:name': { secrets: [{ name: 'api-token', note: 'of staging' }] },
    'plan:list:id': { plans: [{ id: '4f1d2a0c', goal: `tidy\t${'up '.repeat(40)}` }] },
    'token:sessions:session': { sessions: [{ session: 3, scope: 'read' }] },
    'memory:list:id': { notes: [{ id: '--help', text: 'nobody types that' }] },
    'nothing:list:id': { rows: [{ id: 'x' }] },
    '__proto__::id': {},
  }
  let out = ''
  for (const [what, answer] of Object.entries(lists))
    await complete([what, ''], () => ({
      commands: COMMANDS,
      call: (async (operation: unknown) => operation && answer) as never,
      out: (text) => (out += text),
    }))
  expect(out).toBe(`files\trunning\napi-token\tof staging\n4f1d2a0c\ttidy\\t${'up '.repeat(18)}u\n3\tread\n`)
})

test('what a command lists is offered wherever another takes one of it, and is a member of the rows by their schema', async () => {
  const places = await completionSpec(COMMANDS)
  const offers = places.flatMap(({ path, args, options }) =>
    [...args, ...options.map(({ value }) => value)].map((offer) => [path, offer] as const),
  )
  const listed = offers.flatMap(([path, offer]) =>
    offer?.kind === 'live' && offer.what.includes(':') ? [[offer.what, path] as const] : [],
  )
  for (const what of new Set(listed.map(([what]) => what))) {
    let out = ''
    const call = async ({ answer }: { answer: () => Promise<z.ZodType> }) => {
      const whole = z.toJSONSchema(await answer(), { unrepresentable: 'any' }) as JsonSchema
      const named = (schema: JsonSchema | undefined) =>
        schema?.$ref === undefined ? schema : whole.$defs?.[schema.$ref.split('/').at(-1) ?? '']
      const [[rows, of] = []] = Object.entries(named(whole)?.properties ?? {}).filter(
        ([, { items }]) => items,
      )
      const members = Object.keys(named(of?.items)?.properties ?? {})
      return { [rows ?? '']: [Object.fromEntries(members.map((name) => [name, `of-${name}`]))] }
    }
    await complete([what, ''], () => ({
      commands: COMMANDS,
      call: call as never,
      out: (text) => (out += text),
    }))
    expect(out, what).toMatch(new RegExp(`^of-${what.split(':')[2]}\tof-\\w+\n$`))
  }
  const taking = Object.groupBy(listed, ([what]) => what)
  expect(
    Object.entries(taking).map(([what, paths]) => `${what}  ${paths?.map(([, path]) => path).join(', ')}`),
  ).toMatchSnapshot()
})

test('behind help the topics are offered besides the commands, and behind a key the values that it can have', async () => {
  const places = new Map((await completionSpec(COMMANDS)).map((place) => [place.path, place]))
  expect(places.get('help')?.subcommands.map(({ word }) => word)).toEqual(HELP_TOPICS)
  const values = (key: string) => {
    const [offer] = places.get(`config set ${key}`)?.args ?? []
    return offer?.kind === 'words' ? offer.words.map(({ word }) => word) : undefined
  }
  expect(values('mcp.history')).toEqual(['true', 'false'])
  expect(values('guard.profile')).toEqual(['strict', 'moderate', 'permissive', 'off'])
  expect(values('mesh.listen')).toEqual(['auto'])
  expect(values('reports.thresholds.risky')).toEqual(['off'])
  expect(values('forward.kinds')).toContain('refusals')
  expect(values('mesh.port')).toBeUndefined()
  // Each key is offered once, with values or without.
  const { subcommands = [], args: [keys] = [] } = places.get('config set') ?? {}
  const offered = [...subcommands, ...(keys?.kind === 'words' ? keys.words : [])].map(({ word }) => word)
  expect(offered.toSorted()).toEqual(KEY_LIST.map(({ path }) => path).toSorted())
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
