// karo ask from outside: the built program without a node, with one that knows own commands, and with local models.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Answer } from '../../../src/assist/copilot/types.ts'
import { fakeModel, streamed } from '../../support/api/fake-model.ts'
import { append, liveName, records } from '../../support/data/spool.ts'
import { cleanEnv, runKaro, startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { inTerminal } from '../../support/shell/terminal-run.ts'

/** For all that need one: each waits for what it typed itself. */
let node: TestNode
beforeAll(async () => {
  node = await startNode()
})
/** Resolves when so many more commands are stored than were before. */
async function typed(commands: readonly string[], more: Parameters<typeof records>[2] = {}): Promise<void> {
  const before = (await node.status()).store.events
  append(join(node.home, 'spool'), liveName(), records(commands, 1, more))
  await until(async () => (await node.status()).store.events === before + commands.length, {
    what: 'the commands are stored',
  })
}

const ask = async (words: string, env: Readonly<Record<string, string>> = {}, home = temporaryHome()) => {
  const ran = await runKaro(['ask', '--json', words], cleanEnv(home, env))
  return { ...ran, answer: JSON.parse(ran.stdout) as Answer }
}

test('the shape, its exit code, and no home is made', async () => {
  const home = join(temporaryHome(), 'none')
  const { code, stderr, answer } = await ask('files larger than 100MB in /var', {}, home)
  expect([code, stderr, existsSync(home)]).toEqual([0, '', false])
  expect(answer).toMatchObject({
    command: 'find /var -type f -size +100M',
    source: 'grammar',
    risk_level: 'safe',
    decision: 'allow',
    alternatives: expect.any(Array),
  })
})

test('no answer is exit 1, and no guess', async () => {
  const { code, answer } = await ask('brew me a coffee with oat milk')
  expect([code, answer.command, answer.alternatives]).toEqual([1, null, []])
  const shown = await runKaro(['ask', 'brew me a coffee with oat milk'], cleanEnv(temporaryHome()))
  expect([shown.code, shown.stdout]).toEqual([1, expect.stringContaining('knows no command for that')])
})

test('words that hide something are refused', async () => {
  for (const words of ['delete file \u001b[31mx', 'delete file a\u202etxt.b']) {
    const ran = await runKaro(['ask', words], cleanEnv(temporaryHome()))
    expect([ran.code, ran.stdout]).toEqual([2, ''])
    expect(ran.stderr).toContain('control or invisible characters')
  }
})

test('the shell is the one that the person logs in to', async () => {
  const words = 'compare the output of two commands'
  const of = async (SHELL: string) => (await ask(words, { SHELL })).answer.command
  expect([await of('/bin/bash'), await of('/bin/dash')]).toEqual([expect.stringContaining('<('), null])
})

test('words need no quotes', async () => {
  const { stdout } = await runKaro(['ask', 'how', 'much', 'memory', 'is', 'free'], cleanEnv(temporaryHome()))
  expect(stdout.split('\n')[0]).toBe('free -h')
  expect((await runKaro(['ask', ' '], cleanEnv(temporaryHome()))).code).toBe(2)
})

test('the answer passes the guard of this home', async () => {
  const home = temporaryHome()
  writeFileSync(join(home, 'config.toml'), '[guard]\nprofile = "strict"\n', { mode: 0o600 })
  const { answer } = await ask('delete the last commit completely', {}, home)
  expect(answer).toMatchObject({ command: 'git reset --hard HEAD~1', decision: 'block' })
  expect(answer.reasons.length).toBeGreaterThan(0)
})

test('own commands that worked before, the same directory first', async () => {
  await typed(['./deploy-blue.sh staging --fast', './deploy-red.sh staging'], { cwd: '/srv/blue' })
  await typed(['./deploy-staging-blue-failed.sh'], { exit: 1, session: '9-9-9' })
  // A daemon that is slow to tell its history is not waited for: the answer then comes without it.
  const answer = await until(
    async () => {
      const asked = await ask('deploy staging blue', {}, node.home)
      return asked.answer.source === null ? undefined : asked.answer
    },
    { what: 'an answer from the history' },
  )
  expect(answer).toMatchObject({ command: './deploy-blue.sh staging --fast', source: 'history' })
  expect(JSON.stringify(answer)).not.toContain('failed')
})

/** What Karo offers first, among others, for the disk usage by folder. */
const BY_FOLDER = 'du -h --max-depth=1 . | sort -hr'

const withModel = (endpoint: string) => ({ KARO_ASK_ENDPOINT: endpoint, KARO_ASK_MODEL: 'tiny' })

test('the key comes out of a file that others may not read, and is told to nobody else', async () => {
  const model = await fakeModel(streamed('{"command":"df -h"}'))
  const file = join(temporaryHome(), 'key')
  writeFileSync(file, 'sesame-open\n', { mode: 0o600 })
  const given = { ...withModel(model.endpoint), KARO_ASK_KEY_FILE: file }
  expect((await ask('show disk usage of each folder here', given)).answer.source).toBe('model tiny')
  expect(model.received[0]?.headers.authorization).toBe('Bearer sesame-open')
  writeFileSync(join(temporaryHome(), 'open'), 'x')
  const wide = join(temporaryHome(), 'wide')
  writeFileSync(wide, 'sesame-open\n', { mode: 0o644 })
  const refused = await ask('show disk usage of each folder here', { ...given, KARO_ASK_KEY_FILE: wide })
  expect(refused.answer.notes[0]).toMatch(/others may read the model's key/)
  expect(refused.stdout).not.toContain('sesame')
  expect(model.received.length).toBe(1)
})

test('the history goes to the model only when its owner shares it, without secrets', async () => {
  const model = await fakeModel(streamed('{"command":"df -h"}'))
  await typed(['df -h /srv/disk', 'mysql -u root -pHunter22Secret disk'])
  await ask('show disk usage of each folder here', withModel(model.endpoint), node.home)
  expect(model.received[0]?.body).not.toContain('/srv/disk')
  const shares = { ...withModel(model.endpoint), KARO_ASK_SHARE_HISTORY: 'true' }
  // As above: a daemon that is slow is not waited for.
  await until(
    async () => {
      await ask('show disk usage of each folder here', shares, node.home)
      return model.received.at(-1)?.body.includes('df -h /srv/disk')
    },
    { what: 'a question with the history' },
  )
  expect(JSON.stringify(model.received.map(({ body }) => body))).not.toContain('Hunter22Secret')
})

test('in a terminal a line says that the model is asked, and Ctrl-C goes on without it', async () => {
  const model = await fakeModel((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`data: ${JSON.stringify({ choices: [{ delta: { content: '{"comm' } }] })}\n\n`)
  })
  const run = inTerminal(
    ['ask', 'show disk usage of each folder here'],
    temporaryHome(),
    withModel(model.endpoint),
  )
  await until(() => run.shown().includes('asking tiny') || undefined, { what: 'the line is shown' })
  expect(run.shown()).not.toContain('{"comm')
  run.write('\u0003')
  await until(() => run.shown().includes('or Enter for none') || undefined, { what: 'a choice is offered' })
  run.write('\n')
  expect(await run.ended()).toBe(0)
  expect(run.shown()).toContain(BY_FOLDER)
  expect(run.shown()).toContain('The model was not used: it was interrupted.')
})

test('nothing of a request is written anywhere', async () => {
  const words = 'which files contain "zebra-unicorn-7"'
  await ask(words, {}, node.home)
  await runKaro(['explain', 'echo zebra-unicorn-7'], cleanEnv(node.home))
  expect(node.log()).not.toContain('zebra-unicorn-7')
  const log = join(node.home, 'karo.log')
  if (existsSync(log)) expect(readFileSync(log, 'utf8')).not.toContain('zebra-unicorn-7')
})
