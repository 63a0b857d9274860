// Checks an answer against its schema; loaded only if the daemon may be of another version than the client.
import type * as z from 'zod'
import { KaroError } from '../../../base/errors.ts'
import { BUILD } from '../../../base/version.ts'
import type { Operation } from '../operation.ts'

/**
 * Throws KaroError if `value` does not fit `schema`: `conflict` if the daemon is of another build, else `internal`. The
 * error names the first member that is missing or has another form. Additional members are allowed, because a newer
 * daemon may send more than this client reads.
 */
export function checkShape(
  { method, path }: Pick<Operation, 'method' | 'path'>,
  schema: z.ZodType,
  value: unknown,
  build: string | undefined,
): void {
  const { error } = schema.safeParse(value)
  const wrong = error?.issues.find((issue) => !isAddition(issue))
  if (wrong === undefined) return
  const where = `${method} ${path}: ${wrong.path.join('.') || 'the whole answer'}`
  if (build !== undefined && build !== BUILD) {
    throw new KaroError(
      'conflict',
      `the daemon is Karo ${build}, and this is ${BUILD}: its answer is not understood`,
      {
        where,
        hint: 'Restart it: karo stop, then karo up --background. Where it is a service: sudo systemctl restart karo.',
      },
    )
  }
  throw new KaroError('internal', `the answer does not match the API: ${wrong.message}`, { where })
}

/** True if the only difference is members that the schema does not know; of a union, in one of its forms. */
function isAddition(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'unrecognized_keys') return true
  return (
    issue.code === 'invalid_union' && issue.errors.some((form) => form.length > 0 && form.every(isAddition))
  )
}
