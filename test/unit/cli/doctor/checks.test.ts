// The judgements: values in, findings out, with the fix that fits. What each finds is on the page of snapshots.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ConnectionFacts, MulticastFacts } from '../../../../src/api/contract/shapes.ts'
import { KaroError } from '../../../../src/base/errors.ts'
import { judgeDaemon, judgeUnit, lastComplaint } from '../../../../src/cli/doctor/checks/daemon.ts'
import { judgeOwners } from '../../../../src/cli/doctor/checks/home.ts'
import { judgeFiles, judgeSynchronised } from '../../../../src/cli/doctor/checks/machine.ts'
import { judgeDomains, judgeVersions } from '../../../../src/cli/doctor/checks/members.ts'
import {
  heldByOthers,
  judgeAddresses,
  judgeLanOnly,
  judgeNames,
  judgePort,
} from '../../../../src/cli/doctor/checks/mesh.ts'
import { judgeServiceSpool, judgeShared, readGroup } from '../../../../src/cli/doctor/checks/spool.ts'
import { judgeRefused, judgeRetention, judgeRooms } from '../../../../src/cli/doctor/checks/store.ts'
import { judgeHook, judgeToolHook } from '../../../../src/cli/doctor/checks/terminal.ts'
import { changeSystemFiles, systemHooks } from '../../../../src/cli/shells/system-files.ts'
import { trustDomains } from '../../../../src/config/domains.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { karo } from '../../../support/node/played-daemon.ts'
import { type Found, found, told } from './found.ts'

const MIB = 1024 * 1024
const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOW = Date.UTC(2026, 10, 21)
const at = (days: number): string => new Date(NOW + days * DAY).toISOString()
const now = (): number => NOW

const [birch, cedar, elm] = ['birch', 'cedar', 'elm'].map((name, n) => {
  const { nodeId: node_id, fingerprint } = testIdentity(n + 1)
  return { node_id, fingerprint, name }
})
const peer = {
  ...birch,
  admitted: true,
  dialed: true,
  remote: '10.0.0.6:9238',
  skew_ms: 120,
  karo_version: '0.1.0',
  protocol_version: 1,
} as ConnectionFacts
const other = { ...peer, ...cedar } as ConnectionFacts

test('clocks: near, a minute, five; all others differ; strangers and those who said nothing count for nothing', async () => {
  const skews = (
    connections: readonly object[],
    stale: readonly object[] = [],
    strangers: readonly object[] = [],
  ) => found('clock.peers', { mesh: { connections }, stale, stale_strangers: strangers })
  expect(
    await told({
      near: skews([peer]),
      'one is 90 s behind': skews([{ ...peer, skew_ms: -90_000 }, other]),
      'one is refused': skews([other], [{ ...peer, clock_off_ms: 600_000 }]),
      'one is refused that has not told its name': skews([], [{ ...peer, name: '', clock_off_ms: 600_000 }]),
      'one that is not known is refused': skews([], [], [{ ...peer, clock_off_ms: 10_800_000 }]),
      'all others differ': skews([
        { ...peer, skew_ms: 90_000 },
        { ...other, skew_ms: 95_000 },
      ]),
      'a stranger, and one that said nothing': skews([
        { ...peer, admitted: false, skew_ms: 1e9 },
        { ...other, skew_ms: null },
      ]),
      'kept by systemd': judgeSynchronised('yes', false),
      'kept by another program': judgeSynchronised(undefined, true),
      'kept by nobody': judgeSynchronised('no', false),
      'not known': judgeSynchronised(undefined, false),
    }),
  ).toMatchSnapshot()
})

test('machine: open files', async () => {
  expect(
    await told({
      '1024 files': judgeFiles(1024, undefined),
      '1023 files': judgeFiles(1023, 10),
      '3276 of 4096': judgeFiles(4096, 3276),
      '3277 of 4096': judgeFiles(4096, 3277),
    }),
  ).toMatchSnapshot()
})

