// Packet filters: rules as nft and iptables-save print them, and what they do with the packets Karo needs.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeRules, needed } from '../../../../src/cli/doctor/checks/firewall.ts'
import { judgePacket, type Packet } from '../../../../src/cli/doctor/firewall/filter.ts'
import { parseIptables } from '../../../../src/cli/doctor/firewall/iptables.ts'
import { parseNft } from '../../../../src/cli/doctor/firewall/nft.ts'

const mesh: Packet = {
  way: 'in',
  protocol: 'tcp',
  port: 9238,
  source: '10.0.0.6',
  destination: '10.0.0.5',
  interface: 'eth0',
  multicast: false,
}
const mdns: Packet = { ...mesh, protocol: 'udp', port: 5353, destination: '224.0.0.251', multicast: true }

// Expressions as nft 1.0.6 prints them.
const port = (protocol: string, right: unknown, op = '==') => ({
  match: { op, left: { payload: { protocol, field: 'dport' } }, right },
})
const address = (field: string, right: unknown) => ({
  match: { op: '==', left: { payload: { protocol: 'ip', field } }, right },
})
const meta = (key: string, right: unknown) => ({ match: { op: '==', left: { meta: { key } }, right } })
const state = (right: unknown) => ({ match: { op: 'in', left: { ct: { key: 'state' } }, right } })
const [accept, drop] = [{ accept: null }, { drop: null }]

/** One table with a base chain `input`, others beside it. */
function nft(
  rules: readonly unknown[][],
  { policy = 'accept', others = {}, sets = [] as unknown[], hook = 'input' } = {},
) {
  const table = { family: 'inet', table: 'filter' }
  const chain = (name: string, of: readonly unknown[][]) => [
    { chain: { ...table, name, ...(name === 'input' ? { type: 'filter', hook, prio: 0, policy } : {}) } },
    ...of.map((expr) => ({ rule: { ...table, chain: name, expr } })),
  ]
  const items = [
    { metainfo: { version: '1.0.6' } },
    { table: { family: 'inet', name: 'filter' } },
    ...sets.map((set) => ({ set })),
    ...chain('input', rules),
    ...Object.entries(others as Record<string, unknown[][]>).flatMap(([name, of]) => chain(name, of)),
  ]
  return parseNft(JSON.stringify({ nftables: items }))
}

