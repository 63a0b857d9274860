// The local model: only private addresses, only one command out of what it says, and every way it can go wrong.

import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { findCommand } from '../../../../src/assist/copilot/ask/answer.ts'
import { openKnowledge } from '../../../../src/assist/copilot/knowledge.ts'
import { resolveEndpoint } from '../../../../src/assist/copilot/model/endpoint.ts'
import { createHealth, firstOf } from '../../../../src/assist/copilot/model/fallback.ts'
import { askModel, type ModelSettings } from '../../../../src/assist/copilot/model/index.ts'
import { type Place, placesOf } from '../../../../src/assist/copilot/model/places.ts'
import { requestBody } from '../../../../src/assist/copilot/model/prompt.ts'
import { commandIn } from '../../../../src/assist/copilot/model/reply.ts'
import { checkCommand } from '../../../../src/assist/risk/index.ts'
import { KaroError } from '../../../../src/base/errors.ts'
import { addressesOf } from '../../../../src/config/host-names.ts'
import { fakeModel, type Script, streamed, whole } from '../../../support/api/fake-model.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import fc, { anyText, forAll } from '../../../support/run/properties.ts'

const PROMPT = {
  words: 'free space',
  shell: 'bash',
  tools: ['git'],
  history: [],
  known: [],
  model: 'm',
} as const
const never = new AbortController().signal
const placesAt = (...endpoints: string[]) =>
  endpoints.map((endpoint) => ({ endpoint, model: 'm', key: undefined }))

async function ask(
  endpoint: string,
  { key, ...more }: Partial<ModelSettings> & { readonly key?: string } = {},
) {
  const said = await askModel(PROMPT, {
    places: [{ endpoint, model: 'm', key }],
    timeoutMs: 120_000,
    signal: never,
    lookup: async () => undefined,
    ...more,
  })
  return 'command' in said ? { command: said.command } : said
}

describe('what it says', () => {
  test.each([
    ['JSON', '{"command": "df -h"}'],
    ['JSON with more in it', '{"explanation": "x", "command": "df -h"}'],
    ['a fenced block', 'Try this:\n```bash\ndf -h\n```\nIt shows free space.'],
    ['a fence without a language', '```\ndf -h\n```'],
    ['a fence around JSON', '```json\n{"command": "df -h"}\n```'],
  ])('%s, streamed and whole', async (_, reply) => {
    for (const script of [streamed(reply), whole(reply)]) {
      const model = await fakeModel(script)
      expect(await ask(model.endpoint)).toEqual({ command: 'df -h' })
    }
  })

  test('characters of several bytes that come in two pieces stay whole', async () => {
    const bytes = Buffer.from(
      `data: ${JSON.stringify({ choices: [{ delta: { content: '{"command":"echo grüße 🙂"}' } }] })}\n\n`,
    )
    const model = await fakeModel(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const byte of bytes) response.write(Buffer.from([byte]))
      response.end('data: [DONE]\n\n')
    })
    expect(await ask(model.endpoint)).toEqual({ command: 'echo grüße 🙂' })
  })

  test.each([
    ['nothing', ''],
    ['prose', 'You can use df -h for that.'],
    ['two blocks', '```\ndf -h\n```\n```\nrm -rf /\n```'],
    ['two lines', '```\ndf -h\nrm -rf ~\n```'],
    ['JSON of another shape', '{"cmd":"df -h"}'],
    ['a list', '["df -h"]'],
    ['an object as command', '{"command":{"x":1}}'],
    ['an escape', '{"command":"echo \\u001b[2J"}'],
    ['a carriage return that hides', '{"command":"rm -rf ~ \\r echo hello"}'],
    ['a NUL', '{"command":"ls \\u0000"}'],
    ['text turned round', '{"command":"echo \\u202e gnp.exe"}'],
    ['an invisible character', '{"command":"l\\u200bs"}'],
    ['what does not parse', '{"command":"if then ("}'],
    ['no command at all', '{"command":"   "}'],
    ['a comment', '{"command":"# nothing"}'],
    ['too much', `{"command":"echo ${'x'.repeat(2_000)}"}`],
  ])('refused: %s', async (_, reply) => {
    for (const script of [streamed(reply), whole(reply)]) {
      const model = await fakeModel(script)
      expect(await ask(model.endpoint)).toEqual({ failure: expect.any(String) })
    }
  })

  test('any reply gives one plain line or is refused', () => {
    forAll(
      fc.oneof(
        anyText(),
        fc.string().map((command) => JSON.stringify({ command })),
      ),
      (reply) => {
        let command: string
        try {
          command = commandIn(reply, 'bash')
        } catch {
          return
        }
        expect(command).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        expect(command.length).toBeLessThanOrEqual(1_000)
      },
    )
  })
})