test('systemd: the unit as it should be, and everything that differs from that', async () => {
  const unit = {
    LoadState: 'loaded',
    ActiveState: 'active',
    SubState: 'running',
    UnitFileState: 'enabled',
    NRestarts: '0',
    WatchdogUSec: '1min',
    Result: 'success',
  }
  const of = (differs: Partial<typeof unit>, service = true): Found =>
    judgeUnit({ ...unit, ...differs }, service, false)
  const failed = { LoadState: 'loaded', ActiveState: 'failed', Result: 'exit-code' }
  expect(
    await told({
      'as it should be': of({}),
      failed: of({ ActiveState: 'failed', Result: 'exit-code' }),
      stopped: of({ ActiveState: 'inactive' }),
      'not enabled': of({ UnitFileState: 'disabled' }),
      'restarted often': of({ NRestarts: '3' }),
      'watchdog off': of({ WatchdogUSec: '0' }),
      unknown: of({ LoadState: 'not-found' }),
      "unknown, a person's own": of({ LoadState: 'not-found' }, false),
      "there, but a person's own is started by hand": of(
        { ActiveState: 'inactive', UnitFileState: 'disabled' },
        false,
      ),
      "a person's own that failed": of({ ActiveState: 'failed' }, false),
      'failed, with what the journal says': judgeUnit(failed, true, false, 'x'),
    }),
  ).toMatchSnapshot()
  const journal = [
    'Starting karo.service - Karo terminal intelligence...',
    '{"level":"error","msg":"this part does not run","reason":"the mesh cannot listen"}',
    'karo: /etc/karo/config.toml:3: unknown key mesh.prot',
    '  Did you mean mesh.port?',
    '{"level":"info","msg":"stopped"}',
    '{"level":',
    "karo.service: Failed with result 'exit-code'.",
  ]
  const complaint = (lines: readonly string[]) => lastComplaint(lines.join('\n'))
  expect(complaint(journal)).toBe('/etc/karo/config.toml:3: unknown key mesh.prot')
  expect(complaint(journal.slice(0, 2))).toBe('this part does not run: the mesh cannot listen')
  expect(complaint([])).toBeUndefined()
  // The program never ran: systemd could not do what its unit says.
  const refused = 'karo.service: Failed at step NAMESPACE spawning /usr/bin/karo: No such file or directory'
  expect(complaint([refused, "karo.service: Failed with result 'exit-code'."])).toBe(refused)
})

test('daemon: up, down, hung, unreachable, closed, answering with an error; and who starts it again', async () => {
  const of = { service: false, homeFlag: ' --home /h', socket: '/h/karo.sock' }
  const hung = { kind: 'hung', pid: 7, says: 'late' } as const
  const replaced = new KaroError('unavailable', "the daemon's program was replaced while it ran")
  const answering = {
    ...of,
    daemon: () => Promise.resolve({ kind: 'up', pid: 7, build: '0.1.0' }),
    facts: () => Promise.reject(replaced),
  }
  expect(
    await told({
      up: judgeDaemon({ kind: 'up', pid: 7, build: '0.1.0' }, of),
      down: judgeDaemon({ kind: 'down' }, of),
      hung: judgeDaemon(hung, of),
      'hung, process not known': judgeDaemon({ ...hung, pid: undefined }, of),
      unreachable: judgeDaemon({ kind: 'unreachable', pid: 7 }, of),
      closed: judgeDaemon({ kind: 'closed', says: 'EACCES', hint: 'join' }, of),
      'down, of the machine': judgeDaemon({ kind: 'down' }, { ...of, service: true }),
      // To start what runs, hung or not, does nothing.
      'hung, of the machine': judgeDaemon(hung, { ...of, service: true }),
      'answers with an error: it does not hang, and is ended gently': found('daemon.running', {}, answering),
    }),
  ).toMatchSnapshot()
})

test('daemon: one that is not told who asks is healthy, and is not to be ended', async () => {
  const health = { 'GET /api/v1/health': { ready: true } }
  const { out } = await karo(health, 'doctor', '--only', 'daemon.running', '--json')
  expect(out).toContain('65534')
  expect(out).not.toContain('kill')
})

test('daemon: of another version, whose other answers are not understood', async () => {
  const health = { 'GET /api/v1/health': { ready: true, pid: 7, build: '0.0.9' } }
  const { out } = await karo(health, 'doctor', '--only', 'daemon.version', '--json')
  const [result] = (JSON.parse(out) as { checks: readonly object[] }).checks
  expect(result).toMatchObject({ outcome: 'warn', detail: expect.stringContaining('the daemon is 0.0.9') })
})

