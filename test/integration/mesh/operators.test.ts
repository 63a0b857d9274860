// Operators with real daemons: a person certified on one machine asks from another under their own name, and nobody else does.
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type {
  AskersShape,
  AuditEntryShape,
  FleetShape,
  OperatorShape,
  QueryResult,
  WhoAmIShape,
} from '../../../src/api/contract/shapes.ts'
import { feed, hoursOfFeed } from '../../support/data/feed.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import { startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { inTerminal } from '../../support/shell/terminal-run.ts'

const WORDS = 'nine words that nobody else in this test says'
const OTHER_UID = 12_345
const root = process.getuid?.() === 0
const range = hoursOfFeed()
const BETWEEN = ['--from', new Date(range.start).toISOString(), '--to', new Date(range.end).toISOString()]

/** `hq` certifies; `desk` is where people log in; `owner` has the numbers, and gives them to leads of eng and to security. */
let hq: TestNode, desk: TestNode, owner: TestNode
const DESK = { name: 'desk', env: { KARO_ACCESS_ASKERS: String(OTHER_UID) } }
let total: number

const portOf = async (node: TestNode): Promise<string> =>
  /tcp\/(\d+)$/.exec((await node.status()).mesh.listen[0] ?? '')?.[1] ?? ''
const ask = (node: TestNode, ...more: string[]) =>
  node.karo(['query', 'tools', ...BETWEEN, '--json', ...more])
async function asked(...more: string[]): Promise<QueryResult> {
  // Whoever asks quickly has used up what an operator may ask for the moment.
  return until(
    async () => {
      const result = JSON.parse((await ask(desk, ...more)).stdout) as QueryResult
      return result.coverage.nodes.every(({ outcome }) => outcome !== 'busy') && result
    },
    { what: 'there is time for the question' },
  )
}
const outcome = ({ coverage }: QueryResult, of = 'owner') =>
  coverage.nodes.find(({ name }) => name === of)?.outcome
const usesOf = ({ data }: QueryResult): number =>
  'tools' in data ? data.tools.reduce((sum, { uses }) => sum + uses, 0) : 0
const whoAmI = (node: TestNode) => node.json<WhoAmIShape>(['whoami'])
const entries = async (node: TestNode, type: string): Promise<readonly AuditEntryShape[]> =>
  (await node.json<{ entries: AuditEntryShape[] }>(['audit', 'log', '--type', type])).entries

async function issue(name: string, ...more: string[]): Promise<string> {
  const file = join(temporaryHome(), `${name}.karo`)
  const ran = await hq.karo(
    ['operator', 'issue', name, '--to', file, '--passphrase-file', '-', ...more],
    `${WORDS}\n`,
  )
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  return file
}
const logIn = (node: TestNode, file: string, ...more: string[]) =>
  node.karo(['login', '--credential', file, '--passphrase-file', '-', ...more], `${WORDS}\n`)

/** As that person: the kernel tells the daemon their uid, and nothing else of them. */
async function as<T>(uid: number, method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
  process.seteuid?.(uid)
  const answer = callDaemon({ socket: join(desk.home, 'karo.sock') }, method, path, body)
  process.seteuid?.(0)
  return (await answer) as T
}

beforeAll(async () => {
  hq = await startNode({ name: 'hq' })
  const founded = await hq.karo(
    ['ca', 'init', '--root-key', join(temporaryHome(), 'r'), '--grant', 'security', '--passphrase-file', '-'],
    `${WORDS}\n`,
  )
  expect(founded).toMatchObject({ code: 0 })
  const place = `127.0.0.1:${await portOf(hq)}`
  const config = `[discovery]\npeers = ["${place}"]\n`
  desk = await startNode({ ...DESK, config })
  const consent = `${config}[sharing.allow]\npeers = ["team:eng"]\nsupervisors = ["role:security"]\n`
  owner = await startNode({ name: 'owner', config: consent })
  for (const node of [desk, owner]) {
    const code = (await hq.karo(node === owner ? ['invite', '--team', 'eng'] : ['invite'])).stdout
    expect(await node.karo(['join', '-', '--at', place], code)).toMatchObject({ code: 0 })
  }
  const fed = feed(join(owner.home, 'spool'), 1, 7, range)
  total = Object.values(fed.uses).reduce((sum, uses) => sum + uses, 0)
  await until(async () => (await owner.json<{ total: number }>(['history'])).total === fed.commands, {
    what: 'the owner has its commands',
  })
  for (const node of [hq, desk, owner]) {
    await until(async () => (await node.status()).mesh.peers_connected === 2, {
      what: `${node.name} is linked to the others`,
    })
  }
})

