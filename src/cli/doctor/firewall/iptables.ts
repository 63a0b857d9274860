// The rules of iptables, as `iptables-save` prints them (iptables-extensions(8)), for the judge of packets.
import type { Chain, Match, Packet, Rule, Table, Verdict } from './filter.ts'
import { inSubnet } from './nft.ts'

/** Chains that packets enter by themselves, in the tables that may drop. */
const BASES: Readonly<Record<string, Packet['way']>> = {
  PREROUTING: 'in',
  INPUT: 'in',
  OUTPUT: 'out',
  POSTROUTING: 'out',
}
/** Translates addresses: a packet is not dropped there. */
const HARMLESS = new Set(['nat'])

export function parseIptables(saved: string): readonly Table[] {
  const tables: Table[] = []
  let chains: Map<string, Chain & { readonly rules: Rule[] }> | undefined
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) {
      chains = new Map()
      if (!HARMLESS.has(line.slice(1))) tables.push({ name: `iptables -t ${line.slice(1)}`, chains: [] })
      else chains = undefined
    } else if (line.startsWith(':') && chains !== undefined) {
      const [name = '', policy = ''] = line.slice(1).split(' ')
      const way = BASES[name]
      chains.set(name, {
        name,
        rules: [],
        ...(way !== undefined && { base: { way, policy: policy === 'DROP' ? 'drop' : 'accept' } }),
      })
    } else if (line.startsWith('-A ') && chains !== undefined) {
      const [, name, ...words] = wordsOf(line)
      chains.get(name?.text ?? '')?.rules.push(ruleOf(words, line))
    } else if (line === 'COMMIT' && chains !== undefined) {
      const last = tables.pop()
      if (last !== undefined) tables.push({ ...last, chains: [...chains.values()] })
      chains = undefined
    }
  }
  return tables
}

/** Words of a line; what is in double quotes, as comments are, is a word that begins no option. */
const wordsOf = (line: string): Word[] =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, bare]) => ({
    text: quoted ?? bare ?? '',
    option: bare?.startsWith('-') === true || bare === '!',
  }))

interface Word {
  readonly text: string
  readonly option: boolean
}

/** Options that change nothing about which packets a rule is for. */
const IDLE = /^(-m|--match|--comment|--reject-with|--log-.*|--nflog-.*|--ulog-.*)$/
function ruleOf(words: readonly Word[], text: string): Rule {
  const matches: Match[] = []
  let verdict: Verdict | undefined
  let negated = false
  for (let i = 0; i < words.length; ) {
    const option = words[i++]?.text ?? ''
    if (option === '!') {
      negated = true
      continue
    }
    // Some have no value, few have two.
    const values: string[] = []
    while (i < words.length && words[i]?.option === false) values.push(words[i++]?.text ?? '')
    const value = values.join(' ')
    if (option === '-j' || option === '-g') verdict = verdictOf(option, value)
    else if (!IDLE.test(option)) {
      const match = matchOf(option, value)
      const not = negated
      matches.push((packet) => {
        const is = match(packet)
        return is === undefined ? undefined : is !== not
      })
    }
    negated = false
  }
  const verdicts = verdict === undefined ? [] : [verdict]
  return { matches, verdicts: () => verdicts, text }
}

function verdictOf(option: string, target: string): Verdict | undefined {
  switch (target) {
    case 'ACCEPT':
      return { kind: 'accept' }
    case 'DROP':
    case 'REJECT':
      return { kind: 'drop' }
    case 'RETURN':
      return { kind: 'return' }
    // They note, mark and count, and the packet goes on.
    case 'LOG':
    case 'NFLOG':
    case 'MARK':
    case 'CONNMARK':
    case 'CT':
    case 'TCPMSS':
      return undefined
    default:
      return { kind: option === '-g' ? 'goto' : 'jump', chain: target }
  }
}

function matchOf(option: string, value: string): Match {
  switch (option) {
    case '-p':
      return ({ protocol }) => value === 'all' || value === protocol
    case '-i':
      return (packet) => packet.way === 'in' && isInterface(value, packet.interface)
    case '-o':
      return (packet) => packet.way === 'out' && isInterface(value, packet.interface)
    case '-s':
      return ({ source }) => isIn(value, source)
    case '-d':
      return ({ destination }) => isIn(value, destination)
    case '--dport':
    case '--dports':
      return ({ port }) => isPort(value, port)
    case '--sport':
    case '--sports':
      // mDNS is from its own port; who connects to the mesh is from any.
      return ({ protocol, port }) => (protocol === 'udp' ? isPort(value, port) : undefined)
    case '--ctstate':
    case '--state':
      return () => value.split(',').includes('NEW')
    case '--pkt-type':
      return ({ way, multicast }) =>
        way === 'out' ? undefined : value === (multicast ? 'multicast' : 'unicast')
    case '--dst-type':
      return ({ way, multicast }) => value === (multicast ? 'MULTICAST' : way === 'in' ? 'LOCAL' : 'UNICAST')
    default:
      return () => undefined
  }
}

const isInterface = (pattern: string, name: string): boolean =>
  pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : pattern === name

function isIn(subnet: string, ip: string): boolean | undefined {
  const [network = '', bits = '32'] = subnet.split('/')
  return inSubnet(ip, network, Number(bits))
}

const isPort = (ports: string, port: number): boolean =>
  ports.split(',').some((range) => {
    const [from, to = from] = range.split(':').map(Number)
    return from !== undefined && to !== undefined && from <= port && port <= to
  })