test('daemon: where the last start failed, its reason stands there, until a start succeeds', async () => {
  const home = temporaryDirectory()
  const down = { service: false, homeFlag: '', paths: { home }, daemon: async () => ({ kind: 'down' }) }
  const says = async () => JSON.stringify(await found('daemon.running', {}, down))
  writeFileSync(
    join(home, 'up.log'),
    '{"level":"info","msg":"x"}\nkaro: /h/db: the database has schema 7\n  Run it.\n',
  )
  expect(await says()).not.toContain('schema 7')
  writeFileSync(join(home, 'up.failed'), '')
  expect(await says()).toContain('no daemon runs; the last start failed: /h/db: the database has schema 7')
  rmSync(join(home, 'up.log'))
  expect(await says()).toContain('no daemon runs')
})

test('files: of whom, and what refuses them', async () => {
  const files = [1000, 0, 0].map((uid, n) => ({ path: `/h/${'abc'[n]}`, uid }))
  const refused = (error: string): Found => judgeRefused(`IO error: /h/db/000009.log: ${error}`, '/h')
  expect(
    await told({
      'own files': judgeOwners('/h', 1000, files.slice(0, 1)),
      'foreign files': judgeOwners('/h', 1000, files),
      'a quota is used up': refused('Disk quota exceeded'),
      'an error of the disk': refused('Input/output error'),
    }),
  ).toMatchSnapshot()
})

test('ports: free, any, listening, and taken by whom', async () => {
  const taken = { address: '0.0.0.0', holder: { pid: 7, command: 'nginx' } }
  const port = (differs: Partial<Parameters<typeof judgePort>[0]>): Found =>
    judgePort({
      part: 'mesh',
      port: 9238,
      listens: undefined,
      trouble: undefined,
      taken: undefined,
      ...differs,
    })
  expect(
    await told({
      free: port({}),
      any: port({ port: 0 }),
      listening: port({ listens: ['10.0.0.5:9238'] }),
      taken: port({ taken }),
      'taken while the daemon runs': port({ listens: [], taken }),
      "taken by another user's": port({ taken: { ...taken, holder: undefined } }),
      'on one of two addresses': port({ listens: ['10.0.0.5:9238'], trouble: 'but not on 10.0.0.6' }),
      'not listening': port({ listens: [] }),
      'held by nobody any more': port({
        listens: [],
        trouble: 'the mesh cannot listen on 10.0.0.5:9238',
      }),
      'where this machine has no address': port({
        listens: [],
        trouble: 'the mesh cannot listen on 10.0.0.5:9238. Name addresses of this machine in mesh.listen',
      }),
    }),
  ).toMatchSnapshot()
})

