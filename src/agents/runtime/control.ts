// What is done with an agent, and not by it, as an action that the gates judge.
import { EXEC } from '../classes.ts'
import { type Manifest, shownSecrets } from '../manifest/manifest.ts'
import type { Action } from '../types.ts'

/** Approvals are given for all times that it is asked for. */
export const controlOf = (
  manifest: Manifest,
  operation: 'start' | 'logs',
  { requester, target, traceId }: Pick<Action, 'requester' | 'target' | 'traceId'>,
): Action => ({
  // One task for all its starts: an approval that was given after one of them is for the next one.
  ...{ id: `${operation}-${traceId}`, task: `${operation} ${manifest.id}`, agent: manifest.id, operation },
  ...{ tool: operation === 'start' ? EXEC : 'logs', readOnly: operation === 'logs' },
  ...{ argv: manifest.argv, cwd: manifest.cwd, env: shownSecrets(manifest), binds: manifest.binds },
  ...{ secrets: manifest.secrets.map(({ secret }) => secret), input: '', why: manifest.why },
  ...{ requester, target, traceId },
})
