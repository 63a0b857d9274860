// How long documents take from their author to those whom they are for, over the simulated network.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../../src/base/clock.ts'
import type { DocumentHead } from '../../../src/exchange/documents/index.ts'

interface Way {
  readonly at: number
  readonly wanted: Set<NodeId>
  /** Undefined: somebody still has not got it. */
  tookMs: number | undefined
}

export class Spread {
  readonly #clock: Clock
  readonly #readers: (kind: string, author: NodeId) => readonly NodeId[]
  readonly #ways = new Map<string, Way>()

  /** `readers`: whom a document of that kind and author is for. */
  constructor(clock: Clock, readers: (kind: string, author: NodeId) => readonly NodeId[]) {
    this.#clock = clock
    this.#readers = readers
  }

  published(author: NodeId, kind: string, slot: string): void {
    const name = `${author} ${kind} ${slot}`
    if (this.#ways.has(name)) return
    const wanted = new Set(this.#readers(kind, author).filter((node) => node !== author))
    this.#ways.set(name, { at: this.#clock.monotonic(), wanted, tookMs: wanted.size === 0 ? 0 : undefined })
  }

  kept(node: NodeId, { author, kind, slot }: Pick<DocumentHead, 'author' | 'kind' | 'slot'>): void {
    const way = this.#ways.get(`${author} ${kind} ${slot}`)
    if (way === undefined || !way.wanted.delete(node) || way.wanted.size > 0) return
    way.tookMs = this.#clock.monotonic() - way.at
  }

  /** Of one kind: how many were published, and how long each took that has arrived everywhere, ascending ms. */
  of(kind: string): { readonly published: number; readonly tookMs: readonly number[] } {
    const ways = [...this.#ways].filter(([name]) => name.includes(` ${kind} `)).map(([, way]) => way)
    const tookMs = ways.flatMap((way) => way.tookMs ?? []).sort((a, b) => a - b)
    return { published: ways.length, tookMs }
  }
}