test('addresses: which are listened on, held by others, used for nothing, public; and names of peers', async () => {
  const mesh = { port: 9238, listen: 'auto', lan_only: true, allow_cgnat: false, ping_seconds: 15 } as const
  const address = (text: string) =>
    ({ address: text, netmask: '', family: 'IPv4', mac: '', internal: false, cidr: null }) as const
  const interfaces = {
    lo: [address('127.0.0.1')],
    eth0: [address('10.0.0.5'), address('8.8.8.8')],
    eth1: [{ ...address('fe80::1'), family: 'IPv6', scopeid: 2 } as const],
  }
  const judge = (listening: string[], down: string[] = [], taken?: ReturnType<typeof heldByOthers>): Found =>
    judgeAddresses(mesh, interfaces, listening, down, 'restart', taken)
  const socket = {
    kind: 'tcp',
    localPort: 9238,
    remote: '',
    remotePort: 0,
    listens: true,
    inode: '1',
  } as const
  const held = (...locals: string[]) =>
    heldByOthers(
      9238,
      ['10.0.0.5'],
      locals.map((local) => ({ ...socket, local })),
    )
  const { lo, eth1 } = interfaces
  const alone = (there: Parameters<typeof judgeAddresses>[1], listen?: string[]): Found =>
    judgeAddresses(listen ? { ...mesh, listen } : mesh, there, ['127.0.0.1'], [], '')
  const names = (lan_only: boolean, resolvers: string[], ...hosts: string[]): Found =>
    judgeNames(
      {
        mesh: { ...mesh, lan_only },
        discovery: { resolvers, peers: hosts.map((host) => ({ host, port: 9238 })) },
      },
      new Map([['birch', []]]),
    )
  expect(
    await told({
      'all private ones': judge(['127.0.0.1', '10.0.0.5']),
      'one that is not listened on': judge(['127.0.0.1']),
      'an interface that is down': judge(['127.0.0.1', '10.0.0.5'], ['eth2']),
      'no mesh': judge([]),
      'the port is held there by another program': judge(['10.0.0.5'], [], held('10.0.0.5', '127.0.0.1')),
      'it came late': judge(['10.0.0.5'], [], held('10.0.0.5')),
      'loopback alone': alone({ lo }),
      'loopback and a link-local one of IPv6': alone({ lo, eth1 }),
      'loopback, which was chosen': alone(interfaces, ['127.0.0.1']),
      'names in the hosts file': names(true, [], '10.0.0.5', 'Birch'),
      'a name that nobody may look up': names(true, [], 'birch', 'ash.corp'),
      'a name for a configured server': names(true, ['10.0.0.53'], 'ash.corp'),
      'a name without lan_only': names(false, [], 'ash.corp'),
      lan_only: judgeLanOnly(mesh, ['10.0.0.5']),
      'lan_only off': judgeLanOnly({ ...mesh, lan_only: false }, ['10.0.0.5']),
      'a public address': judgeLanOnly(mesh, ['8.8.8.8']),
      'an address of a provider': judgeLanOnly(mesh, ['100.64.0.1']),
      'an address of a provider that is allowed': judgeLanOnly({ ...mesh, allow_cgnat: true }, [
        '100.64.0.1',
      ]),
    }),
  ).toMatchSnapshot()
})

test('multicast: heard both ways, alone, deaf, dumb, without a route, off', async () => {
  const place: MulticastFacts = {
    address: '10.0.0.5',
    interface: 'eth0',
    not_sent: null,
    heard_itself: true,
    heard_others: 2,
    heard_nodes: 1,
    connected_nodes: 1,
  }
  const at = (multicast: MulticastFacts[], listen = ['/ip4/10.0.0.5/tcp/9238']) =>
    found('mesh.multicast', {
      multicast,
      mesh: { listen, mdns: ['10.0.0.5'], connections: [], dialing: [] },
    })
  expect(
    await told({
      'heard both ways': at([place]),
      alone: at([{ ...place, heard_others: 0, heard_nodes: 0, connected_nodes: 0 }]),
      'connected, and not heard': at([{ ...place, heard_others: 0, heard_nodes: 0 }]),
      deaf: at([{ ...place, heard_itself: false }]),
      dumb: at([{ ...place, not_sent: 'EPERM', heard_itself: false }]),
      'no route': at([{ ...place, not_sent: 'ENETUNREACH', heard_itself: false }]),
      off: at([]),
      'no mesh': at([place], []),
    }),
  ).toMatchSnapshot()
})

