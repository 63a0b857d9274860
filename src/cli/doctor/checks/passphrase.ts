// Checks whether the next start will find the passphrase of the key, and whether it opens the key.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { KaroError } from '../../../base/errors.ts'
import { openWith, readPassphraseFile } from '../../../trust/identity/index.ts'
import { type Finding, fail, ok, warn } from '../check.ts'
import { readSystem, type World } from '../world.ts'

/** systemd.exec(5), LoadCredential=: the credential's name in the unit. */
const CREDENTIAL = 'karo-key-passphrase'
/** Directories in which systemd looks for a credential without a path (systemd.exec(5)). */
const STORES = ['/etc', '/run', '/usr/local/lib', '/usr/lib'].flatMap((root) =>
  ['credstore', 'credstore.encrypted'].map((store) => join(root, store, CREDENTIAL)),
)
const KEY = 'the key has a passphrase'

/** Checks a key with a passphrase. With `own` the key is this user's, so the passphrase is tried. `fine` is the text if all is well. */
export async function nextStart(world: World, own: boolean, fine: string): Promise<Finding> {
  const scope = world.service ? [] : ['--user']
  const unit = await world.run('systemctl', ...scope, 'cat', 'karo.service')
  const credentials = unit.kind === 'ran' && unit.code === 0 ? credentialsOf(unit.stdout) : []
  // Only systemd can open a credential that it encrypted, so only its existence is checked.
  if (credentials.some((path) => path === undefined || existsSync(path))) return ok(fine)
  const config = world.config()
  // config.file tells about a configuration that cannot be used.
  if ('error' in config) return ok(fine)
  const file = config.loaded.config.identity.passphrase_file
  if (file !== '') return tried(world.paths.key, file, own, fine)
  if (world.service) {
    return fail(
      `${KEY}, and the service has no passphrase, so it will not start again`,
      `Put the passphrase into /etc/credstore/${CREDENTIAL} (root's, mode 0600), or encrypt it: systemd-creds encrypt --name=${CREDENTIAL} - /etc/credstore.encrypted/${CREDENTIAL}`,
    )
  }
  const daemon = await world.daemon()
  if (daemon.kind === 'up' && hasTerminal(daemon.pid)) return ok(`${fine}, which karo up asks for`)
  return warn(
    `${KEY}, and identity.passphrase_file is not set: a start without a terminal fails`,
    'Start it in a terminal, or name a file that only you can read: passphrase_file = "<file>" under [identity] in config.toml',
  )
}

function tried(key: string, file: string, own: boolean, fine: string): Finding {
  try {
    if (own) openWith(key, { file, trusted: false })
    // Root only checks that the file exists; who may read it depends on the user of the daemon.
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

/** Files from which this unit takes the passphrase; undefined for a passphrase inside the unit. */
export function credentialsOf(unit: string): readonly (string | undefined)[] {
  let found: (string | undefined)[] = []
  for (const line of unit.split('\n')) {
    const [, directive, value] = /^\s*((?:Load|Set)Credential)(?:Encrypted)?=\s*(.*?)\s*$/.exec(line) ?? []
    if (directive === undefined || value === undefined) continue
    // An empty assignment drops those before it.
    if (value === '') found = []
    const [name, path] = [value.split(':')[0], value.split(':')[1]]
    if (name !== CREDENTIAL) continue
    if (directive === 'SetCredential') found.push(undefined)
    else if (path?.startsWith('/')) found.push(path)
    else found.push(...STORES)
  }
  return found
}

/** Whether the process has a terminal: tty_nr, the fifth field after the command's name in proc_pid_stat(5). */
function hasTerminal(pid: number): boolean {
  const stat = readSystem(`/proc/${pid}/stat`) ?? ''
  const terminal = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[4]
  return terminal !== undefined && terminal !== '0'
}
