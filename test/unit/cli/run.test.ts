// The command line: which command runs with what, what help says, and how every mistake is told.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { getLogs } from '../../../src/api/contract/operations/care.ts'
import { getInvites } from '../../../src/api/contract/operations/fleet.ts'
import { EXIT, KaroError } from '../../../src/base/errors.ts'
import { atHome } from '../../../src/cli/at-home.ts'
import type { Command, CommandEntry, CommandInput, CommandIo } from '../../../src/cli/command.ts'
import { COMMANDS as EVERY_COMMAND } from '../../../src/cli/commands.ts'
import { CALLED, OTHER_WORDS } from '../../../src/cli/input/other-words.ts'
import { parseCommandLine } from '../../../src/cli/program.ts'
import { parsePlain } from '../../../src/cli/run.ts'
import { homePaths } from '../../../src/config/paths.ts'
import { DAEMON_NAME, nameProcess } from '../../../src/ops/process-name.ts'
import { holdHome } from '../../../src/ops/system/home-lock.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { playDaemon } from '../../support/node/played-daemon.ts'
import { commandLine } from '../../support/run/command-line.ts'
import fc, { forAllIn } from '../../support/run/properties.ts'
import { times } from '../../support/run/thorough.ts'

interface Call {
  readonly name: string
  readonly io: CommandIo
  readonly input: CommandInput
}
const calls: Call[] = []
/** More than a line has room for. */
const COLUMNS = Array.from({ length: 60 }, (_, n) => `column${n}`)

function command(name: string, rest: Partial<Command> = {}): Command {
  return {
    name,
    summary: `Does ${name}.`,
    args: [],
    options: [],
    examples: [{ run: `karo ${name}`, does: 'an example' }],
    async run(io, input) {
      calls.push({ name, io, input })
      return EXIT.done
    },
    ...rest,
  }
}

const check = command('check', {
  args: [{ name: 'command', required: true, description: 'the command' }],
  options: [
    { name: 'shell', short: 's', value: 'shell', description: 'its shell', choices: ['bash', 'zsh'] },
    { name: 'profile', value: 'name', description: 'profile', default: 'moderate' },
    { name: 'verbose', short: 'v', description: 'more' },
  ],
})
const who = { name: 'node', required: true, description: 'who' }
/** Names no file, because one stands where its directory would. */
const BELOW_FILE = `${import.meta.filename}/below`

const failing = (error: unknown): Partial<Command> => ({
  run: () => Promise.reject(error),
})

const entry = (name: string, group: CommandEntry['group'], commands: readonly Command[]): CommandEntry => ({
  name,
  group,
  load: async () => commands,
})
const COMMANDS: readonly CommandEntry[] = [
  entry('status', 'node', [command('status')]),
  entry('check', 'terminal', [check]),
  entry('history', 'terminal', [
    command('history', {
      args: [{ name: 'words', required: false, variadic: true, description: 'words' }],
      options: [{ name: 'limit', value: 'n', description: 'most' }],
    }),
    command('history delete', { args: [{ name: 'what', required: true, description: 'what' }] }),
  ]),
  entry('peers', 'mesh', [
    command('peers'),
    command('peers trust', {
      args: [who],
      options: [
        {
          name: 'level',
          value: 'level',
          description: 'how far',
          choices: ['peer', 'share_to'],
          default: 'peer',
        },
      ],
    }),
    command('peers pending', {
      options: [{ name: 'sort', value: 'by', description: 'by', choices: COLUMNS }],
    }),
  ]),
  entry('query', 'mesh', [
    command('query tools', { options: [{ name: 'per-node', description: 'each node' }] }),
    command('query health'),
  ]),
  entry('token', 'node', [command('token create'), command('token list')]),
  entry('fail', 'node', [
    command(
      'fail known',
      failing(new KaroError('refused', 'no \x1b[31mway', { where: 'policy', hint: 'Ask.' })),
    ),
    command('fail unknown', failing(new TypeError('x is not a function'))),
    command('fail file', {
      async run() {
        readFileSync(BELOW_FILE)
      },
    }),
  ]),
]

