// Before unit and integration tests: in their own process, where most of karo's commands run too, a key follows from a passphrase in a
// millisecond instead of a quarter of a second. What they look at is what is done with keys.
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

/** The least that each algorithm takes; test/contract/passphrase-cost.test.ts looks at what it costs in earnest. */
const LEAST = { memory: 8, passes: 1 } as const
const LEAST_SCRYPT = { N: 2, r: 1, p: 1 } as const
const { argon2, argon2Sync, scryptSync } = crypto

Object.assign(crypto, {
  argon2: (...[algorithm, parameters, done]: Parameters<typeof argon2>) =>
    argon2(algorithm, { ...parameters, ...LEAST }, done),
  argon2Sync: (...[algorithm, parameters]: Parameters<typeof argon2Sync>) =>
    argon2Sync(algorithm, { ...parameters, ...LEAST }),
  // Whoever asks for a key writes afterwards what it cost into the key file, from the same object.
  scryptSync: (...[passphrase, salt, length, cost]: Parameters<typeof scryptSync>) =>
    scryptSync(passphrase, salt, length, Object.assign(cost ?? {}, LEAST_SCRYPT)),
})
syncBuiltinESMExports()