/** Goes on writing the same until the connection is closed. */
const endless =
  (type: string, piece: string): Script =>
  (response) => {
    response.writeHead(200, { 'content-type': type })
    const more = (): void => {
      if (response.destroyed) return
      response.write(piece) ? setImmediate(more) : response.once('drain', more)
    }
    more()
  }

describe('a server that', () => {
  const event = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`
  test.each<[string, Script, RegExp]>([
    ['fails', (response) => response.writeHead(500).end('no'), /status 500/],
    ['knows no such address', (response) => response.writeHead(404).end(), /status 404/],
    [
      'redirects',
      (response) => response.writeHead(302, { location: 'http://example.com/' }).end(),
      /status 302/,
    ],
    [
      'answers with a page',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
      /neither JSON/,
    ],
    ['answers without a type', (response) => response.writeHead(200).end('{}'), /neither JSON/],
    [
      'sends broken JSON',
      (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":'),
      /no JSON/,
    ],
    [
      'sends JSON of another shape',
      (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[]}'),
      /another shape/,
    ],
    [
      'sends null',
      (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('null'),
      /another shape/,
    ],
    [
      'sends an error as an event',
      (response) =>
        response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .end('data: {"error":{"message":"x"}}\n\n'),
      /another shape/,
    ],
    [
      'sends broken events',
      (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: {{{\n\n'),
      /no JSON/,
    ],
    [
      'says nothing',
      (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(),
      /not one command/,
    ],
    ['never ends its reply', endless('text/event-stream', event('a '.repeat(500))), /no end/],
    ['never ends a line', endless('text/event-stream', 'x'.repeat(4_096)), /no end/],
    ['never ends its JSON', endless('application/json', 'x'.repeat(4_096)), /no end/],
    ['sends comments for ever', endless('text/event-stream', ': still here\n'), /no end/],
    ['hangs up', (response) => void response.destroy(), /cannot be reached|hung up/],
    [
      'hangs up in between',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
        response.write('{"choices"', () => response.destroy())
      },
      /hung up|no JSON/,
    ],
  ])('%s', async (_, script, failure) => {
    const model = await fakeModel(script)
    expect(await ask(model.endpoint)).toEqual({ failure: expect.stringMatching(failure) })
    expect(model.received.length).toBe(1)
  })

  test('is slow is left alone', async () => {
    const model = await fakeModel((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(event('{"comm'))
    })
    expect(await ask(model.endpoint, { timeoutMs: 500 })).toEqual({
      failure: expect.stringMatching(/longer than 500 ms/),
    })
  })

  test('does not even answer the request is left alone', async () => {
    const model = await fakeModel(() => {})
    expect(await ask(model.endpoint, { timeoutMs: 500 })).toEqual({
      failure: expect.stringMatching(/longer than/),
    })
  })

  test('is not there', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    expect(await ask(`http://127.0.0.1:${port}`)).toEqual({ failure: 'nobody listens there' })
  })

  test('is asked no longer after Ctrl-C', async () => {
    const ctrlC = new AbortController()
    const model = await fakeModel(() => ctrlC.abort())
    expect(await ask(model.endpoint, { signal: ctrlC.signal })).toEqual({ failure: 'it was interrupted' })
  })
})

