// The judgements: values in, findings out, with the fix that fits.
import { describe, expect, test } from 'vitest'
import type { ConnectionFacts, MulticastFacts } from '../../../../src/api/contract/shapes.ts'
import { KaroError } from '../../../../src/base/errors.ts'
import type { Finding } from '../../../../src/cli/doctor/check.ts'
import { judgeDaemon, judgeUnit, lastComplaint } from '../../../../src/cli/doctor/checks/daemon.ts'
import { judgeOwners } from '../../../../src/cli/doctor/checks/home.ts'
import { judgeFiles, judgeNode, judgeSynchronised } from '../../../../src/cli/doctor/checks/machine.ts'
import { judgeVersions } from '../../../../src/cli/doctor/checks/members.ts'
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
import type { StartFileLook, ToolHookLook } from '../../../../src/cli/doctor/world.ts'
import { found } from './found.ts'

const outcomes = (findings: Finding | readonly Finding[]): string[] =>
  [findings].flat().map(({ outcome }) => outcome)
const MIB = 1024 * 1024

const peer: ConnectionFacts = {
  node_id: `karo:ed25519:${'A'.repeat(43)}` as ConnectionFacts['node_id'],
  fingerprint: '0123456789abcdef',
  name: 'birch',
  admitted: true,
  dialed: true,
  remote: '10.0.0.6:9238',
  skew_ms: 120,
  karo_version: '0.1.0',
  protocol_version: 1,
}

describe('clock', () => {
  const judgeSkews = (connections: readonly object[], stale: readonly object[]) =>
    found('clock.peers', { mesh: { connections }, stale })
  const other = { ...peer, name: 'cedar', fingerprint: 'fedcba9876543210' }
  test('near ones are fine, a minute is a warning, five are a failure', async () => {
    expect(outcomes(await judgeSkews([peer], []))).toEqual(['ok'])
    const [far, ...more] = await judgeSkews([{ ...peer, skew_ms: -90_000 }, other], [])
    expect(more).toEqual([])
    expect(far).toMatchObject({
      outcome: 'warn',
      detail: 'birch (0123456789abcdef): its clock is 90 s behind',
    })
    expect(await judgeSkews([other], [{ ...peer, clock_off_ms: 600_000 }])).toMatchObject([
      {
        outcome: 'fail',
        detail: 'birch (0123456789abcdef): refused, its clock is 10 min ahead (at most 5 min are allowed)',
        fix: 'on birch: sudo timedatectl set-ntp true',
      },
    ])
  })

  test('when all others differ it is probably the clock here', async () => {
    const all = await judgeSkews(
      [
        { ...peer, skew_ms: 90_000 },
        { ...other, skew_ms: 95_000 },
      ],
      [],
    )
    expect(all[0]?.fix).toBe('sudo timedatectl set-ntp true')
    expect(all[0]?.detail).toContain('the clock of this machine')
    expect(outcomes(all)).toEqual(['warn', 'warn', 'warn'])
  })

  test('strangers, and those who have said nothing, count for nothing', async () => {
    const findings = await judgeSkews(
      [
        { ...peer, admitted: false, skew_ms: 1e9 },
        { ...other, skew_ms: null },
      ],
      [],
    )
    expect(findings).toEqual([{ outcome: 'ok', detail: 'no other node is connected to compare with' }])
  })

  test('what keeps it', () => {
    expect(judgeSynchronised('yes', false).outcome).toBe('ok')
    expect(judgeSynchronised(undefined, true).outcome).toBe('ok')
    expect(judgeSynchronised('no', false).outcome).toBe('warn')
    expect(judgeSynchronised(undefined, false).outcome).toBe('skipped')
  })
})

