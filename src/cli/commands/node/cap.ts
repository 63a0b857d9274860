// karo cap: what agents of this machine were granted; grants and takes back.
import {
  getCapabilities,
  grantCapability,
  revokeCapability,
} from '../../../api/contract/operations/agents/approvals.ts'
import { AGENT, defineCommand, seconds } from '../../kit.ts'
import { capabilitiesView } from '../../views/approvals.ts'

const list = defineCommand('cap list', {
  summary: 'list what agents were granted, for how long, and what each name means',
  shows: getCapabilities,
  view: (answer, io) => capabilitiesView(answer, Date.now(), io),
})

const grant = defineCommand('cap grant', {
  summary: 'grant an agent capabilities; their risk limits the time',
  shows: grantCapability,
  args: {
    agent: AGENT,
    capability: {
      variadic: true,
      as: 'names',
      description:
        'fs.read:/srv/app, fs.write:/srv/app, proc.exec:git, net.connect:10.0.0.5:5432, agent.task:kExecutor:build, secret.read:api-token',
    },
  },
  options: {
    for: {
      value: 'duration',
      as: 'seconds',
      reads: seconds('1s', '1h'),
      description: 'a shorter time than the risk allows',
    },
    from: {
      value: 'id',
      description: 'derive it from this capability: it cannot allow more, and ends with it',
      completes: 'cap:list:id',
    },
  },
  examples: {
    'karo cap grant build fs.read:/srv/app': 'for an hour',
  },
  view: (made, io) => capabilitiesView({ capabilities: [made] }, Date.now(), io),
})

const revoke = defineCommand('cap revoke', {
  summary: 'withdraw a capability at once, with all capabilities derived from it',
  shows: revokeCapability,
  args: { id: { description: 'id of the capability, or its beginning', completes: 'cap:list:id' } },
  view: ({ revoked: [id, ...derived] }) =>
    `Revoked ${id}${derived.length === 0 ? '' : `, with ${derived.length} derived from it`}.\n`,
})

export const commands = [list, grant, revoke]
