// Permissions to read an artifact: nobody, until its owner shares it with a node, an operator, or all holders of a
// link, for some time.
import { parseNodeId } from '../../../protocols/node-id.ts'
import type { Limiter } from '../../base/async/limiter.ts'
import { KaroError } from '../../base/errors.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { ArtifactRow, ShareRow } from '../../store/tables/artifacts.ts'
import type { AuditRecord } from '../../trust/audit/index.ts'
import { makeLink, readLinkFrame } from './link.ts'
import {
  type Admission,
  type ArtifactsDeps,
  MOST_SHARES,
  type Owner,
  type Reader,
  SHARE_LIFE_MS,
  type Shares,
} from './types.ts'

const SECRET_BYTES = 16
/** A minute, less the seconds that pass between the command that names the end and this. */
const SHARE_LEAST_MS = 55_000

interface SharesDeps extends Pick<ArtifactsDeps, 'identity' | 'repository' | 'audit' | 'clock' | 'random'> {
  /** One change of rows at a time. */
  readonly serially: Limiter
  readonly rowOf: (owner: Owner, which: string) => Promise<ArtifactRow>
  readonly rowsOf: (person: number) => Promise<readonly ArtifactRow[]>
}

export interface SharesInside extends Shares {
  /** Removes shares of this person that have ended, or whose artifact is gone. To be called within `serially`. */
  prune(person: number): Promise<void>
  /** Ends all shares of a person who goes. To be called within `serially`. */
  forget(person: number): Promise<void>
}

