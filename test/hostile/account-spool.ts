// Another account of the machine that fills the spool directory with files: many, large, and of no use to anybody.
import { chownSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { records } from '../support/data/spool.ts'
import { randomOf } from '../support/run/random.ts'
import { type Attack, turn } from './attack.ts'

/** Nobody's on a machine of tests; only root can write as it, others write as themselves. */
const OTHER_UID = process.getuid?.() === 0 ? 64_123 : (process.getuid?.() ?? 0)
const FILES_MAX = 5_000
const LARGE_BYTES = 512 * 1024
/** Names are of shells that are gone, so that the daemon may finish with each. */
const GONE_PID = 4_294_967_295

export const accountSpool: Attack = {
  name: 'account-spool',
  by: 'account',
  attackers: 1,
  does: 'fills the spool directory with files of its own',
  async run({ spool, seed }, signal, begun) {
    const done = { files: 0 }
    const random = randomOf(seed)
    const born = Date.now() * 1_000
    const nameOf = (n: number): string => join(spool, `${OTHER_UID}-${GONE_PID}-${born + n}.spool`)
    const contents: readonly (() => Uint8Array)[] = [
      () => new Uint8Array(0),
      () => random.bytes(4_096),
      () => records(Array.from({ length: 100 }, (_, i) => `echo ${i}`)),
      () => new Uint8Array(LARGE_BYTES),
    ]
    while (!signal.aborted) {
      const name = nameOf(done.files)
      try {
        // One kind in five is no file at all.
        const content = contents[done.files % (contents.length + 1)]
        if (content === undefined) symlinkSync('/etc/passwd', name)
        else {
          writeFileSync(name, content(), { mode: 0o600 })
          if (process.getuid?.() === 0) chownSync(name, OTHER_UID, OTHER_UID)
        }
        done.files++
        if (done.files >= FILES_MAX) rmSync(nameOf(done.files - FILES_MAX), { force: true })
      } catch {
        // The daemon has taken it away between two steps.
        done.files++
      }
      begun()
      await turn()
    }
    return done
  },
}
