// Takes over what the configuration file says now, in a daemon that runs.
import type { Feed } from '../api/feed/index.ts'
import type { KaroError } from '../base/errors.ts'
import { type Foundation, levelOf } from './foundation.ts'
import type { Local } from './local.ts'
import type { DaemonOptions } from './options.ts'

/** Keys that a running daemon can take over come into force; a file that cannot be used changes nothing. Never throws. */
export async function reload(
  options: DaemonOptions,
  { load, live, logs, metrics, common: { config, log } }: Foundation,
  { access, observe, sharing, trust }: Local,
  feed: Feed,
): Promise<void> {
  try {
    const next = load()
    const { applied, waiting } = live.replace(next)
    log.setLevel(levelOf(options, config))
    logs.setLevel(config.log.level)
    observe.reload()
    access.reload()
    sharing.reload()
    await trust.reload()
    for (const warning of next.warnings) log.warn({}, warning)
    metrics.reloaded(true)
    log.info({ applied }, 'configuration reloaded')
    feed.tell('config_reloaded', { applied, waiting })
    if (waiting.length > 0) log.warn({ waiting }, 'these keys are in force after a restart')
  } catch (error) {
    const { message, where, hint } = error as KaroError
    metrics.reloaded(false)
    log.error(
      { reason: where === undefined ? message : `${where}: ${message}`, where, hint },
      'the configuration was not reloaded; what was in force stays',
    )
  }
}
