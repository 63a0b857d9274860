// What a person says yes to is what happens, whatever a name or "the last one" means by then; and what is refused in any case is
// refused before anything is asked.
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { NodeId } from '../../../protocols/node-id.ts'
import { systemRandom } from '../../../src/base/clock.ts'
import { createIdentityFile } from '../../../src/trust/identity/index.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { bundleOf, karo, policyWith } from '../../support/node/played-daemon.ts'
import { commandLine } from '../../support/run/command-line.ts'

const { confirm } = vi.hoisted(() => ({ confirm: vi.fn(async (_: unknown, _question: string) => true) }))
vi.mock('../../../src/cli/terminal/confirm.ts', async (original) => ({
  ...(await original<object>()),
  confirm,
}))

const imported = (id: number) => ({
  id,
  source: 'bash',
  file: '/home/ann/.bash_history',
  started_at: '2026-11-01T10:00:00.000Z',
  finished_at: null,
  events: 10 * id,
})

test('the import that was named is taken out, and not one that has ended since', async () => {
  const lists = [[imported(3)], [imported(4), imported(3)]]
  const { code, requests } = await karo(
    {
      'GET /api/v1/imports': () => ({ imports: lists.shift() ?? [] }),
      'POST /api/v1/imports/undo': { removed: 30, left: 0 },
    },
    ...['import', 'undo'],
  )
  expect(confirm.mock.calls[0]?.[1]).toContain('30 commands that import 3 brought')
  expect([code, requests.at(-1)?.body]).toEqual([0, { id: 3 }])
})

const [bob, ann] = [1, 2].map((n) => testIdentity(n).nodeId) as [NodeId, NodeId]
const peer = {
  node_id: bob,
  fingerprint: '0123456789abcdef',
  name: 'bob',
  addresses: [],
  state: 'known',
  trust_level: 'peer',
  roles: [],
  teams: [],
  why: 'certificate',
  last_seen: null,
  known_by: null,
  presence: null,
}
const LOST = 'Readers no longer show totals that it signed'

test.each([
  ['computes totals', bundleOf([ann, bob]), true],
  ['computed totals before', bundleOf([ann], [bob]), true],
  ['never computed totals', bundleOf([ann]), false],
  ['is in a mesh without a bundle', null, false],
] as const)('of a node that %s, a revocation says what becomes of them', async (_, bundle, says) => {
  const without = {
    'GET /api/v1/peers/explain': { peer, steps: [] },
    'GET /api/v1/fleet/invites': { invites: [] },
    'POST /api/v1/peers/revoke': { peer, revoked_in: 'mesh', spread: { linked: 1, have: 1 } },
  }
  const answers = { ...without, ...policyWith(bundle) }
  for (const command of ['peers', 'ca']) {
    confirm.mockClear()
    await karo(answers, command, 'revoke', 'bob')
    expect(`${confirm.mock.calls[0]?.[1]}`.includes(LOST), command).toBe(says)
  }
  // Whoever gives --yes is asked nothing.
  const { code, out } = await karo(answers, 'peers', 'revoke', 'bob', '--yes')
  expect([code, out.replaceAll(/\s+/g, ' ').includes(LOST)]).toEqual([0, says])
  // What is done does not fail because more could not be said of it.
  expect(await karo(without, 'peers', 'revoke', 'bob', '--yes')).toMatchObject({ code: 0 })
})

const NO_VAULT = {
  'GET /api/v1/vault': {
    vault: {
      protection: null,
      created_at: null,
      rotated_at: null,
      unlocked_until: null,
      has_credential: false,
    },
    secrets: [],
  },
}

test.each([
  [['backup', join(import.meta.dirname, 'no-such.vault')]],
  [['restore', join(import.meta.dirname, '../../../package.json')]],
  [['rotate', '--passphrase']],
])('without a vault nothing is asked: karo secret %j', async (words) => {
  confirm.mockClear()
  const { code, err } = await karo(NO_VAULT, 'secret', ...words)
  expect([code, err]).toEqual([1, expect.stringContaining('you have no vault yet')])
  expect(confirm).not.toHaveBeenCalled()
})

test('a vault that opens by a credential is not asked for a passphrase, and locked until it is used', async () => {
  const { vault } = NO_VAULT['GET /api/v1/vault']
  const credential = { ...vault, protection: 'credential', has_credential: true }
  const opened = { ...credential, unlocked_until: '2026-01-02T03:04:05.000Z' }
  const answers = {
    'GET /api/v1/vault': { vault: opened, secrets: [] },
    'POST /api/v1/vault/lock': credential,
  }
  expect(await karo(answers, 'secret', 'unlock')).toMatchObject({
    code: 0,
    out: expect.stringContaining('Your vault is unlocked until'),
    requests: [{ line: 'GET /api/v1/vault' }],
  })
  expect((await karo(answers, 'secret', 'lock')).out).toBe('Your vault is locked until its next use.\n')
  expect(await karo(answers, 'secret', 'unlock', '--for', '1m')).toMatchObject({ code: 2 })
  const without = { 'POST /api/v1/vault/lock': { ...credential, has_credential: false } }
  expect((await karo(without, 'secret', 'lock')).out).toContain('was not given its credential')
})

test('a file that is not there is said before the vault that is missing', async () => {
  const { code, err } = await karo(NO_VAULT, 'secret', 'restore', '/no/such.vault')
  expect([code, err]).toEqual([1, expect.stringContaining('/no/such.vault')])
})

test('a key without a passphrase is not asked for one', async () => {
  const home = temporaryDirectory()
  createIdentityFile(join(home, 'identity.key'), systemRandom)
  const { code, err } = await commandLine(['identity', 'unprotect'], { env: { KARO_HOME: home } })
  expect([code, err]).toEqual([1, expect.stringContaining('the key has no passphrase')])
})