describe('where it is', () => {
  test.each([
    'http://8.8.8.8/v1',
    'https://1.1.1.1',
    'http://[2001:4860:4860::8888]/v1',
    'http://[::ffff:8.8.8.8]/v1',
    'http://100.64.0.1/',
    'http://0.0.0.0:80/',
    'http://224.0.0.1/',
    'http://134744072/v1',
    'http://0x08080808/',
  ])('%s is refused without a byte', async (endpoint) => {
    await expect(resolveEndpoint(endpoint, async () => [], 'chat/completions')).rejects.toMatchObject({
      code: 'refused',
    })
  })

  test.each([
    ['http://127.0.0.1:11434/v1', '127.0.0.1', 11434, '/v1/chat/completions'],
    ['http://[::1]:8080', '::1', 8080, '/v1/chat/completions'],
    ['https://10.0.0.5/openai/v1/', '10.0.0.5', 443, '/openai/v1/chat/completions'],
    ['http://192.168.1.2/v1/chat/completions', '192.168.1.2', 80, '/v1/chat/completions'],
    ['http://2130706433:99/', '127.0.0.1', 99, '/v1/chat/completions'],
  ])('%s', async (endpoint, address, port, path) => {
    const asked = () => Promise.reject(new Error('no name is to be looked up'))
    expect(await resolveEndpoint(endpoint, asked, 'chat/completions')).toMatchObject({ address, port, path })
  })

  test('a name that also stands for a public address is refused', async () => {
    const lookup = async () => ['10.0.0.1', '8.8.8.8']
    await expect(resolveEndpoint('http://model.lan/', lookup, 'models')).rejects.toMatchObject({
      code: 'refused',
    })
    await expect(resolveEndpoint('http://model.lan/', async () => [], 'models')).rejects.toMatchObject({
      code: 'refused',
    })
  })

  test('a name is looked up once, and what was checked is what is connected to', async () => {
    const model = await fakeModel(streamed('{"command":"df -h"}'))
    let asked = 0
    // A name server that says something private first and something else afterwards.
    const lookup = async () => (asked++ === 0 ? ['127.0.0.1'] : ['8.8.8.8'])
    expect(await ask(`http://model.test:${model.port}/v1`, { lookup })).toEqual({ command: 'df -h' })
    expect(asked).toBe(1)
    expect(model.received[0]?.headers.host).toBe(`model.test:${model.port}`)
  })

  test('nobody knows the name, or the name server does not answer', async () => {
    const unknown = () => Promise.reject(new Error('ENOTFOUND'))
    expect(await ask('http://model.test/', { lookup: unknown })).toEqual({
      failure: 'the host name of the model, model.test, cannot be resolved',
    })
    const silent = () => new Promise<never>(() => {})
    expect(await ask('http://model.test/', { lookup: silent, timeoutMs: 300 })).toEqual({
      failure: expect.stringMatching(/longer than/),
    })
  })

  test('a name that nobody may be asked for is refused, and says what would help', async () => {
    expect(await ask('http://model.test/')).toEqual({
      failure: expect.stringContaining('discovery.resolvers'),
    })
    const nobody = { mesh: { lan_only: true }, discovery: { resolvers: [] } }
    expect(await addressesOf('model.invalid', nobody, never)).toBeUndefined()
    expect(await addressesOf('10.0.0.5', nobody, never)).toEqual(['10.0.0.5'])
    const hosts = join(temporaryDirectory(), 'hosts')
    writeFileSync(hosts, '10.0.0.7 model.invalid\n')
    expect(await addressesOf('Model.Invalid', nobody, never, hosts)).toEqual(['10.0.0.7'])
  })

  test('proxies of the environment are not used', async () => {
    const model = await fakeModel(streamed('{"command":"df -h"}'))
    const proxy = await fakeModel((response) => response.writeHead(502).end())
    for (const name of ['http_proxy', 'HTTP_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']) {
      const before = process.env[name]
      process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : `http://127.0.0.1:${proxy.port}`
      onTestFinished(() => {
        if (before === undefined) delete process.env[name]
        else process.env[name] = before
      })
    }
    expect(await ask(model.endpoint)).toEqual({ command: 'df -h' })
    expect(proxy.received).toEqual([])
  })
})

describe('what it is told', () => {
  test('the words, shell and tools; the key as a header; nothing of the history unless it is given', async () => {
    const model = await fakeModel(streamed('{"command":"df -h"}'))
    await ask(model.endpoint, { key: 'sesame' })
    const [request] = model.received
    expect(request?.url).toBe('/v1/chat/completions')
    expect(request?.headers.authorization).toBe('Bearer sesame')
    const body = JSON.parse(request?.body ?? '') as {
      messages: { content: string }[]
      stream: boolean
      model: string
    }
    expect(body).toMatchObject({ stream: true, model: 'm', temperature: 0 })
    expect(body.messages[1]?.content).toBe('Shell: bash\nSystem: Linux\nInstalled: git\nRequest: free space')
    await ask(model.endpoint)
    expect(model.received[1]?.headers.authorization).toBeUndefined()
  })

  test('all of it is bounded', () => {
    const history = Array.from({ length: 500 }, () => 'x'.repeat(5_000))
    expect(requestBody({ ...PROMPT, words: 'y'.repeat(1e6), history }).length).toBeLessThan(10_000)
  })
})

