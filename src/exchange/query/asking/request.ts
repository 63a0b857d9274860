// What a request must be before anything is asked: bounds of its time, and combinations that mean something.
import { KaroError } from '../../../base/errors.ts'
import { queryType } from '../query-types/index.ts'
import type { AskRequest } from '../types.ts'

const TIMEOUT_MS = { least: 100, most: 60_000 } as const

/** KaroErrors bad_request, and refused for what a login does not cover; the range and the filters are checked by themselves. */
export function checkRequest({ timeoutMs, query_type, level, traceId, acting }: AskRequest): void {
  if (!(timeoutMs >= TIMEOUT_MS.least && timeoutMs <= TIMEOUT_MS.most)) {
    throw new KaroError('bad_request', `a timeout is ${TIMEOUT_MS.least} ms to ${TIMEOUT_MS.most / 1000} s`, {
      where: 'timeout',
    })
  }
  const { word, levelOneOnly } = queryType(query_type)
  if (levelOneOnly && level === 2) {
    throw new KaroError(
      'bad_request',
      `${word} exists at level 1 only, because each node answers for itself`,
      {
        where: 'level',
        hint: 'Leave --level out.',
      },
    )
  }
  if (acting !== undefined && !acting.types.includes(query_type)) {
    throw new KaroError('refused', `the login of ${acting.name} does not cover questions about ${word}`, {
      hint: 'Log in again with --type, or ask as this node: --as-node.',
    })
  }
  if (traceId !== undefined && !/^[0-9a-f]{32}$/.test(traceId)) {
    throw new KaroError('bad_request', 'a trace id is 32 lower-case hex digits', { where: 'x-trace-id' })
  }
}
