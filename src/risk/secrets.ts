// Files whose content is a credential.

import type { Scope } from './model.ts'
import { resolvePath } from './paths.ts'

const IN_HOME =
  /^(?:\.ssh\/(?!.*\.pub$|known_hosts|config$|authorized_keys)[^/]+|\.aws\/credentials|\.gnupg(?:\/.*)?|\.kube\/config|\.netrc|\.git-credentials|\.pgpass|\.my\.cnf|\.docker\/config\.json|\.npmrc|\.pypirc|\.config\/gcloud\/.*(?:credentials|token).*|\.azure\/.*token.*|\.password-store(?:\/.*)?|\.local\/share\/karo\/identity\.key|\.vault-token|\.config\/gh\/hosts\.yml)$/
const ANYWHERE =
  /^\/etc\/(?:shadow|gshadow|sudoers|ssh\/ssh_host_.*_key|ssl\/private\/.*|karo\/.*\.key)-?$|\/(?:id_(?:rsa|dsa|ecdsa|ed25519)|identity\.key|\.git-credentials|\.pgpass|\.netrc)$|\/\.ssh\/id_[^/.]*[*?][^/.]*$/
/** Private, but read every day by the tools and people that own it: a secret only when it is sent away. */
const LOCAL =
  /(?:^|\/)(?:\.env(?:\.[\w-]+)?|[^/]*\.pem|[^/]*\.key|[^/]*\.p12|[^/]*\.kdbx|\.bash_history|\.zsh_history)$/

/** A credential whose printing is worth a warning. */
export function isSecretFile(text: string, scope: Pick<Scope, 'cwd' | 'home'>): boolean {
  if (text === '' || text.startsWith('-')) return false
  const path = resolvePath(text, scope)
  if (ANYWHERE.test(path)) return true
  const inHome = /^\/(?:home|Users)\/[^/]+\/(.+)$|^\/root\/(.+)$/.exec(path)
  const rest = path.startsWith(`${scope.home}/`)
    ? path.slice(scope.home.length + 1)
    : (inHome?.[1] ?? inHome?.[2])
  return rest !== undefined && IN_HOME.test(rest)
}

/** A credential that must not leave the machine; includes what is fine to read locally, such as .env. */
export function mustStayHere(text: string, scope: Pick<Scope, 'cwd' | 'home'>): boolean {
  return isSecretFile(text, scope) || (!/^-|:\/\//.test(text) && LOCAL.test(text))
}