test('others: who waits, which versions they are of, who has a place, whose key has two successors or two machines', async () => {
  const pending = (hours: number, more = {}) =>
    found('peers.pending', { pending: [{ ...birch, since: at(-hours / 24), ...more }] }, { now })
  const versions = (...differs: Partial<ConnectionFacts>[]): Found =>
    judgeVersions(
      differs.map((one) => ({ ...peer, ...one })),
      '0.1.0',
    )
  const leaves = (linked: number, turned_away: object[]) =>
    found('peers.leaves', { mesh: { leaves: { linked, up_to: 256, turned_away } } })
  const leaf = (n: number) => ({
    node_id: `karo:ed25519:${n}`,
    fingerprint: `${n}`.padStart(16, '0'),
    name: `leaf-${n}`,
  })
  const twins = (facts: object) => found('peers.twins', { twins: { here: [], others: [], ...facts } })
  const lineage = (frozen: object[], key_taken_by: string | null) =>
    found('peers.lineage', { frozen, key_taken_by })
  const lists = (days: number, stale = false) =>
    found('mesh.lists', { lists: { at: at(-days), stale } }, { now })
  const held = (people_held: number) => found('people.held', { people_held }, { homeFlag: ' --home /x' })
  expect(
    await told({
      'nobody waits': found('peers.pending', { pending: [] }, { now }),
      'for half an hour': pending(0.5),
      'for two hours': pending(2),
      'since its certificate ended': pending(2, { certificate_ended: true }),
      'the same version': versions({}),
      'an older one': versions({ karo_version: '0.0.9' }),
      'a newer one': versions({ karo_version: '0.2.0' }),
      'a newer one of two digits': versions({ karo_version: '0.10.0' }),
      'a strange one': versions({ karo_version: 'strange' }),
      'two protocols': versions({}, { protocol_version: 2 }),
      'of strangers': versions({ admitted: false, karo_version: '9' }),
      'leaves with their links': leaves(12, []),
      'leaves without a place': leaves(
        3,
        Array.from({ length: 9 }, (_, n) => leaf(n)),
      ),
      'no key is at two places': twins({}),
      'the own key is': twins({ here: [birch] }),
      'the key of a member is': twins({ others: [{ ...birch, places: ['10.0.0.5:9238', '10.0.0.6:9238'] }] }),
      'each key has one successor': lineage([], null),
      'a key has two, and the own one another’s': lineage(
        [{ ...birch, between: [cedar, elm] }],
        cedar!.node_id,
      ),
      'lists of yesterday': lists(1),
      'lists of three days ago': lists(3),
      'lists so old that certificates open nothing': lists(8, true),
      'no lists': found('mesh.lists', { lists: null }, { now }),
      'nobody is held back': held(0),
      'one person is': held(1),
      'three are': held(3),
    }),
  ).toMatchSnapshot()
})

test('certificates: renewed in time or not, ended for whatever reason, of an issuer, of an operator who is logged in', async () => {
  const of = (facts: object | null, joining?: string) =>
    found('mesh.certificate', { certificate: facts, joining }, { now })
  const from = (begins: number, ends: number, change: object = {}) =>
    of({
      usage: 'node',
      begins_at: at(begins),
      ends_at: at(ends),
      why_not: null,
      revoked_by: null,
      issuers: 2,
      issuers_there: 1,
      ...change,
    })
  const ended = (why_not: string | null, more: object = {}) =>
    from(0, 0, { usage: null, begins_at: null, ends_at: null, why_not, ...more })
  const revoked = (root: boolean) =>
    ended('revoked', { revoked_by: { ...birch, root, at: new Date(2026, 10, 20).toISOString() } })
  const login = (certificate_ends_at: string | null) =>
    found('operator.login', { login: { ...birch, ends_at: at(0.25), certificate_ends_at } }, { now })
  expect(
    await told({
      none: of(null),
      'an invite that did not let it in yet': of(null, 'this node looks for its inviter'),
      'ten days left': from(-20, 10),
      'not renewed in time': from(-26, 4, { issuers_there: 0 }),
      'its key was revoked': ended('revoked'),
      'its issuer was revoked': ended('issuer_revoked'),
      'its issuer may not give its roles': ended('not_granted'),
      'it has ended': ended('ended'),
      'it has ended, of an issuer': ended('issuer_ended'),
      'there is none any more': ended(null),
      'revoked by an issuer': revoked(false),
      'revoked by the root': revoked(true),
      'of an issuer': from(-300, 100, { usage: 'issuer' }),
      'of an issuer, a month before its end': from(-371, 29, { usage: 'issuer' }),
      'no login': found('operator.login', { login: null }, { now }),
      'a login': login(at(20)),
      'a login without a certificate': login(null),
      'a login whose certificate ends soon': login(at(2)),
    }),
  ).toMatchSnapshot()
})

