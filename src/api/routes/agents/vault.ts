// /vault: each person has their own secrets; values leave it for a person at a terminal only.

import type { Approvals } from '../../../agents/approvals/types.ts'
import type { Runtime } from '../../../agents/index.ts'
import { digestOf } from '../../../agents/manifest/manifest.ts'
import type { Owner, SecretFacts, Vault, VaultState } from '../../../agents/vault/types.ts'
import { KaroError } from '../../../base/errors.ts'
import { checkPerson, type SeatOfCaller, seatByKernel } from '../../access/at-terminal.ts'
import * as api from '../../contract/operations/agents/vault.ts'
import type { SecretShape, VaultStateShape } from '../../contract/shapes.ts'
import type { Caller, Routes } from '../../server/route.ts'
import { serve } from '../../server/serve.ts'

interface VaultRouteDeps {
  readonly vault: Vault
  readonly agents: Pick<Runtime, 'describe'>
  readonly approvals: Pick<Approvals, 'hasAsked'>
  /** Tests play the kernel. */
  readonly seatOf?: SeatOfCaller
}

/** Errors: those of `Vault`; `refused` where a person has to be at a terminal and none is. */
export function vaultRoutes({ vault, agents, approvals, seatOf = seatByKernel }: VaultRouteDeps): Routes {
  const ownerOf = ({ caller, id }: { readonly caller: Caller; readonly id: string }): Owner => ({
    person: caller.uid,
    traceId: id,
  })
  const checkSeat = (caller: Caller, what: string): void =>
    checkPerson(seatOf(caller), approvals.hasAsked, what)

  return (server) => {
    serve(server, api.getSecrets, async (request) => {
      const owner = ownerOf(request)
      // The list first, because it unlocks a vault of a credential.
      const secrets = (await vault.list(owner)).map(shapeOf)
      return { vault: stateOf(await vault.state(owner)), secrets }
    })
    serve(server, api.initVault, async (request) => {
      const { passphrase } = request.body
      return stateOf(
        await vault.init(ownerOf(request), passphrase === undefined ? undefined : bytesOf(passphrase)),
      )
    })
    serve(server, api.unlockVault, async (request) => {
      const { passphrase, seconds } = request.body
      return stateOf(await vault.unlock(ownerOf(request), bytesOf(passphrase), seconds))
    })
    serve(server, api.lockVault, async (request) => stateOf(await vault.lock(ownerOf(request))))
    serve(server, api.rotateVault, async (request) => {
      const { passphrases } = request.body
      return vault.rotate(
        ownerOf(request),
        passphrases && { current: bytesOf(passphrases.current), next: bytesOf(passphrases.next) },
      )
    })
    serve(server, api.destroyVault, async (request) => vault.destroy(ownerOf(request)))
    serve(server, api.backupVault, async (request) => {
      checkSeat(request.caller, 'takes secrets out of a vault')
      return vault.backup(ownerOf(request), bytesOf(request.body.passphrase))
    })
    serve(server, api.restoreVault, async (request) => {
      const { file, passphrase, replace } = request.body
      const made = await vault.restore(ownerOf(request), file, { passphrase: bytesOf(passphrase), replace })
      return { secrets: made.map(shapeOf) }
    })

    serve(server, api.setSecret, async (request) => {
      const { name, value, expires_at, note } = request.body
      return shapeOf(
        await vault.set(ownerOf(request), {
          name,
          value: bytesOf(value),
          ...(expires_at !== undefined && { expiresAt: momentOf(expires_at) }),
          ...(note !== undefined && { note }),
        }),
      )
    })
    serve(server, api.revealSecret, async (request) => {
      checkSeat(request.caller, 'looks at a secret')
      const value = await vault.reveal(ownerOf(request), request.body.name)
      try {
        return { value: value.toString('base64url') }
      } finally {
        value.fill(0)
      }
    })
    serve(server, api.removeSecret, async (request) =>
      shapeOf(await vault.remove(ownerOf(request), request.body.name)),
    )
    serve(server, api.allowSecret, async (request) => {
      checkSeat(request.caller, 'allows an agent to have a secret')
      const { name, agent, tools } = request.body
      const owner = ownerOf(request)
      // Only an agent of this person, whatever else the caller may see.
      const { id, manifest } = await agents.describe({ ...owner, admin: false }, agent)
      if (manifest === null)
        throw new KaroError('refused', `the manifest of ${id} differs from the signed one`)
      return shapeOf(await vault.allow(owner, name, { agent: id, manifest: digestOf(manifest), tools }))
    })
    serve(server, api.denySecret, async (request) =>
      shapeOf(await vault.deny(ownerOf(request), request.body.name, request.body.agent)),
    )
  }
}

const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64url')
const time = (ms: number): string => new Date(ms).toISOString()
const timeOrNull = (ms: number | null): string | null => (ms === null ? null : time(ms))

function momentOf(text: string | null): number | null {
  if (text === null) return null
  const ms = Date.parse(text)
  if (Number.isSafeInteger(ms) && ms > 0) return ms
  throw new KaroError('bad_request', 'this is not a time', { where: 'expires_at' })
}

const stateOf = (state: VaultState): VaultStateShape => ({
  protection: state.protection,
  unlocked_until: timeOrNull(state.unlockedUntil),
  created_at: timeOrNull(state.createdAt),
  rotated_at: timeOrNull(state.rotatedAt),
  has_credential: state.hasCredential,
})

const shapeOf = ({ createdAt, changedAt, expiresAt, ...rest }: SecretFacts): SecretShape => ({
  ...rest,
  created_at: time(createdAt),
  changed_at: time(changedAt),
  expires_at: timeOrNull(expiresAt),
})
