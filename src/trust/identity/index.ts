// The identity room's door: this node's key, and what can be done with it without handing it out.

export { fingerprintOf } from './fingerprint.ts'
export { createHints, type Hints, namesOne } from './hint.ts'
export {
  abandonRotation,
  createIdentityFile,
  goesOnFrom,
  isProtectedKey,
  loadIdentity,
  type PublicIdentity,
  prepareRotation,
  protectIdentityFile,
  readPending,
  readPublicIdentity,
  switchIdentityFile,
  unprotectIdentityFile,
} from './keyfile.ts'
export { KEYS_MAX } from './keyring.ts'
export { sealingKeyOf } from './montgomery.ts'
export {
  checkedPassphrase,
  LEAST_PASSPHRASE,
  MOST_PASSPHRASE,
  openWith,
  readPassphraseFile,
  readSecretFile,
  readSmallFile,
  TOO_WIDE,
  withoutLineEnd,
} from './passphrase.ts'
export { passphraseKey, passphraseKeyLater, SALT_BYTES } from './passphrase-key.ts'
export { authorOfRotation, GRACE_MS, type Rotation, readRotation, signRotation } from './rotation.ts'
export {
  eraseSealingKey,
  newSealingKey,
  openForMany,
  openSealed,
  type SealingKey,
  sealTo,
  sealToMany,
} from './seal.ts'
export { verifySignature } from './signature.ts'
export {
  isFuture,
  isSame,
  isSameSecret,
  readStatement,
  type Signer,
  type Statement,
  signerFrom,
  signStatement,
  statementIn,
  timeFault,
  verifierOf,
  verifyStatement,
  versionAfter,
} from './statement.ts'
export type * from './types.ts'
export { createXof } from './xof.ts'