describe('machine', () => {
  test.each([
    ['24.21.0', 'linux', 'ok'],
    ['22.12.0', 'linux', 'ok'],
    ['22.11.9', 'linux', 'fail'],
    ['20.19.0', 'linux', 'fail'],
    ['24.0.0', 'darwin', 'fail'],
  ])('Node.js %s on %s: %s', (version, platform, outcome) => {
    expect(judgeNode(version, platform).outcome).toBe(outcome)
  })

  test.each([
    [1024, undefined, 'ok'],
    [1023, 10, 'warn'],
    [4096, 3276, 'ok'],
    [4096, 3277, 'warn'],
  ])('%d files, %s open: %s', (limit, used, outcome) => {
    expect(judgeFiles(limit, used).outcome).toBe(outcome)
  })
})

describe('systemd', () => {
  const unit = {
    LoadState: 'loaded',
    ActiveState: 'active',
    SubState: 'running',
    UnitFileState: 'enabled',
    NRestarts: '0',
    WatchdogUSec: '1min',
    Result: 'success',
  }
  test.each([
    ['as it should be', {}, true, 'ok', undefined],
    [
      'failed',
      { ActiveState: 'failed', Result: 'exit-code' },
      true,
      'fail',
      'sudo systemctl restart karo\njournalctl -u karo -n 50',
    ],
    ['stopped', { ActiveState: 'inactive' }, true, 'fail', 'sudo systemctl start karo'],
    ['not enabled', { UnitFileState: 'disabled' }, true, 'warn', 'sudo systemctl enable karo'],
    ['restarted often', { NRestarts: '3' }, true, 'warn', 'journalctl -u karo -p warning'],
    ['watchdog off', { WatchdogUSec: '0' }, true, 'warn', 'sudo systemctl revert karo'],
    ['unknown', { LoadState: 'not-found' }, true, 'warn', 'sudo systemctl daemon-reload'],
    ["unknown, a person's own", { LoadState: 'not-found' }, false, 'skipped', undefined],
    [
      "there, but a person's own is started by hand",
      { ActiveState: 'inactive', UnitFileState: 'disabled' },
      false,
      'skipped',
      undefined,
    ],
    [
      "a person's own that failed",
      { ActiveState: 'failed' },
      false,
      'fail',
      'systemctl --user restart karo\njournalctl --user -u karo -n 50',
    ],
  ] as const)('%s', (_, differs, service, outcome, fix) => {
    const finding = judgeUnit({ ...unit, ...differs }, service, false)
    expect({ outcome: finding.outcome, fix: finding.fix }).toEqual({ outcome, fix })
  })
})

test('why a unit failed is in its journal', () => {
  const journal = [
    'Starting karo.service - Karo terminal intelligence...',
    '{"level":"error","msg":"this part does not run","reason":"the mesh cannot listen"}',
    'karo: /etc/karo/config.toml:3: unknown key mesh.prot',
    '  Did you mean mesh.port?',
    '{"level":"info","msg":"stopped"}',
    '{"level":',
    "karo.service: Failed with result 'exit-code'.",
  ]
  expect(lastComplaint(journal.join('\n'))).toBe('/etc/karo/config.toml:3: unknown key mesh.prot')
  expect(lastComplaint(journal.slice(0, 2).join('\n'))).toBe('this part does not run: the mesh cannot listen')
  expect(lastComplaint('')).toBeUndefined()
  expect(
    judgeUnit({ LoadState: 'loaded', ActiveState: 'failed', Result: 'exit-code' }, true, false, 'x').detail,
  ).toBe('karo.service failed (exit-code): x')
})