async function karo(line: string | readonly string[], env: Record<string, string> = {}, tty = false) {
  calls.length = 0
  const { code, out, err } = await commandLine(
    typeof line === 'string' ? line.split(' ').filter(Boolean) : line,
    { env: { HOME: '/h', ...env }, commands: COMMANDS, columns: tty ? 70 : undefined },
  )
  return { code, stdout: out, stderr: err, call: calls[0] }
}

describe('finds the command', () => {
  test.each([
    ['status', 'status', {}, {}],
    ['peers', 'peers', {}, {}],
    ['peers pending', 'peers pending', {}, {}],
    ['token', 'token list', {}, {}],
    ['peers trust bob', 'peers trust', { node: 'bob' }, { level: 'peer' }],
    ['peers trust bob --level share_to', 'peers trust', { node: 'bob' }, { level: 'share_to' }],
    ['peers trust --level=share_to bob', 'peers trust', { node: 'bob' }, { level: 'share_to' }],
    ['query tools --per-node', 'query tools', {}, { 'per-node': true }],
    ['history', 'history', { words: [] }, {}],
    ['history git push --limit 3', 'history', { words: ['git', 'push'] }, { limit: '3' }],
    ['history delete x', 'history delete', { what: 'x' }, {}],
    ['history -- delete', 'history', { words: ['delete'] }, {}],
    ['history git delete', 'history', { words: ['git', 'delete'] }, {}],
    ['history -- --json', 'history', { words: ['--json'] }, {}],
    ['check ls', 'check', { command: 'ls' }, { profile: 'moderate' }],
    ['check -vs zsh ls', 'check', { command: 'ls' }, { profile: 'moderate', verbose: true, shell: 'zsh' }],
    ['check -- --help', 'check', { command: '--help' }, { profile: 'moderate' }],
  ])('karo %s', async (line, name, args, options) => {
    const { code, call, stderr } = await karo(line)
    expect(stderr).toBe('')
    expect(code).toBe(EXIT.done)
    expect(call).toMatchObject({ name, input: { args, options } })
    expect(Object.keys(call!.input.options).sort()).toEqual(Object.keys(options).sort())
  })

  test.each([
    '--json --home /x peers trust bob',
    'peers --json trust --home=/x bob',
    'peers trust bob --home /x --json',
  ])('with the common options anywhere: %s', async (line) => {
    const { call } = await karo(line)
    expect(call).toMatchObject({ name: 'peers trust', input: { args: { node: 'bob' } } })
    expect(call!.io).toMatchObject({
      json: true,
      home: '/x',
      env: { KARO_HOME: '/x' },
      socket: '/x/karo.sock',
    })
  })
})

describe('gives the command its world', () => {
  test('the home from --home, else KARO_HOME, else the data directory', async () => {
    expect((await karo('status --home rel')).call!.io.home).toBe(`${process.cwd()}/rel`)
    expect((await karo('status', { KARO_HOME: '/k' })).call!.io.home).toBe('/k')
    expect((await karo('status --home /x', { KARO_HOME: '/k' })).call!.io.home).toBe('/x')
    expect((await karo('status')).call!.io.home).toBe('/h/.local/share/karo')
    const runtime = temporaryDirectory()
    const inRuntime = join(runtime, 'karo/karo.sock')
    expect((await karo('status', { XDG_RUNTIME_DIR: runtime })).call!.io.socket).toBe(inRuntime)
    expect(await karo(['status', '--home', ''])).toMatchObject({ code: EXIT.usage, call: undefined })
  })

  test('a daemon that holds the home and does not listen yet is waited for, by all that a command asks it', async () => {
    const { home, socket } = await playDaemon({
      'GET /api/v1/fleet/invites': { invites: [] },
      'GET /api/v1/logs': {},
    })
    const away = `${socket}.away`
    renameSync(socket, away)
    // In place of a daemon that begins anew: it holds the home, and has the name.
    const letGo = await holdHome({ home, lock: join(home, 'karo.lock') })
    const name = readFileSync('/proc/self/comm', 'utf8').trim()
    nameProcess(DAEMON_NAME)
    // It begins to listen 300 ms after a connection to it was refused; connections to other places do not count.
    const refused = (made: unknown) => {
      const { socket: asking } = made as { socket: Socket }
      asking.once('error', ({ address }: Error & { address?: string }) => {
        if (address === socket && unsubscribe('net.client.socket', refused))
          setTimeout(() => renameSync(away, socket), 300)
      })
    }
    subscribe('net.client.socket', refused)
    // What waits is loaded by then, which takes time too.
    const { untilListens } = await import('../../../src/cli/start/background.ts')
    // Ctrl-C ends the wait.
    const back = setTimeout(() => renameSync(away, socket), 200)
    await untilListens(homePaths({ KARO_HOME: home }), { signal: AbortSignal.abort() })
    expect(existsSync(socket)).toBe(false)
    clearTimeout(back)
    const { io } = (await karo('status', { KARO_HOME: home })).call!
    // A stream too; the played daemon gives none, which it says itself.
    const stream = io.daemon.lines(getLogs, { query: { lines: 1, follow: false } }).next()
    const asked = await Promise.allSettled([io.call(getInvites), io.call(getInvites), stream])
    nameProcess(name)
    letGo()
    const invites = { status: 'fulfilled', value: { invites: [] } }
    expect(asked).toEqual([
      invites,
      invites,
      { status: 'rejected', reason: expect.not.objectContaining({ code: 'not_running' }) },
    ])
  })

  test('colour and width only on a terminal that wants them', async () => {
    expect((await karo('status', {}, true)).call!.io).toMatchObject({ colour: true, columns: 70 })
    expect((await karo('status', { NO_COLOR: '1' }, true)).call!.io.colour).toBe(false)
    expect((await karo('status', { NO_COLOR: '' }, true)).call!.io.colour).toBe(true)
    expect((await karo('status', { TERM: 'dumb' }, true)).call!.io.colour).toBe(false)
    expect((await karo('status')).call!.io).toMatchObject({
      colour: false,
      columns: Number.POSITIVE_INFINITY,
    })
  })
})

