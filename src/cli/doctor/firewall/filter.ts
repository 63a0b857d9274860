// What a packet filter does with a packet, as far as its rules can be understood: chains in, a judgement out.

export interface Packet {
  readonly way: 'in' | 'out'
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  /** IPv4. */
  readonly source: string
  readonly destination: string
  readonly interface: string
  readonly multicast: boolean
}

/** Undefined: this program does not understand the condition. */
export type Match = (packet: Packet) => boolean | undefined

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }

export interface Rule {
  readonly matches: readonly Match[]
  /** By the packet, for a map of verdicts; undefined: the rule decides nothing. Several: which one is not known. */
  readonly verdicts: (packet: Packet) => readonly Verdict[]
  /** How the filter's own tool shows it. */
  readonly text: string
}

export interface Chain {
  readonly name: string
  readonly rules: readonly Rule[]
  /** Of a chain that packets enter by themselves. */
  readonly base?: { readonly way: Packet['way']; readonly policy: 'accept' | 'drop' }
}

/** Chains jump only within their table. */
export interface Table {
  /** As a command names it: `inet filter`, `iptables`. */
  readonly name: string
  readonly chains: readonly Chain[]
}

export interface Judgement {
  /** `unknown`: it depends on conditions that are not understood. */
  readonly outcome: 'accept' | 'drop' | 'unknown'
  /** Where it is dropped, or may be. */
  readonly at?: { readonly table: string; readonly chain: string; readonly rule: string }
}

/** A chain jumps into chains; deeper is refused by the kernel (NFT_JUMP_STACK_SIZE). */
const DEPTH_MAX = 16

type End = 'accept' | 'drop' | 'on'

interface Walk {
  readonly ends: ReadonlySet<End>
  /** The first rule that drops, or may. */
  readonly dropped: string | undefined
}

/** Every base chain of that way has to let it pass; the first that does not is told. */
export function judgePacket(tables: readonly Table[], packet: Packet): Judgement {
  let doubt: Judgement | undefined
  for (const table of tables) {
    for (const chain of table.chains) {
      if (chain.base?.way !== packet.way) continue
      const { ends, dropped } = walk(table, chain, packet, 0)
      const outcomes = new Set([...ends].map((end) => (end === 'on' ? chain.base?.policy : end)))
      if (!outcomes.has('drop')) continue
      const at = { table: table.name, chain: chain.name, rule: dropped ?? `policy ${chain.base.policy}` }
      if (outcomes.size === 1) return { outcome: 'drop', at }
      doubt ??= { outcome: 'unknown', at }
    }
  }
  return doubt ?? { outcome: 'accept' }
}

function walk(table: Table, chain: Chain, packet: Packet, depth: number): Walk {
  const ends = new Set<End>()
  let dropped: string | undefined
  for (const rule of chain.rules) {
    const matched = all(rule.matches, packet)
    if (matched === false) continue
    const verdicts = rule.verdicts(packet)
    const certain = matched === true && verdicts.length === 1
    let goesOn = !certain
    for (const verdict of verdicts) {
      const result = apply(table, verdict, packet, depth, rule.text)
      for (const end of result.ends) if (end !== 'on') ends.add(end)
      dropped ??= result.dropped
      if (result.leaves) {
        ends.add('on')
        if (certain) return { ends, dropped }
      } else if (result.ends.has('on')) goesOn = true
    }
    if (!goesOn) return { ends, dropped }
  }
  ends.add('on')
  return { ends, dropped }
}

/** `leaves`: this chain is over, and the one that called it (or the policy) goes on. */
function apply(
  table: Table,
  verdict: Verdict,
  packet: Packet,
  depth: number,
  text: string,
): Walk & { readonly leaves: boolean } {
  switch (verdict.kind) {
    case 'accept':
      return { ends: new Set(['accept']), dropped: undefined, leaves: false }
    case 'drop':
      return { ends: new Set(['drop']), dropped: text, leaves: false }
    case 'return':
      return { ends: new Set(), dropped: undefined, leaves: true }
    default: {
      const target = table.chains.find(({ name }) => name === verdict.chain)
      if (target === undefined || depth >= DEPTH_MAX) {
        return { ends: new Set(['accept', 'drop', 'on']), dropped: text, leaves: false }
      }
      const result = walk(table, target, packet, depth + 1)
      return { ...result, leaves: verdict.kind === 'goto' && result.ends.has('on') }
    }
  }
}

function all(matches: readonly Match[], packet: Packet): boolean | undefined {
  let result: boolean | undefined = true
  for (const match of matches) {
    const matched = match(packet)
    if (matched === false) return false
    if (matched === undefined) result = undefined
  }
  return result
}
