// Takes over what the configuration file says now, in a daemon that runs.
import type { Feed } from '../api/feed/index.ts'
import type { KaroError } from '../base/errors.ts'
import type { Replaced } from '../config/live.ts'
import type { PolicySet } from '../trust/policy/index.ts'
import { loadPolicies } from '../trust/policy/load.ts'
import { type DaemonOptions, type Foundation, levelOf } from './foundation.ts'
import type { Local } from './local.ts'

/**
 * Keys that a running daemon can take over come into force; returns them, and those that wait for a restart. A file that cannot
 * be used changes nothing, and is what KaroError is thrown for.
 */
export async function reload(
  options: DaemonOptions,
  { load, live, logs, metrics, common: { config, log } }: Foundation,
  local: Local,
  feed: Feed,
): Promise<Replaced & NonNullable<DaemonOptions['checked']>> {
  const { access, observe, policy, sharing, trust } = local
  try {
    const next = load()
    const policies = await policiesFrom(next.config.policy.files, local)
    const { applied, waiting } = live.replace(next)
    log.setLevel(levelOf(options, config))
    logs.setLevel(config.log.level)
    observe.reload()
    local.dropKeptHooks?.()
    access.reload()
    const before = policy.status()
    policy.use(policies)
    // Nothing is awaited between the policies and this, which makes everybody who remembers a decision ask again.
    sharing.reload()
    if (digestsOf(policies) !== digestsOf(before)) await tellPolicies(local, policies)
    await trust.reload()
    for (const warning of [...next.warnings, ...policies.warnings]) log.warn({}, warning)
    metrics.reloaded(true)
    log.info({ applied }, 'configuration reloaded')
    feed.tell('config_reloaded', { applied, waiting })
    if (waiting.length > 0) log.warn({ waiting }, 'these keys are in force after a restart')
    return { applied, waiting, loaded: next, policies }
  } catch (error) {
    const { where, hint } = error as KaroError
    metrics.reloaded(false)
    log.error(
      { reason: reasonOf(error as KaroError), where, hint },
      'the configuration was not reloaded; the previous one stays in force',
    )
    throw error
  }
}

const reasonOf = ({ message, where }: KaroError): string =>
  where === undefined ? message : `${where}: ${message}`

const digestsOf = ({ files }: Pick<PolicySet, 'files'>): string => files.map(({ digest }) => digest).join(' ')

/** Status, doctor and ledger report an unusable file for as long as other values are in force. */
async function policiesFrom(files: readonly string[], { policy, audit }: Local): Promise<PolicySet> {
  try {
    return await loadPolicies(files)
  } catch (error) {
    const problem = reasonOf(error as KaroError)
    policy.refused(problem)
    await audit.record({
      type: 'policy_change',
      success: false,
      details: { change: 'refused', problem: problem.slice(0, TOLD_MAX) },
    })
    throw error
  }
}

/** Of an entry's texts. */
const TOLD_MAX = 1_024

/** Writes down which role policies are in force. */
export async function tellPolicies({ audit }: Local, { engine, files }: PolicySet): Promise<void> {
  await audit.record({
    type: 'policy_change',
    success: true,
    details: {
      change: 'loaded',
      engine: engine.kind,
      files: files
        .map(({ path }) => path)
        .join(' ')
        .slice(0, TOLD_MAX),
      digests: digestsOf({ files }).slice(0, TOLD_MAX),
    },
  })
}
