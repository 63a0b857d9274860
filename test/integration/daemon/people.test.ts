// Accounts come and go on a machine: nobody who gets a used uid gets what its owner typed, and root decides over what is left.

import { chmodSync, chownSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { EventShape } from '../../../src/api/contract/shapes.ts'
import { openArchive } from '../../../src/ops/care/archive.ts'
import { append, liveName, records } from '../../support/data/spool.ts'
import { canPlayAccounts, playedAccounts } from '../../support/node/accounts.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import { cleanEnv, runProgram, startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import type { PeopleShape } from '../../support/shapes.ts'

const UID = 61_271
const OTHER_UID = 61_272
async function as<T>(
  node: TestNode,
  uid: number,
  path: string,
  method: 'GET' | 'POST' = 'GET',
  body?: unknown,
): Promise<T> {
  chmodSync(node.home, 0o711)
  chmodSync(join(node.home, 'karo.sock'), 0o666)
  process.seteuid?.(uid)
  const answer = callDaemon({ socket: join(node.home, 'karo.sock') }, method, path, body)
  process.seteuid?.(0)
  return (await answer) as T
}
const historyOf = async (node: TestNode, uid: number): Promise<string[]> =>
  (await as<{ events: EventShape[] }>(node, uid, '/api/v1/history')).events.map(({ command }) => command)
const reads = (node: TestNode, uid: number, commands: readonly string[]) =>
  until(async () => JSON.stringify((await historyOf(node, uid)).toSorted()) === JSON.stringify(commands), {
    what: `${uid} sees ${commands.join(', ') || 'nothing'}`,
  })

function type(node: TestNode, uid: number, ...commands: readonly string[]): void {
  const spool = join(node.home, 'spool')
  const name = liveName()
  append(spool, name, new Uint8Array())
  chownSync(join(spool, name), uid, uid)
  append(spool, name, records(commands))
}

test.runIf(canPlayAccounts())('a uid that is used again, a new home, and a person who leaves', async () => {
  const accounts = playedAccounts()
  accounts.set({ 'karo-ada': UID })
  const node = await startNode({ name: 'machine', under: accounts.under })
  type(node, UID, 'echo canary-ada')
  await reads(node, UID, ['echo canary-ada'])
  await as(node, UID, '/api/v1/share/allow', 'POST', { who: '*' })
  const { token: secret } = await as<{ token: string }>(node, UID, '/api/v1/tokens', 'POST', {
    name: 'script',
    scope: 'read',
    ttl_ms: 3_600_000,
  })
  const { listen } = (await node.status()).http
  const withToken = async (): Promise<number> =>
    (await fetch(`http://${listen}/api/v1/history`, { headers: { authorization: `Bearer ${secret}` } }))
      .status
  expect(await withToken()).toBe(200)

  // Another account gets the number.
  accounts.set({ 'karo-bob': UID })
  await reads(node, UID, [])
  type(node, UID, 'echo canary-bob')
  await reads(node, UID, ['echo canary-bob'])
  expect(await withToken()).toBe(401)
  expect(await as<{ sharing: string }>(node, UID, '/api/v1/share')).toMatchObject({ source: 'config' })
  const { people } = await node.json<PeopleShape>(['people', 'list'])
  expect(people.filter(({ uid }) => uid === UID).map(({ name, uid, held }) => [name, uid, held])).toEqual([
    ['karo-ada', UID, 'renamed'],
    ['karo-bob', UID, null],
  ])
  // Only root says whose it is, and no account gets a second history.
  await expect(as(node, UID, '/api/v1/people')).rejects.toMatchObject({ code: 'refused' })
  expect((await node.karo(['people', 'map', 'karo-ada', 'karo-bob', '--yes'])).stderr).toContain(
    'of their own',
  )

  // She has another number now.
  accounts.set({ 'karo-bob': UID, 'karo-ada': OTHER_UID })
  const unasked = await node.karo(['people', 'map', 'karo-ada', 'karo-ada'])
  expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('--yes')])
  expect((await node.karo(['people', 'map', 'karo-ada', 'karo-ada', '--yes'])).code).toBe(0)
  await reads(node, OTHER_UID, ['echo canary-ada'])
  await reads(node, UID, ['echo canary-bob'])
  expect((await node.status()).people_held).toBe(0)

  // One leaves for good: nothing of theirs is in the database any more.
  expect((await node.karo(['people', 'remove', 'karo-ada', '--dry-run'])).stdout).toContain('karo-ada')
  expect((await node.karo(['people', 'remove', 'karo-ada', '--yes'])).code).toBe(0)
  await reads(node, OTHER_UID, [])
  const file = join(temporaryHome(), 'karo.tar')
  expect((await node.karo(['backup', file])).code).toBe(0)
  const archive = await openArchive(file)
  const rows: Uint8Array[] = []
  for await (const piece of archive.rows()) rows.push(piece)
  await archive.close()
  expect([Buffer.concat(rows).includes('canary-ada'), Buffer.concat(rows).includes('canary-bob')]).toEqual([
    false,
    true,
  ])
  await node.stop()

  // Restored: on this machine everybody is there again.
  const home = temporaryHome()
  expect((await runProgram(['restore', file], cleanEnv(home))).code).toBe(0)
  const again = await startNode({ home, under: accounts.under })
  await reads(again, UID, ['echo canary-bob'])
  expect(await again.status()).toMatchObject({ people_held: 0 })
  await again.stop()

  // While the daemon rests, the last commands are left unread, and the number goes to somebody else.
  type(again, UID, 'echo canary-unread')
  accounts.set({ 'karo-carol': UID })
  const machine = await startNode({ home, under: accounts.under })
  await until(async () => (await machine.status()).spool.pending_bytes === 0, { what: 'all is read' })
  type(machine, UID, 'echo canary-carol')
  await reads(machine, UID, ['echo canary-carol'])
  accounts.set({ 'karo-carol': UID, 'karo-bob': OTHER_UID })
  expect((await machine.karo(['people', 'map', 'karo-bob', 'karo-bob', '--yes'])).code).toBe(0)
  await reads(machine, OTHER_UID, ['echo canary-bob', 'echo canary-unread'])
})
