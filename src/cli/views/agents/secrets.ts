// Views of the vault: whether it is unlocked, its secrets, and one of them.
import type { SecretListShape, SecretShape, VaultStateShape } from '../../../api/contract/shapes.ts'
import { localTime } from '../../../base/format.ts'
import { facts, type Screen, table } from '../../terminal/table.ts'

const ID_DIGITS = 8
const until = (time: string | null): string => (time === null ? 'for good' : localTime(time))
const whoOf = ({ allowed }: SecretShape): string =>
  allowed
    .map(({ agent, tools }) => (tools.length === 0 ? agent : `${agent} (${tools.join(', ')})`))
    .join(', ') || 'nobody'

export function vaultView({ protection, unlocked_until, has_credential }: VaultStateShape): string {
  if (protection === null) {
    const way = has_credential ? 'karo secret init, or karo secret init --credential' : 'karo secret init'
    return `You have no vault yet. ${way}  makes one.\n`
  }
  if (unlocked_until === null)
    return `Your vault is locked. karo secret unlock  opens it with its ${protection}.\n`
  return `Your vault is unlocked until ${localTime(unlocked_until)}. karo secret lock  locks it.\n`
}

export function secretsView({ vault, secrets }: SecretListShape, screen: Screen): string {
  const head = vaultView(vault)
  if (vault.protection === null) return head
  if (secrets.length === 0) return `${head}No secrets. karo secret set NAME  adds one.\n`
  const rows = table(screen, secrets, {
    NAME: 'name',
    ID: ({ id }) => id.slice(0, ID_DIGITS),
    CHANGED: 'changed_at',
    UNTIL: ({ expires_at }) => until(expires_at),
    'WHO MAY HAVE IT': {
      value: (one) => (one.problem === null ? whoOf(one) : `CANNOT BE USED: ${one.problem}`),
      style: ({ problem }) => (problem === null ? undefined : 'red'),
      wrap: true,
    },
  })
  return `${head}${rows}`
}

export function secretView(secret: SecretShape, screen: Screen): string {
  const { name, id, note, problem, created_at, changed_at, version, expires_at } = secret
  return facts(screen, name, {
    id,
    'set first': localTime(created_at),
    changed: `${localTime(changed_at)} (version ${version})`,
    'kept until': until(expires_at),
    'may have it': whoOf(secret),
    note,
    problem,
  })
}