test('what is for programs has no colours at a terminal and takes nothing from it, and is as it is elsewhere', async () => {
  const text = '\x1b[H\x1b[2J\x1b[8mhidden\n'
  const safe = '\\x1b[H\\x1b[2J\\x1b[8mhidden\n'
  const shows = command('status', { run: async (io) => void io.out(Buffer.from(text)) })
  const commands = [entry('status', 'node', [shows])]
  expect((await commandLine(['status'], { commands, columns: 80 })).out).toBe(safe)
  expect((await commandLine(['status'], { commands })).out).toBe(text)
  const json = command('status', { run: async (io) => void io.out(Buffer.from('{"a":"\u202e"}')) })
  const asJson = { commands: [entry('status', 'node', [json])], columns: 80 }
  expect((await commandLine(['status', '--json'], asJson)).out).toBe('{"a":"\\u202e"}')
})

describe('help', () => {
  test('says of --json what a command prints that prints more than one document', () => {
    const told = (rest: Partial<Command>) => parseCommandLine('x', [command('x', rest)], ['x', '--help'], 80)
    expect(told({ json: 'NDJSON' })).toMatchObject({ text: expect.stringMatching(/--json +NDJSON\n/) })
    expect(told({})).toMatchObject({ text: expect.stringMatching(/--json +print one JSON document/) })
  })

  test('says what there is, and fits the terminal', async () => {
    const lines = [
      'help',
      'help all',
      'help trust',
      'help mesh',
      'peers trust -h',
      'peers --help',
      'query --help',
      'check --help',
    ]
    const page: string[] = []
    for (const line of lines) {
      const { code, stdout, stderr, call } = await karo(line, {}, true)
      expect([code, stderr, call]).toEqual([EXIT.done, '', undefined])
      for (const shown of stdout.split('\n')) expect(shown.length).toBeLessThanOrEqual(70)
      page.push(`$ karo ${line}\n${stripVTControlCharacters(stdout)}`)
    }
    expect(page.join('\n')).toMatchSnapshot()
  })

  test.each([
    ['help', ['--help', '-h', '--json help']],
    ['peers trust -h', ['peers trust --help', 'help peers trust', 'peers trust bob --help']],
    ['query --help', ['help query']],
  ])('karo %s is the same by other words', async (line, others) => {
    const { stdout } = await karo(line)
    for (const other of others) expect((await karo(other)).stdout, other).toBe(stdout)
  })

  test('version, for people and for scripts', async () => {
    expect((await karo('--version')).stdout).toMatch(/^karo \d+\.\d+\.\d+\n$/)
    expect(JSON.parse((await karo('--version --json')).stdout)).toEqual({ version: expect.any(String) })
  })
})

