// The documents of one node on a disk in memory: the real keeper over the ports of its rooms, without a mesh around it.

import type { NodeId } from '../../../../protocols/node-id.ts'
import { systemRandom as random } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createCatalog } from '../../../../src/exchange/documents/catalog.ts'
import type { DocumentsParts } from '../../../../src/exchange/documents/deps.ts'
import { createKeeper } from '../../../../src/exchange/documents/keeper.ts'
import { createMembersView } from '../../../../src/exchange/documents/members.ts'
import { readDocument } from '../../../../src/exchange/documents/read.ts'
import type { Identity } from '../../../../src/trust/identity/index.ts'
import { some } from '../../../support/some.ts'
import { MemoryRepository } from './network.ts'

interface Over {
  readonly identity: Identity
  readonly now: () => number
  readonly ports: DocumentsParts['ports']
  /** That of another keeper: this one is the same node after a restart. */
  readonly repository?: MemoryRepository | undefined
  /** Other bounds than those of every node, and whether it admits every author. */
  readonly bounds?: DocumentsParts['bounds']
  readonly admits?: () => boolean
}

export function keeperOver({
  identity,
  now,
  ports,
  repository = new MemoryRepository(),
  bounds,
  admits = () => false,
}: Over) {
  const trust = {
    members: () => [],
    member: () => undefined,
    admits,
    refuses: () => false,
    keysOf: (node: NodeId) => [node],
  }
  const self = identity.nodeId
  const clock = { now, monotonic: now }
  const keeper = createKeeper(
    some<DocumentsParts>({
      identity,
      self,
      catalog: createCatalog(),
      repository,
      clock,
      random,
      log: silentLog,
      audit: { record: async () => {} },
      ports,
      ...(bounds && { bounds }),
      members: createMembersView(trust, self, clock, ports),
      witness: { wants: () => false, given: () => {} },
      carrier: { carries: () => false },
    }),
  )
  /** As others send them, one after the other. */
  async function keep(...frames: readonly Uint8Array[]): Promise<void> {
    for (const frame of frames) await keeper.keep([readDocument(frame, now())])
  }
  /** As one neighbour sends them in one batch. */
  const keepBatch = (frames: readonly Uint8Array[]) =>
    keeper.keep(frames.map((frame) => readDocument(frame, now())))
  return { repository, keep, keepBatch, load: keeper.load, publish: keeper.publish, sweep: keeper.sweep }
}
