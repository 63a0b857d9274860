// How this node comes to a mesh: by an invite that it uses, or by the root's key in the hands of a person here.
import type { Log } from '../../base/run/log.ts'
import type { FleetRepository } from '../../store/tables/fleet.ts'
import type { Identity } from '../identity/index.ts'
import type { FleetOptions } from './fleet-options.ts'
import type { Fleet } from './fleet-types.ts'
import { joiningOf } from './invites/joining.ts'
import { createSeeking, type Seeking } from './invites/seeking.ts'
import { createMembership, type Membership, type MembershipDeps } from './membership.ts'
import { createRootWord, otherMesh, type RootWord, type RootWordDeps, revokedKey } from './root-word.ts'

type Changed = Parameters<FleetRepository['write']>[0]

export interface Belonging {
  /** Looks for the inviter from now on, and after a restart too. As `Fleet.join`. */
  readonly join: Fleet['join']
  /**
   * Like `join`, with the enrolment file, which no person here typed in. Nothing happens while the file is as it was at the last call,
   * or while this node uses another invite than the one in the file at the first. If the file is unusable this is reported, and the start continues.
   */
  readonly enrol: (read: NonNullable<FleetOptions['enrolment']>) => Promise<void>
  readonly membership: Membership
  readonly seeking: Seeking
  readonly rootWord: RootWord
}

export interface BelongingDeps extends MembershipDeps, Pick<RootWordDeps, 'signedByRoot'> {
  /** This node has a certificate that holds. */
  readonly isCertified: () => boolean
  /** No invite lets the key of this node in. */
  readonly isRevoked: () => boolean
  readonly identity: Pick<Identity, 'publicKey'>
  readonly log: Log
  /** Stores what became true; resolves when it is on disk. */
  readonly store: (changed: Changed) => Promise<void>
  /** This node belongs to a mesh now, so other authors are authorities. */
  readonly begun: () => void
  /** The root made this node an issuer by this certificate, which is stored. */
  readonly founded: (certificate: Uint8Array) => void
}

export function createBelonging(deps: BelongingDeps): Belonging {
  const { log, store } = deps
  const membership = createMembership(deps)
  const storeSoon = (changed: Changed): void => {
    store(changed).catch((error: unknown) =>
      log.error({ error: String(error) }, 'what this node knows of its mesh could not be stored'),
    )
  }

  /** In memory at once; returns what is to be stored. */
  function belong(root: Uint8Array, chain: readonly Uint8Array[]): Changed {
    seeking.begin(undefined)
    const begun = membership.begin(root, chain)
    deps.begun()
    return { membership: begun, joining: null }
  }

  const seeking = createSeeking({
    ...deps,
    isOther: membership.isOther,
    granted: (root, chain) => storeSoon(belong(root, chain)),
    ended: () => storeSoon({ joining: null }),
  })
  const rootWord = createRootWord({
    ...deps,
    async joined(root, certificate) {
      await store(belong(root, [certificate]))
      deps.founded(certificate)
    },
  })
  /** The enrolment file, or what was wrong with it, as text. */
  let fileBefore: string | undefined

  async function look(joining: ReturnType<typeof joiningOf>): Promise<void> {
    await store({ joining })
    seeking.begin(joining)
  }

  return {
    membership,
    seeking,
    rootWord,
    async join(code, terms) {
      if (deps.isCertified()) throw otherMesh()
      if (deps.isRevoked()) throw revokedKey()
      const joining = joiningOf(code, terms, deps.clock.now())
      if (membership.isOther(terms.root)) throw otherMesh()
      await look(joining)
    },
    async enrol(read) {
      const isFirst = fileBefore === undefined
      const file = attempt(read)
      const now = JSON.stringify(file instanceof Error ? String(file) : (file ?? null))
      if (now === fileBefore) return
      fileBefore = now
      if (file === undefined) return
      try {
        if (file instanceof Error) throw file
        const joining = joiningOf(file.code, file, deps.clock.now())
        const stored = seeking.joining()
        // What a person typed since then stays.
        if (isFirst && stored !== undefined && Buffer.compare(stored.secret, joining.secret) !== 0) return
        await look(joining)
        log.info({}, 'an enrolment file is here: this node looks for its inviter')
      } catch (error) {
        seeking.unusable(error)
      }
    },
  }
}

function attempt<T>(read: () => T): T | Error {
  try {
    return read()
  } catch (error) {
    return error as Error
  }
}