describe('wrong usage exits 2 and says what is wrong', () => {
  test('with what may have been meant, and where to look', async () => {
    const lines = [
      'pers',
      'frobnicate',
      'pause',
      'restart',
      '--frob',
      'help pers',
      'query',
      'query tols',
      'query tools --per-nod',
      'delete x',
      'peers trsut bob',
      'peers trust',
      'peers trust a b',
      'peers trust a --level',
      'peers trust a --level boss',
      'check',
      'check ls --shell cmd',
      'peers pending --sort x',
      'check ls -x',
      'status now',
      'peers --level peer',
      'status --home',
      '--home',
    ]
    const page: string[] = []
    for (const line of lines) {
      const { code, stdout, stderr, call } = await karo(line)
      expect([line, call, code, stdout]).toEqual([line, undefined, EXIT.usage, ''])
      page.push(`$ karo ${line}\n${stderr}`)
    }
    expect(page.join('')).toMatchSnapshot()
  })

  test.each([
    ['notes', 'karo memory'],
    ['update', 'newer package'],
    ['find', 'karo history'],
    ['undo', 'karo import undo'],
    ['members', 'karo peers: list known nodes'],
    ['lock', 'karo peers revoke: '],
    ['lock', 'karo operator revoke: '],
    ['revoke', 'karo token revoke: '],
    ['help users', 'karo operator list: '],
    ['install', 'karo service install: '],
    ['peers list', 'karo peers alone, or with pending, '],
    ['stats last month', 'It takes one of today, week, month, year.'],
    ['show', 'karo help lists the commands; karo "what you want to do" finds one.'],
  ])('karo %s says what to use', async (words, says) => {
    const { code, err } = await commandLine(words.split(' '), { env: { HOME: '/h' } })
    expect([code, err]).toEqual([EXIT.usage, expect.stringContaining(says)])
  })

  test.each([
    ['audit', 'audit log'],
    ['ca', 'ca show'],
    ['identity', 'identity show'],
    ['logs', 'logs tail'],
    ['secret', 'secret list'],
    ['service', 'service status'],
    ['share', 'share show'],
    ['task', 'task list'],
  ])('karo %s alone is its list, or what shows it', async (group, name) => {
    const commands = (await EVERY_COMMAND.find((entry) => entry.name === group)?.load()) ?? []
    expect(parseCommandLine(group, commands, [group], 100)).toMatchObject({ command: { name } })
  })

  test('a command that people call otherwise is one', async () => {
    const commands = (await Promise.all(EVERY_COMMAND.map(({ load }) => load()))).flat()
    expect(commands.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(CALLED)))
  })

  test.each([...OTHER_WORDS])('karo %s is called otherwise here', async (words, hint) => {
    const { code, err } = await commandLine(words.split(' '), { env: { HOME: '/h' } })
    expect([code, err]).toEqual([EXIT.usage, expect.stringContaining(hint)])
  })

  test('as one JSON document on stdout with --json, wherever it stands', async () => {
    for (const line of ['pers --json', '--json pers', 'query tools --frob --json', 'check --json']) {
      const { code, stdout, stderr } = await karo(line)
      expect([code, stderr]).toEqual([EXIT.usage, ''])
      expect(JSON.parse(stdout)).toMatchObject({
        error: { code: 'bad_request', message: expect.any(String) },
      })
    }
    expect((await karo('pers -- --json')).stdout).toBe('')
  })
})