describe('daemon', () => {
  const of = { service: false, homeFlag: ' --home /h', socket: '/h/karo.sock' }
  test.each([
    [{ kind: 'up', pid: 7 }, 'ok', undefined],
    [{ kind: 'down' }, 'fail', 'karo up --home /h'],
    [{ kind: 'hung', pid: 7, says: 'late' }, 'fail', 'kill -9 7\nkaro up --home /h'],
    [{ kind: 'hung', pid: undefined, says: 'late' }, 'fail', 'karo up --home /h'],
    [{ kind: 'unreachable', pid: 7 }, 'fail', 'kill 7\nkaro up --home /h'],
    [{ kind: 'closed', says: 'EACCES', hint: 'join' }, 'fail', 'join'],
  ] as const)('%o', (state, outcome, fix) => {
    const finding = judgeDaemon(state, of)
    expect({ outcome: finding.outcome, fix: finding.fix }).toEqual({ outcome, fix })
  })
  test("the machine's is started by systemd", () => {
    expect(judgeDaemon({ kind: 'down' }, { ...of, service: true }).fix).toBe('sudo systemctl start karo')
    // To start what runs, hung or not, does nothing.
    const hung = { kind: 'hung', pid: 7, says: 'late' } as const
    expect(judgeDaemon(hung, { ...of, service: true }).fix).toBe('sudo systemctl restart karo')
  })
  test('one that answers with an error does not hang, and is ended gently', async () => {
    const replaced = new KaroError('unavailable', "the daemon's program was replaced while it ran")
    const world = {
      ...of,
      daemon: () => Promise.resolve({ kind: 'up', pid: 7 }),
      facts: () => Promise.reject(replaced),
    }
    expect(await found('daemon.running', {}, world)).toMatchObject([
      {
        outcome: 'fail',
        detail: expect.stringContaining('was replaced while it ran'),
        fix: 'kill 7\nkaro up --home /h',
      },
    ])
  })
})

test('owners: the first foreign file is named', () => {
  const files = [
    { path: '/h/a', uid: 1000 },
    { path: '/h/b', uid: 0 },
    { path: '/h/c', uid: 0 },
  ]
  expect(judgeOwners('/h', 1000, files.slice(0, 1)).outcome).toBe('ok')
  expect(judgeOwners('/h', 1000, files)).toMatchObject({
    outcome: 'fail',
    detail: '/h/b belongs to uid 0 and 1 more, and the directory to uid 1000',
    fix: 'sudo chown -R 1000 /h',
  })
})

describe('ports', () => {
  const look = {
    part: 'mesh' as const,
    port: 9238,
    listens: undefined,
    trouble: undefined,
    taken: undefined,
    config: '/h/config.toml',
  }
  const taken = { address: '0.0.0.0', holder: { pid: 7, command: 'nginx' } }
  test.each([
    [{}, 'ok', 'port 9238 is free'],
    [{ port: 0 }, 'ok', 'any free port'],
    [{ listens: ['10.0.0.5:9238'] }, 'ok', 'listens on 10.0.0.5:9238'],
    [{ taken }, 'fail', 'nginx, pid 7, listens on port 9238 (0.0.0.0)'],
    [{ listens: [], taken }, 'fail', 'nginx, pid 7, listens on port 9238 (0.0.0.0)'],
    [
      { taken: { ...taken, holder: undefined } },
      'fail',
      'a program of another user listens on port 9238 (0.0.0.0)',
    ],
    [{ listens: ['10.0.0.5:9238'], trouble: 'but not on 10.0.0.6' }, 'fail', 'but not on 10.0.0.6'],
    [{ listens: [] }, 'fail', 'the daemon does not listen'],
  ])('%o: %s', (differs, outcome, detail) => {
    expect(judgePort({ ...look, ...differs })).toMatchObject({ outcome, detail })
  })
  test('when nobody holds it any more, no program is to be ended', () => {
    const { fix } = judgePort({ ...look, listens: [], trouble: 'the mesh cannot listen on 10.0.0.5:9238' })
    expect(fix).toMatch(/^No other program uses port 9238 now, and the daemon tries again/)
    expect(fix).toContain('another mesh.port in')
  })
})

