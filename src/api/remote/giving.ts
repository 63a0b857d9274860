// Gives artifacts to people of other machines whom the owner lets read them.
import type { AgentAsk } from '../../../protocols/messages/agent.ts'
import { lengthOf } from '../../agents/artifacts/rows.ts'
import type { Admission, Artifacts, Layout, Reader } from '../../agents/artifacts/types.ts'
import { placesIn } from '../../base/bits.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import type { Audit } from '../../trust/audit/index.ts'
import type { ArtifactLayoutShape } from '../contract/shapes.ts'
import type { Visitor } from './answer.ts'

export interface GivingDeps {
  readonly artifacts: Pick<Artifacts, 'layout' | 'pieces' | 'shares'>
  readonly audit: Pick<Audit, 'insist'>
  /** Somebody was refused. */
  readonly onDenied: () => void
}

/** Answers as `createAnswer` needs it. Throws KaroError `refused`, in the same words for all that somebody may not read. */
export function createGiving({ artifacts, audit, onDenied }: GivingDeps) {
  const { shares } = artifacts

  async function* give(
    visitor: Visitor,
    what: Extract<AgentAsk, { readonly operation: 'pieces' }>,
    admission: Admission,
  ): AsyncGenerator<Uint8Array, void> {
    const owner = { person: admission.person, traceId: visitor.trace }
    const layout = await artifacts.layout(owner, admission.artifact)
    const wanted = numbersIn(what.wanted, layout)
    await shares.count(admission)
    const { operator, name } = visitor.by
    // On the disk before a byte leaves. As elsewhere in the ledger: no name and no hash of what was read.
    await audit.insist({
      type: 'artifact_read',
      success: true,
      peer: visitor.nodes[0],
      trace_id: visitor.trace,
      details: {
        uid: admission.person,
        bytes: bytesOf(wanted, layout),
        pieces: wanted.length,
        ...(admission.share !== undefined && { share: admission.share.slice(0, 12) }),
        ...(operator !== undefined && { operator, operator_name: name }),
      },
    })
    for await (const bytes of artifacts.pieces(owner, admission.artifact, wanted)) {
      // A transfer may take long, and ends if the share is withdrawn meanwhile, or the person logs out.
      const isStill =
        admission.share === undefined ? visitor.isTheirs(admission.person) : await shares.isStill(admission)
      if (visitor.closed() || !isStill)
        throw new KaroError('refused', 'you may not read it any more', {
          hint: 'What let you has ended: the share, or your login.',
        })
      yield bytes
    }
  }

  return async function* perform(
    visitor: Visitor,
    what: AgentAsk,
  ): AsyncGenerator<ArtifactLayoutShape | Uint8Array, void> {
    if (what.operation !== 'artifact' && what.operation !== 'pieces') throw refused()
    const { artifact, link } = what
    const admission = visitor.closed()
      ? undefined
      : await shares.admit(readerOf(visitor), artifact, link).catch(async (error: unknown) => {
          await visitor.note(what, false, 'it could not be decided')
          throw error
        })
    if (admission === undefined) {
      onDenied()
      await visitor.note(
        what,
        false,
        link === undefined ? 'it is not shared with them' : 'the link does not hold',
      )
      throw refused()
    }
    if (what.operation === 'pieces') return yield* give(visitor, what, admission)
    await visitor.note(
      what,
      true,
      admission.share === undefined ? 'it is their own' : 'it is shared with them',
    )
    const owner = { person: admission.person, traceId: visitor.trace }
    const { id, name, media_type, size, pieces } = await artifacts.layout(owner, admission.artifact)
    yield { id, name, media_type, size, pieces: pieces.map(toHex) }
  }
}

const readerOf = ({ by, nodes, people }: Visitor): Reader => ({ nodes, operator: by.operator, people })

/** Only those who may read an artifact learn whether it exists. */
const refused = (): KaroError =>
  new KaroError('refused', 'it has no artifact of that id that you may read', {
    hint: 'Its owner can share it with you there, or give you a link.',
  })

/** Throws KaroError `bad_request` where no piece is asked for, or one that does not exist. */
function numbersIn(wanted: Uint8Array, { pieces }: Layout): readonly number[] {
  const numbers = placesIn(wanted)
  if (numbers.length > 0 && (numbers.at(-1) ?? 0) < pieces.length) return numbers
  throw new KaroError('bad_request', 'it does not have those pieces')
}

const bytesOf = (wanted: readonly number[], { size }: Layout): number =>
  wanted.reduce((sum, i) => sum + lengthOf(i, size), 0)
