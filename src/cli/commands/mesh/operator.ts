// karo operator: people who ask under their own name from any machine; an issuer certifies them and takes that back.
import { parseNodeId } from '../../../../protocols/node-id.ts'
import {
  assignOperator,
  getOperators,
  issueOperator,
  renewOperator,
  revokeOperator,
} from '../../../api/contract/operations/fleet.ts'
import type { OperatorShape } from '../../../api/contract/shapes.ts'
import { systemRandom } from '../../../base/clock.ts'
import { toldRole } from '../../../base/words/roles.ts'
import { createCredential } from '../../../trust/operators/index.ts'
import { checkedLabels } from '../../input/labels.ts'
import {
  ASSIGNED,
  assignedBy,
  defineCommand,
  fitted,
  formatFingerprint,
  lasting,
  localTime,
  printable,
  show,
  table,
  usage,
} from '../../kit.ts'
import { createOutput } from '../../output-file.ts'
import { newPassphrase, passphraseFileOption, withPassphrase } from '../../passphrase.ts'
import { permitted } from '../../terminal/confirm.ts'

const LIFE = '30d'
const FOR = {
  value: 'duration',
  as: 'for_ms',
  reads: lasting('1m', '30d'),
  description: 'how long the certificate is valid: at most 30d',
  default: LIFE,
} as const
const WHO = {
  variadic: true,
  oneThing: true,
  as: 'operator',
  reads: whoOf,
  description: 'name, fingerprint or key, as karo operator list shows them',
  completes: 'operator:list:name',
} as const

const rolesOf = ({ roles, teams }: OperatorShape): string => {
  const words = [
    ...roles.map((role) => `role ${toldRole(role)}`),
    ...teams.map((team) => `team ${printable(team)}`),
  ]
  return words.join(', ') || 'no role and no team'
}

const issue = defineCommand('operator issue', {
  summary: 'certify a person, and write their key, encrypted, into a file; run it on an issuer',
  shows: issueOperator,
  args: {
    name: {
      variadic: true,
      oneThing: true,
      description: 'the name shown to people and in ledgers',
    },
  },
  options: {
    to: { value: 'file', description: 'the credential file to write (needed)' },
    ...ASSIGNED,
    for: FOR,
    'passphrase-file': passphraseFileOption,
  },
  examples: {
    'karo operator issue carol --role security --to carol.karo':
      'asks for a passphrase; give carol the file, and tell her the passphrase in another way',
  },
  async run(io, { args, options }) {
    const name = args.name.join(' ')
    if (options.to === undefined)
      throw usage('the credential needs a file', '--to', 'Name a new file, for example --to carol.karo.')
    const { roles = [], teams = [] } = assignedBy(options)
    checkedLabels('role', roles)
    checkedLabels('team', teams)
    await permitted(io, issueOperator)
    using output = createOutput(options.to)
    const credential = createCredential(systemRandom)
    try {
      const passphrase = await newPassphrase(options['passphrase-file'])
      const textOf = withPassphrase(passphrase, credential.seal)
      const made = await io.call(issueOperator, {
        body: { key: credential.operator, name, for_ms: options.for, roles, teams },
      })
      const chain = made.chain.map((one) => Uint8Array.from(Buffer.from(one, 'base64url')))
      output.write(textOf(made.operator.name, chain))
      output.finish()
      const { operator } = made
      return show(io, { operator, file: options.to }, () =>
        fitted(
          `${printable(operator.name)} is an operator now (${rolesOf(operator)}), until ${localTime(operator.ends_at)}.
The credential is ${printable(options.to ?? '')}.
On any certified machine:  karo login --credential <file>
Before it ends:            karo operator renew ${printable(name)}
When it is lost:           karo operator revoke ${printable(name)}
`,
          io,
        ),
      )
    } finally {
      credential.wipe()
    }
  },
})

const list = defineCommand('operator list', {
  summary: 'list the operators whose certificates are known here, and how long these are valid',
  shows: getOperators,
  view: ({ operators }, io) =>
    table(
      io,
      operators,
      {
        FINGERPRINT: ({ fingerprint }) => formatFingerprint(fingerprint),
        NAME: { value: 'name', shrink: true },
        STATE: 'state',
        ROLES: 'roles',
        TEAMS: 'teams',
        ENDS: 'ends_at',
      },
      'No operators. karo operator issue  certifies one.\n',
    ),
})

const renew = defineCommand('operator renew', {
  summary:
    'sign a new certificate for an operator, with the same roles and teams; the credential file stays valid',
  shows: renewOperator,
  args: { who: WHO },
  options: { for: FOR },
  view: ({ operator }, io) =>
    fitted(
      `${printable(operator.name)} is certified until ${localTime(operator.ends_at)} (${rolesOf(operator)}).\n`,
      io,
    ),
})

const assign = defineCommand('operator assign', {
  summary: 'change the roles or teams of an operator; the credential file stays valid',
  shows: assignOperator,
  args: { who: WHO },
  options: ASSIGNED,
  examples: {
    'karo operator assign carol --role lead --team eng': 'on an issuer; with the same end',
  },
  ask({ args, options }) {
    const body = { operator: args.who, ...assignedBy(options) }
    if (!body.roles && !body.teams)
      throw usage('neither --role nor --team is given', 'karo operator assign', 'Give --role or --team.')
    return { body }
  },
  view: ({ operator }, io) =>
    fitted(
      `${printable(operator.name)} has a new certificate: ${rolesOf(operator)}, until ${localTime(operator.ends_at)}.
Connected members know within seconds, and apply it to logins under way too. A member that is away uses the earlier certificate until it is back: to take everything away at once, revoke.
`,
      io,
    ),
})

const revoke = defineCommand('operator revoke', {
  summary: 'revoke an operator in the whole mesh for good; run it on an issuer',
  shows: revokeOperator,
  args: { who: WHO },
  async sure(io, { args }) {
    const body = { operator: args.who, dry_run: true }
    const { operator } = await io.call(revokeOperator, { body })
    return {
      asks: `Revoke ${printable(operator.name)} (${formatFingerprint(operator.fingerprint)}; ${rolesOf(operator)}) in the whole mesh for good?`,
      args: { who: operator.node_id },
    }
  },
  view: ({ operator }, io) =>
    fitted(
      `Revoked ${printable(operator.name)} (${formatFingerprint(operator.fingerprint)}) in the whole mesh. Connected members end its logins within seconds and no longer answer it; members that are away do so when they are back. Answers that it has received stay with it.
`,
      io,
    ),
})

/** A key stays as it is; a fingerprint may be typed in groups. */
function whoOf(words: readonly string[]): string {
  const who = words.join(' ').trim()
  if (who !== '') return parseNodeId(who) === undefined ? who.slice(0, 256) : who
  throw usage('the name of the operator is empty', 'karo operator', 'karo operator list shows them.')
}

export const commands = [issue, list, renew, assign, revoke]
