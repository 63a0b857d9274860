// The list of all operations of the API, from the files beside this one, in the order of the OpenAPI document.
// Written by `npm run docs` from those files. Only the order of groups is made by hand.
import type { Operation } from '../operation.ts'
import * as agents from './agents/agents.ts'
import * as approvals from './agents/approvals.ts'
import * as artifacts from './agents/artifacts.ts'
import * as memory from './agents/memory.ts'
import * as planner from './agents/planner.ts'
import * as vault from './agents/vault.ts'
import * as anomalies from './anomalies.ts'
import * as audit from './audit.ts'
import * as backup from './backup.ts'
import * as care from './care.ts'
import * as doctor from './doctor.ts'
import * as events from './events.ts'
import * as exporting from './export.ts'
import * as fleet from './fleet.ts'
import * as history from './history.ts'
import * as importing from './import.ts'
import * as mcp from './mcp.ts'
import * as openapi from './openapi.ts'
import * as peers from './peers.ts'
import * as policy from './policy.ts'
import * as processes from './processes.ts'
import * as query from './query.ts'
import * as share from './share.ts'
import * as stats from './stats.ts'
import * as status from './status.ts'
import * as summaries from './summaries.ts'
import * as tokens from './tokens.ts'

const GROUPS: readonly Readonly<Record<string, Operation | Readonly<Record<string, Operation>>>>[] = [
  status,
  doctor,
  events,
  history,
  exporting,
  importing,
  stats,
  anomalies,
  processes,
  peers,
  agents,
  approvals,
  vault,
  artifacts,
  memory,
  planner,
  query,
  fleet,
  share,
  policy,
  summaries,
  audit,
  mcp,
  tokens,
  backup,
  care,
  openapi,
]

const isOperation = (one: object): one is Operation => 'method' in one

export const OPERATIONS: readonly Operation[] = GROUPS.flatMap((group) =>
  Object.values(group).flatMap((one) => (isOperation(one) ? one : Object.values(one))),
)
