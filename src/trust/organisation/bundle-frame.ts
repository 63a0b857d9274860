// The frame of a policy bundle: signed with the root's key, and read back only if that key signed it for this mesh.
import { bodyOf, decodeFrame, messageTable, NONCE_BYTES } from '../../../protocols/frame.ts'
import { PolicyBundle, type PolicyBundleBody } from '../../../protocols/messages/policy.ts'
import type { Random } from '../../base/clock.ts'
import { type Identity, signFrame, verifierOf } from '../identity/index.ts'

const BUNDLES = messageTable([PolicyBundle])

/** A whole frame. FrameErrors: `malformed` for what is out of bounds, `too_large`. */
export function signPolicyBundle(
  root: Pick<Identity, 'publicKey' | 'sign'>,
  body: PolicyBundleBody,
  random: Random,
): Uint8Array {
  const envelope = { sender: root.publicKey, ts: body.version, nonce: random.bytes(NONCE_BYTES), seq: 0 }
  return signFrame(PolicyBundle, envelope, body, root)
}

/** What the bundle says; undefined for anything that this root did not sign for this mesh. Never throws. */
export function readPolicyBundle(
  frame: Uint8Array,
  { key, mesh }: { readonly key: Uint8Array; readonly mesh: Uint8Array },
): PolicyBundleBody | undefined {
  try {
    const decoded = decodeFrame(frame, { messages: BUNDLES, verify: verifierOf(frame) })
    const body = bodyOf(decoded, PolicyBundle)
    const isTheirs =
      Buffer.compare(decoded.envelope.sender, key) === 0 && Buffer.compare(body.mesh, mesh) === 0
    return isTheirs ? body : undefined
  } catch {
    return undefined
  }
}
