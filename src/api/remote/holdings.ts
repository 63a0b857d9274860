// Announces to members which artifacts this node has, if their owners agree, and finds other nodes that have one.
import { HOLDING_MAX, Holding, type HoldingBody } from '../../../protocols/messages/agent.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Shares } from '../../agents/artifacts/types.ts'
import { createSerial } from '../../base/async/limiter.ts'
import { DAY_MS } from '../../base/calendar.ts'
import type { Clock } from '../../base/clock.ts'
import { toHex } from '../../base/hex.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Documents } from '../../exchange/documents/index.ts'
import {
  type Identity,
  isFuture,
  signStatement,
  verifyStatement,
  versionAfter,
} from '../../trust/identity/index.ts'

/** Milliseconds for which one document counts; it is signed again when half of that is over. */
const LIFE_MS = 2 * DAY_MS
/** Milliseconds between looks for shares that have ended. */
const LOOK_MS = 600_000

interface HoldingsDeps extends Pick<Ambient, 'timers' | 'random' | 'log'> {
  readonly identity: Pick<Identity, 'nodeId' | 'publicKey' | 'sign'>
  readonly documents: Pick<Documents, 'publish' | 'of'>
  readonly shares: Pick<Shares, 'told' | 'onChange'>
  /** Other members that this node admits. */
  readonly members: () => readonly NodeId[]
  readonly clock: Pick<Clock, 'now'>
}

export type Holdings = ReturnType<typeof createHoldings>

export function createHoldings(deps: HoldingsDeps) {
  const { identity, documents, shares, members, clock, random, timers, log } = deps
  const serially = createSerial()
  let stopTimer = (): void => {}
  let unsubscribe = (): void => {}
  let isStopped = true

  /** What a node said last; undefined: nothing. */
  async function saidBy(node: NodeId): Promise<HoldingBody | undefined> {
    const [document] = await documents.of(node, 'holding')
    return document && verifyStatement(Holding, document.bytes).body
  }

  async function publish(): Promise<void> {
    const now = clock.now()
    const told = (await shares.told()).slice(0, HOLDING_MAX)
    const before = (await saidBy(identity.nodeId)) ?? { version: 0, expires_at: 0, artifacts: [] }
    const isSame = told.join() === before.artifacts.map(toHex).join()
    const lasts = before.expires_at - now > LIFE_MS / 2 && !isFuture(before.version, now)
    // A node that has never announced anything publishes nothing, because an empty document need not be renewed.
    if (isSame && (told.length === 0 || lasts)) return
    const version = versionAfter(before.version, now)
    const artifacts = told.map((id) => Buffer.from(id, 'hex'))
    const body = { version, expires_at: version + LIFE_MS, artifacts }
    await documents.publish('holding', signStatement(Holding, body, identity, now, random))
  }

  function look(): void {
    if (isStopped || serially.pending() > 1) return
    void serially(publish).catch((error: unknown) => {
      log.error(
        { reason: String(error) },
        'members were not told which artifacts are shared; it is tried again',
      )
    })
  }

  function again(): void {
    stopTimer = timers.after(LOOK_MS, () => {
      look()
      again()
    })
  }

  return {
    name: 'holdings',
    async start() {
      isStopped = false
      unsubscribe = shares.onChange(look)
      look()
      again()
    },
    async stop() {
      isStopped = true
      unsubscribe()
      stopTimer()
      // What is under way ends first.
      await serially(async () => {})
    },
    /** Other members that say so now, of an artifact whose hash begins so (hex digits). */
    async where(artifact: string) {
      const found: { readonly node: NodeId; readonly artifact: string }[] = []
      for (const node of members()) {
        const said = await saidBy(node).catch(() => undefined)
        if (said === undefined || said.expires_at <= clock.now()) continue
        for (const hash of said.artifacts.map(toHex))
          if (hash.startsWith(artifact)) found.push({ node, artifact: hash })
      }
      return found
    },
  }
}
