// The job of an agent, as the Muscle is asked for it.
import type { Random } from '../../base/clock.ts'
import { toHex } from '../../base/hex.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { JobSpec } from '../muscle/client.ts'

/** `secrets` are overwritten when the job is asked for. */
export const specOf = (
  { name, argv, cwd, binds, limits }: Pick<Manifest, 'name' | 'argv' | 'cwd' | 'binds' | 'limits'>,
  secrets: JobSpec['secrets'],
  traceId: string,
  random: Random,
): JobSpec => ({
  ...{ job: `agent:${name}:${toHex(random.bytes(4))}`, argv, cwd, env: {}, binds, limits },
  ...{ stdin: true, secrets, trace_id: traceId },
})