describe('nft', () => {
  const set = { family: 'inet', name: 'ports', table: 'filter', elem: [22, { range: [9000, 9300] }] }
  test.each([
    ['no rule', nft([]), 'accept'],
    ['a policy', nft([], { policy: 'drop' }), 'drop'],
    ['the port', nft([[port('tcp', 9238), { counter: { packets: 0 } }, drop]]), 'drop'],
    ['another port', nft([[port('tcp', 22), drop]]), 'accept'],
    ['the same port of UDP', nft([[port('udp', 9238), drop]]), 'accept'],
    ['every other port', nft([[port('tcp', 9238, '!='), drop]]), 'accept'],
    ['larger ports', nft([[port('tcp', 1024, '>'), drop]]), 'drop'],
    ['a list', nft([[port('tcp', { set: [22, 9238] }), accept]], { policy: 'drop' }), 'accept'],
    ['a range', nft([[port('tcp', { range: [9000, 9300] }), accept]], { policy: 'drop' }), 'accept'],
    ['a named set', nft([[port('tcp', '@ports'), accept]], { policy: 'drop', sets: [set] }), 'accept'],
    ['a set nobody knows', nft([[port('tcp', '@gone'), accept]], { policy: 'drop' }), 'unknown'],
    [
      'its subnet',
      nft([[address('saddr', { prefix: { addr: '10.0.0.0', len: 8 } }), accept]], { policy: 'drop' }),
      'accept',
    ],
    [
      'another subnet',
      nft([[address('saddr', { prefix: { addr: '192.168.0.0', len: 16 } }), accept]], { policy: 'drop' }),
      'drop',
    ],
    ['interfaces by a beginning', nft([[meta('iifname', 'eth*'), accept]], { policy: 'drop' }), 'accept'],
    ['loopback', nft([[meta('iif', 'lo'), accept]], { policy: 'drop' }), 'drop'],
    [
      'connections there are',
      nft(
        [
          [state(['established', 'related']), accept],
          [state('invalid'), drop],
        ],
        { policy: 'drop' },
      ),
      'drop',
    ],
    ['new connections', nft([[state('new'), accept]], { policy: 'drop' }), 'accept'],
    [
      'a map of verdicts',
      nft(
        [
          [
            {
              vmap: {
                key: { ct: { key: 'state' } },
                data: {
                  set: [
                    ['established', accept],
                    ['new', { jump: { target: 'more' } }],
                  ],
                },
              },
            },
          ],
        ],
        { policy: 'drop', others: { more: [[port('tcp', 9238), accept]] } },
      ),
      'accept',
    ],
    [
      'IPv6',
      nft([
        [
          { match: { op: '==', left: { payload: { protocol: 'ip6', field: 'saddr' } }, right: 'fe80::1' } },
          drop,
        ],
      ]),
      'accept',
    ],
    [
      'a jump that comes back',
      nft([[{ jump: { target: 'more' } }], [drop]], { others: { more: [[port('tcp', 1), accept]] } }),
      'drop',
    ],
    [
      'a jump that returns',
      nft([[{ jump: { target: 'more' } }], [accept]], {
        policy: 'drop',
        others: { more: [[{ return: null }], [drop]] },
      }),
      'accept',
    ],
    [
      'a goto does not come back',
      nft([[{ goto: { target: 'more' } }], [drop]], { others: { more: [] } }),
      'accept',
    ],
    ['a rate', nft([[{ limit: { rate: 5, per: 'second' } }, drop]]), 'unknown'],
    ['a log is no verdict', nft([[{ log: { prefix: 'x' } }]]), 'accept'],
    ['reject', nft([[{ reject: null }]]), 'drop'],
    [
      'a chain that jumps into itself',
      nft([[{ jump: { target: 'more' } }]], { others: { more: [[{ jump: { target: 'more' } }]] } }),
      'unknown',
    ],
    ['rules for what goes out', nft([[port('tcp', 9238), drop]], { hook: 'output' }), 'accept'],
    ['raw, before everything', nft([[port('tcp', 9238), drop]], { hook: 'prerouting' }), 'drop'],
  ] as const)('%s', (_, tables, outcome) => {
    expect(judgePacket(tables, mesh).outcome).toBe(outcome)
  })

  test('multicast is told by type and by group', () => {
    const fib = (right: string) => ({
      match: { op: '==', left: { fib: { result: 'type', flags: ['daddr'] } }, right },
    })
    expect(judgePacket(nft([[fib('multicast'), drop]]), mdns).outcome).toBe('drop')
    expect(judgePacket(nft([[fib('local'), drop]]), mdns).outcome).toBe('accept')
    expect(judgePacket(nft([[address('daddr', '224.0.0.251'), drop]]), mdns).outcome).toBe('drop')
    expect(judgePacket(nft([[meta('pkttype', 'multicast'), drop]]), mdns).outcome).toBe('drop')
    expect(judgePacket(nft([[meta('pkttype', 'multicast'), drop]]), mesh).outcome).toBe('accept')
  })

  test('the rule is told nearly as nft writes it', () => {
    const { at } = judgePacket(nft([[port('udp', 5353), { counter: {} }, drop]]), mdns)
    expect(at).toEqual({ table: 'inet filter', chain: 'input', rule: 'udp dport 5353 drop' })
  })

  test('whatever JSON it is, it is read or left', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.jsonValue({ maxDepth: 4 }), (any, expr) => {
        judgePacket(parseNft(JSON.stringify(any)), mesh)
        judgePacket(parseNft(JSON.stringify({ nftables: any })), mesh)
        judgePacket(nft([[expr], [{ match: expr }, drop]]), mesh)
      }),
    )
  })
})