describe('addresses', () => {
  const mesh = { port: 9238, listen: 'auto', lan_only: true, allow_cgnat: false, ping_seconds: 15 } as const
  const at = (address: string) =>
    ({ address, netmask: '', family: 'IPv4', mac: '', internal: false, cidr: null }) as const
  const interfaces = {
    lo: [at('127.0.0.1')],
    eth0: [at('10.0.0.5'), at('8.8.8.8')],
    eth1: [{ ...at('fe80::1'), family: 'IPv6', scopeid: 2 } as const],
  }
  const judge = (listening: string[], down: string[] = []) =>
    judgeAddresses(mesh, interfaces, listening, down, 'restart')
  test('a private one that is not listened on; public ones and link-local IPv6 are left alone', () => {
    expect(judge(['127.0.0.1', '10.0.0.5'])).toMatchObject({
      outcome: 'ok',
      detail: '10.0.0.5; 1 public address is not used',
    })
    expect(judge(['127.0.0.1'])).toMatchObject({ outcome: 'warn', fix: 'restart' })
    expect(judge(['127.0.0.1']).detail).toContain('10.0.0.5 (eth0)')
    expect(judge(['127.0.0.1', '10.0.0.5'], ['eth2']).detail).toContain('down: eth2')
    expect(judge([]).outcome).toBe('skipped')
  })
  test('one at which another program has the port did not come late', () => {
    const socket = {
      kind: 'tcp',
      localPort: 9238,
      remote: '',
      remotePort: 0,
      listens: true,
      inode: '1',
    } as const
    const table = [
      { ...socket, local: '10.0.0.5' },
      { ...socket, local: '127.0.0.1' },
    ]
    const taken = heldByOthers(9238, ['10.0.0.5'], table)
    expect(judgeAddresses(mesh, interfaces, ['10.0.0.5'], [], 'restart', taken)).toMatchObject({
      outcome: 'skipped',
      detail: 'another program uses the port at 127.0.0.1, see mesh.port',
    })
    const free = heldByOthers(9238, ['10.0.0.5'], table.slice(0, 1))
    expect(judgeAddresses(mesh, interfaces, ['10.0.0.5'], [], 'restart', free).detail).toContain(
      'added after',
    )
  })
  test('loopback alone is nobody to meet, unless it was chosen', () => {
    const alone = { lo: [at('127.0.0.1')] }
    expect(judgeAddresses(mesh, alone, ['127.0.0.1'], [], '').outcome).toBe('warn')
    const local = judgeAddresses(mesh, { ...alone, eth1: interfaces.eth1 }, ['127.0.0.1'], [], '')
    expect(local.detail).toContain('fe80::1, which the mesh cannot use')
    expect(local.fix).toMatch(/ip address add fd[^ ]+ dev eth1$/)
    expect(
      judgeAddresses({ ...mesh, listen: ['127.0.0.1'] }, interfaces, ['127.0.0.1'], [], '').outcome,
    ).toBe('ok')
  })
  test('names of peers: in the hosts file, of a configured server, or asked of nobody', () => {
    const judgeWith = (lan_only: boolean, resolvers: string[], ...hosts: string[]) =>
      judgeNames(
        {
          mesh: { ...mesh, lan_only },
          discovery: {
            resolvers,
            peers: hosts.map((host) => ({ host, port: 9238 })),
          },
        },
        new Map([['birch', []]]),
      )
    expect(judgeWith(true, [], '10.0.0.5', 'Birch')).toMatchObject({ outcome: 'ok' })
    expect(judgeWith(true, [], 'birch', 'ash.corp')).toMatchObject({
      outcome: 'warn',
      detail: 'no permitted server can look up ash.corp',
    })
    expect(judgeWith(true, ['10.0.0.53'], 'ash.corp')).toMatchObject({ outcome: 'ok' })
    expect(judgeWith(false, [], 'ash.corp')).toMatchObject({ outcome: 'ok' })
  })
  test('lan_only', () => {
    expect(judgeLanOnly(mesh, ['10.0.0.5']).outcome).toBe('ok')
    expect(judgeLanOnly({ ...mesh, lan_only: false }, ['10.0.0.5']).outcome).toBe('warn')
    expect(judgeLanOnly(mesh, ['8.8.8.8']).detail).toContain('8.8.8.8')
    expect(judgeLanOnly(mesh, ['100.64.0.1']).outcome).toBe('warn')
    expect(judgeLanOnly({ ...mesh, allow_cgnat: true }, ['100.64.0.1']).outcome).toBe('ok')
  })
})