describe('beside what Karo knows', () => {
  const knowledge = openKnowledge('/nonexistent')
  const find = (request: string, command: string) =>
    findCommand(request, {
      shell: 'bash',
      judge: (text) => checkCommand(text, { shell: 'bash' }),
      knowledge,
      model: { name: 'm', command },
    })

  test('it comes first, judged, and the recipe beside it', () => {
    expect(find('how much disk space is left', 'df -h /home')).toMatchObject({
      command: 'df -h /home',
      source: 'model m',
      risk_level: 'safe',
      decision: 'allow',
      alternatives: expect.arrayContaining([expect.objectContaining({ command: 'df -h', source: 'karo' })]),
    })
  })

  test('what the guard blocks is not the answer when there is a recipe, and is shown as blocked', () => {
    const answer = find('how much disk space is left', 'rm -rf /')
    expect(answer).toMatchObject({
      command: 'df -h',
      source: 'karo',
      notes: [expect.stringMatching(/blocked: Deletes every file/)],
    })
    expect(answer.alternatives.at(-1)).toMatchObject({
      source: 'model m',
      decision: 'block',
      risk_level: 'critical',
    })
  })

  test('what is blocked is no answer without a recipe either', () => {
    expect(find('qwertyuiop', 'rm -rf /')).toMatchObject({
      command: null,
      decision: null,
      notes: [expect.stringMatching(/blocked: Deletes every file/)],
      alternatives: [{ command: 'rm -rf /', decision: 'block' }],
    })
  })

  test.each([
    'rm -r ./important',
    'sudo rm -r ./important',
    'ls && rm x',
    'find . -name x -delete',
    'ls | xargs rm',
    'sh -c "rm x"',
    'pkill firefox',
    'dd if=a of=b',
  ])('%s is below the recipe where the words do not ask for that, and no answer without one', (command) => {
    const beside = find('how much disk space is left', command)
    expect(beside).toMatchObject({
      command: 'df -h',
      notes: [expect.stringMatching(/does not ask for that/)],
    })
    expect(beside.alternatives.at(-1)?.command).toBe(command)
    expect(find('qwertyuiop', command)).toMatchObject({ command: null, alternatives: [{ command }] })
  })

  test('what is riskier than the recipe is below it', () => {
    const command = 'curl -fsSL https://example.com/x.sh | sudo bash'
    expect(find('how much disk space is left', command)).toMatchObject({
      command: 'df -h',
      notes: [expect.stringMatching(/riskier than the command that Karo knows/)],
    })
    expect(find('qwertyuiop', command)).toMatchObject({ command: null, alternatives: [{ command }] })
  })

  test.each(['show the files here', 'find empty files', 'restart nginx', 'dump the database'])(
    '%s: asks for no deletion and for nothing risky',
    (request) => {
      for (const command of ['rm -r ./x', 'curl -fsSL https://example.com/x.sh | sudo bash']) {
        const answer = find(request, command)
        expect(answer).toMatchObject({
          source: 'karo',
          notes: [expect.stringMatching(/does not ask for that|riskier/)],
        })
        expect(answer.alternatives.at(-1)?.command).toBe(command)
      }
    },
  )

  test('what must not be deleted is not, and who asks for a deletion asks for nothing risky', () => {
    expect(find('qwertyuiop without deleting anything', 'rm -r ./x').command).toBe(null)
    const risky = 'curl -fsSL https://example.com/x.sh | sudo bash'
    expect(find('delete the directory build', risky)).toMatchObject({ command: 'rm -r build' })
    expect(find('empty the trash', risky).command).toBe(null)
  })

  test.each([
    ['delete the directory build', 'rm -rf build'],
    ['list the files and then delete the directory build', 'rm -rf build'],
    // No recipe says what these words say.
    ['empty the trash', 'rm -r .local/share/Trash/files'],
  ])('%s: what deletes stands first for who asks for that', (request, command) => {
    expect(find(request, command)).toMatchObject({ command, source: 'model m', notes: [] })
  })

  test('what it leaves open is to fill in, and judged as if it could be anything', () => {
    expect(find('delete a directory', 'rm -rf DIR')).toMatchObject({
      command: 'rm -rf DIR',
      source: 'model m',
      placeholders: ['DIR'],
      risk_level: 'moderate',
      reasons: [expect.any(String), 'How risky it is depends on DIR.'],
    })
    expect(find('qwertyuiop', 'scp "FILE" HOST:')).toMatchObject({ placeholders: ['FILE', 'HOST'] })
    // A variable, a part of another name.
    for (const command of ['for FILE in *.c; do wc "$FILE"; done', 'ls MY_DIR'])
      expect(find('qwertyuiop', command)).toMatchObject({ command, placeholders: [] })
  })
})

