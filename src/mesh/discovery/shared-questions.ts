// One node of a link asks by mDNS and all hear the answers: whether this one has to ask too (RFC 6762, section 7.3).

/**
 * For so many intervals a node leaves the asking to others. Somebody may ask this node alone and answer in the name of others, so that
 * it stays silent while no other node is asked; that ends here.
 */
export const SILENT_MOST = 10

export interface SharedQuestions {
  /** The host `by` asked the same question, and all on the link of our address `own` heard it. */
  askedBeside(own: string, by: string): void
  /** The host `by` answered there. Each node also answers itself, which says nothing of how far its question came. */
  answeredBeside(own: string, by: string): void
  /** Of our addresses, those on whose links this node has to ask now; it counts them as asked. */
  due(own: readonly string[]): readonly string[]
}

interface Link {
  /** Our own last question; monotonic milliseconds, as all times here. */
  own: number
  /** The last question of another host. */
  other: number
  /** The address of that host. */
  by: string | undefined
  /** Whether a third host answered that one: it reached more than this node. */
  answered: boolean
}

/**
 * Each node asks every `intervalMs` milliseconds unless another host of the link asked within that time and a third one answered:
 * the answers go to the group, so that they told this node as much as if it had asked. `now` is monotonic.
 */
export function shareQuestions(intervalMs: number, now: () => number): SharedQuestions {
  const links = new Map<string, Link>()
  const linkOf = (own: string): Link => {
    const known = links.get(own)
    if (known !== undefined) return known
    const never = Number.NEGATIVE_INFINITY
    const made: Link = { own: never, other: never, by: undefined, answered: false }
    links.set(own, made)
    return made
  }
  const mustAsk = ({ own, other, answered }: Link): boolean =>
    !answered || now() - other >= intervalMs || now() - own >= intervalMs * SILENT_MOST

  return {
    askedBeside(own, by) {
      Object.assign(linkOf(own), { other: now(), by, answered: false })
    },
    answeredBeside(own, by) {
      const link = linkOf(own)
      if (by !== link.by) link.answered = true
    },
    due(own) {
      // Addresses that are no longer ours are forgotten.
      for (const known of links.keys()) if (!own.includes(known)) links.delete(known)
      const asking = own.filter((address) => mustAsk(linkOf(address)))
      for (const address of asking) linkOf(address).own = now()
      return asking
    },
  }
}