describe('an operator', () => {
  let carol: string, dan: string

  test('is certified by an issuer, within what the issuer was granted, into a file for one person', async () => {
    carol = await issue('carol', '--role', 'security')
    dan = await issue('dan', '--role', 'lead', '--team', 'eng')
    expect(statSync(carol).mode & 0o777).toBe(0o600)
    expect(readFileSync(carol, 'utf8')).not.toContain(WORDS)
    // Never over a file, and never with what was not granted.
    const again = ['operator', 'issue', 'eve', '--passphrase-file', '-']
    expect(await hq.karo([...again, '--to', carol], `${WORDS}\n`)).toMatchObject({ code: 1 })
    const none = join(temporaryHome(), 'eve')
    const granted = await hq.karo([...again, '--role', 'admin', '--to', none], `${WORDS}\n`)
    expect(granted).toMatchObject({ code: 4, stderr: expect.stringContaining('may not give the role admin') })
    expect(existsSync(none)).toBe(false)
    // A member that is no issuer certifies nobody.
    expect(await desk.karo([...again, '--to', none], `${WORDS}\n`)).toMatchObject({ code: 4 })
    for (const node of [desk, owner]) {
      await until(
        async () => {
          const { operators } = await node.json<{ operators: OperatorShape[] }>(['operator', 'list'])
          const found = operators.map(({ name, state }) => [name, state])
          expect(found).toEqual([
            ['carol', 'valid'],
            ['dan', 'valid'],
          ])
          return true
        },
        { what: `${node.name} knows both` },
      )
    }
    // A person is no machine: nobody expects it, and nobody waits for it.
    expect((await desk.json<FleetShape>(['ca', 'show'])).certified).toBe(3)
  })

  test('asks through a member what the member itself may not have', async () => {
    expect(outcome(await asked())).toBe('denied')
    expect(await whoAmI(desk)).toMatchObject({ login: null })
    expect(await logIn(desk, dan, '--for', '1h')).toMatchObject({ code: 0, stderr: '' })
    expect(await whoAmI(desk)).toMatchObject({ login: { name: 'dan', roles: ['lead'], teams: ['eng'] } })
    const result = await asked()
    expect(result.asked_as).toMatchObject({ name: 'dan', roles: ['lead'], teams: ['eng'] })
    expect(outcome(result)).toBe('answered')
    expect(usesOf(result)).toBe(total)
    expect((await ask(desk)).stdout).not.toContain(WORDS)
    // The machine alone still has nothing.
    const alone = await asked('--as-node')
    expect([outcome(alone), alone.asked_as]).toEqual(['denied', undefined])
    // Totals are what security staff are entitled to; where nobody computes any, that is said, and nobody is asked.
    expect(await logIn(desk, carol)).toMatchObject({ code: 0 })
    expect(await asked()).toMatchObject({ status: 'withheld', asked_as: { name: 'carol' } })
    const { stdout: totals } = await desk.karo(['query', 'tools', ...BETWEEN])
    expect(totals).toMatch(/No totals, .*--level 1 .*\nThe role security opens none of these: .* to carol, /)
    // By the role nobody gives numbers of a single node, and by the person's key people do.
    expect(await owner.karo(['share', 'allow', 'role:security'])).toMatchObject({ code: 0 })
    const denied = await asked('--level', '1')
    expect(outcome(denied)).toBe('denied')
    const { operator = '' } = denied.asked_as ?? {}
    const refused = (await desk.karo(['query', 'tools', ...BETWEEN, '--level', '1'])).stdout
    expect(refused).toContain(`karo share allow ${operator}`)
    expect(await owner.karo(['share', 'allow', operator])).toMatchObject({ code: 0 })
    expect(outcome(await asked('--level', '1'))).toBe('answered')
    expect(await owner.karo(['share', 'stop', operator])).toMatchObject({ code: 0 })
  })

  test('is named with the node in the ledgers of both ends', async () => {
    const { node_id } = await desk.status()
    const { askers } = await owner.json<AskersShape>(['audit', 'who-asked'])
    const of = (name: string | null) =>
      askers.find((one) => (one.operator?.name ?? null) === name && one.query_type === 'ToolUsage')
    expect(of('dan')).toMatchObject({ node_id, name: 'desk', asked: 2, allowed: 2 })
    expect(of('carol')).toMatchObject({ node_id, allowed: 1 })
    expect(of(null)).toMatchObject({ node_id, operator: null, allowed: 0 })
    expect((await owner.karo(['audit', 'who-asked'])).stdout).toMatch(/^dan \([0-9a-f ]{19}\) +desk /m)
    const own = await entries(desk, 'query_asked')
    expect(own.filter(({ details }) => details.operator_name === 'dan').length).toBe(2)
    expect(await entries(desk, 'operator_login')).toMatchObject([
      { success: true, details: { operator_name: 'carol', roles: 'security' } },
      { success: true, details: { operator_name: 'dan' } },
    ])
  })

  test.runIf(root)('asks for one person of the machine, and for no other', async () => {
    chmodSync(desk.home, 0o711)
    chmodSync(join(desk.home, 'karo.sock'), 0o666)
    expect(await logIn(desk, dan)).toMatchObject({ code: 0 })
    const times = { start: new Date(range.start).toISOString(), end: new Date(range.end).toISOString() }
    const body = { query_type: 'ToolUsage', range: times }
    const theirs = await as<QueryResult>(OTHER_UID, 'POST', '/api/v1/query', body)
    expect([outcome(theirs), theirs.asked_as]).toEqual(['denied', undefined])
    expect(await as<WhoAmIShape>(OTHER_UID, 'GET', '/api/v1/login')).toMatchObject({ login: null })
    await expect(as(OTHER_UID, 'POST', '/api/v1/query', { ...body, as: 'operator' })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('not logged in'),
    })
    // Nor does the other person end it.
    expect(await as(OTHER_UID, 'POST', '/api/v1/login/end')).toEqual({ ended: null })
    expect(outcome(await asked())).toBe('answered')
  })

  test('is gone with logout, and with the daemon', async () => {
    expect((await desk.karo(['logout'])).stdout).toContain('Logged out dan')
    expect(outcome(await asked())).toBe('denied')
    expect((await desk.karo(['logout'])).stdout).toContain('not logged in')
    expect(await logIn(desk, dan)).toMatchObject({ code: 0 })
    await desk.stop()
    desk = await startNode({ ...DESK, home: desk.home })
    expect(await desk.karo(['query', 'tools'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('no login outlives a start of this node'),
    })
    expect(await desk.karo(['logout'])).toMatchObject({ code: 0 })
    await until(async () => outcome(await asked()) === 'denied', { what: 'the machine is linked again' })
  })

  test('gets other teams by one command, which count in a login that goes on', async () => {
    expect(await logIn(desk, dan)).toMatchObject({ code: 0 })
    expect(outcome(await asked())).toBe('answered')
    const { login } = await whoAmI(desk)
    expect(await hq.karo(['operator', 'assign', 'dan', '--team', 'ops'])).toMatchObject({ code: 0 })
    await until(async () => outcome(await asked()) === 'denied', { what: 'the team counts no more' })
    // The node that was asked may have heard of it before this one.
    await until(async () => (await whoAmI(desk)).login?.teams.join() === 'ops', { what: 'its own teams' })
    expect(await whoAmI(desk)).toMatchObject({ login: { session: login?.session, roles: ['lead'] } })
    expect(await hq.karo(['operator', 'assign', 'dan', '--role', 'admin'])).toMatchObject({ code: 4 })
    expect(await desk.karo(['operator', 'assign', 'dan', '--team', 'eng'])).toMatchObject({ code: 4 })
    expect(await hq.karo(['operator', 'assign', 'dan', '--team', 'eng'])).toMatchObject({ code: 0 })
    await until(async () => outcome(await asked()) === 'answered', { what: 'the team counts again' })
  })

  test('is out everywhere once it is revoked, wherever it is logged in', async () => {
    expect(await logIn(desk, dan)).toMatchObject({ code: 0 })
    expect(outcome(await asked())).toBe('answered')
    // Nobody can be asked here, so nothing is revoked.
    expect(await hq.karo(['operator', 'revoke', 'dan'])).toMatchObject({ code: 2 })
    const person = inTerminal(['operator', 'revoke', 'dan'], hq.home)
    await until(() => person.shown().includes('[y/N]'), { what: 'the question' })
    expect(person.shown()).toMatch(/^Revoke dan \(/)
    person.write('y\r')
    expect(await person.ended()).toBe(0)
    await until(async () => (await whoAmI(desk)).login === null, { what: 'the login has ended' })
    // The login is over before its entry is on the disk.
    await until(
      async () => {
        const [last] = await entries(desk, 'operator_logout')
        return last?.details.operator_name === 'dan' && last.details.why === 'certificate_revoked'
      },
      { what: 'the ledger says why' },
    )
    const back = await logIn(desk, dan)
    expect(back).toMatchObject({ code: 4, stderr: expect.stringContaining('was revoked') })
    // Nothing is asked as the machine until they say so.
    expect(await desk.karo(['query', 'tools'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('has ended'),
    })
    expect(await desk.karo(['logout'])).toMatchObject({
      code: 0,
      stdout: 'You are not logged in. You ask as this node.\n',
    })
    expect(outcome(await asked())).toBe('denied')
    expect(await hq.karo(['operator', 'renew', 'dan'])).toMatchObject({ code: 4 })
    // What it showed is in no log, and the words that open it are nowhere.
    for (const node of [hq, desk, owner]) expect(node.log()).not.toContain(WORDS)
  })
})