describe('iptables', () => {
  const saved = (rules: readonly string[], policy = 'ACCEPT') =>
    parseIptables(
      [
        '# Generated by iptables-nft-save v1.8.9 (nf_tables)',
        '*nat',
        ':PREROUTING ACCEPT [0:0]',
        '-A PREROUTING -p tcp -m tcp --dport 9238 -j DROP',
        'COMMIT',
        '*filter',
        `:INPUT ${policy} [0:0]`,
        ':OUTPUT ACCEPT [0:0]',
        ':more - [0:0]',
        ...rules,
        'COMMIT',
      ].join('\n'),
    )
  test.each([
    ['no rule', saved([]), 'accept'],
    ['a policy', saved([], 'DROP'), 'drop'],
    ['the port', saved(['-A INPUT -p tcp -m tcp --dport 9238 -j DROP']), 'drop'],
    [
      'rejected',
      saved(['-A INPUT -p tcp -m tcp --dport 9238 -j REJECT --reject-with icmp-port-unreachable']),
      'drop',
    ],
    ['another protocol', saved(['-A INPUT -p udp -m udp --dport 9238 -j DROP']), 'accept'],
    ['every other port', saved(['-A INPUT -p tcp -m tcp ! --dport 9238 -j DROP']), 'accept'],
    [
      'several ports',
      saved(['-A INPUT -p tcp -m multiport --dports 22,9000:9300 -j ACCEPT'], 'DROP'),
      'accept',
    ],
    ['its subnet', saved(['-A INPUT -s 10.0.0.0/8 -j ACCEPT'], 'DROP'), 'accept'],
    ['another subnet', saved(['-A INPUT -s 192.168.0.0/16 -j ACCEPT'], 'DROP'), 'drop'],
    ['not from there', saved(['-A INPUT ! -s 10.0.0.0/8 -j DROP']), 'accept'],
    ['interfaces', saved(['-A INPUT -i eth+ -j ACCEPT'], 'DROP'), 'accept'],
    [
      'loopback and what there is',
      saved(
        ['-A INPUT -i lo -j ACCEPT', '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'],
        'DROP',
      ),
      'drop',
    ],
    [
      'a comment with blanks',
      saved(['-A INPUT -p tcp -m comment --comment "let -j DROP in" -j ACCEPT'], 'DROP'),
      'accept',
    ],
    [
      'a chain of its own',
      saved(['-A INPUT -j more', '-A more -p tcp --dport 9238 -j ACCEPT'], 'DROP'),
      'accept',
    ],
    [
      'a chain that returns',
      saved(['-A INPUT -j more', '-A INPUT -j ACCEPT', '-A more -j RETURN', '-A more -j DROP'], 'DROP'),
      'accept',
    ],
    [
      'what is not understood',
      saved(['-A INPUT -m recent --update --seconds 60 --hitcount 4 -j DROP']),
      'unknown',
    ],
    ['a log is no verdict', saved(['-A INPUT -j LOG --log-prefix "x " --log-uid']), 'accept'],
    ['a target nobody knows', saved(['-A INPUT -j STRANGE']), 'unknown'],
    ['what goes out', saved(['-A OUTPUT -p tcp -j DROP']), 'accept'],
  ] as const)('%s', (_, tables, outcome) => {
    expect(judgePacket(tables, mesh).outcome).toBe(outcome)
  })

  test('whatever text it is, it is read or left', () => {
    const words = fc.constantFrom(
      '*filter',
      ':INPUT DROP [0:0]',
      '-A INPUT',
      '-p',
      'tcp',
      '!',
      '--dport',
      '-j',
      '"',
      'COMMIT',
      '\n',
      ' ',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 8 })), { maxLength: 60 }), (parts) => {
        judgePacket(parseIptables(parts.join(' ')), mesh)
      }),
    )
  })
})

describe('what is said of it', () => {
  const packets = needed([{ interface: 'eth0', address: '10.0.0.5' }], 9238, true)

  test('three packets on each interface; without mDNS or a port fewer', () => {
    expect(packets.map(({ packet }) => `${packet.way} ${packet.protocol} ${packet.port}`)).toEqual([
      'in tcp 9238',
      'in udp 5353',
      'out udp 5353',
    ])
    expect(needed([{ interface: 'eth0', address: '10.0.0.5' }], 0, false)).toEqual([])
  })

  test.each([
    [undefined, 'sudo nft insert rule inet filter input tcp dport 9238 accept'],
    ['ufw', 'sudo ufw allow in proto tcp to any port 9238'],
    ['firewalld', 'sudo firewall-cmd --permanent --add-port=9238/tcp\nsudo firewall-cmd --reload'],
  ] as const)('dropped, managed by %s', (manager, fix) => {
    const [finding, ...others] = judgeRules(nft([[port('tcp', 9238), drop]]), packets, manager)
    expect(others).toEqual([])
    expect(finding).toMatchObject({ outcome: 'fail', fix })
    expect(finding?.detail).toContain(
      'TCP 9238) on eth0: dropped (inet filter, chain input: tcp dport 9238 drop)',
    )
  })

  test('of iptables', () => {
    const tables = parseIptables('*filter\n:OUTPUT DROP [0:0]\nCOMMIT\n')
    expect(judgeRules(tables, packets, undefined)).toMatchObject([
      {
        outcome: 'fail',
        fix: 'sudo iptables -t filter -I OUTPUT -p udp -d 224.0.0.251 --dport 5353 -j ACCEPT',
      },
    ])
  })

  test('what may be is a warning; what lets all pass is fine', () => {
    const [finding] = judgeRules(nft([[{ limit: {} }, port('tcp', 9238), drop]]), packets, undefined)
    expect(finding?.outcome).toBe('warn')
    expect(judgeRules([], packets, undefined)).toEqual([{ outcome: 'ok', detail: 'there are no rules' }])
  })
})