describe('errors of commands', () => {
  test('of ours: what, where, what to do, the code that the table gives, and no escape reaches the terminal', async () => {
    const { code, stdout, stderr } = await karo('fail known')
    expect([code, stdout]).toEqual([EXIT.refused, ''])
    expect(stderr).toBe('karo: policy: no \\x1b[31mway\n  Ask.\n')
  })

  test('as JSON', async () => {
    const { code, stdout, stderr } = await karo('fail known --json')
    expect([code, stderr]).toEqual([EXIT.refused, ''])
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'refused', message: 'no \x1b[31mway', where: 'policy', hint: 'Ask.' },
    })
  })

  test('of the system about a file name the file, and are no mistake of the program', async () => {
    const { code, stderr } = await karo('fail file')
    expect([code, stderr]).toEqual([
      EXIT.failed,
      `karo: ${BELOW_FILE}: a part of the path is not a directory\n`,
    ])
  })

  test('of any other kind are one line, with a stack only for who asks', async () => {
    const quiet = await karo('fail unknown')
    expect([quiet.code, quiet.stderr]).toEqual([EXIT.failed, 'karo: internal error: x is not a function\n'])
    expect((await karo('fail unknown', { KARO_DEBUG: '1' })).stderr).toMatch(
      /TypeError: x is not[\s\S]*run\.test\.ts/,
    )
    const json = JSON.parse((await karo('fail unknown --json')).stdout)
    expect(json).toEqual({ error: { code: 'internal', message: 'x is not a function' } })
  })
})

test('the fast path understands exactly what the full parser understands, or leaves it alone', () => {
  const word = fc.constantFrom(
    ...'ls --shell bash zsh fish -s -sbash --shell=zsh -v -vv --verbose'.split(' '),
    ...['', ...'-- --json --home /x --home= --profile= - -5 --verbose=1 --no-json'.split(' ')],
  )
  let plain = 0
  forAllIn({ numRuns: times(500, 5_000) }, fc.array(word, { maxLength: 6 }), (words) => {
    const fast = parsePlain(check, words)
    if (!fast) return
    plain++
    const full = parseCommandLine('check', [check], ['check', ...words], 80)
    expect(full).toMatchObject({ kind: 'run' })
    if (full.kind === 'run') expect(fast).toEqual(full.input)
  })
  expect(plain).toBeGreaterThan(times(20, 100))
})

test('help is as wide as COLUMNS says where there is no terminal', async () => {
  const widest = async (env: Record<string, string>) =>
    Math.max(...(await commandLine(['--help'], { env })).out.split('\n').map((line) => line.length))
  expect(await widest({})).toBeGreaterThan(80)
  expect(await widest({ COLUMNS: '80' })).toBeLessThanOrEqual(80)
})

describe('commands that are named where a home was given', () => {
  test('name it too, so that what is copied is about the same node', async () => {
    const hint =
      "Start it with: karo up\nmkdir /srv/karo up; karo help lists them; 'karo doctor --fix', or karo"
    const stopped = entry('stop', 'node', [
      command('stop', failing(new KaroError('not_running', 'no', { hint }))),
    ])
    const said = async (argv: readonly string[], env: Record<string, string> = {}): Promise<string> => {
      const { out, err } = await commandLine(argv, { env, commands: [stopped, ...EVERY_COMMAND] })
      return out + err
    }
    const told =
      "Start it with: karo --home '/tmp/a b' up\n  mkdir /srv/karo up; karo help lists them; 'karo --home '/tmp/a b' doctor --fix', or karo\n"
    expect(await said(['stop', '--home', '/tmp/a b'])).toContain(told)
    expect(await said(['stop'], { KARO_HOME: '/tmp/a b' })).toContain(told)
    expect(JSON.parse(await said(['stop', '--json', '--home', '/srv/k'])).error.hint).toContain(
      'karo --home /srv/k up',
    )
    expect(await said(['stop'])).toContain(hint.split('\n')[0])
  })

  test('each of them takes the home in front', async () => {
    for (const { name } of EVERY_COMMAND) {
      const place = { env: { KARO_HOME: '/srv/k' }, home: '/srv/k', commands: EVERY_COMMAND }
      const named = atHome(`karo ${name}`, place)
      // These are about no node.
      if (name === 'check' || name === 'completion' || name === 'version') continue
      expect(named, name).toBe(`karo --home /srv/k ${name}`)
      expect(parseCommandLine(name, [command(name)], named.split(' ').slice(1), 80)).toMatchObject({
        input: { options: { home: '/srv/k' } },
      })
    }
  })

  test('a line that names one already stays', () => {
    const place = { env: { KARO_HOME: '/srv/k' }, home: '/srv/k', commands: EVERY_COMMAND }
    expect(atHome('kill 7\nkaro up --home /srv/k', place)).toBe('kill 7\nkaro up --home /srv/k')
    expect(atHome('karo identity new (with its --home); karo peers', place)).toBe(
      'karo identity new (with its --home); karo --home /srv/k peers',
    )
  })
})
