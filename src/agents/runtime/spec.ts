// The way to the program of an agent: a job that the Muscle is asked for, or the address of a server that runs already.
import type { Clock, Random, Timers } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import { ownersAt } from '../../base/kernel/listening.ts'
import { endpointOf } from '../../base/words/loopback-endpoint.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { JobSpec, MuscleClient } from '../muscle/client.ts'
import type { Pin } from '../types.ts'
import { createHttpTransport } from './http-transport.ts'
import type { SessionDeps } from './session.ts'
import { createJobTransport } from './transport.ts'
import { createWayOut, onlyTo, type WayOutDeps } from './way-out.ts'

/** `secrets` are overwritten when the job is asked for. `code`: what was let through; the jail's own programs are the system's. */
export const specOf = (
  { name, argv, cwd, binds, limits }: Pick<Manifest, 'name' | 'argv' | 'cwd' | 'binds' | 'limits'>,
  secrets: JobSpec['secrets'],
  code: Pin['code'],
  traceId: string,
  random: Random,
): JobSpec => ({
  job: `agent:${name}:${toHex(random.bytes(4))}`,
  argv,
  cwd,
  env: {},
  binds,
  code: code.map(({ path, hash }) => ({ path, hash })),
  limits,
  stdin: true,
  secrets,
  trace_id: traceId,
})

/** Throws KaroError `refused` for a secret that cannot be a bearer token; it is wiped then. */
export function openerOf(
  manifest: Manifest,
  {
    client,
    secrets,
    code,
    traceId,
    random,
    timers,
    clock,
    onErrors,
    ...deps
  }: {
    readonly client: MuscleClient
    readonly secrets: JobSpec['secrets']
    readonly code: Pin['code']
    readonly traceId: string
    readonly random: Random
    readonly timers: Timers
    readonly clock: Clock
    readonly onErrors: (bytes: Buffer) => void
    readonly addressOf: WayOutDeps['addressOf']
    readonly told: WayOutDeps['told']
  },
): Pick<SessionDeps, 'job' | 'open'> {
  const spec = specOf(manifest, secrets, code, traceId, random)
  const { job } = spec
  const now = clock.monotonic
  const endpoint = endpointOf(manifest.argv)
  const { connect = [] } = manifest
  if (endpoint === undefined)
    return {
      job,
      open: ({ parse }) =>
        createJobTransport({
          client,
          spec,
          parse,
          onErrors,
          now,
          ...(connect.length > 0 && {
            wayOut: createWayOut({
              ...deps,
              refusal: onlyTo(connect),
              mostBytes: manifest.limits.output_bytes,
              timers,
            }),
          }),
        }),
    }
  const token = secrets[0]?.bytes
  // The words of the error that a header would give have the token in them.
  if (token !== undefined && !token.every((byte) => byte > 0x20 && byte < 0x7f)) {
    token.fill(0)
    throw new KaroError('refused', 'its secret cannot be a bearer token: that has no spaces and no lines')
  }
  const { limits } = manifest
  return {
    job,
    open: ({ Transport }) =>
      createHttpTransport({
        endpoint,
        limits,
        token,
        owners: ownersAt,
        muscle: client,
        Transport,
        timers,
        now,
      }),
  }
}
