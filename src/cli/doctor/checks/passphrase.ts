// Whether the next start will find the passphrase that the key needs, and whether that opens it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { KaroError } from '../../../base/errors.ts'
import { openWith, readPassphraseFile } from '../../../trust/identity/index.ts'
import { type Finding, fail, ok, warn } from '../result.ts'
import { readSystem, type World } from '../world.ts'

/** systemd.exec(5), LoadCredential=: the credential's name in the unit. */
const CREDENTIAL = 'karo-key-passphrase'
/** systemd.exec(5): where a credential without a path is looked for. */
const STORES = ['/etc', '/run', '/usr/local/lib', '/usr/lib'].flatMap((root) =>
  ['credstore', 'credstore.encrypted'].map((store) => join(root, store, CREDENTIAL)),
)
const KEY = 'the key has a passphrase'

/** Of a key with a passphrase; `own`: it is this user's, so that it can be tried. `fine` is what is said when nothing is wrong. */
export async function nextStart(world: World, own: boolean, fine: string): Promise<Finding> {
  const scope = world.service ? [] : ['--user']
  const unit = await world.run('systemctl', ...scope, 'cat', 'karo.service')
  const credentials = unit.kind === 'ran' && unit.code === 0 ? credentialsOf(unit.stdout) : []
  // What systemd encrypted only systemd opens: that it is there is all that can be told.
  if (credentials.some((path) => path === undefined || existsSync(path))) return ok(fine)
  const config = world.config()
  // A configuration that cannot be used is told by its own check.
  if ('error' in config) return ok(fine)
  const file = config.loaded.config.identity.passphrase_file
  if (file !== '') return tried(world.paths.key, file, own, fine)
  if (world.service) {
    return fail(
      `${KEY}, and nothing gives it to the service: it does not start again`,
      `Put the passphrase into /etc/credstore/${CREDENTIAL} (root's, mode 0600), or encrypt it: systemd-creds encrypt --name=${CREDENTIAL} - /etc/credstore.encrypted/${CREDENTIAL}`,
    )
  }
  const daemon = await world.daemon()
  if (daemon.kind === 'up' && hasTerminal(daemon.pid)) return ok(`${fine}, which karo up asks for`)
  return warn(
    `${KEY}, and identity.passphrase_file is not set: a start that has no terminal to ask in fails`,
    'Start it in a terminal, or name a file that only you can read: passphrase_file = "<file>" under [identity] in config.toml',
  )
}

function tried(key: string, file: string, own: boolean, fine: string): Finding {
  try {
    if (own) openWith(key, { file, trusted: false })
    // Root sees that there is one; who else may read it depends on whom the daemon runs as.
    else readPassphraseFile(file, true).fill(0)
    return ok(fine)
  } catch (error) {
    if (!(error instanceof KaroError)) throw error
    return fail(
      `the next start fails: ${error.where ?? file}: ${error.message}`,
      error.hint?.replace(/^Run: /, '') ?? `Put the passphrase into ${file}, mode 0600.`,
    )
  }
}

/** Files that this unit takes the passphrase from; undefined for one that it holds itself. */
export function credentialsOf(unit: string): readonly (string | undefined)[] {
  let found: (string | undefined)[] = []
  for (const line of unit.split('\n')) {
    const [, directive, value] = /^\s*((?:Load|Set)Credential)(?:Encrypted)?=\s*(.*?)\s*$/.exec(line) ?? []
    if (directive === undefined || value === undefined) continue
    // An empty assignment takes back what came before it.
    if (value === '') found = []
    const [name, path] = [value.split(':')[0], value.split(':')[1]]
    if (name !== CREDENTIAL) continue
    if (directive === 'SetCredential') found.push(undefined)
    else if (path?.startsWith('/')) found.push(path)
    else found.push(...STORES)
  }
  return found
}

/** proc_pid_stat(5): tty_nr, the fifth after the command's name. */
function hasTerminal(pid: number): boolean {
  const stat = readSystem(`/proc/${pid}/stat`) ?? ''
  const terminal = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[4]
  return terminal !== undefined && terminal !== '0'
}
