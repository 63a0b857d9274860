// What the vault shows of itself: the shapes that the API and the runtime of agents use, and its bounds.
import type { Room } from '../../base/run/room.ts'
import type { SecretRow } from '../../store/tables/vault.ts'
import type { Mask } from '../runtime/mask.ts'

/** Secrets of one person, bytes of one value, and of all values of one person. */
export const MOST_SECRETS = 256
export const MOST_VALUE_BYTES = 64 * 1024
export const MOST_BYTES = 1024 * 1024
/** Agents that may have one secret. */
export const MOST_ALLOWED = 16
/** Seconds that an unlocked vault stays so. */
export const UNLOCKED_SECONDS = { least: 60, usual: 8 * 3_600, most: 7 * 86_400 }
export const SECRET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** `passphrase`: a person unlocks it. `credential`: the daemon does, with what the service manager gave it. */
export type Protection = 'passphrase' | 'credential'

export interface VaultState {
  /** Null: there is none yet. */
  readonly protection: Protection | null
  /** Milliseconds since the epoch; null: it is locked. */
  readonly unlocked_until: number | null
  readonly created_at: number | null
  readonly rotated_at: number | null
  /** Whether the daemon has a credential for vaults. */
  readonly has_credential: boolean
}

/** A secret as its row has it, without its value. */
export interface SecretFacts extends Omit<SecretRow, 'sealed' | 'generation' | 'allowed'> {
  readonly allowed: readonly { readonly agent: string; readonly tools: readonly string[] }[]
  /** Why it cannot be had; null: nothing is known against it. */
  readonly problem: string | null
}

/** Whose vault it is, by number, and the request that it is for. */
export interface Owner {
  readonly person: number
  readonly traceId: string
}

/** One that an agent's manifest asks for. */
interface WantedSecret {
  /** The program finds the path of its descriptor in `KARO_SECRET_<variable>`. */
  readonly variable: string
  readonly secret: string
}

/** An agent as its manifest says it; `manifest` is the digest of that. */
export interface Asking {
  readonly agent: string
  readonly manifest: string
  readonly tools: readonly string[]
  readonly wants: readonly WantedSecret[]
}

/** Wiped by whoever takes it. */
export interface TakenSecret {
  readonly name: string
  readonly bytes: Buffer
}

/** A file of secrets under a passphrase of its own. */
export interface VaultFile {
  readonly karo_vault: 1
  /** RFC 3339. */
  readonly created_at: string
  /** base64url */
  readonly salt: string
  readonly sealed: string
}

/**
 * Secrets of the people of this machine. Every method that takes an owner touches that person's alone. Passphrases and values
 * are overwritten by the vault once they are used. Errors: `refused` with `where` 'vault' while it is locked, `not_found`,
 * `conflict`, `bad_request`, `unauthorized` (wrong passphrase), `bad_file` (a row is not as it was written), `rate_limited`.
 */
export interface Vault extends Room {
  state(owner: Owner): Promise<VaultState>
  list(owner: Owner): Promise<readonly SecretFacts[]>
  /** Makes one. Without a passphrase: by the credential. It is unlocked then. */
  init(owner: Owner, passphrase: Buffer | undefined): Promise<VaultState>
  unlock(owner: Owner, passphrase: Buffer, seconds: number): Promise<VaultState>
  /** Forgets the key at once: work that is under way is refused. Agents that run keep what they have. */
  lock(owner: Owner): Promise<VaultState>
  /** A new key for all values, in one batch; with `passphrases` the passphrase is another one from then on. */
  rotate(
    owner: Owner,
    passphrases?: { readonly current: Buffer; readonly next: Buffer },
  ): Promise<{ readonly secrets: number }>
  /** Adds a secret, or gives one another value: who may have it stays. `expires_at` undefined: as it was. */
  set(
    owner: Owner,
    wanted: {
      readonly name: string
      readonly value: Buffer
      readonly expires_at?: number | null
      readonly note?: string
    },
  ): Promise<SecretFacts>
  /** The value for the person alone; the caller wipes it. */
  reveal(owner: Owner, name: string): Promise<Buffer>
  remove(owner: Owner, name: string): Promise<SecretFacts>
  /** Removes the vault with everything in it, also while it is locked. */
  destroy(owner: Owner): Promise<{ readonly secrets: number }>
  allow(
    owner: Owner,
    name: string,
    to: { readonly agent: string; readonly manifest: string; readonly tools: readonly string[] },
  ): Promise<SecretFacts>
  deny(owner: Owner, name: string, agent: string): Promise<SecretFacts>
  /** All that the agent's manifest asks for, or an error. */
  take(owner: Owner, asking: Asking): Promise<readonly TakenSecret[]>
  /** Hides every value that was read when the vault was opened or changed last; undefined while it is locked. */
  mask(person: number): Mask | undefined
  backup(owner: Owner, passphrase: Buffer): Promise<VaultFile>
  /** Adds what is in the file; nobody is allowed to have it. Names that there are already need `replace`. */
  restore(
    owner: Owner,
    file: VaultFile,
    options: { readonly passphrase: Buffer; readonly replace: boolean },
  ): Promise<readonly SecretFacts[]>
  /** Fires when an agent of that person may not have a secret any more that it may hold. */
  onTaken(listener: (person: number, agent: string) => void): () => void
  /** Forgets what is in memory of this person; the rows are the caller's to remove. */
  forget(person: number): Promise<void>
}