describe('multicast', () => {
  const place: MulticastFacts = {
    address: '10.0.0.5',
    interface: 'eth0',
    not_sent: null,
    heard_itself: true,
    heard_others: 2,
    heard_nodes: 1,
    connected_nodes: 1,
  }
  const facts = (multicast: MulticastFacts[] | null, listen = ['/ip4/10.0.0.5/tcp/9238']) => ({
    multicast,
    mesh: {
      listen,
      mdns: ['10.0.0.5'],
      connections: [],
      dialing: [],
      leaves: { linked: 0, up_to: 256, turned_away: [] },
    },
  })
  test.each([
    [
      'heard both ways',
      {},
      'ok',
      'receives its own question and answers of 2 others, 1 of them nodes of Karo',
    ],
    ['alone', { heard_others: 0, heard_nodes: 0, connected_nodes: 0 }, 'ok', 'no other machine answered'],
    [
      'connected, and not heard',
      { heard_others: 0, heard_nodes: 0 },
      'warn',
      'receives its own question but no other machine, and 1 connected node is',
    ],
    ['deaf', { heard_itself: false }, 'fail', 'does not receive its own question'],
    ['dumb', { not_sent: 'EPERM', heard_itself: false }, 'fail', 'cannot send (EPERM: a firewall'],
    [
      'no route',
      { not_sent: 'ENETUNREACH', heard_itself: false },
      'fail',
      'cannot send (ENETUNREACH: the interface',
    ],
  ])('%s', async (_, differs, outcome, says) => {
    const [finding, ...more] = await found('mesh.multicast', facts([{ ...place, ...differs }]))
    expect(more).toEqual([])
    expect(finding?.outcome).toBe(outcome)
    expect(finding?.detail).toContain(says)
  })
  test('off, or no mesh', async () => {
    expect(outcomes(await found('mesh.multicast', facts([])))).toEqual(['skipped'])
    expect(outcomes(await found('mesh.multicast', facts([place], [])))).toEqual(['skipped'])
  })
})

describe('others', () => {
  const now = Date.parse('2030-01-02T00:00:00Z')
  const waiting = (since: string) => ({
    node_id: peer.node_id,
    fingerprint: peer.fingerprint,
    name: 'birch',
    since,
  })
  test('whoever waits for more than an hour', async () => {
    const judgePending = (pending: readonly object[], at: number) =>
      found('peers.pending', { pending }, { now: () => at })
    expect(outcomes(await judgePending([], now))).toEqual(['ok'])
    expect(outcomes(await judgePending([waiting('2030-01-01T23:30:00Z')], now))).toEqual(['ok'])
    expect(await judgePending([waiting('2030-01-01T22:00:00Z')], now)).toMatchObject([
      { outcome: 'warn', fix: 'karo peers trust 0123456789abcdef\nor: karo peers deny 0123456789abcdef' },
    ])
  })

  test.each([
    ['0.1.0', 'ok', undefined],
    ['0.0.9', 'warn', 'Upgrade Karo on birch.'],
    ['0.2.0', 'warn', 'Upgrade Karo on this machine.'],
    ['0.10.0', 'warn', 'Upgrade Karo on this machine.'],
    ['strange', 'warn', 'Upgrade Karo on birch.'],
  ])('a member of version %s: %s', (karo_version, outcome, fix) => {
    const [finding] = [judgeVersions([{ ...peer, karo_version }], '0.1.0')].flat()
    expect({ outcome: finding?.outcome, fix: finding?.fix }).toEqual({ outcome, fix })
  })

  test('different protocols; strangers count for nothing', () => {
    const two = judgeVersions([peer, { ...peer, protocol_version: 2 }], '0.1.0')
    expect(two).toMatchObject([
      { outcome: 'warn', detail: 'they speak different versions of the protocol: 1, 2' },
      { outcome: 'ok' },
    ])
    expect(outcomes(judgeVersions([{ ...peer, admitted: false, karo_version: '9' }], '0.1.0'))).toEqual([
      'skipped',
    ])
  })
})