test('totals: given, not given once they could have been, and releases that do not come', async () => {
  const aggregators = [birch, cedar].map((one) => ({ ...one, there: true }))
  const facts = { ended_at: at(0), given: true, why: null, late: null, aggregators }
  const of = (change: object, hours: number) =>
    found('mesh.totals', { totals: { ...facts, ...change } }, { now: () => NOW + hours * HOUR })
  expect(
    await told({
      'no totals': found('mesh.totals', { totals: null }, { now }),
      given: of({}, 12),
      'given, and one release is late': of({ late: 1 }, 12),
      'nothing was to be given': of({ given: false, why: 'before_records' }, 12),
      'not given yet': of({ given: false }, 0.5),
      'not given': of({ given: false }, 2),
      refused: of({ given: false, why: 'aggregator_refused' }, 0),
      'none was released yet': of({ none_yet: true }, 12),
      'the first period of a new mesh has not begun': of({ given: false, why: 'before_records' }, -7),
      'two are late, and an aggregator is not there': of(
        { late: 2, aggregators: [{ ...aggregators[0], there: false }, aggregators[1]] },
        0,
      ),
      'two are late, and all aggregators are there': of({ late: 2 }, 0),
      'two are late, and one of the aggregators that are there has not released them': of(
        { late: 2, aggregators: [{ ...aggregators[0], halves_missing: 2 }, aggregators[1]] },
        0,
      ),
      'three are late, and two aggregators are not there': of(
        { late: 3, aggregators: aggregators.map((one) => ({ ...one, there: false })) },
        0,
      ),
    }),
  ).toMatchSnapshot()
})

test('trusted subnets: networks that others can join, and subnets in one another, are warnings', async () => {
  const domains = (table: Record<string, string>, interfaces = {}): Found =>
    judgeDomains(
      trustDomains.check(
        Object.fromEntries(Object.entries(table).map(([subnet, level]) => [subnet, { level }])),
      ),
      interfaces,
    ).slice(0, Object.keys(table).length || 1)
  const at = (name: string, address: string) => ({ [name]: [{ address }] })
  expect(
    await told({
      none: domains({}),
      'a narrow wired one': domains({ '10.0.3.0/24': 'peer' }, at('eth0', '10.0.3.4')),
      loopback: domains({ '127.0.0.0/8': 'peer' }),
      'link-local': domains({ '169.254.0.0/16': 'peer' }),
      'link-local of IPv6': domains({ 'fe80::/10': 'peer' }),
      'of a provider': domains({ '100.64.0.0/24': 'peer' }),
      wide: domains({ '10.0.0.0/16': 'peer' }),
      'wide of IPv6': domains({ 'fd00::/32': 'peer' }),
      wireless: domains({ '192.168.7.0/24': 'peer' }, at('wlp3s0', '192.168.7.2')),
      'of containers': domains({ '172.17.0.0/24': 'peer' }, at('docker0', '172.17.0.1')),
      'one in another': domains({ '10.0.0.0/22': 'share_to', '10.0.3.0/24': 'peer' }),
      'not trusted': domains({ '10.0.0.0/8': 'untrusted' }),
    }),
  ).toMatchSnapshot()
})