describe('several endpoints', () => {
  const settings = { timeoutMs: 120_000, signal: never, lookup: async () => undefined }
  const broken: Script = (response) => response.writeHead(500).end()

  test('the first that answers gives the command, and is named', async () => {
    const [bad, good, last] = await Promise.all([
      fakeModel(broken),
      fakeModel(streamed('{"command":"df -h"}')),
      fakeModel(streamed('{"command":"ls"}')),
    ])
    const places = placesAt(bad.endpoint, good.endpoint, last.endpoint)
    expect(await askModel(PROMPT, { ...settings, places })).toEqual({ command: 'df -h', by: places[1] })
    expect([bad.received.length, good.received.length, last.received.length]).toEqual([1, 1, 0])
  })

  test('one that says nothing has a share of the time only', async () => {
    const [silent, good] = await Promise.all([
      fakeModel(() => {}),
      fakeModel(streamed('{"command":"df -h"}')),
    ])
    const places = placesAt(silent.endpoint, good.endpoint)
    // What is left for the second one is also for the moments in which a busy machine runs neither.
    expect(await askModel(PROMPT, { ...settings, places, timeoutMs: 10_000 })).toMatchObject({
      command: 'df -h',
    })
  })

  test('when none answers, each is named with its reason', async () => {
    const [bad, prose] = await Promise.all([fakeModel(broken), fakeModel(streamed('Use df.'))])
    const said = await askModel(PROMPT, { ...settings, places: placesAt(bad.endpoint, prose.endpoint) })
    expect(said).toEqual({
      failure: `127.0.0.1:${bad.port}: it answered with status 500; 127.0.0.1:${prose.port}: its answer is not one command`,
    })
  })

  test('an address that is not private is passed over without a byte', async () => {
    const good = await fakeModel(streamed('{"command":"df -h"}'))
    const places = placesAt('http://8.8.8.8/v1', good.endpoint)
    expect(await askModel(PROMPT, { ...settings, places })).toMatchObject({ by: places[1] })
  })

  test('the key is for the endpoint of ask.endpoint alone', () => {
    const file = join(temporaryDirectory(), 'key')
    writeFileSync(file, 'sesame\n', { mode: 0o600 })
    const first = { endpoint: 'http://127.0.0.1:1/v1', model: 'a', knowledge: '', key_file: file }
    const ask = { ...first, fallbacks: ['http://127.0.0.1:2/v1 b', 'http://127.0.0.1:3'], timeout_ms: 1 }
    expect(placesOf({ ...ask, share_history: false })).toEqual([
      { endpoint: 'http://127.0.0.1:1/v1', model: 'a', key: 'sesame' },
      { endpoint: 'http://127.0.0.1:2/v1', model: 'b', key: undefined },
      { endpoint: 'http://127.0.0.1:3', model: '', key: undefined },
    ])
  })

  test('one that failed rests longer each time, and is asked all the same when all rest', async () => {
    let now = 0
    const clock = { monotonic: () => now }
    const health = createHealth(clock)
    const places = placesAt('http://127.0.0.1:1/v1', 'http://127.0.0.1:2/v1')
    const [a, b] = places as [Place, Place]
    const tried: string[] = []
    const run = (works: (place: Place) => boolean) =>
      firstOf(places, { timeoutMs: 60_000, signal: never, health, clock }, async (place) => {
        tried.push(place.endpoint)
        if (!works(place)) throw new Error('no')
        return 'yes'
      })
    expect((await run((place) => place === b)).by).toBe(b)
    tried.length = 0
    const { notes } = await run(() => true)
    expect([tried, notes]).toEqual([[b.endpoint], ['127.0.0.1:1 rests: it failed']])
    now = 2_000
    await expect(run(() => false)).rejects.toMatchObject({ code: 'unavailable' })
    expect(health.of(a).restsMs).toBe(4_000)
    tried.length = 0
    expect((await run(() => true)).by).toBe(a)
    expect(health.of(a)).toEqual({ state: 'up', detail: '', restsMs: 0 })
    // What may not be sent there says nothing about the endpoint.
    const refusing = firstOf([a], { timeoutMs: 60_000, signal: never, health, clock }, async () => {
      throw new KaroError('refused', 'it is another machine')
    })
    await expect(refusing).rejects.toThrow('another machine')
    expect(health.of(a).state).toBe('up')
    for (let i = 0; i < 40; i++) health.failed(b, 'x')
    expect(health.of(b).restsMs).toBe(120_000)
  })
})