describe('what is kept', () => {
  const room = { path: '/h', free: 1024 * MIB, files: { free: 10, all: 10 }, refused: false }
  test.each([
    ['enough', {}, 0, ['ok']],
    ['as much as the database at least', { free: 100 * MIB }, 200 * MIB, ['warn']],
    ['little', { free: 63 * MIB }, 0, ['warn']],
    ['none', { free: 7 * MIB }, 0, ['fail']],
    ['no inode', { files: { free: 0, all: 10 } }, 0, ['fail']],
    ['a file system without inodes', { files: { free: 0, all: 0 } }, 0, ['ok']],
    ['read-only', { refused: true }, 0, ['fail']],
  ] as const)('%s', (_, differs, database, expected) => {
    expect(outcomes(judgeRooms([{ ...room, ...differs }], database)).slice(0, 1)).toEqual(expected)
  })
  test('home and spool on one file system are one finding', () => {
    expect(
      judgeRooms(
        [room, { ...room, path: '/h/spool' }].map((one) => ({ ...one, free: 0 })),
        0,
      ),
    ).toMatchObject([
      {
        detail: `only 0 B are free at ${room.path}: soon commands cannot be recorded`,
        // What fills a disk is to be looked for on all of it.
        fix: `sudo du -xh "$(df --output=target ${room.path} | tail -1)" | sort -h | tail -20`,
      },
      { outcome: 'ok' },
    ])
  })

  test.each([
    [0, null, 9_000, 'ok'],
    [2, '2030-01-02T12:00:00Z', 9_000, 'ok'],
    [2, '2030-01-01T12:00:00Z', 9_000, 'warn'],
    [2, null, 9_000, 'warn'],
    [2, null, 60, 'ok'],
  ])(
    'summaries for %d, the last of %s, after %d s: %s',
    async (recipients, last, uptime_seconds, outcome) => {
      const now = () => Date.parse('2030-01-03T00:00:00Z')
      const facts = { summaries: { recipients, last }, uptime_seconds }
      expect(outcomes(await found('summaries.fresh', facts, { now }))).toEqual([outcome])
    },
  )

  test('the spool of the service: owner, group, and who else is in that', () => {
    const group = { gid: 990, members: ['karo'] }
    const judge = (differs: object, of: Parameters<typeof judgeServiceSpool>[3] = group) =>
      judgeServiceSpool('/var/spool/karo', { uid: 999, gid: 990, ...differs }, 999, of)
    expect(judge({}).outcome).toBe('ok')
    expect(judge({}, 'unknown').outcome).toBe('ok')
    expect(judge({ gid: 0 }, 'unknown').outcome).toBe('ok')
    expect(judge({ uid: 0 })).toMatchObject({ outcome: 'fail', fix: expect.stringContaining('tmpfiles') })
    expect(judge({ gid: 0 })).toMatchObject({
      outcome: 'fail',
      detail: expect.stringContaining('karo-spool'),
    })
    expect(judge({}, 'missing')).toMatchObject({ fix: expect.stringContaining('sysusers') })
    expect(judge({}, { gid: 990, members: ['karo', 'ann', 'bob'] })).toMatchObject({
      outcome: 'fail',
      detail: expect.stringContaining('ann, bob'),
      fix: 'sudo gpasswd -d ann karo-spool\nsudo gpasswd -d bob karo-spool',
    })
    expect(judge({}, { gid: 990, members: [] }).outcome).toBe('fail')
    expect(readGroup('karo-spool:x:990:karo,ann\n')).toEqual({ gid: 990, members: ['karo', 'ann'] })
    expect(readGroup('karo-spool:x:990:\n')).toEqual({ gid: 990, members: [] })
    expect(readGroup('')).toBe('unknown')
  })

  test('retention', () => {
    expect(judgeRetention(0).outcome).toBe('ok')
    const waits = judgeRetention(30 * 86_400_000)
    expect(waits).toMatchObject({ outcome: 'warn', detail: expect.stringContaining('30 days ahead') })
    // Of a node whose clock was wrong when it first ran: a time server keeps it now.
    expect(judgeRetention(9_000 * 86_400_000, true).outcome).toBe('ok')
  })

  test('files of shells that nobody reads, and whose they are', async () => {
    const judgeFollowed = (unfollowed: readonly object[], uid: number) =>
      found('spool.followed', { spool: { unfollowed } }, { uid })
    expect(outcomes(await judgeFollowed([], 1000))).toEqual(['ok'])
    const unfollowed = [
      { uid: 1002, files: 3_000 },
      { uid: 1000, files: 2 },
    ]
    expect(await judgeFollowed(unfollowed, 1000)).toMatchObject([
      {
        outcome: 'fail',
        detail: expect.stringContaining('uid 1002'),
        fix: expect.stringContaining('-u 1002'),
      },
      { outcome: 'fail', detail: expect.stringContaining('2 of your files') },
    ])
  })

  test('what the kernel protects in directories that everybody may write', () => {
    const all = { protected_regular: 1, protected_fifos: 2, protected_hardlinks: 1, protected_symlinks: 1 }
    expect(outcomes(judgeShared(all, [], true))).toEqual(['ok'])
    expect(outcomes(judgeShared({ ...all, protected_regular: 0 }, [], false))).toEqual(['ok'])
    const [off, ...more] = judgeShared({ ...all, protected_regular: 0, protected_fifos: 0 }, [], true)
    expect(outcomes(more)).toEqual(['ok'])
    expect(off).toMatchObject({
      outcome: 'warn',
      detail: expect.stringMatching(/fs\.protected_regular is 0, fs\.protected_fifos is 0$/),
      fix: expect.stringContaining("'fs.protected_regular = 1' 'fs.protected_fifos = 1'"),
    })
    expect(outcomes(judgeShared(all, ['/srv/open'], false))).toEqual(['warn', 'ok'])
    const unknown = {
      protected_regular: undefined,
      protected_fifos: undefined,
      protected_hardlinks: undefined,
      protected_symlinks: undefined,
    }
    expect(outcomes(judgeShared(unknown, [], true))).toEqual(['skipped'])
  })

  test('spool', async () => {
    const waiting = async (pending_bytes: number, dropped: number) =>
      outcomes(await found('spool.waiting', { spool: { pending_bytes, dropped } }))
    expect(await waiting(0, 0)).toEqual(['ok'])
    expect(await waiting(2 * MIB, 3)).toEqual(['warn', 'warn'])
  })
})

