// The rules of a packet filter as its own tool prints them: which chains there are, and which rule names a port first.

export interface Port {
  /** Of packets of this machine that come in, or go out. */
  readonly way: 'in' | 'out'
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
}

interface Rule {
  /** As the tool prints it. */
  readonly text: string
  /** Undefined: it jumps, counts or logs. */
  readonly verdict: 'accept' | 'drop' | undefined
}

export interface Chain {
  /** As a command names it: `inet filter`, `iptables -t filter`. */
  readonly table: string
  readonly name: string
  /** Of a chain that packets enter by themselves. */
  readonly base?: { readonly way: Port['way']; readonly policy: 'accept' | 'drop' } | undefined
  readonly rules: readonly Rule[]
}

/** What the rules of one table say about a port. */
export interface Said {
  readonly chain: Chain
  /** `dropped`: the first rule that names the port drops; `unnamed`: what no rule accepts is dropped, and none names it. */
  readonly says: 'dropped' | 'unnamed'
  /** The rule, or what drops everything else. */
  readonly by: string
}

/** Hooks a packet of this machine passes; chains of other kinds (nat, route) do not drop. */
const WAYS: Readonly<Record<string, Port['way']>> = {
  prerouting: 'in',
  input: 'in',
  output: 'out',
  postrouting: 'out',
}

/** A chain while its rules are read. */
type Growing = Chain & { readonly rules: Rule[] }

/** `nft list ruleset` (nft(8)); tables that see no IPv4 packets are left out. */
export function readNft(printed: string): readonly Chain[] {
  const chains: Growing[] = []
  let table = ''
  let chain: Growing | undefined
  for (const line of printed.split('\n').map((one) => one.trim())) {
    const [kind = '', one = '', two = ''] = line.split(' ')
    const hook = /^type filter hook (\w+) .*?(?:policy (\w+);)?$/.exec(line)
    if (kind === 'table') table = /^(?:ip|inet)$/.test(one) ? `${one} ${two}` : ''
    else if (kind === 'chain' && table !== '') {
      chain = { table, name: one, rules: [] }
      chains.push(chain)
    } else if (line === '}') chain = undefined
    else if (chain && hook) {
      const way = WAYS[hook[1] as string]
      const policy = hook[2] === 'drop' ? 'drop' : 'accept'
      if (way !== undefined) chains[chains.length - 1] = chain = { ...chain, base: { way, policy } }
    } else if (chain !== undefined && line !== '' && !line.startsWith('type ')) {
      const verdict = /\b(accept|drop|reject)(?: with .*| comment .*)?$/.exec(line)?.[1]
      chain.rules.push({ text: line, verdict: verdict === 'reject' ? 'drop' : (verdict as Rule['verdict']) })
    }
  }
  return chains
}

/** `iptables-save` (iptables-save(8)). */
export function readIptables(printed: string): readonly Chain[] {
  const chains: Growing[] = []
  let table = ''
  for (const line of printed.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1)
    if (table === 'nat') continue
    const [, name = '', policy] = /^:(\S+) (\S+)/.exec(line) ?? []
    const [, of, text = ''] = /^-A (\S+) (.*)$/.exec(line) ?? []
    if (policy !== undefined) {
      const way = WAYS[name.toLowerCase()]
      const base = way && ({ way, policy: policy === 'DROP' ? 'drop' : 'accept' } as const)
      chains.push({ table: `iptables -t ${table}`, name, rules: [], base })
    } else if (of !== undefined) {
      const target = /(?:^| )-j (ACCEPT|DROP|REJECT)\b/.exec(text.replace(/"[^"]*"/g, '""'))?.[1]
      const verdict = target === undefined ? undefined : target === 'ACCEPT' ? 'accept' : 'drop'
      const at = `iptables -t ${table}`
      chains.find((one) => one.table === at && one.name === of)?.rules.push({ text: line, verdict })
    }
  }
  return chains
}

/**
 * Where the rules speak against a port, at most once for each table. It is read which rule names the port first, in the
 * chain that packets enter and then in the others of its table; not which conditions that rule has beside it, nor in which
 * order chains are called.
 */
export function speakAgainst(chains: readonly Chain[], port: Port): readonly Said[] {
  return chains.flatMap((chain): readonly Said[] => {
    if (chain.base?.way !== port.way) return []
    const others = chains.filter(({ table, base }) => table === chain.table && base === undefined)
    const rules = [chain, ...others].flatMap((one) => one.rules)
    const first = rules.find((rule) => rule.verdict !== undefined && names(rule.text, port))
    if (first !== undefined)
      return first.verdict === 'drop' ? [{ chain, says: 'dropped', by: first.text }] : []
    const all =
      chain.base.policy === 'drop' ? `policy ${chain.base.policy}` : chain.rules.find(dropsAll)?.text
    return all ? [{ chain, says: 'unnamed', by: all }] : []
  })
}

const names = (text: string, { protocol, port }: Port): boolean => {
  const [, of, ports] = /\b(tcp|udp|th) dport (?!!=)(\{[^}]*\}|\S+)/.exec(text) ?? []
  if (ports !== undefined) return (of === protocol || of === 'th') && includes(ports, port)
  const [, listed = ''] = /(?<!! )--dports? (\S+)/.exec(text) ?? []
  return new RegExp(`-p ${protocol}\\b`).test(text) && includes(listed, port)
}

/** `22`, `22, 9000-9300`, `22,9000:9300`. */
const includes = (ports: string, port: number): boolean =>
  [...ports.matchAll(/(\d+)(?:[-:](\d+))?/g)].some(
    ([, from, to = from]) => Number(from) <= port && port <= Number(to),
  )

/** Without any condition. */
const dropsAll = ({ text, verdict }: Rule): boolean =>
  verdict === 'drop' &&
  /^(?:counter \S+ \d+ \S+ \d+ )?(?:drop|reject\b.*)$|^-A \S+ -j (?:DROP|REJECT\b.*)$/.test(text)