test('what is kept: room, retention, summaries, ledger and traces elsewhere', async () => {
  const room = { path: '/h', free: 1024 * MIB, files: { free: 10, all: 10 }, refused: false }
  const rooms = (differs: Partial<typeof room>, database = 0): Found =>
    [judgeRooms([{ ...room, ...differs }], database)].flat().slice(0, 1)
  const both = [room, { ...room, path: '/h/spool' }].map((one) => ({ ...one, free: 0 }))
  const summaries = (recipients: number, last: string | null, uptime_seconds = 9_000) =>
    found('summaries.fresh', { summaries: { recipients, last }, uptime_seconds }, { now })
  const outside = {
    seq: 6,
    signed_at: '2026-11-20T12:00:00.000Z',
    members: [{ name: 'bob', fingerprint: '0123456789abcdef' }],
    missing: 0,
  }
  const ledger = (differs: object) =>
    found(
      'audit.ledger',
      {},
      {
        paths: { db: '/h/db' },
        ledger: async () => ({ ok: true, entries: 3, first_bad: null, earlier_keys: [], ...differs }),
      },
    )
  expect(
    await told({
      enough: rooms({}),
      'as much as the database at least': rooms({ free: 100 * MIB }, 200 * MIB),
      little: rooms({ free: 63 * MIB }),
      none: rooms({ free: 7 * MIB }),
      'no inode': rooms({ files: { free: 0, all: 10 } }),
      'a file system without inodes': rooms({ files: { free: 0, all: 0 } }),
      'read-only': rooms({ refused: true }),
      'home and spool on one file system are one finding': judgeRooms(both, 0),
      'no summary waits for anybody': summaries(0, null),
      'a summary of half a day ago': summaries(2, at(-0.5)),
      'of a day and a half': summaries(2, at(-1.5)),
      'none at all': summaries(2, null),
      'none after a minute': summaries(2, null, 60),
      'sent nowhere': found('forward.targets', {}),
      'traces of which none was refused': found('forward.targets', { traces: null }),
      'traces beside a ledger that arrives': found('forward.targets', {
        forward: [{ to: 'ecs+file:/f', waiting: 0, missed: 0, problem: null }],
        traces: 'connect ECONNREFUSED 10.0.0.7:4318',
      }),
      'a ledger that is whole': ledger({}),
      'of which an entry was altered': ledger({ ok: false, first_bad: 2 }),
      'altered before the end that is missing': ledger({
        ok: false,
        first_bad: 2,
        outside: { ...outside, missing: 3 },
      }),
      'of a backup that was restored': ledger({
        ok: false,
        first_bad: 4,
        outside: { ...outside, missing: 3 },
      }),
      'the same, and nobody else saw its end': ledger({
        ok: false,
        first_bad: 6,
        outside: { ...outside, members: [], missing: 1 },
      }),
      'retention in time': judgeRetention(0),
      'retention that waits': judgeRetention(30 * DAY),
      // Of a node whose clock was wrong when it first ran: a time server keeps it now.
      'retention that waits for a wrong clock of once': judgeRetention(9_000 * DAY, true),
    }),
  ).toMatchSnapshot()
})

test('the spool: owner, group, who else is in that; files nobody reads; what waits; what the kernel protects', async () => {
  const group = { gid: 990, members: ['karo'] }
  const spool = (differs: object, of: Parameters<typeof judgeServiceSpool>[3] = group): Found =>
    judgeServiceSpool('/var/spool/karo', { uid: 999, gid: 990, ...differs }, 999, of)
  const unfollowed = [
    { uid: 1002, files: 3_000 },
    { uid: 1000, files: 2 },
  ]
  const followed = (files: object[]) =>
    found('spool.followed', { spool: { unfollowed: files } }, { uid: 1000 })
  const waiting = (pending_bytes: number, dropped: number) =>
    found('spool.waiting', { spool: { pending_bytes, dropped } })
  const all = { protected_regular: 1, protected_fifos: 2, protected_hardlinks: 1, protected_symlinks: 1 }
  const unknown = Object.fromEntries(Object.keys(all).map((name) => [name, undefined])) as never
  expect(
    await told({
      'as it should be': spool({}),
      'its group is not known': spool({}, 'unknown'),
      'nor is it that of root': spool({ gid: 0 }, 'unknown'),
      'of root': spool({ uid: 0 }),
      'of the group root': spool({ gid: 0 }),
      'no such group': spool({}, 'missing'),
      'with others in it': spool({}, { gid: 990, members: ['karo', 'ann', 'bob'] }),
      'without the service in it': spool({}, { gid: 990, members: [] }),
      'all files are followed': followed([]),
      'files that nobody reads': followed(unfollowed),
      'nothing waits': waiting(0, 0),
      'much waits, and some was dropped': waiting(2 * MIB, 3),
      'the kernel protects all': judgeShared(all, [], true),
      'one protection is off, where nothing is shared': judgeShared(
        { ...all, protected_regular: 0 },
        [],
        false,
      ),
      'two are off': judgeShared({ ...all, protected_regular: 0, protected_fifos: 0 }, [], true),
      'an open directory': judgeShared(all, ['/srv/open'], false),
      'not known': judgeShared(unknown, [], true),
    }),
  ).toMatchSnapshot()
  expect(readGroup('karo-spool:x:990:karo,ann\n')).toEqual({ gid: 990, members: ['karo', 'ann'] })
  expect(readGroup('karo-spool:x:990:\n')).toEqual({ gid: 990, members: [] })
  expect(readGroup('')).toBe('unknown')
})