describe('hooks', () => {
  const line =
    "if [ -x '/n/node' ] && [ -r '/n/karo.js' ]; then eval \"$('/n/node' '/n/karo.js' shell init bash)\"; fi"
  const look: StartFileLook = {
    shell: 'bash',
    file: '/h/.bashrc',
    login: true,
    marked: [line],
    byHand: false,
    expected: line,
    refresh: () => {},
  }
  const judge = (differs: Partial<StartFileLook>, there = ['/n/node', '/n/karo.js']) =>
    judgeHook({ ...look, ...differs }, '', (path) => there.includes(path))
  test('as it would be written now, or another that still works', () => {
    expect(judge({})?.outcome).toBe('ok')
    expect(judge({ expected: 'another' })?.outcome).toBe('ok')
  })
  test('stale, doubled, none', () => {
    expect(judge({ expected: 'another' }, ['/n/node'])).toMatchObject({
      outcome: 'warn',
      fix: 'karo shell install bash',
    })
    expect(judge({ expected: 'another' }, ['/n/node'])?.safe).toBeDefined()
    expect(judge({ marked: [line, line] })?.safe).toBeDefined()
    expect(judge({ marked: [] })).toMatchObject({ outcome: 'warn' })
    expect(judge({ marked: [] })?.safe).toBeUndefined()
  })
  test("a line of one's own is one; another shell needs none", () => {
    expect(judge({ marked: [], byHand: true })?.outcome).toBe('ok')
    expect(judge({ marked: [], login: false })).toBeUndefined()
  })
})

