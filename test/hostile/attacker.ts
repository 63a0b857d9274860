// The process of one attacker: told on its standard input whom to attack and how, until that input ends.
import { setPriority } from 'node:os'
import { createInterface } from 'node:readline'
import { testIdentity } from '../support/mesh/identity.ts'
import type { Place } from './attack.ts'
import { ATTACKS_KNOWN } from './table.ts'

/** The first and only line. */
export interface Order extends Omit<Place, 'identity'> {
  readonly attack: string
  /** Hex, 32 bytes. */
  readonly key: string
}

/** An attacker on the network has processors of its own; here it yields to the node that it shares some with, once it attacks. */
const NICENESS = 10

if (import.meta.main) {
  const control = new AbortController()
  // A refused connection ends in a rejection somewhere in libp2p; none of that is news to an attacker.
  process.on('unhandledRejection', () => {})
  process.on('uncaughtException', () => {})
  const lines = createInterface({ input: process.stdin })
  lines.once('close', () => control.abort())
  lines.once('line', (line) => {
    const { attack, key, ...place } = JSON.parse(line) as Order
    const found = ATTACKS_KNOWN.find(({ name }) => name === attack)
    if (found === undefined) process.exit(2)
    const identity = testIdentity(Buffer.from(key, 'hex'))
    let said = false
    const begun = (): void => {
      if (said) return
      if (found.by !== 'account') setPriority(NICENESS)
      process.stdout.write('begun\n')
      said = true
    }
    void found.run({ ...place, identity }, control.signal, begun).then((done) => {
      process.stdout.write(`${JSON.stringify(done)}\n`, () => process.exit())
    })
  })
}
