// Gossip over the simulated network as gossipsub does it: a few links that one end wants are its mesh, and over the others each
// node tells every second what it heard, so that who missed it asks for it.
import type { NodeId } from '../../protocols/node-id.ts'
import type { Network } from './mesh-network.ts'
import type { End, Pipe, SimNode } from './mesh-node.ts'
import type { Sent } from './sizes.ts'

/** Links that each end wants: as many are wanted by the other end alone, which makes gossipsub's four to five. */
const WANTED = 3
const HEARTBEAT_MS = 1_000
/** gossipsub tells of a message in so many heartbeats, to so many neighbours each; here in one, to as many. Its id has a length and SHA-256's bytes. */
const TOLD = { beats: 3, neighbours: 4, idBytes: 34 } as const

/** A message on its way: made once, and the same for all who hear it. */
export interface Rumour {
  readonly author: NodeId
  /** The time that its author's clock told, ms. */
  readonly ts: number
  readonly sent: Sent
  /** By index of the node: in which of its lives it heard this, 1 to 255; 0: in none. */
  readonly heard: Uint8Array
  /** A node hears it over so many links, for the first time in its life. True: the node hands it on. */
  readonly take: (there: SimNode, from: NodeId, hops: number) => boolean
}

interface Line {
  readonly pipe: Pipe
  readonly mine: End
  readonly theirs: End
  readonly there: SimNode
}

/** What one node says and hands on. */
export class Gossip {
  readonly #network: Network
  readonly #node: SimNode
  /** Undefined: neighbours came or went. */
  #lines: readonly Line[] | undefined
  /** Those that one end wants, and the others; undefined: that has changed. */
  #split: { readonly mesh: readonly Line[]; readonly others: readonly Line[] } | undefined
  /** Handed on since the last heartbeat. */
  #recent: { readonly rumour: Rumour; readonly hops: number }[] = []
  /** Of the others the first that the next heartbeat tells. */
  #turn = 0

  constructor(network: Network, node: SimNode) {
    this.#network = network
    this.#node = node
  }

  /** Neighbours came or went. */
  changed(): void {
    this.#lines = undefined
    this.#split = undefined
  }

  publish(said: Omit<Rumour, 'heard'>): void {
    const rumour = { ...said, heard: new Uint8Array(this.#network.nodes.length) }
    this.#node.note(rumour)
    this.spread(rumour, 1)
  }

  spread(rumour: Rumour, hops: number, except?: NodeId): void {
    for (const line of this.#links().mesh) {
      const { there } = line
      // A copy that would be dropped where it arrives is counted and not carried; to its author and back goes none.
      if (!there.hasHeard(rumour)) this.#hand(line, rumour, hops)
      else if (there.id !== except && there.id !== rumour.author)
        this.#network.count(rumour.sent.name, rumour.sent.bytes, true)
    }
    if (this.#recent.push({ rumour, hops }) === 1) this.#network.time.surely(HEARTBEAT_MS, () => this.#beat())
  }

  #hand({ pipe }: Line, rumour: Rumour, hops: number): void {
    const from = this.#node.id
    this.#network.send(pipe, this.#node, ({ node }) => node.hear(rumour, from, hops), rumour.sent)
  }

  #beat(): void {
    const recent = this.#recent
    this.#recent = []
    if (!this.#node.running) return
    const { others } = this.#links()
    const count = Math.min(others.length, TOLD.beats * TOLD.neighbours)
    for (let at = 0; at < count; at++) this.#tell(others[(this.#turn + at) % others.length] as Line, recent)
    this.#turn += count
  }

  /** What the neighbour has not heard it asks for, and gets. */
  #tell({ pipe, there, ...line }: Line, recent: readonly { rumour: Rumour; hops: number }[]): void {
    this.#network.count('IHave', recent.length * TOLD.idBytes)
    const missing = recent.filter(({ rumour }) => !there.hasHeard(rumour))
    if (missing.length === 0) return
    this.#network.count('IWant', missing.length * TOLD.idBytes)
    // What it was told of and what it asks for are on their way for so long.
    this.#network.time.surely(2 * pipe.latencyMs, () => {
      for (const { rumour, hops } of missing)
        if (!there.hasHeard(rumour)) this.#hand({ pipe, there, ...line }, rumour, hops)
    })
  }

  #links(): { readonly mesh: readonly Line[]; readonly others: readonly Line[] } {
    this.#lines ??= this.#choose()
    if (this.#split === undefined) {
      const { mesh = [], others = [] } = Object.groupBy(this.#lines, ({ mine, theirs }) =>
        mine.picked || theirs.picked ? 'mesh' : 'others',
      )
      this.#split = { mesh, others }
    }
    return this.#split
  }

  /** All links, of which this end now wants those of the lowest rank. */
  #choose(): readonly Line[] {
    const node = this.#node
    const lines = node.state.connections.neighbours().flatMap(({ id }) => {
      const pipe = node.pipes.get(id)
      if (pipe === undefined) return []
      const [mine, theirs] = pipe.ends[0].node === node ? pipe.ends : [pipe.ends[1], pipe.ends[0]]
      return [{ pipe, mine, theirs, there: theirs.node }]
    })
    for (const [at, { mine, there }] of lines.toSorted((a, b) => a.pipe.rank - b.pipe.rank).entries()) {
      const isWanted = at < WANTED
      if (mine.picked !== isWanted) there.gossip.#split = undefined
      mine.picked = isWanted
    }
    return lines
  }
}