export function createShares(deps: SharesDeps): SharesInside {
  const { identity, repository, audit, clock, random, serially, rowOf, rowsOf } = deps
  const changes = createListeners<[]>()
  const lives = ({ ends_at }: ShareRow): boolean => ends_at > clock.now()
  const livingOf = async (person: number): Promise<readonly ShareRow[]> =>
    (await repository.shares.all(person)).filter(lives)

  const entry = ({ person, traceId }: Owner, change: string, size: number): AuditRecord => ({
    type: 'artifact_changed',
    success: true,
    trace_id: traceId,
    details: { uid: person, change, bytes: size, source: 'person' },
  })

  /** The living shares of all people for which `isMeant` is true. */
  async function* matching(
    isMeant: (share: ShareRow) => boolean,
  ): AsyncGenerator<{ readonly person: number; readonly share: ShareRow }, void> {
    for (const person of await repository.people())
      for (const share of await livingOf(person)) if (isMeant(share)) yield { person, share }
  }

  /** A share with a node applies to people who ask as that node, and not to operators who ask through it. */
  const isFor = ({ nodes, operator }: Reader, audience: string): boolean =>
    operator === undefined ? nodes.some((node) => node === audience) : audience === operator

  /** By a link. The share that is stored must agree with it, so a link that was taken back, or never given, opens nothing. */
  async function byLink(reader: Reader, artifact: string, frame: Uint8Array): Promise<Admission | undefined> {
    const link = readLinkFrame(frame)
    if (link === undefined || link.node !== identity.nodeId || !link.artifact.startsWith(artifact))
      return undefined
    const id = toHex(blake3([link.secret]))
    const isSame = (share: ShareRow): boolean =>
      share.id === id &&
      share.artifact === link.artifact &&
      share.ends_at === link.endsAt &&
      share.audience === link.audience
    for await (const { person, share } of matching(isSame))
      if (share.audience === null || isFor(reader, share.audience))
        return { person, artifact: share.artifact, share: share.id }
    return undefined
  }

  /** Without a link: the asker's own artifacts, and those shared with exactly this node or operator. */
  async function byName(reader: Reader, artifact: string): Promise<Admission | undefined> {
    const found = new Map<string, Admission>()
    for (const person of reader.people)
      for (const { id } of await rowsOf(person))
        if (id.startsWith(artifact)) found.set(id, { person, artifact: id })
    const isMeant = ({ artifact: id, audience }: ShareRow): boolean =>
      id.startsWith(artifact) && audience !== null && isFor(reader, audience)
    for await (const { person, share } of matching(isMeant))
      if (!found.has(share.artifact))
        found.set(share.artifact, { person, artifact: share.artifact, share: share.id })
    // A beginning that fits several artifacts names none.
    return found.size === 1 ? [...found.values()][0] : undefined
  }

  return {
    async forget(person) {
      const theirs = await repository.shares.all(person)
      if (theirs.length === 0) return
      await repository.shares.write(person, { remove: theirs.map(({ id }) => id) })
      changes.tell()
    },
    async prune(person) {
      const there = new Set((await rowsOf(person)).map(({ id }) => id))
      const over = (await repository.shares.all(person)).filter(
        ({ artifact, ends_at }) => ends_at <= clock.now() || !there.has(artifact),
      )
      if (over.length === 0) return
      await repository.shares.write(person, { remove: over.map(({ id }) => id) })
      changes.tell()
    },
    share: (owner, which, { endsAt, audience, told }) =>
      serially(async () => {
        const now = clock.now()
        if (!(endsAt >= now + SHARE_LEAST_MS && endsAt <= now + SHARE_LIFE_MS))
          throw new KaroError(
            'bad_request',
            'an artifact is shared for a minute at least and 90 days at most',
          )
        const { id: artifact, size, expires_at } = await rowOf(owner, which)
        if ((await livingOf(owner.person)).length >= MOST_SHARES)
          throw new KaroError('rate_limited', `you share ${MOST_SHARES} artifacts already`, {
            hint: 'End some: karo artifact shares, karo artifact unshare.',
          })
        const secret = random.bytes(SECRET_BYTES)
        const ends_at = Math.min(endsAt, expires_at ?? endsAt)
        const share: ShareRow = {
          id: toHex(blake3([secret])),
          artifact,
          audience,
          told,
          created_at: now,
          ends_at,
          read_at: 0,
          reads: 0,
        }
        // In the ledger on the disk before anybody may read it.
        await audit.insist(entry(owner, 'shared', size))
        await repository.shares.write(owner.person, { put: [share] })
        changes.tell()
        const key = audience === null ? undefined : parseNodeId(audience)
        const body = {
          artifact: Buffer.from(artifact, 'hex'),
          secret,
          not_after: ends_at,
          audience: key,
        }
        return { share, link: makeLink(identity, body, { at: now, random }) }
      }),
    list: async ({ person }) => [...(await livingOf(person))].sort((a, b) => b.created_at - a.created_at),
    unshare: (owner, which) =>
      serially(async () => {
        const meant = (await livingOf(owner.person)).filter(
          ({ id, artifact }) => id.startsWith(which) || artifact.startsWith(which),
        )
        if (meant.length === 0)
          throw new KaroError('not_found', `you share nothing of the id ${which.slice(0, 64)}`, {
            hint: 'karo artifact shares shows what you share.',
          })
        await repository.shares.write(owner.person, { remove: meant.map(({ id }) => id) })
        await audit.record(entry(owner, 'unshared', 0))
        changes.tell()
        return meant
      }),
    admit: (reader, artifact, link) =>
      link === undefined ? byName(reader, artifact) : byLink(reader, artifact, link),
    async count({ person, share: id }) {
      if (id === undefined) return
      await serially(async () => {
        const share = await repository.shares.get(person, id)
        // It was taken back between the decision and now: nothing is given.
        if (share === undefined || !lives(share)) throw new KaroError('refused', 'it is no longer shared')
        await repository.shares.write(person, {
          put: [{ ...share, reads: share.reads + 1, read_at: clock.now() }],
        })
      })
    },
    async isStill({ person, share: id }) {
      if (id === undefined) return true
      const share = await repository.shares.get(person, id)
      return share !== undefined && lives(share)
    },
    async told() {
      const found = new Set<string>()
      for await (const { share } of matching(({ told }) => told)) found.add(share.artifact)
      return [...found].sort()
    },
    onChange: changes.on,
  }
}
