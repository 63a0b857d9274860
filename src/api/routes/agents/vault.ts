// /vault: each person has their own secrets; values leave it for a person at a terminal only.

import { digestOf } from '../../../agents/manifest/manifest.ts'
import { KaroError } from '../../../base/errors.ts'
import { checkPerson, seatByKernel } from '../../access/at-terminal.ts'
import * as api from '../../contract/operations/agents/vault.ts'
import { type Caller, momentOf, type Rooms, type Routes, serve, shown } from '../../server/index.ts'
import { ownerOf } from './artifacts.ts'

/** Errors: those of `Vault`; `refused` where a person has to be at a terminal and none is. */
export function vaultRoutes({ vault, agents, approvals, seatOf = seatByKernel }: Rooms): Routes {
  const checkSeat = (caller: Caller, what: string): void =>
    checkPerson(seatOf(caller), approvals.hasAsked, what)

  return (server) => {
    serve(server, api.getSecrets, async (request) => {
      const owner = ownerOf(request)
      // The list first, because it unlocks a vault of a credential.
      const secrets = (await vault.list(owner)).map(shown)
      return { vault: shown(await vault.state(owner)), secrets }
    })
    serve(server, api.initVault, async (request) => {
      const { passphrase } = request.body
      return shown(
        await vault.init(ownerOf(request), passphrase === undefined ? undefined : bytesOf(passphrase)),
      )
    })
    serve(server, api.unlockVault, async (request) => {
      const { passphrase, seconds } = request.body
      return shown(await vault.unlock(ownerOf(request), bytesOf(passphrase), seconds))
    })
    serve(server, api.lockVault, async (request) => shown(await vault.lock(ownerOf(request))))
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
      return { secrets: made.map(shown) }
    })

    serve(server, api.setSecret, async (request) => {
      const { value, expires_at, ...more } = request.body
      const until = expires_at !== undefined && { expires_at: momentOf(expires_at) }
      return shown(await vault.set(ownerOf(request), { ...more, ...until, value: bytesOf(value) }))
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
      shown(await vault.remove(ownerOf(request), request.body.name)),
    )
    serve(server, api.allowSecret, async (request) => {
      checkSeat(request.caller, 'allows an agent to have a secret')
      const { name, agent, tools } = request.body
      const owner = ownerOf(request)
      // Only an agent of this person, whatever else the caller may see.
      const { id, manifest } = await agents.describe({ ...owner, admin: false }, agent)
      if (manifest === null)
        throw new KaroError('refused', `the manifest of ${id} differs from the signed one`)
      return shown(await vault.allow(owner, name, { agent: id, manifest: digestOf(manifest), tools }))
    })
    serve(server, api.denySecret, async (request) =>
      shown(await vault.deny(ownerOf(request), request.body.name, request.body.agent)),
    )
  }
}

const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64url')
