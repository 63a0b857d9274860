// Tells which files hold a credential.

import { isKnown } from '../known-files.ts'
import { resolvePath } from '../line/paths.ts'
import { patterns } from '../lookup.ts'
import { type Scope, TAINT } from '../model.ts'

type Where = Pick<Scope, 'cwd' | 'home' | 'karoHome' | 'secretFiles'>

/** Whether the file holds a credential, so that printing it is worth a warning. */
export function isSecretFile(text: string, scope: Where): boolean {
  return mayBeFile(text) && isSecretPath(resolvePath(text, scope), scope)
}

const mayBeFile = (text: string): boolean => text !== '' && !text.startsWith('-')

function isSecretPath(path: string, scope: Where): boolean {
  if (isKnown('secret', path)) return true
  if (scope.secretFiles?.has(path) || (scope.karoHome && path === `${scope.karoHome}/identity.key`))
    return true
  const rest = inHome(path, scope)
  return rest !== undefined && isKnown('credential', rest)
}

/** Whether the path is a credential or a directory full of them, for tools that take whole trees. */
export function holdsSecrets(text: string, scope: Where): boolean {
  if (!mayBeFile(text)) return false
  const path = resolvePath(text, scope)
  if (isSecretPath(path, scope)) return true
  if (isKnown('secrets', path)) return true
  const rest = inHome(path.replace(/\/\*$/, ''), scope)
  return rest !== undefined && isKnown('keystore', rest)
}

/** Words by which tools print credentials that they keep or make. */
const PRINTS = patterns(String.raw`
  gpg gpg2: --export-secret
  kubectl: \bget secrets?\b
  vault bao: ^(?:kv get|read|print token|token lookup)\b
  op: ^(?:read|item get|document get|inject)\b
  pass: ^(?!(?:ls|list|find|search|insert|add|edit|generate|rm|remove|delete|mv|rename|cp|copy|git|init|help|version)\b|--)\S
  gopass: ^(?:show|cat|grep)\b
  bw: ^(?:get (?!template|organization|collection|folder|fingerprint)|list items|export)
  rbw: ^(?:get|code)\b
  lpass: ^(?:show|export)\b
  keepassxc-cli: ^(?:show|clip|export)\b
  doppler: ^secrets(?: get\b| download\b|$| --)
  infisical: ^(?:secrets|export)\b
  chamber: ^(?:read|export|env)\b
  heroku: ^(?:config(?:$|:get| )|auth:token)
  vercel: ^env pull\b
  railway: ^variables\b
  sops: ^(?:-d|--decrypt|decrypt|exec-env)\b
  ansible-vault: ^(?:view|decrypt)\b
  security: ^(?:find-\S+-password\b.*\s-[wg]|dump-keychain)
  secret-tool: ^lookup
  gh: ^auth token\b
  npm: ^token create\b
  az: ^(?:account get-access-token|keyvault secret show)\b
  gcloud: ^(?:auth print-(?:access|identity)-token|secrets versions access)\b
  aws: ^(?:ecr get-login-password|sts (?:get-session-token|assume-role)|configure (?:export-credentials|get \S*(?:secret|token))|secretsmanager get-secret-value|ssm get-parameters?\b.*--with-decryption)
`)
export const printsSecret = PRINTS.fits

/** Whether the file is one that an AI tool should not see: credentials, also those that people read every day. */
export function isPrivate(text: string, scope: Where, stays = mustStayHere(text, scope)): boolean {
  if (/(?:^|\/)\.env\.(?:example|sample|template|dist|test)$|^\/etc\//.test(text)) return false
  return stays || (!/^-|:\/\//.test(text) && isKnown('project', text))
}

/** The origins of a text that has the content of this file. */
export function taintOfFile(text: string, scope: Where): number {
  const stays = mustStayHere(text, scope)
  return (stays ? TAINT.secret : TAINT.none) | (isPrivate(text, scope, stays) ? TAINT.credential : TAINT.none)
}

/** The path relative to the home directory that holds it; undefined outside of homes. */
function inHome(path: string, scope: Pick<Scope, 'home'>): string | undefined {
  if (path.startsWith(`${scope.home}/`)) return path.slice(scope.home.length + 1)
  const found = /^\/(?:home|Users)\/[^/]+\/(.+)$|^\/root\/(.+)$/.exec(path)
  return found?.[1] ?? found?.[2]
}

/** Whether the file must not leave the machine; includes files that are fine to read here, such as .env. */
export function mustStayHere(text: string, scope: Where): boolean {
  return holdsSecrets(text, scope) || (!/^-|:\/\//.test(text) && isKnown('stays', text))
}