describe('hooks of AI coding tools', () => {
  const goesOn =
    "[ -x '/n/node' ] && [ -r '/n/my karo.js' ] && /n/node '/n/my karo.js' hook claude --home '/h/k' || exit 0 # karo hook"
  const stops = "/n/node '/n/my karo.js' hook claude --home '/h/k' || exit 2 # karo hook"
  const look: ToolHookLook = {
    tool: 'claude',
    title: 'Claude Code',
    file: '/h/.claude/settings.json',
    lines: [goesOn],
    placed: true,
    expected: goesOn,
    refresh: () => {},
  }
  const judge = (differs: Partial<ToolHookLook>, there = ['/n/node', '/n/my karo.js']) =>
    judgeToolHook({ ...look, ...differs }, ' --home /h/k', (path) => there.includes(path))

  test('as it would be written now, or by another way to the same', () => {
    expect(judge({}).outcome).toBe('ok')
    expect(judge({ lines: [stops], expected: stops }).outcome).toBe('ok')
    const byName = goesOn.replaceAll("/n/node '/n/my karo.js'", 'karo').replace(/^.*&& karo/, 'karo')
    expect(judge({ lines: [byName] }, ['karo']).outcome).toBe('ok')
    expect(judge({ lines: [byName] }).outcome).toBe('warn')
  })

  test.each([
    ['a program that is gone', {}, ['/n/node'], 'without a check'],
    ['a runtime that is gone', { lines: [stops], expected: stops }, ['/n/my karo.js'], 'cannot run commands'],
    ['of when commands were to run all the same', { expected: stops }, undefined, '"block"'],
    ['of when they were not', { lines: [stops] }, undefined, '"allow"'],
    ['not at every event', { placed: false }, undefined, 'missing at some events'],
    ['two of them', { lines: [goesOn, stops] }, undefined, '2 hooks'],
  ] as const)('%s', (_, differs, there, says) => {
    const found = judge(differs, there && [...there])
    expect(found).toMatchObject({ outcome: 'warn', fix: 'karo hook install claude --home /h/k' })
    expect(found.detail).toContain(says)
    expect(found.safe).toBeDefined()
  })

  test('of another node it is that node’s, and what cannot be read is not written', () => {
    const other = stops.replace('/h/k', '/h/other')
    expect(judge({ lines: [other] })).toMatchObject({ outcome: 'ok' })
    expect(judge({ lines: [] }).outcome).toBe('warn')
    expect(judge({ lines: [] }).safe).toBeUndefined()
  })
})

test('a quota that is used up is looked at with quota, an error of the disk with dmesg', () => {
  expect(judgeRefused('IO error: /h/db/000009.log: Disk quota exceeded', '/h').fix).toBe('quota -s\ndf -h /h')
  expect(judgeRefused('IO error: /h/db/000009.log: Input/output error', '/h').fix).toBe(
    'dmesg | tail\ndf -h /h',
  )
})