test('hooks of shells: as they would be written now, another that works, stale, doubled, none, by hand, of the machine', async () => {
  const line =
    "if [ -x '/n/node' ] && [ -r '/n/karo.js' ]; then eval \"$('/n/node' '/n/karo.js' shell init bash)\"; fi"
  /** The lines of the machine that start these programs, each in a file of its own. */
  const written = (...programs: readonly string[]): string => {
    const root = temporaryDirectory()
    mkdirSync(join(root, 'etc'))
    for (const [i, program] of programs.entries()) {
      writeFileSync(join(root, ['etc/bashrc', 'etc/bash.bashrc'][i]!), '')
      changeSystemFiles('install', { root, flags: [], program: [program] })
    }
    return systemHooks(root).get('bash')!
  }
  const hook = (differs: object, there = ['/n/node', '/n/karo.js']): Found =>
    judgeHook(
      {
        shell: 'bash',
        file: '/h/.bashrc',
        login: true,
        marked: [line],
        unmarked: false,
        ofMachine: undefined,
        expected: line,
        refresh: () => {},
        ...differs,
      },
      '',
      (path) => there.includes(path),
    )
  expect(
    await told({
      'as it would be written now': hook({}),
      'another that still works': hook({ expected: 'another' }),
      stale: hook({ expected: 'another' }, ['/n/node']),
      doubled: hook({ marked: [line, line] }),
      none: hook({ marked: [] }),
      "a line of one's own": hook({ marked: [], unmarked: true }),
      'of the machine': hook({ marked: [], ofMachine: written('/n/node') }),
      'of the machine, with a program that is gone': hook({ marked: [], ofMachine: written('/n/karo') }),
      'of the machine, in two files, one with a program that is gone': hook({
        marked: [],
        ofMachine: written('/n/node', '/n/karo'),
      }),
      'of the machine, written by hand': hook({
        marked: [],
        ofMachine: 'if test -x /n/node; then eval "$(/n/node shell init bash)"; fi',
      }),
      'of the machine, with a program whose name is quoted twice': hook({
        marked: [],
        ofMachine: written("/n/ann's karo"),
      }),
      'of another shell, which needs none': hook({ marked: [], login: false }),
    }),
  ).toMatchSnapshot()
})

test('hooks of AI coding tools: everything that lets commands run unseen, or stops them', async () => {
  const goesOn =
    "[ -x '/n/node' ] && [ -r '/n/my karo.js' ] && /n/node '/n/my karo.js' hook claude --home '/h/k' || exit 0 # karo hook"
  const stops = "/n/node '/n/my karo.js' hook claude --home '/h/k' || exit 2 # karo hook"
  const byName = goesOn.replaceAll("/n/node '/n/my karo.js'", 'karo').replace(/^.*&& karo/, 'karo')
  const hook = (differs: object, there = ['/n/node', '/n/my karo.js']): Found =>
    judgeToolHook(
      {
        tool: 'claude',
        title: 'Claude Code',
        file: '/h/.claude/settings.json',
        lines: [goesOn],
        placed: true,
        expected: goesOn,
        refresh: () => {},
        ...differs,
      },
      ' --home /h/k',
      (path) => there.includes(path),
    )
  expect(
    await told({
      'as it would be written now': hook({}),
      'the strict one': hook({ lines: [stops], expected: stops }),
      'by name': hook({ lines: [byName] }, ['karo']),
      'by a name that is not there': hook({ lines: [byName] }),
      'a program that is gone': hook({}, ['/n/node']),
      'a runtime that is gone': hook({ lines: [stops], expected: stops }, ['/n/my karo.js']),
      'of when commands were to run all the same': hook({ expected: stops }),
      'of when they were not': hook({ lines: [stops] }),
      'not at every event': hook({ placed: false }),
      'two of them': hook({ lines: [goesOn, stops] }),
      'of another node': hook({ lines: [stops.replace('/h/k', '/h/other')] }),
      'one that cannot be read': hook({ lines: [] }),
    }),
  ).toMatchSnapshot()
})
