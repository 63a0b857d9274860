// One request to a daemon by its path, for tests that send what no client of ours would.
import type { CallOptions } from '../../../src/api/contract/client/client.ts'
import { type DaemonAddress, daemonAt } from '../../../src/api/contract/client/socket.ts'
import type { Operation } from '../../../src/api/contract/operation.ts'

type Method = Operation['method']

const operation = (method: Method, path: string): Operation => ({
  method,
  path: path as `/${string}`,
  access: 'person',
  tag: 'node',
  summary: '',
})

/** Resolves with the JSON of a 2xx answer, undefined when it has no body. Throws KaroError. */
export const callDaemon = (
  daemon: DaemonAddress,
  method: Method,
  path: string,
  body?: unknown,
  deadlineMs?: number,
): Promise<unknown> =>
  daemonAt(daemon).look(operation(method, path), {
    ...(body !== undefined && { body }),
    ...(deadlineMs !== undefined && { deadlineMs }),
  } as object)

/** Yields the value of each line of NDJSON. Throws KaroError. */
export const streamDaemon = (
  daemon: DaemonAddress,
  method: Method,
  path: string,
  body: unknown,
  options: CallOptions = {},
): AsyncGenerator<unknown, void> =>
  daemonAt(daemon).lines(
    operation(method, path) as Operation<undefined, undefined, unknown, object>,
    {
      ...(body !== undefined && { body }),
      ...options,
    } as object,
  )
