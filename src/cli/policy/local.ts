// Policies tried without a daemon: files that were named, or what the configuration of this node says.
import { dirname, resolve } from 'node:path'
import type { PolicyCheckShape } from '../../api/contract/shapes.ts'
import { loadConfig } from '../../config/load.ts'
import { recordingPaths } from '../../config/paths.ts'
import type { Config } from '../../config/table.ts'
import { holdExpectations, readExpectations } from '../../trust/policy/expectations.ts'
import type { PolicySet } from '../../trust/policy/index.ts'
import { loadPolicies } from '../../trust/policy/load.ts'
import { judgedAsAsked } from '../../trust/policy/policy.ts'
import { type Supposition, supposedRequest } from '../../trust/policy/supposed.ts'
import type { CommandIo } from '../command.ts'
import { textFrom } from '../input/text-from.ts'

type At = Pick<CommandIo, 'env'>

/** Characters of expectations, which are no recorded histories. */
const MOST = 1024 * 1024

/** What `files` together say to it. `teams`: of the answering node; undefined: those of the configuration. */
export async function checkLocally(
  io: At,
  files: readonly string[],
  teams: readonly string[] | undefined,
  supposed: Supposition,
): Promise<PolicyCheckShape> {
  const { engine } = await loadPolicies(files.map((file) => resolve(file)))
  const request = supposedRequest(supposed, nodeOf(io, teams))
  const { level, category = null } = request.resource
  return { ...judgedAsAsked(engine, request), engine: engine.kind, action: request.action, level, category }
}

export type Tried = Awaited<ReturnType<typeof tryExpectations>>

/** Holds the expectations in `file` against the policies it names, or else those of the configuration. */
export async function tryExpectations(io: At, file: string) {
  const expectations = readExpectations(await textFrom(file, MOST), file)
  const { policies, teams, k } = expectations
  const paths = policies?.map((one) => resolve(dirname(file), one)) ?? configOf(io).policy.files
  const { engine, warnings }: PolicySet = await loadPolicies(paths)
  const outcomes = holdExpectations(engine, expectations, nodeOf(io, teams, k), file)
  // Where `policies` is empty, the built-in role table was tried.
  return { policies: paths, warnings, outcomes }
}

/** Of the node that answers here: the machine's service has it in /etc/karo. */
const configOf = ({ env }: At): Config => loadConfig({ home: recordingPaths(env).configuration, env }).config

/** The configuration is read only for what was not said. */
function nodeOf(io: At, teams: readonly string[] | undefined, k?: number) {
  const now = Date.now()
  if (teams !== undefined) return { teams, k: k ?? 5, now }
  const { policy, sharing } = configOf(io)
  return { teams: policy.teams, k: k ?? sharing.k_min, now }
}
